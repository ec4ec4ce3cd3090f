// calls: open link linkat rename symlink faccessat2 fchownat
/* Which error counts when two things are wrong, and what O_DIRECT and access mode 3 are for. */
#include "guest.h"

static char long_name[257];

static void flags_before_paths(void)
{
    SHOW(RAW(open, BAD_POINTER, O_DIRECTORY | O_CREAT, 0600));
    SHOW(RAW(open, "", O_TMPFILE | O_RDONLY, 0600));
    SHOW(RAW(open, "missing/x", O_TMPFILE | O_RDONLY, 0600));
    SHOW(RAW(open, BAD_POINTER, O_RDONLY));
}

static void two_names(void)
{
    SHOW(RAW(link, "missing", BAD_POINTER));
    SHOW(RAW(link, "", BAD_POINTER));
    SHOW(RAW(link, "file/", BAD_POINTER));
    SHOW(RAW(link, "loop/x", BAD_POINTER));
    SHOW(RAW(link, "file", BAD_POINTER));
    SHOW(RAW(rename, "missing", BAD_POINTER));
    SHOW(RAW(rename, "missing/x", BAD_POINTER));
    SHOW(RAW(rename, "", BAD_POINTER));
    SHOW(RAW(rename, "file/x", BAD_POINTER));
    SHOW(RAW(rename, BAD_POINTER, ""));
    SHOW(RAW(symlink, "", BAD_POINTER));
    SHOW(RAW(symlink, "x", BAD_POINTER));
}

static void long_names(void)
{
    memset(long_name, 'n', 256);
    SHOW(RAW(rename, "missing", long_name));
    SHOW(RAW(rename, "missing/x", long_name));
    SHOW(RAW(rename, "dir/.", long_name));
    SHOW(RAW(rename, "file", long_name));
    SHOW(RAW(rename, long_name, "missing/x"));
    SHOW(RAW(rename, long_name, "dir/.."));
    SHOW(RAW(rename, long_name, "/proc/self/x"));
    SHOW(RAW(rename, long_name, "other"));
    SHOW(RAW(mkdir, long_name, 0700));
    SHOW(RAW(unlink, long_name));
    SHOW(RAW(link, "file", long_name));
}

/* stat and statx take NULL for "" with AT_EMPTY_PATH on newer kernels; these do not. */
static void no_name(void)
{
    int file = (int)MUST(open("file", O_RDWR));
    SHOW(RAW(faccessat2, file, NULL, R_OK, AT_EMPTY_PATH));
    SHOW(RAW(faccessat2, file, "", R_OK, AT_EMPTY_PATH));
    SHOW(RAW(fchownat, file, NULL, -1, -1, AT_EMPTY_PATH));
    SHOW(RAW(fchownat, file, "", -1, -1, AT_EMPTY_PATH));
    SHOW(RAW(linkat, file, NULL, AT_FDCWD, "second", AT_EMPTY_PATH));
    MUST(close(file));
}

static void direct(const char *name)
{
    say("%s:\n", name);
    int file = (int)SHOW(open(name, O_RDONLY | O_NONBLOCK | O_DIRECT));
    if (file >= 0)
        MUST(close(file));
    file = (int)MUST(open(name, O_RDONLY | O_NONBLOCK));
    SHOW(fcntl(file, F_SETFL, O_DIRECT));
    say("is set: %d\n", (fcntl(file, F_GETFL) & O_DIRECT) != 0);
    MUST(close(file));
}

int main(void)
{
    make_file("file", "", 0600);
    MUST(mkdir("dir", 0700));
    MUST(symlink("loop", "loop"));
    MUST(mkfifo("fifo", 0600));
    flags_before_paths();
    two_names();
    long_names();
    no_name();
    /* Not a file: tmpfs has O_DIRECT since Linux 6.6 only. */
    static const char *const names[] = {"dir", "fifo", "/dev/null", "/proc/self/maps"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        direct(names[i]);
    SHOW(RAW(open, "fifo", O_ACCMODE));
    SHOW(RAW(open, "fifo", O_ACCMODE | O_NONBLOCK));
    SHOW(RAW(open, "file", O_ACCMODE));
    return 0;
}
