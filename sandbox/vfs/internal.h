/*
 * What the files of the tree's core share. Included by sandbox/vfs/ alone; file systems use
 * super.h.
 */
#ifndef SANDBOX_VFS_INTERNAL_H
#define SANDBOX_VFS_INTERNAL_H

#include "sandbox/vfs/super.h"

enum {
    DENTRY_BUCKETS = 4096,
    DENTRY_CACHE_MAX = 2048, /* unused dentries that are kept */
    FILE_SYSTEMS_MAX = 16,
    MOUNTS_MAX = 4096,
};

/* The file trees of one box. */
struct vfs {
    struct box *box;
    const struct file_system *types[FILE_SYSTEMS_MAX];
    unsigned type_count;
    unsigned last_device; /* minor of the last anonymous device number */
    uint64_t last_ino;    /* of pipes, anonymous files and in-memory file systems */
    uint64_t last_mount_id;
    struct dentry *buckets[DENTRY_BUCKETS];
    struct dentry lru; /* ring of unused dentries, the oldest first */
    unsigned lru_count;
    struct mount_namespace *ns;
    struct mount *anonymous, *pipes, *sockets; /* files without a name: nameless_mount */
    struct mount *shmem;              /* the tmpfs of memfd_create and shared anonymous memory */
    struct lock_waiter *lock_waiters; /* locks.c */
    struct page_cache *caches;        /* every page cache, for reclaim */
};

struct mount_namespace {
    struct mount *root;  /* borrowed from the list */
    struct mount *first; /* list through next/prev; one reference each */
    struct mount *last;
    unsigned count;
};

/* ---- dentry.c ---- */
void dentry_cache_init(struct vfs *vfs);
/* A hashed negative child without looking; takes its own reference on parent. NULL: no memory. */
struct dentry *dentry_create(struct dentry *parent, const char *name, size_t len);
/* A dentry that is its own parent and not hashed. Takes over the inode's reference. */
struct dentry *dentry_create_root(struct superblock *sb, struct inode *inode, const char *name);
/* `from` gets the place of `to` (negative or replaced), which becomes unhashed. -ENOMEM. */
int dentry_move(struct dentry *from, struct dentry *to);
void dentry_exchange(struct dentry *one, struct dentry *other);
/* True when its name was removed. */
bool dentry_is_removed(const struct dentry *dentry);

/* ---- mount.c ---- */
struct mount *mount_create(struct superblock *sb, struct dentry *root, uint32_t flags,
                           const char *source);
/* Detaches everything, at the box's end. */
void mount_namespace_clear(struct mount_namespace *ns);

/* ---- permission.c ---- */
/* inode_permission of Linux: read-only superblocks, DAC, capabilities; path's mount not asked. */
int inode_permission(const struct task *task, struct inode *inode, int mask);
/* May names be added to (removed from) the directory: W and X, and it still exists. */
int may_create(const struct task *task, struct dentry *dir);
int may_delete(const struct task *task, struct dentry *dir, struct dentry *victim, bool directory);

/* ---- walk: path.c ---- */

enum { LINKS_MAX = 40, PATH_LENGTH_MAX = 4096 };

/*
 * A path resolution under way; see path_resolution(7). The caller's path must live until walk_end.
 */
struct walk {
    struct task *task;
    unsigned flags;   /* WALK_* */
    struct path root; /* what "/" and ".." at the top mean */
    struct path at;   /* how far it has come: the directory of the last component */
    const char *rest; /* what is still to walk */
    unsigned links;   /* symbolic links followed, at most LINKS_MAX */
    unsigned depth;
    const char *outer[LINKS_MAX]; /* rests of the paths that contained the links under way */
    char *text[LINKS_MAX];        /* the links' targets, freed at the end */
    bool must_be_directory;
    enum last_kind kind;
    const char *name; /* LAST_NAME: the last component, not NUL-terminated */
    size_t name_len;
    bool trailing_slash;
};
/* Starts at dirfd, the working directory or the root; walk_end must follow when it succeeded. */
int walk_start(struct walk *walk, struct task *task, int dirfd, const char *path, unsigned flags);
/* Goes on to the last component of what is left. */
int walk_to_last(struct walk *walk);
/* The last component's dentry (maybe negative) with what is mounted on it; LAST_NAME only. */
int walk_lookup(struct walk *walk, struct path *out);
/* Goes on along the link `link` (the last component); then walk_to_last again. */
int walk_follow(struct walk *walk, const struct path *link);
/* A slash after the last component means a directory, also behind the links that follow. */
void walk_note_slash(struct walk *walk);
/* The result of the last component when it is not LAST_NAME. */
int walk_special(struct walk *walk, struct path *out);
void walk_end(struct walk *walk);

/* ---- anonymous.c ---- */
/* Where files of this type (S_IFIFO, S_IFSOCK, others) live that no directory has. Borrowed. */
struct mount *nameless_mount(const struct vfs *vfs, uint32_t type);
struct anonymous {
    uint32_t mode, uid, gid;
    int64_t atime, mtime, ctime;
};
extern const struct inode_ops anonymous_inode_ops;

/* ---- files ---- */
/* Runs the open rules' last step on a path: file_ops, devices, FIFOs, ETXTBSY. */
int file_open(struct task *task, const struct path *path, uint32_t flags, struct file **out);

#endif
