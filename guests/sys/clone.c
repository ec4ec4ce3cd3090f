// calls: clone
/* clone(2) without CLONE_VM: which combinations are refused, and what each flag shares. */
#include "child.h"
#include <sched.h>

static long raw_clone(unsigned long flags, void *stack, int *parent_tid, int *child_tid)
{
    return syscall(SYS_clone, flags, stack, parent_tid, child_tid, 0UL);
}

static void refused(const char *text, unsigned long flags)
{
    long pid = raw_clone(flags | SIGCHLD, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    if (pid > 0) {
        say("%s: accepted\n", text);
        reap((pid_t)pid);
    } else {
        say("%s: %s\n", text, errno_name(errno));
    }
}
#define REFUSED(flags) refused(#flags, flags)

static void show_combinations(void)
{
    REFUSED(CLONE_SIGHAND);
    REFUSED(CLONE_THREAD);
    REFUSED(CLONE_THREAD | CLONE_SIGHAND);
    REFUSED(CLONE_THREAD | CLONE_VM);
    REFUSED(CLONE_FS | CLONE_NEWNS);
    REFUSED(CLONE_FS | CLONE_NEWUSER);
    REFUSED(CLONE_PIDFD | CLONE_PARENT_SETTID);
    REFUSED(CLONE_PIDFD | CLONE_DETACHED);
    REFUSED(CLONE_DETACHED);
    REFUSED(CLONE_UNTRACED);
    REFUSED(CLONE_PTRACE);
}

static void show_thread_ids(void)
{
    int *tid = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST((long)tid);
    tid[0] = tid[1] = 0;
    unsigned long flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD;
    long pid = raw_clone(flags, NULL, &tid[0], &tid[1]);
    MUST(pid);
    if (pid == 0)
        _exit(tid[0] == getpid() && tid[1] == getpid());
    show_status("child found both numbers", reap((pid_t)pid));
    say("parent has its number: %d\n", tid[0] == pid);

    /* CLONE_CHILD_CLEARTID clears only memory that somebody shares through CLONE_VM. */
    tid[1] = 5;
    pid = raw_clone(CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, &tid[1]);
    MUST(pid);
    if (pid == 0)
        _exit(tid[1]);
    show_status("cleartid child", reap((pid_t)pid));
    say("after its end: %d\n", tid[1]);

    /* A bad address costs the caller nothing: the child runs. */
    flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
    pid = raw_clone(CLONE_CHILD_SETTID | SIGCHLD, NULL, NULL, BAD_POINTER);
    MUST(pid);
    if (pid == 0)
        _exit(4);
    show_status("bad child_tid", reap((pid_t)pid));
    errno = 0;
    pid = raw_clone(flags, NULL, BAD_POINTER, BAD_POINTER);
    if (pid == 0)
        _exit(6);
    say("bad parent_tid: %s\n", pid < 0 ? errno_name(errno) : "accepted");
    if (pid > 0)
        show_status("bad parent_tid", reap((pid_t)pid));
}

static volatile int seen_signal;

static void note(int signo)
{
    seen_signal = signo;
}

static void show_exit_signals(void)
{
    catch_signal(SIGUSR1, note, 0);
    long pid = raw_clone(SIGUSR1, NULL, NULL, NULL);
    MUST(pid);
    if (pid == 0)
        _exit(1);
    int status;
    SHOW(waitpid((pid_t)pid, &status, WNOHANG));
    say("__WCLONE finds it: %d\n", waitpid((pid_t)pid, &status, __WCLONE) == pid);
    show_status("child with SIGUSR1", status);
    say("exit signal %s\n", signal_name(seen_signal));

    seen_signal = 0;
    pid = raw_clone(0, NULL, NULL, NULL);
    MUST(pid);
    if (pid == 0)
        _exit(2);
    say("__WALL finds it: %d\n", waitpid((pid_t)pid, &status, __WALL) == pid);
    show_status("child without signal", status);
    say("exit signal %d\n", seen_signal);

    /* A number beyond the last signal is taken and never sent. */
    pid = raw_clone(100, NULL, NULL, NULL);
    MUST(pid);
    if (pid == 0)
        _exit(3);
    say("__WALL finds it: %d\n", waitpid((pid_t)pid, &status, __WALL) == pid);
    show_status("child with signal 100", status);
}

int main(void)
{
    show_combinations();
    show_thread_ids();
    show_exit_signals();
    return 0;
}
