// calls: creat
#include "guest.h"

static void as_user(void)
{
    SHOW(RAW(creat, "new", 0644));
    SHOW(RAW(creat, "readonly", 0644));
    SHOW(RAW(creat, "shared", 0644));
    show_file("shared");
}

int main(void)
{
    umask(022);
    MUST(chmod(".", 0755));
    int fd = (int)SHOW(RAW(creat, "file", 0666));
    show_file("file");
    SHOW(write(fd, "0123456789", 10));
    char text[4];
    SHOW(read(fd, text, sizeof text));
    SHOW(fcntl(fd, F_GETFL));
    show_file("file");
    SHOW(RAW(creat, "file", 0600));
    show_file("file");
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(write(fd, "x", 1));
    show_file("file");

    SHOW(RAW(creat, "sticky", 07777));
    show_file("sticky");
    SHOW(RAW(creat, "none", 0));
    show_file("none");
    SHOW(RAW(creat, ".", 0600));
    SHOW(RAW(creat, "", 0600));
    SHOW(RAW(creat, "new/", 0600));
    SHOW(RAW(creat, "file/new", 0600));
    SHOW(RAW(creat, "missing/new", 0600));
    SHOW(RAW(creat, NULL, 0600));
    SHOW(RAW(creat, BAD_POINTER, 0600));
    MUST(symlink("target", "link"));
    SHOW(RAW(creat, "link", 0600));
    show_file("target");

    make_file("readonly", "r", 0444);
    make_file("shared", "shared", 0666);
    run_as(1000, as_user);
    return 0;
}
