/*
 * trace.c - the scheduler's trace.
 */
#include "internal.h"

void trace_event(struct rt_sched *s, struct rt_m *m, enum trace_kind kind, struct rt_g *g,
                 struct rt_p *p, int64_t value)
{
    (void)s, (void)m, (void)kind, (void)g, (void)p, (void)value;
}

void trace_free(struct rt_sched *s)
{
    (void)s;
}
