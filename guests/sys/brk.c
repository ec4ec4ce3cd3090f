// calls: brk
/* The raw brk(2): it returns the new end, or the old one when it refuses. */
#include "child.h"

static bool mapped(long address)
{
    unsigned char in_core;
    return mincore((void *)(address & ~4095L), PAGE, &in_core) == 0;
}

static void child(void)
{
    long end = RAW(brk, 0L);
    say("the child has the same end, and moves its own: %d\n",
        RAW(brk, end + 100000) == end + 100000);
}

int main(void)
{
    long start = RAW(brk, 0L);
    say("there is an end: %d\n", start > 0);
    say("the same again: %d\n", RAW(brk, 0L) == start);
    long odd = start + 10001;
    say("to the byte: %d\n", RAW(brk, odd) == odd);
    char *memory = (char *)start;
    int nonzero = 0;
    for (long i = 0; i < 10001; i++)
        nonzero += memory[i] != 0;
    say("new memory is zero: %d\n", nonzero == 0);
    memset(memory, 7, 10001);
    say("down: %d\n", RAW(brk, start + 100) == start + 100);
    say("up: %d\n", RAW(brk, odd) == odd);
    say("kept in the first page, zero in the next: %d %d\n", memory[50], memory[8192]);
    say("the page is gone: ");
    MUST(RAW(brk, start));
    say("%d\n", !mapped(((start + 4095) & ~4095L) + PAGE));

    say("below the start: %d\n", RAW(brk, start - 100000000) == start);
    say("one: %d\n", RAW(brk, 1L) == start);
    say("kernel's half: %d\n", RAW(brk, KERNEL_POINTER) == start);
    say("minus one: %d\n", RAW(brk, -1L) == start);
    say("far beyond memory: %d\n", RAW(brk, 1L << 46) == start);

    /* Something in the way. */
    long block = ((start + 4095) & ~4095L) + 64L * 4096;
    void *wall =
        mmap((void *)block, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    MUST((long)wall);
    say("into a mapping: %d\n", RAW(brk, block + 1) == start);
    say("before it: %d\n", RAW(brk, block - 4096) == block - 4096);
    MUST(munmap(wall, PAGE));
    show_child("child", child);
    say("the parent's did not move: %d\n", RAW(brk, 0L) == block - 4096);
    long large = start + (64L << 20);
    say("64 MiB: %d\n", RAW(brk, large) == large);
    ((volatile char *)large)[-1] = 1;
    say("back: %d\n", RAW(brk, start) == start);
    return 0;
}
