/*
 * A read-only file system with changes on top: the lower layer is never written, the upper one (a
 * tmpfs) gets what is new or changed. Included by overlay*.c and rootfs.c.
 *
 * An overlay inode leads to a file of the upper layer, of the lower one, or, for directories, to
 * both, which are shown merged. Before something of the lower layer is changed it is copied up.
 * A name of the lower layer that was removed is covered by a whiteout in the upper one, a character
 * device 0:0 as Linux has it. Which lower directory an upper one is merged with is remembered in a
 * table, not found by name: so a directory made anew hides what was below, and a renamed one keeps
 * what it had.
 */
#ifndef SANDBOX_VFS_OVERLAY_H
#define SANDBOX_VFS_OVERLAY_H

#include "sandbox/vfs/internal.h"

/* Puts an upper layer in memory over `lower` (reference taken over, also on failure). */
int overlay_create(struct box *box, struct superblock *lower, struct superblock **out);

/* An upper directory and the lower one that shows through. Both are held. */
struct overlay_merge {
    struct overlay_merge *next;
    struct inode *upper;
    struct dentry *lower;
};
#define OVERLAY_BUCKETS 256

struct overlay {
    struct superblock *sb;
    struct mount *upper, *lower; /* private mounts: through them the layers' files are opened */
    struct overlay_merge *merges[OVERLAY_BUCKETS];
};

struct overlay_node {
    struct inode *inode;          /* borrowed: the node is its `private` */
    struct dentry *dentry;        /* borrowed: the overlay's own, for the place to copy up to */
    struct dentry *upper, *lower; /* held; one may be NULL; both only for merged directories */
};

static inline struct overlay *overlay_of(const struct inode *inode)
{
    return inode->sb->private;
}
static inline struct overlay_node *overlay_node_of(const struct inode *inode)
{
    return inode->private;
}
/* What is shown: the upper file if there is one. */
static inline struct inode *overlay_real(const struct overlay_node *node)
{
    return node->upper ? node->upper->inode : node->lower->inode;
}
static inline bool overlay_is_whiteout(const struct dentry *dentry)
{
    struct attributes attr;

    return dentry->inode && dentry->inode->type == S_IFCHR &&
           inode_getattr(dentry->inode, &attr) == 0 && attr.rdev == 0;
}

/* ---- overlay.c ---- */
extern const struct inode_ops overlay_directory_inode_ops;
/* The inode number that a file of the upper layer has in the overlay; a lower one keeps its own. */
uint64_t overlay_ino(uint64_t upper_ino);
/* The lower directory that shows through an upper one, borrowed; NULL: none. */
struct dentry *overlay_merged_with(struct overlay *overlay, const struct inode *upper);
/* -ENOMEM. */
int overlay_merge_add(struct overlay *overlay, struct inode *upper, struct dentry *lower);
void overlay_merge_drop(struct overlay *overlay, const struct inode *upper);
/* An inode for what is in the layers; dentry is the overlay's own, which it is for. NULL: no
 * memory. Takes over the references on upper and lower, also then. */
struct inode *overlay_inode(struct superblock *sb, struct dentry *dentry, struct dentry *upper,
                            struct dentry *lower);

/* ---- overlay_copy.c ---- */
/*
 * Makes the node, and what is above it, be in the upper layer. Of a regular file only the first
 * `size` bytes are copied. 0, -ENOSPC, -ENOMEM, -EIO.
 */
int overlay_copy_up(struct overlay_node *node, uint64_t size);

/* ---- overlay_names.c: what changes directories ---- */
int overlay_make(struct inode *dir, struct dentry *dentry, uint32_t mode, uint64_t rdev,
                 const struct cred *cred);
int overlay_mkdir(struct inode *dir, struct dentry *dentry, uint32_t mode, const struct cred *cred);
int overlay_symlink(struct inode *dir, struct dentry *dentry, const char *target,
                    const struct cred *cred);
int overlay_link(struct inode *dir, struct dentry *dentry, struct inode *target);
int overlay_unlink(struct inode *dir, struct dentry *dentry);
int overlay_rmdir(struct inode *dir, struct dentry *dentry);
int overlay_rename(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
                   struct dentry *to, unsigned flags);
int overlay_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred, struct inode **out);

/* ---- overlay_list.c: reading directories ---- */
extern const struct file_ops overlay_directory_ops;
/* 1: the merged directory has no entries, 0: it has, -errno. */
int overlay_is_empty(struct overlay_node *node);
/* Removes the whiteouts of an otherwise empty upper directory. */
int overlay_remove_whiteouts(struct overlay_node *node);

#endif
