// calls: clock_settime settimeofday adjtimex clock_adjtime
// needs: namespaces
/* The clocks of the machine are never set here: setting is tried where it is refused. */
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
}

/* Reading needs no right; what a disciplined clock tells differs from machine to machine. */
static void reading(void)
{
    struct timex state = {.modes = 0};
    long result = RAW(adjtimex, &state);
    say("adjtimex: a clock state %d, tick %d, precision %d\n", result >= 0 && result <= 5,
        state.tick >= 9000 && state.tick <= 11000, state.precision > 0);
    say("time is there: %d\n", state.time.tv_sec > 0);
    state.modes = 0xa001; /* ADJ_OFFSET_SS_READ of the kernel */
    SHOW_OK(RAW(adjtimex, &state));
    state.modes = 0x8000;
    SHOW(RAW(adjtimex, &state));
    SHOW(RAW(adjtimex, BAD_POINTER));
    state.modes = 0;
    SHOW_OK(RAW(clock_adjtime, CLOCK_REALTIME, &state));
    SHOW(RAW(clock_adjtime, CLOCK_MONOTONIC, &state));
    SHOW(RAW(clock_adjtime, CLOCK_THREAD_CPUTIME_ID, &state));
    SHOW(RAW(clock_adjtime, 10, &state));
    SHOW(RAW(clock_adjtime, 99, &state));
    SHOW(RAW(clock_adjtime, CLOCK_REALTIME, BAD_POINTER));
    SHOW(RAW(clock_adjtime, 99, BAD_POINTER));
}

int main(void)
{
    reading();
    run_as(65534, user);
    return 0;
}
