/*
 * The page cache of page_cache.h: frames by page index in a radix tree, each with a dirty mark. A
 * page that is mapped for writing stays dirty as long as somebody maps it, because writes through a
 * mapping are not seen one by one.
 */
#include "sandbox/vfs/page_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/internal.h"
#include "sandbox/vfs/radix.h"

/* A value of the tree: the frame and this bit. */
#define PAGE_DIRTY (1ull << 32)

struct page_cache {
    struct inode *inode; /* not referenced: it owns the cache */
    const struct page_cache_ops *ops;
    struct radix pages;
    struct page_cache *next, *prev; /* all caches of the box */
};

static struct arena *arena_of(const struct page_cache *cache)
{
    return cache->inode->sb->box->arena;
}

static frame_t frame_of(uint64_t value)
{
    return (frame_t)value;
}

int page_cache_attach(struct inode *inode, const struct page_cache_ops *ops)
{
    if (inode->pages) {
        return 0;
    }
    struct page_cache *cache = calloc(1, sizeof *cache);
    if (!cache) {
        return -ENOMEM;
    }
    struct vfs *vfs = inode->sb->box->vfs;
    cache->inode = inode;
    cache->ops = ops;
    cache->next = vfs->caches;
    if (cache->next) {
        cache->next->prev = cache;
    }
    vfs->caches = cache;
    inode->pages = cache;
    return 0;
}

static void drop_page(struct page_cache *cache, uint64_t index)
{
    uint64_t value = radix_remove(&cache->pages, index);
    frame_unref(arena_of(cache), frame_of(value));
}

void page_cache_detach(struct inode *inode)
{
    struct page_cache *cache = inode->pages;
    if (!cache) {
        return;
    }
    (void)page_cache_sync(inode, 0, UINT64_MAX); /* nobody is left to be told of an error */
    uint64_t index = 0, value;
    while (radix_next(&cache->pages, &index, &value)) {
        drop_page(cache, index);
    }
    *(cache->prev ? &cache->prev->next : &inode->sb->box->vfs->caches) = cache->next;
    if (cache->next) {
        cache->next->prev = cache->prev;
    }
    inode->pages = NULL;
    free(cache);
}

bool page_cache_empty(const struct inode *inode)
{
    return !inode->pages || inode->pages->pages.count == 0;
}

/* Fills a frame from the file; what lies behind the end is zero. */
static int fill(struct page_cache *cache, uint64_t index, frame_t frame)
{
    unsigned char *page = frame_ptr(arena_of(cache), frame);
    frame_before_write(arena_of(cache), frame);
    ssize_t got = cache->ops->read_page(cache->inode, index, page);
    if (got < 0) {
        return (int)got;
    }
    if ((size_t)got < PAGE_SIZE) {
        memset(page + got, 0, PAGE_SIZE - (size_t)got);
    }
    return 0;
}

/* The frame of a page with a reference for the caller. -ENOMEM or the error of reading. */
static int get_frame(struct page_cache *cache, uint64_t index, frame_t *out)
{
    uint64_t value = radix_get(&cache->pages, index);
    if (value) {
        *out = frame_of(value);
        frame_ref(arena_of(cache), *out);
        return 0;
    }
    frame_t frame = frame_alloc(arena_of(cache));
    if (!frame) {
        return -ENOMEM;
    }
    int error = fill(cache, index, frame);
    if (!error) {
        error = radix_set(&cache->pages, index, frame);
    }
    if (error) {
        frame_unref(arena_of(cache), frame);
        return error;
    }
    frame_ref(arena_of(cache), frame);
    *out = frame;
    return 0;
}

/* ---- reading beside the mappings ---- */

/* How many bytes from pos on lie in pages that are not cached; at most len. */
static size_t uncached_run(const struct page_cache *cache, uint64_t pos, size_t len)
{
    uint64_t index = pos / PAGE_SIZE, value;
    if (!radix_next(&cache->pages, &index, &value)) {
        return len;
    }
    uint64_t next = index * PAGE_SIZE;
    return next <= pos ? 0 : next - pos < len ? next - pos : len;
}

static ssize_t read_cached(struct page_cache *cache, struct uio *uio, uint64_t pos, size_t len)
{
    uint64_t size = cache->ops->size(cache->inode);
    size_t offset = pos % PAGE_SIZE, piece = PAGE_SIZE - offset;
    if (pos >= size) {
        return 0;
    }
    piece = piece < len ? piece : len;
    piece = piece < size - pos ? piece : size - pos;
    frame_t frame = frame_of(radix_get(&cache->pages, pos / PAGE_SIZE));
    /* Copying may fault guest pages in, and that may reclaim this one. */
    frame_ref(arena_of(cache), frame);
    size_t moved = uio_copy_to(uio, (char *)frame_ptr(arena_of(cache), frame) + offset, piece);
    frame_unref(arena_of(cache), frame);
    return moved > 0 ? (ssize_t)moved : uio->error;
}

ssize_t page_cache_read(struct inode *inode, struct uio *uio, int64_t pos, size_t len,
                        ssize_t (*direct)(void *ctx, struct uio *uio, int64_t pos, size_t len),
                        void *ctx)
{
    struct page_cache *cache = inode->pages;
    size_t done = 0;
    len = len < uio->left ? len : uio->left;
    while (done < len) {
        uint64_t at = (uint64_t)pos + done;
        size_t run = cache ? uncached_run(cache, at, len - done) : len - done;
        ssize_t moved =
            run > 0 ? direct(ctx, uio, (int64_t)at, run) : read_cached(cache, uio, at, len - done);
        if (moved < 0) {
            return done > 0 ? (ssize_t)done : moved;
        }
        done += (size_t)moved;
        if (moved == 0 || uio->error || (run > 0 && (size_t)moved < run)) {
            break;
        }
    }
    return (ssize_t)done;
}

