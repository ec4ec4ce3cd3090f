/*
 * stats.c - counts. Each is kept by the owner of a P without synchronization, so
 * while the others run the sums are nearly, not quite, of one moment.
 */
#include <string.h>

#include "internal.h"

void rt_stats(struct rt_stats *st)
{
    struct rt_m *m = current_m();
    memset(st, 0, sizeof *st);
    if (!m)
        return;
    struct rt_sched *s = m->sched;
    uint64_t ended = 0;
    for (uint32_t i = 0; i < s->procs; i++) {
        struct rt_p *p = &s->ps[i];
        st->gs_created += load_relaxed(&p->count.gs_created);
        ended += load_relaxed(&p->count.gs_ended);
        st->switches += load_relaxed(&p->count.switches);
        st->yields += load_relaxed(&p->count.yields);
        st->parks += load_relaxed(&p->count.parks);
        st->readies += load_relaxed(&p->count.readies);
        st->syscalls += load_relaxed(&p->syscall_tick);
        st->syscalls_lost_p += load_relaxed(&p->count.syscalls_lost_p);
        st->steals += load_relaxed(&p->count.steals);
        st->timers_run += load_relaxed(&p->count.timers_run);
    }
    st->gs_live = st->gs_created - ended;
    st->procs = s->procs;
    st->procs_idle = load_relaxed(&s->npidle);
    st->interrupts = load_relaxed(&s->interrupts);
    st->polls = load_relaxed(&s->polls);
    rt_spin_lock(&s->lock);
    st->ms_created = s->mcount;
    st->ms_live = (uint64_t)s->ms_alive;
    st->ms_idle = (uint64_t)(s->nmidle + s->nmidle_locked);
    st->handoffs = load_relaxed(&s->handoffs);
    st->retakes = load_relaxed(&s->retakes);
    st->preempts = load_relaxed(&s->preempts);
    rt_spin_unlock(&s->lock);
}
