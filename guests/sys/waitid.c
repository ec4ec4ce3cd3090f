// calls: waitid
/* waitid(2): id types, options, the fields of siginfo, WNOWAIT, the raw call's rusage. */
#include "child.h"
#include <sys/resource.h>

static struct gate leave;

static void waiter(void)
{
    gate_wait(&leave);
    _exit(300);
}

static long wait_raw(idtype_t type, id_t id, siginfo_t *info, int options)
{
    return syscall(SYS_waitid, type, id, info, options, NULL);
}

static void show_info(const siginfo_t *info, pid_t pid)
{
    static const char *const codes[] = {"none",    "EXITED",  "KILLED",   "DUMPED",
                                        "TRAPPED", "STOPPED", "CONTINUED"};
    say("  signo %d errno %d code %s own child %d uid %u status %d\n", info->si_signo,
        info->si_errno, codes[info->si_code], info->si_pid == pid, info->si_uid, info->si_status);
}

static void show_errors(void)
{
    siginfo_t info;
    SHOW(wait_raw(P_ALL, 0, &info, WEXITED));
    SHOW(wait_raw(P_ALL, 0, &info, 0));
    SHOW(wait_raw(P_ALL, 0, &info, WNOHANG));
    SHOW(wait_raw(P_ALL, 0, &info, WEXITED | 0x10));
    SHOW(wait_raw(9, 0, &info, WEXITED));
    SHOW(wait_raw(9, 0, &info, 0));
    SHOW(wait_raw(P_PID, 0, &info, WEXITED));
    SHOW(wait_raw(P_PID, (id_t)-1, &info, WEXITED));
    SHOW(wait_raw(P_PID, 1, &info, WEXITED));
    SHOW(wait_raw(P_PGID, (id_t)-1, &info, WEXITED));
    SHOW(wait_raw(P_PGID, 0, &info, WEXITED));
    SHOW(wait_raw(P_PIDFD, (id_t)-1, &info, WEXITED));
    SHOW(wait_raw(P_PIDFD, 77, &info, WEXITED));
    SHOW(wait_raw(P_PIDFD, 0, &info, WEXITED));
    SHOW(wait_raw(P_ALL, 0, BAD_POINTER, WEXITED));
}

int main(void)
{
    gate_open(&leave);
    show_errors();
    siginfo_t info;
    pid_t pid = start_child(waiter);

    /* Nothing yet: pid and signo are zero. */
    memset(&info, 0xff, sizeof info);
    SHOW(wait_raw(P_PID, (id_t)pid, &info, WEXITED | WNOHANG));
    show_info(&info, 0);
    MUST(kill(pid, SIGSTOP));
    SHOW(wait_raw(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT));
    show_info(&info, pid);
    SHOW(wait_raw(P_ALL, 0, &info, WSTOPPED | WEXITED));
    show_info(&info, pid);
    SHOW(wait_raw(P_PGID, (id_t)getpgrp(), &info, WSTOPPED | WNOHANG));
    say("  pid %d signo %d\n", info.si_pid, info.si_signo);
    MUST(kill(pid, SIGCONT));
    SHOW(wait_raw(P_PID, (id_t)pid, &info, WCONTINUED | WNOWAIT));
    show_info(&info, pid);
    SHOW(wait_raw(P_PID, (id_t)pid, &info, WCONTINUED));
    show_info(&info, pid);
    SHOW(wait_raw(P_PID, (id_t)pid, &info, WCONTINUED | WNOHANG));
    say("  pid %d\n", info.si_pid);
    gate_pass(&leave);
    SHOW(wait_raw(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    show_info(&info, pid);
    SHOW(wait_raw(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT));
    struct rusage usage;
    memset(&usage, 0xff, sizeof usage);
    SHOW(syscall(SYS_waitid, P_PID, pid, &info, WEXITED, &usage));
    show_info(&info, pid);
    say("  usage filled: %d\n", usage.ru_nsignals == 0 && usage.ru_utime.tv_usec < 1000000);
    SHOW(wait_raw(P_PID, (id_t)pid, &info, WEXITED));

    pid = start_child(waiter);
    int pidfd = (int)MUST(syscall(SYS_pidfd_open, pid, 0));
    int nonblocking = (int)MUST(syscall(SYS_pidfd_open, pid, O_NONBLOCK));
    SHOW(wait_raw(P_PIDFD, (id_t)nonblocking, &info, WEXITED));
    SHOW(wait_raw(P_PIDFD, (id_t)nonblocking, &info, WEXITED | WNOHANG));
    MUST(kill(pid, SIGTERM));
    SHOW(wait_raw(P_PIDFD, (id_t)pidfd, &info, WEXITED));
    show_info(&info, pid);
    SHOW(wait_raw(P_PIDFD, (id_t)pidfd, &info, WEXITED));

    /* A child whose information cannot be stored is gone all the same. */
    pid = start_child(waiter);
    gate_pass(&leave);
    SHOW(wait_raw(P_PID, (id_t)pid, BAD_POINTER, WEXITED));
    SHOW(wait_raw(P_PID, (id_t)pid, &info, WEXITED));
    return 0;
}
