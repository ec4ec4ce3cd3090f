/*
 * Directories of tmpfs: a hash of names, a list with the newest or last renamed entry first (the
 * order in which Linux 6.18 lists them), and an offset per entry, by which readdir goes on where it
 * was whatever has been made or removed meanwhile.
 */
#include "sandbox/vfs/tmpfs_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *hash_next, *prev, *next;
    struct inode *inode; /* referenced */
    uint32_t hash, offset;
    uint8_t name_len;
    char name[];
};

struct directory {
    struct entry **buckets;
    unsigned bucket_count, count;
    struct entry *first;
    struct radix by_offset;
    uint32_t next_offset;
};

enum { FIRST_BUCKETS = 8 };

struct directory *directory_create(void)
{
    struct directory *directory = calloc(1, sizeof *directory);
    if (!directory) {
        return NULL;
    }
    directory->buckets = calloc(FIRST_BUCKETS, sizeof(struct entry *));
    if (!directory->buckets) {
        free(directory);
        return NULL;
    }
    directory->bucket_count = FIRST_BUCKETS;
    directory->next_offset = FIRST_ENTRY_OFFSET;
    return directory;
}

static uint32_t hash_name(const char *name, size_t len)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    }
    return hash;
}

static struct entry **bucket_of(const struct directory *directory, uint32_t hash)
{
    return &directory->buckets[hash & (directory->bucket_count - 1)];
}

static struct entry *find(const struct directory *directory, const struct dentry *name)
{
    uint32_t hash = hash_name(name->name, name->name_len);
    struct entry *entry = *bucket_of(directory, hash);
    while (entry && (entry->hash != hash || entry->name_len != name->name_len ||
                     memcmp(entry->name, name->name, name->name_len) != 0)) {
        entry = entry->hash_next;
    }
    return entry;
}

/* Doubles the table; a failure leaves longer chains. */
static void grow(struct directory *directory)
{
    struct entry **buckets = calloc((size_t)directory->bucket_count * 2, sizeof(struct entry *));
    if (!buckets) {
        return;
    }
    free(directory->buckets);
    directory->buckets = buckets;
    directory->bucket_count *= 2;
    for (struct entry *entry = directory->first; entry; entry = entry->next) {
        struct entry **bucket = bucket_of(directory, entry->hash);
        entry->hash_next = *bucket;
        *bucket = entry;
    }
}

static void list_push(struct directory *directory, struct entry *entry)
{
    entry->prev = NULL;
    entry->next = directory->first;
    if (entry->next) {
        entry->next->prev = entry;
    }
    directory->first = entry;
}

static void list_remove(struct directory *directory, struct entry *entry)
{
    *(entry->prev ? &entry->prev->next : &directory->first) = entry->next;
    if (entry->next) {
        entry->next->prev = entry->prev;
    }
}

/* A free offset; the numbers go round. */
static int take_offset(struct directory *directory, struct entry *entry)
{
    while (radix_get(&directory->by_offset, directory->next_offset)) {
        directory->next_offset = directory->next_offset + 1 < LAST_OFFSET
                                     ? directory->next_offset + 1
                                     : FIRST_ENTRY_OFFSET;
    }
    entry->offset = directory->next_offset;
    int error = radix_set(&directory->by_offset, entry->offset, (uintptr_t)entry);
    directory->next_offset =
        entry->offset + 1 < LAST_OFFSET ? entry->offset + 1 : FIRST_ENTRY_OFFSET;
    return error;
}

/* A new entry first in the list; takes over the inode's reference when it succeeds. */
static int add(struct directory *directory, const struct dentry *name, struct inode *inode)
{
    struct entry *entry = calloc(1, sizeof *entry + name->name_len + 1u);
    if (!entry) {
        return -ENOMEM;
    }
    if (take_offset(directory, entry) != 0) {
        free(entry);
        return -ENOMEM;
    }
    memcpy(entry->name, name->name, name->name_len);
    entry->name_len = (uint8_t)name->name_len;
    entry->hash = hash_name(name->name, name->name_len);
    entry->inode = inode;
    if (++directory->count > 2 * directory->bucket_count) {
        grow(directory);
    }
    struct entry **bucket = bucket_of(directory, entry->hash);
    entry->hash_next = *bucket;
    *bucket = entry;
    list_push(directory, entry);
    return 0;
}

