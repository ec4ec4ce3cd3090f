// calls: rt_sigprocmask rt_sigqueueinfo
/* Real-time signals queue, in order and with their values; standard ones coalesce. */
#include "child.h"

static volatile int standard, real_time;

static void note_info(int signo, siginfo_t *info, void *context)
{
    (void)context;
    say("%s value %d\n", signal_name(signo), info->si_value.sival_int);
    if (signo < 32)
        standard++;
    else
        real_time++;
}

static void send(int signo, int number)
{
    union sigval value = {.sival_int = number};
    MUST(sigqueue(getpid(), signo, value));
}

static volatile int taken[1000];
static volatile int taken_count;

static void collect(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)context;
    taken[taken_count++] = info->si_value.sival_int;
}

int main(void)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    struct sigaction action = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO};
    /* All signals are blocked in a handler, so that they run one after the other. */
    sigfillset(&action.sa_mask);
    MUST(sigaction(SIGUSR1, &action, NULL));
    MUST(sigaction(SIGUSR2, &action, NULL));
    MUST(sigaction(40, &action, NULL));
    MUST(sigaction(41, &action, NULL));
    MUST(sigprocmask(SIG_SETMASK, &all, NULL));
    send(41, 1);
    send(40, 2);
    send(SIGUSR2, 3);
    send(40, 4);
    send(SIGUSR1, 5);
    send(SIGUSR1, 6);
    send(41, 7);
    send(SIGUSR2, 8);
    send(40, 9);
    MUST(sigprocmask(SIG_SETMASK, &none, NULL));
    say("standard %d, real-time %d\n", standard, real_time);

    /* A thread's own signals come before those of the process. */
    MUST(sigprocmask(SIG_SETMASK, &all, NULL));
    send(40, 20);
    MUST(RAW(tkill, getpid(), 41));
    MUST(kill(getpid(), SIGUSR1));
    MUST(RAW(tkill, getpid(), SIGUSR2));
    MUST(sigprocmask(SIG_SETMASK, &none, NULL));

    action.sa_sigaction = collect;
    MUST(sigaction(50, &action, NULL));
    MUST(sigprocmask(SIG_SETMASK, &all, NULL));
    for (int i = 0; i < 1000; i++)
        send(50, i);
    MUST(sigprocmask(SIG_SETMASK, &none, NULL));
    int in_order = 0;
    for (int i = 0; i < taken_count; i++)
        in_order += taken[i] == i;
    say("taken %d, in order %d\n", taken_count, in_order);
    return 0;
}
