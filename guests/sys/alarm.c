// calls: alarm
/* alarm(2): one timer with setitimer's ITIMER_REAL, in whole seconds, rounded when asked. */
#include "child.h"
#include <sys/time.h>

static volatile int rings;

static void ring(int signo)
{
    rings += signo == SIGALRM;
}

static void child(void)
{
    SHOW(RAW(alarm, 0));
}

static void die(void)
{
    struct itimerval soon = {.it_value.tv_usec = 10000};
    MUST(setitimer(ITIMER_REAL, &soon, NULL));
    for (;;)
        pause();
}

int main(void)
{
    struct itimerval timer;
    SHOW(RAW(alarm, 0));
    SHOW(RAW(alarm, 1000));
    SHOW(RAW(alarm, 2000));
    MUST(getitimer(ITIMER_REAL, &timer));
    say("the interval timer has it: %d, no interval %d\n", timer.it_value.tv_sec >= 1900,
        timer.it_interval.tv_sec == 0 && timer.it_interval.tv_usec == 0);
    show_child("not inherited", child);
    SHOW(RAW(alarm, 0) >= 1990);
    MUST(getitimer(ITIMER_REAL, &timer));
    say("off: %d\n", timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0);

    /* Less than half a second is reported as one, never as zero. */
    timer.it_value.tv_sec = 0;
    timer.it_value.tv_usec = 400000;
    MUST(setitimer(ITIMER_REAL, &timer, NULL));
    SHOW(RAW(alarm, 0));
    SHOW(RAW(alarm, 0xffffffffU));
    SHOW(RAW(alarm, 0) > 100000);

    catch_signal(SIGALRM, ring, 0);
    sigset_t set, none;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    struct timespec start, end;
    MUST(clock_gettime(CLOCK_MONOTONIC, &start));
    SHOW(RAW(alarm, 1));
    SHOW(sigsuspend(&none));
    MUST(clock_gettime(CLOCK_MONOTONIC, &end));
    say("rang %d, after a second: %d\n", rings,
        (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000 >= 990);
    SHOW(RAW(alarm, 0));
    MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
    catch_signal(SIGALRM, SIG_DFL, 0);
    show_child("default action", die);
    return 0;
}
