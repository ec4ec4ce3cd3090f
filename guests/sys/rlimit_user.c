// calls: setrlimit
// needs: namespaces
/* Limits that count for a user: RLIMIT_NPROC and RLIMIT_SIGPENDING. */
#include "child.h"
#include <sys/resource.h>

static struct gate leave;

static void set(int resource, rlim_t soft)
{
    struct rlimit limit = {soft, soft};
    MUST(setrlimit(resource, &limit));
}

static void user(void)
{
    set(RLIMIT_NPROC, 2);
    pid_t first = fork();
    MUST(first);
    if (first == 0) {
        gate_wait(&leave);
        _exit(1);
    }
    pid_t second = fork();
    if (second == 0)
        _exit(2);
    say("second child: %s\n", second < 0 ? errno_name(errno) : "started");
    SHOW(vfork());
    gate_pass(&leave);
    show_status("first", reap(first));
    second = fork();
    if (second == 0)
        _exit(2);
    say("after its end: %s\n", second < 0 ? errno_name(errno) : "started");
    if (second > 0)
        reap(second);
}

static void queue(void)
{
    sigset_t set_of_one;
    sigemptyset(&set_of_one);
    sigaddset(&set_of_one, SIGRTMIN);
    sigaddset(&set_of_one, SIGUSR1);
    MUST(sigprocmask(SIG_BLOCK, &set_of_one, NULL));
    set(RLIMIT_SIGPENDING, 3);
    union sigval value = {.sival_int = 1};
    SHOW(sigqueue(getpid(), SIGRTMIN, value));
    SHOW(sigqueue(getpid(), SIGRTMIN, value));
    SHOW(sigqueue(getpid(), SIGRTMIN, value));
    SHOW(sigqueue(getpid(), SIGRTMIN, value));
    /* kill(2) never fails for lack of room. */
    SHOW(kill(getpid(), SIGUSR1));
    SHOW(kill(getpid(), SIGRTMIN));
    siginfo_t info;
    for (int i = 0; i < 5; i++) {
        struct timespec none = {0, 0};
        errno = 0;
        int signo = sigtimedwait(&set_of_one, &info, &none);
        say("got %s code %d\n", signo < 0 ? errno_name(errno) : signal_name(signo),
            signo < 0 ? 0 : info.si_code);
    }
}

int main(void)
{
    gate_open(&leave);
    uid_t uid = lonely_uid();
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        become_user(uid);
        user();
        queue();
        _exit(0);
    }
    show_status("user", reap(pid));
    return 0;
}
