// calls: setxattr getxattr listxattr removexattr lsetxattr
#include "guest.h"
#include <sys/xattr.h>

static char value[200];

static void as_user(void)
{
    SHOW(setxattr("readable", "user.a", "x", 1, 0));
    SHOW(getxattr("readable", "user.a", value, sizeof value));
    SHOW(getxattr("secret", "user.a", value, sizeof value));
    SHOW(setxattr("writable", "user.a", "by the user", 11, 0));
    SHOW(listxattr("writable", value, sizeof value));
    show_text("names", value, strlen(value));
    SHOW(listxattr("secret", NULL, 0));
    SHOW(setxattr("sticky", "user.a", "x", 1, 0));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    make_file("readable", "", 0644);
    make_file("writable", "", 0666);
    make_file("secret", "", 0600);
    MUST(mkdir("dir", 0755));
    MUST(mkdir("sticky", 01777));
    MUST(symlink("readable", "link"));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    SHOW(setxattr("readable", "user.a", "value", 5, XATTR_CREATE));
    SHOW(setxattr("readable", "user.a", "longer value", 12, 0));
    SHOW(getxattr("readable", "user.a", value, sizeof value));
    show_text("value", value, 12);
    SHOW(setxattr("secret", "user.a", "hidden", 6, 0));
    SHOW(setxattr("dir", "user.a", "directory", 9, 0));
    SHOW(setxattr("sticky", "user.a", "sticky", 6, 0));

    /* Attributes of users are for regular files and directories alone. */
    SHOW(lsetxattr("link", "user.a", "x", 1, 0));
    SHOW(setxattr("fifo", "user.a", "x", 1, 0));
    SHOW(getxattr("fifo", "user.a", value, sizeof value));
    SHOW(removexattr("fifo", "user.a"));
    SHOW(removexattr("readable", "user.none"));

    MUST(rename("readable", "moved"));
    SHOW(getxattr("moved", "user.a", value, sizeof value));
    MUST(rename("moved", "readable"));
    run_as(1000, as_user);
    return 0;
}
