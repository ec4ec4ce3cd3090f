/*
 * tmpfs: sparse data, limits, directories that change while they are read, extended attributes,
 * links, depth. Expected numbers: Linux 6.18.
 */
#include "fake_kernel.h"

#include <sys/xattr.h>
#include <unistd.h>

#include "sandbox/vfs/radix.h"

#define T &the_task, AT_FDCWD

static void radix_is_sparse_and_ordered(void **state)
{
    (void)state;
    struct radix radix = {0};
    const uint64_t places[] = {0, 1, 63, 64, 4095, 1ull << 40, UINT64_MAX - 1, UINT64_MAX};
    const size_t count = sizeof places / sizeof places[0];
    uint64_t index, value;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(radix_set(&radix, places[i], i + 1), 0);
    }
    assert_int_equal(radix.count, count);
    index = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(radix_next(&radix, &index, &value));
        assert_true(index == places[i] && value == i + 1);
        index++;
    }
    index = UINT64_MAX;
    for (size_t i = count; i-- > 0;) {
        assert_true(radix_previous(&radix, &index, &value));
        assert_true(index == places[i] && value == i + 1);
        index--;
    }
    index = 65;
    assert_true(radix_next(&radix, &index, &value));
    assert_int_equal(index, 4095);
    index = (1ull << 40) - 1;
    assert_true(radix_previous(&radix, &index, &value));
    assert_int_equal(index, 4095);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(radix_remove(&radix, places[i]), i + 1);
        assert_int_equal(radix_get(&radix, places[i]), 0);
    }
    assert_null(radix.root);
    index = 0;
    assert_false(radix_next(&radix, &index, &value));
}

static void files_are_sparse(void **state)
{
    (void)state;
    char buffer[8192];
    struct file *file = must_open("f", O_CREAT | O_RDWR);
    assert_int_equal(inode_set_size(&the_task, file->inode, 1ull << 62), 0);
    assert_int_equal(write_at(file, "abc", 3, 5000), 3);
    assert_int_equal(write_at(file, "xyz", 3, 4095), 3);
    assert_int_equal(write_at(file, "end", 3, INT64_MAX - 3), 3);
    assert_int_equal(write_at(file, "end", 4, INT64_MAX - 3), -EINVAL);
    assert_int_equal(write_at(file, "e", 1, INT64_MAX), -EINVAL);
    assert_int_equal(attributes_of("f").size, INT64_MAX);
    assert_int_equal(attributes_of("f").blocks, 3 * 8);
    assert_int_equal(read_at(file, buffer, sizeof buffer, 0), sizeof buffer);
    assert_memory_equal(buffer + 4095, "xyz", 3);
    assert_memory_equal(buffer + 4999, "\0abc\0", 5);
    assert_int_equal(file->ops->lseek(file, 0, SEEK_DATA), 0);
    assert_int_equal(file->ops->lseek(file, 0, SEEK_HOLE), 8192);
    assert_int_equal(file->ops->lseek(file, 8192, SEEK_DATA), INT64_MAX / 4096 * 4096);
    assert_int_equal(file->ops->lseek(file, -1, SEEK_DATA), -ENXIO);
    assert_int_equal(file->ops->lseek(file, 1, SEEK_END), -EINVAL);

    /* Cutting and growing again shows zeros. */
    assert_int_equal(inode_set_size(&the_task, file->inode, 4096), 0);
    assert_int_equal(inode_set_size(&the_task, file->inode, 10000), 0);
    assert_int_equal(read_at(file, buffer, sizeof buffer, 4095), 5905);
    assert_int_equal(buffer[0], 'x');
    for (int i = 1; i < 5905; i++) {
        assert_int_equal(buffer[i], 0);
    }
    assert_int_equal(read_at(file, buffer, 10, 10000), 0);
    assert_int_equal(file->ops->fallocate(file, 3, 4090, 6), 0);
    assert_int_equal(read_at(file, buffer, 2, 4094), 2);
    assert_int_equal(buffer[1], 0);
    file_put(file);
}

