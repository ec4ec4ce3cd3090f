/*
 * hostfs: names. Superblock, lookup, and every change of a directory or of attributes, each one
 * host call below a pinned directory descriptor. May include sandbox/vfs/.
 */
#include "sandbox/vfs/hostfs.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "sandbox/vfs/hostfs_node.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* ---- names ---- */

static int hostfs_lookup(struct inode *dir, struct dentry *dentry)
{
    struct hostfs_node *node = hostfs_node_of(dir);
    int dirfd = hostfs_pin(node, HOSTFS_LOOK);
    struct inode *inode;
    struct statx st;
    int error;

    if (dirfd < 0)
        return dirfd;
    error = host_statx(dirfd, dentry->name, &st);
    hostfs_unpin(node);
    if (error)
        return error == -ENOENT ? 0 : error;
    error = hostfs_node_get(hostfs_of(dir), node, dentry->name, &st, &inode);
    if (!error)
        dentry_instantiate(dentry, inode);
    return error;
}

static bool hostfs_revalidate(struct dentry *dentry)
{
    struct hostfs_node *dir = hostfs_node_of(dentry->parent->inode);
    struct inode *inode;
    struct statx st;
    int dirfd = hostfs_pin(dir, HOSTFS_LOOK);
    bool same;

    if (dirfd < 0)
        return false;
    same = host_statx(dirfd, dentry->name, &st) == 0 && dentry->inode &&
           hostfs_node_is(hostfs_node_of(dentry->inode), &st) &&
           hostfs_node_get(hostfs_of(dentry->inode), dir, dentry->name, &st, &inode) == 0;
    hostfs_unpin(dir);
    if (!same)
        return false;
    same = inode == dentry->inode;
    inode_put(inode);
    return same;
}

/* What was just made as `name` becomes the dentry's inode; fd, if not -1, is a descriptor of it. */
static int instantiate(struct inode *dir, struct dentry *dentry, int dirfd, int fd)
{
    struct inode *inode;
    struct statx st;
    int error = fd >= 0 ? host_statx(fd, "", &st) : host_statx(dirfd, dentry->name, &st);

    if (!error)
        error = hostfs_node_get(hostfs_of(dir), hostfs_node_of(dir), dentry->name, &st, &inode);
    if (error) {
        if (fd >= 0)
            host_close(fd);
        return error;
    }
    if (fd >= 0)
        hostfs_adopt_fd(hostfs_node_of(inode), fd, HOSTFS_WRITE);
    dentry_instantiate(dentry, inode);
    return 0;
}

/* A directory of a writable mount, pinned. */
static int pin_for_change(struct inode *dir)
{
    return hostfs_of(dir)->writable ? hostfs_pin(hostfs_node_of(dir), HOSTFS_LOOK) : -EROFS;
}

/* The host's umask has cut the mode of what was made: the guest's own has been applied before. */
static int set_made_mode(int fd, uint32_t mode)
{
    return (int)host_call(SYS_fchmod, fd, mode, 0, 0, 0, 0);
}

static int hostfs_make(struct inode *dir, struct dentry *dentry, uint32_t mode, uint64_t rdev,
                       const struct cred *cred)
{
    int dirfd, fd, error;

    (void)rdev;
    (void)cred;
    if ((mode & S_IFMT) != S_IFREG)
        return -EPERM;
    dirfd = pin_for_change(dir);
    if (dirfd < 0)
        return dirfd;
    fd = hostfs_open_beneath(hostfs_of(dir), dirfd, dentry->name,
                             O_RDWR | O_CREAT | O_EXCL | O_NOCTTY | O_NONBLOCK, mode & 0777);
    error = fd < 0 ? fd : set_made_mode(fd, mode & 01777);
    if (!error)
        error = instantiate(dir, dentry, dirfd, fd);
    else if (fd >= 0)
        host_close(fd);
    hostfs_unpin(hostfs_node_of(dir));
    return error;
}

