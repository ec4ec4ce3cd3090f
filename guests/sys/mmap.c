// calls: mmap munmap
/* mmap(2): placement, kinds of memory, and every refusal in its order. */
#include "child.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)

static long raw(void *address, size_t length, int protection, int flags, int fd, long offset)
{
    return RAW(mmap, address, length, protection, flags, (long)fd, offset);
}

static void show_refusals(char *base)
{
    int file = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    int reader = (int)MUST(open("file", O_RDONLY)), writer = (int)MUST(open("file", O_WRONLY));
    int directory = (int)MUST(open(".", O_RDONLY)), pair[2];
    MUST(pipe(pair));
    MUST(ftruncate(file, PAGE));
    SHOW_OK(raw(NULL, 0, RW, ANON, -1, 0));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
    SHOW_OK(raw(NULL, PAGE, RW, 0, file, 0));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_PRIVATE, -1, 0));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_PRIVATE, 99, 0));
    SHOW_OK(raw(NULL, PAGE, RW, ANON, 99, 0));
    SHOW_OK(raw(NULL, PAGE, RW, ANON, -1, 1));
    SHOW_OK(raw(NULL, PAGE, RW, ANON, -1, PAGE));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_PRIVATE, 99, 1));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_SHARED, reader, 0));
    SHOW_OK(raw(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_PRIVATE, reader, 0));
    SHOW_OK(raw(NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0));
    SHOW_OK(raw(NULL, PAGE, PROT_WRITE, MAP_SHARED, writer, 0));
    SHOW_OK(raw(NULL, PAGE, PROT_READ, MAP_PRIVATE, directory, 0));
    SHOW_OK(raw(NULL, PAGE, PROT_READ, MAP_PRIVATE, pair[0], 0));
    SHOW_OK(raw(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0x7ffffffffffff000));
    SHOW_OK(raw(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, file, -(long)PAGE));
    SHOW_OK(raw(NULL, 1UL << 47, RW, ANON, -1, 0));
    SHOW_OK(raw(NULL, ~0UL, RW, ANON, -1, 0));
    SHOW_OK(raw(NULL, ~0UL - PAGE, RW, ANON, -1, 0));
    SHOW_OK(raw(base + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW_OK(raw((void *)0x7ffffffff000, PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW_OK(raw(KERNEL_POINTER, PAGE, RW, ANON | MAP_FIXED, -1, 0));
    SHOW_OK(raw((void *)(1UL << 46), 1UL << 46, RW, ANON | MAP_FIXED | MAP_NORESERVE, -1, 0));
    SHOW_OK(raw(base, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW_OK(raw(base - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_SHARED_VALIDATE, file, 0));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_SHARED_VALIDATE | 0x200000, file, 0));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_SHARED | 0x200000, file, 0));
    SHOW_OK(raw(NULL, PAGE, RW, ANON | 0x200000, -1, 0));
    SHOW_OK(raw(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0));
    SHOW_OK(raw(NULL, PAGE, 0x70, ANON, -1, 0));
    SHOW_OK(raw(NULL, PAGE, PROT_READ | 0x100, ANON, -1, 0));
    SHOW_OK(
        raw(NULL, PAGE, RW | PROT_EXEC, ANON | MAP_STACK | MAP_DENYWRITE | MAP_EXECUTABLE, -1, 0));
    SHOW_OK(raw(NULL, PAGE, RW, ANON | MAP_POPULATE | MAP_NONBLOCK | MAP_LOCKED, -1, 0));
}

static void show_placement(void)
{
    char *area = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
    MUST((long)area);
    MUST(munmap(area, 16 * PAGE));
    say("a free hint is taken: %d\n", mmap(area + PAGE, PAGE, RW, ANON, -1, 0) == area + PAGE);
    say("rounded down: %d\n", mmap(area + 3 * PAGE + 5, PAGE, RW, ANON, -1, 0) == area + 3 * PAGE);
    char *other = mmap(area + PAGE, PAGE, RW, ANON, -1, 0);
    say("a taken hint is moved: %d\n", other != MAP_FAILED && other != area + PAGE);
    area[PAGE] = 7;
    say("fixed: %d", mmap(area, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == area);
    say(", new memory %d\n", area[PAGE] == 0);
    say("no replace: %d\n",
        mmap(area + 4 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == area + 4 * PAGE);
    SHOW(munmap(area + 2 * PAGE, PAGE));
    say("neighbours are there: %d\n", area[PAGE] + area[3 * PAGE] == 0);
    char *low = mmap(NULL, PAGE, RW, ANON | MAP_32BIT, -1, 0);
    say("MAP_32BIT: below 2 GiB %d\n", (uintptr_t)low < 0x80000000UL);
    char *length = mmap(NULL, 100, RW, ANON, -1, 0);
    MUST((long)length);
    length[PAGE - 1] = 1;
    say("the length is rounded up: %d\n", length[PAGE - 1]);
    char *huge = mmap(NULL, 1UL << 40, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
    say("a terabyte of nothing: %d\n", huge != MAP_FAILED);
    SHOW(mprotect(huge + (1UL << 39), PAGE, RW));
    huge[1UL << 39] = 5;
    SHOW(munmap(huge, 1UL << 40));
}

int main(void)
{
    char *base = mmap(NULL, 4 * PAGE, RW, ANON, -1, 0);
    MUST((long)base);
    show_refusals(base);
    show_placement();
    return 0;
}
