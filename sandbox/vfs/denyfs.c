/* See denyfs.h. Capabilities do not help: the refusal is the file system's own. */
#include "sandbox/vfs/denyfs.h"

#include <errno.h>

#define DENYFS_MAGIC 0x44454e59

static int refuse_lookup(struct inode *dir, struct dentry *dentry)
{
    (void)dir;
    (void)dentry;
    return -EACCES;
}

static int refuse_open(struct inode *inode, struct file *file)
{
    (void)inode;
    (void)file;
    return -EACCES;
}

static int refuse_create(struct inode *dir, struct dentry *dentry, uint32_t mode, uint64_t rdev,
                         const struct cred *cred)
{
    (void)dir;
    (void)dentry;
    (void)mode;
    (void)rdev;
    (void)cred;
    return -EACCES;
}

static int deny_getattr(struct inode *inode, struct attributes *out)
{
    *out = (struct attributes){.dev = inode->sb->dev,
                               .ino = inode->ino,
                               .mode = inode->type,
                               .nlink = 1,
                               .blksize = PAGE_SIZE};
    return 0;
}

static int refuse_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    (void)inode;
    (void)attr;
    (void)set;
    return -EACCES;
}

static const struct inode_ops deny_ops = {
    .lookup = refuse_lookup,
    .create = refuse_create,
    .open = refuse_open,
    .getattr = deny_getattr,
    .setattr = refuse_setattr,
};

static const struct super_ops deny_super_ops;

int denyfs_create(struct box *box, bool directory, struct superblock **out)
{
    struct superblock *sb = super_create(box, NULL, &deny_super_ops, DENYFS_MAGIC, SB_RDONLY);
    struct inode *inode;
    int error = -ENOMEM;

    if (!sb)
        return -ENOMEM;
    inode = inode_create(sb, 1, directory ? S_IFDIR : S_IFREG, &deny_ops);
    if (inode)
        error = super_set_root(sb, inode);
    if (error) {
        super_put(sb);
        return error;
    }
    *out = sb;
    return 0;
}
