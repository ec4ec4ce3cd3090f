// calls: madvise
/* madvise(2): what MADV_DONTNEED and MADV_REMOVE do to each kind of memory, and refusals. */
#include "fault.h"

#define RW (PROT_READ | PROT_WRITE)

static char *map(int flags, int fd)
{
    char *memory = mmap(NULL, 4 * PAGE, RW, flags, fd, 0);
    MUST((long)memory);
    return memory;
}

static void show_bytes_of(const char *label, const char *memory)
{
    say("%s: %d %d %d %d\n", label, memory[0], memory[PAGE], memory[2 * PAGE], memory[3 * PAGE]);
}

static void fill(char *memory)
{
    for (size_t i = 0; i < 4; i++)
        memory[i * PAGE] = (char)(i + 1);
}

int main(void)
{
    char *anonymous = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(anonymous);
    SHOW(madvise(anonymous + PAGE, 2 * PAGE, MADV_DONTNEED));
    show_bytes_of("private anonymous", anonymous);
    fill(anonymous);
    SHOW(madvise(anonymous, 1, MADV_DONTNEED));
    show_bytes_of("a length of one", anonymous);

    char *shared = map(MAP_SHARED | MAP_ANONYMOUS, -1);
    fill(shared);
    SHOW(madvise(shared, 2 * PAGE, MADV_DONTNEED));
    show_bytes_of("shared anonymous", shared);
    SHOW(madvise(shared, 2 * PAGE, MADV_REMOVE));
    show_bytes_of("removed", shared);

    int fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(fd, 4 * PAGE));
    char *file = map(MAP_SHARED, fd), *copy = map(MAP_PRIVATE, fd);
    fill(file);
    copy[0] = 50;
    copy[PAGE] = 51;
    SHOW(madvise(copy, PAGE, MADV_DONTNEED));
    show_bytes_of("private file mapping", copy);
    SHOW(madvise(file, 4 * PAGE, MADV_DONTNEED));
    show_bytes_of("shared file mapping", file);
    SHOW(madvise(file + PAGE, 2 * PAGE, MADV_REMOVE));
    show_bytes_of("hole", file);
    show_file("file");
    SHOW(madvise(copy, PAGE, MADV_REMOVE));
    SHOW(madvise(anonymous, PAGE, MADV_REMOVE));

    fill(anonymous);
    SHOW(madvise(anonymous, PAGE, MADV_FREE));
    say("freed memory has its bytes or none: %d\n", anonymous[0] == 1 || anonymous[0] == 0);
    anonymous[0] = 9;
    say("written after: %d\n", anonymous[0]);
    SHOW(madvise(file, PAGE, MADV_FREE));
    static const int hints[] = {MADV_NORMAL,   MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
                                MADV_DONTDUMP, MADV_DODUMP, MADV_COLD,       MADV_PAGEOUT};
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        SHOW(madvise(anonymous, 4 * PAGE, hints[i]));
    show_bytes_of("after the hints", anonymous);
    SHOW(madvise(anonymous, 4 * PAGE, MADV_POPULATE_READ));
    SHOW(madvise(anonymous, 4 * PAGE, MADV_POPULATE_WRITE));

    SHOW(madvise(anonymous, PAGE, 5));
    SHOW(madvise(anonymous, PAGE, 9999));
    SHOW(madvise(anonymous, PAGE, -1));
    SHOW(madvise(anonymous + 1, PAGE, MADV_DONTNEED));
    SHOW(madvise(anonymous + 1, PAGE, 9999));
    SHOW(madvise(anonymous, 0, MADV_DONTNEED));
    SHOW(madvise(anonymous, 0, 9999));
    SHOW(madvise(anonymous, ~0UL, MADV_DONTNEED));
    SHOW(madvise(KERNEL_POINTER, PAGE, MADV_DONTNEED));

    /* A gap: what is mapped is done, and the answer is ENOMEM. */
    fill(anonymous);
    MUST(munmap(anonymous + PAGE, PAGE));
    SHOW(madvise(anonymous, 4 * PAGE, MADV_DONTNEED));
    say("both sides: %d %d\n", anonymous[0], anonymous[2 * PAGE]);
    SHOW(madvise(anonymous + PAGE, PAGE, MADV_WILLNEED));

    /* Protection does not matter to MADV_DONTNEED, locking does. */
    anonymous[0] = 3;
    MUST(mprotect(anonymous, PAGE, PROT_READ));
    SHOW(madvise(anonymous, PAGE, MADV_DONTNEED));
    say("read-only: %d\n", anonymous[0]);
    MUST(mlock(anonymous, PAGE));
    SHOW(madvise(anonymous, PAGE, MADV_DONTNEED));
    SHOW(madvise(anonymous, PAGE, MADV_POPULATE_WRITE));
    return 0;
}