static int hostfs_mkdir(struct inode *dir, struct dentry *dentry, uint32_t mode,
                        const struct cred *cred)
{
    int dirfd = pin_for_change(dir), fd, error;

    (void)cred;
    if (dirfd < 0)
        return dirfd;
    error = (int)host_call(SYS_mkdirat, dirfd, (long)dentry->name, mode & 0777, 0, 0, 0);
    if (!error) {
        fd = hostfs_open_beneath(hostfs_of(dir), dirfd, dentry->name, O_RDONLY | O_DIRECTORY, 0);
        if (fd >= 0) { /* not readable by its own mode: then it has at most the bits asked for */
            error = set_made_mode(fd, mode & 03777);
            host_close(fd);
        }
    }
    if (!error)
        error = instantiate(dir, dentry, dirfd, -1);
    hostfs_unpin(hostfs_node_of(dir));
    return error;
}

static int hostfs_symlink(struct inode *dir, struct dentry *dentry, const char *target,
                          const struct cred *cred)
{
    int dirfd = pin_for_change(dir), error;

    (void)cred;
    if (dirfd < 0)
        return dirfd;
    error = (int)host_call(SYS_symlinkat, (long)target, dirfd, (long)dentry->name, 0, 0, 0);
    if (!error)
        error = instantiate(dir, dentry, dirfd, -1);
    hostfs_unpin(hostfs_node_of(dir));
    return error;
}

static int link_to(struct hostfs_node *node, int dirfd, const char *name)
{
    int fd, error;

    if (!node->parent) /* from O_TMPFILE */
        return node->fd < 0 ? -ESTALE
                            : (int)host_call(SYS_linkat, node->fd, (long)"", dirfd, (long)name,
                                             AT_EMPTY_PATH, 0);
    fd = hostfs_pin(node->parent, HOSTFS_LOOK);
    if (fd < 0)
        return fd;
    error = (int)host_call(SYS_linkat, fd, (long)node->name, dirfd, (long)name, 0, 0);
    hostfs_unpin(node->parent);
    return error;
}

static int hostfs_link(struct inode *dir, struct dentry *dentry, struct inode *target)
{
    int dirfd = pin_for_change(dir), error;

    if (dirfd < 0)
        return dirfd;
    error = link_to(hostfs_node_of(target), dirfd, dentry->name);
    if (!error)
        error = instantiate(dir, dentry, dirfd, -1);
    hostfs_unpin(hostfs_node_of(dir));
    return error;
}

/*
 * Before a name is removed: what somebody still holds (a working directory, an O_PATH descriptor,
 * a mapping) needs a descriptor, because afterwards nothing leads to it.
 */
static void keep_reachable(struct dentry *dentry)
{
    struct hostfs_node *node;

    if (!dentry->inode)
        return;
    node = hostfs_node_of(dentry->inode);
    if (node->fd < 0 && (dentry->refs > 1 || dentry->inode->refs > 1) &&
        hostfs_pin(node, HOSTFS_LOOK) >= 0)
        hostfs_unpin(node);
}

/* After it: the node's place is no longer good. */
static void name_gone(struct inode *dir, struct dentry *dentry)
{
    struct hostfs_node *node;

    if (!dentry->inode)
        return;
    node = hostfs_node_of(dentry->inode);
    if (node->parent == hostfs_node_of(dir) && strcmp(node->name, dentry->name) == 0)
        (void)hostfs_node_place(node, NULL, NULL); /* without a place there is nothing to fail */
}

static int remove_name(struct inode *dir, struct dentry *dentry, int flags)
{
    int dirfd, error;

    if (!hostfs_of(dir)->writable)
        return -EROFS;
    keep_reachable(dentry);
    dirfd = hostfs_pin(hostfs_node_of(dir), HOSTFS_LOOK);
    if (dirfd < 0)
        return dirfd;
    error = (int)host_call(SYS_unlinkat, dirfd, (long)dentry->name, flags, 0, 0, 0);
    hostfs_unpin(hostfs_node_of(dir));
    if (!error)
        name_gone(dir, dentry);
    return error;
}

static int hostfs_unlink(struct inode *dir, struct dentry *dentry)
{
    return remove_name(dir, dentry, 0);
}

