/*
 * hostfs from the inside: what stands behind an inode of a host file system. Included by
 * hostfs*.c.
 */
#ifndef SANDBOX_VFS_HOSTFS_NODE_H
#define SANDBOX_VFS_HOSTFS_NODE_H

#include "sandbox/vfs/host.h"
#include "sandbox/vfs/hostfs.h"

/* Most descriptors that one host file system keeps open for nodes that nobody has open. */
#define HOSTFS_IDLE_FDS 128
/* Host file systems below the root that are told apart in st_dev; more show the root's. */
#define HOSTFS_DEVICES 32

enum hostfs_access { HOSTFS_LOOK, HOSTFS_READ, HOSTFS_WRITE };

/*
 * One host file. It is found again by parent and name, so it needs a descriptor only while it is
 * worked on; idle descriptors stay in a bounded list, oldest out. A node whose name has gone keeps
 * its descriptor: there is no other way to it.
 */
struct hostfs_node {
    struct inode *inode;        /* borrowed: the node is the inode's `private` */
    struct hostfs_node *parent; /* its inode is referenced; NULL: the root, or the name has gone */
    char *name;                 /* NULL with parent NULL */
    uint64_t host_dev, host_ino;
    int64_t host_birth; /* ns, 0 unknown: tells a file from an older one of the same number */
    int fd;             /* -1: none. O_PATH for directories, otherwise open for `access` */
    enum hostfs_access access;
    unsigned pins; /* open files and work in progress: the descriptor stays */
    struct hostfs_node *idle_prev, *idle_next;
    bool idle;            /* in the list of idle descriptors */
    int64_t cached_mtime; /* of the host file when its pages were last known to be right */
    uint64_t cached_size;
};

struct hostfs_device {
    uint64_t host_dev, dev;
};

struct hostfs {
    struct superblock *sb;
    bool writable;
    struct hostfs_node *idle_first, *idle_last; /* most recently used first */
    unsigned idle_count;
    struct hostfs_device device[HOSTFS_DEVICES];
    unsigned devices;
};

static inline struct hostfs *hostfs_of(const struct inode *inode)
{
    return inode->sb->private;
}

static inline struct hostfs_node *hostfs_node_of(const struct inode *inode)
{
    return inode->private;
}

static inline int64_t hostfs_time(struct statx_timestamp stamp)
{
    return stamp.tv_sec * 1000000000ll + stamp.tv_nsec;
}

/*
 * The inode of what `st` describes, found as `name` in `dir` (NULL: the root), with a reference.
 * The same host file is the same inode while somebody holds it. -ENOMEM; -EACCES for the host's
 * /proc.
 */
int hostfs_node_get(struct hostfs *fs, struct hostfs_node *dir, const char *name,
                    const struct statx *st, struct inode **out);
bool hostfs_node_is(const struct hostfs_node *node, const struct statx *st);

/* The node is now found as `name` in `dir`. dir NULL: its name has gone. -ENOMEM. */
int hostfs_node_place(struct hostfs_node *node, struct hostfs_node *dir, const char *name);

/*
 * A descriptor of the node that is good for `access`, until hostfs_unpin. Regular files are opened
 * (LOOK counts as READ), directories are O_PATH. -EACCES for other types, -ESTALE when the name
 * leads to another file by now, -EROFS, -ENFILE, or openat2's errno.
 */
int hostfs_pin(struct hostfs_node *node, enum hostfs_access access);
void hostfs_unpin(struct hostfs_node *node);
/* Gives the node a descriptor that was just opened (create); it is not pinned. */
void hostfs_adopt_fd(struct hostfs_node *node, int fd, enum hostfs_access access);

/* statx of the node, by descriptor or by name. -ESTALE, -ENOENT. */
int hostfs_statx(struct hostfs_node *node, struct statx *out);
void hostfs_attributes(struct hostfs *fs, const struct statx *st, struct attributes *out);

/* Frees a node: for evict. */
void hostfs_node_free(struct hostfs_node *node);

/* openat2 below dirfd; when the host is out of descriptors, idle ones are closed and it is tried
 * once more; then -ENFILE. */
int hostfs_open_beneath(struct hostfs *fs, int dirfd, const char *name, uint64_t flags,
                        uint64_t mode);

/*
 * A descriptor that fchmod, fgetxattr and their like accept, until hostfs_return. Directories are
 * opened for reading. Errors as hostfs_pin's.
 */
int hostfs_borrow(struct hostfs_node *node);
void hostfs_return(struct hostfs_node *node, int fd);

/* hostfs.c */
extern const struct inode_ops hostfs_inode_ops, hostfs_directory_inode_ops;

/* hostfs_file.c */
extern const struct file_ops hostfs_file_ops, hostfs_directory_ops;
int hostfs_open(struct inode *inode, struct file *file);
/* The file was cut or extended to size bytes by setattr: its cached pages follow. */
void hostfs_pages_resized(struct hostfs_node *node, uint64_t size);
void hostfs_pages_evict(struct inode *inode);

/* hostfs_xattr.c */
ssize_t hostfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size);
int hostfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
                    int flags);
int hostfs_removexattr(struct inode *inode, const char *name);
ssize_t hostfs_listxattr(struct inode *inode, char *buf, size_t size);

#endif
