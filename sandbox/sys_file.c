/*
 * Opening, reading, writing, seeking: open, openat, openat2, creat, close, lseek and the families
 * of read and write.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "abi/handlers.h"
#include "sandbox/files.h"

/* ---- opening ---- */

static long open_at(struct task *t, int dirfd, gaddr_t path, uint32_t flags, uint32_t mode,
                    uint64_t resolve)
{
    struct file *file;
    int error = vfs_check_open(flags);
    const char *name = error ? NULL : task_path(t, path, &error);
    if (!name) {
        return error;
    }
    if (!fd_room(t)) { /* before the file is looked for: it may not be created in vain */
        return -EMFILE;
    }
    error = vfs_open(t, dirfd, name, flags, mode, resolve, &file);
    return error ? error : fd_install(t, file, 0, flags & O_CLOEXEC);
}

/* All flags that open(2) knows. openat ignores others, as it always has; openat2 refuses them. */
#define OPEN_FLAGS                                                                                 \
    ((uint32_t)(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |        \
                O_SYNC | O_DSYNC | O_ASYNC | O_DIRECT | 0x8000 /* O_LARGEFILE */ | O_DIRECTORY |   \
                O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE))

long sys_openat(struct task *t, const struct openat_args *a)
{
    return open_at(t, a->dirfd, a->path, (uint32_t)a->flags & OPEN_FLAGS, a->mode, 0);
}

long sys_open(struct task *t, const struct open_args *a)
{
    return open_at(t, AT_FDCWD, a->path, (uint32_t)a->flags & OPEN_FLAGS, a->mode, 0);
}

long sys_creat(struct task *t, const struct creat_args *a)
{
    return open_at(t, AT_FDCWD, a->path, O_CREAT | O_WRONLY | O_TRUNC, a->mode, 0);
}

/* copy_struct_from_user of Linux: a longer struct is good when what is unknown is zero. */
static int copy_open_how(struct task *t, struct open_how *how, gaddr_t from, uint64_t size)
{
    if (size < sizeof *how) {
        return -EINVAL;
    }
    if (size > PAGE_SIZE) {
        return -E2BIG;
    }
    unsigned char *bytes = task_scratch(t, size);
    if (copyin(t->mm, bytes, from, size) != 0) {
        return -EFAULT;
    }
    memcpy(how, bytes, sizeof *how);
    for (uint64_t i = sizeof *how; i < size; i++) {
        if (bytes[i]) {
            return -E2BIG;
        }
    }
    return 0;
}

static int check_open_how(const struct open_how *how)
{
    const uint64_t resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS |
                             RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED;
    const uint64_t scoped = RESOLVE_BENEATH | RESOLVE_IN_ROOT;
    if (how->flags & ~(uint64_t)OPEN_FLAGS || how->resolve & ~resolve) {
        return -EINVAL;
    }
    if ((how->resolve & scoped) == scoped) {
        return -EINVAL;
    }
    bool creates = how->flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY));
    if (creates ? how->mode & ~(uint64_t)S_IALLUGO : how->mode != 0) {
        return -EINVAL;
    }
    const uint64_t with_path = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (how->flags & O_PATH && how->flags & ~with_path) {
        return -EINVAL;
    }
    /* What must not sleep cannot change anything; and no walk is ever sure not to sleep. */
    if (how->resolve & RESOLVE_CACHED) {
        return how->flags & (O_TRUNC | O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? -EAGAIN : 0;
    }
    return 0;
}

long sys_openat2(struct task *t, const struct openat2_args *a)
{
    struct open_how how;
    int error = copy_open_how(t, &how, a->how, a->size);
    if (!error) {
        error = check_open_how(&how);
    }
    if (error) {
        return error;
    }
    return open_at(t, a->dirfd, a->path, (uint32_t)how.flags, (uint32_t)how.mode, how.resolve);
}

long sys_close(struct task *t, const struct close_args *a)
{
    return fd_close(t, a->fd);
}

/* ---- reading and writing ---- */

enum direction { READING, WRITING };

static int check_mode(const struct file *file, enum direction direction)
{
    if (direction == READING) {
        return !file_readable(file) ? -EBADF : !file->ops->read ? -EINVAL : 0;
    }
    return !file_writable(file) ? -EBADF : !file->ops->write ? -EINVAL : 0;
}

static ssize_t transfer(struct task *t, struct file *file, struct uio *uio, int64_t *pos,
                        enum direction direction)
{
    return direction == READING ? vfs_read(t, file, uio, pos) : vfs_write(t, file, uio, pos);
}

/* pos NULL: the file's own offset. */
static long one_range(struct task *t, int fd, gaddr_t buf, uint64_t count, int64_t *pos,
                      enum direction direction)
{
    struct iovec storage;
    struct uio uio;
    struct file *file = fd_get(t, fd);
    if (!file) {
        return -EBADF;
    }
    long result = pos && !file_has_offset(file) ? -ESPIPE : check_mode(file, direction);
    if (!result) {
        result = uio_import_range(t, &uio, &storage, buf, count);
    }
    if (!result) {
        result = transfer(t, file, &uio, pos, direction);
    }
    file_put(file);
    return result;
}

