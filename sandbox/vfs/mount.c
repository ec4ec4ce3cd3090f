/*
 * Mounts: which superblock sits where, and the operations of mount(2), umount2(2) and
 * pivot_root(2). One namespace a box. As on Linux a hidden empty directory lies under the real
 * root, so that pivot_root can exchange it. All mounts are private: nothing propagates.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct mount *mount_get(struct mount *mount)
{
    mount->refs++;
    return mount;
}

void mount_put(struct mount *mount)
{
    if (!mount) {
        return;
    }
    CHECK(mount->refs > 0);
    mount->expire_mark = false;
    if (--mount->refs > 0) {
        return;
    }
    CHECK(!mount->ns && !mount->parent);
    dentry_put(mount->root);
    super_put(mount->sb);
    free(mount->source);
    free(mount);
}

void path_get(const struct path *path)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): counted by whoever holds the path */
    mount_get(path->mount);
    dentry_get(path->dentry);
}

void path_put(struct path *path)
{
    dentry_put(path->dentry);
    mount_put(path->mount);
    path->dentry = NULL;
    path->mount = NULL;
}

struct mount *mount_create(struct superblock *sb, struct dentry *root, uint32_t flags,
                           const char *source)
{
    struct mount *mount = calloc(1, sizeof *mount);
    char *name = strdup(source);
    if (!mount || !name) {
        free(mount);
        free(name);
        return NULL;
    }
    mount->refs = 1;
    mount->sb = super_get(sb);
    mount->root = dentry_get(root);
    mount->flags = flags;
    mount->id = ++sb->box->vfs->last_mount_id;
    mount->source = name;
    return mount;
}

int mount_want_write(const struct mount *mount)
{
    return mount->flags & MOUNT_RDONLY || mount->sb->flags & SB_RDONLY ? -EROFS : 0;
}

/* ---- the namespace ---- */

static void list_append(struct mount_namespace *ns, struct mount *mount)
{
    mount->ns = ns;
    mount->prev = ns->last;
    mount->next = NULL;
    *(ns->last ? &ns->last->next : &ns->first) = mount;
    ns->last = mount;
    ns->count++;
}

static void list_remove(struct mount *mount)
{
    struct mount_namespace *ns = mount->ns;
    *(mount->prev ? &mount->prev->next : &ns->first) = mount->next;
    *(mount->next ? &mount->next->prev : &ns->last) = mount->prev;
    mount->next = mount->prev = NULL;
    mount->ns = NULL;
    ns->count--;
}

static void set_mountpoint(struct mount *mount, const struct path *at)
{
    path_get(at);
    mount->parent = at->mount;
    mount->mountpoint = at->dentry;
    at->dentry->mounts++;
}

static void clear_mountpoint(struct mount *mount)
{
    struct path at = {.mount = mount->parent, .dentry = mount->mountpoint};
    if (!at.mount) {
        return;
    }
    at.dentry->mounts--;
    mount->parent = NULL;
    mount->mountpoint = NULL;
    path_put(&at);
}

/* The namespace takes over the caller's reference. */
static void attach(struct mount_namespace *ns, struct mount *mount, const struct path *at)
{
    list_append(ns, mount);
    if (at) {
        set_mountpoint(mount, at);
    }
}

static void detach(struct mount *mount)
{
    list_remove(mount);
    clear_mountpoint(mount);
    mount_put(mount);
}

void mount_namespace_clear(struct mount_namespace *ns)
{
    while (ns->last) {
        detach(ns->last);
    }
}

struct mount *mount_find_child(const struct mount *parent, const struct dentry *mountpoint)
{
    if (mountpoint->mounts == 0 || !parent->ns) {
        return NULL;
    }
    for (struct mount *mount = parent->ns->last; mount; mount = mount->prev) {
        if (mount->parent == parent && mount->mountpoint == mountpoint) {
            return mount;
        }
    }
    return NULL;
}

void mount_cross(struct path *path)
{
    struct mount *child;
    while ((child = mount_find_child(path->mount, path->dentry)) != NULL) {
        struct path over = {.mount = child, .dentry = child->root};
        path_get(&over);
        path_put(path);
        *path = over;
    }
}

