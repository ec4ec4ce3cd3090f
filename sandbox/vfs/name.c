/*
 * Making, removing and moving names: mkdir, mknod, symlink, link, unlink, rmdir, rename. The order
 * of the checks is Linux's, because programs see it by the errno.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

enum { SYMLINK_MAX_LENGTH = 4095 };

/* The directory and the negative dentry of a name that is to be made. */
struct new_name {
    struct path parent;
    struct dentry *dentry;
};

static void new_name_put(struct new_name *name)
{
    dentry_put(name->dentry);
    path_put(&name->parent);
}

static int start_create(struct task *task, int dirfd, const char *path, bool directory,
                        struct new_name *out)
{
    struct last_component last;
    int error = vfs_walk_parent(task, dirfd, path, &last);
    if (error) {
        return error;
    }
    struct dentry *dentry = NULL;
    if (last.kind != LAST_NAME) {
        error = -EEXIST;
    } else {
        error = dentry_lookup(last.parent.dentry, last.name, last.name_len, &dentry);
    }
    if (!error && dentry->inode) {
        error = -EEXIST;
    } else if (!error && last.trailing_slash && !directory) {
        error = -ENOENT; /* only a directory can be made with a slash after its name */
    }
    if (!error) {
        error = mount_want_write(last.parent.mount);
    }
    if (error) {
        dentry_put(dentry);
        path_put(&last.parent);
        return error;
    }
    *out = (struct new_name){.parent = last.parent, .dentry = dentry};
    return 0;
}

/* A dentry that stayed negative is no use to anybody later. */
static int end_create(struct new_name *name, int error)
{
    if (!name->dentry->inode) {
        dentry_unhash(name->dentry);
    }
    new_name_put(name);
    return error;
}

int vfs_mkdir(struct task *task, int dirfd, const char *path, uint32_t mode)
{
    struct new_name name;
    int error = start_create(task, dirfd, path, true, &name);
    if (error) {
        return error;
    }
    struct inode *dir = name.parent.dentry->inode;
    error = may_create(task, name.parent.dentry);
    if (error) {
        return end_create(&name, error);
    }
    mode = (mode & (S_IRWXUGO | S_ISVTX) & ~task->fs->umask) | S_IFDIR;
    error = dir->ops->mkdir ? dir->ops->mkdir(dir, name.dentry, mode, &task->cred) : -EPERM;
    return end_create(&name, error);
}

int vfs_check_mknod(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        return 0;
    case S_IFDIR:
        return -EPERM;
    default:
        return -EINVAL;
    }
}

int vfs_mknod(struct task *task, int dirfd, const char *path, uint32_t mode, uint64_t rdev)
{
    uint32_t type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
    struct new_name name;
    int error = vfs_check_mknod(mode);
    if (!error) {
        error = start_create(task, dirfd, path, false, &name);
    }
    if (error) {
        return error;
    }
    bool device = type == S_IFCHR || type == S_IFBLK;
    struct inode *dir = name.parent.dentry->inode;
    bool whiteout = type == S_IFCHR && rdev == 0;
    error = may_create(task, name.parent.dentry);
    if (error) {
        return end_create(&name, error);
    }
    if (device && !whiteout && !task_capable(task, CAP_MKNOD)) {
        error = -EPERM;
    } else if (!dir->ops->create) {
        error = -EPERM;
    } else {
        mode = (mode & S_IALLUGO & ~task->fs->umask) | type;
        error = dir->ops->create(dir, name.dentry, mode, device ? rdev : 0, &task->cred);
    }
    return end_create(&name, error);
}

int vfs_symlink(struct task *task, const char *target, int dirfd, const char *path)
{
    if (!*target) {
        return -ENOENT;
    }
    if (strlen(target) > SYMLINK_MAX_LENGTH) {
        return -ENAMETOOLONG;
    }
    struct new_name name;
    int error = start_create(task, dirfd, path, false, &name);
    if (error) {
        return error;
    }
    struct inode *dir = name.parent.dentry->inode;
    error = may_create(task, name.parent.dentry);
    if (error) {
        return end_create(&name, error);
    }
    error = dir->ops->symlink ? dir->ops->symlink(dir, name.dentry, target, &task->cred) : -EPERM;
    return end_create(&name, error);
}

