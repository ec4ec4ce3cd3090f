// calls: symlink symlinkat readlink readlinkat
#include "guest.h"

static void show_link(const char *path)
{
    char target[5000];
    long length = RAW(readlink, path, target, sizeof target);
    if (length < 0)
        say("%s: %s\n", path, errno_name(errno));
    else
        show_text(path, target, (size_t)length);
}

static void creation(void)
{
    umask(077);
    SHOW(RAW(symlink, "target", "link"));
    show_file("link");
    show_link("link");
    SHOW(RAW(symlink, "a//b/../", "odd"));
    show_link("odd");
    SHOW(RAW(symlink, "other", "link"));
    SHOW(RAW(symlink, "", "empty"));
    SHOW(RAW(symlink, "x", ""));
    SHOW(RAW(symlink, "x", "missing/x"));
    SHOW(RAW(symlink, "x", "slash/"));
    SHOW(RAW(symlink, "x", "."));
    SHOW(RAW(symlink, NULL, "x"));
    SHOW(RAW(symlink, "x", NULL));
    SHOW(RAW(symlink, BAD_POINTER, "x"));
    SHOW(RAW(symlink, "x", "/proc/x"));
    make_file("file", "", 0600);
    SHOW(RAW(symlink, "x", "file"));
    SHOW(RAW(symlink, "x", "file/x"));
    static char long_target[4097];
    memset(long_target, 't', 4096);
    SHOW(RAW(symlink, long_target, "long"));
    long_target[4095] = 0;
    SHOW(RAW(symlink, long_target, "long"));
    show_file("long");
    SHOW(open("long", O_RDONLY));
    long_target[256] = 0;
    SHOW(RAW(symlink, "x", long_target));
}

static void reading(void)
{
    char text[16];
    memset(text, '.', sizeof text);
    SHOW(RAW(readlink, "link", text, 3L));
    show_text("cut, without a zero", text, 5);
    SHOW(RAW(readlink, "link", text, 0L));
    SHOW(RAW(readlink, "link", text, -1L));
    SHOW(RAW(readlink, "link", NULL, 10L));
    SHOW(RAW(readlink, "link", BAD_POINTER, 10L));
    SHOW(RAW(readlink, "link", edge_buffer(5), 10L));
    SHOW(RAW(readlink, "link", edge_buffer(6), 10L));
    SHOW(RAW(readlink, "file", text, 10L));
    SHOW(RAW(readlink, "file", text, 0L));
    SHOW(RAW(readlink, ".", text, 10L));
    SHOW(RAW(readlink, "missing", text, 10L));
    SHOW(RAW(readlink, "", text, 10L));
    SHOW(RAW(readlink, "link/", text, 10L));
    SHOW(RAW(readlink, "file/x", text, 10L));
    SHOW(RAW(readlink, NULL, text, 10L));
}

static void at(void)
{
    char text[16];
    MUST(mkdir("dir", 0700));
    int dir = (int)MUST(open("dir", O_RDONLY));
    int file = (int)MUST(open("file", O_RDONLY));
    SHOW(symlinkat("../file", dir, "up"));
    SHOW(readlinkat(dir, "up", text, sizeof text));
    show_text("up", text, 7);
    SHOW(close((int)SHOW(open("dir/up", O_RDONLY))));
    SHOW(symlinkat("x", dir, "up"));
    SHOW(symlinkat("x", file, "x"));
    SHOW(symlinkat("x", 99, "x"));
    SHOW(symlinkat("x", 99, ""));
    SHOW(symlinkat("", 99, "x"));
    SHOW(readlinkat(file, "x", text, sizeof text));
    SHOW(readlinkat(99, "x", text, sizeof text));
    SHOW(readlinkat(dir, "", text, sizeof text));
    SHOW(readlinkat(file, "", text, sizeof text));
    int path = (int)MUST(open("link", O_PATH | O_NOFOLLOW));
    SHOW(readlinkat(path, "", text, sizeof text));
    SHOW(readlinkat(AT_FDCWD, "", text, sizeof text));
}

static void chains(void)
{
    char name[16], target[16] = "file";
    for (int i = 1; i <= 41; i++) {
        snprintf(name, sizeof name, "chain%d", i);
        MUST(symlink(target, name));
        strcpy(target, name);
    }
    SHOW(open("chain39", O_RDONLY | O_CLOEXEC));
    SHOW(open("chain40", O_RDONLY | O_CLOEXEC));
    SHOW(open("chain41", O_RDONLY | O_CLOEXEC));
    MUST(symlink(".", "here"));
    SHOW(open("here/here/here/file", O_RDONLY));
    SHOW(open("here/here/here/missing", O_RDONLY));
    MUST(symlink("self", "self"));
    SHOW(open("self/x", O_RDONLY));
    MUST(symlink("dir/up", "twice"));
    SHOW(open("twice", O_RDONLY));
    MUST(symlink("file/", "slashed"));
    SHOW(open("slashed", O_RDONLY));
}

int main(void)
{
    creation();
    reading();
    at();
    chains();
    return 0;
}
