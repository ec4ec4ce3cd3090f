// calls: rt_sigtimedwait
/* Taking pending signals: lowest number first, timeouts, and what interrupts the wait. */
#include "child.h"

static siginfo_t info;

static uint64_t bit(int signo)
{
    return 1UL << (signo - 1);
}

static long wait_for(uint64_t set, const struct timespec *timeout)
{
    return RAW(rt_sigtimedwait, &set, &info, timeout, 8L);
}

static void note(int signo)
{
    say("caught %s\n", signal_name(signo));
}

static void waiter(void)
{
    SHOW(wait_for(bit(SIGUSR1), NULL));
    say("from the parent: %d\n", info.si_pid == getppid());
}

static void interrupted(void)
{
    catch_signal(SIGALRM, note, SA_RESTART);
    struct timespec long_time = {100, 0};
    SHOW(wait_for(bit(SIGUSR1), &long_time));
}

static void ignored(void)
{
    /* A signal that is ignored but not blocked is gone before anybody can take it. */
    struct timespec none = {0, 0};
    uint64_t set = 0;
    MUST(RAW(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L));
    catch_signal(SIGUSR1, SIG_IGN, 0);
    raise(SIGUSR1);
    SHOW(wait_for(bit(SIGUSR1), &none));
    set = bit(SIGUSR1);
    MUST(RAW(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L));
    raise(SIGUSR1);
    SHOW(wait_for(bit(SIGUSR1), &none));
}

int main(void)
{
    struct timespec none = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0},
                    little = {0, 20000000};
    uint64_t set = bit(SIGUSR1) | bit(SIGUSR2) | bit(SIGTERM) | bit(34) | bit(36);
    MUST(RAW(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L));
    SHOW(wait_for(set, &none));
    struct timespec start, end;
    MUST(clock_gettime(CLOCK_MONOTONIC, &start));
    SHOW(wait_for(set, &little));
    MUST(clock_gettime(CLOCK_MONOTONIC, &end));
    say("waited: %d\n",
        (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec >= 20000000);
    SHOW(wait_for(set, &bad));
    SHOW(wait_for(set, &negative));
    SHOW(wait_for(set, BAD_POINTER));
    SHOW(RAW(rt_sigtimedwait, BAD_POINTER, &info, &none, 8L));
    SHOW(RAW(rt_sigtimedwait, BAD_POINTER, &info, BAD_POINTER, 4L));
    SHOW(RAW(rt_sigtimedwait, &set, &info, &none, 16L));

    static const int sent[] = {36, SIGTERM, 34, SIGUSR2, SIGUSR1, 34, SIGUSR1};
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        union sigval value = {.sival_int = (int)i};
        MUST(sigqueue(getpid(), sent[i], value));
    }
    for (;;) {
        long signo = wait_for(set, &none);
        if (signo < 0)
            break;
        say("%s code %d value %d signo %s\n", signal_name((int)signo), info.si_code,
            info.si_value.sival_int, info.si_signo == signo ? "same" : "differs");
    }
    say("then %s\n", errno_name(errno));
    raise(SIGUSR1);
    SHOW(RAW(rt_sigtimedwait, &set, NULL, &none, 8L));
    raise(SIGUSR1);
    /* The signal is taken although its information cannot be stored. */
    SHOW(RAW(rt_sigtimedwait, &set, BAD_POINTER, &none, 8L));
    SHOW(wait_for(set, &none));
    raise(SIGUSR1);
    SHOW(wait_for(bit(SIGUSR2), &none));
    SHOW(wait_for(bit(SIGUSR1) | bit(SIGKILL) | bit(SIGSTOP), &none));

    pid_t pid = start_child(waiter);
    await_sleep(pid);
    MUST(kill(pid, SIGUSR1));
    show_status("waiter", reap(pid));
    pid = start_child(interrupted);
    await_sleep(pid);
    MUST(kill(pid, SIGALRM));
    show_status("interrupted", reap(pid));
    show_child("ignored", ignored);
    return 0;
}
