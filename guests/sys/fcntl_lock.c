// calls: fcntl
#include "guest.h"

static int fd;

static struct flock range(short type, off_t start, off_t length)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

static void show_conflict(const char *label, struct flock lock)
{
    pid_t parent = getppid();
    long result = fcntl(fd, F_GETLK, &lock);
    if (result < 0)
        say("%s: %s\n", label, errno_name(errno));
    else if (lock.l_type == F_UNLCK)
        say("%s: free\n", label);
    else
        say("%s: %s lock of %s, whence %d, %ld + %ld\n", label,
            lock.l_type == F_RDLCK ? "read" : "write", lock.l_pid == parent ? "parent" : "another",
            lock.l_whence, (long)lock.l_start, (long)lock.l_len);
}

static void see_from_child(void)
{
    show_conflict("write [0,100)", range(F_WRLCK, 0, 100));
    show_conflict("read [0,100)", range(F_RDLCK, 0, 100));
    show_conflict("write [15,16)", range(F_WRLCK, 15, 1));
    show_conflict("write to the end", range(F_WRLCK, 50, 0));
    struct flock lock = range(F_WRLCK, 0, 5);
    SHOW(fcntl(fd, F_SETLK, &lock));
}

static void combinations(void)
{
    struct flock lock = range(F_WRLCK, 0, 10);
    SHOW(fcntl(fd, F_SETLK, &lock));
    run_child(see_from_child);
    lock = range(F_RDLCK, 3, 4);
    SHOW(fcntl(fd, F_SETLK, &lock));
    run_child(see_from_child);
    lock = range(F_UNLCK, 0, 5);
    SHOW(fcntl(fd, F_SETLK, &lock));
    run_child(see_from_child);
    lock = range(F_RDLCK, 20, 0);
    SHOW(fcntl(fd, F_SETLK, &lock));
    run_child(see_from_child);
    lock = range(F_WRLCK, 0, 1);
    SHOW(fcntl(fd, F_GETLK, &lock));
    say("own locks do not conflict: %d\n", lock.l_type == F_UNLCK);
    /* Closing any descriptor of the file gives up every lock of the process. */
    MUST(close((int)MUST(open("file", O_RDONLY))));
    run_child(see_from_child);
}

static void arguments(void)
{
    struct flock lock = range(9, 0, 1);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = range(F_RDLCK, -1, 1);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = range(F_RDLCK, INT64_MAX, 2);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = range(F_RDLCK, 10, -5);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = range(F_RDLCK, 10, -11);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock.l_whence = 7;
    SHOW(fcntl(fd, F_SETLK, &lock));
    MUST(lseek(fd, 4, SEEK_SET));
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = -2, .l_len = 3};
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = 1, .l_len = 2};
    SHOW(fcntl(fd, F_SETLK, &lock));
    run_child(see_from_child);
    SHOW(fcntl(fd, F_SETLK, BAD_POINTER));
    SHOW(fcntl(fd, F_GETLK, NULL_POINTER));
    SHOW(fcntl(99, F_SETLK, BAD_POINTER));
    int read_only = (int)MUST(open("file", O_RDONLY));
    int write_only = (int)MUST(open("file", O_WRONLY));
    lock = range(F_WRLCK, 0, 0);
    SHOW(fcntl(read_only, F_SETLK, &lock));
    lock = range(F_RDLCK, 0, 0);
    SHOW(fcntl(write_only, F_SETLK, &lock));
    lock = range(F_UNLCK, 0, 0);
    SHOW(fcntl(fd, F_GETLK, &lock));
    SHOW(fcntl(fd, F_SETLK, &lock));
}

static int told[2];

static void tell(void)
{
    MUST(write(told[1], "x", 1));
}

static void wait_until_told(void)
{
    char byte;
    MUST(read(told[0], &byte, 1));
}

static void wait_for_lock(void)
{
    struct flock lock = range(F_WRLCK, 0, 1);
    SHOW(fcntl(fd, F_SETLK, &lock));
    tell();
    SHOW(fcntl(fd, F_SETLKW, &lock));
}

static void waiting(void)
{
    struct flock lock = range(F_WRLCK, 0, 1), unlock = range(F_UNLCK, 0, 0);
    MUST(fcntl(fd, F_SETLK, &lock));
    pid_t pid = fork();
    if (pid == 0) {
        wait_for_lock();
        _exit(0);
    }
    wait_until_told();
    sleep_ms(30);
    say("unlock\n");
    MUST(fcntl(fd, F_SETLK, &unlock));
    MUST(waitpid(pid, NULL, 0));

    MUST(fcntl(fd, F_SETLK, &lock));
    pid = fork();
    if (pid == 0) {
        start_alarms(0);
        SHOW(fcntl(fd, F_SETLKW, &lock));
        _exit(0);
    }
    MUST(waitpid(pid, NULL, 0));
    MUST(fcntl(fd, F_SETLK, &unlock));
}

/* Two that wait for each other: the later one is refused, whoever that is. */
static void deadlock(void)
{
    struct flock first = range(F_WRLCK, 0, 1), second = range(F_WRLCK, 1, 1);
    struct flock unlock = range(F_UNLCK, 0, 0);
    MUST(fcntl(fd, F_SETLK, &first));
    pid_t pid = fork();
    if (pid == 0) {
        MUST(fcntl(fd, F_SETLK, &second));
        tell();
        int result = fcntl(fd, F_SETLKW, &first);
        _exit(result == 0 ? 0 : errno == EDEADLK ? 1 : 2);
    }
    wait_until_told();
    sleep_ms(30);
    int result = fcntl(fd, F_SETLKW, &second);
    int refused = result < 0 && errno == EDEADLK;
    MUST(fcntl(fd, F_SETLK, &unlock));
    int status;
    MUST(waitpid(pid, &status, 0));
    say("refused %d\n", refused + WEXITSTATUS(status));
}

int main(void)
{
    make_file("file", "0123456789", 0600);
    fd = (int)MUST(open("file", O_RDWR));
    combinations();
    arguments();
    MUST(pipe(told));
    waiting();
    deadlock();
    return 0;
}
