// calls: sched_setaffinity sched_getaffinity getcpu sched_yield
// needs: namespaces
/* CPU masks. How many CPUs there are differs from machine to machine, and is never printed. */
#include "child.h"
#include <sched.h>

static unsigned long mask[128], all[128];

static int count(const unsigned long *set)
{
    int bits = 0;
    for (size_t i = 0; i < 128; i++)
        bits += __builtin_popcountl(set[i]);
    return bits;
}

static int first_cpu(void)
{
    for (int i = 0; i < 8192; i++)
        if (all[i / 64] >> i % 64 & 1)
            return i;
    return -1;
}

static void inherited(void)
{
    memset(mask, 0, sizeof mask);
    MUST(RAW(sched_getaffinity, 0L, sizeof mask, mask));
    say("the child may use %d\n", count(mask));
}

static pid_t root;

static void user(void)
{
    SHOW(RAW(sched_setaffinity, root, sizeof all, all));
    SHOW(RAW(sched_setaffinity, 0L, sizeof all, all));
}

int main(void)
{
    memset(all, 0, sizeof all);
    long length = RAW(sched_getaffinity, 0L, sizeof all, all);
    say("whole words: %d, at least one CPU: %d\n", length > 0 && length % 8 == 0, count(all) > 0);
    SHOW(RAW(sched_getaffinity, 0L, 0L, mask));
    SHOW(RAW(sched_getaffinity, 0L, sizeof mask - 1, mask));
    SHOW(RAW(sched_getaffinity, 0L, sizeof mask, NULL));
    SHOW(RAW(sched_getaffinity, 0L, sizeof mask, BAD_POINTER));
    SHOW(RAW(sched_getaffinity, 0x7fffffffL, sizeof mask, mask));
    SHOW(RAW(sched_getaffinity, -1L, sizeof mask, mask));
    say("own number: %d\n", RAW(sched_getaffinity, (long)getpid(), sizeof mask, mask) == length);

    int cpu = first_cpu();
    unsigned long one[128] = {0}, none[128] = {0};
    one[cpu / 64] |= 1UL << cpu % 64;
    SHOW(RAW(sched_setaffinity, 0L, sizeof none, none));
    SHOW(RAW(sched_setaffinity, 0L, 0L, one));
    SHOW(RAW(sched_setaffinity, 0L, sizeof one, NULL));
    SHOW(RAW(sched_setaffinity, 0L, sizeof one, BAD_POINTER));
    SHOW(RAW(sched_setaffinity, 0x7fffffffL, sizeof one, one));
    SHOW(RAW(sched_setaffinity, 0L, sizeof one, one));
    memset(mask, 0, sizeof mask);
    MUST(RAW(sched_getaffinity, 0L, sizeof mask, mask));
    say("only that one: %d\n", memcmp(mask, one, sizeof one) == 0);
    unsigned int here = ~0U, node = ~0U;
    SHOW(RAW(getcpu, &here, &node, NULL));
    say("running there: %d, a node: %d\n", here == (unsigned int)cpu, node != ~0U);
    show_child("child", inherited);
    SHOW(RAW(sched_setaffinity, 0L, sizeof all, all));
    memset(mask, 0xff, sizeof mask);
    SHOW(RAW(sched_setaffinity, 0L, sizeof mask, mask));
    memset(mask, 0, sizeof mask);
    MUST(RAW(sched_getaffinity, 0L, sizeof mask, mask));
    say("CPUs that are not there do not count: %d\n", count(mask) >= count(all));

    SHOW(RAW(getcpu, NULL, NULL, NULL));
    SHOW(RAW(getcpu, NULL, &node, BAD_POINTER));
    SHOW(RAW(getcpu, BAD_POINTER, NULL, NULL));
    SHOW(RAW(getcpu, NULL, BAD_POINTER, NULL));
    SHOW(RAW(sched_yield));
    root = getpid();
    run_as(65534, user);
    return 0;
}
