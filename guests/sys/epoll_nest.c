// calls: epoll_ctl epoll_wait
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>

#define SETS 7

static int sets[SETS], ends[2];

static int add(int set, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = 1};
    return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
}

static int ready(int set)
{
    struct epoll_event event;
    return epoll_wait(set, &event, 1, 0);
}

static void new_sets(void)
{
    for (int i = 0; i < SETS; i++)
        sets[i] = (int)MUST(epoll_create1(0));
    MUST(pipe(ends));
}

static void drop_sets(void)
{
    for (int i = 0; i < SETS; i++)
        MUST(close(sets[i]));
    MUST(close(ends[0]));
    MUST(close(ends[1]));
}

/* From the inside out: how long a chain may become, and what an event at its end wakes. */
static void chain_outwards(void)
{
    char byte;
    new_sets();
    MUST(add(sets[0], ends[0], EPOLLIN));
    for (int i = 1; i < SETS; i++)
        SHOW_AS("add to the next outer set", add(sets[i], sets[i - 1], EPOLLIN));
    SHOW(ready(sets[4]));
    MUST(write(ends[1], "x", 1));
    for (int i = 0; i < SETS; i++)
        say("set %d ready %d\n", i, ready(sets[i]));
    MUST(read(ends[0], &byte, 1));
    for (int i = 0; i < SETS; i++)
        say("set %d ready %d\n", i, ready(sets[i]));
    drop_sets();
}

static void chain_inwards(void)
{
    new_sets();
    for (int i = SETS - 1; i > 0; i--)
        SHOW_AS("add the next inner set", add(sets[i], sets[i - 1], EPOLLIN));
    drop_sets();
}

static void cycles(void)
{
    new_sets();
    MUST(add(sets[0], sets[1], EPOLLIN));
    MUST(add(sets[1], sets[2], EPOLLIN));
    SHOW(add(sets[2], sets[0], EPOLLIN));
    SHOW(add(sets[1], sets[0], EPOLLIN));
    SHOW(add(sets[0], sets[2], EPOLLIN));
    SHOW(add(sets[0], sets[1], EPOLLIN));
    MUST(epoll_ctl(sets[1], EPOLL_CTL_DEL, sets[2], NULL));
    SHOW(add(sets[2], sets[0], EPOLLIN));
    SHOW(add(sets[3], sets[4], EPOLLIN | EPOLLEXCLUSIVE));
    drop_sets();
}

static void edges(void)
{
    char byte;
    new_sets();
    MUST(add(sets[0], ends[0], EPOLLIN));
    MUST(add(sets[1], sets[0], EPOLLIN | EPOLLET));
    MUST(add(sets[2], sets[0], EPOLLIN | EPOLLONESHOT));
    MUST(write(ends[1], "x", 1));
    say("edge %d, once %d\n", ready(sets[1]), ready(sets[2]));
    say("edge %d, once %d\n", ready(sets[1]), ready(sets[2]));
    MUST(write(ends[1], "x", 1));
    say("edge %d, once %d\n", ready(sets[1]), ready(sets[2]));
    MUST(read(ends[0], &byte, 1));
    struct pollfd entry = {sets[1], POLLIN | POLLOUT, 0};
    MUST(write(ends[1], "x", 1));
    say("poll %d", poll(&entry, 1, 0));
    say(" revents %x\n", entry.revents);
    MUST(close(sets[0]));
    sets[0] = (int)MUST(epoll_create1(0));
    say("closed inside: %d %d\n", ready(sets[1]), ready(sets[2]));
    drop_sets();
}

/* A pipe watched by many sets that one set watches: the chains of length two are counted. */
static void many_paths(void)
{
    int outer = (int)MUST(epoll_create1(0)), set, count = 0, error = 0;
    MUST(pipe(ends));
    for (count = 0; count < 600; count++) {
        set = epoll_create1(0);
        if (set < 0 || add(outer, set, EPOLLIN) < 0) {
            error = errno;
            break;
        }
        if (add(set, ends[0], EPOLLIN) < 0) {
            error = errno;
            break;
        }
    }
    say("chains %d, then %s\n", count, errno_name(error));
    say("ready before %d\n", ready(outer));
    MUST(write(ends[1], "x", 1));
    say("ready after %d\n", ready(outer));
}

int main(void)
{
    chain_outwards();
    chain_inwards();
    cycles();
    edges();
    many_paths();
    return 0;
}
