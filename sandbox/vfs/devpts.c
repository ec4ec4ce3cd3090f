/*
 * devpts: the names of pseudoterminals, /dev/pts/N and /dev/pts/ptmx. Every mount shows the box's
 * one table of pairs; the options of the latest mount set the owner and mode of new slaves.
 * May include sandbox/.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sandbox/kernel.h"
#include "sandbox/vfs/devpts.h"
#include "sandbox/vfs/pseudo.h"
#include "sandbox/vfs/tty.h"

enum { INO_ROOT = 1, INO_PTMX = 2, INO_FIRST = 3, BLOCK = 1024 };

static struct pty_table *table_of(const struct inode *inode)
{
    return inode->sb->box->ptys;
}

/* A slave that can be opened by this number now. */
static struct terminal *pair_at(const struct pty_table *ptys, unsigned index)
{
    struct terminal *terminal = index < PTY_MAX ? ptys->pair[index] : NULL;

    return terminal && terminal->master_open ? terminal : NULL;
}

/* ---- slaves ---- */

static int slave_getattr(struct inode *inode, struct attributes *out)
{
    const struct terminal *terminal = inode->private;

    out->mode = S_IFCHR | terminal->mode;
    out->uid = terminal->uid;
    out->gid = terminal->gid;
    out->rdev = terminal_device(terminal);
    out->blksize = BLOCK;
    out->atime = terminal->atime;
    out->mtime = terminal->mtime;
    out->ctime = terminal->ctime;
    return 0;
}

static int slave_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    struct terminal *terminal = inode->private;

    if (set & SET_MODE)
        terminal->mode = attr->mode & 07777;
    if (set & SET_UID)
        terminal->uid = attr->uid;
    if (set & SET_GID)
        terminal->gid = attr->gid;
    if (set & SET_ATIME)
        terminal->atime = attr->atime;
    if (set & SET_MTIME)
        terminal->mtime = attr->mtime;
    if (set & SET_CTIME)
        terminal->ctime = attr->ctime;
    return 0;
}

static void slave_evict(struct inode *inode)
{
    if (inode->private)
        terminal_put(inode->private);
}

static const struct inode_ops slave_inode_ops = {
    .getattr = slave_getattr,
    .setattr = slave_setattr,
    .evict = slave_evict,
};

/* ---- /dev/pts/ptmx ---- */

static int ptmx_getattr(struct inode *inode, struct attributes *out)
{
    out->mode = S_IFCHR | table_of(inode)->ptmx_mode;
    out->rdev = makedev(5, 2);
    out->blksize = BLOCK;
    out->atime = out->mtime = out->ctime = inode->sb->box->boot_realtime;
    return 0;
}

static int ptmx_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    if (set & SET_MODE)
        table_of(inode)->ptmx_mode = attr->mode & 0777;
    return set & (SET_UID | SET_GID) ? -EPERM : 0;
}

static const struct inode_ops ptmx_inode_ops = {
    .getattr = ptmx_getattr,
    .setattr = ptmx_setattr,
};

/* ---- the directory ---- */

/* A number as names have it: no sign, no leading zero. PTY_MAX: none. */
static unsigned parse_index(const char *name)
{
    unsigned index = 0;

    if (name[0] == '0' && name[1])
        return PTY_MAX;
    for (; *name; name++) {
        if (*name < '0' || *name > '9' || index >= PTY_MAX)
            return PTY_MAX;
        index = index * 10 + (unsigned)(*name - '0');
    }
    return index;
}

static int devpts_lookup(struct inode *dir, struct dentry *dentry)
{
    struct terminal *terminal;
    struct inode *inode;

    if (strcmp(dentry->name, "ptmx") == 0) {
        inode = inode_create(dir->sb, INO_PTMX, S_IFCHR, &ptmx_inode_ops);
    } else {
        terminal = pair_at(table_of(dir), parse_index(dentry->name));
        if (!terminal)
            return 0;
        inode = inode_create(dir->sb, INO_FIRST + terminal->index, S_IFCHR, &slave_inode_ops);
        if (inode)
            inode->private = terminal_get(terminal);
    }
    if (!inode)
        return -ENOMEM;
    dentry_instantiate(dentry, inode);
    return 0;
}

static int devpts_readdir(struct file *file, struct dir_context *ctx)
{
    const struct pty_table *ptys = table_of(file->inode);

    if (!pseudo_emit_dots(file, ctx) || !pseudo_emit(file, ctx, 2, "ptmx", INO_PTMX, S_IFCHR >> 12))
        return 0;
    for (unsigned i = 0; i < PTY_MAX; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "%u", i);
        if (pair_at(ptys, i) && !pseudo_emit(file, ctx, 3 + i, name, INO_FIRST + i, S_IFCHR >> 12))
            return 0;
    }
    return 0;
}

