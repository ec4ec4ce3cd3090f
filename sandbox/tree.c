/*
 * Building the tree that a box starts with: see tree.h and "What a guest finds" in docs/design.md.
 *
 * Order: the root (a --rootfs or an empty tmpfs), then /proc, /dev and /tmp, then the user's mounts
 * in the order given, so that a later one may lie inside an earlier one or replace any of the box's
 * own; then /etc where nothing brought one; then what --deny names; last the program's own file, if
 * the tree does not have it yet.
 *
 * Everything is done by the operations of the file systems themselves, as nobody: no task runs yet.
 */
#include "sandbox/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/vfs/denyfs.h"
#include "sandbox/vfs/devfs.h"
#include "sandbox/vfs/devpts.h"
#include "sandbox/vfs/hostfs.h"
#include "sandbox/vfs/hostio.h"
#include "sandbox/vfs/procfs.h"
#include "sandbox/vfs/rootfs.h"
#include "sandbox/vfs/super.h"
#include "sandbox/vfs/tmpfs.h"
#include "sandbox/vfs/tty.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct tree {
    struct box *box;
    struct path root;
    char program[PATH_MAX];
    char *why;
    size_t size;
};

__attribute__((format(printf, 3, 4))) static int fail(struct tree *tree, int error,
                                                      const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(tree->why, tree->size, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < tree->size)
        snprintf(tree->why + len, tree->size - (size_t)len, ": %s", strerror(-error));
    return error;
}

/* ---- names ---- */

/* Steps from *at to the child `name`; a missing one is made (mode: S_IFDIR or S_IFREG | rights). */
static int step(struct path *at, const char *name, size_t len, uint32_t mode)
{
    static const struct cred root_cred;
    const struct inode_ops *ops = at->dentry->inode->ops;
    struct dentry *child;
    struct path next;
    int error;

    error = dentry_lookup(at->dentry, name, len, &child);
    if (error)
        return error;
    if (!child->inode && mode) {
        if (S_ISDIR(mode))
            error = ops->mkdir ? ops->mkdir(at->dentry->inode, child, mode, &root_cred) : -EPERM;
        else
            error =
                ops->create ? ops->create(at->dentry->inode, child, mode, 0, &root_cred) : -EPERM;
        if (!error && S_ISDIR(mode) && (mode & 07777) != 0755) {
            struct attributes attr = {.mode = mode};
            error = child->inode->ops->setattr(child->inode, &attr, SET_MODE);
        }
    } else if (!child->inode) {
        error = -ENOENT;
    } else if (child->inode->type == S_IFLNK) {
        error = -ELOOP;
    }
    if (error) {
        dentry_put(child);
        return error;
    }
    next = (struct path){mount_get(at->mount), child};
    path_put(at);
    *at = next;
    mount_cross(at);
    return 0;
}

/*
 * The place of an absolute path of the box, made where it is missing: directories on the way and
 * `mode` at the end (0: nothing is made). "." and ".." are not allowed; links are not followed.
 */
static int place(struct tree *tree, const char *path, uint32_t mode, struct path *out)
{
    struct path at = tree->root;

    path_get(&at);
    mount_cross(&at);
    while (*path) {
        size_t len = strcspn(path, "/");
        bool last = path[len + strspn(path + len, "/")] == '\0';
        int error = 0;

        if (len > 0)
            error = (len == 1 && path[0] == '.') || (len == 2 && !strncmp(path, "..", 2))
                        ? -EINVAL
                        : step(&at, path, len, mode && !last ? S_IFDIR | 0755 : mode);
        if (error) {
            path_put(&at);
            return error;
        }
        path += len + strspn(path + len, "/");
    }
    *out = at;
    return 0;
}

static bool exists(struct tree *tree, const char *path)
{
    struct path at;

    if (place(tree, path, 0, &at) != 0)
        return false;
    path_put(&at);
    return true;
}

/* ---- mounts ---- */

static int mount_at(struct tree *tree, struct superblock *sb, const char *target, uint32_t flags,
                    const char *source)
{
    bool directory = sb->root->inode->type == S_IFDIR;
    struct path at;
    int error = place(tree, target, directory ? S_IFDIR | 0755 : S_IFREG | 0644, &at);

    if (error) {
        super_put(sb);
        return fail(tree, error, "cannot make %s in the box to mount %s on it", target, source);
    }
    error = vfs_mount(tree->box, sb, &at, flags, source);
    path_put(&at);
    return error ? fail(tree, error, "cannot mount %s at %s", source, target) : 0;
}

