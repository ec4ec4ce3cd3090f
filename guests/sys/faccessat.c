// calls: faccessat faccessat2
#include "guest.h"

#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

static int dir, file;

static void mixed_user(void)
{
    MUST(setresuid(1000, 0, 0));
    SHOW(RAW(faccessat, dir, "secret", R_OK));
    SHOW(RAW(faccessat2, dir, "secret", R_OK, 0));
    SHOW(RAW(faccessat2, dir, "secret", R_OK, AT_EACCESS));
    SHOW(RAW(faccessat2, dir, "secret", X_OK, AT_EACCESS));
    MUST(setresuid(0, 1000, 0));
    SHOW(RAW(faccessat, dir, "secret", R_OK));
    SHOW(RAW(faccessat2, dir, "secret", R_OK, AT_EACCESS));
}

static void as_user(void)
{
    SHOW(RAW(faccessat, dir, "public", R_OK));
    SHOW(RAW(faccessat, dir, "public", W_OK));
    SHOW(RAW(faccessat, dir, "secret", R_OK));
    SHOW(RAW(faccessat2, dir, "", X_OK, AT_EMPTY_PATH));
    SHOW(RAW(faccessat2, dir, "", W_OK, AT_EMPTY_PATH));
    SHOW(RAW(faccessat2, file, "", R_OK, AT_EMPTY_PATH));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    MUST(mkdir("dir", 0755));
    make_file("dir/public", "", 0644);
    make_file("dir/secret", "", 0600);
    MUST(symlink("nowhere", "dir/dangling"));
    dir = (int)MUST(open("dir", O_RDONLY));
    file = (int)MUST(open("dir/secret", O_RDONLY));

    SHOW(RAW(faccessat, dir, "public", R_OK | W_OK));
    SHOW(RAW(faccessat, dir, "public", X_OK));
    SHOW(RAW(faccessat, dir, "missing", F_OK));
    SHOW(RAW(faccessat, dir, "dangling", F_OK));
    SHOW(RAW(faccessat2, dir, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(RAW(faccessat2, dir, "dangling", R_OK | W_OK | X_OK, AT_SYMLINK_NOFOLLOW));
    SHOW(RAW(faccessat, file, "public", F_OK));
    SHOW(RAW(faccessat, 99, "public", F_OK));
    SHOW(RAW(faccessat, 99, "/dev/null", F_OK));
    SHOW(RAW(faccessat, AT_FDCWD, "dir", X_OK));
    SHOW(RAW(faccessat, dir, "", F_OK));
    SHOW(RAW(faccessat2, dir, "", F_OK, AT_EMPTY_PATH));
    SHOW(RAW(faccessat2, AT_FDCWD, "", F_OK, AT_EMPTY_PATH));
    SHOW(RAW(faccessat2, 99, "", F_OK, AT_EMPTY_PATH));
    SHOW(RAW(faccessat, dir, "public", 8));
    SHOW(RAW(faccessat2, dir, "public", 8, 0));
    SHOW(RAW(faccessat2, dir, "public", F_OK, AT_SYMLINK_FOLLOW));
    SHOW(RAW(faccessat2, dir, "missing", F_OK, 0x40000000));
    SHOW(RAW(faccessat, dir, NULL, F_OK));
    SHOW(RAW(faccessat2, dir, BAD_POINTER, F_OK, 0));
    run_as(1000, as_user);
    show_status("mixed", run_child(mixed_user));
    return 0;
}
