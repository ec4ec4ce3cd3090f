// calls: rt_sigsuspend pause
/* Waiting for a handler: always EINTR, with the mask of the call in force, and the old one after.
 */
#include "child.h"

static uint64_t bit(int signo)
{
    return 1UL << (signo - 1);
}

static uint64_t mask(void)
{
    uint64_t set = 0;
    MUST(RAW(rt_sigprocmask, SIG_SETMASK, NULL, &set, 8L));
    return set;
}

static void note(int signo)
{
    say("in %s: mask %#lx\n", signal_name(signo), (unsigned long)mask());
}

static void waiter(void)
{
    uint64_t none = 0;
    SHOW(RAW(rt_sigsuspend, &none, 8L));
    say("after: mask %#lx\n", (unsigned long)mask());
}

static void pauser(void)
{
    /* An ignored signal does not end the wait. */
    SHOW(RAW(pause));
}

static void unhandled(void)
{
    uint64_t none = 0;
    catch_signal(SIGUSR1, SIG_DFL, 0);
    RAW(rt_sigsuspend, &none, 8L);
}

int main(void)
{
    uint64_t set = bit(SIGUSR1) | bit(SIGUSR2), usr2 = bit(SIGUSR2);
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigaddset(&action.sa_mask, SIGALRM);
    MUST(sigaction(SIGUSR1, &action, NULL));
    MUST(sigaction(SIGUSR2, &action, NULL));
    MUST(RAW(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L));

    raise(SIGUSR1);
    SHOW(RAW(rt_sigsuspend, &usr2, 8L));
    say("after: mask %#lx\n", (unsigned long)mask());
    raise(SIGUSR1);
    raise(SIGUSR2);
    set = bit(SIGTERM);
    SHOW(RAW(rt_sigsuspend, &set, 8L));
    say("after: mask %#lx\n", (unsigned long)mask());
    SHOW(RAW(rt_sigsuspend, &set, 4L));
    SHOW(RAW(rt_sigsuspend, &set, 16L));
    SHOW(RAW(rt_sigsuspend, BAD_POINTER, 8L));
    SHOW(RAW(rt_sigsuspend, BAD_POINTER, 4L));

    pid_t pid = start_child(waiter);
    await_sleep(pid);
    MUST(kill(pid, SIGUSR2));
    show_status("waiter", reap(pid));

    set = 0;
    MUST(RAW(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L));
    MUST(signal(SIGTERM, SIG_IGN) == SIG_ERR ? -1 : 0);
    pid = start_child(pauser);
    await_sleep(pid);
    MUST(kill(pid, SIGTERM));
    MUST(kill(pid, SIGCHLD));
    MUST(kill(pid, SIGSTOP));
    int status;
    MUST(waitpid(pid, &status, WUNTRACED));
    MUST(kill(pid, SIGCONT));
    await_sleep(pid);
    MUST(kill(pid, SIGUSR1));
    show_status("pauser", reap(pid));

    pid = start_child(unhandled);
    await_sleep(pid);
    MUST(kill(pid, SIGUSR1));
    show_status("unhandled", reap(pid));
    return 0;
}
