/*
 * tmpfs: the superblock, its limits and options, and what inodes of every kind have in common.
 */
#include "sandbox/vfs/tmpfs_internal.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct tmpfs_limits TMPFS_UNLIMITED = {.mode = 01777};

struct tmpfs_limits tmpfs_default_limits(struct box *box)
{
    uint64_t pages = arena_limit(box->arena);
    return (struct tmpfs_limits){.pages = pages / 2, .inodes = pages / 2, .mode = 01777};
}

bool charge_pages(struct tmpfs *fs, uint64_t count)
{
    if (fs->limits.pages &&
        (count > fs->limits.pages || fs->used_pages > fs->limits.pages - count)) {
        return false;
    }
    fs->used_pages += count;
    return true;
}

void uncharge_pages(struct tmpfs *fs, uint64_t count)
{
    CHECK(fs->used_pages >= count);
    fs->used_pages -= count;
}

bool charge_inode(struct tmpfs *fs)
{
    if (fs->inode_space < INODE_SPACE) {
        return false;
    }
    fs->inode_space -= INODE_SPACE;
    return true;
}

void uncharge_inode(struct tmpfs *fs)
{
    fs->inode_space += INODE_SPACE;
}

/* ---- inodes ---- */

static ssize_t tmpfs_readlink(struct inode *inode, char *buf, size_t size)
{
    struct node *node = node_of(inode);
    size_t length = node->size < size ? node->size : size;
    memcpy(buf, node->target, length);
    return (ssize_t)length;
}

static const struct inode_ops link_ops = {.readlink = tmpfs_readlink, TMPFS_COMMON_OPS};
static const struct inode_ops file_inode_ops = {TMPFS_COMMON_OPS};

static const struct inode_ops *ops_of_type(uint32_t type)
{
    switch (type) {
    case S_IFDIR:
        return &tmpfs_dir_ops;
    case S_IFLNK:
        return &link_ops;
    default:
        return &file_inode_ops;
    }
}

