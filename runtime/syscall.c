/*
 * syscall.c - entering and leaving system calls.
 *
 * rt_entersyscall only marks the P; somebody who needs it takes it later: sysmon,
 * a stop-the-world, a thread that readies a G from outside, or another M that
 * comes back from a call it began on the same P. rt_exitsyscall takes it back with
 * one compare-and-swap if it is still there.
 *
 * The order that matters: the P's mark is stored, then gc_waiting is read; the
 * stopper sets gc_waiting, then reads the marks. Each side must see the other, a
 * store-then-load order on both. The stopper pays for it: membarrier makes every
 * running thread pass a full barrier (sched_fence_others). With RT_FAITHFUL the
 * mark is an XCHG, as in Go, and every call pays.
 *
 * Two things that Go does not do, and RT_FAITHFUL leaves out. An M that comes back and
 * finds its P in use looks out for it for some microseconds before it sleeps: often
 * the other M is about to enter a call, as when two Gs talk through a pipe. And when
 * two calls in a row on a P were long, and other Gs wait there, the next one hands the
 * P off at once and not after sysmon's two rounds; a short call ends that.
 */
#include "internal.h"
#include "os.h"

/* The world is being stopped: the entering M counts its own P as stopped, unless
 * the stopper or somebody else has taken it already. */
static __attribute__((noinline)) void stop_own_p(struct rt_sched *s, struct rt_p *p)
{
    rt_spin_lock(&s->lock);
    if (s->stop_wait > 0 && p_retake(p, P_GCSTOP)) {
        atomic_fetch_add(&p->syscall_tick, 1);
        if (--s->stop_wait == 0)
            rt_note_wake(&s->stop_note);
    }
    rt_spin_unlock(&s->lock);
}

static inline void enter(struct rt_m *m, struct rt_g *g)
{
    struct rt_p *p = m->p;
    g->syscall_sp = (uintptr_t)__builtin_frame_address(0);
    RT_ASSERT(g->syscall_sp > g->stack_lo && g->syscall_sp < g->stack_hi);
    TRACE(m->sched, m, TRACE_ENTER, g, p, 0);
    g_set_status(g, G_RUNNING, G_SYSCALL);
    (void)rt_window(WINDOW_ENTER_G_SET);
    store_relaxed(&p->m, NULL);
    m->old_p = p;
    m->p = NULL;
#ifdef RT_FENCED_ENTER
    atomic_exchange(&p->status, P_SYSCALL);
#else
    store_release(&p->status, P_SYSCALL);
    atomic_signal_fence(memory_order_seq_cst);
#endif
    (void)rt_window(WINDOW_ENTER_P_SET);
    if (unlikely(load_relaxed(&m->sched->gc_waiting)))
        stop_own_p(m->sched, p);
}

static __attribute__((noinline)) void enter_and_hand_off(struct rt_m *m)
{
    struct rt_p *p = m->p;
    enter(m, m->curg);
    if (p_retake(p, P_IDLE)) {
        atomic_fetch_add(&p->syscall_tick, 1);
        atomic_fetch_add_explicit(&m->sched->handoffs, 1, memory_order_relaxed);
        TRACE(m->sched, m, TRACE_HANDOFF, m->curg, p, 0);
        hand_off(m->sched, p);
    }
}

#define LONG_CALL_NS 20000
#define LONG_STREAK  2

/* Enters, and hands the P off if its calls have been long. */
static inline void enter_for_call(struct rt_m *m, struct rt_g *g)
{
    struct rt_p *p = m->p;
    if (!FAITHFUL && unlikely(load_relaxed(&p->long_calls) >= LONG_STREAK) && !runq_empty(p)) {
        m->handed_off_when = rt_now();
        enter_and_hand_off(m);
        return;
    }
    enter(m, g);
}

/* An M that has got a P: the G runs again. */
static inline void resume(struct rt_m *m, struct rt_g *g, struct rt_p *p)
{
    store_relaxed(&p->syscall_tick, load_relaxed(&p->syscall_tick) + 1);
    g_set_status(g, G_SYSCALL, G_RUNNING);
    TRACE(m->sched, m, TRACE_EXIT, g, p, 0);
}

/* Without a P to be had at once: the G becomes runnable, and the M runs it if there
 * is an idle P after all. */
static void op_exit_syscall(struct rt_m *m, struct rt_g *g)
{
    struct rt_sched *s = m->sched;
    g_set_status(g, G_SYSCALL, G_RUNNABLE);
    g->m = NULL;
    store_release(&m->curg, NULL);
    rt_spin_lock(&s->lock);
    struct rt_p *p =
        load_relaxed(&s->gc_waiting) || load_relaxed(&s->main_done) ? NULL : p_idle_get(s);
    if (!p)
        global_put(s, g);
    rt_spin_unlock(&s->lock);
    if (p) {
        p_acquire(m, p);
        runq_put(p, g, true);
    }
}

#define LOOKOUT_SPINS  40
#define LOOKOUT_YIELDS 4

/* Any P that can be had now. */
static bool try_for_p(struct rt_m *m, struct rt_p *old)
{
    struct rt_sched *s = m->sched;
    struct rt_p *p = NULL;
    if (old && p_retake(old, P_IDLE)) {
        atomic_fetch_add(&old->syscall_tick, 1);
        p = old;
    } else if (load_relaxed(&s->npidle) > 0) {
        rt_spin_lock(&s->lock);
        if (!load_relaxed(&s->gc_waiting))
            p = p_idle_get(s);
        rt_spin_unlock(&s->lock);
    }
    if (p)
        p_acquire(m, p);
    return p != NULL;
}

/* Waits a little for a P. One M at a time does so, or a thousand that come back
 * together would take the CPUs from the one that runs. */
