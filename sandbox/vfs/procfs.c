/*
 * /proc: the file system itself, and the names at its top. May include sandbox/.
 */
#include "sandbox/vfs/procfs.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offsets of the pids in the root directory begin here, after every fixed name. */
#define FIRST_PID 256

/* ---- nodes ---- */

static struct proc_node *node_of(const struct inode *inode)
{
    return inode->private;
}

/* Finds the node's process and task again. -ESRCH when they have gone. */
static int resolve(struct proc_node *node)
{
    if (!node->pid)
        return 0;
    node->process = process_find(node->box, node->pid);
    if (!node->process || node->process->start_time != node->started ||
        node->process->state == PROCESS_DEAD)
        return -ESRCH;
    node->task = task_find(node->box, node->tid);
    return node->task && node->task->process == node->process ? 0 : -ESRCH;
}

uint64_t proc_ino(const struct proc_node *node)
{
    uint64_t hash = 0xcbf29ce484222325u;
    uint64_t parts[] = {(uint64_t)node->pid, (uint64_t)node->tid, (uint64_t)(node->fd + 1)};

    if (!node->pid && node->entry->children && strcmp(node->entry->name, "/") == 0)
        return 1;
    for (const char *c = node->entry->name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        hash = (hash ^ parts[i]) * 0x100000001b3u;
    return (hash >> 20 & 0xffffffff) | 1ull << 32; /* never the root's */
}

bool proc_may_access(const struct task *task, const struct process *process)
{
    const struct cred *mine, *theirs;

    if (!task || task->process == process || !process->tasks)
        return true;
    mine = &task->cred;
    theirs = &process->tasks->cred;
    if (task_capable(task, CAP_SYS_PTRACE))
        return true;
    return process->dumpable && mine->fsuid == theirs->euid && mine->fsuid == theirs->suid &&
           mine->fsuid == theirs->ruid && mine->fsgid == theirs->egid &&
           mine->fsgid == theirs->sgid && mine->fsgid == theirs->rgid &&
           (theirs->cap_permitted & ~mine->cap_permitted) == 0;
}

/* Resolves a node for the calling task, which must be allowed to look. */
static int enter(struct proc_node *node)
{
    int error = resolve(node);

    if (error)
        return error;
    return node->entry->needs_access && !proc_may_access(task_current(), node->process) ? -EACCES
                                                                                        : 0;
}

int proc_parse_number(const char *name)
{
    int number = 0;

    if (name[0] == '0' && name[1])
        return -1;
    if (!name[0])
        return -1;
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || number > 10000000)
            return -1;
        number = number * 10 + (*name - '0');
    }
    return number;
}

/* ---- inodes ---- */

static int proc_getattr(struct inode *inode, struct attributes *out)
{
    struct proc_node *node = node_of(inode);
    int error = resolve(node);

    if (error)
        return error == -ESRCH ? -ENOENT : error;
    out->mode = node->entry->mode;
    out->nlink = inode->type == S_IFDIR ? 2 : 1;
    out->blksize = 1024;
    out->atime = out->mtime = out->ctime = clock_realtime(node->box);
    /* What belongs to a process belongs to its user, unless it must not be looked into. */
    if (node->process && (node->process->dumpable || inode->type == S_IFDIR)) {
        out->uid = node->task->cred.euid;
        out->gid = node->task->cred.egid;
    }
    if (inode->type == S_IFLNK && node->fd >= 0)
        out->size = 64; /* as Linux shows the links of fd */
    return 0;
}

/* Times may be set without effect, as touch does; nothing else. */
static int proc_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    (void)inode;
    (void)attr;
    return set & (SET_MODE | SET_UID | SET_GID) ? -EPERM : 0;
}

static ssize_t proc_readlink(struct inode *inode, char *buf, size_t size)
{
    struct proc_node *node = node_of(inode);
    int error;

    if (!node->entry->readlink)
        return -EINVAL;
    error = enter(node);
    return error ? (error == -ESRCH ? -ENOENT : error) : node->entry->readlink(node, buf, size);
}

static int proc_follow(struct inode *inode, struct path *out)
{
    struct proc_node *node = node_of(inode);
    int error = enter(node);

    return error ? (error == -ESRCH ? -ENOENT : error) : node->entry->follow(node, out);
}

static int make_text(struct inode *inode, struct text *text)
{
    struct proc_node *node = node_of(inode);
    int error = enter(node);

    return error ? error : node->entry->make(node, text);
}

static int store_text(struct inode *inode, const char *buf, size_t length)
{
    struct proc_node *node = node_of(inode);
    int error = enter(node);

    return error ? error : node->entry->store(node, buf, length);
}

