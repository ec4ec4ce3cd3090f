// calls: read
#include "guest.h"

static void regular_file(void)
{
    char text[64];
    make_file("file", "0123456789", 0644);
    int fd = (int)MUST(open("file", O_RDONLY));
    SHOW(read(fd, text, 4));
    show_text("text", text, 4);
    SHOW(read(fd, text, 0));
    SHOW(read(fd, NULL_POINTER, 0));
    SHOW(read(fd, NULL_POINTER, 4));
    SHOW(read(fd, BAD_POINTER, 4));
    SHOW(read(fd, KERNEL_POINTER, 4));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(read(fd, text, sizeof text));
    show_text("text", text, 6);
    SHOW(read(fd, text, sizeof text));
    SHOW(read(fd, NULL_POINTER, 4));
    MUST(lseek(fd, 1000, SEEK_SET));
    SHOW(read(fd, text, sizeof text));
}

static void wrong_descriptors(void)
{
    char text[4];
    SHOW(read(-1, text, 1));
    SHOW(read(77, text, 1));
    SHOW(read(77, NULL_POINTER, 1));
    int write_only = (int)MUST(open("file", O_WRONLY));
    SHOW(read(write_only, text, 1));
    SHOW(read(write_only, text, 0));
    SHOW(read(write_only, NULL_POINTER, 1));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(read(directory, text, 1));
    SHOW(read(directory, text, 0));
    SHOW(read(directory, NULL_POINTER, 1));
}

static void partial_memory(void)
{
    int fd = (int)MUST(open("file", O_RDONLY));
    char *edge = edge_buffer(4);
    SHOW(read(fd, edge, 4));
    show_text("edge", edge, 4);
    MUST(lseek(fd, 0, SEEK_SET));
    memset(edge, '.', 4);
    SHOW(read(fd, edge, 10));
    SHOW(lseek(fd, 0, SEEK_CUR));
    show_text("edge", edge, 4);
    SHOW(read(fd, edge + 4, 1));
    char *readonly = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(read(fd, readonly, 1));
    MUST(munmap(readonly, PAGE));
    SHOW(read(fd, readonly, 1));
}

static void holes_and_sizes(void)
{
    int fd = (int)MUST(open("holes", O_RDWR | O_CREAT, 0600));
    MUST(pwrite(fd, "end", 3, 10000));
    char *text = malloc(20000);
    memset(text, 'x', 20000);
    SHOW(read(fd, text, 20000));
    size_t zeros = 0;
    while (text[zeros] == 0)
        zeros++;
    say("zeros %zu\n", zeros);
    show_text("end", text + zeros, 4);
    MUST(lseek(fd, 0, SEEK_SET));
    SHOW(RAW(read, fd, text, -1L));
    SHOW(RAW(read, fd, text, INT64_MIN));
    SHOW(lseek(fd, 0, SEEK_CUR));
    free(text);
}

static void pipe_ends(void)
{
    char text[16];
    int ends[2];
    MUST(pipe(ends));
    MUST(write(ends[1], "abcdef", 6));
    SHOW(read(ends[1], text, 1));
    SHOW(read(ends[0], text, 4));
    SHOW(read(ends[0], text, 4));
    MUST(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    SHOW(read(ends[0], text, 4));
    SHOW(read(ends[0], text, 0));
    MUST(close(ends[1]));
    SHOW(read(ends[0], text, 4));
}

int main(void)
{
    regular_file();
    wrong_descriptors();
    partial_memory();
    holes_and_sizes();
    pipe_ends();
    return 0;
}
