// calls: chroot
#include "guest.h"

static void inside(void)
{
    char path[4096];
    int outside = (int)MUST(open(".", O_RDONLY));
    SHOW(chroot("root"));
    /* The working directory stays where it was, now outside of the root. */
    long length = RAW(getcwd, path, sizeof path);
    say("unreachable %d\n", length > 0 && strncmp(path, "(unreachable)", 13) == 0);
    show_contents("file");
    show_contents("/file");
    show_file("/");
    show_file("/root");
    SHOW(chdir("/"));
    MUST(RAW(getcwd, path, sizeof path));
    say("directory %s\n", path);
    SHOW(chdir(".."));
    show_contents("file");
    show_contents("../../file");
    show_contents("/absolute");
    show_contents("/up");
    show_file("/proc");
    show_contents("sub/../../../file");
    /* A directory that was open before leads out. */
    SHOW(fchdir(outside));
    show_contents("file");
    show_contents("root/file");
    SHOW(chroot("."));
    show_contents("/file");
    SHOW(chroot("/root/sub"));
    SHOW(chdir("/"));
    show_file("file");
    show_file("inner");
}

static void as_user(void)
{
    SHOW(chroot("root"));
    SHOW(chroot("missing"));
    SHOW(chroot("closed/x"));
    SHOW(chroot("file"));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    MUST(mkdir("root", 0755));
    MUST(mkdir("root/sub", 0755));
    MUST(mkdir("closed", 0700));
    make_file("file", "outside", 0644);
    make_file("root/file", "inside", 0644);
    make_file("root/sub/inner", "", 0644);
    MUST(symlink("/file", "root/absolute"));
    MUST(symlink("../../../file", "root/up"));
    MUST(symlink("loop", "loop"));
    SHOW(chroot("missing"));
    SHOW(chroot("file"));
    SHOW(chroot("file/x"));
    SHOW(chroot(""));
    SHOW(chroot("loop"));
    SHOW(chroot(NULL_POINTER));
    SHOW(chroot(BAD_POINTER));
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    SHOW(chroot(name));
    run_as(1000, as_user);
    show_status("child", run_child(inside));
    show_contents("/file");
    show_contents("file");
    return 0;
}
