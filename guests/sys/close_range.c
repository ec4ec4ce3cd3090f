// calls: close_range
#include "guest.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2U
#endif

static void show_open(const char *label)
{
    say("%s:", label);
    for (int fd = 0; fd < 30; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags >= 0)
            say(" %d%s", fd, flags & FD_CLOEXEC ? "c" : "");
    }
    say("\n");
}

static void open_some(void)
{
    int fd = (int)MUST(open(".", O_RDONLY));
    for (int copy = 10; copy < 20; copy++)
        MUST(dup2(fd, copy));
    MUST(close(fd));
}

int main(void)
{
    open_some();
    show_open("before");
    SHOW(RAW(close_range, 12, 14, 0));
    show_open("12 to 14");
    SHOW(RAW(close_range, 12, 14, 0));
    SHOW(RAW(close_range, 5, 10, 0));
    show_open("5 to 10");
    SHOW(RAW(close_range, 15, 16, CLOSE_RANGE_CLOEXEC));
    show_open("close-on-exec");
    SHOW(RAW(close_range, 18, 18, CLOSE_RANGE_UNSHARE));
    show_open("unshared");
    SHOW(RAW(close_range, 17, 16, 0));
    SHOW(RAW(close_range, 17, 16, 64));
    SHOW(RAW(close_range, 3, -1, 1));
    SHOW(RAW(close_range, 3, -1, 64));
    SHOW(RAW(close_range, -1, -1, 0));
    show_open("unchanged");
    SHOW(RAW(close_range, 11, -1, CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE));
    show_open("all close-on-exec");
    SHOW(RAW(close_range, 3, -1, 0));
    show_open("after");

    /* The last writer of a pipe among them: its reader sees the end. */
    int ends[2];
    char byte;
    MUST(pipe(ends));
    SHOW(RAW(close_range, ends[1], -1, 0));
    SHOW(read(ends[0], &byte, 1));
    return 0;
}
