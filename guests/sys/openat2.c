// calls: openat2
#include "guest.h"
#include <linux/openat2.h>

static int dir;

static long open_with(int at, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    long fd;
    do /* ".." says EAGAIN when something else on the machine is renamed or mounted meanwhile */
        fd = syscall(SYS_openat2, at, path, &how, sizeof how);
    while (fd < 0 && errno == EAGAIN);
    if (fd >= 0)
        close((int)fd);
    return fd;
}

/* One path under each restriction. */
static void resolve(const char *path)
{
    static const struct {
        const char *name;
        uint64_t flag;
    } flags[] = {
        {"none", 0},
        {"beneath", RESOLVE_BENEATH},
        {"in-root", RESOLVE_IN_ROOT},
        {"no-symlinks", RESOLVE_NO_SYMLINKS},
        {"no-magic", RESOLVE_NO_MAGICLINKS},
        {"no-xdev", RESOLVE_NO_XDEV},
    };
    say("%s:", path);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        long fd = open_with(dir, path, O_RDONLY, 0, flags[i].flag);
        say(" %s %s", flags[i].name, fd >= 0 ? "ok" : errno_name(errno));
    }
    say("\n");
}

static void paths(void)
{
    MUST(mkdir("dir", 0700));
    MUST(mkdir("dir/sub", 0700));
    make_file("outside", "", 0600);
    make_file("dir/file", "", 0600);
    MUST(symlink("file", "dir/link"));
    MUST(symlink("../outside", "dir/up"));
    MUST(symlink("sub/../file", "dir/around"));
    MUST(symlink("/file", "dir/absolute"));
    MUST(symlink("/dev/null", "dir/device"));
    dir = (int)MUST(open("dir", O_RDONLY | O_DIRECTORY));
    char magic[32];
    snprintf(magic, sizeof magic, "/proc/self/fd/%d", dir);
    MUST(symlink(magic, "dir/magic"));
    resolve("file");
    resolve("sub/../file");
    resolve("..");
    resolve("../outside");
    resolve("../dir/file");
    resolve("link");
    resolve("up");
    resolve("around");
    resolve("absolute");
    resolve("device");
    resolve("/dev/null");
    resolve("/file");
    resolve("magic");
    resolve("/proc/self/exe");
    resolve("missing");
    resolve("file/x");
}

static void arguments(void)
{
    SHOW(open_with(dir, "file", O_RDONLY, 0600, 0));
    SHOW(open_with(dir, "new", O_WRONLY | O_CREAT, 0640, RESOLVE_BENEATH));
    show_file("dir/new");
    SHOW(open_with(dir, "new2", O_WRONLY | O_CREAT, 010000, 0));
    SHOW(open_with(dir, "file", 3, 0, 0));
    SHOW(open_with(dir, "file", 0x20000000, 0, 0));
    SHOW(open_with(dir, "file", 1UL << 40, 0, 0));
    SHOW(open_with(dir, "file", O_RDONLY, 0, 0x8000));
    SHOW(open_with(dir, "file", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
    SHOW(open_with(dir, "file", O_PATH | O_RDWR, 0, 0));
    SHOW(open_with(dir, "file", O_PATH | O_CLOEXEC | O_NOFOLLOW, 0, 0));
    SHOW(open_with(dir, ".", O_TMPFILE | O_RDWR, 0600, 0));
    SHOW(open_with(dir, ".", O_TMPFILE | O_RDONLY, 0600, 0));
    SHOW(open_with(dir, "link", O_NOFOLLOW, 0, 0));
    SHOW(open_with(dir, "link", O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS));
    SHOW(open_with(99, "file", O_RDONLY, 0, 0));
    SHOW(open_with(99, "/dev/null", O_RDONLY, 0, RESOLVE_IN_ROOT));
    SHOW(open_with(AT_FDCWD, "outside", O_RDONLY, 0, RESOLVE_BENEATH));
    SHOW(open_with(dir, "", O_RDONLY, 0, 0));
}

static void sizes(void)
{
    struct {
        struct open_how how;
        char rest[4096];
    } large = {.how = {.flags = O_RDONLY | O_CLOEXEC}};
    SHOW(RAW(openat2, dir, "file", &large, 0L));
    SHOW(RAW(openat2, dir, "file", &large, 23L));
    SHOW(RAW(openat2, dir, "file", &large, 24L));
    SHOW(RAW(openat2, dir, "file", &large, 25L));
    SHOW(RAW(openat2, dir, "file", &large, 4096L));
    SHOW(RAW(openat2, dir, "file", &large, 4097L));
    large.rest[100] = 1;
    SHOW(RAW(openat2, dir, "file", &large, 200L));
    SHOW(RAW(openat2, dir, "file", &large, 120L));
    SHOW(RAW(openat2, dir, "file", NULL, 24L));
    SHOW(RAW(openat2, dir, "file", edge_buffer(20), 24L));
    SHOW(RAW(openat2, dir, BAD_POINTER, &large, 24L));
}

int main(void)
{
    umask(0);
    paths();
    arguments();
    sizes();
    return 0;
}
