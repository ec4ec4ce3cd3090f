/* epoll_create(2), epoll_ctl(2), epoll_wait(2) and their relatives. */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <sys/epoll.h>

#include "abi/handlers.h"
#include "sandbox/memory.h"
#include "sandbox/poll.h"
#include "sandbox/vfs/epoll.h"

static long create(struct task *task, int flags)
{
    struct file *file;

    if (flags & ~EPOLL_CLOEXEC)
        return -EINVAL;
    file = epoll_file(task->box);
    return file ? fd_install(task, file, 0, flags & EPOLL_CLOEXEC) : -ENOMEM;
}

long sys_epoll_create(struct task *task, const struct epoll_create_args *args)
{
    return args->size > 0 ? create(task, 0) : -EINVAL;
}

long sys_epoll_create1(struct task *task, const struct epoll_create1_args *args)
{
    return create(task, args->flags);
}

/* ---- epoll_ctl ---- */

static int control(struct task *task, const struct epoll_ctl_args *args, struct file *set,
                   struct file *target, struct epoll_record *record)
{
    struct epoll *epoll = epoll_of(set);

    if (!target->ops || !target->ops->poll)
        return -EPERM;
    if (set == target || !epoll)
        return -EINVAL;
    if (!task_capable(task, CAP_BLOCK_SUSPEND))
        record->events &= ~EPOLLWAKEUP;
    switch (args->op) {
    case EPOLL_CTL_ADD:
        return epoll_add(epoll, target, args->fd, record);
    case EPOLL_CTL_MOD:
        return epoll_modify(epoll, target, args->fd, record);
    case EPOLL_CTL_DEL:
        return epoll_delete(epoll, target, args->fd);
    default:
        return -EINVAL;
    }
}

long sys_epoll_ctl(struct task *task, const struct epoll_ctl_args *args)
{
    struct epoll_record record = {0};
    struct file *set, *target;
    long result = -EBADF;

    if (args->op != EPOLL_CTL_DEL && copyin(task->mm, &record, args->event, sizeof record) != 0)
        return -EFAULT;
    set = fd_get(task, args->epfd);
    if (!set)
        return -EBADF;
    target = fd_get(task, args->fd);
    if (target) {
        result = control(task, args, set, target, &record);
        file_put(target);
    }
    file_put(set);
    return result;
}

/* ---- epoll_wait ---- */

static long wait_for_events(struct task *task, struct epoll *epoll, gaddr_t events, int max,
                            int64_t deadline)
{
    int error = 0;

    while (true) {
        int count = epoll_collect(epoll, task->mm, events, max);

        if (count != 0)
            return count;
        if (error == -ETIMEDOUT || deadline == 0)
            return 0;
        error = epoll_sleep(epoll, task, deadline);
        if (error == -EINTR)
            return error;
    }
}

static long do_wait(struct task *task, int epfd, gaddr_t events, int max, int64_t deadline)
{
    struct file *file = fd_get(task, epfd);
    long result;

    if (!file)
        return -EBADF;
    if (max <= 0 || max > INT_MAX / (int)sizeof(struct epoll_record))
        result = -EINVAL;
    else if (!range_is_valid(events, (uint64_t)max * sizeof(struct epoll_record)))
        result = -EFAULT;
    else if (!epoll_of(file))
        result = -EINVAL;
    else
        result = wait_for_events(task, epoll_of(file), events, max, deadline);
    file_put(file);
    return result;
}

long sys_epoll_wait(struct task *task, const struct epoll_wait_args *args)
{
    return do_wait(task, args->epfd, args->events, args->maxevents,
                   call_deadline_ms(task, args->timeout));
}

long sys_epoll_pwait(struct task *task, const struct epoll_pwait_args *args)
{
    long result = call_mask_begin(task, args->sigmask, args->sigsetsize);

    if (result)
        return result;
    result = do_wait(task, args->epfd, args->events, args->maxevents,
                     call_deadline_ms(task, args->timeout));
    call_mask_end(task, result);
    return result;
}

long sys_epoll_pwait2(struct task *task, const struct epoll_pwait2_args *args)
{
    struct call_timeout timeout;
    long result = call_timeout_timespec(task, args->timeout, &timeout);

    if (result == 0)
        result = call_mask_begin(task, args->sigmask, args->sigsetsize);
    if (result)
        return result;
    result = do_wait(task, args->epfd, args->events, args->maxevents, timeout.deadline);
    call_mask_end(task, result);
    return result;
}
