// calls: eventfd eventfd2
#include "guest.h"
#include <poll.h>
#include <sys/eventfd.h>

static uint64_t value;

static short events(int fd)
{
    struct pollfd entry = {fd, POLLIN | POLLOUT, 0};
    MUST(poll(&entry, 1, 0));
    return entry.revents;
}

static long add(int fd, uint64_t amount)
{
    return write(fd, &amount, sizeof amount);
}

static void counter(void)
{
    int fd = (int)SHOW(eventfd(3, EFD_NONBLOCK));
    SHOW(events(fd));
    SHOW(read(fd, &value, sizeof value));
    say("value %lu\n", value);
    SHOW(events(fd));
    SHOW(read(fd, &value, sizeof value));
    SHOW(add(fd, 5));
    SHOW(add(fd, 0));
    SHOW(add(fd, 7));
    SHOW(read(fd, &value, 7));
    uint64_t room[8] = {0};
    SHOW(read(fd, room, sizeof room));
    say("value %lu\n", room[0]);
    SHOW(add(fd, UINT64_MAX));
    SHOW(add(fd, UINT64_MAX - 1));
    SHOW(events(fd));
    SHOW(add(fd, 1));
    SHOW(add(fd, 0));
    SHOW(write(fd, &value, 4));
    SHOW(write(fd, BAD_POINTER, 8));
    SHOW(read(fd, BAD_POINTER, 8));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(pread(fd, &value, 8, 0));
    SHOW(fcntl(fd, F_GETFL));
    MUST(close(fd));
}

static void semaphore(void)
{
    int fd = (int)SHOW(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC));
    SHOW(fcntl(fd, F_GETFD));
    for (int i = 0; i < 3; i++) {
        value = 99;
        SHOW(read(fd, &value, sizeof value));
        say("value %lu\n", value);
    }
    SHOW(add(fd, 1));
    SHOW(events(fd));
    MUST(close(fd));
}

static void waiting(void)
{
    int fd = (int)SHOW(RAW(eventfd, 0));
    SHOW(fcntl(fd, F_GETFL));
    pid_t pid = fork();
    if (pid == 0) {
        sleep_ms(20);
        MUST(add(fd, 42));
        _exit(0);
    }
    SHOW(read(fd, &value, sizeof value));
    say("value %lu\n", value);
    MUST(waitpid(pid, NULL, 0));
    MUST(add(fd, UINT64_MAX - 1));
    pid = fork();
    if (pid == 0) {
        sleep_ms(20);
        MUST(read(fd, &value, sizeof value));
        _exit(0);
    }
    SHOW(add(fd, 9));
    MUST(waitpid(pid, NULL, 0));
    SHOW(read(fd, &value, sizeof value));
    say("value %lu\n", value);
}

int main(void)
{
    counter();
    semaphore();
    waiting();
    SHOW(RAW(eventfd2, 0, 2));
    SHOW(RAW(eventfd2, 0, -1));
    int fd = (int)SHOW(RAW(eventfd2, 0xffffffffL, O_NONBLOCK));
    SHOW(read(fd, &value, 8));
    say("value %lu\n", value);
    return 0;
}
