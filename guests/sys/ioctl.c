// calls: ioctl
#include "guest.h"
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <termios.h>

static int value;

static void close_on_exec(int fd)
{
    SHOW(ioctl(fd, FIOCLEX));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(ioctl(fd, FIOCLEX, BAD_POINTER));
    SHOW(ioctl(fd, FIONCLEX));
    SHOW(fcntl(fd, F_GETFD));
}

static void non_blocking(int fd)
{
    value = 1;
    SHOW(ioctl(fd, FIONBIO, &value));
    SHOW(fcntl(fd, F_GETFL) & O_NONBLOCK);
    value = 0;
    SHOW(ioctl(fd, FIONBIO, &value));
    SHOW(fcntl(fd, F_GETFL) & O_NONBLOCK);
    SHOW(ioctl(fd, FIONBIO, BAD_POINTER));
    value = 7;
    SHOW(ioctl(fd, FIONBIO, &value));
    SHOW(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static void amounts(int file, const int ends[2])
{
    value = -1;
    SHOW(ioctl(file, FIONREAD, &value));
    say("from the start %d\n", value);
    MUST(lseek(file, 4, SEEK_SET));
    SHOW(ioctl(file, FIONREAD, &value));
    say("from the middle %d\n", value);
    MUST(lseek(file, 14, SEEK_SET));
    SHOW(ioctl(file, FIONREAD, &value));
    say("from beyond the end %d\n", value);
    SHOW(ioctl(file, FIONREAD, BAD_POINTER));
    SHOW(ioctl(ends[0], FIONREAD, &value));
    say("empty pipe %d\n", value);
    MUST(write(ends[1], "abc", 3));
    SHOW(ioctl(ends[0], FIONREAD, &value));
    say("reader %d\n", value);
    SHOW(ioctl(ends[1], FIONREAD, &value));
    say("writer %d\n", value);
    SHOW(ioctl(ends[0], FIONREAD, NULL));
    long size = 0;
    SHOW(ioctl(file, FIOQSIZE, &size));
    say("size %ld\n", size);
    SHOW(ioctl(ends[0], FIOQSIZE, &size));
    SHOW(ioctl(file, FIGETBSZ, &value));
    say("block size %d\n", value);
}

static void no_terminals(int file, const int ends[2])
{
    struct termios modes;
    struct winsize window;
    int directory = (int)MUST(open(".", O_RDONLY));
    int null = (int)MUST(open("/dev/null", O_RDWR));
    SHOW(ioctl(file, TCGETS, &modes));
    SHOW(ioctl(ends[0], TCGETS, &modes));
    SHOW(ioctl(directory, TCGETS, &modes));
    SHOW(ioctl(null, TCGETS, &modes));
    SHOW(ioctl(file, TIOCGWINSZ, &window));
    SHOW(ioctl(file, TIOCGWINSZ, BAD_POINTER));
    SHOW(ioctl(file, TIOCGPGRP, &value));
    SHOW(ioctl(null, TIOCSCTTY, 0));
    SHOW(ioctl(directory, FIONREAD, &value));
    SHOW(ioctl(null, FIONREAD, &value));
    SHOW(isatty(file));
    SHOW(ioctl(file, 0xdeadbeefUL));
    SHOW(ioctl(file, 0UL));
    SHOW(ioctl(ends[1], 0xdeadbeefUL));
    SHOW(ioctl(directory, 0xdeadbeefUL));
}

int main(void)
{
    make_file("file", "0123456789", 0600);
    int file = (int)MUST(open("file", O_RDWR));
    int ends[2];
    MUST(pipe(ends));
    close_on_exec(file);
    close_on_exec(ends[0]);
    amounts(file, ends);
    non_blocking(ends[0]);
    no_terminals(file, ends);
    int path = (int)MUST(open("file", O_PATH));
    SHOW(ioctl(path, FIONREAD, &value));
    SHOW(ioctl(path, FIOCLEX));
    SHOW(ioctl(-1, FIONREAD, &value));
    SHOW(ioctl(99, FIOCLEX));
    SHOW(ioctl(99, 0xdeadbeefUL, BAD_POINTER));
    return 0;
}
