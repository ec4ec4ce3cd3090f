/*
 * Frames that cache a file which lives elsewhere (a host file): one frame a page, filled on first
 * use, the same frame for every mapping, so that read, write and mmap agree. Clean pages that
 * nobody maps are given back when the arena runs out.
 *
 * Used by file systems; included in sandbox/vfs/ alone. Under the box's P.
 */
#ifndef SANDBOX_VFS_PAGE_CACHE_H
#define SANDBOX_VFS_PAGE_CACHE_H

#include "sandbox/vfs/super.h"

struct page_cache_ops {
    /* Fills `page` (PAGE_SIZE bytes): bytes read, less only at the end of the file; -errno. */
    ssize_t (*read_page)(struct inode *inode, uint64_t index, void *page);
    /* Writes the first len bytes of a page back: 0 or -errno. */
    int (*write_page)(struct inode *inode, uint64_t index, const void *page, size_t len);
    /* The file's size now. */
    uint64_t (*size)(struct inode *inode);
};

/* Gives the inode an empty cache (inode->pages), unless it has one. -ENOMEM. */
int page_cache_attach(struct inode *inode, const struct page_cache_ops *ops);
/* Writes dirty pages back and frees the cache: for evict. No effect without a cache. */
void page_cache_detach(struct inode *inode);

/* True when no page is cached: reads and writes may go straight to the file. */
bool page_cache_empty(const struct inode *inode);

/*
 * file_ops.read for a file with a cache: pages that are cached are copied from their frames, runs
 * that are not are read by `direct` (which advances the uio by what it returns; short: the end).
 */
ssize_t page_cache_read(struct inode *inode, struct uio *uio, int64_t pos, size_t len,
                        ssize_t (*direct)(void *ctx, struct uio *uio, int64_t pos, size_t len),
                        void *ctx);
/*
 * Around a direct write of [pos, pos + len): before it, page_cache_sync; after it, this reads the
 * cached pages of the range again. 0 or the error of reading.
 */
int page_cache_refresh(struct inode *inode, int64_t pos, uint64_t len);
/* Writes dirty pages of the range back (len UINT64_MAX: to the end). The first error. */
int page_cache_sync(struct inode *inode, int64_t pos, uint64_t len);
/* The file was cut to size bytes: drops what lies beyond, clears the rest of the last page. */
void page_cache_truncate(struct inode *inode, uint64_t size);
/* Forgets clean, unmapped pages of the range (posix_fadvise DONTNEED, a change from outside). */
void page_cache_drop(struct inode *inode, uint64_t index, uint64_t count);

/* file_ops.mmap for a file with a cache. */
int page_cache_mmap(struct file *file, uint32_t vma_flags, struct backing **out);

/* Frees up to `wanted` clean pages nobody maps: their count. The arena's reclaim hook calls it. */
uint64_t page_cache_reclaim(struct box *box, uint64_t wanted);

#endif
