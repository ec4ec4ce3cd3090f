/* Host directories and files in the box: what is shown, what may be changed, and that nothing gets
 * out. The host's side is a fresh directory in TMPDIR. */
#include "fake_kernel.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sandbox/vfs/hostfs.h"
#include "sandbox/vfs/page_cache.h"

#define T &the_task, AT_FDCWD

static char top[256]; /* holds "in", which the box sees as /host, and "out", which it must not */

static const char *host(const char *name)
{
    static char path[4][512];
    static unsigned next;
    char *text = path[next++ % 4];

    snprintf(text, sizeof path[0], "%s/%s", top, name);
    return text;
}

static void host_write(const char *name, const char *text)
{
    FILE *file = fopen(host(name), "w");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static void host_expect(const char *name, const char *text)
{
    char buf[256] = "";
    FILE *file = fopen(host(name), "r");

    assert_non_null(file);
    buf[fread(buf, 1, sizeof buf - 1, file)] = '\0';
    assert_string_equal(buf, text);
    fclose(file);
}

static int mount_source(const char *source, bool writable, const char *target, bool directory)
{
    struct superblock *sb;
    struct path at;
    int error = hostfs_create(&the_box, source, writable, &sb);

    if (error)
        return error;
    if (directory)
        assert_int_equal(vfs_mkdir(T, target, 0755), 0);
    else
        make_file(target);
    assert_int_equal(vfs_walk(T, target, 0, &at), 0);
    error = vfs_mount(&the_box, sb, &at, MOUNT_NODEV, "host");
    path_put(&at);
    return error;
}

static int start(void **state, bool writable)
{
    const char *tmp = getenv("TMPDIR");

    assert_int_equal(start_kernel(state), 0);
    snprintf(top, sizeof top, "%s/hostfs-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(top));
    assert_int_equal(mkdir(host("in"), 0755), 0);
    assert_int_equal(mkdir(host("out"), 0755), 0);
    host_write("out/secret", "outside");
    return mount_source(host("in"), writable, "/host", true);
}

static int start_ro(void **state)
{
    return start(state, false);
}

static int start_rw(void **state)
{
    return start(state, true);
}

static int stop(void **state)
{
    char command[300];

    snprintf(command, sizeof command, "rm -rf '%s'", top);
    assert_int_equal(system(command), 0);
    return stop_kernel(state);
}

static void expect_text(const char *path, const char *text)
{
    char buf[256] = "";
    struct file *file = must_open(path, O_RDONLY);

    assert_int_equal(read_at(file, buf, sizeof buf - 1, 0), (int)strlen(text));
    assert_string_equal(buf, text);
    file_put(file);
}

/* ---- what is shown ---- */

static void shows_the_host(void **state)
{
    struct attributes attr;
    struct stat st;

    (void)state;
    host_write("in/f", "hello");
    assert_int_equal(chmod(host("in/f"), 0640), 0);
    assert_int_equal(stat(host("in/f"), &st), 0);
    attr = attributes_of("/host/f");
    assert_int_equal(attr.ino, st.st_ino);
    assert_int_equal(attr.mode, S_IFREG | 0640);
    assert_int_equal(attr.size, 5);
    assert_int_equal(attr.uid, st.st_uid);
    assert_int_equal(attr.mtime, st.st_mtim.tv_sec * 1000000000ll + st.st_mtim.tv_nsec);
    expect_text("/host/f", "hello");
    /* Changes from outside are seen at the next look. */
    host_write("in/f", "changed it");
    expect_text("/host/f", "changed it");
    assert_int_equal(unlink(host("in/f")), 0);
    assert_int_equal(exists("/host/f"), -ENOENT);
    host_write("in/f", "again");
    expect_text("/host/f", "again");
}

static void is_read_only(void **state)
{
    struct path at;

    (void)state;
    host_write("in/f", "x");
    assert_int_equal(try_open("/host/f", O_WRONLY), -EROFS);
    assert_int_equal(try_open("/host/new", O_WRONLY | O_CREAT), -EROFS);
    assert_int_equal(vfs_mkdir(T, "/host/d", 0755), -EROFS);
    assert_int_equal(vfs_unlink(T, "/host/f"), -EROFS);
    assert_int_equal(vfs_rename(&the_task, AT_FDCWD, "/host/f", AT_FDCWD, "/host/g", 0), -EROFS);
    assert_int_equal(vfs_walk(T, "/host/f", 0, &at), 0);
    assert_int_equal(vfs_chmod(&the_task, &at, 0600), -EROFS);
    path_put(&at);
    host_expect("in/f", "x");
}

struct names {
    struct dir_context ctx;
    unsigned count, most;
    char last[256];
};

static bool count_name(struct dir_context *ctx, const char *name, size_t len, uint64_t ino,
                       unsigned type, int64_t next)
{
    struct names *names = (struct names *)ctx;

    (void)ino;
    (void)type;
    (void)next;
    if (names->count == names->most)
        return false;
    names->count++;
    memcpy(names->last, name, len);
    names->last[len] = '\0';
    return true;
}

/* In pieces of `step` entries, going on where the last piece ended. */
static unsigned count_names(const char *path, unsigned step)
{
    struct file *file = must_open(path, O_RDONLY | O_DIRECTORY);
    unsigned all = 0;

    for (;;) {
        struct names names = {.ctx.emit = count_name, .most = step};

        assert_int_equal(file->ops->readdir(file, &names.ctx), 0);
        all += names.count;
        if (names.count == 0)
            break;
    }
    file_put(file);
    return all;
}

static void lists_directories(void **state)
{
    char name[64];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "in/file-with-a-name-%d", i);
        host_write(name, "");
    }
    assert_int_equal(count_names("/host", 100000), 1002);
    assert_int_equal(count_names("/host", 7), 1002);
}

