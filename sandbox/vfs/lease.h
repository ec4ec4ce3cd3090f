/*
 * Leases: F_SETLEASE of fcntl(2). A holder is told by a signal before somebody else opens the file
 * in a way that the lease excludes; the opener waits until the holder has given way.
 */
#ifndef SANDBOX_VFS_LEASE_H
#define SANDBOX_VFS_LEASE_H

#include "sandbox/vfs/vfs.h"

/* type: F_RDLCK, F_WRLCK or F_UNLCK; fd is what the signal shows. -EAGAIN, -EACCES, -EINVAL. */
int lease_set(struct task *task, struct file *file, int fd, int type);
/* The type the file's lease has, or will have after a break under way; F_UNLCK: none. */
int lease_get(const struct file *file);
/*
 * Before an open or truncation: makes others' leases give way. `nonblock`: -EAGAIN instead of
 * waiting. -EINTR. A holder that does not move loses its lease after 45 seconds.
 */
int lease_break(struct task *task, struct inode *inode, bool writing, bool nonblock);
/* The open file goes, and its lease with it. */
void lease_release(struct file *file);

#endif
