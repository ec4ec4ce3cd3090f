// calls: access
#include "guest.h"

static void try(const char *name)
{
    char result[9];
    for (int mode = 0; mode < 8; mode++)
        result[mode] = RAW(access, name, mode) == 0 ? 'y' : errno == EACCES ? 'n' : '?';
    result[8] = 0;
    say("%-8s %s\n", name, result);
}

static void try_all(void)
{
    static const char *const names[] = {"none", "r", "w", "x", "rwx", "user", "group", "dir", "."};
    say("modes    01234567\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        try(names[i]);
    SHOW(RAW(access, "dir/file", F_OK));
    SHOW(RAW(access, "dir/missing", F_OK));
}

static void as_real_user(void)
{
    /* access asks for the real user, whatever the effective one may do. */
    MUST(setgroups(0, NULL));
    MUST(setregid(1000, -1));
    MUST(setreuid(1000, 0));
    SHOW(RAW(access, "none", R_OK));
    SHOW(RAW(access, "user", R_OK));
    SHOW(RAW(access, "dir/file", F_OK));
    int fd = (int)SHOW(open("none", O_RDWR));
    MUST(close(fd));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    make_file("none", "", 0);
    make_file("r", "", 0444);
    make_file("w", "", 0222);
    make_file("x", "", 0111);
    make_file("rwx", "", 0777);
    make_file("user", "", 0700);
    make_file("group", "", 0070);
    MUST(chown("user", 1000, 0));
    MUST(chown("group", 0, 1000));
    MUST(mkdir("dir", 0700));
    make_file("dir/file", "", 0777);
    try_all();
    run_as(1000, try_all);
    show_status("real user 1000", run_child(as_real_user));

    SHOW(RAW(access, "r", 8));
    SHOW(RAW(access, "r", -1));
    SHOW(RAW(access, "missing", 8));
    SHOW(RAW(access, "missing", R_OK));
    SHOW(RAW(access, "", F_OK));
    SHOW(RAW(access, "r/", F_OK));
    SHOW(RAW(access, "r/x", F_OK));
    SHOW(RAW(access, NULL, F_OK));
    SHOW(RAW(access, BAD_POINTER, F_OK));
    MUST(symlink("missing", "dangling"));
    SHOW(RAW(access, "dangling", F_OK));
    MUST(symlink("x", "link"));
    SHOW(RAW(access, "link", X_OK));
    return 0;
}