/*
 * The mounts below and including `top` in an array, parents first. Children of top count only when
 * they sit below `root`. NULL: no memory. Freed by the caller.
 */
static struct mount **collect_tree(struct mount *top, const struct dentry *root, unsigned *count)
{
    struct mount_namespace *ns = top->ns;
    struct mount **tree = malloc((ns->count + 1) * sizeof(struct mount *));
    if (!tree) {
        return NULL;
    }
    tree[0] = top;
    *count = 1;
    for (unsigned i = 0; i < *count; i++) {
        for (struct mount *mount = ns->first; mount; mount = mount->next) {
            if (mount->parent == tree[i] && (i > 0 || dentry_is_below(mount->mountpoint, root))) {
                tree[(*count)++] = mount;
            }
        }
    }
    return tree;
}

/* ---- mounting ---- */

/* May `mount` be put on `at`? */
static int check_mountpoint(const struct mount *mount, const struct path *at)
{
    if (!at->mount->ns) {
        return -EINVAL;
    }
    if (dentry_is_removed(at->dentry)) {
        return -ENOENT;
    }
    bool directory = mount->root->inode->type == S_IFDIR;
    if (directory != (at->dentry->inode->type == S_IFDIR)) {
        return -ENOTDIR;
    }
    return at->mount->ns->count < MOUNTS_MAX ? 0 : -ENOSPC;
}

int vfs_mount(struct box *box, struct superblock *sb, const struct path *at, uint32_t flags,
              const char *source)
{
    struct mount *mount = mount_create(sb, sb->root, flags, source);
    super_put(sb);
    if (!mount) {
        return -ENOMEM;
    }
    int error = check_mountpoint(mount, at);
    if (error) {
        mount_put(mount);
        return error;
    }
    attach(box->vfs->ns, mount, at);
    return 0;
}

/* The empty directory under the real root. */
static struct mount *create_rootfs(struct box *box)
{
    enum { RAMFS_MAGIC_NUMBER = 0x858458f6 };
    struct superblock *sb = super_create(box, NULL, NULL, RAMFS_MAGIC_NUMBER, SB_RDONLY);
    struct inode *inode = sb ? inode_create(sb, 0, S_IFDIR, NULL) : NULL;
    struct mount *mount = NULL;
    if (inode && super_set_root(sb, inode) == 0) {
        mount = mount_create(sb, sb->root, 0, "rootfs");
    }
    super_put(sb);
    return mount;
}

int vfs_mount_root(struct box *box, struct superblock *sb, uint32_t flags, const char *source,
                   struct path *root)
{
    struct mount_namespace *ns = box->vfs->ns;
    CHECK(!ns->first);
    struct mount *rootfs = create_rootfs(box);
    if (!rootfs) {
        super_put(sb);
        return -ENOMEM;
    }
    attach(ns, rootfs, NULL);
    struct path at = {.mount = rootfs, .dentry = rootfs->root};
    int error = vfs_mount(box, sb, &at, flags, source);
    if (error) {
        return error;
    }
    path_get(&at);
    mount_cross(&at);
    *root = at;
    return 0;
}

static struct mount *clone_mount(const struct mount *mount, struct dentry *root)
{
    return mount_create(mount->sb, root, mount->flags & ~(uint32_t)MOUNT_UNBINDABLE, mount->source);
}

/* Copies the mounts below from->dentry onto `copy`, the clone of from->mount. */
static int bind_children(struct box *box, const struct path *from, struct mount *copy)
{
    unsigned count;
    struct mount **tree = collect_tree(from->mount, from->dentry, &count);
    struct mount **copies = calloc(tree ? count : 1, sizeof(struct mount *));
    int error = tree && copies ? 0 : -ENOMEM;
    if (!error && box->vfs->ns->count + count > MOUNTS_MAX) {
        error = -ENOSPC;
    }
    for (unsigned i = 0; !error && i < count; i++) {
        struct mount *mount = tree[i];
        unsigned parent = 0;
        if (i == 0) {
            copies[0] = copy;
            continue;
        }
        while (tree[parent] != mount->parent) {
            parent++;
        }
        if (mount->flags & MOUNT_UNBINDABLE || !copies[parent]) {
            continue; /* unbindable ones are left out with all that is on them */
        }
        copies[i] = clone_mount(mount, mount->root);
        if (!copies[i]) {
            error = -ENOMEM;
            break;
        }
        struct path at = {.mount = copies[parent], .dentry = mount->mountpoint};
        attach(box->vfs->ns, copies[i], &at);
    }
    for (unsigned i = tree && copies ? count : 0; error && i-- > 1;) {
        if (copies[i]) {
            detach(copies[i]);
        }
    }
    free(tree);
    free(copies);
    return error;
}

