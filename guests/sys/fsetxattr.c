// calls: lsetxattr lgetxattr llistxattr lremovexattr fsetxattr fgetxattr flistxattr fremovexattr
#include "guest.h"
#include <sys/xattr.h>

static char value[200];

/* The names of a list come in no order that is promised. */
static void show_names(const char *path)
{
    char list[1024];
    long length = llistxattr(path, list, sizeof list);
    if (length < 0) {
        say("%s: %s\n", path, errno_name(errno));
        return;
    }
    static const char *const known[] = {"trusted.a", "trusted.bb", "trusted.link",
                                        "security.label"};
    say("%s: %ld bytes:", path, length);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (long at = 0; at < length; at += (long)strlen(list + at) + 1)
            if (strcmp(list + at, known[i]) == 0)
                say(" %s", known[i]);
    say("\n");
}

static void links(void)
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
}

static void descriptors(void)
{
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
}

static void change_time(void)
{
    struct stat before, after;
    MUST(stat("file", &before));
    sleep_ms(30);
    MUST(setxattr("file", "trusted.a", "t", 1, 0));
    MUST(stat("file", &after));
    say("ctime moved %d, mtime moved %d\n", before.st_ctim.tv_nsec != after.st_ctim.tv_nsec,
        before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
}

int main(void)
{
    make_file("file", "", 0644);
    MUST(symlink("file", "link"));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    MUST(setxattr("file", "trusted.a", "first", 5, 0));
    MUST(setxattr("file", "security.label", "label", 5, 0));
    links();
    descriptors();
    change_time();
    return 0;
}
