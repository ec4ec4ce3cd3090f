/*
 * The tree as a whole: mount, umount2, chroot, pivot_root, chdir, getcwd, statfs, ustat, sync.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "abi/handlers.h"
#include "sandbox/files.h"
#include "sandbox/vfs/super.h"

#ifndef UMOUNT_NOFOLLOW
#define UMOUNT_NOFOLLOW 8
#endif

/* ---- working directory and root ---- */

/* A task may stand in a directory that it may search. */
static long set_directory(struct task *t, struct path *path, struct path *place)
{
    int error = vfs_permission(t, path, X_OK);
    if (error) {
        path_put(path);
        return error;
    }
    path_put(place);
    *place = *path;
    return 0;
}

long sys_chdir(struct task *t, const struct chdir_args *a)
{
    struct path at;
    int error = walk_argument(t, AT_FDCWD, a->path, WALK_FOLLOW | WALK_DIRECTORY, &at);
    return error ? error : set_directory(t, &at, t->fs->cwd);
}

long sys_fchdir(struct task *t, const struct fchdir_args *a)
{
    struct path at;
    int error = path_of_fd(t, a->fd, true, &at);
    if (!error && at.dentry->inode->type != S_IFDIR) {
        path_put(&at);
        error = -ENOTDIR;
    }
    return error ? error : set_directory(t, &at, t->fs->cwd);
}

long sys_chroot(struct task *t, const struct chroot_args *a)
{
    struct path at;
    int error = walk_argument(t, AT_FDCWD, a->path, WALK_FOLLOW | WALK_DIRECTORY, &at);
    if (error) {
        return error;
    }
    error = vfs_permission(t, &at, X_OK);
    if (!error && !task_capable(t, CAP_SYS_CHROOT)) {
        error = -EPERM;
    }
    if (error) {
        path_put(&at);
        return error;
    }
    path_put(t->fs->root);
    *t->fs->root = at;
    return 0;
}

long sys_getcwd(struct task *t, const struct getcwd_args *a)
{
    char *text = task_scratch(t, PAGE_SIZE);
    ssize_t length = path_text(t, t->fs->cwd, text, PAGE_SIZE, NULL);
    if (length < 0) {
        return length;
    }
    if (a->size < (size_t)length + 1) {
        return -ERANGE;
    }
    return copyout(t->mm, a->buf, text, (size_t)length + 1) ? -EFAULT : length + 1;
}

/* ---- mounting ---- */

/* An optional text argument of mount(2) of at most a page; "" for NULL. NULL with *error. */
static const char *text_argument(struct task *t, gaddr_t from, int *error)
{
    if (!from) {
        return "";
    }
    char *text = task_scratch(t, PAGE_SIZE);
    ssize_t length = copystr(t->mm, text, from, PAGE_SIZE);
    if (length >= 0) {
        return text;
    }
    *error = length == -ENAMETOOLONG ? -EINVAL : (int)length;
    return NULL;
}

/* The flags of one mount out of mount(2)'s; relatime is what is left when no other is asked. */
static uint32_t mount_flags_of(uint64_t flags)
{
    return (uint32_t)flags &
           (MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC | MOUNT_NOATIME |
            MOUNT_NODIRATIME | MOUNT_STRICTATIME | MOUNT_NOSYMFOLLOW);
}

static long mount_new(struct task *t, gaddr_t type_name, const char *source, const char *data,
                      const struct path *at, uint64_t flags)
{
    int error = 0;
    if (!type_name) {
        return -EINVAL;
    }
    const char *name = text_argument(t, type_name, &error);
    if (!name) {
        return error;
    }
    const struct file_system *type = file_system_find(t->box->vfs, name);
    if (!type) {
        return -ENODEV;
    }
    if (!type->mount) {
        return -EPERM;
    }
    struct superblock *sb;
    error = type->mount(t->box, t, source, data, &sb);
    if (error) {
        return error;
    }
    sb->flags |= flags & MS_RDONLY ? SB_RDONLY : 0;
    return vfs_mount(t->box, sb, at, mount_flags_of(flags), *source ? source : "none");
}

