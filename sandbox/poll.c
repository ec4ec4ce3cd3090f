/*
 * Waiting for several files: see poll.h. A waiting task hangs one entry on each queue that a file
 * names; any of them wakes it, and it asks all the files again.
 */
#include "sandbox/poll.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "sandbox/time.h"

void poll_wait(struct poll_table *table, struct wait_queue *queue)
{
    if (table && table->add)
        table->add(table, queue);
}

/* ---- the table of a waiting task ---- */

enum { ENTRIES_INLINE = 8, ENTRIES_IN_BLOCK = 62 };

struct entry_block {
    struct entry_block *next;
    struct wait_entry entry[ENTRIES_IN_BLOCK];
};

struct poll_waiter {
    struct poll_table table;
    struct task *task;
    bool no_memory;
    unsigned inline_used, block_used;
    struct wait_entry entry[ENTRIES_INLINE];
    struct entry_block *blocks; /* the one that is being filled first */
};

static struct wait_entry *next_entry(struct poll_waiter *waiter)
{
    struct entry_block *block = waiter->blocks;

    if (waiter->inline_used < ENTRIES_INLINE)
        return &waiter->entry[waiter->inline_used++];
    if (!block || waiter->block_used == ENTRIES_IN_BLOCK) {
        block = malloc(sizeof *block);
        if (!block)
            return NULL;
        block->next = waiter->blocks;
        waiter->blocks = block;
        waiter->block_used = 0;
    }
    return &block->entry[waiter->block_used++];
}

static void add_to_queue(struct poll_table *table, struct wait_queue *queue)
{
    struct poll_waiter *waiter = (struct poll_waiter *)table;
    struct wait_entry *entry = next_entry(waiter);

    if (!entry) {
        waiter->no_memory = true;
        return;
    }
    *entry = (struct wait_entry){.task = waiter->task};
    wait_add(queue, entry);
}

static void waiter_release(struct poll_waiter *waiter)
{
    struct entry_block *next;
    unsigned used = waiter->block_used;

    for (unsigned i = 0; i < waiter->inline_used; i++)
        wait_remove(&waiter->entry[i]);
    for (struct entry_block *block = waiter->blocks; block; block = next) {
        next = block->next;
        for (unsigned i = 0; i < used; i++)
            wait_remove(&block->entry[i]);
        used = ENTRIES_IN_BLOCK;
        free(block);
    }
}

/* Asks all files once; hangs entries on their queues as long as nothing has been found. */
static int ask_files(struct poll_request *requests, size_t count, struct poll_table *table)
{
    int ready = 0;

    for (size_t i = 0; i < count; i++) {
        struct poll_request *request = &requests[i];

        if (request->file)
            request->found = vfs_poll(request->file, table) & request->wanted;
        if (request->found) {
            ready++;
            table = NULL;
        }
    }
    return ready;
}

int poll_files(struct task *task, struct poll_request *requests, size_t count, int64_t deadline)
{
    struct poll_waiter waiter = {.table.add = add_to_queue, .task = task};
    int ready, error;

    ready = ask_files(requests, count, &waiter.table);
    while (ready == 0) {
        error = waiter.no_memory ? -ENOMEM : task_wait(task, deadline, RESTART_NO_HANDLER);
        if (error && error != -ETIMEDOUT) {
            ready = error;
            break;
        }
        ready = ask_files(requests, count, NULL);
        if (error)
            break;
    }
    waiter_release(&waiter);
    return ready;
}

/* ---- timeouts ---- */

static int set_timeout(struct task *task, const struct time_spec *time, gaddr_t report,
                       struct call_timeout *timeout)
{
    int64_t ns;
    int error = time_spec_ns(time, &ns);

    if (error)
        return error;
    *timeout = (struct call_timeout){0};
    if (ns == 0)
        return 0;
    timeout->deadline = task_deadline(task, ns);
    timeout->report = report;
    return 0;
}

int call_timeout_timespec(struct task *task, gaddr_t addr, struct call_timeout *timeout)
{
    struct time_spec time;

    *timeout = (struct call_timeout){.deadline = WAIT_FOREVER};
    if (!addr)
        return 0;
    if (copyin(task->mm, &time, addr, sizeof time) != 0)
        return -EFAULT;
    return set_timeout(task, &time, addr, timeout);
}

int call_timeout_timeval(struct task *task, gaddr_t addr, struct call_timeout *timeout)
{
    struct time_val time;
    struct time_spec normal;

    *timeout = (struct call_timeout){.deadline = WAIT_FOREVER};
    if (!addr)
        return 0;
    if (copyin(task->mm, &time, addr, sizeof time) != 0)
        return -EFAULT;
    if (__builtin_add_overflow(time.sec, time.usec / 1000000, &normal.sec))
        return -EINVAL;
    normal.nsec = time.usec % 1000000 * 1000;
    return set_timeout(task, &normal, addr, timeout);
}

int64_t call_deadline_ms(struct task *task, int milliseconds)
{
    if (milliseconds < 0)
        return WAIT_FOREVER;
    return milliseconds ? task_deadline(task, milliseconds * 1000000ll) : 0;
}

/* ---- masks ---- */

int call_mask_begin(struct task *task, gaddr_t set, uint64_t size)
{
    sigset64 mask;
    int error;

    if (!set)
        return 0;
    error = signal_copy_set(task, set, size, &mask);
    if (error == 0)
        signal_set_temporary_mask(task, mask);
    return error;
}

void call_mask_end(struct task *task, long result)
{
    if (!task->restore_sigmask || result == -EINTR)
        return;
    task->restore_sigmask = false;
    signal_set_mask(task, task->saved_sigmask);
}
