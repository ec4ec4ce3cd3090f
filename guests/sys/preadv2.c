// calls: preadv2 pwritev2
#include "guest.h"
#include <sys/uio.h>

static char first[8], second[8];

static void reading(int fd)
{
    struct iovec parts[] = {{first, 3}, {second, 4}};
    SHOW(preadv2(fd, parts, 2, 1, 0));
    show_text("first", first, 3);
    SHOW(preadv2(fd, parts, 1, -1, 0));
    SHOW(preadv2(fd, parts, 1, -1, 0));
    show_text("first", first, 3);
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(preadv2(fd, parts, 1, -2, 0));
    SHOW(preadv2(fd, parts, 1, 0, RWF_HIPRI));
    SHOW(preadv2(fd, parts, 1, 0, RWF_DSYNC | RWF_SYNC));
    SHOW(preadv2(fd, parts, 1, 0, 0x40000000));
    SHOW(preadv2(fd, parts, 1, 0, -1));
    SHOW(preadv2(fd, parts, 0, 0, 0x40000000));
    SHOW(preadv2(-1, parts, 1, 0, 0x40000000));
    SHOW(preadv2(fd, NULL_POINTER, 1, 0, 0));
}

static void writing(int fd)
{
    struct iovec pieces[] = {{"AB", 2}, {"CD", 2}};
    SHOW(pwritev2(fd, pieces, 2, 0, 0));
    SHOW(pwritev2(fd, pieces, 2, -1, RWF_DSYNC));
    SHOW(lseek(fd, 0, SEEK_CUR));
    show_contents("file");
    SHOW(pwritev2(fd, pieces, 2, 0, RWF_APPEND));
    show_contents("file");
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pwritev2(fd, pieces, 1, -1, RWF_APPEND | RWF_SYNC));
    SHOW(lseek(fd, 0, SEEK_CUR));
    show_contents("file");
    SHOW(pwritev2(fd, pieces, 2, -2, 0));
    SHOW(pwritev2(fd, pieces, 2, 0, 0x40000000));
}

static void pipes(void)
{
    int ends[2];
    struct iovec part = {first, 4};
    MUST(pipe(ends));
    SHOW(pwritev2(ends[1], &part, 1, -1, 0));
    SHOW(pwritev2(ends[1], &part, 1, 0, 0));
    SHOW(preadv2(ends[0], &part, 1, 0, 0));
    SHOW(preadv2(ends[0], &part, 1, -1, 0));
    SHOW(preadv2(ends[0], &part, 1, -1, RWF_NOWAIT));
    SHOW(preadv2(ends[0], &part, 1, -1, 0x40000000));
}

int main(void)
{
    make_file("file", "0123456789", 0600);
    int fd = (int)MUST(open("file", O_RDWR));
    reading(fd);
    writing(fd);
    pipes();
    return 0;
}
