/*
 * The nodes of a host file system: which inode stands for which host file, how it is found again,
 * and the bounded set of descriptors. May include sandbox/vfs/.
 *
 * Tried and dropped: an O_PATH descriptor in every inode. A find over a large tree then holds as
 * many host descriptors as the dentry cache holds names.
 */
#include "sandbox/vfs/hostfs_node.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/* Deepest tree in which a directory is found again by its names. */
#define HOSTFS_DEPTH 4096

/* ---- idle descriptors ---- */

static void idle_remove(struct hostfs *fs, struct hostfs_node *node)
{
    if (!node->idle)
        return;
    if (node->idle_prev)
        node->idle_prev->idle_next = node->idle_next;
    else
        fs->idle_first = node->idle_next;
    if (node->idle_next)
        node->idle_next->idle_prev = node->idle_prev;
    else
        fs->idle_last = node->idle_prev;
    node->idle_prev = node->idle_next = NULL;
    node->idle = false;
    fs->idle_count--;
}

static void close_fd(struct hostfs *fs, struct hostfs_node *node)
{
    idle_remove(fs, node);
    if (node->fd >= 0)
        host_close(node->fd);
    node->fd = -1;
}

static void idle_close_oldest(struct hostfs *fs, unsigned keep)
{
    while (fs->idle_count > keep)
        close_fd(fs, fs->idle_last);
}

/*
 * Puts a node's descriptor on the list, unless the node needs it: pinned, without a name, or
 * mapped (pages of a file that the host replaced must still come from the old one).
 */
static void idle_add(struct hostfs *fs, struct hostfs_node *node)
{
    if (node->fd < 0 || node->idle || node->pins || !node->parent || mapping_in_use(node->inode))
        return;
    node->idle = true;
    node->idle_next = fs->idle_first;
    if (fs->idle_first)
        fs->idle_first->idle_prev = node;
    else
        fs->idle_last = node;
    fs->idle_first = node;
    fs->idle_count++;
    idle_close_oldest(fs, HOSTFS_IDLE_FDS);
}

int hostfs_open_beneath(struct hostfs *fs, int dirfd, const char *name, uint64_t flags,
                        uint64_t mode)
{
    int fd = host_open_beneath(dirfd, name, flags, mode);

    if (fd == -EMFILE || fd == -ENFILE) {
        idle_close_oldest(fs, 0);
        fd = host_open_beneath(dirfd, name, flags, mode);
    }
    return fd == -EMFILE ? -ENFILE : fd;
}

/* ---- identity and place ---- */

static uint64_t host_device(const struct statx *st)
{
    return makedev(st->stx_dev_major, st->stx_dev_minor);
}

bool hostfs_node_is(const struct hostfs_node *node, const struct statx *st)
{
    int64_t birth = st->stx_mask & STATX_BTIME ? hostfs_time(st->stx_btime) : 0;

    return node->host_ino == st->stx_ino && node->host_dev == host_device(st) &&
           node->inode->type == (st->stx_mode & S_IFMT) && node->host_birth == birth;
}

int hostfs_node_place(struct hostfs_node *node, struct hostfs_node *dir, const char *name)
{
    struct hostfs_node *old = node->parent;
    char *copy = NULL;

    if (old == dir && (!dir || strcmp(node->name, name) == 0))
        return 0;
    if (dir) {
        copy = strdup(name);
        if (!copy)
            return -ENOMEM;
        inode_get(dir->inode);
    }
    free(node->name);
    node->name = copy;
    node->parent = dir;
    if (!dir)
        idle_remove(hostfs_of(node->inode), node);
    if (old)
        inode_put(old->inode);
    return 0;
}

/* The box's device number for a host device; *found false when it was not known before. */
static uint64_t box_device(struct hostfs *fs, uint64_t host_dev)
{
    for (unsigned i = 0; i < fs->devices; i++)
        if (fs->device[i].host_dev == host_dev)
            return fs->device[i].dev;
    if (fs->devices == HOSTFS_DEVICES)
        return fs->sb->dev;
    fs->device[fs->devices] = (struct hostfs_device){
        .host_dev = host_dev,
        .dev = fs->devices ? vfs_new_device(fs->sb->box->vfs) : fs->sb->dev,
    };
    return fs->device[fs->devices++].dev;
}

/*
 * The host's /proc would show abibox's own memory and descriptors. Asked only where the device
 * changes. `name` was found in `dir`; dirfd NULL: never for the root, which hostfs_create checks.
 */
