// calls: chmod fchmod fchmodat fchmodat2
#include "guest.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static void modes(void)
{
    make_file("file", "", 0644);
    MUST(mkdir("dir", 0755));
    MUST(symlink("file", "link"));
    MUST(symlink("nowhere", "dangling"));
    SHOW(RAW(chmod, "file", 0600));
    show_file("file");
    SHOW(RAW(chmod, "file", 07777));
    show_file("file");
    SHOW(RAW(chmod, "file", 0170421));
    show_file("file");
    SHOW(RAW(chmod, "dir", 01700));
    show_file("dir");
    SHOW(RAW(chmod, "link", 0640));
    show_file("file");
    show_file("link");
    SHOW(RAW(chmod, "dangling", 0600));
    SHOW(RAW(chmod, "missing", 0600));
    SHOW(RAW(chmod, "file/", 0600));
    SHOW(RAW(chmod, "file/x", 0600));
    SHOW(RAW(chmod, "", 0600));
    SHOW(RAW(chmod, NULL, 0600));
    SHOW(RAW(chmod, BAD_POINTER, 0600));
    struct stat before, after;
    MUST(stat("file", &before));
    sleep_ms(30);
    MUST(chmod("file", 0640));
    MUST(stat("file", &after));
    say("ctime moved %d, mtime moved %d\n", before.st_ctim.tv_nsec != after.st_ctim.tv_nsec,
        before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
}

static void descriptors(void)
{
    int fd = (int)MUST(open("file", O_RDONLY));
    int dir = (int)MUST(open(".", O_RDONLY));
    int path = (int)MUST(open("link", O_PATH | O_NOFOLLOW));
    SHOW(fchmod(fd, 0444));
    show_file("file");
    SHOW(fchmod(path, 0600));
    SHOW(fchmod(99, 0600));
    int ends[2];
    MUST(pipe(ends));
    SHOW(fchmod(ends[0], 0640));
    struct stat st;
    MUST(fstat(ends[1], &st));
    say("pipe's mode %o\n", st.st_mode);

    SHOW(RAW(fchmodat, dir, "file", 0600));
    show_file("file");
    SHOW(RAW(fchmodat, dir, "link", 0400));
    show_file("file");
    SHOW(RAW(fchmodat, fd, "file", 0600));
    SHOW(RAW(fchmodat, 99, "file", 0600));
    SHOW(RAW(fchmodat, dir, "", 0600));
    SHOW(RAW(fchmodat, dir, NULL, 0600));

    SHOW(RAW(fchmodat2, dir, "file", 0640, 0));
    SHOW(RAW(fchmodat2, fd, "", 0604, AT_EMPTY_PATH));
    show_file("file");
    SHOW(RAW(fchmodat2, fd, "", 0604, 0));
    SHOW(RAW(fchmodat2, dir, "link", 0600, AT_SYMLINK_NOFOLLOW));
    SHOW(RAW(fchmodat2, dir, "file", 0606, AT_SYMLINK_NOFOLLOW));
    show_file("file");
    SHOW(RAW(fchmodat2, dir, "file", 0600, AT_REMOVEDIR));
    SHOW(RAW(fchmodat2, dir, "missing", 0600, 0x40000000));
    SHOW(RAW(fchmodat2, 99, "file", 0600, 0));
}

static void as_user(void)
{
    SHOW(RAW(chmod, "roots", 0777));
    SHOW(RAW(chmod, "mine", 07711));
    show_file("mine");
    SHOW(RAW(chmod, "foreign-group", 02755));
    show_file("foreign-group");
    SHOW(RAW(chmod, "foreign-group", 05755));
    show_file("foreign-group");
    SHOW(RAW(chmod, "closed/file", 0777));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    modes();
    descriptors();
    make_file("roots", "", 0666);
    make_file("mine", "", 0600);
    MUST(chown("mine", 1000, 1000));
    make_file("foreign-group", "", 0600);
    MUST(chown("foreign-group", 1000, 50));
    MUST(mkdir("closed", 0700));
    run_as(1000, as_user);
    return 0;
}
