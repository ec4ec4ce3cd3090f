/* Unpacking an archive into a file system in memory. Included by rootfs.c. */
#ifndef SANDBOX_VFS_UNPACK_H
#define SANDBOX_VFS_UNPACK_H

#include "sandbox/vfs/super.h"

/* Most entries of an archive; its bytes are bounded by the file system they go to. */
#define UNPACK_MAX_ENTRIES (1u << 20)

/*
 * Unpacks the archive `source` of the host (tar in any compression that libarchive knows) into sb.
 * Nothing outside of sb can be named: leading slashes are dropped, ".." is refused, links are made
 * but never followed. 0; on failure -errno and one line in why.
 */
int unpack_archive(const char *source, struct superblock *sb, char *why, size_t size);

#endif
