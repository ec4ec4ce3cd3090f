// calls: prctl
/* The simple attributes of prctl(2): name, dumpable, timer slack, huge pages, and refusals. */
#include "child.h"
#include <sys/prctl.h>

#ifndef PR_GET_THP_DISABLE
#define PR_SET_THP_DISABLE 41
#define PR_GET_THP_DISABLE 42
#endif

static void show_name(void)
{
    char name[16];
    SHOW(RAW(prctl, PR_SET_NAME, "short"));
    memset(name, 'x', sizeof name);
    SHOW(RAW(prctl, PR_GET_NAME, name));
    show_text("name", name, sizeof name);
    SHOW(RAW(prctl, PR_SET_NAME, "a name that is far too long"));
    SHOW(RAW(prctl, PR_GET_NAME, name));
    show_text("name", name, sizeof name);
    show_contents("/proc/self/comm");
    SHOW(RAW(prctl, PR_SET_NAME, BAD_POINTER));
    SHOW(RAW(prctl, PR_GET_NAME, BAD_POINTER));
    SHOW(RAW(prctl, PR_SET_NAME, NULL));
    char *edge = edge_buffer(4);
    memcpy(edge, "abc", 4);
    SHOW(RAW(prctl, PR_SET_NAME, edge));
    memcpy(edge, "abcd", 4);
    SHOW(RAW(prctl, PR_SET_NAME, edge));
    SHOW(RAW(prctl, PR_GET_NAME, name));
    show_text("name", name, sizeof name);
    SHOW(RAW(prctl, PR_SET_NAME, ""));
    show_contents("/proc/self/comm");
}

static void show_dumpable(void)
{
    SHOW(RAW(prctl, PR_GET_DUMPABLE));
    SHOW(RAW(prctl, PR_SET_DUMPABLE, 0L));
    SHOW(RAW(prctl, PR_GET_DUMPABLE));
    SHOW(RAW(prctl, PR_SET_DUMPABLE, 2L));
    SHOW(RAW(prctl, PR_SET_DUMPABLE, -1L));
    SHOW(RAW(prctl, PR_SET_DUMPABLE, 1L));
    SHOW(RAW(prctl, PR_GET_DUMPABLE, 1L, 2L));
}

static void slack_child(void)
{
    say("child's slack %ld\n", RAW(prctl, PR_GET_TIMERSLACK));
    RAW(prctl, PR_SET_TIMERSLACK, 5L);
    RAW(prctl, PR_SET_TIMERSLACK, 0L);
    say("child's default slack %ld\n", RAW(prctl, PR_GET_TIMERSLACK));
}

static void show_timer_slack(void)
{
    SHOW(RAW(prctl, PR_GET_TIMERSLACK));
    SHOW(RAW(prctl, PR_SET_TIMERSLACK, 1234L));
    SHOW(RAW(prctl, PR_GET_TIMERSLACK));
    /* What the parent has is what a child falls back to. */
    show_child("child", slack_child);
    SHOW(RAW(prctl, PR_SET_TIMERSLACK, 0L));
    SHOW(RAW(prctl, PR_GET_TIMERSLACK));
}

int main(void)
{
    show_name();
    show_dumpable();
    show_timer_slack();

    SHOW(RAW(prctl, PR_GET_THP_DISABLE, 0L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_SET_THP_DISABLE, 1L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_GET_THP_DISABLE, 0L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_GET_THP_DISABLE, 1L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_SET_THP_DISABLE, 0L, 0L, 0L, 0L));

    int number = -1;
    SHOW(RAW(prctl, PR_GET_TSC, &number));
    say("tsc allowed %d\n", number == PR_TSC_ENABLE);
    SHOW(RAW(prctl, PR_SET_TSC, 3L));
    SHOW(RAW(prctl, PR_GET_TSC, BAD_POINTER));
    SHOW(RAW(prctl, PR_GET_UNALIGN, &number));
    SHOW(RAW(prctl, PR_GET_FPEMU, &number));
    SHOW(RAW(prctl, PR_GET_ENDIAN, &number));
    SHOW(RAW(prctl, PR_GET_TIMING));
    SHOW(RAW(prctl, PR_SET_TIMING, 0L));
    SHOW(RAW(prctl, PR_SET_TIMING, 1L));
    SHOW(RAW(prctl, PR_TASK_PERF_EVENTS_DISABLE));
    SHOW(RAW(prctl, PR_TASK_PERF_EVENTS_ENABLE));
    SHOW(RAW(prctl, PR_MCE_KILL_GET, 0L, 0L, 0L, 0L));
    SHOW(RAW(prctl, PR_MCE_KILL_GET, 1L, 0L, 0L, 0L));
    SHOW(RAW(prctl, -1));
    SHOW(RAW(prctl, 0));
    SHOW(RAW(prctl, 9999, 1L, 2L, 3L, 4L));
    return 0;
}
