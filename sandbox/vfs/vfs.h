/*
 * The file tree that a guest sees: mounts, names, inodes and open files.
 *
 * Layers: path.c walks names over mounts (every rule of path_resolution(7)); a file system supplies
 * inodes and the operations below; handlers in sandbox/sys_*.c call the vfs_* functions, which
 * check permissions and keep errno order. Nothing outside a mount that the user gave is reachable
 * on the host: host file systems use openat2 beneath their root descriptor, without following
 * links.
 *
 * References: dentries, inodes, files and mounts are counted; a function that returns one in an out
 * parameter gives the caller a reference, unless it says "borrowed".
 */
#ifndef SANDBOX_VFS_VFS_H
#define SANDBOX_VFS_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "emu/mm.h"
#include "sandbox/kernel.h"
#include "sandbox/wait.h"

/* All permission bits, as the kernel's headers have them. */
#define S_IRWXUGO (S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO (S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)

struct inode;
struct dentry;
struct mount;
struct file;
struct superblock;

/* A place in the tree. path_put drops both references. */
struct path {
    struct mount *mount;
    struct dentry *dentry;
};
void path_get(const struct path *path);
void path_put(struct path *path);

/* What stat, statx and friends report; times in ns since the epoch. */
struct attributes {
    uint64_t dev, ino;
    uint32_t mode; /* type and permissions */
    uint32_t nlink, uid, gid;
    uint64_t rdev;         /* as makedev */
    uint64_t size, blocks; /* bytes, 512-byte units */
    uint32_t blksize;
    int64_t atime, mtime, ctime, btime; /* btime 0: unknown */
    uint64_t mount_id;
};

/* Which members of struct attributes a setattr changes. */
enum {
    SET_MODE = 1,
    SET_UID = 2,
    SET_GID = 4,
    SET_SIZE = 8,
    SET_ATIME = 16,
    SET_MTIME = 32,
    SET_CTIME = 64,
};

/*
 * A cursor over the memory of a read or write: guest iovecs, or one host buffer (for exec and
 * splice). uio_copy_to moves bytes from the kernel into it, uio_copy_from out of it; both advance
 * and return the count, less than len only at a bad guest address (then error is -EFAULT) or the
 * end.
 */
struct uio {
    struct mm *mm;      /* NULL: host memory */
    struct iovec *iov;  /* guest addresses unless mm is NULL; validated: sum fits ssize_t */
    size_t count, skip; /* vectors left, bytes done of the first */
    size_t left;        /* bytes left in all */
    int error;
};
size_t uio_copy_to(struct uio *uio, const void *src, size_t len);
size_t uio_copy_from(struct uio *uio, void *dst, size_t len);
size_t uio_zero(struct uio *uio, size_t len);
/* Host address of the next piece (at most to the end of a guest page), *len its length; NULL at a
 * bad address. Does not advance: call uio_advance after the transfer. */
void *uio_window(struct uio *uio, size_t *len, enum mm_access access);
void uio_advance(struct uio *uio, size_t len);
void uio_host(struct uio *uio, struct iovec *storage, void *buf, size_t len);
void uio_guest(struct uio *uio, struct iovec *storage, struct mm *mm, gaddr_t addr, size_t len);

/* ---- inodes ---- */

struct dir_context {
    /* Takes one entry; false when the caller's buffer is full. `next` is the offset after it. */
    bool (*emit)(struct dir_context *ctx, const char *name, size_t len, uint64_t ino, unsigned type,
                 int64_t next);
};

