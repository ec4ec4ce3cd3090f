/*
 * Sets of epoll(7). An item (one file under one number) hangs a hook on each wait queue of its
 * file; a wake-up of a queue puts the item on the set's ready list and wakes one task in
 * epoll_wait, so that the cost of an event does not depend on the size of the set. What is really
 * true is asked when the list is read.
 *
 * Items do not hold their file: the set forgets it when it is closed (epoll_file_closed). A set
 * that is watched itself passes wake-ups on; epoll_nest.c keeps such chains short and without
 * cycles.
 */
#include "sandbox/vfs/epoll_set.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sysmacros.h>

#include "sandbox/vfs/poll.h"
#include "sandbox/vfs/super.h"

/* How an item is told, not what it waits for. An item without other bits is switched off. */
#define HOW_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

struct item_hook {
    struct wait_entry entry; /* ctx: the item */
    struct item_hook *next;
};

static const struct file_ops epoll_ops;

struct epoll *epoll_of(const struct file *file)
{
    return file->ops == &epoll_ops ? file->private : NULL;
}

unsigned epoll_max_items(struct box *box)
{
    /* As Linux: a twenty-fifth of the memory. */
    return (unsigned)(arena_bytes(box->arena) / 25 /
                      (sizeof(struct epoll_item) + sizeof(struct item_hook)));
}

/* ---- the table of items: by number, then by description ---- */

static struct epoll_item **item_slot(struct epoll *epoll, const struct file *file, int fd)
{
    struct epoll_item **link = &epoll->bucket[(unsigned)fd & (epoll->buckets - 1)];

    while (*link && ((*link)->fd != fd || (*link)->file != file))
        link = &(*link)->hash_next;
    return link;
}

static struct epoll_item *item_find(struct epoll *epoll, const struct file *file, int fd)
{
    return epoll->buckets ? *item_slot(epoll, file, fd) : NULL;
}

static int table_grow(struct epoll *epoll)
{
    unsigned buckets = epoll->buckets ? 2 * epoll->buckets : 8;
    struct epoll_item **old = epoll->bucket, *next;
    unsigned old_buckets = epoll->buckets;

    epoll->bucket = calloc(buckets, sizeof(struct epoll_item *));
    if (!epoll->bucket) {
        epoll->bucket = old;
        return -ENOMEM;
    }
    epoll->buckets = buckets;
    for (unsigned i = 0; i < old_buckets; i++) {
        for (struct epoll_item *item = old[i]; item; item = next) {
            next = item->hash_next;
            item->hash_next = NULL;
            *item_slot(epoll, item->file, item->fd) = item;
        }
    }
    free(old);
    return 0;
}

/* ---- the ready list ---- */

static void ready_append(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;

    if (item->ready)
        return;
    item->ready = true;
    item->ready_next = NULL;
    item->ready_prev = epoll->ready_last;
    if (epoll->ready_last)
        epoll->ready_last->ready_next = item;
    else
        epoll->ready_first = item;
    epoll->ready_last = item;
    epoll->ready_count++;
}

static void ready_prepend(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;

    item->ready = true;
    item->ready_prev = NULL;
    item->ready_next = epoll->ready_first;
    if (epoll->ready_first)
        epoll->ready_first->ready_prev = item;
    else
        epoll->ready_last = item;
    epoll->ready_first = item;
    epoll->ready_count++;
}

static void ready_remove(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;

    if (!item->ready)
        return;
    item->ready = false;
    if (item->ready_prev)
        item->ready_prev->ready_next = item->ready_next;
    else
        epoll->ready_first = item->ready_next;
    if (item->ready_next)
        item->ready_next->ready_prev = item->ready_prev;
    else
        epoll->ready_last = item->ready_prev;
    epoll->ready_count--;
}

/* Tells one task in epoll_wait, and those who watch the set. True when somebody was woken. */
static bool tell(struct epoll *epoll)
{
    bool woken = wait_wake(&epoll->waiters, POLLIN);

    return wait_wake(&epoll->file->wait, POLLIN | POLLRDNORM) || woken;
}

static unsigned item_poll(const struct epoll_item *item)
{
    return vfs_poll(item->file, NULL) & item->events;
}

/* ---- hooks ---- */

