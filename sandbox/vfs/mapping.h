/*
 * The end of an inode's mapping object; the rest of its interface is in super.h.
 */
#ifndef SANDBOX_VFS_MAPPING_H
#define SANDBOX_VFS_MAPPING_H

struct inode;

/* When the inode goes. */
void mapping_free(struct inode *inode);

#endif
