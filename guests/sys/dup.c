// calls: dup dup2 dup3
#include "guest.h"
#include <sys/resource.h>

int main(void)
{
    make_file("file", "0123456789", 0600);
    int fd = (int)MUST(open("file", O_RDWR | O_CLOEXEC));
    char text[4];
    SHOW(dup(fd));
    SHOW(fcntl(4, F_GETFD));
    SHOW(read(4, text, 3));
    SHOW(lseek(fd, 0, SEEK_CUR));
    MUST(fcntl(4, F_SETFL, O_APPEND));
    SHOW(fcntl(fd, F_GETFL) & O_APPEND);
    SHOW(dup(-1));
    SHOW(dup(99));
    MUST(close(fd));
    SHOW(dup(4));

    SHOW(RAW(dup2, 4, 10));
    SHOW(RAW(dup2, 4, 10));
    SHOW(RAW(dup2, 4, 4));
    SHOW(RAW(dup2, 99, 99));
    SHOW(RAW(dup2, 99, 4));
    SHOW(fcntl(4, F_GETFD));
    SHOW(RAW(dup2, 4, -1));
    SHOW(RAW(dup2, -1, -1));
    SHOW(RAW(dup2, 4, 1 << 30));
    MUST(fcntl(10, F_SETFD, FD_CLOEXEC));
    SHOW(RAW(dup2, 10, 10));
    SHOW(fcntl(10, F_GETFD));
    SHOW(RAW(dup2, 4, 10));
    SHOW(fcntl(10, F_GETFD));

    SHOW(dup3(4, 11, O_CLOEXEC));
    SHOW(fcntl(11, F_GETFD));
    SHOW(dup3(4, 11, 0));
    SHOW(fcntl(11, F_GETFD));
    SHOW(dup3(4, 4, 0));
    SHOW(dup3(99, 99, 0));
    SHOW(dup3(99, 98, 0));
    SHOW(dup3(4, 12, O_NONBLOCK));
    SHOW(dup3(99, 99, O_NONBLOCK));
    SHOW(dup3(4, -1, 0));

    /* dup2 over the last writer of a pipe closes it. */
    int ends[2];
    MUST(pipe(ends));
    MUST(dup2(4, ends[1]));
    SHOW(read(ends[0], text, 1));

    struct rlimit limit = {20, 20};
    MUST(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(RAW(dup2, 4, 19));
    SHOW(RAW(dup2, 4, 20));
    SHOW(dup3(4, 20, 0));
    SHOW(fcntl(4, F_DUPFD, 20));
    SHOW(fcntl(4, F_DUPFD, -1));
    int last = 0;
    for (int copy; (copy = dup(4)) >= 0; last = copy)
        continue;
    say("last %d, then %s\n", last, errno_name(errno));
    SHOW(open("file", O_RDONLY));
    SHOW(pipe(ends));
    SHOW(RAW(dup2, 4, 18));
    MUST(close(18));
    SHOW(pipe(ends));
    SHOW(dup(4));
    return 0;
}
