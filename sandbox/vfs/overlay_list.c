/*
 * The overlay's directories as readers see them: the entries of both layers, each name once,
 * without whiteouts. May include sandbox/vfs/.
 *
 * A listing is made whole when reading begins, so that offsets stay good while entries come and go.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/vfs/overlay.h"
#include "sandbox/vfs/pseudo.h"

/* Names of one directory: a guest decides how many. 1 GiB of names is not a directory any more. */
#define LIST_MAX (4u << 20)

struct list_entry {
    char *name;
    uint64_t ino;
    unsigned type; /* DT_* */
    bool whiteout;
};

struct list {
    struct list_entry *entry;
    size_t count, room;
    uint32_t *hash; /* index + 1 of entries by name; size is a power of 2 above 2 * room */
    size_t hash_size;
};

/* ---- lists ---- */

static size_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 32);
}

static void list_hash(struct list *list, size_t index)
{
    size_t at = hash_name(list->entry[index].name);

    while (list->hash[at & (list->hash_size - 1)])
        at++;
    list->hash[at & (list->hash_size - 1)] = (uint32_t)index + 1;
}

static struct list_entry *list_find(const struct list *list, const char *name)
{
    if (!list->hash_size)
        return NULL;
    for (size_t at = hash_name(name);; at++) {
        uint32_t index = list->hash[at & (list->hash_size - 1)];

        if (!index)
            return NULL;
        if (strcmp(list->entry[index - 1].name, name) == 0)
            return &list->entry[index - 1];
    }
}

static int list_grow(struct list *list)
{
    size_t room = list->room ? list->room * 2 : 32;
    struct list_entry *entry;
    uint32_t *hash;

    if (room > LIST_MAX)
        return -ENOMEM;
    entry = realloc(list->entry, room * sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    list->entry = entry;
    hash = calloc(room * 4, sizeof(*hash));
    if (!hash)
        return -ENOMEM;
    free(list->hash);
    list->hash = hash;
    list->hash_size = room * 4;
    list->room = room;
    for (size_t i = 0; i < list->count; i++)
        list_hash(list, i);
    return 0;
}

static int list_add(struct list *list, const char *name, size_t len, uint64_t ino, unsigned type)
{
    int error = list->count == list->room ? list_grow(list) : 0;
    char *copy = error ? NULL : strndup(name, len);

    if (!copy)
        return -ENOMEM;
    list->entry[list->count] = (struct list_entry){.name = copy, .ino = ino, .type = type};
    list_hash(list, list->count++);
    return 0;
}

static void list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entry[i].name);
    free(list->entry);
    free(list->hash);
    *list = (struct list){0};
}

/* ---- reading the layers ---- */

struct collect {
    struct dir_context ctx;
    struct list *list;
    bool upper;
    size_t taken; /* in this call of readdir */
    int error;
};

static bool collect_entry(struct dir_context *ctx, const char *name, size_t len, uint64_t ino,
                          unsigned type, int64_t next)
{
    struct collect *collect = (struct collect *)ctx;
    struct list_entry *same;
    char text[NAME_LENGTH_MAX + 1];

    (void)next;
    collect->taken++;
    if (len > NAME_LENGTH_MAX || (len == 1 && name[0] == '.') ||
        (len == 2 && name[0] == '.' && name[1] == '.'))
        return true;
    memcpy(text, name, len);
    text[len] = '\0';
    same = list_find(collect->list, text);
    if (!same)
        collect->error =
            list_add(collect->list, name, len, collect->upper ? overlay_ino(ino) : ino, type);
    else if (same->type == DT_DIR && type == DT_DIR)
        same->ino = ino; /* merged: the lower one's number */
    return collect->error == 0;
}

