/* splice(2), tee(2), vmsplice(2), sendfile(2). The errno order is that of Linux 6.12. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>

#include "abi/handlers.h"
#include "sandbox/files.h"
#include "sandbox/vfs/splice.h"

#define SPLICE_FLAGS ((uint32_t)(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT))

/* Most that one call moves, as read and write. */
#define MAX_TRANSFER ((size_t)INT_MAX & PAGE_MASK)

static struct pipe *pipe_behind(struct file *file)
{
    return file_is_pipe(file) ? pipe_of(file) : NULL;
}

static bool either_nonblocking(const struct file *one, const struct file *other, uint32_t flags)
{
    return (flags & SPLICE_F_NONBLOCK) || ((one->flags | other->flags) & O_NONBLOCK);
}

/* What every call asks of an offset and a length before it looks at the file. */
static int check_range(const struct file *file, int64_t pos, uint64_t len)
{
    int64_t end;

    if ((int64_t)len < 0)
        return -EINVAL;
    if (!file_has_offset(file))
        return 0;
    return pos < 0 || __builtin_add_overflow(pos, (int64_t)len, &end) ? -EINVAL : 0;
}

/* ---- splice ---- */

/* An offset argument that may be NULL: then the file's own is used. */
struct offset {
    gaddr_t addr;
    int64_t pos;
};

static int offset_get(struct task *task, const struct file *file, gaddr_t addr,
                      struct offset *offset)
{
    *offset = (struct offset){.addr = addr, .pos = file->pos};
    return addr ? copyin(task->mm, &offset->pos, addr, sizeof offset->pos) : 0;
}

static int offset_put(struct task *task, struct file *file, const struct offset *offset)
{
    if (offset->addr)
        return copyout(task->mm, offset->addr, &offset->pos, sizeof offset->pos);
    if (file_has_offset(file))
        file->pos = offset->pos;
    return 0;
}

static long splice_out_of_pipe(struct task *task, struct file *in, struct file *out,
                               struct offset *offset, const struct splice_args *args)
{
    bool nonblocking = (args->flags & SPLICE_F_NONBLOCK) || (in->flags & O_NONBLOCK);
    long result;
    int error;

    if ((offset->addr && !file_has_offset(out)) || (out->flags & O_APPEND))
        return -EINVAL;
    error = check_range(out, offset->pos, args->len);
    if (error)
        return error;
    if (offset->addr || !file_has_offset(out))
        return splice_from_pipe(task, pipe_of(in), out, &offset->pos, args->len, nonblocking);
    /* The file's own offset itself: a host file moves the host's along with it. */
    result = splice_from_pipe(task, pipe_of(in), out, &out->pos, args->len, nonblocking);
    offset->pos = out->pos;
    return result;
}

static long splice_into_pipe(struct task *task, struct file *in, struct file *out,
                             struct offset *offset, const struct splice_args *args)
{
    bool nonblocking = (args->flags & SPLICE_F_NONBLOCK) || (out->flags & O_NONBLOCK);
    int error;

    if (offset->addr && !file_has_offset(in))
        return -EINVAL;
    error = check_range(in, offset->pos, args->len);
    return error ? error
                 : splice_to_pipe(task, in, &offset->pos, pipe_of(out), args->len, nonblocking);
}

static long do_splice(struct task *task, struct file *in, struct file *out,
                      const struct splice_args *args)
{
    struct pipe *in_pipe = pipe_behind(in), *out_pipe = pipe_behind(out);
    struct offset in_offset, out_offset;
    long result;

    if ((in_pipe && args->off_in) || (out_pipe && args->off_out))
        return -ESPIPE;
    if (offset_get(task, out, args->off_out, &out_offset) != 0 ||
        offset_get(task, in, args->off_in, &in_offset) != 0)
        return -EFAULT;
    if (!file_readable(in) || !file_writable(out))
        return -EBADF;
    if (in_pipe && out_pipe)
        return in_pipe == out_pipe
                   ? -EINVAL
                   : splice_between_pipes(task, in_pipe, out_pipe, args->len,
                                          either_nonblocking(in, out, args->flags), false);
    if (in_pipe) {
        result = splice_out_of_pipe(task, in, out, &out_offset, args);
        return result > 0 && offset_put(task, out, &out_offset) != 0 ? -EFAULT : result;
    }
    if (out_pipe) {
        result = splice_into_pipe(task, in, out, &in_offset, args);
        return result > 0 && offset_put(task, in, &in_offset) != 0 ? -EFAULT : result;
    }
    return -EINVAL;
}

long sys_splice(struct task *task, const struct splice_args *args)
{
    struct file *in, *out;
    long result = -EBADF;

    if (args->len == 0)
        return 0;
    if (args->flags & ~SPLICE_FLAGS)
        return -EINVAL;
    in = fd_get(task, args->fd_in);
    out = fd_get(task, args->fd_out);
    if (in && out)
        result = do_splice(task, in, out, args);
    file_put(in);
    file_put(out);
    return result;
}

/* ---- tee ---- */

static long do_tee(struct task *task, struct file *in, struct file *out,
                   const struct tee_args *args)
{
    struct pipe *in_pipe = pipe_behind(in), *out_pipe = pipe_behind(out);

    if (!file_readable(in) || !file_writable(out))
        return -EBADF;
    if (!in_pipe || !out_pipe || in_pipe == out_pipe)
        return -EINVAL;
    return splice_between_pipes(task, in_pipe, out_pipe, args->len,
                                either_nonblocking(in, out, args->flags), true);
}

