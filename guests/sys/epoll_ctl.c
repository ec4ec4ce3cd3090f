// calls: epoll_create epoll_create1 epoll_ctl epoll_wait
#include "guest.h"
#include <sys/epoll.h>

static int epoll, ends[2];

static int compare(const void *left, const void *right)
{
    uint64_t a = ((const struct epoll_event *)left)->data.u64;
    uint64_t b = ((const struct epoll_event *)right)->data.u64;
    return a < b ? -1 : a > b;
}

/* What is ready now; the order of several is not promised. */
static void wait_now(const char *label)
{
    struct epoll_event events[4];
    long count = RAW(epoll_wait, epoll, events, 4, 0);
    if (count > 1)
        qsort(events, (size_t)count, sizeof *events, compare);
    say("%s: %ld", label, count);
    for (long i = 0; i < count; i++)
        say(" [%lx: %x]", events[i].data.u64, events[i].events);
    say("\n");
}

static long control(int operation, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(epoll, operation, fd, &event);
}

static void creation(void)
{
    SHOW(RAW(epoll_create, 0));
    SHOW(RAW(epoll_create, -1));
    SHOW(RAW(epoll_create, 1));
    SHOW(epoll_create1(EPOLL_CLOEXEC));
    SHOW(fcntl(3, F_GETFD));
    SHOW(fcntl(4, F_GETFD));
    SHOW(epoll_create1(1));
    SHOW(epoll_create1(O_NONBLOCK));
    SHOW(fcntl(3, F_GETFL));
    epoll = 3;
}

static void level_and_edge(void)
{
    char text[8];
    SHOW(control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 0xaa));
    SHOW(control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 0xab));
    wait_now("empty");
    MUST(write(ends[1], "xy", 2));
    wait_now("level");
    wait_now("level again");
    SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 0xbb));
    wait_now("edge");
    wait_now("edge again");
    MUST(write(ends[1], "z", 1));
    wait_now("edge with more");
    SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 0xcc));
    wait_now("one shot");
    wait_now("one shot again");
    SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 0xcd));
    wait_now("armed again");
    SHOW(control(EPOLL_CTL_MOD, ends[0], 0, 0xdd));
    wait_now("nothing asked");
    SHOW(control(EPOLL_CTL_ADD, ends[1], EPOLLOUT, 0xee));
    wait_now("writer");
    MUST(read(ends[0], text, 3));
    MUST(close(ends[0]));
    wait_now("no reader");
    SHOW(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[1], NULL));
    wait_now("deleted");
    SHOW(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[1], NULL));
    MUST(close(ends[1]));
}

static void duplicates(void)
{
    MUST(pipe(ends));
    MUST(control(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLRDHUP, 1));
    int copy = dup(ends[0]);
    SHOW(control(EPOLL_CTL_ADD, copy, EPOLLIN, 2));
    MUST(write(ends[1], "x", 1));
    wait_now("both");
    /* A closed descriptor stays as long as its description lives. */
    MUST(close(ends[0]));
    wait_now("closed, description lives");
    SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN, 3));
    MUST(close(ends[1]));
    wait_now("hang-up");
    MUST(close(copy));
    wait_now("all closed");
}

static void errors(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    MUST(pipe(ends));
    make_file("file", "", 0600);
    int file = (int)MUST(open("file", O_RDWR));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(control(EPOLL_CTL_ADD, file, EPOLLIN, 0));
    SHOW(control(EPOLL_CTL_ADD, directory, EPOLLIN, 0));
    SHOW(control(EPOLL_CTL_ADD, epoll, EPOLLIN, 0));
    SHOW(control(EPOLL_CTL_ADD, 99, EPOLLIN, 0));
    SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN, 0));
    SHOW(control(7, ends[0], EPOLLIN, 0));
    SHOW(epoll_ctl(99, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(epoll_ctl(ends[0], EPOLL_CTL_ADD, ends[1], &event));
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], BAD_POINTER));
    SHOW(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], BAD_POINTER));
    SHOW(control(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 0));
    SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN, 0));
    SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLEXCLUSIVE, 0));
    SHOW(control(EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLEXCLUSIVE | EPOLLONESHOT, 0));
    SHOW(read(epoll, &event, 1));
    SHOW(lseek(epoll, 0, SEEK_SET));
}

static void nesting(void)
{
    int outer = (int)MUST(epoll_create1(0)), inner = (int)MUST(epoll_create1(0));
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 5};
    MUST(epoll_ctl(inner, EPOLL_CTL_ADD, ends[0], &event));
    SHOW(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
    SHOW(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &event));
    SHOW(epoll_wait(outer, &event, 1, 0));
    MUST(write(ends[1], "x", 1));
    SHOW(epoll_wait(outer, &event, 1, 0));
    SHOW(epoll_wait(inner, &event, 1, 0));
}

int main(void)
{
    creation();
    MUST(pipe(ends));
    level_and_edge();
    duplicates();
    errors();
    nesting();
    return 0;
}
