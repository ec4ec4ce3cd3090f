/*
 * What the file tree asks of pipes: FIFOs are opened, and resized by fcntl, by name of their inode.
 */
#ifndef SANDBOX_VFS_PIPE_H
#define SANDBOX_VFS_PIPE_H

#include "sandbox/vfs/vfs.h"

/*
 * Opens a FIFO, or a pipe through /proc/PID/fd: sets file->ops and file->private. Waits for the
 * other side as fifo(7) says. -ENXIO (O_WRONLY|O_NONBLOCK without a reader), -EINTR, -ENOMEM.
 * The struct pipe hangs on inode->pipe while somebody has it open.
 */
int pipe_open_fifo(struct inode *inode, struct file *file, struct task *task);

/* F_GETPIPE_SZ and F_SETPIPE_SZ: the capacity in bytes; -EBADF when the file is no pipe. */
long pipe_get_size(struct file *file);
long pipe_set_size(struct task *task, struct file *file, uint64_t size);

#endif
