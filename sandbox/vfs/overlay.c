/*
 * The overlay's inodes and superblock, see overlay.h. May include sandbox/vfs/.
 */
#include "sandbox/vfs/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/tmpfs.h"

/* ---- merged directories ---- */

static struct overlay_merge **bucket_of(struct overlay *overlay, const struct inode *upper)
{
    return &overlay->merges[((uintptr_t)upper >> 5) % OVERLAY_BUCKETS];
}

struct dentry *overlay_merged_with(struct overlay *overlay, const struct inode *upper)
{
    for (struct overlay_merge *merge = *bucket_of(overlay, upper); merge; merge = merge->next)
        if (merge->upper == upper)
            return merge->lower;
    return NULL;
}

int overlay_merge_add(struct overlay *overlay, struct inode *upper, struct dentry *lower)
{
    struct overlay_merge **bucket = bucket_of(overlay, upper);
    struct overlay_merge *merge = malloc(sizeof(*merge));

    if (!merge)
        return -ENOMEM;
    *merge = (struct overlay_merge){
        .next = *bucket, .upper = inode_get(upper), .lower = dentry_get(lower)};
    *bucket = merge;
    return 0;
}

static void merge_free(struct overlay_merge *merge)
{
    inode_put(merge->upper);
    dentry_put(merge->lower);
    free(merge);
}

void overlay_merge_drop(struct overlay *overlay, const struct inode *upper)
{
    struct overlay_merge **at = bucket_of(overlay, upper);

    for (; *at; at = &(*at)->next) {
        if ((*at)->upper == upper) {
            struct overlay_merge *merge = *at;

            *at = merge->next;
            merge_free(merge);
            return;
        }
    }
}

/* ---- inodes ---- */

/* Both layers count from small numbers: the upper layer's are moved out of the way. */
uint64_t overlay_ino(uint64_t upper_ino)
{
    return upper_ino | 1ull << 62;
}

/* The number stays while the inode lives, also when the file is copied up. */
static int overlay_getattr(struct inode *inode, struct attributes *out)
{
    const struct overlay_node *node = overlay_node_of(inode);
    int error = inode_getattr(overlay_real(node), out);

    if (error)
        return error;
    if (node->upper || out->dev == overlay_of(inode)->lower->sb->dev)
        out->dev = inode->sb->dev; /* else: a mount of the host below the lower layer's root */
    out->ino = inode->ino;
    return 0;
}

static int overlay_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    struct overlay_node *node = overlay_node_of(inode);
    struct inode *real;
    int error = overlay_copy_up(node, set & SET_SIZE ? attr->size : UINT64_MAX);

    if (error)
        return error;
    real = overlay_real(node);
    return real->ops->setattr ? real->ops->setattr(real, attr, set) : -EPERM;
}

static ssize_t overlay_readlink(struct inode *inode, char *buf, size_t size)
{
    struct inode *real = overlay_real(overlay_node_of(inode));

    return real->ops->readlink ? real->ops->readlink(real, buf, size) : -EINVAL;
}

static ssize_t overlay_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
    struct inode *real = overlay_real(overlay_node_of(inode));

    return real->ops->getxattr ? real->ops->getxattr(real, name, buf, size) : -EOPNOTSUPP;
}

static ssize_t overlay_listxattr(struct inode *inode, char *buf, size_t size)
{
    struct inode *real = overlay_real(overlay_node_of(inode));

    return real->ops->listxattr ? real->ops->listxattr(real, buf, size) : 0;
}

static int overlay_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
                            int flags)
{
    struct inode *real;
    int error = overlay_copy_up(overlay_node_of(inode), UINT64_MAX);

    if (error)
        return error;
    real = overlay_real(overlay_node_of(inode));
    return real->ops->setxattr ? real->ops->setxattr(real, name, value, size, flags) : -EOPNOTSUPP;
}

static int overlay_removexattr(struct inode *inode, const char *name)
{
    struct inode *real;
    int error = overlay_copy_up(overlay_node_of(inode), UINT64_MAX);

    if (error)
        return error;
    real = overlay_real(overlay_node_of(inode));
    return real->ops->removexattr ? real->ops->removexattr(real, name) : -EOPNOTSUPP;
}

/*
 * An open file is one of the layer's own: its operations work on the layer's inode, under the
 * overlay's path. One that is open for reading goes on showing the lower file after a copy-up, as
 * on Linux. The count of writers moves along with the inode.
 */
