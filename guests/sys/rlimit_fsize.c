// calls: setrlimit write ftruncate
/* RLIMIT_FSIZE: writes up to the limit, then SIGXFSZ and EFBIG. */
#include "child.h"
#include <sys/resource.h>

/* More than the output of this program, which may be going to a file itself. */
#define LIMIT (1 << 20)

static volatile int signals;
static int fd;

static void note(int signo)
{
    say("caught %s\n", signal_name(signo));
    signals++;
}

static void overrun(void)
{
    char byte = 'x';
    lseek(fd, LIMIT, SEEK_SET);
    SHOW(write(fd, &byte, 1));
}

static void overrun_default(void)
{
    signal(SIGXFSZ, SIG_DFL);
    overrun();
}

static void overrun_ignored(void)
{
    signal(SIGXFSZ, SIG_IGN);
    overrun();
}

int main(void)
{
    static char data[200];
    catch_signal(SIGXFSZ, note, 0);
    fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    struct rlimit limit = {LIMIT, RLIM_INFINITY};
    MUST(getrlimit(RLIMIT_FSIZE, &limit));
    limit.rlim_cur = LIMIT;
    MUST(setrlimit(RLIMIT_FSIZE, &limit));
    SHOW(lseek(fd, LIMIT - 100, SEEK_SET));
    SHOW(write(fd, data, 60));
    SHOW(write(fd, data, 60));
    SHOW(write(fd, data, 60));
    SHOW(write(fd, data, 0));
    SHOW(pwrite(fd, data, 10, LIMIT - 5));
    SHOW(pwrite(fd, data, 10, LIMIT));
    SHOW(pwrite(fd, data, 10, 10 * LIMIT));
    SHOW(ftruncate(fd, LIMIT));
    SHOW(ftruncate(fd, LIMIT + 1));
    SHOW(truncate("file", LIMIT + 1));
    SHOW(fallocate(fd, 0, 0, LIMIT + 1));
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LIMIT + 4096));
    show_file("file");
    say("signals %d\n", signals);
    show_child("default action", overrun_default);
    show_child("ignored", overrun_ignored);

    /* Pipes have no such limit; a file longer than the limit may be written inside it. */
    int pair[2];
    MUST(pipe(pair));
    SHOW(write(pair[1], data, sizeof data));
    limit.rlim_cur = LIMIT - 50;
    MUST(setrlimit(RLIMIT_FSIZE, &limit));
    SHOW(pwrite(fd, data, 20, LIMIT - 60));
    SHOW(pwrite(fd, data, 20, LIMIT - 40));
    SHOW(ftruncate(fd, LIMIT - 20));
    SHOW(ftruncate(fd, LIMIT - 10));
    SHOW(ftruncate(fd, LIMIT - 50));
    SHOW(pwrite(fd, data, 1, LIMIT - 51));
    SHOW(pwrite(fd, data, 1, LIMIT - 50));
    return 0;
}
