/*
 * Generated text and numbered directories, see pseudo.h. May include sandbox/vfs/.
 */
#include "sandbox/vfs/pseudo.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- text ---- */

static bool text_reserve(struct text *text, size_t more)
{
    size_t wanted = text->length + more + 1, room = text->room ? text->room : 1024;
    char *grown;

    if (text->failed || more > TEXT_MAX || wanted > TEXT_MAX) {
        text->failed = true;
        return false;
    }
    if (wanted <= text->room)
        return true;
    while (room < wanted)
        room *= 2;
    grown = realloc(text->data, room);
    if (!grown) {
        text->failed = true;
        return false;
    }
    text->data = grown;
    text->room = room;
    return true;
}

void text_append(struct text *text, const void *data, size_t length)
{
    if (!text_reserve(text, length))
        return;
    memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !text_reserve(text, (size_t)length))
        return;
    va_start(args, format);
    (void)vsnprintf(text->data + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

void text_append_escaped(struct text *text, const char *name, const char *also)
{
    for (; *name; name++) {
        if (strchr(" \t\n\\", *name) || strchr(also, *name))
            text_printf(text, "\\%03o", (unsigned char)*name);
        else
            text_append(text, name, 1);
    }
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

/* ---- files of text ---- */

static ssize_t text_file_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct text_file *tf = file->private;
    size_t left, done;

    if (*pos == 0 || !tf->made) {
        struct text text = {0};
        int error = tf->make(file->inode, &text);

        if (!error && text.failed)
            error = -ENOMEM;
        if (error) {
            text_free(&text);
            return error;
        }
        text_free(&tf->text);
        tf->text = text;
        tf->made = true;
    }
    if (*pos < 0 || (uint64_t)*pos >= tf->text.length)
        return 0;
    left = tf->text.length - (size_t)*pos;
    done = uio_copy_to(uio, tf->text.data + *pos, left < uio->left ? left : uio->left);
    *pos += (int64_t)done;
    return done == 0 && uio->error ? uio->error : (ssize_t)done;
}

static ssize_t text_file_write(struct file *file, struct uio *uio, int64_t *pos)
{
    struct text_file *tf = file->private;
    size_t length = uio->left;
    char *buf;
    int error;

    if (!tf->store)
        return -EIO;
    if (length > tf->store_max)
        return -EINVAL;
    buf = malloc(length + 1);
    if (!buf)
        return -ENOMEM;
    error = uio_copy_from(uio, buf, length) < length ? -EFAULT : 0;
    buf[length] = '\0';
    if (!error)
        error = tf->store(file->inode, buf, length);
    free(buf);
    if (error)
        return error;
    *pos += (int64_t)length;
    return (ssize_t)length;
}

static void text_file_release(struct file *file)
{
    struct text_file *tf = file->private;

    if (!tf)
        return;
    text_free(&tf->text);
    free(tf);
}

static const struct file_ops text_file_ops = {
    .read = text_file_read,
    .write = text_file_write,
    .lseek = pseudo_lseek,
    .release = text_file_release,
};

int text_file_open(struct file *file, int (*make)(struct inode *inode, struct text *text),
                   int (*store)(struct inode *inode, const char *buf, size_t length),
                   size_t store_max)
{
    struct text_file *tf = calloc(1, sizeof(*tf));

    if (!tf)
        return -ENOMEM;
    tf->make = make;
    tf->store = store;
    tf->store_max = store_max;
    file->ops = &text_file_ops;
    file->private = tf;
    return 0;
}

/* ---- directories ---- */

int64_t pseudo_lseek(struct file *file, int64_t offset, int whence)
{
    if (whence != SEEK_SET && whence != SEEK_CUR)
        return -EINVAL;
    if (whence == SEEK_CUR && __builtin_add_overflow(file->pos, offset, &offset))
        return -EOVERFLOW;
    if (offset < 0)
        return -EINVAL;
    return file->pos = offset;
}

bool pseudo_emit(struct file *file, struct dir_context *ctx, int64_t at, const char *name,
                 uint64_t ino, unsigned type)
{
    if (file->pos > at)
        return true;
    if (!ctx->emit(ctx, name, strlen(name), ino, type, at + 1))
        return false;
    file->pos = at + 1;
    return true;
}

bool pseudo_emit_dots(struct file *file, struct dir_context *ctx)
{
    const struct dentry *dentry = file->path.dentry;

    return pseudo_emit(file, ctx, 0, ".", file->inode->ino, S_IFDIR >> 12) &&
           pseudo_emit(file, ctx, 1, "..", dentry->parent->inode->ino, S_IFDIR >> 12);
}
