// calls: setpgid kill rt_sigaction
/* A group that becomes orphaned while a member is stopped gets SIGHUP and SIGCONT; terminal stop
 * signals do not stop an orphaned group. */
#include "child.h"

static struct gate leave, done;

static void on_hangup(int signo)
{
    say("member caught %s\n", signal_name(signo));
}

static void on_continue(int signo)
{
    say("member caught %s\n", signal_name(signo));
}

static void stopped_member(void)
{
    catch_signal(SIGHUP, on_hangup, 0);
    catch_signal(SIGCONT, on_continue, 0);
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCONT);
    /* Both come while the process stops; unblocked one by one they are seen in a fixed order. */
    MUST(sigprocmask(SIG_BLOCK, &set, &old));
    MUST(setpgid(0, 0));
    raise(SIGSTOP);
    sigdelset(&set, SIGCONT);
    MUST(sigprocmask(SIG_SETMASK, &set, NULL));
    MUST(sigprocmask(SIG_SETMASK, &old, NULL));
    say("member runs again\n");
    raise(SIGTSTP);
    raise(SIGTTIN);
    raise(SIGTTOU);
    say("terminal stops do nothing to an orphan\n");
    gate_pass(&done);
}

static void parent(void)
{
    int status;
    pid_t pid = start_child(stopped_member);
    MUST(waitpid(pid, &status, WUNTRACED));
    show_status("member", status);
    say("its parent ends\n");
}

static void quiet_member(void)
{
    catch_signal(SIGHUP, on_hangup, 0);
    catch_signal(SIGCONT, on_continue, 0);
    MUST(setpgid(0, 0));
    gate_pass(&done);
    gate_wait(&leave);
    say("running member saw nothing\n");
    gate_pass(&done);
}

static void quiet_parent(void)
{
    start_child(quiet_member);
    gate_wait(&done);
}

static void session(void)
{
    MUST(setsid());
    gate_open(&leave);
    gate_open(&done);
    reap(start_child(parent));
    gate_wait(&done);

    reap(start_child(quiet_parent));
    gate_pass(&leave);
    gate_wait(&done);

    /* A session leader's own group is orphaned when its parent is in another session. */
    raise(SIGTSTP);
    say("session leader not stopped\n");
}

int main(void)
{
    show_child("session", session);
    return 0;
}
