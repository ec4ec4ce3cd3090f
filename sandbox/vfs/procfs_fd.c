/*
 * /proc/PID/fd and fdinfo: the descriptors of a process as links and as text. May include sandbox/.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/vfs/procfs.h"

/* The file of a descriptor, borrowed; NULL when it is closed. */
static struct file *file_at(const struct task *task, int fd, bool *cloexec)
{
    const struct fd_table *table = task->fds;

    if (!table || fd < 0 || (unsigned)fd >= table->size)
        return NULL;
    if (cloexec)
        *cloexec = table->entry[fd].cloexec;
    return table->entry[fd].file;
}

ssize_t proc_path_link(const struct path *path, char *buf, size_t size)
{
    static const char suffix[] = " (deleted)";
    bool deleted = false;
    char text[PATH_MAX + sizeof(suffix)];
    ssize_t length = path_text(task_current(), path, text, PATH_MAX, &deleted);

    if (length == -EXDEV) { /* not below the caller's root */
        static const char unreachable[] = "(unreachable)";

        length = sizeof(unreachable) - 1;
        memcpy(text, unreachable, sizeof(unreachable));
    }
    if (length < 0)
        return length;
    if (deleted) {
        memcpy(text + length, suffix, sizeof(suffix));
        length += (ssize_t)sizeof(suffix) - 1;
    }
    if ((size_t)length > size)
        length = (ssize_t)size;
    memcpy(buf, text, (size_t)length);
    return length;
}

static ssize_t readlink_fd(const struct proc_node *node, char *buf, size_t size)
{
    const struct file *file = file_at(node->task, node->fd, NULL);

    return file ? proc_path_link(&file->path, buf, size) : -ENOENT;
}

static int follow_fd(const struct proc_node *node, struct path *out)
{
    const struct file *file = file_at(node->task, node->fd, NULL);

    if (!file)
        return -ENOENT;
    path_get(&file->path);
    *out = file->path;
    return 0;
}

static int make_fdinfo(const struct proc_node *node, struct text *text)
{
    bool cloexec = false;
    struct file *file = file_at(node->task, node->fd, &cloexec);
    char more[4096];
    size_t length;

    if (!file)
        return -ENOENT;
    text_printf(text, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%lu\nino:\t%lu\n", (long long)file->pos,
                file->flags | (cloexec ? O_CLOEXEC : 0), (unsigned long)file->path.mount->id,
                (unsigned long)file->inode->ino);
    if (file->ops->fdinfo) {
        length = file->ops->fdinfo(file, more, sizeof(more));
        text_append(text, more, length < sizeof(more) ? length : sizeof(more) - 1);
    }
    return 0;
}

/* The links' permissions show how the file is open. */
#define FD_LINK(PERMISSIONS)                                                                       \
    {                                                                                              \
        .name = "fd-link", .mode = S_IFLNK | (PERMISSIONS), .readlink = readlink_fd,               \
        .follow = follow_fd, .needs_access = true                                                  \
    }
static const struct proc_entry fd_link_none = FD_LINK(0);
static const struct proc_entry fd_link_read = FD_LINK(0500);
static const struct proc_entry fd_link_write = FD_LINK(0300);
static const struct proc_entry fd_link_both = FD_LINK(0700);

static const struct proc_entry fd_text = {
    .name = "fd-text", .mode = S_IFREG | 0400, .make = make_fdinfo, .needs_access = true};

static const struct proc_entry *link_entry(const struct file *file)
{
    if (file->flags & O_PATH)
        return &fd_link_none;
    if (!file_writable(file))
        return &fd_link_read;
    return file_readable(file) ? &fd_link_both : &fd_link_write;
}

static bool find(const struct proc_node *node, const char *name, struct proc_node *child)
{
    int fd = proc_parse_number(name);

    if (!file_at(node->task, fd, NULL))
        return false;
    *child = *node;
    child->fd = fd;
    return true;
}

bool proc_find_fd(const struct proc_node *node, const char *name, struct proc_node *child)
{
    if (!find(node, name, child))
        return false;
    child->entry = link_entry(file_at(node->task, child->fd, NULL));
    return true;
}

bool proc_find_fdinfo(const struct proc_node *node, const char *name, struct proc_node *child)
{
    if (!find(node, name, child))
        return false;
    child->entry = &fd_text;
    return true;
}

bool proc_each_fd(const struct proc_node *node, struct file *file, struct dir_context *ctx,
                  int64_t first)
{
    const struct fd_table *table = node->task->fds;
    unsigned fd = file->pos > first ? (unsigned)(file->pos - first) : 0;

    for (; table && fd < table->size; fd++) {
        struct proc_node child = *node;

        if (!table->entry[fd].file)
            continue;
        child.entry = node->entry->find == proc_find_fd ? &fd_link_none : &fd_text;
        child.fd = (int)fd;
        if (!proc_emit_number(&child, file, ctx, first + fd, fd))
            return false;
    }
    return true;
}
