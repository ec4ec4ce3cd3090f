/*
 * Descriptor tables, and the working directories and roots of tasks.
 */
#include "sandbox/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/locks.h"

enum { TABLE_FIRST_SIZE = 32 };

uint64_t fd_limit(const struct task *task)
{
    uint64_t limit = task->process->rlimit[RLIMIT_NOFILE].cur;
    return limit < INT32_MAX ? limit : INT32_MAX;
}

struct fd_table *fd_table_create(void)
{
    struct fd_table *table = calloc(1, sizeof *table);
    if (table) {
        table->refs = 1;
    }
    return table;
}

/* Makes room for descriptor fd. */
static int grow(struct fd_table *table, unsigned fd)
{
    if (fd < table->size) {
        return 0;
    }
    unsigned size = table->size ? table->size : TABLE_FIRST_SIZE;
    while (size <= fd) {
        size *= 2;
    }
    struct fd_entry *entry = realloc(table->entry, size * sizeof *entry);
    if (!entry) {
        return -ENOMEM;
    }
    memset(entry + table->size, 0, (size - table->size) * sizeof *entry);
    table->entry = entry;
    table->size = size;
    return 0;
}

static struct file *peek(const struct fd_table *table, int fd)
{
    return fd >= 0 && (unsigned)fd < table->size ? table->entry[fd].file : NULL;
}

struct file *fd_get_any(struct task *task, int fd)
{
    struct file *file = peek(task->fds, fd);
    return file ? file_get(file) : NULL;
}

struct file *fd_get(struct task *task, int fd)
{
    struct file *file = peek(task->fds, fd);
    return file && !(file->flags & O_PATH) ? file_get(file) : NULL;
}

static unsigned lowest_free(struct fd_table *table, unsigned from)
{
    unsigned fd = from > table->lowest_free ? from : table->lowest_free;
    while (fd < table->size && table->entry[fd].file) {
        fd++;
    }
    if (from <= table->lowest_free) {
        table->lowest_free = fd;
    }
    return fd;
}

bool fd_room(struct task *task)
{
    return lowest_free(task->fds, 0) < fd_limit(task);
}

int fd_install(struct task *task, struct file *file, int from, bool cloexec)
{
    unsigned fd = lowest_free(task->fds, (unsigned)from);
    int error = fd < fd_limit(task) ? grow(task->fds, fd) : -EMFILE;
    if (error) {
        file_put(file);
        return error;
    }
    task->fds->entry[fd] = (struct fd_entry){file, cloexec};
    return (int)fd;
}

int fd_install_at(struct task *task, struct file *file, int fd)
{
    int error = (uint64_t)fd < fd_limit(task) ? grow(task->fds, (unsigned)fd) : -EBADF;
    if (error) {
        file_put(file);
        return error;
    }
    CHECK(!task->fds->entry[fd].file);
    task->fds->entry[fd].file = file;
    return fd;
}

/* What closing a descriptor means for the file, whose reference goes. */
static int close_file(struct fd_table *table, struct file *file)
{
    int error = 0;
    if (!(file->flags & O_PATH)) {
        error = file->ops->flush ? file->ops->flush(file) : 0;
        locks_release_owner(file, table);
    }
    file_put(file);
    return error;
}

/* Takes the file out of the table; NULL when fd is not open. */
static struct file *take_out(struct fd_table *table, unsigned fd)
{
    struct file *file = peek(table, (int)fd);
    if (file) {
        table->entry[fd] = (struct fd_entry){0};
        if (fd < table->lowest_free) {
            table->lowest_free = fd;
        }
    }
    return file;
}

int fd_close(struct task *task, int fd)
{
    struct file *file = fd >= 0 ? take_out(task->fds, (unsigned)fd) : NULL;
    return file ? close_file(task->fds, file) : -EBADF;
}

int fd_replace(struct task *task, struct file *file, int fd, bool cloexec)
{
    int error = fd >= 0 && (uint64_t)fd < fd_limit(task) ? grow(task->fds, (unsigned)fd) : -EBADF;
    if (error) {
        file_put(file);
        return error;
    }
    struct file *old = task->fds->entry[fd].file;
    task->fds->entry[fd] = (struct fd_entry){file, cloexec};
    if (old) {
        (void)close_file(task->fds, old); /* dup2 does not report it */
    }
    return fd;
}

int fd_get_cloexec(const struct task *task, int fd)
{
    return peek(task->fds, fd) ? task->fds->entry[fd].cloexec : -EBADF;
}

int fd_set_cloexec(struct task *task, int fd, bool cloexec)
{
    if (!peek(task->fds, fd)) {
        return -EBADF;
    }
    task->fds->entry[fd].cloexec = cloexec;
    return 0;
}

void fd_close_range(struct task *task, unsigned first, unsigned last, bool cloexec_only)
{
    struct fd_table *table = task->fds;
    for (unsigned fd = first; fd <= last && fd < table->size; fd++) {
        if (cloexec_only) {
            table->entry[fd].cloexec = table->entry[fd].file != NULL;
            continue;
        }
        struct file *file = take_out(table, fd);
        if (file) {
            (void)close_file(table, file);
        }
    }
}

