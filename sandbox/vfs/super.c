/*
 * Superblocks, the table of file system types, and the life of a box's file tree.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sandbox/vfs/page_cache.h"
#include "sandbox/vfs/tmpfs.h"

int file_system_register(struct vfs *vfs, const struct file_system *type)
{
    if (vfs->type_count == FILE_SYSTEMS_MAX) {
        return -ENOSPC;
    }
    vfs->types[vfs->type_count++] = type;
    return 0;
}

const struct file_system *file_system_find(struct vfs *vfs, const char *name)
{
    for (unsigned i = 0; i < vfs->type_count; i++) {
        if (strcmp(vfs->types[i]->name, name) == 0) {
            return vfs->types[i];
        }
    }
    return NULL;
}

size_t file_systems_text(struct vfs *vfs, char *buf, size_t size)
{
    size_t length = 0;
    for (unsigned i = 0; i < vfs->type_count; i++) {
        const struct file_system *type = vfs->types[i];
        int part = snprintf(length < size ? buf + length : NULL, length < size ? size - length : 0,
                            "%s\t%s\n", type->needs_device ? "" : "nodev", type->name);
        length += (size_t)part;
    }
    return length;
}

uint64_t vfs_new_device(struct vfs *vfs)
{
    return makedev(0, ++vfs->last_device);
}

struct superblock *super_create(struct box *box, const struct file_system *type,
                                const struct super_ops *ops, uint32_t magic, uint32_t flags)
{
    struct superblock *sb = calloc(1, sizeof *sb);
    if (!sb) {
        return NULL;
    }
    *sb = (struct superblock){
        .refs = 1,
        .box = box,
        .type = type,
        .ops = ops,
        .dev = vfs_new_device(box->vfs),
        .magic = magic,
        .flags = flags,
    };
    return sb;
}

int super_set_root(struct superblock *sb, struct inode *inode)
{
    sb->root = dentry_create_root(sb, inode, "/");
    return sb->root ? 0 : -ENOMEM;
}

struct superblock *super_get(struct superblock *sb)
{
    sb->refs++;
    return sb;
}

void super_put(struct superblock *sb)
{
    if (!sb) {
        return;
    }
    CHECK(sb->refs > 0);
    if (--sb->refs > 0) {
        return;
    }
    dentry_cache_drop(sb);
    dentry_put(sb->root);
    if (sb->ops && sb->ops->destroy) {
        sb->ops->destroy(sb);
    }
    CHECK(sb->inode_count == 0);
    free(sb->inode_hash);
    free(sb);
}

struct superblock *super_find(struct vfs *vfs, uint64_t dev)
{
    for (struct mount *mount = vfs->ns->first; mount; mount = mount->next) {
        if (mount->sb->dev == dev) {
            return super_get(mount->sb);
        }
    }
    return NULL;
}

void super_sync_all(struct vfs *vfs)
{
    for (struct mount *mount = vfs->ns->first; mount; mount = mount->next) {
        struct superblock *sb = mount->sb;
        if (sb->ops && sb->ops->sync) {
            (void)sb->ops->sync(sb); /* sync(2) always succeeds */
        }
    }
}

/* The superblock of files without a name: pipes, sockets, others. magic: as statfs shows it. */
static struct mount *create_nameless_mount(struct box *box, uint32_t magic)
{
    struct superblock *sb = super_create(box, NULL, NULL, magic, SB_NOUSER | SB_NAMELESS);
    struct inode *root = sb ? inode_create(sb, 0, S_IFDIR, NULL) : NULL;
    if (!root || super_set_root(sb, root) != 0) {
        super_put(sb);
        return NULL;
    }
    struct mount *mount = mount_create(sb, sb->root, 0, "none");
    super_put(sb);
    return mount;
}

static struct mount *create_shmem_mount(struct box *box)
{
    struct superblock *sb;
    if (tmpfs_create(box, &TMPFS_UNLIMITED, &sb) != 0) {
        return NULL;
    }
    sb->flags |= SB_NOUSER;
    struct mount *mount = mount_create(sb, sb->root, 0, "tmpfs");
    super_put(sb);
    return mount;
}

/* The arena's hook when no frame is free. */
static uint64_t reclaim(void *ctx, uint64_t wanted)
{
    return page_cache_reclaim(ctx, wanted);
}

int vfs_create(struct box *box)
{
    struct vfs *vfs = calloc(1, sizeof *vfs);
    if (!vfs) {
        return -ENOMEM;
    }
    vfs->box = box;
    vfs->ns = calloc(1, sizeof *vfs->ns);
    dentry_cache_init(vfs);
    box->vfs = vfs;
    vfs->anonymous = create_nameless_mount(box, ANON_INODE_FS_MAGIC);
    vfs->pipes = create_nameless_mount(box, PIPEFS_MAGIC);
    vfs->sockets = create_nameless_mount(box, SOCKFS_MAGIC);
    vfs->shmem = create_shmem_mount(box);
    if (!vfs->ns || !vfs->anonymous || !vfs->pipes || !vfs->sockets || !vfs->shmem) {
        vfs_destroy(box);
        return -ENOMEM;
    }
    arena_set_reclaim_hook(box->arena, reclaim, box);
    return 0;
}

void vfs_destroy(struct box *box)
{
    struct vfs *vfs = box->vfs;
    if (!vfs) {
        return;
    }
    arena_set_reclaim_hook(box->arena, NULL, NULL);
    if (vfs->ns) {
        mount_namespace_clear(vfs->ns);
    }
    mount_put(vfs->shmem);
    mount_put(vfs->sockets);
    mount_put(vfs->pipes);
    mount_put(vfs->anonymous);
    CHECK(vfs->lru_count == 0);
    free(vfs->ns);
    free(vfs);
    box->vfs = NULL;
}
