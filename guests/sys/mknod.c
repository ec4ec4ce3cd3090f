// calls: mknod mknodat
#include "guest.h"

static void kinds(void)
{
    umask(022);
    SHOW(RAW(mknod, "regular", S_IFREG | 0666, 0));
    show_file("regular");
    SHOW(RAW(mknod, "typeless", 0640, 0));
    show_file("typeless");
    SHOW(RAW(mknod, "fifo", S_IFIFO | 0666, 0));
    show_file("fifo");
    SHOW(RAW(mknod, "socket", S_IFSOCK | 0777, 0));
    show_file("socket");
    SHOW(RAW(mknod, "null", S_IFCHR | 0666, makedev(1, 3)));
    show_file("null");
    SHOW(RAW(mknod, "block", S_IFBLK | 07600, makedev(7, 200)));
    show_file("block");
    SHOW(RAW(mknod, "dir", S_IFDIR | 0700, 0));
    SHOW(RAW(mknod, "link", S_IFLNK | 0700, 0));
    SHOW(RAW(mknod, "strange", 0030000 | 0700, 0));
    SHOW(RAW(mknod, "strange", 0170000 | 0700, 0));
}

static void errors(void)
{
    MUST(symlink("nowhere", "dangling"));
    SHOW(RAW(mknod, "regular", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, "dangling", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, ".", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, "slash/", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, "regular/x", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, "missing/x", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, "", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, NULL, S_IFREG | 0600, 0));
    SHOW(RAW(mknod, BAD_POINTER, S_IFDIR | 0600, 0));
    SHOW(RAW(mknod, "/proc/x", S_IFREG | 0600, 0));
    SHOW(open("socket", O_RDONLY));
    SHOW(open("socket", O_PATH));
}

static void at(void)
{
    MUST(mkdir("dir", 0700));
    int dir = (int)MUST(open("dir", O_RDONLY));
    int file = (int)MUST(open("regular", O_RDONLY));
    SHOW(mknodat(dir, "fifo", S_IFIFO | 0600, 0));
    show_file("dir/fifo");
    SHOW(mknodat(dir, "fifo", S_IFIFO | 0600, 0));
    SHOW(mknodat(dir, "../up", S_IFREG | 0600, 0));
    SHOW(mknodat(file, "x", S_IFREG | 0600, 0));
    SHOW(mknodat(99, "x", S_IFREG | 0600, 0));
    SHOW(mknodat(99, "x", S_IFDIR | 0600, 0));
    SHOW(mknodat(dir, "", S_IFREG | 0600, 0));
    SHOW(mknodat(AT_FDCWD, "here", S_IFSOCK | 0600, 0));
}

static void as_user(void)
{
    SHOW(RAW(mknod, "x", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, "open/regular", S_IFREG | 0600, 0));
    SHOW(RAW(mknod, "open/fifo", S_IFIFO | 0600, 0));
    SHOW(RAW(mknod, "open/socket", S_IFSOCK | 0600, 0));
    show_file("open/fifo");
    SHOW(RAW(mknod, "open/char", S_IFCHR | 0600, makedev(1, 3)));
    SHOW(RAW(mknod, "open/block", S_IFBLK | 0600, makedev(1, 3)));
    SHOW(RAW(mknod, "open/fifo", S_IFCHR | 0600, makedev(1, 3)));
}

int main(void)
{
    MUST(chmod(".", 0755));
    kinds();
    errors();
    at();
    umask(0);
    MUST(mkdir("open", 0777));
    run_as(1000, as_user);
    return 0;
}
