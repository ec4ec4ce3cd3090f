/*
 * Advisory locks on files: flock(2), POSIX record locks and open-file-description locks.
 */
#ifndef SANDBOX_VFS_LOCKS_H
#define SANDBOX_VFS_LOCKS_H

#include <fcntl.h>

#include "sandbox/vfs/vfs.h"

/* flock(2): operation LOCK_SH, LOCK_EX or LOCK_UN, wait: without LOCK_NB. -EAGAIN, -EINTR. */
int flock_apply(struct task *task, struct file *file, int operation, bool wait);

/*
 * F_SETLK, F_SETLKW and their OFD forms. -EAGAIN when another holds it, -EDEADLK, -EINTR, -ENOLCK,
 * -EINVAL and -EOVERFLOW for bad ranges, -EBADF when the file is not open as the lock needs.
 */
int record_lock_apply(struct task *task, struct file *file, const struct flock *lock, bool ofd,
                      bool wait);
/* F_GETLK: *lock becomes the first lock in the way, or its type F_UNLCK. */
int record_lock_test(struct task *task, struct file *file, struct flock *lock, bool ofd);

/* A descriptor of the table was closed: its POSIX locks on the file go. */
void locks_release_owner(struct file *file, const struct fd_table *owner);
/* The last reference to an open file goes: its flock and OFD locks go. */
void locks_release_file(struct file *file);

#endif
