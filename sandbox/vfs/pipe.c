/*
 * Pipes and FIFOs: pipe(7), fifo(7). See pipe_ring.h for the structure.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sandbox/vfs/pipe_ring.h"

#define PIPE_DEFAULT_SLOTS 16
/* fs.pipe-max-size, in pages; CAP_SYS_RESOURCE may go beyond, up to PIPE_LIMIT_SLOTS. */
#define PIPE_MAX_SLOTS   256
#define PIPE_LIMIT_SLOTS (1u << 19)

static const struct file_ops pipe_ops;

static struct pipe *pipe_alloc(struct arena *arena)
{
    struct pipe *pipe = calloc(1, sizeof *pipe);

    if (!pipe)
        return NULL;
    pipe->arena = arena;
    pipe->slots = PIPE_DEFAULT_SLOTS;
    pipe->slot = calloc(pipe->slots, sizeof *pipe->slot);
    if (!pipe->slot) {
        free(pipe);
        return NULL;
    }
    return pipe;
}

static void drop_first(struct pipe *pipe)
{
    frame_unref(pipe->arena, pipe_slot_at(pipe, 0)->frame);
    pipe->first = (pipe->first + 1) & (pipe->slots - 1);
    pipe->used--;
}

static void pipe_free(struct pipe *pipe)
{
    while (pipe->used > 0)
        drop_first(pipe);
    free(pipe->slot);
    free(pipe);
}

bool file_is_pipe(const struct file *file)
{
    return file->ops == &pipe_ops;
}

/* ---- moving bytes ---- */

void pipe_push(struct pipe *pipe, frame_t frame, uint32_t offset, uint32_t len)
{
    *pipe_slot_at(pipe, pipe->used++) =
        (struct pipe_slot){.frame = frame, .offset = offset, .len = len};
}

void pipe_drop(struct pipe *pipe, uint64_t len)
{
    while (len > 0 && pipe->used > 0) {
        struct pipe_slot *slot = pipe_slot_at(pipe, 0);

        if (slot->len > len) {
            slot->offset += (uint32_t)len;
            slot->len -= (uint32_t)len;
            return;
        }
        len -= slot->len;
        drop_first(pipe);
    }
}

ssize_t pipe_take(struct pipe *pipe, struct uio *uio)
{
    ssize_t done = 0;

    while (uio->left > 0 && pipe->used > 0) {
        struct pipe_slot *slot = pipe_slot_at(pipe, 0);
        size_t want = slot->len < uio->left ? slot->len : uio->left;
        const uint8_t *bytes = (const uint8_t *)frame_ptr(pipe->arena, slot->frame) + slot->offset;
        size_t copied = uio_copy_to(uio, bytes, want);
        bool packet = slot->packet;

        done += (ssize_t)copied;
        slot->offset += (uint32_t)copied;
        slot->len -= (uint32_t)copied;
        if (copied < want)
            return done ? done : -EFAULT;
        if (slot->len == 0 || packet)
            drop_first(pipe);
        if (packet)
            break;
    }
    return done;
}

/* Adds the odd bytes of a write to the last page, when they fit there: Linux fills pages so. */
static ssize_t put_into_last(struct pipe *pipe, struct uio *uio)
{
    size_t odd = uio->left & (PAGE_SIZE - 1);
    struct pipe_slot *last;
    size_t copied;

    if (odd == 0 || pipe->used == 0)
        return 0;
    last = pipe_slot_at(pipe, pipe->used - 1);
    if (last->packet || last->shared || last->offset + last->len + odd > PAGE_SIZE)
        return 0;
    copied = uio_copy_from(
        uio, (uint8_t *)frame_ptr(pipe->arena, last->frame) + last->offset + last->len, odd);
    last->len += (uint32_t)copied;
    return copied == odd ? (ssize_t)copied : copied ? (ssize_t)copied : -EFAULT;
}

ssize_t pipe_put(struct pipe *pipe, struct uio *uio, bool packet)
{
    ssize_t done = packet ? 0 : put_into_last(pipe, uio);

    while (done >= 0 && uio->left > 0 && !uio->error && !pipe_is_full(pipe)) {
        size_t want = uio->left < PAGE_SIZE ? uio->left : PAGE_SIZE;
        frame_t frame = frame_alloc(pipe->arena);
        size_t copied;

        if (!frame)
            return done ? done : -ENOMEM;
        copied = uio_copy_from(uio, frame_ptr(pipe->arena, frame), want);
        if (copied == 0) {
            frame_unref(pipe->arena, frame);
            return done ? done : -EFAULT;
        }
        pipe_push(pipe, frame, 0, (uint32_t)copied);
        pipe_slot_at(pipe, pipe->used - 1)->packet = packet;
        done += (ssize_t)copied;
    }
    return done;
}

