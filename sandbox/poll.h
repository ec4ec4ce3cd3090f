/*
 * Waiting for events of several files at once, as poll, select and their relatives do, and what
 * these calls share with epoll_wait: a timeout and a signal mask for the length of the call.
 * Included by the handlers in sandbox/ alone.
 */
#ifndef SANDBOX_POLL_H
#define SANDBOX_POLL_H

#include "sandbox/vfs/poll.h"
#include "sandbox/vfs/vfs.h"

/* One descriptor that is asked for events. */
struct poll_request {
    struct file *file; /* referenced; NULL: nothing to ask, `found` stays as it is */
    unsigned wanted;   /* POLL* that count, POLLERR and POLLHUP only if they are among them */
    unsigned found;    /* those of them that are true */
};

/*
 * Waits until one of the requests finds something: how many did. 0 at the deadline (0: only look),
 * -EINTR (RESTART_NO_HANDLER), -ENOMEM.
 */
int poll_files(struct task *task, struct poll_request *requests, size_t count, int64_t deadline);

/* The timeout argument of a call. */
struct call_timeout {
    int64_t deadline; /* box CLOCK_MONOTONIC; WAIT_FOREVER; 0: do not wait */
    gaddr_t report;   /* where the time left is written, 0: nowhere */
};
/*
 * Reads a struct timespec or timeval; a null pointer waits for ever. -EFAULT, -EINVAL. A timeval
 * may have a million microseconds and more, as select(2) lets it.
 */
int call_timeout_timespec(struct task *task, gaddr_t addr, struct call_timeout *timeout);
int call_timeout_timeval(struct task *task, gaddr_t addr, struct call_timeout *timeout);
/* The deadline of poll(2) and epoll_wait(2): milliseconds, negative for ever. */
int64_t call_deadline_ms(struct task *task, int milliseconds);

/*
 * Puts the mask of a sigmask argument in force for the length of the call; a null pointer leaves
 * the mask alone. -EINVAL (size is not 8), -EFAULT. call_mask_end follows, with the call's result:
 * when a signal interrupted it, the mask stays until that signal is delivered.
 */
int call_mask_begin(struct task *task, gaddr_t set, uint64_t size);
void call_mask_end(struct task *task, long result);

#endif
