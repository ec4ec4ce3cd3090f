// calls: timerfd_create timerfd_settime timerfd_gettime
#include "guest.h"
#include <poll.h>
#include <sys/timerfd.h>

static uint64_t expirations;

static struct itimerspec when(long seconds, long nanoseconds, long interval)
{
    return (struct itimerspec){.it_value = {seconds, nanoseconds}, .it_interval = {0, interval}};
}

static void show_left(int fd)
{
    struct itimerspec now;
    if (SHOW(timerfd_gettime(fd, &now)) == 0)
        say("armed %d, interval %ld.%09ld\n", now.it_value.tv_sec || now.it_value.tv_nsec,
            (long)now.it_interval.tv_sec, now.it_interval.tv_nsec);
}

static void creation(void)
{
    SHOW(timerfd_create(CLOCK_REALTIME, 0));
    SHOW(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC));
    SHOW(fcntl(4, F_GETFD));
    SHOW(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    SHOW(fcntl(5, F_GETFL));
    SHOW(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
    SHOW(timerfd_create(99, 0));
    SHOW(timerfd_create(CLOCK_MONOTONIC, 1));
    close_range(3, ~0U, 0);
}

static void timers(void)
{
    int fd = (int)MUST(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    SHOW(read(fd, &expirations, 8));
    show_left(fd);
    struct itimerspec time = when(1000, 0, 5), old;
    SHOW(timerfd_settime(fd, 0, &time, &old));
    say("old value %ld\n", (long)old.it_value.tv_sec);
    show_left(fd);
    SHOW(read(fd, &expirations, 8));
    time = when(0, 1, 0);
    SHOW(timerfd_settime(fd, 0, &time, &old));
    say("old value %d, interval %ld\n", old.it_value.tv_sec >= 999, old.it_interval.tv_nsec);
    struct pollfd ready = {fd, POLLIN | POLLOUT, 0};
    SHOW(poll(&ready, 1, 1000));
    say("revents %d\n", ready.revents);
    SHOW(read(fd, &expirations, 4));
    SHOW(read(fd, BAD_POINTER, 8));
    MUST(timerfd_settime(fd, 0, &time, NULL));
    MUST(poll(&ready, 1, 1000));
    uint64_t room[8] = {0};
    SHOW(read(fd, room, sizeof room));
    say("expirations %lu\n", room[0]);
    SHOW(read(fd, &expirations, 8));
    show_left(fd);
    SHOW(write(fd, &expirations, 8));
    SHOW(lseek(fd, 0, SEEK_SET));
    time = when(0, 0, 7);
    SHOW(timerfd_settime(fd, 0, &time, NULL));
    show_left(fd);
    MUST(close(fd));
}

static void intervals(void)
{
    int fd = (int)MUST(timerfd_create(CLOCK_MONOTONIC, 0));
    struct itimerspec time = when(0, 1000000, 1000000);
    MUST(timerfd_settime(fd, 0, &time, NULL));
    sleep_ms(20);
    SHOW(read(fd, &expirations, 8));
    say("several %d\n", expirations >= 10);
    SHOW(read(fd, &expirations, 8));
    time = when(0, 1, 0);
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &time, NULL));
    SHOW(read(fd, &expirations, 8));
    say("long ago %lu\n", expirations);
    struct timespec now;
    MUST(clock_gettime(CLOCK_MONOTONIC, &now));
    time.it_value = now;
    time.it_value.tv_sec += 1000;
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &time, NULL));
    MUST(timerfd_gettime(fd, &time));
    say("relative %d\n", time.it_value.tv_sec <= 1000 && time.it_value.tv_sec >= 990);
    MUST(close(fd));
}

static void errors(void)
{
    int fd = (int)MUST(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    struct itimerspec time = when(1, 0, 0);
    SHOW(timerfd_settime(fd, 4, &time, NULL));
    SHOW(timerfd_settime(fd, TFD_TIMER_CANCEL_ON_SET, &time, NULL));
    time = when(0, 1000000000, 0);
    SHOW(timerfd_settime(fd, 0, &time, NULL));
    time = when(-1, 0, 0);
    SHOW(timerfd_settime(fd, 0, &time, NULL));
    time = when(1, 0, -1);
    SHOW(timerfd_settime(fd, 0, &time, NULL));
    time = when(1, 0, 0);
    SHOW(timerfd_settime(fd, 0, NULL_POINTER, NULL));
    SHOW(timerfd_settime(fd, 4, BAD_POINTER, NULL));
    SHOW(timerfd_settime(0, 0, &time, NULL));
    SHOW(timerfd_settime(99, 0, &time, NULL));
    SHOW(timerfd_gettime(99, &time));
    SHOW(timerfd_gettime(0, &time));
    SHOW(timerfd_gettime(fd, NULL_POINTER));
}

int main(void)
{
    creation();
    timers();
    intervals();
    errors();
    return 0;
}
