// calls: readv writev
#include "guest.h"
#include <limits.h>
#include <sys/uio.h>

static char first[8], second[8];

static void vectors(int fd)
{
    struct iovec pieces[] = {{"abc", 3}, {NULL, 0}, {"defgh", 5}};
    SHOW(writev(fd, pieces, 3));
    show_contents("file");
    MUST(lseek(fd, 1, SEEK_SET));
    struct iovec parts[] = {{first, 2}, {second, 8}};
    SHOW(readv(fd, parts, 2));
    show_text("first", first, 2);
    show_text("second", second, 5);
    SHOW(readv(fd, parts, 2));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(readv(fd, parts, 0));
    SHOW(readv(fd, NULL_POINTER, 0));
    SHOW(writev(fd, NULL_POINTER, 0));
    SHOW(RAW(readv, fd, NULL, 1L));
    SHOW(RAW(readv, fd, BAD_POINTER, 1L));
    SHOW(RAW(readv, fd, parts, -1L));
    SHOW(RAW(writev, fd, parts, -1L));
}

static void limits(int fd)
{
    static struct iovec many[IOV_MAX + 1];
    for (size_t i = 0; i <= IOV_MAX; i++)
        many[i] = (struct iovec){first, 1};
    SHOW(writev(fd, many, IOV_MAX));
    SHOW(writev(fd, many, IOV_MAX + 1));
    SHOW(readv(fd, many, IOV_MAX + 1));
    struct iovec negative[] = {{first, 1}, {second, (size_t)-1}};
    SHOW(writev(fd, negative, 2));
    SHOW(readv(fd, negative, 2));
    struct iovec far[] = {{first, 1}, {KERNEL_POINTER, 8}};
    SHOW(writev(fd, far, 2));
    struct iovec *edge = (struct iovec *)edge_buffer(sizeof *edge);
    *edge = (struct iovec){first, 1};
    SHOW(writev(fd, edge, 1));
    SHOW(writev(fd, edge, 2));
}

static void bad_memory(int fd)
{
    MUST(ftruncate(fd, 0));
    MUST(lseek(fd, 0, SEEK_SET));
    char *edge = edge_buffer(4);
    memcpy(edge, "edge", 4);
    struct iovec late[] = {{"good", 4}, {edge + 4, 4}};
    struct iovec early[] = {{edge + 4, 4}, {"good", 4}};
    SHOW(writev(fd, early, 2));
    show_contents("file");
    SHOW(writev(fd, late, 2));
    show_contents("file");
    MUST(pwrite(fd, "01234567", 8, 0));
    MUST(lseek(fd, 0, SEEK_SET));
    struct iovec into[] = {{first, 4}, {edge + 4, 4}};
    SHOW(readv(fd, into, 2));
    SHOW(lseek(fd, 0, SEEK_CUR));
    into[0].iov_base = edge + 4;
    SHOW(readv(fd, into, 2));
    SHOW(lseek(fd, 0, SEEK_CUR));
}

int main(void)
{
    int fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    vectors(fd);
    limits(fd);
    bad_memory(fd);

    struct iovec one = {first, 4};
    SHOW(readv(-1, &one, 1));
    SHOW(writev(77, NULL_POINTER, 1));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(readv(directory, &one, 1));
    SHOW(writev(directory, &one, 1));
    int ends[2];
    MUST(pipe(ends));
    struct iovec pieces[] = {{"pipe", 4}, {" text", 5}};
    SHOW(writev(ends[1], pieces, 2));
    struct iovec parts[] = {{first, 6}, {second, 8}};
    SHOW(readv(ends[0], parts, 2));
    show_text("first", first, 6);
    show_text("second", second, 3);
    return 0;
}
