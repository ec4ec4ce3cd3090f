// calls: tkill tgkill
/* Signals to one thread: identifiers must be positive, the group must fit, si_code is SI_TKILL. */
#include "child.h"

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)context;
    say("%s: code SI_TKILL %d, own pid %d, own uid %d, errno %d\n", signal_name(signo),
        info->si_code == SI_TKILL, info->si_pid == getpid(), info->si_uid == getuid(),
        info->si_errno);
}

static struct gate leave;

static void waiter(void)
{
    gate_wait(&leave);
}

int main(void)
{
    pid_t self = getpid();
    catch_info(SIGUSR1, handler, 0);
    catch_info(SIGRTMIN, handler, 0);
    SHOW(RAW(tkill, self, SIGUSR1));
    SHOW(RAW(tkill, self, SIGRTMIN));
    SHOW(RAW(tgkill, self, self, SIGUSR1));
    SHOW(RAW(tkill, self, 0));
    SHOW(RAW(tgkill, self, self, 0));
    SHOW(RAW(tkill, self, 65));
    SHOW(RAW(tkill, self, -1));
    SHOW(RAW(tkill, 0, SIGUSR1));
    SHOW(RAW(tkill, -1, SIGUSR1));
    SHOW(RAW(tkill, 0x7fffffff, SIGUSR1));
    SHOW(RAW(tkill, 0x7fffffff, 65));
    SHOW(RAW(tkill, 0, 65));
    SHOW(RAW(tgkill, 0, self, SIGUSR1));
    SHOW(RAW(tgkill, self, 0, SIGUSR1));
    SHOW(RAW(tgkill, -1, self, SIGUSR1));
    SHOW(RAW(tgkill, self, -1, SIGUSR1));
    SHOW(RAW(tgkill, 0x7fffffff, self, SIGUSR1));
    SHOW(RAW(tgkill, self, self, 65));

    gate_open(&leave);
    pid_t pid = start_child(waiter);
    SHOW(RAW(tgkill, self, pid, SIGTERM));
    SHOW(RAW(tgkill, pid, self, SIGTERM));
    SHOW(RAW(tgkill, pid, pid, 0));
    SHOW(RAW(tgkill, pid, pid, SIGTERM));
    siginfo_t info;
    MUST(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    SHOW(RAW(tkill, pid, SIGTERM));
    show_status("child", reap(pid));
    SHOW(RAW(tkill, pid, SIGTERM));
    SHOW(RAW(tgkill, pid, pid, SIGTERM));

    /* A blocked signal stays pending for the thread. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    SHOW(RAW(tkill, self, SIGUSR1));
    SHOW(RAW(tgkill, self, self, SIGUSR1));
    sigset_t pending;
    MUST(sigpending(&pending));
    say("pending: %d\n", sigismember(&pending, SIGUSR1));
    MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
    return 0;
}
