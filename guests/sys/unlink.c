// calls: unlink unlinkat
#include "guest.h"

static void names(void)
{
    make_file("file", "still here", 0600);
    MUST(link("file", "second"));
    MUST(mkdir("dir", 0700));
    MUST(symlink("second", "link"));
    MUST(symlink("dir", "dirlink"));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    int fd = (int)MUST(open("file", O_RDONLY));
    SHOW(RAW(unlink, "file"));
    SHOW(RAW(unlink, "file"));
    show_file("second");
    SHOW(RAW(unlink, "link"));
    show_file("second");
    SHOW(RAW(unlink, "second"));
    char text[16];
    SHOW(read(fd, text, sizeof text));
    struct stat st;
    MUST(fstat(fd, &st));
    show_stat("nameless", &st);
    SHOW(RAW(unlink, "dir"));
    SHOW(RAW(unlink, "dir/"));
    SHOW(RAW(unlink, "dirlink/"));
    SHOW(RAW(unlink, "dirlink"));
    SHOW(RAW(unlink, "fifo/"));
    SHOW(RAW(unlink, "fifo"));
    SHOW(RAW(unlink, "."));
    SHOW(RAW(unlink, ".."));
    SHOW(RAW(unlink, "/"));
    SHOW(RAW(unlink, ""));
    SHOW(RAW(unlink, "missing/x"));
    SHOW(RAW(unlink, "missing/"));
    make_file("file", "", 0600);
    SHOW(RAW(unlink, "file/x"));
    SHOW(RAW(unlink, NULL));
    SHOW(RAW(unlink, BAD_POINTER));
    SHOW(RAW(unlink, "/proc/self/stat"));
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    SHOW(RAW(unlink, name));
}

static void at(void)
{
    int dir = (int)MUST(open("dir", O_RDONLY));
    int file = (int)MUST(open("file", O_RDONLY));
    make_file("dir/one", "", 0600);
    MUST(mkdir("dir/sub", 0700));
    MUST(mkdir("dir/sub/deep", 0700));
    SHOW(unlinkat(dir, "one", 0));
    SHOW(unlinkat(dir, "one", 0));
    SHOW(unlinkat(dir, "sub", 0));
    SHOW(unlinkat(dir, "sub", AT_REMOVEDIR));
    SHOW(unlinkat(dir, "sub/deep", AT_REMOVEDIR));
    SHOW(unlinkat(dir, "sub/", AT_REMOVEDIR));
    SHOW(unlinkat(dir, "../file", AT_REMOVEDIR));
    SHOW(unlinkat(dir, ".", AT_REMOVEDIR));
    SHOW(unlinkat(dir, "..", AT_REMOVEDIR));
    SHOW(unlinkat(dir, "", AT_REMOVEDIR));
    SHOW(unlinkat(dir, "", 0));
    SHOW(unlinkat(file, "x", 0));
    SHOW(unlinkat(99, "x", 0));
    SHOW(unlinkat(99, "x", 1));
    SHOW(unlinkat(dir, "x", AT_EMPTY_PATH));
    SHOW(unlinkat(dir, "../file", AT_SYMLINK_NOFOLLOW));
    SHOW(unlinkat(dir, "../file", 0));
    SHOW(unlinkat(AT_FDCWD, "dir", AT_REMOVEDIR));
}

static void as_user(void)
{
    SHOW(RAW(unlink, "roots"));
    SHOW(RAW(unlink, "sticky/roots"));
    SHOW(RAW(unlink, "sticky/mine"));
    SHOW(RAW(unlink, "own-sticky/roots"));
    SHOW(RAW(unlink, "open/roots"));
    SHOW(RAW(unlink, "closed/roots"));
    SHOW(RAW(unlink, "sticky/missing"));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    names();
    at();
    make_file("roots", "", 0666);
    MUST(mkdir("sticky", 01777));
    make_file("sticky/roots", "", 0666);
    make_file("sticky/mine", "", 0);
    MUST(chown("sticky/mine", 1000, 0));
    MUST(mkdir("own-sticky", 01777));
    make_file("own-sticky/roots", "", 0600);
    MUST(chown("own-sticky", 1000, 0));
    MUST(mkdir("open", 0777));
    make_file("open/roots", "", 0);
    MUST(mkdir("closed", 0700));
    make_file("closed/roots", "", 0666);
    run_as(1000, as_user);
    return 0;
}