static void space_is_limited(void **state)
{
    (void)state;
    static char data[1 << 20];
    struct file *file = must_open("f", O_CREAT | O_RDWR);
    int64_t pos = 0;
    ssize_t written;
    while ((written = write_at(file, data, sizeof data, pos)) > 0) {
        pos += written;
    }
    assert_int_equal(written, -ENOSPC);
    assert_int_equal(pos, 1024 * PAGE_SIZE);
    assert_int_equal(inode_set_size(&the_task, file->inode, 0), 0);
    assert_int_equal(file->ops->fallocate(file, 0, 0, 2048 * PAGE_SIZE), -ENOSPC);
    assert_int_equal(file->ops->fallocate(file, 0, 0, INT64_MAX), -ENOSPC);
    assert_int_equal(attributes_of("f").blocks, 0);
    assert_int_equal(file->ops->fallocate(file, FALLOC_FL_ZERO_RANGE, 0, 1), -EOPNOTSUPP);

    the_process.rlimit[RLIMIT_FSIZE].cur = 100;
    assert_int_equal(write_at(file, data, 80, 60), 40);
    assert_int_equal(last_signal, 0);
    assert_int_equal(write_at(file, data, 1, 100), -EFBIG);
    assert_int_equal(last_signal, SIGXFSZ);
    assert_int_equal(inode_set_size(&the_task, file->inode, 101), -EFBIG);
    file_put(file);

    int made = 0, error;
    char name[24];
    do {
        snprintf(name, sizeof name, "n%d", made);
        error = vfs_mknod(T, name, S_IFREG, 0);
    } while (!error && ++made < 1000);
    assert_int_equal(error, -ENOSPC);
    assert_int_equal(made, 500 - 2); /* the root and f */
    assert_int_equal(vfs_link(T, "f", AT_FDCWD, "g", false, false), -ENOSPC);
    assert_int_equal(vfs_unlink(T, "n0"), 0);
    assert_int_equal(vfs_link(T, "f", AT_FDCWD, "g", false, false), 0);
}

/* ---- directories ---- */

struct listing {
    struct dir_context context;
    unsigned room;
    char text[4096];
};

static bool note(struct dir_context *context, const char *name, size_t len, uint64_t ino,
                 unsigned type, int64_t next)
{
    struct listing *listing = (struct listing *)context;
    (void)ino;
    (void)type;
    (void)next;
    if (listing->room == 0) {
        return false;
    }
    listing->room--;
    strncat(listing->text, name, len);
    strcat(listing->text, " ");
    return true;
}

static const char *list(struct file *directory, unsigned room)
{
    static struct listing listing;
    listing = (struct listing){.context.emit = note, .room = room};
    assert_int_equal(directory->ops->readdir(directory, &listing.context), 0);
    return listing.text;
}

static void directories_keep_their_place(void **state)
{
    (void)state;
    const char *const names[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++) {
        make_file(names[i]);
    }
    struct file *directory = must_open(".", O_RDONLY | O_DIRECTORY);
    assert_string_equal(list(directory, 3), ". .. e ");
    assert_int_equal(directory->pos, 6);
    assert_int_equal(vfs_unlink(T, "e"), 0);
    assert_int_equal(vfs_unlink(T, "d"), 0); /* the next one: the one behind it comes */
    make_file("new");
    assert_string_equal(list(directory, 1), "c ");
    assert_int_equal(vfs_rename(T, "b", AT_FDCWD, "renamed", 0), 0);
    assert_string_equal(list(directory, 10), "a ");
    assert_string_equal(list(directory, 10), "");
    assert_int_equal(directory->ops->lseek(directory, 0, SEEK_SET), 0);
    assert_string_equal(list(directory, 10), ". .. renamed new c a ");
    assert_int_equal(attributes_of(".").size, 40 + 4 * 20);
    file_put(directory);

    /* A large one, read in pieces while it is emptied, names everything once. */
    char name[24];
    assert_int_equal(vfs_mkdir(T, "large", 0755), 0);
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "large/%d", i);
        make_file(name);
    }
    directory = must_open("large", O_RDONLY);
    assert_string_equal(list(directory, 2), ". .. ");
    int seen = 0;
    const char *found;
    while (*(found = list(directory, 1))) {
        snprintf(name, sizeof name, "large/%d", atoi(found));
        assert_int_equal(vfs_unlink(T, name), 0);
        seen++;
    }
    assert_int_equal(seen, 400);
    assert_int_equal(vfs_rmdir(T, "large"), 0);
    assert_int_equal(attributes_of(".").nlink, 2);
    file_put(directory);
}

