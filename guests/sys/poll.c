// calls: poll
#include "guest.h"
#include <poll.h>
#include <sys/resource.h>

static void show_events(const char *label, int fd, short events)
{
    struct pollfd entry = {fd, events, 0x7fff};
    long ready = RAW(poll, &entry, 1L, 0);
    say("%-24s %ld:%s%s%s%s%s%s%s%s\n", label, ready, entry.revents & POLLIN ? " IN" : "",
        entry.revents & POLLPRI ? " PRI" : "", entry.revents & POLLOUT ? " OUT" : "",
        entry.revents & POLLRDNORM ? " RDNORM" : "", entry.revents & POLLWRNORM ? " WRNORM" : "",
        entry.revents & POLLERR ? " ERR" : "", entry.revents & POLLHUP ? " HUP" : "",
        entry.revents & POLLNVAL ? " NVAL" : "");
}

#define EVERYTHING (POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLWRNORM | POLLRDHUP)

static void pipe_states(void)
{
    char block[PAGE] = {0};
    int ends[2];
    MUST(pipe(ends));
    MUST(fcntl(ends[1], F_SETFL, O_NONBLOCK));
    show_events("empty, reader", ends[0], EVERYTHING);
    show_events("empty, writer", ends[1], EVERYTHING);
    MUST(write(ends[1], "x", 1));
    show_events("some, reader", ends[0], EVERYTHING);
    show_events("some, nothing asked", ends[0], 0);
    while (write(ends[1], block, sizeof block) > 0)
        continue;
    show_events("full, writer", ends[1], EVERYTHING);
    int copy = dup(ends[0]);
    MUST(close(copy));
    MUST(close(ends[1]));
    show_events("data, no writer", ends[0], EVERYTHING);
    while (read(ends[0], block, sizeof block) > 0)
        continue;
    show_events("empty, no writer", ends[0], EVERYTHING);
    show_events("only hang-up asked", ends[0], 0);
    MUST(close(ends[0]));
    MUST(pipe(ends));
    MUST(close(ends[0]));
    show_events("no reader", ends[1], EVERYTHING);
    show_events("no reader, 0 asked", ends[1], 0);
    MUST(close(ends[1]));
}

static void other_files(void)
{
    make_file("file", "", 0600);
    show_events("empty regular file", (int)MUST(open("file", O_RDONLY)), EVERYTHING);
    show_events("directory", (int)MUST(open(".", O_RDONLY)), EVERYTHING);
    show_events("/dev/null", (int)MUST(open("/dev/null", O_RDWR)), EVERYTHING);
    show_events("/dev/zero", (int)MUST(open("/dev/zero", O_RDWR)), EVERYTHING);
    show_events("O_PATH", (int)MUST(open("file", O_PATH)), EVERYTHING);
    show_events("closed", 99, EVERYTHING);
    show_events("negative", -1, EVERYTHING);
}

static void waiting(void)
{
    int ends[2];
    MUST(pipe(ends));
    struct pollfd entries[] = {{ends[0], POLLIN, 0}, {-5, POLLIN, 9}, {ends[1], POLLIN, 9}};
    SHOW(RAW(poll, entries, 3L, 20));
    say("revents %d %d %d\n", entries[0].revents, entries[1].revents, entries[2].revents);
    pid_t pid = fork();
    if (pid == 0) {
        sleep_ms(20);
        MUST(write(ends[1], "x", 1));
        _exit(0);
    }
    SHOW(RAW(poll, entries, 3L, -1));
    say("revents %d %d %d\n", entries[0].revents, entries[1].revents, entries[2].revents);
    MUST(waitpid(pid, NULL, 0));
    MUST(read(ends[0], &pid, 1));
    start_alarms(SA_RESTART);
    SHOW(RAW(poll, entries, 1L, -1));
    stop_alarms();
    SHOW(RAW(poll, NULL, 0L, 10));
    SHOW(RAW(poll, NULL, 1L, 0));
    SHOW(RAW(poll, BAD_POINTER, 1L, 0));
    SHOW(RAW(poll, BAD_POINTER, 0L, 0));
    struct rlimit limit;
    MUST(getrlimit(RLIMIT_NOFILE, &limit));
    SHOW(RAW(poll, entries, limit.rlim_cur + 1, 0));
    struct pollfd *edge = (struct pollfd *)edge_buffer(sizeof *edge);
    *edge = entries[0];
    SHOW(RAW(poll, edge, 1L, 0));
    SHOW(RAW(poll, edge, 2L, 0));
}

int main(void)
{
    pipe_states();
    other_files();
    waiting();
    return 0;
}
