// calls: setitimer getitimer
/* The three interval timers: checks, one shot and repeated, what clock each follows. */
#include "child.h"
#include <sys/resource.h>
#include <sys/time.h>

static volatile int rings[65];

static void ring(int signo)
{
    rings[signo]++;
}

static long raw_set(int which, long value_us, long interval_us, struct itimerval *old)
{
    struct itimerval new = {.it_value = {value_us / 1000000, value_us % 1000000},
                            .it_interval = {interval_us / 1000000, interval_us % 1000000}};
    return RAW(setitimer, which, &new, old);
}

static long used_us(void)
{
    struct rusage usage;
    MUST(getrusage(RUSAGE_SELF, &usage));
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void show_checks(void)
{
    struct itimerval value, bad = {.it_value.tv_usec = 1000000};
    for (int which = 0; which < 4; which++) {
        memset(&value, 0xff, sizeof value);
        SHOW(RAW(getitimer, which, &value));
        if (which < 3)
            say("%d: all zero %d\n", which,
                !value.it_value.tv_sec && !value.it_value.tv_usec && !value.it_interval.tv_sec &&
                    !value.it_interval.tv_usec);
    }
    SHOW(RAW(getitimer, -1, &value));
    SHOW(RAW(getitimer, ITIMER_REAL, BAD_POINTER));
    SHOW(RAW(getitimer, 3, BAD_POINTER));
    SHOW(RAW(setitimer, ITIMER_REAL, &bad, NULL));
    bad.it_value.tv_usec = -1;
    SHOW(RAW(setitimer, ITIMER_REAL, &bad, NULL));
    bad.it_value.tv_usec = 0;
    bad.it_value.tv_sec = -1;
    SHOW(RAW(setitimer, ITIMER_REAL, &bad, NULL));
    bad.it_value.tv_sec = 0;
    bad.it_interval.tv_usec = 1000000;
    SHOW(RAW(setitimer, ITIMER_REAL, &bad, NULL));
    SHOW(RAW(setitimer, 3, &bad, NULL));
    SHOW(raw_set(3, 0, 0, NULL));
    SHOW(RAW(setitimer, ITIMER_REAL, BAD_POINTER, NULL));
    SHOW(RAW(setitimer, 3, BAD_POINTER, NULL));
    SHOW(raw_set(ITIMER_REAL, 500000000, 7000000, &value));
    SHOW(raw_set(ITIMER_REAL, 0, 9000000, &value));
    say("old: %d and %ld\n", value.it_value.tv_sec >= 490, (long)value.it_interval.tv_sec);
    SHOW(RAW(getitimer, ITIMER_REAL, &value));
    /* Stopping it forgets the interval as well. */
    say("stopped: %ld and %ld\n", (long)value.it_value.tv_sec, (long)value.it_interval.tv_sec);
    SHOW(raw_set(ITIMER_REAL, 400000000, 0, BAD_POINTER));
    SHOW(RAW(setitimer, ITIMER_REAL, NULL, &value));
    say("set before the fault: %d\n", value.it_value.tv_sec >= 390);
}

static void show_real(void)
{
    catch_signal(SIGALRM, ring, SA_RESTART);
    SHOW(raw_set(ITIMER_REAL, 10000, 10000, NULL));
    while (rings[SIGALRM] < 5)
        sleep_ms(1);
    struct itimerval value;
    SHOW(raw_set(ITIMER_REAL, 0, 0, &value));
    say("interval %ld, less than it is left %d\n", (long)value.it_interval.tv_usec,
        value.it_value.tv_sec == 0 && value.it_value.tv_usec <= 10000);
    SHOW(raw_set(ITIMER_REAL, 5000, 0, NULL));
    int before = rings[SIGALRM];
    while (rings[SIGALRM] == before)
        sleep_ms(1);
    sleep_ms(20);
    say("one shot: %d\n", rings[SIGALRM] - before);
}

/* CPU timers stand still while the process sleeps. */
static void show_cpu(int which, int signo, const char *name)
{
    catch_signal(signo, ring, 0);
    SHOW(raw_set(which, 30000, 20000, NULL));
    sleep_ms(60);
    say("%s after sleep: %d rings\n", name, rings[signo]);
    long start = used_us();
    while (rings[signo] < 3)
        continue;
    say("%s after work: rang, it took time: %d\n", name, used_us() - start >= 40000);
    SHOW(raw_set(which, 0, 0, NULL));
}

int main(void)
{
    show_checks();
    show_real();
    show_cpu(ITIMER_VIRTUAL, SIGVTALRM, "virtual");
    show_cpu(ITIMER_PROF, SIGPROF, "prof");
    return 0;
}
