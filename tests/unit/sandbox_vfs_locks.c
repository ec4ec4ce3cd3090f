/* flock, POSIX and open-file-description locks: ranges, conflicts, waiting, deadlock, release. */
#include "fake_kernel.h"

#include <sys/file.h>
#include <unistd.h>

#include "sandbox/vfs/locks.h"

static struct task other_task;
static struct file *one, *two;

static int start(void **state)
{
    start_kernel(state);
    make_task(&other_task);
    one = must_open("f", O_CREAT | O_RDWR);
    two = must_open("f", O_RDWR);
    return 0;
}

static int stop(void **state)
{
    locks_release_owner(one, the_task.fds);
    locks_release_owner(one, other_task.fds);
    file_put(one);
    file_put(two);
    free_task(&other_task);
    return stop_kernel(state);
}

static int lock(struct task *task, struct file *file, int type, int64_t from, int64_t len)
{
    struct flock flock = {
        .l_type = (short)type, .l_whence = SEEK_SET, .l_start = from, .l_len = len};
    return record_lock_apply(task, file, &flock, false, while_waiting != NULL);
}

/* The lock in the way of writing [from, from + len): "TYPE START LEN" or "free". */
static const char *in_the_way(struct task *task, struct file *file, int64_t from, int64_t len)
{
    static char text[64];
    struct flock flock = {.l_type = F_WRLCK, .l_start = from, .l_len = len};
    assert_int_equal(record_lock_test(task, file, &flock, false), 0);
    if (flock.l_type == F_UNLCK) {
        return "free";
    }
    snprintf(text, sizeof text, "%s %ld %ld", flock.l_type == F_RDLCK ? "read" : "write",
             (long)flock.l_start, (long)flock.l_len);
    return text;
}

static void ranges_split_and_join(void **state)
{
    (void)state;
    assert_int_equal(lock(&the_task, one, F_WRLCK, 0, 100), 0);
    assert_string_equal(in_the_way(&other_task, two, 50, 1), "write 0 100");
    assert_int_equal(lock(&the_task, one, F_UNLCK, 40, 20), 0);
    assert_string_equal(in_the_way(&other_task, two, 0, 0), "write 0 40");
    assert_string_equal(in_the_way(&other_task, two, 40, 20), "free");
    assert_string_equal(in_the_way(&other_task, two, 40, 21), "write 60 40");
    assert_int_equal(lock(&the_task, one, F_RDLCK, 10, 10), 0);
    assert_string_equal(in_the_way(&other_task, two, 10, 1), "read 10 10");
    assert_string_equal(in_the_way(&other_task, two, 20, 1), "write 20 20");
    assert_int_equal(lock(&the_task, one, F_WRLCK, 10, 50), 0);
    assert_string_equal(in_the_way(&other_task, two, 99, 1), "write 0 100");
    assert_int_equal(lock(&the_task, one, F_WRLCK, 100, 0), 0);
    assert_string_equal(in_the_way(&other_task, two, INT64_MAX, 0), "write 0 0");
    assert_int_equal(lock(&the_task, one, F_UNLCK, 0, 0), 0);
    assert_null(one->inode->locks);
    assert_int_equal(lock(&the_task, one, F_RDLCK, -1, 0), -EINVAL);
    assert_int_equal(lock(&the_task, one, F_RDLCK, INT64_MAX, 2), -EOVERFLOW);
    assert_int_equal(lock(&the_task, one, F_RDLCK, 5, -6), -EINVAL);
    assert_int_equal(lock(&the_task, one, F_RDLCK, 5, -5), 0);
    assert_string_equal(in_the_way(&other_task, two, 0, 0), "read 0 5");
    assert_int_equal(lock(&the_task, one, 7, 0, 0), -EINVAL);
}

static void holders_exclude_each_other(void **state)
{
    (void)state;
    assert_int_equal(lock(&the_task, one, F_RDLCK, 0, 0), 0);
    assert_int_equal(lock(&other_task, two, F_RDLCK, 0, 0), 0);
    assert_int_equal(lock(&the_task, one, F_WRLCK, 0, 1), -EAGAIN);
    assert_int_equal(lock(&other_task, two, F_UNLCK, 0, 0), 0);
    assert_int_equal(lock(&the_task, two, F_WRLCK, 0, 1), 0); /* by process, not by file */
    struct flock ofd = {.l_type = F_RDLCK};
    assert_int_equal(record_lock_apply(&the_task, two, &ofd, true, false), -EAGAIN);
    assert_int_equal(flock_apply(&the_task, two, LOCK_EX, false), 0); /* another world */
    assert_int_equal(flock_apply(&the_task, one, LOCK_SH, false), -EAGAIN);
    locks_release_owner(two, the_task.fds);
    assert_int_equal(record_lock_apply(&the_task, two, &ofd, true, false), 0);
    assert_int_equal(lock(&the_task, one, F_WRLCK, 0, 1), -EAGAIN);
    ofd.l_pid = 1;
    assert_int_equal(record_lock_apply(&the_task, two, &ofd, true, false), -EINVAL);
    file_put(two);
    assert_int_equal(lock(&the_task, one, F_WRLCK, 0, 1), 0);
    assert_int_equal(flock_apply(&the_task, one, LOCK_SH, false), 0);
    two = must_open("f", O_RDONLY);
    assert_int_equal(lock(&the_task, two, F_WRLCK, 0, 1), -EBADF);
}

