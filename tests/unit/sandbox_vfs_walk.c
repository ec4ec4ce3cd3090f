/* Path resolution, the rules of open, names and mounts. Expected errnos: Linux 6.18 on tmpfs. */
#include "fake_kernel.h"

#include <linux/capability.h>
#include <linux/openat2.h>
#include <unistd.h>

#define T &the_task, AT_FDCWD

static int resolve(const char *path, uint64_t how)
{
    struct file *file;
    int error = vfs_open(T, path, O_PATH, 0, how, &file);
    if (!error) {
        file_put(file);
    }
    return error;
}

static void walks_names(void **state)
{
    (void)state;
    assert_int_equal(vfs_mkdir(T, "a", 0755), 0);
    assert_int_equal(vfs_mkdir(T, "a/b/", 0755), 0);
    make_file("a/b/f");
    assert_int_equal(exists("a/b/f"), 0);
    assert_int_equal(exists("/a//b/./../b/f"), 0);
    assert_int_equal(exists("../../../a/b/f"), 0);
    assert_int_equal(exists(""), -ENOENT);
    assert_int_equal(exists("a/x/f"), -ENOENT);
    assert_int_equal(exists("a/b/f/"), -ENOTDIR);
    assert_int_equal(exists("a/b/f/."), -ENOTDIR);
    assert_int_equal(exists("a/b/f/x"), -ENOTDIR);
    char name[300];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    assert_int_equal(exists(name), -ENOENT);
    assert_int_equal(vfs_mkdir(T, name, 0755), 0);
    assert_int_equal(exists(name), 0);
    name[255] = 'n';
    name[256] = 0;
    assert_int_equal(exists(name), -ENAMETOOLONG);
    assert_int_equal(vfs_mkdir(T, name, 0755), -ENAMETOOLONG);
}

static void follows_links(void **state)
{
    (void)state;
    struct path at;
    assert_int_equal(vfs_mkdir(T, "d", 0755), 0);
    make_file("d/f");
    assert_int_equal(vfs_symlink(&the_task, "d/", AT_FDCWD, "l"), 0);
    assert_int_equal(vfs_symlink(&the_task, "/l/f", AT_FDCWD, "d/abs"), 0);
    assert_int_equal(vfs_symlink(&the_task, "loop", AT_FDCWD, "loop"), 0);
    assert_int_equal(vfs_symlink(&the_task, "f", AT_FDCWD, "d/tofile"), 0);
    assert_int_equal(vfs_walk(T, "l/abs", WALK_FOLLOW, &at), 0);
    assert_int_equal(at.dentry->inode->type, S_IFREG);
    path_put(&at);
    assert_int_equal(vfs_walk(T, "l", 0, &at), 0);
    assert_int_equal(at.dentry->inode->type, S_IFLNK);
    path_put(&at);
    assert_int_equal(vfs_walk(T, "l/", 0, &at), 0);
    assert_int_equal(at.dentry->inode->type, S_IFDIR);
    path_put(&at);
    assert_int_equal(exists("loop/x"), -ELOOP);
    assert_int_equal(exists("d/tofile/"), -ENOTDIR);

    /* 40 links are followed, 41 are not. */
    char from[24] = "d", to[24];
    for (int i = 1; i <= 41; i++) {
        snprintf(to, sizeof to, "chain%d", i);
        assert_int_equal(vfs_symlink(&the_task, from, AT_FDCWD, to), 0);
        strcpy(from, to);
    }
    assert_int_equal(exists("chain40/f"), 0);
    assert_int_equal(exists("chain41/f"), -ELOOP);
}

