/*
 * Opening: open(2), openat2(2) and their order of checks.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <unistd.h>

#include "sandbox/vfs/lease.h"
#include "sandbox/vfs/pipe.h"

/* The two bits of O_TMPFILE and O_SYNC that are their own. */
#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
#define SYNC_BIT    (O_SYNC & ~O_DSYNC)
/* What fcntl(F_GETFL) adds for every 64-bit program; <fcntl.h> defines it as 0 there. */
#define LARGEFILE_BIT 0x8000u

struct open_request {
    uint32_t flags, mode;
    int access; /* R_OK | W_OK that the file's own permissions must give */
};

/* The rules that flags must keep whatever the path is. O_PATH drops most of the others. */
static int check_flags(uint32_t flags, uint32_t mode, struct open_request *request)
{
    static const int access_of_mode[] = {R_OK, W_OK, R_OK | W_OK, R_OK | W_OK};
    if (flags & O_PATH) {
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
        *request = (struct open_request){.flags = flags};
        return 0;
    }
    request->access = access_of_mode[flags & O_ACCMODE];
    if (flags & TMPFILE_BIT) {
        if ((flags & O_TMPFILE) != O_TMPFILE || flags & O_CREAT || !(request->access & W_OK)) {
            return -EINVAL;
        }
    } else if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT)) {
        return -EINVAL;
    }
    if (flags & SYNC_BIT) {
        flags |= O_DSYNC;
    }
    if (flags & O_TRUNC) {
        request->access |= W_OK;
    }
    request->flags = flags | LARGEFILE_BIT;
    request->mode = mode & S_IALLUGO;
    return 0;
}

int vfs_check_open(uint32_t flags)
{
    struct open_request request;
    return check_flags(flags, 0, &request);
}

static unsigned walk_flags(uint32_t flags, uint64_t resolve)
{
    static const struct {
        uint64_t resolve;
        unsigned walk;
    } table[] = {
        {RESOLVE_NO_XDEV, WALK_NO_XDEV},
        {RESOLVE_NO_MAGICLINKS, WALK_NO_MAGICLINKS},
        {RESOLVE_NO_SYMLINKS, WALK_NO_SYMLINKS | WALK_NO_MAGICLINKS},
        {RESOLVE_BENEATH, WALK_BENEATH},
        {RESOLVE_IN_ROOT, WALK_IN_ROOT},
    };
    unsigned walk = flags & O_DIRECTORY ? WALK_DIRECTORY : 0;
    bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    if (!(flags & O_NOFOLLOW) && !exclusive) {
        walk |= WALK_FOLLOW;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        walk |= resolve & table[i].resolve ? table[i].walk : 0;
    }
    return walk;
}

/* ---- the last step ---- */

static int open_special(struct task *task, struct file *file)
{
    struct inode *inode = file->inode;
    struct attributes attr;
    int error;
    switch (inode->type) {
    case S_IFIFO:
        return pipe_open_fifo(inode, file, task);
    case S_IFCHR:
    case S_IFBLK:
        error = inode_getattr(inode, &attr);
        return error ? error : device_open(task, inode, attr.rdev, file);
    default:
        return -ENXIO;
    }
}

/*
 * Counts who has a regular file open. Writers keep a program from being executed, and a mount from
 * becoming read-only.
 */
static int count_opener(struct file *file)
{
    struct inode *inode = file->inode;
    if (inode->type != S_IFREG || file->flags & O_PATH) {
        return 0;
    }
    if (!file_writable(file)) {
        inode->read_count++;
        file->holds_read = true;
        return 0;
    }
    if (inode->write_count < 0) {
        return -ETXTBSY;
    }
    int error = mount_want_write(file->path.mount);
    if (!error) {
        inode->write_count++;
        file->path.mount->writers++;
        file->holds_write = true;
    }
    return error;
}