static int rounds;

static int release_in_second_round(struct task *task)
{
    (void)task;
    if (++rounds == 2) {
        locks_release_owner(one, the_task.fds);
    }
    return 0;
}

static int interrupt(struct task *task)
{
    (void)task;
    return -EINTR;
}

/* While other_task sleeps for the_task's lock, the_task wants one of other_task's. */
static int close_the_circle(struct task *task)
{
    assert_ptr_equal(task, &other_task);
    assert_int_equal(lock(&the_task, one, F_WRLCK, 10, 1), -EDEADLK);
    return -EINTR;
}

static void waiters_wait(void **state)
{
    (void)state;
    assert_int_equal(lock(&the_task, one, F_WRLCK, 0, 1), 0);
    rounds = 0;
    while_waiting = release_in_second_round;
    assert_int_equal(lock(&other_task, two, F_WRLCK, 0, 1), 0);
    assert_int_equal(rounds, 2);
    while_waiting = interrupt;
    assert_int_equal(lock(&the_task, one, F_WRLCK, 0, 1), -EINTR);
    while_waiting = NULL;
    assert_int_equal(lock(&other_task, two, F_UNLCK, 0, 0), 0);
    assert_int_equal(lock(&the_task, one, F_WRLCK, 0, 1), 0);
    assert_int_equal(lock(&other_task, two, F_WRLCK, 10, 1), 0);
    while_waiting = close_the_circle;
    assert_int_equal(lock(&other_task, two, F_WRLCK, 0, 1), -EINTR);
}

static void closing_any_descriptor_releases(void **state)
{
    (void)state;
    assert_int_equal(fd_install(&the_task, file_get(one), 0, false), 0);
    assert_int_equal(fd_install(&the_task, file_get(two), 0, false), 1);
    assert_int_equal(lock(&the_task, one, F_WRLCK, 0, 0), 0);
    assert_string_equal(in_the_way(&other_task, two, 0, 0), "write 0 0");
    assert_int_equal(fd_close(&the_task, 1), 0);
    assert_string_equal(in_the_way(&other_task, two, 0, 0), "free");
}

static void descriptors_are_the_lowest(void **state)
{
    (void)state;
    for (int fd = 0; fd < 64; fd++) {
        assert_int_equal(fd_install(&the_task, file_get(one), 0, fd & 1), fd);
    }
    assert_int_equal(fd_install(&the_task, file_get(one), 0, false), -EMFILE);
    assert_int_equal(fd_close(&the_task, 40), 0);
    assert_int_equal(fd_close(&the_task, 7), 0);
    assert_int_equal(fd_close(&the_task, 7), -EBADF);
    assert_int_equal(fd_install(&the_task, file_get(one), 20, false), 40);
    assert_int_equal(fd_install(&the_task, file_get(one), 0, false), 7);
    assert_int_equal(fd_install(&the_task, file_get(one), 0, false), -EMFILE);
    assert_int_equal(fd_replace(&the_task, file_get(two), 64, false), -EBADF);
    assert_int_equal(fd_replace(&the_task, file_get(two), 5, false), 5);
    assert_null(fd_get(&the_task, 64));
    assert_null(fd_get(&the_task, -1));
    fd_table_close_on_exec(&the_task);
    assert_int_equal(fd_get_cloexec(&the_task, 9), -EBADF);
    assert_int_equal(fd_get_cloexec(&the_task, 5), 0);
    fd_close_range(&the_task, 10, UINT32_MAX, false);
    assert_int_equal(fd_install(&the_task, file_get(one), 10, false), 10);
    assert_int_equal(fd_install(&the_task, file_get(one), 0, false), 1);
}

#define LOCK_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCK_TEST(ranges_split_and_join),
        LOCK_TEST(holders_exclude_each_other),
        LOCK_TEST(waiters_wait),
        LOCK_TEST(closing_any_descriptor_releases),
        LOCK_TEST(descriptors_are_the_lowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
