// calls: rmdir
#include "guest.h"

static void as_user(void)
{
    SHOW(RAW(rmdir, "plain"));
    SHOW(RAW(rmdir, "sticky/roots"));
    SHOW(RAW(rmdir, "sticky/mine"));
    SHOW(RAW(rmdir, "open/roots"));
    SHOW(RAW(rmdir, "closed/any"));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    MUST(mkdir("empty", 0700));
    MUST(mkdir("full", 0700));
    MUST(mkdir("full/sub", 0700));
    MUST(mkdir("plain", 0700));
    MUST(symlink("plain", "link"));
    make_file("file", "", 0600);

    SHOW(RAW(rmdir, "empty"));
    SHOW(RAW(rmdir, "empty"));
    SHOW(RAW(rmdir, "full"));
    SHOW(RAW(rmdir, "file"));
    SHOW(RAW(rmdir, "file/"));
    SHOW(RAW(rmdir, "file/x"));
    SHOW(RAW(rmdir, "link"));
    SHOW(RAW(rmdir, "link/"));
    SHOW(RAW(rmdir, "."));
    SHOW(RAW(rmdir, "plain/."));
    SHOW(RAW(rmdir, "full/sub/.."));
    SHOW(RAW(rmdir, "missing/.."));
    SHOW(RAW(rmdir, ".."));
    SHOW(RAW(rmdir, "/"));
    SHOW(RAW(rmdir, ""));
    SHOW(RAW(rmdir, "missing/x"));
    SHOW(RAW(rmdir, NULL));
    SHOW(RAW(rmdir, BAD_POINTER));
    SHOW(RAW(rmdir, "/proc"));
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    SHOW(RAW(rmdir, name));

    struct stat st;
    MUST(stat("full", &st));
    say("links before %lu\n", (unsigned long)st.st_nlink);
    SHOW(RAW(rmdir, "full/sub/"));
    MUST(stat("full", &st));
    say("links after %lu\n", (unsigned long)st.st_nlink);

    /* A directory in use goes as well; what remains of it is empty and takes nothing. */
    int fd = (int)MUST(open("full", O_RDONLY));
    SHOW(RAW(rmdir, "full"));
    MUST(fstat(fd, &st));
    show_stat("removed", &st);
    SHOW(openat(fd, "new", O_CREAT | O_WRONLY, 0600));

    MUST(mkdir("sticky", 01777));
    MUST(mkdir("sticky/roots", 0777));
    MUST(mkdir("sticky/mine", 0700));
    MUST(chown("sticky/mine", 1000, 1000));
    MUST(mkdir("open", 0777));
    MUST(mkdir("open/roots", 0700));
    MUST(mkdir("closed", 0700));
    run_as(1000, as_user);
    return 0;
}
