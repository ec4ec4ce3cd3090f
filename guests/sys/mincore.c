// calls: mincore msync
/* mincore(2) and msync(2): which pages are in memory, and the checks of both. */
#include "child.h"

#define RW (PROT_READ | PROT_WRITE)

static void show_pages(const char *label, void *memory, int count)
{
    unsigned char pages[8];
    char text[16] = "";
    memset(pages, 0xee, sizeof pages);
    long result = RAW(mincore, memory, (long)count * (long)PAGE, pages);
    for (int i = 0; i < count; i++)
        text[i] = (char)('0' + (pages[i] & 1));
    say("%s: %ld %s, next byte untouched %d\n", label, result, result ? errno_name(errno) : text,
        pages[count] == 0xee);
}

int main(void)
{
    char *memory = mmap(NULL, 6 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)memory);
    MUST(madvise(memory, 6 * PAGE, MADV_NOHUGEPAGE));
    show_pages("fresh", memory, 6);
    memory[PAGE] = 1;
    memory[4 * PAGE] = 1;
    show_pages("two touched", memory, 6);
    MUST(madvise(memory + PAGE, PAGE, MADV_DONTNEED));
    show_pages("one given back", memory, 6);
    MUST(munmap(memory + 5 * PAGE, PAGE));
    show_pages("a hole at the end", memory, 6);
    show_pages("before it", memory, 5);
    unsigned char *edge = (unsigned char *)edge_buffer(3);
    SHOW(RAW(mincore, memory, 3 * PAGE, edge));
    SHOW(RAW(mincore, memory, 4 * PAGE, edge));
    SHOW(RAW(mincore, memory, 1L, edge));
    SHOW(RAW(mincore, memory, 0L, edge));
    SHOW(RAW(mincore, memory + 1, PAGE, edge));
    SHOW(RAW(mincore, memory, PAGE, BAD_POINTER));
    SHOW(RAW(mincore, memory, PAGE, KERNEL_POINTER));
    SHOW(RAW(mincore, KERNEL_POINTER, PAGE, edge));
    SHOW(RAW(mincore, memory + 1, PAGE, BAD_POINTER));
    SHOW(RAW(mincore, memory, -1L, edge));

    int fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(fd, 2 * PAGE));
    char *file = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
    MUST((long)file);
    file[0] = 'm';
    SHOW(msync(file, PAGE, MS_SYNC));
    SHOW(msync(file, 2 * PAGE, MS_ASYNC));
    SHOW(msync(file, 2 * PAGE, MS_ASYNC | MS_INVALIDATE));
    SHOW(msync(file, PAGE, 0));
    SHOW(msync(file, 0, MS_SYNC));
    SHOW(msync(file, PAGE, MS_SYNC | MS_ASYNC));
    SHOW(msync(file, PAGE, 0x80));
    SHOW(msync(file + 1, PAGE, MS_SYNC));
    SHOW(msync(file + 1, PAGE, 0x80));
    SHOW(msync(file, -PAGE, MS_SYNC));
    SHOW(msync(file, ~0UL, MS_SYNC));
    SHOW(msync(memory, 6 * PAGE, MS_SYNC));
    SHOW(msync(memory, 5 * PAGE, MS_SYNC));
    SHOW(msync(memory + 5 * PAGE, PAGE, MS_ASYNC));
    MUST(mlock(file, PAGE));
    SHOW(msync(file, PAGE, MS_INVALIDATE));
    MUST(munlock(file, PAGE));
    SHOW(msync(file, PAGE, MS_INVALIDATE));
    return 0;
}
