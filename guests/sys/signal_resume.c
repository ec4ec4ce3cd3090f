// calls: nanosleep clock_nanosleep poll select futex restart_syscall epoll_wait rt_sigtimedwait
/* Stopping and continuing a process without a handler: most waiting calls go on with the time that
 * was left, a few end with EINTR (signal(7) lists them). */
#include "child.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static int empty[2], watcher;
static uint32_t word;
static struct timespec start;

static long elapsed_ms(void)
{
    struct timespec end;
    MUST(clock_gettime(CLOCK_MONOTONIC, &end));
    return (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
}

static const struct timespec time_to_wait = {0, 300000000};

static long wait_nanosleep(void)
{
    return RAW(nanosleep, &time_to_wait, NULL);
}

static long wait_absolute(void)
{
    struct timespec until = start;
    until.tv_nsec += time_to_wait.tv_nsec;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return RAW(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static long wait_poll(void)
{
    struct pollfd poller = {.fd = empty[0], .events = POLLIN};
    return RAW(poll, &poller, 1, 300);
}

static long wait_select(void)
{
    struct timeval time = {0, 300000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(empty[0], &set);
    return RAW(select, empty[0] + 1, &set, NULL, NULL, &time);
}

static long wait_futex(void)
{
    return RAW(futex, &word, FUTEX_WAIT, 0, &time_to_wait, NULL, 0);
}

static long wait_epoll(void)
{
    struct epoll_event event;
    return RAW(epoll_wait, watcher, &event, 1, 300);
}

static long wait_signal(void)
{
    uint64_t set = 1UL << (SIGUSR1 - 1);
    return RAW(rt_sigtimedwait, &set, NULL, &time_to_wait, 8L);
}

static const struct {
    const char *name;
    long (*wait)(void);
    bool goes_on;
} calls[] = {
    {"nanosleep", wait_nanosleep, true},
    {"clock_nanosleep", wait_absolute, true},
    {"poll", wait_poll, true},
    {"select", wait_select, true},
    {"futex", wait_futex, true},
    {"epoll_wait", wait_epoll, false},
    {"rt_sigtimedwait", wait_signal, false},
};

int main(void)
{
    /* Nothing has been interrupted that could be taken up. */
    SHOW(RAW(restart_syscall));
    MUST(pipe(empty));
    watcher = (int)MUST(epoll_create1(0));
    struct epoll_event event = {.events = EPOLLIN};
    MUST(epoll_ctl(watcher, EPOLL_CTL_ADD, empty[0], &event));
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        pid_t pid = fork();
        MUST(pid);
        if (pid == 0) {
            MUST(clock_gettime(CLOCK_MONOTONIC, &start));
            errno = 0;
            long result = calls[i].wait();
            int error = errno;
            bool whole = elapsed_ms() >= 290;
            say("%s: %ld %s", calls[i].name, result, result < 0 ? errno_name(error) : "");
            say(calls[i].goes_on ? ", the whole time: %d\n" : "\n", whole);
            _exit(0);
        }
        await_sleep(pid);
        int status;
        MUST(kill(pid, SIGSTOP));
        MUST(waitpid(pid, &status, WUNTRACED));
        MUST(kill(pid, SIGCONT));
        reap(pid);
    }
    return 0;
}
