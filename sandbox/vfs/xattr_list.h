/*
 * Extended attributes kept in memory, for file systems that store them there.
 */
#ifndef SANDBOX_VFS_XATTR_LIST_H
#define SANDBOX_VFS_XATTR_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct xattr;

/* All zeros is an empty list. */
struct xattr_list {
    struct xattr *first;
};

/* The contracts of inode_ops' functions of the same names. */
ssize_t xattr_list_get(const struct xattr_list *list, const char *name, void *buf, size_t size);
/*
 * flags: XATTR_CREATE, XATTR_REPLACE. *space is lowered by what the change takes; -ENOSPC when it
 * does not suffice.
 */
int xattr_list_set(struct xattr_list *list, const char *name, const void *value, size_t size,
                   int flags, uint64_t *space);
int xattr_list_remove(struct xattr_list *list, const char *name, uint64_t *space);
ssize_t xattr_list_names(const struct xattr_list *list, char *buf, size_t size);
void xattr_list_clear(struct xattr_list *list, uint64_t *space);

#endif
