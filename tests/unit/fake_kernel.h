/*
 * A kernel for unit tests of the file tree: one box with a real arena, one process and as many
 * tasks as a test makes, a clock that the test sets, and waiting that calls the test back instead
 * of sleeping. Include it once in a program: it defines what sandbox/ would link otherwise.
 */
#ifndef TESTS_UNIT_FAKE_KERNEL_H
#define TESTS_UNIT_FAKE_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/files.h"
#include "sandbox/vfs/async.h"
#include "sandbox/vfs/epoll.h"
#include "sandbox/vfs/internal.h"
#include "sandbox/vfs/tmpfs.h"

static struct box the_box;
static struct process the_process;
static struct task the_task;
static struct path the_root;
static int64_t the_time = 1000000000;
static int last_signal;
/* What happens while somebody sleeps; its result is task_wait's. */
static int (*while_waiting)(struct task *task);

struct task *task_current(void)
{
    return &the_task;
}

struct process *process_find(struct box *box, pid_t pid)
{
    (void)box;
    return pid == the_process.pid ? &the_process : NULL;
}

int process_each(struct box *box, int (*visit)(struct process *process, void *ctx), void *ctx)
{
    (void)box;
    return visit(&the_process, ctx);
}

bool task_capable(const struct task *task, int capability)
{
    return task->cred.cap_effective >> capability & 1;
}

bool cred_in_group(const struct cred *cred, uint32_t gid)
{
    return cred->fsgid == gid;
}

void signal_send_self(int signo)
{
    last_signal = signo;
}

/* The tests make no calls, so nothing of theirs is ever copied from a guest. */
void *task_scratch(struct task *task, size_t len)
{
    (void)task;
    (void)len;
    fail();
    return NULL;
}

const char *task_path(struct task *task, gaddr_t path, int *error)
{
    (void)task;
    (void)path;
    *error = -EFAULT;
    return NULL;
}

int64_t clock_realtime(struct box *box)
{
    (void)box;
    return the_time;
}

int64_t clock_monotonic(struct box *box)
{
    (void)box;
    return the_time;
}

_Noreturn void kernel_bug(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    abort();
}

void wait_add(struct wait_queue *queue, struct wait_entry *entry)
{
    entry->queue = queue;
}

void wait_remove(struct wait_entry *entry)
{
    entry->queue = NULL;
}

bool wait_wake(struct wait_queue *queue, unsigned events)
{
    (void)queue;
    (void)events;
    return false;
}

void wait_wake_all(struct wait_queue *queue, unsigned events)
{
    (void)queue;
    (void)events;
}

int task_wait(struct task *task, int64_t deadline, enum restart restart)
{
    (void)deadline;
    (void)restart;
    assert_non_null(while_waiting);
    return while_waiting(task);
}

int wait_on(struct wait_queue *queue, struct task *task, int64_t deadline, enum restart restart)
{
    (void)queue;
    return task_wait(task, deadline, restart);
}

/* Zero is the device that does not exist, one takes and gives nothing. */
static const struct file_ops fake_device_ops;
int device_open(struct task *task, struct inode *inode, uint64_t rdev, struct file *file)
{
    (void)task;
    (void)inode;
    file->ops = &fake_device_ops;
    return rdev ? 0 : -ENXIO;
}

/* Nobody polls here. */
void epoll_file_closed(struct file *file)
{
    assert_null(file->watchers);
}

int file_set_async(struct file *file, int fd, bool on)
{
    (void)fd;
    assert_false(on);
    assert_null(file->async);
    return 0;
}

/* The signal that a lease's holder gets. */
void file_signal_owner(const struct file *file, int fd, int code)
{
    (void)file;
    (void)fd;
    (void)code;
    last_signal = SIGIO;
}

int pipe_open_fifo(struct inode *inode, struct file *file, struct task *task)
{
    (void)inode;
    (void)task;
    file->ops = &fake_device_ops;
    return 0;
}

