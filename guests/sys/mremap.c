// calls: mremap
/* mremap(2): growing, shrinking, moving, MREMAP_FIXED, MREMAP_DONTUNMAP, and refusals. */
#include "child.h"

#define RW (PROT_READ | PROT_WRITE)

static char *map(int pages, int flags)
{
    char *memory = mmap(NULL, (size_t)pages * PAGE, RW, flags | MAP_ANONYMOUS, -1, 0);
    MUST((long)memory);
    return memory;
}

static bool mapped(char *address)
{
    unsigned char in_core;
    return mincore(address, PAGE, &in_core) == 0;
}

static long raw(void *old, size_t old_size, size_t new_size, int flags, void *new)
{
    return RAW(mremap, old, old_size, new_size, (long)flags, new);
}

static void show_growth(void)
{
    char *area = map(16, MAP_PRIVATE);
    memset(area, 1, PAGE);
    MUST(munmap(area + PAGE, 15 * PAGE));
    say("grown in place: %d\n", raw(area, PAGE, 4 * PAGE, 0, NULL) == (long)area);
    say("first byte %d, new memory %d\n", area[0], area[3 * PAGE]);
    MUST((long)mmap(area + 4 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    MUST(mprotect(area + 4 * PAGE, PAGE, PROT_READ));
    SHOW(raw(area, 4 * PAGE, 5 * PAGE, 0, NULL));
    char *moved = (char *)raw(area, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE, NULL);
    say("moved: %d, old place free: %d, byte %d\n", moved != area && moved != MAP_FAILED,
        !mapped(area), moved[0]);
    say("shrunk: %d\n", raw(moved, 8 * PAGE, 2 * PAGE, 0, NULL) == (long)moved);
    say("its tail is gone: %d\n", !mapped(moved + 2 * PAGE));
    say("same size: %d\n", raw(moved, 2 * PAGE, 2 * PAGE, 0, NULL) == (long)moved);
    say("odd sizes are rounded: %d\n", raw(moved, PAGE + 1, 2 * PAGE - 5, 0, NULL) == (long)moved);
    /* The middle of an area cannot grow in place; it moves out. */
    area = map(4, MAP_PRIVATE);
    area[PAGE] = 5;
    moved = (char *)raw(area + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL);
    say("out of the middle: byte %d, hole %d, neighbours %d\n", moved[0], !mapped(area + PAGE),
        mapped(area) && mapped(area + 2 * PAGE));
}

static void show_fixed(void)
{
    char *from = map(2, MAP_PRIVATE), *to = map(4, MAP_PRIVATE);
    from[0] = 11;
    from[PAGE] = 12;
    to[PAGE] = 13;
    int both = MREMAP_MAYMOVE | MREMAP_FIXED;
    say("fixed: %d\n", raw(from, 2 * PAGE, 3 * PAGE, both, to) == (long)to);
    say("bytes %d %d %d, old place free %d\n", to[0], to[PAGE], to[2 * PAGE], !mapped(from));
    SHOW(raw(to, PAGE, PAGE, MREMAP_FIXED, from));
    SHOW(raw(to, PAGE, PAGE, both, from + 1));
    SHOW(raw(to, 2 * PAGE, 2 * PAGE, both, to + PAGE));
    SHOW(raw(to, 2 * PAGE, PAGE, both, to));
    SHOW(raw(to, PAGE, PAGE, both, KERNEL_POINTER));
    say("moved a part: %d\n", raw(to, PAGE, PAGE, both, from) == (long)from);
    say("byte %d, rest %d\n", from[0], to[PAGE]);
}

static void show_dontunmap(void)
{
    char *from = map(1, MAP_PRIVATE);
    from[0] = 21;
    char *to = (char *)raw(from, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    say("moved: %d, byte %d, old place is new memory %d\n", to != MAP_FAILED && to != from, to[0],
        from[0] == 0);
    SHOW(raw(from, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
    SHOW(raw(from, PAGE, PAGE, MREMAP_DONTUNMAP, NULL));
}

static void show_shared(void)
{
    char *area = map(1, MAP_SHARED);
    area[0] = 31;
    /* An old size of zero makes a second mapping of shared memory. */
    char *copy = (char *)raw(area, 0, PAGE, MREMAP_MAYMOVE, NULL);
    say("doubled: %d\n", copy != MAP_FAILED && copy != area);
    copy[1] = 32;
    say("same memory: %d %d\n", copy[0], area[1]);
    char *private = map(1, MAP_PRIVATE);
    SHOW(raw(private, 0, PAGE, MREMAP_MAYMOVE, NULL));
    make_file("file", "0123456789", 0600);
    int fd = (int)MUST(open("file", O_RDWR));
    MUST(ftruncate(fd, 3 * PAGE));
    MUST(pwrite(fd, "second", 6, 2 * PAGE));
    char *file = mmap(NULL, PAGE, RW, MAP_SHARED, fd, PAGE);
    MUST((long)file);
    file = (char *)raw(file, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL);
    MUST((long)file);
    say("a file's next page: %.6s\n", file + PAGE);
}

int main(void)
{
    show_growth();
    show_fixed();
    show_dontunmap();
    show_shared();
    char *area = map(4, MAP_PRIVATE);
    SHOW(raw(area + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL));
    SHOW(raw(area, PAGE, 0, MREMAP_MAYMOVE, NULL));
    SHOW(raw(area, PAGE, PAGE, 0x80, NULL));
    SHOW(raw(area, PAGE, ~0UL, MREMAP_MAYMOVE, NULL));
    SHOW(raw(NULL, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL));
    SHOW(raw(KERNEL_POINTER, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL));
    MUST(munmap(area + 2 * PAGE, PAGE));
    SHOW(raw(area, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE, NULL));
    return 0;
}
