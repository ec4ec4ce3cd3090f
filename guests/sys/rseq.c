// calls: rseq
/* rseq(2): the checks of registration. The C library may have registered its own area already, so
 * the program first takes that back. */
#include "child.h"
#include <sys/rseq.h>

#define SIGNATURE 0x53053053

static struct rseq_area {
    uint32_t cpu_id_start, cpu_id;
    uint64_t rseq_cs;
    uint32_t flags, node_id, mm_cid, padding;
} area __attribute__((aligned(32)));

int main(void)
{
    if (__rseq_size > 0) {
        char *own = (char *)__builtin_thread_pointer() + __rseq_offset;
        SHOW(RAW(rseq, own, 32, 1, SIGNATURE));
    } else {
        say("RAW(rseq, own, 32, 1, SIGNATURE) = 0\n");
    }
    SHOW(RAW(rseq, &area, 32, 1, SIGNATURE));
    SHOW(RAW(rseq, &area, 31, 0, SIGNATURE));
    SHOW(RAW(rseq, (char *)&area + 4, 32, 0, SIGNATURE));
    SHOW(RAW(rseq, KERNEL_POINTER, 32, 0, SIGNATURE));
    SHOW(RAW(rseq, &area, 32, 2, SIGNATURE));
    area.cpu_id = (uint32_t)-1;
    SHOW(RAW(rseq, &area, 32, 0, SIGNATURE));
    SHOW(RAW(rseq, &area, 32, 0, SIGNATURE));
    SHOW(RAW(rseq, &area, 32, 0, SIGNATURE + 1));
    SHOW(RAW(rseq, &area + 1, 32, 0, SIGNATURE));
    SHOW(RAW(rseq, &area, 32, 1, SIGNATURE + 1));
    SHOW(RAW(rseq, &area, 31, 1, SIGNATURE));
    unsigned int cpu;
    MUST(RAW(sched_yield));
    MUST(RAW(getcpu, &cpu, NULL, NULL));
    say("the CPU's number is kept: %d\n", area.cpu_id < 8192);
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        SHOW_AS("in a child it is still registered", RAW(rseq, &area, 32, 0, SIGNATURE));
        _exit(0);
    }
    reap(pid);
    SHOW(RAW(rseq, &area, 32, 1, SIGNATURE));
    say("no CPU any more: %d\n", area.cpu_id == (uint32_t)-1);
    SHOW(RAW(rseq, &area, 32, 1, SIGNATURE));
    return 0;
}