static void resolve_rules_hold(void **state)
{
    (void)state;
    struct path tmp;
    struct superblock *sb;
    assert_int_equal(vfs_mkdir(T, "d", 0755), 0);
    assert_int_equal(vfs_mkdir(T, "d/m", 0755), 0);
    assert_int_equal(vfs_symlink(&the_task, "/d", AT_FDCWD, "abs"), 0);
    assert_int_equal(vfs_symlink(&the_task, "d", AT_FDCWD, "rel"), 0);
    assert_int_equal(vfs_symlink(&the_task, "../..", AT_FDCWD, "d/up"), 0);
    assert_int_equal(resolve("d/m", RESOLVE_BENEATH), 0);
    assert_int_equal(resolve("d/../d", RESOLVE_BENEATH), 0);
    assert_int_equal(resolve("..", RESOLVE_BENEATH), -EXDEV);
    assert_int_equal(resolve("/d", RESOLVE_BENEATH), -EXDEV);
    assert_int_equal(resolve("abs", RESOLVE_BENEATH), -EXDEV);
    assert_int_equal(resolve("d/up", RESOLVE_BENEATH), -EXDEV);
    assert_int_equal(resolve("../../d/up/d", RESOLVE_IN_ROOT), 0);
    assert_int_equal(resolve("abs/m", RESOLVE_IN_ROOT), 0);
    assert_int_equal(resolve("rel", RESOLVE_NO_SYMLINKS), -ELOOP);
    assert_int_equal(resolve("rel/m", RESOLVE_NO_MAGICLINKS), 0);

    assert_int_equal(vfs_walk(T, "d/m", 0, &tmp), 0);
    assert_int_equal(tmpfs_create(&the_box, &TMPFS_UNLIMITED, &sb), 0);
    assert_int_equal(vfs_mount(&the_box, sb, &tmp, MOUNT_RDONLY | MOUNT_NOSYMFOLLOW, "t"), 0);
    path_put(&tmp);
    assert_int_equal(resolve("d/m", RESOLVE_NO_XDEV), -EXDEV);
    assert_int_equal(resolve("d", RESOLVE_NO_XDEV), 0);
    assert_int_equal(try_open("d/m/f", O_CREAT | O_RDWR), -EROFS);
    assert_int_equal(vfs_mkdir(T, "d/m/x", 0755), -EROFS);
    assert_int_equal(vfs_rmdir(T, "d/m"), -EBUSY);
    assert_int_equal(vfs_rename(T, "d/m", AT_FDCWD, "z", 0), -EBUSY);
    assert_int_equal(vfs_rename(T, "d/m/x", AT_FDCWD, "z", 0), -EXDEV);
    assert_int_equal(exists("d/m/../m/../../d"), 0);
}

static void open_keeps_its_rules(void **state)
{
    (void)state;
    assert_int_equal(vfs_mkdir(T, "d", 0755), 0);
    make_file("f");
    assert_int_equal(vfs_symlink(&the_task, "new", AT_FDCWD, "l"), 0);
    assert_int_equal(vfs_mknod(T, "null", S_IFCHR | 0666, 0x103), 0);
    assert_int_equal(vfs_mknod(T, "sock", S_IFSOCK | 0666, 0), 0);

    assert_int_equal(try_open("f", O_CREAT | O_EXCL | O_RDWR), -EEXIST);
    assert_int_equal(try_open("l", O_CREAT | O_EXCL | O_RDWR), -EEXIST);
    assert_int_equal(try_open("l/", O_CREAT | O_EXCL | O_RDWR), -EISDIR);
    assert_int_equal(try_open("l", O_NOFOLLOW), -ELOOP);
    assert_int_equal(try_open("l", O_NOFOLLOW | O_DIRECTORY), -ENOTDIR);
    assert_int_equal(try_open("l", O_NOFOLLOW | O_PATH), 0);
    assert_int_equal(try_open("l", O_RDONLY), -ENOENT);
    assert_int_equal(try_open("l", O_CREAT | O_WRONLY), 0);
    assert_int_equal(exists("new"), 0);
    assert_int_equal(try_open("d", O_RDWR), -EISDIR);
    assert_int_equal(try_open("d", O_RDONLY | O_TRUNC), -EISDIR);
    assert_int_equal(try_open("d", O_CREAT), -EISDIR);
    assert_int_equal(try_open(".", O_CREAT), -EISDIR);
    assert_int_equal(try_open("..", O_CREAT | O_EXCL), -EEXIST);
    assert_int_equal(try_open("x/", O_CREAT | O_RDWR), -EISDIR);
    assert_int_equal(try_open("x", O_CREAT | O_DIRECTORY), -EINVAL);
    assert_int_equal(try_open("f", O_DIRECTORY), -ENOTDIR);
    assert_int_equal(try_open("f/", O_RDONLY), -ENOTDIR);
    assert_int_equal(try_open("x/", O_RDONLY), -ENOENT);
    assert_int_equal(try_open("sock", O_RDWR), -ENXIO);
    assert_int_equal(try_open("null", O_RDWR | O_TRUNC), 0);
    assert_int_equal(try_open("d", O_TMPFILE | O_RDONLY), -EINVAL);
    assert_int_equal(try_open("f", O_TMPFILE | O_RDWR), -ENOTDIR);

    struct file *file = must_open("f", O_RDWR | O_APPEND | O_CLOEXEC | O_CREAT);
    assert_int_equal(file->flags, O_RDWR | O_APPEND | 0x8000);
    assert_int_equal(inode_deny_write(file->inode), -ETXTBSY);
    file_put(file);
    file = must_open("f", O_RDONLY);
    assert_int_equal(inode_deny_write(file->inode), 0);
    assert_int_equal(try_open("f", O_WRONLY), -ETXTBSY);
    assert_int_equal(try_open("f", O_RDONLY | O_TRUNC), -ETXTBSY);
    inode_allow_write(file->inode);
    file_put(file);
    file = must_open("f", 3);
    assert_false(file_readable(file) || file_writable(file));
    file_put(file);
}