/* Every member may be NULL: then the errno named beside it, or the default, is given. */
struct inode_ops {
    /* Fills dentry->inode, or leaves it NULL when there is no such name (negative). 0 or -errno. */
    int (*lookup)(struct inode *dir, struct dentry *dentry); /* -ENOTDIR */
    int (*create)(struct inode *dir, struct dentry *dentry, uint32_t mode, uint64_t rdev,
                  const struct cred *cred); /* any type but directory and link; -EPERM */
    int (*mkdir)(struct inode *dir, struct dentry *dentry, uint32_t mode, const struct cred *cred);
    int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target,
                   const struct cred *cred);
    int (*link)(struct inode *dir, struct dentry *dentry, struct inode *target);
    int (*unlink)(struct inode *dir, struct dentry *dentry);
    int (*rmdir)(struct inode *dir, struct dentry *dentry);
    /* flags: RENAME_NOREPLACE, _EXCHANGE and _WHITEOUT; refuse with -EINVAL what you cannot. */
    int (*rename)(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
                  struct dentry *to, unsigned flags);
    /* O_TMPFILE: a nameless inode, *out with a reference. */
    int (*tmpfile)(struct inode *dir, uint32_t mode, const struct cred *cred, struct inode **out);
    int (*getattr)(struct inode *inode, struct attributes *out);
    int (*setattr)(struct inode *inode, const struct attributes *attr, unsigned set);
    /* Bytes of the target, not NUL-terminated; cut to size. */
    ssize_t (*readlink)(struct inode *inode, char *buf, size_t size); /* -EINVAL */
    /* The file was read through this mount, or the link followed: the time of access. */
    void (*accessed)(struct inode *inode, const struct mount *mount);
    /* A magic link (/proc/PID/exe, fd/N) leads straight to a path, whatever its text says. */
    int (*follow)(struct inode *inode, struct path *out);
    /* Sets file->ops and file->private; NULL: inode->file_ops are used. */
    int (*open)(struct inode *inode, struct file *file);
    /* Names "user.x"; size 0 asks for the length. -ENODATA, -ERANGE. NULL: -EOPNOTSUPP. */
    ssize_t (*getxattr)(struct inode *inode, const char *name, void *buf, size_t size);
    int (*setxattr)(struct inode *inode, const char *name, const void *value, size_t size,
                    int flags);
    int (*removexattr)(struct inode *inode, const char *name);
    ssize_t (*listxattr)(struct inode *inode, char *buf, size_t size);
    void (*evict)(struct inode *inode); /* last reference has gone */
};

struct inode {
    unsigned refs;
    struct superblock *sb;
    uint64_t ino;
    uint32_t type; /* S_IFMT bits; never changes */
    const struct inode_ops *ops;
    const struct file_ops *file_ops;
    void *private;
    struct page_cache *pages;     /* page_cache.h: of files that live elsewhere; NULL: none */
    struct file_mapping *mapping; /* mapping.c: made by the first mmap, NULL before */
    struct file_lock *locks;      /* POSIX, OFD and flock locks: locks.c */
    struct wait_queue lock_wait;
    struct lease *leases; /* lease.c */
    struct pipe *pipe;    /* FIFO */
    int read_count;       /* open for reading alone: lease.c */
    int write_count;      /* open for writing (>0) or executed (<0): ETXTBSY */
    uint64_t hash_key;    /* inode_hash_add */
    struct inode *hash_next;
    bool hashed;
    uint8_t write_hint; /* F_SET_RW_HINT */
    bool linkable;      /* O_TMPFILE without O_EXCL: link(2) may give it a name */
};
struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode);

/* ---- open files ---- */

struct poll_table;

struct file_ops {
    /*
     * read and write neither park the task nor make a host call that may block (tmpfs, /dev/null):
     * they may be served without leaving the engine.
     */
    bool never_waits;
    /* pos: the offset to use and advance (the file's own or pread's). -EAGAIN: would block. */
    ssize_t (*read)(struct file *file, struct uio *uio, int64_t *pos);  /* -EINVAL */
    ssize_t (*write)(struct file *file, struct uio *uio, int64_t *pos); /* -EINVAL */
    int64_t (*lseek)(struct file *file, int64_t offset, int whence);    /* -ESPIPE */
    int (*readdir)(struct file *file, struct dir_context *ctx);         /* -ENOTDIR */
    /* Events that are true now; registers the poller's entries by poll_wait when table is not NULL.
     */
    unsigned (*poll)(struct file *file, struct poll_table *table); /* regular: always ready */
    long (*ioctl)(struct file *file, struct task *task, unsigned request,
                  gaddr_t arg);                                                 /* -ENOTTY */
    int (*fsync)(struct file *file, bool data_only);                            /* -EINVAL */
    int (*fallocate)(struct file *file, int mode, int64_t offset, int64_t len); /* -EOPNOTSUPP */
    /* The backing object for a mapping, borrowed from the file. -ENODEV. */
    int (*mmap)(struct file *file, uint32_t vma_flags, struct backing **out);
    /* A descriptor was closed (flush) and the last reference has gone (release). */
    int (*flush)(struct file *file);
    void (*release)(struct file *file);
    /* A line or more for /proc/PID/fdinfo/N. */
    size_t (*fdinfo)(struct file *file, char *buf, size_t size);
};

