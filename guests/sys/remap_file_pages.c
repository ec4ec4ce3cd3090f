// calls: remap_file_pages
/* remap_file_pages(2), which the kernel now emulates by remapping: pages of a shared file mapping
 * in another order. */
#include "child.h"

int main(void)
{
    int fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(fd, 4 * PAGE));
    for (int i = 0; i < 4; i++)
        MUST(pwrite(fd, &"0123"[i], 1, (off_t)i * (off_t)PAGE));
    char *memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    MUST((long)memory);
    SHOW(RAW(remap_file_pages, memory, PAGE, 0L, 3L, 0L));
    SHOW(RAW(remap_file_pages, memory + 3 * PAGE, PAGE, 0L, 0L, 0L));
    say("order %c%c%c%c\n", memory[0], memory[PAGE], memory[2 * PAGE], memory[3 * PAGE]);
    memory[0] = 'X';
    char byte = 0;
    MUST(pread(fd, &byte, 1, 3 * PAGE));
    say("the file's last page: %c\n", byte);
    SHOW(RAW(remap_file_pages, memory, PAGE, 1L, 0L, 0L));
    SHOW(RAW(remap_file_pages, memory, 0L, 0L, 0L, 0L));
    SHOW(RAW(remap_file_pages, NULL, PAGE, 0L, 0L, 0L));
    SHOW(RAW(remap_file_pages, memory, -1L, 0L, 0L, 0L));
    SHOW(RAW(remap_file_pages, memory, PAGE, 0L, -1L, 0L));
    char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    MUST((long)private);
    SHOW(RAW(remap_file_pages, private, PAGE, 0L, 1L, 0L));
    return 0;
}
