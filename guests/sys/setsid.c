// calls: setsid getsid
/* Sessions: a group leader may not leave its own, everybody else becomes a leader. */
#include "child.h"

static struct gate ready, leave;

static void grandchild(void)
{
    say("in the parent's session: %d, in its group: %d\n", getsid(0) == getppid(),
        getpgrp() == getppid());
    say("setsid is my number: %d\n", setsid() == getpid());
    say("session %d, group %d\n", getsid(0) == getpid(), getpgrp() == getpid());
    SHOW(setsid());
    gate_pass(&ready);
    gate_wait(&leave);
}

static void child(void)
{
    say("setsid is my number: %d\n", setsid() == getpid());
    SHOW(setsid());
    SHOW(setpgid(0, 0));
    gate_open(&ready);
    gate_open(&leave);
    pid_t pid = start_child(grandchild);
    gate_wait(&ready);
    say("child's session: %d\n", getsid(pid) == pid);
    SHOW(getsid(-1));
    SHOW(getsid(0x7fffffff));
    gate_pass(&leave);
    show_status("grandchild", reap(pid));
    SHOW(getsid(pid));
    /* No terminal is the session's. */
    SHOW(open("/dev/tty", O_RDWR));
}

static void group_leader(void)
{
    MUST(setpgid(0, 0));
    SHOW(setsid());
    /* The group still has its number, although its leader went elsewhere. */
    pid_t first = fork();
    MUST(first);
    if (first == 0) {
        MUST(setpgid(0, 0));
        pid_t second = fork();
        if (second == 0) {
            say("member leaves: %d\n", setsid() == getpid());
            _exit(0);
        }
        reap(second);
        SHOW(setsid());
        _exit(0);
    }
    show_status("first", reap(first));
}

int main(void)
{
    show_child("child", child);
    show_child("leader", group_leader);
    return 0;
}
