/*
 * timer.c - timers: a binary heap a rt_run, the earliest time copied to
 * next_timer where every turn of the scheduler and sysmon see it.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"
#include "os.h"

#define FIRST_CAPACITY 512

static void place(struct timer_heap *h, size_t i, struct rt_timer *t)
{
    h->at[i] = t;
    t->index = i + 1;
}

static void sift_up(struct timer_heap *h, size_t i)
{
    struct rt_timer *t = h->at[i];
    while (i > 0 && h->at[(i - 1) / 2]->when > t->when) {
        place(h, i, h->at[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(h, i, t);
}

static void sift_down(struct timer_heap *h, size_t i)
{
    struct rt_timer *t = h->at[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->n)
            break;
        if (child + 1 < h->n && h->at[child + 1]->when < h->at[child]->when)
            child++;
        if (h->at[child]->when >= t->when)
            break;
        place(h, i, h->at[child]);
        i = child;
    }
    place(h, i, t);
}

static void remove_at(struct timer_heap *h, size_t i)
{
    struct rt_timer *last = h->at[--h->n];
    h->at[i]->index = 0;
    if (i == h->n)
        return;
    place(h, i, last);
    sift_up(h, i);
    sift_down(h, last->index - 1);
}

/* The old array stays with the other chunks of this rt_run: in all no more than
 * the last one. */
static bool grow(struct rt_sched *s)
{
    struct timer_heap *h = &s->timers;
    size_t capacity = h->capacity ? 2 * h->capacity : FIRST_CAPACITY;
    struct rt_timer **at = rt_alloc(s, capacity * sizeof(struct rt_timer *));
    if (!at)
        return false;
    if (h->n)
        memcpy(at, h->at, h->n * sizeof(struct rt_timer *));
    h->at = at;
    h->capacity = capacity;
    return true;
}

static void publish_next(struct rt_sched *s)
{
    atomic_store(&s->next_timer, s->timers.n ? s->timers.at[0]->when : INT64_MAX);
}

static struct rt_sched *own_sched(const char *what)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->p, what);
    return m->sched;
}

int rt_timer_start(struct rt_timer *t, int64_t when, void (*fn)(struct rt_timer *))
{
    struct rt_sched *s = own_sched("rt_timer_start without a P");
    struct timer_heap *h = &s->timers;
    rt_spin_lock(&h->lock);
    t->fn = fn;
    if (t->index) {
        t->when = when;
        sift_up(h, t->index - 1);
        sift_down(h, t->index - 1);
    } else {
        if (h->n == h->capacity && !grow(s)) {
            rt_spin_unlock(&h->lock);
            return -ENOMEM;
        }
        t->when = when;
        h->at[h->n] = t;
        t->index = ++h->n;
        sift_up(h, h->n - 1);
    }
    publish_next(s);
    bool first = h->at[0] == t;
    rt_spin_unlock(&h->lock);
    if (first && !s->single_p) {
        /* Somebody may sleep in the poll for longer; or nobody polls, and an idle M can. */
        int64_t until = atomic_load(&s->poll_until);
        if (until > when)
            netpoll_break(s);
    }
    return 0;
}

bool rt_timer_stop(struct rt_timer *t)
{
    struct rt_sched *s = own_sched("rt_timer_stop without a P");
    bool pending;
    rt_spin_lock(&s->timers.lock);
    pending = t->index != 0;
    if (pending) {
        remove_at(&s->timers, t->index - 1);
        publish_next(s);
    }
    rt_spin_unlock(&s->timers.lock);
    return pending;
}

int64_t timers_run(struct rt_sched *s, struct rt_p *p)
{
    if (load_relaxed(&s->next_timer) == INT64_MAX)
        return 0;
    int64_t now = rt_now();
    while (load_relaxed(&s->next_timer) <= now) {
        struct rt_timer *t = NULL;
        rt_spin_lock(&s->timers.lock);
        if (s->timers.n && s->timers.at[0]->when <= now) {
            t = s->timers.at[0];
            remove_at(&s->timers, 0);
            publish_next(s);
        }
        rt_spin_unlock(&s->timers.lock);
        if (!t)
            break;
        count_up(&p->count.timers_run);
        t->fn(t);
    }
    return now;
}
