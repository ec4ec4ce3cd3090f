/*
 * Walking names over mounts: path_resolution(7), the RESOLVE_* rules of openat2(2), magic links.
 * The walk is a loop with a bounded stack of the links under way; it never recurses.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { WALK_SCOPED = WALK_BENEATH | WALK_IN_ROOT };

/* What a relative path starts from: any kind of file, for the caller to judge. */
static int path_of_descriptor(struct task *task, int dirfd, struct path *out)
{
    if (dirfd == AT_FDCWD) {
        *out = *task->fs->cwd;
        path_get(out);
        return 0;
    }
    struct file *file = fd_get_any(task, dirfd);
    if (!file) {
        return -EBADF;
    }
    *out = file->path;
    path_get(out);
    file_put(file);
    return 0;
}

static bool same_path(const struct path *one, const struct path *other)
{
    return one->mount == other->mount && one->dentry == other->dentry;
}

/* `at` becomes `to`, whose references are taken over. */
static void go_to(struct walk *walk, struct path to)
{
    path_put(&walk->at);
    walk->at = to;
}

static int go_to_root(struct walk *walk)
{
    if (walk->flags & WALK_BENEATH) {
        return -EXDEV;
    }
    if (walk->flags & WALK_NO_XDEV && walk->at.mount && walk->at.mount != walk->root.mount) {
        return -EXDEV;
    }
    path_get(&walk->root);
    if (walk->at.mount) {
        go_to(walk, walk->root);
    } else {
        walk->at = walk->root;
    }
    return 0;
}

int walk_start(struct walk *walk, struct task *task, int dirfd, const char *path, unsigned flags)
{
    *walk = (struct walk){.task = task, .flags = flags, .rest = path};
    walk->must_be_directory = flags & WALK_DIRECTORY;
    bool absolute = path[0] == '/';
    int error;
    if (!*path) {
        return -ENOENT;
    }
    if (absolute && flags & WALK_BENEATH) {
        return -EXDEV;
    }
    if (absolute && !(flags & WALK_IN_ROOT)) {
        walk->root = *task->fs->root;
        path_get(&walk->root);
        return go_to_root(walk);
    }
    error = path_of_descriptor(task, dirfd, &walk->at);
    if (error) {
        return error;
    }
    if (walk->at.dentry->inode->type != S_IFDIR) {
        path_put(&walk->at);
        return -ENOTDIR;
    }
    walk->root = flags & WALK_SCOPED ? walk->at : *task->fs->root;
    path_get(&walk->root);
    return 0;
}

void walk_end(struct walk *walk)
{
    path_put(&walk->at);
    path_put(&walk->root);
    for (unsigned i = 0; i < walk->links && i < LINKS_MAX; i++) {
        free(walk->text[i]);
    }
}

/* "..": stays at the root, steps over the roots of mounts, and into what covers the result. */
static int walk_up(struct walk *walk)
{
    for (;;) {
        struct path *at = &walk->at;
        if (same_path(at, &walk->root)) {
            if (walk->flags & WALK_BENEATH) {
                return -EXDEV;
            }
            break;
        }
        if (at->dentry != at->mount->root) {
            struct path up = {.mount = at->mount, .dentry = at->dentry->parent};
            path_get(&up);
            go_to(walk, up);
            break;
        }
        if (!at->mount->parent) {
            break;
        }
        if (walk->flags & WALK_NO_XDEV) {
            return -EXDEV;
        }
        struct path up = {.mount = at->mount->parent, .dentry = at->mount->mountpoint};
        path_get(&up);
        go_to(walk, up);
    }
    struct mount *mount = walk->at.mount;
    mount_cross(&walk->at);
    return walk->flags & WALK_NO_XDEV && walk->at.mount != mount ? -EXDEV : 0;
}

