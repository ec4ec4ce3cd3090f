/*
 * sync.c - what Gs wait on for each other: mutex, rendezvous, group. Each has a
 * guard, a lock of the runtime held for a few instructions, which a waiter gives
 * up only when it is off its stack.
 */
#include "internal.h"

/* On the stack of the G that waits. */
struct rt_waiter {
    struct rt_waiter *next;
    struct rt_g *g;
    uintptr_t word;
    bool ok;
};

static void list_push(struct rt_waitlist *l, struct rt_waiter *w)
{
    w->next = NULL;
    if (l->last)
        l->last->next = w;
    else
        l->first = w;
    l->last = w;
}

static struct rt_waiter *list_pop(struct rt_waitlist *l)
{
    struct rt_waiter *w = l->first;
    if (w) {
        l->first = w->next;
        if (!l->first)
            l->last = NULL;
    }
    return w;
}

static bool unlock_guard(rt_g *g, void *guard)
{
    (void)g;
    rt_spin_unlock(guard);
    return true;
}

/* The guard is held, and given up. */
static void wait_in(struct rt_waitlist *l, struct rt_waiter *w, struct rt_spin *guard)
{
    w->g = rt_self();
    RT_CHECK(w->g, "a wait outside a G");
    list_push(l, w);
    rt_park(unlock_guard, guard);
}

/* ---- mutex ------------------------------------------------------------------ */

enum { FREE, HELD, HELD_WITH_WAITERS };

bool rt_mutex_trylock(struct rt_mutex *mu)
{
    uint32_t state = FREE;
    return atomic_compare_exchange_strong_explicit(&mu->state, &state, HELD, memory_order_acquire,
                                                   memory_order_relaxed);
}

void rt_mutex_lock(struct rt_mutex *mu)
{
    if (likely(rt_mutex_trylock(mu)))
        return;
    rt_spin_lock(&mu->guard);
    if (atomic_exchange_explicit(&mu->state, HELD_WITH_WAITERS, memory_order_acquire) == FREE) {
        store_relaxed(&mu->state, mu->waiters.first ? HELD_WITH_WAITERS : HELD);
        rt_spin_unlock(&mu->guard);
        return;
    }
    struct rt_waiter self;
    wait_in(&mu->waiters, &self, &mu->guard); /* comes back as the holder */
}

void rt_mutex_unlock(struct rt_mutex *mu)
{
    uint32_t state = HELD;
    if (likely(atomic_compare_exchange_strong_explicit(&mu->state, &state, FREE,
                                                       memory_order_release, memory_order_relaxed)))
        return;
    RT_CHECK(state != FREE, "unlock of a mutex that is not locked");
    rt_spin_lock(&mu->guard);
    struct rt_waiter *w = list_pop(&mu->waiters);
    if (!mu->waiters.first)
        store_release(&mu->state, w ? HELD : FREE);
    struct rt_g *g = w ? w->g : NULL;
    rt_spin_unlock(&mu->guard);
    if (g)
        rt_ready(g);
}

/* ---- rendezvous --------------------------------------------------------------- */

void rt_send(struct rt_rendezvous *c, uintptr_t word)
{
    rt_spin_lock(&c->guard);
    RT_CHECK(!c->closed, "rt_send to a closed rendezvous");
    struct rt_waiter *receiver = list_pop(&c->receivers);
    if (receiver) {
        receiver->word = word;
        receiver->ok = true;
        struct rt_g *g = receiver->g;
        rt_spin_unlock(&c->guard);
        rt_ready(g);
        return;
    }
    struct rt_waiter self = {.word = word};
    wait_in(&c->senders, &self, &c->guard);
    RT_CHECK(self.ok, "rt_send to a closed rendezvous");
}

bool rt_receive(struct rt_rendezvous *c, uintptr_t *word)
{
    rt_spin_lock(&c->guard);
    struct rt_waiter *sender = list_pop(&c->senders);
    if (sender) {
        *word = sender->word;
        sender->ok = true;
        struct rt_g *g = sender->g;
        rt_spin_unlock(&c->guard);
        rt_ready(g);
        return true;
    }
    if (c->closed) {
        rt_spin_unlock(&c->guard);
        return false;
    }
    struct rt_waiter self = {.ok = false};
    wait_in(&c->receivers, &self, &c->guard);
    if (self.ok)
        *word = self.word;
    return self.ok;
}

void rt_rendezvous_close(struct rt_rendezvous *c)
{
    struct rt_waitlist left = {0};
    rt_spin_lock(&c->guard);
    RT_CHECK(!c->closed, "a rendezvous is closed twice");
    c->closed = true;
    struct rt_waiter *w;
    while ((w = list_pop(&c->receivers)) || (w = list_pop(&c->senders)))
        list_push(&left, w);
    rt_spin_unlock(&c->guard);
    while ((w = list_pop(&left)))
        rt_ready(w->g);
}

/* ---- group ---------------------------------------------------------------------- */

/* The step to 0 is made under the guard, and rt_group_wait always takes it: when
 * it returns, nobody touches the group any more. */
void rt_group_add(struct rt_group *wg, long n)
{
    long count = load_relaxed(&wg->count);
    while (count + n > 0) {
        if (atomic_compare_exchange_weak_explicit(&wg->count, &count, count + n,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return;
    }
    struct rt_waitlist left = {0};
    struct rt_waiter *w;
    rt_spin_lock(&wg->guard);
    count = atomic_fetch_add_explicit(&wg->count, n, memory_order_acq_rel) + n;
    RT_CHECK(count >= 0, "negative count of a group");
    while (count == 0 && (w = list_pop(&wg->waiters)))
        list_push(&left, w);
    rt_spin_unlock(&wg->guard);
    while ((w = list_pop(&left)))
        rt_ready(w->g);
}

void rt_group_done(struct rt_group *wg)
{
    rt_group_add(wg, -1);
}

void rt_group_wait(struct rt_group *wg)
{
    rt_spin_lock(&wg->guard);
    if (load_acquire(&wg->count) == 0) {
        rt_spin_unlock(&wg->guard);
        return;
    }
    struct rt_waiter self;
    wait_in(&wg->waiters, &self, &wg->guard);
}
