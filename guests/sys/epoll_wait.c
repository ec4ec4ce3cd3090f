// calls: epoll_wait epoll_pwait epoll_pwait2
#include "guest.h"
#include <sys/epoll.h>

static int epoll, ends[2];
static struct epoll_event events[8];
static volatile sig_atomic_t signals;

static void count(int signo)
{
    (void)signo;
    signals++;
}

static void arguments(void)
{
    SHOW(RAW(epoll_wait, epoll, events, 0, 0));
    SHOW(RAW(epoll_wait, epoll, events, -1, 0));
    SHOW(RAW(epoll_wait, epoll, events, 1 << 30, 0));
    SHOW(RAW(epoll_wait, 99, events, 8, 0));
    SHOW(RAW(epoll_wait, 0, events, 8, 0));
    SHOW(RAW(epoll_wait, ends[0], events, 8, 0));
    SHOW(RAW(epoll_wait, epoll, events, 8, 0));
    SHOW(RAW(epoll_wait, epoll, events, 8, 5));
    MUST(write(ends[1], "x", 1));
    SHOW(RAW(epoll_wait, epoll, NULL, 8, 0));
    SHOW(RAW(epoll_wait, epoll, BAD_POINTER, 8, 0));
    SHOW(RAW(epoll_wait, epoll, edge_buffer(12), 8, 0));
    SHOW(RAW(epoll_wait, epoll, events, 8, -1));
    say("data %lx events %x\n", events[0].data.u64, events[0].events);
    MUST(read(ends[0], events, 1));
}

static void waking(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        sleep_ms(20);
        MUST(write(ends[1], "x", 1));
        _exit(0);
    }
    SHOW(RAW(epoll_wait, epoll, events, 8, -1));
    MUST(waitpid(pid, NULL, 0));
    MUST(read(ends[0], events, 1));

    start_alarms(SA_RESTART);
    SHOW(RAW(epoll_wait, epoll, events, 8, -1));
    stop_alarms();
}

static void masks(void)
{
    sigset_t none, usr1, now;
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    signals = 0;
    struct sigaction action = {.sa_handler = count};
    MUST(sigaction(SIGUSR1, &action, NULL));
    MUST(sigprocmask(SIG_BLOCK, &usr1, NULL));
    MUST(raise(SIGUSR1));
    SHOW(epoll_pwait(epoll, events, 8, 1, NULL));
    say("signals %d\n", signals);
    SHOW(epoll_pwait(epoll, events, 8, 1000, &none));
    MUST(sigprocmask(SIG_SETMASK, NULL, &now));
    say("signals %d, blocked again %d\n", signals, sigismember(&now, SIGUSR1));
    SHOW(RAW(epoll_pwait, epoll, events, 8, 0, &none, 4L));
    SHOW(RAW(epoll_pwait, epoll, events, 8, 0, NULL, 4L));
    SHOW(RAW(epoll_pwait, epoll, events, 8, 0, BAD_POINTER, 8L));
    SHOW(RAW(epoll_pwait, epoll, events, 0, 0, BAD_POINTER, 8L));
}

static void fine_timeouts(void)
{
    sigset_t none;
    sigemptyset(&none);
    struct timespec brief = {0, 100000}, bad = {0, 1000000000}, negative = {-1, 0};
    SHOW(RAW(epoll_pwait2, epoll, events, 8, &brief, NULL, 8L));
    SHOW(RAW(epoll_pwait2, epoll, events, 8, &bad, NULL, 8L));
    SHOW(RAW(epoll_pwait2, epoll, events, 8, &negative, NULL, 8L));
    SHOW(RAW(epoll_pwait2, epoll, events, 8, BAD_POINTER, NULL, 8L));
    SHOW(RAW(epoll_pwait2, epoll, events, 0, &brief, NULL, 8L));
    MUST(raise(SIGUSR1));
    SHOW(RAW(epoll_pwait2, epoll, events, 8, NULL, &none, 8L));
    say("signals %d, timeout untouched %ld\n", signals, brief.tv_nsec);
    MUST(write(ends[1], "x", 1));
    SHOW(RAW(epoll_pwait2, epoll, events, 8, NULL, NULL, 8L));
}

/* More ready descriptors than room: every one of them gets its turn. */
static void taking_turns(void)
{
    int seen[6] = {0}, more[6][2];
    int turns = (int)MUST(epoll_create1(0));
    for (int i = 0; i < 6; i++) {
        MUST(pipe(more[i]));
        MUST(write(more[i][1], "x", 1));
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        MUST(epoll_ctl(turns, EPOLL_CTL_ADD, more[i][0], &event));
    }
    for (int round = 0; round < 3; round++) {
        SHOW_AS("epoll_wait(turns, events, 2, 0)", RAW(epoll_wait, turns, events, 2, 0));
        seen[events[0].data.u32]++;
        seen[events[1].data.u32]++;
    }
    say("seen %d %d %d %d %d %d\n", seen[0], seen[1], seen[2], seen[3], seen[4], seen[5]);
}

int main(void)
{
    MUST(pipe(ends));
    epoll = (int)MUST(epoll_create1(0));
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef0};
    MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event));
    arguments();
    waking();
    masks();
    fine_timeouts();
    taking_turns();
    return 0;
}
