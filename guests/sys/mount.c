// calls: mount umount2
// needs: namespaces
#include "guest.h"
#include <sys/mount.h>
#include <sys/vfs.h>

static void temporary(void)
{
    MUST(mkdir("at", 0700));
    make_file("at/below", "covered", 0600);
    SHOW(mount("none", "at", "tmpfs", 0, "mode=0751,size=64k"));
    show_file("at");
    show_file("at/below");
    struct statfs fs;
    MUST(statfs("at", &fs));
    say("blocks %ld\n", (long)fs.f_blocks);
    make_file("at/file", "on top", 0600);
    SHOW(rename("at/file", "file"));
    SHOW(link("at/file", "file"));
    SHOW(rmdir("at"));
    SHOW(rename("at", "elsewhere"));
    int fd = (int)MUST(open("at/full", O_CREAT | O_WRONLY, 0600));
    static char block[128 * 1024];
    SHOW(write(fd, block, sizeof block));
    SHOW(write(fd, block, 1));
    SHOW(umount2("at", 0));
    MUST(close(fd));
    SHOW(umount2("at", 0));
    show_contents("at/below");
    SHOW(umount2("at", 0));
}

static void flags(void)
{
    SHOW(mount("none", "at", "tmpfs", MS_NOEXEC | MS_NODEV, NULL));
    MUST(mknod("at/null", S_IFCHR | 0666, makedev(1, 3)));
    SHOW(open("at/null", O_RDWR));
    make_file("at/script", "#!/proc/self/exe\n", 0755);
    SHOW(execl("at/script", "script", NULL));
    SHOW(access("at/script", X_OK));
    SHOW(mount("none", "at", NULL, MS_REMOUNT | MS_RDONLY, NULL));
    SHOW(open("at/script", O_WRONLY));
    SHOW(open("at/new", O_CREAT | O_WRONLY, 0600));
    SHOW(open("at/missing", O_WRONLY));
    SHOW(mkdir("at/dir", 0700));
    SHOW(unlink("at/script"));
    SHOW(chmod("at/script", 0600));
    SHOW(access("at/script", W_OK));
    SHOW(truncate("at/script", 0));
    SHOW(rename("at/script", "at/other"));
    SHOW(mkdir("at/script", 0700));
    SHOW(close(open("at/script", O_RDONLY)));
    struct statfs fs;
    MUST(statfs("at", &fs));
    say("read-only %d\n", (fs.f_flags & 1) != 0);
    SHOW(mount("none", "at", NULL, MS_REMOUNT, NULL));
    SHOW(unlink("at/script"));
    SHOW(umount2("at", 0));
}

static void binds(void)
{
    MUST(mkdir("source", 0700));
    MUST(mkdir("target", 0700));
    make_file("source/file", "bound", 0600);
    make_file("point", "", 0600);
    SHOW(mount("source", "target", NULL, MS_BIND, NULL));
    show_contents("target/file");
    make_file("target/new", "through the bind", 0600);
    show_contents("source/new");
    SHOW(rename("source/new", "target/new2"));
    SHOW(mount("none", "target", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    SHOW(unlink("target/new"));
    SHOW(unlink("source/new"));
    SHOW(mount("source/file", "point", NULL, MS_BIND, NULL));
    show_contents("point");
    SHOW(unlink("point"));
    SHOW(umount2("point", 0));
    show_contents("point");

    MUST(mkdir("source/sub", 0700));
    MUST(mkdir("moved", 0700));
    MUST(mount("none", "source/sub", "tmpfs", 0, NULL));
    make_file("source/sub/deep", "deep", 0600);
    SHOW(mount("source", "moved", NULL, MS_BIND, NULL));
    show_file("moved/sub/deep");
    MUST(umount2("moved", 0));
    SHOW(mount("source", "moved", NULL, MS_BIND | MS_REC, NULL));
    show_contents("moved/sub/deep");
    SHOW(umount2("moved", 0));
    SHOW(umount2("moved", MNT_DETACH));
    SHOW(mount("source/sub", "moved", NULL, MS_MOVE, NULL));
    show_contents("moved/deep");
    show_file("source/sub/deep");
}

static void unmounting(void)
{
    MUST(symlink("moved", "link"));
    SHOW(umount2("link", UMOUNT_NOFOLLOW));
    int fd = (int)MUST(open("moved/deep", O_RDONLY));
    char text[8];
    SHOW(umount2("moved", MNT_EXPIRE));
    SHOW(umount2("moved", MNT_EXPIRE | MNT_DETACH));
    SHOW(umount2("moved", 0x40000000));
    SHOW(umount2("moved", MNT_DETACH));
    SHOW(read(fd, text, sizeof text));
    MUST(close(fd));
    MUST(mount("none", "moved", "tmpfs", 0, NULL));
    SHOW(umount2("moved", MNT_EXPIRE));
    SHOW(umount2("moved", MNT_EXPIRE));
    SHOW(umount2("missing", 0));
    SHOW(umount2("", 0));
    SHOW(umount2(BAD_POINTER, 0));
    SHOW(umount2("target/file", 0));
    SHOW(umount2("target", 0));
}

static void errors(void)
{
    SHOW(mount("none", "missing", "tmpfs", 0, NULL));
    SHOW(mount("none", "point", "tmpfs", 0, NULL));
    SHOW(mount("none", "at", "no-such-type", 0, NULL));
    SHOW(mount("none", "at", NULL, 0, NULL));
    SHOW(mount("none", "at", "tmpfs", 0, "no-such-option"));
    SHOW(mount("none", "at", NULL, MS_REMOUNT, NULL));
    SHOW(mount("missing", "at", NULL, MS_BIND, NULL));
    SHOW(mount("point", "at", NULL, MS_BIND, NULL));
    SHOW(mount("at", "point", NULL, MS_BIND, NULL));
    SHOW(mount("at", "target", NULL, MS_MOVE, NULL));
    SHOW(mount(NULL, "at", NULL, MS_BIND, NULL));
    SHOW(mount("none", BAD_POINTER, "tmpfs", 0, NULL));
    SHOW(mount("none", "at", BAD_POINTER, 0, NULL));
}

static void as_user(void)
{
    SHOW(mount("none", "at", "tmpfs", 0, NULL));
    SHOW(umount2("at", 0));
    SHOW(umount2("missing", 0));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    temporary();
    flags();
    binds();
    unmounting();
    errors();
    run_as(1000, as_user);
    return 0;
}
