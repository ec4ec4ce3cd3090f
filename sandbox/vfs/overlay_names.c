/*
 * Making, removing and renaming in the overlay: each is done in the upper layer, and where a name
 * of the lower layer would come to light, a whiteout covers it. May include sandbox/vfs/.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/overlay.h"

static const struct cred root_cred;

/* ---- places in the upper layer ---- */

/* The lower layer has this name in the directory: removing it in the upper one is not enough. */
static bool lower_has(const struct overlay_node *dir, const struct dentry *name)
{
    struct dentry *lower;
    bool found;

    if (!dir->lower || dentry_lookup(dir->lower, name->name, name->name_len, &lower) != 0)
        return false;
    found = lower->inode != NULL;
    dentry_put(lower);
    return found;
}

static int whiteout(struct overlay_node *dir, const struct dentry *name)
{
    struct inode *upper_dir = dir->upper->inode;
    struct dentry *upper;
    int error = dentry_lookup(dir->upper, name->name, name->name_len, &upper);

    if (error)
        return error;
    if (!upper->inode)
        error = upper_dir->ops->create(upper_dir, upper, S_IFCHR, 0, &root_cred);
    dentry_put(upper);
    return error;
}

/*
 * The negative dentry in the upper layer for a name that is to be made in dir, which is copied up;
 * a whiteout there is removed. *covered: there was one, and must be again if the making fails.
 */
static int clear_place(struct overlay_node *dir, const struct dentry *name, struct dentry **out,
                       bool *covered)
{
    int error = overlay_copy_up(dir, UINT64_MAX);

    *covered = false;
    if (!error)
        error = dentry_lookup(dir->upper, name->name, name->name_len, out);
    if (error || !(*out)->inode)
        return error;
    if (!overlay_is_whiteout(*out)) {
        dentry_put(*out);
        return -EEXIST;
    }
    error = dir->upper->inode->ops->unlink(dir->upper->inode, *out);
    if (!error)
        dentry_unhash(*out);
    dentry_put(*out);
    *covered = true;
    return error ? error : dentry_lookup(dir->upper, name->name, name->name_len, out);
}

/* What was made as `upper` (its reference is taken over) becomes the overlay's dentry's inode. */
static int finish_make(struct overlay_node *dir, struct dentry *dentry, struct dentry *upper,
                       bool covered, int error)
{
    struct inode *inode;

    if (error) {
        dentry_unhash(upper);
        dentry_put(upper);
        if (covered)
            (void)whiteout(dir, dentry); /* there was room for it a moment ago */
        return error;
    }
    inode = overlay_inode(dir->inode->sb, dentry, upper, NULL);
    if (!inode)
        return -ENOMEM; /* it is there; the next lookup finds it */
    dentry_instantiate(dentry, inode);
    return 0;
}

/* ---- making ---- */

int overlay_make(struct inode *dir, struct dentry *dentry, uint32_t mode, uint64_t rdev,
                 const struct cred *cred)
{
    struct overlay_node *node = overlay_node_of(dir);
    struct dentry *upper;
    bool covered;
    int error;

    if ((mode & S_IFMT) == S_IFCHR && rdev == 0) /* it would be a whiteout */
        return -EPERM;
    error = clear_place(node, dentry, &upper, &covered);
    if (error)
        return error;
    error = node->upper->inode->ops->create(node->upper->inode, upper, mode, rdev, cred);
    return finish_make(node, dentry, upper, covered, error);
}

int overlay_mkdir(struct inode *dir, struct dentry *dentry, uint32_t mode, const struct cred *cred)
{
    struct overlay_node *node = overlay_node_of(dir);
    struct dentry *upper;
    bool covered;
    int error = clear_place(node, dentry, &upper, &covered);

    if (error)
        return error;
    error = node->upper->inode->ops->mkdir(node->upper->inode, upper, mode, cred);
    return finish_make(node, dentry, upper, covered, error);
}

int overlay_symlink(struct inode *dir, struct dentry *dentry, const char *target,
                    const struct cred *cred)
{
    struct overlay_node *node = overlay_node_of(dir);
    struct dentry *upper;
    bool covered;
    int error = clear_place(node, dentry, &upper, &covered);

    if (error)
        return error;
    error = node->upper->inode->ops->symlink(node->upper->inode, upper, target, cred);
    return finish_make(node, dentry, upper, covered, error);
}

int overlay_link(struct inode *dir, struct dentry *dentry, struct inode *target)
{
    struct overlay_node *node = overlay_node_of(dir);
    struct dentry *upper;
    bool covered;
    int error = overlay_copy_up(overlay_node_of(target), UINT64_MAX);

    if (!error)
        error = clear_place(node, dentry, &upper, &covered);
    if (error)
        return error;
    error = node->upper->inode->ops->link(node->upper->inode, upper,
                                          overlay_real(overlay_node_of(target)));
    return finish_make(node, dentry, upper, covered, error);
}

int overlay_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred, struct inode **out)
{
    struct overlay_node *node = overlay_node_of(dir);
    struct inode *upper_dir, *inode;
    struct dentry *upper;
    char name[32];
    int error = overlay_copy_up(node, UINT64_MAX);

    if (error)
        return error;
    upper_dir = node->upper->inode;
    error = upper_dir->ops->tmpfile(upper_dir, mode, cred, &inode);
    if (error)
        return error;
    (void)snprintf(name, sizeof(name), "#%lu", (unsigned long)inode->ino);
    upper = dentry_create_root(upper_dir->sb, inode, name);
    *out = upper ? overlay_inode(dir->sb, NULL, upper, NULL) : NULL;
    return *out ? 0 : -ENOMEM;
}