int mount_bind(struct box *box, const struct path *from, const struct path *to, bool recursive)
{
    if (!from->mount->ns || from->mount->flags & MOUNT_UNBINDABLE) {
        return -EINVAL;
    }
    struct mount *copy = clone_mount(from->mount, from->dentry);
    if (!copy) {
        return -ENOMEM;
    }
    int error = check_mountpoint(copy, to);
    if (!error && recursive) {
        error = bind_children(box, from, copy);
    }
    if (error) {
        mount_put(copy);
        return error;
    }
    attach(box->vfs->ns, copy, to);
    return 0;
}

static bool is_mount_root(const struct path *path)
{
    return path->dentry == path->mount->root;
}

/* True when `at` lies at or below `top` in the tree of mounts and names. */
static bool is_reachable(const struct path *at, const struct path *top)
{
    const struct mount *mount = at->mount;
    const struct dentry *dentry = at->dentry;
    while (mount != top->mount && mount->parent) {
        dentry = mount->mountpoint;
        mount = mount->parent;
    }
    return mount == top->mount && dentry_is_below(dentry, top->dentry);
}

int mount_move(struct box *box, const struct path *from, const struct path *to)
{
    struct mount *mount = from->mount;
    if (!is_mount_root(from) || !mount->parent || mount->ns != box->vfs->ns) {
        return -EINVAL;
    }
    bool directory = mount->root->inode->type == S_IFDIR;
    if (!to->mount->ns || directory != (to->dentry->inode->type == S_IFDIR)) {
        return -EINVAL;
    }
    struct path top = {.mount = mount, .dentry = mount->root};
    if (is_reachable(to, &top)) {
        return -ELOOP;
    }
    if (dentry_is_removed(to->dentry)) {
        return -ENOENT;
    }
    clear_mountpoint(mount);
    set_mountpoint(mount, to);
    return 0;
}

/* Files open for writing anywhere on the superblock. */
static unsigned super_writers(const struct vfs *vfs, const struct superblock *sb)
{
    unsigned writers = 0;
    for (const struct mount *mount = vfs->ns->first; mount; mount = mount->next) {
        writers += mount->sb == sb ? mount->writers : 0;
    }
    return writers;
}

static int super_set_readonly(struct superblock *sb, bool readonly)
{
    if (readonly && !(sb->flags & SB_RDONLY) && super_writers(sb->box->vfs, sb) > 0) {
        return -EBUSY;
    }
    sb->flags = readonly ? sb->flags | SB_RDONLY : sb->flags & ~(uint32_t)SB_RDONLY;
    return 0;
}

int mount_remount(const struct path *at, uint32_t mount_flags, bool bind_only, const char *data)
{
    struct mount *mount = at->mount;
    if (!is_mount_root(at) || !mount->ns) {
        return -EINVAL;
    }
    bool readonly = mount_flags & MOUNT_RDONLY;
    if (!bind_only) {
        struct superblock *sb = mount->sb;
        int error = -EINVAL;
        if (sb->ops && sb->ops->remount) {
            error = sb->ops->remount(sb, data);
        } else if (!*data) {
            error = 0;
        }
        if (!error) {
            error = super_set_readonly(sb, readonly);
        }
        if (error) {
            return error;
        }
    } else if (readonly && !(mount->flags & MOUNT_RDONLY) && mount->writers > 0) {
        return -EBUSY;
    }
    mount->flags = mount_flags | (mount->flags & MOUNT_UNBINDABLE);
    return 0;
}

