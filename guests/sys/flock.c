// calls: flock
#include "guest.h"
#include <sys/file.h>

static int first, second, copy;

static void in_child(void)
{
    /* The descriptions are shared with the parent: so are their locks. */
    SHOW(flock(first, LOCK_EX | LOCK_NB));
    SHOW(flock(second, LOCK_SH | LOCK_NB));
    int own = (int)MUST(open("file", O_RDONLY));
    SHOW(flock(own, LOCK_SH | LOCK_NB));
}

static void waiting(void)
{
    MUST(flock(first, LOCK_EX));
    pid_t pid = fork();
    if (pid == 0) {
        int own = (int)MUST(open("file", O_RDONLY));
        SHOW(flock(own, LOCK_SH));
        _exit(0);
    }
    sleep_ms(40);
    say("release\n");
    MUST(flock(first, LOCK_UN));
    MUST(waitpid(pid, NULL, 0));

    MUST(flock(first, LOCK_EX));
    start_alarms(0);
    SHOW(flock(second, LOCK_EX));
    stop_alarms();
}

int main(void)
{
    make_file("file", "", 0600);
    first = (int)MUST(open("file", O_RDONLY));
    second = (int)MUST(open("file", O_RDONLY));
    copy = dup(first);
    SHOW(flock(first, LOCK_SH));
    SHOW(flock(second, LOCK_SH));
    SHOW(flock(second, LOCK_EX | LOCK_NB));
    SHOW(flock(second, LOCK_UN));
    SHOW(flock(second, LOCK_UN));
    SHOW(flock(first, LOCK_EX | LOCK_NB));
    SHOW(flock(second, LOCK_SH | LOCK_NB));
    SHOW(flock(copy, LOCK_EX | LOCK_NB));
    show_status("child", run_child(in_child));
    SHOW(flock(second, LOCK_SH | LOCK_NB));
    SHOW(close(first));
    SHOW(flock(second, LOCK_SH | LOCK_NB));
    SHOW(flock(copy, LOCK_UN));
    SHOW(flock(second, LOCK_EX | LOCK_NB));
    MUST(flock(second, LOCK_UN));

    SHOW(flock(copy, 0));
    SHOW(flock(copy, LOCK_NB));
    SHOW(flock(copy, LOCK_SH | LOCK_EX));
    SHOW(flock(copy, LOCK_EX | LOCK_NB));
    SHOW(flock(copy, LOCK_UN | LOCK_NB));
    SHOW(flock(-1, LOCK_SH));
    SHOW(flock(99, LOCK_SH));
    int path = (int)MUST(open("file", O_PATH));
    SHOW(flock(path, LOCK_SH));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(flock(directory, LOCK_EX | LOCK_NB));
    int ends[2];
    MUST(pipe(ends));
    SHOW(flock(ends[0], LOCK_EX | LOCK_NB));
    SHOW(flock(ends[1], LOCK_EX | LOCK_NB));

    /* flock and fcntl locks do not see each other. */
    struct flock lock = {.l_type = F_RDLCK};
    SHOW(flock(copy, LOCK_EX | LOCK_NB));
    SHOW(fcntl(second, F_SETLK, &lock));
    SHOW(flock(copy, LOCK_UN));

    first = (int)MUST(open("file", O_RDONLY));
    waiting();
    return 0;
}
