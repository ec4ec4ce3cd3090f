// calls: select
#include "guest.h"
#include <sys/select.h>

static fd_set reads, writes, excepts;
static int ends[2];

static void set_all(void)
{
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_ZERO(&excepts);
    for (int i = 0; i < 2; i++) {
        FD_SET(ends[i], &reads);
        FD_SET(ends[i], &writes);
        FD_SET(ends[i], &excepts);
    }
}

static void try(const char *label)
{
    struct timeval zero = {0, 0};
    set_all();
    long ready = RAW(select, 10, &reads, &writes, &excepts, &zero);
    say("%-20s %ld: read %d%d write %d%d except %d%d\n", label, ready, !!FD_ISSET(ends[0], &reads),
        !!FD_ISSET(ends[1], &reads), !!FD_ISSET(ends[0], &writes), !!FD_ISSET(ends[1], &writes),
        !!FD_ISSET(ends[0], &excepts), !!FD_ISSET(ends[1], &excepts));
}

static void pipe_states(void)
{
    char text[8];
    MUST(pipe(ends));
    try("empty pipe");
    MUST(write(ends[1], "x", 1));
    try("pipe with a byte");
    MUST(read(ends[0], text, 1));
    int writer = ends[1];
    ends[1] = (int)MUST(open("/dev/null", O_RDWR));
    MUST(close(writer));
    try("no writer");
    MUST(close(ends[0]));
    ends[0] = (int)MUST(open(".", O_RDONLY));
    try("directory");
}

static void errors(void)
{
    struct timeval zero = {0, 0}, negative = {-1, 0}, big = {0, 1500000}, below = {0, -1};
    FD_ZERO(&reads);
    FD_SET(60, &reads);
    SHOW(RAW(select, 64, &reads, NULL, NULL, &zero));
    SHOW(RAW(select, 60, &reads, NULL, NULL, &zero));
    FD_ZERO(&reads);
    SHOW(RAW(select, -1, &reads, NULL, NULL, &zero));
    SHOW(RAW(select, 0, NULL, NULL, NULL, &zero));
    SHOW(RAW(select, 10, NULL, NULL, NULL, &zero));
    SHOW(RAW(select, 10, BAD_POINTER, NULL, NULL, &zero));
    SHOW(RAW(select, 10, NULL, BAD_POINTER, NULL, &zero));
    SHOW(RAW(select, 0, BAD_POINTER, NULL, NULL, &zero));
    SHOW(RAW(select, 0, NULL, NULL, NULL, BAD_POINTER));
    SHOW(RAW(select, 0, NULL, NULL, NULL, &negative));
    SHOW(RAW(select, 0, NULL, NULL, NULL, &below));
    big.tv_sec = 0;
    big.tv_usec = 1000;
    SHOW(RAW(select, 0, NULL, NULL, NULL, &big));
    say("time left %ld.%06ld\n", (long)big.tv_sec, (long)big.tv_usec);
}

static void waiting(void)
{
    MUST(pipe(ends));
    FD_ZERO(&reads);
    FD_SET(ends[0], &reads);
    start_alarms(SA_RESTART);
    SHOW(RAW(select, ends[0] + 1, &reads, NULL, NULL, NULL));
    stop_alarms();
    say("set untouched by EINTR %d\n", FD_ISSET(ends[0], &reads));
    pid_t pid = fork();
    if (pid == 0) {
        sleep_ms(20);
        MUST(write(ends[1], "x", 1));
        _exit(0);
    }
    struct timeval minute = {60, 0};
    SHOW(RAW(select, ends[0] + 1, &reads, NULL, NULL, &minute));
    say("readable %d, time left %d\n", FD_ISSET(ends[0], &reads),
        minute.tv_sec > 0 && minute.tv_sec < 60);
    MUST(waitpid(pid, NULL, 0));
}

int main(void)
{
    pipe_states();
    errors();
    waiting();
    return 0;
}
