/*
 * Wait queues, poll_files and epoll sets together, over files whose events the test sets. The
 * runtime is a fake: parking calls the test back, which makes something happen.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <cmocka.h>

#include "sandbox/poll.h"
#include "sandbox/time.h"
#include "sandbox/vfs/epoll_set.h"

enum { FILES = 200 };
#define RECORDS ((gaddr_t)0x100000)

/* ---- the kernel around ---- */

static struct box box;
static struct process process = {.box = &box};
static struct task task = {.process = &process, .box = &box};
static int64_t now;
static bool interrupted;
static void (*while_parked)(void);

void rt_park(bool (*commit)(rt_g *g, void *arg), void *arg)
{
    (void)commit;
    (void)arg;
    assert_non_null(while_parked);
    while_parked();
    assert_false(task.sleeping);
}

void rt_ready(rt_g *g)
{
    (void)g;
}

bool rt_interrupt(rt_g *g)
{
    (void)g;
    return false;
}

int64_t clock_monotonic(struct box *clock_box)
{
    (void)clock_box;
    return now;
}

void ktimer_start(struct box *timer_box, struct ktimer *timer, int64_t when, int64_t interval)
{
    (void)timer_box;
    (void)interval;
    timer->when = when;
}

bool ktimer_stop(struct box *timer_box, struct ktimer *timer)
{
    (void)timer_box;
    timer->when = 0;
    return true;
}

void task_slice_begin(struct task *slice_task)
{
    (void)slice_task;
}

void task_slice_end(struct task *slice_task)
{
    (void)slice_task;
}

bool signal_pending(const struct task *signalled)
{
    (void)signalled;
    return interrupted;
}

bool signal_fatal_pending(const struct task *signalled)
{
    (void)signalled;
    return false;
}

int signal_copy_set(struct task *setter, gaddr_t set, uint64_t size, sigset64 *out)
{
    (void)setter;
    (void)set;
    (void)size;
    *out = 0;
    return 0;
}

void signal_set_mask(struct task *setter, sigset64 mask)
{
    setter->sigmask = mask;
}

void signal_set_temporary_mask(struct task *setter, sigset64 mask)
{
    setter->saved_sigmask = setter->sigmask;
    setter->restore_sigmask = true;
    setter->sigmask = mask;
}

int time_spec_ns(const struct time_spec *spec, int64_t *ns)
{
    *ns = spec->sec * NS_PER_SECOND + spec->nsec;
    return 0;
}

_Noreturn void kernel_bug(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    abort();
}

/* ---- files ---- */

struct test_file {
    struct file file;
    unsigned events;
    unsigned polls; /* how often it was asked */
};
static struct test_file files[FILES];

static unsigned test_poll(struct file *file, struct poll_table *table)
{
    struct test_file *test = (struct test_file *)file;

    test->polls++;
    poll_wait(table, &file->wait);
    return test->events;
}

static const struct file_ops test_ops = {.poll = test_poll};

unsigned vfs_poll(struct file *file, struct poll_table *table)
{
    return file->ops->poll(file, table);
}

int64_t noop_lseek(struct file *file, int64_t offset, int whence)
{
    (void)offset;
    (void)whence;
    return file->pos;
}

struct file *file_anonymous(struct box *owner, const char *name, const struct file_ops *ops,
                            void *private, uint32_t flags)
{
    struct file *file = calloc(1, sizeof *file);

    (void)owner;
    (void)name;
    assert_non_null(file);
    file->ops = ops;
    file->private = private;
    file->flags = flags;
    return file;
}

static void close_set(struct file *set)
{
    epoll_file_closed(set);
    set->ops->release(set);
    assert_null(set->wait.head);
    free(set);
}

static void happens(int i, unsigned events)
{
    files[i].events = events;
    wait_wake(&files[i].file.wait, events);
}

static unsigned all_polls(void)
{
    unsigned polls = 0;

    for (int i = 0; i < FILES; i++)
        polls += files[i].polls;
    return polls;
}

static int set_up(void **state)
{
    (void)state;
    box = (struct box){.arena = arena_create(64 << 20)};
    assert_non_null(box.arena);
    task.mm = mm_create(box.arena);
    assert_non_null(task.mm);
    assert_int_equal(mm_map(task.mm, RECORDS, PAGE_SIZE, VMA_READ | VMA_WRITE, NULL, 0, NULL), 0);
    for (int i = 0; i < FILES; i++)
        files[i] = (struct test_file){.file.ops = &test_ops};
    now = 1000;
    interrupted = false;
    while_parked = NULL;
    return 0;
}

