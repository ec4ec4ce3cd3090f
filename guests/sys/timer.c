// calls: timer_create timer_settime timer_gettime timer_getoverrun timer_delete
/* POSIX timers: creation, signals with a value, overruns, absolute times, and every refusal. */
#include "child.h"

static volatile int rings;
static int ringing; /* the timer */

static void ring(int signo, siginfo_t *info, void *context)
{
    (void)context;
    if (rings++ == 0)
        say("%s code %d value %d, ten overruns %d, the call says the same %d\n", signal_name(signo),
            info->si_code, info->si_value.sival_int, info->si_overrun >= 10,
            RAW(timer_getoverrun, ringing) == info->si_overrun);
}

static int create(clockid_t clock, int notify, int signo)
{
    struct sigevent event = {
        .sigev_notify = notify, .sigev_signo = signo, .sigev_value.sival_int = 77};
    int id = -1;
    MUST(RAW(timer_create, clock, &event, &id));
    return id;
}

static long set(int id, int flags, long value_ms, long interval_ms, struct itimerspec *old)
{
    struct itimerspec new = {.it_value = {value_ms / 1000, value_ms % 1000 * 1000000},
                             .it_interval = {interval_ms / 1000, interval_ms % 1000 * 1000000}};
    return RAW(timer_settime, id, flags, &new, old);
}

static void show_creation(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    int id = -1;
    SHOW_OK(RAW(timer_create, CLOCK_MONOTONIC, &event, &id));
    SHOW(RAW(timer_delete, id));
    SHOW(RAW(timer_delete, id));
    SHOW_OK(RAW(timer_create, CLOCK_REALTIME, NULL, &id));
    SHOW(RAW(timer_delete, id));
    SHOW(RAW(timer_create, 99, &event, &id));
    SHOW(RAW(timer_create, -1, &event, &id));
    SHOW(RAW(timer_create, CLOCK_MONOTONIC, BAD_POINTER, &id));
    SHOW(RAW(timer_create, 99, BAD_POINTER, &id));
    SHOW(RAW(timer_create, CLOCK_MONOTONIC, &event, BAD_POINTER));
    event.sigev_signo = 65;
    SHOW(RAW(timer_create, CLOCK_MONOTONIC, &event, &id));
    event.sigev_signo = 0;
    SHOW(RAW(timer_create, CLOCK_MONOTONIC, &event, &id));
    event.sigev_notify = 99;
    SHOW(RAW(timer_create, CLOCK_MONOTONIC, &event, &id));
    event.sigev_notify = SIGEV_SIGNAL | SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    SHOW(RAW(timer_create, CLOCK_MONOTONIC, &event, &id));
    event.sigev_notify = SIGEV_NONE;
    event.sigev_signo = 1000;
    SHOW_OK(RAW(timer_create, CLOCK_BOOTTIME, &event, &id));
    SHOW(RAW(timer_delete, id));
    SHOW_OK(RAW(timer_create, CLOCK_PROCESS_CPUTIME_ID, &event, &id));
    SHOW(RAW(timer_delete, id));
    SHOW(RAW(timer_create, CLOCK_MONOTONIC_RAW, &event, &id));
    SHOW(RAW(timer_create, CLOCK_MONOTONIC_COARSE, &event, &id));
}

