// calls: fcntl
#include "guest.h"

static void descriptors(int fd)
{
    SHOW(fcntl(fd, F_DUPFD, 0));
    SHOW(fcntl(fd, F_DUPFD, 10));
    SHOW(fcntl(fd, F_DUPFD, 10));
    SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 20));
    SHOW(fcntl(20, F_GETFD));
    SHOW(fcntl(10, F_GETFD));
    SHOW(fcntl(10, F_SETFD, -1));
    SHOW(fcntl(10, F_GETFD));
    SHOW(fcntl(10, F_SETFD, 2));
    SHOW(fcntl(10, F_GETFD));
    SHOW(fcntl(fd, F_DUPFD, -1));
    SHOW(fcntl(fd, F_DUPFD, 1 << 30));
    SHOW(fcntl(99, F_DUPFD, -1));
    SHOW(fcntl(99, F_GETFD));
    SHOW(fcntl(-1, 9999));
    SHOW(fcntl(fd, 9999));
    close_range(4, ~0U, 0);
}

static void status_flags(int fd)
{
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_GETFL));
    /* The access mode and the flags of creation are ignored, not refused. */
    SHOW(fcntl(fd, F_SETFL, O_WRONLY | O_CREAT | O_EXCL | O_TRUNC | O_SYNC));
    SHOW(fcntl(fd, F_GETFL));
    show_file("file");
    SHOW(fcntl(fd, F_SETFL, O_NOATIME));
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_SETFL, 0));
    SHOW(fcntl(1, F_SETFL, fcntl(1, F_GETFL)));
    int path = (int)MUST(open("file", O_PATH | O_CLOEXEC));
    SHOW(fcntl(path, F_SETFL, 0));
    SHOW(fcntl(path, F_GETFL));
    SHOW(fcntl(path, F_GETFD));
    SHOW(fcntl(path, F_DUPFD, 30));
    SHOW(fcntl(path, F_GETPIPE_SZ));
    struct flock lock = {.l_type = F_RDLCK};
    SHOW(fcntl(path, F_GETLK, &lock));
    MUST(close(30));
    MUST(close(path));
}

static void append_only_by_owner(void)
{
    int fd = (int)MUST(open("file", O_RDONLY));
    SHOW(fcntl(fd, F_SETFL, O_NOATIME));
    SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
}

static void owners(int fd)
{
    int ends[2];
    MUST(pipe(ends));
    SHOW(fcntl(ends[0], F_GETOWN));
    SHOW(fcntl(ends[0], F_SETOWN, getpid()));
    SHOW(fcntl(ends[0], F_GETOWN) == getpid());
    SHOW(fcntl(ends[0], F_SETOWN, -getpgrp()));
    struct f_owner_ex owner = {F_OWNER_PID, 0};
    SHOW(fcntl(ends[0], F_GETOWN_EX, &owner));
    say("owner type %d, own group %d\n", owner.type, owner.pid == getpgrp());
    owner = (struct f_owner_ex){F_OWNER_TID, getpid()};
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    owner.type = 7;
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    owner = (struct f_owner_ex){F_OWNER_PID, 99999999};
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    SHOW(fcntl(ends[0], F_SETOWN_EX, BAD_POINTER));
    SHOW(fcntl(ends[0], F_SETOWN, 0));
    SHOW(RAW(fcntl, ends[0], F_GETOWN));
    SHOW(fcntl(ends[0], F_GETSIG));
    SHOW(fcntl(ends[0], F_SETSIG, SIGUSR1));
    SHOW(fcntl(ends[0], F_GETSIG));
    SHOW(fcntl(ends[0], F_SETSIG, 65));
    SHOW(fcntl(ends[0], F_SETSIG, -1));
    SHOW(fcntl(fd, F_GETSIG));
    MUST(close(ends[0]));
    MUST(close(ends[1]));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    make_file("file", "text", 0644);
    int fd = (int)MUST(open("file", O_RDWR));
    descriptors(fd);
    status_flags(fd);
    owners(fd);
    run_as(1000, append_only_by_owner);
    return 0;
}
