/* A host directory under an in-memory layer, and archives as root file systems. Expected results:
 * Linux's overlayfs, where they are not abibox's own bounds. */
#include "fake_kernel.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/vfs/rootfs.h"

#define T &the_task, AT_FDCWD

static char top[256]; /* the lower directory on the host */

static const char *host(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

static void host_write(const char *name, const char *text)
{
    FILE *file = fopen(host(name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void mount_over(struct superblock *sb, const char *target)
{
    struct path at;

    assert_int_equal(vfs_mkdir(T, target, 0755), 0);
    assert_int_equal(vfs_walk(T, target, 0, &at), 0);
    assert_int_equal(vfs_mount(&the_box, sb, &at, 0, "rootfs"), 0);
    path_put(&at);
}

static int start(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct superblock *sb;
    char why[200];

    assert_int_equal(start_kernel(state), 0);
    snprintf(top, sizeof top, "%s/overlay-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(top));
    assert_int_equal(mkdir(host("d"), 0755), 0);
    assert_int_equal(mkdir(host("d/sub"), 0755), 0);
    host_write("f", "lower");
    host_write("d/a", "a");
    host_write("d/b", "b");
    host_write("d/sub/c", "c");
    assert_int_equal(symlink("f", host("l")), 0);
    assert_int_equal(rootfs_create(&the_box, top, &sb, why, sizeof why), 0);
    mount_over(sb, "/o");
    return 0;
}

/* Whatever a test did, the host's directory is as it was. */
static int stop(void **state)
{
    static const struct {
        const char *name, *text;
    } files[] = {{"f", "lower"}, {"d/a", "a"}, {"d/b", "b"}, {"d/sub/c", "c"}};
    char command[1024];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char buf[16] = "";
        FILE *file = fopen(host(files[i].name), "r");

        assert_non_null(file);
        assert_int_equal(fread(buf, 1, sizeof buf, file), strlen(files[i].text));
        assert_string_equal(buf, files[i].text);
        fclose(file);
    }
    snprintf(command, sizeof command, "test $(ls -a '%s' '%s/d' | wc -l) = 13 && rm -rf '%s'", top,
             top, top);
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

static void write_text(const char *path, uint32_t flags, const char *text)
{
    struct file *file = must_open(path, O_WRONLY | flags);

    assert_int_equal(write_at(file, text, strlen(text), 0), (int)strlen(text));
    file_put(file);
}

static int rename_to(const char *from, const char *to, unsigned flags)
{
    return vfs_rename(&the_task, AT_FDCWD, from, AT_FDCWD, to, flags);
}

/* ---- names of a directory, sorted ---- */

struct names {
    struct dir_context ctx;
    unsigned count;
    char *name[64];
};

static bool take_name(struct dir_context *ctx, const char *name, size_t len, uint64_t ino,
                      unsigned type, int64_t next)
{
    struct names *names = (struct names *)ctx;

    (void)type;
    (void)next;
    assert_true(ino != 0);
    assert_true(names->count < 64);
    names->name[names->count++] = strndup(name, len);
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void expect_names(const char *path, const char *expected)
{
    struct names names = {.ctx.emit = take_name};
    struct file *file = must_open(path, O_RDONLY | O_DIRECTORY);
    char text[16384] = "";
    size_t length = 0;

    assert_int_equal(file->ops->readdir(file, &names.ctx), 0);
    file_put(file);
    qsort(names.name, names.count, sizeof *names.name, compare);
    for (unsigned i = 0; i < names.count; i++) {
        if (names.name[i][0] != '.')
            length += (size_t)snprintf(text + length, sizeof text - length, "%s ", names.name[i]);
        free(names.name[i]);
    }
    assert_string_equal(text, expected);
}

/* ---- tests ---- */

static void shows_the_lower_layer(void **state)
{
    (void)state;
    expect_text("/o/f", "lower");
    expect_text("/o/l", "lower");
    expect_text("/o/d/sub/c", "c");
    expect_names("/o", "d f l ");
    expect_names("/o/d", "a b sub ");
    assert_int_equal(attributes_of("/o/f").dev, attributes_of("/o").dev);
}

static void copies_up(void **state)
{
    struct attributes before = attributes_of("/o/d/a"), after;

    (void)state;
    write_text("/o/f", 0, "UP");
    expect_text("/o/f", "UPwer");
    write_text("/o/d/a", O_TRUNC, "new");
    expect_text("/o/d/a", "new");
    after = attributes_of("/o/d/a");
    assert_int_equal(after.mode, before.mode);
    assert_int_equal(after.uid, before.uid);
    expect_names("/o/d", "a b sub ");
    /* A reader that was there before goes on with what it had opened. */
    struct file *file = must_open("/o/d/b", O_RDONLY);
    char buf[4] = "";
    write_text("/o/d/b", O_TRUNC, "xyz");
    assert_int_equal(read_at(file, buf, 3, 0), 1);
    assert_string_equal(buf, "b");
    file_put(file);
}

static void covers_removed_names(void **state)
{
    (void)state;
    assert_int_equal(vfs_unlink(T, "/o/d/a"), 0);
    assert_int_equal(exists("/o/d/a"), -ENOENT);
    expect_names("/o/d", "b sub ");
    make_file("/o/d/a");
    assert_int_equal(attributes_of("/o/d/a").size, 0);
    assert_int_equal(vfs_unlink(T, "/o/d/a"), 0);
    assert_int_equal(vfs_unlink(T, "/o/d/a"), -ENOENT);
    assert_int_equal(vfs_rmdir(T, "/o/d/sub"), -ENOTEMPTY);
    assert_int_equal(vfs_unlink(T, "/o/d/sub/c"), 0);
    assert_int_equal(vfs_rmdir(T, "/o/d/sub"), 0);
    expect_names("/o/d", "b ");
    /* A directory made anew shows nothing of the old one. */
    assert_int_equal(vfs_mkdir(T, "/o/d/sub", 0755), 0);
    expect_names("/o/d/sub", "");
    assert_int_equal(exists("/o/d/sub/c"), -ENOENT);
    assert_int_equal(vfs_mknod(T, "/o/whiteout", S_IFCHR, 0), -EPERM);
}

static void renames_files(void **state)
{
    (void)state;
    assert_int_equal(rename_to("/o/f", "/o/d/g", 0), 0);
    assert_int_equal(exists("/o/f"), -ENOENT);
    expect_text("/o/d/g", "lower");
    expect_names("/o", "d l ");
    assert_int_equal(rename_to("/o/d/a", "/o/d/b", RENAME_NOREPLACE), -EEXIST);
    assert_int_equal(rename_to("/o/d/a", "/o/d/b", 0), 0);
    expect_text("/o/d/b", "a");
    expect_names("/o/d", "b g sub ");
    assert_int_equal(rename_to("/o/d/b", "/o/d/g", RENAME_EXCHANGE), 0);
    expect_text("/o/d/b", "lower");
    expect_text("/o/d/g", "a");
    assert_int_equal(rename_to("/o/d/g", "/o/f", 0), 0);
    expect_text("/o/f", "a");
}

static void renames_directories(void **state)
{
    (void)state;
    assert_int_equal(rename_to("/o/d", "/o/e", 0), 0);
    assert_int_equal(exists("/o/d"), -ENOENT);
    expect_text("/o/e/sub/c", "c");
    expect_names("/o/e", "a b sub ");
    write_text("/o/e/sub/c", 0, "C");
    expect_text("/o/e/sub/c", "C");
    assert_int_equal(rename_to("/o/e/sub", "/o/sub", 0), 0);
    expect_text("/o/sub/c", "C");
    expect_names("/o/e", "a b ");
    assert_int_equal(vfs_mkdir(T, "/o/d", 0755), 0);
    expect_names("/o/d", "");
    assert_int_equal(rename_to("/o/d", "/o/e", 0), -ENOTEMPTY);
    assert_int_equal(rename_to("/o/e", "/o/d", 0), 0);
    expect_names("/o/d", "a b ");
    expect_names("/o", "d f l sub ");
    assert_int_equal(rename_to("/o/d", "/o/d/x", 0), -EINVAL);
}

static void links_are_one_file(void **state)
{
    (void)state;
    assert_int_equal(vfs_link(&the_task, AT_FDCWD, "/o/f", AT_FDCWD, "/o/d/h", false, false), 0);
    assert_int_equal(attributes_of("/o/f").nlink, 2);
    assert_int_equal(attributes_of("/o/f").ino, attributes_of("/o/d/h").ino);
    write_text("/o/d/h", 0, "L");
    expect_text("/o/f", "Lower");
    assert_int_equal(rename_to("/o/f", "/o/d/h", 0), 0); /* two names of one file: nothing */
    assert_int_equal(exists("/o/f"), 0);
    assert_int_equal(vfs_unlink(T, "/o/f"), 0);
    expect_text("/o/d/h", "Lower");
    assert_int_equal(attributes_of("/o/d/h").nlink, 1);
}

/* ---- archives ---- */

struct member {
    const char *name;
    uint32_t mode;
    const char *data, *symlink, *hardlink;
};

static void write_archive(const char *path, const struct member *members, size_t count)
{
    struct archive *archive = archive_write_new();

    archive_write_set_format_pax_restricted(archive);
    archive_write_add_filter_gzip(archive);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        size_t len = members[i].data ? strlen(members[i].data) : 0;

        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_mode(entry, members[i].mode);
        archive_entry_set_size(entry, (int64_t)len);
        archive_entry_set_mtime(entry, 1234567, 0);
        archive_entry_set_uid(entry, 42);
        if (members[i].symlink)
            archive_entry_set_symlink(entry, members[i].symlink);
        if (members[i].hardlink)
            archive_entry_set_hardlink(entry, members[i].hardlink);
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        if (len)
            assert_int_equal(archive_write_data(archive, members[i].data, len), (int)len);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
}

/* The errno of unpacking these members; on success they are at /t. */
static int unpack(const struct member *members, size_t count)
{
    struct superblock *sb;
    char path[300], why[200];
    int error;

    snprintf(path, sizeof path, "%s.tar.gz", top);
    write_archive(path, members, count);
    error = rootfs_create(&the_box, path, &sb, why, sizeof why);
    assert_int_equal(unlink(path), 0);
    if (error)
        assert_non_null(strstr(why, "cannot unpack"));
    else
        mount_over(sb, "/t");
    return error;
}

#define COUNT(members) (sizeof(members) / sizeof *(members))

static void unpacks_archives(void **state)
{
    static const struct member members[] = {
        {"./", S_IFDIR | 0711, NULL, NULL, NULL},
        {"./bin/tool", S_IFREG | 0755, "#!", NULL, NULL},
        {"./bin/", S_IFDIR | 0750, NULL, NULL, NULL},
        {"/absolute/file", S_IFREG | 0600, "abs", NULL, NULL},
        {"link", S_IFLNK | 0777, NULL, "/absolute/file", NULL},
        {"hard", S_IFREG | 0755, NULL, NULL, "./bin/tool"},
        {"fifo", S_IFIFO | 0644, NULL, NULL, NULL},
        {"hard2", S_IFREG | 0600, "first", NULL, NULL},
        {"hard2", S_IFREG | 0600, "second", NULL, NULL},
    };

    (void)state;
    assert_int_equal(unpack(members, COUNT(members)), 0);
    assert_int_equal(attributes_of("/t").mode, S_IFDIR | 0711);
    assert_int_equal(attributes_of("/t/bin").mode, S_IFDIR | 0750);
    assert_int_equal(attributes_of("/t/bin").mtime, 1234567000000000);
    assert_int_equal(attributes_of("/t/bin/tool").uid, 42);
    assert_int_equal(attributes_of("/t/bin/tool").nlink, 2);
    expect_text("/t/hard", "#!");
    expect_text("/t/absolute/file", "abs");
    expect_text("/t/hard2", "second");
    assert_int_equal(attributes_of("/t/fifo").mode, S_IFIFO | 0644);
}

static void refuses_hostile_archives(void **state)
{
    static const struct member up[] = {{"a/../../x", S_IFREG | 0644, "x", NULL, NULL}};
    static const struct member through_link[] = {
        {"d", S_IFLNK | 0777, NULL, "/tmp", NULL},
        {"d/x", S_IFREG | 0644, "x", NULL, NULL},
    };
    static const struct member link_outside[] = {
        {"h", S_IFREG | 0644, NULL, NULL, "../../etc/passwd"}};
    static const struct member link_nowhere[] = {{"h", S_IFREG | 0644, NULL, NULL, "none"}};
    static const struct member over_directory[] = {
        {"d/x", S_IFREG | 0644, "x", NULL, NULL},
        {"d", S_IFREG | 0644, "x", NULL, NULL},
    };

    (void)state;
    assert_int_equal(unpack(up, COUNT(up)), -EINVAL);
    assert_int_equal(unpack(through_link, COUNT(through_link)), -ENOTDIR);
    assert_int_equal(unpack(link_outside, COUNT(link_outside)), -EINVAL);
    assert_int_equal(unpack(link_nowhere, COUNT(link_nowhere)), -ENOENT);
    assert_int_equal(unpack(over_directory, COUNT(over_directory)), -EISDIR);
    assert_int_equal(unpack(up, 0), -EINVAL);
}

/* More data than the box has memory for ends in an error, not in the host's memory. */
static void bounds_archives(void **state)
{
    struct member members[40];
    static char data[1 << 20];

    (void)state;
    memset(data, 'x', sizeof data - 1);
    for (size_t i = 0; i < COUNT(members); i++) {
        static char names[COUNT(members)][8];

        snprintf(names[i], sizeof names[i], "f%zu", i);
        members[i] = (struct member){names[i], S_IFREG | 0644, data, NULL, NULL};
    }
    assert_int_equal(unpack(members, COUNT(members)), -ENOSPC);
}

static void tells_what_is_wrong(void **state)
{
    struct superblock *sb;
    char why[200];

    (void)state;
    assert_int_equal(rootfs_create(&the_box, host("f"), &sb, why, sizeof why), -EINVAL);
    assert_non_null(strstr(why, "cannot unpack"));
    assert_int_equal(rootfs_create(&the_box, host("none"), &sb, why, sizeof why), -ENOENT);
    assert_non_null(strstr(why, "No such file"));
    assert_int_equal(rootfs_create(&the_box, "/dev/null", &sb, why, sizeof why), -EINVAL);
    assert_non_null(strstr(why, "neither a directory nor an archive"));
}

#define OVERLAY_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVERLAY_TEST(shows_the_lower_layer), OVERLAY_TEST(copies_up),
        OVERLAY_TEST(covers_removed_names),  OVERLAY_TEST(renames_files),
        OVERLAY_TEST(renames_directories),   OVERLAY_TEST(links_are_one_file),
        OVERLAY_TEST(unpacks_archives),      OVERLAY_TEST(refuses_hostile_archives),
        OVERLAY_TEST(bounds_archives),       OVERLAY_TEST(tells_what_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
