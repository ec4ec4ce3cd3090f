// calls: utimensat
#include "guest.h"

static void show_times(const char *path)
{
    struct stat st;
    MUST(lstat(path, &st));
    say("%s: access %ld.%09ld modify %ld.%09ld\n", path, st.st_atim.tv_sec, st.st_atim.tv_nsec,
        st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void values(void)
{
    struct timespec times[2] = {{1000, 111}, {2000, 999999999}};
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    show_times("file");
    times[0].tv_nsec = UTIME_OMIT;
    times[1] = (struct timespec){3000, 0};
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    show_times("file");
    times[1].tv_nsec = UTIME_OMIT;
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    SHOW(utimensat(AT_FDCWD, "missing", times, 0));
    show_times("file");
    times[0] = (struct timespec){-5, 7};
    times[1] = (struct timespec){1L << 33, 1};
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    show_times("file");

    struct timespec now;
    struct stat st;
    MUST(clock_gettime(CLOCK_REALTIME, &now));
    times[0].tv_nsec = UTIME_NOW;
    times[1] = (struct timespec){4000, 4};
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    MUST(stat("file", &st));
    say("now %d, given %ld\n", st.st_atime >= now.tv_sec - 1, st.st_mtime);
    SHOW(utimensat(AT_FDCWD, "file", NULL, 0));
    MUST(stat("file", &st));
    say("both now %d %d, equal %d\n", st.st_atime >= now.tv_sec - 1, st.st_mtime >= now.tv_sec - 1,
        st.st_atim.tv_nsec == st.st_mtim.tv_nsec);
    times[1].tv_nsec = 1000000000;
    SHOW(utimensat(AT_FDCWD, "file", times, 0));
    times[1].tv_nsec = -1;
    SHOW(utimensat(AT_FDCWD, "missing", times, 0));
}

static void targets(void)
{
    struct timespec times[2] = {{100, 1}, {200, 2}}, links[2] = {{300, 3}, {400, 4}};
    MUST(utimensat(AT_FDCWD, "file", times, 0));
    SHOW(utimensat(AT_FDCWD, "link", links, AT_SYMLINK_NOFOLLOW));
    show_times("link");
    show_times("file");
    SHOW(utimensat(AT_FDCWD, "link", links, 0));
    show_times("file");
    int fd = (int)MUST(open("file", O_RDONLY));
    int dir = (int)MUST(open("dir", O_RDONLY));
    int path = (int)MUST(open("file", O_PATH));
    SHOW(RAW(utimensat, fd, NULL, times, 0));
    show_times("file");
    SHOW(RAW(utimensat, fd, NULL, links, AT_EMPTY_PATH));
    SHOW(RAW(utimensat, fd, "", links, AT_EMPTY_PATH));
    show_times("file");
    SHOW(RAW(utimensat, path, "", times, AT_EMPTY_PATH));
    SHOW(RAW(utimensat, path, NULL, times, 0));
    SHOW(RAW(utimensat, fd, NULL, times, AT_SYMLINK_NOFOLLOW));
    SHOW(RAW(utimensat, fd, "", times, 0));
    SHOW(RAW(utimensat, dir, "../file", times, 0));
    SHOW(RAW(utimensat, dir, "missing", times, 0));
    SHOW(RAW(utimensat, fd, "x", times, 0));
    SHOW(RAW(utimensat, 99, "x", times, 0));
    SHOW(RAW(utimensat, 99, NULL, times, 0));
    SHOW(RAW(utimensat, AT_FDCWD, NULL, times, 0));
    SHOW(RAW(utimensat, dir, "../file", times, 0x40000000));
    SHOW(RAW(utimensat, dir, "../file", BAD_POINTER, 0));
    SHOW(RAW(utimensat, dir, BAD_POINTER, times, 0));
}

static void as_user(void)
{
    struct timespec given[2] = {{1, 0}, {2, 0}}, now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    struct timespec one[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    struct timespec nothing[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
    SHOW(utimensat(AT_FDCWD, "file", given, 0));
    SHOW(utimensat(AT_FDCWD, "file", NULL, 0));
    SHOW(utimensat(AT_FDCWD, "writable", given, 0));
    SHOW(utimensat(AT_FDCWD, "writable", NULL, 0));
    SHOW(utimensat(AT_FDCWD, "writable", now, 0));
    SHOW(utimensat(AT_FDCWD, "writable", one, 0));
    SHOW(utimensat(AT_FDCWD, "file", nothing, 0));
    SHOW(utimensat(AT_FDCWD, "mine", given, 0));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    make_file("file", "", 0644);
    MUST(symlink("file", "link"));
    MUST(mkdir("dir", 0700));
    values();
    targets();
    make_file("writable", "", 0666);
    make_file("mine", "", 0);
    MUST(chown("mine", 1000, 1000));
    run_as(1000, as_user);
    return 0;
}
