/* /proc: text that is made when it is read, names that come and go, and what a guest may not do.
 * The texts of a real process are compared with Linux's by guests/sys/proc_*. */
#include "fake_kernel.h"

#include "sandbox/vfs/procfs.h"
#include "sandbox/version.h"

#define T &the_task, AT_FDCWD

struct task *task_find(struct box *box, pid_t tid)
{
    (void)box;
    return tid == the_task.tid && the_process.state == PROCESS_ALIVE ? &the_task : NULL;
}

void task_cpu_times(struct task *task, int64_t *user, int64_t *system)
{
    (void)task;
    *user = 1230000000;
    *system = 450000000;
}

void process_cpu_times(struct process *process, int64_t *user, int64_t *system)
{
    task_cpu_times(process->tasks, user, system);
}

void rng_bytes(struct box *box, void *buf, size_t len)
{
    static uint8_t next;

    (void)box;
    memset(buf, ++next, len);
}

int terminal_number(const struct terminal *terminal)
{
    return terminal ? 1 : 0;
}

int terminal_foreground(const struct terminal *terminal)
{
    return terminal ? 1 : -1;
}

static int start(void **state)
{
    struct superblock *sb;
    struct path at;

    assert_int_equal(start_kernel(state), 0);
    the_box.processes = &the_process;
    the_process.live_tasks = 1;
    the_process.dumpable = true;
    strcpy(the_task.comm, "a) R (b");
    strcpy(the_box.hostname, "abibox");
    assert_int_equal(vfs_mkdir(T, "/proc", 0755), 0);
    assert_int_equal(vfs_walk(T, "/proc", 0, &at), 0);
    assert_int_equal(proc_file_system.mount(&the_box, NULL, "proc", "hidepid=2", &sb), -EINVAL);
    assert_int_equal(proc_file_system.mount(&the_box, NULL, "proc", "", &sb), 0);
    assert_int_equal(vfs_mount(&the_box, sb, &at, 0, "proc"), 0);
    path_put(&at);
    return 0;
}

static const char *text_of(const char *path)
{
    static char text[16384];
    struct file *file = must_open(path, O_RDONLY);
    ssize_t length = read_at(file, text, sizeof text - 1, 0);

    assert_true(length >= 0);
    text[length] = '\0';
    file_put(file);
    return text;
}

static int store(const char *path, const char *text)
{
    struct file *file = must_open(path, O_WRONLY);
    int result = (int)write_at(file, text, strlen(text), 0);

    file_put(file);
    return result;
}

static void tells_of_the_machine(void **state)
{
    (void)state;
    assert_string_equal(text_of("/proc/sys/kernel/osrelease"), KERNEL_RELEASE "\n");
    assert_string_equal(text_of("/proc/sys/kernel/pid_max"), "32768\n");
    the_time = 12340000000;
    assert_string_equal(text_of("/proc/uptime"), "12.34 10.66\n");
    assert_non_null(strstr(text_of("/proc/cpuinfo"), "model\t\t: 44\n"));
    assert_non_null(strstr(text_of("/proc/meminfo"), "MemTotal:          16"));
    assert_non_null(strstr(text_of("/proc/self/net/dev"), "\n    lo:"));
    char first[64];
    snprintf(first, sizeof first, "%s", text_of("/proc/sys/kernel/random/boot_id"));
    assert_int_equal(strlen(first), 37);
    assert_string_equal(text_of("/proc/sys/kernel/random/boot_id"), first);
    snprintf(first, sizeof first, "%s", text_of("/proc/sys/kernel/random/uuid"));
    assert_string_not_equal(text_of("/proc/sys/kernel/random/uuid"), first);
}

static void tells_of_a_process(void **state)
{
    (void)state;
    assert_string_equal(text_of("/proc/self/comm"), "a) R (b\n");
    assert_int_equal(strncmp(text_of("/proc/100/stat"), "100 (a) R (b) R 0 0 0 0 -1 ", 27), 0);
    assert_non_null(strstr(text_of("/proc/100/stat"), " 123 45 "));
    assert_non_null(strstr(text_of("/proc/thread-self/status"), "\nPid:\t100\n"));
    assert_non_null(strstr(text_of("/proc/self/limits"),
                           "Max open files            64                   unlimited "));
    assert_string_equal(text_of("/proc/self/maps"), "");
    assert_string_equal(text_of("/proc/self/environ"), "");
    assert_int_equal(exists("/proc/101"), -ENOENT);
    assert_int_equal(exists("/proc/0100"), -ENOENT);
    assert_int_equal(exists("/proc/-1"), -ENOENT);
    assert_int_equal(exists("/proc/99999999999999999999"), -ENOENT);
    assert_int_equal(exists("/proc/self/task/100/comm"), 0);
    assert_int_equal(exists("/proc/self/task/100/task"), -ENOENT);
}