/* link(2)'s rules beyond those of every new name. */
static int make_link(struct task *task, const struct path *from, struct new_name *to)
{
    struct inode *inode = from->dentry->inode, *dir = to->parent.dentry->inode;
    if (from->mount != to->parent.mount || inode->sb != dir->sb) {
        return -EXDEV;
    }
    int error = may_create(task, to->parent.dentry);
    if (error) {
        return error;
    }
    if (!dir->ops->link || inode->type == S_IFDIR) {
        return -EPERM;
    }
    struct attributes attr;
    error = inode_getattr(inode, &attr);
    if (!error && attr.nlink == 0 && !inode->linkable) {
        error = -ENOENT;
    }
    if (!error) {
        error = dir->ops->link(dir, to->dentry, inode);
    }
    if (!error) {
        inode->linkable = false;
    }
    return error;
}

int vfs_link(struct task *task, int from_fd, const char *from, int to_fd, const char *to,
             bool follow, bool empty_path)
{
    struct path source;
    unsigned flags = (follow ? WALK_FOLLOW : 0) | (empty_path ? WALK_EMPTY : 0);
    int error = vfs_walk(task, from_fd, from, flags, &source);
    if (error) {
        return error;
    }
    struct new_name name;
    error = start_create(task, to_fd, to, false, &name);
    if (!error) {
        error = end_create(&name, make_link(task, &source, &name));
    }
    path_put(&source);
    return error;
}

static int remove_name(struct task *task, const struct last_component *last, bool directory)
{
    struct dentry *dentry, *parent = last->parent.dentry;
    int error = mount_want_write(last->parent.mount);
    if (!error) {
        error = dentry_lookup(parent, last->name, last->name_len, &dentry);
    }
    if (error) {
        return error;
    }
    struct inode *dir = parent->inode;
    if (!dentry->inode) {
        error = -ENOENT;
    } else if (!directory && last->trailing_slash) {
        error = dentry->inode->type == S_IFDIR ? -EISDIR : -ENOTDIR;
    } else {
        error = may_delete(task, parent, dentry, directory);
    }
    if (!error && dentry->mounts > 0) {
        error = -EBUSY;
    }
    if (!error) {
        int (*remove)(struct inode *, struct dentry *) =
            directory ? dir->ops->rmdir : dir->ops->unlink;
        error = remove ? remove(dir, dentry) : -EPERM;
    }
    if (!error || !dentry->inode) {
        dentry_unhash(dentry);
    }
    dentry_put(dentry);
    return error;
}

int vfs_unlink(struct task *task, int dirfd, const char *path)
{
    struct last_component last;
    int error = vfs_walk_parent(task, dirfd, path, &last);
    if (error) {
        return error;
    }
    error = last.kind == LAST_NAME ? remove_name(task, &last, false) : -EISDIR;
    path_put(&last.parent);
    return error;
}

int vfs_rmdir(struct task *task, int dirfd, const char *path)
{
    struct last_component last;
    int error = vfs_walk_parent(task, dirfd, path, &last);
    if (error) {
        return error;
    }
    switch (last.kind) {
    case LAST_NAME:
        error = remove_name(task, &last, true);
        break;
    case LAST_DOT:
        error = -EINVAL;
        break;
    case LAST_DOTDOT:
        error = -ENOTEMPTY;
        break;
    default:
        error = -EBUSY;
    }
    path_put(&last.parent);
    return error;
}

/* ---- rename ---- */

struct rename {
    struct last_component from, to;
    struct dentry *old, *new; /* new may be negative */
    unsigned flags;
};

static int rename_lookup(struct rename *rename)
{
    struct last_component *from = &rename->from, *to = &rename->to;
    if (from->parent.mount != to->parent.mount) {
        return -EXDEV;
    }
    if (from->kind != LAST_NAME) {
        return -EBUSY;
    }
    if (to->kind != LAST_NAME) {
        return rename->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    }
    int error = mount_want_write(from->parent.mount);
    if (!error) {
        error = dentry_lookup(from->parent.dentry, from->name, from->name_len, &rename->old);
    }
    if (!error && !rename->old->inode) {
        error = -ENOENT;
    }
    if (!error) {
        error = dentry_lookup(to->parent.dentry, to->name, to->name_len, &rename->new);
    }
    return error;
}