int file_open(struct task *task, const struct path *path, uint32_t flags, struct file **out)
{
    struct file *file;
    int error = file_create(path, flags, &file);
    if (error) {
        return error;
    }
    struct inode *inode = file->inode;
    error = count_opener(file);
    if (!error && !(flags & O_PATH) && inode->leases) {
        error = lease_break(task, inode, file_writable(file), flags & O_NONBLOCK);
    }
    if (error || flags & O_PATH) {
        /* an O_PATH file has no operations */
    } else if (inode->ops->open) {
        error = inode->ops->open(inode, file);
    } else if (inode->file_ops) {
        file->ops = inode->file_ops;
    } else {
        error = open_special(task, file);
    }
    if (!error && flags & O_DIRECT && !file_can_direct(file)) {
        error = -EINVAL;
    }
    if (error) {
        file_put(file);
        return error;
    }
    /* Only opening itself wants to know: terminals, and layers that need not copy what will go. */
    file->flags &= ~(uint32_t)(O_NOCTTY | O_TRUNC);
    *out = file;
    return 0;
}

/* ---- executing ---- */

int inode_deny_write(struct inode *inode)
{
    if (inode->write_count > 0) {
        return -ETXTBSY;
    }
    inode->write_count--;
    return 0;
}

void inode_allow_write(struct inode *inode)
{
    CHECK(inode->write_count < 0);
    inode->write_count++;
}

/* ---- permissions ---- */

/* may_open of Linux: what the kind of file and its mount allow, then its permissions. */
static int check_open(struct task *task, const struct path *path, struct open_request *request)
{
    struct inode *inode = path->dentry->inode;
    switch (inode->type) {
    case S_IFLNK:
        return -ELOOP;
    case S_IFDIR:
        if (request->access & W_OK) {
            return -EISDIR;
        }
        break;
    case S_IFCHR:
    case S_IFBLK:
        if (path->mount->flags & MOUNT_NODEV) {
            return -EACCES;
        }
        request->flags &= ~(uint32_t)O_TRUNC;
        break;
    case S_IFREG:
        break;
    default:
        request->flags &= ~(uint32_t)O_TRUNC;
    }
    int error = inode_permission(task, inode, request->access);
    if (!error && request->flags & O_NOATIME) {
        struct attributes attr;
        error = inode_getattr(inode, &attr);
        if (!error && !attributes_owner(task, &attr)) {
            error = -EPERM;
        }
    }
    return error;
}

/* What file_open looks at: F_GETFL's flags, and two that it takes away itself. */
static uint32_t status_flags(uint32_t flags)
{
    return flags & ~(uint32_t)(O_CREAT | O_EXCL | O_CLOEXEC);
}

/* Opens a file that existed before; created: it was made by this very call. */
static int open_found(struct task *task, const struct path *path, struct open_request *request,
                      bool created, struct file **out)
{
    struct inode *inode = path->dentry->inode;
    if (request->flags & O_CREAT && !created) {
        if (request->flags & O_EXCL) {
            return -EEXIST;
        }
        if (inode->type == S_IFDIR) {
            return -EISDIR;
        }
    }
    if (request->flags & O_PATH) {
        return file_open(task, path, request->flags, out);
    }
    bool truncate = request->flags & O_TRUNC && !created && inode->type == S_IFREG;
    int error = truncate ? mount_want_write(path->mount) : 0;
    if (!error && !created) {
        error = check_open(task, path, request);
    }
    if (!error) {
        error = file_open(task, path, status_flags(request->flags), out);
    }
    if (!error && truncate) {
        error = inode_set_size(task, inode, 0);
        if (error) {
            file_put(*out);
        }
    }
    return error;
}

int vfs_open_path(struct task *task, const struct path *path, uint32_t flags, struct file **out)
{
    struct open_request request;
    int error = check_flags(flags, 0, &request);
    if (!error && request.flags & O_DIRECTORY && path->dentry->inode->type != S_IFDIR) {
        error = -ENOTDIR;
    }
    return error ? error : open_found(task, path, &request, false, out);
}

