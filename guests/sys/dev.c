// calls: open read write lseek
#include "guest.h"
#include <sys/ioctl.h>

static char text[64];

static void nodes(void)
{
    static const char *const names[] = {"/dev/null",    "/dev/zero", "/dev/full", "/dev/random",
                                        "/dev/urandom", "/dev/tty",  "/dev/ptmx"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat st;
        MUST(stat(names[i], &st));
        say("%s: %s %u:%u user's rights %o\n", names[i], file_type(st.st_mode), major(st.st_rdev),
            minor(st.st_rdev), st.st_mode & 6);
    }
}

static void null(void)
{
    int fd = (int)SHOW(open("/dev/null", O_RDWR | O_CREAT | O_TRUNC, 0600));
    SHOW(read(fd, text, 10));
    SHOW(read(fd, BAD_POINTER, 10));
    SHOW(write(fd, text, 10));
    SHOW(write(fd, BAD_POINTER, 10));
    SHOW(RAW(write, fd, text, 1L << 40));
    SHOW(RAW(write, fd, text, -1L));
    SHOW(lseek(fd, 100, SEEK_SET));
    SHOW(lseek(fd, 10, SEEK_CUR));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
    SHOW(open("/dev/null", O_CREAT | O_EXCL | O_WRONLY, 0600));
    SHOW(open("/dev/null", O_DIRECTORY));
    SHOW(open("/dev/null/", O_RDONLY));
    MUST(close(fd));
}

static void zero(void)
{
    int fd = (int)SHOW(open("/dev/zero", O_RDWR));
    memset(text, 'x', sizeof text);
    SHOW(read(fd, text, 10));
    show_text("read", text, 12);
    SHOW(read(fd, BAD_POINTER, 10));
    SHOW(read(fd, edge_buffer(10), 100));
    SHOW(write(fd, text, 10));
    SHOW(lseek(fd, 100, SEEK_SET));
    SHOW(lseek(fd, 0, SEEK_CUR));
    char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    say("mapped %d %d\n", map[0], map[2 * PAGE - 1]);
    map[5] = 1;
    SHOW(munmap(map, 2 * PAGE));
    MUST(close(fd));
}

static void full(void)
{
    int fd = (int)SHOW(open("/dev/full", O_RDWR));
    SHOW(read(fd, text, 10));
    SHOW(write(fd, text, 1));
    SHOW(write(fd, text, 0));
    SHOW(write(fd, BAD_POINTER, 1));
    SHOW(lseek(fd, 100, SEEK_SET));
    MUST(close(fd));
}

static void random_numbers(const char *path)
{
    int fd = (int)SHOW_AS(path, open(path, O_RDWR));
    unsigned char first[4096], second[4096];
    SHOW(read(fd, first, sizeof first));
    SHOW(read(fd, second, sizeof second));
    size_t same = 0, ones = 0;
    for (size_t i = 0; i < sizeof first; i++) {
        same += first[i] == second[i];
        ones += (size_t)__builtin_popcount(first[i]);
    }
    /* 32,768 bits: nine standard deviations are 815. */
    say("different %d, balanced %d\n", same<100, ones> 16384 - 815 && ones < 16384 + 815);
    SHOW(read(fd, first, 0));
    SHOW(read(fd, BAD_POINTER, 16));
    SHOW(write(fd, "entropy", 7));
    SHOW(ioctl(fd, TIOCGWINSZ, text));
    MUST(close(fd));
}

static void links(void)
{
    static const char *const names[] = {"/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ssize_t length = readlink(names[i], text, sizeof text);
        show_text(names[i], text, length < 0 ? 0 : (size_t)length);
    }
    make_file("file", "by descriptor", 0600);
    int fd = (int)MUST(open("file", O_RDONLY));
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    show_contents(path);
    SHOW(open("/dev/fd/99", O_RDONLY));
}

static void as_user(void)
{
    SHOW(close(open("/dev/null", O_RDWR)));
    SHOW(close(open("/dev/zero", O_RDWR)));
    SHOW(close(open("/dev/urandom", O_RDONLY)));
    SHOW(mknod("/dev/new", S_IFREG | 0600, 0));
}

int main(void)
{
    nodes();
    null();
    zero();
    full();
    random_numbers("/dev/random");
    random_numbers("/dev/urandom");
    links();
    run_as(1000, as_user);
    return 0;
}
