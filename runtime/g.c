/*
 * g.c - Gs and their stacks: allocation, first context, switching.
 *
 * A stack is a mapping of its own with a guard page below, committed as it is
 * touched; the rt_g stands at its top, so that a small G costs one page or two.
 * Stacks come from slabs of address space, are kept in pools when their G ends,
 * and are unmapped when the rt_run is over: a pointer to an rt_g always points to
 * an rt_g.
 */
#include <string.h>
#include <sys/mman.h>

#include "internal.h"
#include "os.h"
#include "sanitizer.h"

#define PAGE       4096u
#define SLAB_COUNT 32u /* stacks a slab */

struct slab {
    struct slab *next;
    uintptr_t base;
    size_t size;
};

/* Under g_lock. Address space for one more stack, guard page first; 0: none. */
static uintptr_t stack_reserve(struct rt_sched *s)
{
    size_t stride = s->cfg.stack_size + PAGE;
    if (!s->slabs || s->slab_used == SLAB_COUNT) {
        size_t size = stride * SLAB_COUNT;
        struct slab *slab = rt_alloc(s, sizeof *slab);
        if (!slab)
            return 0;
        long at = os_map(size, PROT_NONE, MAP_NORESERVE | MAP_STACK);
        if (os_is_error(at))
            return 0;
        *slab = (struct slab){s->slabs, (uintptr_t)at, size};
        s->slabs = slab;
        s->slab_used = 0;
    }
    return s->slabs->base + stride * s->slab_used++;
}

void g_unmap_all(struct rt_sched *s)
{
    for (struct rt_g *g = s->all_gs; g; g = g->all_link)
        sanitizer_unmap_g(g);
    for (struct slab *slab = s->slabs; slab; slab = slab->next)
        os_unmap((void *)slab->base, slab->size);
}

/* Gs start at different places in their page, or all would compete for the same
 * few sets of the first-level cache. */
static size_t colour(uint64_t n)
{
    return (n & 7) * 2 * CACHE_LINE;
}

static struct rt_g *g_map(struct rt_sched *s)
{
    rt_spin_lock(&s->g_lock);
    uintptr_t base = stack_reserve(s);
    size_t n = s->slab_used;
    rt_spin_unlock(&s->g_lock);
    if (!base)
        return NULL;
    uintptr_t lo = base + PAGE, end = lo + s->cfg.stack_size;
    if (os_is_error(os_call3(SYS_mprotect, lo, end - lo, PROT_READ | PROT_WRITE)))
        return NULL; /* too many mappings; the address space stays reserved */
    struct rt_g *g = (struct rt_g *)((end - sizeof *g - colour(n)) & ~(uintptr_t)(CACHE_LINE - 1));
    g->sched = s;
    g->stack_lo = lo;
    g->stack_hi = (uintptr_t)g;
    store_relaxed(&g->status, G_DEAD);
    rt_spin_lock(&s->g_lock);
    g->all_link = s->all_gs;
    s->all_gs = g;
    rt_spin_unlock(&s->g_lock);
    return g;
}

/* Moves up to half a P's worth of free Gs to an empty P. */
static void refill(struct rt_sched *s, struct rt_p *p)
{
    rt_spin_lock(&s->g_lock);
    while (s->free_gs && p->free_gs_n < FREE_GS_PER_P / 2) {
        struct rt_g *g = s->free_gs;
        s->free_gs = g->link;
        g->link = p->free_gs;
        p->free_gs = g;
        p->free_gs_n++;
    }
    rt_spin_unlock(&s->g_lock);
}

struct rt_g *g_new(struct rt_sched *s, struct rt_p *p)
{
    if (unlikely(!p->free_gs))
        refill(s, p);
    struct rt_g *g = p->free_gs;
    if (likely(g != NULL)) {
        p->free_gs = g->link;
        p->free_gs_n--;
        g->link = NULL;
    } else {
        g = g_map(s);
        if (!g)
            return NULL;
    }
    return g;
}

