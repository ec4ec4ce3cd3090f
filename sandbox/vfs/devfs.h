/*
 * The box's /dev: a tmpfs with the nodes and links that every Linux has. Included by whoever builds
 * the box's tree.
 */
#ifndef SANDBOX_VFS_DEVFS_H
#define SANDBOX_VFS_DEVFS_H

#include "sandbox/vfs/super.h"

/*
 * A file system with null, zero, full, random, urandom, tty, console, ptmx, the links fd, stdin,
 * stdout, stderr, and the empty directories pts (for devpts) and shm (for a tmpfs). *out gets one
 * reference. Needs tmpfs to be registered. -ENOMEM.
 */
int devfs_create(struct box *box, struct superblock **out);

#endif
