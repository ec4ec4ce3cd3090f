// calls: mmap
/* MAP_GROWSDOWN: a fault below the area extends it, down to the next area's guard gap. */
#include "fault.h"

#define RW (PROT_READ | PROT_WRITE)

static bool mapped(char *address)
{
    unsigned char in_core;
    return mincore(address, PAGE, &in_core) == 0;
}

int main(void)
{
    static char alternate[65536];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    MUST(sigaltstack(&stack, NULL));
    catch_faults(SA_ONSTACK);
    /* 4 MiB of room; the area is its last page. */
    size_t room = 4UL << 20;
    char *base = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)base);
    MUST(munmap(base, room));
    char *area = mmap(base + room - PAGE, PAGE, RW,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    MUST((long)area);
    fault_base = area;
    area[0] = 1;
    say("below is nothing: %d\n", !mapped(area - PAGE));
    FAULT("the byte below", area[-1] = 2);
    say("extended %d\n", mapped(area - PAGE));
    FAULT("many pages below", area[-100 * (long)PAGE] = 3);
    say("all between: %d\n", mapped(area - 50 * PAGE) && mapped(area - 100 * PAGE));
    say("bytes %d %d %d\n", area[0], area[-1], area[-100 * (long)PAGE]);

    /* Another area below: growth ends a gap of 256 pages above it. */
    char *below = mmap(base, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    MUST((long)below);
    FAULT("257 pages above the next area", below[258 * PAGE] = 1);
    FAULT("inside the guard gap", below[200 * PAGE] = 1);
    say("the gap is empty: %d\n", !mapped(below + 200 * PAGE));

    say("protection of the upper part reaches down: ");
    SHOW(mprotect(area, PAGE, PROT_READ | PROT_GROWSDOWN));
    FAULT("write to the extended part", area[-1] = 1);

    /* The process's own stack grows the same way, as far as RLIMIT_STACK. */
    char here, *volatile deep = &here;
    deep -= 1000000;
    FAULT("a far write on the stack", *deep = 1);
    return 0;
}
