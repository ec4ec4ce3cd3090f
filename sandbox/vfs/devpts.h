/* The names of pseudoterminals: the file system of /dev/pts. The terminals themselves: tty.h. */
#ifndef SANDBOX_VFS_DEVPTS_H
#define SANDBOX_VFS_DEVPTS_H

#include "sandbox/vfs/super.h"

/* Type "devpts". The first mount makes box->ptys. */
extern const struct file_system devpts_file_system;

/* Frees box->ptys when no file of a terminal is open any more: after vfs_destroy. */
void devpts_destroy(struct box *box);

#endif
