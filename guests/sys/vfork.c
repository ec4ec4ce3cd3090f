// calls: vfork
/* The child runs in the parent's memory, and the parent waits until it exits or executes. */
#include "child.h"

static volatile int shared;
static int index_now, good;

int main(int argc, char **argv)
{
    if (argc > 1) {
        say("executed with %s\n", argv[1]);
        return 5;
    }
    pid_t pid = vfork();
    MUST(pid);
    if (pid == 0) {
        shared = 42;
        _exit(3);
    }
    say("the child's write is here: %d\n", shared);
    show_status("child", reap(pid));

    char *arguments[] = {argv[0], "vfork", NULL};
    pid = vfork();
    MUST(pid);
    if (pid == 0) {
        execv("/proc/self/exe", arguments);
        _exit(127);
    }
    show_status("executed child", reap(pid));

    pid = vfork();
    MUST(pid);
    if (pid == 0) {
        execv("missing", arguments);
        shared = errno;
        _exit(127);
    }
    say("failed execve left %s\n", errno_name(shared));
    show_status("child of a failed execve", reap(pid));

    /* The parent is held although the child sleeps first; descriptors are still apart. */
    int fd = (int)MUST(open(".", O_RDONLY));
    pid = vfork();
    MUST(pid);
    if (pid == 0) {
        close(fd);
        sleep_ms(30);
        shared = 7;
        _exit(0);
    }
    say("after a sleeping child: %d\n", shared);
    show_status("sleeping child", reap(pid));
    SHOW(close(fd));

    /* A child that is killed releases the parent too. */
    pid = vfork();
    MUST(pid);
    if (pid == 0) {
        kill(getpid(), SIGKILL);
        _exit(0);
    }
    show_status("killed child", reap(pid));

    for (index_now = 0; index_now < 100; index_now++) {
        pid = vfork();
        if (pid == 0) {
            shared = index_now;
            _exit(index_now);
        }
        good += shared == index_now && WEXITSTATUS(reap(pid)) == index_now;
    }
    say("in a row: %d\n", good);
    return 0;
}
