// calls: pread64 pwrite64
#include "guest.h"

static void offsets(int fd)
{
    char text[16];
    SHOW(pread(fd, text, 4, 3));
    show_text("text", text, 4);
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pread(fd, text, 4, 8));
    SHOW(pread(fd, text, 4, 10));
    SHOW(pread(fd, text, 4, 1000));
    SHOW(pread(fd, text, 4, -1));
    SHOW(pread(fd, text, 4, INT64_MIN));
    SHOW(pread(fd, text, 4, INT64_MAX));
    SHOW(pread(fd, text, 0, -1));
    SHOW(pread(fd, BAD_POINTER, 4, 0));
    SHOW(pread(fd, BAD_POINTER, 4, -1));
    SHOW(pread(fd, BAD_POINTER, 0, 0));

    SHOW(pwrite(fd, "AB", 2, 4));
    SHOW(pwrite(fd, "CD", 2, 12));
    show_contents("file");
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pwrite(fd, "x", 1, -1));
    SHOW(pwrite(fd, "x", 0, -1));
    SHOW(pwrite(fd, "x", 1, INT64_MAX));
    SHOW(pwrite(fd, NULL_POINTER, 1, 0));
    SHOW(pwrite(fd, NULL_POINTER, 0, 0));
    show_file("file");
}

static void wrong_descriptors(void)
{
    char text[4];
    int ends[2];
    MUST(pipe(ends));
    SHOW(pread(ends[0], text, 1, 0));
    SHOW(pread(ends[0], text, 1, -1));
    SHOW(pwrite(ends[1], text, 1, 0));
    SHOW(pread(-1, text, 1, 0));
    SHOW(pread(-1, text, 1, -1));
    SHOW(pwrite(-1, text, 1, 0));
    int read_only = (int)MUST(open("file", O_RDONLY));
    SHOW(pwrite(read_only, text, 1, 0));
    SHOW(pwrite(read_only, text, 1, -1));
    int write_only = (int)MUST(open("file", O_WRONLY));
    SHOW(pread(write_only, text, 1, 0));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(pread(directory, text, 1, 0));
    int path = (int)MUST(open("file", O_PATH));
    SHOW(pread(path, text, 1, 0));
    int null = (int)MUST(open("/dev/null", O_RDWR));
    SHOW(pread(null, text, 1, 5));
    SHOW(pwrite(null, text, 4, 5));
}

int main(void)
{
    make_file("file", "0123456789", 0600);
    offsets((int)MUST(open("file", O_RDWR)));
    wrong_descriptors();

    /* On Linux O_APPEND wins over the offset of pwrite (pwrite(2), BUGS). */
    int append = (int)MUST(open("file", O_RDWR | O_APPEND));
    SHOW(pwrite(append, "tail", 4, 0));
    show_contents("file");
    SHOW(lseek(append, 0, SEEK_CUR));

    char *edge = edge_buffer(4);
    SHOW(pread(append, edge, 4, 2));
    show_text("edge", edge, 4);
    SHOW(pread(append, edge, 12, 0));
    show_text("edge", edge, 4);
    SHOW(pwrite(append, edge + 4, 1, 0));
    return 0;
}
