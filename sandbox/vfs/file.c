/*
 * Open files: references, reading and writing with what holds for every kind of file (access
 * modes, offsets, limits, waiting), anonymous files.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/async.h"
#include "sandbox/vfs/epoll.h"
#include "sandbox/vfs/lease.h"
#include "sandbox/vfs/locks.h"
#include "sandbox/vfs/poll.h"

/* Most that one read or write moves, as on Linux: INT_MAX rounded down to a page. */
#define MAX_TRANSFER ((size_t)INT_MAX & PAGE_MASK)

static const struct file_ops no_ops;

int file_create(const struct path *path, uint32_t flags, struct file **out)
{
    struct file *file = calloc(1, sizeof *file);
    if (!file) {
        return -ENOMEM;
    }
    path_get(path);
    file->refs = 1;
    file->ops = &no_ops;
    file->path = *path;
    file->inode = path->dentry->inode;
    file->flags = flags;
    *out = file;
    return 0;
}

bool file_can_direct(const struct file *file)
{
    return file->inode->type == S_IFREG && file->ops->mmap;
}

struct file *file_get(struct file *file)
{
    file->refs++;
    return file;
}

void file_put(struct file *file)
{
    if (!file) {
        return;
    }
    CHECK(file->refs > 0);
    if (--file->refs > 0) {
        return;
    }
    epoll_file_closed(file);
    file_set_async(file, 0, false);
    locks_release_file(file);
    lease_release(file);
    if (file->ops->release) {
        file->ops->release(file);
    }
    if (file->holds_read) {
        file->inode->read_count--;
    }
    if (file->holds_write) {
        file->inode->write_count--;
        file->path.mount->writers--;
    }
    path_put(&file->path);
    free(file);
}

/* ---- anonymous files ---- */

struct inode *anonymous_inode(struct box *box, uint32_t mode)
{
    struct inode *inode =
        inode_create(nameless_mount(box->vfs, mode & S_IFMT)->sb, 0, mode, &anonymous_inode_ops);
    struct anonymous *data = calloc(1, sizeof *data);
    if (!inode || !data) {
        free(data);
        if (inode) {
            inode->ops = &(const struct inode_ops){0};
            inode_put(inode);
        }
        return NULL;
    }
    inode->private = data;
    const struct task *task = task_current(); /* NULL while the box is set up: root's */
    int64_t now = clock_realtime(box);
    *data = (struct anonymous){
        .mode = mode,
        .uid = task ? task->cred.fsuid : 0,
        .gid = task ? task->cred.fsgid : 0,
        .atime = now,
        .mtime = now,
        .ctime = now,
    };
    return inode;
}

struct file *file_on_inode(struct box *box, struct inode *inode, const char *name,
                           const struct file_ops *ops, void *private, uint32_t flags)
{
    struct mount *mount = nameless_mount(box->vfs, inode->type);
    char text[48];
    if (!name) {
        snprintf(text, sizeof text, "%s:[%lu]", inode->type == S_IFSOCK ? "socket" : "pipe",
                 (unsigned long)inode->ino);
        name = text;
    }
    struct dentry *dentry = dentry_create_root(mount->sb, inode_get(inode), name);
    if (!dentry) {
        return NULL;
    }
    struct path path = {.mount = mount, .dentry = dentry};
    struct file *file = NULL;
    if (file_create(&path, flags, &file) == 0) {
        file->ops = ops;
        file->private = private;
    }
    dentry_put(dentry);
    return file;
}

struct file *file_anonymous(struct box *box, const char *name, const struct file_ops *ops,
                            void *private, uint32_t flags)
{
    struct inode *inode = anonymous_inode(box, 0600);
    if (!inode) {
        return NULL;
    }
    struct file *file = file_on_inode(box, inode, name, ops, private, flags);
    inode_put(inode);
    return file;
}

int64_t noop_lseek(struct file *file, int64_t offset, int whence)
{
    (void)offset;
    (void)whence;
    return file->pos;
}

/* ---- waiting until a file is ready ---- */

enum { WAIT_QUEUES_MAX = 4 };

/* A poll table that hangs the calling task itself on the file's queues. */
struct file_wait {
    struct poll_table table;
    struct task *task;
    unsigned count;
    struct wait_entry entries[WAIT_QUEUES_MAX];
};

static void wait_on_queue(struct poll_table *table, struct wait_queue *queue)
{
    struct file_wait *wait = (struct file_wait *)table;
    CHECK(wait->count < WAIT_QUEUES_MAX);
    struct wait_entry *entry = &wait->entries[wait->count++];
    *entry = (struct wait_entry){.task = wait->task};
    wait_add(queue, entry);
}

