// calls: mkdir mkdirat
#include "guest.h"

static void as_user(void)
{
    SHOW(RAW(mkdir, "closed", 0700));
    SHOW(RAW(mkdir, "open/mine", 0755));
    show_file("open/mine");
    SHOW(RAW(mkdir, "group/mine", 0755));
    show_file("group/mine");
}

static void modes(void)
{
    umask(022);
    SHOW(RAW(mkdir, "plain", 0777));
    show_file("plain");
    SHOW(RAW(mkdir, "sticky", 01777));
    show_file("sticky");
    SHOW(RAW(mkdir, "setid", 06777));
    show_file("setid");
    SHOW(RAW(mkdir, "none", 0));
    show_file("none");
    SHOW(RAW(mkdir, "bits", 0170755));
    show_file("bits");
    umask(0);
    MUST(mkdir("group", 0777));
    MUST(chown("group", 0, 50));
    MUST(chmod("group", 02777));
    SHOW(RAW(mkdir, "group/inherits", 0755));
    show_file("group/inherits");
    make_file("group/file", "", 0600);
    show_file("group/file");
}

static void errors(void)
{
    make_file("file", "", 0600);
    MUST(symlink("nowhere", "dangling"));
    MUST(symlink("plain", "link"));
    SHOW(RAW(mkdir, "plain", 0700));
    SHOW(RAW(mkdir, "file", 0700));
    SHOW(RAW(mkdir, "dangling", 0700));
    SHOW(RAW(mkdir, "dangling/", 0700));
    SHOW(RAW(mkdir, "link", 0700));
    SHOW(RAW(mkdir, "file/x", 0700));
    SHOW(RAW(mkdir, "missing/x", 0700));
    SHOW(RAW(mkdir, "", 0700));
    SHOW(RAW(mkdir, ".", 0700));
    SHOW(RAW(mkdir, "..", 0700));
    SHOW(RAW(mkdir, "/", 0700));
    SHOW(RAW(mkdir, "plain/.", 0700));
    SHOW(RAW(mkdir, "new/.", 0700));
    SHOW(RAW(mkdir, "slash/", 0700));
    SHOW(RAW(mkdir, "slashes///", 0700));
    SHOW(RAW(mkdir, NULL, 0700));
    SHOW(RAW(mkdir, BAD_POINTER, 0700));
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    SHOW(RAW(mkdir, name, 0700));
    name[255] = 0;
    SHOW(RAW(mkdir, name, 0700));
    SHOW(RAW(mkdir, "/proc/new", 0700));
}

static void at(void)
{
    int dir = (int)MUST(open("plain", O_RDONLY));
    int file = (int)MUST(open("file", O_RDONLY));
    SHOW(mkdirat(dir, "inside", 0700));
    show_file("plain/inside");
    show_file("plain");
    SHOW(mkdirat(dir, "inside", 0700));
    SHOW(mkdirat(dir, "../beside", 0700));
    SHOW(mkdirat(file, "x", 0700));
    SHOW(mkdirat(99, "x", 0700));
    SHOW(mkdirat(-1, "x", 0700));
    SHOW(mkdirat(AT_FDCWD, "here", 0700));
    SHOW(mkdirat(dir, "", 0700));
    MUST(rmdir("plain/inside"));
    MUST(rmdir("plain"));
    SHOW(mkdirat(dir, "late", 0700));
}

static void parent_times(void)
{
    struct stat before, after;
    MUST(mkdir("parent", 0700));
    MUST(stat("parent", &before));
    sleep_ms(30);
    MUST(mkdir("parent/child", 0700));
    MUST(stat("parent", &after));
    say("mtime moved %d, ctime moved %d, links %lu\n",
        before.st_mtim.tv_nsec != after.st_mtim.tv_nsec,
        before.st_ctim.tv_nsec != after.st_ctim.tv_nsec, (unsigned long)after.st_nlink);
}

int main(void)
{
    modes();
    errors();
    at();
    parent_times();
    MUST(chmod(".", 0755));
    MUST(mkdir("open", 0777));
    run_as(1000, as_user);
    return 0;
}