/* The child `name` of where the walk is, with what is mounted on it; may be negative. */
static int lookup_child(struct walk *walk, const char *name, size_t len, struct path *out)
{
    struct dentry *dentry;
    int error = dentry_lookup(walk->at.dentry, name, len, &dentry);
    if (error) {
        return error;
    }
    *out = (struct path){.mount = mount_get(walk->at.mount), .dentry = dentry};
    mount_cross(out);
    if (walk->flags & WALK_NO_XDEV && out->mount != walk->at.mount) {
        path_put(out);
        return -EXDEV;
    }
    return 0;
}

int walk_lookup(struct walk *walk, struct path *out)
{
    return lookup_child(walk, walk->name, walk->name_len, out);
}

static bool is_link(const struct path *path)
{
    return path->dentry->inode && path->dentry->inode->type == S_IFLNK;
}

static int follow_magic(struct walk *walk, const struct path *link)
{
    if (walk->flags & WALK_NO_MAGICLINKS) {
        return -ELOOP;
    }
    if (walk->flags & WALK_SCOPED) {
        return -EXDEV; /* nobody knows whether the target lies below */
    }
    struct path target;
    int error = link->dentry->inode->ops->follow(link->dentry->inode, &target);
    if (error) {
        return error;
    }
    if (walk->flags & WALK_NO_XDEV && target.mount != walk->at.mount) {
        path_put(&target);
        return -EXDEV;
    }
    go_to(walk, target);
    return 0;
}

ssize_t vfs_readlink(const struct path *link, char *buf, size_t size)
{
    struct inode *inode = link->dentry->inode;
    if (!inode->ops->readlink) {
        return -EINVAL;
    }
    if (inode->ops->accessed) {
        inode->ops->accessed(inode, link->mount);
    }
    return inode->ops->readlink(inode, buf, size);
}

/* The target's text, which lives until walk_end. */
static int read_link(struct walk *walk, const struct path *link, const char **out)
{
    char *text = malloc(PATH_LENGTH_MAX);
    if (!text) {
        return -ENOMEM;
    }
    walk->text[walk->links++] = text;
    ssize_t length = vfs_readlink(link, text, PATH_LENGTH_MAX - 1);
    if (length < 0) {
        return (int)length;
    }
    if (length == 0) {
        return -ENOENT;
    }
    text[length] = '\0';
    *out = text;
    return 0;
}

int walk_follow(struct walk *walk, const struct path *link)
{
    struct inode *inode = link->dentry->inode;
    if (walk->links == LINKS_MAX || walk->flags & WALK_NO_SYMLINKS ||
        link->mount->flags & MOUNT_NOSYMFOLLOW) {
        return -ELOOP;
    }
    if (inode->ops->follow) {
        walk->text[walk->links++] = NULL;
        int error = follow_magic(walk, link);
        walk->kind = LAST_REACHED;
        return error;
    }
    const char *text = NULL;
    int error = read_link(walk, link, &text);
    if (error) {
        return error;
    }
    if (*text == '/') {
        error = go_to_root(walk);
    }
    if (*walk->rest) {
        walk->outer[walk->depth++] = walk->rest;
    }
    walk->rest = text;
    walk->kind = LAST_NAME;
    return error;
}

/* Steps into a name that is not the last one. */
static int step(struct walk *walk, const char *name, size_t len)
{
    if (len == 1 && name[0] == '.') {
        return 0;
    }
    if (len == 2 && name[0] == '.' && name[1] == '.') {
        return walk_up(walk);
    }
    struct path child;
    int error = lookup_child(walk, name, len, &child);
    if (error) {
        return error;
    }
    if (!child.dentry->inode) {
        error = -ENOENT;
    } else if (is_link(&child)) {
        error = walk_follow(walk, &child);
    } else {
        go_to(walk, child);
        return 0;
    }
    path_put(&child);
    return error;
}

static enum last_kind kind_of(const char *name, size_t len)
{
    if (name[0] == '.' && len == 1) {
        return LAST_DOT;
    }
    return len == 2 && name[0] == '.' && name[1] == '.' ? LAST_DOTDOT : LAST_NAME;
}