unsigned vfs_poll(struct file *file, struct poll_table *table)
{
    return file->ops->poll ? file->ops->poll(file, table)
                           : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

/* Sleeps until the file may have become ready for `events`; 0 or -EINTR. */
static int wait_for(struct task *task, struct file *file, unsigned events)
{
    struct file_wait wait = {.table.add = wait_on_queue, .task = task};
    int error = 0;
    if (!(vfs_poll(file, &wait.table) & (events | POLLERR | POLLHUP))) {
        error = task_wait(task, WAIT_FOREVER, RESTART_SYS);
    }
    for (unsigned i = 0; i < wait.count; i++) {
        wait_remove(&wait.entries[i]);
    }
    return error;
}

static bool may_wait(const struct file *file)
{
    return !(file->flags & O_NONBLOCK) && file->ops->poll;
}

/* ---- reading and writing ---- */

/* Cuts the transfer to the greatest size; -EINVAL when it would pass the greatest offset. */
static int limit_transfer(struct uio *uio, int64_t pos)
{
    int64_t end;
    if (pos < 0 || __builtin_add_overflow(pos, (int64_t)uio->left, &end)) {
        return -EINVAL;
    }
    if (uio->left > MAX_TRANSFER) {
        uio->left = MAX_TRANSFER;
    }
    return 0;
}

ssize_t vfs_read(struct task *task, struct file *file, struct uio *uio, int64_t *pos)
{
    if (!file_readable(file)) {
        return -EBADF;
    }
    if (!file->ops->read) {
        return -EINVAL;
    }
    int64_t *offset = pos ? pos : &file->pos;
    int error = limit_transfer(uio, file_has_offset(file) ? *offset : 0);
    if (error) {
        return error;
    }
    for (;;) {
        ssize_t done = file->ops->read(file, uio, offset);
        if (done != -EAGAIN || !may_wait(file)) {
            return done;
        }
        error = wait_for(task, file, POLLIN | POLLRDHUP);
        if (error) {
            return error;
        }
    }
}

/* RLIMIT_FSIZE for writing at pos: cuts the transfer; beyond the limit SIGXFSZ and -EFBIG. */
static int limit_file_size(struct task *task, struct uio *uio, int64_t pos)
{
    uint64_t limit = task->process->rlimit[RLIMIT_FSIZE].cur;
    if (limit == (uint64_t)RLIM_INFINITY) {
        limit = INT64_MAX;
    } else if ((uint64_t)pos >= limit) {
        signal_send_self(SIGXFSZ);
        return -EFBIG;
    }
    if (limit > INT64_MAX) {
        limit = INT64_MAX;
    }
    if ((uint64_t)pos >= limit) {
        return -EFBIG;
    }
    if (uio->left > limit - (uint64_t)pos) {
        uio->left = limit - (uint64_t)pos;
    }
    return 0;
}

/* Writing takes the bits that lend rights off a file, unless CAP_FSETID. */
static int strip_privileges(struct task *task, struct inode *inode)
{
    struct attributes attr;
    if (task_capable(task, CAP_FSETID)) {
        return 0;
    }
    int error = inode_getattr(inode, &attr);
    uint32_t lent = attr.mode & S_ISUID;
    if ((attr.mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
        lent |= S_ISGID;
    }
    if (error || !lent || !inode->ops->setattr) {
        return error;
    }
    attr.mode &= ~lent;
    attr.ctime = clock_realtime(inode->sb->box);
    return inode->ops->setattr(inode, &attr, SET_MODE | SET_CTIME);
}

/* What comes before a write to a regular file: the offset, the limits, the rights. */
static int prepare_regular(struct task *task, struct file *file, struct uio *uio, int64_t *offset)
{
    if (file->flags & O_APPEND) {
        struct attributes attr;
        int error = inode_getattr(file->inode, &attr);
        if (error) {
            return error;
        }
        *offset = (int64_t)attr.size;
    }
    if (uio->left == 0) {
        return 0;
    }
    int error = limit_file_size(task, uio, *offset);
    return error ? error : strip_privileges(task, file->inode);
}

static ssize_t write_waiting(struct task *task, struct file *file, struct uio *uio, int64_t *offset)
{
    ssize_t total = 0;
    for (;;) {
        ssize_t done = file->ops->write(file, uio, offset);
        if (done > 0) {
            total += done;
        }
        /* A file that can be waited for takes everything before write(2) returns. */
        bool more = done == -EAGAIN || (done > 0 && uio->left > 0 && !uio->error);
        if (!more || !may_wait(file)) {
            return total > 0 ? total : done;
        }
        int error = wait_for(task, file, POLLOUT);
        if (error) {
            return total > 0 ? total : error;
        }
    }
}

ssize_t vfs_write(struct task *task, struct file *file, struct uio *uio, int64_t *pos)
{
    if (!file_writable(file)) {
        return -EBADF;
    }
    if (!file->ops->write) {
        return -EINVAL;
    }
    int64_t *offset = pos ? pos : &file->pos;
    int error = limit_transfer(uio, file_has_offset(file) ? *offset : 0);
    if (!error && file->inode->type == S_IFREG) {
        error = prepare_regular(task, file, uio, offset);
    }
    if (error) {
        return error;
    }
    ssize_t done = write_waiting(task, file, uio, offset);
    if (done > 0 && file->flags & O_DSYNC && file->ops->fsync) {
        error = file->ops->fsync(file, true);
        if (error) {
            return error;
        }
    }
    if (done == -EPIPE) {
        signal_send_self(SIGPIPE);
    }
    return done;
}

ssize_t file_pread(struct file *file, void *buf, size_t len, int64_t pos)
{
    if (!file->ops->read) {
        return -EINVAL;
    }
    struct iovec storage;
    struct uio uio;
    uio_host(&uio, &storage, buf, len);
    while (uio.left > 0) {
        ssize_t done = file->ops->read(file, &uio, &pos);
        if (done < 0) {
            return done;
        }
        if (done == 0) {
            break;
        }
    }
    return (ssize_t)(len - uio.left);
}
