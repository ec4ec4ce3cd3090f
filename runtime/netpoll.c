/*
 * netpoll.c - waiting for descriptors: one epoll instance a rt_run, edge-triggered,
 * two slots a descriptor.
 *
 * At most one M blocks in it: the one that swapped last_poll to 0. An eventfd ends
 * that wait; it is written once until a blocking poll has read it.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "internal.h"
#include "os.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#define BATCH 128

struct rt_poll {
    _Atomic(uintptr_t) slot[2]; /* readers, writers */
    struct rt_sched *sched;
    int fd;
    _Atomic(bool) closed;
    _Atomic(uint32_t) refs; /* the owner, and Gs that wait */
    struct rt_poll *link;
};

int netpoll_open(struct rt_sched *s)
{
    long epoll = os_call1(SYS_epoll_create1, EPOLL_CLOEXEC);
    if (os_is_error(epoll))
        return (int)epoll;
    atomic_store(&s->epoll_fd, (int)epoll);
    long event = os_call3(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK, 0);
    if (os_is_error(event))
        return (int)event;
    s->break_fd = (int)event;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    return (int)os_call4(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, event, &e);
}

void netpoll_close(struct rt_sched *s)
{
    if (s->break_fd >= 0)
        os_call1(SYS_close, s->break_fd);
    if (load_relaxed(&s->epoll_fd) >= 0)
        os_call1(SYS_close, load_relaxed(&s->epoll_fd));
}

void netpoll_break(struct rt_sched *s)
{
    uint32_t none = 0;
    uint64_t one = 1;
    if (atomic_compare_exchange_strong(&s->break_sent, &none, 1))
        os_call3(SYS_write, s->break_fd, &one, sizeof one);
}

/* Nanoseconds where the kernel has them (5.11), else milliseconds rounded up. */
static long epoll_wait_ns(struct rt_sched *s, struct epoll_event *events, int n, int64_t delay)
{
    int fd = load_relaxed(&s->epoll_fd);
    if (delay <= 0)
        return os_call6(SYS_epoll_pwait, fd, (long)events, n, delay < 0 ? -1 : 0, 0, 8);
    struct timespec t = {delay / 1000000000, delay % 1000000000};
    long got = os_call6(SYS_epoll_pwait2, fd, (long)events, n, (long)&t, 0, 8);
    if (got != -ENOSYS)
        return got;
    int64_t ms = (delay + 999999) / 1000000;
    return os_call6(SYS_epoll_pwait, fd, (long)events, n, ms < INT32_MAX ? ms : INT32_MAX, 0, 8);
}

static void woken(struct rt_poll *pd, int which, struct g_queue *list)
{
    struct rt_g *g = slot_take(&pd->slot[which], true);
    if (g)
        queue_push(list, g);
}

void netpoll(struct rt_sched *s, int64_t delay, struct g_queue *list)
{
    struct epoll_event events[BATCH];
    int room = rt_window(WINDOW_POLL_BATCH) ? 1 : BATCH;
    long n = epoll_wait_ns(s, events, room, delay);
    atomic_fetch_add_explicit(&s->polls, 1, memory_order_relaxed);
    for (long i = 0; i < n; i++) {
        struct rt_poll *pd = events[i].data.ptr;
        uint32_t what = events[i].events;
        if (!pd) {
            uint64_t count;
            if (delay != 0) {
                os_call3(SYS_read, s->break_fd, &count, sizeof count);
                atomic_store(&s->break_sent, 0);
            }
            continue;
        }
        if (what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI))
            woken(pd, 0, list);
        if (what & (EPOLLOUT | EPOLLHUP | EPOLLERR))
            woken(pd, 1, list);
    }
}

/* ---- descriptors ---------------------------------------------------------- */

static void poll_unref(struct rt_poll *pd)
{
    struct rt_sched *s = pd->sched;
    if (atomic_fetch_sub(&pd->refs, 1) != 1)
        return;
    rt_spin_lock(&s->poll_lock);
    pd->link = s->free_polls;
    s->free_polls = pd;
    rt_spin_unlock(&s->poll_lock);
}

int rt_poll_open(int fd, struct rt_poll **out)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->p, "rt_poll_open without a P");
    struct rt_sched *s = m->sched;
    rt_spin_lock(&s->poll_lock);
    struct rt_poll *pd = s->free_polls;
    if (pd)
        s->free_polls = pd->link;
    rt_spin_unlock(&s->poll_lock);
    if (!pd)
        pd = rt_alloc(s, sizeof *pd);
    if (!pd)
        return -ENOMEM;
    pd->sched = s;
    pd->fd = fd;
    atomic_store(&pd->slot[0], SLOT_EMPTY);
    atomic_store(&pd->slot[1], SLOT_EMPTY);
    atomic_store(&pd->closed, false);
    atomic_store(&pd->refs, 1);
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = pd};
    long error = os_call4(SYS_epoll_ctl, load_relaxed(&s->epoll_fd), EPOLL_CTL_ADD, fd, &e);
    if (error) {
        poll_unref(pd);
        return (int)error;
    }
    *out = pd;
    return 0;
}

int rt_poll_wait(struct rt_poll *pd, int mode, int64_t deadline)
{
    struct rt_g *g = rt_self();
    bool interruptible = mode & RT_POLL_INTERRUPTIBLE;
    int direction = mode & ~RT_POLL_INTERRUPTIBLE;
    RT_CHECK(g, "rt_poll_wait outside a G");
    if (direction != RT_POLL_READ && direction != RT_POLL_WRITE)
        return -EINVAL;
    if (atomic_load(&pd->closed))
        return -EBADF;
    if (interruptible && interrupt_requested(g))
        return -EINTR;
    atomic_fetch_add(&pd->refs, 1);
    atomic_fetch_add(&pd->sched->poll_waiters, 1);
    bool ready = slot_wait(&pd->slot[direction == RT_POLL_WRITE], interruptible, deadline);
    atomic_fetch_sub(&pd->sched->poll_waiters, 1);
    int result = 0;
    if (atomic_load(&pd->closed))
        result = -EBADF;
    else if (!ready && interruptible && interrupt_requested(g))
        result = -EINTR;
    else if (!ready && deadline && rt_now() >= deadline)
        result = -ETIMEDOUT;
    poll_unref(pd);
    return result;
}

void rt_poll_close(struct rt_poll *pd)
{
    os_call4(SYS_epoll_ctl, load_relaxed(&pd->sched->epoll_fd), EPOLL_CTL_DEL, pd->fd, NULL);
    atomic_store(&pd->closed, true);
    for (int i = 0; i < 2; i++) {
        struct rt_g *g = slot_take(&pd->slot[i], true);
        if (g)
            rt_ready(g);
    }
    poll_unref(pd);
}
