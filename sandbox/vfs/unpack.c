/*
 * Unpacking an archive into a file system, see unpack.h. The archive is hostile: its names, counts
 * and sizes are only believed as far as the target takes them. May include sandbox/vfs/ and
 * libarchive.
 */
#include "sandbox/vfs/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sandbox/vfs/internal.h"

#define READ_BLOCK 65536
/* Deepest directory that an archive may name. */
#define DEPTH_MAX 512

/*
 * libarchive is loaded when an archive is to be unpacked: with all that it depends on it would take
 * 2 ms of every start, as long as a small program runs.
 */
#define LIBARCHIVE "libarchive.so.13"
#define LIBARCHIVE_FUNCTIONS(X)                                                                    \
    X(archive_entry_gid)                                                                           \
    X(archive_entry_hardlink)                                                                      \
    X(archive_entry_mode)                                                                          \
    X(archive_entry_mtime)                                                                         \
    X(archive_entry_mtime_nsec)                                                                    \
    X(archive_entry_pathname)                                                                      \
    X(archive_entry_rdevmajor)                                                                     \
    X(archive_entry_rdevminor)                                                                     \
    X(archive_entry_symlink)                                                                       \
    X(archive_entry_uid)                                                                           \
    X(archive_entry_xattr_next)                                                                    \
    X(archive_entry_xattr_reset)                                                                   \
    X(archive_error_string)                                                                        \
    X(archive_read_data_block)                                                                     \
    X(archive_read_free)                                                                           \
    X(archive_read_new)                                                                            \
    X(archive_read_next_header)                                                                    \
    X(archive_read_open_filename)                                                                  \
    X(archive_read_support_filter_bzip2)                                                           \
    X(archive_read_support_filter_compress)                                                        \
    X(archive_read_support_filter_gzip)                                                            \
    X(archive_read_support_filter_lz4)                                                             \
    X(archive_read_support_filter_lzma)                                                            \
    X(archive_read_support_filter_xz)                                                              \
    X(archive_read_support_filter_zstd)                                                            \
    X(archive_read_support_format_tar)

#define DECLARE(name) __typeof__(name) *name;
static struct {
    LIBARCHIVE_FUNCTIONS(DECLARE)
} library;
#undef DECLARE

static const struct cred root_cred;

/* Times and modes of directories are set last: unpacking into them would change them. */
struct late {
    struct inode *inode;
    struct attributes attr;
};

struct unpack {
    struct archive *archive;
    struct superblock *sb;
    const char *source;
    char *why;
    size_t size;
    struct late *late;
    size_t late_count, late_room;
};

__attribute__((format(printf, 3, 4))) static int fail(struct unpack *unpack, int error,
                                                      const char *format, ...)
{
    int length = snprintf(unpack->why, unpack->size, "cannot unpack %s: ", unpack->source);
    va_list args;

    if (length < 0 || (size_t)length >= unpack->size)
        return error;
    va_start(args, format);
    (void)vsnprintf(unpack->why + length, unpack->size - (size_t)length, format, args);
    va_end(args);
    return error;
}

/* A name from the archive for a message: no control characters, not too long. */
static const char *printable(const char *name, char buf[80])
{
    size_t i = 0;

    for (; name[i] && i < 76; i++)
        buf[i] = (unsigned char)name[i] < 32 || name[i] == 127 ? '?' : name[i];
    (void)snprintf(buf + i, 4, "%s", name[i] ? "..." : "");
    return buf;
}

static int fail_at(struct unpack *unpack, int error, const char *name)
{
    char shown[80];

    return fail(unpack, error, "%s: %s", printable(name, shown), strerror(-error));
}

/* ---- names ---- */

/* The next component of *rest, NULL at the end; "." and empty ones are left out. */
static const char *next_component(const char **rest, size_t *len)
{
    const char *start;

    do {
        *rest += strspn(*rest, "/");
        start = *rest;
        *len = strcspn(start, "/");
        *rest += *len;
    } while (*len == 1 && *start == '.');
    return *len ? start : NULL;
}

