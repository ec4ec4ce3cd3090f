// calls: setpgid getpgid getpgrp
/* Process groups: who may move whom, and where to. */
#include "child.h"

static struct gate ready, leave;

static void waiter(void)
{
    gate_pass(&ready);
    gate_wait(&leave);
}

static void session_waiter(void)
{
    MUST(setsid());
    waiter();
}

static void executed_waiter(void)
{
    char out[16], in[16];
    snprintf(out, sizeof out, "%d", ready.fd[1]);
    snprintf(in, sizeof in, "%d", leave.fd[0]);
    execl("/proc/self/exe", "waiter", out, in, NULL);
}

static void body(void)
{
    MUST(setsid());
    gate_open(&ready);
    gate_open(&leave);
    say("group is mine: %d, by number %d, by zero %d\n", getpgrp() == getpid(),
        getpgid(getpid()) == getpid(), getpgid(0) == getpid());
    SHOW(getpgid(-1));
    SHOW(getpgid(0x7fffffff));
    SHOW(setpgid(0, -1));
    SHOW(setpgid(-1, 0));
    SHOW(setpgid(0x7fffffff, 0));
    SHOW(setpgid(getppid(), 0));
    SHOW(setpgid(0, 0)); /* a session leader */

    pid_t one = start_child(waiter), two = start_child(waiter);
    gate_wait(&ready);
    gate_wait(&ready);
    say("children begin in my group: %d\n", getpgid(one) == getpid() && getpgid(two) == getpid());
    SHOW(setpgid(one, 0x7fffffff));
    SHOW(setpgid(one, two));
    SHOW(setpgid(one, one));
    SHOW(setpgid(one, one));
    SHOW(setpgid(two, one));
    say("two is in one's group: %d\n", getpgid(two) == one);
    SHOW(setpgid(two, 0));
    say("two leads: %d\n", getpgid(two) == two);
    SHOW(setpgid(two, getpgrp()));
    SHOW(setpgid(getpid(), one));
    gate_pass(&leave);
    gate_pass(&leave);
    int status;
    MUST(waitpid(one, &status, 0));
    MUST(waitpid(two, &status, 0));

    pid_t apart = start_child(session_waiter);
    gate_wait(&ready);
    SHOW(setpgid(apart, getpgrp()));
    SHOW(setpgid(apart, apart));
    SHOW(setpgid(0, apart));
    say("its group can be asked for: %d\n", getpgid(apart) == apart);
    gate_pass(&leave);
    reap(apart);

    pid_t executed = start_child(executed_waiter);
    gate_wait(&ready);
    SHOW(setpgid(executed, executed));
    gate_pass(&leave);
    show_status("executed", reap(executed));

    /* A zombie still has its group, and the group lives on without its leader. */
    one = start_child(waiter);
    two = start_child(waiter);
    MUST(setpgid(one, one));
    MUST(setpgid(two, one));
    MUST(kill(one, SIGKILL));
    siginfo_t info;
    MUST(waitid(P_PID, (id_t)one, &info, WEXITED | WNOWAIT));
    say("zombie's group: %d\n", getpgid(one) == one);
    reap(one);
    SHOW(getpgid(one));
    say("group without leader: %d\n", getpgid(two) == one);
    SHOW(kill(-one, SIGTERM));
    show_status("two", reap(two));
    SHOW(kill(-one, SIGTERM));
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        ready.fd[1] = atoi(argv[1]);
        leave.fd[0] = atoi(argv[2]);
        waiter();
        return 0;
    }
    show_child("session", body);
    return 0;
}
