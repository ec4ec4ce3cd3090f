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
        const struct rt_p *p = &s->ps[i];
        st->gs_created += p->count.gs_created;
        ended += p->count.gs_ended;
        st->switches += p->switches;
        st->yields += p->count.yields;
        st->parks += p->count.parks;
        st->readies += p->count.readies;
        st->syscalls += load_relaxed(&p->syscall_tick);
        st->syscalls_lost_p += p->count.syscalls_lost_p;
        st->steals += p->count.steals;
        st->timers_run += p->count.timers_run;
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
    st->handoffs = s->handoffs;
    st->retakes = s->retakes;
    st->preempts = s->preempts;
    rt_spin_unlock(&s->lock);
}