/* Nothing may still hang on a file's queue or be counted. */
static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < FILES; i++) {
        assert_null(files[i].file.wait.head);
        assert_null(files[i].file.watchers);
    }
    assert_int_equal(box.epoll_items, 0);
    mm_unref(task.mm);
    arena_destroy(box.arena);
    return 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static struct file *make_set(void)
{
    struct file *set = epoll_file(&box);

    assert_non_null(set);
    return set;
}

static int add(struct file *set, struct file *file, int fd, uint32_t events)
{
    struct epoll_record record = {.events = events, .data = (uint64_t)fd};

    return epoll_add(epoll_of(set), file, fd, &record);
}

static int collect(struct file *set, struct epoll_record *records, int max)
{
    int count = epoll_collect(epoll_of(set), task.mm, RECORDS, max);

    memset(records, 0, (size_t)max * sizeof *records);
    if (count > 0)
        assert_int_equal(copyin(task.mm, records, RECORDS, (size_t)count * sizeof *records), 0);
    return count;
}

/* ---- wait queues ---- */

static bool refuse(struct wait_entry *entry, unsigned events)
{
    (void)events;
    ++*(int *)entry->ctx;
    return false;
}

static bool accept(struct wait_entry *entry, unsigned events)
{
    (void)events;
    ++*(int *)entry->ctx;
    return true;
}

static void a_wake_up_goes_to_one_exclusive_entry_that_uses_it(void **state)
{
    int calls[4] = {0};
    struct wait_queue queue = {0};
    struct wait_entry entries[4] = {
        {.wake = refuse, .exclusive = true, .ctx = &calls[0]},
        {.wake = accept, .exclusive = true, .ctx = &calls[1]},
        {.wake = accept, .exclusive = true, .ctx = &calls[2]},
        {.wake = accept, .ctx = &calls[3]},
    };

    (void)state;
    assert_false(wait_wake(&queue, POLLIN));
    for (int i = 0; i < 4; i++)
        wait_add(&queue, &entries[i]);
    assert_true(wait_wake(&queue, POLLIN));
    assert_int_equal(calls[0], 1);
    assert_int_equal(calls[1], 1);
    assert_int_equal(calls[2], 0);
    assert_int_equal(calls[3], 1);
    wait_wake_all(&queue, POLLIN);
    assert_int_equal(calls[2], 1);
    wait_abandon(&queue);
    assert_null(queue.head);
    assert_null(queue.tail);
    assert_int_equal(calls[2], 2);
    for (int i = 0; i < 4; i++)
        wait_remove(&entries[i]); /* no effect any more */
}

/* ---- poll_files ---- */

static struct poll_request requests[FILES];

static void make_requests(void)
{
    for (int i = 0; i < FILES; i++)
        requests[i] = (struct poll_request){.file = &files[i].file, .wanted = POLLIN | POLLHUP};
}

static void wrong_then_right_event(void)
{
    static int round;

    happens(150, round++ % 2 ? POLLIN | POLLOUT : POLLOUT);
}

static void poll_waits_until_a_wanted_event(void **state)
{
    (void)state;
    make_requests();
    while_parked = wrong_then_right_event;
    assert_int_equal(poll_files(&task, requests, FILES, WAIT_FOREVER), 1);
    assert_int_equal(requests[150].found, POLLIN);
    assert_int_equal(requests[149].found, 0);
}

static void poll_that_finds_something_hangs_on_no_further_queue(void **state)
{
    (void)state;
    make_requests();
    files[1].events = files[3].events = POLLIN;
    assert_int_equal(poll_files(&task, requests, FILES, WAIT_FOREVER), 2);
    assert_int_equal(all_polls(), FILES);
}

static void deadline_comes(void)
{
    now = 2000;
    task.wait_timer.fire(&task.wait_timer);
}

static void poll_ends_at_its_deadline(void **state)
{
    (void)state;
    make_requests();
    assert_int_equal(poll_files(&task, requests, FILES, 0), 0);
    while_parked = deadline_comes;
    assert_int_equal(poll_files(&task, requests, FILES, 2000), 0);
    assert_int_equal(poll_files(&task, NULL, 0, 3000), 0);
}