static int mount_type(struct tree *tree, const struct file_system *type, const char *target,
                      uint32_t flags)
{
    struct superblock *sb;
    int error = type->mount(tree->box, NULL, type->name, "", &sb);

    if (error)
        return fail(tree, error, "cannot make a file system for %s", target);
    return mount_at(tree, sb, target, flags, type->name);
}

static int mount_tmpfs(struct tree *tree, const char *target, uint32_t mode, uint32_t flags)
{
    struct tmpfs_limits limits = tmpfs_default_limits(tree->box);
    struct superblock *sb;
    int error;

    limits.mode = mode;
    error = tmpfs_create(tree->box, &limits, &sb);
    if (error)
        return fail(tree, error, "cannot make a file system for %s", target);
    return mount_at(tree, sb, target, flags, "tmpfs");
}

static int mount_root(struct tree *tree)
{
    const char *rootfs = tree->box->config->rootfs;
    struct tmpfs_limits limits = tmpfs_default_limits(tree->box);
    struct superblock *sb;
    int error;

    if (rootfs) {
        error = rootfs_create(tree->box, rootfs, &sb, tree->why, tree->size);
        if (error)
            return error;
    } else {
        limits.mode = 0755;
        error = tmpfs_create(tree->box, &limits, &sb);
        if (error)
            return fail(tree, error, "cannot make the root file system");
    }
    error = vfs_mount_root(tree->box, sb, 0, "rootfs", &tree->root);
    return error ? fail(tree, error, "cannot mount the root file system") : 0;
}

static int mount_own(struct tree *tree)
{
    struct superblock *dev;
    int error =
        mount_type(tree, &proc_file_system, "/proc", MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC);

    if (error)
        return error;
    error = devfs_create(tree->box, &dev);
    if (error)
        return fail(tree, error, "cannot make /dev");
    error = mount_at(tree, dev, "/dev", MOUNT_NOSUID, "dev");
    if (!error)
        error = mount_type(tree, &devpts_file_system, "/dev/pts", MOUNT_NOSUID | MOUNT_NOEXEC);
    if (!error)
        error = mount_tmpfs(tree, "/dev/shm", 01777, MOUNT_NOSUID | MOUNT_NODEV);
    if (!error)
        error = mount_tmpfs(tree, "/tmp", 01777, MOUNT_NODEV);
    if (!error && !exists(tree, "/var/tmp"))
        error = mount_tmpfs(tree, "/var/tmp", 01777, MOUNT_NODEV);
    return error;
}

static int mount_one(struct tree *tree, const struct box_mount *mount)
{
    bool writable = mount->kind == BOX_MOUNT_RW;
    struct superblock *sb;
    int error;

    if (mount->kind == BOX_MOUNT_TMPFS)
        return mount_tmpfs(tree, mount->target, 0755, 0);
    error = hostfs_create(tree->box, mount->source, writable, &sb);
    if (error)
        return fail(tree, error, "cannot use %s of the host", mount->source);
    return mount_at(tree, sb, mount->target,
                    MOUNT_NOSUID | MOUNT_NODEV | (writable ? 0 : MOUNT_RDONLY), mount->source);
}

static int mount_deny(struct tree *tree, const char *target)
{
    struct superblock *sb;
    struct path at;
    int error = place(tree, target, 0, &at);

    if (error == -ENOENT)
        return 0; /* there is nothing to hide */
    if (error)
        return fail(tree, error, "cannot deny %s", target);
    error = denyfs_create(tree->box, at.dentry->inode->type == S_IFDIR, &sb);
    if (!error)
        error = vfs_mount(tree->box, sb, &at, MOUNT_RDONLY, "deny");
    path_put(&at);
    return error ? fail(tree, error, "cannot deny %s", target) : 0;
}

/* ---- /etc ---- */

