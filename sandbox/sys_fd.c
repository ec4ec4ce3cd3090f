/*
 * Descriptors and open files: dup, fcntl, flock, close_range, fsync and its like, advice, reading
 * directories.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/file.h>

#include "abi/handlers.h"
#include "sandbox/files.h"
#include "sandbox/vfs/async.h"
#include "sandbox/vfs/lease.h"
#include "sandbox/vfs/locks.h"
#include "sandbox/vfs/pipe.h"
#include "sandbox/vfs/super.h"
#include "sandbox/vfs/tmpfs.h"

/* ---- duplicates ---- */

long sys_dup(struct task *t, const struct dup_args *a)
{
    struct file *file = fd_get_any(t, a->oldfd);
    return file ? fd_install(t, file, 0, false) : -EBADF;
}

long sys_dup2(struct task *t, const struct dup2_args *a)
{
    struct file *file = fd_get_any(t, a->oldfd);
    if (!file) {
        return -EBADF;
    }
    if (a->oldfd == a->newfd) {
        file_put(file);
        return a->newfd;
    }
    return fd_replace(t, file, a->newfd, false);
}

long sys_dup3(struct task *t, const struct dup3_args *a)
{
    if ((uint32_t)a->flags & ~(uint32_t)O_CLOEXEC || a->oldfd == a->newfd) {
        return -EINVAL;
    }
    if (a->newfd < 0 || (uint64_t)a->newfd >= fd_limit(t)) {
        return -EBADF;
    }
    struct file *file = fd_get_any(t, a->oldfd);
    return file ? fd_replace(t, file, a->newfd, a->flags & O_CLOEXEC) : -EBADF;
}

long sys_close_range(struct task *t, const struct close_range_args *a)
{
    if (a->flags & ~(unsigned)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || a->first > a->last) {
        return -EINVAL;
    }
    if (a->flags & CLOSE_RANGE_UNSHARE) {
        int error = fd_table_unshare(t);
        if (error) {
            return error;
        }
    }
    fd_close_range(t, a->first, a->last, a->flags & CLOSE_RANGE_CLOEXEC);
    return 0;
}

/* ---- fcntl ---- */

static long set_status_flags(struct task *t, struct file *file, int fd, uint32_t flags)
{
    const uint32_t settable = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;
    if (flags & O_NOATIME && !(file->flags & O_NOATIME)) {
        struct attributes attr;
        int error = inode_getattr(file->inode, &attr);
        if (error) {
            return error;
        }
        if (!attributes_owner(t, &attr)) {
            return -EPERM;
        }
    }
    if (flags & O_DIRECT && !file_can_direct(file) && file->inode->type != S_IFIFO) {
        return -EINVAL; /* for a pipe it means packets */
    }
    if (file_can_async(file)) {
        int error = file_set_async(file, fd, flags & O_ASYNC);
        if (error) {
            return error;
        }
    }
    file->flags = (flags & settable) | (file->flags & ~settable);
    return 0;
}

static long record_lock(struct task *t, struct file *file, int fd, int command, gaddr_t arg)
{
    struct flock lock;
    bool ofd = command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
    if (copyin(t->mm, &lock, arg, sizeof lock) != 0) {
        return -EFAULT;
    }
    if (command != F_GETLK && command != F_OFD_GETLK) {
        bool wait = command == F_SETLKW || command == F_OFD_SETLKW;
        long result = record_lock_apply(t, file, &lock, ofd, wait);
        /* Another thread may have closed it meanwhile: a lock must not outlive its descriptor. */
        struct file *now = fd_get(t, fd);
        if (now != file) {
            locks_release_owner(file, t->fds);
        }
        file_put(now);
        return result;
    }
    long error = record_lock_test(t, file, &lock, ofd);
    return error ? error : copyout(t->mm, arg, &lock, sizeof lock);
}

/* Who gets SIGIO and SIGURG. who: a pid, minus a group, 0 for nobody. */
static long set_owner(struct task *t, struct file *file, int type, int who)
{
    if (who == INT32_MIN) {
        return -EINVAL;
    }
    if (who > 0 && !(type == F_OWNER_TID ? (void *)task_find(t->box, who)
                                         : (void *)process_find(t->box, who))) {
        return -ESRCH;
    }
    if (who < 0 && !process_group_exists(t->box, -who, 0)) {
        return -ESRCH;
    }
    file->owner_type = type;
    file->owner_pid = who;
    file->owner_uid = t->cred.ruid;
    file->owner_euid = t->cred.euid;
    return 0;
}

static long set_owner_ex(struct task *t, struct file *file, gaddr_t arg)
{
    struct f_owner_ex owner;
    if (copyin(t->mm, &owner, arg, sizeof owner) != 0) {
        return -EFAULT;
    }
    if (owner.type != F_OWNER_TID && owner.type != F_OWNER_PID && owner.type != F_OWNER_PGRP) {
        return -EINVAL;
    }
    if (owner.pid < 0) {
        return owner.pid == INT32_MIN ? -EINVAL : -ESRCH;
    }
    return set_owner(t, file, owner.type, owner.type == F_OWNER_PGRP ? -owner.pid : owner.pid);
}

