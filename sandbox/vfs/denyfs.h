/* What --deny mounts over a path: a file or directory that nobody may look into. */
#ifndef SANDBOX_VFS_DENYFS_H
#define SANDBOX_VFS_DENYFS_H

#include "sandbox/vfs/super.h"

/* A file system of one inode that answers EACCES, to root as well. One reference. -ENOMEM. */
int denyfs_create(struct box *box, bool directory, struct superblock **out);

#endif
