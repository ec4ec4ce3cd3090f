// calls: statx
#include "guest.h"

static struct statx stx;

static void show(long result)
{
    if (result != 0)
        return;
    say("  %s mode=%04o nlink=%u uid=%u gid=%u rdev=%u:%u basic %d\n", file_type(stx.stx_mode),
        stx.stx_mode & 07777, stx.stx_nlink, stx.stx_uid, stx.stx_gid, stx.stx_rdev_major,
        stx.stx_rdev_minor, (stx.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
    if (!S_ISDIR(stx.stx_mode))
        say("  size %llu\n", (unsigned long long)stx.stx_size);
}

static void agrees_with_stat(void)
{
    struct stat st;
    MUST(stat("file", &st));
    MUST(statx(AT_FDCWD, "file", 0, STATX_ALL, &stx));
    say("inode %d device %d blocks %d block size %d\n", st.st_ino == stx.stx_ino,
        st.st_dev == makedev(stx.stx_dev_major, stx.stx_dev_minor),
        st.st_blocks == (blkcnt_t)stx.stx_blocks, st.st_blksize == (blksize_t)stx.stx_blksize);
    say("access %d modify %d change %d\n", st.st_atim.tv_nsec == (long)stx.stx_atime.tv_nsec,
        st.st_mtim.tv_sec == stx.stx_mtime.tv_sec,
        st.st_ctim.tv_nsec == (long)stx.stx_ctime.tv_nsec);
    MUST(statx(AT_FDCWD, ".", 0, STATX_BASIC_STATS, &stx));
    MUST(stat(".", &st));
    say("directory's inode %d\n", st.st_ino == stx.stx_ino);
}

int main(void)
{
    umask(0);
    make_file("file", "12345", 0640);
    MUST(symlink("file", "link"));
    MUST(mkdir("dir", 0711));
    MUST(mknod("node", S_IFCHR | 0600, makedev(300, 70000)));
    int dir = (int)MUST(open("dir", O_RDONLY));
    int file = (int)MUST(open("file", O_RDONLY));

    show(SHOW(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &stx)));
    show(SHOW(statx(AT_FDCWD, "link", 0, STATX_ALL, &stx)));
    show(SHOW(statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx)));
    show(SHOW(statx(AT_FDCWD, "node", 0, STATX_BASIC_STATS, &stx)));
    show(SHOW(statx(dir, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx)));
    show(SHOW(statx(file, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &stx)));
    show(SHOW(statx(dir, "../file", AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &stx)));
    SHOW(statx(AT_FDCWD, "file", 0, 0, &stx));
    SHOW(statx(AT_FDCWD, "file", 0, 0x40000000, &stx));
    show(SHOW(statx(-1, "/dev/full", 0, STATX_BASIC_STATS, &stx)));

    SHOW(statx(AT_FDCWD, "file", 0, STATX__RESERVED, &stx));
    SHOW(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, 0, &stx));
    SHOW(statx(AT_FDCWD, "file", AT_REMOVEDIR, STATX_ALL, &stx));
    SHOW(statx(AT_FDCWD, "missing", AT_REMOVEDIR, STATX_ALL, &stx));
    SHOW(statx(AT_FDCWD, "missing", 0, STATX_ALL, &stx));
    SHOW(statx(AT_FDCWD, "", 0, STATX_ALL, &stx));
    SHOW(statx(file, "x", 0, STATX_ALL, &stx));
    SHOW(statx(99, "x", 0, STATX_ALL, &stx));
    SHOW(statx(99, "", AT_EMPTY_PATH, STATX_ALL, &stx));
    SHOW(RAW(statx, AT_FDCWD, BAD_POINTER, 0, STATX_ALL, &stx));
    SHOW(RAW(statx, AT_FDCWD, "file", 0, STATX_ALL, NULL));
    SHOW(RAW(statx, AT_FDCWD, "file", 0, STATX_ALL, edge_buffer(255)));
    SHOW(RAW(statx, AT_FDCWD, "file", 0, STATX_ALL, edge_buffer(256)));
    agrees_with_stat();
    return 0;
}
