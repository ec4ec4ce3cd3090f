/*
 * hostfs: open files and directories. Data goes straight between guest memory and the host file;
 * only what is mapped lies in the page cache, and reads and writes keep it in step. May include
 * sandbox/vfs/.
 *
 * A change that somebody else makes to a mapped host file is seen at the next open, msync-style:
 * host processes do not tell us.
 */
#include <errno.h>
#include <limits.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/hostfs_node.h"
#include "sandbox/vfs/page_cache.h"

/* ---- pages ---- */

static ssize_t read_page(struct inode *inode, uint64_t index, void *page)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    int fd = hostfs_pin(node, HOSTFS_READ);
    size_t done = 0;
    ssize_t count = 0;

    if (fd < 0)
        return fd;
    while (done < PAGE_SIZE) {
        count = host_pread(fd, (char *)page + done, PAGE_SIZE - done,
                           (int64_t)(index * PAGE_SIZE + done));
        if (count <= 0)
            break;
        done += (size_t)count;
    }
    hostfs_unpin(node);
    return count < 0 ? count : (ssize_t)done;
}

static int write_page(struct inode *inode, uint64_t index, const void *page, size_t len)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    int fd = hostfs_pin(node, HOSTFS_WRITE);
    ssize_t count = 0;

    if (fd < 0)
        return fd;
    for (size_t done = 0; done < len; done += (size_t)count) {
        count = host_pwrite(fd, (const char *)page + done, len - done,
                            (int64_t)(index * PAGE_SIZE + done));
        if (count <= 0)
            break;
    }
    hostfs_unpin(node);
    return count < 0 ? (int)count : 0;
}

static uint64_t file_size(struct inode *inode)
{
    struct statx st;

    return hostfs_statx(hostfs_node_of(inode), &st) == 0 ? st.stx_size : 0;
}

static const struct page_cache_ops hostfs_page_ops = {
    .read_page = read_page,
    .write_page = write_page,
    .size = file_size,
};

void hostfs_pages_resized(struct hostfs_node *node, uint64_t size)
{
    if (node->inode->pages)
        page_cache_truncate(node->inode, size);
}

void hostfs_pages_evict(struct inode *inode)
{
    page_cache_detach(inode);
}

/* At open: if the host file has changed since its pages were read, they are read again. */
static int refresh_pages(struct hostfs_node *node)
{
    struct inode *inode = node->inode;
    struct statx st;
    int error;

    if (!inode->pages || page_cache_empty(inode))
        return 0;
    error = hostfs_statx(node, &st);
    if (error)
        return error;
    if (hostfs_time(st.stx_mtime) == node->cached_mtime && st.stx_size == node->cached_size)
        return 0;
    error = page_cache_sync(inode, 0, UINT64_MAX);
    page_cache_drop(inode, 0, UINT64_MAX);
    page_cache_truncate(inode, st.stx_size);
    if (!error)
        error = page_cache_refresh(inode, 0, st.stx_size);
    node->cached_mtime = hostfs_time(st.stx_mtime);
    node->cached_size = st.stx_size;
    return error;
}

/* ---- regular files ---- */

/* Pieces of guest memory that one host call moves. */
#define PIECES 32

/* The next pieces of the uio as host memory, at most `len` bytes; does not advance it. */
static int gather(const struct uio *uio, size_t len, enum mm_access access,
                  struct iovec piece[PIECES])
{
    struct uio look = *uio;
    int count = 0;

    while (count < PIECES && len > 0 && look.left > 0) {
        size_t window = len;
        void *base = uio_window(&look, &window, access);

        if (!base)
            break;
        if (window > len)
            window = len;
        piece[count].iov_base = base;
        piece[count++].iov_len = window;
        uio_advance(&look, window);
        len -= window;
    }
    return count;
}

static size_t pieces_length(const struct iovec *piece, int count)
{
    size_t sum = 0;

    for (int i = 0; i < count; i++)
        sum += piece[i].iov_len;
    return sum;
}

/* Reads up to len bytes straight from the host; short at the end of the file or a bad address. */
static ssize_t read_direct(void *ctx, struct uio *uio, int64_t pos, size_t len)
{
    struct hostfs_node *node = ctx;
    size_t done = 0;

    while (done < len) {
        struct iovec piece[PIECES];
        int pieces = gather(uio, len - done, MM_WRITE, piece);
        ssize_t count;

        if (pieces == 0) {
            uio->error = -EFAULT;
            return done ? (ssize_t)done : -EFAULT;
        }
        count = host_preadv(node->fd, piece, pieces, pos + (int64_t)done);
        if (count < 0)
            return done ? (ssize_t)done : count;
        uio_advance(uio, (size_t)count);
        done += (size_t)count;
        if ((size_t)count < pieces_length(piece, pieces))
            break;
    }
    return (ssize_t)done;
}

