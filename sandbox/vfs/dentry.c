/*
 * Dentries: names in directories, found by a hash of directory and name while somebody uses them,
 * and kept in a bounded list for a while after.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void dentry_cache_init(struct vfs *vfs)
{
    vfs->lru.lru_next = vfs->lru.lru_prev = &vfs->lru;
}

static struct vfs *vfs_of(const struct dentry *dentry)
{
    return dentry->sb->box->vfs;
}

static uint32_t hash_name(const struct dentry *parent, const char *name, size_t len)
{
    uint64_t hash = (uintptr_t)parent >> 4;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3ull;
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static struct dentry **bucket_of(const struct dentry *dentry)
{
    return &vfs_of(dentry)->buckets[dentry->hash % DENTRY_BUCKETS];
}

static void hash_insert(struct dentry *dentry)
{
    dentry->hash = hash_name(dentry->parent, dentry->name, dentry->name_len);
    struct dentry **bucket = bucket_of(dentry);
    dentry->hash_next = *bucket;
    *bucket = dentry;
    dentry->hashed = true;
}

void dentry_unhash(struct dentry *dentry)
{
    if (!dentry->hashed) {
        return;
    }
    struct dentry **at = bucket_of(dentry);
    while (*at != dentry) {
        CHECK(*at);
        at = &(*at)->hash_next;
    }
    *at = dentry->hash_next;
    dentry->hashed = false;
}

static void lru_remove(struct dentry *dentry)
{
    dentry->lru_prev->lru_next = dentry->lru_next;
    dentry->lru_next->lru_prev = dentry->lru_prev;
    dentry->on_lru = false;
    vfs_of(dentry)->lru_count--;
}

static void lru_append(struct dentry *dentry)
{
    struct vfs *vfs = vfs_of(dentry);
    dentry->lru_prev = vfs->lru.lru_prev;
    dentry->lru_next = &vfs->lru;
    dentry->lru_prev->lru_next = dentry;
    vfs->lru.lru_prev = dentry;
    dentry->on_lru = true;
    vfs->lru_count++;
}

static struct dentry *allocate(struct superblock *sb, const char *name, size_t len)
{
    struct dentry *dentry = calloc(1, sizeof *dentry);
    if (!dentry) {
        return NULL;
    }
    dentry->name = strndup(name, len);
    if (!dentry->name) {
        free(dentry);
        return NULL;
    }
    dentry->name_len = (uint16_t)len;
    dentry->refs = 1;
    dentry->sb = sb;
    return dentry;
}

struct dentry *dentry_create_root(struct superblock *sb, struct inode *inode, const char *name)
{
    struct dentry *dentry = allocate(sb, name, strlen(name));
    if (!dentry) {
        inode_put(inode);
        return NULL;
    }
    dentry->parent = dentry;
    dentry->inode = inode;
    return dentry;
}

struct dentry *dentry_create(struct dentry *parent, const char *name, size_t len)
{
    struct dentry *dentry = allocate(parent->sb, name, len);
    if (!dentry) {
        return NULL;
    }
    dentry->parent = dentry_get(parent);
    hash_insert(dentry);
    return dentry;
}

struct dentry *dentry_get(struct dentry *dentry)
{
    if (dentry->on_lru) {
        lru_remove(dentry);
    }
    dentry->refs++;
    return dentry;
}

/* Frees an unused dentry and gives back its parent, on which the caller drops the reference. */
static struct dentry *destroy(struct dentry *dentry)
{
    struct dentry *parent = dentry->parent != dentry ? dentry->parent : NULL;
    CHECK(dentry->mounts == 0 && !dentry->on_lru);
    dentry_unhash(dentry);
    inode_put(dentry->inode);
    free(dentry->name);
    free(dentry);
    return parent;
}

/* A loop and not a recursion: a guest can nest directories as deep as it likes. */
static void put_chain(struct dentry *dentry)
{
    while (dentry) {
        CHECK(dentry->refs > 0);
        if (--dentry->refs > 0) {
            return;
        }
        if (dentry->hashed && dentry->inode && dentry->sb->flags & SB_CACHE_NAMES) {
            lru_append(dentry);
            return;
        }
        dentry = destroy(dentry);
    }
}

