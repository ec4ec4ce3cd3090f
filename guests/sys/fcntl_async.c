// calls: fcntl ioctl
#include "guest.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

static volatile sig_atomic_t count;
static siginfo_t last;
static int ends[2];

static void on_signal(int signo, siginfo_t *info, void *context)
{
    (void)context;
    count++;
    last = *info;
    last.si_signo = signo;
}

static void happened(const char *label)
{
    if (count)
        say("%s: %s code %d fd %s band %lx\n", label, signal_name(last.si_signo), last.si_code,
            last.si_code == SI_KERNEL ? "-"
            : last.si_fd == ends[0]   ? "reader"
            : last.si_fd == ends[1]   ? "writer"
                                      : "other",
            last.si_code == SI_KERNEL ? 0 : (unsigned long)last.si_band);
    else
        say("%s: nothing\n", label);
    count = 0;
}

static void reader(void)
{
    char byte;
    MUST(write(ends[1], "x", 1));
    happened("off");
    SHOW(fcntl(ends[0], F_SETOWN, getpid()));
    SHOW(fcntl(ends[0], F_SETFL, O_ASYNC));
    SHOW(fcntl(ends[0], F_GETFL));
    MUST(write(ends[1], "x", 1));
    happened("byte");
    MUST(read(ends[0], &byte, 1));
    happened("read");
    SHOW(fcntl(ends[0], F_SETSIG, SIGRTMIN));
    MUST(write(ends[1], "x", 1));
    happened("byte, F_SETSIG");
    SHOW(fcntl(ends[0], F_SETSIG, SIGCHLD));
    MUST(write(ends[1], "x", 1));
    happened("byte, SIGCHLD");
    SHOW(fcntl(ends[0], F_SETSIG, 0));
    SHOW(fcntl(ends[0], F_SETOWN, -getpgrp()));
    MUST(write(ends[1], "x", 1));
    happened("byte, group");
    struct f_owner_ex owner = {F_OWNER_TID, (pid_t)syscall(SYS_gettid)};
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    MUST(write(ends[1], "x", 1));
    happened("byte, thread");
    int value = 0;
    SHOW(ioctl(ends[0], FIOASYNC, &value));
    SHOW(fcntl(ends[0], F_GETFL));
    MUST(write(ends[1], "x", 1));
    happened("off again");
}

static void writer(void)
{
    char block[PAGE];
    int value = 1;
    MUST(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    while (read(ends[0], block, sizeof block) > 0)
        continue;
    MUST(fcntl(ends[1], F_SETFL, O_NONBLOCK));
    MUST(fcntl(ends[1], F_SETOWN, getpid()));
    MUST(fcntl(ends[1], F_SETSIG, SIGRTMIN + 1));
    SHOW(ioctl(ends[1], FIOASYNC, &value));
    SHOW(fcntl(ends[1], F_GETFL));
    count = 0;
    while (write(ends[1], block, sizeof block) > 0)
        continue;
    happened("filled");
    MUST(read(ends[0], block, sizeof block));
    happened("room");
    MUST(close(ends[0]));
    happened("no reader");
}

static void others(void)
{
    int value = 1;
    int event = (int)MUST(eventfd(0, 0));
    make_file("file", "", 0600);
    int file = (int)MUST(open("file", O_RDWR));
    SHOW(ioctl(event, FIOASYNC, &value));
    SHOW(fcntl(event, F_SETFL, O_ASYNC));
    SHOW(fcntl(event, F_GETFL));
    SHOW(ioctl(file, FIOASYNC, &value));
    value = 0;
    SHOW(ioctl(file, FIOASYNC, &value));
    SHOW(ioctl(file, FIOASYNC, BAD_POINTER));
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    MUST(setpgid(0, 0));
    MUST(sigaction(SIGIO, &action, NULL));
    MUST(sigaction(SIGCHLD, &action, NULL));
    MUST(sigaction(SIGRTMIN, &action, NULL));
    MUST(sigaction(SIGRTMIN + 1, &action, NULL));
    MUST(pipe(ends));
    reader();
    writer();
    others();
    return 0;
}
