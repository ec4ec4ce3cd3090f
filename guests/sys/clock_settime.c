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

int main(void)
{
    run_as(65534, user);
    return 0;
}
