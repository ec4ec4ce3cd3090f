// calls: rt_sigprocmask rt_sigpending
/* The mask and the set of pending signals, through the raw calls. */
#include "child.h"

static volatile int caught;

static void note(int signo)
{
    say("caught %s\n", signal_name(signo));
    caught++;
}

static uint64_t mask(void)
{
    uint64_t set = 0;
    MUST(RAW(rt_sigprocmask, SIG_SETMASK, NULL, &set, 8L));
    return set;
}

static uint64_t pending(void)
{
    uint64_t set = 0;
    MUST(RAW(rt_sigpending, &set, 8L));
    return set;
}

static uint64_t bit(int signo)
{
    return 1UL << (signo - 1);
}

static void inherited(void)
{
    say("child: mask %#lx, pending %#lx\n", (unsigned long)mask(), (unsigned long)pending());
}

int main(void)
{
    uint64_t set = bit(SIGUSR1) | bit(SIGUSR2), old = 0;
    SHOW(RAW(rt_sigprocmask, SIG_BLOCK, &set, &old, 8L));
    say("old %#lx, now %#lx\n", (unsigned long)old, (unsigned long)mask());
    set = bit(SIGUSR2) | bit(SIGINT);
    SHOW(RAW(rt_sigprocmask, SIG_UNBLOCK, &set, &old, 8L));
    say("old %#lx, now %#lx\n", (unsigned long)old, (unsigned long)mask());
    set = ~0UL;
    SHOW(RAW(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L));
    say("SIGKILL and SIGSTOP left out: %#lx\n", (unsigned long)mask());
    SHOW(RAW(rt_sigprocmask, SIG_SETMASK, &set, &set, 8L));
    say("same memory for both: %#lx\n", (unsigned long)set);

    SHOW(RAW(rt_sigprocmask, 3, &set, NULL, 8L));
    SHOW(RAW(rt_sigprocmask, -1, &set, NULL, 8L));
    SHOW(RAW(rt_sigprocmask, 99, NULL, &old, 8L));
    SHOW(RAW(rt_sigprocmask, SIG_BLOCK, &set, NULL, 4L));
    SHOW(RAW(rt_sigprocmask, SIG_BLOCK, BAD_POINTER, NULL, 128L));
    SHOW(RAW(rt_sigprocmask, SIG_BLOCK, BAD_POINTER, NULL, 8L));
    SHOW(RAW(rt_sigprocmask, 3, BAD_POINTER, NULL, 8L));
    SHOW(RAW(rt_sigprocmask, SIG_BLOCK, NULL, BAD_POINTER, 8L));
    set = 0;
    SHOW(RAW(rt_sigprocmask, SIG_SETMASK, &set, BAD_POINTER, 8L));
    say("the mask was set before the fault: %#lx\n", (unsigned long)mask());

    static const int signals[] = {SIGUSR1, SIGUSR2, SIGTERM, 34, 35};
    set = 0;
    for (size_t i = 0; i < 5; i++) {
        catch_signal(signals[i], note, 0);
        set |= bit(signals[i]);
    }
    MUST(RAW(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L));
    for (size_t i = 5; i-- > 0;)
        MUST(kill(getpid(), signals[i]));
    MUST(kill(getpid(), SIGUSR1));
    say("pending %#lx\n", (unsigned long)pending());
    show_child("child", inherited);
    SHOW(RAW(rt_sigpending, &old, 9L));
    SHOW(RAW(rt_sigpending, &old, 16L));
    SHOW(RAW(rt_sigpending, BAD_POINTER, 8L));
    SHOW(RAW(rt_sigpending, BAD_POINTER, 9L));
    uint32_t half = 0;
    SHOW(RAW(rt_sigpending, &half, 4L));
    say("half of it: %#x\n", half);

    /* Handlers run before the call that unblocks returns; the last one set up runs first. */
    set = bit(SIGUSR1);
    SHOW(RAW(rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8L));
    say("caught %d, pending %#lx\n", caught, (unsigned long)pending());
    set = 0;
    SHOW(RAW(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8L));
    say("caught %d, pending %#lx\n", caught, (unsigned long)pending());
    return 0;
}
