/*
 * Regular files of tmpfs: frames of the arena by page index. Holes have no frame; a mapping's first
 * touch makes one. Seals of memfd_create are kept here.
 */
#include "sandbox/vfs/tmpfs_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20 /* linux/fcntl.h since 6.3 */
#endif

enum { SEALS_WRITE = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE };

static uint64_t pages_for(uint64_t bytes)
{
    return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
}

static struct arena *arena_of(const struct inode *inode)
{
    return inode->sb->box->arena;
}

static frame_t find_page(const struct node *node, uint64_t index)
{
    return (frame_t)radix_get(&node->pages, index);
}

/* The frame of a page, made of zeros when there is none. -ENOSPC, -ENOMEM. */
static int make_page(struct inode *inode, uint64_t index, frame_t *out)
{
    struct node *node = node_of(inode);
    *out = find_page(node, index);
    if (*out) {
        return 0;
    }
    struct tmpfs *fs = tmpfs_of(inode);
    if (!charge_pages(fs, 1)) {
        return -ENOSPC;
    }
    frame_t frame = frame_alloc(arena_of(inode));
    if (frame && radix_set(&node->pages, index, frame) == 0) {
        *out = frame;
        return 0;
    }
    if (frame) {
        frame_unref(arena_of(inode), frame);
    }
    uncharge_pages(fs, 1);
    return -ENOMEM;
}

static void drop_page(struct inode *inode, uint64_t index)
{
    frame_t frame = (frame_t)radix_remove(&node_of(inode)->pages, index);
    if (frame) {
        frame_unref(arena_of(inode), frame);
        uncharge_pages(tmpfs_of(inode), 1);
    }
}

/* Drops the pages [first, end), which mappings have been made to forget. */
static void drop_pages(struct inode *inode, uint64_t first, uint64_t end)
{
    uint64_t index = first, frame;
    while (radix_next(&node_of(inode)->pages, &index, &frame) && index < end) {
        drop_page(inode, index);
        index++;
    }
}

void file_free_pages(struct inode *inode)
{
    drop_pages(inode, 0, UINT64_MAX);
}

/* Zeros in a part of one page, if it has a frame. */
static void clear_part(struct inode *inode, uint64_t index, size_t from, size_t to)
{
    frame_t frame = find_page(node_of(inode), index);
    if (frame && from < to) {
        frame_before_write(arena_of(inode), frame);
        memset((char *)frame_ptr(arena_of(inode), frame) + from, 0, to - from);
    }
}

int file_set_size(struct inode *inode, uint64_t size)
{
    struct node *node = node_of(inode);
    if ((size < node->size && node->seals & F_SEAL_SHRINK) ||
        (size > node->size && node->seals & F_SEAL_GROW)) {
        return -EPERM;
    }
    if (size < node->size) {
        uint64_t first = pages_for(size);
        node->size = size;
        mapping_forget(inode, first, UINT64_MAX - first);
        drop_pages(inode, first, UINT64_MAX);
        if (size % PAGE_SIZE) {
            clear_part(inode, size / PAGE_SIZE, size % PAGE_SIZE, PAGE_SIZE);
        }
    }
    node->size = size;
    return 0;
}

/* ---- reading and writing ---- */

static ssize_t tmpfs_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct inode *inode = file->inode;
    const struct node *node = node_of(inode);
    ssize_t done = 0;
    while (uio->left > 0 && (uint64_t)*pos < node->size) {
        uint64_t at = (uint64_t)*pos;
        size_t offset = at % PAGE_SIZE, piece = PAGE_SIZE - offset;
        if (piece > node->size - at) {
            piece = node->size - at;
        }
        if (piece > uio->left) {
            piece = uio->left;
        }
        frame_t frame = find_page(node, at / PAGE_SIZE);
        size_t moved =
            frame ? uio_copy_to(uio, (char *)frame_ptr(arena_of(inode), frame) + offset, piece)
                  : uio_zero(uio, piece);
        *pos += (int64_t)moved;
        done += (ssize_t)moved;
        if (moved < piece) {
            break;
        }
    }
    touch_atime(file);
    return done > 0 || !uio->error ? done : uio->error;
}

/* Writes within one page: bytes, or -errno. A page made for nothing is taken back. */
static ssize_t write_page(struct inode *inode, struct uio *uio, uint64_t at)
{
    uint64_t index = at / PAGE_SIZE;
    size_t offset = at % PAGE_SIZE, piece = PAGE_SIZE - offset;
    bool was_there = find_page(node_of(inode), index) != 0;
    frame_t frame;
    if (piece > uio->left) {
        piece = uio->left;
    }
    if (node_of(inode)->seals & F_SEAL_GROW && at + piece > node_of(inode)->size) {
        return -EPERM; /* the pages before this one stay written, as on Linux */
    }
    int error = make_page(inode, index, &frame);
    if (error) {
        return error;
    }
    frame_before_write(arena_of(inode), frame);
    size_t moved = uio_copy_from(uio, (char *)frame_ptr(arena_of(inode), frame) + offset, piece);
    if (moved == 0 && !was_there && index >= pages_for(node_of(inode)->size)) {
        drop_page(inode, index);
    }
    return moved > 0 ? (ssize_t)moved : uio->error;
}

