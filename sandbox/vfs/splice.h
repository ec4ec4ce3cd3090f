/*
 * Moving bytes between files and pipes inside the kernel: what splice, tee, sendfile and
 * copy_file_range share. Access modes and offsets are checked by the callers.
 */
#ifndef SANDBOX_VFS_SPLICE_H
#define SANDBOX_VFS_SPLICE_H

#include "sandbox/vfs/pipe_ring.h"

/* Files whose operations move bytes without a program's memory; others give -EINVAL. */
bool file_splices_from(struct file *file);
bool file_splices_to(struct file *file);

/*
 * From a file at *pos into a pipe, until the pipe is full: the count, 0 at the end of the file,
 * -EAGAIN, -EINTR, -EPIPE with SIGPIPE. Waits for room for the first byte unless nonblocking.
 */
ssize_t splice_to_pipe(struct task *task, struct file *in, int64_t *pos, struct pipe *pipe,
                       size_t len, bool nonblocking);
/*
 * From a pipe into a file at *pos, until the pipe is empty: the count, 0 without a writer, -EAGAIN,
 * -EINTR. What could not be written stays in the pipe.
 */
ssize_t splice_from_pipe(struct task *task, struct pipe *pipe, struct file *out, int64_t *pos,
                         size_t len, bool nonblocking);
/* From pipe to pipe, without copying; `keep` leaves the bytes in the first one (tee). */
ssize_t splice_between_pipes(struct task *task, struct pipe *in, struct pipe *out, size_t len,
                             bool nonblocking, bool keep);
/* From file to file, neither of them a pipe: the count; an error only when nothing was moved. */
ssize_t splice_direct(struct task *task, struct file *in, int64_t *in_pos, struct file *out,
                      int64_t *out_pos, size_t len);

/* 0 when the pipe has room; waits for it. -EPIPE with SIGPIPE, -EAGAIN, -EINTR. */
int splice_wait_for_room(struct task *task, struct pipe *pipe, bool nonblocking);

#endif