/* What the names alone forbid: flags, slashes after files, a directory moved below itself. */
static int rename_check_names(const struct rename *rename)
{
    const struct dentry *old = rename->old, *new = rename->new;
    bool exchange = rename->flags & RENAME_EXCHANGE;
    if (rename->flags & RENAME_NOREPLACE && new->inode) {
        return -EEXIST;
    }
    if (exchange && !new->inode) {
        return -ENOENT;
    }
    if (exchange && new->inode->type != S_IFDIR && rename->to.trailing_slash) {
        return -ENOTDIR;
    }
    if (old->inode->type != S_IFDIR &&
        (rename->from.trailing_slash || (!exchange && rename->to.trailing_slash))) {
        return -ENOTDIR;
    }
    if (old->inode->type == S_IFDIR && dentry_is_below(rename->to.parent.dentry, old)) {
        return -EINVAL;
    }
    if (new->inode &&new->inode->type == S_IFDIR &&
        dentry_is_below(rename->from.parent.dentry, new)) {
        return exchange ? -EINVAL : -ENOTEMPTY;
    }
    return 0;
}

static int rename_check_rights(struct task *task, const struct rename *rename)
{
    struct dentry *from = rename->from.parent.dentry, *to = rename->to.parent.dentry;
    struct dentry *old = rename->old, *new = rename->new;
    bool directory = old->inode->type == S_IFDIR;
    bool exchange = rename->flags & RENAME_EXCHANGE;
    int error = may_delete(task, from, old, directory);
    if (!error && !new->inode) {
        error = may_create(task, to);
    } else if (!error) {
        error = may_delete(task, to, new, exchange ? new->inode->type == S_IFDIR : directory);
    }
    /* A directory that changes its parent is itself written: its ".." changes. */
    if (!error && from != to && directory) {
        error = inode_permission(task, old->inode, W_OK);
    }
    if (!error && from != to && exchange && new->inode->type == S_IFDIR) {
        error = inode_permission(task, new->inode, W_OK);
    }
    if (!error && (old->mounts > 0 || new->mounts > 0)) {
        error = -EBUSY;
    }
    return error;
}

static int rename_do(struct task *task, struct rename *rename)
{
    struct inode *from = rename->from.parent.dentry->inode, *to = rename->to.parent.dentry->inode;
    struct dentry *old = rename->old, *new = rename->new;
    int error = rename_check_names(rename);
    if (error) {
        return error;
    }
    if (old->inode == new->inode) {
        return 0; /* two names of one file: nothing happens */
    }
    error = rename_check_rights(task, rename);
    if (error) {
        return error;
    }
    if (!from->ops->rename) {
        return -EPERM;
    }
    error = from->ops->rename(from, old, to, new, rename->flags);
    if (error) {
        return error;
    }
    if (rename->flags & RENAME_EXCHANGE) {
        dentry_exchange(old, new);
        return 0;
    }
    if (dentry_move(old, new) != 0) {
        dentry_unhash(old); /* no memory for the name: the next walk looks both up again */
        dentry_unhash(new);
    }
    return 0;
}

int vfs_check_rename(unsigned flags)
{
    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT) ||
        (flags & RENAME_EXCHANGE && flags & (RENAME_NOREPLACE | RENAME_WHITEOUT))) {
        return -EINVAL;
    }
    return 0;
}

int vfs_rename(struct task *task, int from_fd, const char *from, int to_fd, const char *to,
               unsigned flags)
{
    struct rename rename = {.flags = flags};
    int error = vfs_check_rename(flags);
    if (!error) {
        error = vfs_walk_parent(task, from_fd, from, &rename.from);
    }
    if (error) {
        return error;
    }
    error = vfs_walk_parent(task, to_fd, to, &rename.to);
    if (error) {
        path_put(&rename.from.parent);
        return error;
    }
    error = rename_lookup(&rename);
    if (!error) {
        error = rename_do(task, &rename);
    }
    if (rename.new && !rename.new->inode) {
        dentry_unhash(rename.new);
    }
    dentry_put(rename.old);
    dentry_put(rename.new);
    path_put(&rename.from.parent);
    path_put(&rename.to.parent);
    return error;
}
