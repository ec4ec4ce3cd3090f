// calls: write
#include "guest.h"
#include <sys/resource.h>

static void regular_file(void)
{
    int fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    SHOW(write(fd, "0123456789", 10));
    SHOW(write(fd, NULL_POINTER, 0));
    SHOW(write(fd, NULL_POINTER, 1));
    SHOW(write(fd, BAD_POINTER, 1));
    SHOW(write(fd, KERNEL_POINTER, 1));
    SHOW(lseek(fd, 0, SEEK_CUR));
    MUST(lseek(fd, 2, SEEK_SET));
    SHOW(write(fd, "ab", 2));
    show_contents("file");
    MUST(lseek(fd, 14, SEEK_SET));
    SHOW(write(fd, "end", 3));
    show_contents("file");

    int append = (int)MUST(open("file", O_WRONLY | O_APPEND));
    SHOW(lseek(append, 0, SEEK_SET));
    SHOW(write(append, "+", 1));
    SHOW(lseek(append, 0, SEEK_CUR));
    SHOW(write(fd, "-", 1));
    SHOW(write(append, "+", 1));
    show_contents("file");
}

static void wrong_descriptors(void)
{
    SHOW(write(-1, "x", 1));
    SHOW(write(77, NULL_POINTER, 1));
    int fd = (int)MUST(open("file", O_RDONLY));
    SHOW(write(fd, "x", 1));
    SHOW(write(fd, "x", 0));
    SHOW(write(fd, NULL_POINTER, 1));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(write(directory, "x", 1));
}

static void partial_memory(void)
{
    int fd = (int)MUST(open("part", O_RDWR | O_CREAT, 0600));
    char *edge = edge_buffer(4);
    memcpy(edge, "edge", 4);
    SHOW(write(fd, edge, 4));
    SHOW(write(fd, edge + 4, 1));
    show_contents("part");
    SHOW(write(fd, edge, 10));
    SHOW(lseek(fd, 0, SEEK_CUR));
    show_contents("part");
    int ends[2];
    MUST(pipe(ends));
    SHOW(write(ends[1], edge + 4, 1));
    SHOW(write(ends[0], "x", 1));
    SHOW(write(ends[1], edge, 4));
}

static void count_signal(int signo)
{
    say("got %s\n", signal_name(signo));
}

static volatile sig_atomic_t size_signals;

static void count_size_signal(int signo)
{
    (void)signo;
    size_signals++;
}

/* The limit holds for the standard output too, so nothing is printed while it stands. */
static void size_limits(void)
{
    signal(SIGXFSZ, count_size_signal);
    struct rlimit limit, tight;
    MUST(getrlimit(RLIMIT_FSIZE, &limit));
    tight = limit;
    tight.rlim_cur = 10;
    int fd = (int)MUST(open("limited", O_RDWR | O_CREAT, 0600));
    MUST(setrlimit(RLIMIT_FSIZE, &tight));
    ssize_t within = write(fd, "01234567", 8);
    ssize_t partial = write(fd, "01234567", 8);
    int signals = size_signals;
    ssize_t beyond = write(fd, "01234567", 8);
    int error = errno;
    ssize_t nothing = write(fd, "", 0);
    MUST(setrlimit(RLIMIT_FSIZE, &limit));
    say("within %zd, partial %zd with %d signals\n", within, partial, signals);
    say("beyond %zd %s with %d signals, nothing %zd\n", beyond, errno_name(error), size_signals,
        nothing);
    show_file("limited");
    signal(SIGXFSZ, SIG_DFL);
    MUST(setrlimit(RLIMIT_FSIZE, &tight));
    write(fd, "dead", 4);
}

static void broken_pipe(void)
{
    int ends[2];
    MUST(pipe(ends));
    MUST(close(ends[0]));
    signal(SIGPIPE, count_signal);
    SHOW(write(ends[1], "x", 1));
    SHOW(write(ends[1], "x", 0));
    signal(SIGPIPE, SIG_IGN);
    SHOW(write(ends[1], "x", 1));
    signal(SIGPIPE, SIG_DFL);
    write(ends[1], "x", 1);
}

static void as_user(void)
{
    int fd = (int)MUST(open("setid", O_WRONLY));
    SHOW(write(fd, "x", 1));
    show_file("setid");
}

int main(void)
{
    regular_file();
    wrong_descriptors();
    partial_memory();
    show_status("beyond the file size limit", run_child(size_limits));
    show_status("pipe without a reader", run_child(broken_pipe));
    MUST(chmod(".", 0755));
    make_file("setid", "s", 06777);
    run_as(1000, as_user);
    return 0;
}
