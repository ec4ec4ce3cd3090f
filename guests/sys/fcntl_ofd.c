// calls: fcntl
#include "guest.h"

static struct flock range(short type, off_t start, off_t length)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

static void try(const char *label, int fd, int command, short type, off_t start, off_t length)
{
    struct flock lock = range(type, start, length);
    int result = fcntl(fd, command, &lock);
    if (result < 0)
        say("%s: %s\n", label, errno_name(errno));
    else if (command == F_OFD_GETLK || command == F_GETLK)
        say("%s: type %d, pid is -1: %d, %ld + %ld\n", label, lock.l_type, lock.l_pid == -1,
            (long)lock.l_start, (long)lock.l_len);
    else
        say("%s: ok\n", label);
}

static int first, second, copy;

static void from_child(void)
{
    try("inherited description", first, F_OFD_SETLK, F_WRLCK, 2, 1);
    try("classic lock in child", first, F_SETLK, F_WRLCK, 0, 1);
    try("what is in the way", first, F_GETLK, F_WRLCK, 0, 1);
}

int main(void)
{
    make_file("file", "0123456789", 0600);
    first = (int)MUST(open("file", O_RDWR));
    second = (int)MUST(open("file", O_RDWR));
    copy = dup(first);
    try("write lock", first, F_OFD_SETLK, F_WRLCK, 0, 5);
    try("another description", second, F_OFD_SETLK, F_RDLCK, 4, 2);
    try("beside it", second, F_OFD_SETLK, F_RDLCK, 5, 2);
    try("the duplicate", copy, F_OFD_SETLK, F_RDLCK, 0, 5);
    try("query by the other", second, F_OFD_GETLK, F_WRLCK, 0, 0);
    try("query by the owner", first, F_OFD_GETLK, F_WRLCK, 0, 0);
    try("classic lock against it", second, F_SETLK, F_WRLCK, 0, 5);
    try("classic query", second, F_GETLK, F_WRLCK, 0, 5);
    show_status("child", run_child(from_child));

    MUST(close((int)MUST(open("file", O_RDWR))));
    try("still held after a close", second, F_OFD_GETLK, F_WRLCK, 0, 5);
    MUST(close(first));
    try("held by the duplicate", second, F_OFD_GETLK, F_WRLCK, 0, 5);
    MUST(close(copy));
    try("gone with the last one", second, F_OFD_GETLK, F_WRLCK, 0, 5);

    struct flock with_pid = range(F_WRLCK, 0, 1);
    with_pid.l_pid = 1;
    SHOW(fcntl(second, F_OFD_SETLK, &with_pid));
    SHOW(fcntl(second, F_OFD_SETLKW, &with_pid));
    SHOW(fcntl(second, F_OFD_GETLK, &with_pid));
    SHOW(fcntl(second, F_OFD_SETLK, BAD_POINTER));
    int read_only = (int)MUST(open("file", O_RDONLY));
    try("write lock, read-only", read_only, F_OFD_SETLK, F_WRLCK, 0, 1);
    try("unknown type", second, F_OFD_SETLK, 5, 0, 1);

    MUST(open("file", O_RDWR));
    try("hold", second, F_OFD_SETLK, F_WRLCK, 0, 0);
    pid_t pid = fork();
    if (pid == 0) {
        int own = (int)MUST(open("file", O_RDWR));
        try("waiting", own, F_OFD_SETLKW, F_WRLCK, 0, 0);
        _exit(0);
    }
    sleep_ms(40);
    say("release\n");
    struct flock unlock = range(F_UNLCK, 0, 0);
    MUST(fcntl(second, F_OFD_SETLK, &unlock));
    MUST(waitpid(pid, NULL, 0));
    return 0;
}