static void deep_trees_are_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct path below;
        assert_int_equal(vfs_mkdir(T, "d", 0755), 0);
        assert_int_equal(vfs_walk(T, "d", 0, &below), 0);
        path_put(the_task.fs->cwd);
        *the_task.fs->cwd = below;
    }
}

static void links_are_counted(void **state)
{
    (void)state;
    struct file *file = must_open("a", O_CREAT | O_RDWR);
    assert_int_equal(vfs_link(T, "a", AT_FDCWD, "b", false, false), 0);
    assert_int_equal(vfs_unlink(T, "a"), 0);
    assert_int_equal(attributes_of("b").nlink, 1);
    assert_int_equal(vfs_mkdir(T, "d", 0755), 0);
    assert_int_equal(vfs_mkdir(T, "d/e", 0755), 0);
    assert_int_equal(vfs_mkdir(T, "f", 0755), 0);
    assert_int_equal(attributes_of("d").nlink, 3);
    assert_int_equal(vfs_rename(T, "d/e", AT_FDCWD, "f", 0), 0);
    assert_int_equal(attributes_of("d").nlink, 2);
    assert_int_equal(attributes_of(".").nlink, 4);
    assert_int_equal(vfs_rename(T, "b", AT_FDCWD, "f", RENAME_EXCHANGE), 0);
    assert_int_equal(attributes_of(".").nlink, 4);
    assert_int_equal(vfs_rename(T, "f", AT_FDCWD, "d/f", RENAME_WHITEOUT), 0);
    assert_int_equal(attributes_of("f").mode, S_IFCHR);
    file_put(file);

    /* A nameless file gets a name once, unless O_EXCL said that it never shall. */
    struct attributes attr;
    file = must_open(".", O_TMPFILE | O_RDWR);
    assert_int_equal(fd_install(&the_task, file, 0, false), 0);
    assert_int_equal(inode_getattr(file->inode, &attr), 0);
    assert_int_equal(attr.nlink, 0);
    assert_int_equal(vfs_link(&the_task, 0, "", AT_FDCWD, "named", false, true), 0);
    assert_int_equal(vfs_unlink(T, "named"), 0);
    assert_int_equal(vfs_link(&the_task, 0, "", AT_FDCWD, "named", false, true), -ENOENT);
    assert_int_equal(fd_close(&the_task, 0), 0);
    file = must_open(".", O_TMPFILE | O_RDWR | O_EXCL);
    assert_int_equal(fd_install(&the_task, file, 0, false), 0);
    assert_int_equal(vfs_link(&the_task, 0, "", AT_FDCWD, "named", false, true), -ENOENT);
}