static const struct {
    const char *path, *text;
} own_files[] = {
    {"/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
                    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"},
    {"/etc/group", "root:x:0:\nnogroup:x:65534:\n"},
    {"/etc/hosts", "127.0.0.1\tlocalhost abibox\n::1\tlocalhost\n"},
    {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
    {"/etc/resolv.conf", "# there is no name server in the box\n"},
};

/* Writes a small file where there is none; a tree that cannot be written to is left as it is. */
static void provide_file(struct tree *tree, const char *path, const char *text)
{
    struct path at;
    struct file *file;
    struct iovec storage;
    struct uio uio;
    int64_t pos = 0;
    int error = 0;

    if (exists(tree, path) || place(tree, path, S_IFREG | 0644, &at) != 0)
        return;
    if (file_create(&at, O_WRONLY, &file) == 0) {
        if (at.dentry->inode->file_ops)
            file->ops = at.dentry->inode->file_ops;
        if (at.dentry->inode->ops->open)
            error = at.dentry->inode->ops->open(at.dentry->inode, file);
        uio_host(&uio, &storage, (void *)text, strlen(text));
        if (!error && file->ops->write)
            (void)file->ops->write(file, &uio, &pos);
        file_put(file);
    }
    path_put(&at);
}

static int provide_etc(struct tree *tree)
{
    struct path home;

    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++)
        provide_file(tree, own_files[i].path, own_files[i].text);
    if (place(tree, "/root", S_IFDIR | 0700, &home) == 0)
        path_put(&home);
    return 0;
}

/* ---- the program ---- */

/* True when the box has a file of that name (links followed). */
static bool in_box(struct task *task, const char *path)
{
    struct path at;
    bool regular;

    if (vfs_walk(task, AT_FDCWD, path, WALK_FOLLOW, &at) != 0)
        return false;
    regular = at.dentry->inode->type != S_IFDIR;
    path_put(&at);
    return regular;
}

static const char *search_path(const struct box *box)
{
    for (char *const *variable = box->config->envp; variable && *variable; variable++) {
        if (strncmp(*variable, "PATH=", 5) == 0)
            return *variable + 5;
    }
    return DEFAULT_PATH;
}

/*
 * Calls found for DIR/name with each directory of the search path until it says yes, and leaves
 * that path in tree->program.
 */
static bool search(struct tree *tree, const char *name, bool (*found)(void *ctx, const char *path),
                   void *ctx)
{
    const char *dir = search_path(tree->box);

    while (true) {
        size_t len = strcspn(dir, ":");
        int written = snprintf(tree->program, sizeof tree->program, "%.*s/%s", (int)len, dir, name);

        if (dir[0] == '/' && written > 0 && (size_t)written < sizeof tree->program &&
            found(ctx, tree->program))
            return true;
        if (!dir[len])
            return false;
        dir += len + 1;
    }
}

static bool found_in_box(void *ctx, const char *path)
{
    return in_box(ctx, path);
}

static bool found_on_host(void *ctx, const char *path)
{
    struct stat info;

    (void)ctx;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* True when no component is "." or "..". */
static bool is_plain(const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");

        if ((len == 1 && *path == '.') || (len == 2 && strncmp(path, "..", 2) == 0))
            return false;
        path += len + strspn(path + len, "/");
    }
    return true;
}

/*
 * Where the host's program of that name is shown: at the same path when it is absolute (links such
 * as /bin stay as the user wrote them), else at its directory's path on the host.
 */
static int absolute(struct tree *tree, const char *name)
{
    char directory[PATH_MAX], resolved[PATH_MAX];
    const char *slash = strrchr(name, '/');
    int len;

    if (*name == '/' && is_plain(name)) {
        len = snprintf(tree->program, sizeof tree->program, "%s", name);
    } else {
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - name + 1), name);
        if (!realpath(directory, resolved))
            return fail(tree, -errno, "cannot run '%s'", name);
        len = snprintf(tree->program, sizeof tree->program, "%s/%s",
                       strcmp(resolved, "/") == 0 ? "" : resolved, slash + 1);
    }
    return len < (int)sizeof tree->program ? 0 : -ENAMETOOLONG;
}

/* Shows the host's file of that name at the same path of the box. */
static int bind_program(struct tree *tree, const char *name)
{
    struct box_mount mount = {BOX_MOUNT_RO, tree->program, tree->program};
    struct stat info;

    if (stat(tree->program, &info) != 0)
        return fail(tree, -errno, "cannot run '%s'", name);
    if (S_ISDIR(info.st_mode))
        return fail(tree, -EACCES, "cannot run '%s': it is a directory", name);
    if (!S_ISREG(info.st_mode))
        return fail(tree, -EACCES, "cannot run '%s': it is not a regular file", name);
    if (access(tree->program, X_OK) != 0)
        return fail(tree, -errno, "cannot run '%s'", name);
    return mount_one(tree, &mount);
}

