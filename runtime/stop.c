/*
 * stop.c - stopping the world.
 */
#include <linux/membarrier.h>

#include "internal.h"
#include "os.h"

/* Every thread of the process that runs passes a full memory barrier: the other
 * half of the mark that rt_entersyscall stores without one. */
void sched_fence_others(void)
{
#ifdef RT_FENCED_ENTER
    full_fence();
#else
    full_fence();
    long error = os_call3(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    RT_CHECK(error == 0, "membarrier fails");
#endif
}

/* The M's P stops, as the world does or the runtime ends. */
void gc_stop_p(struct rt_m *m)
{
    struct rt_sched *s = m->sched;
    if (m->spinning) {
        m->spinning = false;
        uint32_t old = atomic_fetch_sub(&s->nmspinning, 1);
        RT_CHECK(old > 0, "negative count of spinning threads");
    }
    struct rt_p *p = p_release(m);
    rt_spin_lock(&s->lock);
    store_release(&p->status, P_GCSTOP);
    if (load_relaxed(&s->gc_waiting) && --s->stop_wait == 0)
        rt_note_wake(&s->stop_note);
    if (!load_relaxed(&s->gc_waiting) && !load_relaxed(&s->main_done)) {
        /* It began again while this M was on its way. */
        store_release(&p->status, P_IDLE);
        rt_spin_unlock(&s->lock);
        hand_off(s, p);
        return;
    }
    rt_spin_unlock(&s->lock);
}

void request_preempt(struct rt_p *p)
{
    struct rt_sched *s = p->sched;
    store_relaxed(&p->preempt, true);
    if (s->cfg.preempt)
        s->cfg.preempt(s->cfg.preempt_ctx);
}

void preempt_all(struct rt_sched *s)
{
    for (uint32_t i = 0; i < s->procs; i++) {
        if (load_relaxed(&s->ps[i].status) == P_RUNNING)
            request_preempt(&s->ps[i]);
    }
}

/* Stops every P but own (NULL: all). The caller holds s->world or ends the runtime. */
void stop_all(struct rt_sched *s, struct rt_p *own)
{
    rt_spin_lock(&s->lock);
    s->stop_wait = 0;
    for (uint32_t i = 0; i < s->procs; i++)
        s->stop_wait += load_relaxed(&s->ps[i].status) != P_GCSTOP;
    atomic_store(&s->gc_waiting, true);
    sched_fence_others();
    if (own) {
        store_release(&own->status, P_GCSTOP);
        s->stop_wait--;
    }
    for (uint32_t i = 0; i < s->procs; i++) {
        if (p_retake(&s->ps[i], P_GCSTOP)) {
            atomic_fetch_add(&s->ps[i].syscall_tick, 1);
            s->stop_wait--;
        }
    }
    struct rt_p *p;
    while ((p = p_idle_get(s))) {
        store_release(&p->status, P_GCSTOP);
        s->stop_wait--;
    }
    bool wait = s->stop_wait > 0;
    rt_spin_unlock(&s->lock);
    if (wait) {
        do
            preempt_all(s);
        while (!rt_note_sleep_for(&s->stop_note, 100000));
        rt_note_clear(&s->stop_note);
    }
    for (uint32_t i = 0; i < s->procs; i++)
        RT_CHECK(load_relaxed(&s->ps[i].status) == P_GCSTOP, "a P runs in a stopped world");
}

void rt_stop_the_world(void)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg && m->p, "rt_stop_the_world outside a G");
    rt_mutex_lock(&m->sched->world);
    m = current_m();
    stop_all(m->sched, m->p);
    store_release(&m->p->status, P_RUNNING);
    m->sched->world_owner = m->curg;
}

void rt_start_the_world(void)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg && m->p && m->sched->world_owner == m->curg,
             "rt_start_the_world by a G that has not stopped it");
    struct rt_sched *s = m->sched;
    struct rt_p *with_work = NULL;
    s->world_owner = NULL;
    rt_spin_lock(&s->lock);
    atomic_store(&s->gc_waiting, false);
    for (uint32_t i = 0; i < s->procs; i++) {
        struct rt_p *p = &s->ps[i];
        if (p == m->p)
            continue;
        store_release(&p->status, P_IDLE);
        if (runq_empty(p)) {
            p_idle_put(s, p);
        } else {
            p->link = with_work;
            with_work = p;
        }
    }
    if (s->sysmon_wait) {
        s->sysmon_wait = false;
        kick(s);
    }
    rt_spin_unlock(&s->lock);
    while (with_work) {
        struct rt_p *p = with_work;
        with_work = p->link;
        p->link = NULL;
        m_start(s, p, false);
    }
    /* Gs that came back from their calls meanwhile are in the global queue. */
    m_wake_one(s);
    rt_mutex_unlock(&s->world);
}
