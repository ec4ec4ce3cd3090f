// calls: statfs fstatfs ustat
#include "guest.h"
#include <linux/magic.h>
#include <sys/statfs.h>

struct old_ustat {
    int free_blocks;
    unsigned long free_inodes;
    char name[6], pack[6];
};

static struct statfs fs;

static void show(const char *label, long result)
{
    if (result != 0)
        say("%s: %s\n", label, errno_name(errno));
    else
        say("%s: type %lx, block size %ld, fragment %ld, name length %ld\n", label, (long)fs.f_type,
            (long)fs.f_bsize, (long)fs.f_frsize, (long)fs.f_namelen);
}

static void as_user(void)
{
    show("in a closed directory", statfs("closed/file", &fs));
    show("the closed directory", statfs("closed", &fs));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    make_file("file", "", 0600);
    MUST(symlink("nowhere", "dangling"));
    show("tmpfs directory", statfs(".", &fs));
    say("magic %d\n", fs.f_type == TMPFS_MAGIC);
    say("free <= blocks %d, available <= free %d\n", fs.f_bfree <= fs.f_blocks,
        fs.f_bavail <= fs.f_bfree);
    show("tmpfs file", statfs("file", &fs));
    show("proc", statfs("/proc", &fs));
    say("magic %d, blocks %ld\n", fs.f_type == PROC_SUPER_MAGIC, (long)fs.f_blocks);
    show("a file of proc", statfs("/proc/self/stat", &fs));
    show("dangling", statfs("dangling", &fs));
    show("missing", statfs("missing", &fs));
    show("empty name", statfs("", &fs));
    show("below a file", statfs("file/x", &fs));
    SHOW(statfs(NULL_POINTER, &fs));
    SHOW(statfs(BAD_POINTER, &fs));
    SHOW(statfs(".", NULL_POINTER));
    SHOW(statfs("missing", NULL_POINTER));
    SHOW(statfs(".", (struct statfs *)edge_buffer(sizeof fs - 1)));

    show("descriptor", fstatfs((int)MUST(open("file", O_RDONLY)), &fs));
    show("directory", fstatfs((int)MUST(open(".", O_RDONLY)), &fs));
    show("O_PATH", fstatfs((int)MUST(open("file", O_PATH)), &fs));
    int ends[2];
    MUST(pipe(ends));
    show("pipe", fstatfs(ends[0], &fs));
    say("magic %d\n", fs.f_type == PIPEFS_MAGIC);
    show("closed", fstatfs(99, &fs));
    SHOW(fstatfs(-1, NULL_POINTER));
    SHOW(fstatfs(ends[0], NULL_POINTER));
    struct stat st;
    MUST(fstat(ends[0], &st));

    struct old_ustat usage;
    memset(&usage, 'x', sizeof usage);
    MUST(stat(".", &st));
    SHOW(RAW(ustat, st.st_dev, &usage));
    say("names empty %d\n", usage.name[0] == 0 && usage.pack[0] == 0);
    SHOW(RAW(ustat, st.st_dev, NULL));
    SHOW(RAW(ustat, 0L, &usage));
    SHOW(RAW(ustat, makedev(4000, 77), &usage));
    SHOW(RAW(ustat, -1L, NULL));

    MUST(mkdir("closed", 0700));
    make_file("closed/file", "", 0666);
    run_as(1000, as_user);
    return 0;
}
