// calls: prctl
// needs: namespaces
/* PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER: what happens when a parent dies. */
#include "child.h"
#include <sys/prctl.h>

static struct gate ready, reaped, done;

static void mourner(void)
{
    sigset_t set;
    siginfo_t info;
    int signo = -1;
    MUST(RAW(prctl, PR_GET_PDEATHSIG, &signo));
    say("not inherited: %d\n", signo);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    pid_t parent = getppid();
    SHOW(RAW(prctl, PR_SET_PDEATHSIG, (long)SIGUSR1));
    gate_pass(&ready);
    signo = sigwaitinfo(&set, &info);
    gate_wait(&reaped);
    say("got %s, from the parent: %d, code SI_USER: %d\n", signal_name(signo),
        info.si_pid == parent, info.si_code == SI_USER);
    say("parent is gone: %d\n", getppid() != parent);
    gate_pass(&done);
}

static void parent(void)
{
    start_child(mourner);
    gate_wait(&ready);
}

static void cleared(void)
{
    int signo = -1;
    MUST(RAW(prctl, PR_SET_PDEATHSIG, (long)SIGUSR2));
    MUST(setresuid(1000, 1000, 1000));
    MUST(RAW(prctl, PR_GET_PDEATHSIG, &signo));
    say("after setresuid: %d\n", signo);
}

static void subreaper_child(void)
{
    int value = -1;
    MUST(RAW(prctl, PR_GET_CHILD_SUBREAPER, &value));
    say("subreaper not inherited: %d\n", value);
}

static void adopted(void)
{
    gate_wait(&ready);
    _exit(17);
}

static void middle(void)
{
    start_child(adopted);
    _exit(16);
}

int main(void)
{
    int value = -1;
    gate_open(&ready);
    gate_open(&reaped);
    gate_open(&done);
    SHOW(RAW(prctl, PR_GET_PDEATHSIG, &value));
    say("death signal %d\n", value);
    SHOW(RAW(prctl, PR_SET_PDEATHSIG, 64L));
    SHOW(RAW(prctl, PR_SET_PDEATHSIG, 65L));
    SHOW(RAW(prctl, PR_SET_PDEATHSIG, -1L));
    SHOW(RAW(prctl, PR_GET_PDEATHSIG, &value));
    say("death signal %d\n", value);
    SHOW(RAW(prctl, PR_GET_PDEATHSIG, BAD_POINTER));
    SHOW(RAW(prctl, PR_SET_PDEATHSIG, (long)SIGUSR1));
    show_status("parent", reap(start_child(parent)));
    gate_pass(&reaped);
    gate_wait(&done);
    SHOW(RAW(prctl, PR_SET_PDEATHSIG, 0L));
    show_child("cleared", cleared);

    SHOW(RAW(prctl, PR_SET_CHILD_SUBREAPER, 7L));
    SHOW(RAW(prctl, PR_GET_CHILD_SUBREAPER, &value));
    say("subreaper %d\n", value);
    SHOW(RAW(prctl, PR_GET_CHILD_SUBREAPER, BAD_POINTER));
    show_child("child", subreaper_child);
    show_child("middle", middle);
    gate_pass(&ready);
    int status;
    MUST(wait(&status));
    show_status("adopted", status);
    SHOW(RAW(prctl, PR_SET_CHILD_SUBREAPER, 0L));
    return 0;
}
