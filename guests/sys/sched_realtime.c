// calls: sched_setscheduler sched_setattr sched_getattr
// needs: namespaces
/* Real-time policies for root, and the extensible interface. */
#include "child.h"
#include <sched.h>

struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max;
    char more[PAGE];
};

static void show_attributes(const char *label)
{
    struct attributes get;
    memset(&get, 0xff, sizeof get);
    long result = RAW(sched_getattr, 0L, &get, 56L, 0L);
    say("%s: %ld size %u policy %u flags %#lx nice %d priority %u\n", label, result, get.size,
        get.policy, (unsigned long)get.flags, get.nice, get.priority);
}

static long set(struct attributes attributes)
{
    return RAW(sched_setattr, 0L, &attributes, 0L);
}
#define SET(...) SHOW_AS("set " #__VA_ARGS__, set((struct attributes){__VA_ARGS__}))

static void real_time(void)
{
    struct sched_param parameters = {.sched_priority = 10};
    SHOW(sched_setscheduler(0, SCHED_FIFO, &parameters));
    show_attributes("fifo");
    parameters.sched_priority = 11;
    SHOW(sched_setparam(0, &parameters));
    parameters.sched_priority = 0;
    SHOW(sched_setparam(0, &parameters));
    parameters.sched_priority = 1;
    SHOW(sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters));
    show_attributes("rr");
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        show_attributes("child after reset on fork");
        _exit(0);
    }
    reap(pid);
}

int main(void)
{
    struct attributes get;
    show_attributes("first");
    SHOW(RAW(sched_getattr, 0L, &get, 47L, 0L));
    SHOW(RAW(sched_getattr, 0L, &get, 48L, 0L));
    say("size %u\n", get.size);
    SHOW(RAW(sched_getattr, 0L, &get, 4096L, 0L));
    say("size %u\n", get.size);
    SHOW(RAW(sched_getattr, 0L, &get, 4097L, 0L));
    SHOW(RAW(sched_getattr, 0L, &get, 56L, 1L));
    SHOW(RAW(sched_getattr, 0L, NULL, 56L, 0L));
    SHOW(RAW(sched_getattr, 0L, BAD_POINTER, 56L, 0L));
    SHOW(RAW(sched_getattr, -1L, &get, 56L, 0L));
    SHOW(RAW(sched_getattr, 0x7fffffffL, &get, 56L, 0L));

    SET(.size = 48, .policy = SCHED_BATCH, .nice = 5);
    show_attributes("batch");
    SET(.size = 0, .policy = SCHED_OTHER, .nice = 6);
    show_attributes("size 0");
    SET(.size = 47);
    SET(.size = 4097);
    SET(.size = 64, .more = {1});
    SET(.size = 64);
    SET(.size = 48, .policy = 4);
    SET(.size = 48, .policy = 99);
    SET(.size = 48, .flags = 1UL << 20);
    SET(.size = 48, .policy = SCHED_FIFO, .priority = 0);
    SET(.size = 48, .policy = SCHED_FIFO, .priority = 100);
    SET(.size = 48, .policy = SCHED_OTHER, .priority = 1);
    SET(.size = 48, .policy = SCHED_OTHER, .nice = 50);
    show_attributes("nice is clamped");
    SET(.size = 48, .policy = SCHED_OTHER, .flags = 1);
    show_attributes("reset on fork");
    SET(.size = 48, .policy = SCHED_OTHER);
    SHOW(RAW(sched_setattr, 0L, NULL, 0L));
    SHOW(RAW(sched_setattr, 0L, BAD_POINTER, 0L));
    get.size = 48;
    SHOW(RAW(sched_setattr, 0L, &get, 1L));
    SHOW(RAW(sched_setattr, -1L, &get, 0L));
    show_child("real time", real_time);
    return 0;
}