/* An open file description. */
struct file {
    unsigned refs;
    const struct file_ops *ops;
    struct path path;    /* where it was opened; anonymous files live on the internal mount */
    struct inode *inode; /* same as path.dentry's at the time of the open */
    uint32_t flags;      /* O_* as F_GETFL shows them: access mode and status flags, O_PATH */
    int64_t pos;
    void *private;
    int owner_pid;                  /* F_SETOWN: pid, or minus a process group */
    int owner_type;                 /* F_OWNER_TID, _PID or _PGRP */
    int owner_signal;               /* F_SETSIG; 0: SIGIO without details */
    uint32_t owner_uid, owner_euid; /* of who set the owner */
    struct file_async *async;       /* O_ASYNC: async.c */
    bool holds_write;               /* counted in inode->write_count and its mount's writers */
    bool holds_read;                /* counted in inode->read_count */
    struct epoll_item *watchers;    /* entries of epoll sets that hold this file */
    struct wait_queue wait;         /* for simple files: readers, writers and pollers */
};
struct file *file_get(struct file *file);
void file_put(struct file *file);
/* Whether the file can have O_DIRECT: it has pages in a cache that could be passed by. */
bool file_can_direct(const struct file *file);
static inline bool file_readable(const struct file *file)
{
    return ((file->flags & 3) + 1) & 1; /* access mode 3 gives neither: only ioctls */
}
static inline bool file_writable(const struct file *file)
{
    return ((file->flags & 3) + 1) & 2;
}

/* True when a shared mapping of it may be or become writable: not read-only and not sealed. */
bool file_may_map_writable(struct file *file);

/* An anonymous file (pipe end, eventfd, pidfd...): name is what readlink of /proc/self/fd/N shows.
 */
struct file *file_anonymous(struct box *box, const char *name, const struct file_ops *ops,
                            void *private, uint32_t flags);

/* lseek of files without an offset that let it pass all the same (eventfd): nothing moves. */
int64_t noop_lseek(struct file *file, int64_t offset, int whence);
/* True when pread and pwrite may be used: there is an offset to give. */
static inline bool file_has_offset(const struct file *file)
{
    return file->ops->lseek && file->ops->lseek != noop_lseek;
}

/* A poller gives a table, or NULL; a file hangs an entry of it on its queue. */
void poll_wait(struct poll_table *table, struct wait_queue *queue);

/* ---- calls of the rest of the kernel ---- */

enum {
    WALK_FOLLOW = 1,    /* follow a link in the last component */
    WALK_EMPTY = 2,     /* AT_EMPTY_PATH: "" means dirfd itself */
    WALK_DIRECTORY = 4, /* last component must be a directory (trailing slash adds it) */
    WALK_NO_XDEV = 8,   /* RESOLVE_* of openat2 */
    WALK_NO_SYMLINKS = 16,
    WALK_NO_MAGICLINKS = 32,
    WALK_BENEATH = 64,
    WALK_IN_ROOT = 128,
};

/* Resolves path from dirfd (AT_FDCWD or a descriptor). 0 or -errno. */
int vfs_walk(struct task *task, int dirfd, const char *path, unsigned walk, struct path *out);
/* What stands last in a path. */
enum last_kind {
    LAST_NAME,    /* an ordinary name */
    LAST_DOT,     /* "." */
    LAST_DOTDOT,  /* ".." */
    LAST_ROOT,    /* nothing but slashes */
    LAST_REACHED, /* a magic link led straight to the file */
};
enum { NAME_LENGTH_MAX = 255 };
struct last_component {
    struct path parent; /* the directory; the caller's reference */
    enum last_kind kind;
    bool trailing_slash;
    size_t name_len; /* of LAST_NAME; more than NAME_LENGTH_MAX: dentry_lookup refuses it */
    char name[NAME_LENGTH_MAX + 1];
};
/* Resolves all but the last component, for calls that make or remove names. 0 or -errno. */
int vfs_walk_parent(struct task *task, int dirfd, const char *path, struct last_component *out);

/*
 * Making and removing names, with all checks; see the man pages of mkdirat, mknodat and so on for
 * the errors. mode has its type bits and is not yet cut by the umask.
 */
