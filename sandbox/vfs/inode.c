/*
 * Inodes: references, numbers, and the table by which file systems find an inode that lives
 * elsewhere.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "sandbox/vfs/mapping.h"

struct inode *inode_create(struct superblock *sb, uint64_t ino, uint32_t type,
                           const struct inode_ops *ops)
{
    static const struct inode_ops no_ops;
    struct inode *inode = calloc(1, sizeof *inode);
    if (!inode) {
        return NULL;
    }
    inode->refs = 1;
    inode->sb = sb;
    inode->ino = ino ? ino : ++sb->box->vfs->last_ino;
    inode->type = type & S_IFMT;
    inode->ops = ops ? ops : &no_ops;
    sb->inode_count++;
    return inode;
}

struct inode *inode_get(struct inode *inode)
{
    inode->refs++;
    return inode;
}

static struct inode **hash_bucket(struct superblock *sb, uint64_t key)
{
    return &sb->inode_hash[(key * 0x9e3779b97f4a7c15ull >> 32) & (sb->inode_buckets - 1)];
}

static void hash_remove(struct inode *inode)
{
    for (struct inode **at = hash_bucket(inode->sb, inode->hash_key); *at; at = &(*at)->hash_next) {
        if (*at == inode) {
            *at = inode->hash_next;
            inode->hashed = false;
            return;
        }
    }
    CHECK(!"a hashed inode is in its bucket");
}

void inode_put(struct inode *inode)
{
    if (!inode) {
        return;
    }
    CHECK(inode->refs > 0);
    if (--inode->refs > 0) {
        return;
    }
    if (inode->hashed) {
        hash_remove(inode);
    }
    CHECK(!inode->locks);
    if (inode->ops->evict) {
        inode->ops->evict(inode);
    }
    mapping_free(inode);
    inode->sb->inode_count--;
    free(inode);
}

/* Doubles the table; a failure leaves longer chains. */
static void hash_grow(struct superblock *sb)
{
    unsigned old_buckets = sb->inode_buckets;
    struct inode **old = sb->inode_hash;
    struct inode **grown = calloc((size_t)old_buckets * 2, sizeof(struct inode *));
    if (!grown) {
        return;
    }
    sb->inode_hash = grown;
    sb->inode_buckets = old_buckets * 2;
    for (unsigned i = 0; i < old_buckets; i++) {
        for (struct inode *inode = old[i], *next; inode; inode = next) {
            next = inode->hash_next;
            struct inode **bucket = hash_bucket(sb, inode->hash_key);
            inode->hash_next = *bucket;
            *bucket = inode;
        }
    }
    free(old);
}

int inode_hash_add(struct inode *inode, uint64_t key)
{
    struct superblock *sb = inode->sb;
    if (!sb->inode_hash) {
        sb->inode_hash = calloc(64, sizeof(struct inode *));
        if (!sb->inode_hash) {
            return -ENOMEM;
        }
        sb->inode_buckets = 64;
    }
    if (sb->inode_count > 2 * sb->inode_buckets) {
        hash_grow(sb);
    }
    struct inode **bucket = hash_bucket(sb, key);
    inode->hash_key = key;
    inode->hash_next = *bucket;
    inode->hashed = true;
    *bucket = inode;
    return 0;
}

struct inode *inode_find(struct superblock *sb, uint64_t key)
{
    if (!sb->inode_hash) {
        return NULL;
    }
    for (struct inode *inode = *hash_bucket(sb, key); inode; inode = inode->hash_next) {
        if (inode->hash_key == key) {
            return inode_get(inode);
        }
    }
    return NULL;
}

int inode_getattr(struct inode *inode, struct attributes *out)
{
    *out = (struct attributes){
        .dev = inode->sb->dev,
        .ino = inode->ino,
        .mode = inode->type,
        .nlink = 1,
        .blksize = PAGE_SIZE,
    };
    return inode->ops->getattr ? inode->ops->getattr(inode, out) : 0;
}
