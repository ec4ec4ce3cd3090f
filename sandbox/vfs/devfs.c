/*
 * Fills the box's /dev, see devfs.h. May include sandbox/vfs/.
 */
#include "sandbox/vfs/devfs.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

struct node {
    const char *name;
    uint32_t mode;
    unsigned major, minor;
    const char *target; /* of a link */
};

static const struct node nodes[] = {
    {"null", S_IFCHR | 0666, 1, 3, NULL},         {"zero", S_IFCHR | 0666, 1, 5, NULL},
    {"full", S_IFCHR | 0666, 1, 7, NULL},         {"random", S_IFCHR | 0666, 1, 8, NULL},
    {"urandom", S_IFCHR | 0666, 1, 9, NULL},      {"tty", S_IFCHR | 0666, 5, 0, NULL},
    {"console", S_IFCHR | 0620, 5, 1, NULL},      {"ptmx", S_IFCHR | 0666, 5, 2, NULL},
    {"pts", S_IFDIR | 0755, 0, 0, NULL},          {"shm", S_IFDIR | S_ISVTX | 0777, 0, 0, NULL},
    {"fd", S_IFLNK, 0, 0, "/proc/self/fd"},       {"stdin", S_IFLNK, 0, 0, "/proc/self/fd/0"},
    {"stdout", S_IFLNK, 0, 0, "/proc/self/fd/1"}, {"stderr", S_IFLNK, 0, 0, "/proc/self/fd/2"},
};

static int make_node(struct dentry *root, const struct node *node)
{
    static const struct cred owner; /* root */
    struct inode *dir = root->inode;
    struct dentry *dentry;
    int error = dentry_lookup(root, node->name, strlen(node->name), &dentry);

    if (error)
        return error;
    if (S_ISDIR(node->mode))
        error = dir->ops->mkdir(dir, dentry, node->mode, &owner);
    else if (S_ISLNK(node->mode))
        error = dir->ops->symlink(dir, dentry, node->target, &owner);
    else
        error =
            dir->ops->create(dir, dentry, node->mode, makedev(node->major, node->minor), &owner);
    dentry_put(dentry);
    return error;
}

int devfs_create(struct box *box, struct superblock **out)
{
    const struct file_system *tmpfs = file_system_find(box->vfs, "tmpfs");
    struct superblock *sb;
    int error = tmpfs ? tmpfs->mount(box, NULL, "dev", "mode=755", &sb) : -ENODEV;

    if (error)
        return error;
    for (size_t i = 0; !error && i < sizeof(nodes) / sizeof(*nodes); i++)
        error = make_node(sb->root, &nodes[i]);
    if (error) {
        super_put(sb);
        return error;
    }
    *out = sb;
    return 0;
}
