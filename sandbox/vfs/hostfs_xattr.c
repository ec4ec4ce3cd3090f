/*
 * hostfs: extended attributes, user.* alone. The others (security.*, trusted.*, system.*) mean
 * something to the host. May include sandbox/vfs/.
 */
#include <errno.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/hostfs_node.h"

static bool is_user(const char *name)
{
    return strncmp(name, "user.", 5) == 0;
}

ssize_t hostfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    ssize_t length;
    int fd;

    if (!is_user(name))
        return -EOPNOTSUPP;
    fd = hostfs_borrow(node);
    if (fd < 0)
        return fd;
    length = host_call(SYS_fgetxattr, fd, (long)name, (long)buf, (long)size, 0, 0);
    hostfs_return(node, fd);
    return length;
}

int hostfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
                    int flags)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    int fd, error;

    if (!hostfs_of(inode)->writable)
        return -EROFS;
    if (!is_user(name))
        return -EOPNOTSUPP;
    fd = hostfs_borrow(node);
    if (fd < 0)
        return fd;
    error = (int)host_call(SYS_fsetxattr, fd, (long)name, (long)value, (long)size, flags, 0);
    hostfs_return(node, fd);
    return error;
}

int hostfs_removexattr(struct inode *inode, const char *name)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    int fd, error;

    if (!hostfs_of(inode)->writable)
        return -EROFS;
    if (!is_user(name))
        return -EOPNOTSUPP;
    fd = hostfs_borrow(node);
    if (fd < 0)
        return fd;
    error = (int)host_call(SYS_fremovexattr, fd, (long)name, 0, 0, 0, 0);
    hostfs_return(node, fd);
    return error;
}

/* Keeps the user.* names of a list; its new length. */
static size_t keep_user_names(char *list, size_t length)
{
    size_t kept = 0;

    for (size_t at = 0; at < length;) {
        size_t item = strlen(list + at) + 1;

        if (is_user(list + at)) {
            memmove(list + kept, list + at, item);
            kept += item;
        }
        at += item;
    }
    return kept;
}

ssize_t hostfs_listxattr(struct inode *inode, char *buf, size_t size)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    ssize_t length;
    char *list;
    int fd;

    if (inode->type != S_IFREG && inode->type != S_IFDIR)
        return 0;
    fd = hostfs_borrow(node);
    if (fd < 0)
        return fd;
    list = malloc(XATTR_LIST_MAX);
    length = list ? host_call(SYS_flistxattr, fd, (long)list, XATTR_LIST_MAX, 0, 0, 0) : -ENOMEM;
    hostfs_return(node, fd);
    if (length > 0)
        length = (ssize_t)keep_user_names(list, (size_t)length);
    if (length > 0 && size > 0) {
        if ((size_t)length > size)
            length = -ERANGE;
        else
            memcpy(buf, list, (size_t)length);
    }
    free(list);
    return length == -EOPNOTSUPP ? 0 : length;
}
