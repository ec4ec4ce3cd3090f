// calls: fadvise64 readahead
#include "guest.h"

int main(void)
{
    make_file("file", "0123456789", 0600);
    int fd = (int)MUST(open("file", O_RDWR));
    int write_only = (int)MUST(open("file", O_WRONLY));
    int directory = (int)MUST(open(".", O_RDONLY));
    int path = (int)MUST(open("file", O_PATH));
    int null = (int)MUST(open("/dev/null", O_RDWR));
    int ends[2];
    MUST(pipe(ends));
    SHOW(RAW(fadvise64, fd, 0L, 0L, POSIX_FADV_NORMAL));
    SHOW(RAW(fadvise64, fd, 0L, 0L, POSIX_FADV_RANDOM));
    SHOW(RAW(fadvise64, fd, 0L, 0L, POSIX_FADV_SEQUENTIAL));
    SHOW(RAW(fadvise64, fd, 2L, 4L, POSIX_FADV_WILLNEED));
    SHOW(RAW(fadvise64, fd, 2L, 4L, POSIX_FADV_DONTNEED));
    SHOW(RAW(fadvise64, fd, 0L, 1L << 40, POSIX_FADV_NOREUSE));
    SHOW(RAW(fadvise64, fd, 0L, 0L, 6));
    SHOW(RAW(fadvise64, fd, 0L, 0L, -1));
    SHOW(RAW(fadvise64, fd, 0L, -1L, POSIX_FADV_NORMAL));
    SHOW(RAW(fadvise64, write_only, 0L, 0L, POSIX_FADV_WILLNEED));
    SHOW(RAW(fadvise64, directory, 0L, 0L, POSIX_FADV_NORMAL));
    SHOW(RAW(fadvise64, path, 0L, 0L, POSIX_FADV_NORMAL));
    SHOW(RAW(fadvise64, ends[0], 0L, 0L, POSIX_FADV_NORMAL));
    SHOW(RAW(fadvise64, ends[0], 0L, 0L, 99));
    SHOW(RAW(fadvise64, -1, 0L, 0L, POSIX_FADV_NORMAL));
    SHOW(RAW(fadvise64, 99, 0L, -1L, 99));
    SHOW(RAW(fadvise64, null, 0L, 0L, POSIX_FADV_WILLNEED));
    show_contents("file");

    SHOW(readahead(fd, 0, 4096));
    SHOW(readahead(fd, 1L << 40, 4096));
    SHOW(readahead(fd, 0, 0));
    SHOW(readahead(write_only, 0, 10));
    SHOW(readahead(path, 0, 10));
    SHOW(readahead(ends[0], 0, 10));
    SHOW(readahead(directory, 0, 10));
    SHOW(readahead(99, 0, 10));
    SHOW(lseek(fd, 0, SEEK_CUR));
    return 0;
}