long sys_read(struct task *t, const struct read_args *a)
{
    return one_range(t, a->fd, a->buf, a->count, NULL, READING);
}

long sys_write(struct task *t, const struct write_args *a)
{
    return one_range(t, a->fd, a->buf, a->count, NULL, WRITING);
}

long sys_pread64(struct task *t, const struct pread64_args *a)
{
    int64_t pos = a->offset;
    return pos < 0 ? -EINVAL : one_range(t, a->fd, a->buf, a->count, &pos, READING);
}

long sys_pwrite64(struct task *t, const struct pwrite64_args *a)
{
    int64_t pos = a->offset;
    return pos < 0 ? -EINVAL : one_range(t, a->fd, a->buf, a->count, &pos, WRITING);
}

/* ---- vectors ---- */

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20 /* linux/fs.h since 6.9 */
#endif

/* The file's status flags for one call with RWF_* flags; -EOPNOTSUPP, -EINVAL. */
static int flags_for_call(const struct file *file, int rwf, enum direction direction,
                          uint32_t *flags)
{
    if (rwf & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RWF_NOAPPEND)) {
        return -EOPNOTSUPP;
    }
    if (rwf & RWF_APPEND && rwf & RWF_NOAPPEND) {
        return -EINVAL;
    }
    /* Files that are read by offset are served by whatever it takes. */
    if (rwf & RWF_NOWAIT && file_has_offset(file)) {
        return -EOPNOTSUPP;
    }
    *flags = file->flags;
    *flags |= rwf & RWF_NOWAIT ? O_NONBLOCK : 0;
    if (direction == WRITING) {
        *flags |= rwf & RWF_APPEND ? O_APPEND : 0;
        *flags |= rwf & (RWF_DSYNC | RWF_SYNC) ? O_DSYNC : 0;
        *flags &= ~(uint32_t)(rwf & RWF_NOAPPEND ? O_APPEND : 0);
    }
    return 0;
}

static long vectors(struct task *t, int fd, gaddr_t iov, uint64_t count, int64_t *pos, int rwf,
                    enum direction direction)
{
    struct uio uio;
    uint32_t flags = 0;
    struct file *file = fd_get(t, fd);
    if (!file) {
        return -EBADF;
    }
    long result = pos && !file_has_offset(file) ? -ESPIPE : check_mode(file, direction);
    if (!result) {
        result = uio_import(t, &uio, iov, count);
    }
    if (!result && uio.left > 0) {
        result = flags_for_call(file, rwf, direction, &flags);
        if (!result) {
            uint32_t own_flags = file->flags, changed = flags ^ own_flags;
            file->flags = flags;
            result = transfer(t, file, &uio, pos, direction);
            file->flags ^= changed;
        }
    }
    file_put(file);
    return result;
}

long sys_readv(struct task *t, const struct readv_args *a)
{
    return vectors(t, a->fd, a->iov, a->iovcnt, NULL, 0, READING);
}

long sys_writev(struct task *t, const struct writev_args *a)
{
    return vectors(t, a->fd, a->iov, a->iovcnt, NULL, 0, WRITING);
}

/* offset_high is for 32-bit kernels: on amd64 the low word is the whole offset. */
long sys_preadv(struct task *t, const struct preadv_args *a)
{
    int64_t pos = a->offset;
    return pos < 0 ? -EINVAL : vectors(t, a->fd, a->iov, a->iovcnt, &pos, 0, READING);
}

long sys_pwritev(struct task *t, const struct pwritev_args *a)
{
    int64_t pos = a->offset;
    return pos < 0 ? -EINVAL : vectors(t, a->fd, a->iov, a->iovcnt, &pos, 0, WRITING);
}

long sys_preadv2(struct task *t, const struct preadv2_args *a)
{
    int64_t pos = a->offset;
    if (pos < -1) {
        return -EINVAL;
    }
    return vectors(t, a->fd, a->iov, a->iovcnt, pos == -1 ? NULL : &pos, a->flags, READING);
}

long sys_pwritev2(struct task *t, const struct pwritev2_args *a)
{
    int64_t pos = a->offset;
    if (pos < -1) {
        return -EINVAL;
    }
    return vectors(t, a->fd, a->iov, a->iovcnt, pos == -1 ? NULL : &pos, a->flags, WRITING);
}

/* ---- offsets ---- */

long sys_lseek(struct task *t, const struct lseek_args *a)
{
    struct file *file = fd_get(t, a->fd);
    if (!file) {
        return -EBADF;
    }
    long result = -EINVAL;
    if ((unsigned)a->whence <= SEEK_HOLE) {
        result = file->ops->lseek ? file->ops->lseek(file, a->offset, (int)a->whence) : -ESPIPE;
    }
    file_put(file);
    return result;
}
