// calls: capget capset
// needs: namespaces
/* Capabilities: versions, the three sets, what capset allows, and how ids change them. */
#include "child.h"
#include <linux/capability.h>

static struct __user_cap_header_struct header;
static struct __user_cap_data_struct data[2];

static long get(pid_t pid)
{
    header.version = _LINUX_CAPABILITY_VERSION_3;
    header.pid = pid;
    memset(data, 0xff, sizeof data);
    return RAW(capget, &header, data);
}

static long set(uint32_t effective, uint32_t permitted, uint32_t inheritable)
{
    header.version = _LINUX_CAPABILITY_VERSION_3;
    header.pid = 0;
    memset(data, 0, sizeof data);
    data[0].effective = effective;
    data[0].permitted = permitted;
    data[0].inheritable = inheritable;
    return RAW(capset, &header, data);
}

/* The capabilities that every root has, as bits of the first word. */
#define SOME (1U << CAP_CHOWN | 1U << CAP_KILL | 1U << CAP_SETUID)

static void show(const char *label)
{
    MUST(get(0));
    say("%s: effective %#x permitted %#x inheritable %#x\n", label, data[0].effective & SOME,
        data[0].permitted & SOME, data[0].inheritable & SOME);
}

static void show_versions(void)
{
    static const uint32_t versions[] = {_LINUX_CAPABILITY_VERSION_1, _LINUX_CAPABILITY_VERSION_2,
                                        _LINUX_CAPABILITY_VERSION_3, 0, 0x12345678};
    for (size_t i = 0; i < 5; i++) {
        header.version = versions[i];
        header.pid = 0;
        SHOW(RAW(capget, &header, data));
        say("version now %#x\n", header.version);
        header.version = versions[i];
        SHOW(RAW(capget, &header, NULL));
    }
    SHOW(RAW(capget, BAD_POINTER, data));
    header.version = _LINUX_CAPABILITY_VERSION_3;
    SHOW(RAW(capget, &header, BAD_POINTER));
    SHOW(get(-1));
    SHOW(get(0x7fffffff));
    SHOW(get(getppid()));
    header.pid = getppid();
    SHOW(RAW(capset, &header, data));
    header.pid = 0;
    header.version = 0;
    SHOW(RAW(capset, &header, data));
    SHOW(RAW(capset, BAD_POINTER, data));
    header.version = _LINUX_CAPABILITY_VERSION_3;
    SHOW(RAW(capset, &header, BAD_POINTER));
}

static void drop(void)
{
    show("root");
    SHOW(set(0, SOME, 0));
    show("nothing effective");
    SHOW(chown("file", 1, 1));
    SHOW(set(1U << CAP_CHOWN, SOME, 0));
    SHOW(chown("file", 1, 1));
    SHOW(set(SOME, 1U << CAP_CHOWN, 0));
    SHOW(set(1U << CAP_CHOWN, 1U << CAP_CHOWN, 0));
    show("one");
    SHOW(set(1U << CAP_KILL, SOME, 0));
    SHOW(set(0, 1U << CAP_CHOWN, 1U << CAP_CHOWN));
    show("inheritable");
    SHOW(set(0, 0, 0));
    SHOW(chown("file", 2, 2));
    say("still uid %u\n", getuid());
}

static void change_ids(void)
{
    MUST(setresuid(0, 1000, 0));
    show("effective id 1000");
    MUST(setresuid(-1, 0, -1));
    show("effective id 0 again");
    MUST(setresuid(1000, 1000, 1000));
    show("all ids 1000");
}

static void execute(void)
{
    MUST(setresuid(1000, 1000, 0));
    execl("/proc/self/exe", "guest", "effective id 1000 over execve", NULL);
}

static void execute_as_root(void)
{
    MUST(set(0, SOME, 0));
    execl("/proc/self/exe", "guest", "root gets all back over execve", NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        show(argv[1]);
        return 0;
    }
    make_file("file", "", 0644);
    show_versions();
    show_child("drop", drop);
    show_child("ids", change_ids);
    show_child("execve", execute);
    show_child("execve", execute_as_root);
    return 0;
}
