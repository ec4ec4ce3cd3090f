/* copy_file_range(2). The errno order is that of Linux 6.12. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "abi/handlers.h"
#include "sandbox/vfs/splice.h"

/* Most that one call moves, as read and write. */
#define MAX_TRANSFER ((uint64_t)INT_MAX & PAGE_MASK)

struct copy {
    struct file *in, *out;
    int64_t in_pos, out_pos;
    uint64_t len;
};

static int check_files(const struct copy *copy)
{
    const struct inode *in = copy->in->inode, *out = copy->out->inode;

    if (in->type == S_IFDIR || out->type == S_IFDIR)
        return -EISDIR;
    if (in->type != S_IFREG || out->type != S_IFREG)
        return -EINVAL;
    if (!file_readable(copy->in) || !file_writable(copy->out) || (copy->out->flags & O_APPEND))
        return -EBADF;
    return in->sb == out->sb ? 0 : -EXDEV;
}

/* Cuts the length at the end of the file; a file is not copied onto the same bytes of itself. */
static int check_ranges(struct copy *copy)
{
    struct attributes attr;
    uint64_t in_pos = (uint64_t)copy->in_pos, out_pos = (uint64_t)copy->out_pos;
    int error;

    if (in_pos + copy->len < in_pos || out_pos + copy->len < out_pos)
        return -EOVERFLOW;
    error = inode_getattr(copy->in->inode, &attr);
    if (error)
        return error;
    if (in_pos >= attr.size)
        copy->len = 0;
    else if (copy->len > attr.size - in_pos)
        copy->len = attr.size - in_pos;
    if (copy->out_pos == INT64_MAX && copy->len > 0)
        return -EFBIG;
    if (copy->in->inode == copy->out->inode && out_pos + copy->len > in_pos &&
        out_pos < in_pos + copy->len)
        return -EINVAL;
    return copy->in_pos < 0 || copy->out_pos < 0 ? -EINVAL : 0;
}

static long copy_range(struct task *task, struct copy *copy)
{
    int error = check_files(copy);

    if (error == 0)
        error = check_ranges(copy);
    if (error || copy->len == 0)
        return error;
    return splice_direct(task, copy->in, &copy->in_pos, copy->out, &copy->out_pos,
                         copy->len < MAX_TRANSFER ? copy->len : MAX_TRANSFER);
}

static int read_offset(struct task *task, const struct file *file, gaddr_t addr, int64_t *pos)
{
    *pos = file->pos;
    return addr ? copyin(task->mm, pos, addr, sizeof *pos) : 0;
}

static int write_offset(struct task *task, struct file *file, gaddr_t addr, int64_t pos)
{
    if (addr)
        return copyout(task->mm, addr, &pos, sizeof pos);
    file->pos = pos;
    return 0;
}

static long do_copy(struct task *task, const struct copy_file_range_args *args, struct file *in,
                    struct file *out)
{
    struct copy copy = {.in = in, .out = out, .len = args->len};
    long result;

    if (read_offset(task, in, args->off_in, &copy.in_pos) != 0 ||
        read_offset(task, out, args->off_out, &copy.out_pos) != 0)
        return -EFAULT;
    if (args->flags != 0)
        return -EINVAL;
    result = copy_range(task, &copy);
    if (result > 0 && (write_offset(task, in, args->off_in, copy.in_pos) != 0 ||
                       write_offset(task, out, args->off_out, copy.out_pos) != 0))
        return -EFAULT;
    return result;
}

long sys_copy_file_range(struct task *task, const struct copy_file_range_args *args)
{
    struct file *in = fd_get(task, args->fd_in), *out = fd_get(task, args->fd_out);
    long result = in && out ? do_copy(task, args, in, out) : -EBADF;

    file_put(in);
    file_put(out);
    return result;
}
