// calls: lseek
#include "guest.h"

static void whence(int fd)
{
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, 3, SEEK_SET));
    SHOW(lseek(fd, 2, SEEK_CUR));
    SHOW(lseek(fd, -5, SEEK_CUR));
    SHOW(lseek(fd, -1, SEEK_CUR));
    SHOW(lseek(fd, -1, SEEK_SET));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(lseek(fd, 100, SEEK_END));
    SHOW(lseek(fd, -11, SEEK_END));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(lseek(fd, 0, 5));
    SHOW(lseek(fd, 0, -1));
    SHOW(lseek(fd, INT64_MAX, SEEK_SET));
    SHOW(lseek(fd, 1, SEEK_CUR));
    SHOW(lseek(fd, INT64_MAX, SEEK_END));
    SHOW(lseek(fd, INT64_MIN, SEEK_SET));
    SHOW(lseek(fd, INT64_MIN, SEEK_CUR));
    SHOW(lseek(fd, 0, SEEK_CUR));
    show_file("file");
}

static void data_and_holes(void)
{
    int fd = (int)MUST(open("holes", O_RDWR | O_CREAT, 0600));
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    MUST(ftruncate(fd, 16 * PAGE));
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 0, SEEK_HOLE));
    MUST(pwrite(fd, "x", 1, 4 * PAGE + 10));
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(lseek(fd, 4 * PAGE + 100, SEEK_DATA));
    SHOW(lseek(fd, 4 * PAGE, SEEK_HOLE));
    SHOW(lseek(fd, 5 * PAGE, SEEK_DATA));
    SHOW(lseek(fd, 9 * PAGE + 7, SEEK_HOLE));
    SHOW(lseek(fd, 16 * PAGE - 1, SEEK_HOLE));
    SHOW(lseek(fd, 16 * PAGE, SEEK_HOLE));
    SHOW(lseek(fd, 16 * PAGE, SEEK_DATA));
    SHOW(lseek(fd, -1, SEEK_DATA));
    SHOW(lseek(fd, -1, SEEK_HOLE));
}

static void shared_offset(void)
{
    int fd = (int)MUST(open("file", O_RDONLY));
    int copy = dup(fd);
    int other = open("file", O_RDONLY);
    SHOW(lseek(fd, 4, SEEK_SET));
    SHOW(lseek(copy, 1, SEEK_CUR));
    SHOW(lseek(other, 0, SEEK_CUR));
    pid_t pid = fork();
    if (pid == 0)
        _exit((int)lseek(copy, 2, SEEK_CUR));
    int status;
    MUST(waitpid(pid, &status, 0));
    show_status("child", status);
    SHOW(lseek(fd, 0, SEEK_CUR));
}

static void not_seekable(void)
{
    int ends[2];
    MUST(pipe(ends));
    SHOW(lseek(ends[0], 0, SEEK_CUR));
    SHOW(lseek(ends[1], 0, 99));
    SHOW(lseek(-1, 0, SEEK_SET));
    SHOW(lseek(99, 0, 99));
    int path = (int)MUST(open("file", O_PATH));
    SHOW(lseek(path, 0, SEEK_SET));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(lseek(directory, 0, SEEK_SET));
    SHOW(lseek(directory, -1, SEEK_SET));
}

int main(void)
{
    make_file("file", "0123456789", 0600);
    whence((int)MUST(open("file", O_RDONLY)));
    data_and_holes();
    shared_offset();
    not_seekable();
    return 0;
}