static void make_task(struct task *task)
{
    *task = (struct task){.tid = the_process.pid, .process = &the_process, .box = &the_box};
    task->cred.cap_effective = task->cred.cap_permitted = UINT64_MAX;
    task->fds = fd_table_create();
    task->fs = fs_context_create(&the_root, 022);
    assert_non_null(task->fds);
    assert_non_null(task->fs);
}

static void free_task(struct task *task)
{
    fd_table_unref(task, task->fds);
    fs_context_unref(task->fs);
}

/* A box with an empty tmpfs as its root; for cmocka's setup. */
static int start_kernel(void **state)
{
    struct superblock *sb;
    (void)state;
    the_process = (struct process){.pid = 100, .box = &the_box, .tasks = &the_task};
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        the_process.rlimit[i].cur = the_process.rlimit[i].max = RLIM_INFINITY;
    }
    the_process.rlimit[RLIMIT_NOFILE].cur = 64;
    the_box.arena = arena_create(16 << 20);
    assert_non_null(the_box.arena);
    assert_int_equal(vfs_create(&the_box), 0);
    assert_int_equal(file_system_register(the_box.vfs, &tmpfs_file_system), 0);
    struct tmpfs_limits limits = {.mode = 0755, .pages = 1024, .inodes = 500};
    assert_int_equal(tmpfs_create(&the_box, &limits, &sb), 0);
    assert_int_equal(vfs_mount_root(&the_box, sb, 0, "root", &the_root), 0);
    make_task(&the_task);
    last_signal = 0;
    while_waiting = NULL;
    return 0;
}

/* Everything must have been given back: the superblocks check their inodes, this the frames. */
static int stop_kernel(void **state)
{
    (void)state;
    free_task(&the_task);
    path_put(&the_root);
    vfs_destroy(&the_box);
    assert_int_equal(arena_used(the_box.arena), 0);
    arena_destroy(the_box.arena);
    memset(&the_box, 0, sizeof the_box);
    return 0;
}

#define KERNEL_TEST(test) cmocka_unit_test_setup_teardown(test, start_kernel, stop_kernel)

/* ---- short forms of calls ---- */

static int open_flags(const char *path, uint32_t flags, struct file **out)
{
    return vfs_open(&the_task, AT_FDCWD, path, flags, 0644, 0, out);
}

/* The errno of an open, 0 when it succeeds. */
static __attribute__((unused)) int try_open(const char *path, uint32_t flags)
{
    struct file *file;
    int error = open_flags(path, flags, &file);
    if (!error) {
        file_put(file);
    }
    return error;
}

static __attribute__((unused)) struct file *must_open(const char *path, uint32_t flags)
{
    struct file *file = NULL;
    assert_int_equal(open_flags(path, flags, &file), 0);
    return file;
}

static __attribute__((unused)) void make_file(const char *path)
{
    file_put(must_open(path, O_CREAT | O_WRONLY));
}

static __attribute__((unused)) ssize_t write_at(struct file *file, const void *data, size_t len,
                                                int64_t pos)
{
    struct iovec storage;
    struct uio uio;
    uio_host(&uio, &storage, (void *)(uintptr_t)data, len);
    return vfs_write(&the_task, file, &uio, &pos);
}

static __attribute__((unused)) ssize_t read_at(struct file *file, void *data, size_t len,
                                               int64_t pos)
{
    struct iovec storage;
    struct uio uio;
    uio_host(&uio, &storage, data, len);
    return vfs_read(&the_task, file, &uio, &pos);
}

static __attribute__((unused)) struct attributes attributes_of(const char *path)
{
    struct path at;
    struct attributes attr;
    assert_int_equal(vfs_walk(&the_task, AT_FDCWD, path, 0, &at), 0);
    assert_int_equal(vfs_getattr(&at, &attr), 0);
    path_put(&at);
    return attr;
}

static __attribute__((unused)) int exists(const char *path)
{
    struct path at;
    int error = vfs_walk(&the_task, AT_FDCWD, path, 0, &at);
    if (!error) {
        path_put(&at);
    }
    return error;
}

#endif