int vfs_mkdir(struct task *task, int dirfd, const char *path, uint32_t mode);
/* What mknod and rename refuse before they look at any path: -EPERM, -EINVAL. */
int vfs_check_mknod(uint32_t mode);
int vfs_check_rename(unsigned flags);
int vfs_mknod(struct task *task, int dirfd, const char *path, uint32_t mode, uint64_t rdev);
int vfs_symlink(struct task *task, const char *target, int dirfd, const char *path);
int vfs_link(struct task *task, int from_fd, const char *from, int to_fd, const char *to,
             bool follow, bool empty_path);
int vfs_unlink(struct task *task, int dirfd, const char *path);
int vfs_rmdir(struct task *task, int dirfd, const char *path);
int vfs_rename(struct task *task, int from_fd, const char *from, int to_fd, const char *to,
               unsigned flags);

/* What open refuses before it looks at any path: -EINVAL. */
int vfs_check_open(uint32_t flags);
/* open(2) without the descriptor. flags as open's, resolve as openat2's. */
int vfs_open(struct task *task, int dirfd, const char *path, uint32_t flags, uint32_t mode,
             uint64_t resolve, struct file **out);
/* In vfs_open_path's flags: opened to be executed. X_OK was checked, R_OK is not asked for. */
#define VFS_OPEN_EXEC 040
/* Opens what a path names, with the task's rights (exec: check X_OK first by vfs_permission). */
int vfs_open_path(struct task *task, const struct path *path, uint32_t flags, struct file **out);

/*
 * An executed file may not be opened for writing, nor the other way round: -ETXTBSY. Each success
 * is undone by inode_allow_write.
 */
int inode_deny_write(struct inode *inode);
void inode_allow_write(struct inode *inode);

/* The target of a symbolic link, not NUL-terminated, cut to size; -EINVAL for other files. */
ssize_t vfs_readlink(const struct path *link, char *buf, size_t size);

int vfs_getattr(const struct path *path, struct attributes *out);
int inode_getattr(struct inode *inode, struct attributes *out);

/*
 * chmod(2), chown(2), utimensat(2), truncate(2) on a resolved path, with all checks. uid and gid
 * UINT32_MAX: leave.
 */
int vfs_chmod(struct task *task, const struct path *path, uint32_t mode);
int vfs_chown(struct task *task, const struct path *path, uint32_t uid, uint32_t gid);
struct file_times {
    bool atime_omit, mtime_omit; /* UTIME_OMIT */
    bool atime_now, mtime_now;   /* UTIME_NOW, or no times were given */
    bool invalid;                /* ns out of range: -EINVAL, once the path has been found */
    int64_t atime, mtime;        /* ns */
};
int vfs_set_times(struct task *task, const struct path *path, const struct file_times *times);
int vfs_truncate(struct task *task, const struct path *path, uint64_t size);
/* ftruncate(2) after its checks: -ETXTBSY, -EFBIG with SIGXFSZ beyond RLIMIT_FSIZE. */
int inode_set_size(struct task *task, struct inode *inode, uint64_t size);

/* mask: R_OK|W_OK|X_OK; by fsuid/fsgid and capabilities. -EACCES, -EROFS for W_OK on a read-only
 * mount. */
int vfs_permission(struct task *task, const struct path *path, int mask);

/* Reads at an offset into host memory, short only at the end of the file (exec, #! lines). */
ssize_t file_pread(struct file *file, void *buf, size_t len, int64_t pos);
/* read(2)/write(2) on an open file: blocks as the file's flags say; signals, SIGPIPE, limits,
 * access mode, offsets are handled here. pos NULL: the file's own offset. */
ssize_t vfs_read(struct task *task, struct file *file, struct uio *uio, int64_t *pos);
ssize_t vfs_write(struct task *task, struct file *file, struct uio *uio, int64_t *pos);
unsigned vfs_poll(struct file *file, struct poll_table *table);

/*
 * Text of a path as the task sees it below its root: length without NUL. A path that is not below
 * the root begins with "(unreachable)". -ENOENT when it was removed and `deleted` is NULL (else
 * *deleted is set), -ENAMETOOLONG.
 */
ssize_t path_text(struct task *task, const struct path *path, char *buf, size_t size,
                  bool *deleted);

/* A file of anonymous shared memory (memfd_create, MAP_SHARED|MAP_ANONYMOUS), in tmpfs. */
int shmem_file(struct box *box, const char *name, uint64_t size, uint32_t flags, struct file **out);

#endif