long sys_tee(struct task *task, const struct tee_args *args)
{
    struct file *in, *out;
    long result = -EBADF;

    if (args->flags & ~SPLICE_FLAGS)
        return -EINVAL;
    if (args->len == 0)
        return 0;
    in = fd_get(task, args->fd_in);
    out = fd_get(task, args->fd_out);
    if (in && out)
        result = do_tee(task, in, out, args);
    file_put(in);
    file_put(out);
    return result;
}

/* ---- vmsplice ---- */

/* The guest address and length of the cursor's next piece, which ends at a page's end. */
static size_t next_page_piece(const struct uio *uio)
{
    gaddr_t addr = (gaddr_t)(uintptr_t)uio->iov->iov_base + uio->skip;
    size_t in_page = PAGE_SIZE - (addr & (PAGE_SIZE - 1));
    size_t in_vector = uio->iov->iov_len - uio->skip;
    size_t piece = in_page < in_vector ? in_page : in_vector;

    return piece < uio->left ? piece : uio->left;
}

/*
 * The pages of the program's memory become slots. They are copied: a program that changes them
 * before they are read must not count on either, says vmsplice(2).
 */
static long memory_to_pipe(struct task *task, struct pipe *pipe, struct uio *uio, uint32_t flags)
{
    long done = 0;
    int error = splice_wait_for_room(task, pipe, flags & SPLICE_F_NONBLOCK);

    while (error == 0 && uio->left > 0 && !pipe_is_full(pipe)) {
        size_t piece = next_page_piece(uio), copied;
        frame_t frame;

        if (piece == 0) { /* an empty vector */
            uio->iov++;
            uio->count--;
            uio->skip = 0;
            continue;
        }
        frame = frame_alloc(pipe->arena);
        copied = frame ? uio_copy_from(uio, frame_ptr(pipe->arena, frame), piece) : 0;
        if (copied < piece)
            error = frame ? -EFAULT : -ENOMEM;
        if (copied > 0) {
            pipe_push(pipe, frame, 0, (uint32_t)copied);
            pipe_slot_at(pipe, pipe->used - 1)->shared = true;
            done += (long)copied;
        } else if (frame) {
            frame_unref(pipe->arena, frame);
        }
    }
    if (done > 0)
        wait_wake(&pipe->read_wait, POLLIN);
    return done ? done : error;
}

static long pipe_to_memory(struct task *task, struct pipe *pipe, struct uio *uio, uint32_t flags)
{
    long total = 0;

    while (uio->left > 0) {
        long done = pipe_wait_readable(task, pipe, (flags & SPLICE_F_NONBLOCK) || total > 0);

        if (done == 0)
            done = pipe_take(pipe, uio);
        if (done <= 0)
            return total ? total : done;
        total += done;
        wait_wake(&pipe->write_wait, POLLOUT);
    }
    return total;
}

static long do_vmsplice(struct task *task, struct file *file, const struct vmsplice_args *args)
{
    struct pipe *pipe = pipe_behind(file);
    struct uio uio;
    int error;

    if (!file_readable(file) && !file_writable(file))
        return -EBADF;
    error = uio_import(task, &uio, args->iov, args->nr_segs);
    if (error || uio.left == 0)
        return error;
    if (!pipe)
        return -EBADF;
    return file_writable(file) ? memory_to_pipe(task, pipe, &uio, args->flags)
                               : pipe_to_memory(task, pipe, &uio, args->flags);
}

long sys_vmsplice(struct task *task, const struct vmsplice_args *args)
{
    struct file *file;
    long result;

    if (args->flags & ~SPLICE_FLAGS)
        return -EINVAL;
    file = fd_get(task, args->fd);
    if (!file)
        return -EBADF;
    result = do_vmsplice(task, file, args);
    file_put(file);
    return result;
}

/* ---- sendfile ---- */

static long send_to_file(struct task *task, struct file *in, int64_t *pos, struct file *out,
                         size_t count)
{
    long result = check_range(out, out->pos, count);

    if (result)
        return result;
    if ((out->flags & O_APPEND) || !in->ops->lseek || !file_splices_from(in) ||
        !file_splices_to(out))
        return -EINVAL;
    /* The file's own offset itself: a host file moves the host's along with it. */
    return splice_direct(task, in, pos, out, &out->pos, count);
}

/* pos: the caller's offset, or NULL for the file's own. */
static long do_sendfile(struct task *task, const struct sendfile_args *args, struct file *in,
                        struct file *out, int64_t *pos)
{
    size_t count = args->count < MAX_TRANSFER ? args->count : MAX_TRANSFER;
    int64_t at;
    long result;

    if (!in || !file_readable(in))
        return -EBADF;
    if (pos && !file_has_offset(in))
        return -ESPIPE;
    at = pos ? *pos : in->pos;
    result = check_range(in, at, args->count);
    if (result)
        return result;
    if (!out || !file_writable(out))
        return -EBADF;
    if (file_is_pipe(out))
        result = splice_to_pipe(task, in, &at, pipe_of(out), count, out->flags & O_NONBLOCK);
    else
        result = send_to_file(task, in, &at, out, count);
    if (result > 0 && pos)
        *pos = at;
    else if (result > 0 && file_has_offset(in))
        in->pos = at;
    return result;
}

long sys_sendfile(struct task *task, const struct sendfile_args *args)
{
    struct file *in, *out;
    int64_t pos;
    long result;

    if (args->offset && copyin(task->mm, &pos, args->offset, sizeof pos) != 0)
        return -EFAULT;
    in = fd_get(task, args->in_fd);
    out = fd_get(task, args->out_fd);
    result = do_sendfile(task, args, in, out, args->offset ? &pos : NULL);
    file_put(in);
    file_put(out);
    if (args->offset && copyout(task->mm, args->offset, &pos, sizeof pos) != 0)
        return -EFAULT;
    return result;
}
