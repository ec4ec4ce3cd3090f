// calls: rename
#include "guest.h"

static void files(void)
{
    make_file("a", "contents of a", 0600);
    make_file("b", "contents of b", 0640);
    int over = (int)MUST(open("b", O_RDONLY));
    SHOW(RAW(rename, "a", "b"));
    show_contents("b");
    show_file("b");
    show_file("a");
    struct stat st;
    MUST(fstat(over, &st));
    say("the replaced file has %lu names\n", (unsigned long)st.st_nlink);
    SHOW(RAW(rename, "b", "b"));
    MUST(link("b", "same"));
    SHOW(RAW(rename, "b", "same"));
    show_file("b");
    show_file("same");
    MUST(symlink("b", "link"));
    SHOW(RAW(rename, "link", "link2"));
    show_file("link2");
    SHOW(RAW(rename, "same", "link2"));
    show_file("link2");
    SHOW(RAW(rename, "missing", "x"));
    SHOW(RAW(rename, "missing", "missing"));
    SHOW(RAW(rename, "b", "missing/x"));
    SHOW(RAW(rename, "b", "link2/x"));
    SHOW(RAW(rename, "b/", "x"));
    SHOW(RAW(rename, "b", "x/"));
    SHOW(RAW(rename, "", "x"));
    SHOW(RAW(rename, "b", ""));
    SHOW(RAW(rename, NULL, "x"));
    SHOW(RAW(rename, "b", BAD_POINTER));
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    SHOW(RAW(rename, "b", name));
    SHOW(RAW(rename, name, "b"));
}

static void directories(void)
{
    MUST(mkdir("d", 0700));
    MUST(mkdir("d/sub", 0700));
    MUST(mkdir("empty", 0700));
    MUST(mkdir("full", 0700));
    make_file("full/file", "", 0600);
    SHOW(RAW(rename, "d", "d/sub/inside"));
    SHOW(RAW(rename, "d/sub", "d"));
    SHOW(RAW(rename, "d", "full"));
    SHOW(RAW(rename, "d", "b"));
    SHOW(RAW(rename, "b", "empty"));
    SHOW(RAW(rename, "b", "d"));
    SHOW(RAW(rename, "d", "empty"));
    show_file("empty");
    SHOW(RAW(rename, "empty/", "slashed/"));
    SHOW(RAW(rename, "slashed/sub", "."));
    SHOW(RAW(rename, ".", "x"));
    SHOW(RAW(rename, "slashed/..", "x"));
    SHOW(RAW(rename, "full", ".."));
    SHOW(RAW(rename, "slashed/sub", "sub"));
    show_file("slashed");
    show_file("sub");
    SHOW(RAW(rename, "b", "/dev/moved"));
    SHOW(RAW(rename, "b", "/proc/moved"));
}

static void as_user(void)
{
    SHOW(RAW(rename, "b", "c"));
    SHOW(RAW(rename, "sticky/roots", "sticky/x"));
    SHOW(RAW(rename, "sticky/mine", "sticky/x"));
    SHOW(RAW(rename, "sticky/x", "sticky/roots"));
    SHOW(RAW(rename, "open/roots", "open/x"));
    SHOW(RAW(rename, "open/dir", "sticky/dir"));
    SHOW(RAW(rename, "open/x", "sticky/roots"));
}

static void permissions(void)
{
    MUST(chmod(".", 0755));
    MUST(mkdir("sticky", 01777));
    MUST(mkdir("open", 0777));
    make_file("sticky/roots", "", 0666);
    make_file("sticky/mine", "", 0600);
    make_file("open/roots", "", 0600);
    MUST(mkdir("open/dir", 0755));
    MUST(chown("sticky/mine", 1000, 1000));
    run_as(1000, as_user);
}

static void times(void)
{
    struct stat before, after;
    make_file("timed", "", 0600);
    MUST(mkdir("into", 0700));
    MUST(stat("timed", &before));
    sleep_ms(30);
    MUST(rename("timed", "into/timed"));
    MUST(stat("into/timed", &after));
    say("same inode %d, same mtime %d, later ctime %d\n", before.st_ino == after.st_ino,
        before.st_mtim.tv_nsec == after.st_mtim.tv_nsec,
        after.st_ctim.tv_nsec != before.st_ctim.tv_nsec);
    MUST(stat("into", &after));
    say("the directory's mtime is later %d\n", after.st_mtim.tv_nsec != before.st_mtim.tv_nsec);
}

int main(void)
{
    umask(0);
    files();
    directories();
    permissions();
    times();
    return 0;
}
