// calls: signalfd signalfd4
#include "guest.h"
#include <poll.h>
#include <sys/signalfd.h>

static struct signalfd_siginfo info[4];

static void show_info(long length)
{
    for (long i = 0; i < length / (long)sizeof *info; i++)
        say("  %s code %d own pid %d uid %u int %d status %d\n",
            signal_name((int)info[i].ssi_signo), info[i].ssi_code,
            info[i].ssi_pid == (uint32_t)getpid(), info[i].ssi_uid, info[i].ssi_int,
            info[i].ssi_status);
}

static void reading(int fd)
{
    struct pollfd ready = {fd, POLLIN, 0};
    SHOW(read(fd, info, sizeof info));
    SHOW(poll(&ready, 1, 0));
    MUST(raise(SIGUSR1));
    MUST(kill(getpid(), SIGUSR1));
    MUST(kill(getpid(), SIGUSR2));
    union sigval value = {.sival_int = 77};
    MUST(sigqueue(getpid(), SIGRTMIN + 1, value));
    value.sival_int = 78;
    MUST(sigqueue(getpid(), SIGRTMIN + 1, value));
    SHOW(poll(&ready, 1, 0));
    SHOW(read(fd, info, sizeof *info - 1));
    SHOW(read(fd, BAD_POINTER, sizeof *info));
    SHOW(read(fd, info, sizeof *info));
    long length = SHOW(read(fd, info, sizeof info));
    for (long i = 0; i < length / (long)sizeof *info; i++)
        if (info[i].ssi_signo >= 32)
            say("  queued: code %d value %d\n", info[i].ssi_code, info[i].ssi_int);
    SHOW(read(fd, info, sizeof info));
    SHOW(write(fd, info, sizeof info));
    SHOW(lseek(fd, 0, SEEK_SET));
}

static void child_status(int fd)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(9);
    struct pollfd ready = {fd, POLLIN, 0};
    SHOW(poll(&ready, 1, -1));
    long length = SHOW(read(fd, info, sizeof info));
    show_info(length);
    MUST(waitpid(pid, NULL, 0));
}

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN + 1);
    sigaddset(&set, SIGKILL);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    int fd = (int)SHOW(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    SHOW(fcntl(fd, F_GETFD));
    reading(fd);

    /* The same descriptor takes a new set. */
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    SHOW(signalfd(fd, &usr1, 0) == fd);
    MUST(raise(SIGUSR2));
    SHOW(read(fd, info, sizeof info));
    MUST(raise(SIGUSR1));
    show_info(SHOW(read(fd, info, sizeof info)));
    SHOW(signalfd(fd, &set, 0) == fd);
    show_info(SHOW(read(fd, info, sizeof info)));

    sigaddset(&usr1, SIGCHLD);
    MUST(sigprocmask(SIG_BLOCK, &usr1, NULL));
    child_status((int)MUST(signalfd(-1, &usr1, SFD_NONBLOCK)));

    SHOW(signalfd(0, &set, 0));
    SHOW(signalfd(99, &set, 0));
    SHOW(signalfd(-1, &set, 1));
    SHOW(RAW(signalfd4, -1, &set, 4L, 0));
    SHOW(RAW(signalfd4, -1, NULL, 8L, 0));
    SHOW(RAW(signalfd4, -1, BAD_POINTER, 8L, 1));
    SHOW(RAW(signalfd, -1, &set, 8L));
    SHOW(RAW(signalfd, -1, &set, 4L));
    return 0;
}