static int overlay_open(struct inode *inode, struct file *file)
{
    struct overlay_node *node = overlay_node_of(inode);
    struct inode *real;
    uint64_t wanted = file->flags & O_TRUNC ? 0 : UINT64_MAX;
    int error = file_writable(file) ? overlay_copy_up(node, wanted) : 0;

    if (error)
        return error;
    real = overlay_real(node);
    file->inode = real;
    file->ops = real->file_ops;
    error = real->ops->open ? real->ops->open(real, file) : 0;
    if (error) {
        file->inode = inode;
        return error;
    }
    if (file->holds_write) {
        inode->write_count--;
        real->write_count++;
    }
    return 0;
}

static void overlay_evict(struct inode *inode)
{
    struct overlay_node *node = overlay_node_of(inode);

    if (!node)
        return;
    dentry_put(node->upper);
    dentry_put(node->lower);
    free(node);
}

#define OVERLAY_COMMON_OPS                                                                         \
    .getattr = overlay_getattr, .setattr = overlay_setattr, .getxattr = overlay_getxattr,          \
    .setxattr = overlay_setxattr, .removexattr = overlay_removexattr,                              \
    .listxattr = overlay_listxattr, .evict = overlay_evict

static const struct inode_ops overlay_file_inode_ops = {.open = overlay_open, OVERLAY_COMMON_OPS};
static const struct inode_ops overlay_link_inode_ops = {.readlink = overlay_readlink,
                                                        OVERLAY_COMMON_OPS};
/* Devices and FIFOs are opened as those of any file system, by their numbers. */
static const struct inode_ops overlay_special_inode_ops = {OVERLAY_COMMON_OPS};

static const struct inode_ops *ops_of_type(uint32_t type)
{
    switch (type) {
    case S_IFDIR:
        return &overlay_directory_inode_ops;
    case S_IFREG:
        return &overlay_file_inode_ops;
    case S_IFLNK:
        return &overlay_link_inode_ops;
    default:
        return &overlay_special_inode_ops;
    }
}

struct inode *overlay_inode(struct superblock *sb, struct dentry *dentry, struct dentry *upper,
                            struct dentry *lower)
{
    struct inode *real = upper ? upper->inode : lower->inode;
    /* Names of one upper file are one inode; lower ones are told apart until they are copied up. */
    uint64_t key = (uintptr_t)real;
    bool shared = upper && real->type != S_IFDIR;
    struct inode *inode = shared ? inode_find(sb, key) : NULL;
    struct overlay_node *node;

    if (inode) {
        dentry_put(upper);
        dentry_put(lower);
        return inode;
    }
    node = calloc(1, sizeof(*node));
    /* A merged directory has the number that it had before it was copied up. */
    inode = node ? inode_create(sb, lower ? lower->inode->ino : overlay_ino(real->ino), real->type,
                                ops_of_type(real->type))
                 : NULL;
    if (!inode) {
        free(node);
        dentry_put(upper);
        dentry_put(lower);
        return NULL;
    }
    *node = (struct overlay_node){.inode = inode, .dentry = dentry, .upper = upper, .lower = lower};
    inode->private = node;
    if (real->type == S_IFDIR)
        inode->file_ops = &overlay_directory_ops;
    if (shared && inode_hash_add(inode, key) < 0) {
        inode_put(inode);
        return NULL;
    }
    return inode;
}

/* ---- looking up ---- */

/* The positive child of a layer's directory, held, or NULL. */
static int layer_lookup(struct dentry *dir, const struct dentry *name, struct dentry **out)
{
    int error;

    *out = NULL;
    if (!dir)
        return 0;
    error = dentry_lookup(dir, name->name, name->name_len, out);
    if (error == -ENOENT) /* the layer's directory itself has gone */
        error = 0;
    if (*out && !(*out)->inode) {
        dentry_put(*out);
        *out = NULL;
    }
    return error;
}

