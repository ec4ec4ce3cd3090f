// calls: clock_settime settimeofday adjtimex clock_adjtime
// needs: namespaces
/* The clocks of the machine are only read here: setting is tried where it must fail. */
#include "child.h"
#include <sys/time.h>
#include <sys/timex.h>

static void user(void)
{
    struct timespec time = {1, 0};
    struct timeval day = {1, 0};
    struct timex adjustment = {.modes = ADJ_FREQUENCY};
    SHOW(RAW(clock_settime, CLOCK_REALTIME, &time));
    SHOW(RAW(settimeofday, &day, NULL));
    SHOW(RAW(settimeofday, NULL, &(struct timezone){0, 0}));
    SHOW(RAW(adjtimex, &adjustment));
    SHOW(RAW(clock_adjtime, CLOCK_REALTIME, &adjustment));
    adjustment.modes = 0;
    SHOW_OK(RAW(adjtimex, &adjustment));
    SHOW_OK(RAW(clock_adjtime, CLOCK_REALTIME, &adjustment));
}

int main(void)
{
    struct timespec bad = {0, 1000000000}, negative = {-1, 0}, good = {1, 0};
    struct timeval bad_day = {0, 1000000}, negative_day = {-1, 0};
    SHOW(RAW(clock_settime, CLOCK_REALTIME, &bad));
    SHOW(RAW(clock_settime, CLOCK_REALTIME, &negative));
    SHOW(RAW(clock_settime, CLOCK_REALTIME, BAD_POINTER));
    SHOW(RAW(clock_settime, CLOCK_REALTIME, NULL));
    SHOW(RAW(clock_settime, CLOCK_MONOTONIC, &good));
    SHOW(RAW(clock_settime, CLOCK_BOOTTIME, &good));
    SHOW(RAW(clock_settime, CLOCK_MONOTONIC_RAW, &good));
    SHOW(RAW(clock_settime, CLOCK_PROCESS_CPUTIME_ID, &good));
    SHOW(RAW(clock_settime, 99, &good));
    SHOW(RAW(clock_settime, 99, BAD_POINTER));
    SHOW(RAW(settimeofday, &bad_day, NULL));
    SHOW(RAW(settimeofday, &negative_day, NULL));
    SHOW(RAW(settimeofday, BAD_POINTER, NULL));
    SHOW(RAW(settimeofday, NULL, BAD_POINTER));
    SHOW(RAW(settimeofday, NULL, NULL));
    struct timezone zone = {16 * 60, 0};
    SHOW(RAW(settimeofday, NULL, &zone));

    struct timex state = {.modes = 0};
    long result = RAW(adjtimex, &state);
    say("adjtimex: a clock state %d, tick %d, precision %d\n", result >= 0 && result <= 5,
        state.tick >= 9000 && state.tick <= 11000, state.precision > 0);
    say("time is there: %d\n", state.time.tv_sec > 0);
    SHOW(RAW(adjtimex, BAD_POINTER));
    state.modes = 0;
    SHOW_OK(RAW(clock_adjtime, CLOCK_REALTIME, &state));
    SHOW(RAW(clock_adjtime, CLOCK_MONOTONIC, &state));
    SHOW(RAW(clock_adjtime, 99, &state));
    SHOW(RAW(clock_adjtime, CLOCK_REALTIME, BAD_POINTER));
    SHOW(RAW(clock_adjtime, 99, BAD_POINTER));
    run_as(65534, user);
    return 0;
}
