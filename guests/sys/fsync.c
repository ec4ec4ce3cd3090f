// calls: fsync fdatasync sync syncfs sync_file_range
#include "guest.h"

int main(void)
{
    make_file("file", "0123456789", 0600);
    int fd = (int)MUST(open("file", O_RDWR));
    int read_only = (int)MUST(open("file", O_RDONLY));
    int directory = (int)MUST(open(".", O_RDONLY));
    int path = (int)MUST(open("file", O_PATH));
    int null = (int)MUST(open("/dev/null", O_RDWR));
    int ends[2];
    MUST(pipe(ends));

    SHOW(fsync(fd));
    SHOW(fsync(read_only));
    SHOW(fsync(directory));
    SHOW(fsync(path));
    SHOW(fsync(null));
    SHOW(fsync(ends[0]));
    SHOW(fsync(-1));
    SHOW(fsync(99));

    SHOW(fdatasync(fd));
    SHOW(fdatasync(read_only));
    SHOW(fdatasync(directory));
    SHOW(fdatasync(path));
    SHOW(fdatasync(ends[1]));
    SHOW(fdatasync(99));

    SHOW(RAW(sync));
    SHOW(syncfs(fd));
    SHOW(syncfs(directory));
    SHOW(syncfs(path));
    SHOW(syncfs(ends[0]));
    SHOW(syncfs(-1));

    unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    SHOW(sync_file_range(fd, 0, 0, all));
    SHOW(sync_file_range(fd, 2, 3, SYNC_FILE_RANGE_WRITE));
    SHOW(sync_file_range(fd, 100, 100, 0));
    SHOW(sync_file_range(read_only, 0, 10, all));
    SHOW(sync_file_range(directory, 0, 10, all));
    SHOW(sync_file_range(fd, 0, 0, 8));
    SHOW(sync_file_range(99, 0, 0, 8));
    SHOW(sync_file_range(fd, -1, 1, all));
    SHOW(sync_file_range(fd, 1, -1, all));
    SHOW(sync_file_range(fd, INT64_MAX, 2, all));
    SHOW(sync_file_range(ends[0], 0, 0, all));
    SHOW(sync_file_range(null, 0, 0, all));
    SHOW(sync_file_range(path, 0, 0, all));
    SHOW(sync_file_range(-1, 0, 0, all));
    show_contents("file");
    return 0;
}
