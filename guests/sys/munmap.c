// calls: munmap
/* munmap(2): splits areas, takes holes, refuses unaligned addresses and impossible lengths. */
#include "child.h"

#define RW (PROT_READ | PROT_WRITE)

static char *base;

/* Which of the pages are there. */
static void show_pages(const char *label, int count)
{
    char text[32] = "";
    unsigned char in_core;
    for (int i = 0; i < count; i++)
        text[i] = mincore(base + (size_t)i * PAGE, PAGE, &in_core) == 0 ? 'x' : '.';
    say("%s: %s\n", label, text);
}

static char *map(int pages)
{
    char *memory = mmap(NULL, (size_t)pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)memory);
    return memory;
}

static void touch_gone(void)
{
    base[3 * PAGE] = 1;
}

int main(void)
{
    base = map(10);
    for (size_t i = 0; i < 10; i++)
        base[i * PAGE] = (char)(i + 1);
    show_pages("ten pages", 10);
    SHOW(munmap(base + 3 * PAGE, 2 * PAGE));
    show_pages("a hole", 10);
    SHOW(munmap(base, PAGE));
    show_pages("the first", 10);
    SHOW(munmap(base + 9 * PAGE, PAGE));
    show_pages("the last", 10);
    SHOW(munmap(base + 2 * PAGE, 5 * PAGE));
    show_pages("over the hole", 10);
    SHOW(munmap(base + 2 * PAGE, 5 * PAGE));
    show_pages("again", 10);
    say("what is left keeps its bytes: %d %d\n", base[PAGE], base[7 * PAGE]);
    show_child("a touched hole", touch_gone);
    SHOW(munmap(base + 7 * PAGE, 1));
    show_pages("one byte is a page", 10);
    SHOW(munmap(base + 1, PAGE));
    SHOW(munmap(base, 0));
    SHOW(munmap(base + 1, 0));
    SHOW(munmap(KERNEL_POINTER, PAGE));
    SHOW(munmap((void *)0x7fffffffe000, 2 * PAGE));
    SHOW(munmap(base, ~0UL));
    SHOW(munmap(base, 1UL << 47));
    SHOW(munmap(base, 10 * PAGE));
    show_pages("all", 10);

    /* Two kinds of memory side by side go in one call. */
    base = map(6);
    MUST(mprotect(base + PAGE, PAGE, PROT_READ));
    int fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(fd, 6 * PAGE));
    MUST((long)mmap(base + 2 * PAGE, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0));
    MUST(close(fd));
    base[2 * PAGE] = 'f';
    SHOW(munmap(base + PAGE, 3 * PAGE));
    show_pages("a mixture", 6);
    char byte = 0;
    fd = (int)MUST(open("file", O_RDONLY));
    SHOW(read(fd, &byte, 1));
    say("written through the mapping: %c\n", byte);
    return 0;
}
