// calls: execve
/* What a program hands on through execve(2) and what it loses. */
#include "child.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

static void handler(int signo)
{
    (void)signo;
}

static int after(char **argv)
{
    struct sigaction action;
    sigset_t set;
    stack_t stack;
    struct itimerval timer;
    char name[16], text[16] = "";
    int number;

    say("same process: %d, same parent: %d\n", getpid() == atoi(argv[1]),
        getppid() == atoi(argv[2]));
    MUST(sigaction(SIGUSR1, NULL, &action));
    say("caught signal is default: %d, its flags %#x\n", action.sa_handler == SIG_DFL,
        (unsigned)action.sa_flags);
    MUST(sigaction(SIGUSR2, NULL, &action));
    say("ignored signal is ignored: %d\n", action.sa_handler == SIG_IGN);
    MUST(sigprocmask(SIG_SETMASK, NULL, &set));
    say("SIGALRM blocked: %d, SIGTERM blocked: %d\n", sigismember(&set, SIGALRM),
        sigismember(&set, SIGTERM));
    MUST(sigpending(&set));
    say("SIGALRM pending: %d, SIGTERM pending: %d\n", sigismember(&set, SIGALRM),
        sigismember(&set, SIGTERM));
    MUST(sigaltstack(NULL, &stack));
    say("alternate stack disabled: %d\n", stack.ss_flags == SS_DISABLE);
    MUST(getitimer(ITIMER_REAL, &timer));
    say("interval timer runs on: %d, interval %ld\n", timer.it_value.tv_sec > 500,
        (long)timer.it_interval.tv_sec);
    struct itimerspec spec;
    SHOW(syscall(SYS_timer_gettime, 0, &spec));

    say("descriptor 20 (close-on-exec): %d\n", fcntl(20, F_GETFD));
    say("descriptor 21: %d\n", fcntl(21, F_GETFD));
    SHOW(read(21, text, 4));
    show_text("read on", text, 4);
    say("umask %03o\n", umask(0));
    say("in subdirectory: %d\n", access("../letters", F_OK) == 0);
    say("nice %d\n", getpriority(PRIO_PROCESS, 0));
    struct rlimit limit;
    MUST(getrlimit(RLIMIT_NOFILE, &limit));
    say("descriptors %ld of %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
    MUST(prctl(PR_GET_NAME, name));
    say("named after the file: %d, the old name: %d\n", strcmp(name, "exe") == 0,
        strcmp(name, "before") == 0);
    MUST(prctl(PR_GET_PDEATHSIG, &number));
    say("parent death signal %d, subreaper ", number);
    MUST(prctl(PR_GET_CHILD_SUBREAPER, &number));
    say("%d, no_new_privs %d, dumpable %d, keepcaps %d\n", number,
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS));
    say("group leader: %d, in the session of its own: %d\n", getpgrp() == getpid(),
        getsid(0) == getpid());
    show_status("child from before", reap(atoi(argv[3])));
    return 0;
}

static void before(void)
{
    static char stack[65536];
    char own[16], parent[16], child[16];
    MUST(setsid());
    catch_signal(SIGUSR1, handler, SA_NODEFER | SA_RESTART);
    MUST(signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    MUST(raise(SIGALRM));
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    MUST(sigaltstack(&alternate, NULL));
    struct itimerval timer = {.it_value.tv_sec = 1000, .it_interval.tv_sec = 7};
    MUST(setitimer(ITIMER_REAL, &timer, NULL));
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    int id;
    MUST(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &id));

    make_file("letters", "abcdefgh", 0600);
    int fd = (int)MUST(open("letters", O_RDONLY));
    MUST(dup3(fd, 20, O_CLOEXEC));
    MUST(dup2(fd, 21));
    MUST(lseek(fd, 3, SEEK_SET));
    umask(031);
    MUST(mkdir("sub", 0700));
    MUST(chdir("sub"));
    MUST(setpriority(PRIO_PROCESS, 0, 5));
    struct rlimit limit = {100, 200};
    MUST(setrlimit(RLIMIT_NOFILE, &limit));
    MUST(prctl(PR_SET_NAME, "before"));
    MUST(prctl(PR_SET_PDEATHSIG, SIGUSR2));
    MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    MUST(prctl(PR_SET_DUMPABLE, 0));
    MUST(prctl(PR_SET_KEEPCAPS, 1));
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0)
        _exit(44);
    snprintf(own, sizeof own, "%d", getpid());
    snprintf(parent, sizeof parent, "%d", getppid());
    snprintf(child, sizeof child, "%d", pid);
    execl("/proc/self/exe", "after", own, parent, child, NULL);
}

int main(int argc, char **argv)
{
    if (argc > 3)
        return after(argv);
    show_child("program", before);
    return 0;
}
