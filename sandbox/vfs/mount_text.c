/*
 * Paths and mounts as text: getcwd, /proc/PID/{mounts,mountinfo}, names of open files.
 */
#include "sandbox/vfs/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* Puts "/name" before what is in buf from *at on. */
static bool prepend(char *buf, size_t *at, const struct dentry *dentry)
{
    if (*at < (size_t)dentry->name_len + 1) {
        return false;
    }
    *at -= dentry->name_len;
    memcpy(buf + *at, dentry->name, dentry->name_len);
    buf[--*at] = '/';
    return true;
}

/*
 * Writes the text of `path` below `root` to the end of buf, with its NUL; *start says where it
 * begins. -EXDEV when the way up does not meet root: then the text goes as far as there are
 * parents. -ENAMETOOLONG.
 */
static int text_backwards(const struct path *path, const struct path *root, char *buf, size_t size,
                          size_t *start)
{
    const struct mount *mount = path->mount;
    const struct dentry *dentry = path->dentry;
    size_t at = size - 1;
    int error = 0;
    buf[at] = '\0';
    while (!error && (mount != root->mount || dentry != root->dentry)) {
        if (dentry == mount->root && mount->parent) {
            dentry = mount->mountpoint;
            mount = mount->parent;
        } else if (dentry == mount->root || dentry->parent == dentry) {
            error = -EXDEV;
        } else if (!prepend(buf, &at, dentry)) {
            return -ENAMETOOLONG;
        } else {
            dentry = dentry->parent;
        }
    }
    if (!buf[at]) {
        if (at == 0) {
            return -ENAMETOOLONG;
        }
        buf[--at] = '/';
    }
    *start = at;
    return error;
}

/* A file without a place in the tree: its own name. */
static ssize_t anonymous_text(const struct dentry *dentry, char *buf, size_t size)
{
    if (dentry->name_len >= size) {
        return -ENAMETOOLONG;
    }
    memcpy(buf, dentry->name, dentry->name_len + 1u);
    return dentry->name_len;
}

ssize_t path_text(struct task *task, const struct path *path, char *buf, size_t size, bool *deleted)
{
    static const char unreachable[] = "(unreachable)";
    bool removed = dentry_is_removed(path->dentry);
    if (size == 0) {
        return -ENAMETOOLONG;
    }
    if (deleted) {
        *deleted = removed;
    } else if (removed) {
        return -ENOENT;
    }
    if (path->mount->sb->flags & SB_NAMELESS) {
        return anonymous_text(path->dentry, buf, size);
    }
    struct path root = *task->fs->root;
    if (path->mount == task->box->vfs->shmem) {
        root = (struct path){.mount = path->mount, .dentry = path->mount->root};
    }
    size_t start, prefix = 0;
    int error = text_backwards(path, &root, buf, size, &start);
    if (error == -EXDEV) {
        prefix = sizeof unreachable - 1;
    } else if (error) {
        return error;
    }
    size_t length = size - 1 - start;
    if (start < prefix) {
        return -ENAMETOOLONG;
    }
    memmove(buf + prefix, buf + start, length + 1);
    memcpy(buf, unreachable, prefix);
    return (ssize_t)(prefix + length);
}

/* A text that is counted whole and stored as far as there is room. */
struct text {
    char *buf;
    size_t size, length;
};

static void __attribute__((format(printf, 2, 3))) print(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool room = text->length < text->size;
    int length = vsnprintf(room ? text->buf + text->length : NULL,
                           room ? text->size - text->length : 0, format, args);
    va_end(args);
    text->length += (size_t)length;
}

/* Blanks and backslashes as three octal digits, as getmntent(3) expects. */
static void print_escaped(struct text *text, const char *string)
{
    for (; *string; string++) {
        if (strchr(" \t\n\\#", *string)) {
            print(text, "\\%03o", (unsigned char)*string);
        } else {
            print(text, "%c", *string);
        }
    }
}