/* An exclusive item uses a wake-up up when it told somebody of just what he asked for. */
static bool uses_wake_up(const struct epoll_item *item, unsigned events)
{
    switch (events & (POLLIN | POLLOUT)) {
    case POLLIN:
        return item->events & EPOLLIN;
    case POLLOUT:
        return item->events & EPOLLOUT;
    default:
        return !(events & (POLLIN | POLLOUT));
    }
}

static bool hook_woken(struct wait_entry *entry, unsigned events)
{
    struct epoll_item *item = entry->ctx;
    bool woken;

    if (!(item->events & ~HOW_BITS))
        return false;
    if (events & POLLIN)
        events |= POLLRDNORM;
    if (events & POLLOUT)
        events |= POLLWRNORM;
    if (events && !(events & item->events))
        return false;
    ready_append(item);
    woken = tell(item->epoll);
    return item->events & EPOLLEXCLUSIVE ? woken && uses_wake_up(item, events) : woken;
}

struct hook_table {
    struct poll_table table;
    struct epoll_item *item;
    bool no_memory;
};

static void hook_add(struct poll_table *table, struct wait_queue *queue)
{
    struct hook_table *hooks = (struct hook_table *)table;
    struct item_hook *hook = calloc(1, sizeof *hook);

    if (!hook) {
        hooks->no_memory = true;
        return;
    }
    hook->entry.wake = hook_woken;
    hook->entry.ctx = hooks->item;
    hook->entry.exclusive = hooks->item->events & EPOLLEXCLUSIVE;
    hook->next = hooks->item->hooks;
    hooks->item->hooks = hook;
    wait_add(queue, &hook->entry);
}

/* ---- items ---- */

static struct epoll_item *item_create(struct epoll *epoll, struct file *file, int fd)
{
    struct epoll_item *item = calloc(1, sizeof *item);

    if (!item)
        return NULL;
    item->epoll = epoll;
    item->file = file;
    item->fd = fd;
    *item_slot(epoll, file, fd) = item;
    epoll->count++;
    epoll->box->epoll_items++;
    item->watch_next = file->watchers;
    if (file->watchers)
        file->watchers->watch_prev = item;
    file->watchers = item;
    return item;
}

/* slot: where the table points to the item. */
static void item_destroy(struct epoll_item **slot)
{
    struct epoll_item *item = *slot;
    struct epoll *epoll = item->epoll;
    struct item_hook *next;

    *slot = item->hash_next;
    epoll->count--;
    epoll->box->epoll_items--;
    ready_remove(item);
    if (item->watch_prev)
        item->watch_prev->watch_next = item->watch_next;
    else
        item->file->watchers = item->watch_next;
    if (item->watch_next)
        item->watch_next->watch_prev = item->watch_prev;
    for (struct item_hook *hook = item->hooks; hook; hook = next) {
        next = hook->next;
        wait_remove(&hook->entry);
        free(hook);
    }
    free(item);
}

void epoll_file_closed(struct file *file)
{
    while (file->watchers)
        item_destroy(item_slot(file->watchers->epoll, file, file->watchers->fd));
}

static void set_wanted(struct epoll_item *item, const struct epoll_record *record)
{
    item->events = record->events | EPOLLERR | EPOLLHUP;
    item->data = record->data;
}

static void look_now(struct epoll_item *item, unsigned true_events)
{
    if (!(true_events & item->events) || item->ready)
        return;
    ready_append(item);
    tell(item->epoll);
}

int epoll_add(struct epoll *epoll, struct file *file, int fd, const struct epoll_record *record)
{
    const uint32_t exclusive_ok =
        EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
    struct hook_table hooks = {.table.add = hook_add};
    unsigned true_events;
    int error;

    if ((record->events & EPOLLEXCLUSIVE) && (epoll_of(file) || (record->events & ~exclusive_ok)))
        return -EINVAL;
    if (epoll_of(file) && !epoll_may_nest(epoll, epoll_of(file)))
        return -ELOOP;
    if (item_find(epoll, file, fd))
        return -EEXIST;
    if (epoll->box->epoll_items >= epoll_max_items(epoll->box))
        return -ENOSPC;
    error = epoll->count >= epoll->buckets ? table_grow(epoll) : 0;
    if (error)
        return error;
    hooks.item = item_create(epoll, file, fd);
    if (!hooks.item)
        return -ENOMEM;
    set_wanted(hooks.item, record);
    error = epoll_check_paths(hooks.item);
    if (error == 0) {
        true_events = vfs_poll(file, &hooks.table);
        error = hooks.no_memory ? -ENOMEM : 0;
    }
    if (error) {
        item_destroy(item_slot(epoll, file, fd));
        return error;
    }
    look_now(hooks.item, true_events);
    return 0;
}