static void permissions_are_checked(void **state)
{
    (void)state;
    assert_int_equal(vfs_mkdir(T, "closed", 0700), 0);
    make_file("closed/f");
    assert_int_equal(vfs_mkdir(T, "sticky", 01755), 0);
    make_file("sticky/f");
    struct path at;
    assert_int_equal(vfs_walk(T, "sticky", 0, &at), 0);
    assert_int_equal(vfs_chmod(&the_task, &at, 01777), 0);
    path_put(&at);
    make_file("mine");
    assert_int_equal(vfs_walk(T, "mine", 0, &at), 0);
    assert_int_equal(vfs_chmod(&the_task, &at, 04755), 0);
    assert_int_equal(vfs_chown(&the_task, &at, 1000, UINT32_MAX), 0);
    assert_int_equal(attributes_of("mine").mode, S_IFREG | 0755);

    the_task.cred = (struct cred){.fsuid = 1000, .fsgid = 1000, .euid = 1000, .ruid = 1000};
    assert_int_equal(exists("closed/f"), -EACCES);
    assert_int_equal(vfs_unlink(T, "sticky/f"), -EPERM);
    assert_int_equal(vfs_rename(T, "sticky/f", AT_FDCWD, "sticky/g", 0), -EPERM);
    assert_int_equal(try_open("x", O_CREAT | O_WRONLY), -EACCES);
    assert_int_equal(vfs_mkdir(T, "mine", 0755), -EEXIST);
    assert_int_equal(vfs_chmod(&the_task, &at, 0400), 0);
    assert_int_equal(try_open("mine", O_WRONLY), -EACCES);
    assert_int_equal(try_open("mine", O_RDONLY), 0);
    assert_int_equal(vfs_chown(&the_task, &at, 0, UINT32_MAX), -EPERM);
    path_put(&at);
    assert_int_equal(vfs_walk(T, "sticky/f", 0, &at), 0);
    assert_int_equal(vfs_chmod(&the_task, &at, 0777), -EPERM);
    struct file_times now = {.atime_now = true, .mtime_now = true};
    assert_int_equal(vfs_set_times(&the_task, &at, &now), -EACCES);
    path_put(&at);
    the_task.cred.cap_effective = 1ull << CAP_DAC_READ_SEARCH;
    assert_int_equal(exists("closed/f"), 0);
}