static void shows_one_file(void **state)
{
    (void)state;
    host_write("out/single", "one");
    assert_int_equal(mount_source(host("out/single"), false, "/one", false), 0);
    expect_text("/one", "one");
    assert_int_equal(try_open("/one", O_WRONLY), -EROFS);
    assert_int_equal(mount_source(host("out/secret"), true, "/two", false), 0);
    struct file *file = must_open("/two", O_WRONLY);
    assert_int_equal(write_at(file, "in", 2, 0), 2);
    file_put(file);
    host_expect("out/secret", "intside");
    assert_int_equal(mount_source(host("out/none"), false, "/three", false), -ENOENT);
    assert_int_equal(mount_source("/dev/null", false, "/three", false), -EACCES);
    assert_int_equal(mount_source("/proc/self", false, "/three", true), -EACCES);
}

/* ---- nothing gets out ---- */

static void links_stay_in_the_box(void **state)
{
    (void)state;
    assert_int_equal(symlink("../out/secret", host("in/up")), 0);
    assert_int_equal(symlink(host("out/secret"), host("in/absolute")), 0);
    assert_int_equal(symlink("../../../../../../../../etc/passwd", host("in/far")), 0);
    assert_int_equal(symlink("/proc/self/root", host("in/magic")), 0);
    assert_int_equal(try_open("/host/up", O_RDONLY), -ENOENT);
    assert_int_equal(try_open("/host/absolute", O_RDONLY), -ENOENT);
    assert_int_equal(try_open("/host/far", O_RDONLY), -ENOENT);
    assert_int_equal(try_open("/host/magic/etc", O_RDONLY), -ENOENT);
    assert_int_equal(try_open("/host/../out/secret", O_RDONLY), -ENOENT);
    assert_int_equal(try_open("/host/../../out/secret", O_RDONLY), -ENOENT);
}

static void special_files_are_only_seen(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    snprintf(name.sun_path, sizeof name.sun_path, "%s", host("in/socket"));
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    close(fd);
    assert_int_equal(mkfifo(host("in/fifo"), 0666), 0);
    assert_int_equal(attributes_of("/host/fifo").mode & S_IFMT, S_IFIFO);
    assert_int_equal(attributes_of("/host/socket").mode & S_IFMT, S_IFSOCK);
    assert_int_equal(try_open("/host/fifo", O_RDONLY), -EACCES);
    assert_int_equal(try_open("/host/fifo", O_RDWR | O_NONBLOCK), -EACCES);
    assert_int_equal(try_open("/host/socket", O_RDWR), -EACCES);
    if (mknod(host("in/null"), S_IFCHR | 0666, 0x103) == 0) {
        assert_int_equal(attributes_of("/host/null").rdev, 0x103);
        assert_int_equal(try_open("/host/null", O_RDONLY), -EACCES);
    }
    assert_int_equal(vfs_mknod(T, "/host/node", S_IFCHR | 0666, 0x103), -EPERM);
    assert_int_equal(vfs_mknod(T, "/host/pipe", S_IFIFO | 0666, 0), -EPERM);
}

/* Somebody on the host swaps a directory for a link to another one as fast as he can. */
static atomic_bool swapping;

static void *swap(void *unused)
{
    char link_name[512], dir_name[512], name[512];

    snprintf(name, sizeof name, "%s/in/x", top);
    snprintf(dir_name, sizeof dir_name, "%s/in/dir", top);
    snprintf(link_name, sizeof link_name, "%s/in/link", top);
    while (atomic_load(&swapping)) {
        renameat2(AT_FDCWD, name, AT_FDCWD, link_name, RENAME_EXCHANGE);
        renameat2(AT_FDCWD, name, AT_FDCWD, dir_name, RENAME_EXCHANGE);
    }
    return unused;
}

