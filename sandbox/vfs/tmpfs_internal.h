/*
 * Shared by the files of tmpfs alone.
 */
#ifndef SANDBOX_VFS_TMPFS_INTERNAL_H
#define SANDBOX_VFS_TMPFS_INTERNAL_H

#include "sandbox/vfs/internal.h"
#include "sandbox/vfs/radix.h"
#include "sandbox/vfs/tmpfs.h"
#include "sandbox/vfs/xattr_list.h"

enum {
    INODE_SPACE = 1024,      /* what an inode or a link takes of max_inodes, in bytes */
    ENTRY_SIZE = 20,         /* what an entry adds to its directory's st_size */
    SHORT_SYMLINK = 128,     /* longer targets take a page */
    FIRST_ENTRY_OFFSET = 3,  /* of readdir; 0 and 1 are "." and ".." */
    LAST_OFFSET = 0x7fffffff /* the end of a directory */
};

struct tmpfs {
    struct tmpfs_limits limits;
    uint64_t used_pages;
    uint64_t inode_space; /* bytes left for inodes, links and extended attributes */
    uint64_t last_ino;
    struct node *dying; /* inodes of cleared directories, to be put one after the other */
    bool clearing;
};

struct directory;

/* What an inode's `private` is. */
struct node {
    struct inode *inode;
    uint32_t mode, nlink, uid, gid;
    uint64_t rdev, size;
    int64_t atime, mtime, ctime, btime;
    struct radix pages; /* frames of a regular file */
    uint32_t seals;
    struct directory *directory;
    char *target; /* of a symbolic link */
    struct xattr_list xattrs;
    struct node *next_dying;
};

static inline struct node *node_of(const struct inode *inode)
{
    return inode->private;
}
static inline struct tmpfs *tmpfs_of(const struct inode *inode)
{
    return inode->sb->private;
}
static inline int64_t now_of(const struct inode *inode)
{
    return clock_realtime(inode->sb->box);
}

/* ---- tmpfs.c ---- */
bool charge_pages(struct tmpfs *fs, uint64_t count);
void uncharge_pages(struct tmpfs *fs, uint64_t count);
bool charge_inode(struct tmpfs *fs);
void uncharge_inode(struct tmpfs *fs);
struct inode *new_node(struct superblock *sb, struct inode *dir, uint32_t mode, uint64_t rdev,
                       const struct cred *cred, int *error);
/* After reading: the access time, unless O_NOATIME. */
void touch_atime(struct file *file);

/* ---- tmpfs_dir.c ---- */
extern const struct inode_ops tmpfs_dir_ops;
extern const struct file_ops tmpfs_dir_file_ops;
struct directory *directory_create(void);
/* Hands every entry's inode reference to `give` and frees the directory. */
void directory_free(struct directory *directory, void (*give)(struct inode *inode));

/* ---- tmpfs_file.c ---- */
extern const struct file_ops tmpfs_file_ops;
/* 0, -EPERM (seals), -ENOMEM. */
int file_set_size(struct inode *inode, uint64_t size);
void file_free_pages(struct inode *inode);

/* ---- operations that every kind of inode has ---- */
int tmpfs_getattr(struct inode *inode, struct attributes *out);
int tmpfs_setattr(struct inode *inode, const struct attributes *attr, unsigned set);
ssize_t tmpfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size);
int tmpfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
                   int flags);
int tmpfs_removexattr(struct inode *inode, const char *name);
ssize_t tmpfs_listxattr(struct inode *inode, char *buf, size_t size);
void tmpfs_evict(struct inode *inode);
void tmpfs_accessed(struct inode *inode, const struct mount *mount);
#define TMPFS_COMMON_OPS                                                                           \
    .getattr = tmpfs_getattr, .setattr = tmpfs_setattr, .getxattr = tmpfs_getxattr,                \
    .setxattr = tmpfs_setxattr, .removexattr = tmpfs_removexattr, .listxattr = tmpfs_listxattr,    \
    .evict = tmpfs_evict, .accessed = tmpfs_accessed

#endif
