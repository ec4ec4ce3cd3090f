// calls: timerfd_create timerfd_settime timerfd_gettime
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>

static uint64_t expirations;

static int readable(int fd, int milliseconds)
{
    struct pollfd entry = {fd, POLLIN, 0};
    return poll(&entry, 1, milliseconds);
}

/* An absolute time of each clock: soon, and long ago with an interval. */
static void absolute(const char *label, int clock)
{
    struct timespec now;
    struct itimerspec time = {0};
    int fd = timerfd_create(clock, TFD_NONBLOCK);
    say("%s: %s\n", label, fd < 0 ? errno_name(errno) : "ok");
    if (fd < 0)
        return;
    MUST(clock_gettime(clock, &now));
    time.it_value = now;
    time.it_value.tv_nsec += 20000000;
    if (time.it_value.tv_nsec >= 1000000000) {
        time.it_value.tv_sec++;
        time.it_value.tv_nsec -= 1000000000;
    }
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &time, NULL));
    SHOW(readable(fd, 5000));
    SHOW(read(fd, &expirations, 8));
    say("expirations %lu\n", expirations);
    time.it_value = now;
    time.it_value.tv_sec--;
    time.it_interval.tv_sec = 100;
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &time, NULL));
    SHOW(readable(fd, 5000));
    SHOW(read(fd, &expirations, 8));
    say("expirations %lu\n", expirations);
    MUST(timerfd_gettime(fd, &time));
    say("next in 90 to 100 seconds %d\n", time.it_value.tv_sec >= 90 && time.it_value.tv_sec < 100);
    MUST(close(fd));
}

static void edges(void)
{
    struct itimerspec time = {{0, 10000000}, {0, 10000000}}, never = {0};
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int fd = (int)MUST(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    int set = (int)MUST(epoll_create1(0));
    MUST(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
    MUST(timerfd_settime(fd, 0, &time, NULL));
    SHOW(epoll_wait(set, &event, 1, 5000));
    SHOW_AS("epoll_wait, not read", epoll_wait(set, &event, 1, 100));
    SHOW(read(fd, &expirations, 8));
    say("many %d\n", expirations >= 5);
    SHOW_AS("epoll_wait, read", epoll_wait(set, &event, 1, 5000));
    SHOW(timerfd_settime(fd, 0, &never, &time));
    say("old interval %ld, armed %d\n", time.it_interval.tv_nsec,
        time.it_value.tv_sec || time.it_value.tv_nsec);
    SHOW(read(fd, &expirations, 8));
}

static void far_away(void)
{
    struct itimerspec time = {.it_value = {INT64_MAX, 999999999}, .it_interval = {INT64_MAX, 0}};
    int fd = (int)MUST(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    SHOW(timerfd_settime(fd, 0, &time, NULL));
    MUST(timerfd_gettime(fd, &time));
    say("armed %d\n", time.it_value.tv_sec > 0);
    time.it_value = (struct timespec){INT64_MAX, 0};
    SHOW(timerfd_settime(fd, TFD_TIMER_ABSTIME, &time, NULL));
    SHOW(readable(fd, 10));
    SHOW(read(fd, &expirations, 8));
}

static void interrupted(void)
{
    struct itimerspec time = {.it_value = {1000, 0}};
    int fd = (int)MUST(timerfd_create(CLOCK_MONOTONIC, 0));
    MUST(timerfd_settime(fd, 0, &time, NULL));
    start_alarms(0);
    SHOW(read(fd, &expirations, 8));
    stop_alarms();
}

int main(void)
{
    absolute("CLOCK_REALTIME", CLOCK_REALTIME);
    absolute("CLOCK_MONOTONIC", CLOCK_MONOTONIC);
    absolute("CLOCK_BOOTTIME", CLOCK_BOOTTIME);
    edges();
    far_away();
    interrupted();
    return 0;
}