/* ---- waiting ---- */

int pipe_wait_readable(struct task *task, struct pipe *pipe, bool nonblocking)
{
    while (!pipe_may_be_read(pipe)) {
        int error =
            nonblocking ? -EAGAIN : wait_on(&pipe->read_wait, task, WAIT_FOREVER, RESTART_SYS);
        if (error)
            return error;
    }
    return 0;
}

int pipe_wait_writable(struct task *task, struct pipe *pipe, bool nonblocking)
{
    while (pipe_is_full(pipe) && pipe->readers > 0) {
        int error =
            nonblocking ? -EAGAIN : wait_on(&pipe->write_wait, task, WAIT_FOREVER, RESTART_SYS);
        if (error)
            return error;
    }
    return 0;
}

static ssize_t pipe_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct pipe *pipe = pipe_of(file);
    ssize_t done;
    int error;

    (void)pos;
    if (uio->left == 0)
        return 0;
    error = pipe_wait_readable(task_current(), pipe, file->flags & O_NONBLOCK);
    if (error)
        return error;
    done = pipe_take(pipe, uio);
    if (done > 0)
        wait_wake(&pipe->write_wait, POLLOUT);
    return done;
}

static ssize_t pipe_write(struct file *file, struct uio *uio, int64_t *pos)
{
    struct pipe *pipe = pipe_of(file);
    ssize_t done = 0, moved = 0;
    int error = 0;

    (void)pos;
    if (uio->left == 0)
        return 0;
    while (true) {
        if (pipe->readers == 0) {
            signal_send_self(SIGPIPE);
            error = -EPIPE;
            break;
        }
        moved = pipe_put(pipe, uio, file->flags & O_DIRECT);
        if (moved > 0) {
            done += moved;
            wait_wake(&pipe->read_wait, POLLIN);
        }
        if (moved < 0 || uio->left == 0 || uio->error)
            break;
        error = pipe_wait_writable(task_current(), pipe, file->flags & O_NONBLOCK);
        if (error)
            break;
    }
    if (done > 0)
        return done;
    return moved < 0 ? moved : error;
}

/* ---- the other operations ---- */

/* True when the FIFO never had a writer since this reader opened it without waiting. */
static bool before_first_writer(const struct file *file, const struct pipe *pipe)
{
    return (uintptr_t)file->private == (uintptr_t)pipe->writer_opens + 1;
}

static unsigned pipe_poll(struct file *file, struct poll_table *table)
{
    struct pipe *pipe = pipe_of(file);
    unsigned events = 0;

    if (file_readable(file)) {
        poll_wait(table, &pipe->read_wait);
        if (pipe->used > 0)
            events |= POLLIN | POLLRDNORM;
        if (pipe->writers == 0 && !before_first_writer(file, pipe))
            events |= POLLHUP;
    }
    if (file_writable(file)) {
        poll_wait(table, &pipe->write_wait);
        if (!pipe_is_full(pipe))
            events |= POLLOUT | POLLWRNORM;
        if (pipe->readers == 0)
            events |= POLLERR;
    }
    return events;
}

static long pipe_ioctl(struct file *file, struct task *task, unsigned request, gaddr_t arg)
{
    struct pipe *pipe = pipe_of(file);
    uint64_t bytes = 0;
    int count;

    if (request != FIONREAD)
        return -ENOTTY;
    for (unsigned i = 0; i < pipe->used; i++)
        bytes += pipe_slot_at(pipe, i)->len;
    count = bytes > INT32_MAX ? INT32_MAX : (int)bytes;
    return copyout(task->mm, arg, &count, sizeof count);
}

static void pipe_release(struct file *file)
{
    struct pipe *pipe = pipe_of(file);

    if (file_readable(file))
        pipe->readers--;
    if (file_writable(file))
        pipe->writers--;
    if (pipe->readers == 0 && pipe->writers == 0) {
        file->inode->pipe = NULL;
        pipe_free(pipe);
        return;
    }
    wait_wake_all(&pipe->read_wait, POLLIN | POLLHUP);
    wait_wake_all(&pipe->write_wait, POLLOUT | POLLERR);
}

static const struct file_ops pipe_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .ioctl = pipe_ioctl,
    .release = pipe_release,
};