/* True when the next piece, which ends with its page, would end beyond the file. */
static bool grows(const struct node *node, const struct uio *uio, uint64_t pos)
{
    uint64_t piece = PAGE_SIZE - pos % PAGE_SIZE;
    return pos + (piece < uio->left ? piece : uio->left) > node->size;
}

static ssize_t tmpfs_write(struct file *file, struct uio *uio, int64_t *pos)
{
    struct inode *inode = file->inode;
    struct node *node = node_of(inode);
    if (node->seals & SEALS_WRITE) {
        return -EPERM;
    }
    ssize_t done = 0, moved = 0;
    while (uio->left > 0 && !uio->error) {
        if (node->seals & F_SEAL_GROW && grows(node, uio, (uint64_t)*pos)) {
            moved = -EPERM;
            break;
        }
        moved = write_page(inode, uio, (uint64_t)*pos);
        if (moved < 0) {
            break;
        }
        *pos += moved;
        done += moved;
        if ((uint64_t)*pos > node->size) {
            node->size = (uint64_t)*pos;
        }
    }
    if (done > 0) {
        node->mtime = node->ctime = now_of(inode);
        return done;
    }
    return moved;
}

/* SEEK_DATA and SEEK_HOLE; -ENXIO beyond the end. */
static int64_t seek_content(const struct node *node, int64_t offset, bool data)
{
    if (offset < 0 || (uint64_t)offset >= node->size) {
        return -ENXIO;
    }
    uint64_t first = (uint64_t)offset / PAGE_SIZE, index = first, frame;
    if (data) {
        if (!radix_next(&node->pages, &index, &frame) || index * PAGE_SIZE >= node->size) {
            return -ENXIO;
        }
    } else {
        while (find_page(node, index)) {
            index++;
        }
    }
    if (index == first) {
        return offset;
    }
    return index * PAGE_SIZE < node->size ? (int64_t)(index * PAGE_SIZE) : (int64_t)node->size;
}

static int64_t tmpfs_lseek(struct file *file, int64_t offset, int whence)
{
    const struct node *node = node_of(file->inode);
    bool overflow = false;
    switch (whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        overflow = __builtin_add_overflow(offset, file->pos, &offset);
        break;
    case SEEK_END:
        overflow = __builtin_add_overflow(offset, (int64_t)node->size, &offset);
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        offset = seek_content(node, offset, whence == SEEK_DATA);
        if (offset < 0) {
            return offset;
        }
        break;
    default:
        return -EINVAL;
    }
    if (overflow || offset < 0) {
        return -EINVAL;
    }
    file->pos = offset;
    return offset;
}

static int tmpfs_fsync(struct file *file, bool data_only)
{
    (void)file;
    (void)data_only;
    return 0;
}

/* ---- space ---- */

static int punch_hole(struct inode *inode, uint64_t from, uint64_t to)
{
    struct node *node = node_of(inode);
    if (node->seals & SEALS_WRITE) {
        return -EPERM;
    }
    uint64_t first = pages_for(from), end = to / PAGE_SIZE;
    if (first > end) { /* inside one page */
        clear_part(inode, end, from % PAGE_SIZE, to % PAGE_SIZE);
    } else {
        mapping_forget(inode, first, end - first);
        drop_pages(inode, first, end);
        if (from % PAGE_SIZE) {
            clear_part(inode, from / PAGE_SIZE, from % PAGE_SIZE, PAGE_SIZE);
        }
        clear_part(inode, end, 0, to % PAGE_SIZE);
    }
    node->mtime = node->ctime = now_of(inode);
    return 0;
}

/* Frames for all pages of [first, end), or none of those that were missing. */
static int allocate_pages(struct inode *inode, uint64_t first, uint64_t end)
{
    struct node *node = node_of(inode);
    struct radix made = {0};
    const struct tmpfs *fs = tmpfs_of(inode);
    if ((fs->limits.pages && end - first > fs->limits.pages) ||
        end - first > arena_limit(arena_of(inode))) {
        return -ENOSPC;
    }
    int error = 0;
    for (uint64_t index = first; index < end && !error; index++) {
        if (find_page(node, index)) {
            continue;
        }
        frame_t frame;
        error = make_page(inode, index, &frame);
        if (!error && radix_set(&made, index, 1) != 0) {
            drop_page(inode, index);
            error = -ENOMEM;
        }
    }
    uint64_t index = 0, unused;
    while (radix_next(&made, &index, &unused)) {
        radix_remove(&made, index);
        if (error) {
            drop_page(inode, index);
        }
    }
    return error;
}