static void races_do_not_get_out(void **state)
{
    unsigned inside = 0;
    pthread_t thread;

    (void)state;
    assert_int_equal(mkdir(host("in/x"), 0755), 0);
    assert_int_equal(mkdir(host("in/dir"), 0755), 0);
    host_write("in/x/secret", "inside");
    host_write("in/dir/secret", "inside");
    /* Seen from the box the link leads nowhere; from the host it leads outside. */
    assert_int_equal(symlink(host("out"), host("in/link")), 0);
    atomic_store(&swapping, true);
    assert_int_equal(pthread_create(&thread, NULL, swap, NULL), 0);
    for (int i = 0; i < 4000; i++) {
        struct file *file;

        if (open_flags("/host/x/secret", O_RDWR, &file) == 0) {
            char buf[16] = "";

            if (read_at(file, buf, sizeof buf - 1, 0) > 0) {
                assert_string_equal(buf, "inside");
                inside++;
            }
            file_put(file);
        }
        if (open_flags("/host/x/new", O_RDWR | O_CREAT, &file) == 0)
            file_put(file);
        (void)vfs_unlink(T, "/host/x/secret-not-there");
    }
    atomic_store(&swapping, false);
    pthread_join(thread, NULL);
    assert_true(inside > 0);
    assert_int_equal(access(host("out/new"), F_OK), -1);
    host_expect("out/secret", "outside");
}

/* ---- changes ---- */

static void makes_and_removes(void **state)
{
    struct stat st;
    mode_t mask = umask(077);

    (void)state;
    struct file *file = must_open("/host/f", O_CREAT | O_RDWR | O_EXCL);
    assert_int_equal(write_at(file, "abc", 3, 0), 3);
    file_put(file);
    host_expect("in/f", "abc");
    assert_int_equal(stat(host("in/f"), &st), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0644); /* the guest's umask, not the host's */
    assert_int_equal(vfs_mkdir(T, "/host/d", 0777), 0);
    assert_int_equal(stat(host("in/d"), &st), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 0755);
    assert_int_equal(vfs_symlink(&the_task, "../anything", AT_FDCWD, "/host/d/l"), 0);
    assert_int_equal(vfs_link(&the_task, AT_FDCWD, "/host/f", AT_FDCWD, "/host/d/g", false, false),
                     0);
    assert_int_equal(attributes_of("/host/d/g").nlink, 2);
    assert_int_equal(vfs_rmdir(T, "/host/d"), -ENOTEMPTY);
    assert_int_equal(vfs_rename(&the_task, AT_FDCWD, "/host/d", AT_FDCWD, "/host/e", 0), 0);
    expect_text("/host/e/g", "abc");
    assert_int_equal(vfs_unlink(T, "/host/e/g"), 0);
    assert_int_equal(vfs_unlink(T, "/host/e/l"), 0);
    assert_int_equal(vfs_rmdir(T, "/host/e"), 0);
    assert_int_equal(access(host("in/e"), F_OK), -1);
    umask(mask);
}

static void lends_no_rights(void **state)
{
    struct stat st;
    struct path at;

    (void)state;
    host_write("in/f", "x");
    assert_int_equal(vfs_walk(T, "/host/f", 0, &at), 0);
    assert_int_equal(stat(host("in/f"), &st), 0);
    assert_int_equal(vfs_chown(&the_task, &at, 12345, UINT32_MAX), -EPERM);
    assert_int_equal(vfs_chown(&the_task, &at, st.st_uid, st.st_gid), 0);
    assert_int_equal(vfs_chmod(&the_task, &at, 06755), 0);
    path_put(&at);
    assert_int_equal(stat(host("in/f"), &st), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0755);
    struct file *file;
    assert_int_equal(vfs_open(T, "/host/g", O_CREAT | O_WRONLY, 04777, 0, &file), 0);
    file_put(file);
    assert_int_equal(stat(host("in/g"), &st), 0);
    assert_int_equal(st.st_mode & 07000, 0);
}

