// calls: sched_get_priority_max sched_get_priority_min sched_rr_get_interval
/* The range of priorities of each policy, and the time slice. */
#include "child.h"
#include <sched.h>

int main(void)
{
    static const int policies[] = {SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, 4,
                                   SCHED_IDLE,  6,          99,       -1};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        say("policy %d\n", policies[i]);
        SHOW(RAW(sched_get_priority_max, policies[i]));
        SHOW(RAW(sched_get_priority_min, policies[i]));
    }
    struct timespec interval = {-1, -1};
    SHOW(RAW(sched_rr_get_interval, 0L, &interval));
    say("a sane interval: %d\n",
        interval.tv_sec == 0 && interval.tv_nsec >= 0 && interval.tv_nsec < 1000000000);
    SHOW(RAW(sched_rr_get_interval, -1L, &interval));
    SHOW(RAW(sched_rr_get_interval, 0x7fffffffL, &interval));
    SHOW(RAW(sched_rr_get_interval, 0L, BAD_POINTER));
    SHOW(RAW(sched_rr_get_interval, -1L, BAD_POINTER));
    return 0;
}
