/*
 * Changing what stat shows: modes, owners, times and sizes, with the rules of chmod(2), chown(2),
 * utimensat(2) and truncate(2).
 */
#include <errno.h>
#include <linux/capability.h>

#include "sandbox/vfs/internal.h"
#include "sandbox/vfs/lease.h"

int vfs_getattr(const struct path *path, struct attributes *out)
{
    int error = inode_getattr(path->dentry->inode, out);
    out->mount_id = path->mount->id;
    return error;
}

static int set_attributes(struct inode *inode, struct attributes *attr, unsigned set)
{
    if (!inode->ops->setattr) {
        return -EPERM;
    }
    attr->ctime = clock_realtime(inode->sb->box);
    return inode->ops->setattr(inode, attr, set | SET_CTIME);
}

int vfs_chmod(struct task *task, const struct path *path, uint32_t mode)
{
    struct inode *inode = path->dentry->inode;
    struct attributes attr;
    int error = mount_want_write(path->mount);
    if (!error) {
        error = inode_getattr(inode, &attr);
    }
    if (error) {
        return error;
    }
    if (inode->type == S_IFLNK) {
        return -EOPNOTSUPP;
    }
    if (!attributes_owner(task, &attr)) {
        return -EPERM;
    }
    attr.mode = (attr.mode & S_IFMT) | (mode & S_IALLUGO);
    if (!cred_in_group(&task->cred, attr.gid) && !task_capable(task, CAP_FSETID)) {
        attr.mode &= ~(uint32_t)S_ISGID;
    }
    return set_attributes(inode, &attr, SET_MODE);
}

int vfs_chown(struct task *task, const struct path *path, uint32_t uid, uint32_t gid)
{
    const uint32_t keep = UINT32_MAX;
    struct inode *inode = path->dentry->inode;
    struct attributes attr;
    int error = mount_want_write(path->mount);
    if (!error) {
        error = inode_getattr(inode, &attr);
    }
    if (error) {
        return error;
    }
    bool owner = task->cred.fsuid == attr.uid, mighty = task_capable(task, CAP_CHOWN);
    if (uid != keep && !(owner && uid == attr.uid) && !mighty) {
        return -EPERM;
    }
    if (gid != keep && !(owner && (gid == attr.gid || cred_in_group(&task->cred, gid))) &&
        !mighty) {
        return -EPERM;
    }
    unsigned set = (uid != keep ? SET_UID : 0) | (gid != keep ? SET_GID : 0);
    attr.uid = uid;
    attr.gid = gid;
    /* Whoever gets the file does not get the rights it lends; root neither. */
    uint32_t lent = attr.mode & S_ISUID;
    if (attr.mode & S_ISGID && attr.mode & S_IXGRP) {
        lent |= S_ISGID;
    }
    if (lent && inode->type != S_IFDIR) {
        attr.mode &= ~lent;
        set |= SET_MODE;
    }
    return set_attributes(inode, &attr, set);
}

int vfs_set_times(struct task *task, const struct path *path, const struct file_times *times)
{
    struct inode *inode = path->dentry->inode;
    struct attributes attr;
    bool both_now = times->atime_now && times->mtime_now;
    if (times->atime_omit && times->mtime_omit) {
        return 0;
    }
    int error = times->invalid ? -EINVAL : mount_want_write(path->mount);
    if (!error) {
        error = inode_getattr(inode, &attr);
    }
    if (error) {
        return error;
    }
    if (!attributes_owner(task, &attr)) {
        error = both_now ? inode_permission(task, inode, W_OK) : -EPERM;
        if (error) {
            return error;
        }
    }
    int64_t now = clock_realtime(task->box);
    attr.atime = times->atime_now ? now : times->atime;
    attr.mtime = times->mtime_now ? now : times->mtime;
    unsigned set = (times->atime_omit ? 0 : SET_ATIME) | (times->mtime_omit ? 0 : SET_MTIME);
    return set_attributes(inode, &attr, set);
}

int inode_set_size(struct task *task, struct inode *inode, uint64_t size)
{
    struct attributes attr;
    if (inode->write_count < 0) {
        return -ETXTBSY;
    }
    int error = inode_getattr(inode, &attr);
    if (error) {
        return error;
    }
    if (size > attr.size && size > task->process->rlimit[RLIMIT_FSIZE].cur) {
        signal_send_self(SIGXFSZ);
        return -EFBIG;
    }
    unsigned set = SET_SIZE | SET_MTIME;
    uint32_t lent = attr.mode & S_ISUID;
    if ((attr.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
        lent |= S_ISGID;
    }
    if (lent && !task_capable(task, CAP_FSETID)) {
        attr.mode &= ~lent;
        set |= SET_MODE;
    }
    attr.size = size;
    attr.mtime = clock_realtime(task->box);
    return set_attributes(inode, &attr, set);
}

int vfs_truncate(struct task *task, const struct path *path, uint64_t size)
{
    struct inode *inode = path->dentry->inode;
    if (inode->type != S_IFREG) {
        return inode->type == S_IFDIR ? -EISDIR : -EINVAL;
    }
    int error = mount_want_write(path->mount);
    if (!error) {
        error = inode_permission(task, inode, W_OK);
    }
    if (!error) {
        error = lease_break(task, inode, true, false);
    }
    return error ? error : inode_set_size(task, inode, size);
}
