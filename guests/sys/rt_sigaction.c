// calls: rt_sigaction
/* The raw rt_sigaction(2): its checks, the stored flags and mask, and what each flag does. */
#include "child.h"

struct action {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
};

static volatile int depth, deepest, calls;

static long raw(int signo, const struct action *new, struct action *old)
{
    return RAW(rt_sigaction, signo, new, old, 8L);
}

static bool is_blocked(int signo)
{
    sigset_t set;
    MUST(sigprocmask(SIG_SETMASK, NULL, &set));
    return sigismember(&set, signo) == 1;
}

static void handler(int signo)
{
    say("in %s: blocked %d, SIGUSR2 blocked %d\n", signal_name(signo), is_blocked(signo),
        is_blocked(SIGUSR2));
    calls++;
}

static void nesting(int signo)
{
    depth++;
    deepest = depth > deepest ? depth : deepest;
    if (++calls < 3)
        raise(signo);
    depth--;
}

static void with_info(int signo, siginfo_t *info, void *context)
{
    say("in %s: code %d, own pid %d, context %d\n", signal_name(signo), info->si_code,
        info->si_pid == getpid(), context != NULL);
}

static void show_checks(void)
{
    struct action old, ignore = {.handler = SIG_IGN};
    SHOW(raw(0, NULL, &old));
    SHOW(raw(65, NULL, &old));
    SHOW(raw(-1, NULL, &old));
    SHOW(raw(64, NULL, &old));
    SHOW(raw(SIGKILL, &ignore, NULL));
    SHOW(raw(SIGSTOP, &ignore, NULL));
    SHOW(raw(SIGKILL, NULL, &old));
    SHOW(raw(SIGUSR1, NULL, NULL));
    SHOW(raw(SIGUSR1, BAD_POINTER, &old));
    SHOW(raw(SIGKILL, BAD_POINTER, &old));
    SHOW(raw(65, BAD_POINTER, &old));
    SHOW(RAW(rt_sigaction, SIGUSR1, NULL, &old, 4L));
    SHOW(RAW(rt_sigaction, 65, BAD_POINTER, &old, 16L));
    /* The new action counts although the old one cannot be stored. */
    SHOW(raw(SIGUSR1, &ignore, BAD_POINTER));
    SHOW(raw(SIGUSR1, NULL, &old));
    say("ignored: %d\n", old.handler == SIG_IGN);
}

static void show_storage(void)
{
    struct action set = {.handler = handler, .flags = ~0UL & ~0x04000000UL, .mask = ~0UL}, old;
    SHOW(raw(SIGUSR1, &set, NULL));
    SHOW(raw(SIGUSR1, NULL, &old));
    say("flags %#lx mask %#lx\n", old.flags, (unsigned long)old.mask);
    set.flags = 0x400;
    SHOW(raw(SIGUSR1, &set, NULL));
    SHOW(raw(SIGUSR1, NULL, &old));
    say("flags %#lx\n", old.flags);
}

static void show_flags(void)
{
    struct sigaction action = {.sa_handler = handler};
    sigaddset(&action.sa_mask, SIGUSR2);
    MUST(sigaction(SIGUSR1, &action, NULL));
    SHOW(raise(SIGUSR1));
    say("after: blocked %d, SIGUSR2 blocked %d\n", is_blocked(SIGUSR1), is_blocked(SIGUSR2));

    catch_signal(SIGUSR1, nesting, 0);
    calls = depth = deepest = 0;
    SHOW(raise(SIGUSR1));
    say("deferred: %d calls, depth %d\n", calls, deepest);
    catch_signal(SIGUSR1, nesting, SA_NODEFER);
    calls = depth = deepest = 0;
    SHOW(raise(SIGUSR1));
    say("SA_NODEFER: %d calls, depth %d\n", calls, deepest);

    catch_signal(SIGUSR1, handler, SA_RESETHAND);
    SHOW(raise(SIGUSR1));
    struct sigaction old;
    MUST(sigaction(SIGUSR1, NULL, &old));
    say("SA_RESETHAND: default %d, flags %#x\n", old.sa_handler == SIG_DFL, (unsigned)old.sa_flags);
    catch_info(SIGUSR1, with_info, 0);
    SHOW(kill(getpid(), SIGUSR1));
}

/* A pending signal is thrown away when its action becomes "ignore", even while it is blocked. */
static void show_discarding(void)
{
    static const int signals[] = {SIGUSR1, SIGCHLD};
    sigset_t set, pending;
    for (size_t i = 0; i < 2; i++) {
        catch_signal(signals[i], handler, 0);
        sigemptyset(&set);
        sigaddset(&set, signals[i]);
        MUST(sigprocmask(SIG_BLOCK, &set, NULL));
        raise(signals[i]);
        MUST(sigpending(&pending));
        say("%s pending %d", signal_name(signals[i]), sigismember(&pending, signals[i]));
        catch_signal(signals[i], SIG_DFL, 0);
        MUST(sigpending(&pending));
        say(", with the default action %d", sigismember(&pending, signals[i]));
        catch_signal(signals[i], SIG_IGN, 0);
        MUST(sigpending(&pending));
        say(", ignored %d\n", sigismember(&pending, signals[i]));
        catch_signal(signals[i], SIG_DFL, 0);
        MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
    }
}

int main(void)
{
    show_checks();
    show_storage();
    show_flags();
    show_discarding();
    return 0;
}