static void a_signal_ends_poll_unless_a_file_is_ready(void **state)
{
    (void)state;
    make_requests();
    interrupted = true;
    assert_int_equal(poll_files(&task, requests, FILES, WAIT_FOREVER), -EINTR);
    assert_int_equal(task.restart, RESTART_NO_HANDLER);
    files[7].events = POLLIN;
    assert_int_equal(poll_files(&task, requests, FILES, WAIT_FOREVER), 1);
}

static void a_mask_stays_until_its_signal_is_delivered(void **state)
{
    (void)state;
    task.sigmask = 5;
    assert_int_equal(call_mask_begin(&task, 0, 0), 0);
    assert_int_equal(task.sigmask, 5);
    assert_int_equal(call_mask_begin(&task, RECORDS, 8), 0);
    assert_int_equal(task.sigmask, 0);
    call_mask_end(&task, -EINTR);
    assert_int_equal(task.sigmask, 0);
    assert_true(task.restore_sigmask);
    call_mask_end(&task, 1);
    assert_int_equal(task.sigmask, 5);
    assert_false(task.restore_sigmask);
}

/* ---- sets ---- */

static void an_event_costs_the_same_in_a_large_set(void **state)
{
    struct epoll_record records[4];
    struct file *set = make_set();

    (void)state;
    for (int i = 0; i < FILES; i++)
        assert_int_equal(add(set, &files[i].file, i, EPOLLIN | EPOLLET), 0);
    assert_int_equal(all_polls(), FILES);
    happens(120, POLLIN);
    happens(121, POLLOUT);
    assert_int_equal(collect(set, records, 4), 1);
    assert_int_equal(records[0].data, 120);
    assert_int_equal(all_polls(), FILES + 1);
    assert_int_equal(collect(set, records, 4), 0);
    assert_int_equal(all_polls(), FILES + 1);
    close_set(set);
}

static void level_edge_and_one_shot(void **state)
{
    struct epoll_record records[4];
    struct file *set = make_set();

    (void)state;
    assert_int_equal(add(set, &files[0].file, 0, EPOLLIN), 0);
    assert_int_equal(add(set, &files[1].file, 1, EPOLLIN | EPOLLET), 0);
    assert_int_equal(add(set, &files[2].file, 2, EPOLLIN | EPOLLONESHOT), 0);
    for (int i = 0; i < 3; i++)
        happens(i, POLLIN);
    assert_int_equal(collect(set, records, 4), 3);
    for (int i = 1; i < 3; i++)
        happens(i, POLLIN);
    assert_int_equal(collect(set, records, 4), 2);
    assert_int_equal(records[0].data, 0);
    assert_int_equal(records[1].data, 1);
    files[0].events = 0;
    assert_int_equal(collect(set, records, 4), 0);
    close_set(set);
}

static void ready_files_take_turns(void **state)
{
    struct epoll_record records[2];
    struct file *set = make_set();
    int seen[5] = {0};

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(add(set, &files[i].file, i, EPOLLIN), 0);
        happens(i, POLLIN);
    }
    for (int round = 0; round < 5; round++) {
        assert_int_equal(collect(set, records, 2), 2);
        seen[records[0].data]++;
        seen[records[1].data]++;
    }
    for (int i = 0; i < 5; i++)
        assert_int_equal(seen[i], 2);
    close_set(set);
}

static void a_bad_address_loses_no_event(void **state)
{
    const gaddr_t end = RECORDS + PAGE_SIZE;
    struct epoll_record records[4];
    struct file *set = make_set();

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(add(set, &files[i].file, i, EPOLLIN | EPOLLET), 0);
        happens(i, POLLIN);
    }
    assert_int_equal(epoll_collect(epoll_of(set), task.mm, end, 4), -EFAULT);
    assert_int_equal(epoll_collect(epoll_of(set), task.mm, end - sizeof *records, 4), 1);
    assert_int_equal(collect(set, records, 4), 2);
    assert_int_equal(records[0].data, 1);
    assert_int_equal(records[1].data, 2);
    close_set(set);
}

static void numbers_and_descriptions_make_an_item(void **state)
{
    struct epoll_record record = {.events = EPOLLIN};
    struct file *set = make_set();
    struct epoll *epoll = epoll_of(set);

    (void)state;
    assert_int_equal(add(set, &files[0].file, 7, EPOLLIN), 0);
    assert_int_equal(add(set, &files[0].file, 7, EPOLLIN), -EEXIST);
    assert_int_equal(add(set, &files[0].file, 8, EPOLLIN), 0);
    assert_int_equal(add(set, &files[1].file, 7, EPOLLIN), 0);
    assert_int_equal(epoll_modify(epoll, &files[1].file, 8, &record), -ENOENT);
    assert_int_equal(epoll_delete(epoll, &files[1].file, 8), -ENOENT);
    assert_int_equal(epoll_delete(epoll, &files[0].file, 7), 0);
    assert_int_equal(epoll_modify(epoll, &files[1].file, 7, &record), 0);
    assert_int_equal(box.epoll_items, 2);
    epoll_file_closed(&files[0].file);
    assert_int_equal(box.epoll_items, 1);
    close_set(set);
}

