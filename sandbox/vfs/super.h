/*
 * What a file system implementation needs beside vfs.h: superblocks, file system types, dentries,
 * inodes and mounts from the inside. Included by sandbox/vfs/, by the handlers of mount(2) and its
 * like, and by whoever builds the box's first tree.
 *
 * A file system is a struct file_system whose `mount` makes a struct superblock with a root
 * dentry. Everything under a superblock is found through dentries; a bind mount shows the same
 * superblock, or a directory of it, at a second place.
 */
#ifndef SANDBOX_VFS_SUPER_H
#define SANDBOX_VFS_SUPER_H

#include <sys/mount.h>
#include <sys/statfs.h>

#include "sandbox/vfs/vfs.h"

struct vfs;

/* ---- file systems ---- */

struct file_system {
    const char *name;  /* as mount(2) and /proc/filesystems have it */
    bool needs_device; /* "nodev" is missing in /proc/filesystems */
    /*
     * A new superblock with its root set, one reference for the caller. `source` and `data` are
     * mount(2)'s texts ("" when they were NULL); task is NULL when the box itself mounts. Unknown
     * words of data: -EINVAL. NULL: guests may not mount this type (-EPERM).
     */
    int (*mount)(struct box *box, struct task *task, const char *source, const char *data,
                 struct superblock **out);
};

/* Makes a type known to mount(2). The object must live as long as the box. -ENOSPC: too many. */
int file_system_register(struct vfs *vfs, const struct file_system *type);
const struct file_system *file_system_find(struct vfs *vfs, const char *name);
/* Text of /proc/filesystems: its length, cut to size (a NUL is added when there is room). */
size_t file_systems_text(struct vfs *vfs, char *buf, size_t size);

struct super_ops {
    /* f_fsid, f_flags and f_namelen are filled by the caller before. -ENOSYS when NULL. */
    int (*statfs)(struct superblock *sb, struct statfs *out);
    int (*sync)(struct superblock *sb); /* write everything back; NULL: nothing to do */
    /* mount(MS_REMOUNT): new options; MS_RDONLY is handled above. NULL: only empty data. */
    int (*remount)(struct superblock *sb, const char *data);
    /*
     * A cached dentry was found: false when it must be looked up again, because somebody outside
     * of this file system may have changed it. NULL: always good.
     */
    bool (*revalidate)(struct dentry *dentry);
    /* Options for /proc/mounts after "rw,relatime", each with a leading comma. May be NULL. */
    size_t (*show_options)(struct superblock *sb, char *buf, size_t size);
    /* The last reference has gone: all dentries are dropped already, free `private`. */
    void (*destroy)(struct superblock *sb);
};

struct superblock {
    unsigned refs; /* mounts, and whoever works on it */
    struct box *box;
    const struct file_system *type; /* NULL: internal (pipes, anonymous files) */
    const struct super_ops *ops;
    void *private;
    struct dentry *root;       /* one reference */
    uint64_t dev;              /* st_dev: makedev(0, n), unique in the box */
    uint32_t magic;            /* f_type */
    uint32_t flags;            /* SB_* */
    struct inode **inode_hash; /* for inode_find; made on first use */
    unsigned inode_buckets, inode_count;
};
enum {
    SB_RDONLY = 1,      /* no writing through any mount */
    SB_CACHE_NAMES = 2, /* dentries nobody uses stay in the (bounded) cache */
    SB_NOUSER = 4,      /* never mounted where a guest could walk to */
    SB_NAMELESS = 8,    /* its files have a text for readlink, and no place */
};

/* A superblock with one reference, a fresh device number and no root. NULL: no memory. */
struct superblock *super_create(struct box *box, const struct file_system *type,
                                const struct super_ops *ops, uint32_t magic, uint32_t flags);
/* Gives `inode` (its reference is taken over) a root dentry. -ENOMEM. */
int super_set_root(struct superblock *sb, struct inode *inode);
struct superblock *super_get(struct superblock *sb);
void super_put(struct superblock *sb);
/* The mounted superblock with this device number, with a reference; NULL: none. */
struct superblock *super_find(struct vfs *vfs, uint64_t dev);
/* sync(2): every mounted superblock. */
void super_sync_all(struct vfs *vfs);
/* A device number as the kernel's anonymous ones: makedev(0, n). */
uint64_t vfs_new_device(struct vfs *vfs);

