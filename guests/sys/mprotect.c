// calls: mprotect
/* mprotect(2): splits, gaps, flags, and what a file's opening mode allows. */
#include "child.h"
#include "fault.h"

#define RW (PROT_READ | PROT_WRITE)

static char *map(int pages)
{
    char *memory = mmap(NULL, (size_t)pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)memory);
    fault_base = memory;
    return memory;
}

int main(void)
{
    catch_faults(0);
    char *base = map(8);
    memset(base, 0xc3, 8 * PAGE);
    SHOW(mprotect(base + 2 * PAGE, 3 * PAGE, PROT_READ));
    FAULT("before", base[2 * PAGE - 1] = 1);
    FAULT("first", base[2 * PAGE] = 1);
    FAULT("last", base[5 * PAGE - 1] = 1);
    FAULT("after", base[5 * PAGE] = 1);
    say("bytes are kept: %d\n", base[3 * PAGE] == (char)0xc3);
    SHOW(mprotect(base, 8 * PAGE, RW));
    FAULT("all writable", base[3 * PAGE] = 1);
    SHOW(mprotect(base + PAGE, 1, PROT_NONE));
    FAULT("one byte is a page", base[2 * PAGE - 1] = 1);
    SHOW(mprotect(base + PAGE, PAGE, PROT_WRITE));
    FAULT("writable is readable", (void)*(volatile char *)(base + PAGE));
    SHOW(mprotect(base + PAGE, PAGE, PROT_EXEC));
    FAULT("executable is readable on amd64", (void)*(volatile char *)(base + PAGE));
    FAULT("executed", ((void (*)(void))(base + PAGE + 1))());
    FAULT("not writable", base[PAGE] = 1);

    SHOW(mprotect(base + 1, PAGE, PROT_READ));
    SHOW(mprotect(base, 0, PROT_READ));
    SHOW(mprotect(base + 1, 0, PROT_READ));
    SHOW(mprotect(base, ~0UL, PROT_READ));
    SHOW(mprotect(base, ~0UL - PAGE, PROT_READ));
    SHOW(mprotect(base, PAGE, 0x70));
    SHOW(mprotect(base, PAGE, PROT_READ | 0x40000000));
    SHOW(mprotect(base, PAGE, PROT_READ | PROT_GROWSDOWN));
    SHOW(mprotect(base, PAGE, PROT_READ | PROT_GROWSUP));
    SHOW(mprotect(base, PAGE, PROT_READ | PROT_GROWSUP | PROT_GROWSDOWN));
    SHOW(mprotect(KERNEL_POINTER, PAGE, PROT_READ));
    SHOW(mprotect(NULL, PAGE, PROT_READ));

    /* Over a gap: what lies before it has changed when the call fails. */
    base = map(6);
    MUST(munmap(base + 2 * PAGE, PAGE));
    SHOW(mprotect(base, 6 * PAGE, PROT_READ));
    FAULT("before the gap", base[0] = 1);
    FAULT("behind the gap", base[3 * PAGE] = 1);
    SHOW(mprotect(base + 2 * PAGE, 2 * PAGE, PROT_NONE));
    FAULT("a gap first changes nothing", base[3 * PAGE] = 1);

    make_file("file", "contents", 0600);
    int fd = (int)MUST(open("file", O_RDONLY));
    char *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    SHOW(mprotect(shared, PAGE, RW));
    SHOW(mprotect(shared, PAGE, PROT_READ | PROT_EXEC));
    SHOW(mprotect(private, PAGE, RW));
    private[0] = 'X';
    say("private write: %.8s, file's mapping: %.8s\n", private, shared);
    SHOW(mprotect(private, PAGE, PROT_NONE));
    SHOW(mprotect(private, PAGE, PROT_READ));
    say("kept: %.8s\n", private);

    /* Many small pieces, then one again. */
    base = map(64);
    int good = 0;
    for (size_t i = 0; i < 64; i += 2)
        good += mprotect(base + i * PAGE, PAGE, PROT_READ) == 0;
    say("pieces %d\n", good);
    FAULT("odd page", base[33 * PAGE] = 1);
    FAULT("even page", base[32 * PAGE] = 1);
    SHOW(mprotect(base, 64 * PAGE, RW));
    FAULT("even page", base[32 * PAGE] = 1);
    return 0;
}
