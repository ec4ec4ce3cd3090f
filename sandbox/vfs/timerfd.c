/*
 * timerfd_create(2): timers as files. The kernel timer only wakes who waits; what has expired is
 * counted from the clock whenever somebody asks, so that nothing depends on how late it fired.
 *
 * The clocks of alarms run like those without: a box is never suspended.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>

#include "abi/handlers.h"
#include "sandbox/time.h"
#include "sandbox/vfs/poll.h"
#include "sandbox/vfs/vfs.h"

/* linux/timerfd.h, which does not go together with the C library's. */
#define TIMERFD_SET_TICKS _IOW('T', 0, uint64_t)

struct timerfd {
    struct box *box;
    int clock;
    int settime_flags;
    int64_t next;     /* box CLOCK_MONOTONIC, ns, of the next expiration; 0: not armed */
    int64_t interval; /* ns; 0: once */
    uint64_t ticks;   /* expirations since the last read */
    struct ktimer timer;
    struct wait_queue wait;
};

static void wake_pollers(struct ktimer *timer)
{
    struct timerfd *timerfd = timer->ctx;

    wait_wake(&timerfd->wait, POLLIN);
}

/* Counts what has expired by now, and returns now. */
static int64_t count_expirations(struct timerfd *timerfd)
{
    int64_t now = clock_monotonic(timerfd->box), passed;

    if (timerfd->next == 0 || timerfd->next > now)
        return now;
    if (timerfd->interval == 0) {
        timerfd->ticks++;
        timerfd->next = 0;
        ktimer_stop(timerfd->box, &timerfd->timer);
        return now;
    }
    passed = (now - timerfd->next) / timerfd->interval + 1;
    timerfd->ticks += (uint64_t)passed;
    /* At most one interval after now. */
    if (__builtin_add_overflow(timerfd->next, passed * timerfd->interval, &timerfd->next))
        timerfd->next = INT64_MAX;
    return now;
}

/*
 * The timer of an interval is armed again when its expirations have been taken or the time left is
 * asked for, so that a short interval that nobody reads costs nothing.
 */
static void arm(struct timerfd *timerfd)
{
    if (timerfd->next && timerfd->next != INT64_MAX)
        ktimer_start(timerfd->box, &timerfd->timer, timerfd->next, 0);
    else
        ktimer_stop(timerfd->box, &timerfd->timer);
}

/* Waiting is done by vfs_read, with timerfd_poll. */
static ssize_t timerfd_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct timerfd *timerfd = file->private;
    uint64_t ticks;

    (void)pos;
    if (uio->left < sizeof ticks)
        return -EINVAL;
    count_expirations(timerfd);
    ticks = timerfd->ticks;
    if (ticks == 0)
        return -EAGAIN;
    timerfd->ticks = 0;
    arm(timerfd);
    /* As on Linux a bad address loses the count. */
    return uio_copy_to(uio, &ticks, sizeof ticks) == sizeof ticks ? (ssize_t)sizeof ticks : -EFAULT;
}

static unsigned timerfd_poll(struct file *file, struct poll_table *table)
{
    struct timerfd *timerfd = file->private;

    poll_wait(table, &timerfd->wait);
    count_expirations(timerfd);
    return timerfd->ticks > 0 ? POLLIN : 0;
}

/* TFD_IOC_SET_TICKS. */
static long timerfd_ioctl(struct file *file, struct task *task, unsigned request, gaddr_t arg)
{
    struct timerfd *timerfd = file->private;
    uint64_t ticks;

    if (request != TIMERFD_SET_TICKS)
        return -ENOTTY;
    if (copyin(task->mm, &ticks, arg, sizeof ticks) != 0)
        return -EFAULT;
    if (ticks == 0)
        return -EINVAL;
    timerfd->ticks = ticks;
    wait_wake(&timerfd->wait, POLLIN);
    return 0;
}

static void timerfd_release(struct file *file)
{
    struct timerfd *timerfd = file->private;

    ktimer_stop(timerfd->box, &timerfd->timer);
    free(timerfd);
}

/* ---- setting ---- */

/* Value and interval in ns, as struct itimerspec has them but value second. */
struct timer_setting {
    int64_t interval, value;
};

static void get_setting(struct timerfd *timerfd, struct timer_setting *setting)
{
    int64_t now = count_expirations(timerfd);

    setting->interval = timerfd->interval;
    setting->value = timerfd->next ? timerfd->next - now : 0;
    arm(timerfd);
}

static int put_setting(struct task *task, gaddr_t addr, const struct timer_setting *setting)
{
    struct time_spec out[2] = {time_spec_of(setting->interval), time_spec_of(setting->value)};

    return copyout(task->mm, addr, out, sizeof out);
}

