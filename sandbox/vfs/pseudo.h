/*
 * What file systems without storage share: text that is made when it is read, and directories whose
 * entries are numbered. Included by sandbox/vfs/.
 */
#ifndef SANDBOX_VFS_PSEUDO_H
#define SANDBOX_VFS_PSEUDO_H

#include "sandbox/vfs/super.h"

/* Longest text of one file. A guest decides how much some have to say (maps, environ). */
#define TEXT_MAX (16u << 20)

/* A text under construction; grows, up to TEXT_MAX. All zero: empty. */
struct text {
    char *data;
    size_t length, room;
    bool failed; /* no memory, or too long: what could be had is there */
};
__attribute__((format(printf, 2, 3))) void text_printf(struct text *text, const char *format, ...);
void text_append(struct text *text, const void *data, size_t length);
/* As mount tables and maps show names: space, tab, newline and backslash as \ooo, and `also`. */
void text_append_escaped(struct text *text, const char *name, const char *also);
void text_free(struct text *text);

/*
 * An open file of generated text: `make` writes the whole text, when reading begins at offset 0
 * and when nothing is there yet; later reads go on in it. 0 or -errno, which the read returns.
 */
struct text_file {
    int (*make)(struct inode *inode, struct text *text);
    /* Takes what was written at once; -errno or 0. NULL: -EIO, as writing to such files gives. */
    int (*store)(struct inode *inode, const char *buf, size_t length);
    size_t store_max; /* longest text that store takes; more is -EINVAL */
    struct text text;
    bool made;
};
/* For inode_ops.open. -ENOMEM. */
int text_file_open(struct file *file, int (*make)(struct inode *inode, struct text *text),
                   int (*store)(struct inode *inode, const char *buf, size_t length),
                   size_t store_max);

/* lseek of text files and of directories: SEEK_SET and SEEK_CUR. */
int64_t pseudo_lseek(struct file *file, int64_t offset, int whence);
/* Gives out "." and "..", the entries at offsets 0 and 1. False: the buffer is full. */
bool pseudo_emit_dots(struct file *file, struct dir_context *ctx);
/* Gives out the entry that stands at offset `at`, if the file has not got beyond it yet. False: the
 * buffer is full. */
bool pseudo_emit(struct file *file, struct dir_context *ctx, int64_t at, const char *name,
                 uint64_t ino, unsigned type);

#endif