static int devpts_getattr(struct inode *inode, struct attributes *out)
{
    out->mode = S_IFDIR | 0755;
    out->nlink = 2;
    out->blksize = BLOCK;
    out->atime = out->mtime = out->ctime = inode->sb->box->boot_realtime;
    return 0;
}

static const struct inode_ops devpts_directory_ops = {
    .lookup = devpts_lookup,
    .getattr = devpts_getattr,
};

static const struct file_ops devpts_directory_file_ops = {
    .lseek = pseudo_lseek,
    .readdir = devpts_readdir,
};

/* ---- the file system ---- */

/* A pair may have gone and its number been given to another. */
static bool devpts_revalidate(struct dentry *dentry)
{
    const struct inode *inode = dentry->inode;

    return inode &&
           (inode->ops != &slave_inode_ops ||
            pair_at(table_of(inode), (unsigned)(inode->ino - INO_FIRST)) == inode->private);
}

static bool parse_number(const char *text, int base, uint32_t most, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, base);

    if (*text < '0' || *text > '9' || *end || value > most)
        return false;
    *out = (uint32_t)value;
    return true;
}

static int parse_option(struct pty_table *ptys, const char *word)
{
    if (strncmp(word, "mode=", 5) == 0)
        return parse_number(word + 5, 8, 07777, &ptys->mode) ? 0 : -EINVAL;
    if (strncmp(word, "ptmxmode=", 9) == 0)
        return parse_number(word + 9, 8, 07777, &ptys->ptmx_mode) ? 0 : -EINVAL;
    if (strncmp(word, "max=", 4) == 0)
        return parse_number(word + 4, 10, PTY_MAX, &ptys->limit) ? 0 : -EINVAL;
    if (strncmp(word, "uid=", 4) == 0)
        return (ptys->uid_given = parse_number(word + 4, 10, UINT32_MAX - 1, &ptys->uid)) ? 0
                                                                                          : -EINVAL;
    if (strncmp(word, "gid=", 4) == 0)
        return (ptys->gid_given = parse_number(word + 4, 10, UINT32_MAX - 1, &ptys->gid)) ? 0
                                                                                          : -EINVAL;
    return strcmp(word, "newinstance") == 0 || *word == '\0' ? 0 : -EINVAL;
}

static int parse_options(struct pty_table *ptys, const char *data)
{
    char *words = strdup(data), *rest = words, *word;
    int error = words ? 0 : -ENOMEM;

    while (!error && (word = strsep(&rest, ",")))
        error = parse_option(ptys, word);
    free(words);
    return error;
}

static size_t devpts_show_options(struct superblock *sb, char *buf, size_t size)
{
    const struct pty_table *ptys = sb->box->ptys;
    struct text text = {0};
    size_t length;

    if (ptys->uid_given)
        text_printf(&text, ",uid=%u", ptys->uid);
    if (ptys->gid_given)
        text_printf(&text, ",gid=%u", ptys->gid);
    text_printf(&text, ",mode=%03o,ptmxmode=%03o", ptys->mode, ptys->ptmx_mode);
    if (ptys->limit < PTY_MAX)
        text_printf(&text, ",max=%u", ptys->limit);
    length = text.length;
    if (size > 0)
        (void)snprintf(buf, size, "%s", text.data ? text.data : "");
    text_free(&text);
    return length;
}

static int devpts_remount(struct superblock *sb, const char *data)
{
    return parse_options(sb->box->ptys, data);
}

static const struct super_ops devpts_super_ops = {
    .revalidate = devpts_revalidate,
    .remount = devpts_remount,
    .show_options = devpts_show_options,
};

static int devpts_mount(struct box *box, struct task *task, const char *source, const char *data,
                        struct superblock **out)
{
    struct pty_table options = {.mode = 0600, .limit = PTY_MAX};
    struct superblock *sb;
    struct inode *root;
    int error = parse_options(&options, data);

    (void)task;
    (void)source;
    if (error)
        return error;
    if (!box->ptys) {
        box->ptys = calloc(1, sizeof(*box->ptys));
        if (!box->ptys)
            return -ENOMEM;
    }
    memcpy(options.pair, box->ptys->pair, sizeof(options.pair));
    *box->ptys = options;
    sb = super_create(box, &devpts_file_system, &devpts_super_ops, DEVPTS_SUPER_MAGIC, 0);
    root = sb ? inode_create(sb, INO_ROOT, S_IFDIR, &devpts_directory_ops) : NULL;
    if (root) {
        root->file_ops = &devpts_directory_file_ops;
        error = super_set_root(sb, root);
    }
    if (!root || error) {
        super_put(sb);
        return -ENOMEM;
    }
    *out = sb;
    return 0;
}

void devpts_destroy(struct box *box)
{
    free(box->ptys);
    box->ptys = NULL;
}

const struct file_system devpts_file_system = {.name = "devpts", .mount = devpts_mount};
