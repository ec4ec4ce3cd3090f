/*
 * Descriptors that abibox itself was started with, given to the guest: standard input, output and
 * error. Pipes, sockets and files are read and written through the runtime's interruptible calls,
 * so that a guest that waits for them stalls nobody else. A terminal becomes the box's console
 * (tty.h). Included in sandbox/.
 */
#ifndef SANDBOX_VFS_HOSTIO_H
#define SANDBOX_VFS_HOSTIO_H

#include "sandbox/vfs/vfs.h"

/*
 * An open file of the guest (task: its root gives /dev) on the host descriptor `fd`, which is
 * duplicated: the file's offset and status stay shared with whoever else has it. name: what
 * /proc/self/fd shows for one that is no pipe or socket, such as "/dev/stdin". -EBADF when fd is
 * not open, -ENOMEM. A terminal must have been made the console before (console_create); the file
 * is then one of the console.
 */
int hostio_open(struct task *task, int fd, const char *name, struct file **out);

/* ---- for hostio.c and console.c ---- */

/* Wakes pollers when a host descriptor becomes ready. Counted: the file and each watching G. */
struct hostio_watch;
/* `fd` is borrowed, and must stay open until hostio_watch_close. NULL: no memory. */
struct hostio_watch *hostio_watch_create(int fd);
void hostio_watch_close(struct hostio_watch *watch);
/* The events of `wanted` that are true now; with a table, its owner is woken when more are. */
unsigned hostio_poll(struct hostio_watch *watch, unsigned wanted, struct poll_table *table);

/* read(2) and write(2) on the descriptor, up to one buffer a step; they wait unless nonblock. */
ssize_t hostio_read(int fd, struct uio *uio, bool nonblock);
ssize_t hostio_write(int fd, struct uio *uio, bool nonblock);

#endif
