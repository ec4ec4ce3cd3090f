// calls: chown lchown fchown fchownat
#include "guest.h"

static void paths(void)
{
    make_file("file", "", 0644);
    MUST(symlink("file", "link"));
    MUST(symlink("nowhere", "dangling"));
    SHOW(RAW(chown, "file", 12, 34));
    show_file("file");
    SHOW(RAW(chown, "file", -1, 35));
    SHOW(RAW(chown, "file", 13, -1));
    show_file("file");
    SHOW(RAW(chown, "file", -1, -1));
    show_file("file");
    SHOW(RAW(chown, "link", 14, 36));
    show_file("file");
    show_file("link");
    SHOW(RAW(lchown, "link", 15, 37));
    show_file("link");
    show_file("file");
    SHOW(RAW(lchown, "dangling", 1, 2));
    show_file("dangling");
    SHOW(RAW(chown, "dangling", 1, 2));
    SHOW(RAW(chown, "file", 4294967294L, 4294967294L));
    show_file("file");
    SHOW(RAW(chown, "missing", -1, -1));
    SHOW(RAW(chown, "file/", 0, 0));
    SHOW(RAW(lchown, "link/", 0, 0));
    SHOW(RAW(chown, "", 0, 0));
    SHOW(RAW(chown, NULL, 0, 0));
    SHOW(RAW(lchown, BAD_POINTER, 0, 0));
}

static void set_id_bits(void)
{
    make_file("setid", "", 06755);
    SHOW(RAW(chown, "setid", 0, 0));
    show_file("setid");
    MUST(chmod("setid", 06755));
    SHOW(RAW(chown, "setid", -1, -1));
    show_file("setid");
    /* Set-group-id without group execution marks mandatory locking and stays. */
    MUST(chmod("setid", 06745));
    SHOW(RAW(chown, "setid", 1, 1));
    show_file("setid");
    MUST(mkdir("dir", 06755));
    MUST(chmod("dir", 06755));
    SHOW(RAW(chown, "dir", 1, 1));
    show_file("dir");
}

static void descriptors(void)
{
    int fd = (int)MUST(open("file", O_RDONLY));
    int dir = (int)MUST(open(".", O_RDONLY));
    int path = (int)MUST(open("link", O_PATH | O_NOFOLLOW));
    SHOW(fchown(fd, 40, 41));
    show_file("file");
    SHOW(fchown(path, 1, 1));
    SHOW(fchown(99, 1, 1));
    SHOW(fchownat(dir, "link", 42, 43, 0));
    show_file("file");
    SHOW(fchownat(dir, "link", 44, 45, AT_SYMLINK_NOFOLLOW));
    show_file("link");
    SHOW(fchownat(fd, "", 46, 47, AT_EMPTY_PATH));
    show_file("file");
    SHOW(fchownat(path, "", 48, 49, AT_EMPTY_PATH));
    show_file("link");
    SHOW(fchownat(dir, "", 1, 1, 0));
    SHOW(fchownat(fd, "x", 1, 1, 0));
    SHOW(fchownat(99, "x", 1, 1, 0));
    SHOW(fchownat(dir, "file", 1, 1, AT_SYMLINK_FOLLOW));
    SHOW(fchownat(dir, "missing", 1, 1, 0x40000000));
    SHOW(fchownat(dir, "missing", 1, 1, 0));
}

static void as_user(void)
{
    SHOW(RAW(chown, "roots", 1000, 1000));
    SHOW(RAW(chown, "roots", -1, -1));
    SHOW(RAW(chown, "mine", 1000, 1000));
    SHOW(RAW(chown, "mine", 1001, -1));
    SHOW(RAW(chown, "mine", -1, 1001));
    SHOW(RAW(chown, "mine", -1, 1000));
    show_file("mine");
}

static void with_group(void)
{
    gid_t groups[] = {50};
    MUST(setgroups(1, groups));
    MUST(setresgid(1000, 1000, 1000));
    MUST(setresuid(1000, 1000, 1000));
    SHOW(RAW(chown, "mine", -1, 50));
    SHOW(RAW(chown, "mine", 1000, 51));
    show_file("mine");
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    paths();
    set_id_bits();
    descriptors();
    make_file("roots", "", 0666);
    make_file("mine", "", 06755);
    MUST(chown("mine", 1000, 30));
    MUST(chmod("mine", 06755));
    run_as(1000, as_user);
    show_status("member of group 50", run_child(with_group));
    return 0;
}
