/*
 * Names: mkdir, mknod, link, symlink, readlink, unlink, rmdir, rename and their *at forms.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "abi/handlers.h"
#include "sandbox/files.h"
#include "sandbox/vfs/super.h"

static long make_directory(struct task *t, int dirfd, gaddr_t path, uint32_t mode)
{
    int error = 0;
    const char *name = task_path(t, path, &error);
    return name ? vfs_mkdir(t, dirfd, name, mode) : error;
}

long sys_mkdir(struct task *t, const struct mkdir_args *a)
{
    return make_directory(t, AT_FDCWD, a->path, a->mode);
}

long sys_mkdirat(struct task *t, const struct mkdirat_args *a)
{
    return make_directory(t, a->dirfd, a->path, a->mode);
}

/* The 32-bit device number of the ABI is what makedev gives for majors below 4,096. */
static long make_node(struct task *t, int dirfd, gaddr_t path, uint32_t mode, uint32_t dev)
{
    int error = vfs_check_mknod(mode);
    const char *name = error ? NULL : task_path(t, path, &error);
    return name ? vfs_mknod(t, dirfd, name, mode, dev) : error;
}

long sys_mknod(struct task *t, const struct mknod_args *a)
{
    return make_node(t, AT_FDCWD, a->path, a->mode, a->dev);
}

long sys_mknodat(struct task *t, const struct mknodat_args *a)
{
    return make_node(t, a->dirfd, a->path, a->mode, a->dev);
}

/* ---- links ---- */

static long make_link(struct task *t, int from_fd, gaddr_t from, int to_fd, gaddr_t to, int flags)
{
    int error = 0;
    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) {
        return -EINVAL;
    }
    const char *source = task_path(t, from, &error);
    if (!source) {
        return error;
    }
    const char *target = task_path(t, to, &error);
    if (!target) { /* what is wrong with the old name counts first */
        unsigned walk = (flags & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) |
                        (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
        struct path found;
        int first = vfs_walk(t, from_fd, source, walk, &found);
        if (first) {
            return first;
        }
        path_put(&found);
        return error;
    }
    return vfs_link(t, from_fd, source, to_fd, target, flags & AT_SYMLINK_FOLLOW,
                    flags & AT_EMPTY_PATH);
}

long sys_link(struct task *t, const struct link_args *a)
{
    return make_link(t, AT_FDCWD, a->oldpath, AT_FDCWD, a->newpath, 0);
}

long sys_linkat(struct task *t, const struct linkat_args *a)
{
    return make_link(t, a->olddirfd, a->oldpath, a->newdirfd, a->newpath, a->flags);
}

static long make_symlink(struct task *t, gaddr_t target, int dirfd, gaddr_t path)
{
    int error = 0;
    const char *text = task_path(t, target, &error);
    if (text && !*text) {
        return -ENOENT;
    }
    const char *name = text ? task_path(t, path, &error) : NULL;
    return name ? vfs_symlink(t, text, dirfd, name) : error;
}

long sys_symlink(struct task *t, const struct symlink_args *a)
{
    return make_symlink(t, a->target, AT_FDCWD, a->linkpath);
}

long sys_symlinkat(struct task *t, const struct symlinkat_args *a)
{
    return make_symlink(t, a->target, a->newdirfd, a->linkpath);
}

static long read_target(struct task *t, const struct path *link, gaddr_t buf, size_t size)
{
    size = size < PAGE_SIZE ? size : PAGE_SIZE;
    char *text = task_scratch(t, size);
    ssize_t length = vfs_readlink(link, text, size);
    if (length < 0) {
        return length;
    }
    return copyout(t->mm, buf, text, (size_t)length) ? -EFAULT : length;
}

static long read_link(struct task *t, int dirfd, gaddr_t path, gaddr_t buf, int size)
{
    struct path link;
    int error = 0;
    if (size <= 0) {
        return -EINVAL;
    }
    const char *name = task_path(t, path, &error);
    if (!name) {
        return error;
    }
    /* "" reads the link that dirfd itself is (O_PATH|O_NOFOLLOW), and nothing else. */
    error = vfs_walk(t, dirfd, name, WALK_EMPTY, &link);
    if (error) {
        return error;
    }
    long result;
    if (link.dentry->inode->type != S_IFLNK) {
        result = *name ? -EINVAL : -ENOENT;
    } else {
        result = read_target(t, &link, buf, (size_t)size);
    }
    path_put(&link);
    return result;
}

long sys_readlink(struct task *t, const struct readlink_args *a)
{
    return read_link(t, AT_FDCWD, a->path, a->buf, a->bufsiz);
}

long sys_readlinkat(struct task *t, const struct readlinkat_args *a)
{
    return read_link(t, a->dirfd, a->path, a->buf, a->bufsiz);
}

/* ---- removing and moving ---- */

static long remove_name(struct task *t, int dirfd, gaddr_t path, bool directory)
{
    int error = 0;
    const char *name = task_path(t, path, &error);
    if (!name) {
        return error;
    }
    return directory ? vfs_rmdir(t, dirfd, name) : vfs_unlink(t, dirfd, name);
}

long sys_unlink(struct task *t, const struct unlink_args *a)
{
    return remove_name(t, AT_FDCWD, a->path, false);
}

long sys_rmdir(struct task *t, const struct rmdir_args *a)
{
    return remove_name(t, AT_FDCWD, a->path, true);
}

long sys_unlinkat(struct task *t, const struct unlinkat_args *a)
{
    if (a->flags & ~AT_REMOVEDIR) {
        return -EINVAL;
    }
    return remove_name(t, a->dirfd, a->path, a->flags & AT_REMOVEDIR);
}

static long move_name(struct task *t, int from_fd, gaddr_t from, int to_fd, gaddr_t to,
                      unsigned flags)
{
    int error = vfs_check_rename(flags);
    const char *old = error ? NULL : task_path(t, from, &error);
    if (!old) {
        return error;
    }
    const char *new = task_path(t, to, &error);
    if (!new) { /* what is wrong with the old name's directory counts first */
        struct last_component last;
        int first = vfs_walk_parent(t, from_fd, old, &last);
        if (first) {
            return first;
        }
        path_put(&last.parent);
        return error;
    }
    return vfs_rename(t, from_fd, old, to_fd, new, flags);
}

long sys_rename(struct task *t, const struct rename_args *a)
{
    return move_name(t, AT_FDCWD, a->oldpath, AT_FDCWD, a->newpath, 0);
}

long sys_renameat(struct task *t, const struct renameat_args *a)
{
    return move_name(t, a->olddirfd, a->oldpath, a->newdirfd, a->newpath, 0);
}

long sys_renameat2(struct task *t, const struct renameat2_args *a)
{
    return move_name(t, a->olddirfd, a->oldpath, a->newdirfd, a->newpath, a->flags);
}
