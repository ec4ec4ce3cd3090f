/*
 * p.c - Ps: the idle list, wiring to an M, retaking and handing off.
 */
#include "internal.h"

/* Lists an idle P. The caller holds s->lock and owns p, whose queue is empty. */
void p_idle_put(struct rt_sched *s, struct rt_p *p)
{
    RT_ASSERT(load_relaxed(&p->status) == P_IDLE && !load_relaxed(&p->m) && runq_empty(p));
    p->link = s->idle_ps;
    s->idle_ps = p;
    atomic_fetch_add(&s->npidle, 1);
}

/* Unlists an idle P. The caller holds s->lock. NULL: there is none. A sysmon in
 * its deep sleep is woken, as there is something to watch over again. */
struct rt_p *p_idle_get(struct rt_sched *s)
{
    struct rt_p *p = s->idle_ps;
    if (!p)
        return NULL;
    s->idle_ps = p->link;
    p->link = NULL;
    atomic_fetch_sub(&s->npidle, 1);
    if (s->sysmon_wait) {
        s->sysmon_wait = false;
        kick(s);
    }
    return p;
}

/* The M gets a P that it owns and that is idle. */
void p_acquire(struct rt_m *m, struct rt_p *p)
{
    RT_ASSERT(!m->p && !load_relaxed(&p->m) && load_relaxed(&p->status) == P_IDLE);
    m->p = p;
    store_relaxed(&p->m, m);
    store_release(&p->status, P_RUNNING);
}

struct rt_p *p_release(struct rt_m *m)
{
    struct rt_p *p = m->p;
    RT_ASSERT(p && load_relaxed(&p->m) == m && load_relaxed(&p->status) == P_RUNNING);
    m->p = NULL;
    store_relaxed(&p->m, NULL);
    store_release(&p->status, P_IDLE);
    return p;
}

/* Takes a P out of a system call; the caller owns it if true. */
bool p_retake(struct rt_p *p, uint32_t to)
{
    uint32_t status = P_SYSCALL;
    return load_relaxed(&p->status) == P_SYSCALL &&
           atomic_compare_exchange_strong_explicit(&p->status, &status, to, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

/* Gives an owned, idle P without M to somebody who has work for it, or lists it.
 * An M must be started whenever findrunnable would find something for the P. */
void hand_off(struct rt_sched *s, struct rt_p *p)
{
    if (!runq_empty(p) || load_relaxed(&s->global_n) > 0) {
        m_start(s, p, false);
        return;
    }
    uint32_t none = 0;
    if (load_relaxed(&s->nmspinning) == 0 && load_relaxed(&s->npidle) == 0 && !s->single_p &&
        atomic_compare_exchange_strong(&s->nmspinning, &none, 1)) {
        m_start(s, p, true);
        return;
    }
    rt_spin_lock(&s->lock);
    if (load_relaxed(&s->gc_waiting)) {
        store_release(&p->status, P_GCSTOP);
        if (--s->stop_wait == 0)
            rt_note_wake(&s->stop_note);
        rt_spin_unlock(&s->lock);
        return;
    }
    bool work = s->global.n > 0 || load_relaxed(&s->bell_gs);
    /* The last P to go idle while nobody polls or waits for the timers: somebody must. */
    bool last = load_relaxed(&s->npidle) == s->procs - 1 && load_relaxed(&s->last_poll) != 0 &&
                (load_relaxed(&s->poll_waiters) > 0 || load_relaxed(&s->next_timer) != INT64_MAX);
    if (work || last) {
        rt_spin_unlock(&s->lock);
        m_start(s, p, false);
        return;
    }
    p_idle_put(s, p);
    rt_spin_unlock(&s->lock);
}