/* ---- O_CREAT and O_TMPFILE ---- */

static int create_last(struct walk *walk, struct path *target, const struct open_request *request)
{
    struct dentry *parent = walk->at.dentry;
    struct inode *dir = parent->inode;
    int error = mount_want_write(walk->at.mount);
    if (!error) {
        error = may_create(walk->task, parent);
    }
    if (!error && !dir->ops->create) {
        error = -EACCES;
    }
    if (!error) {
        uint32_t mode = (request->mode & ~walk->task->fs->umask) | S_IFREG;
        error = dir->ops->create(dir, target->dentry, mode, 0, &walk->task->cred);
    }
    if (error) {
        dentry_unhash(target->dentry);
    }
    return error;
}

/* Walks to the file to be opened, making it if asked: *target with references. */
static int find_or_create(struct walk *walk, const struct open_request *request,
                          struct path *target, bool *created)
{
    for (;;) {
        int error = walk_to_last(walk);
        if (error) {
            return error;
        }
        if (walk->kind != LAST_NAME) {
            return walk_special(walk, target);
        }
        if (walk->trailing_slash && request->flags & O_CREAT) {
            return -EISDIR;
        }
        error = walk_lookup(walk, target);
        if (error) {
            return error;
        }
        const struct inode *inode = target->dentry->inode;
        if (!inode) {
            error = request->flags & O_CREAT ? create_last(walk, target, request) : -ENOENT;
            *created = !error;
            if (error) {
                path_put(target);
            }
            return error;
        }
        walk_note_slash(walk);
        if (inode->type != S_IFLNK || !(walk->flags & WALK_FOLLOW)) {
            return 0;
        }
        error = walk_follow(walk, target);
        path_put(target);
        if (error) {
            return error;
        }
    }
}

static int open_tmpfile(struct task *task, const struct path *dir, struct open_request *request,
                        struct file **out)
{
    struct inode *parent = dir->dentry->inode, *inode;
    int error = mount_want_write(dir->mount);
    if (!error) {
        error = may_create(task, dir->dentry);
    }
    if (!error && !parent->ops->tmpfile) {
        error = -EOPNOTSUPP;
    }
    if (error) {
        return error;
    }
    uint32_t mode = (request->mode & ~task->fs->umask) | S_IFREG;
    error = parent->ops->tmpfile(parent, mode, &task->cred, &inode);
    if (error) {
        return error;
    }
    char name[24];
    int length = snprintf(name, sizeof name, "#%lu", (unsigned long)inode->ino);
    struct dentry *dentry = dentry_create(dir->dentry, name, (size_t)length);
    if (!dentry) {
        inode_put(inode);
        return -ENOMEM;
    }
    dentry_unhash(dentry);
    dentry_instantiate(dentry, inode);
    inode->linkable = !(request->flags & O_EXCL);
    struct path path = {.mount = dir->mount, .dentry = dentry};
    error = file_open(task, &path, status_flags(request->flags), out);
    dentry_put(dentry);
    return error;
}

int vfs_open(struct task *task, int dirfd, const char *path, uint32_t flags, uint32_t mode,
             uint64_t resolve, struct file **out)
{
    struct open_request request;
    struct walk walk;
    struct path target;
    bool created = false;
    int error = check_flags(flags, mode, &request);
    if (error) {
        return error;
    }
    error = walk_start(&walk, task, dirfd, path, walk_flags(request.flags, resolve));
    if (error) {
        return error;
    }
    error = find_or_create(&walk, &request, &target, &created);
    bool must_be_directory = walk.must_be_directory;
    walk_end(&walk);
    if (error) {
        return error;
    }
    if (must_be_directory && target.dentry->inode->type != S_IFDIR) {
        error = -ENOTDIR;
    } else if (request.flags & TMPFILE_BIT) {
        error = open_tmpfile(task, &target, &request, out);
    } else {
        error = open_found(task, &target, &request, created, out);
    }
    path_put(&target);
    return error;
}
