// calls: setrlimit
/* RLIMIT_NOFILE bounds the number a new descriptor may have. */
#include "child.h"
#include <poll.h>
#include <sys/resource.h>

static long set(rlim_t soft)
{
    struct rlimit limit = {soft, 64};
    return RAW(setrlimit, RLIMIT_NOFILE, &limit);
}

int main(void)
{
    int pair[2];
    MUST(set(64));
    /* Whatever the driver left open is closed: 0, 1 and 2 remain. */
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    SHOW(set(6));
    SHOW(dup(0));
    SHOW(dup(0));
    SHOW(pipe(pair));
    SHOW(dup(0));
    SHOW(dup(0));
    SHOW(open(".", O_RDONLY));
    SHOW(open("missing", O_RDONLY));
    SHOW(dup2(0, 5));
    SHOW(dup2(0, 6));
    SHOW(dup3(0, 6, 0));
    SHOW(fcntl(0, F_DUPFD, 3));
    SHOW(fcntl(0, F_DUPFD, 6));
    SHOW(fcntl(0, F_DUPFD, 5));
    SHOW(memfd_create("x", 0));
    SHOW(close(4));
    SHOW(pipe(pair));
    SHOW(open(".", O_RDONLY));

    /* Descriptors beyond a lowered limit stay usable. */
    SHOW(set(3));
    SHOW(fcntl(5, F_GETFD));
    SHOW(dup2(0, 4));
    SHOW(close(5));
    SHOW(open(".", O_RDONLY));
    SHOW(dup2(0, 2));
    struct pollfd polls[4] = {{.fd = -1}, {.fd = -1}, {.fd = -1}, {.fd = -1}};
    SHOW(poll(polls, 3, 0));
    SHOW(poll(polls, 4, 0));
    SHOW(set(0));
    SHOW(open(".", O_RDONLY));
    SHOW(close(4));
    SHOW(set(64));
    SHOW(open(".", O_RDONLY));
    return 0;
}
