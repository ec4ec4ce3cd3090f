/*
 * sanitizer.h - tells ASan and TSan about changes of stack. Empty in other builds.
 * Included by g.c and sched.c alone.
 */
#ifndef RT_SANITIZER_H
#define RT_SANITIZER_H

#include "internal.h"

#ifdef RT_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

static inline void sanitizer_new_m(struct rt_m *m)
{
    (void)m;
#ifdef RT_TSAN
    m->fiber = __tsan_get_current_fiber();
#endif
}

static inline void sanitizer_new_g(struct rt_g *g)
{
    (void)g;
#ifdef RT_TSAN
    g->fiber = __tsan_create_fiber(0);
#endif
}

static inline void sanitizer_dead_g(struct rt_g *g)
{
    (void)g;
#ifdef RT_TSAN
    __tsan_destroy_fiber(g->fiber);
    g->fiber = NULL;
#endif
}

static inline void sanitizer_clear_stack(struct rt_g *g)
{
    (void)g;
#ifdef __SANITIZE_ADDRESS__
    ASAN_UNPOISON_MEMORY_REGION((void *)g->stack_lo, g->stack_hi - g->stack_lo);
    g->fake_stack = NULL;
#endif
}

/* On the M's stack, before and after a G runs. */
static inline void sanitizer_leave_m(struct rt_m *m, struct rt_g *g)
{
    (void)m;
    (void)g;
#ifdef RT_TSAN
    __tsan_switch_to_fiber(g->fiber, 0);
#endif
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&m->fake_stack, (void *)g->stack_lo, g->stack_hi - g->stack_lo);
#endif
}

static inline void sanitizer_arrived_on_m(struct rt_m *m)
{
    (void)m;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(m->fake_stack, NULL, NULL);
#endif
}

/* On the G's stack. */
static inline void sanitizer_leave_g(struct rt_m *m, struct rt_g *g)
{
    (void)m;
    (void)g;
#ifdef RT_TSAN
    __tsan_switch_to_fiber(m->fiber, 0);
#endif
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&g->fake_stack, (void *)m->g0_lo, m->g0_hi - m->g0_lo);
#endif
}

static inline void sanitizer_leave_for_good(struct rt_m *m, struct rt_g *g)
{
    (void)m;
    (void)g;
#ifdef RT_TSAN
    __tsan_switch_to_fiber(m->fiber, 0);
#endif
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(NULL, (void *)m->g0_lo, m->g0_hi - m->g0_lo);
#endif
}

static inline void sanitizer_arrived_on_g(struct rt_g *g)
{
    (void)g;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(g->fake_stack, NULL, NULL);
#endif
}

#endif
