// calls: truncate ftruncate
#include "guest.h"
#include <sys/resource.h>

static void sizes(void)
{
    int fd = (int)MUST(open("file", O_RDWR));
    MUST(lseek(fd, 8, SEEK_SET));
    SHOW(truncate("file", 4));
    show_contents("file");
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(truncate("file", 7));
    show_contents("file");
    SHOW(ftruncate(fd, 6));
    SHOW(ftruncate(fd, 6));
    SHOW(write(fd, "x", 1));
    show_contents("file");
    SHOW(ftruncate(fd, 0));
    show_file("file");
    SHOW(ftruncate(fd, 1L << 40));
    show_file("file");
    SHOW(lseek(fd, 0, SEEK_DATA));
    SHOW(ftruncate(fd, -1));
    SHOW(ftruncate(fd, INT64_MIN));
    SHOW(truncate("file", -1));
    SHOW(truncate("missing", -1));
    SHOW(ftruncate(-1, -1));
    SHOW(truncate("file", 10));
    MUST(close(fd));

    /* What lies beyond the end of the last page reads as zero when the file grows again. */
    make_file("tail", "0123456789", 0600);
    char *map =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)MUST(open("tail", O_RDWR)), 0);
    SHOW(truncate("tail", 3));
    show_text("mapped", map, 8);
    SHOW(truncate("tail", 8));
    show_text("mapped", map, 8);
}

static void wrong_files(void)
{
    MUST(mkdir("dir", 0700));
    MUST(symlink("file", "link"));
    MUST(symlink("loop", "loop"));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    SHOW(truncate("dir", 0));
    SHOW(truncate("missing", 0));
    SHOW(truncate("", 0));
    SHOW(truncate("file/", 0));
    SHOW(truncate("link", 5));
    SHOW(truncate("loop", 0));
    SHOW(truncate("fifo", 0));
    SHOW(truncate("/dev/null", 0));
    SHOW(truncate(NULL_POINTER, 0));
    SHOW(truncate(BAD_POINTER, 0));
    show_file("file");

    SHOW(ftruncate((int)MUST(open("file", O_RDONLY)), 0));
    SHOW(ftruncate((int)MUST(open(".", O_RDONLY)), 0));
    SHOW(ftruncate((int)MUST(open("file", O_PATH)), 0));
    SHOW(ftruncate((int)MUST(open("/dev/null", O_RDWR)), 0));
    int ends[2];
    MUST(pipe(ends));
    SHOW(ftruncate(ends[1], 0));
    SHOW(ftruncate(99, 0));
    SHOW(ftruncate((int)MUST(open("file", O_WRONLY | O_APPEND)), 2));
    show_file("file");
}

static void as_user(void)
{
    SHOW(truncate("readable", 0));
    SHOW(truncate("writable", 1));
    show_file("writable");
    SHOW(truncate("setid", 1));
    show_file("setid");
}

static void limited(void)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, tight;
    MUST(getrlimit(RLIMIT_FSIZE, &limit));
    tight = limit;
    tight.rlim_cur = 100;
    MUST(setrlimit(RLIMIT_FSIZE, &tight));
    int to_limit = truncate("writable", 100);
    int beyond = truncate("writable", 101);
    int error = errno;
    MUST(setrlimit(RLIMIT_FSIZE, &limit));
    say("to the limit %d, beyond %d %s\n", to_limit, beyond, errno_name(error));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    make_file("file", "0123456789", 0600);
    sizes();
    wrong_files();
    make_file("readable", "r", 0644);
    make_file("writable", "ww", 0666);
    make_file("setid", "ss", 06777);
    run_as(1000, as_user);
    limited();
    return 0;
}
