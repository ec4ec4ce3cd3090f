/*
 * Changing files' attributes: chmod, chown, utimensat and its elders, truncate, fallocate, umask.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/time.h>
#include <utime.h>

#include "abi/handlers.h"
#include "sandbox/files.h"

/* Walks as the AT_ flags say; -EINVAL for others than the two. */
static int walk_flagged(struct task *t, int dirfd, gaddr_t path, int flags, struct path *out)
{
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    unsigned walk =
        (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    return walk_argument(t, dirfd, path, walk, out);
}

/* ---- modes ---- */

static long change_mode(struct task *t, int dirfd, gaddr_t path, uint32_t mode, int flags)
{
    struct path at;
    long result = walk_flagged(t, dirfd, path, flags, &at);
    if (!result) {
        result = vfs_chmod(t, &at, mode);
        path_put(&at);
    }
    return result;
}

long sys_chmod(struct task *t, const struct chmod_args *a)
{
    return change_mode(t, AT_FDCWD, a->path, a->mode, 0);
}

long sys_fchmodat(struct task *t, const struct fchmodat_args *a)
{
    return change_mode(t, a->dirfd, a->path, a->mode, 0);
}

long sys_fchmodat2(struct task *t, const struct fchmodat2_args *a)
{
    return change_mode(t, a->dirfd, a->path, a->mode, a->flags);
}

long sys_fchmod(struct task *t, const struct fchmod_args *a)
{
    struct path at;
    long result = path_of_fd(t, a->fd, false, &at);
    if (!result) {
        result = vfs_chmod(t, &at, a->mode);
        path_put(&at);
    }
    return result;
}

/* The bits are taken away from what is made from now on; only permissions count. */
long sys_umask(struct task *t, const struct umask_args *a)
{
    uint32_t old = t->fs->umask;
    t->fs->umask = (uint32_t)a->mask & S_IRWXUGO;
    return old;
}

/* ---- owners ---- */

static long change_owner(struct task *t, int dirfd, gaddr_t path, uint32_t uid, uint32_t gid,
                         int flags)
{
    struct path at;
    long result = walk_flagged(t, dirfd, path, flags, &at);
    if (!result) {
        result = vfs_chown(t, &at, uid, gid);
        path_put(&at);
    }
    return result;
}

long sys_chown(struct task *t, const struct chown_args *a)
{
    return change_owner(t, AT_FDCWD, a->path, a->owner, a->group, 0);
}

long sys_lchown(struct task *t, const struct lchown_args *a)
{
    return change_owner(t, AT_FDCWD, a->path, a->owner, a->group, AT_SYMLINK_NOFOLLOW);
}

long sys_fchownat(struct task *t, const struct fchownat_args *a)
{
    return change_owner(t, a->dirfd, a->path, a->owner, a->group, a->flags);
}

long sys_fchown(struct task *t, const struct fchown_args *a)
{
    struct path at;
    long result = path_of_fd(t, a->fd, false, &at);
    if (!result) {
        result = vfs_chown(t, &at, a->owner, a->group);
        path_put(&at);
    }
    return result;
}

/* ---- times ---- */

enum { NANOSECONDS = 1000000000 };

static const struct file_times both_now = {.atime_now = true, .mtime_now = true};

/* Seconds and ns to ns; times that 64 bits of ns cannot hold become the nearest that they can. */
static int64_t to_ns(int64_t seconds, int64_t ns)
{
    int64_t time;
    if (__builtin_mul_overflow(seconds, NANOSECONDS, &time) ||
        __builtin_add_overflow(time, ns, &time)) {
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    }
    return time;
}

static void read_timespec(const struct timespec *from, bool *omit, bool *now, int64_t *ns,
                          bool *invalid)
{
    *omit = from->tv_nsec == UTIME_OMIT;
    *now = from->tv_nsec == UTIME_NOW;
    if (!*omit && !*now) {
        *invalid |= from->tv_nsec < 0 || from->tv_nsec >= NANOSECONDS;
        *ns = to_ns(from->tv_sec, from->tv_nsec);
    }
}

/* path 0: dirfd itself, which utimensat alone allows. */
static long set_times(struct task *t, int dirfd, gaddr_t path, const struct file_times *times,
                      int flags)
{
    struct path at;
    if (times->atime_omit && times->mtime_omit) {
        return 0; /* not even the path is looked at */
    }
    long result = walk_flagged(t, dirfd, path, flags, &at);
    if (!result) {
        result = vfs_set_times(t, &at, times);
        path_put(&at);
    }
    return result;
}

static long set_times_of_fd(struct task *t, int fd, const struct file_times *times, int flags)
{
    struct path at;
    if (times->atime_omit && times->mtime_omit) {
        return 0;
    }
    long result = flags ? -EINVAL : path_of_fd(t, fd, false, &at);
    if (!result) {
        result = vfs_set_times(t, &at, times);
        path_put(&at);
    }
    return result;
}

long sys_utimensat(struct task *t, const struct utimensat_args *a)
{
    struct timespec given[2];
    struct file_times times = both_now;
    if (a->times) {
        if (copyin(t->mm, given, a->times, sizeof given) != 0) {
            return -EFAULT;
        }
        times = (struct file_times){0};
        read_timespec(&given[0], &times.atime_omit, &times.atime_now, &times.atime, &times.invalid);
        read_timespec(&given[1], &times.mtime_omit, &times.mtime_now, &times.mtime, &times.invalid);
    }
    if (!a->path && a->dirfd != AT_FDCWD) {
        return set_times_of_fd(t, a->dirfd, &times, a->flags);
    }
    return set_times(t, a->dirfd, a->path, &times, a->flags);
}

static int read_timevals(struct task *t, gaddr_t from, struct file_times *times)
{
    struct timeval given[2];
    *times = both_now;
    if (!from) {
        return 0;
    }
    if (copyin(t->mm, given, from, sizeof given) != 0) {
        return -EFAULT;
    }
    for (int i = 0; i < 2; i++) {
        if (given[i].tv_usec < 0 || given[i].tv_usec >= 1000000) {
            return -EINVAL;
        }
    }
    *times = (struct file_times){
        .atime = to_ns(given[0].tv_sec, given[0].tv_usec * 1000),
        .mtime = to_ns(given[1].tv_sec, given[1].tv_usec * 1000),
    };
    return 0;
}

long sys_futimesat(struct task *t, const struct futimesat_args *a)
{
    struct file_times times;
    int error = read_timevals(t, a->times, &times);
    if (error) {
        return error;
    }
    if (!a->path && a->dirfd != AT_FDCWD) {
        return set_times_of_fd(t, a->dirfd, &times, 0);
    }
    return set_times(t, a->dirfd, a->path, &times, 0);
}

long sys_utimes(struct task *t, const struct utimes_args *a)
{
    struct file_times times;
    int error = read_timevals(t, a->times, &times);
    return error ? error : set_times(t, AT_FDCWD, a->path, &times, 0);
}

long sys_utime(struct task *t, const struct utime_args *a)
{
    struct utimbuf given;
    struct file_times times = both_now;
    if (a->times) {
        if (copyin(t->mm, &given, a->times, sizeof given) != 0) {
            return -EFAULT;
        }
        times = (struct file_times){
            .atime = to_ns(given.actime, 0),
            .mtime = to_ns(given.modtime, 0),
        };
    }
    return set_times(t, AT_FDCWD, a->path, &times, 0);
}

/* ---- sizes ---- */

long sys_truncate(struct task *t, const struct truncate_args *a)
{
    struct path at;
    if (a->length < 0) {
        return -EINVAL;
    }
    long result = walk_argument(t, AT_FDCWD, a->path, WALK_FOLLOW, &at);
    if (!result) {
        result = vfs_truncate(t, &at, (uint64_t)a->length);
        path_put(&at);
    }
    return result;
}

long sys_ftruncate(struct task *t, const struct ftruncate_args *a)
{
    if (a->length < 0) {
        return -EINVAL;
    }
    struct file *file = fd_get(t, a->fd);
    if (!file) {
        return -EBADF;
    }
    long result = -EINVAL;
    if (file->inode->type == S_IFREG && file_writable(file)) {
        result = inode_set_size(t, file->inode, (uint64_t)a->length);
    }
    file_put(file);
    return result;
}

/* The combinations of mode bits that Linux knows; file systems refuse what they cannot. */
static int check_fallocate_mode(int mode)
{
    switch (mode & ~FALLOC_FL_KEEP_SIZE) {
    case 0:
    case FALLOC_FL_ZERO_RANGE:
    case FALLOC_FL_UNSHARE_RANGE:
        return 0;
    case FALLOC_FL_PUNCH_HOLE:
        return mode & FALLOC_FL_KEEP_SIZE ? 0 : -EOPNOTSUPP;
    case FALLOC_FL_COLLAPSE_RANGE:
    case FALLOC_FL_INSERT_RANGE:
        return mode & FALLOC_FL_KEEP_SIZE ? -EOPNOTSUPP : 0;
    default:
        return -EOPNOTSUPP;
    }
}

static int check_fallocate(struct task *t, struct file *file, int mode, int64_t offset, int64_t len)
{
    int64_t end;
    if (offset < 0 || len <= 0) {
        return -EINVAL;
    }
    int error = check_fallocate_mode(mode);
    if (error) {
        return error;
    }
    if (!file_writable(file)) {
        return -EBADF;
    }
    switch (file->inode->type) {
    case S_IFREG:
    case S_IFBLK:
        break;
    case S_IFIFO:
        return -ESPIPE;
    case S_IFDIR:
        return -EISDIR;
    default:
        return -ENODEV;
    }
    if (__builtin_add_overflow(offset, len, &end)) {
        return -EFBIG;
    }
    struct attributes attr;
    error = inode_getattr(file->inode, &attr);
    bool grows = !error && !(mode & FALLOC_FL_PUNCH_HOLE) && (uint64_t)end > attr.size;
    if (grows && (uint64_t)end > t->process->rlimit[RLIMIT_FSIZE].cur) {
        signal_send_self(SIGXFSZ);
        error = -EFBIG;
    }
    return error;
}

long sys_fallocate(struct task *t, const struct fallocate_args *a)
{
    struct file *file = fd_get(t, a->fd);
    if (!file) {
        return -EBADF;
    }
    long result = check_fallocate(t, file, a->mode, a->offset, a->len);
    if (!result) {
        result = file->ops->fallocate ? file->ops->fallocate(file, a->mode, a->offset, a->len)
                                      : -EOPNOTSUPP;
    }
    file_put(file);
    return result;
}