int walk_to_last(struct walk *walk)
{
    for (;;) {
        walk->rest += strspn(walk->rest, "/");
        if (!*walk->rest) {
            if (walk->depth == 0) {
                walk->kind = walk->kind == LAST_REACHED ? LAST_REACHED : LAST_ROOT;
                return 0;
            }
            walk->rest = walk->outer[--walk->depth];
            continue;
        }
        struct inode *dir = walk->at.dentry->inode;
        if (dir->type != S_IFDIR) {
            return -ENOTDIR;
        }
        int error = inode_permission(walk->task, dir, X_OK);
        if (error) {
            return error;
        }
        const char *name = walk->rest;
        size_t len = strcspn(name, "/");
        const char *next = name + len + strspn(name + len, "/");
        walk->rest = next;
        walk->kind = LAST_NAME;
        if (!*next && walk->depth == 0) {
            walk->kind = kind_of(name, len);
            walk->name = name;
            walk->name_len = len;
            walk->trailing_slash = name[len] == '/';
            return 0;
        }
        error = step(walk, name, len);
        if (error) {
            return error;
        }
    }
}

int walk_special(struct walk *walk, struct path *out)
{
    CHECK(walk->kind != LAST_NAME);
    if (walk->kind == LAST_DOTDOT) {
        int error = walk_up(walk);
        if (error) {
            return error;
        }
    }
    *out = walk->at;
    path_get(out);
    return 0;
}

void walk_note_slash(struct walk *walk)
{
    if (walk->trailing_slash) {
        walk->must_be_directory = true;
        walk->flags |= WALK_FOLLOW;
    }
}

/* Resolves the last component: links are followed when asked, or when a slash comes after. */
static int walk_finish(struct walk *walk, struct path *out)
{
    for (;;) {
        int error = walk_to_last(walk);
        if (error) {
            return error;
        }
        if (walk->kind != LAST_NAME) {
            return walk_special(walk, out);
        }
        error = walk_lookup(walk, out);
        if (error) {
            return error;
        }
        if (!out->dentry->inode) {
            path_put(out);
            return -ENOENT;
        }
        walk_note_slash(walk);
        if (!is_link(out) || !(walk->flags & WALK_FOLLOW)) {
            return 0;
        }
        error = walk_follow(walk, out);
        path_put(out);
        if (error) {
            return error;
        }
    }
}

int vfs_walk(struct task *task, int dirfd, const char *path, unsigned flags, struct path *out)
{
    if (!*path && flags & WALK_EMPTY) {
        int error = path_of_descriptor(task, dirfd, out);
        if (!error && flags & WALK_DIRECTORY && out->dentry->inode->type != S_IFDIR) {
            path_put(out);
            error = -ENOTDIR;
        }
        return error;
    }
    struct walk walk;
    int error = walk_start(&walk, task, dirfd, path, flags);
    if (error) {
        return error;
    }
    error = walk_finish(&walk, out);
    if (!error && walk.must_be_directory && out->dentry->inode->type != S_IFDIR) {
        path_put(out);
        error = -ENOTDIR;
    }
    walk_end(&walk);
    return error;
}

int vfs_walk_parent(struct task *task, int dirfd, const char *path, struct last_component *out)
{
    struct walk walk;
    int error = walk_start(&walk, task, dirfd, path, 0);
    if (error) {
        return error;
    }
    error = walk_to_last(&walk);
    if (!error) {
        *out = (struct last_component){.kind = walk.kind, .trailing_slash = walk.trailing_slash};
        if (walk.kind == LAST_NAME) {
            out->name_len =
                walk.name_len <= NAME_LENGTH_MAX ? walk.name_len : (size_t)NAME_LENGTH_MAX + 1;
            memcpy(out->name, walk.name, out->name_len);
        }
        out->parent = walk.at;
        path_get(&out->parent);
    }
    walk_end(&walk);
    return error;
}