/* When `value` is on the box's CLOCK_MONOTONIC. */
static int64_t next_expiration(const struct timerfd *timerfd, int64_t value, bool absolute)
{
    bool realtime = timerfd->clock == CLOCK_REALTIME || timerfd->clock == CLOCK_REALTIME_ALARM;
    int64_t now = clock_monotonic(timerfd->box), base = now, next;

    if (absolute)
        base = realtime ? now - clock_realtime(timerfd->box) : 0;
    if (__builtin_add_overflow(base, value, &next))
        return INT64_MAX;
    return next > 0 ? next : 1; /* long ago, but armed */
}

static void set(struct timerfd *timerfd, const struct timer_setting *setting, int flags)
{
    timerfd->settime_flags = flags;
    timerfd->ticks = 0;
    timerfd->interval = setting->interval;
    timerfd->next =
        setting->value ? next_expiration(timerfd, setting->value, flags & TFD_TIMER_ABSTIME) : 0;
    arm(timerfd);
}

static size_t timerfd_fdinfo(struct file *file, char *buf, size_t size)
{
    struct timerfd *timerfd = file->private;
    struct timer_setting now;
    int len;

    get_setting(timerfd, &now);
    len = snprintf(
        buf, size,
        "clockid: %d\nticks: %llu\nsettime flags: 0%o\nit_value: (%lld, %lld)\n"
        "it_interval: (%lld, %lld)\n",
        timerfd->clock, (unsigned long long)timerfd->ticks, (unsigned)timerfd->settime_flags,
        (long long)(now.value / NS_PER_SECOND), (long long)(now.value % NS_PER_SECOND),
        (long long)(now.interval / NS_PER_SECOND), (long long)(now.interval % NS_PER_SECOND));
    return (size_t)len < size ? (size_t)len : size;
}

static const struct file_ops timerfd_ops = {
    .read = timerfd_read,
    .lseek = noop_lseek,
    .poll = timerfd_poll,
    .ioctl = timerfd_ioctl,
    .release = timerfd_release,
    .fdinfo = timerfd_fdinfo,
};

/* ---- calls ---- */

static bool clock_is_known(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM;
}

long sys_timerfd_create(struct task *task, const struct timerfd_create_args *args)
{
    int clock = args->clockid;
    struct timerfd *timerfd;
    struct file *file;

    if (args->flags & ~(TFD_CLOEXEC | TFD_NONBLOCK) || !clock_is_known(clock))
        return -EINVAL;
    if ((clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM) &&
        !task_capable(task, CAP_WAKE_ALARM))
        return -EPERM;
    timerfd = calloc(1, sizeof *timerfd);
    if (!timerfd)
        return -ENOMEM;
    timerfd->box = task->box;
    timerfd->clock = clock;
    timerfd->timer.fire = wake_pollers;
    timerfd->timer.ctx = timerfd;
    file = file_anonymous(task->box, "anon_inode:[timerfd]", &timerfd_ops, timerfd,
                          O_RDWR | ((uint32_t)args->flags & TFD_NONBLOCK));
    if (!file) {
        free(timerfd);
        return -ENOMEM;
    }
    return fd_install(task, file, 0, args->flags & TFD_CLOEXEC);
}

/* The descriptor's file, with a reference: -EBADF, -EINVAL when it is no timer. */
static int get_timerfd(struct task *task, int fd, struct file **out)
{
    struct file *file = fd_get(task, fd);

    if (!file)
        return -EBADF;
    if (file->ops != &timerfd_ops) {
        file_put(file);
        return -EINVAL;
    }
    *out = file;
    return 0;
}

long sys_timerfd_settime(struct task *task, const struct timerfd_settime_args *args)
{
    struct timer_setting new, old;
    struct time_spec value[2]; /* interval and value of struct itimerspec */
    struct file *file;
    int error;

    if (copyin(task->mm, value, args->new_value, sizeof value) != 0)
        return -EFAULT;
    if (args->flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ||
        time_spec_ns(&value[0], &new.interval) || time_spec_ns(&value[1], &new.value))
        return -EINVAL;
    error = get_timerfd(task, args->fd, &file);
    if (error)
        return error;
    get_setting(file->private, &old);
    set(file->private, &new, args->flags);
    file_put(file);
    return args->old_value ? put_setting(task, args->old_value, &old) : 0;
}

long sys_timerfd_gettime(struct task *task, const struct timerfd_gettime_args *args)
{
    struct timer_setting now;
    struct file *file;
    int error = get_timerfd(task, args->fd, &file);

    if (error)
        return error;
    get_setting(file->private, &now);
    file_put(file);
    return put_setting(task, args->curr_value, &now);
}