/* ---- dentries: dentry.c ---- */

/*
 * A name in a directory, and what it leads to. While somebody holds a reference, the same name in
 * the same directory is the same dentry (until it is removed, when it becomes unhashed). Unused
 * ones are kept in a bounded list when the superblock says SB_CACHE_NAMES and they are positive.
 */
struct dentry {
    unsigned refs;
    struct superblock *sb;
    struct dentry *parent; /* referenced; a root's is itself, without a reference */
    struct inode *inode;   /* referenced; NULL: there is no such file (negative) */
    char *name;            /* NUL-terminated */
    uint16_t name_len;
    bool hashed;     /* lookups find it; false once removed, and for roots */
    unsigned mounts; /* how many mounts sit on it */
    void *private;   /* the file system's own; freed by its evict or destroy */
    uint32_t hash;
    struct dentry *hash_next, *lru_prev, *lru_next;
    bool on_lru;
};
struct dentry *dentry_get(struct dentry *dentry);
void dentry_put(struct dentry *dentry);
/*
 * The child `name` of a directory, from the cache or by the directory's lookup operation; may be
 * negative. No permission is checked and no mount is crossed; "." and ".." are not names.
 * -ENOTDIR, -ENAMETOOLONG (over 255), -ENOENT when the directory itself was removed, -ENOMEM, or
 * what lookup gives.
 */
int dentry_lookup(struct dentry *parent, const char *name, size_t len, struct dentry **out);
/* Makes a negative dentry positive: takes over the inode's reference. */
void dentry_instantiate(struct dentry *dentry, struct inode *inode);
/* The name was removed: lookups do not find the dentry any more, holders keep the inode. */
void dentry_unhash(struct dentry *dentry);
/* Drops every unused dentry of this superblock from the cache. */
void dentry_cache_drop(struct superblock *sb);
/* True when `dentry` is `ancestor` or lies below it, in one superblock. */
bool dentry_is_below(const struct dentry *dentry, const struct dentry *ancestor);

/* ---- inodes: inode.c ---- */

/*
 * A new inode with one reference. type: S_IFMT bits. ino 0: the next free number of the box. Set
 * `private` and `file_ops` afterwards. NULL: no memory.
 */
struct inode *inode_create(struct superblock *sb, uint64_t ino, uint32_t type,
                           const struct inode_ops *ops);
/*
 * For file systems whose inodes exist elsewhere (the host): the living inode that inode_hash_add
 * put there for `key`, with a reference, or NULL. The inode leaves the table when it is evicted.
 */
struct inode *inode_find(struct superblock *sb, uint64_t key);
int inode_hash_add(struct inode *inode, uint64_t key);

/* ---- mounts: mount.c ---- */

/* Flags of one mount, the values of mount(2). */
enum {
    MOUNT_RDONLY = MS_RDONLY,
    MOUNT_NOSUID = MS_NOSUID,
    MOUNT_NODEV = MS_NODEV,
    MOUNT_NOEXEC = MS_NOEXEC,
    MOUNT_NOATIME = MS_NOATIME,
    MOUNT_NODIRATIME = MS_NODIRATIME,
    MOUNT_STRICTATIME = MS_STRICTATIME,
    MOUNT_NOSYMFOLLOW = 256,
    MOUNT_UNBINDABLE = MS_UNBINDABLE,
};

struct mount {
    unsigned refs; /* paths, children, and one of the namespace while it is attached */
    struct superblock *sb;
    struct dentry *root;        /* what of sb it shows */
    struct mount *parent;       /* referenced; NULL for the namespace's root and detached ones */
    struct dentry *mountpoint;  /* in parent; referenced */
    struct mount_namespace *ns; /* NULL: detached or internal */
    struct mount *next, *prev;  /* in the namespace, in order of mounting */
    uint32_t flags;             /* MOUNT_* */
    uint64_t id;
    unsigned writers; /* files open for writing through it */
    bool expire_mark; /* umount2(MNT_EXPIRE) has seen it unused; cleared by any use */
    char *source;     /* first column of /proc/mounts */
};
struct mount *mount_get(struct mount *mount);
void mount_put(struct mount *mount);

