/*
 * Looking at files: stat, lstat, fstat, newfstatat, statx, access and its family.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "abi/handlers.h"
#include "sandbox/files.h"
#include "sandbox/vfs/super.h"

enum { NANOSECONDS = 1000000000 };

/* Nanoseconds to whole seconds and the rest, rounding down: times before 1970 are negative. */
static struct timespec timespec_of(int64_t ns)
{
    struct timespec time = {ns / NANOSECONDS, ns % NANOSECONDS};
    if (time.tv_nsec < 0) {
        time.tv_sec--;
        time.tv_nsec += NANOSECONDS;
    }
    return time;
}

static long put_stat(struct task *t, const struct path *path, gaddr_t out)
{
    struct attributes attr;
    int error = vfs_getattr(path, &attr);
    if (error) {
        return error;
    }
    struct stat stat = {
        .st_dev = attr.dev,
        .st_ino = attr.ino,
        .st_mode = attr.mode,
        .st_nlink = attr.nlink,
        .st_uid = attr.uid,
        .st_gid = attr.gid,
        .st_rdev = attr.rdev,
        .st_size = (off_t)attr.size,
        .st_blksize = attr.blksize,
        .st_blocks = (blkcnt_t)attr.blocks,
        .st_atim = timespec_of(attr.atime),
        .st_mtim = timespec_of(attr.mtime),
        .st_ctim = timespec_of(attr.ctime),
    };
    return copyout(t->mm, out, &stat, sizeof stat);
}

/* For stat and its like alone, NULL with AT_EMPTY_PATH is as good as "" (since Linux 6.11). */
static int walk_stat(struct task *t, int dirfd, gaddr_t path, uint32_t flags, struct path *at)
{
    unsigned walk =
        (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    return !path && flags & AT_EMPTY_PATH ? vfs_walk(t, dirfd, "", walk, at)
                                          : walk_argument(t, dirfd, path, walk, at);
}

static long stat_path(struct task *t, int dirfd, gaddr_t path, gaddr_t out, int flags)
{
    struct path at;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    long result = walk_stat(t, dirfd, path, (uint32_t)flags, &at);
    if (!result) {
        result = put_stat(t, &at, out);
        path_put(&at);
    }
    return result;
}

long sys_stat(struct task *t, const struct stat_args *a)
{
    return stat_path(t, AT_FDCWD, a->path, a->statbuf, 0);
}

long sys_lstat(struct task *t, const struct lstat_args *a)
{
    return stat_path(t, AT_FDCWD, a->path, a->statbuf, AT_SYMLINK_NOFOLLOW);
}

long sys_newfstatat(struct task *t, const struct newfstatat_args *a)
{
    return stat_path(t, a->dirfd, a->path, a->statbuf, a->flags);
}

long sys_fstat(struct task *t, const struct fstat_args *a)
{
    struct path at;
    long result = path_of_fd(t, a->fd, true, &at);
    if (!result) {
        result = put_stat(t, &at, a->statbuf);
        path_put(&at);
    }
    return result;
}

/* ---- statx ---- */

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000u /* linux/stat.h since 6.8 */
#endif

static struct statx_timestamp statx_time(int64_t ns)
{
    struct timespec time = timespec_of(ns);
    return (struct statx_timestamp){.tv_sec = time.tv_sec, .tv_nsec = (uint32_t)time.tv_nsec};
}

static long put_statx(struct task *t, const struct path *path, uint32_t mask, gaddr_t out)
{
    struct attributes attr;
    int error = vfs_getattr(path, &attr);
    if (error) {
        return error;
    }
    struct statx statx = {
        .stx_mask = STATX_BASIC_STATS | (attr.btime ? STATX_BTIME : 0),
        .stx_blksize = attr.blksize,
        .stx_nlink = attr.nlink,
        .stx_uid = attr.uid,
        .stx_gid = attr.gid,
        .stx_mode = (uint16_t)attr.mode,
        .stx_ino = attr.ino,
        .stx_size = attr.size,
        .stx_blocks = attr.blocks,
        .stx_attributes_mask = STATX_ATTR_MOUNT_ROOT,
        .stx_atime = statx_time(attr.atime),
        .stx_btime = statx_time(attr.btime),
        .stx_ctime = statx_time(attr.ctime),
        .stx_mtime = statx_time(attr.mtime),
        .stx_rdev_major = major(attr.rdev),
        .stx_rdev_minor = minor(attr.rdev),
        .stx_dev_major = major(attr.dev),
        .stx_dev_minor = minor(attr.dev),
        .stx_mnt_id = attr.mount_id,
    };
    statx.stx_mask |= mask & STATX_MNT_ID_UNIQUE ? STATX_MNT_ID_UNIQUE : STATX_MNT_ID;
    if (path->dentry == path->mount->root) {
        statx.stx_attributes |= STATX_ATTR_MOUNT_ROOT;
    }
    return copyout(t->mm, out, &statx, sizeof statx);
}

long sys_statx(struct task *t, const struct statx_args *a)
{
    const uint32_t known =
        AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
    struct path at;
    if (a->flags & ~known || (a->flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
        a->mask & STATX__RESERVED) {
        return -EINVAL;
    }
    long result = walk_stat(t, a->dirfd, a->path, a->flags, &at);
    if (!result) {
        result = put_statx(t, &at, a->mask, a->statxbuf);
        path_put(&at);
    }
    return result;
}

/* ---- access ---- */

/* access(2) asks for the real user, and for root's capabilities only when that is root. */
static void become_real(struct cred *cred)
{
    cred->fsuid = cred->ruid;
    cred->fsgid = cred->rgid;
    if (!(cred->securebits & SECBIT_NO_SETUID_FIXUP)) {
        cred->cap_effective = cred->ruid == 0 ? cred->cap_permitted : 0;
    }
}

static long check_access(struct task *t, int dirfd, gaddr_t path, int mode, int flags)
{
    struct path at;
    if (mode & ~(R_OK | W_OK | X_OK) ||
        flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    unsigned walk =
        (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    struct cred saved = t->cred;
    if (!(flags & AT_EACCESS)) {
        become_real(&t->cred);
    }
    long result = walk_argument(t, dirfd, path, walk, &at);
    if (!result) {
        result = mode ? vfs_permission(t, &at, mode) : 0;
        path_put(&at);
    }
    t->cred = saved;
    return result;
}

long sys_access(struct task *t, const struct access_args *a)
{
    return check_access(t, AT_FDCWD, a->path, a->mode, 0);
}

long sys_faccessat(struct task *t, const struct faccessat_args *a)
{
    return check_access(t, a->dirfd, a->path, a->mode, 0);
}

long sys_faccessat2(struct task *t, const struct faccessat2_args *a)
{
    return check_access(t, a->dirfd, a->path, a->mode, a->flags);
}
