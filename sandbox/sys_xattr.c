/*
 * Extended attributes: setxattr, getxattr, listxattr, removexattr with their l and f forms; see
 * xattr(7) for who may touch which name.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "abi/handlers.h"
#include "sandbox/files.h"
#include "sandbox/vfs/super.h"

/* ---- names and rights ---- */

static int read_name(struct task *t, gaddr_t from, char name[XATTR_NAME_MAX + 1])
{
    ssize_t length = copystr(t->mm, name, from, XATTR_NAME_MAX + 1);
    if (length == -ENAMETOOLONG || length == 0) {
        return -ERANGE;
    }
    return length < 0 ? (int)length : 0;
}

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool is_acl(const char *name)
{
    return strcmp(name, "system.posix_acl_access") == 0 ||
           strcmp(name, "system.posix_acl_default") == 0;
}

/* user.* describes what is in a file, so the file's permissions rule; symlinks have none. */
static int check_user(struct task *t, const struct path *path, bool write)
{
    struct inode *inode = path->dentry->inode;
    struct attributes attr;
    if (inode->type != S_IFREG && inode->type != S_IFDIR) {
        return write ? -EPERM : -ENODATA;
    }
    int error = inode_getattr(inode, &attr);
    if (error) {
        return error;
    }
    if (write && inode->type == S_IFDIR && attr.mode & S_ISVTX && !attributes_owner(t, &attr)) {
        return -EPERM;
    }
    return attributes_permission(t, &attr, write ? W_OK : R_OK);
}

static int check_name(struct task *t, const struct path *path, const char *name, bool write)
{
    int error = write ? mount_want_write(path->mount) : 0;
    if (error) {
        return error;
    }
    static const char *const prefixes[] = {"user.", "trusted.", "security."};
    size_t which = 0;
    while (which < 3 && !has_prefix(name, prefixes[which])) {
        which++;
    }
    if (which == 3) {
        error = is_acl(name) ? 0 : vfs_permission(t, path, write ? W_OK : R_OK);
        if (error) {
            return error;
        }
        return is_acl(name) && !write ? -ENODATA : -EOPNOTSUPP;
    }
    if (which == 0) {
        error = check_user(t, path, write);
    } else if (which == 1 && !task_capable(t, CAP_SYS_ADMIN)) {
        error = write ? -EPERM : -ENODATA;
    } else if (which == 2 && write) {
        bool capability = strcmp(name, "security.capability") == 0;
        error = task_capable(t, capability ? CAP_SETFCAP : CAP_SYS_ADMIN) ? 0 : -EPERM;
    }
    if (!error && !name[strlen(prefixes[which])]) {
        error = -EINVAL;
    }
    return error;
}

