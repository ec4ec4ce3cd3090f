// calls: utime utimes futimesat
#include "guest.h"
#include <sys/time.h>
#include <utime.h>

static void show_times(const char *path)
{
    struct stat st;
    MUST(lstat(path, &st));
    say("%s: access %ld.%09ld modify %ld.%09ld\n", path, st.st_atim.tv_sec, st.st_atim.tv_nsec,
        st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void show_now(const char *path)
{
    struct stat st;
    MUST(stat(path, &st));
    say("%s: now %d %d\n", path, st.st_atime > 1000000000, st.st_mtime > 1000000000);
}

static void as_user(void)
{
    struct utimbuf when = {1, 2};
    struct timeval times[2] = {{3, 4}, {5, 6}};
    SHOW(RAW(utime, "file", &when));
    SHOW(RAW(utime, "file", NULL));
    SHOW(RAW(utime, "writable", &when));
    SHOW(RAW(utime, "writable", NULL));
    SHOW(RAW(utimes, "writable", times));
    SHOW(RAW(utimes, "closed/x", times));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    make_file("file", "", 0644);
    MUST(symlink("file", "link"));
    MUST(mkdir("dir", 0755));
    struct utimbuf when = {11, -22};
    SHOW(RAW(utime, "file", &when));
    show_times("file");
    SHOW(RAW(utime, "link", NULL));
    show_now("file");
    SHOW(RAW(utime, "missing", &when));
    SHOW(RAW(utime, "", &when));
    SHOW(RAW(utime, "file/", &when));
    SHOW(RAW(utime, NULL, &when));
    SHOW(RAW(utime, "file", BAD_POINTER));
    SHOW(RAW(utime, "missing", BAD_POINTER));

    struct timeval times[2] = {{33, 1}, {44, 999999}};
    SHOW(RAW(utimes, "link", times));
    show_times("file");
    SHOW(RAW(utimes, "file", NULL));
    show_now("file");
    times[1].tv_usec = 1000000;
    SHOW(RAW(utimes, "file", times));
    times[1].tv_usec = -1;
    SHOW(RAW(utimes, "missing", times));
    times[1].tv_usec = 0;
    SHOW(RAW(utimes, "missing", times));
    SHOW(RAW(utimes, "file", BAD_POINTER));
    SHOW(RAW(utimes, BAD_POINTER, times));

    int dir = (int)MUST(open("dir", O_RDONLY));
    int file = (int)MUST(open("file", O_RDONLY));
    times[0] = (struct timeval){55, 5};
    SHOW(RAW(futimesat, dir, "../file", times));
    show_times("file");
    times[0].tv_sec = 66;
    SHOW(RAW(futimesat, file, NULL, times));
    show_times("file");
    SHOW(RAW(futimesat, AT_FDCWD, "file", NULL));
    show_now("file");
    SHOW(RAW(futimesat, file, "x", times));
    SHOW(RAW(futimesat, 99, "x", times));
    SHOW(RAW(futimesat, 99, NULL, times));
    SHOW(RAW(futimesat, AT_FDCWD, NULL, times));
    SHOW(RAW(futimesat, dir, "", times));
    SHOW(RAW(futimesat, dir, "missing", times));
    times[0].tv_usec = 2000000;
    SHOW(RAW(futimesat, dir, "missing", times));
    SHOW(RAW(futimesat, dir, "..", BAD_POINTER));

    make_file("writable", "", 0666);
    MUST(mkdir("closed", 0700));
    run_as(1000, as_user);
    return 0;
}