static void names_keep_their_rules(void **state)
{
    (void)state;
    assert_int_equal(vfs_mkdir(T, "d", 0755), 0);
    assert_int_equal(vfs_mkdir(T, "d/e", 0755), 0);
    make_file("x");
    assert_int_equal(vfs_mkdir(T, "/", 0), -EEXIST);
    assert_int_equal(vfs_rmdir(T, "/"), -EBUSY);
    assert_int_equal(vfs_rmdir(T, "d/."), -EINVAL);
    assert_int_equal(vfs_rmdir(T, "d/.."), -ENOTEMPTY);
    assert_int_equal(vfs_rmdir(T, "d"), -ENOTEMPTY);
    assert_int_equal(vfs_rmdir(T, "x"), -ENOTDIR);
    assert_int_equal(vfs_unlink(T, "d"), -EISDIR);
    assert_int_equal(vfs_unlink(T, "x/"), -ENOTDIR);
    assert_int_equal(vfs_unlink(T, "."), -EISDIR);
    assert_int_equal(vfs_mknod(T, "n", S_IFDIR, 0), -EPERM);
    assert_int_equal(vfs_mknod(T, "n", S_IFLNK, 0), -EINVAL);
    assert_int_equal(vfs_symlink(&the_task, "", AT_FDCWD, "n"), -ENOENT);
    assert_int_equal(vfs_symlink(&the_task, "a", AT_FDCWD, "n/"), -ENOENT);
    assert_int_equal(vfs_link(T, "d", AT_FDCWD, "n", false, false), -EPERM);
    assert_int_equal(vfs_link(T, "x", AT_FDCWD, "y", false, false), 0);
    assert_int_equal(attributes_of("x").nlink, 2);
    assert_int_equal(vfs_rename(T, "x", AT_FDCWD, "y", 0), 0);
    assert_int_equal(exists("x"), 0);
    assert_int_equal(vfs_rename(T, "d", AT_FDCWD, "d/e", 0), -EINVAL);
    assert_int_equal(vfs_rename(T, "d/e", AT_FDCWD, "d", 0), -ENOTEMPTY);
    assert_int_equal(vfs_rename(T, "d", AT_FDCWD, "d/e", RENAME_EXCHANGE), -EINVAL);
    assert_int_equal(vfs_rename(T, "d", AT_FDCWD, "x", 0), -ENOTDIR);
    assert_int_equal(vfs_rename(T, "x", AT_FDCWD, "d", 0), -EISDIR);
    assert_int_equal(vfs_rename(T, "d/.", AT_FDCWD, "z", 0), -EBUSY);
    assert_int_equal(vfs_rename(T, "x", AT_FDCWD, "d", RENAME_NOREPLACE), -EEXIST);
    assert_int_equal(vfs_rename(T, "x", AT_FDCWD, "d", 8), -EINVAL);
    assert_int_equal(vfs_rename(T, "x", AT_FDCWD, "zz/", 0), -ENOTDIR);
    assert_int_equal(vfs_rename(T, "d", AT_FDCWD, "zz/", 0), 0);
    assert_int_equal(exists("zz/e"), 0);
    assert_int_equal(exists("d"), -ENOENT);
    assert_int_equal(vfs_rename(T, "x", AT_FDCWD, "zz", RENAME_EXCHANGE), 0);
    assert_int_equal(exists("x/e"), 0);
    assert_true(S_ISREG(attributes_of("zz").mode));
}

static void a_removed_directory_stays_empty(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(vfs_mkdir(T, "d", 0755), 0);
    assert_int_equal(vfs_mkdir(T, "d/sub", 0755), 0);
    path_put(the_task.fs->cwd);
    assert_int_equal(vfs_walk(T, "/d/sub", 0, the_task.fs->cwd), 0);
    assert_int_equal(path_text(&the_task, the_task.fs->cwd, text, sizeof text, NULL), 6);
    assert_string_equal(text, "/d/sub");
    assert_int_equal(path_text(&the_task, the_task.fs->cwd, text, 6, NULL), -ENAMETOOLONG);
    assert_int_equal(vfs_rmdir(T, "/d/sub"), 0);
    assert_int_equal(path_text(&the_task, the_task.fs->cwd, text, sizeof text, NULL), -ENOENT);
    assert_int_equal(try_open("x", O_CREAT | O_RDWR), -ENOENT);
    assert_int_equal(vfs_mkdir(T, "x", 0755), -ENOENT);
    assert_int_equal(exists("."), 0);
    assert_int_equal(exists("../sub"), -ENOENT);
    assert_int_equal(exists(".."), 0);
}

static void mount_on(const char *target)
{
    struct path at;
    struct superblock *sb;
    assert_int_equal(vfs_walk(T, target, WALK_FOLLOW, &at), 0);
    assert_int_equal(tmpfs_create(&the_box, &TMPFS_UNLIMITED, &sb), 0);
    assert_int_equal(vfs_mount(&the_box, sb, &at, 0, "tmp"), 0);
    path_put(&at);
}

