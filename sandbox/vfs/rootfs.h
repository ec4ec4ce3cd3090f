/*
 * What --rootfs names: a directory of the host as the read-only lower layer of a file system whose
 * changes stay in memory, or an archive that is unpacked into memory.
 */
#ifndef SANDBOX_VFS_ROOTFS_H
#define SANDBOX_VFS_ROOTFS_H

#include "sandbox/vfs/super.h"

/*
 * *out gets one reference. On failure -errno, and one line for the user, which says what is wrong
 * with `source`, in why.
 */
int rootfs_create(struct box *box, const char *source, struct superblock **out, char *why,
                  size_t size);

#endif
