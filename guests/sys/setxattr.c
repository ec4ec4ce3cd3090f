// calls: setxattr getxattr listxattr removexattr
#include "guest.h"
#include <sys/xattr.h>

static char value[70000];

/* The names of a list come in no order that is promised. */
static void show_names(const char *path)
{
    char list[1024];
    long length = listxattr(path, list, sizeof list);
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
    setting();
    getting();
    make_file("own", "", 0644);
    MUST(chown("own", 1000, 1000));
    MUST(setxattr("own", "trusted.a", "a", 1, 0));
    MUST(setxattr("own", "security.label", "label", 5, 0));
    run_as(1000, as_user);
    return 0;
}