static int make_directory(struct dentry *dentry)
{
    struct inode *dir = dentry->parent->inode;

    return dir->ops->mkdir(dir, dentry, S_IFDIR | 0755, &root_cred);
}

/*
 * The dentry of an archive's name, maybe negative; directories on the way are made. NULL in *out:
 * the name is the root itself. -EINVAL: "..", or too deep; -ENOTDIR: a link or file on the way.
 */
static int find_place(struct superblock *sb, const char *name, struct dentry **out)
{
    struct dentry *at = dentry_get(sb->root), *child;
    const char *component;
    unsigned depth = 0;
    size_t len, next_len;
    int error = 0;

    *out = NULL;
    component = next_component(&name, &len);
    while (component && !error) {
        const char *next = next_component(&name, &next_len);

        if ((len == 2 && memcmp(component, "..", 2) == 0) || ++depth > DEPTH_MAX)
            error = -EINVAL;
        else if (at->inode->type != S_IFDIR)
            error = -ENOTDIR;
        else
            error = dentry_lookup(at, component, len, &child);
        if (error)
            break;
        dentry_put(at);
        at = child;
        if (!next) {
            *out = at;
            return 0;
        }
        if (!at->inode)
            error = make_directory(at);
        component = next;
        len = next_len;
    }
    dentry_put(at);
    return error;
}

/* ---- one entry ---- */

static struct attributes attributes_of(struct archive_entry *entry)
{
    struct attributes attr = {
        .mode = (uint32_t)library.archive_entry_mode(entry),
        .uid = (uint32_t)library.archive_entry_uid(entry),
        .gid = (uint32_t)library.archive_entry_gid(entry),
    };
    int64_t seconds = library.archive_entry_mtime(entry);

    if (__builtin_mul_overflow(seconds, (int64_t)1000000000, &attr.mtime) ||
        __builtin_add_overflow(attr.mtime, library.archive_entry_mtime_nsec(entry), &attr.mtime))
        attr.mtime = 0;
    attr.atime = attr.mtime;
    return attr;
}

