// calls: newfstatat
#include "guest.h"

static struct stat st;

static void show(long result)
{
    if (result == 0)
        show_stat("  ", &st);
}

int main(void)
{
    MUST(chmod(".", 0755));
    make_file("file", "12345", 0600);
    MUST(symlink("file", "link"));
    MUST(mkdir("dir", 0700));
    MUST(symlink("../file", "dir/up"));
    int dir = (int)MUST(open("dir", O_RDONLY));
    int file = (int)MUST(open("file", O_RDONLY));
    int path = (int)MUST(open("link", O_PATH | O_NOFOLLOW));

    show(SHOW(fstatat(AT_FDCWD, "link", &st, 0)));
    show(SHOW(fstatat(AT_FDCWD, "link", &st, AT_SYMLINK_NOFOLLOW)));
    show(SHOW(fstatat(dir, "up", &st, 0)));
    show(SHOW(fstatat(dir, "up", &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)));
    show(SHOW(fstatat(dir, "", &st, AT_EMPTY_PATH)));
    show(SHOW(fstatat(file, "", &st, AT_EMPTY_PATH)));
    show(SHOW(fstatat(path, "", &st, AT_EMPTY_PATH)));
    show(SHOW(fstatat(path, "", &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)));
    show(SHOW(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH)));
    show(SHOW(fstatat(dir, "../file", &st, AT_EMPTY_PATH)));
    show(SHOW(fstatat(-1, "/dev/zero", &st, 0)));

    SHOW(fstatat(dir, "", &st, 0));
    SHOW(fstatat(dir, "file", &st, 0));
    SHOW(fstatat(file, "file", &st, 0));
    SHOW(fstatat(-1, "file", &st, 0));
    SHOW(fstatat(99, "", &st, AT_EMPTY_PATH));
    SHOW(fstatat(dir, "..", &st, AT_REMOVEDIR));
    SHOW(fstatat(dir, "..", &st, AT_SYMLINK_FOLLOW));
    SHOW(fstatat(dir, "..", &st, 0x40000000));
    SHOW(fstatat(99, "x", NULL_POINTER, 0x40000000));
    SHOW(RAW(newfstatat, dir, BAD_POINTER, &st, 0));
    SHOW(RAW(newfstatat, dir, "..", NULL, 0));
    SHOW(RAW(newfstatat, dir, "missing", NULL, 0));
    SHOW(RAW(newfstatat, dir, "..", edge_buffer(sizeof st - 1), 0));
    return 0;
}
