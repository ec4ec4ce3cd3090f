/*
 * A pipe from the inside: a ring of pages, for pipe.c and for splice and tee. A slot is a page
 * frame of the arena, so that what is in pipes counts against the box's memory; how bytes are
 * spread over slots decides when a pipe is full, and follows pipe_write of Linux.
 */
#ifndef SANDBOX_VFS_PIPE_RING_H
#define SANDBOX_VFS_PIPE_RING_H

#include "sandbox/vfs/pipe.h"
#include "sandbox/vfs/super.h"

struct pipe_slot {
    frame_t frame;
    uint32_t offset, len;
    bool packet; /* O_DIRECT: a read takes this slot alone and drops what it did not want */
    bool shared; /* tee made a second slot of the frame: nothing may be added to it */
};

struct pipe {
    struct arena *arena;
    struct pipe_slot *slot;
    unsigned slots, first, used; /* slots is a power of two */
    bool anonymous; /* made by pipe(2): opening it through /proc/PID/fd waits for nobody */
    unsigned readers, writers;           /* open files */
    unsigned reader_opens, writer_opens; /* ever: FIFO opens wait for these to change */
    struct wait_queue read_wait, write_wait;
    bool draining; /* splice writes the first slots to a file: nobody else may take them */
};

static inline struct pipe *pipe_of(const struct file *file)
{
    return file->inode->pipe;
}
/* True when the file is an end of a pipe. */
bool file_is_pipe(const struct file *file);

static inline struct pipe_slot *pipe_slot_at(struct pipe *pipe, unsigned i)
{
    return &pipe->slot[(pipe->first + i) & (pipe->slots - 1)];
}
static inline bool pipe_is_full(const struct pipe *pipe)
{
    return pipe->used == pipe->slots;
}
/* A read need not wait: there are bytes, or there is no writer. */
static inline bool pipe_may_be_read(const struct pipe *pipe)
{
    return !pipe->draining && (pipe->used > 0 || pipe->writers == 0);
}

/* Moves bytes without waiting: the count, 0 when the pipe is empty or full, -EFAULT, -ENOMEM. */
ssize_t pipe_take(struct pipe *pipe, struct uio *uio);
ssize_t pipe_put(struct pipe *pipe, struct uio *uio, bool packet);
/* Drops up to len bytes from the front. */
void pipe_drop(struct pipe *pipe, uint64_t len);
/* Appends a slot that shows bytes of a frame (referenced); the pipe must not be full. */
void pipe_push(struct pipe *pipe, frame_t frame, uint32_t offset, uint32_t len);

/*
 * Sleeps until the pipe may be read (or has no writer) or written (or has no reader).
 * 0, -EAGAIN when nonblocking, -EINTR.
 */
int pipe_wait_readable(struct task *task, struct pipe *pipe, bool nonblocking);
int pipe_wait_writable(struct task *task, struct pipe *pipe, bool nonblocking);

/* Makes both ends of a new pipe. flags: O_NONBLOCK, O_DIRECT. */
int pipe_create(struct box *box, uint32_t flags, struct file *ends[2]);

#endif