/* A directory with S_ISGID gives its group to what is made in it; see inode(7). */
static void set_owner(struct node *node, const struct inode *dir, const struct cred *cred)
{
    node->uid = cred->fsuid;
    node->gid = cred->fsgid;
    const struct node *parent = dir ? node_of(dir) : NULL;
    if (!parent || !(parent->mode & S_ISGID)) {
        return;
    }
    node->gid = parent->gid;
    if (S_ISDIR(node->mode)) {
        node->mode |= S_ISGID;
    } else if ((node->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
               !cred_in_group(cred, node->gid) && !(cred->cap_effective & 1ull << CAP_FSETID)) {
        node->mode &= ~(uint32_t)S_ISGID;
    }
}

struct inode *new_node(struct superblock *sb, struct inode *dir, uint32_t mode, uint64_t rdev,
                       const struct cred *cred, int *error)
{
    struct tmpfs *fs = sb->private;
    if (!charge_inode(fs)) {
        *error = -ENOSPC;
        return NULL;
    }
    struct node *node = calloc(1, sizeof *node);
    struct inode *inode =
        node ? inode_create(sb, ++fs->last_ino, mode, ops_of_type(mode & S_IFMT)) : NULL;
    if (inode && S_ISDIR(mode)) {
        node->directory = directory_create();
    }
    if (!inode || (S_ISDIR(mode) && !node->directory)) {
        if (inode) {
            inode->ops = &(const struct inode_ops){0};
            inode_put(inode);
        }
        free(node);
        uncharge_inode(fs);
        *error = -ENOMEM;
        return NULL;
    }
    node->inode = inode;
    node->mode = mode;
    node->rdev = rdev;
    node->nlink = S_ISDIR(mode) ? 2 : 1;
    node->size = S_ISDIR(mode) ? 2 * ENTRY_SIZE : 0;
    node->seals = F_SEAL_SEAL;
    node->atime = node->mtime = node->ctime = node->btime = now_of(inode);
    if (cred) {
        set_owner(node, dir, cred);
    }
    inode->private = node;
    if (S_ISREG(mode)) {
        inode->file_ops = &tmpfs_file_ops;
    } else if (S_ISDIR(mode)) {
        inode->file_ops = &tmpfs_dir_file_ops;
    }
    return inode;
}

/* An entry's reference of a cleared directory: the last one waits for its turn. */
static void bury(struct inode *inode)
{
    if (inode->refs > 1) {
        inode_put(inode);
        return;
    }
    struct tmpfs *fs = tmpfs_of(inode);
    struct node *node = node_of(inode);
    node->next_dying = fs->dying;
    fs->dying = node;
}

/*
 * The contents of a directory go with it only when the whole file system goes. One after the other
 * from a list: directories can be nested deeper than the stack.
 */
static void clear_directory(struct inode *inode)
{
    struct tmpfs *fs = tmpfs_of(inode);
    directory_free(node_of(inode)->directory, bury);
    if (fs->clearing) {
        return;
    }
    fs->clearing = true;
    while (fs->dying) {
        struct node *node = fs->dying;
        fs->dying = node->next_dying;
        inode_put(node->inode);
    }
    fs->clearing = false;
}

void tmpfs_evict(struct inode *inode)
{
    struct tmpfs *fs = tmpfs_of(inode);
    struct node *node = node_of(inode);
    if (node->directory) {
        clear_directory(inode);
    }
    if (inode->type == S_IFREG) {
        file_free_pages(inode);
    }
    if (node->target) {
        uncharge_pages(fs, node->size + 1 > SHORT_SYMLINK);
        free(node->target);
    }
    xattr_list_clear(&node->xattrs, &fs->inode_space);
    uncharge_inode(fs);
    free(node);
}

int tmpfs_getattr(struct inode *inode, struct attributes *out)
{
    const struct node *node = node_of(inode);
    out->mode = node->mode;
    out->nlink = node->nlink;
    out->uid = node->uid;
    out->gid = node->gid;
    out->rdev = node->rdev;
    out->size = node->size;
    out->blocks = node->pages.count * (PAGE_SIZE / 512);
    if (node->target && node->size + 1 > SHORT_SYMLINK) {
        out->blocks = PAGE_SIZE / 512;
    }
    out->atime = node->atime;
    out->mtime = node->mtime;
    out->ctime = node->ctime;
    out->btime = node->btime;
    return 0;
}

int tmpfs_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    struct node *node = node_of(inode);
    if (set & SET_MODE && node->seals & 0x20 /* F_SEAL_EXEC */ &&
        (node->mode ^ attr->mode) & 0111) {
        return -EPERM;
    }
    if (set & SET_SIZE) {
        int error = file_set_size(inode, attr->size);
        if (error) {
            return error;
        }
    }
    if (set & SET_MODE) {
        node->mode = (node->mode & S_IFMT) | (attr->mode & S_IALLUGO);
    }
    node->uid = set & SET_UID ? attr->uid : node->uid;
    node->gid = set & SET_GID ? attr->gid : node->gid;
    node->atime = set & SET_ATIME ? attr->atime : node->atime;
    node->mtime = set & SET_MTIME ? attr->mtime : node->mtime;
    node->ctime = set & SET_CTIME ? attr->ctime : node->ctime;
    return 0;
}

void tmpfs_accessed(struct inode *inode, const struct mount *mount)
{
    enum { DAY = 24 * 60 * 60 };
    struct node *node = node_of(inode);
    if (mount->flags & MOUNT_NOATIME || mount_want_write(mount) ||
        (mount->flags & MOUNT_NODIRATIME && inode->type == S_IFDIR)) {
        return;
    }
    int64_t now = now_of(inode);
    if (mount->flags & MOUNT_STRICTATIME || node->atime <= node->mtime ||
        node->atime <= node->ctime || now - node->atime >= DAY * 1000000000ll) {
        node->atime = now;
    }
}

void touch_atime(struct file *file)
{
    if (!(file->flags & O_NOATIME)) {
        tmpfs_accessed(file->inode, file->path.mount);
    }
}

/* ---- extended attributes ---- */

ssize_t tmpfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size)
{
    return xattr_list_get(&node_of(inode)->xattrs, name, buf, size);
}

int tmpfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
    struct node *node = node_of(inode);
    int error =
        xattr_list_set(&node->xattrs, name, value, size, flags, &tmpfs_of(inode)->inode_space);
    if (!error) {
        node->ctime = now_of(inode);
    }
    return error;
}

int tmpfs_removexattr(struct inode *inode, const char *name)
{
    struct node *node = node_of(inode);
    int error = xattr_list_remove(&node->xattrs, name, &tmpfs_of(inode)->inode_space);
    if (!error) {
        node->ctime = now_of(inode);
    }
    return error;
}

ssize_t tmpfs_listxattr(struct inode *inode, char *buf, size_t size)
{
    return xattr_list_names(&node_of(inode)->xattrs, buf, size);
}

/* ---- the superblock ---- */

static int tmpfs_statfs(struct superblock *sb, struct statfs *out)
{
    const struct tmpfs *fs = sb->private;
    out->f_bsize = out->f_frsize = PAGE_SIZE;
    if (fs->limits.pages) {
        uint64_t free = fs->limits.pages > fs->used_pages ? fs->limits.pages - fs->used_pages : 0;
        out->f_blocks = fs->limits.pages;
        out->f_bfree = out->f_bavail = free;
    }
    if (fs->limits.inodes) {
        out->f_files = fs->limits.inodes;
        out->f_ffree = fs->inode_space / INODE_SPACE;
    }
    return 0;
}

static size_t tmpfs_show_options(struct superblock *sb, char *buf, size_t size)
{
    const struct tmpfs *fs = sb->private;
    size_t length = 0;
    buf[0] = '\0';
    struct tmpfs_limits normal = tmpfs_default_limits(sb->box);
    if (fs->limits.pages != normal.pages) {
        length += (size_t)snprintf(buf, size, ",size=%luk",
                                   (unsigned long)(fs->limits.pages * PAGE_SIZE / 1024));
    }
    if (fs->limits.inodes != normal.inodes) {
        length += (size_t)snprintf(buf + length, size - length, ",nr_inodes=%lu",
                                   (unsigned long)fs->limits.inodes);
    }
    if (fs->limits.mode != normal.mode) {
        length += (size_t)snprintf(buf + length, size - length, ",mode=%03o", fs->limits.mode);
    }
    if (fs->limits.uid) {
        length += (size_t)snprintf(buf + length, size - length, ",uid=%u", fs->limits.uid);
    }
    if (fs->limits.gid) {
        length += (size_t)snprintf(buf + length, size - length, ",gid=%u", fs->limits.gid);
    }
    return length;
}

static void tmpfs_destroy(struct superblock *sb)
{
    free(sb->private);
}

/* A number with k, m, g or % of the memory behind it, in bytes. */
static int parse_size(const char *text, uint64_t memory, uint64_t *out)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    if (end == text || *text == '-' || errno) {
        return -EINVAL;
    }
    unsigned shift = 0;
    switch (*end) {
    case '%':
        if (value > 100) {
            return -EINVAL;
        }
        value = memory / 100 * value;
        end++;
        break;
    case 'g':
    case 'G':
        shift += 10; /* fall through */
    case 'm':
    case 'M':
        shift += 10; /* fall through */
    case 'k':
    case 'K':
        shift += 10;
        end++;
    }
    if (*end || value > UINT64_MAX >> 1 >> shift) {
        return -EINVAL;
    }
    *out = value << shift;
    return 0;
}

static int parse_number(const char *text, int base, uint32_t max, uint32_t *out)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, base);
    if (end == text || *end || *text == '-' || errno || value > max) {
        return -EINVAL;
    }
    *out = (uint32_t)value;
    return 0;
}

