// calls: getppid getpid gettid
// needs: namespaces
/* The parent's number, and who becomes parent of an orphan. */
#include "child.h"
#include <sys/prctl.h>

static struct gate parent_gone, done;
static pid_t first;

static void orphan(void)
{
    gate_wait(&parent_gone);
    say("orphan of init: %d\n", getppid() == 1);
    gate_pass(&done);
}

static void middle(void)
{
    start_child(orphan);
}

static void adopted(void)
{
    gate_wait(&parent_gone);
    say("orphan of the subreaper: %d\n", getppid() == first);
    _exit(5);
}

static void leave_adopted(void)
{
    start_child(adopted);
}

static void child(void)
{
    say("child's parent: %d\n", getppid() == first);
    say("a process of one thread: %d\n", getpid() == syscall(SYS_gettid));
}

int main(void)
{
    first = getpid();
    gate_open(&parent_gone);
    gate_open(&done);
    say("a process of one thread: %d\n", getpid() == syscall(SYS_gettid));
    show_child("child", child);

    reap(start_child(middle));
    gate_pass(&parent_gone);
    gate_wait(&done);

    MUST(prctl(PR_SET_CHILD_SUBREAPER, 1));
    reap(start_child(leave_adopted));
    gate_pass(&parent_gone);
    int status;
    say("waited for: %d\n", wait(&status) > 0);
    show_status("adopted", status);
    SHOW(wait(&status));
    return 0;
}