/* Takes the entry out; its inode's reference goes to the caller. */
static struct inode *remove_entry(struct directory *directory, struct entry *entry)
{
    struct inode *inode = entry->inode;
    struct entry **at = bucket_of(directory, entry->hash);
    while (*at != entry) {
        at = &(*at)->hash_next;
    }
    *at = entry->hash_next;
    list_remove(directory, entry);
    radix_remove(&directory->by_offset, entry->offset);
    directory->count--;
    free(entry);
    return inode;
}

void directory_free(struct directory *directory, void (*give)(struct inode *inode))
{
    while (directory->first) {
        give(remove_entry(directory, directory->first));
    }
    free(directory->buckets);
    free(directory);
}

/* ---- inode operations ---- */

static int tmpfs_lookup(struct inode *dir, struct dentry *dentry)
{
    const struct entry *entry = find(node_of(dir)->directory, dentry);
    if (entry) {
        dentry_instantiate(dentry, inode_get(entry->inode));
    }
    return 0;
}

static void entry_added(struct inode *dir)
{
    struct node *node = node_of(dir);
    node->size += ENTRY_SIZE;
    node->mtime = node->ctime = now_of(dir);
}

static void entry_removed(struct inode *dir)
{
    struct node *node = node_of(dir);
    node->size -= ENTRY_SIZE;
    node->mtime = node->ctime = now_of(dir);
}

/* Enters a new inode, whose reference is taken over, under the name. */
static int enter(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
    int error = add(node_of(dir)->directory, dentry, inode);
    if (error) {
        inode_put(inode);
        return error;
    }
    entry_added(dir);
    dentry_instantiate(dentry, inode_get(inode));
    return 0;
}

static int tmpfs_create_file(struct inode *dir, struct dentry *dentry, uint32_t mode, uint64_t rdev,
                             const struct cred *cred)
{
    int error;
    struct inode *inode = new_node(dir->sb, dir, mode, rdev, cred, &error);
    return inode ? enter(dir, dentry, inode) : error;
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *dentry, uint32_t mode,
                       const struct cred *cred)
{
    int error = tmpfs_create_file(dir, dentry, mode, 0, cred);
    if (!error) {
        node_of(dir)->nlink++;
    }
    return error;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target,
                         const struct cred *cred)
{
    size_t length = strlen(target);
    bool page = length + 1 > SHORT_SYMLINK;
    struct tmpfs *fs = tmpfs_of(dir);
    int error;
    struct inode *inode = new_node(dir->sb, dir, S_IFLNK | 0777, 0, cred, &error);
    if (!inode) {
        return error;
    }
    char *copy = strdup(target);
    if (!copy || !charge_pages(fs, page)) {
        error = copy ? -ENOSPC : -ENOMEM;
        free(copy);
        inode_put(inode);
        return error;
    }
    node_of(inode)->target = copy;
    node_of(inode)->size = length;
    return enter(dir, dentry, inode);
}

static int tmpfs_link(struct inode *dir, struct dentry *dentry, struct inode *target)
{
    struct tmpfs *fs = tmpfs_of(dir);
    struct node *node = node_of(target);
    /* The first name of an O_TMPFILE inode was paid with the inode. */
    bool charged = node->nlink > 0;
    if (charged && !charge_inode(fs)) {
        return -ENOSPC;
    }
    int error = enter(dir, dentry, inode_get(target));
    if (error) {
        if (charged) {
            uncharge_inode(fs);
        }
        return error;
    }
    node->nlink++;
    node->ctime = now_of(dir);
    return 0;
}