static int refuse_proc(struct hostfs *fs, struct hostfs_node *dir, const char *name,
                       const struct statx *st)
{
    struct statfs info;
    int dirfd, fd;
    long result;

    if (!dir || dir->host_dev == host_device(st))
        return 0;
    dirfd = hostfs_pin(dir, HOSTFS_LOOK);
    if (dirfd < 0)
        return dirfd;
    fd = hostfs_open_beneath(fs, dirfd, name, O_PATH, 0);
    hostfs_unpin(dir);
    if (fd < 0)
        return fd;
    result = host_call(SYS_fstatfs, fd, (long)&info, 0, 0, 0, 0);
    host_close(fd);
    if (result < 0)
        return (int)result;
    return info.f_type == PROC_SUPER_MAGIC ? -EACCES : 0;
}

static struct inode *node_create(struct hostfs *fs, const struct statx *st, uint64_t key)
{
    uint32_t type = st->stx_mode & S_IFMT;
    struct hostfs_node *node = calloc(1, sizeof(*node));
    struct inode *inode =
        inode_create(fs->sb, st->stx_ino, type,
                     type == S_IFDIR ? &hostfs_directory_inode_ops : &hostfs_inode_ops);

    if (!node || !inode) {
        free(node);
        if (inode)
            inode_put(inode);
        return NULL;
    }
    node->inode = inode;
    node->fd = -1;
    node->host_dev = host_device(st);
    node->host_ino = st->stx_ino;
    node->host_birth = st->stx_mask & STATX_BTIME ? hostfs_time(st->stx_btime) : 0;
    inode->private = node;
    inode->file_ops = type == S_IFDIR ? &hostfs_directory_ops : &hostfs_file_ops;
    if (inode_hash_add(inode, key) < 0) {
        inode_put(inode);
        return NULL;
    }
    return inode;
}

/*
 * A bind mount of the host may show a directory below itself: there it keeps its place, so that
 * places never form a ring. This keeps the root the root as well.
 */
static bool is_above(const struct hostfs_node *node, const struct hostfs_node *dir)
{
    for (; dir; dir = dir->parent)
        if (dir == node)
            return true;
    return false;
}

int hostfs_node_get(struct hostfs *fs, struct hostfs_node *dir, const char *name,
                    const struct statx *st, struct inode **out)
{
    uint64_t key = st->stx_ino ^ box_device(fs, host_device(st)) << 48;
    struct inode *inode = inode_find(fs->sb, key);
    int error;

    /* The number may have been given to a new file, or two devices may share the key. */
    if (inode && !hostfs_node_is(hostfs_node_of(inode), st)) {
        inode_put(inode);
        inode = NULL;
    }
    if (!inode) {
        error = refuse_proc(fs, dir, name, st);
        if (error)
            return error;
        inode = node_create(fs, st, key);
        if (!inode)
            return -ENOMEM;
    }
    if (dir && !is_above(hostfs_node_of(inode), dir)) {
        error = hostfs_node_place(hostfs_node_of(inode), dir, name);
        if (error) {
            inode_put(inode);
            return error;
        }
    }
    *out = inode;
    return 0;
}

void hostfs_node_free(struct hostfs_node *node)
{
    close_fd(hostfs_of(node->inode), node);
    free(node->name);
    if (node->parent)
        inode_put(node->parent->inode);
    free(node);
}

/* ---- descriptors ---- */

/* One level: the parent has a descriptor. */
static int open_node(struct hostfs *fs, struct hostfs_node *node, enum hostfs_access access)
{
    bool directory = node->inode->type == S_IFDIR;
    uint64_t flags = directory ? O_PATH | O_DIRECTORY : O_NONBLOCK | O_NOCTTY | O_RDONLY;
    struct statx st;
    int fd, error;

    if (!directory && access == HOSTFS_WRITE)
        flags |= O_RDWR;
    fd = hostfs_open_beneath(fs, node->parent->fd, node->name, flags, 0);
    if (fd == -EACCES && access == HOSTFS_WRITE && !directory)
        fd = hostfs_open_beneath(fs, node->parent->fd, node->name, O_NONBLOCK | O_WRONLY, 0);
    if (fd < 0) /* a link has taken the name: -ELOOP */
        return fd == -ELOOP || fd == -EXDEV || fd == -ENOTDIR ? -ESTALE : fd;
    error = host_statx(fd, "", &st);
    if (!error && !hostfs_node_is(node, &st))
        error = -ESTALE;
    if (error) {
        host_close(fd);
        return error;
    }
    close_fd(fs, node);
    node->fd = fd;
    node->access = access;
    return 0;
}

