// calls: kill wait4 rt_sigaction
/* Stopping and continuing: what is pending when a process stops, and what a stop does to it. */
#include "child.h"

static struct gate ready, go;

static void note(int signo)
{
    say("  caught %s\n", signal_name(signo));
}

static void quiet_note(int signo)
{
    (void)signo;
}

static void show_stop(pid_t pid)
{
    int status;
    MUST(waitpid(pid, &status, WUNTRACED));
    show_status("child", status);
}

static void show_continue(pid_t pid)
{
    int status;
    MUST(waitpid(pid, &status, WCONTINUED));
    show_status("child", status);
}

static void worker(void)
{
    MUST(setpgid(0, 0));
    gate_pass(&ready);
    gate_wait(&go);
    _exit(5);
}

static pid_t start_worker(void)
{
    pid_t pid = start_child(worker);
    gate_wait(&ready);
    return pid;
}

static void catcher(void)
{
    catch_signal(SIGTSTP, note, 0);
    catch_signal(SIGCONT, note, 0);
    raise(SIGTSTP);
    raise(SIGCONT);
    raise(SIGSTOP);
    _exit(6);
}

static void blocker(void)
{
    sigset_t set, pending;
    MUST(setpgid(0, 0));
    catch_signal(SIGCONT, quiet_note, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGCONT);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    raise(SIGTSTP);
    MUST(sigpending(&pending));
    say("  pending stop %d", sigismember(&pending, SIGTSTP));
    /* Each throws the other away. */
    raise(SIGCONT);
    MUST(sigpending(&pending));
    say(", after SIGCONT %d and %d", sigismember(&pending, SIGTSTP),
        sigismember(&pending, SIGCONT));
    raise(SIGTSTP);
    MUST(sigpending(&pending));
    say(", after SIGTSTP %d and %d\n", sigismember(&pending, SIGTSTP),
        sigismember(&pending, SIGCONT));
    MUST(sigprocmask(SIG_UNBLOCK, &set, NULL));
    say("  continued\n");
}

int main(void)
{
    gate_open(&ready);
    gate_open(&go);
    pid_t pid = start_worker();
    MUST(kill(pid, SIGSTOP));
    show_stop(pid);
    /* Signals wait while the process is stopped, SIGKILL does not. */
    MUST(kill(pid, SIGTERM));
    int status;
    say("still stopped: %d\n", waitpid(pid, &status, WNOHANG) == 0);
    MUST(kill(pid, SIGCONT));
    show_status("after SIGCONT", reap(pid));

    pid = start_worker();
    MUST(kill(pid, SIGTSTP));
    show_stop(pid);
    MUST(kill(pid, SIGKILL));
    show_status("killed while stopped", reap(pid));

    pid = start_worker();
    MUST(kill(pid, SIGTTIN));
    show_stop(pid);
    MUST(kill(pid, SIGTTOU));
    MUST(kill(pid, SIGSTOP));
    say("no second stop: %d\n", waitpid(pid, &status, WNOHANG | WUNTRACED) == 0);
    MUST(kill(pid, SIGCONT));
    show_continue(pid);
    gate_pass(&go);
    show_status("stop signals were thrown away", reap(pid));

    pid = start_worker();
    MUST(kill(pid, SIGCONT));
    say("continuing a running process is no news: %d\n",
        waitpid(pid, &status, WNOHANG | WCONTINUED) == 0);
    gate_pass(&go);
    show_status("child", reap(pid));

    pid = start_child(catcher);
    show_stop(pid);
    MUST(kill(pid, SIGCONT));
    show_status("catcher", reap(pid));

    pid = start_child(blocker);
    show_stop(pid);
    MUST(kill(pid, SIGCONT));
    show_status("blocker", reap(pid));
    return 0;
}
