// calls: sysinfo
/* sysinfo(2): sane relations, no values. */
#include "child.h"
#include <sys/sysinfo.h>

int main(void)
{
    struct sysinfo info;
    memset(&info, 0xff, sizeof info);
    SHOW(RAW(sysinfo, &info));
    say("unit %d\n", info.mem_unit > 0);
    say("memory: some %d, not more free than there is %d, shared %d, buffers %d\n",
        info.totalram > 0, info.freeram <= info.totalram, info.sharedram <= info.totalram,
        info.bufferram <= info.totalram);
    say("swap %d, high memory %ld %ld\n", info.freeswap <= info.totalswap, (long)info.totalhigh,
        (long)info.freehigh);
    say("processes %d\n", info.procs > 0);
    struct timespec up;
    MUST(clock_gettime(CLOCK_BOOTTIME, &up));
    say("uptime is the boot clock: %d\n",
        info.uptime >= up.tv_sec - 60 && info.uptime <= up.tv_sec + 1);
    say("loads are numbers: %d\n", info.loads[0] < 1UL << 40);
    SHOW(RAW(sysinfo, NULL));
    SHOW(RAW(sysinfo, BAD_POINTER));
    char *edge = edge_buffer(sizeof info - 1);
    SHOW(RAW(sysinfo, edge));
    SHOW(RAW(sysinfo, edge_buffer(sizeof info)));
    return 0;
}