static long get_owner_ex(struct task *t, const struct file *file, gaddr_t arg)
{
    struct f_owner_ex owner = {.type = file->owner_type, .pid = file->owner_pid};
    if (owner.pid < 0) {
        owner.pid = -owner.pid;
    } else if (owner.pid == 0) {
        owner.type = F_OWNER_TID;
    }
    return copyout(t->mm, arg, &owner, sizeof owner);
}

/* F_GET_RW_HINT and F_SET_RW_HINT: how long what is written will live; kept, without effect. */
static long write_hint(struct task *t, struct file *file, bool set, gaddr_t arg)
{
    uint64_t hint = file->inode->write_hint;
    if (!set) {
        return copyout(t->mm, arg, &hint, sizeof hint);
    }
    if (copyin(t->mm, &hint, arg, sizeof hint) != 0) {
        return -EFAULT;
    }
    if (hint > RWH_WRITE_LIFE_EXTREME) {
        return -EINVAL;
    }
    file->inode->write_hint = (uint8_t)hint;
    return 0;
}

static long duplicate(struct task *t, struct file *file, uint64_t from, bool cloexec)
{
    if (from >= fd_limit(t)) {
        return -EINVAL;
    }
    return fd_install(t, file_get(file), (int)from, cloexec);
}

/* F_DUPFD_QUERY (6.10): is the other descriptor the same open file? */
static long is_same_file(struct task *t, const struct file *file, int other_fd)
{
    struct file *other = fd_get_any(t, other_fd);
    long same = other == file;
    file_put(other);
    return other ? same : -EBADF;
}

enum { DUPFD_QUERY = F_SETLEASE + 3 };

/* The commands that an O_PATH file knows too. */
static long fcntl_any(struct task *t, int fd, struct file *file, uint32_t command, uint64_t arg,
                      bool *known)
{
    *known = true;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(t, file, (uint32_t)arg, command == F_DUPFD_CLOEXEC);
    case DUPFD_QUERY:
        return is_same_file(t, file, (int)arg);
    case F_GETFD:
        return fd_get_cloexec(t, fd);
    case F_SETFD:
        return fd_set_cloexec(t, fd, arg & FD_CLOEXEC);
    case F_GETFL:
        return file->flags;
    default:
        *known = false;
        return 0;
    }
}

static long fcntl_open(struct task *t, struct file *file, int fd, uint32_t command, uint64_t arg)
{
    switch (command) {
    case F_SETFL:
        return set_status_flags(t, file, fd, (uint32_t)arg);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return record_lock(t, file, fd, (int)command, arg);
    case F_GETOWN:
        return file->owner_pid;
    case F_SETOWN:
        return set_owner(t, file, (int)arg < 0 ? F_OWNER_PGRP : F_OWNER_PID, (int)arg);
    case F_GETOWN_EX:
        return get_owner_ex(t, file, arg);
    case F_SETOWN_EX:
        return set_owner_ex(t, file, arg);
    case F_GETSIG:
        return file->owner_signal;
    case F_SETSIG:
        if (arg > NSIG_GUEST) {
            return -EINVAL;
        }
        file->owner_signal = (int)arg;
        return 0;
    case F_GETLEASE:
        return lease_get(file);
    case F_SETLEASE:
        return lease_set(t, file, fd, (int)arg);
    case F_NOTIFY:
        return file->inode->type == S_IFDIR ? -EINVAL : -ENOTDIR;
    case F_SETPIPE_SZ:
        return pipe_set_size(t, file, (uint32_t)arg);
    case F_GETPIPE_SZ:
        return pipe_get_size(file);
    case F_ADD_SEALS:
        return arg > UINT32_MAX ? -EINVAL : tmpfs_add_seals(file, (uint32_t)arg);
    case F_GET_SEALS:
        return tmpfs_get_seals(file);
    case F_GET_RW_HINT:
    case F_SET_RW_HINT:
        return write_hint(t, file, command == F_SET_RW_HINT, arg);
    default:
        return -EINVAL;
    }
}

long sys_fcntl(struct task *t, const struct fcntl_args *a)
{
    struct file *file = fd_get_any(t, a->fd);
    bool known;
    if (!file) {
        return -EBADF;
    }
    long result = fcntl_any(t, a->fd, file, a->cmd, a->arg, &known);
    if (!known) {
        result = file->flags & O_PATH ? -EBADF : fcntl_open(t, file, a->fd, a->cmd, a->arg);
    }
    file_put(file);
    return result;
}

long sys_flock(struct task *t, const struct flock_args *a)
{
    int operation = (int)a->operation & ~LOCK_NB;
    if (operation & LOCK_MAND) {
        return 0; /* mandatory locks of 1996: accepted and without effect, as on Linux */
    }
    if (operation != LOCK_SH && operation != LOCK_EX && operation != LOCK_UN) {
        return -EINVAL;
    }
    struct file *file = fd_get(t, a->fd);
    if (!file) {
        return -EBADF;
    }
    long result = -EBADF;
    if (operation == LOCK_UN || file_readable(file) || file_writable(file)) {
        result = flock_apply(t, file, operation, !(a->operation & LOCK_NB));
    }
    file_put(file);
    return result;
}

