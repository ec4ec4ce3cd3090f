/*
 * Mappings of files: one backing object an inode, so that all who map it share frames and futexes,
 * and truncation finds every mapping of it.
 */
#include "sandbox/vfs/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/internal.h"

struct file_mapping {
    struct backing backing;
    unsigned refs; /* areas; while not 0 it holds inode and path */
    struct inode *inode;
    struct path path;
    mapping_get_page *get;
    mapping_sync_pages *sync;
};

static struct file_mapping *mapping_of(struct backing *backing)
{
    return (struct file_mapping *)((char *)backing - offsetof(struct file_mapping, backing));
}

static int mapping_get(struct backing *backing, uint64_t index, bool write, frame_t *frame)
{
    struct file_mapping *mapping = mapping_of(backing);
    return mapping->get(mapping->inode, index, write, frame);
}

static void mapping_ref(struct backing *backing)
{
    struct file_mapping *mapping = mapping_of(backing);
    if (mapping->refs++ == 0) {
        inode_get(mapping->inode);
        path_get(&mapping->path);
    }
}

static void mapping_unref(struct backing *backing)
{
    struct file_mapping *mapping = mapping_of(backing);
    CHECK(mapping->refs > 0);
    if (--mapping->refs > 0) {
        return;
    }
    /* The mapping goes with the inode: take what is needed before. */
    struct inode *inode = mapping->inode;
    struct path path = mapping->path;
    inode_put(inode);
    path_put(&path);
}

static size_t mapping_describe(struct backing *backing, char *buf, size_t size)
{
    struct file_mapping *mapping = mapping_of(backing);
    bool deleted = false;
    ssize_t length = path_text(task_current(), &mapping->path, buf, size, &deleted);
    if (length < 0) {
        return (size_t)snprintf(buf, size, "(unreachable)");
    }
    if (deleted && (size_t)length < size) {
        length += snprintf(buf + length, size - (size_t)length, " (deleted)");
    }
    return (size_t)length;
}

static int mapping_sync(struct backing *backing, uint64_t index, uint64_t count)
{
    struct file_mapping *mapping = mapping_of(backing);
    return mapping->sync ? mapping->sync(mapping->inode, index, count) : 0;
}

static int mapping_punch(struct backing *backing, uint64_t index, uint64_t count)
{
    const struct file_mapping *mapping = mapping_of(backing);
    struct file *file;
    int error = file_open(task_current(), &mapping->path, O_RDWR | O_NONBLOCK, &file);
    if (error) {
        return error;
    }
    uint64_t offset, len;
    if (!file->ops->fallocate) {
        error = -EOPNOTSUPP;
    } else if (__builtin_mul_overflow(index, PAGE_SIZE, &offset) ||
               __builtin_mul_overflow(count, PAGE_SIZE, &len) || offset > INT64_MAX ||
               len > INT64_MAX - offset) {
        error = -EFBIG;
    } else {
        error = file->ops->fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                     (int64_t)offset, (int64_t)len);
    }
    file_put(file);
    return error;
}

static void mapping_identity(struct backing *backing, uint64_t *dev, uint64_t *ino)
{
    struct attributes attr;
    *dev = *ino = 0;
    if (inode_getattr(mapping_of(backing)->inode, &attr) == 0) {
        *dev = attr.dev;
        *ino = attr.ino;
    }
}

static const struct backing_ops ops = {
    .get = mapping_get,
    .ref = mapping_ref,
    .unref = mapping_unref,
    .describe = mapping_describe,
    .sync = mapping_sync,
    .punch = mapping_punch,
    .identity = mapping_identity,
};

int mapping_of_file(struct file *file, mapping_get_page *get_page, mapping_sync_pages *sync_pages,
                    struct backing **out)
{
    struct inode *inode = file->inode;
    struct file_mapping *mapping = inode->mapping;
    if (!mapping) {
        mapping = calloc(1, sizeof *mapping);
        if (!mapping) {
            return -ENOMEM;
        }
        mapping->backing.ops = &ops;
        mapping->inode = inode;
        mapping->get = get_page;
        mapping->sync = sync_pages;
        inode->mapping = mapping;
    }
    if (mapping->refs == 0) {
        mapping->path = file->path; /* referenced by the first area */
    }
    *out = &mapping->backing;
    return 0;
}

bool mapping_in_use(const struct inode *inode)
{
    return inode->mapping && inode->mapping->refs > 0;
}

struct forget {
    struct backing *backing;
    uint64_t index, count;
};

static int forget_in_process(struct process *process, void *ctx)
{
    const struct forget *forget = ctx;
    if (process->mm) {
        mm_forget_backing(process->mm, forget->backing, forget->index, forget->count);
    }
    return 0;
}

void mapping_forget(struct inode *inode, uint64_t index, uint64_t count)
{
    if (mapping_in_use(inode) && count > 0) {
        struct forget forget = {&inode->mapping->backing, index, count};
        process_each(inode->sb->box, forget_in_process, &forget);
    }
}

static int is_writable_in_process(struct process *process, void *ctx)
{
    const struct backing *backing = ctx;
    const struct vma *vma = process->mm ? mm_vma_at_or_above(process->mm, 0) : NULL;
    while (vma) {
        if (vma->backing == backing && vma->flags & VMA_SHARED && vma->flags & VMA_MAYWRITE) {
            return 1;
        }
        vma = mm_vma_at_or_above(process->mm, vma->end);
    }
    return 0;
}

bool mapping_is_writable(const struct inode *inode)
{
    return mapping_in_use(inode) &&
           process_each(inode->sb->box, is_writable_in_process, &inode->mapping->backing) != 0;
}

void mapping_free(struct inode *inode)
{
    CHECK(!mapping_in_use(inode));
    free(inode->mapping);
    inode->mapping = NULL;
}
