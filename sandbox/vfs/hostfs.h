/*
 * Directories and single files of the host as file systems of the box (--ro, --rw).
 *
 * What a guest can reach is exactly what lies below the directory that was opened when the file
 * system was made: names are looked up one at a time below a directory that was itself found so,
 * with openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS). Links are only read;
 * the guest's own walk interprets them. A /proc of the host below the directory is not entered.
 *
 * Seen as on the host: inode numbers, types, modes, owners, times. Devices, sockets and FIFOs can
 * be looked at, not opened: -EACCES. Through a writable mount
 *  - what is made belongs to abibox's own user, whoever made it in the guest;
 *  - chown to other ids than the present ones: -EPERM;
 *  - set-user-id and set-group-id bits of files are not set: chmod drops them;
 *  - mknod of anything but a regular file: -EPERM;
 *  - extended attributes: user.* only, others -EOPNOTSUPP.
 * What somebody else removes or replaces while the guest holds it: -ESTALE or -ENOENT.
 */
#ifndef SANDBOX_VFS_HOSTFS_H
#define SANDBOX_VFS_HOSTFS_H

#include "sandbox/vfs/super.h"

/*
 * A file system of the directory or regular file `source` of the host (links in it are followed:
 * the user names it). *out gets one reference; mount it with MOUNT_NODEV. -errno of opening it;
 * -EACCES when it is neither directory nor regular file, or is of the host's /proc; -EACCES or
 * -EROFS when it is a file that should be writable and is not.
 */
int hostfs_create(struct box *box, const char *source, bool writable, struct superblock **out);

#endif
