// calls: open close
#include "guest.h"

static void flags_and_types(void)
{
    make_file("file", "hello", 0644);
    MUST(mkdir("dir", 0755));
    MUST(symlink("file", "link"));
    MUST(symlink("nowhere", "dangling"));
    MUST(symlink("loop2", "loop1"));
    MUST(symlink("loop1", "loop2"));

    SHOW(RAW(open, "file", O_RDONLY));
    SHOW(RAW(close, 3));
    SHOW(RAW(close, 3));
    SHOW(RAW(close, -1));
    SHOW(RAW(open, "missing", O_RDONLY));
    SHOW(RAW(open, "", O_RDONLY));
    SHOW(RAW(open, NULL, O_RDONLY));
    SHOW(RAW(open, BAD_POINTER, O_RDONLY));
    SHOW(RAW(open, KERNEL_POINTER, O_RDONLY));
    SHOW(RAW(open, "dir", O_WRONLY));
    SHOW(RAW(open, "dir", O_RDWR));
    SHOW(RAW(open, "dir", O_CREAT, 0600));
    SHOW(RAW(open, "file", O_DIRECTORY));
    SHOW(RAW(open, "file/", O_RDONLY));
    SHOW(RAW(open, "file/.", O_RDONLY));
    SHOW(RAW(open, "file/x", O_RDONLY));
    SHOW(RAW(open, "missing/x", O_CREAT, 0600));
    SHOW(RAW(open, "new/", O_CREAT, 0600));
    SHOW(RAW(open, "loop1", O_RDONLY));
    SHOW(RAW(open, "loop1", O_PATH));
    SHOW(RAW(open, "link", O_RDONLY | O_NOFOLLOW));
    SHOW(RAW(open, "dangling", O_RDONLY));
    SHOW(RAW(open, "link", O_WRONLY | O_CREAT | O_EXCL, 0600));
    SHOW(RAW(open, "dangling", O_WRONLY | O_CREAT | O_EXCL, 0600));
    SHOW(RAW(open, "file", O_WRONLY | O_CREAT | O_EXCL, 0600));
}

static void creation(void)
{
    umask(027);
    SHOW(RAW(open, "dangling", O_WRONLY | O_CREAT, 0666));
    show_file("nowhere");
    SHOW(RAW(open, "strange", O_RDONLY | O_CREAT, 07777));
    show_file("strange");
    SHOW(RAW(open, "readonly", O_RDWR | O_CREAT, 0400));
    SHOW(write(5, "w", 1));
    show_file("readonly");
    close_range(3, ~0U, 0);

    SHOW(RAW(open, "file", O_WRONLY | O_TRUNC));
    show_file("file");
    SHOW(RAW(open, "file", O_RDONLY | O_EXCL));
    SHOW(RAW(open, "file", 3));
    SHOW(read(5, NULL, 0));
    SHOW(write(5, NULL, 0));
    SHOW(fcntl(5, F_GETFL));
    SHOW(RAW(open, "file", 0x20000000));
    SHOW(RAW(open, "file", O_RDWR | O_CLOEXEC | O_APPEND | O_NONBLOCK));
    SHOW(fcntl(7, F_GETFL));
    SHOW(fcntl(7, F_GETFD));
    close_range(3, ~0U, 0);
}

static void names(void)
{
    char name[PAGE + 8];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    SHOW(RAW(open, name, O_CREAT | O_WRONLY, 0600));
    name[255] = 'n', name[256] = 0;
    SHOW(RAW(open, name, O_CREAT | O_WRONLY, 0600));
    for (size_t i = 0; i + 1 < sizeof name; i += 2)
        memcpy(name + i, "./", 2);
    name[4095] = 0;
    SHOW(RAW(open, name, O_RDONLY));
    name[4095] = '/', name[4096] = 0;
    SHOW(RAW(open, name, O_RDONLY));
    char *edge = edge_buffer(4);
    memcpy(edge, "file", 4);
    SHOW(RAW(open, edge, O_RDONLY));
    memcpy(edge, "dir", 4);
    SHOW(RAW(open, edge, O_RDONLY | O_DIRECTORY));
    close_range(3, ~0U, 0);
}

static void as_user(void)
{
    SHOW(RAW(open, "secret", O_RDONLY));
    SHOW(RAW(open, "secret", O_PATH));
    SHOW(RAW(open, "public", O_RDONLY));
    SHOW(RAW(open, "public", O_WRONLY));
    SHOW(RAW(open, "public", O_RDONLY | O_TRUNC));
    SHOW(RAW(open, "public", O_RDONLY | O_NOATIME));
    SHOW(RAW(open, "closed/inside", O_RDONLY));
    SHOW(RAW(open, "closed/missing", O_RDONLY));
    SHOW(RAW(open, "mine", O_CREAT | O_WRONLY, 0600));
    SHOW(RAW(open, "open/mine", O_CREAT | O_WRONLY, 0600));
    show_file("open/mine");
}

static void permissions(void)
{
    MUST(chmod(".", 0755));
    umask(0);
    make_file("secret", "s", 0600);
    make_file("public", "p", 0644);
    MUST(mkdir("closed", 0700));
    make_file("closed/inside", "c", 0644);
    MUST(mkdir("open", 0777));
    run_as(1000, as_user);
    show_file("public");
}

int main(void)
{
    flags_and_types();
    creation();
    names();
    permissions();
    return 0;
}
