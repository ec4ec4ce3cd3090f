// calls: mprotect mmap
/* Code made at run time: write, protect, run, change, run again; self-modifying code in a page that
 * is writable and executable; code on two pages; code moved and replaced under the same address. */
#include "child.h"

#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)

/* mov $value, %eax; ret */
static void write_constant(unsigned char *at, uint32_t value)
{
    at[0] = 0xb8;
    memcpy(at + 1, &value, 4);
    at[5] = 0xc3;
}

static uint32_t run(const void *code)
{
    return ((uint32_t(*)(void))code)();
}

static unsigned char *map(size_t pages, int protection)
{
    unsigned char *memory =
        mmap(NULL, pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)memory);
    return memory;
}

static void show_flips(void)
{
    unsigned char *page = map(1, RW);
    int good = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        write_constant(page + 64, i);
        MUST(mprotect(page, PAGE, RX));
        good += run(page + 64) == i;
        MUST(mprotect(page, PAGE, RW));
    }
    say("written and executed in turn: %d\n", good);
}

static void show_writable_code(void)
{
    unsigned char *page = map(1, RW | PROT_EXEC);
    int good = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        write_constant(page + i % 512 * 8, i);
        good += run(page + i % 512 * 8) == i;
    }
    say("in one writable page: %d\n", good);
    good = 0;
    write_constant(page, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        memcpy(page + 1, &i, 4); /* the operand alone */
        good += run(page) == i;
    }
    say("operand patched: %d\n", good);

    /* The code changes its own next instruction: movb $2, 1f+1(%rip); 1: mov $1, %eax; ret */
    static const unsigned char self[] = {0xc6, 0x05, 1, 0, 0, 0, 2, 0xb8, 1, 0, 0, 0, 0xc3};
    memcpy(page + 1000, self, sizeof self);
    say("its own next instruction: %u, and again %u\n", run(page + 1000), run(page + 1000));

    /* A loop that increments the operand of the instruction it runs:
     * xor %eax,%eax; mov $100,%ecx; 1: add $0,%eax; incb 1b+2; dec %ecx; jnz 1b; ret */
    static const unsigned char loop[] = {0x31, 0xc0, 0xb9, 100,  0,    0,    0,
                                         0x83, 0xc0, 0,    0xfe, 0x05, 0xf9, 0xff,
                                         0xff, 0xff, 0xff, 0xc9, 0x75, 0xf3, 0xc3};
    memcpy(page + 2000, loop, sizeof loop);
    say("a loop over itself: %u\n", run(page + 2000));
}

/* One instruction over the border of two pages; each half is changed in turn. */
static void show_border(void)
{
    unsigned char *pages = map(2, RW | PROT_EXEC);
    unsigned char *code = pages + PAGE - 3;
    int good = 0;
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t value = i * 0x01010101U;
        write_constant(code, value);
        good += run(code) == value;
        code[1] ^= 0x5a;
        good += run(code) == (value ^ 0x5a);
        code[4] ^= 0x33;
        good += run(code) == (value ^ 0x5a ^ 0x33000000U);
    }
    say("over a border of pages: %d\n", good);
}

static void show_replacement(void)
{
    unsigned char *page = map(1, RW), *other = map(1, RW);
    int good = 0;
    for (uint32_t i = 0; i < 200; i++) {
        write_constant(page, i);
        MUST(mprotect(page, PAGE, RX));
        good += run(page) == i;
        unsigned char *fresh = mmap(page, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        MUST((long)fresh);
        write_constant(page, i + 1000);
        MUST(mprotect(page, PAGE, RX));
        good += run(page) == i + 1000;
        write_constant(other, i + 2000);
        MUST(mprotect(other, PAGE, RX));
        good += run(other) == i + 2000;
        unsigned char *moved = mremap(other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page);
        MUST((long)moved);
        good += run(page) == i + 2000;
        other = map(1, RW);
        MUST(mprotect(page, PAGE, RW));
    }
    say("replaced and moved: %d\n", good);
}

/* Code from a system call: read(2) and a child's copy of the page. */
static void show_calls(void)
{
    unsigned char *page = map(1, RW | PROT_EXEC), code[6];
    int pair[2], good = 0;
    MUST(pipe(pair));
    for (uint32_t i = 0; i < 200; i++) {
        write_constant(code, i);
        MUST(write(pair[1], code, sizeof code));
        MUST(read(pair[0], page, sizeof code));
        good += run(page) == i;
    }
    say("read into place: %d\n", good);
    write_constant(page, 1);
    run(page);
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        uint32_t before = run(page);
        write_constant(page, 2);
        _exit((int)(before * 10 + run(page)));
    }
    show_status("child", reap(pid));
    say("parent %u\n", run(page));
}

int main(void)
{
    show_flips();
    show_writable_code();
    show_border();
    show_replacement();
    show_calls();
    return 0;
}
