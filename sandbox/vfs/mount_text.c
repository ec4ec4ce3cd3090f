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
 * Writes the text of `path` below `root` to the end of buf, with its NUL: where it starts. -EXDEV
 * when the way up does not meet root; then the text goes as far as there are parents.
 */
static ssize_t text_backwards(const struct path *path, const struct path *root, char *buf,
                              size_t size)
{
    const struct mount *mount = path->mount;
    const struct dentry *dentry = path->dentry;
    size_t at = size - 1;
    buf[at] = '\0';
    while (mount != root->mount || dentry != root->dentry) {
        if (dentry == mount->root) {
            if (!mount->parent) {
                return -EXDEV;
            }
            dentry = mount->mountpoint;
            mount = mount->parent;
            continue;
        }
        if (dentry->parent == dentry) {
            return -EXDEV; /* above the root of a bind mount */
        }
        if (!prepend(buf, &at, dentry)) {
            return -ENAMETOOLONG;
        }
        dentry = dentry->parent;
    }
    if (!buf[at]) {
        if (at == 0) {
            return -ENAMETOOLONG;
        }
        buf[--at] = '/';
    }
    return (ssize_t)at;
}

ssize_t path_text(struct task *task, const struct path *path, char *buf, size_t size, bool *deleted)
{
    if (size == 0) {
        return -ENAMETOOLONG;
    }
    bool removed = dentry_is_removed(path->dentry);
    if (deleted) {
        *deleted = removed;
    } else if (removed) {
        return -ENOENT;
    }
    if (path->mount == task->box->vfs->anonymous) {
        size_t length = path->dentry->name_len;
        if (length >= size) {
            return -ENAMETOOLONG;
        }
        memcpy(buf, path->dentry->name, length + 1);
        return (ssize_t)length;
    }
    struct path root = *task->fs->root;
    if (path->mount == task->box->vfs->shmem) {
        root = (struct path){.mount = path->mount, .dentry = path->mount->root};
    }
    ssize_t start = text_backwards(path, &root, buf, size);
    if (start < 0) {
        return start;
    }
    size_t length = size - 1 - (size_t)start;
    memmove(buf, buf + start, length + 1);
    return (ssize_t)length;
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
    char root[PATH_LENGTH_MAX];
    struct path shown = {.mount = mount, .dentry = mount->root};
    struct path top = {.mount = mount, .dentry = mount->sb->root};
    /* The directory of its superblock that it shows: the way up inside of one superblock. */
    struct mount whole = *mount;
    whole.root = mount->sb->root;
    shown.mount = top.mount = &whole;
    ssize_t start = text_backwards(&shown, &top, root, sizeof root);
    print(text, "%lu %lu %u:%u ", (unsigned long)mount->id,
          (unsigned long)(mount->parent ? mount->parent->id : mount->id), major(mount->sb->dev),
          minor(mount->sb->dev));
    print_escaped(text, start < 0 ? "/" : root + start);
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
        ssize_t start = text_backwards(&at, root, place, PATH_LENGTH_MAX);
        if (start >= 0) {
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