int epoll_modify(struct epoll *epoll, struct file *file, int fd, const struct epoll_record *record)
{
    struct epoll_item *item = item_find(epoll, file, fd);

    if (record->events & EPOLLEXCLUSIVE)
        return -EINVAL;
    if (!item)
        return -ENOENT;
    if (item->events & EPOLLEXCLUSIVE)
        return -EINVAL;
    set_wanted(item, record);
    look_now(item, vfs_poll(file, NULL));
    return 0;
}

int epoll_delete(struct epoll *epoll, struct file *file, int fd)
{
    if (!item_find(epoll, file, fd))
        return -ENOENT;
    item_destroy(item_slot(epoll, file, fd));
    return 0;
}

/* ---- waiting ---- */

/*
 * Level-triggered items that were true go to the end of the list, so that all get their turn when
 * there is room for less than all.
 */
int epoll_collect(struct epoll *epoll, struct mm *mm, gaddr_t records, int max)
{
    unsigned left = epoll->ready_count;
    int count = 0;

    for (; left > 0 && count < max; left--) {
        struct epoll_item *item = epoll->ready_first;
        struct epoll_record record = {.data = item->data};

        ready_remove(item);
        record.events = item_poll(item);
        if (!record.events)
            continue;
        if (copyout(mm, records + (gaddr_t)count * sizeof record, &record, sizeof record) != 0) {
            ready_prepend(item);
            if (count == 0)
                count = -EFAULT;
            break;
        }
        count++;
        if (item->events & EPOLLONESHOT)
            item->events &= HOW_BITS;
        else if (!(item->events & EPOLLET))
            ready_append(item);
    }
    if (epoll->ready_count > 0)
        wait_wake(&epoll->waiters, POLLIN); /* another task may take the rest */
    return count;
}

int epoll_sleep(struct epoll *epoll, struct task *task, int64_t deadline)
{
    struct wait_entry entry = {.task = task, .exclusive = true};
    int error;

    wait_add(&epoll->waiters, &entry);
    error = task_wait(task, deadline, RESTART_NEVER);
    wait_remove(&entry);
    return error;
}

/* ---- the set as a file ---- */

static unsigned epoll_poll(struct file *file, struct poll_table *table)
{
    struct epoll *epoll = file->private;

    poll_wait(table, &file->wait);
    while (epoll->ready_first) {
        if (item_poll(epoll->ready_first))
            return POLLIN | POLLRDNORM;
        ready_remove(epoll->ready_first);
    }
    return 0;
}

static void epoll_release(struct file *file)
{
    struct epoll *epoll = file->private;

    for (unsigned i = 0; i < epoll->buckets; i++) {
        while (epoll->bucket[i])
            item_destroy(&epoll->bucket[i]);
    }
    free(epoll->bucket);
    free(epoll);
}

static size_t epoll_fdinfo(struct file *file, char *buf, size_t size)
{
    const struct epoll *epoll = file->private;
    size_t used = 0;

    for (unsigned i = 0; i < epoll->buckets; i++) {
        for (const struct epoll_item *item = epoll->bucket[i]; item; item = item->hash_next) {
            const struct inode *inode = item->file->inode;
            int len = snprintf(used < size ? buf + used : NULL, used < size ? size - used : 0,
                               "tfd: %8d events: %8x data: %16llx  pos:%lli ino:%llx sdev:%x\n",
                               item->fd, item->events, (unsigned long long)item->data,
                               (long long)item->file->pos, (unsigned long long)inode->ino,
                               major(inode->sb->dev) << 20 | minor(inode->sb->dev));

            used += (size_t)len;
        }
    }
    return used < size ? used : size;
}

static const struct file_ops epoll_ops = {
    .poll = epoll_poll,
    .lseek = noop_lseek,
    .release = epoll_release,
    .fdinfo = epoll_fdinfo,
};

struct file *epoll_file(struct box *box)
{
    struct epoll *epoll = calloc(1, sizeof *epoll);

    if (!epoll)
        return NULL;
    epoll->box = box;
    epoll->file = file_anonymous(box, "anon_inode:[eventpoll]", &epoll_ops, epoll, O_RDWR);
    if (!epoll->file) {
        free(epoll);
        return NULL;
    }
    return epoll->file;
}