static int hostfs_rmdir(struct inode *dir, struct dentry *dentry)
{
    return remove_name(dir, dentry, AT_REMOVEDIR);
}

static int hostfs_rename(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
                         struct dentry *to, unsigned flags)
{
    struct hostfs_node *from_parent = hostfs_node_of(from_dir);
    struct hostfs_node *to_parent = hostfs_node_of(to_dir);
    int from_fd, to_fd, error;

    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) /* no whiteouts on the host */
        return -EINVAL;
    if (!hostfs_of(from_dir)->writable)
        return -EROFS;
    if (!(flags & RENAME_EXCHANGE))
        keep_reachable(to);
    from_fd = hostfs_pin(from_parent, HOSTFS_LOOK);
    if (from_fd < 0)
        return from_fd;
    to_fd = hostfs_pin(to_parent, HOSTFS_LOOK);
    error = to_fd < 0 ? to_fd
                      : (int)host_call(SYS_renameat2, from_fd, (long)from->name, to_fd,
                                       (long)to->name, flags, 0);
    if (to_fd >= 0)
        hostfs_unpin(to_parent);
    hostfs_unpin(from_parent);
    /* Two names of one file: the host did nothing, and both places are still good. */
    if (error || from->inode == to->inode)
        return error;
    if (flags & RENAME_EXCHANGE)
        error = hostfs_node_place(hostfs_node_of(to->inode), from_parent, from->name);
    else
        name_gone(to_dir, to);
    if (!error)
        error = hostfs_node_place(hostfs_node_of(from->inode), to_parent, to->name);
    return error;
}

static int hostfs_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred,
                          struct inode **out)
{
    struct hostfs *fs = hostfs_of(dir);
    int dirfd = pin_for_change(dir), fd, error;
    struct statx st;

    (void)cred;
    if (dirfd < 0)
        return dirfd;
    fd = hostfs_open_beneath(fs, dirfd, ".", O_TMPFILE | O_RDWR, mode & 0777);
    hostfs_unpin(hostfs_node_of(dir));
    if (fd < 0)
        return fd;
    error = set_made_mode(fd, mode & 01777);
    if (!error)
        error = host_statx(fd, "", &st);
    if (!error)
        error = hostfs_node_get(fs, NULL, NULL, &st, out);
    if (error) {
        host_close(fd);
        return error;
    }
    hostfs_adopt_fd(hostfs_node_of(*out), fd, HOSTFS_WRITE);
    return 0;
}

static ssize_t hostfs_readlink(struct inode *inode, char *buf, size_t size)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    ssize_t length;
    int dirfd;

    if (inode->type != S_IFLNK)
        return -EINVAL;
    if (!node->parent)
        return -ESTALE;
    dirfd = hostfs_pin(node->parent, HOSTFS_LOOK);
    if (dirfd < 0)
        return dirfd;
    length = host_call(SYS_readlinkat, dirfd, (long)node->name, (long)buf, (long)size, 0, 0);
    hostfs_unpin(node->parent);
    return length == -EINVAL ? -ESTALE : length;
}

/* ---- attributes ---- */

static int hostfs_getattr(struct inode *inode, struct attributes *out)
{
    struct statx st;
    int error = hostfs_statx(hostfs_node_of(inode), &st);

    if (!error)
        hostfs_attributes(hostfs_of(inode), &st, out);
    return error;
}

/* chmod of a file that abibox may not open for reading: by name, on kernels that can (6.6). */
static int set_mode_by_name(struct hostfs_node *node, uint32_t mode)
{
    int dirfd, error;

    if (!node->parent)
        return -EACCES;
    dirfd = hostfs_pin(node->parent, HOSTFS_LOOK);
    if (dirfd < 0)
        return dirfd;
    error = (int)host_call(SYS_fchmodat2, dirfd, (long)node->name, mode, AT_SYMLINK_NOFOLLOW, 0, 0);
    hostfs_unpin(node->parent);
    return error == -ENOSYS ? -EACCES : error;
}