/* ---- to the disk, and advice ---- */

static long sync_file(struct task *t, int fd, bool data_only)
{
    struct file *file = fd_get(t, fd);
    if (!file) {
        return -EBADF;
    }
    long result = file->ops->fsync ? file->ops->fsync(file, data_only) : -EINVAL;
    file_put(file);
    return result;
}

long sys_fsync(struct task *t, const struct fsync_args *a)
{
    return sync_file(t, a->fd, false);
}

long sys_fdatasync(struct task *t, const struct fdatasync_args *a)
{
    return sync_file(t, a->fd, true);
}

long sys_sync_file_range(struct task *t, const struct sync_file_range_args *a)
{
    struct file *file = fd_get(t, a->fd);
    int64_t end;
    if (!file) {
        return -EBADF;
    }
    uint32_t type = file->inode->type;
    long result = 0;
    if (a->flags & ~(unsigned)(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                               SYNC_FILE_RANGE_WAIT_AFTER)) {
        result = -EINVAL;
    } else if (a->offset < 0 || __builtin_add_overflow(a->offset, a->nbytes, &end) ||
               end < a->offset) {
        result = -EINVAL;
    } else if (type != S_IFREG && type != S_IFBLK && type != S_IFDIR && type != S_IFLNK) {
        result = -ESPIPE;
    } else if (file->ops->fsync) {
        result = file->ops->fsync(file, true);
    }
    file_put(file);
    return result;
}

long sys_fadvise64(struct task *t, const struct fadvise64_args *a)
{
    struct file *file = fd_get(t, a->fd);
    if (!file) {
        return -EBADF;
    }
    long result = 0;
    if (file->inode->type == S_IFIFO) {
        result = -ESPIPE;
    } else if ((int64_t)a->len < 0 || (unsigned)a->advice > POSIX_FADV_NOREUSE) {
        result = -EINVAL;
    }
    file_put(file);
    return result;
}

long sys_readahead(struct task *t, const struct readahead_args *a)
{
    struct file *file = fd_get(t, a->fd);
    long result = 0;
    if (!file || !file_readable(file)) {
        result = -EBADF;
    } else if (file->inode->type != S_IFREG && file->inode->type != S_IFBLK) {
        result = -EINVAL;
    }
    file_put(file);
    return result;
}

/* ---- directories ---- */

/* What getdents and getdents64 write; the 64-bit struct has its type before the name. */
struct dents {
    struct dir_context context;
    unsigned char *buffer;
    size_t size, used;
    size_t name_offset; /* in a record */
    bool type_at_end;   /* of the record, as getdents has it */
    bool too_small;     /* not even the first entry fits */
};

static bool emit(struct dir_context *context, const char *name, size_t len, uint64_t ino,
                 unsigned type, int64_t next)
{
    struct dents *dents = (struct dents *)context;
    size_t length = dents->name_offset + len + 1 + dents->type_at_end;
    length = (length + 7) & ~(size_t)7;
    if (length > dents->size - dents->used) {
        dents->too_small = dents->used == 0;
        return false;
    }
    unsigned char *record = dents->buffer + dents->used;
    uint16_t record_length = (uint16_t)length;
    memset(record, 0, length);
    memcpy(record, &ino, 8);
    memcpy(record + 8, &next, 8);
    memcpy(record + 16, &record_length, 2);
    memcpy(record + dents->name_offset, name, len);
    record[dents->type_at_end ? length - 1 : 18] = (unsigned char)type;
    dents->used += length;
    return true;
}

static long read_directory(struct task *t, int fd, gaddr_t out, uint32_t count, bool wide)
{
    enum { BUFFER_MAX = 65536 };
    struct file *file = fd_get(t, fd);
    if (!file) {
        return -EBADF;
    }
    struct dents dents = {
        .context.emit = emit,
        .size = count < BUFFER_MAX ? count : BUFFER_MAX,
        .name_offset = wide ? 19 : 18,
        .type_at_end = !wide,
    };
    dents.buffer = task_scratch(t, dents.size ? dents.size : 1);
    int64_t before = file->pos;
    long result = -ENOTDIR;
    if (file->ops->readdir) {
        bool removed = file->path.dentry->parent != file->path.dentry && !file->path.dentry->hashed;
        result = removed ? -ENOENT : file->ops->readdir(file, &dents.context);
    }
    if (!result && dents.too_small) {
        result = -EINVAL;
    }
    if (!result) {
        result = copyout(t->mm, out, dents.buffer, dents.used) ? -EFAULT : (long)dents.used;
    }
    if (result < 0) {
        file->pos = before;
    }
    file_put(file);
    return result;
}

long sys_getdents64(struct task *t, const struct getdents64_args *a)
{
    return read_directory(t, a->fd, a->dirp, a->count, true);
}

long sys_getdents(struct task *t, const struct getdents_args *a)
{
    return read_directory(t, a->fd, a->dirp, a->count, false);
}