static bool look_out_for_p(struct rt_m *m, struct rt_p *old)
{
    struct rt_sched *s = m->sched;
    bool got = try_for_p(m, FAITHFUL ? NULL : old);
    if (FAITHFUL || got || load_relaxed(&s->gc_waiting) || atomic_exchange(&s->lookout, true))
        return got;
    for (int i = 0; !got && i < LOOKOUT_SPINS + LOOKOUT_YIELDS; i++) {
        if (i < LOOKOUT_SPINS) {
            for (int k = 0; k < 4; k++)
                __builtin_ia32_pause();
        } else {
            os_yield();
        }
        got = try_for_p(m, old);
    }
    atomic_store(&s->lookout, false);
    return got;
}

static __attribute__((noinline)) void exit_slow(struct rt_m *m, struct rt_g *g, struct rt_p *old)
{
    if (m->handed_off_when) {
        if (rt_now() - m->handed_off_when < LONG_CALL_NS)
            store_relaxed(&old->long_calls, 0);
        m->handed_off_when = 0;
    }
    if (look_out_for_p(m, old)) {
        count_up(&m->p->count.syscalls_lost_p);
        resume(m, g, m->p);
        return;
    }
    g_leave(m, g, op_exit_syscall);
    m = current_m();
    count_up(&m->p->count.syscalls_lost_p);
    store_relaxed(&m->p->syscall_tick, load_relaxed(&m->p->syscall_tick) + 1);
}

static inline void leave(struct rt_m *m, struct rt_g *g)
{
    struct rt_p *p = m->old_p;
    uint32_t status = P_SYSCALL;
    m->old_p = NULL;
    (void)rt_window(WINDOW_EXIT_BEFORE_CAS);
    if (likely(p && load_relaxed(&p->status) == P_SYSCALL &&
               atomic_compare_exchange_strong_explicit(
                   &p->status, &status, P_RUNNING, memory_order_acq_rel, memory_order_relaxed))) {
        m->p = p;
        store_relaxed(&p->m, m);
        store_relaxed(&p->long_calls, 0);
        m->handed_off_when = 0;
        resume(m, g, p);
    } else {
        exit_slow(m, g, p);
        p = current_m()->p;
    }
    if (unlikely(load_relaxed(&p->preempt)))
        rt_yield();
}

/* The G and M of a caller that may enter. */
static inline struct rt_m *entering_m(void)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg && m->p, "a blocking system call outside a G, or within another one");
    return m;
}

void rt_entersyscall(void)
{
    struct rt_m *m = entering_m();
    enter(m, m->curg);
}

void rt_entersyscallblock(void)
{
    enter_and_hand_off(entering_m());
}

void rt_exitsyscall(void)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg && load_relaxed(&m->curg->status) == G_SYSCALL,
             "rt_exitsyscall without rt_entersyscall");
    leave(m, m->curg);
}

/* SYSCALL between the two halves, in line: a call of the stub would add a return after
 * the kernel has emptied the return predictor. The stub's rule for the result. */
static inline struct rt_result blocking(long nr, long a1, long a2, long a3, long a4, long a5,
                                        long a6)
{
    struct rt_m *m = entering_m();
    struct rt_g *g = m->curg;
    struct rt_result result;
    uintptr_t ax, dx = (uintptr_t)a3;
    enter_for_call(m, g);
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8") = a5;
    register long r9 __asm__("r9") = a6;
    __asm__ volatile("syscall"
                     : "=a"(ax), "+d"(dx)
                     : "0"(nr), "D"(a1), "S"(a2), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    leave(m, g);
    if (unlikely(ax > 0xfffffffffffff001))
        result = (struct rt_result){(uintptr_t)-1, 0, -ax};
    else
        result = (struct rt_result){ax, dx, 0};
    return result;
}

struct rt_result rt_syscall(uintptr_t nr, uintptr_t a1, uintptr_t a2, uintptr_t a3)
{
    return blocking((long)nr, (long)a1, (long)a2, (long)a3, 0, 0, 0);
}

struct rt_result rt_syscall6(uintptr_t nr, uintptr_t a1, uintptr_t a2, uintptr_t a3, uintptr_t a4,
                             uintptr_t a5, uintptr_t a6)
{
    return blocking((long)nr, (long)a1, (long)a2, (long)a3, (long)a4, (long)a5, (long)a6);
}

long rt_call_blocking(long nr, long a1, long a2, long a3, long a4, long a5, long a6)
{
    struct rt_m *m = entering_m();
    struct rt_g *g = m->curg;
    enter_for_call(m, g);
    long result = os_call6(nr, a1, a2, a3, a4, a5, a6);
    leave(m, g);
    return result;
}

long rt_call_sleeping(long nr, long a1, long a2, long a3, long a4, long a5, long a6)
{
    struct rt_m *m = entering_m();
    struct rt_g *g = m->curg;
    enter_and_hand_off(m);
    long result = rt_call_raw(nr, a1, a2, a3, a4, a5, a6);
    leave(m, g);
    return result;
}

/* The stub is in assembly for its window: see interrupt.c. */
long rt_call_interruptible(long nr, long a1, long a2, long a3, long a4, long a5, long a6)
{
    struct rt_m *m = entering_m();
    struct rt_g *g = m->curg;
    enter_for_call(m, g);
    uint32_t seen = load_relaxed(&m->signals_seen);
    atomic_fetch_add(&g->intr, INTR_INSIDE - INTR_OUTSIDE);
    long result = rt_stub_interruptible(&g->intr, nr, a1, a2, a3, a4, a5, a6);
    interrupt_leave(m, g, seen);
    leave(m, g);
    return result;
}