static void attributes_are_kept(void **state)
{
    (void)state;
    char buffer[64];
    struct path at;
    make_file("f");
    assert_int_equal(vfs_walk(T, "f", 0, &at), 0);
    struct inode *inode = at.dentry->inode;
    const struct inode_ops *ops = inode->ops;
    assert_int_equal(ops->setxattr(inode, "user.b", "2", 1, XATTR_REPLACE), -ENODATA);
    assert_int_equal(ops->setxattr(inode, "user.a", "1", 1, XATTR_CREATE), 0);
    assert_int_equal(ops->setxattr(inode, "user.a", "1", 1, XATTR_CREATE), -EEXIST);
    assert_int_equal(ops->setxattr(inode, "user.b", "two", 3, 0), 0);
    assert_int_equal(ops->setxattr(inode, "user.a", "", 0, 0), 0);
    assert_int_equal(ops->getxattr(inode, "user.a", buffer, sizeof buffer), 0);
    assert_int_equal(ops->getxattr(inode, "user.b", NULL, 0), 3);
    assert_int_equal(ops->getxattr(inode, "user.b", buffer, 2), -ERANGE);
    assert_int_equal(ops->getxattr(inode, "user.c", buffer, 2), -ENODATA);
    assert_int_equal(ops->listxattr(inode, buffer, sizeof buffer), 14);
    assert_memory_equal(buffer, "user.b\0user.a", 14);
    assert_int_equal(ops->listxattr(inode, buffer, 13), -ERANGE);
    assert_int_equal(ops->removexattr(inode, "user.b"), 0);
    assert_int_equal(ops->removexattr(inode, "user.b"), -ENODATA);
    /* They live in the room for inodes: 500 of 1,024 bytes each. */
    static char large[65536];
    char name[24];
    int count = 0, error;
    do {
        snprintf(name, sizeof name, "user.%d", count);
        error = ops->setxattr(inode, name, large, sizeof large, 0);
    } while (!error && ++count < 100);
    assert_int_equal(error, -ENOSPC);
    assert_int_equal(count, 7);
    path_put(&at);
}

static void times_move(void **state)
{
    (void)state;
    struct file *file = must_open("f", O_CREAT | O_RDWR);
    char byte;
    the_time += 1000;
    assert_int_equal(write_at(file, "x", 1, 0), 1);
    assert_int_equal(attributes_of("f").mtime, the_time);
    the_time += 1000;
    assert_int_equal(read_at(file, &byte, 1, 0), 1);
    assert_int_equal(attributes_of("f").atime, the_time);
    the_time += 1000; /* relatime: already later than the last change */
    assert_int_equal(read_at(file, &byte, 1, 0), 1);
    assert_int_equal(attributes_of("f").atime, the_time - 1000);
    the_time += 25 * 3600 * 1000000000ll;
    assert_int_equal(read_at(file, &byte, 1, 0), 1);
    assert_int_equal(attributes_of("f").atime, the_time);
    file_put(file);
}

static void seals_hold(void **state)
{
    (void)state;
    struct file *file;
    assert_int_equal(shmem_file(&the_box, "memfd:x", 0, O_RDWR, &file), 0);
    tmpfs_set_seals(file->inode, 0);
    assert_int_equal(inode_set_size(&the_task, file->inode, 8192), 0);
    assert_int_equal(tmpfs_add_seals(file, 0x1000), -EINVAL);
    assert_int_equal(tmpfs_add_seals(file, F_SEAL_GROW), 0);
    assert_int_equal(write_at(file, "abcd", 4, 8190), 2); /* whole pages count */
    assert_int_equal(write_at(file, "abcd", 4, 8192), -EPERM);
    assert_int_equal(write_at(file, "abcd", 4, 8188), 4);
    assert_int_equal(inode_set_size(&the_task, file->inode, 8193), -EPERM);
    assert_int_equal(tmpfs_add_seals(file, F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL), 0);
    assert_int_equal(write_at(file, "a", 1, 0), -EPERM);
    assert_int_equal(inode_set_size(&the_task, file->inode, 0), -EPERM);
    assert_int_equal(file->ops->fallocate(file, 3, 0, 4096), -EPERM);
    assert_int_equal(tmpfs_add_seals(file, F_SEAL_GROW), -EPERM);
    assert_false(file_may_map_writable(file));
    file_put(file);
    file = must_open("f", O_CREAT | O_RDWR);
    assert_int_equal(tmpfs_get_seals(file), F_SEAL_SEAL);
    file_put(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radix_is_sparse_and_ordered),
        KERNEL_TEST(files_are_sparse),
        KERNEL_TEST(space_is_limited),
        KERNEL_TEST(directories_keep_their_place),
        KERNEL_TEST(deep_trees_are_freed),
        KERNEL_TEST(links_are_counted),
        KERNEL_TEST(attributes_are_kept),
        KERNEL_TEST(times_move),
        KERNEL_TEST(seals_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
