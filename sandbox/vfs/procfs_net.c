/*
 * /proc/net: a machine with a loopback interface. May include sandbox/.
 */
#include "sandbox/vfs/procfs.h"

static int make_dev(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text,
                "Inter-|   Receive                                                |  Transmit\n"
                " face |bytes    packets errs drop fifo frame compressed multicast|"
                "bytes    packets errs drop fifo colls carrier compressed\n"
                "    lo:       0       0    0    0    0     0          0         0"
                "        0       0    0    0    0     0       0          0\n");
    return 0;
}

static int make_route(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "%-127s\n",
                "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask"
                "\t\tMTU\tWindow\tIRTT");
    return 0;
}

static int make_if_inet6(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "00000000000000000000000000000001 01 80 10 80       lo\n");
    return 0;
}

static int make_tcp(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "%-149s\n",
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
                "   uid  timeout inode");
    return 0;
}

static int make_udp(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "%-127s\n",
                "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
                "   uid  timeout inode ref pointer drops");
    return 0;
}

static int make_unix(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "Num       RefCount Protocol Flags    Type St Inode Path\n");
    return 0;
}

#define NET_FILE(NAME, MAKE)                                                                       \
    {                                                                                              \
        .name = (NAME), .mode = S_IFREG | 0444, .make = (MAKE)                                     \
    }

const struct proc_entry proc_net[] = {
    NET_FILE("dev", make_dev),
    NET_FILE("if_inet6", make_if_inet6),
    NET_FILE("route", make_route),
    NET_FILE("tcp", make_tcp),
    NET_FILE("udp", make_udp),
    NET_FILE("unix", make_unix),
    {0},
};
