/*
 * slot.c - places where one G waits for an event: bells, sleeps, and what
 * netpoll.c builds on. A slot is EMPTY, READY, WAIT (its G is about to park) or
 * the G; all changes are compare-and-swaps, so that an event that comes while the
 * G is on its way to sleep is not lost.
 */
#include <errno.h>

#include "internal.h"

static bool commit(rt_g *g, void *arg)
{
    _Atomic(uintptr_t) *slot = arg;
    uintptr_t wait = SLOT_WAIT;
    return atomic_compare_exchange_strong(slot, &wait, (uintptr_t)g);
}

struct rt_g *slot_take(_Atomic(uintptr_t) *slot, bool leave_ready)
{
    uintptr_t old = atomic_load(slot);
    uintptr_t to = leave_ready ? SLOT_READY : SLOT_EMPTY;
    do {
        if (old == SLOT_READY || (old == SLOT_EMPTY && !leave_ready))
            return NULL;
    } while (!atomic_compare_exchange_weak(slot, &old, to));
    return old == SLOT_EMPTY || old == SLOT_WAIT ? NULL : (struct rt_g *)old;
}

static void on_deadline(struct rt_timer *t)
{
    struct rt_g *self = (struct rt_g *)((char *)t - offsetof(struct rt_g, timer));
    _Atomic(uintptr_t) *slot = atomic_load(&self->timer_slot);
    struct rt_g *g = slot ? slot_take(slot, false) : NULL;
    if (g)
        rt_ready(g);
}

/* The timer and interrupter are told of the slot before the request is looked at:
 * one that comes later finds WAIT or the G there. Both may hold the slot's address
 * longer than the wait lasts and wake a later one for nothing. */
bool slot_wait(_Atomic(uintptr_t) *slot, bool interruptible, int64_t deadline)
{
    struct rt_g *g = rt_self();
    RT_CHECK(g, "a wait outside a G");
    uintptr_t state = SLOT_EMPTY;
    if (!atomic_compare_exchange_strong(slot, &state, SLOT_WAIT)) {
        RT_CHECK(state == SLOT_READY, "two Gs wait in one place");
        atomic_exchange(slot, SLOT_EMPTY);
        return true;
    }
    if (deadline) {
        atomic_store(&g->timer_slot, slot);
        if (rt_timer_start(&g->timer, deadline, on_deadline))
            rt_fatal("no memory for a timer");
    }
    if (interruptible)
        atomic_exchange(&g->intr_slot, slot);
    if (!interruptible || !interrupt_requested(g))
        rt_park(commit, slot);
    if (interruptible)
        atomic_store(&g->intr_slot, NULL);
    if (deadline)
        rt_timer_stop(&g->timer);
    /* WAIT if the park did not happen, READY if the event came first or after. */
    return atomic_exchange(slot, SLOT_EMPTY) == SLOT_READY;
}

bool slot_interrupt(struct rt_g *target)
{
    _Atomic(uintptr_t) *slot = atomic_load(&target->intr_slot);
    struct rt_g *g = slot ? slot_take(slot, false) : NULL;
    if (g)
        rt_ready(g);
    return g != NULL;
}

int rt_sleep_until(int64_t when, bool interruptible)
{
    struct rt_g *g = rt_self();
    RT_CHECK(g, "rt_sleep_until outside a G");
    if (when <= 0)
        when = 1;
    while (rt_now() < when) {
        if (interruptible && interrupt_requested(g))
            return -EINTR;
        slot_wait(&g->sleep_slot, interruptible, when);
    }
    return 0;
}

/* ---- bells ------------------------------------------------------------------ */

void rt_bell_ring(struct rt_bell *bell)
{
    struct rt_g *g = slot_take(&bell->slot, true);
    if (!g)
        return;
    struct rt_sched *s = g->sched;
    struct rt_g *head = atomic_load(&s->bell_gs);
    do
        g->link = head;
    while (!atomic_compare_exchange_weak(&s->bell_gs, &head, g));
    kick(s);
}

void rt_bell_wait(struct rt_bell *bell)
{
    while (!slot_wait(&bell->slot, false, 0))
        continue;
}

bool rt_bell_try(struct rt_bell *bell)
{
    uintptr_t ready = SLOT_READY;
    return atomic_compare_exchange_strong(&bell->slot, &ready, SLOT_EMPTY);
}

/* The Gs whose bells rang, in order, to p's queue or (NULL) the global one. */
void bells_take(struct rt_sched *s, struct rt_p *p)
{
    struct rt_g *g = atomic_exchange(&s->bell_gs, NULL), *reversed = NULL;
    struct g_queue list = {0};
    while (g) {
        struct rt_g *next = g->link;
        g->link = reversed;
        reversed = g;
        g = next;
    }
    while (reversed) {
        g = reversed;
        reversed = g->link;
        queue_push(&list, g);
    }
    inject(s, p, &list);
}
