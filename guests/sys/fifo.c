// calls: mknod open read write
#include "guest.h"
#include <poll.h>

static char text[16];

static short events(int fd)
{
    struct pollfd entry = {fd, POLLIN | POLLOUT, 0};
    MUST(poll(&entry, 1, 0));
    return entry.revents;
}

static void without_waiting(void)
{
    SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    int reader = (int)SHOW(open("fifo", O_RDONLY | O_NONBLOCK));
    SHOW(read(reader, text, 1));
    SHOW(events(reader));
    int writer = (int)SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
    SHOW(read(reader, text, 1));
    SHOW(write(writer, "first", 5));
    int second = (int)SHOW(open("fifo", O_RDONLY | O_NONBLOCK));
    SHOW(read(second, text, 2));
    SHOW(read(reader, text, 9));
    SHOW(lseek(reader, 0, SEEK_SET));
    MUST(close(writer));
    SHOW(read(reader, text, 1));
    SHOW(events(reader));
    writer = (int)SHOW(open("fifo", O_WRONLY));
    SHOW(events(reader));
    MUST(close(reader));
    MUST(close(second));
    signal(SIGPIPE, SIG_IGN);
    SHOW(write(writer, "x", 1));
    SHOW(events(writer));
    MUST(close(writer));
}

static void both_ends(void)
{
    int both = (int)SHOW(open("fifo", O_RDWR));
    SHOW(write(both, "kept", 4));
    SHOW(read(both, text, sizeof text));
    SHOW(write(both, "again", 5));
    int reader = (int)SHOW(open("fifo", O_RDONLY));
    SHOW(read(reader, text, sizeof text));
    SHOW(write(both, "lost", 4));
    MUST(close(both));
    MUST(close(reader));
    /* What was in it is gone with the last descriptor. */
    reader = (int)MUST(open("fifo", O_RDONLY | O_NONBLOCK));
    SHOW(read(reader, text, sizeof text));
    MUST(close(reader));
    show_file("fifo");
}

static void waiting(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        sleep_ms(30);
        say("the writer comes\n");
        int writer = (int)SHOW(open("fifo", O_WRONLY));
        MUST(write(writer, "hello", 5));
        _exit(0);
    }
    int reader = (int)MUST(open("fifo", O_RDONLY));
    SHOW(read(reader, text, sizeof text));
    MUST(waitpid(pid, NULL, 0));
    SHOW(read(reader, text, sizeof text));
    MUST(close(reader));
}

static void interrupted(void)
{
    start_alarms(0);
    SHOW(open("fifo", O_RDONLY));
    SHOW(open("fifo", O_WRONLY));
    stop_alarms();
}

static void as_user(void)
{
    SHOW(open("fifo", O_RDONLY | O_NONBLOCK));
    SHOW(open("public", O_RDONLY | O_NONBLOCK));
    SHOW(open("public", O_WRONLY | O_NONBLOCK));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    MUST(mknod("public", S_IFIFO | 0644, 0));
    without_waiting();
    both_ends();
    waiting();
    interrupted();
    run_as(1000, as_user);
    return 0;
}