/* ---- keeping file and cache equal ---- */

/* The pages that a range of bytes touches, as [first, end). */
static void page_range(int64_t pos, uint64_t len, uint64_t *first, uint64_t *end)
{
    uint64_t last;
    *first = (uint64_t)pos / PAGE_SIZE;
    if (__builtin_add_overflow((uint64_t)pos, len, &last)) {
        *end = UINT64_MAX;
        return;
    }
    *end = last / PAGE_SIZE + (last % PAGE_SIZE != 0);
}

static int write_back(struct page_cache *cache, uint64_t index, uint64_t value)
{
    uint64_t size = cache->ops->size(cache->inode), at = index * PAGE_SIZE;
    frame_t frame = frame_of(value);
    if (at < size) {
        size_t len = size - at < PAGE_SIZE ? size - at : PAGE_SIZE;
        const void *page = frame_ptr(arena_of(cache), frame);
        int error = cache->ops->write_page(cache->inode, index, page, len);
        if (error) {
            return error;
        }
    }
    if (frame_refs(arena_of(cache), frame) == 1) {
        CHECK(radix_set(&cache->pages, index, frame) == 0); /* in place: needs no memory */
    }
    return 0;
}

int page_cache_sync(struct inode *inode, int64_t pos, uint64_t len)
{
    struct page_cache *cache = inode->pages;
    uint64_t index, end, value;
    int first_error = 0;
    page_range(pos, len, &index, &end);
    while (cache && radix_next(&cache->pages, &index, &value) && index < end) {
        if (value & PAGE_DIRTY) {
            int error = write_back(cache, index, value);
            first_error = first_error ? first_error : error;
        }
        index++;
    }
    return first_error;
}

int page_cache_refresh(struct inode *inode, int64_t pos, uint64_t len)
{
    struct page_cache *cache = inode->pages;
    uint64_t index, end, value;
    int first_error = 0;
    page_range(pos, len, &index, &end);
    while (cache && radix_next(&cache->pages, &index, &value) && index < end) {
        int error = fill(cache, index, frame_of(value));
        first_error = first_error ? first_error : error;
        index++;
    }
    return first_error;
}

void page_cache_truncate(struct inode *inode, uint64_t size)
{
    struct page_cache *cache = inode->pages;
    if (!cache) {
        return;
    }
    uint64_t first = size / PAGE_SIZE + (size % PAGE_SIZE != 0), index = first, value;
    mapping_forget(inode, first, UINT64_MAX - first);
    while (radix_next(&cache->pages, &index, &value)) {
        drop_page(cache, index);
    }
    value = radix_get(&cache->pages, size / PAGE_SIZE);
    if (value && size % PAGE_SIZE) {
        frame_before_write(arena_of(cache), frame_of(value));
        memset((char *)frame_ptr(arena_of(cache), frame_of(value)) + size % PAGE_SIZE, 0,
               PAGE_SIZE - size % PAGE_SIZE);
    }
}

/* Drops clean pages nobody else holds from *index on: their count, at most `wanted`. */
static uint64_t drop_clean(struct page_cache *cache, uint64_t index, uint64_t end, uint64_t wanted)
{
    uint64_t value, dropped = 0;
    while (dropped < wanted && radix_next(&cache->pages, &index, &value) && index < end) {
        if (!(value & PAGE_DIRTY) && frame_refs(arena_of(cache), frame_of(value)) == 1) {
            drop_page(cache, index);
            dropped++;
        }
        index++;
    }
    return dropped;
}

void page_cache_drop(struct inode *inode, uint64_t index, uint64_t count)
{
    if (inode->pages) {
        uint64_t end = count > UINT64_MAX - index ? UINT64_MAX : index + count;
        drop_clean(inode->pages, index, end, UINT64_MAX);
    }
}

uint64_t page_cache_reclaim(struct box *box, uint64_t wanted)
{
    uint64_t dropped = 0;
    struct page_cache *cache = box->vfs ? box->vfs->caches : NULL;
    for (; cache && dropped < wanted; cache = cache->next) {
        dropped += drop_clean(cache, 0, UINT64_MAX, wanted - dropped);
    }
    return dropped;
}

/* ---- mappings ---- */

static int get_page(struct inode *inode, uint64_t index, bool write, frame_t *frame)
{
    struct page_cache *cache = inode->pages;
    uint64_t size = cache->ops->size(inode);
    if (index >= size / PAGE_SIZE + (size % PAGE_SIZE != 0)) {
        return -EFAULT;
    }
    int error = get_frame(cache, index, frame);
    if (!error && write) {
        CHECK(radix_set(&cache->pages, index, *frame | PAGE_DIRTY) == 0);
    }
    return error == -ENOMEM || !error ? error : -EIO;
}

static int sync_pages(struct inode *inode, uint64_t index, uint64_t count)
{
    uint64_t start, len;
    if (__builtin_mul_overflow(index, PAGE_SIZE, &start) || start > INT64_MAX) {
        return 0;
    }
    len = count > UINT64_MAX / PAGE_SIZE ? UINT64_MAX : count * PAGE_SIZE;
    return page_cache_sync(inode, (int64_t)start, len);
}

int page_cache_mmap(struct file *file, uint32_t vma_flags, struct backing **out)
{
    (void)vma_flags;
    return mapping_of_file(file, get_page, sync_pages, out);
}
