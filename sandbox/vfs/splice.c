/*
 * Moving bytes between files and pipes: see splice.h. How bytes are spread over the slots of a pipe
 * follows Linux, because it decides when a pipe is full: pages of a file stay pages, and nothing is
 * added to them afterwards.
 */
#include "sandbox/vfs/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

/* Pages that are read or written in one step. */
enum { STEP_PAGES = 16 };

static bool moves_bytes(const struct file *file)
{
    switch (file->inode->type) {
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFSOCK:
        return true;
    default:
        return false;
    }
}

/* Linux's /dev/null can be spliced to, but not from. */
static bool is_null_device(struct file *file)
{
    struct attributes attr;

    return file->inode->type == S_IFCHR && inode_getattr(file->inode, &attr) == 0 &&
           attr.rdev == makedev(1, 3);
}

bool file_splices_from(struct file *file)
{
    return moves_bytes(file) && file->ops->read && !is_null_device(file);
}

bool file_splices_to(struct file *file)
{
    return moves_bytes(file) && file->ops->write;
}

int splice_wait_for_room(struct task *task, struct pipe *pipe, bool nonblocking)
{
    int error = pipe_wait_writable(task, pipe, nonblocking);

    if (error == 0 && pipe->readers == 0) {
        signal_send_self(SIGPIPE);
        error = -EPIPE;
    }
    return error;
}

/* ---- file to pipe ---- */

/* Frames that are read into before they become slots of a pipe. */
struct step {
    unsigned pages;
    frame_t frame[STEP_PAGES];
    struct iovec iov[STEP_PAGES];
    size_t bytes;
};

/* Room for up to len bytes in at most max_pages pages, the first one filled up from `start`. */
static void step_alloc(struct step *step, struct arena *arena, size_t len, unsigned max_pages,
                       unsigned start)
{
    *step = (struct step){0};
    while (step->bytes < len && step->pages < max_pages && step->pages < STEP_PAGES) {
        size_t room = PAGE_SIZE - (step->pages == 0 ? start : 0);
        frame_t frame = frame_alloc(arena);

        if (!frame)
            break;
        if (room > len - step->bytes)
            room = len - step->bytes;
        step->frame[step->pages] = frame;
        step->iov[step->pages++] =
            (struct iovec){.iov_base = frame_ptr(arena, frame), .iov_len = room};
        step->bytes += room;
    }
}

static void step_free(struct step *step, struct arena *arena, unsigned from)
{
    for (unsigned i = from; i < step->pages; i++)
        frame_unref(arena, step->frame[i]);
}

/* Somebody else may have filled the pipe while the file was read. -EINTR when the task must end. */
static int wait_for_slot(struct task *task, struct pipe *pipe)
{
    while (pipe_is_full(pipe) && pipe->readers > 0) {
        struct wait_entry entry = {.task = task};
        int error;

        wait_add(&pipe->write_wait, &entry);
        error = task_wait_killable(task);
        wait_remove(&entry);
        if (error)
            return error;
    }
    return pipe_is_full(pipe) ? -EPIPE : 0;
}

/* Makes slots of the first `bytes` bytes: how many came into the pipe. */
static size_t step_push(struct task *task, struct pipe *pipe, struct step *step, size_t bytes)
{
    size_t done = 0;
    unsigned i = 0;

    for (; i < step->pages && done < bytes; i++) {
        size_t room = step->iov[i].iov_len, len = room < bytes - done ? room : bytes - done;

        if (wait_for_slot(task, pipe) != 0)
            break;
        pipe_push(pipe, step->frame[i], 0, (uint32_t)len);
        pipe_slot_at(pipe, pipe->used - 1)->shared = true;
        done += len;
    }
    step_free(step, pipe->arena, i);
    wait_wake(&pipe->read_wait, POLLIN);
    return done;
}

static ssize_t one_step_to_pipe(struct task *task, struct file *in, int64_t *pos, struct pipe *pipe,
                                size_t len)
{
    bool pages = in->inode->type == S_IFREG;
    struct step step;
    struct uio uio;
    int64_t at = *pos;
    ssize_t done;

    step_alloc(&step, pipe->arena, len, pipe->slots - pipe->used,
               pages ? (unsigned)(at & (int64_t)(PAGE_SIZE - 1)) : 0);
    if (step.pages == 0)
        return -ENOMEM;
    uio = (struct uio){.iov = step.iov, .count = step.pages, .left = step.bytes};
    done = vfs_read(task, in, &uio, &at);
    if (done <= 0) {
        step_free(&step, pipe->arena, 0);
        return done;
    }
    done = (ssize_t)step_push(task, pipe, &step, (size_t)done);
    *pos += done;
    return done > 0 ? done : -EINTR;
}

ssize_t splice_to_pipe(struct task *task, struct file *in, int64_t *pos, struct pipe *pipe,
                       size_t len, bool nonblocking)
{
    ssize_t total = 0, done;
    int error = splice_wait_for_room(task, pipe, nonblocking);

    if (error)
        return error;
    if (!file_splices_from(in))
        return -EINVAL;
    while (len > 0 && !pipe_is_full(pipe)) {
        size_t step = len < STEP_PAGES * PAGE_SIZE ? len : STEP_PAGES * PAGE_SIZE;

        done = one_step_to_pipe(task, in, pos, pipe, step);
        if (done <= 0)
            return total ? total : done;
        total += done;
        len -= (size_t)done;
        /* A second read of a terminal or socket could wait. */
        if (in->inode->type != S_IFREG)
            break;
    }
    return total;
}

