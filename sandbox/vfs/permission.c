/*
 * Who may do what to a file: owner, group and other bits, and the capabilities that go beyond
 * them; capabilities(7), path_resolution(7).
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <linux/capability.h>
#include <unistd.h>

int attributes_permission(const struct task *task, const struct attributes *attr, int mask)
{
    const struct cred *cred = &task->cred;
    uint32_t bits = attr->mode;
    if (cred->fsuid == attr->uid) {
        bits >>= 6;
    } else if (cred_in_group(cred, attr->gid)) {
        bits >>= 3;
    }
    if (((uint32_t)mask & ~bits & 7) == 0) {
        return 0;
    }
    bool directory = S_ISDIR(attr->mode);
    bool reading = directory ? !(mask & W_OK) : mask == R_OK;
    if (reading && task_capable(task, CAP_DAC_READ_SEARCH)) {
        return 0;
    }
    bool overridable = directory || !(mask & X_OK) || attr->mode & 0111;
    return overridable && task_capable(task, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
}

bool attributes_owner(const struct task *task, const struct attributes *attr)
{
    return task->cred.fsuid == attr->uid || task_capable(task, CAP_FOWNER);
}

static bool is_special(const struct inode *inode)
{
    return inode->type == S_IFCHR || inode->type == S_IFBLK || inode->type == S_IFIFO ||
           inode->type == S_IFSOCK;
}

int inode_permission(const struct task *task, struct inode *inode, int mask)
{
    if (mask & W_OK && inode->sb->flags & SB_RDONLY && !is_special(inode)) {
        return -EROFS;
    }
    /* Searching directories is most of a walk: spare those who may search any the look. */
    if (inode->type == S_IFDIR && mask == X_OK &&
        (task_capable(task, CAP_DAC_READ_SEARCH) || task_capable(task, CAP_DAC_OVERRIDE))) {
        return 0;
    }
    struct attributes attr;
    int error = inode_getattr(inode, &attr);
    return error ? error : attributes_permission(task, &attr, mask);
}

int vfs_permission(struct task *task, const struct path *path, int mask)
{
    struct inode *inode = path->dentry->inode;
    if (mask & X_OK && inode->type == S_IFREG && path->mount->flags & MOUNT_NOEXEC) {
        return -EACCES;
    }
    int error = inode_permission(task, inode, mask);
    if (!error && mask & W_OK && !is_special(inode)) {
        error = mount_want_write(path->mount);
    }
    return error;
}

int may_create(const struct task *task, struct dentry *dir)
{
    if (dentry_is_removed(dir)) {
        return -ENOENT;
    }
    return inode_permission(task, dir->inode, W_OK | X_OK);
}

int may_delete(const struct task *task, struct dentry *dir, struct dentry *victim, bool directory)
{
    struct attributes dir_attr, attr;
    int error = inode_permission(task, dir->inode, W_OK | X_OK);
    if (!error) {
        error = inode_getattr(dir->inode, &dir_attr);
    }
    if (!error && dir_attr.mode & S_ISVTX) {
        error = inode_getattr(victim->inode, &attr);
        if (!error && task->cred.fsuid != attr.uid && task->cred.fsuid != dir_attr.uid &&
            !task_capable(task, CAP_FOWNER)) {
            error = -EPERM;
        }
    }
    if (error) {
        return error;
    }
    if (directory != (victim->inode->type == S_IFDIR)) {
        return directory ? -ENOTDIR : -EISDIR;
    }
    return dentry_is_removed(dir) ? -ENOENT : 0;
}