static int parse_option(struct box *box, const char *word, struct tmpfs_limits *limits)
{
    uint64_t memory = arena_limit(box->arena) * PAGE_SIZE, value;
    int error;
    if (strncmp(word, "size=", 5) == 0) {
        error = parse_size(word + 5, memory, &value);
        limits->pages = error ? 0 : value / PAGE_SIZE + (value % PAGE_SIZE != 0);
        return error;
    }
    if (strncmp(word, "nr_blocks=", 10) == 0) {
        return parse_size(word + 10, memory, &limits->pages);
    }
    if (strncmp(word, "nr_inodes=", 10) == 0) {
        return parse_size(word + 10, memory, &limits->inodes);
    }
    if (strncmp(word, "mode=", 5) == 0) {
        error = parse_number(word + 5, 8, UINT32_MAX, &limits->mode);
        limits->mode &= 07777;
        return error;
    }
    if (strncmp(word, "uid=", 4) == 0) {
        return parse_number(word + 4, 10, UINT32_MAX - 1, &limits->uid);
    }
    if (strncmp(word, "gid=", 4) == 0) {
        return parse_number(word + 4, 10, UINT32_MAX - 1, &limits->gid);
    }
    /* True of this file system without doing anything. */
    static const char *const accepted[] = {"inode64", "huge=never", "noswap"};
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        if (strcmp(word, accepted[i]) == 0) {
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_options(struct box *box, const char *data, struct tmpfs_limits *limits)
{
    char *copy = strdup(data), *rest = copy, *word;
    int error = copy ? 0 : -ENOMEM;
    while (!error && (word = strsep(&rest, ",")) != NULL) {
        error = *word ? parse_option(box, word, limits) : 0;
    }
    free(copy);
    return error;
}

static int tmpfs_remount(struct superblock *sb, const char *data)
{
    struct tmpfs *fs = sb->private;
    struct tmpfs_limits limits = fs->limits;
    int error = parse_options(sb->box, data, &limits);
    if (error) {
        return error;
    }
    /* Limits may be moved but not below use, and not be set or removed later. */
    uint64_t used_space = fs->limits.inodes * INODE_SPACE - fs->inode_space;
    if ((limits.pages && limits.pages < fs->used_pages) || !limits.pages != !fs->limits.pages ||
        !limits.inodes != !fs->limits.inodes || limits.inodes > UINT64_MAX / INODE_SPACE ||
        (limits.inodes && limits.inodes * INODE_SPACE < used_space)) {
        return -EINVAL;
    }
    if (limits.inodes) {
        fs->inode_space = limits.inodes * INODE_SPACE - used_space;
    }
    fs->limits.pages = limits.pages;
    fs->limits.inodes = limits.inodes;
    return 0;
}

static const struct super_ops tmpfs_super_ops = {
    .statfs = tmpfs_statfs,
    .remount = tmpfs_remount,
    .show_options = tmpfs_show_options,
    .destroy = tmpfs_destroy,
};

int tmpfs_create(struct box *box, const struct tmpfs_limits *limits, struct superblock **out)
{
    if (limits->inodes > UINT64_MAX / INODE_SPACE) {
        return -EINVAL;
    }
    struct superblock *sb =
        super_create(box, &tmpfs_file_system, &tmpfs_super_ops, TMPFS_MAGIC_NUMBER, SB_CACHE_NAMES);
    struct tmpfs *fs = calloc(1, sizeof *fs);
    if (!sb || !fs) {
        free(fs);
        super_put(sb);
        return -ENOMEM;
    }
    fs->limits = *limits;
    fs->inode_space = limits->inodes ? limits->inodes * INODE_SPACE : UINT64_MAX / 2;
    sb->private = fs;
    int error = 0;
    struct inode *root = new_node(sb, NULL, limits->mode | S_IFDIR, 0, NULL, &error);
    if (root) {
        node_of(root)->uid = limits->uid;
        node_of(root)->gid = limits->gid;
        error = super_set_root(sb, root);
    }
    if (error) {
        super_put(sb);
        return error;
    }
    *out = sb;
    return 0;
}

static int tmpfs_mount(struct box *box, struct task *task, const char *source, const char *data,
                       struct superblock **out)
{
    (void)source;
    struct tmpfs_limits limits = tmpfs_default_limits(box);
    if (task) {
        limits.uid = task->cred.fsuid;
        limits.gid = task->cred.fsgid;
    }
    int error = parse_options(box, data, &limits);
    return error ? error : tmpfs_create(box, &limits, out);
}

const struct file_system tmpfs_file_system = {.name = "tmpfs", .mount = tmpfs_mount};