/*
 * Where the program is: a path of the box if it has such a file, else the host's own file, which is
 * then shown at its path. A name without a slash is searched in PATH, first in the box.
 */
static int find_program(struct tree *tree, struct task *task)
{
    const char *name = tree->box->config->program;
    int error;

    if (!strchr(name, '/')) {
        if (search(tree, name, found_in_box, task))
            return 0;
        if (search(tree, name, found_on_host, NULL))
            return bind_program(tree, name);
        return fail(tree, -ENOENT, "cannot run '%s': not in PATH, neither of the box nor the host",
                    name);
    }
    if (*name == '/' && in_box(task, name)) {
        snprintf(tree->program, sizeof tree->program, "%s", name);
        return 0;
    }
    error = absolute(tree, name);
    if (error)
        return error;
    return in_box(task, tree->program) ? 0 : bind_program(tree, name);
}

/* ---- the whole ---- */

static int build(struct tree *tree)
{
    const struct box_config *config = tree->box->config;
    int error = vfs_create(tree->box);

    if (error)
        return fail(tree, error, "cannot make the file tree");
    error = file_system_register(tree->box->vfs, &tmpfs_file_system);
    if (!error)
        error = file_system_register(tree->box->vfs, &proc_file_system);
    if (!error)
        error = file_system_register(tree->box->vfs, &devpts_file_system);
    if (!error)
        error = mount_root(tree);
    if (!error)
        error = console_create(tree->box);
    /* A mount at / is the root of all others. */
    for (size_t i = 0; i < config->mount_count && !error; i++) {
        if (strcmp(config->mounts[i].target, "/") == 0)
            error = mount_one(tree, &config->mounts[i]);
    }
    if (!error)
        error = mount_own(tree);
    for (size_t i = 0; i < config->mount_count && !error; i++) {
        if (strcmp(config->mounts[i].target, "/") != 0)
            error = mount_one(tree, &config->mounts[i]);
    }
    if (!error)
        error = provide_etc(tree);
    for (size_t i = 0; i < config->deny_count && !error; i++)
        error = mount_deny(tree, config->deny[i]);
    return error;
}

int tree_create(struct box *box, char *why, size_t size)
{
    struct tree *tree = calloc(1, sizeof *tree);

    if (!tree)
        return -ENOMEM;
    box->tree = tree;
    tree->box = box;
    tree->why = why;
    tree->size = size;
    return build(tree);
}

void tree_destroy(struct box *box)
{
    if (!box->tree)
        return;
    console_destroy(box);
    if (box->tree->root.mount)
        path_put(&box->tree->root);
    if (box->vfs)
        vfs_destroy(box);
    devpts_destroy(box);
    free(box->tree);
    box->tree = NULL;
}

static int give_files(struct box *box, struct task *task)
{
    static const char *const names[3] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};

    task->fds = fd_table_create();
    if (!task->fds)
        return -ENOMEM;
    for (int fd = 0; fd < 3; fd++) {
        struct file *file;
        int error = hostio_open(task, fd, names[fd], &file);

        if (error == -EBADF)
            continue; /* abibox was started without it */
        if (error)
            return error;
        error = fd_install_at(task, file, fd);
        if (error < 0)
            return error;
    }
    (void)box;
    return 0;
}

int tree_give_to_task(struct box *box, struct task *task, char *why, size_t size)
{
    const char *directory = box->config->directory;
    struct tree *tree = box->tree;
    struct path top = tree->root, cwd;
    int error;

    tree->why = why;
    tree->size = size;
    path_get(&top);
    mount_cross(&top);
    task->fs = fs_context_create(&top, 022);
    path_put(&top);
    if (!task->fs)
        return -ENOMEM;
    if (directory) {
        error = vfs_walk(task, AT_FDCWD, directory, WALK_FOLLOW | WALK_DIRECTORY, &cwd);
        if (error)
            return fail(tree, error, "cannot start in %s", directory);
        path_put(task->fs->cwd);
        *task->fs->cwd = cwd;
    }
    error = give_files(box, task);
    if (error)
        return fail(tree, error, "cannot pass standard input and output on");
    console_make_controlling(box, task->process);
    return 0;
}

int tree_find_program(struct box *box, struct task *task, const char **path, char *why, size_t size)
{
    struct tree *tree = box->tree;

    tree->why = why;
    tree->size = size;
    *path = tree->program;
    return find_program(tree, task);
}
