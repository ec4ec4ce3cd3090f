// calls: execve
// needs: namespaces
/* Set-user-ID and set-group-ID programs: what they gain, and what keeps them from gaining it. */
#include "child.h"
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

static const char *program;
static bool no_new_privs;

static void copy_self(const char *path, uid_t uid, gid_t gid, mode_t mode)
{
    static char block[65536];
    int from = (int)MUST(open("/proc/self/exe", O_RDONLY));
    int to = (int)MUST(open(path, O_WRONLY | O_CREAT, 0755));
    ssize_t length;
    while ((length = read(from, block, sizeof block)) > 0)
        MUST(write(to, block, (size_t)length));
    MUST(fchown(to, uid, gid));
    MUST(fchmod(to, mode));
    MUST(close(to));
    MUST(close(from));
}

static int report(void)
{
    uid_t real, effective, saved;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    int signo = -1;
    MUST(getresuid(&real, &effective, &saved));
    say("  users %u %u %u", real, effective, saved);
    MUST(getresgid(&real, &effective, &saved));
    say(", groups %u %u %u", real, effective, saved);
    MUST(RAW(capget, &header, data));
    say(", may change owners %d\n", (data[0].effective >> CAP_CHOWN) & 1);
    MUST(prctl(PR_GET_PDEATHSIG, &signo));
    say("  secure %lu, ids in the auxiliary vector %d, parent death signal %d, dumpable %d\n",
        getauxval(AT_SECURE),
        getauxval(AT_UID) == getuid() && getauxval(AT_EUID) == geteuid() &&
            getauxval(AT_GID) == getgid() && getauxval(AT_EGID) == getegid(),
        signo, prctl(PR_GET_DUMPABLE) == 1);
    return 0;
}

static void execute(void)
{
    become_user(1000);
    MUST(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    if (no_new_privs)
        MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    execl(program, "report", "x", NULL);
    say("  %s\n", errno_name(errno));
    _exit(100);
}

static void run(const char *label, const char *path)
{
    say("%s\n", label);
    program = path;
    show_child("  program", execute);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return report();
    MUST(chmod(".", 0755));
    copy_self("plain", 0, 0, 0755);
    copy_self("root", 0, 0, 04755);
    copy_self("other", 2000, 2000, 04755);
    copy_self("group", 0, 3000, 02755);
    copy_self("both", 2000, 3000, 06755);
    copy_self("lock", 2000, 3000, 02745); /* not executable by the group: no set-group-ID */
    copy_self("closed", 2000, 3000, 04700);
    run("plain", "plain");
    run("set-user-ID root", "root");
    run("set-user-ID 2000", "other");
    run("set-group-ID 3000", "group");
    run("both", "both");
    run("set-group-ID without group execution", "lock");
    run("not for others", "closed");
    no_new_privs = true;
    run("no new privileges", "both");
    no_new_privs = false;
    make_file("script", "#!plain x\n", 04755);
    run("script", "script");
    /* Writing and changing owners take the bits away. */
    show_file("both");
    MUST(chown("both", 2000, 2000));
    show_file("both");
    MUST(chmod("both", 06755));
    int fd = (int)MUST(open("both", O_WRONLY | O_APPEND));
    MUST(setresuid(-1, 2000, -1));
    MUST(write(fd, "x", 1));
    MUST(close(fd));
    show_file("both");
    return 0;
}