static int set_mode(struct hostfs_node *node, uint32_t mode)
{
    uint32_t type = node->inode->type;
    int fd, error;

    if (type != S_IFREG && type != S_IFDIR)
        return type == S_IFLNK ? -EOPNOTSUPP : -EPERM;
    mode &= type == S_IFDIR ? 03777 : 01777;
    fd = hostfs_borrow(node);
    if (fd == -EACCES)
        return set_mode_by_name(node, mode);
    if (fd < 0)
        return fd;
    error = (int)host_call(SYS_fchmod, fd, mode, 0, 0, 0, 0);
    hostfs_return(node, fd);
    return error;
}

static int set_size(struct hostfs_node *node, uint64_t size)
{
    int fd, error;

    if (node->inode->type != S_IFREG)
        return -EINVAL;
    fd = hostfs_pin(node, HOSTFS_WRITE);
    if (fd < 0)
        return fd;
    error = (int)host_call(SYS_ftruncate, fd, (long)size, 0, 0, 0, 0);
    if (!error)
        hostfs_pages_resized(node, size);
    hostfs_unpin(node);
    return error;
}

static struct timespec time_or_omit(int64_t ns, bool given)
{
    struct timespec time = {.tv_nsec = UTIME_OMIT};

    if (given) {
        time.tv_sec = ns / 1000000000;
        time.tv_nsec = ns % 1000000000;
        if (time.tv_nsec < 0) {
            time.tv_nsec += 1000000000;
            time.tv_sec--;
        }
    }
    return time;
}

static int set_times(struct hostfs_node *node, const struct attributes *attr, unsigned set)
{
    struct timespec times[2] = {time_or_omit(attr->atime, set & SET_ATIME),
                                time_or_omit(attr->mtime, set & SET_MTIME)};
    int dirfd, error;

    if (node->fd >= 0)
        return (int)host_call(SYS_utimensat, node->fd, (long)"", (long)times, AT_EMPTY_PATH, 0, 0);
    if (!node->parent)
        return -ESTALE;
    dirfd = hostfs_pin(node->parent, HOSTFS_LOOK);
    if (dirfd < 0)
        return dirfd;
    error = (int)host_call(SYS_utimensat, dirfd, (long)node->name, (long)times, AT_SYMLINK_NOFOLLOW,
                           0, 0);
    hostfs_unpin(node->parent);
    return error;
}

/* Owners are the host's: a chown that changes nothing is granted, any other is refused. */
static int check_owner(struct hostfs_node *node, const struct attributes *attr, unsigned set)
{
    struct statx st;
    int error = hostfs_statx(node, &st);

    if (error)
        return error;
    if (((set & SET_UID) && attr->uid != st.stx_uid) ||
        ((set & SET_GID) && attr->gid != st.stx_gid))
        return -EPERM;
    return 0;
}

static int hostfs_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    int error = 0;

    if (!hostfs_of(inode)->writable)
        return -EROFS;
    if (set & (SET_UID | SET_GID))
        error = check_owner(node, attr, set);
    if (!error && (set & SET_SIZE))
        error = set_size(node, attr->size);
    if (!error && (set & SET_MODE))
        error = set_mode(node, attr->mode);
    if (!error && (set & (SET_ATIME | SET_MTIME)))
        error = set_times(node, attr, set);
    return error;
}

static void hostfs_evict(struct inode *inode)
{
    if (!inode->private)
        return;
    hostfs_pages_evict(inode);
    hostfs_node_free(hostfs_node_of(inode));
    inode->private = NULL;
}

const struct inode_ops hostfs_inode_ops = {
    .getattr = hostfs_getattr,
    .setattr = hostfs_setattr,
    .readlink = hostfs_readlink,
    .open = hostfs_open,
    .getxattr = hostfs_getxattr,
    .setxattr = hostfs_setxattr,
    .removexattr = hostfs_removexattr,
    .listxattr = hostfs_listxattr,
    .evict = hostfs_evict,
};