/* Drops an unused dentry from the cache. */
static void evict(struct dentry *dentry)
{
    lru_remove(dentry);
    put_chain(destroy(dentry));
}

void dentry_put(struct dentry *dentry)
{
    if (!dentry) {
        return;
    }
    struct vfs *vfs = vfs_of(dentry);
    put_chain(dentry);
    while (vfs->lru_count > DENTRY_CACHE_MAX) {
        evict(vfs->lru.lru_next); /* NOLINT(clang-analyzer-unix.Malloc): it left the ring */
    }
}

static struct dentry *first_unused(struct superblock *sb)
{
    struct dentry *end = &sb->box->vfs->lru;
    for (struct dentry *dentry = end->lru_next; dentry != end; dentry = dentry->lru_next) {
        if (dentry->sb == sb) { /* NOLINT(clang-analyzer-unix.Malloc): freed ones left the ring */
            return dentry;
        }
    }
    return NULL;
}

void dentry_cache_drop(struct superblock *sb)
{
    struct dentry *dentry;
    /* From the start each time: dropping one can add its parent, or free others by eviction. */
    while ((dentry = first_unused(sb)) != NULL) {
        evict(dentry);
    }
}

static struct dentry *find_cached(struct dentry *parent, const char *name, size_t len)
{
    uint32_t hash = hash_name(parent, name, len);
    struct dentry *dentry = vfs_of(parent)->buckets[hash % DENTRY_BUCKETS];
    for (; dentry; dentry = dentry->hash_next) {
        if (dentry->hash == hash && dentry->parent == parent && dentry->name_len == len &&
            memcmp(dentry->name, name, len) == 0) {
            return dentry_get(dentry);
        }
    }
    return NULL;
}

int dentry_lookup(struct dentry *parent, const char *name, size_t len, struct dentry **out)
{
    struct inode *dir = parent->inode;
    if (!dir || dir->type != S_IFDIR || !dir->ops->lookup) {
        return -ENOTDIR;
    }
    if (len > NAME_LENGTH_MAX) {
        return -ENAMETOOLONG;
    }
    struct dentry *dentry = find_cached(parent, name, len);
    if (dentry) {
        const struct super_ops *ops = parent->sb->ops;
        if (dentry->mounts > 0 || !ops || !ops->revalidate || ops->revalidate(dentry)) {
            *out = dentry;
            return 0;
        }
        dentry_unhash(dentry);
        dentry_put(dentry);
    }
    if (parent->parent != parent && !parent->hashed) {
        return -ENOENT; /* the directory was removed: it is empty for ever */
    }
    dentry = dentry_create(parent, name, len);
    if (!dentry) {
        return -ENOMEM;
    }
    int error = dir->ops->lookup(dir, dentry);
    if (error) {
        dentry_unhash(dentry);
        dentry_put(dentry);
        return error;
    }
    *out = dentry;
    return 0;
}

void dentry_instantiate(struct dentry *dentry, struct inode *inode)
{
    CHECK(!dentry->inode);
    dentry->inode = inode;
}

int dentry_move(struct dentry *from, struct dentry *to)
{
    char *name = strdup(to->name);
    if (!name) {
        return -ENOMEM;
    }
    struct dentry *old_parent = from->parent;
    dentry_unhash(to);
    dentry_unhash(from);
    free(from->name);
    from->name = name;
    from->name_len = to->name_len;
    from->parent = dentry_get(to->parent);
    hash_insert(from);
    dentry_put(old_parent);
    return 0;
}

/* Names, parents and the references on them change places. */
void dentry_exchange(struct dentry *one, struct dentry *other)
{
    dentry_unhash(one);
    dentry_unhash(other);
    char *name = one->name;
    uint16_t len = one->name_len;
    struct dentry *parent = one->parent;
    one->name = other->name;
    one->name_len = other->name_len;
    one->parent = other->parent;
    other->name = name;
    other->name_len = len;
    other->parent = parent;
    hash_insert(one);
    hash_insert(other);
}

bool dentry_is_below(const struct dentry *dentry, const struct dentry *ancestor)
{
    while (dentry != ancestor) {
        if (dentry->parent == dentry) {
            return false;
        }
        dentry = dentry->parent;
    }
    return true;
}

bool dentry_is_removed(const struct dentry *dentry)
{
    return dentry->parent != dentry && !dentry->hashed;
}
