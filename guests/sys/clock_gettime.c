// calls: clock_gettime clock_getres gettimeofday time
/* Clocks: they go on, agree with each other, and refuse what does not exist. */
#include "child.h"
#include <sys/time.h>

static long long nanoseconds(struct timespec time)
{
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static struct timespec get(clockid_t clock)
{
    struct timespec time = {-1, -1};
    MUST(RAW(clock_gettime, clock, &time));
    return time;
}

static void show_clock(const char *name, clockid_t clock)
{
    int backwards = 0;
    struct timespec first = get(clock), previous = first, resolution = {-1, -1};
    for (int i = 0; i < 1000; i++) {
        struct timespec now = get(clock);
        backwards += nanoseconds(now) < nanoseconds(previous);
        backwards += now.tv_nsec < 0 || now.tv_nsec > 999999999;
        previous = now;
    }
    say("%s: backwards %d, resolution %ld", name, backwards, RAW(clock_getres, clock, &resolution));
    say(", at most a tick %d\n",
        resolution.tv_sec == 0 && resolution.tv_nsec > 0 && resolution.tv_nsec <= 10000000);
}

static void show_relations(void)
{
    struct timespec real = get(CLOCK_REALTIME);
    struct timeval day;
    struct timezone zone = {77, 77};
    SHOW(RAW(gettimeofday, &day, &zone));
    long seconds = RAW(time, NULL), stored = 0;
    say("the same day: %d, seconds %d, zone %d %d\n",
        day.tv_sec >= real.tv_sec && day.tv_sec <= real.tv_sec + 60,
        seconds >= real.tv_sec && seconds <= real.tv_sec + 60, zone.tz_minuteswest,
        zone.tz_dsttime);
    long returned = RAW(time, &stored);
    say("stored what it returned: %d\n", returned == stored);
    say("after 2020: %d\n", real.tv_sec > 1577836800);

    struct timespec before = get(CLOCK_MONOTONIC), cpu = get(CLOCK_PROCESS_CPUTIME_ID);
    sleep_ms(50);
    say("a sleep takes time: %d",
        nanoseconds(get(CLOCK_MONOTONIC)) - nanoseconds(before) >= 50000000);
    say(", but little of the process's own: %d\n",
        nanoseconds(get(CLOCK_PROCESS_CPUTIME_ID)) - nanoseconds(cpu) < 45000000);
    struct timespec coarse = get(CLOCK_MONOTONIC_COARSE), fine = get(CLOCK_MONOTONIC);
    say("coarse is not ahead: %d\n", nanoseconds(coarse) <= nanoseconds(fine));
    say("boot time is not behind: %d\n", nanoseconds(get(CLOCK_BOOTTIME)) >= nanoseconds(fine));
    say("thread's is not more than the process's: %d\n",
        nanoseconds(get(CLOCK_THREAD_CPUTIME_ID)) <= nanoseconds(get(CLOCK_PROCESS_CPUTIME_ID)));
    long offset = get(CLOCK_TAI).tv_sec - get(CLOCK_REALTIME).tv_sec;
    say("atomic time is near: %d\n", offset >= -1 && offset <= 60);
}

int main(void)
{
    show_clock("realtime", CLOCK_REALTIME);
    show_clock("monotonic", CLOCK_MONOTONIC);
    show_clock("process", CLOCK_PROCESS_CPUTIME_ID);
    show_clock("thread", CLOCK_THREAD_CPUTIME_ID);
    show_clock("monotonic raw", CLOCK_MONOTONIC_RAW);
    show_clock("realtime coarse", CLOCK_REALTIME_COARSE);
    show_clock("monotonic coarse", CLOCK_MONOTONIC_COARSE);
    show_clock("boottime", CLOCK_BOOTTIME);
    show_clock("tai", CLOCK_TAI);
    show_relations();

    struct timespec time;
    SHOW(RAW(clock_gettime, 10, &time));
    SHOW(RAW(clock_gettime, 99, &time));
    SHOW(RAW(clock_gettime, -1, &time));
    SHOW(RAW(clock_gettime, 99, BAD_POINTER));
    SHOW(RAW(clock_gettime, CLOCK_MONOTONIC, BAD_POINTER));
    SHOW(RAW(clock_gettime, CLOCK_MONOTONIC, NULL));
    SHOW(RAW(clock_getres, 99, &time));
    SHOW(RAW(clock_getres, CLOCK_MONOTONIC, NULL));
    SHOW(RAW(clock_getres, CLOCK_MONOTONIC, BAD_POINTER));
    SHOW(RAW(gettimeofday, NULL, NULL));
    SHOW(RAW(gettimeofday, BAD_POINTER, NULL));
    SHOW(RAW(gettimeofday, NULL, BAD_POINTER));
    SHOW(RAW(time, BAD_POINTER));
    /* A process's clock by its number: ~pid << 3 | 2 (CPUCLOCK_SCHED). */
    SHOW(RAW(clock_gettime, (int)(~(unsigned)getpid() << 3 | 2), &time));
    SHOW(RAW(clock_gettime, (int)(~0x0fffffffU << 3 | 2), &time));
    SHOW(RAW(clock_gettime, (int)(~(unsigned)getpid() << 3 | 3), &time));
    return 0;
}