/* The forms of struct vfs_ns_cap_data that Linux takes: revisions 2 and 3 by their sizes. */
static int check_capability(const char *name, const unsigned char *value, size_t size)
{
    uint32_t magic;
    if (strcmp(name, "security.capability") != 0) {
        return 0;
    }
    if (size < sizeof magic) {
        return -EINVAL;
    }
    memcpy(&magic, value, sizeof magic);
    switch (magic & VFS_CAP_REVISION_MASK) {
    case VFS_CAP_REVISION_2:
        return size == XATTR_CAPS_SZ_2 ? 0 : -EINVAL;
    case VFS_CAP_REVISION_3:
        return size == XATTR_CAPS_SZ_3 ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* ---- on a path ---- */

/* What a call was given, read before the path is looked at. */
struct xattr_request {
    char name[XATTR_NAME_MAX + 1];
    void *value;
    size_t size;
    int flags;
};

static int read_request(struct task *t, gaddr_t name, gaddr_t value, uint64_t size, int flags,
                        struct xattr_request *request)
{
    if (flags & ~(XATTR_CREATE | XATTR_REPLACE)) {
        return -EINVAL;
    }
    int error = read_name(t, name, request->name);
    if (error) {
        return error;
    }
    if (size > XATTR_SIZE_MAX) {
        return -E2BIG;
    }
    request->flags = flags;
    request->size = size;
    request->value = task_scratch(t, size ? size : 1);
    return copyin(t->mm, request->value, value, size);
}

static long set_on(struct task *t, const struct path *path, const struct xattr_request *request)
{
    struct inode *inode = path->dentry->inode;
    int error = check_name(t, path, request->name, true);
    if (!error) {
        error = check_capability(request->name, request->value, request->size);
    }
    if (error) {
        return error;
    }
    return inode->ops->setxattr ? inode->ops->setxattr(inode, request->name, request->value,
                                                       request->size, request->flags)
                                : -EOPNOTSUPP;
}

static long get_on(struct task *t, const struct path *path, const char *name, gaddr_t out,
                   uint64_t size)
{
    struct inode *inode = path->dentry->inode;
    int error = check_name(t, path, name, false);
    if (error) {
        return error;
    }
    if (!inode->ops->getxattr) {
        return -EOPNOTSUPP;
    }
    size = size < XATTR_SIZE_MAX ? size : XATTR_SIZE_MAX;
    void *value = task_scratch(t, size ? size : 1);
    ssize_t length = inode->ops->getxattr(inode, name, value, size);
    if (length > 0 && size > 0 && copyout(t->mm, out, value, (size_t)length) != 0) {
        return -EFAULT;
    }
    return length;
}

/* trusted.* names are not shown to those who may not read them. */
static size_t hide_trusted(const struct task *t, char *names, size_t length)
{
    if (task_capable(t, CAP_SYS_ADMIN)) {
        return length;
    }
    size_t kept = 0;
    for (size_t at = 0; at < length;) {
        size_t name = strlen(names + at) + 1;
        if (!has_prefix(names + at, "trusted.")) {
            memmove(names + kept, names + at, name);
            kept += name;
        }
        at += name;
    }
    return kept;
}

static long list_on(struct task *t, const struct path *path, gaddr_t out, uint64_t size)
{
    struct inode *inode = path->dentry->inode;
    if (!inode->ops->listxattr) {
        return 0;
    }
    char *names = task_scratch(t, XATTR_LIST_MAX);
    ssize_t length = inode->ops->listxattr(inode, names, XATTR_LIST_MAX);
    if (length <= 0) {
        return length == -ERANGE ? -E2BIG : length;
    }
    length = (ssize_t)hide_trusted(t, names, (size_t)length);
    if (size == 0) {
        return length;
    }
    if ((uint64_t)length > size) {
        return -ERANGE;
    }
    return copyout(t->mm, out, names, (size_t)length) ? -EFAULT : length;
}

static long remove_on(struct task *t, const struct path *path, const char *name)
{
    struct inode *inode = path->dentry->inode;
    int error = check_name(t, path, name, true);
    if (error) {
        return error;
    }
    return inode->ops->removexattr ? inode->ops->removexattr(inode, name) : -EOPNOTSUPP;
}

/* ---- calls ---- */

/* The file: a path (followed or not), or a descriptor when path is 0 and fd is not AT_FDCWD. */
static int find_file(struct task *t, int fd, gaddr_t path, bool follow, struct path *out)
{
    if (fd != AT_FDCWD) {
        return path_of_fd(t, fd, false, out);
    }
    return walk_argument(t, AT_FDCWD, path, follow ? WALK_FOLLOW : 0, out);
}

static long set_attribute(struct task *t, int fd, gaddr_t path, bool follow,
                          const struct xattr_request *request)
{
    struct path at;
    long result = find_file(t, fd, path, follow, &at);
    if (!result) {
        result = set_on(t, &at, request);
        path_put(&at);
    }
    return result;
}

static long get_attribute(struct task *t, int fd, gaddr_t path, bool follow, gaddr_t name,
                          gaddr_t value, uint64_t size)
{
    char text[XATTR_NAME_MAX + 1];
    struct path at;
    long result = read_name(t, name, text);
    if (!result) {
        result = find_file(t, fd, path, follow, &at);
    }
    if (!result) {
        result = get_on(t, &at, text, value, size);
        path_put(&at);
    }
    return result;
}

static long list_attributes(struct task *t, int fd, gaddr_t path, bool follow, gaddr_t list,
                            uint64_t size)
{
    struct path at;
    long result = find_file(t, fd, path, follow, &at);
    if (!result) {
        result = list_on(t, &at, list, size);
        path_put(&at);
    }
    return result;
}

static long remove_attribute(struct task *t, int fd, gaddr_t path, bool follow, gaddr_t name)
{
    char text[XATTR_NAME_MAX + 1];
    struct path at;
    long result = read_name(t, name, text);
    if (!result) {
        result = find_file(t, fd, path, follow, &at);
    }
    if (!result) {
        result = remove_on(t, &at, text);
        path_put(&at);
    }
    return result;
}

long sys_setxattr(struct task *t, const struct setxattr_args *a)
{
    struct xattr_request request;
    int error = read_request(t, a->name, a->value, a->size, a->flags, &request);
    return error ? error : set_attribute(t, AT_FDCWD, a->path, true, &request);
}

long sys_lsetxattr(struct task *t, const struct lsetxattr_args *a)
{
    struct xattr_request request;
    int error = read_request(t, a->name, a->value, a->size, a->flags, &request);
    return error ? error : set_attribute(t, AT_FDCWD, a->path, false, &request);
}

long sys_fsetxattr(struct task *t, const struct fsetxattr_args *a)
{
    struct xattr_request request;
    int error = read_request(t, a->name, a->value, a->size, a->flags, &request);
    if (!error && a->fd == AT_FDCWD) {
        error = -EBADF;
    }
    return error ? error : set_attribute(t, a->fd, 0, false, &request);
}

long sys_getxattr(struct task *t, const struct getxattr_args *a)
{
    return get_attribute(t, AT_FDCWD, a->path, true, a->name, a->value, a->size);
}

long sys_lgetxattr(struct task *t, const struct lgetxattr_args *a)
{
    return get_attribute(t, AT_FDCWD, a->path, false, a->name, a->value, a->size);
}

long sys_fgetxattr(struct task *t, const struct fgetxattr_args *a)
{
    return a->fd == AT_FDCWD ? -EBADF
                             : get_attribute(t, a->fd, 0, false, a->name, a->value, a->size);
}

long sys_listxattr(struct task *t, const struct listxattr_args *a)
{
    return list_attributes(t, AT_FDCWD, a->path, true, a->list, a->size);
}

long sys_llistxattr(struct task *t, const struct llistxattr_args *a)
{
    return list_attributes(t, AT_FDCWD, a->path, false, a->list, a->size);
}

long sys_flistxattr(struct task *t, const struct flistxattr_args *a)
{
    return a->fd == AT_FDCWD ? -EBADF : list_attributes(t, a->fd, 0, false, a->list, a->size);
}

long sys_removexattr(struct task *t, const struct removexattr_args *a)
{
    return remove_attribute(t, AT_FDCWD, a->path, true, a->name);
}

long sys_lremovexattr(struct task *t, const struct lremovexattr_args *a)
{
    return remove_attribute(t, AT_FDCWD, a->path, false, a->name);
}

long sys_fremovexattr(struct task *t, const struct fremovexattr_args *a)
{
    return a->fd == AT_FDCWD ? -EBADF : remove_attribute(t, a->fd, 0, false, a->name);
}