static ssize_t hostfs_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct hostfs_node *node = file->private;
    ssize_t count;

    if (uio->left == 0)
        return 0;
    if (page_cache_empty(file->inode))
        count = read_direct(node, uio, *pos, uio->left);
    else
        count = page_cache_read(file->inode, uio, *pos, uio->left, read_direct, node);
    if (count > 0)
        *pos += count;
    return count;
}

static int write_flags(const struct file *file)
{
    int flags = 0;

    if (file->flags & O_APPEND)
        flags |= RWF_APPEND;
    if ((file->flags & O_SYNC) == O_SYNC)
        flags |= RWF_SYNC;
    else if (file->flags & O_DSYNC)
        flags |= RWF_DSYNC;
    return flags;
}

static ssize_t write_direct(struct file *file, struct uio *uio, int64_t pos)
{
    struct hostfs_node *node = file->private;
    size_t done = 0;

    while (uio->left > 0) {
        struct iovec piece[PIECES];
        int pieces = gather(uio, uio->left, MM_READ, piece);
        ssize_t count;

        if (pieces == 0) {
            uio->error = -EFAULT;
            return done ? (ssize_t)done : -EFAULT;
        }
        count = host_pwritev2(node->fd, piece, pieces, pos + (int64_t)done, write_flags(file));
        if (count < 0)
            return done ? (ssize_t)done : count;
        uio_advance(uio, (size_t)count);
        done += (size_t)count;
        if ((size_t)count < pieces_length(piece, pieces))
            break;
    }
    return (ssize_t)done;
}

static ssize_t hostfs_write(struct file *file, struct uio *uio, int64_t *pos)
{
    struct hostfs_node *node = file->private;
    struct inode *inode = file->inode;
    size_t wanted = uio->left;
    bool cached = inode->pages && !page_cache_empty(inode);
    ssize_t count;
    int error;

    if (wanted == 0)
        return 0;
    if (file->flags & O_APPEND) /* the host appends; this is where, unless others write too */
        *pos = (int64_t)file_size(inode);
    if (cached) {
        error = page_cache_sync(inode, *pos, wanted);
        if (error)
            return error;
    }
    count = write_direct(file, uio, *pos);
    if (count <= 0)
        return count;
    *pos = file->flags & O_APPEND ? (int64_t)file_size(inode) : *pos + count;
    if (cached) {
        error = page_cache_refresh(inode, *pos - count, (uint64_t)count);
        if (error)
            return error;
        node->cached_mtime = 0; /* unknown: the next open looks again */
    }
    return count;
}

static int64_t hostfs_lseek(struct file *file, int64_t offset, int whence)
{
    struct hostfs_node *node = file->private;
    struct statx st;
    int64_t base = 0;
    int error;

    switch (whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = file->pos;
        break;
    case SEEK_END:
        error = hostfs_statx(node, &st);
        if (error)
            return error;
        base = (int64_t)st.stx_size;
        break;
    case SEEK_DATA:
    case SEEK_HOLE:
        base = host_lseek(node->fd, offset, whence);
        if (base < 0)
            return base;
        offset = 0;
        break;
    default:
        return -EINVAL;
    }
    if (__builtin_add_overflow(base, offset, &base))
        return -EOVERFLOW;
    if (base < 0)
        return -EINVAL;
    file->pos = base;
    return base;
}

static int hostfs_fsync(struct file *file, bool data_only)
{
    struct hostfs_node *node = file->private;
    int error = page_cache_sync(file->inode, 0, UINT64_MAX);
    long result;

    if (!hostfs_of(file->inode)->writable)
        return 0;
    result = rt_call_blocking(data_only ? SYS_fdatasync : SYS_fsync, node->fd, 0, 0, 0, 0, 0);
    return error ? error : (int)result;
}

static int hostfs_fallocate(struct file *file, int mode, int64_t offset, int64_t len)
{
    struct hostfs_node *node = file->private;
    int error = page_cache_sync(file->inode, 0, UINT64_MAX);

    if (error)
        return error;
    error = (int)host_call(SYS_fallocate, node->fd, mode, offset, len, 0, 0);
    if (error)
        return error;
    if (mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE))
        len = INT64_MAX - offset;
    hostfs_pages_resized(node, file_size(file->inode));
    return page_cache_empty(file->inode) ? 0
                                         : page_cache_refresh(file->inode, offset, (uint64_t)len);
}

static int hostfs_mmap(struct file *file, uint32_t vma_flags, struct backing **out)
{
    struct hostfs_node *node = file->private;
    struct statx st;
    int error;

    if (page_cache_empty(file->inode)) {
        error = hostfs_statx(node, &st);
        if (!error)
            error = page_cache_attach(file->inode, &hostfs_page_ops);
        if (error)
            return error;
        node->cached_mtime = hostfs_time(st.stx_mtime);
        node->cached_size = st.stx_size;
    }
    return page_cache_mmap(file, vma_flags, out);
}