/* ---- pipe to file ---- */

/* Writes the first slots somewhere; others that want to read wait until that has happened. */
static ssize_t one_step_from_pipe(struct task *task, struct pipe *pipe, struct file *out,
                                  int64_t *pos, size_t len, size_t *offered)
{
    struct iovec iov[STEP_PAGES];
    struct uio uio = {.iov = iov};
    ssize_t done;

    for (unsigned i = 0; i < pipe->used && i < STEP_PAGES && uio.left < len; i++) {
        const struct pipe_slot *slot = pipe_slot_at(pipe, i);
        size_t part = slot->len < len - uio.left ? slot->len : len - uio.left;

        iov[i].iov_base = (uint8_t *)frame_ptr(pipe->arena, slot->frame) + slot->offset;
        iov[i].iov_len = part;
        uio.left += part;
        uio.count++;
    }
    *offered = uio.left;
    pipe->draining = true;
    done = vfs_write(task, out, &uio, pos);
    pipe->draining = false;
    if (done > 0) {
        pipe_drop(pipe, (uint64_t)done);
        wait_wake(&pipe->write_wait, POLLOUT);
    }
    wait_wake_all(&pipe->read_wait, pipe->used > 0 ? POLLIN : 0);
    return done;
}

ssize_t splice_from_pipe(struct task *task, struct pipe *pipe, struct file *out, int64_t *pos,
                         size_t len, bool nonblocking)
{
    ssize_t total = 0, done;
    size_t offered;

    if (!file_splices_to(out))
        return -EINVAL;
    while (len > 0) {
        int error = pipe_wait_readable(task, pipe, nonblocking || total > 0);

        if (error)
            return total ? total : error;
        if (pipe->used == 0)
            break;
        done = one_step_from_pipe(task, pipe, out, pos, len, &offered);
        if (done <= 0)
            return total ? total : done;
        total += done;
        len -= (size_t)done;
        if ((size_t)done < offered)
            break;
    }
    return total;
}

/* ---- pipe to pipe ---- */

/* Waits until `in` has bytes or no writer, and `out` has room or no reader. */
static int wait_for_both(struct task *task, struct pipe *in, struct pipe *out, bool nonblocking)
{
    int error;

    do {
        error = pipe_wait_readable(task, in, nonblocking);
        if (error == 0)
            error = splice_wait_for_room(task, out, nonblocking);
    } while (error == 0 && !pipe_may_be_read(in));
    return error;
}

/* Appends up to len bytes of a slot of `in`. The frame is shared unless the slot moves as it is. */
static size_t append_slot(struct pipe *out, const struct pipe_slot *slot, size_t len, bool keep)
{
    struct pipe_slot copy = *slot;

    if (copy.len > len)
        copy.len = (uint32_t)len;
    copy.shared = slot->shared || keep || copy.len < slot->len;
    frame_ref(out->arena, copy.frame);
    *pipe_slot_at(out, out->used++) = copy;
    return copy.len;
}

ssize_t splice_between_pipes(struct task *task, struct pipe *in, struct pipe *out, size_t len,
                             bool nonblocking, bool keep)
{
    size_t total = 0;
    unsigned next = 0;
    int error = wait_for_both(task, in, out, nonblocking);

    if (error)
        return error;
    while (total < len && next < in->used && !pipe_is_full(out)) {
        size_t done = append_slot(out, pipe_slot_at(in, next), len - total, keep);

        total += done;
        if (keep)
            next++;
        else
            pipe_drop(in, done);
    }
    if (total > 0) {
        wait_wake(&out->read_wait, POLLIN);
        if (!keep)
            wait_wake(&in->write_wait, POLLOUT);
    }
    return (ssize_t)total;
}

/* ---- file to file ---- */

ssize_t splice_direct(struct task *task, struct file *in, int64_t *in_pos, struct file *out,
                      int64_t *out_pos, size_t len)
{
    const size_t size = STEP_PAGES * PAGE_SIZE;
    uint8_t *buffer = malloc(size);
    ssize_t total = 0, error = 0;

    if (!buffer)
        return -ENOMEM;
    while (len > 0 && !signal_fatal_pending(task)) {
        struct iovec storage;
        struct uio uio;
        int64_t at = *in_pos;
        ssize_t got, put;

        uio_host(&uio, &storage, buffer, len < size ? len : size);
        got = vfs_read(task, in, &uio, &at);
        error = got;
        if (got <= 0)
            break;
        uio_host(&uio, &storage, buffer, (size_t)got);
        put = vfs_write(task, out, &uio, out_pos);
        error = put;
        if (put <= 0)
            break;
        total += put;
        len -= (size_t)put;
        *in_pos += put;
        if (put < got)
            break;
    }
    free(buffer);
    return total ? total : error;
}
