// calls: splice
#include "guest.h"
#include <sys/ioctl.h>

static int ends[2], other[2];
static char text[64];

static void drain(const char *label, int fd)
{
    long length = read(fd, text, sizeof text);
    if (length < 0)
        say("%s: %s\n", label, errno_name(errno));
    else
        show_text(label, text, (size_t)length);
}

static void between_file_and_pipe(void)
{
    make_file("in", "0123456789", 0600);
    int in = (int)MUST(open("in", O_RDONLY));
    int out = (int)MUST(open("out", O_RDWR | O_CREAT, 0600));
    off_t offset = 3;
    SHOW(splice(in, NULL, ends[1], NULL, 4, 0));
    SHOW(splice(in, &offset, ends[1], NULL, 100, 0));
    say("offset %ld, position %ld\n", (long)offset, (long)lseek(in, 0, SEEK_CUR));
    SHOW(splice(in, &offset, ends[1], NULL, 100, 0));
    offset = 2;
    SHOW(splice(ends[0], NULL, out, &offset, 6, SPLICE_F_MOVE));
    say("offset %ld, position %ld\n", (long)offset, (long)lseek(out, 0, SEEK_CUR));
    SHOW(splice(ends[0], NULL, out, NULL, 100, SPLICE_F_MORE));
    show_contents("out");
    SHOW(splice(ends[0], NULL, out, NULL, 100, SPLICE_F_NONBLOCK));
    SHOW(splice(ends[0], NULL, out, NULL, 0, 0));
    int append = (int)MUST(open("out", O_WRONLY | O_APPEND));
    MUST(write(ends[1], "abc", 3));
    SHOW(splice(ends[0], NULL, append, NULL, 3, 0));
    drain("still in the pipe", ends[0]);
}

static void between_pipes(void)
{
    MUST(write(ends[1], "first second", 12));
    SHOW(splice(ends[0], NULL, other[1], NULL, 6, 0));
    drain("moved", other[0]);
    SHOW(splice(ends[0], NULL, other[1], NULL, 100, 0));
    drain("the rest", other[0]);
    SHOW(splice(ends[0], NULL, other[1], NULL, 1, SPLICE_F_NONBLOCK));
    SHOW(splice(ends[0], NULL, ends[1], NULL, 1, 0));
    MUST(write(ends[1], "x", 1));
    SHOW(splice(ends[0], NULL, ends[1], NULL, 1, 0));
    drain("untouched", ends[0]);
}

static void errors(void)
{
    int in = (int)MUST(open("in", O_RDONLY));
    int out = (int)MUST(open("out", O_RDWR));
    off_t offset = 0;
    SHOW(splice(in, NULL, out, NULL, 1, 0));
    SHOW(splice(ends[0], &offset, out, NULL, 1, 0));
    SHOW(splice(in, NULL, ends[1], &offset, 1, 0));
    SHOW(splice(in, BAD_POINTER, ends[1], NULL, 1, 0));
    SHOW(splice(in, NULL, ends[1], NULL, 1, 0x10));
    SHOW(splice(99, NULL, 99, NULL, 0, 0x10));
    SHOW(splice(99, NULL, ends[1], NULL, 1, 0));
    SHOW(splice(in, NULL, 99, NULL, 1, 0));
    SHOW(splice(99, NULL, 99, NULL, 0, 0));
    SHOW(splice(ends[1], NULL, out, NULL, 1, 0));
    SHOW(splice(in, NULL, ends[0], NULL, 1, 0));
    MUST(write(ends[1], "x", 1));
    SHOW(splice(ends[0], NULL, in, NULL, 1, 0));
    drain("left", ends[0]);
    offset = -1;
    SHOW(splice(in, &offset, ends[1], NULL, 1, 0));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(splice(directory, NULL, ends[1], NULL, 1, 0));
    int null = (int)MUST(open("/dev/null", O_RDWR));
    int zero = (int)MUST(open("/dev/zero", O_RDONLY));
    SHOW(splice(null, NULL, ends[1], NULL, 1, 0));
    SHOW(splice(zero, NULL, ends[1], NULL, 10, 0));
    SHOW(splice(ends[0], NULL, null, NULL, 100, 0));
}

static void limits(void)
{
    int large = (int)MUST(open("large", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(large, 1 << 20));
    SHOW(splice(large, NULL, ends[1], NULL, 1 << 20, SPLICE_F_NONBLOCK));
    SHOW(splice(large, NULL, ends[1], NULL, 1, SPLICE_F_NONBLOCK));
    int queued;
    MUST(ioctl(ends[0], FIONREAD, &queued));
    say("queued %d\n", queued);
    int null = (int)MUST(open("/dev/null", O_WRONLY));
    SHOW(splice(ends[0], NULL, null, NULL, 1 << 20, 0));
    MUST(close(ends[1]));
    SHOW(splice(ends[0], NULL, null, NULL, 1, 0));
    signal(SIGPIPE, SIG_IGN);
    MUST(close(other[0]));
    SHOW(splice(large, NULL, other[1], NULL, 1, 0));
}

int main(void)
{
    MUST(pipe(ends));
    MUST(pipe(other));
    between_file_and_pipe();
    between_pipes();
    errors();
    limits();
    return 0;
}