static void removed_files_stay_open(void **state)
{
    char buf[8] = "";
    struct attributes attr;

    (void)state;
    host_write("in/f", "still");
    host_write("in/g", "other");
    struct file *file = must_open("/host/f", O_RDWR);
    assert_int_equal(vfs_unlink(T, "/host/f"), 0);
    assert_int_equal(read_at(file, buf, 5, 0), 5);
    assert_string_equal(buf, "still");
    assert_int_equal(vfs_getattr(&file->path, &attr), 0);
    assert_int_equal(attr.nlink, 0);
    file_put(file);
    file = must_open("/host/g", O_RDWR);
    host_write("in/h", "new");
    assert_int_equal(vfs_rename(&the_task, AT_FDCWD, "/host/h", AT_FDCWD, "/host/g", 0), 0);
    assert_int_equal(read_at(file, buf, 5, 0), 5);
    assert_string_equal(buf, "other");
    file_put(file);
    expect_text("/host/g", "new");
    /* The host removes a directory that the box works in. */
    assert_int_equal(mkdir(host("in/d"), 0755), 0);
    file = must_open("/host/d", O_RDONLY | O_DIRECTORY);
    assert_int_equal(rmdir(host("in/d")), 0);
    assert_int_equal(exists("/host/d"), -ENOENT);
    struct names names = {.ctx.emit = count_name, .most = 10};
    assert_int_equal(file->ops->readdir(file, &names.ctx), -ENOENT);
    file_put(file);
}

static unsigned open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void descriptors_are_bounded(void **state)
{
    unsigned before = open_descriptors();
    char name[64];

    (void)state;
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "/host/d%d", i);
        assert_int_equal(vfs_mkdir(T, name, 0755), 0);
        snprintf(name, sizeof name, "/host/d%d/f", i);
        make_file(name);
    }
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "/host/d%d/f", i);
        assert_int_equal(exists(name), 0);
        assert_int_equal(try_open(name, O_RDONLY), 0);
    }
    assert_true(open_descriptors() <= before + 130);
}

/* ---- mappings ---- */

static void mappings_agree_with_reads(void **state)
{
    struct backing *backing;
    char buf[8] = "";
    frame_t frame;
    char *page;

    (void)state;
    host_write("in/f", "first text");
    struct file *file = must_open("/host/f", O_RDWR);
    assert_int_equal(file->ops->mmap(file, VMA_READ | VMA_WRITE | VMA_SHARED, &backing), 0);
    backing->ops->ref(backing);
    assert_int_equal(backing->ops->get(backing, 0, true, &frame), 0);
    page = frame_ptr(the_box.arena, frame);
    assert_memory_equal(page, "first text", 11);
    memcpy(page, "FIRST text", 11);
    assert_int_equal(read_at(file, buf, 5, 0), 5);
    assert_memory_equal(buf, "FIRST", 5);
    assert_int_equal(write_at(file, "last", 4, 6), 4);
    assert_memory_equal(page, "FIRST last", 10);
    assert_int_equal(backing->ops->sync(backing, 0, 1), 0);
    host_expect("in/f", "FIRST last");
    frame_unref(the_box.arena, frame);
    assert_int_equal(backing->ops->get(backing, 1, false, &frame), -EFAULT);
    backing->ops->unref(backing);
    file_put(file);
}

static void keeps_attributes(void **state)
{
    struct inode *inode;
    struct path at;
    char buf[64];

    (void)state;
    host_write("in/f", "x");
    if (setxattr(host("in/f"), "user.probe", "1", 1, 0) != 0)
        skip(); /* this directory's file system has none */
    assert_int_equal(vfs_walk(T, "/host/f", 0, &at), 0);
    inode = at.dentry->inode;
    assert_int_equal(inode->ops->setxattr(inode, "user.a", "value", 5, 0), 0);
    assert_int_equal(inode->ops->getxattr(inode, "user.a", buf, sizeof buf), 5);
    assert_int_equal(inode->ops->getxattr(inode, "user.a", buf, 2), -ERANGE);
    assert_int_equal(inode->ops->getxattr(inode, "security.selinux", buf, 60), -EOPNOTSUPP);
    assert_int_equal(inode->ops->setxattr(inode, "trusted.a", "v", 1, 0), -EOPNOTSUPP);
    assert_int_equal(inode->ops->listxattr(inode, buf, sizeof buf), 18);
    assert_int_equal(inode->ops->removexattr(inode, "user.a"), 0);
    assert_int_equal(inode->ops->getxattr(inode, "user.a", buf, 60), -ENODATA);
    path_put(&at);
}

#define RO_TEST(test) cmocka_unit_test_setup_teardown(test, start_ro, stop)
#define RW_TEST(test) cmocka_unit_test_setup_teardown(test, start_rw, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RO_TEST(shows_the_host),          RO_TEST(is_read_only),
        RO_TEST(lists_directories),       RO_TEST(shows_one_file),
        RO_TEST(links_stay_in_the_box),   RW_TEST(special_files_are_only_seen),
        RW_TEST(races_do_not_get_out),    RW_TEST(makes_and_removes),
        RW_TEST(lends_no_rights),         RW_TEST(removed_files_stay_open),
        RW_TEST(descriptors_are_bounded), RW_TEST(mappings_agree_with_reads),
        RW_TEST(keeps_attributes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