static __attribute__((noinline)) void spill(struct rt_sched *s, struct rt_p *p)
{
    rt_spin_lock(&s->g_lock);
    while (p->free_gs_n >= FREE_GS_PER_P / 2) {
        struct rt_g *g = p->free_gs;
        p->free_gs = g->link;
        p->free_gs_n--;
        g->link = s->free_gs;
        s->free_gs = g;
    }
    rt_spin_unlock(&s->g_lock);
}

void g_recycle(struct rt_p *p, struct rt_g *g)
{
    g->link = p->free_gs;
    p->free_gs = g;
    if (unlikely(++p->free_gs_n >= FREE_GS_PER_P))
        spill(p->sched, p);
}

/* The context that rt_switch_to_g takes up: six registers, of which R12 is g, and
 * where to go on. At rt_g_begin the stack pointer is a multiple of 16. */
static void start_context(struct rt_g *g)
{
    uintptr_t *sp = (uintptr_t *)(g->stack_hi - 2 * sizeof(uintptr_t));
    sanitizer_clear_stack(g);
    *--sp = (uintptr_t)rt_g_begin;
    *--sp = 0;            /* rbp */
    *--sp = 0;            /* rbx */
    *--sp = (uintptr_t)g; /* r12 */
    *--sp = 0;            /* r13 */
    *--sp = 0;            /* r14 */
    *--sp = 0;            /* r15 */
    g->sp = (uintptr_t)sp;
    sanitizer_new_g(g);
}

/* Numbers are given out to Ps in blocks, so that making a G takes no locked
 * instruction. */
#define ID_BLOCK 64

void g_prepare(struct rt_p *p, struct rt_g *g, void (*fn)(void *), void *arg)
{
    if (unlikely(p->next_id % ID_BLOCK == 0))
        p->next_id = atomic_fetch_add(&p->sched->id_blocks, 1) * ID_BLOCK;
    g->id = ++p->next_id;
    g->fn = fn;
    g->arg = arg;
    g->data = NULL;
    g->is_main = false;
    store_relaxed(&g->intr, 0);
    start_context(g);
    g_set_status(g, G_DEAD, G_RUNNABLE);
    count_up(&p->count.gs_created);
}

SANITIZER_NEVER_RETURNS void rt_g_main(struct rt_g *g)
{
    sanitizer_arrived_on_g(g);
    g->fn(g->arg);
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg == g && load_relaxed(&g->status) == G_RUNNING,
             "a G returned inside a system call");
    m->op = op_exit;
    sanitizer_leave_for_good(m);
    rt_switch_to_m(m, g);
    __builtin_unreachable();
}

void g_leave(struct rt_m *m, struct rt_g *g, m_op *op)
{
    m->op = op;
    sanitizer_leave_g(m, g);
    rt_switch_to_m(m, g);
    sanitizer_arrived_on_g(g);
}

rt_g *rt_self(void)
{
    struct rt_m *m = current_m();
    return m ? m->curg : NULL;
}

uint64_t rt_g_id(const rt_g *g)
{
    return g->id;
}

void rt_g_set_data(rt_g *g, void *data)
{
    g->data = data;
}

void *rt_g_data(const rt_g *g)
{
    return g->data;
}

struct system_stack_call {
    void (*fn)(void *);
    void *arg;
    struct rt_m *m;
    struct rt_g *g;
};

static SANITIZER_NEVER_RETURNS void system_stack_main(void *arg)
{
    struct system_stack_call *call = arg;
    sanitizer_arrived_on_m(call->m);
    call->fn(call->arg);
    sanitizer_leave_m(call->m, call->g);
}

SANITIZER_NEVER_RETURNS void rt_on_system_stack(void (*fn)(void *), void *arg)
{
    struct rt_m *m = current_m();
    struct rt_g *g = m ? m->curg : NULL;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (!g || here < g->stack_lo || here >= g->stack_hi) {
        fn(arg); /* already there */
        return;
    }
    struct system_stack_call call = {fn, arg, m, g};
    sanitizer_leave_g(m, g);
    rt_call_on_stack((void *)(m->g0_sp & ~(uintptr_t)15), system_stack_main, &call);
    sanitizer_arrived_on_g(g);
}