static int read_layer(struct mount *mount, struct dentry *dentry, bool upper, struct list *list)
{
    struct path path = {.mount = mount, .dentry = dentry};
    struct collect collect = {.ctx.emit = collect_entry, .list = list, .upper = upper};
    struct file *file;
    int error = file_open(NULL, &path, O_RDONLY | O_DIRECTORY, &file);

    if (error)
        return error;
    do {
        collect.taken = 0;
        error = file->ops->readdir ? file->ops->readdir(file, &collect.ctx) : -ENOTDIR;
    } while (!error && !collect.error && collect.taken > 0);
    file_put(file);
    return error ? error : collect.error;
}

/* Whiteouts are found among the few character devices of the upper layer. */
static int mark_whiteouts(struct dentry *upper, struct list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct list_entry *entry = &list->entry[i];
        struct dentry *dentry;
        int error;

        if (entry->type != DT_CHR)
            continue;
        error = dentry_lookup(upper, entry->name, strlen(entry->name), &dentry);
        if (error)
            return error;
        entry->whiteout = overlay_is_whiteout(dentry);
        dentry_put(dentry);
    }
    return 0;
}

static int make_list(struct overlay_node *node, struct list *list)
{
    struct overlay *overlay = overlay_of(node->inode);
    int error = 0;

    if (node->upper) {
        error = read_layer(overlay->upper, node->upper, true, list);
        if (!error)
            error = mark_whiteouts(node->upper, list);
    }
    if (!error && node->lower) {
        error = read_layer(overlay->lower, node->lower, false, list);
        if (error == -ENOENT || error == -ESTALE) /* the host has removed it */
            error = 0;
    }
    if (error)
        list_free(list);
    return error;
}

int overlay_is_empty(struct overlay_node *node)
{
    struct list list = {0};
    int result = make_list(node, &list);

    if (result)
        return result;
    result = 1;
    for (size_t i = 0; i < list.count; i++)
        if (!list.entry[i].whiteout)
            result = 0;
    list_free(&list);
    return result;
}

int overlay_remove_whiteouts(struct overlay_node *node)
{
    struct inode *dir = node->upper->inode;
    struct list list = {0};
    int error = read_layer(overlay_of(node->inode)->upper, node->upper, true, &list);

    for (size_t i = 0; i < list.count && !error; i++) {
        struct dentry *dentry;

        error = dentry_lookup(node->upper, list.entry[i].name, strlen(list.entry[i].name), &dentry);
        if (error)
            break;
        error = overlay_is_whiteout(dentry) ? dir->ops->unlink(dir, dentry) : -ENOTEMPTY;
        if (!error)
            dentry_unhash(dentry);
        dentry_put(dentry);
    }
    list_free(&list);
    return error;
}

/* ---- open directories ---- */

static int overlay_readdir(struct file *file, struct dir_context *ctx)
{
    struct overlay_node *node = overlay_node_of(file->inode);
    struct list *list = file->private;

    if (file->pos == 0 || !list) {
        struct list fresh = {0};
        int error = make_list(node, &fresh);

        if (!error && !list)
            list = file->private = calloc(1, sizeof(*list));
        if (error || !list) {
            list_free(&fresh);
            return error ? error : -ENOMEM;
        }
        list_free(list);
        *list = fresh;
    }
    if (!pseudo_emit_dots(file, ctx))
        return 0;
    for (size_t i = (size_t)file->pos - 2; i < list->count; i++) {
        const struct list_entry *entry = &list->entry[i];

        if (!entry->whiteout && !ctx->emit(ctx, entry->name, strlen(entry->name), entry->ino,
                                           entry->type, (int64_t)i + 3))
            return 0;
        file->pos = (int64_t)i + 3;
    }
    return 0;
}

static void overlay_directory_release(struct file *file)
{
    if (file->private)
        list_free(file->private);
    free(file->private);
}

static int overlay_directory_fsync(struct file *file, bool data_only)
{
    (void)file;
    (void)data_only;
    return 0; /* what is in memory is as safe as it gets */
}

const struct file_ops overlay_directory_ops = {
    .lseek = pseudo_lseek,
    .readdir = overlay_readdir,
    .fsync = overlay_directory_fsync,
    .release = overlay_directory_release,
};