/* The box's file tree with an empty namespace, stored in box->vfs, and back. */
int vfs_create(struct box *box);
void vfs_destroy(struct box *box);
/* Mounts a superblock (reference taken over, also on failure) as the root. The root's path. */
int vfs_mount_root(struct box *box, struct superblock *sb, uint32_t flags, const char *source,
                   struct path *root);
/* Mounts a superblock (reference taken over, also on failure) over `at`. */
int vfs_mount(struct box *box, struct superblock *sb, const struct path *at, uint32_t flags,
              const char *source);
/* -EROFS when nothing may be written through this mount. */
int mount_want_write(const struct mount *mount);
/* What is mounted topmost over path replaces it (references moved). */
void mount_cross(struct path *path);
/* The mount that sits on this directory of `parent`, borrowed; NULL: none. */
struct mount *mount_find_child(const struct mount *parent, const struct dentry *mountpoint);

/*
 * The work of mount(2) and its like on resolved paths, after the capability check. -EINVAL, -EBUSY,
 * -ENOTDIR, -ENOENT, -ELOOP, -ENOSPC, -ENOMEM as the man pages have them.
 */
int mount_bind(struct box *box, const struct path *from, const struct path *to, bool recursive);
int mount_move(struct box *box, const struct path *from, const struct path *to);
/* bind_only: the flags of this mount alone (MS_BIND|MS_REMOUNT), else also the superblock's. */
int mount_remount(const struct path *at, uint32_t mount_flags, bool bind_only, const char *data);
int mount_set_unbindable(struct box *box, const struct path *at, bool unbindable, bool recursive);
/* flags: MNT_FORCE, MNT_DETACH, MNT_EXPIRE. Takes the path over. root: the caller's root. */
int mount_detach(struct box *box, struct path *at, int flags, const struct path *root);
int mount_pivot(struct task *task, const struct path *new_root, const struct path *put_old);
/*
 * Texts of /proc/PID/mounts and mountinfo as seen from `root`. They return the whole length and
 * write at most size bytes.
 */
size_t mounts_text(struct box *box, const struct path *root, char *buf, size_t size);
size_t mountinfo_text(struct box *box, const struct path *root, char *buf, size_t size);

/* ---- files ---- */

/* An open file on a path without running open rules (internal use): -ENOMEM, -ENFILE. */
int file_create(const struct path *path, uint32_t flags, struct file **out);
/*
 * An inode outside of every directory (a pipe, a socket) whose files file_on_inode makes. mode:
 * type and permissions as fstat shows them.
 */
struct inode *anonymous_inode(struct box *box, uint32_t mode);
/* name NULL: "pipe:[INO]" or "socket:[INO]" by the inode's type. Does not take the inode over. */
struct file *file_on_inode(struct box *box, struct inode *inode, const char *name,
                           const struct file_ops *ops, void *private, uint32_t flags);

/*
 * Opening a character or block device: sets file->ops and file->private, or -ENXIO when there is
 * no such device. In devices.c.
 */
int device_open(struct task *task, struct inode *inode, uint64_t rdev, struct file *file);

/* ---- mappings of files: mapping.c ---- */

/* The page `index` of the inode for a mapping; the contract is backing_ops.get's. */
typedef int mapping_get_page(struct inode *inode, uint64_t index, bool write, frame_t *frame);
typedef int mapping_sync_pages(struct inode *inode, uint64_t index, uint64_t count);

/*
 * For file_ops.mmap: the one backing object of the file's inode. While it is mapped it holds the
 * inode and the path of the file that was mapped first.
 */
int mapping_of_file(struct file *file, mapping_get_page *get, mapping_sync_pages *sync,
                    struct backing **out);
/* Takes pages [index, index + count) out of every address space (truncate, punched hole). */
void mapping_forget(struct inode *inode, uint64_t index, uint64_t count);
bool mapping_in_use(const struct inode *inode);
/* True when some address space maps the inode shared and may write to it. */
bool mapping_is_writable(const struct inode *inode);

/* ---- permission.c ---- */

/* DAC with capabilities on attributes read before. */
int attributes_permission(const struct task *task, const struct attributes *attr, int mask);
/* fsuid owns it, or CAP_FOWNER. */
bool attributes_owner(const struct task *task, const struct attributes *attr);

#endif
