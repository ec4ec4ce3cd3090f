// calls: open stat lstat mkdir rmdir unlink rename link symlink mknod readlink truncate chdir
/* Every call that takes a path against every kind of name with something at its end. */
#include "guest.h"

static const char *const names[] = {
    "file/",    "file/.",    "file/..",    "dir/",     "dir/.",     "dir/..",
    "to-file/", "to-file/.", "to-dir/",    "to-dir/.", "dangling/", "dangling/.",
    "missing/", "missing/.", "missing/..", "loop/",    "full//",    ".//",
};

/* Descriptor of the directory that the program starts in. */
#define START 10

/* A fresh directory for every call, so that none sees what another has done. */
static void populate(void)
{
    static int count;
    char name[16];
    MUST(fchdir(START));
    snprintf(name, sizeof name, "case%d", count++);
    MUST(mkdir(name, 0700));
    MUST(chdir(name));
    make_file("file", "text", 0600);
    MUST(mkdir("dir", 0700));
    MUST(mkdir("full", 0700));
    make_file("full/inside", "", 0600);
    make_file("other", "other", 0600);
    MUST(mkdir("other-dir", 0700));
    MUST(symlink("file", "to-file"));
    MUST(symlink("dir", "to-dir"));
    MUST(symlink("absent", "dangling"));
    MUST(symlink("loop", "loop"));
}

static struct stat st;
static char text[64];

static long call_open(const char *path)
{
    return RAW(open, path, O_RDONLY);
}

static long call_create(const char *path)
{
    return RAW(open, path, O_WRONLY | O_CREAT, 0600);
}

static long call_open_link(const char *path)
{
    return RAW(open, path, O_PATH | O_NOFOLLOW);
}

static long call_stat(const char *path)
{
    return RAW(stat, path, &st);
}

static long call_lstat(const char *path)
{
    return RAW(lstat, path, &st);
}

static long call_mkdir(const char *path)
{
    return RAW(mkdir, path, 0700);
}

static long call_rmdir(const char *path)
{
    return RAW(rmdir, path);
}

static long call_unlink(const char *path)
{
    return RAW(unlink, path);
}

static long call_rename_file_to(const char *path)
{
    return RAW(rename, "other", path);
}

static long call_rename_dir_to(const char *path)
{
    return RAW(rename, "other-dir", path);
}

static long call_rename_from(const char *path)
{
    return RAW(rename, path, "target");
}

static long call_link_to(const char *path)
{
    return RAW(link, "other", path);
}

static long call_link_from(const char *path)
{
    return RAW(link, path, "target");
}

static long call_symlink(const char *path)
{
    return RAW(symlink, "x", path);
}

static long call_mknod(const char *path)
{
    return RAW(mknod, path, S_IFREG | 0600, 0);
}

static long call_readlink(const char *path)
{
    return RAW(readlink, path, text, sizeof text);
}

static long call_truncate(const char *path)
{
    return RAW(truncate, path, 0L);
}

static long call_chdir(const char *path)
{
    return RAW(chdir, path);
}

static const struct {
    const char *name;
    long (*call)(const char *);
} calls[] = {
    {"open", call_open},
    {"create", call_create},
    {"open link", call_open_link},
    {"stat", call_stat},
    {"lstat", call_lstat},
    {"mkdir", call_mkdir},
    {"rmdir", call_rmdir},
    {"unlink", call_unlink},
    {"rename file to", call_rename_file_to},
    {"rename directory to", call_rename_dir_to},
    {"rename from", call_rename_from},
    {"link to", call_link_to},
    {"link from", call_link_from},
    {"symlink", call_symlink},
    {"mknod", call_mknod},
    {"readlink", call_readlink},
    {"truncate", call_truncate},
    {"chdir", call_chdir},
};

int main(void)
{
    MUST(dup2((int)MUST(open(".", O_RDONLY)), START));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        say("%s:", calls[i].name);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            populate();
            errno = 0;
            long result = calls[i].call(names[k]);
            say(" %s %s", names[k], result >= 0 ? "ok" : errno_name(errno));
            close_range(START + 1, ~0U, 0);
        }
        say("\n");
    }
    return 0;
}