static long remount(const struct path *at, uint64_t flags, const char *data)
{
    uint64_t times = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;
    uint32_t wanted = mount_flags_of(flags);
    if (!(flags & times)) {
        wanted |= at->mount->flags & (MOUNT_NOATIME | MOUNT_NODIRATIME | MOUNT_STRICTATIME);
    }
    return mount_remount(at, wanted, flags & MS_BIND, data);
}

/*
 * MS_PRIVATE, MS_SLAVE and MS_UNBINDABLE. Nothing propagates in the box: all mounts are private, of
 * which slaves without a master are not different. MS_SHARED cannot be had.
 */
static long change_propagation(struct task *t, const struct path *at, uint64_t flags)
{
    uint64_t kind = flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE);
    if (flags & ~(kind | MS_REC | MS_SILENT) || kind & (kind - 1) || kind == MS_SHARED) {
        return -EINVAL;
    }
    return mount_set_unbindable(t->box, at, kind == MS_UNBINDABLE, flags & MS_REC);
}

/* bind and move: the source is a path. */
static long mount_from_path(struct task *t, const char *source, const struct path *at,
                            uint64_t flags)
{
    struct path from;
    if (!*source) {
        return -EINVAL;
    }
    int error = vfs_walk(t, AT_FDCWD, source, WALK_FOLLOW, &from);
    if (error) {
        return error;
    }
    error = flags & MS_BIND ? mount_bind(t->box, &from, at, flags & MS_REC)
                            : mount_move(t->box, &from, at);
    path_put(&from);
    return error;
}

static long mount_on(struct task *t, const struct mount_args *a, const char *source,
                     const char *data, const struct path *at, uint64_t flags)
{
    if (!task_capable(t, CAP_SYS_ADMIN)) {
        return -EPERM;
    }
    if (flags & MS_REMOUNT) {
        return remount(at, flags, data);
    }
    if (flags & MS_BIND) {
        return mount_from_path(t, source, at, flags);
    }
    if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)) {
        return change_propagation(t, at, flags);
    }
    if (flags & MS_MOVE) {
        return mount_from_path(t, source, at, flags);
    }
    return mount_new(t, a->filesystemtype, source, data, at, flags);
}

long sys_mount(struct task *t, const struct mount_args *a)
{
    const uint64_t magic_mask = 0xffff0000, magic = 0xc0ed0000; /* of Linux before 2.4 */
    const uint64_t no_user = 1ull << 31;                        /* MS_NOUSER: kernel's own */
    int error = 0;
    uint64_t flags = a->flags;
    const char *type = text_argument(t, a->filesystemtype, &error);
    const char *source = type ? text_argument(t, a->source, &error) : NULL;
    const char *data = source ? text_argument(t, a->data, &error) : NULL;
    if (!data) {
        return error;
    }
    if ((flags & magic_mask) == magic) {
        flags &= ~magic_mask;
    }
    if (flags & no_user) {
        return -EINVAL;
    }
    struct path at;
    error = walk_argument(t, AT_FDCWD, a->target, WALK_FOLLOW, &at);
    if (error) {
        return error;
    }
    long result = mount_on(t, a, source, data, &at, flags);
    path_put(&at);
    return result;
}

long sys_umount2(struct task *t, const struct umount2_args *a)
{
    struct path at;
    if (a->flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW) ||
        (a->flags & MNT_EXPIRE && a->flags & (MNT_FORCE | MNT_DETACH))) {
        return -EINVAL;
    }
    unsigned walk = a->flags & UMOUNT_NOFOLLOW ? 0 : WALK_FOLLOW;
    int error = walk_argument(t, AT_FDCWD, a->target, walk, &at);
    if (error) {
        return error;
    }
    if (!task_capable(t, CAP_SYS_ADMIN)) {
        path_put(&at);
        return -EPERM;
    }
    return mount_detach(t->box, &at, a->flags, t->fs->root);
}

