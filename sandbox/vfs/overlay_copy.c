/*
 * Copying up: a file of the lower layer gets its double in the upper one before it is changed.
 * May include sandbox/vfs/.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/overlay.h"

#define BLOCK 65536

static const struct cred root_cred;

/* ---- contents ---- */

/* A file of a layer, opened without anybody's rights: the overlay's were checked. */
static int open_layer(struct mount *mount, struct dentry *dentry, uint32_t flags, struct file **out)
{
    struct path path = {.mount = mount, .dentry = dentry};

    return file_open(NULL, &path, flags, out);
}

static int write_all(struct file *to, char *buf, size_t len, int64_t *pos)
{
    struct iovec storage;
    struct uio uio;

    uio_host(&uio, &storage, buf, len);
    while (uio.left > 0) {
        ssize_t count = to->ops->write(to, &uio, pos);

        if (count <= 0)
            return count < 0 ? (int)count : -EIO;
    }
    return 0;
}

static int copy_blocks(struct file *from, struct file *to, uint64_t size)
{
    char *buf = malloc(BLOCK);
    int64_t read_at = 0, write_at = 0;
    int error = buf ? 0 : -ENOMEM;

    while (!error && (uint64_t)read_at < size) {
        size_t wanted = size - (uint64_t)read_at < BLOCK ? size - (uint64_t)read_at : BLOCK;
        ssize_t count = file_pread(from, buf, wanted, read_at);

        if (count <= 0) {
            error = (int)count;
            break;
        }
        error = write_all(to, buf, (size_t)count, &write_at);
        read_at += count;
    }
    free(buf);
    return error;
}

static int copy_data(struct overlay *overlay, struct dentry *lower, struct dentry *upper,
                     uint64_t size)
{
    struct file *from, *to;
    int error = open_layer(overlay->lower, lower, O_RDONLY, &from);

    if (error)
        return error;
    error = open_layer(overlay->upper, upper, O_WRONLY, &to);
    if (!error) {
        error = copy_blocks(from, to, size);
        file_put(to);
    }
    file_put(from);
    return error;
}

static int copy_xattr(struct inode *from, struct inode *to, const char *name)
{
    char *value = malloc(XATTR_SIZE_MAX);
    ssize_t length =
        value ? from->ops->getxattr(from, name, value, XATTR_SIZE_MAX) : (ssize_t)-ENOMEM;
    int error = length < 0 ? (int)length : to->ops->setxattr(to, name, value, (size_t)length, 0);

    free(value);
    return error;
}

static int copy_xattrs(struct inode *from, struct inode *to)
{
    ssize_t length = 0;
    char *names;
    int error = 0;

    if (!from->ops->listxattr || !from->ops->getxattr || !to->ops->setxattr)
        return 0;
    names = malloc(XATTR_LIST_MAX);
    if (!names)
        return -ENOMEM;
    length = from->ops->listxattr(from, names, XATTR_LIST_MAX);
    /* A file that cannot be opened has none that anybody could see. */
    for (ssize_t at = 0; at < length && !error; at += (ssize_t)strlen(names + at) + 1)
        error = copy_xattr(from, to, names + at);
    free(names);
    return error;
}

static int copy_link(struct inode *dir, struct dentry *upper, struct inode *lower)
{
    char target[PATH_MAX];
    ssize_t length = lower->ops->readlink(lower, target, sizeof(target) - 1);

    if (length < 0)
        return (int)length;
    target[length] = '\0';
    return dir->ops->symlink(dir, upper, target, &root_cred);
}

/* ---- the whole ---- */

/* Makes the double of `lower` as the negative dentry `upper`. */
static int make_double(struct overlay *overlay, struct dentry *lower, struct dentry *upper,
                       uint64_t size)
{
    struct inode *dir = upper->parent->inode;
    struct attributes attr;
    unsigned set = SET_UID | SET_GID | SET_MODE | SET_ATIME | SET_MTIME;
    int error = inode_getattr(lower->inode, &attr);

    if (error)
        return error;
    switch (lower->inode->type) {
    case S_IFDIR:
        error = dir->ops->mkdir(dir, upper, attr.mode, &root_cred);
        if (!error)
            error = overlay_merge_add(overlay, upper->inode, lower);
        break;
    case S_IFLNK:
        error = copy_link(dir, upper, lower->inode);
        set &= ~(unsigned)SET_MODE;
        break;
    case S_IFREG:
        error = dir->ops->create(dir, upper, attr.mode, 0, &root_cred);
        if (!error)
            error = copy_data(overlay, lower, upper, size < attr.size ? size : attr.size);
        break;
    default:
        error = dir->ops->create(dir, upper, attr.mode, attr.rdev, &root_cred);
    }
    if (!error)
        error = copy_xattrs(lower->inode, upper->inode);
    return error ? error : upper->inode->ops->setattr(upper->inode, &attr, set);
}

static void remove_double(struct overlay *overlay, struct dentry *upper)
{
    struct inode *dir = upper->parent->inode;

    if (!upper->inode)
        return;
    if (upper->inode->type == S_IFDIR) {
        overlay_merge_drop(overlay, upper->inode);
        (void)dir->ops->rmdir(dir, upper);
    } else {
        (void)dir->ops->unlink(dir, upper);
    }
    dentry_unhash(upper);
}

static int copy_one(struct overlay_node *node, uint64_t size)
{
    struct overlay *overlay = overlay_of(node->inode);
    struct overlay_node *parent = overlay_node_of(node->dentry->parent->inode);
    struct attributes dir_times;
    struct dentry *upper;
    int error = dentry_lookup(parent->upper, node->dentry->name, node->dentry->name_len, &upper);

    if (error)
        return error;
    if (upper->inode) { /* the name is taken: the layers do not fit together any more */
        dentry_put(upper);
        return -EIO;
    }
    /* The directory's times are the guest's business, not the copy's. */
    error = inode_getattr(parent->upper->inode, &dir_times);
    if (!error)
        error = make_double(overlay, node->lower, upper, size);
    if (error) {
        remove_double(overlay, upper);
        dentry_put(upper);
        return error;
    }
    (void)parent->upper->inode->ops->setattr(parent->upper->inode, &dir_times,
                                             SET_ATIME | SET_MTIME | SET_CTIME);
    node->upper = upper;
    if (node->inode->type != S_IFDIR) {
        dentry_put(node->lower);
        node->lower = NULL;
        if (!node->inode->hashed)
            (void)inode_hash_add(node->inode, (uintptr_t)upper->inode);
    }
    return 0;
}

int overlay_copy_up(struct overlay_node *node, uint64_t size)
{
    while (!node->upper) {
        struct overlay_node *top = node;
        int error;

        if (!node->dentry || dentry_is_removed(node->dentry))
            return -ESTALE;
        while (!overlay_node_of(top->dentry->parent->inode)->upper)
            top = overlay_node_of(top->dentry->parent->inode);
        error = copy_one(top, size);
        if (error)
            return error;
    }
    return 0;
}
