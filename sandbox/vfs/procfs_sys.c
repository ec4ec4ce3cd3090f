/*
 * /proc/sys: what the box's kernel is set to, proc_sys(5). Names that Linux lets be written and the
 * box can change are writable; the others are read-only. May include sandbox/.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "sandbox/version.h"
#include "sandbox/vfs/procfs.h"

/* ---- numbers and words that do not change ---- */

#define CONSTANT(FUNCTION, ...)                                                                    \
    static int FUNCTION(const struct proc_node *node, struct text *text)                           \
    {                                                                                              \
        (void)node;                                                                                \
        text_printf(text, __VA_ARGS__);                                                            \
        return 0;                                                                                  \
    }

CONSTANT(make_pid_max, "%d\n", PID_MAX)
CONSTANT(make_ostype, "%s\n", KERNEL_NAME)
CONSTANT(make_osrelease, "%s\n", KERNEL_RELEASE)
CONSTANT(make_version, "%s\n", KERNEL_VERSION)
CONSTANT(make_threads_max, "%d\n", PID_MAX)
CONSTANT(make_cap_last_cap, "%d\n", CAP_LAST_CAP)
CONSTANT(make_ngroups_max, "65536\n")
CONSTANT(make_core_pattern, "core\n")
CONSTANT(make_overflow_id, "65534\n")
CONSTANT(make_entropy, "256\n")
CONSTANT(make_no, "0\n")
CONSTANT(make_pipe_max_size, "1048576\n")
CONSTANT(make_pipe_user_pages_soft, "16384\n")
CONSTANT(make_file_max, "9223372036854775807\n")
CONSTANT(make_nr_open, "1048576\n")
CONSTANT(make_inotify_events, "16384\n")
CONSTANT(make_inotify_instances, "128\n")
CONSTANT(make_inotify_watches, "65536\n")
CONSTANT(make_max_map_count, "65530\n")
CONSTANT(make_mmap_min_addr, "%llu\n", MM_LOW)
CONSTANT(make_overcommit_ratio, "50\n")
CONSTANT(make_somaxconn, "4096\n")

/* ---- names of the machine ---- */

static int make_hostname(const struct proc_node *node, struct text *text)
{
    text_printf(text, "%s\n", node->box->hostname);
    return 0;
}

static int make_domainname(const struct proc_node *node, struct text *text)
{
    text_printf(text, "%s\n", node->box->domainname);
    return 0;
}

/* The first line of what was written, as far as there is room for it. */
static int store_name(char *name, size_t size, const char *buf, size_t length)
{
    const char *end = memchr(buf, '\n', length);

    if (!task_capable(task_current(), CAP_SYS_ADMIN))
        return -EPERM;
    length = strnlen(buf, end ? (size_t)(end - buf) : length);
    if (length >= size)
        length = size - 1;
    memset(name, 0, size);
    memcpy(name, buf, length);
    return 0;
}

static int store_hostname(const struct proc_node *node, const char *buf, size_t length)
{
    return store_name(node->box->hostname, sizeof(node->box->hostname), buf, length);
}

static int store_domainname(const struct proc_node *node, const char *buf, size_t length)
{
    return store_name(node->box->domainname, sizeof(node->box->domainname), buf, length);
}

/* ---- random ---- */

static void print_uuid(struct text *text, uint8_t id[16])
{
    id[6] = (id[6] & 0x0f) | 0x40; /* version 4, variant 1 */
    id[8] = (id[8] & 0x3f) | 0x80;
    for (int i = 0; i < 16; i++)
        text_printf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
    text_append(text, "\n", 1);
}

static int make_uuid(const struct proc_node *node, struct text *text)
{
    uint8_t id[16];

    rng_bytes(node->box, id, sizeof(id));
    print_uuid(text, id);
    return 0;
}