/* ---- removing ---- */

/* Takes the node's own upper file away, and covers the lower name. */
static int remove_upper(struct overlay_node *dir, struct dentry *dentry, bool directory)
{
    struct overlay_node *node = overlay_node_of(dentry->inode);
    struct inode *upper_dir;
    bool cover = lower_has(dir, dentry);
    struct dentry *upper;
    int error = cover || node->upper ? overlay_copy_up(dir, UINT64_MAX) : 0;

    if (error)
        return error;
    upper_dir = dir->upper->inode;
    if (node->upper) {
        /* Of several names of a file this one, not the one that the node was found by. */
        error = dentry_lookup(dir->upper, dentry->name, dentry->name_len, &upper);
        if (error)
            return error;
        if (directory)
            error = upper_dir->ops->rmdir(upper_dir, upper);
        else
            error = upper_dir->ops->unlink(upper_dir, upper);
        if (!error)
            dentry_unhash(upper);
        dentry_put(upper);
    }
    return !error && cover ? whiteout(dir, dentry) : error;
}

int overlay_unlink(struct inode *dir, struct dentry *dentry)
{
    return remove_upper(overlay_node_of(dir), dentry, false);
}

int overlay_rmdir(struct inode *dir, struct dentry *dentry)
{
    struct overlay_node *node = overlay_node_of(dentry->inode);
    struct overlay *overlay = overlay_of(dir);
    int empty = overlay_is_empty(node), error = 0;

    if (empty <= 0)
        return empty ? empty : -ENOTEMPTY;
    if (node->upper && node->lower)
        error = overlay_remove_whiteouts(node);
    if (!error)
        error = remove_upper(overlay_node_of(dir), dentry, true);
    if (!error && node->upper)
        overlay_merge_drop(overlay, node->upper->inode);
    return error;
}

/* ---- renaming ---- */

/*
 * Makes the target's place ready: what is replaced must be something that the upper layer's rename
 * replaces. A directory that only the lower layer has is as good as nothing, once it is empty.
 */
static int prepare_target(struct overlay_node *to_dir, struct dentry *to, struct dentry **upper)
{
    struct overlay_node *node = to->inode ? overlay_node_of(to->inode) : NULL;
    bool covered;
    int error;

    if (node && to->inode->type == S_IFDIR) {
        int empty = overlay_is_empty(node);

        if (empty <= 0)
            return empty ? empty : -ENOTEMPTY;
        if (node->upper && node->lower) {
            error = overlay_remove_whiteouts(node);
            if (error)
                return error;
        }
    }
    if (node && node->upper)
        return dentry_lookup(to_dir->upper, to->name, to->name_len, upper);
    return clear_place(to_dir, to, upper, &covered);
}

/* The layer's dentries follow the names, as the tree's own do after rename. */
static int rename_upper(struct overlay_node *from_dir, struct dentry *from,
                        struct overlay_node *to_dir, struct dentry *upper_to, unsigned flags)
{
    struct inode *upper_from_dir = from_dir->upper->inode;
    struct dentry *upper_from;
    int error = dentry_lookup(from_dir->upper, from->name, from->name_len, &upper_from);

    if (error)
        return error;
    error = upper_from_dir->ops->rename(upper_from_dir, upper_from, to_dir->upper->inode, upper_to,
                                        flags & RENAME_EXCHANGE);
    if (!error && (flags & RENAME_EXCHANGE)) {
        dentry_exchange(upper_from, upper_to);
    } else if (!error && dentry_move(upper_from, upper_to) != 0) {
        dentry_unhash(upper_from);
        dentry_unhash(upper_to);
    }
    dentry_put(upper_from);
    return error;
}

int overlay_rename(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
                   struct dentry *to, unsigned flags)
{
    struct overlay_node *from_node = overlay_node_of(from_dir), *to_node = overlay_node_of(to_dir);
    struct dentry *upper_to;
    bool cover;
    int error;

    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    cover = !(flags & RENAME_EXCHANGE) && lower_has(from_node, from);
    error = overlay_copy_up(overlay_node_of(from->inode), UINT64_MAX);
    if (!error)
        error = overlay_copy_up(to_node, UINT64_MAX);
    if (!error && (flags & RENAME_EXCHANGE)) {
        error = overlay_copy_up(overlay_node_of(to->inode), UINT64_MAX);
        if (!error)
            error = dentry_lookup(to_node->upper, to->name, to->name_len, &upper_to);
    } else if (!error) {
        error = prepare_target(to_node, to, &upper_to);
    }
    if (error)
        return error;
    error = rename_upper(from_node, from, to_node, upper_to, flags);
    dentry_put(upper_to);
    if (!error && cover)
        error = whiteout(from_node, from);
    if (!error && !(flags & RENAME_EXCHANGE) && to->inode && to->inode->type == S_IFDIR &&
        overlay_node_of(to->inode)->upper)
        overlay_merge_drop(overlay_of(to_dir), overlay_node_of(to->inode)->upper->inode);
    return error;
}