static int keep_for_later(struct unpack *unpack, struct inode *inode, struct attributes attr)
{
    if (unpack->late_count == unpack->late_room) {
        size_t room = unpack->late_room ? unpack->late_room * 2 : 64;
        struct late *grown = realloc(unpack->late, room * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        unpack->late = grown;
        unpack->late_room = room;
    }
    unpack->late[unpack->late_count++] = (struct late){inode_get(inode), attr};
    return 0;
}

static int write_block(struct file *file, const void *data, size_t len, int64_t pos)
{
    struct iovec storage;
    struct uio uio;

    uio_host(&uio, &storage, (void *)data, len); /* only read */
    while (uio.left > 0) {
        ssize_t count = file->ops->write(file, &uio, &pos);

        if (count <= 0)
            return count < 0 ? (int)count : -EIO;
    }
    return 0;
}

/* Blocks come with their offsets; what no block covers is a hole. */
static int write_data(struct unpack *unpack, struct file *file)
{
    struct inode *inode = file->inode;
    struct attributes attr;
    const void *block;
    int64_t offset, end = 0;
    size_t len;
    int result, error;

    while ((result = library.archive_read_data_block(unpack->archive, &block, &len, &offset)) ==
           ARCHIVE_OK) {
        if (offset < 0 || __builtin_add_overflow(offset, (int64_t)len, &end))
            return -EFBIG;
        error = write_block(file, block, len, offset);
        if (error)
            return error;
    }
    if (result != ARCHIVE_EOF)
        return -EIO;
    error = inode_getattr(inode, &attr);
    if (!error && (uint64_t)end > attr.size) { /* a hole at the end */
        attr.size = (uint64_t)end;
        error = inode->ops->setattr(inode, &attr, SET_SIZE);
    }
    return error;
}

static int make_file(struct unpack *unpack, struct dentry *dentry, uint32_t mode)
{
    struct inode *dir = dentry->parent->inode;
    struct mount *mount = mount_create(unpack->sb, unpack->sb->root, 0, "unpack");
    struct path path = {.mount = mount, .dentry = dentry};
    struct file *file = NULL;
    int error = mount ? dir->ops->create(dir, dentry, mode, 0, &root_cred) : -ENOMEM;

    if (!error)
        error = file_open(NULL, &path, O_WRONLY, &file);
    if (!error) {
        error = write_data(unpack, file);
        file_put(file);
    }
    mount_put(mount);
    return error;
}

/* A hard link to an earlier entry. */
static int make_link(struct unpack *unpack, struct dentry *dentry, const char *target)
{
    struct inode *dir = dentry->parent->inode;
    struct dentry *source;
    int error = find_place(unpack->sb, target, &source);

    if (error)
        return error;
    if (!source)
        return -EPERM;
    if (!source->inode)
        error = -ENOENT;
    else if (source->inode->type == S_IFDIR)
        error = -EPERM;
    else
        error = dir->ops->link(dir, dentry, source->inode);
    dentry_put(source);
    return error;
}

static int copy_xattrs(struct archive_entry *entry, struct inode *inode)
{
    const char *name;
    const void *value;
    size_t length;
    int error = 0;

    library.archive_entry_xattr_reset(entry);
    while (!error &&
           library.archive_entry_xattr_next(entry, &name, &value, &length) == ARCHIVE_OK) {
        if (strncmp(name, "user.", 5) == 0 && strlen(name) <= NAME_LENGTH_MAX &&
            inode->ops->setxattr)
            error = inode->ops->setxattr(inode, name, value, length, 0);
    }
    return error;
}

/* A later entry of the same name replaces the earlier one, directories excepted. */
static int clear_place(struct superblock *sb, const char *name, struct dentry **dentry)
{
    struct inode *dir = (*dentry)->parent->inode;
    int error;

    if (!(*dentry)->inode)
        return 0;
    if ((*dentry)->inode->type == S_IFDIR)
        return -EISDIR;
    error = dir->ops->unlink(dir, *dentry);
    if (error)
        return error;
    dentry_unhash(*dentry);
    dentry_put(*dentry);
    error = find_place(sb, name, dentry);
    return error ? error : *dentry ? 0 : -EINVAL;
}

static int make_entry(struct unpack *unpack, struct archive_entry *entry, struct dentry *dentry)
{
    struct inode *dir = dentry->parent->inode;
    struct attributes attr = attributes_of(entry);
    unsigned set = SET_UID | SET_GID | SET_MODE | SET_ATIME | SET_MTIME;
    const char *hardlink = library.archive_entry_hardlink(entry), *target;
    int error;

    if (hardlink)
        return make_link(unpack, dentry, hardlink);
    switch (attr.mode & S_IFMT) {
    case S_IFREG:
        error = make_file(unpack, dentry, attr.mode);
        break;
    case S_IFLNK:
        target = library.archive_entry_symlink(entry);
        error = target && *target && strlen(target) < PATH_LENGTH_MAX
                    ? dir->ops->symlink(dir, dentry, target, &root_cred)
                    : -EINVAL;
        set &= ~(unsigned)SET_MODE;
        break;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
        error = dir->ops->create(dir, dentry, attr.mode,
                                 makedev((unsigned)library.archive_entry_rdevmajor(entry),
                                         (unsigned)library.archive_entry_rdevminor(entry)),
                                 &root_cred);
        break;
    default:
        error = -EINVAL;
    }
    if (!error)
        error = copy_xattrs(entry, dentry->inode);
    return error ? error : dentry->inode->ops->setattr(dentry->inode, &attr, set);
}

static int unpack_directory(struct unpack *unpack, struct archive_entry *entry,
                            struct dentry *dentry)
{
    struct inode *inode;
    int error = dentry && !dentry->inode ? make_directory(dentry) : 0;

    if (error)
        return error;
    inode = dentry ? dentry->inode : unpack->sb->root->inode;
    if (inode->type != S_IFDIR)
        return -ENOTDIR;
    error = copy_xattrs(entry, inode);
    return error ? error : keep_for_later(unpack, inode, attributes_of(entry));
}

static int unpack_entry(struct unpack *unpack, struct archive_entry *entry)
{
    const char *name = library.archive_entry_pathname(entry);
    struct dentry *dentry = NULL;
    int error = name ? find_place(unpack->sb, name, &dentry) : -EINVAL;

    if (!error && (library.archive_entry_mode(entry) & S_IFMT) == S_IFDIR &&
        !library.archive_entry_hardlink(entry)) {
        error = unpack_directory(unpack, entry, dentry);
    } else if (!error && dentry) {
        error = clear_place(unpack->sb, name, &dentry);
        if (!error)
            error = make_entry(unpack, entry, dentry);
    } else if (!error) {
        error = -EINVAL; /* the root is a directory */
    }
    dentry_put(dentry);
    return error ? fail_at(unpack, error, name ? name : "an entry without a name") : 0;
}

/* ---- the archive ---- */

static int unpack_all(struct unpack *unpack)
{
    struct archive_entry *entry;
    unsigned entries = 0;
    int result, error;

    while ((result = library.archive_read_next_header(unpack->archive, &entry)) == ARCHIVE_OK ||
           result == ARCHIVE_WARN) {
        if (++entries > UNPACK_MAX_ENTRIES)
            return fail(unpack, -EFBIG, "more than %u entries", UNPACK_MAX_ENTRIES);
        error = unpack_entry(unpack, entry);
        if (error)
            return error;
    }
    if (result != ARCHIVE_EOF)
        return fail(unpack, -EINVAL, "%s", library.archive_error_string(unpack->archive));
    if (entries == 0)
        return fail(unpack, -EINVAL, "it has no entries");
    return 0;
}

static int set_directories(struct unpack *unpack, int error)
{
    for (size_t i = 0; i < unpack->late_count; i++) {
        struct late *late = &unpack->late[i];

        if (!error)
            error = late->inode->ops->setattr(late->inode, &late->attr,
                                              SET_UID | SET_GID | SET_MODE | SET_ATIME | SET_MTIME);
        inode_put(late->inode);
    }
    free(unpack->late);
    return error;
}

/* Those that the library does itself: for others it would start programs. */
static void support_filters(struct archive *archive)
{
    library.archive_read_support_filter_gzip(archive);
    library.archive_read_support_filter_bzip2(archive);
    library.archive_read_support_filter_xz(archive);
    library.archive_read_support_filter_lzma(archive);
    library.archive_read_support_filter_zstd(archive);
    library.archive_read_support_filter_lz4(archive);
    library.archive_read_support_filter_compress(archive);
}

/* True when every function of libarchive that is used here was found. */
static bool load_library(void)
{
    void *handle = dlopen(LIBARCHIVE, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return false;
#define FIND(name)                                                                                 \
    library.name = (__typeof__(name) *)dlsym(handle, #name);                                       \
    if (!library.name)                                                                             \
        return false;
    LIBARCHIVE_FUNCTIONS(FIND)
#undef FIND
    return true;
}

int unpack_archive(const char *source, struct superblock *sb, char *why, size_t size)
{
    struct unpack unpack = {.sb = sb, .source = source, .why = why, .size = size};
    int error;

    if (!load_library())
        return fail(&unpack, -ENOENT, "%s, which reads archives, cannot be loaded: %s", LIBARCHIVE,
                    dlerror());
    unpack.archive = library.archive_read_new();
    if (!unpack.archive)
        return fail(&unpack, -ENOMEM, "out of memory");
    support_filters(unpack.archive);
    library.archive_read_support_format_tar(unpack.archive);
    if (library.archive_read_open_filename(unpack.archive, source, READ_BLOCK) != ARCHIVE_OK)
        error = fail(&unpack, -EINVAL, "%s", library.archive_error_string(unpack.archive));
    else
        error = unpack_all(&unpack);
    error = set_directories(&unpack, error);
    library.archive_read_free(unpack.archive);
    return error;
}
