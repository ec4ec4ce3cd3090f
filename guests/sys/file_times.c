// calls: read write stat utimensat
/* Which of the three times of a file and of its directory each operation moves. */
#include "guest.h"
#include <dirent.h>
#include <sys/xattr.h>

static struct stat before[2], after[2];

/* Times of access and modification lie in the past, so that every change shows. */
static void prepare(const char *path)
{
    static const struct timespec past[2] = {{1000, 0}, {2000, 0}};
    if (access(path, F_OK) == 0)
        MUST(utimensat(AT_FDCWD, path, past, AT_SYMLINK_NOFOLLOW));
    MUST(utimensat(AT_FDCWD, "dir", past, 0));
    memset(before, 0, sizeof before);
    lstat(path, &before[0]);
    MUST(stat("dir", &before[1]));
    sleep_ms(12);
}

static const char *moved(const struct stat *old, const struct stat *new)
{
    static char text[2][8];
    static int turn;
    if (!new->st_nlink)
        return "gone";
    if (!old->st_nlink)
        return "new";
    char *at = text[turn++ & 1];
    sprintf(at, "%c%c%c", memcmp(&old->st_atim, &new->st_atim, sizeof old->st_atim) ? 'a' : '-',
            memcmp(&old->st_mtim, &new->st_mtim, sizeof old->st_mtim) ? 'm' : '-',
            memcmp(&old->st_ctim, &new->st_ctim, sizeof old->st_ctim) ? 'c' : '-');
    return at;
}

static void report(const char *label, const char *path)
{
    memset(after, 0, sizeof after);
    lstat(path, &after[0]);
    MUST(stat("dir", &after[1]));
    say("%-24s file %s, directory %s\n", label, moved(&before[0], &after[0]),
        moved(&before[1], &after[1]));
}

#define TIMES(path, call)                                                                          \
    do {                                                                                           \
        prepare(path);                                                                             \
        MUST((long)(call));                                                                        \
        report(#call, path);                                                                       \
    } while (0)

static char text[16];

static long list(void)
{
    DIR *directory = opendir("dir");
    MUST(directory ? 0 : -1);
    while (readdir(directory))
        continue;
    return closedir(directory);
}

static long read_without_time(void)
{
    int fd = (int)MUST(open("dir/file", O_RDONLY | O_NOATIME));
    MUST(read(fd, text, 4));
    return close(fd);
}

static void contents(void)
{
    make_file("dir/file", "0123456789", 0600);
    int fd = (int)MUST(open("dir/file", O_RDWR));
    TIMES("dir/file", open("dir/file", O_RDONLY));
    TIMES("dir/file", read(fd, text, 4));
    TIMES("dir/file", pread(fd, text, 4, 100));
    TIMES("dir/file", read_without_time());
    TIMES("dir/file", write(fd, "x", 1));
    TIMES("dir/file", write(fd, "x", 0));
    TIMES("dir/file", ftruncate(fd, 5));
    TIMES("dir/file", ftruncate(fd, 5));
    TIMES("dir/file", truncate("dir/file", 9));
    TIMES("dir/file", open("dir/file", O_WRONLY | O_TRUNC));
    TIMES("dir/file", open("dir/file", O_WRONLY | O_TRUNC));
    TIMES("dir/file", open("dir/file", O_WRONLY | O_CREAT, 0600));
    TIMES("dir/file", fallocate(fd, 0, 0, 100));
    TIMES("dir/file", fsync(fd));
}

static void attributes(void)
{
    TIMES("dir/file", chmod("dir/file", 0640));
    TIMES("dir/file", chmod("dir/file", 0640));
    TIMES("dir/file", chown("dir/file", 5, 6));
    TIMES("dir/file", setxattr("dir/file", "trusted.t", "x", 1, 0));
    TIMES("dir/file", getxattr("dir/file", "trusted.t", text, 1));
    TIMES("dir/file", utimensat(AT_FDCWD, "dir/file", NULL, 0));
    TIMES("dir/file", access("dir/file", R_OK));
}

static void names(void)
{
    TIMES("dir/new", mknod("dir/new", S_IFREG | 0600, 0));
    TIMES("dir/new", link("dir/new", "dir/second"));
    TIMES("dir/new", rename("dir/second", "dir/third"));
    TIMES("dir/new", unlink("dir/third"));
    TIMES("dir/link", symlink("file", "dir/link"));
    TIMES("dir/link", readlink("dir/link", text, sizeof text));
    TIMES("dir/sub", mkdir("dir/sub", 0700));
    TIMES("dir/sub", list());
    TIMES("dir/sub", mkdir("dir/sub/deeper", 0700));
    TIMES("dir/sub", rename("dir/sub/deeper", "deeper"));
    TIMES("dir/sub", rmdir("dir/sub"));
    TIMES("dir/file", rename("dir/file", "file"));
    TIMES("file", rename("file", "dir/file"));
}

int main(void)
{
    MUST(mkdir("dir", 0700));
    contents();
    attributes();
    names();
    return 0;
}
