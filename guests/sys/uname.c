// calls: uname sethostname setdomainname
// needs: namespaces
/* The names of the machine. Those that differ from kernel to kernel are not printed. */
#include "child.h"
#include <sys/utsname.h>

static void show(const char *label)
{
    struct utsname name;
    MUST(RAW(uname, &name));
    say("%s: %s %s %s %s\n", label, name.sysname, name.machine, name.nodename, name.domainname);
}

static void user(void)
{
    SHOW(RAW(sethostname, "x", 1L));
    SHOW(RAW(setdomainname, "x", 1L));
    SHOW(RAW(sethostname, "x", -1L));
    SHOW(RAW(sethostname, BAD_POINTER, 1L));
}

int main(void)
{
    struct utsname name;
    char long_name[66];
    MUST(RAW(sethostname, "guest", 5L));
    MUST(RAW(setdomainname, "example", 7L));
    show("names");
    memset(&name, 0xff, sizeof name);
    SHOW(RAW(uname, &name));
    int major, minor;
    say("a release of two numbers: %d, version %d\n",
        sscanf(name.release, "%d.%d", &major, &minor) == 2, name.version[0] != 0);
    say("padded with zeros: %d\n", name.nodename[6] == 0 && name.nodename[64] == 0);
    SHOW(RAW(uname, BAD_POINTER));
    SHOW(RAW(uname, NULL));
    memset(long_name, 'h', sizeof long_name);
    SHOW(RAW(sethostname, long_name, 64L));
    show("64 bytes");
    SHOW(RAW(sethostname, long_name, 65L));
    SHOW(RAW(sethostname, long_name, -1L));
    SHOW(RAW(sethostname, BAD_POINTER, 5L));
    SHOW(RAW(sethostname, "abcdef", 3L));
    show("cut by its length");
    SHOW(RAW(sethostname, "a\0c", 3L));
    show("a zero inside");
    SHOW(RAW(sethostname, "", 0L));
    SHOW(RAW(setdomainname, "", 0L));
    show("empty");
    SHOW(RAW(setdomainname, long_name, 65L));
    SHOW(RAW(setdomainname, "domain", 6L));
    show("domain");
    SHOW(RAW(sethostname, "h\n", 2L));
    char text[80];
    int fd = (int)MUST(open("/proc/sys/kernel/hostname", O_RDONLY));
    ssize_t length = read(fd, text, sizeof text);
    show_text("/proc/sys/kernel/hostname", text, length < 0 ? 0 : (size_t)length);
    run_as(65534, user);
    return 0;
}
