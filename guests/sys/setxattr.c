// calls: setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
// removexattr lremovexattr fremovexattr
#include "guest.h"
#include <sys/xattr.h>

static char value[70000];

/* The names of a list come in no order that is promised. */
static void show_names(const char *path)
{
    char list[1024];
    long length = llistxattr(path, list, sizeof list);
    if (length < 0) {
        say("%s: %s\n", path, errno_name(errno));
        return;
    }
    static const char *const known[] = {"trusted.a", "trusted.bb", "trusted.empty", "trusted.link",
                                        "security.label"};
    say("%s: %ld bytes:", path, length);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (long at = 0; at < length; at += (long)strlen(list + at) + 1)
            if (strcmp(list + at, known[i]) == 0)
                say(" %s", known[i]);
    say("\n");
}

static void setting(void)
{
    SHOW(setxattr("file", "trusted.a", "first", 5, 0));
    SHOW(getxattr("file", "trusted.a", value, sizeof value));
    show_text("value", value, 5);
    SHOW(setxattr("file", "trusted.a", "second value", 12, XATTR_REPLACE));
    SHOW(setxattr("file", "trusted.a", "x", 1, XATTR_CREATE));
    SHOW(setxattr("file", "trusted.bb", "x", 1, XATTR_REPLACE));
    SHOW(setxattr("file", "trusted.bb", "x\0y", 3, XATTR_CREATE));
    SHOW(setxattr("file", "trusted.empty", NULL_POINTER, 0, 0));
    SHOW(setxattr("file", "security.label", "s", 1, 0));
    SHOW(setxattr("file", "trusted.c", "x", 1, 4));
    SHOW(setxattr("file", "trusted.c", "x", 1, XATTR_CREATE | XATTR_REPLACE));
    SHOW(setxattr("file", "strange.c", "x", 1, 0));
    SHOW(setxattr("file", "nodot", "x", 1, 0));
    SHOW(setxattr("file", "", "x", 1, 0));
    SHOW(setxattr("file", "trusted.", "x", 1, 0));
    SHOW(setxattr("file", NULL_POINTER, "x", 1, 0));
    SHOW(setxattr("file", "trusted.c", BAD_POINTER, 1, 0));
    SHOW(setxattr("file", "trusted.c", value, 65537, 0));
    SHOW(setxattr("missing", "trusted.c", "x", 1, 0));
    char name[300] = "trusted.";
    memset(name + 8, 'n', sizeof name - 8);
    name[256] = 0;
    SHOW(setxattr("file", name, "x", 1, 0));
    name[255] = 0;
    SHOW(setxattr("file", name, "x", 1, 0));
    SHOW(removexattr("file", name));
    show_names("file");
}

static void getting(void)
{
    SHOW(getxattr("file", "trusted.a", NULL, 0));
    SHOW(getxattr("file", "trusted.a", value, 11));
    SHOW(getxattr("file", "trusted.a", value, 12));
    SHOW(getxattr("file", "trusted.a", BAD_POINTER, 100));
    SHOW(getxattr("file", "trusted.empty", value, 10));
    SHOW(getxattr("file", "trusted.none", value, 10));
    SHOW(getxattr("file", "strange.none", value, 10));
    SHOW(getxattr("file", "", value, 10));
    SHOW(getxattr("missing", "trusted.a", value, 10));
    SHOW(listxattr("file", NULL, 0));
    SHOW(listxattr("file", value, 5));
    SHOW(listxattr("file", BAD_POINTER, 1000));
    SHOW(listxattr("missing", value, 5));
    SHOW(removexattr("file", "trusted.bb"));
    SHOW(removexattr("file", "trusted.bb"));
    SHOW(removexattr("file", "strange.bb"));
    SHOW(removexattr("file", BAD_POINTER));
    show_names("file");
}

static void links_and_descriptors(void)
{
    SHOW(setxattr("link", "trusted.bb", "via link", 8, 0));
    SHOW(lsetxattr("link", "trusted.link", "on the link", 11, 0));
    show_names("link");
    show_names("file");
    SHOW(getxattr("link", "trusted.link", value, 100));
    SHOW(lgetxattr("link", "trusted.link", value, 100));
    SHOW(lgetxattr("link", "trusted.bb", value, 100));
    SHOW(listxattr("link", NULL, 0));
    SHOW(llistxattr("link", NULL, 0));
    SHOW(lremovexattr("link", "trusted.bb"));
    SHOW(lremovexattr("link", "trusted.link"));

    int fd = (int)MUST(open("file", O_RDONLY));
    int path = (int)MUST(open("file", O_PATH));
    SHOW(fsetxattr(fd, "trusted.a", "by fd", 5, XATTR_REPLACE));
    SHOW(fgetxattr(fd, "trusted.a", value, 100));
    SHOW(flistxattr(fd, NULL, 0));
    SHOW(fremovexattr(fd, "trusted.a"));
    SHOW(fremovexattr(fd, "trusted.a"));
    SHOW(fsetxattr(path, "trusted.a", "x", 1, 0));
    SHOW(fgetxattr(path, "trusted.a", value, 100));
    SHOW(flistxattr(99, NULL, 0));
    SHOW(fremovexattr(-1, "trusted.a"));
    SHOW(setxattr(".", "trusted.a", "directory", 9, 0));
    SHOW(setxattr("fifo", "trusted.a", "fifo", 4, 0));
    struct stat before, after;
    MUST(stat("file", &before));
    sleep_ms(30);
    MUST(setxattr("file", "trusted.a", "t", 1, 0));
    MUST(stat("file", &after));
    say("ctime moved %d, mtime moved %d\n", before.st_ctim.tv_nsec != after.st_ctim.tv_nsec,
        before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
}

static void as_user(void)
{
    SHOW(setxattr("own", "trusted.x", "x", 1, 0));
    SHOW(getxattr("own", "trusted.a", value, 100));
    SHOW(listxattr("own", NULL, 0));
    SHOW(removexattr("own", "trusted.a"));
    SHOW(setxattr("own", "security.x", "x", 1, 0));
    SHOW(getxattr("own", "security.label", value, 100));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    make_file("file", "", 0644);
    MUST(symlink("file", "link"));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    setting();
    getting();
    links_and_descriptors();
    make_file("own", "", 0644);
    MUST(chown("own", 1000, 1000));
    MUST(setxattr("own", "trusted.a", "a", 1, 0));
    MUST(setxattr("own", "security.label", "label", 5, 0));
    run_as(1000, as_user);
    return 0;
}