static int overlay_lookup(struct inode *dir, struct dentry *dentry)
{
    struct overlay_node *node = overlay_node_of(dir);
    struct dentry *upper, *lower = NULL;
    struct inode *inode;
    int error = layer_lookup(node->upper, dentry, &upper);

    if (error)
        return error;
    if (upper && overlay_is_whiteout(upper)) {
        dentry_put(upper);
        return 0;
    }
    if (!upper) {
        error = layer_lookup(node->lower, dentry, &lower);
        if (error || !lower)
            return error;
    } else if (upper->inode->type == S_IFDIR) {
        lower = overlay_merged_with(overlay_of(dir), upper->inode);
        if (lower)
            dentry_get(lower);
    }
    inode = overlay_inode(dir->sb, dentry, upper, lower);
    if (!inode)
        return -ENOMEM;
    dentry_instantiate(dentry, inode);
    return 0;
}

const struct inode_ops overlay_directory_inode_ops = {
    .lookup = overlay_lookup,
    .create = overlay_make,
    .mkdir = overlay_mkdir,
    .symlink = overlay_symlink,
    .link = overlay_link,
    .unlink = overlay_unlink,
    .rmdir = overlay_rmdir,
    .rename = overlay_rename,
    .tmpfile = overlay_tmpfile,
    OVERLAY_COMMON_OPS,
};

/* ---- the file system ---- */

/* Room is the upper layer's. */
static int overlay_statfs(struct superblock *sb, struct statfs *out)
{
    struct superblock *upper = ((struct overlay *)sb->private)->upper->sb;
    int error = upper->ops->statfs ? upper->ops->statfs(upper, out) : -ENOSYS;

    out->f_type = OVERLAYFS_SUPER_MAGIC;
    return error;
}

static void overlay_destroy(struct superblock *sb)
{
    struct overlay *overlay = sb->private;

    for (unsigned i = 0; i < OVERLAY_BUCKETS; i++) {
        while (overlay->merges[i]) {
            struct overlay_merge *merge = overlay->merges[i];

            overlay->merges[i] = merge->next;
            merge_free(merge);
        }
    }
    mount_put(overlay->upper);
    mount_put(overlay->lower);
    free(overlay);
}

static const struct super_ops overlay_super_ops = {
    .statfs = overlay_statfs,
    .destroy = overlay_destroy,
};

static const struct file_system overlay_type = {.name = "overlay"};

/* The layers, mounted where nobody can walk to. Takes the lower superblock over. */
static int make_layers(struct overlay *overlay, struct superblock *lower)
{
    struct tmpfs_limits limits = tmpfs_default_limits(lower->box);
    struct superblock *upper = NULL;
    int error = tmpfs_create(lower->box, &limits, &upper);

    if (!error) {
        overlay->upper = mount_create(upper, upper->root, 0, "upper");
        super_put(upper);
        overlay->lower = mount_create(lower, lower->root, MOUNT_RDONLY, "lower");
        error = overlay->upper && overlay->lower ? 0 : -ENOMEM;
    }
    super_put(lower);
    return error;
}

/* The upper layer's root looks like the lower one's. */
static int copy_root_attributes(const struct overlay *overlay)
{
    struct inode *upper = overlay->upper->root->inode;
    struct attributes attr;
    int error = inode_getattr(overlay->lower->root->inode, &attr);

    return error ? error
                 : upper->ops->setattr(upper, &attr,
                                       SET_MODE | SET_UID | SET_GID | SET_ATIME | SET_MTIME);
}

int overlay_create(struct box *box, struct superblock *lower, struct superblock **out)
{
    struct overlay *overlay = calloc(1, sizeof(*overlay));
    struct superblock *sb = overlay ? super_create(box, &overlay_type, &overlay_super_ops,
                                                   OVERLAYFS_SUPER_MAGIC, SB_CACHE_NAMES)
                                    : NULL;
    struct inode *root = NULL;
    int error;

    if (!sb) {
        free(overlay);
        super_put(lower);
        return -ENOMEM;
    }
    sb->private = overlay;
    overlay->sb = sb;
    error = make_layers(overlay, lower);
    if (!error)
        error = copy_root_attributes(overlay);
    if (!error)
        error = overlay_merge_add(overlay, overlay->upper->root->inode, overlay->lower->root);
    if (!error) {
        root = overlay_inode(sb, NULL, dentry_get(overlay->upper->root),
                             dentry_get(overlay->lower->root));
        error = root ? super_set_root(sb, root) : -ENOMEM;
    }
    if (error) {
        super_put(sb);
        return error;
    }
    overlay_node_of(sb->root->inode)->dentry = sb->root;
    *out = sb;
    return 0;
}