int mount_set_unbindable(struct box *box, const struct path *at, bool unbindable, bool recursive)
{
    if (!is_mount_root(at) || at->mount->ns != box->vfs->ns) {
        return -EINVAL;
    }
    unsigned count;
    struct mount **tree = collect_tree(at->mount, at->dentry, &count);
    if (!tree) {
        return -ENOMEM;
    }
    for (unsigned i = 0; i < (recursive ? count : 1); i++) {
        tree[i]->flags &= ~(uint32_t)MOUNT_UNBINDABLE;
        tree[i]->flags |= unbindable ? MOUNT_UNBINDABLE : 0;
    }
    free(tree);
    return 0;
}

/* ---- unmounting ---- */

static int detach_lazily(struct mount *mount)
{
    unsigned count;
    struct mount **tree = collect_tree(mount, mount->root, &count);
    if (!tree) {
        return -ENOMEM;
    }
    while (count-- > 0) {
        detach(tree[count]);
    }
    free(tree);
    return 0;
}

/* Everything but the namespace's reference and that of the caller's path means use. */
static int detach_unused(struct path *at, bool expire)
{
    struct mount *mount = at->mount;
    if (mount->refs > 2) {
        return -EBUSY;
    }
    if (expire && !mount->expire_mark) {
        path_put(at);
        mount->expire_mark = true;
        return -EAGAIN;
    }
    if (mount->sb->ops && mount->sb->ops->sync) {
        int error = mount->sb->ops->sync(mount->sb);
        if (error) {
            return error;
        }
    }
    detach(mount);
    return 0;
}

int mount_detach(struct box *box, struct path *at, int flags, const struct path *root)
{
    struct mount *mount = at->mount;
    int error;
    if (!is_mount_root(at) || mount->ns != box->vfs->ns || !mount->parent) {
        error = -EINVAL;
    } else if (flags & MNT_EXPIRE && mount == root->mount) {
        error = -EINVAL;
    } else if (flags & MNT_DETACH) {
        error = detach_lazily(mount);
    } else if (mount == root->mount) {
        error = super_set_readonly(mount->sb, true); /* the root only becomes read-only */
    } else {
        error = detach_unused(at, flags & MNT_EXPIRE);
    }
    if (at->mount) {
        path_put(at);
    }
    return error;
}

/* ---- pivot_root ---- */

struct root_change {
    const struct path *from, *to;
};

static void replace_path(struct path *path, const struct root_change *change)
{
    if (path && path->mount == change->from->mount && path->dentry == change->from->dentry) {
        path_get(change->to);
        path_put(path);
        *path = *change->to;
    }
}

static int replace_in_process(struct process *process, void *ctx)
{
    for (struct task *task = process->tasks; task; task = task->thread_next) {
        if (task->fs) {
            replace_path(task->fs->root, ctx);
            replace_path(task->fs->cwd, ctx);
        }
    }
    return 0;
}

int mount_pivot(struct task *task, const struct path *new_root, const struct path *put_old)
{
    struct mount_namespace *ns = task->box->vfs->ns;
    struct path root = *task->fs->root;
    struct mount *root_mount = root.mount, *new_mount = new_root->mount;
    if (root_mount->ns != ns || new_mount->ns != ns || put_old->mount->ns != ns) {
        return -EINVAL;
    }
    if (dentry_is_removed(new_root->dentry)) {
        return -ENOENT;
    }
    if (new_mount == root_mount || put_old->mount == root_mount) {
        return -EBUSY;
    }
    if (!is_mount_root(&root) || !root_mount->parent || !is_mount_root(new_root) ||
        !new_mount->parent) {
        return -EINVAL;
    }
    if (!is_reachable(put_old, new_root) || !is_reachable(new_root, &root)) {
        return -EINVAL;
    }
    struct path below_root = {.mount = root_mount->parent, .dentry = root_mount->mountpoint};
    path_get(&root);
    path_get(&below_root);
    clear_mountpoint(new_mount);
    clear_mountpoint(root_mount);
    set_mountpoint(root_mount, put_old);
    set_mountpoint(new_mount, &below_root);
    struct root_change change = {.from = &root, .to = new_root};
    process_each(task->box, replace_in_process, &change);
    path_put(&below_root);
    path_put(&root);
    return 0;
}
