// calls: pivot_root
// needs: namespaces
#include "guest.h"
#include <sys/mount.h>

static void errors(void)
{
    SHOW(RAW(pivot_root, "plain", "plain/old"));
    SHOW(RAW(pivot_root, "new", "plain"));
    SHOW(RAW(pivot_root, "new", "missing"));
    SHOW(RAW(pivot_root, "missing", "new/old"));
    SHOW(RAW(pivot_root, "file", "new/old"));
    SHOW(RAW(pivot_root, "new", "new/file"));
    SHOW(RAW(pivot_root, "/", "/proc"));
    SHOW(RAW(pivot_root, NULL, "new/old"));
    SHOW(RAW(pivot_root, "new", BAD_POINTER));
}

static void as_user(void)
{
    SHOW(RAW(pivot_root, "new", "new/old"));
    SHOW(RAW(pivot_root, "missing", "new/old"));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    MUST(mkdir("plain", 0755));
    MUST(mkdir("plain/old", 0755));
    MUST(mkdir("new", 0755));
    make_file("file", "old file", 0644);
    MUST(mount("none", "new", "tmpfs", 0, NULL));
    MUST(mkdir("new/old", 0755));
    make_file("new/file", "new file", 0644);
    errors();
    run_as(1000, as_user);

    SHOW(RAW(pivot_root, "new", "new/old"));
    show_contents("file");
    show_contents("/file");
    SHOW(chdir("/"));
    show_contents("file");
    show_file("/old/proc/self");
    SHOW(umount2("/old", MNT_DETACH));
    show_file("/old/proc/self");
    SHOW(rmdir("/old"));
    SHOW(chdir(".."));
    char path[64];
    MUST(RAW(getcwd, path, sizeof path));
    say("directory %s\n", path);

    /* The old root on top of the new one, and away with it. */
    MUST(mkdir("second", 0755));
    MUST(mount("none", "second", "tmpfs", 0, NULL));
    make_file("second/file", "second file", 0644);
    MUST(chdir("second"));
    SHOW(RAW(pivot_root, ".", "."));
    SHOW(umount2(".", MNT_DETACH));
    SHOW(chdir("/"));
    show_contents("/file");
    return 0;
}
