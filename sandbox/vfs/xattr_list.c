/*
 * Extended attributes in memory: a list in descending order of names, as Linux lists those of
 * tmpfs. Includes the C library alone.
 */
#include "sandbox/vfs/xattr_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

struct xattr {
    struct xattr *next;
    char *name;
    size_t size;
    unsigned char value[];
};

/* What an attribute takes of the file system's room for inodes. */
static uint64_t space_of(const char *name, size_t size)
{
    return sizeof(struct xattr) + strlen(name) + 1 + size;
}

/* Where the attribute stands or would stand. */
static struct xattr **find(const struct xattr_list *list, const char *name)
{
    struct xattr **at = (struct xattr **)&list->first;
    while (*at && strcmp((*at)->name, name) > 0) {
        at = &(*at)->next;
    }
    return at;
}

static int is_at(struct xattr *const *at, const char *name)
{
    return *at && strcmp((*at)->name, name) == 0;
}

ssize_t xattr_list_get(const struct xattr_list *list, const char *name, void *buf, size_t size)
{
    struct xattr **at = find(list, name);
    if (!is_at(at, name)) {
        return -ENODATA;
    }
    if (size > 0) {
        if (size < (*at)->size) {
            return -ERANGE;
        }
        memcpy(buf, (*at)->value, (*at)->size);
    }
    return (ssize_t)(*at)->size;
}

static struct xattr *create(const char *name, const void *value, size_t size)
{
    struct xattr *xattr = malloc(sizeof *xattr + size);
    char *copy = strdup(name);
    if (!xattr || !copy) {
        free(xattr);
        free(copy);
        return NULL;
    }
    xattr->name = copy;
    xattr->size = size;
    if (size > 0) {
        memcpy(xattr->value, value, size);
    }
    return xattr;
}

static void unlink_at(struct xattr **at, uint64_t *space)
{
    struct xattr *xattr = *at;
    *at = xattr->next;
    *space += space_of(xattr->name, xattr->size);
    free(xattr->name);
    free(xattr);
}

int xattr_list_set(struct xattr_list *list, const char *name, const void *value, size_t size,
                   int flags, uint64_t *space)
{
    struct xattr **at = find(list, name);
    int exists = is_at(at, name);
    if (!exists && flags & XATTR_REPLACE) {
        return -ENODATA;
    }
    if (exists && flags & XATTR_CREATE) {
        return -EEXIST;
    }
    uint64_t need = space_of(name, size), returned = exists ? space_of(name, (*at)->size) : 0;
    if (need > *space + returned) {
        return -ENOSPC;
    }
    struct xattr *xattr = create(name, value, size);
    if (!xattr) {
        return -ENOMEM;
    }
    if (exists) {
        unlink_at(at, space);
    }
    xattr->next = *at;
    *at = xattr;
    *space -= need;
    return 0;
}

int xattr_list_remove(struct xattr_list *list, const char *name, uint64_t *space)
{
    struct xattr **at = find(list, name);
    if (!is_at(at, name)) {
        return -ENODATA;
    }
    unlink_at(at, space);
    return 0;
}

ssize_t xattr_list_names(const struct xattr_list *list, char *buf, size_t size)
{
    size_t length = 0;
    for (const struct xattr *xattr = list->first; xattr; xattr = xattr->next) {
        size_t name = strlen(xattr->name) + 1;
        if (size > 0) {
            if (length + name > size) {
                return -ERANGE;
            }
            memcpy(buf + length, xattr->name, name);
        }
        length += name;
    }
    return (ssize_t)length;
}

void xattr_list_clear(struct xattr_list *list, uint64_t *space)
{
    while (list->first) {
        unlink_at(&list->first, space);
    }
}
