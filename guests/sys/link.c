// calls: link linkat
#include "guest.h"

static void names(void)
{
    make_file("file", "text", 0600);
    MUST(mkdir("dir", 0700));
    MUST(symlink("file", "link"));
    MUST(symlink("nowhere", "dangling"));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    SHOW(RAW(link, "file", "second"));
    show_file("second");
    SHOW(RAW(link, "file", "second"));
    SHOW(RAW(link, "file", "file"));
    SHOW(RAW(link, "file", "dir"));
    SHOW(RAW(link, "file", "dangling"));
    SHOW(RAW(link, "dir", "other"));
    SHOW(RAW(link, "missing", "other"));
    SHOW(RAW(link, "missing", "file"));
    SHOW(RAW(link, "file", "missing/x"));
    SHOW(RAW(link, "file", "file/x"));
    SHOW(RAW(link, "file/", "other"));
    SHOW(RAW(link, "file", "other/"));
    SHOW(RAW(link, "", "other"));
    SHOW(RAW(link, "file", ""));
    SHOW(RAW(link, "file", "."));
    SHOW(RAW(link, NULL, "other"));
    SHOW(RAW(link, "file", BAD_POINTER));
    SHOW(RAW(link, "file", "/proc/other"));
    SHOW(RAW(link, "/proc/self/stat", "other"));
    SHOW(RAW(link, "fifo", "fifo2"));
    show_file("fifo2");

    /* link does not follow a symbolic link: the new name is one as well. */
    SHOW(RAW(link, "link", "link2"));
    show_file("link2");
    SHOW(RAW(link, "dangling", "dangling2"));
    show_file("dangling");
}

static void at(void)
{
    int dir = (int)MUST(open("dir", O_RDONLY));
    int file = (int)MUST(open("file", O_RDONLY));
    SHOW(linkat(AT_FDCWD, "file", dir, "inside", 0));
    show_file("dir/inside");
    SHOW(linkat(AT_FDCWD, "link", dir, "unfollowed", 0));
    show_file("dir/unfollowed");
    SHOW(linkat(AT_FDCWD, "link", dir, "followed", AT_SYMLINK_FOLLOW));
    show_file("dir/followed");
    SHOW(linkat(AT_FDCWD, "dangling", dir, "x", AT_SYMLINK_FOLLOW));
    SHOW(linkat(file, "", dir, "by-descriptor", AT_EMPTY_PATH));
    show_file("dir/by-descriptor");
    SHOW(linkat(file, "", dir, "x", 0));
    SHOW(linkat(dir, "", dir, "x", AT_EMPTY_PATH));
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    SHOW(linkat(AT_FDCWD, path, dir, "by-proc", AT_SYMLINK_FOLLOW));
    SHOW(linkat(file, "x", dir, "x", 0));
    SHOW(linkat(AT_FDCWD, "file", file, "x", 0));
    SHOW(linkat(99, "file", dir, "x", 0));
    SHOW(linkat(AT_FDCWD, "file", 99, "x", 0));
    SHOW(linkat(AT_FDCWD, "file", dir, "x", AT_SYMLINK_NOFOLLOW));
    SHOW(linkat(99, "missing", dir, "x", 0x40000000));
    MUST(unlink("second"));
    struct stat before, after;
    MUST(fstat(file, &before));
    sleep_ms(30);
    MUST(linkat(dir, "inside", AT_FDCWD, "second", 0));
    MUST(fstat(file, &after));
    say("links %lu, ctime moved %d, mtime moved %d\n", (unsigned long)after.st_nlink,
        before.st_ctim.tv_nsec != after.st_ctim.tv_nsec,
        before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);

    /* A file without a name (and not O_TMPFILE) stays without one. */
    int gone = (int)MUST(open("gone", O_CREAT | O_RDWR, 0600));
    MUST(unlink("gone"));
    SHOW(linkat(gone, "", AT_FDCWD, "back", AT_EMPTY_PATH));
}

static void as_user(void)
{
    SHOW(RAW(link, "file", "open/x"));
    SHOW(RAW(link, "open/mine", "open/mine2"));
    SHOW(RAW(link, "open/mine", "mine"));
    SHOW(RAW(link, "closed/file", "open/x"));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    names();
    at();
    MUST(mkdir("open", 0777));
    make_file("open/mine", "", 0600);
    MUST(chown("open/mine", 1000, 1000));
    MUST(mkdir("closed", 0700));
    make_file("closed/file", "", 0666);
    /* Whether another's file may be linked is a sysctl: only what it cannot change is asked. */
    MUST(chmod("file", 0666));
    MUST(chown("file", 1000, 1000));
    run_as(1000, as_user);
    return 0;
}
