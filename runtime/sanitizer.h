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
#ifdef RT_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

/* A function that never returns would leave its entry on the fiber's stack of calls;
 * and one that changes the fiber, if it is not inlined, its exit on another's: hence
 * the macros below. */
#ifdef RT_TSAN
#define SANITIZER_NEVER_RETURNS __attribute__((no_sanitize("thread")))
#define SWITCH_FIBER(to)        __tsan_switch_to_fiber((to)->fiber, 0)
#else
#define SANITIZER_NEVER_RETURNS
#define SWITCH_FIBER(to) ((void)0)
#endif

static inline void sanitizer_new_m(struct rt_m *m)
{
    (void)m;
#ifdef RT_TSAN
    m->fiber = __tsan_get_current_fiber();
#endif
}

/* A fiber costs more than a G: it is kept for the next one on the same stack. */
static inline void sanitizer_new_g(struct rt_g *g)
{
    (void)g;
#ifdef RT_TSAN
    if (!g->fiber)
        g->fiber = __tsan_create_fiber(0);
#endif
}

static inline void sanitizer_unmap_g(struct rt_g *g)
{
    (void)g;
#ifdef RT_TSAN
    if (g->fiber)
        __tsan_destroy_fiber(g->fiber);
#endif
}

static inline void sanitizer_clear_stack(struct rt_g *g)
{
    (void)g;
#ifdef RT_ASAN
    ASAN_UNPOISON_MEMORY_REGION((void *)g->stack_lo, g->stack_hi - g->stack_lo);
    g->fake_stack = NULL;
#endif
}

/* On the M's stack, before and after a G runs. */
#ifdef RT_ASAN
#define LEAVE_STACK(save, lo, hi) __sanitizer_start_switch_fiber(save, (void *)(lo), (hi) - (lo))
#define ARRIVE_ON_STACK(saved)    __sanitizer_finish_switch_fiber(saved, NULL, NULL)
#else
#define LEAVE_STACK(save, lo, hi) ((void)0)
#define ARRIVE_ON_STACK(saved)    ((void)0)
#endif

#define sanitizer_leave_m(m, g)                                                                    \
    do {                                                                                           \
        SWITCH_FIBER(g);                                                                           \
        LEAVE_STACK(&(m)->fake_stack, (g)->stack_lo, (g)->stack_hi);                               \
    } while (0)
#define sanitizer_arrived_on_m(m) ARRIVE_ON_STACK((m)->fake_stack)

/* On the G's stack. */
#define sanitizer_leave_g(m, g)                                                                    \
    do {                                                                                           \
        SWITCH_FIBER(m);                                                                           \
        LEAVE_STACK(&(g)->fake_stack, (m)->g0_lo, (m)->g0_hi);                                     \
    } while (0)
#define sanitizer_leave_for_good(m)                                                                \
    do {                                                                                           \
        SWITCH_FIBER(m);                                                                           \
        LEAVE_STACK(NULL, (m)->g0_lo, (m)->g0_hi);                                                 \
    } while (0)
#define sanitizer_arrived_on_g(g) ARRIVE_ON_STACK((g)->fake_stack)

#endif