static void the_box_bounds_its_items(void **state)
{
    struct file *set = make_set();
    int fd = 0, error;

    (void)state;
    do
        error = add(set, &files[0].file, fd++, EPOLLIN);
    while (error == 0);
    assert_int_equal(error, -ENOSPC);
    assert_int_equal(box.epoll_items, epoll_max_items(&box));
    close_set(set);
}

static void sets_nest_four_times_and_never_in_a_ring(void **state)
{
    struct epoll_record records[1];
    struct file *sets[6];

    (void)state;
    for (int i = 0; i < 6; i++)
        sets[i] = make_set();
    assert_int_equal(add(sets[0], &files[0].file, 0, EPOLLIN), 0);
    for (int i = 1; i < 5; i++)
        assert_int_equal(add(sets[i], sets[i - 1], i, EPOLLIN), 0);
    assert_int_equal(add(sets[5], sets[4], 5, EPOLLIN), -ELOOP);
    assert_int_equal(add(sets[0], sets[4], 4, EPOLLIN), -ELOOP);
    assert_int_equal(add(sets[0], sets[1], 4, EPOLLIN), -ELOOP);
    assert_int_equal(add(sets[5], sets[1], 5, EPOLLIN), 0);
    happens(0, POLLIN);
    for (int i = 0; i < 6; i++)
        assert_int_equal(collect(sets[i], records, 1), 1);
    for (int i = 0; i < 6; i++)
        close_set(sets[i]);
}

/* Each of two sets has a task that sleeps in epoll_wait: one event wakes one of them. */
static void an_exclusive_event_wakes_one_sleeper(void **state)
{
    struct file *sets[3];
    struct task sleepers[3] = {{.sleeping = false}, {.sleeping = true}, {.sleeping = true}};
    struct wait_entry entries[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        sets[i] = make_set();
        assert_int_equal(add(sets[i], &files[0].file, 0, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE), 0);
        entries[i] = (struct wait_entry){.task = &sleepers[i], .exclusive = true};
        wait_add(&epoll_of(sets[i])->waiters, &entries[i]);
    }
    happens(0, POLLIN);
    assert_true(sleepers[1].woken);
    assert_false(sleepers[2].woken);
    happens(0, POLLIN);
    assert_true(sleepers[2].woken);
    for (int i = 0; i < 3; i++) {
        wait_remove(&entries[i]);
        close_set(sets[i]);
    }
}

static void event_comes(void)
{
    happens(3, POLLIN);
}

static void a_sleeper_is_woken_by_an_event(void **state)
{
    struct epoll_record records[1];
    struct file *set = make_set();

    (void)state;
    assert_int_equal(add(set, &files[3].file, 3, EPOLLIN), 0);
    while_parked = event_comes;
    assert_int_equal(epoll_sleep(epoll_of(set), &task, WAIT_FOREVER), 0);
    assert_int_equal(collect(set, records, 1), 1);
    interrupted = true;
    assert_int_equal(epoll_sleep(epoll_of(set), &task, WAIT_FOREVER), -EINTR);
    assert_int_equal(task.restart, RESTART_NEVER);
    close_set(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_wake_up_goes_to_one_exclusive_entry_that_uses_it),
        TEST(poll_waits_until_a_wanted_event),
        TEST(poll_that_finds_something_hangs_on_no_further_queue),
        TEST(poll_ends_at_its_deadline),
        TEST(a_signal_ends_poll_unless_a_file_is_ready),
        TEST(a_mask_stays_until_its_signal_is_delivered),
        TEST(an_event_costs_the_same_in_a_large_set),
        TEST(level_edge_and_one_shot),
        TEST(ready_files_take_turns),
        TEST(a_bad_address_loses_no_event),
        TEST(numbers_and_descriptions_make_an_item),
        TEST(the_box_bounds_its_items),
        TEST(sets_nest_four_times_and_never_in_a_ring),
        TEST(an_exclusive_event_wakes_one_sleeper),
        TEST(a_sleeper_is_woken_by_an_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