static int proc_open(struct inode *inode, struct file *file)
{
    struct proc_node *node = node_of(inode);
    int error = enter(node);

    if (error)
        return error == -ESRCH ? -ENOENT : error;
    if (!node->entry->make) {
        file->ops = inode->file_ops;
        return 0;
    }
    return text_file_open(file, make_text, node->entry->store ? store_text : NULL,
                          node->entry->store_max);
}

static void proc_evict(struct inode *inode)
{
    free(inode->private);
}

static int proc_lookup(struct inode *dir, struct dentry *dentry);

static const struct inode_ops proc_directory_ops = {
    .lookup = proc_lookup,
    .getattr = proc_getattr,
    .setattr = proc_setattr,
    .open = proc_open,
    .evict = proc_evict,
};

static const struct inode_ops proc_file_ops = {
    .getattr = proc_getattr,
    .setattr = proc_setattr,
    .open = proc_open,
    .evict = proc_evict,
};

static const struct inode_ops proc_link_ops = {
    .getattr = proc_getattr,
    .setattr = proc_setattr,
    .readlink = proc_readlink,
    .evict = proc_evict,
};

static const struct inode_ops proc_magic_link_ops = {
    .getattr = proc_getattr,
    .setattr = proc_setattr,
    .readlink = proc_readlink,
    .follow = proc_follow,
    .evict = proc_evict,
};

/* ---- directories ---- */

static bool fixed_child(const struct proc_node *dir, const char *name, struct proc_node *child)
{
    const struct proc_entry *entry = dir->entry->children;

    for (; entry && entry->name; entry++) {
        if (strcmp(entry->name, name) == 0) {
            *child = *dir;
            child->entry = entry;
            child->fd = -1;
            return true;
        }
    }
    return false;
}

static int proc_readdir(struct file *file, struct dir_context *ctx)
{
    struct proc_node *node = node_of(file->inode);
    const struct proc_entry *entry = node->entry->children;
    int64_t at = 2;
    int error = enter(node);

    if (error)
        return error == -ESRCH ? -ENOENT : error;
    if (!pseudo_emit_dots(file, ctx))
        return 0;
    for (; entry && entry->name; entry++, at++) {
        struct proc_node child = *node;

        child.entry = entry;
        if (!pseudo_emit(file, ctx, at, entry->name, proc_ino(&child), entry->mode >> 12))
            return 0;
    }
    if (node->entry->each)
        (void)node->entry->each(node, file, ctx, FIRST_PID);
    return 0;
}

static const struct file_ops proc_directory_file_ops = {
    .lseek = pseudo_lseek,
    .readdir = proc_readdir,
};

bool proc_emit_number(const struct proc_node *child, struct file *file, struct dir_context *ctx,
                      int64_t at, unsigned number)
{
    char name[16];

    (void)snprintf(name, sizeof(name), "%u", number);
    return pseudo_emit(file, ctx, at, name, proc_ino(child), child->entry->mode >> 12);
}

static struct inode *create_inode(struct superblock *sb, const struct proc_node *node)
{
    uint32_t type = node->entry->mode & S_IFMT;
    struct proc_node *copy = malloc(sizeof(*copy));
    struct inode *inode;

    if (!copy)
        return NULL;
    inode = inode_create(sb, proc_ino(node), type,
                         type == S_IFDIR       ? &proc_directory_ops
                         : type == S_IFREG     ? &proc_file_ops
                         : node->entry->follow ? &proc_magic_link_ops
                                               : &proc_link_ops);
    if (!inode) {
        free(copy);
        return NULL;
    }
    *copy = *node;
    inode->private = copy;
    if (type == S_IFDIR)
        inode->file_ops = &proc_directory_file_ops;
    return inode;
}

static int proc_lookup(struct inode *dir, struct dentry *dentry)
{
    struct proc_node *node = node_of(dir);
    struct proc_node child = *node;
    struct inode *inode;
    int error = enter(node);

    if (error)
        return error == -ESRCH ? -ENOENT : error;
    if (!fixed_child(node, dentry->name, &child) &&
        !(node->entry->find && node->entry->find(node, dentry->name, &child)))
        return -ENOENT; /* not a negative entry: making one fails so too, as on Linux */
    inode = create_inode(dir->sb, &child);
    if (!inode)
        return -ENOMEM;
    dentry_instantiate(dentry, inode);
    return 0;
}

/* A process may have ended since, a descriptor been closed. */
static bool proc_revalidate(struct dentry *dentry)
{
    struct proc_node *node, *parent, again;

    if (!dentry->inode)
        return false;
    node = node_of(dentry->inode);
    if (resolve(node))
        return false;
    if (node->fd < 0)
        return true;
    parent = node_of(dentry->parent->inode);
    return resolve(parent) == 0 && parent->entry->find(parent, dentry->name, &again);
}

