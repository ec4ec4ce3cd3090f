/* eventfd(2): a counter as a file. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "abi/handlers.h"
#include "sandbox/vfs/poll.h"
#include "sandbox/vfs/vfs.h"

struct eventfd {
    uint64_t count;
    bool semaphore;
    struct wait_queue wait;
};

/* Waiting is done by vfs_read and vfs_write, with counter_poll. */
static ssize_t counter_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct eventfd *eventfd = file->private;
    uint64_t value;

    (void)pos;
    if (uio->left < sizeof value)
        return -EINVAL;
    if (eventfd->count == 0)
        return -EAGAIN;
    value = eventfd->semaphore ? 1 : eventfd->count;
    eventfd->count -= value;
    wait_wake(&eventfd->wait, POLLOUT);
    /* As on Linux a bad address loses the value. */
    return uio_copy_to(uio, &value, sizeof value) == sizeof value ? (ssize_t)sizeof value : -EFAULT;
}

static ssize_t counter_write(struct file *file, struct uio *uio, int64_t *pos)
{
    struct eventfd *eventfd = file->private;
    struct uio start = *uio;
    uint64_t value;

    (void)pos;
    if (uio->left != sizeof value)
        return -EINVAL;
    if (uio_copy_from(uio, &value, sizeof value) != sizeof value)
        return -EFAULT;
    if (value == UINT64_MAX)
        return -EINVAL;
    if (value >= UINT64_MAX - eventfd->count) {
        *uio = start; /* read again when there is room */
        return -EAGAIN;
    }
    eventfd->count += value;
    wait_wake(&eventfd->wait, POLLIN);
    return sizeof value;
}

static unsigned counter_poll(struct file *file, struct poll_table *table)
{
    struct eventfd *eventfd = file->private;
    unsigned events = 0;

    poll_wait(table, &eventfd->wait);
    if (eventfd->count > 0)
        events |= POLLIN;
    if (eventfd->count < UINT64_MAX - 1)
        events |= POLLOUT;
    return events;
}

static void counter_release(struct file *file)
{
    free(file->private);
}

static size_t counter_fdinfo(struct file *file, char *buf, size_t size)
{
    const struct eventfd *eventfd = file->private;
    int len =
        snprintf(buf, size, "eventfd-count: %16llx\neventfd-id: %llu\neventfd-semaphore: %d\n",
                 (unsigned long long)eventfd->count, (unsigned long long)file->inode->ino,
                 eventfd->semaphore);

    return (size_t)len < size ? (size_t)len : size;
}

static const struct file_ops counter_ops = {
    .read = counter_read,
    .write = counter_write,
    .lseek = noop_lseek,
    .poll = counter_poll,
    .release = counter_release,
    .fdinfo = counter_fdinfo,
};

static long create(struct task *task, uint32_t count, int flags)
{
    struct eventfd *eventfd;
    struct file *file;

    if (flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
        return -EINVAL;
    eventfd = calloc(1, sizeof *eventfd);
    if (!eventfd)
        return -ENOMEM;
    eventfd->count = count;
    eventfd->semaphore = flags & EFD_SEMAPHORE;
    file = file_anonymous(task->box, "anon_inode:[eventfd]", &counter_ops, eventfd,
                          O_RDWR | ((uint32_t)flags & EFD_NONBLOCK));
    if (!file) {
        free(eventfd);
        return -ENOMEM;
    }
    return fd_install(task, file, 0, flags & EFD_CLOEXEC);
}

long sys_eventfd(struct task *task, const struct eventfd_args *args)
{
    return create(task, args->initval, 0);
}

long sys_eventfd2(struct task *task, const struct eventfd2_args *args)
{
    return create(task, args->initval, args->flags);
}
