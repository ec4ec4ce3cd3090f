// calls: open read
#include "guest.h"
#include <sys/prctl.h>

static char text[8192];

static bool contents(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        say("%s: %s\n", path, errno_name(errno));
        return false;
    }
    ssize_t used = 0, length;
    while ((length = read(fd, text + used, sizeof text - (size_t)used - 1)) > 0)
        used += length;
    close(fd);
    text[used] = 0;
    return true;
}

/* The value of "name:" in a file of such lines; the text stays valid until the next call. */
static const char *field(const char *name)
{
    static char value[256];
    char start[64];
    snprintf(start, sizeof start, "\n%s:", name);
    const char *line =
        strncmp(text, start + 1, strlen(start) - 1) == 0 ? text - 1 : strstr(text, start);
    if (!line)
        return "missing";
    line += strlen(start);
    line += strspn(line, " \t");
    snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\n"), line);
    return value;
}

static void status(void)
{
    contents("/proc/self/status");
    static const char *const shown[] = {"Name",   "Umask",  "State",   "TracerPid", "Uid",
                                        "Gid",    "Groups", "Threads", "SigPnd",    "ShdPnd",
                                        "SigBlk", "SigIgn", "SigCgt",  "NoNewPrivs"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        say("%s: %s\n", shown[i], field(shown[i]));
    say("Tgid %d Pid %d PPid %d\n", atoi(field("Tgid")) == getpid(), atoi(field("Pid")) == getpid(),
        atoi(field("PPid")) == getppid());
    static const char *const sizes[] = {"VmPeak", "VmSize", "VmRSS", "VmData",
                                        "VmStk",  "VmExe",  "FDSize"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        say("%s positive %d\n", sizes[i], atol(field(sizes[i])) > 0);
    static const char *const present[] = {"CapInh",
                                          "CapPrm",
                                          "CapEff",
                                          "CapBnd",
                                          "CapAmb",
                                          "VmLck",
                                          "VmPin",
                                          "VmHWM",
                                          "VmLib",
                                          "VmPTE",
                                          "VmSwap",
                                          "SigQ",
                                          "Seccomp",
                                          "Cpus_allowed_list",
                                          "voluntary_ctxt_switches",
                                          "nonvoluntary_ctxt_switches"};
    for (size_t i = 0; i < sizeof present / sizeof *present; i++)
        say("%s present %d\n", present[i], strcmp(field(present[i]), "missing") != 0);
}

static void stat_line(void)
{
    MUST(prctl(PR_SET_NAME, "odd) (name"));
    contents("/proc/self/stat");
    char *name = strchr(text, '('), *end = strrchr(text, ')');
    say("pid %d, name %.*s\n", atoi(text) == getpid(), (int)(end - name + 1), name);
    long long values[60] = {0};
    int count = 2;
    char state = end[2];
    for (char *at = end + 3; *at && *at != '\n' && count < 59; count++)
        values[count + 1] = strtoll(at, &at, 10);
    say("fields %d, state %c\n", count + 1, state);
    say("ppid %d pgrp %d session %d threads %lld\n", values[3] == getppid(), values[4] == getpgrp(),
        values[5] == getsid(0), values[19]);
    say("start %d, size %d, resident %d\n", values[21] > 0, values[22] > 0, values[23] > 0);
    contents("/proc/self/statm");
    long pages[8], got = sscanf(text, "%ld %ld %ld %ld %ld %ld %ld", pages, pages + 1, pages + 2,
                                pages + 3, pages + 4, pages + 5, pages + 6);
    say("statm: %ld numbers, size and resident positive %d\n", got, pages[0] > 0 && pages[1] > 0);
}

static void other_processes(void)
{
    char path[64];
    pid_t pid = fork();
    if (pid == 0) {
        become_user(1000);
        contents("/proc/self/status");
        say("child: Uid %s\n", field("Uid"));
        say("child: parent %d\n", atoi(field("PPid")) == getppid());
        _exit(0);
    }
    siginfo_t info;
    MUST(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    contents(path);
    say("zombie: %s, VmSize %s\n", field("State"), field("VmSize"));
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    contents(path);
    say("zombie's command line: %zu bytes\n", strlen(text));
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    int held = (int)MUST(open(path, O_RDONLY));
    MUST(waitpid(pid, NULL, 0));
    SHOW(read(held, text, sizeof text));
    int error = open(path, O_RDONLY) < 0 ? errno : 0;
    say("gone: %s\n", errno_name(error));
    SHOW(open("/proc/99999999/status", O_RDONLY));
    SHOW(open("/proc/self/nothing", O_RDONLY));
    SHOW(open("/proc/01/status", O_RDONLY));
    SHOW(open("/proc/1", O_RDONLY | O_DIRECTORY) > 0);

    pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    MUST(kill(pid, SIGSTOP));
    MUST(waitpid(pid, NULL, WUNTRACED));
    contents(path);
    say("stopped: %s\n", field("State"));
    MUST(kill(pid, SIGKILL));
    MUST(waitpid(pid, NULL, 0));
}

static void on_signal(int signo)
{
    (void)signo;
}

int main(void)
{
    umask(027);
    MUST(setgroups(2, (const gid_t[]){5, 70}));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    MUST(sigprocmask(SIG_SETMASK, &set, NULL));
    signal(SIGUSR2, on_signal);
    signal(SIGALRM, SIG_IGN);
    MUST(raise(SIGTERM));
    MUST(kill(getpid(), SIGUSR1));
    status();
    stat_line();
    other_processes();
    return 0;
}