struct fd_table *fd_table_ref(struct fd_table *table)
{
    table->refs++;
    return table;
}

struct fd_table *fd_table_clone(const struct fd_table *table)
{
    struct fd_table *copy = fd_table_create();
    unsigned used = table->size;
    while (used > 0 && !table->entry[used - 1].file) {
        used--;
    }
    if (!copy || (used > 0 && grow(copy, used - 1) != 0)) {
        free(copy);
        return NULL;
    }
    for (unsigned fd = 0; fd < used; fd++) {
        copy->entry[fd] = table->entry[fd];
        if (copy->entry[fd].file) {
            file_get(copy->entry[fd].file);
        }
    }
    copy->lowest_free = table->lowest_free;
    return copy;
}

void fd_table_unref(struct task *task, struct fd_table *table)
{
    (void)task;
    CHECK(table->refs > 0);
    if (--table->refs > 0) {
        return;
    }
    for (unsigned fd = 0; fd < table->size; fd++) {
        struct file *file = take_out(table, fd);
        if (file) {
            (void)close_file(table, file);
        }
    }
    free(table->entry);
    free(table);
}

int fd_table_unshare(struct task *task)
{
    if (task->fds->refs == 1) {
        return 0;
    }
    struct fd_table *copy = fd_table_clone(task->fds);
    if (!copy) {
        return -ENOMEM;
    }
    fd_table_unref(task, task->fds);
    task->fds = copy;
    return 0;
}

void fd_table_close_on_exec(struct task *task)
{
    for (unsigned fd = 0; fd < task->fds->size; fd++) {
        if (task->fds->entry[fd].file && task->fds->entry[fd].cloexec) {
            (void)fd_close(task, (int)fd);
        }
    }
}

/* ---- root, working directory, umask ---- */

static struct path *new_path(const struct path *from)
{
    struct path *path = malloc(sizeof *path);
    if (path) {
        *path = *from;
        path_get(path);
    }
    return path;
}

static void free_path(struct path *path)
{
    if (path) {
        path_put(path);
        free(path);
    }
}

static struct fs_context *make_context(const struct path *root, const struct path *cwd,
                                       uint32_t umask)
{
    struct fs_context *fs = calloc(1, sizeof *fs);
    if (!fs) {
        return NULL;
    }
    *fs = (struct fs_context){1, new_path(root), new_path(cwd), umask};
    if (!fs->root || !fs->cwd) {
        fs_context_unref(fs);
        return NULL;
    }
    return fs;
}

struct fs_context *fs_context_create(const struct path *root, uint32_t umask)
{
    return make_context(root, root, umask);
}

struct fs_context *fs_context_clone(const struct fs_context *fs)
{
    return make_context(fs->root, fs->cwd, fs->umask);
}

struct fs_context *fs_context_ref(struct fs_context *fs)
{
    fs->refs++;
    return fs;
}

void fs_context_unref(struct fs_context *fs)
{
    CHECK(fs->refs > 0);
    if (--fs->refs > 0) {
        return;
    }
    free_path(fs->root);
    free_path(fs->cwd);
    free(fs);
}

/* ---- arguments ---- */

/* access_ok of Linux: could the range be a process's at all? */
static bool is_user_range(uint64_t addr, uint64_t len)
{
    uint64_t end;
    return !__builtin_add_overflow(addr, len, &end) && end <= MM_TOP;
}

int uio_import_range(struct task *task, struct uio *uio, struct iovec *storage, gaddr_t addr,
                     uint64_t len)
{
    if (!is_user_range(addr, len)) {
        return -EFAULT;
    }
    uio_guest(uio, storage, task->mm, addr, len);
    return 0;
}

int uio_import(struct task *task, struct uio *uio, gaddr_t iov, uint64_t count)
{
    enum { VECTORS_MAX = 1024 };
    if (count > VECTORS_MAX) {
        return -EINVAL;
    }
    struct iovec *vectors = task_scratch(task, (count ? count : 1) * sizeof *vectors);
    if (copyin(task->mm, vectors, iov, count * sizeof *vectors) != 0) {
        return -EFAULT;
    }
    uint64_t left = 0;
    for (uint64_t i = 0; i < count; i++) {
        if ((int64_t)vectors[i].iov_len < 0) {
            return -EINVAL;
        }
        if (!is_user_range((uintptr_t)vectors[i].iov_base, vectors[i].iov_len)) {
            return -EFAULT;
        }
        left += vectors[i].iov_len; /* at most 1,024 times 2^47 */
    }
    *uio = (struct uio){.mm = task->mm, .iov = vectors, .count = count, .left = left};
    return 0;
}

int walk_argument(struct task *task, int dirfd, gaddr_t path, unsigned walk, struct path *out)
{
    int error = 0;
    const char *name = task_path(task, path, &error);
    return name ? vfs_walk(task, dirfd, name, walk, out) : error;
}

int path_of_fd(struct task *task, int fd, bool allow_path_only, struct path *out)
{
    struct file *file = allow_path_only ? fd_get_any(task, fd) : fd_get(task, fd);
    if (!file) {
        return -EBADF;
    }
    *out = file->path;
    path_get(out);
    file_put(file);
    return 0;
}
