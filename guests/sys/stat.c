// calls: stat lstat fstat
#include "guest.h"

static struct stat st;

static void show(const char *name, long result)
{
    if (result == 0)
        show_stat(name, &st);
    else
        say("%s: %s\n", name, errno_name(errno));
}

static void each_type(void)
{
    MUST(chmod(".", 01775));
    make_file("file", "hello", 0640);
    MUST(chown("file", 12, 34));
    MUST(link("file", "hard"));
    MUST(mkdir("dir", 0750));
    MUST(mkdir("dir/sub", 0700));
    MUST(symlink("file", "link"));
    MUST(symlink("nowhere", "dangling"));
    MUST(mknod("fifo", S_IFIFO | 0600, 0));
    MUST(mknod("socket", S_IFSOCK | 0640, 0));
    MUST(mknod("char", S_IFCHR | 0600, makedev(5, 300)));
    MUST(mknod("block", S_IFBLK | 0600, makedev(4095, 1048575)));
    static const char *const names[] = {".",    "file",   "hard", "dir",  "link",
                                        "fifo", "socket", "char", "block"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        show(names[i], RAW(stat, names[i], &st));
    show("link, itself", RAW(lstat, "link", &st));
    show("dangling, itself", RAW(lstat, "dangling", &st));
    show("link with slash", RAW(lstat, "link/", &st));
    show("/dev/null", RAW(stat, "/dev/null", &st));
}

static void errors(void)
{
    SHOW(RAW(stat, "dangling", &st));
    SHOW(RAW(stat, "", &st));
    SHOW(RAW(lstat, "", &st));
    SHOW(RAW(stat, "file/", &st));
    SHOW(RAW(stat, "file/x", &st));
    SHOW(RAW(stat, "dir/missing/x", &st));
    SHOW(RAW(stat, NULL, &st));
    SHOW(RAW(stat, "file", NULL));
    SHOW(RAW(stat, "file", BAD_POINTER));
    SHOW(RAW(stat, "missing", BAD_POINTER));
    SHOW(RAW(lstat, "file", edge_buffer(100)));
    SHOW(RAW(lstat, "file", edge_buffer(sizeof st)));
    SHOW(RAW(fstat, -1, &st));
    SHOW(RAW(fstat, -1, NULL));
    SHOW(RAW(fstat, 1, NULL));
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    SHOW(RAW(stat, name, &st));
    name[255] = 0;
    SHOW(RAW(stat, name, &st));
    memset(&st, 0xee, sizeof st);
    RAW(stat, "missing", &st);
    say("untouched on error: %d\n", st.st_mode == 0xeeeeeeee);
}

static void through_descriptors(void)
{
    int fd = (int)MUST(open("file", O_RDONLY));
    show("file", RAW(fstat, fd, &st));
    MUST(unlink("file"));
    show("one name less", RAW(fstat, fd, &st));
    MUST(unlink("hard"));
    show("no name", RAW(fstat, fd, &st));
    MUST(close(fd));
    show("O_PATH", RAW(fstat, (int)MUST(open("dir", O_PATH)), &st));
    int ends[2];
    MUST(pipe(ends));
    show("pipe", RAW(fstat, ends[0], &st));
    say("pipe's size %ld\n", (long)st.st_size);
}

static void relations(void)
{
    struct stat other;
    make_file("one", "1", 0600);
    MUST(link("one", "two"));
    MUST(stat("one", &st));
    MUST(stat("two", &other));
    say("hard links: same inode %d, same device %d\n", st.st_ino == other.st_ino,
        st.st_dev == other.st_dev);
    make_file("three", "1", 0600);
    MUST(stat("three", &other));
    say("another file: same inode %d, same device %d\n", st.st_ino == other.st_ino,
        st.st_dev == other.st_dev);
    say("block size %ld, blocks %ld\n", (long)st.st_blksize, (long)st.st_blocks);
    say("times: access %d modify %d\n", st.st_mtime > 0 && st.st_mtime <= other.st_mtime,
        st.st_ctime >= st.st_mtime);
}

static void as_user(void)
{
    SHOW(RAW(stat, "closed", &st));
    SHOW(RAW(stat, "closed/file", &st));
    SHOW(RAW(lstat, "closed/.", &st));
    SHOW(RAW(stat, "secret", &st));
}

int main(void)
{
    umask(0);
    each_type();
    errors();
    through_descriptors();
    relations();
    MUST(mkdir("closed", 0700));
    make_file("closed/file", "", 0666);
    make_file("secret", "", 0);
    run_as(1000, as_user);
    return 0;
}
