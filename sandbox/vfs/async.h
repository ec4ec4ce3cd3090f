/*
 * O_ASYNC: the owner of an open file is told of its events by a signal. fcntl(2), F_SETOWN,
 * F_SETSIG.
 */
#ifndef SANDBOX_VFS_ASYNC_H
#define SANDBOX_VFS_ASYNC_H

#include "sandbox/vfs/vfs.h"

/* Pipes, sockets and character devices with events can tell; others keep O_ASYNC off. */
bool file_can_async(const struct file *file);
/*
 * Turns signals on or off, and O_ASYNC in the file's flags with them; fd is the number that the
 * siginfo shows. -ENOMEM.
 */
int file_set_async(struct file *file, int fd, bool on);

/*
 * Sends the owner (F_SETOWN) the file's signal, with this si_code of SIGPOLL and fd in the siginfo
 * when F_SETSIG asked for details.
 */
void file_signal_owner(const struct file *file, int fd, int code);

#endif
