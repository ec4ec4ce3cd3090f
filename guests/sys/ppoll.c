// calls: ppoll
#include "guest.h"
#include <poll.h>

static volatile sig_atomic_t signals;

static void count(int signo)
{
    (void)signo;
    signals++;
}

static void masks(struct pollfd *entry)
{
    sigset_t usr1, none;
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    MUST(sigaction(SIGUSR1, &action, NULL));
    MUST(sigprocmask(SIG_BLOCK, &usr1, NULL));
    struct timespec brief = {0, 10000000};
    MUST(raise(SIGUSR1));
    SHOW(ppoll(entry, 1, &brief, NULL));
    say("signals %d\n", signals);
    SHOW(ppoll(entry, 1, &brief, &none));
    say("signals %d\n", signals);
    sigset_t now;
    MUST(sigprocmask(SIG_SETMASK, NULL, &now));
    say("blocked again %d\n", sigismember(&now, SIGUSR1));

    /* A descriptor that is ready wins: the signal stays pending. */
    MUST(raise(SIGUSR1));
    struct pollfd ready = {1, POLLOUT, 0};
    SHOW(ppoll(&ready, 1, &brief, &none));
    sigpending(&now);
    say("signals %d, pending %d\n", signals, sigismember(&now, SIGUSR1));
}

int main(void)
{
    int ends[2];
    MUST(pipe(ends));
    struct pollfd entry = {ends[0], POLLIN, 0};
    struct timespec zero = {0, 0}, brief = {0, 1000000};
    SHOW(ppoll(&entry, 1, &zero, NULL));
    SHOW(ppoll(&entry, 1, &brief, NULL));
    SHOW(ppoll(NULL, 0, &brief, NULL));
    MUST(write(ends[1], "x", 1));
    SHOW(ppoll(&entry, 1, NULL, NULL));
    say("revents %d\n", entry.revents);
    MUST(read(ends[0], &zero, 1));
    zero.tv_sec = 0;

    struct timespec bad = {0, 1000000000}, negative = {-1, 0}, below = {0, -1};
    SHOW(ppoll(&entry, 1, &bad, NULL));
    SHOW(ppoll(&entry, 1, &negative, NULL));
    SHOW(ppoll(&entry, 1, &below, NULL));
    SHOW(RAW(ppoll, BAD_POINTER, 1L, &zero, NULL, 8L));
    SHOW(RAW(ppoll, &entry, 1L, BAD_POINTER, NULL, 8L));
    SHOW(RAW(ppoll, &entry, 1L, &zero, BAD_POINTER, 8L));
    sigset_t set;
    sigemptyset(&set);
    SHOW(RAW(ppoll, &entry, 1L, &zero, &set, 4L));
    SHOW(RAW(ppoll, &entry, 1L, &zero, &set, 8L));
    SHOW(RAW(ppoll, &entry, 1L, &zero, NULL, 4L));

    /* The raw call writes the time that is left. */
    struct timespec left = {1000, 5};
    MUST(write(ends[1], "x", 1));
    SHOW(RAW(ppoll, &entry, 1L, &left, NULL, 8L));
    say("less left %d\n", left.tv_sec == 999 || (left.tv_sec == 1000 && left.tv_nsec < 5));
    left = (struct timespec){0, 1000000};
    entry.events = 0;
    SHOW(RAW(ppoll, &entry, 1L, &left, NULL, 8L));
    say("nothing left %d\n", left.tv_sec == 0 && left.tv_nsec == 0);
    masks(&entry);
    return 0;
}
