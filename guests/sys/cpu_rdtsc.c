// calls: exit_group
/* RDTSC never goes back. */
#include "child.h"

static uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

int main(void)
{
    uint64_t first = rdtsc(), previous = first;
    int backwards = 0;
    for (int i = 0; i < 10000; i++) {
        uint64_t now = rdtsc();
        backwards += now < previous;
        previous = now;
    }
    say("backwards %d, moved %d\n", backwards, previous > first);
    uint64_t before = rdtsc();
    sleep_ms(20);
    say("a sleep takes cycles: %d\n", rdtsc() - before > 1000);
    return 0;
}