static void drop_link(struct inode *inode)
{
    struct node *node = node_of(inode);
    if (node->nlink > 1) {
        uncharge_inode(tmpfs_of(inode)); /* the last name's goes with the inode */
    }
    node->nlink--;
    node->ctime = now_of(inode);
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
    struct entry *entry = find(node_of(dir)->directory, dentry);
    if (!entry) {
        return -ENOENT;
    }
    struct inode *inode = remove_entry(node_of(dir)->directory, entry);
    entry_removed(dir);
    drop_link(inode);
    inode_put(inode);
    return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *dentry)
{
    struct entry *entry = find(node_of(dir)->directory, dentry);
    if (!entry) {
        return -ENOENT;
    }
    struct node *node = node_of(entry->inode);
    if (node->directory->count > 0) {
        return -ENOTEMPTY;
    }
    struct inode *inode = remove_entry(node_of(dir)->directory, entry);
    entry_removed(dir);
    node_of(dir)->nlink--;
    node->nlink = 0;
    node->ctime = now_of(dir);
    inode_put(inode);
    return 0;
}

/* Both keep name and offset, and change what they lead to. */
static int exchange(struct inode *from_dir, struct entry *from, struct inode *to_dir,
                    struct entry *to)
{
    bool from_is_dir = from->inode->type == S_IFDIR, to_is_dir = to->inode->type == S_IFDIR;
    if (from_dir != to_dir && from_is_dir != to_is_dir) {
        node_of(from_dir)->nlink += to_is_dir ? 1 : -1;
        node_of(to_dir)->nlink += from_is_dir ? 1 : -1;
    }
    struct inode *inode = from->inode;
    from->inode = to->inode;
    to->inode = inode;
    list_remove(node_of(to_dir)->directory, to);
    list_push(node_of(to_dir)->directory, to);
    list_remove(node_of(from_dir)->directory, from);
    list_push(node_of(from_dir)->directory, from);
    node_of(from->inode)->ctime = node_of(to->inode)->ctime = now_of(from_dir);
    node_of(from_dir)->mtime = node_of(from_dir)->ctime = now_of(from_dir);
    node_of(to_dir)->mtime = node_of(to_dir)->ctime = now_of(from_dir);
    return 0;
}

/* What the entry led to goes; it shows `inode` (reference taken over) from now on. */
static void replace(struct inode *dir, struct entry *entry, struct inode *inode)
{
    struct inode *old = entry->inode;
    entry->inode = inode;
    list_remove(node_of(dir)->directory, entry);
    list_push(node_of(dir)->directory, entry);
    node_of(dir)->mtime = node_of(dir)->ctime = now_of(dir);
    if (old->type == S_IFDIR) {
        node_of(dir)->nlink--;
        node_of(old)->nlink = 0;
        node_of(old)->ctime = now_of(dir);
    } else {
        drop_link(old);
    }
    inode_put(old);
}

static int tmpfs_rename(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
                        struct dentry *to, unsigned flags)
{
    struct directory *source = node_of(from_dir)->directory, *target = node_of(to_dir)->directory;
    struct entry *old = find(source, from), *new = find(target, to);
    if (!old) {
        return -ENOENT;
    }
    if (flags & RENAME_EXCHANGE) {
        return new ? exchange(from_dir, old, to_dir, new) : -ENOENT;
    }
    if (new &&new->inode->type == S_IFDIR && node_of(new->inode)->directory->count > 0) {
        return -ENOTEMPTY;
    }
    struct inode *inode = old->inode, *whiteout = NULL;
    int error = 0;
    if (flags & RENAME_WHITEOUT) {
        whiteout = new_node(from_dir->sb, from_dir, S_IFCHR, 0, &task_current()->cred, &error);
    }
    if (!error && !new) {
        error = add(target, to, inode_get(inode));
        if (error) {
            inode_put(inode);
        } else {
            entry_added(to_dir);
        }
    } else if (!error) {
        replace(to_dir, new, inode_get(inode));
    }
    if (error) {
        inode_put(whiteout);
        return error;
    }
    node_of(inode)->ctime = now_of(from_dir);
    if (inode->type == S_IFDIR) {
        node_of(from_dir)->nlink--;
        node_of(to_dir)->nlink++;
    }
    if (whiteout) {
        old->inode = whiteout;
        inode_put(inode);
    } else {
        inode_put(remove_entry(source, old));
        entry_removed(from_dir);
    }
    return 0;
}

