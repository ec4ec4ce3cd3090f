// calls: sched_setscheduler sched_getscheduler sched_setparam sched_getparam
// needs: namespaces
/* Scheduling policies and their parameters. */
#include "child.h"
#include <sched.h>

static long set(long pid, int policy, int priority)
{
    struct sched_param parameters = {.sched_priority = priority};
    return RAW(sched_setscheduler, pid, policy, &parameters);
}

static void show_policy(void)
{
    struct sched_param parameters = {.sched_priority = -1};
    long policy = RAW(sched_getscheduler, 0L);
    long result = RAW(sched_getparam, 0L, &parameters);
    say("policy %#lx, %ld, priority %d\n", policy, result, parameters.sched_priority);
}

static void inherited(void)
{
    show_policy();
}

static void user(void)
{
    SHOW(set(0, SCHED_FIFO, 1));
    SHOW(set(0, SCHED_BATCH, 0));
    show_policy();
    SHOW(set(0, SCHED_OTHER, 0));
    SHOW(set(getppid(), SCHED_BATCH, 0));
    SHOW(set(0, SCHED_IDLE, 0));
    SHOW(set(0, SCHED_OTHER | SCHED_RESET_ON_FORK, 0));
    SHOW(set(0, SCHED_OTHER, 0));
}

int main(void)
{
    show_policy();
    SHOW(set(0, SCHED_BATCH, 0));
    show_policy();
    SHOW(set(0, SCHED_IDLE, 0));
    show_policy();
    show_child("child", inherited);
    SHOW(set(0, SCHED_BATCH | SCHED_RESET_ON_FORK, 0));
    show_policy();
    SHOW(set(0, SCHED_OTHER, 0));
    SHOW(set(0, SCHED_OTHER, 1));
    SHOW(set(0, SCHED_FIFO, 0));
    SHOW(set(0, SCHED_FIFO, 100));
    SHOW(set(0, SCHED_RR, -1));
    SHOW(set(0, 4, 0));
    SHOW(set(0, 99, 0));
    SHOW(set(0, -1, 0));
    SHOW(set(-1, SCHED_OTHER, 0));
    SHOW(set(0x7fffffff, SCHED_OTHER, 0));
    SHOW(RAW(sched_setscheduler, 0L, SCHED_OTHER, NULL));
    SHOW(RAW(sched_setscheduler, 0L, SCHED_OTHER, BAD_POINTER));
    SHOW(RAW(sched_setscheduler, 0x7fffffff, SCHED_OTHER, BAD_POINTER));
    SHOW(RAW(sched_getscheduler, -1L));
    SHOW(RAW(sched_getscheduler, 0x7fffffffL));
    struct sched_param parameters = {.sched_priority = 0};
    SHOW(RAW(sched_setparam, 0L, &parameters));
    parameters.sched_priority = 5;
    SHOW(RAW(sched_setparam, 0L, &parameters));
    SHOW(RAW(sched_setparam, 0L, NULL));
    SHOW(RAW(sched_getparam, 0L, NULL));
    SHOW(RAW(sched_getparam, 0L, BAD_POINTER));
    SHOW(RAW(sched_getparam, -1L, &parameters));
    SHOW(RAW(sched_getparam, 0x7fffffffL, &parameters));

    SHOW(RAW(sched_yield));
    run_as(65534, user);
    return 0;
}