/* The same for the life of the box: made when it is first asked for. */
static int make_boot_id(const struct proc_node *node, struct text *text)
{
    uint8_t id[16];

    if (!node->box->boot_id_made) {
        rng_bytes(node->box, node->box->boot_id, sizeof(node->box->boot_id));
        node->box->boot_id_made = true;
    }
    memcpy(id, node->box->boot_id, sizeof(id));
    print_uuid(text, id);
    return 0;
}

/* ---- the tree ---- */

#define READ_ONLY(NAME, MAKE)                                                                      \
    {                                                                                              \
        .name = (NAME), .mode = S_IFREG | 0444, .make = (MAKE)                                     \
    }
#define WRITABLE(NAME, MAKE, STORE)                                                                \
    {                                                                                              \
        .name = (NAME), .mode = S_IFREG | 0644, .make = (MAKE), .store = (STORE),                  \
        .store_max = PAGE_SIZE                                                                     \
    }
#define DIRECTORY(NAME, CHILDREN)                                                                  \
    {                                                                                              \
        .name = (NAME), .mode = S_IFDIR | 0555, .children = (CHILDREN)                             \
    }

static const struct proc_entry random_entries[] = {
    READ_ONLY("boot_id", make_boot_id),
    READ_ONLY("entropy_avail", make_entropy),
    READ_ONLY("poolsize", make_entropy),
    READ_ONLY("uuid", make_uuid),
    {0},
};

static const struct proc_entry kernel_entries[] = {
    READ_ONLY("cap_last_cap", make_cap_last_cap),
    READ_ONLY("core_pattern", make_core_pattern),
    WRITABLE("domainname", make_domainname, store_domainname),
    WRITABLE("hostname", make_hostname, store_hostname),
    READ_ONLY("ngroups_max", make_ngroups_max),
    READ_ONLY("osrelease", make_osrelease),
    READ_ONLY("ostype", make_ostype),
    READ_ONLY("overflowgid", make_overflow_id),
    READ_ONLY("overflowuid", make_overflow_id),
    READ_ONLY("pid_max", make_pid_max),
    DIRECTORY("random", random_entries),
    READ_ONLY("threads-max", make_threads_max),
    READ_ONLY("version", make_version),
    {0},
};

static const struct proc_entry inotify_entries[] = {
    READ_ONLY("max_queued_events", make_inotify_events),
    READ_ONLY("max_user_instances", make_inotify_instances),
    READ_ONLY("max_user_watches", make_inotify_watches),
    {0},
};

static const struct proc_entry fs_entries[] = {
    READ_ONLY("file-max", make_file_max),
    DIRECTORY("inotify", inotify_entries),
    READ_ONLY("nr_open", make_nr_open),
    READ_ONLY("overflowgid", make_overflow_id),
    READ_ONLY("overflowuid", make_overflow_id),
    READ_ONLY("pipe-max-size", make_pipe_max_size),
    READ_ONLY("pipe-user-pages-hard", make_no),
    READ_ONLY("pipe-user-pages-soft", make_pipe_user_pages_soft),
    READ_ONLY("protected_hardlinks", make_no),
    READ_ONLY("protected_symlinks", make_no),
    {0},
};

static const struct proc_entry vm_entries[] = {
    READ_ONLY("max_map_count", make_max_map_count),
    READ_ONLY("mmap_min_addr", make_mmap_min_addr),
    READ_ONLY("overcommit_memory", make_no),
    READ_ONLY("overcommit_ratio", make_overcommit_ratio),
    {0},
};

static const struct proc_entry core_entries[] = {
    READ_ONLY("somaxconn", make_somaxconn),
    {0},
};

static const struct proc_entry net_entries[] = {
    DIRECTORY("core", core_entries),
    {0},
};

const struct proc_entry proc_sys[] = {
    DIRECTORY("fs", fs_entries),
    DIRECTORY("kernel", kernel_entries),
    DIRECTORY("net", net_entries),
    DIRECTORY("vm", vm_entries),
    {0},
};
