// calls: ioprio_set ioprio_get
// needs: namespaces
/* I/O priorities: a class in the upper bits, a level below. */
#include "child.h"

#define CLASS(class, level) ((class) << 13 | (level))
enum { NONE, REAL_TIME, BEST_EFFORT, IDLE };
enum { PROCESS = 1, GROUP, USER };

static void inherited(void)
{
    SHOW(RAW(ioprio_get, PROCESS, 0));
}

static void user(void)
{
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(REAL_TIME, 0)));
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(BEST_EFFORT, 0)));
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(IDLE, 0)));
    SHOW(RAW(ioprio_set, PROCESS, getppid(), CLASS(BEST_EFFORT, 1)));
}

static void body(void)
{
    MUST(setsid());
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(BEST_EFFORT, 3)));
    SHOW(RAW(ioprio_get, PROCESS, 0));
    SHOW(RAW(ioprio_get, PROCESS, getpid()));
    SHOW(RAW(ioprio_get, GROUP, 0));
    show_child("child", inherited);
    SHOW(RAW(ioprio_set, GROUP, 0, CLASS(BEST_EFFORT, 5)));
    SHOW(RAW(ioprio_get, PROCESS, 0));
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(REAL_TIME, 2)));
    SHOW(RAW(ioprio_get, PROCESS, 0));
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(IDLE, 7)));
    SHOW(RAW(ioprio_get, PROCESS, 0));
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(NONE, 0)));
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(NONE, 1)));
    SHOW(RAW(ioprio_set, PROCESS, 0, CLASS(4, 0)));
    SHOW(RAW(ioprio_set, 0, 0, CLASS(BEST_EFFORT, 0)));
    SHOW(RAW(ioprio_set, 4, 0, CLASS(BEST_EFFORT, 0)));
    SHOW(RAW(ioprio_get, 0, 0));
    SHOW(RAW(ioprio_get, 4, 0));
    SHOW(RAW(ioprio_set, PROCESS, 0x7fffffff, CLASS(BEST_EFFORT, 0)));
    SHOW(RAW(ioprio_get, PROCESS, 0x7fffffff));
    SHOW(RAW(ioprio_get, PROCESS, -1));
    SHOW(RAW(ioprio_get, GROUP, 0x7fffffff));
    SHOW(RAW(ioprio_get, USER, lonely_uid()));
    run_as(65534, user);
}

int main(void)
{
    show_child("session", body);
    return 0;
}