/*
 * Gives the node a descriptor: climbs to the nearest directory that has one, and opens downwards.
 * Nothing is put on the idle list meanwhile, so nothing that is needed is closed.
 */
static int open_path(struct hostfs *fs, struct hostfs_node *node, enum hostfs_access access)
{
    while (!node->parent || node->parent->fd < 0) {
        struct hostfs_node *top = node->parent;
        unsigned depth = 0;
        int error;

        if (!top)
            return -ESTALE;
        for (; top->parent && top->parent->fd < 0; top = top->parent)
            if (++depth > HOSTFS_DEPTH)
                return -ENAMETOOLONG;
        if (!top->parent)
            return -ESTALE;
        error = open_node(fs, top, HOSTFS_LOOK);
        if (error)
            return error;
    }
    return open_node(fs, node, access);
}

static void idle_add_parents(struct hostfs *fs, struct hostfs_node *node)
{
    for (node = node->parent; node && !node->idle && node->fd >= 0; node = node->parent)
        idle_add(fs, node);
}

int hostfs_pin(struct hostfs_node *node, enum hostfs_access access)
{
    struct hostfs *fs = hostfs_of(node->inode);
    bool directory = node->inode->type == S_IFDIR;
    int error;

    if (!directory && node->inode->type != S_IFREG)
        return -EACCES;
    if (access == HOSTFS_WRITE && !fs->writable)
        return -EROFS;
    idle_remove(fs, node);
    if (node->fd < 0 || (!directory && access == HOSTFS_WRITE && node->access != HOSTFS_WRITE)) {
        error = open_path(fs, node, access);
        idle_add_parents(fs, node);
        if (error) {
            idle_add(fs, node);
            return error;
        }
    }
    node->pins++;
    return node->fd;
}

void hostfs_unpin(struct hostfs_node *node)
{
    CHECK(node->pins > 0);
    node->pins--;
    idle_add(hostfs_of(node->inode), node);
}

void hostfs_adopt_fd(struct hostfs_node *node, int fd, enum hostfs_access access)
{
    struct hostfs *fs = hostfs_of(node->inode);

    close_fd(fs, node);
    node->fd = fd;
    node->access = access;
    idle_add(fs, node);
}

int hostfs_borrow(struct hostfs_node *node)
{
    int fd = hostfs_pin(node, HOSTFS_READ);

    if (fd < 0 || node->inode->type != S_IFDIR)
        return fd;
    fd = hostfs_open_beneath(hostfs_of(node->inode), fd, ".", O_RDONLY | O_DIRECTORY, 0);
    hostfs_unpin(node);
    return fd;
}

void hostfs_return(struct hostfs_node *node, int fd)
{
    if (node->inode->type == S_IFDIR)
        host_close(fd);
    else
        hostfs_unpin(node);
}

/* ---- attributes ---- */

int hostfs_statx(struct hostfs_node *node, struct statx *out)
{
    int error, dirfd;

    if (node->fd >= 0)
        return host_statx(node->fd, "", out);
    if (!node->parent)
        return -ESTALE;
    dirfd = hostfs_pin(node->parent, HOSTFS_LOOK);
    if (dirfd < 0)
        return dirfd;
    error = host_statx(dirfd, node->name, out);
    hostfs_unpin(node->parent);
    return !error && !hostfs_node_is(node, out) ? -ESTALE : error;
}

void hostfs_attributes(struct hostfs *fs, const struct statx *st, struct attributes *out)
{
    *out = (struct attributes){
        .dev = box_device(fs, host_device(st)),
        .ino = st->stx_ino,
        .mode = st->stx_mode,
        .nlink = st->stx_nlink,
        .uid = st->stx_uid,
        .gid = st->stx_gid,
        .rdev = makedev(st->stx_rdev_major, st->stx_rdev_minor),
        .size = st->stx_size,
        .blocks = st->stx_blocks,
        .blksize = st->stx_blksize,
        .atime = hostfs_time(st->stx_atime),
        .mtime = hostfs_time(st->stx_mtime),
        .ctime = hostfs_time(st->stx_ctime),
        .btime = st->stx_mask & STATX_BTIME ? hostfs_time(st->stx_btime) : 0,
    };
}
