/*
 * Wait queues and sleeping: see wait.h. A sleeping task is a parked G; whoever ends the sleep (a
 * queue, a signal, the deadline) clears task->sleeping and readies it, so that it is readied once.
 */
#include "sandbox/wait.h"

#include <errno.h>

#include "sandbox/kernel.h"

void wait_add(struct wait_queue *queue, struct wait_entry *entry)
{
    entry->queue = queue;
    entry->next = NULL;
    entry->prev = queue->tail;
    if (queue->tail)
        queue->tail->next = entry;
    else
        queue->head = entry;
    queue->tail = entry;
}

void wait_remove(struct wait_entry *entry)
{
    struct wait_queue *queue = entry->queue;

    if (!queue)
        return;
    if (entry->prev)
        entry->prev->next = entry->next;
    else
        queue->head = entry->next;
    if (entry->next)
        entry->next->prev = entry->prev;
    else
        queue->tail = entry->prev;
    entry->queue = NULL;
    entry->prev = entry->next = NULL;
}

static bool wake_entry(struct wait_entry *entry, unsigned events)
{
    bool sleeping;

    if (entry->wake)
        return entry->wake(entry, events);
    sleeping = entry->task->sleeping;
    task_wake(entry->task);
    return sleeping;
}

static bool wake_queue(struct wait_queue *queue, unsigned events, bool all)
{
    struct wait_entry *next;
    bool woken = false, exclusive_done = false;

    for (struct wait_entry *entry = queue->head; entry; entry = next) {
        next = entry->next;
        if (entry->exclusive && exclusive_done && !all)
            continue;
        if (wake_entry(entry, events)) {
            woken = true;
            exclusive_done |= entry->exclusive;
        }
    }
    return woken;
}

bool wait_wake(struct wait_queue *queue, unsigned events)
{
    return wake_queue(queue, events, false);
}

void wait_wake_all(struct wait_queue *queue, unsigned events)
{
    wake_queue(queue, events, true);
}

void wait_abandon(struct wait_queue *queue)
{
    wait_wake_all(queue, 0);
    while (queue->head)
        wait_remove(queue->head);
}

static void end_sleep(struct task *task)
{
    task->sleeping = false;
    rt_ready(task->g);
}

static void deadline_passed(struct ktimer *timer)
{
    struct task *task = timer->ctx;

    if (!task->sleeping)
        return;
    task->timed_out = true;
    end_sleep(task);
}

void task_wake(struct task *task)
{
    if (!task->sleeping)
        return;
    task->woken = true;
    end_sleep(task);
}

void task_interrupt(struct task *task)
{
    if (task->sleeping && (!task->killable_only || signal_fatal_pending(task)))
        end_sleep(task);
    else if (task->interruptible_host)
        rt_interrupt(task->g);
}

static bool must_not_sleep(const struct task *task)
{
    return task->killable_only ? signal_fatal_pending(task) : signal_pending(task);
}

static int sleep_until(struct task *task, int64_t deadline, enum restart restart)
{
    CHECK(!task->in_hook);
    if (must_not_sleep(task)) {
        task->restart = restart;
        return -EINTR;
    }
    if (deadline != WAIT_FOREVER && deadline <= clock_monotonic(task->box))
        return -ETIMEDOUT;
    task->sleeping = true;
    task->woken = task->timed_out = false;
    if (deadline != WAIT_FOREVER) {
        task->wait_timer.fire = deadline_passed;
        task->wait_timer.ctx = task;
        ktimer_start(task->box, &task->wait_timer, deadline, 0);
    }
    task_slice_end(task);
    task->voluntary_switches++;
    rt_park(NULL, NULL);
    task_slice_begin(task);
    ktimer_stop(task->box, &task->wait_timer);
    if (task->woken)
        return 0;
    if (task->timed_out)
        return -ETIMEDOUT;
    task->restart = restart;
    return -EINTR;
}

int task_wait(struct task *task, int64_t deadline, enum restart restart)
{
    if (deadline != WAIT_FOREVER)
        task->restart_deadline = deadline;
    return sleep_until(task, deadline, restart);
}

int task_wait_killable(struct task *task)
{
    int error;

    task->killable_only = true;
    error = sleep_until(task, WAIT_FOREVER, RESTART_NEVER);
    task->killable_only = false;
    return error;
}

int wait_on(struct wait_queue *queue, struct task *task, int64_t deadline, enum restart restart)
{
    struct wait_entry entry = {.task = task};
    int error;

    wait_add(queue, &entry);
    error = task_wait(task, deadline, restart);
    wait_remove(&entry);
    return error;
}

int64_t task_deadline(struct task *task, int64_t ns)
{
    int64_t now = clock_monotonic(task->box), deadline;

    if (task->restarting)
        return task->restart_deadline;
    if (ns < 0)
        ns = 0;
    if (__builtin_add_overflow(now, ns, &deadline))
        deadline = WAIT_FOREVER;
    return deadline;
}