/* Reading in pieces gives one text, whatever changes meanwhile; from the start it is made anew. */
static void reads_one_text(void **state)
{
    struct file *file;
    char buf[16] = "";

    (void)state;
    file = must_open("/proc/sys/kernel/hostname", O_RDONLY);
    assert_int_equal(read_at(file, buf, 3, 0), 3);
    strcpy(the_box.hostname, "XXXXXXXX");
    assert_int_equal(read_at(file, buf + 3, 8, 3), 4);
    assert_string_equal(buf, "abibox\n");
    assert_int_equal(read_at(file, buf, 15, 100), 0);
    assert_int_equal(read_at(file, buf, 15, 0), 9);
    file_put(file);
}

static void stores_what_may_change(void **state)
{
    static char longer[5000];

    (void)state;
    assert_int_equal(store("/proc/sys/kernel/hostname", "other\nrest"), 10);
    assert_string_equal(the_box.hostname, "other");
    memset(longer, 'x', sizeof longer - 1);
    assert_int_equal(store("/proc/sys/kernel/hostname", longer), -EINVAL);
    longer[100] = '\0';
    assert_int_equal(store("/proc/sys/kernel/hostname", longer), 100);
    assert_int_equal(strlen(the_box.hostname), 64);
    assert_int_equal(store("/proc/self/comm", "a longer name than fits"), 23);
    assert_string_equal(the_task.comm, "a longer name t");
    assert_int_equal(store("/proc/self/oom_score_adj", "500\n"), 4);
    assert_int_equal(store("/proc/self/oom_score_adj", "1001"), -EINVAL);
    assert_int_equal(store("/proc/self/oom_score_adj", "5x"), -EINVAL);
    assert_string_equal(text_of("/proc/self/oom_score_adj"), "500\n");
    the_task.cred.cap_effective = 0;
    assert_int_equal(store("/proc/self/oom_score_adj", "0"), -EACCES);
    assert_int_equal(store("/proc/sys/kernel/hostname", "mine"), -EPERM);
    the_task.cred.cap_effective = UINT64_MAX;
    assert_int_equal(store("/proc/sys/kernel/pid_max", "1"), -EIO);
}

static void shows_descriptors(void **state)
{
    struct file *file = must_open("/f", O_CREAT | O_WRONLY);
    char link[64] = "";
    struct path at;

    (void)state;
    assert_int_equal(fd_install(&the_task, file, 5, true), 5);
    assert_int_equal(attributes_of("/proc/self/fd/5").mode, S_IFLNK | 0300);
    assert_int_equal(vfs_walk(T, "/proc/self/fd/5", 0, &at), 0);
    assert_int_equal(at.dentry->inode->ops->readlink(at.dentry->inode, link, sizeof link), 2);
    assert_string_equal(link, "/f");
    path_put(&at);
    assert_int_equal(vfs_walk(T, "/proc/self/fd/5", WALK_FOLLOW, &at), 0);
    assert_ptr_equal(at.dentry->inode, file->inode);
    path_put(&at);
    assert_non_null(strstr(text_of("/proc/self/fdinfo/5"), "flags:\t02100001\n"));
    assert_int_equal(vfs_unlink(T, "/f"), 0);
    assert_int_equal(vfs_walk(T, "/proc/self/fd/5", 0, &at), 0);
    assert_int_equal(at.dentry->inode->ops->readlink(at.dentry->inode, link, sizeof link), 12);
    assert_string_equal(link, "/f (deleted)");
    path_put(&at);
    assert_int_equal(fd_close(&the_task, 5), 0);
    assert_int_equal(exists("/proc/self/fd/5"), -ENOENT);
    assert_int_equal(exists("/proc/self/fd/4294967301"), -ENOENT);
}

/* A file of a process that has ended, or whose number another one got, answers ESRCH. */
static void outlives_its_process(void **state)
{
    struct file *file = must_open("/proc/100/status", O_RDONLY);
    char c;

    (void)state;
    the_process.start_time++;
    assert_int_equal(read_at(file, &c, 1, 0), -ESRCH);
    the_process.start_time--;
    assert_int_equal(read_at(file, &c, 1, 0), 1);
    the_process.state = PROCESS_DEAD;
    assert_int_equal(read_at(file, &c, 1, 0), -ESRCH);
    assert_int_equal(exists("/proc/100"), -ENOENT);
    the_process.state = PROCESS_ALIVE;
    file_put(file);
}

#define PROC_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop_kernel)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROC_TEST(tells_of_the_machine), PROC_TEST(tells_of_a_process),
        PROC_TEST(reads_one_text),       PROC_TEST(stores_what_may_change),
        PROC_TEST(shows_descriptors),    PROC_TEST(outlives_its_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
