// calls: read write
#include "guest.h"
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>

static int ends[2];
static char big[128 * 1024];

static void filling(void)
{
    MUST(pipe2(ends, O_NONBLOCK));
    SHOW(fcntl(ends[0], F_GETPIPE_SZ));
    SHOW(write(ends[1], big, sizeof big));
    SHOW(write(ends[1], big, 1));
    int queued = 0;
    SHOW(ioctl(ends[0], FIONREAD, &queued));
    say("queued %d\n", queued);
    SHOW(read(ends[0], big, 100));
    SHOW(write(ends[1], big, 1));
    SHOW(read(ends[0], big, PAGE - 100));
    SHOW(write(ends[1], big, PIPE_BUF));
    SHOW(write(ends[1], big, 1));

    /* At most PIPE_BUF bytes go whole or not at all; more may go in part. */
    SHOW(read(ends[0], big, PAGE));
    SHOW(write(ends[1], big, 1));
    SHOW(write(ends[1], big, PIPE_BUF));
    SHOW(write(ends[1], big, PIPE_BUF + 1));
    while (read(ends[0], big, sizeof big) > 0)
        continue;
    SHOW(read(ends[0], big, sizeof big));
}

static void sizes(void)
{
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 4096));
    SHOW(write(ends[1], big, 5000));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 5000));
    SHOW(write(ends[1], big, 5000));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 4096));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 65537));
    SHOW(fcntl(ends[1], F_GETPIPE_SZ));
    SHOW(fcntl(ends[1], F_SETPIPE_SZ, 0));
    SHOW(fcntl(0, F_GETPIPE_SZ));
    MUST(close(ends[0]));
    MUST(close(ends[1]));
}

static void writer_blocks(void)
{
    MUST(pipe(ends));
    pid_t pid = fork();
    if (pid == 0) {
        MUST(close(ends[0]));
        for (size_t i = 0; i < sizeof big; i++)
            big[i] = (char)(i % 251);
        ssize_t written = write(ends[1], big, sizeof big);
        _exit(written == sizeof big ? 0 : 1);
    }
    MUST(close(ends[1]));
    size_t total = 0, wrong = 0;
    ssize_t got;
    char part[3000];
    while ((got = read(ends[0], part, sizeof part)) > 0)
        for (ssize_t i = 0; i < got; i++, total++)
            wrong += part[i] != (char)(total % 251);
    say("total %zu, wrong %zu\n", total, wrong);
    int status;
    MUST(waitpid(pid, &status, 0));
    show_status("writer", status);
    MUST(close(ends[0]));
}

static void reader_goes_away(void)
{
    MUST(pipe(ends));
    pid_t pid = fork();
    if (pid == 0) {
        MUST(close(ends[0]));
        signal(SIGPIPE, SIG_IGN);
        ssize_t written = write(ends[1], big, sizeof big);
        say("the rest has no reader: %d\n", written == 65536);
        SHOW(write(ends[1], big, 1));
        _exit(0);
    }
    MUST(close(ends[1]));
    struct pollfd ready = {ends[0], POLLIN, 0};
    int queued = 0;
    while (queued < 65536) {
        MUST(poll(&ready, 1, -1));
        MUST(ioctl(ends[0], FIONREAD, &queued));
    }
    MUST(close(ends[0]));
    MUST(waitpid(pid, NULL, 0));
}

static void interrupted(void)
{
    MUST(pipe(ends));
    start_alarms(0);
    SHOW(read(ends[0], big, 4));
    SHOW(write(ends[1], big, sizeof big));
    SHOW(write(ends[1], big, 1));
    stop_alarms();
    MUST(close(ends[0]));
    MUST(close(ends[1]));
}

static void restarted(void)
{
    MUST(pipe(ends));
    start_alarms(SA_RESTART);
    pid_t pid = fork();
    if (pid == 0) {
        sleep_ms(60);
        MUST(write(ends[1], "late", 4));
        _exit(0);
    }
    SHOW(read(ends[0], big, 4));
    stop_alarms();
    say("alarms came %d\n", alarms > 0);
    MUST(waitpid(pid, NULL, 0));
}

int main(void)
{
    filling();
    sizes();
    writer_blocks();
    reader_goes_away();
    interrupted();
    restarted();
    return 0;
}
