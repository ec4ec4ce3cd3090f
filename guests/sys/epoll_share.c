// calls: epoll_wait epoll_ctl signalfd4
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#define CHILDREN 3

static int ends[2], report[2];

static void add(int set, uint32_t events)
{
    struct epoll_event event = {.events = events};
    MUST(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event));
}

/* Counts the children that say within a while that they were woken. */
static int woken(void)
{
    struct pollfd entry = {report[0], POLLIN, 0};
    char byte;
    int count = 0;
    while (poll(&entry, 1, 300) == 1) {
        MUST(read(report[0], &byte, 1));
        count++;
    }
    return count;
}

static void child(int set)
{
    struct epoll_event event;
    MUST(epoll_wait(set, &event, 1, -1));
    MUST(write(report[1], "w", 1));
    _exit(0);
}

/* One set of its own for every child, or one for all. */
static void children(const char *label, uint32_t events, bool own_sets)
{
    pid_t pids[CHILDREN];
    int shared = (int)MUST(epoll_create1(0));
    MUST(pipe(ends));
    MUST(pipe(report));
    if (!own_sets)
        add(shared, events);
    for (int i = 0; i < CHILDREN; i++) {
        pids[i] = fork();
        MUST(pids[i]);
        if (pids[i] == 0) {
            if (own_sets) {
                shared = (int)MUST(epoll_create1(0));
                add(shared, events);
            }
            child(shared);
        }
    }
    sleep_ms(200);
    say("%s\n", label);
    for (int left = CHILDREN; left > 0;) {
        MUST(write(ends[1], "x", 1));
        int count = woken();
        say("  one byte wakes %d\n", count);
        if (count == 0)
            break;
        left -= count;
    }
    for (int i = 0; i < CHILDREN; i++)
        MUST(waitpid(pids[i], NULL, 0));
    MUST(close(ends[0]));
    MUST(close(ends[1]));
}

/* A signalfd is watched for whoever added it: not any more when that process has gone. */
static void added_by_another(void)
{
    struct signalfd_siginfo info;
    struct epoll_event event = {.events = EPOLLIN};
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    MUST(sigprocmask(SIG_BLOCK, &usr1, NULL));
    int set = (int)MUST(epoll_create1(0));
    int signals = (int)MUST(signalfd(-1, &usr1, SFD_NONBLOCK));
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        MUST(epoll_ctl(set, EPOLL_CTL_ADD, signals, &event));
        _exit(0);
    }
    MUST(waitpid(pid, NULL, 0));
    MUST(raise(SIGUSR1));
    SHOW(epoll_wait(set, &event, 1, 0));
    SHOW(read(signals, &info, sizeof info));
    SHOW(epoll_wait(set, &event, 1, 0));
    MUST(raise(SIGUSR1));
    SHOW(epoll_wait(set, &event, 1, 0));
    SHOW(epoll_ctl(set, EPOLL_CTL_DEL, signals, NULL));
}

int main(void)
{
    children("one set, edge-triggered", EPOLLIN | EPOLLET, false);
    children("one set, level-triggered", EPOLLIN, false);
    children("sets of their own", EPOLLIN | EPOLLET, true);
    children("sets of their own, exclusive", EPOLLIN | EPOLLET | EPOLLEXCLUSIVE, true);
    added_by_another();
    return 0;
}
