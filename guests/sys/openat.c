// calls: openat
#include "guest.h"
#include <sys/ioctl.h>

static void directory_descriptors(void)
{
    MUST(mkdir("dir", 0755));
    make_file("dir/file", "inside", 0644);
    make_file("file", "outside", 0644);
    int dir = (int)SHOW(openat(AT_FDCWD, "dir", O_RDONLY | O_DIRECTORY));
    int file = (int)SHOW(openat(dir, "file", O_RDONLY));
    int path = (int)SHOW(openat(AT_FDCWD, "dir", O_PATH));
    char text[8];
    SHOW(read(file, text, sizeof text));
    SHOW(openat(path, "file", O_RDONLY));
    SHOW(openat(file, "file", O_RDONLY));
    SHOW(openat(-1, "file", O_RDONLY));
    SHOW(openat(77, "file", O_RDONLY));
    SHOW(openat(dir, "", O_RDONLY));
    SHOW(openat(dir, "../file", O_RDONLY));
    SHOW(openat(77, "/proc/self/status", O_RDONLY) > 0);
    SHOW(openat(dir, "missing", O_RDONLY));
    MUST(unlink("dir/file"));
    MUST(rmdir("dir"));
    SHOW(openat(dir, "new", O_CREAT | O_WRONLY, 0600));
    SHOW(openat(dir, ".", O_RDONLY));
    SHOW(openat(dir, "..", O_RDONLY));
    close_range(3, ~0U, 0);
}

static void path_descriptors(void)
{
    MUST(symlink("file", "link"));
    char text[8];
    int fd = (int)SHOW(openat(AT_FDCWD, "link", O_PATH | O_NOFOLLOW));
    struct stat st;
    SHOW(fstat(fd, &st));
    show_stat("the link itself", &st);
    SHOW(read(fd, text, 1));
    SHOW(write(fd, text, 1));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(fchmod(fd, 0600));
    SHOW(fcntl(fd, F_GETFL));
    SHOW(ioctl(fd, 0x541B, text));
    SHOW(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
    SHOW(readlinkat(fd, "", text, sizeof text));
    SHOW(openat(AT_FDCWD, "file", O_PATH | O_CREAT | O_WRONLY | O_TRUNC));
    show_file("file");
    SHOW(openat(AT_FDCWD, "missing", O_PATH | O_CREAT, 0600));
    close_range(3, ~0U, 0);
}

static void nameless_files(void)
{
    int fd = (int)SHOW(openat(AT_FDCWD, ".", O_TMPFILE | O_RDWR, 0640));
    struct stat st;
    MUST(fstat(fd, &st));
    show_stat("nameless", &st);
    SHOW(write(fd, "kept", 4));
    SHOW(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH));
    show_contents("named");
    SHOW(openat(AT_FDCWD, ".", O_TMPFILE | O_RDONLY, 0600));
    SHOW(openat(AT_FDCWD, "file", O_TMPFILE | O_RDWR, 0600));
    SHOW(openat(AT_FDCWD, "missing", O_TMPFILE | O_RDWR, 0600));
    SHOW(openat(AT_FDCWD, ".", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600));
    SHOW(openat(AT_FDCWD, ".", O_TMPFILE | O_CREAT | O_RDWR, 0600));
    fd = (int)SHOW(openat(AT_FDCWD, ".", O_TMPFILE | O_EXCL | O_WRONLY, 0600));
    SHOW(linkat(fd, "", AT_FDCWD, "never", AT_EMPTY_PATH));
    close_range(3, ~0U, 0);
}

static void final_components(void)
{
    MUST(mkdir("d", 0755));
    MUST(symlink("d", "to-dir"));
    SHOW(openat(AT_FDCWD, "to-dir", O_DIRECTORY | O_NOFOLLOW));
    SHOW(openat(AT_FDCWD, "to-dir/", O_DIRECTORY | O_NOFOLLOW));
    SHOW(openat(AT_FDCWD, "link", O_DIRECTORY));
    SHOW(openat(AT_FDCWD, "link/", O_RDONLY));
    SHOW(openat(AT_FDCWD, "d/.", O_CREAT, 0600));
    SHOW(openat(AT_FDCWD, "d/..", O_RDONLY | O_CREAT | O_EXCL, 0600));
    SHOW(openat(AT_FDCWD, "d/", O_RDONLY));
    SHOW(openat(AT_FDCWD, "d//..///d/./", O_RDONLY));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    SHOW(openat(AT_FDCWD, "fifo", O_WRONLY | O_NONBLOCK));
    SHOW(openat(AT_FDCWD, "fifo", O_RDONLY | O_NONBLOCK));
    SHOW(openat(AT_FDCWD, "fifo", O_WRONLY | O_NONBLOCK));
    MUST(mknod("socket", S_IFSOCK | 0600, 0));
    SHOW(openat(AT_FDCWD, "socket", O_RDWR));
    MUST(mknod("device", S_IFCHR | 0600, makedev(231, 99)));
    SHOW(openat(AT_FDCWD, "device", O_RDWR));
    close_range(3, ~0U, 0);
}

int main(void)
{
    umask(022);
    directory_descriptors();
    path_descriptors();
    nameless_files();
    final_components();
    return 0;
}