/* ---- the top ---- */

static bool find_process(const struct proc_node *node, const char *name, struct proc_node *child)
{
    struct task *task = task_find(node->box, (pid_t)proc_parse_number(name));

    if (!task || task->process->state == PROCESS_DEAD)
        return false;
    *child = *node;
    child->entry = &proc_process;
    child->pid = task->process->pid;
    child->tid = child->pid;
    child->started = task->process->start_time;
    return true;
}

static bool each_process(const struct proc_node *node, struct file *file, struct dir_context *ctx,
                         int64_t first)
{
    struct process *process = node->box->processes;

    for (; process; process = process->all_next) {
        struct proc_node child = *node;

        if (process->state == PROCESS_DEAD)
            continue;
        child.entry = &proc_process;
        child.pid = child.tid = process->pid;
        if (!proc_emit_number(&child, file, ctx, first + process->pid, (unsigned)process->pid))
            return false;
    }
    return true;
}

static ssize_t link_text(char *buf, size_t size, const char *text)
{
    size_t length = strnlen(text, size);

    memcpy(buf, text, length);
    return (ssize_t)length;
}

static ssize_t readlink_self(const struct proc_node *node, char *buf, size_t size)
{
    char text[16];

    (void)node;
    (void)snprintf(text, sizeof(text), "%d", task_current()->process->pid);
    return link_text(buf, size, text);
}

static ssize_t readlink_thread_self(const struct proc_node *node, char *buf, size_t size)
{
    const struct task *task = task_current();
    char text[40];

    (void)node;
    (void)snprintf(text, sizeof(text), "%d/task/%d", task->process->pid, task->tid);
    return link_text(buf, size, text);
}

static ssize_t readlink_mounts(const struct proc_node *node, char *buf, size_t size)
{
    (void)node;
    return link_text(buf, size, "self/mounts");
}

static ssize_t readlink_net(const struct proc_node *node, char *buf, size_t size)
{
    (void)node;
    return link_text(buf, size, "self/net");
}

#define FILE_ENTRY(NAME, MAKE)                                                                     \
    {                                                                                              \
        .name = (NAME), .mode = S_IFREG | 0444, .make = (MAKE)                                     \
    }
#define LINK_ENTRY(NAME, READLINK)                                                                 \
    {                                                                                              \
        .name = (NAME), .mode = S_IFLNK | 0777, .readlink = (READLINK)                             \
    }

static const struct proc_entry top[] = {
    FILE_ENTRY("cmdline", proc_make_cmdline),
    FILE_ENTRY("cpuinfo", proc_make_cpuinfo),
    FILE_ENTRY("devices", proc_make_devices),
    FILE_ENTRY("filesystems", proc_make_filesystems),
    FILE_ENTRY("loadavg", proc_make_loadavg),
    FILE_ENTRY("meminfo", proc_make_meminfo),
    FILE_ENTRY("stat", proc_make_stat),
    FILE_ENTRY("uptime", proc_make_uptime),
    FILE_ENTRY("version", proc_make_version),
    LINK_ENTRY("mounts", readlink_mounts),
    LINK_ENTRY("net", readlink_net),
    LINK_ENTRY("self", readlink_self),
    LINK_ENTRY("thread-self", readlink_thread_self),
    {.name = "sys", .mode = S_IFDIR | 0555, .children = proc_sys},
    {0},
};

static const struct proc_entry root_entry = {
    .name = "/",
    .mode = S_IFDIR | 0555,
    .children = top,
    .find = find_process,
    .each = each_process,
};

/* ---- the file system ---- */

static const struct super_ops proc_super_ops = {
    .revalidate = proc_revalidate,
};

/* hidepid=0 and gid=N are what is there anyway; others would have to be done. */
static int check_options(const char *data)
{
    return *data == '\0' || strcmp(data, "hidepid=0") == 0 ? 0 : -EINVAL;
}

static int proc_mount(struct box *box, struct task *task, const char *source, const char *data,
                      struct superblock **out)
{
    struct proc_node node = {.entry = &root_entry, .box = box, .fd = -1};
    struct superblock *sb;
    struct inode *root;
    int error = check_options(data);

    (void)task;
    (void)source;
    if (error)
        return error;
    sb = super_create(box, &proc_file_system, &proc_super_ops, PROC_SUPER_MAGIC, 0);
    root = sb ? create_inode(sb, &node) : NULL;
    if (!root || super_set_root(sb, root) != 0) {
        super_put(sb);
        return -ENOMEM;
    }
    *out = sb;
    return 0;
}

const struct file_system proc_file_system = {.name = "proc", .mount = proc_mount};
