// calls: pselect6
#include "guest.h"
#include <sys/select.h>

static volatile sig_atomic_t signals;

static void count(int signo)
{
    (void)signo;
    signals++;
}

struct mask_argument {
    const sigset_t *set;
    size_t size;
};

int main(void)
{
    int ends[2];
    MUST(pipe(ends));
    int count_fds = ends[1] + 1;
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(ends[0], &reads);
    struct timespec zero = {0, 0}, brief = {0, 5000000}, bad = {0, 1000000000}, negative = {0, -1};
    SHOW(pselect(count_fds, &reads, NULL, NULL, &zero, NULL));
    say("still set %d\n", FD_ISSET(ends[0], &reads));
    FD_SET(ends[0], &reads);
    SHOW(pselect(count_fds, &reads, NULL, NULL, &brief, NULL));
    SHOW(pselect(count_fds, &reads, NULL, NULL, &bad, NULL));
    SHOW(pselect(count_fds, &reads, NULL, NULL, &negative, NULL));
    SHOW(pselect(-1, NULL, NULL, NULL, &zero, NULL));
    SHOW(pselect(0, NULL, NULL, NULL, &brief, NULL));

    MUST(write(ends[1], "x", 1));
    FD_SET(ends[0], &reads);
    fd_set writes = reads;
    FD_SET(ends[1], &writes);
    SHOW(pselect(count_fds, &reads, &writes, NULL, NULL, NULL));
    say("reads %d, writes %d %d\n", FD_ISSET(ends[0], &reads), FD_ISSET(ends[0], &writes),
        FD_ISSET(ends[1], &writes) != 0);

    sigset_t none, usr1;
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    struct mask_argument mask = {&none, 8};
    SHOW(RAW(pselect6, 0, NULL, NULL, NULL, &zero, &mask));
    mask.size = 4;
    SHOW(RAW(pselect6, 0, NULL, NULL, NULL, &zero, &mask));
    mask = (struct mask_argument){NULL, 4};
    SHOW(RAW(pselect6, 0, NULL, NULL, NULL, &zero, &mask));
    mask = (struct mask_argument){BAD_POINTER, 8};
    SHOW(RAW(pselect6, 0, NULL, NULL, NULL, &zero, &mask));
    SHOW(RAW(pselect6, 0, NULL, NULL, NULL, &zero, BAD_POINTER));
    SHOW(RAW(pselect6, 0, NULL, NULL, NULL, BAD_POINTER, NULL));
    SHOW(RAW(pselect6, 8, BAD_POINTER, NULL, NULL, &zero, NULL));

    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    MUST(sigaction(SIGUSR1, &action, NULL));
    MUST(sigprocmask(SIG_BLOCK, &usr1, NULL));
    MUST(raise(SIGUSR1));
    SHOW(pselect(0, NULL, NULL, NULL, &brief, NULL));
    say("signals %d\n", signals);
    SHOW(pselect(0, NULL, NULL, NULL, &brief, &none));
    say("signals %d\n", signals);
    sigset_t now;
    MUST(sigprocmask(SIG_SETMASK, NULL, &now));
    say("blocked again %d\n", sigismember(&now, SIGUSR1));

    struct timespec left = {0, 1000};
    SHOW(RAW(pselect6, 0, NULL, NULL, NULL, &left, NULL));
    say("time left %ld %ld\n", (long)left.tv_sec, left.tv_nsec);
    return 0;
}
