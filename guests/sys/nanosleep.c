// calls: nanosleep clock_nanosleep
/* Sleeping: at least as long as asked, refusals, absolute times. Interruption is signal_restart's.
 */
#include "child.h"

static struct timespec now(clockid_t clock)
{
    struct timespec time;
    MUST(clock_gettime(clock, &time));
    return time;
}

static long elapsed_us(struct timespec start)
{
    struct timespec end = now(CLOCK_MONOTONIC);
    return (end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000;
}

static struct timespec later(struct timespec time, long nanoseconds)
{
    time.tv_nsec += nanoseconds;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

static void show_sleeps(void)
{
    struct timespec zero = {0, 0}, one = {0, 1}, some = {0, 30000000}, left = {5, 5};
    SHOW(RAW(nanosleep, &zero, NULL));
    SHOW(RAW(nanosleep, &one, &left));
    say("what is left is not touched: %ld\n", (long)left.tv_sec);
    struct timespec start = now(CLOCK_MONOTONIC);
    SHOW(RAW(nanosleep, &some, NULL));
    say("slept: %d\n", elapsed_us(start) >= 30000);
    start = now(CLOCK_MONOTONIC);
    SHOW(RAW(clock_nanosleep, CLOCK_MONOTONIC, 0, &some, NULL));
    say("slept: %d\n", elapsed_us(start) >= 30000);
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI};
    for (size_t i = 0; i < 4; i++) {
        start = now(CLOCK_MONOTONIC);
        struct timespec until = later(now(clocks[i]), 20000000);
        SHOW(RAW(clock_nanosleep, clocks[i], TIMER_ABSTIME, &until, NULL));
        say("slept: %d\n", elapsed_us(start) >= 19000);
    }
    struct timespec past = {1, 0};
    SHOW(RAW(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &zero, NULL));
}

int main(void)
{
    show_sleeps();
    struct timespec time = {0, 0}, bad = {0, 1000000000}, negative = {0, -1}, before = {-1, 0};
    SHOW(RAW(nanosleep, &bad, NULL));
    SHOW(RAW(nanosleep, &negative, NULL));
    SHOW(RAW(nanosleep, &before, NULL));
    SHOW(RAW(nanosleep, NULL, NULL));
    SHOW(RAW(nanosleep, BAD_POINTER, NULL));
    SHOW(RAW(nanosleep, &time, BAD_POINTER));
    SHOW(RAW(clock_nanosleep, CLOCK_MONOTONIC, 0, &bad, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &negative, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &before, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_MONOTONIC, 0, BAD_POINTER, NULL));
    SHOW(RAW(clock_nanosleep, 99, 0, &time, NULL));
    SHOW(RAW(clock_nanosleep, 99, 0, BAD_POINTER, NULL));
    SHOW(RAW(clock_nanosleep, -1, 0, &time, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_MONOTONIC, 2, &time, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &time, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_REALTIME_COARSE, 0, &time, NULL));
    SHOW(RAW(clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &time, NULL));
    return 0;
}
