// calls: tee vmsplice
#include "guest.h"
#include <sys/uio.h>

static int source[2], target[2];
static char text[64];

static void drain(const char *label, int fd)
{
    long length = read(fd, text, sizeof text);
    if (length < 0)
        say("%s: %s\n", label, errno_name(errno));
    else
        show_text(label, text, (size_t)length);
}

static void copying(void)
{
    MUST(write(source[1], "hello world", 11));
    SHOW(tee(source[0], target[1], 5, 0));
    drain("copied", target[0]);
    SHOW(tee(source[0], target[1], 100, SPLICE_F_NONBLOCK));
    drain("copied", target[0]);
    drain("not consumed", source[0]);
    SHOW(tee(source[0], target[1], 100, SPLICE_F_NONBLOCK));
    SHOW(tee(source[0], target[1], 0, 0));
    SHOW(tee(source[0], source[1], 1, 0));
    SHOW(tee(source[1], target[1], 1, 0));
    SHOW(tee(source[0], target[0], 1, 0));
    SHOW(tee(99, target[1], 1, 0));
    SHOW(tee(source[0], 99, 1, 0));
    SHOW(tee(99, 99, 0, 0));
    SHOW(tee(source[0], target[1], 1, 0x10));
    make_file("file", "text", 0600);
    int file = (int)MUST(open("file", O_RDWR));
    SHOW(tee(file, target[1], 1, 0));
    SHOW(tee(source[0], file, 1, 0));
}

static void memory(void)
{
    struct iovec pieces[] = {{"from ", 5}, {"memory", 6}};
    SHOW(vmsplice(source[1], pieces, 2, 0));
    char first[4], second[20];
    struct iovec parts[] = {{first, 4}, {second, 20}};
    SHOW(vmsplice(source[0], parts, 2, 0));
    show_text("first", first, 4);
    show_text("second", second, 7);
    SHOW(vmsplice(source[1], pieces, 0, 0));
    SHOW(vmsplice(source[0], parts, 1, SPLICE_F_NONBLOCK));
    SHOW(vmsplice(source[1], pieces, 1025, 0));
    SHOW(vmsplice(source[1], pieces, 1, 0x10));
    SHOW(vmsplice(source[1], BAD_POINTER, 1, 0));
    struct iovec bad = {BAD_POINTER, 10};
    SHOW(vmsplice(source[1], &bad, 1, 0));
    MUST(write(source[1], "x", 1));
    SHOW(vmsplice(source[0], &bad, 1, 0));
    SHOW(vmsplice(99, pieces, 1, 0));
    int file = (int)MUST(open("file", O_RDWR));
    SHOW(vmsplice(file, pieces, 1, 0));
    MUST(close(source[0]));
    signal(SIGPIPE, SIG_IGN);
    SHOW(vmsplice(source[1], pieces, 1, 0));
}

int main(void)
{
    MUST(pipe(source));
    MUST(pipe(target));
    copying();
    memory();
    return 0;
}