static int unmount(const char *target, int flags)
{
    struct path at;
    assert_int_equal(vfs_walk(T, target, WALK_FOLLOW, &at), 0);
    return mount_detach(&the_box, &at, flags, the_task.fs->root);
}

static void mounts_cover_and_uncover(void **state)
{
    (void)state;
    struct path from, to;
    assert_int_equal(vfs_mkdir(T, "a", 0755), 0);
    assert_int_equal(vfs_mkdir(T, "b", 0755), 0);
    make_file("a/under");
    mount_on("a");
    assert_int_equal(exists("a/under"), -ENOENT);
    make_file("a/first");
    mount_on("a");
    assert_int_equal(exists("a/first"), -ENOENT);
    assert_int_equal(vfs_mkdir(T, "a/m", 0755), 0);
    mount_on("a/m");
    assert_int_equal(unmount("a", 0), -EBUSY);

    assert_int_equal(vfs_walk(T, "a", 0, &from), 0);
    assert_int_equal(vfs_walk(T, "b", 0, &to), 0);
    assert_int_equal(mount_bind(&the_box, &from, &to, true), 0);
    path_put(&to);
    path_put(&from);
    make_file("b/m/deep");
    assert_int_equal(exists("a/m/deep"), 0);
    assert_int_equal(unmount("b", MNT_DETACH), 0);
    assert_int_equal(exists("b/m"), -ENOENT);

    struct file *file = must_open("a/m/deep", O_RDONLY);
    assert_int_equal(unmount("a/m", 0), -EBUSY);
    file_put(file);
    assert_int_equal(unmount("a/m", MNT_EXPIRE), -EAGAIN);
    assert_int_equal(unmount("a/m", MNT_EXPIRE), 0);
    assert_int_equal(unmount("a", 0), 0);
    assert_int_equal(exists("a/first"), 0);
    assert_int_equal(unmount("a", 0), 0);
    assert_int_equal(exists("a/under"), 0);
    assert_int_equal(unmount("a", 0), -EINVAL);
}

static void pivot_root_exchanges_roots(void **state)
{
    (void)state;
    struct path new_root, put_old;
    char text[512];
    assert_int_equal(vfs_mkdir(T, "new", 0755), 0);
    make_file("old-file");
    mount_on("new");
    assert_int_equal(vfs_mkdir(T, "new/old", 0755), 0);
    assert_int_equal(vfs_walk(T, "new", 0, &new_root), 0);
    assert_int_equal(vfs_walk(T, "new/old", 0, &put_old), 0);
    assert_int_equal(mount_pivot(&the_task, the_task.fs->root, &put_old), -EBUSY);
    assert_int_equal(mount_pivot(&the_task, &put_old, &put_old), -EINVAL);
    assert_int_equal(mount_pivot(&the_task, &new_root, &put_old), 0);
    path_put(&put_old);
    path_put(&new_root);
    assert_int_equal(exists("/old/old-file"), 0);
    assert_int_equal(exists("/old-file"), -ENOENT);
    size_t length = mounts_text(&the_box, the_task.fs->root, text, sizeof text);
    assert_true(length < sizeof text);
    assert_string_equal(text, "root /old tmpfs rw,relatime,size=4096k,nr_inodes=500,mode=755 0 0\n"
                              "tmp / tmpfs rw,relatime,size=0k,nr_inodes=0 0 0\n");
    /* Back, for the end of the test. */
    assert_int_equal(vfs_walk(T, "/old", 0, &new_root), 0);
    assert_int_equal(vfs_walk(T, "/old/new", 0, &put_old), 0);
    assert_int_equal(mount_pivot(&the_task, &new_root, &put_old), 0);
    path_put(&put_old);
    path_put(&new_root);
    assert_int_equal(exists("/old-file"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KERNEL_TEST(walks_names),
        KERNEL_TEST(follows_links),
        KERNEL_TEST(resolve_rules_hold),
        KERNEL_TEST(open_keeps_its_rules),
        KERNEL_TEST(permissions_are_checked),
        KERNEL_TEST(names_keep_their_rules),
        KERNEL_TEST(a_removed_directory_stays_empty),
        KERNEL_TEST(mounts_cover_and_uncover),
        KERNEL_TEST(pivot_root_exchanges_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