long sys_pivot_root(struct task *t, const struct pivot_root_args *a)
{
    struct path new_root, put_old;
    if (!task_capable(t, CAP_SYS_ADMIN)) {
        return -EPERM;
    }
    const unsigned walk = WALK_FOLLOW | WALK_DIRECTORY;
    int error = walk_argument(t, AT_FDCWD, a->new_root, walk, &new_root);
    if (error) {
        return error;
    }
    error = walk_argument(t, AT_FDCWD, a->put_old, walk, &put_old);
    if (!error) {
        error = mount_pivot(t, &new_root, &put_old);
        path_put(&put_old);
    }
    path_put(&new_root);
    return error;
}

/* ---- statfs ---- */

/* f_flags: those of the mount, and the bit that says that they are valid. */
static long status_flags(const struct mount *mount)
{
    enum { FLAGS_VALID = 0x20, NO_SYMLINK_FOLLOW = 0x2000 };
    static const struct {
        uint32_t mount;
        long status;
    } table[] = {
        {MOUNT_NOSUID, ST_NOSUID},         {MOUNT_NODEV, ST_NODEV},
        {MOUNT_NOEXEC, ST_NOEXEC},         {MOUNT_NOATIME, ST_NOATIME},
        {MOUNT_NODIRATIME, ST_NODIRATIME}, {MOUNT_NOSYMFOLLOW, NO_SYMLINK_FOLLOW},
    };
    long flags = FLAGS_VALID;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        flags |= mount->flags & table[i].mount ? table[i].status : 0;
    }
    flags |= mount->flags & (MOUNT_NOATIME | MOUNT_STRICTATIME) ? 0 : ST_RELATIME;
    return flags | (mount_want_write(mount) ? ST_RDONLY : 0);
}

static int fill_statfs(struct superblock *sb, struct statfs *out)
{
    *out = (struct statfs){
        .f_type = sb->magic,
        .f_bsize = PAGE_SIZE,
        .f_frsize = PAGE_SIZE,
        .f_namelen = NAME_LENGTH_MAX,
        .f_fsid = {{(int)sb->dev, (int)(sb->dev >> 32)}},
    };
    return sb->ops && sb->ops->statfs ? sb->ops->statfs(sb, out) : 0;
}

/* Takes the path over. */
static long put_statfs(struct task *t, struct path *path, gaddr_t out)
{
    struct statfs statfs;
    long result = fill_statfs(path->mount->sb, &statfs);
    statfs.f_flags = status_flags(path->mount);
    path_put(path);
    return result ? result : copyout(t->mm, out, &statfs, sizeof statfs);
}

long sys_statfs(struct task *t, const struct statfs_args *a)
{
    struct path at;
    int error = walk_argument(t, AT_FDCWD, a->path, WALK_FOLLOW, &at);
    return error ? error : put_statfs(t, &at, a->buf);
}

long sys_fstatfs(struct task *t, const struct fstatfs_args *a)
{
    struct path at;
    int error = path_of_fd(t, a->fd, true, &at);
    return error ? error : put_statfs(t, &at, a->buf);
}

long sys_ustat(struct task *t, const struct ustat_args *a)
{
    struct {
        int32_t free_blocks;
        uint64_t free_inodes;
        char name[6], pack[6];
    } ustat = {0};
    struct statfs statfs;
    struct superblock *sb = super_find(t->box->vfs, a->dev);
    if (!sb) {
        return -EINVAL;
    }
    int error = fill_statfs(sb, &statfs);
    super_put(sb);
    ustat.free_blocks = (int32_t)statfs.f_bfree;
    ustat.free_inodes = statfs.f_ffree;
    return error ? error : copyout(t->mm, a->ubuf, &ustat, sizeof ustat);
}

/* ---- sync ---- */

long sys_sync(struct task *t, const struct sync_args *a)
{
    (void)a;
    super_sync_all(t->box->vfs);
    return 0;
}

long sys_syncfs(struct task *t, const struct syncfs_args *a)
{
    struct path at;
    int error = path_of_fd(t, a->fd, false, &at);
    if (error) {
        return error;
    }
    struct superblock *sb = at.mount->sb;
    if (sb->ops && sb->ops->sync) {
        error = sb->ops->sync(sb);
    }
    path_put(&at);
    return error;
}