static void print_mount_options(struct text *text, const struct mount *mount)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } options[] = {
        {MOUNT_NOSUID, ",nosuid"},   {MOUNT_NODEV, ",nodev"},           {MOUNT_NOEXEC, ",noexec"},
        {MOUNT_NOATIME, ",noatime"}, {MOUNT_NODIRATIME, ",nodiratime"},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (mount->flags & options[i].flag) {
            print(text, "%s", options[i].name);
        }
    }
    if (!(mount->flags & (MOUNT_NOATIME | MOUNT_STRICTATIME))) {
        print(text, ",relatime");
    }
    if (mount->flags & MOUNT_NOSYMFOLLOW) {
        print(text, ",nosymfollow");
    }
}

static void print_super_options(struct text *text, struct superblock *sb)
{
    char options[512];
    if (sb->ops && sb->ops->show_options) {
        size_t length = sb->ops->show_options(sb, options, sizeof options);
        print(text, "%.*s", (int)(length < sizeof options ? length : sizeof options - 1), options);
    }
}

static const char *type_name(const struct mount *mount)
{
    return mount->sb->type ? mount->sb->type->name : "rootfs";
}

static void print_mounts_line(struct text *text, struct mount *mount, const char *place)
{
    print_escaped(text, mount->source);
    print(text, " ");
    print_escaped(text, place);
    print(text, " %s %s", type_name(mount), mount_want_write(mount) ? "ro" : "rw");
    print_mount_options(text, mount);
    print_super_options(text, mount->sb);
    print(text, " 0 0\n");
}

static void print_mountinfo_line(struct text *text, struct mount *mount, const char *place)
{
    char *root = malloc(PATH_LENGTH_MAX);
    size_t start;
    CHECK(root);
    struct path shown = {.mount = mount, .dentry = mount->root};
    struct path top = {.mount = mount, .dentry = mount->sb->root};
    /* The directory of its superblock that it shows: the way up inside of one superblock. */
    struct mount whole = *mount;
    whole.root = mount->sb->root;
    shown.mount = top.mount = &whole;
    int error = text_backwards(&shown, &top, root, PATH_LENGTH_MAX, &start);
    print(text, "%lu %lu %u:%u ", (unsigned long)mount->id,
          (unsigned long)(mount->parent ? mount->parent->id : mount->id), major(mount->sb->dev),
          minor(mount->sb->dev));
    print_escaped(text, error ? "/" : root + start);
    free(root);
    print(text, " ");
    print_escaped(text, place);
    print(text, " %s", mount->flags & MOUNT_RDONLY ? "ro" : "rw");
    print_mount_options(text, mount);
    print(text, "%s - %s ", mount->flags & MOUNT_UNBINDABLE ? " unbindable" : "", type_name(mount));
    print_escaped(text, mount->source);
    print(text, " %s", mount->sb->flags & SB_RDONLY ? "ro" : "rw");
    print_super_options(text, mount->sb);
    print(text, "\n");
}

typedef void print_line(struct text *text, struct mount *mount, const char *place);

static size_t all_mounts(struct box *box, const struct path *root, char *buf, size_t size,
                         print_line *print_one)
{
    struct text text = {.buf = buf, .size = size};
    char *place = malloc(PATH_LENGTH_MAX);
    CHECK(place);
    for (struct mount *mount = box->vfs->ns->first; mount; mount = mount->next) {
        struct path at = {.mount = mount, .dentry = mount->root};
        size_t start;
        if (text_backwards(&at, root, place, PATH_LENGTH_MAX, &start) == 0) {
            print_one(&text, mount, place + start);
        }
    }
    free(place);
    return text.length;
}

size_t mounts_text(struct box *box, const struct path *root, char *buf, size_t size)
{
    return all_mounts(box, root, buf, size, print_mounts_line);
}

size_t mountinfo_text(struct box *box, const struct path *root, char *buf, size_t size)
{
    return all_mounts(box, root, buf, size, print_mountinfo_line);
}
