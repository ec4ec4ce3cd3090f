/*
 * Descriptors beyond what kernel.h offers, and what the handlers of file calls share.
 */
#ifndef SANDBOX_FILES_H
#define SANDBOX_FILES_H

#include "sandbox/vfs/vfs.h"

/* Number of descriptors the process may have: RLIMIT_NOFILE. */
uint64_t fd_limit(const struct task *task);
/* One more descriptor may be opened now. */
bool fd_room(struct task *task);
/*
 * Puts the file at fd, closing what was there; takes over the reference, also on failure. fd, or
 * -EBADF beyond the limit, -ENOMEM.
 */
int fd_replace(struct task *task, struct file *file, int fd, bool cloexec);
/* -EBADF when fd is not open. */
int fd_get_cloexec(const struct task *task, int fd);
int fd_set_cloexec(struct task *task, int fd, bool cloexec);
/* close_range(2): closes or marks every open descriptor of [first, last]. */
void fd_close_range(struct task *task, unsigned first, unsigned last, bool cloexec_only);

/*
 * A cursor over guest vectors, copied into scratch memory. -EINVAL (too many, or a length that does
 * not fit ssize_t), -EFAULT (also for memory that no process can have).
 */
int uio_import(struct task *task, struct uio *uio, gaddr_t iov, uint64_t count);
/* One range, with the same check of the address. */
int uio_import_range(struct task *task, struct uio *uio, struct iovec *storage, gaddr_t addr,
                     uint64_t len);

/* Reads a path argument and walks it. */
int walk_argument(struct task *task, int dirfd, gaddr_t path, unsigned walk, struct path *out);
/* The path of an open descriptor with references; O_PATH ones only if asked. -EBADF. */
int path_of_fd(struct task *task, int fd, bool allow_path_only, struct path *out);

#endif
