/*
 * Sleeping and waking inside the sandbox kernel.
 *
 * A handler that must wait registers entries on one or more wait queues, calls task_wait, and looks
 * at its condition again in a loop. Everything here runs under the box's single P: between two
 * scheduling points (task_wait, task_yield, a forwarded blocking call) nobody else runs, so looking
 * at a condition and then registering cannot miss a wake-up.
 */
#ifndef SANDBOX_WAIT_H
#define SANDBOX_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct task;
struct wait_entry;

struct wait_queue {
    struct wait_entry *head, *tail;
};

/*
 * One sleeper's place on one queue. `wake` runs when the queue is woken, with the poll events
 * (POLLIN ...) that became true, 0 for any; the default (NULL) wakes the task. epoll uses its own.
 * False: nobody was woken by it, so the wake-up is still there for the next exclusive entry.
 */
struct wait_entry {
    struct task *task;
    struct wait_queue *queue; /* NULL: on no queue */
    struct wait_entry *prev, *next;
    bool (*wake)(struct wait_entry *entry, unsigned events);
    bool exclusive; /* one wake-up is for one of these */
    void *ctx;
};

void wait_add(struct wait_queue *queue, struct wait_entry *entry);
/* No effect when the entry is on no queue. */
void wait_remove(struct wait_entry *entry);
/*
 * Wakes every non-exclusive entry and one exclusive entry. Entries stay on the queue. True when
 * somebody was woken.
 */
bool wait_wake(struct wait_queue *queue, unsigned events);
void wait_wake_all(struct wait_queue *queue, unsigned events);
/* The queue is about to be freed: wakes all and takes their entries off it. */
void wait_abandon(struct wait_queue *queue);

/* What the gate does with a call that a signal interrupted; see signal(7), "Interruption". */
enum restart {
    RESTART_NEVER,     /* EINTR always */
    RESTART_SYS,       /* again if no handler ran or the handler has SA_RESTART */
    RESTART_NO_HANDLER /* again only if no handler ran, with the first deadline (poll, nanosleep) */
};

/* Absolute CLOCK_MONOTONIC nanoseconds of the box's clock; WAIT_FOREVER: no deadline. */
#define WAIT_FOREVER INT64_MAX

/*
 * Parks the calling task until task_wake, a deliverable signal or the deadline.
 * 0: woken (look at the condition again); -EINTR: a signal is pending (`restart` is noted for the
 * gate); -ETIMEDOUT. A fatal signal gives -EINTR too, and the gate ends the task.
 */
int task_wait(struct task *task, int64_t deadline, enum restart restart);
/* The same, but only a fatal signal interrupts (TASK_KILLABLE). */
int task_wait_killable(struct task *task);
/* Makes a parked task go on; without effect on a task that does not sleep in task_wait. */
void task_wake(struct task *task);

/*
 * A signal has become deliverable: ends the task's sleep (a killable one only if the signal is
 * fatal) or its interruptible host call, and makes it leave guest code soon.
 */
void task_interrupt(struct task *task);

/* One queue, one round: add, task_wait, remove. */
int wait_on(struct wait_queue *queue, struct task *task, int64_t deadline, enum restart restart);

/*
 * The deadline of a relative timeout of `ns` from now. On the restart of a call that had a deadline
 * (RESTART_NO_HANDLER) it is the first one, so that time asleep before a signal counts.
 */
int64_t task_deadline(struct task *task, int64_t ns);

#endif