static int hostfs_flush(struct file *file)
{
    return mapping_is_writable(file->inode) ? page_cache_sync(file->inode, 0, UINT64_MAX) : 0;
}

static void hostfs_release(struct file *file)
{
    if (file->private)
        hostfs_unpin(file->private);
}

const struct file_ops hostfs_file_ops = {
    .read = hostfs_read,
    .write = hostfs_write,
    .lseek = hostfs_lseek,
    .fsync = hostfs_fsync,
    .fallocate = hostfs_fallocate,
    .mmap = hostfs_mmap,
    .flush = hostfs_flush,
    .release = hostfs_release,
};

/* ---- directories ---- */

/* Each open directory has its own host descriptor: its position belongs to it. */
struct hostfs_directory {
    int fd;
    int64_t pos;       /* offset after the entry that was given out last */
    size_t used, next; /* bytes in buf, and of them given out */
    _Alignas(8) char buf[16384];
};

/* struct linux_dirent64 as getdents64(2) fills it. */
struct host_dirent {
    uint64_t ino;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* The one place that takes entries from the host: where their order would be decided. */
static int fill_directory(struct hostfs_directory *directory, int64_t pos)
{
    long count;

    if (directory->pos != pos) {
        int64_t result = host_lseek(directory->fd, pos, SEEK_SET);

        if (result < 0)
            return (int)result;
        directory->pos = pos;
        directory->used = directory->next = 0;
    }
    if (directory->next < directory->used)
        return 0;
    count = host_call(SYS_getdents64, directory->fd, (long)directory->buf, sizeof(directory->buf),
                      0, 0, 0);
    if (count < 0)
        return (int)count;
    directory->used = (size_t)count;
    directory->next = 0;
    return 0;
}

static int hostfs_readdir(struct file *file, struct dir_context *ctx)
{
    struct hostfs_directory *directory = file->private;

    for (;;) {
        const struct host_dirent *entry;
        uint64_t ino;
        int error = fill_directory(directory, file->pos);

        if (error || directory->next == directory->used)
            return error;
        entry = (const struct host_dirent *)(directory->buf + directory->next);
        ino = entry->ino;
        /* What is above the root is nobody's business. */
        if (strcmp(entry->name, "..") == 0 && file->inode == file->inode->sb->root->inode)
            ino = file->inode->ino;
        if (!ctx->emit(ctx, entry->name, strlen(entry->name), ino, entry->type, entry->next))
            return 0;
        directory->next += entry->length;
        directory->pos = file->pos = entry->next;
    }
}

static int64_t hostfs_directory_lseek(struct file *file, int64_t offset, int whence)
{
    struct hostfs_directory *directory = file->private;

    if (whence == SEEK_CUR) {
        if (__builtin_add_overflow(file->pos, offset, &offset))
            return -EOVERFLOW;
        whence = SEEK_SET;
    }
    offset = host_lseek(directory->fd, offset, whence);
    if (offset < 0)
        return offset;
    file->pos = directory->pos = offset;
    directory->used = directory->next = 0;
    return offset;
}

static int hostfs_directory_fsync(struct file *file, bool data_only)
{
    struct hostfs_directory *directory = file->private;

    if (!hostfs_of(file->inode)->writable)
        return 0;
    return (int)rt_call_blocking(data_only ? SYS_fdatasync : SYS_fsync, directory->fd, 0, 0, 0, 0,
                                 0);
}

static void hostfs_directory_release(struct file *file)
{
    struct hostfs_directory *directory = file->private;

    if (!directory)
        return;
    host_close(directory->fd);
    free(directory);
}

const struct file_ops hostfs_directory_ops = {
    .lseek = hostfs_directory_lseek,
    .readdir = hostfs_readdir,
    .fsync = hostfs_directory_fsync,
    .release = hostfs_directory_release,
};

int hostfs_open(struct inode *inode, struct file *file)
{
    struct hostfs_node *node = hostfs_node_of(inode);
    struct hostfs_directory *directory;
    int fd, error;

    file->ops = inode->file_ops;
    if (inode->type != S_IFDIR) {
        fd = hostfs_pin(node, file_writable(file) ? HOSTFS_WRITE : HOSTFS_READ);
        if (fd < 0)
            return fd;
        error = refresh_pages(node);
        if (error) {
            hostfs_unpin(node);
            return error;
        }
        file->private = node;
        return 0;
    }
    directory = malloc(sizeof(*directory));
    if (!directory)
        return -ENOMEM;
    fd = hostfs_borrow(node);
    if (fd < 0) {
        free(directory);
        return fd;
    }
    directory->fd = fd;
    directory->pos = 0;
    directory->used = directory->next = 0;
    file->private = directory;
    return 0;
}
