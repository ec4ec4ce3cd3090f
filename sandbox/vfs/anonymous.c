/*
 * Attributes of inodes that no directory holds: pipes, sockets, event descriptors.
 */
#include "sandbox/vfs/internal.h"

#include <stdlib.h>

struct mount *nameless_mount(const struct vfs *vfs, uint32_t type)
{
    switch (type) {
    case S_IFIFO:
        return vfs->pipes;
    case S_IFSOCK:
        return vfs->sockets;
    default:
        return vfs->anonymous;
    }
}

static int anonymous_getattr(struct inode *inode, struct attributes *out)
{
    const struct anonymous *data = inode->private;
    out->mode = data->mode;
    out->uid = data->uid;
    out->gid = data->gid;
    out->atime = data->atime;
    out->mtime = data->mtime;
    out->ctime = data->ctime;
    return 0;
}

static int anonymous_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    struct anonymous *data = inode->private;
    if (set & SET_MODE) {
        data->mode = (data->mode & S_IFMT) | (attr->mode & S_IALLUGO);
    }
    data->uid = set & SET_UID ? attr->uid : data->uid;
    data->gid = set & SET_GID ? attr->gid : data->gid;
    data->atime = set & SET_ATIME ? attr->atime : data->atime;
    data->mtime = set & SET_MTIME ? attr->mtime : data->mtime;
    data->ctime = set & SET_CTIME ? attr->ctime : data->ctime;
    return 0;
}

static void anonymous_evict(struct inode *inode)
{
    free(inode->private);
}

const struct inode_ops anonymous_inode_ops = {
    .getattr = anonymous_getattr,
    .setattr = anonymous_setattr,
    .evict = anonymous_evict,
};
