/*
 * ioctl(2): the requests that mean the same for every kind of file. All others go to the file's own
 * operation.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "abi/handlers.h"
#include "sandbox/files.h"
#include "sandbox/vfs/async.h"

static long set_nonblocking(struct task *task, struct file *file, gaddr_t arg)
{
    int on;

    if (copyin(task->mm, &on, arg, sizeof on) != 0)
        return -EFAULT;
    file->flags = on ? file->flags | O_NONBLOCK : file->flags & ~(uint32_t)O_NONBLOCK;
    return 0;
}

static long set_async(struct task *task, struct file *file, int fd, gaddr_t arg)
{
    int on;

    if (copyin(task->mm, &on, arg, sizeof on) != 0)
        return -EFAULT;
    if (!on == !(file->flags & O_ASYNC))
        return 0;
    return file_can_async(file) ? file_set_async(file, fd, on) : -ENOTTY;
}

/* Bytes that the file takes up. */
static long get_quota_size(struct task *task, struct file *file, gaddr_t arg)
{
    uint32_t type = file->inode->type;
    struct attributes attr;
    int64_t size;
    int error;

    if (type != S_IFREG && type != S_IFDIR)
        return -ENOTTY;
    error = inode_getattr(file->inode, &attr);
    if (error)
        return error;
    size = (int64_t)(attr.blocks * 512);
    return copyout(task->mm, arg, &size, sizeof size);
}

static long get_block_size(struct task *task, struct file *file, gaddr_t arg)
{
    struct attributes attr;
    int error = inode_getattr(file->inode, &attr);
    int size = (int)attr.blksize;

    return error ? error : copyout(task->mm, arg, &size, sizeof size);
}

/* Of a regular file: the bytes between the offset and the end, as an int that may be negative. */
static long get_bytes_left(struct task *task, struct file *file, gaddr_t arg)
{
    struct attributes attr;
    int error = inode_getattr(file->inode, &attr);
    int left = (int)((int64_t)attr.size - file->pos);

    return error ? error : copyout(task->mm, arg, &left, sizeof left);
}

/* No file system of the box shares extents, so a clone fails; which error comes first counts. */
static long clone_range(struct task *task, struct file *to, int from_fd)
{
    struct file *from = fd_get(task, from_fd);
    long error = -EOPNOTSUPP;

    if (!from)
        return -EBADF;
    if (from->inode->sb != to->inode->sb)
        error = -EXDEV;
    else if (from->inode->type == S_IFDIR || to->inode->type == S_IFDIR)
        error = -EISDIR;
    else if (from->inode->type != S_IFREG || to->inode->type != S_IFREG)
        error = -EINVAL;
    else if (!file_readable(from) || !file_writable(to) || (to->flags & O_APPEND))
        error = -EBADF;
    file_put(from);
    return error;
}

static long clone_file_range(struct task *task, struct file *file, gaddr_t arg)
{
    struct file_clone_range range;

    if (copyin(task->mm, &range, arg, sizeof range) != 0)
        return -EFAULT;
    return clone_range(task, file, (int)range.src_fd);
}

long sys_ioctl(struct task *task, const struct ioctl_args *args)
{
    struct file *file = fd_get(task, args->fd);
    long result;

    if (!file)
        return -EBADF;
    switch (args->request) {
    case FIOCLEX:
    case FIONCLEX:
        result = fd_set_cloexec(task, args->fd, args->request == FIOCLEX);
        break;
    case FIONBIO:
        result = set_nonblocking(task, file, args->argp);
        break;
    case FIOASYNC:
        result = set_async(task, file, args->fd, args->argp);
        break;
    case FIOQSIZE:
        result = get_quota_size(task, file, args->argp);
        break;
    case FIGETBSZ:
        result = get_block_size(task, file, args->argp);
        break;
    case FIFREEZE:
    case FITHAW:
        result = task_capable(task, CAP_SYS_ADMIN) ? -EOPNOTSUPP : -EPERM;
        break;
    case FICLONE:
        result = clone_range(task, file, (int)args->argp);
        break;
    case FICLONERANGE:
        result = clone_file_range(task, file, args->argp);
        break;
    case FIONREAD:
        if (file->inode->type == S_IFREG) {
            result = get_bytes_left(task, file, args->argp);
            break;
        }
        /* fall through */
    default:
        result =
            file->ops->ioctl ? file->ops->ioctl(file, task, args->request, args->argp) : -ENOTTY;
    }
    file_put(file);
    return result;
}
