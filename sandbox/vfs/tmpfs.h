/*
 * The file system in memory: its files' data are frames of the arena.
 */
#ifndef SANDBOX_VFS_TMPFS_H
#define SANDBOX_VFS_TMPFS_H

#include "sandbox/vfs/super.h"

enum { TMPFS_MAGIC_NUMBER = 0x01021994 };

/* 0 means no limit of the file system's own; the arena bounds pages anyway. */
struct tmpfs_limits {
    uint64_t pages, inodes;
    uint32_t mode, uid, gid; /* of the root directory */
};
/* No own limits, root directory 01777. */
extern const struct tmpfs_limits TMPFS_UNLIMITED;

extern const struct file_system tmpfs_file_system;

/* A new empty file system, one reference for the caller. -ENOMEM. */
int tmpfs_create(struct box *box, const struct tmpfs_limits *limits, struct superblock **out);
/* The limits that mount(2) without options gives: half the memory, an inode for two pages. */
struct tmpfs_limits tmpfs_default_limits(struct box *box);

/* F_ADD_SEALS and F_GET_SEALS; -EINVAL when the file is not in tmpfs. */
long tmpfs_add_seals(struct file *file, uint32_t seals);
long tmpfs_get_seals(struct file *file);
/* For memfd_create: replaces the seals a new file has. */
void tmpfs_set_seals(struct inode *inode, uint32_t seals);

#endif