static void show_times(void)
{
    struct itimerspec value = {{1, 2}, {3, 4}}, bad = {.it_value = {0, 1000000000}};
    int id = create(CLOCK_MONOTONIC, SIGEV_NONE, 0);
    SHOW(RAW(timer_gettime, id, &value));
    say("not set: %d\n", !value.it_value.tv_sec && !value.it_value.tv_nsec &&
                             !value.it_interval.tv_sec && !value.it_interval.tv_nsec);
    SHOW(set(id, 0, 500000, 3000, NULL));
    SHOW(RAW(timer_gettime, id, &value));
    say("left %d, interval %ld\n", value.it_value.tv_sec >= 490 && value.it_value.tv_sec <= 500,
        (long)value.it_interval.tv_sec);
    SHOW(set(id, 0, 0, 5000, &value));
    say("old: left %d, interval %ld\n", value.it_value.tv_sec >= 490,
        (long)value.it_interval.tv_sec);
    /* A time in the past, with an interval: the timer ran out often, nobody was told. */
    SHOW(set(id, TIMER_ABSTIME, 1, 10000, NULL));
    SHOW(RAW(timer_gettime, id, &value));
    say("next one within the interval: %d\n",
        value.it_value.tv_sec < 10 && value.it_value.tv_sec + value.it_value.tv_nsec > 0);
    SHOW(RAW(timer_getoverrun, id));
    SHOW(RAW(timer_settime, id, 0, NULL, NULL));
    SHOW(RAW(timer_settime, id, 0, BAD_POINTER, NULL));
    SHOW(RAW(timer_settime, id, 0, &bad, NULL));
    bad.it_value.tv_nsec = -1;
    SHOW(RAW(timer_settime, id, 0, &bad, NULL));
    bad.it_value.tv_nsec = 0;
    bad.it_value.tv_sec = -1;
    SHOW(RAW(timer_settime, id, 0, &bad, NULL));
    bad.it_value.tv_sec = 1;
    bad.it_interval.tv_nsec = 1000000000;
    SHOW(RAW(timer_settime, id, 0, &bad, NULL));
    SHOW(RAW(timer_settime, 1234, 0, &value, NULL));
    SHOW(RAW(timer_settime, -1, 0, &value, NULL));
    SHOW(RAW(timer_gettime, id, BAD_POINTER));
    SHOW(RAW(timer_gettime, 1234, &value));
    SHOW(RAW(timer_getoverrun, 1234));
    SHOW(RAW(timer_delete, 1234));
    SHOW(RAW(timer_delete, -1));
    SHOW(RAW(timer_delete, id));
}

static void show_signals(void)
{
    sigset_t set_of_one;
    sigemptyset(&set_of_one);
    sigaddset(&set_of_one, SIGUSR1);
    catch_info(SIGUSR1, ring, 0);
    int id = ringing = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
    SHOW(set(id, 0, 5, 0, NULL));
    while (!rings)
        sleep_ms(1);
    SHOW(RAW(timer_getoverrun, id));

    /* While the signal is blocked one is queued and the rest are counted. */
    MUST(sigprocmask(SIG_BLOCK, &set_of_one, NULL));
    rings = 0;
    SHOW(set(id, 0, 2, 2, NULL));
    sleep_ms(50);
    MUST(sigprocmask(SIG_UNBLOCK, &set_of_one, NULL));
    SHOW(set(id, 0, 0, 0, NULL));

    /* A pending signal goes with its timer. */
    MUST(sigprocmask(SIG_BLOCK, &set_of_one, NULL));
    rings = 0;
    SHOW(set(id, TIMER_ABSTIME, 1, 0, NULL));
    sigset_t pending;
    do
        MUST(sigpending(&pending));
    while (!sigismember(&pending, SIGUSR1));
    say("an absolute time in the past rings at once\n");
    MUST(sigprocmask(SIG_UNBLOCK, &set_of_one, NULL));
    say("rang %d\n", rings);
    SHOW(RAW(timer_delete, id));

    rings = 0;
    id = ringing = create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);
    SHOW(set(id, 0, 20, 0, NULL));
    while (!rings)
        continue;
    SHOW(RAW(timer_delete, id));
}

static int parents_timer;

static void child(void)
{
    struct itimerspec value;
    SHOW(RAW(timer_gettime, parents_timer, &value));
}

int main(void)
{
    show_creation();
    show_times();
    show_signals();
    parents_timer = create(CLOCK_MONOTONIC, SIGEV_NONE, 0);
    show_child("not inherited", child);
    return 0;
}
