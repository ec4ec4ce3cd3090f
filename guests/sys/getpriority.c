// calls: getpriority setpriority
// needs: namespaces
/* Nice values: the raw getpriority(2) returns 20 - nice; limits, rights, groups and users. */
#include "child.h"
#include <sys/resource.h>

static struct gate ready, leave;

static void waiter(void)
{
    gate_pass(&ready);
    gate_wait(&leave);
}

static long get(int which, long who)
{
    return RAW(getpriority, which, who);
}

static long set(int which, long who, long nice)
{
    return RAW(setpriority, which, who, nice);
}

static pid_t target;

static void user(void)
{
    SHOW(set(PRIO_PROCESS, 0, 5));
    SHOW(set(PRIO_PROCESS, 0, 7));
    SHOW(set(PRIO_PROCESS, 0, 6));
    SHOW(set(PRIO_PROCESS, 0, -1));
    SHOW(get(PRIO_PROCESS, 0));
    SHOW(set(PRIO_PROCESS, target, 19));
    SHOW(get(PRIO_PROCESS, target));
}

static void show_sets(void)
{
    MUST(setsid());
    pid_t one = start_child(waiter), two = start_child(waiter);
    gate_wait(&ready);
    gate_wait(&ready);
    MUST(setpgid(one, one));
    MUST(setpgid(two, one));
    SHOW(set(PRIO_PROCESS, one, 3));
    SHOW(set(PRIO_PROCESS, two, 8));
    /* The best of the group. */
    SHOW(get(PRIO_PGRP, one));
    SHOW(set(PRIO_PGRP, one, 10));
    SHOW(get(PRIO_PROCESS, one));
    SHOW(get(PRIO_PROCESS, two));
    SHOW(get(PRIO_PGRP, 0));
    SHOW(set(PRIO_PGRP, 0, 2));
    SHOW(get(PRIO_PROCESS, 0));
    SHOW(get(PRIO_PROCESS, one));
    target = one;
    run_as(65534, user);
    gate_pass(&leave);
    gate_pass(&leave);
    reap(one);
    reap(two);
    SHOW(get(PRIO_PROCESS, one));
    SHOW(get(PRIO_PGRP, one));
}

static void show_user(void)
{
    uid_t uid = lonely_uid();
    SHOW(get(PRIO_USER, uid));
    SHOW(set(PRIO_USER, uid, 1));
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        become_user(uid);
        SHOW(set(PRIO_USER, 0, 4));
        SHOW(get(PRIO_USER, 0));
        waiter();
        _exit(0);
    }
    gate_wait(&ready);
    SHOW(get(PRIO_USER, uid));
    SHOW(set(PRIO_USER, uid, -7));
    SHOW(get(PRIO_PROCESS, pid));
    gate_pass(&leave);
    reap(pid);
}

int main(void)
{
    gate_open(&ready);
    gate_open(&leave);
    SHOW(get(PRIO_PROCESS, 0));
    SHOW(set(PRIO_PROCESS, 0, 19));
    SHOW(get(PRIO_PROCESS, 0));
    SHOW(set(PRIO_PROCESS, 0, 100));
    SHOW(get(PRIO_PROCESS, 0));
    SHOW(set(PRIO_PROCESS, 0, -100));
    SHOW(get(PRIO_PROCESS, 0));
    SHOW(set(PRIO_PROCESS, getpid(), 0));
    SHOW(get(3, 0));
    SHOW(get(-1, 0));
    SHOW(set(3, 0, 0));
    SHOW(set(-1, 0, 0));
    SHOW(get(PRIO_PROCESS, 0x7fffffff));
    SHOW(set(PRIO_PROCESS, 0x7fffffff, 0));
    SHOW(get(PRIO_PGRP, 0x7fffffff));
    show_child("groups", show_sets);
    show_user();
    return 0;
}
