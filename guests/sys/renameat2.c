// calls: renameat renameat2
#include "guest.h"
#include <linux/fs.h>

static void descriptors(void)
{
    MUST(mkdir("one", 0700));
    MUST(mkdir("two", 0700));
    make_file("one/file", "text", 0600);
    int one = (int)MUST(open("one", O_RDONLY));
    int two = (int)MUST(open("two", O_PATH));
    int file = (int)MUST(open("one/file", O_RDONLY));
    SHOW(RAW(renameat, one, "file", two, "moved"));
    show_contents("two/moved");
    SHOW(RAW(renameat, one, "file", two, "moved"));
    SHOW(RAW(renameat, one, "../two/moved", AT_FDCWD, "here"));
    SHOW(RAW(renameat, AT_FDCWD, "here", one, "file"));
    SHOW(RAW(renameat, file, "x", one, "y"));
    SHOW(RAW(renameat, one, "file", file, "y"));
    SHOW(RAW(renameat, -1, "file", one, "y"));
    SHOW(RAW(renameat, one, "file", 99, "y"));
    SHOW(RAW(renameat, one, "", one, "y"));
    SHOW(RAW(renameat, one, ".", two, "y"));
    SHOW(RAW(renameat, one, NULL, two, "y"));
}

static void no_replace(void)
{
    make_file("a", "a", 0600);
    make_file("b", "b", 0600);
    MUST(symlink("nowhere", "dangling"));
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "a", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "dangling", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "two", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, ".", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "missing", AT_FDCWD, "b", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE));
    show_contents("c");
}

static void exchange(void)
{
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE));
    show_contents("b");
    show_contents("c");
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "missing", RENAME_EXCHANGE));
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "b", RENAME_EXCHANGE));
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "one/file", RENAME_EXCHANGE));
    show_contents("one/file");
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "one", RENAME_EXCHANGE));
    show_file("b");
    show_file("one");
    MUST(mkdir("b/sub", 0700));
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "b/sub", RENAME_EXCHANGE));
    SHOW(renameat2(AT_FDCWD, "b/sub", AT_FDCWD, "b", RENAME_EXCHANGE));
    SHOW(renameat2(AT_FDCWD, "b/sub", AT_FDCWD, "c", RENAME_EXCHANGE));
    show_file("b");
    show_file("b/sub");
    show_file("c");
    SHOW(renameat2(AT_FDCWD, "dangling", AT_FDCWD, "c", RENAME_EXCHANGE));
    show_file("dangling");
}

static void flags(void)
{
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE | RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_EXCHANGE | RENAME_WHITEOUT));
    SHOW(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", 8));
    SHOW(renameat2(99, "missing", AT_FDCWD, BAD_POINTER, 0x80000000));
    SHOW(renameat2(99, "missing", AT_FDCWD, "c", 0));

    /* The whiteout of tmpfs: a character device 0:0 stays under the old name. */
    make_file("old", "old", 0600);
    SHOW(renameat2(AT_FDCWD, "old", AT_FDCWD, "new", RENAME_WHITEOUT));
    show_file("old");
    show_contents("new");
    SHOW(renameat2(AT_FDCWD, "new", AT_FDCWD, "next", RENAME_WHITEOUT | RENAME_NOREPLACE));
    show_file("new");
}

int main(void)
{
    umask(0);
    descriptors();
    no_replace();
    exchange();
    flags();
    return 0;
}