static int tmpfs_fallocate(struct file *file, int mode, int64_t offset, int64_t len)
{
    struct inode *inode = file->inode;
    struct node *node = node_of(inode);
    uint64_t from = (uint64_t)offset, to = from + (uint64_t)len;
    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) {
        return -EOPNOTSUPP;
    }
    if (mode & FALLOC_FL_PUNCH_HOLE) {
        return punch_hole(inode, from, to);
    }
    if (node->seals & F_SEAL_GROW && to > node->size) {
        return -EPERM;
    }
    int error = allocate_pages(inode, from / PAGE_SIZE, pages_for(to));
    if (error) {
        return error;
    }
    if (!(mode & FALLOC_FL_KEEP_SIZE) && to > node->size) {
        node->size = to;
    }
    node->mtime = node->ctime = now_of(inode);
    return 0;
}

/* ---- mapping ---- */

static int get_page(struct inode *inode, uint64_t index, bool write, frame_t *frame)
{
    struct node *node = node_of(inode);
    if (index >= pages_for(node->size)) {
        return -EFAULT;
    }
    int error = make_page(inode, index, frame);
    if (error) {
        return error == -ENOSPC ? -EIO : error;
    }
    if (write) {
        node->mtime = node->ctime = now_of(inode);
    }
    frame_ref(arena_of(inode), *frame);
    return 0;
}

static int tmpfs_mmap(struct file *file, uint32_t vma_flags, struct backing **out)
{
    if (vma_flags & VMA_SHARED && vma_flags & VMA_WRITE &&
        node_of(file->inode)->seals & SEALS_WRITE) {
        return -EPERM;
    }
    return mapping_of_file(file, get_page, NULL, out);
}

const struct file_ops tmpfs_file_ops = {
    .read = tmpfs_read,
    .write = tmpfs_write,
    .lseek = tmpfs_lseek,
    .fsync = tmpfs_fsync,
    .fallocate = tmpfs_fallocate,
    .mmap = tmpfs_mmap,
};

/* ---- seals ---- */

static struct node *sealable(const struct file *file)
{
    return file->ops == &tmpfs_file_ops ? node_of(file->inode) : NULL;
}

long tmpfs_get_seals(struct file *file)
{
    const struct node *node = sealable(file);
    return node ? (long)node->seals : -EINVAL;
}

void tmpfs_set_seals(struct inode *inode, uint32_t seals)
{
    node_of(inode)->seals = seals;
}

long tmpfs_add_seals(struct file *file, uint32_t seals)
{
    enum {
        KNOWN = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | SEALS_WRITE | F_SEAL_EXEC,
    };
    struct node *node = sealable(file);
    if (!file_writable(file)) {
        return -EPERM;
    }
    if (seals & ~(uint32_t)KNOWN || !node) {
        return -EINVAL;
    }
    if (node->seals & F_SEAL_SEAL) {
        return -EPERM;
    }
    if (seals & F_SEAL_WRITE && !(node->seals & F_SEAL_WRITE) && mapping_is_writable(file->inode)) {
        return -EBUSY;
    }
    if (seals & F_SEAL_EXEC && node->mode & 0111) {
        seals |= F_SEAL_SHRINK | F_SEAL_GROW | SEALS_WRITE;
    }
    node->seals |= seals;
    return 0;
}

bool file_may_map_writable(struct file *file)
{
    const struct node *node = sealable(file);
    return file_writable(file) && !(node && node->seals & SEALS_WRITE);
}

/* ---- memory shared by name or by descriptor ---- */

int shmem_file(struct box *box, const char *name, uint64_t size, uint32_t flags, struct file **out)
{
    struct mount *mount = box->vfs->shmem;
    int error = 0;
    if (size > INT64_MAX) {
        return -EINVAL;
    }
    struct inode *inode =
        new_node(mount->sb, NULL, S_IFREG | 0777, 0, &task_current()->cred, &error);
    if (!inode) {
        return error;
    }
    node_of(inode)->nlink = 0;
    node_of(inode)->size = size;
    struct dentry *dentry = dentry_create(mount->root, name, strlen(name));
    if (!dentry) {
        inode_put(inode);
        return -ENOMEM;
    }
    dentry_unhash(dentry);
    dentry_instantiate(dentry, inode);
    struct path path = {.mount = mount, .dentry = dentry};
    error = file_create(&path, flags, out);
    if (!error) {
        (*out)->ops = &tmpfs_file_ops;
    }
    dentry_put(dentry);
    return error;
}
