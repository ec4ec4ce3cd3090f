// calls: getdents getdents64
#include "guest.h"
#include <dirent.h>

struct old_entry {
    unsigned long inode;
    unsigned long offset;
    unsigned short length;
    char name[];
};

static char buffer[1 << 16];
static char found[512][32];
static size_t count;

static int compare(const void *left, const void *right)
{
    return strcmp(left, right);
}

static void add(const char *name, int type, bool sane)
{
    if (count < sizeof found / sizeof *found)
        snprintf(found[count++], sizeof *found, "%.20s %d%s", name, type, sane ? "" : " odd");
}

/* One name a record, in the form that the call in use returns. */
static void collect(long length, bool old)
{
    for (long at = 0; at < length;) {
        if (old) {
            struct old_entry *entry = (struct old_entry *)(buffer + at);
            add(entry->name, buffer[at + entry->length - 1],
                entry->inode != 0 && entry->length % 8 == 0);
            at += entry->length;
        } else {
            struct dirent64 *entry = (struct dirent64 *)(buffer + at);
            add(entry->d_name, entry->d_type, entry->d_ino != 0 && entry->d_reclen % 8 == 0);
            at += entry->d_reclen;
        }
    }
}

static long read_some(int fd, size_t size, bool old)
{
    return old ? RAW(getdents, fd, buffer, size) : RAW(getdents64, fd, buffer, size);
}

static void list(int fd, size_t size, bool old)
{
    long length;
    count = 0;
    while ((length = read_some(fd, size, old)) > 0)
        collect(length, old);
    if (length < 0)
        say("error %s\n", errno_name(errno));
    qsort(found, count, sizeof *found, compare);
    say("%s, %zu bytes at a time: %zu entries\n", old ? "getdents" : "getdents64", size, count);
}

static void show_found(void)
{
    for (size_t i = 0; i < count; i++)
        say("  %s\n", found[i]);
}

static void types(void)
{
    MUST(mkdir("dir", 0700));
    MUST(mkdir("dir/sub", 0700));
    make_file("dir/file", "", 0600);
    make_file("dir/a-name-of-some-more-letters", "", 0600);
    MUST(symlink("x", "dir/link"));
    MUST(mknod("dir/fifo", S_IFIFO | 0600, 0));
    MUST(mknod("dir/socket", S_IFSOCK | 0600, 0));
    MUST(mknod("dir/char", S_IFCHR | 0600, 1));
    MUST(mknod("dir/block", S_IFBLK | 0600, 1));
    int fd = (int)MUST(open("dir", O_RDONLY));
    list(fd, sizeof buffer, false);
    show_found();
    list(fd, sizeof buffer, false);
    MUST(lseek(fd, 0, SEEK_SET));
    list(fd, sizeof buffer, true);
    show_found();
    MUST(lseek(fd, 0, SEEK_SET));
    list(fd, 64, false);
    MUST(lseek(fd, 0, SEEK_SET));
    list(fd, 64, true);
}

static void errors(void)
{
    int fd = (int)MUST(open("dir", O_RDONLY));
    SHOW(RAW(getdents64, fd, buffer, 0));
    SHOW(RAW(getdents64, fd, buffer, 23));
    SHOW(RAW(getdents, fd, buffer, 10));
    SHOW(RAW(getdents64, fd, NULL, 1000));
    SHOW(RAW(getdents64, fd, BAD_POINTER, 1000));
    list(fd, sizeof buffer, false);
    SHOW(RAW(getdents64, fd, BAD_POINTER, 1000));
    SHOW(RAW(getdents64, (int)MUST(open("dir/file", O_RDONLY)), buffer, 1000));
    SHOW(RAW(getdents, (int)MUST(open("dir/file", O_RDONLY)), buffer, 1000));
    SHOW(RAW(getdents64, (int)MUST(open("dir", O_PATH)), buffer, 1000));
    SHOW(RAW(getdents64, -1, buffer, 1000));
    SHOW(RAW(getdents64, 99, NULL, 1000));
}

static void many_and_changing(void)
{
    MUST(mkdir("many", 0700));
    char name[32];
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "many/entry-%03d", i);
        make_file(name, "", 0600);
    }
    int fd = (int)MUST(open("many", O_RDONLY));
    list(fd, 1000, false);
    say("first %s, last %s\n", found[2], found[count - 1]);

    /* Entries removed while a listing stands in the middle: the rest comes exactly once. */
    MUST(lseek(fd, 0, SEEK_SET));
    count = 0;
    collect(read_some(fd, 2000, false), false);
    size_t before = count;
    for (size_t i = 0; i < before; i++) {
        *strchr(found[i], ' ') = 0;
        if (found[i][0] != '.')
            MUST(unlinkat(fd, found[i], 0));
    }
    for (long length; (length = read_some(fd, 2000, false)) > 0;)
        collect(length, false);
    say("with removals: %zu entries\n", count);
    MUST(lseek(fd, 0, SEEK_SET));
    list(fd, sizeof buffer, false);
    say("all the rest: %d\n", count == 402 - (before - 2));

    MUST(mkdir("gone", 0700));
    fd = (int)MUST(open("gone", O_RDONLY));
    MUST(rmdir("gone"));
    SHOW(RAW(getdents64, fd, buffer, 1000));
}

int main(void)
{
    types();
    errors();
    many_and_changing();
    return 0;
}
