// calls: preadv pwritev
#include "guest.h"
#include <sys/uio.h>

static char first[8], second[8];

int main(void)
{
    make_file("file", "0123456789", 0600);
    int fd = (int)MUST(open("file", O_RDWR));
    struct iovec parts[] = {{first, 3}, {second, 4}};
    SHOW(preadv(fd, parts, 2, 2));
    show_text("first", first, 3);
    show_text("second", second, 4);
    SHOW(preadv(fd, parts, 2, 8));
    SHOW(preadv(fd, parts, 2, 10));
    SHOW(preadv(fd, parts, 2, -1));
    SHOW(preadv(fd, parts, 0, 0));
    SHOW(preadv(fd, parts, 0, -1));
    SHOW(RAW(preadv, fd, parts, -1L, 0L, 0L));
    SHOW(preadv(fd, NULL_POINTER, 1, 0));
    SHOW(preadv(fd, NULL_POINTER, 1, -1));
    SHOW(preadv(-1, parts, 2, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));

    struct iovec pieces[] = {{"AB", 2}, {"", 0}, {"CDE", 3}};
    SHOW(pwritev(fd, pieces, 3, 4));
    SHOW(pwritev(fd, pieces, 3, 12));
    show_contents("file");
    SHOW(pwritev(fd, pieces, 3, -1));
    SHOW(RAW(pwritev, fd, pieces, -1L, 0L, 0L));
    SHOW(pwritev(fd, NULL_POINTER, 1, 0));
    SHOW(lseek(fd, 0, SEEK_CUR));

    int ends[2];
    MUST(pipe(ends));
    SHOW(preadv(ends[0], parts, 1, 0));
    SHOW(pwritev(ends[1], pieces, 1, 0));
    int read_only = (int)MUST(open("file", O_RDONLY));
    SHOW(pwritev(read_only, pieces, 1, 0));
    int append = (int)MUST(open("file", O_WRONLY | O_APPEND));
    SHOW(preadv(append, parts, 1, 0));
    SHOW(pwritev(append, pieces, 1, 0));
    show_contents("file");

    /* The offset travels in two halves; on amd64 the kernel takes the low one whole. */
    SHOW(RAW(preadv, fd, parts, 1L, 1L, 0L));
    show_text("first", first, 3);
    SHOW(RAW(preadv, fd, parts, 1L, 1L, 1L));
    SHOW(RAW(pwritev, fd, pieces, 1L, 1L, 7L));
    show_contents("file");
    return 0;
}