const struct inode_ops hostfs_directory_inode_ops = {
    .lookup = hostfs_lookup,
    .create = hostfs_make,
    .mkdir = hostfs_mkdir,
    .symlink = hostfs_symlink,
    .link = hostfs_link,
    .unlink = hostfs_unlink,
    .rmdir = hostfs_rmdir,
    .rename = hostfs_rename,
    .tmpfile = hostfs_tmpfile,
    .getattr = hostfs_getattr,
    .setattr = hostfs_setattr,
    .open = hostfs_open,
    .getxattr = hostfs_getxattr,
    .setxattr = hostfs_setxattr,
    .removexattr = hostfs_removexattr,
    .listxattr = hostfs_listxattr,
    .evict = hostfs_evict,
};

/* ---- the file system ---- */

static int hostfs_statfs(struct superblock *sb, struct statfs *out)
{
    struct hostfs_node *root = hostfs_node_of(sb->root->inode);
    struct statfs host;
    long result = host_call(SYS_fstatfs, root->fd, (long)&host, 0, 0, 0, 0);

    if (result < 0)
        return (int)result;
    out->f_type = host.f_type;
    out->f_bsize = host.f_bsize;
    out->f_frsize = host.f_frsize;
    out->f_blocks = host.f_blocks;
    out->f_bfree = host.f_bfree;
    out->f_bavail = host.f_bavail;
    out->f_files = host.f_files;
    out->f_ffree = host.f_ffree;
    return 0;
}

static void hostfs_destroy(struct superblock *sb)
{
    free(sb->private);
}

static const struct super_ops hostfs_super_ops = {
    .statfs = hostfs_statfs,
    .revalidate = hostfs_revalidate,
    .destroy = hostfs_destroy,
};

/* No mount operation: a guest cannot ask for another piece of the host. */
static const struct file_system hostfs_type = {.name = "hostfs"};

/* The root's descriptor: O_PATH of a directory, a file opened for what the mount allows. */
static int open_source(const char *source, bool writable, struct statx *st)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC};
    struct statfs info;
    int fd = (int)host_call(SYS_openat2, AT_FDCWD, (long)source, (long)&how, sizeof(how), 0, 0);
    int error, real;

    if (fd < 0)
        return fd;
    error = host_statx(fd, "", st);
    if (!error)
        error = (int)host_call(SYS_fstatfs, fd, (long)&info, 0, 0, 0, 0);
    if (!error &&
        (info.f_type == PROC_SUPER_MAGIC || (!S_ISDIR(st->stx_mode) && !S_ISREG(st->stx_mode))))
        error = -EACCES;
    if (error || S_ISDIR(st->stx_mode)) {
        if (error)
            host_close(fd);
        return error ? error : fd;
    }
    host_close(fd);
    how.flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    real = (int)host_call(SYS_openat2, AT_FDCWD, (long)source, (long)&how, sizeof(how), 0, 0);
    if (real >= 0 && (host_statx(real, "", st) || !S_ISREG(st->stx_mode))) {
        host_close(real);
        return -EACCES;
    }
    return real;
}

int hostfs_create(struct box *box, const char *source, bool writable, struct superblock **out)
{
    struct hostfs *fs = calloc(1, sizeof(*fs));
    struct inode *root;
    struct statx st;
    int fd, error;

    if (!fs)
        return -ENOMEM;
    fd = open_source(source, writable, &st);
    if (fd < 0) {
        free(fs);
        return fd;
    }
    fs->sb = super_create(box, &hostfs_type, &hostfs_super_ops, 0x61627866 /* "abxf" */,
                          SB_CACHE_NAMES | (writable ? 0 : SB_RDONLY));
    if (!fs->sb) {
        host_close(fd);
        free(fs);
        return -ENOMEM;
    }
    fs->sb->private = fs;
    fs->writable = writable;
    error = hostfs_node_get(fs, NULL, NULL, &st, &root);
    if (error) {
        host_close(fd);
    } else {
        hostfs_adopt_fd(hostfs_node_of(root), fd, writable ? HOSTFS_WRITE : HOSTFS_READ);
        error = super_set_root(fs->sb, root);
    }
    if (error) {
        super_put(fs->sb);
        return error;
    }
    *out = fs->sb;
    return 0;
}