/* ---- making and opening ---- */

static void count_open(struct file *file, struct pipe *pipe)
{
    if (file_readable(file)) {
        pipe->readers++;
        pipe->reader_opens++;
    }
    if (file_writable(file)) {
        pipe->writers++;
        pipe->writer_opens++;
    }
}

int pipe_create(struct box *box, uint32_t flags, struct file *ends[2])
{
    struct inode *inode = anonymous_inode(box, S_IFIFO | 0600);
    int error = -ENFILE;

    ends[0] = ends[1] = NULL;
    if (!inode)
        return -ENFILE;
    inode->pipe = pipe_alloc(box->arena);
    if (inode->pipe) {
        inode->pipe->anonymous = true;
        ends[0] = file_on_inode(box, inode, NULL, &pipe_ops, NULL, O_RDONLY | (flags & O_NONBLOCK));
        if (ends[0])
            count_open(ends[0], inode->pipe);
        ends[1] = file_on_inode(box, inode, NULL, &pipe_ops, NULL, O_WRONLY | flags);
        if (ends[1])
            count_open(ends[1], inode->pipe);
        error = ends[0] && ends[1] ? 0 : -ENFILE;
    }
    if (error) {
        for (int i = 0; i < 2; i++) {
            if (ends[i])
                file_put(ends[i]);
        }
        if (inode->pipe && !ends[0] && !ends[1]) {
            pipe_free(inode->pipe);
            inode->pipe = NULL;
        }
    }
    inode_put(inode);
    return error;
}

/* Waits until the other side has been opened once more than `seen` times. */
static int wait_for_partner(struct task *task, struct wait_queue *queue, const unsigned *opens)
{
    unsigned seen = *opens;

    while (*opens == seen) {
        int error = wait_on(queue, task, WAIT_FOREVER, RESTART_SYS);
        if (error)
            return error;
    }
    return 0;
}

int pipe_open_fifo(struct inode *inode, struct file *file, struct task *task)
{
    struct pipe *pipe = inode->pipe;
    bool reads = file_readable(file), writes = file_writable(file);
    bool nonblocking = file->flags & O_NONBLOCK;
    int error = 0;

    if (!reads && !writes) /* access mode 3 */
        return -EINVAL;
    if (writes && !reads && nonblocking && (!pipe || (!pipe->anonymous && pipe->readers == 0)))
        return -ENXIO;
    if (!pipe)
        pipe = inode->pipe = pipe_alloc(task->box->arena);
    if (!pipe)
        return -ENOMEM;
    file->ops = &pipe_ops;
    count_open(file, pipe);
    wait_wake_all(&pipe->read_wait, 0);
    wait_wake_all(&pipe->write_wait, 0);
    if (pipe->anonymous)
        return 0;
    if (reads && !writes && pipe->writers == 0) {
        if (nonblocking)
            file->private = (void *)((uintptr_t)pipe->writer_opens + 1);
        else
            error = wait_for_partner(task, &pipe->read_wait, &pipe->writer_opens);
    } else if (writes && !reads && pipe->readers == 0) {
        error = wait_for_partner(task, &pipe->write_wait, &pipe->reader_opens);
    }
    return error; /* file_put releases the pipe again */
}

/* ---- size ---- */

long pipe_get_size(struct file *file)
{
    if (!file_is_pipe(file))
        return -EBADF;
    return (long)(pipe_of(file)->slots * PAGE_SIZE);
}

long pipe_set_size(struct task *task, struct file *file, uint64_t size)
{
    struct pipe *pipe;
    struct pipe_slot *slots;
    unsigned count = 1;

    if (!file_is_pipe(file))
        return -EBADF;
    pipe = pipe_of(file);
    if (size > 1u << 31)
        return -EINVAL;
    while (count * PAGE_SIZE < size)
        count *= 2;
    if (count > pipe->slots && count > PIPE_MAX_SLOTS && !task_capable(task, CAP_SYS_RESOURCE))
        return -EPERM;
    if (count > PIPE_LIMIT_SLOTS)
        return -ENOMEM;
    if (count < pipe->used)
        return -EBUSY;
    slots = calloc(count, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    for (unsigned i = 0; i < pipe->used; i++)
        slots[i] = *pipe_slot_at(pipe, i);
    free(pipe->slot);
    pipe->slot = slots;
    pipe->slots = count;
    pipe->first = 0;
    wait_wake_all(&pipe->write_wait, POLLOUT);
    return (long)(count * PAGE_SIZE);
}