static int tmpfs_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred,
                         struct inode **out)
{
    int error = 0;
    *out = new_node(dir->sb, dir, mode, 0, cred, &error);
    if (*out) {
        node_of(*out)->nlink = 0;
    }
    return error;
}

const struct inode_ops tmpfs_dir_ops = {
    .lookup = tmpfs_lookup,
    .create = tmpfs_create_file,
    .mkdir = tmpfs_mkdir,
    .symlink = tmpfs_symlink,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .rmdir = tmpfs_rmdir,
    .rename = tmpfs_rename,
    .tmpfile = tmpfs_tmpfile,
    TMPFS_COMMON_OPS,
};

/* ---- reading directories ---- */

static int64_t offset_of(const struct entry *entry)
{
    return entry ? entry->offset : LAST_OFFSET;
}

/* The entry at an offset; when that has gone, the one that came after it in the list. */
static struct entry *entry_at(const struct directory *directory, uint64_t offset)
{
    uint64_t value;
    if (offset < FIRST_ENTRY_OFFSET) {
        return directory->first;
    }
    if (offset >= LAST_OFFSET || !radix_previous(&directory->by_offset, &offset, &value)) {
        return NULL;
    }
    return (struct entry *)(uintptr_t)value;
}

static int tmpfs_readdir(struct file *file, struct dir_context *ctx)
{
    const struct directory *directory = node_of(file->inode)->directory;
    const struct dentry *dentry = file->path.dentry;
    if (file->pos == 0) {
        if (!ctx->emit(ctx, ".", 1, file->inode->ino, DT_DIR, 1)) {
            return 0;
        }
        file->pos = 1;
    }
    if (file->pos == 1) {
        uint64_t parent = dentry->parent->inode->ino;
        int64_t next = offset_of(directory->first);
        if (!ctx->emit(ctx, "..", 2, parent, DT_DIR, next)) {
            return 0;
        }
        file->pos = next;
    }
    struct entry *entry = entry_at(directory, (uint64_t)file->pos);
    for (; entry; entry = entry->next) {
        int64_t next = offset_of(entry->next);
        if (!ctx->emit(ctx, entry->name, entry->name_len, entry->inode->ino,
                       entry->inode->type >> 12, next)) {
            return 0;
        }
        file->pos = next;
    }
    touch_atime(file);
    return 0;
}

static int64_t tmpfs_dir_lseek(struct file *file, int64_t offset, int whence)
{
    if (whence == SEEK_CUR && __builtin_add_overflow(offset, file->pos, &offset)) {
        return -EINVAL;
    }
    if ((whence != SEEK_SET && whence != SEEK_CUR) || offset < 0) {
        return -EINVAL;
    }
    file->pos = offset;
    return offset;
}

static ssize_t tmpfs_dir_read(struct file *file, struct uio *uio, int64_t *pos)
{
    (void)file;
    (void)uio;
    (void)pos;
    return -EISDIR;
}

static int tmpfs_dir_fsync(struct file *file, bool data_only)
{
    (void)file;
    (void)data_only;
    return 0;
}

const struct file_ops tmpfs_dir_file_ops = {
    .read = tmpfs_dir_read,
    .lseek = tmpfs_dir_lseek,
    .readdir = tmpfs_readdir,
    .fsync = tmpfs_dir_fsync,
};
