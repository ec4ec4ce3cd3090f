// calls: pipe pipe2
#include "guest.h"

#ifndef O_NOTIFICATION_PIPE
#define O_NOTIFICATION_PIPE O_EXCL
#endif

static void show_flags(const int ends[2])
{
    say("ends %d %d: flags %x %x, close-on-exec %d %d\n", ends[0], ends[1], fcntl(ends[0], F_GETFL),
        fcntl(ends[1], F_GETFL), fcntl(ends[0], F_GETFD), fcntl(ends[1], F_GETFD));
    MUST(close(ends[0]));
    MUST(close(ends[1]));
}

int main(void)
{
    int ends[2] = {-7, -7};
    SHOW(RAW(pipe, ends));
    show_flags(ends);
    SHOW(pipe2(ends, 0));
    show_flags(ends);
    SHOW(pipe2(ends, O_CLOEXEC));
    show_flags(ends);
    SHOW(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
    show_flags(ends);
    SHOW(pipe2(ends, O_DIRECT));
    show_flags(ends);
    ends[0] = ends[1] = -7;
    SHOW(pipe2(ends, O_APPEND));
    SHOW(pipe2(ends, O_RDWR));
    SHOW(pipe2(ends, -1));
    say("untouched %d %d\n", ends[0], ends[1]);
    SHOW(RAW(pipe, NULL));
    SHOW(RAW(pipe, BAD_POINTER));
    SHOW(RAW(pipe, edge_buffer(4)));
    SHOW(RAW(pipe2, NULL, O_APPEND));
    SHOW(RAW(pipe, edge_buffer(8)));
    SHOW(dup(0));
    MUST(close(5));

    /* Packets: a read takes one, what does not fit is lost. */
    char text[16];
    MUST(pipe2(ends, O_DIRECT | O_NONBLOCK));
    SHOW(write(ends[1], "first", 5));
    SHOW(write(ends[1], "second", 6));
    SHOW(read(ends[0], text, sizeof text));
    SHOW(read(ends[0], text, 3));
    SHOW(read(ends[0], text, sizeof text));
    struct stat st;
    MUST(fstat(ends[0], &st));
    say("mode %o\n", st.st_mode);

    /* The ends can be opened again through /proc, also the other way round. */
    MUST(pipe(ends));
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    int again = (int)SHOW(open(path, O_WRONLY));
    SHOW(write(again, "again", 5));
    SHOW(read(ends[0], text, sizeof text));
    MUST(close(again));
    MUST(close(ends[1]));
    SHOW(read(ends[0], text, sizeof text));
    return 0;
}
