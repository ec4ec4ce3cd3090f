/*
 * sched.c - choosing the next G, and the ways off a G that do not block its M.
 */
#include <string.h>

#include "internal.h"
#include "os.h"
#include "sanitizer.h"

/* ---- finding work -------------------------------------------------------- */

static uint32_t next_random(struct rt_m *m)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 17;
    m->random ^= m->random << 5;
    return m->random;
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

#define STEAL_ROUNDS 4

/* Four rounds over all other Ps in an order of its own, timers and next-slots only
 * in the last. */
static struct rt_g *steal(struct rt_m *m)
{
    struct rt_sched *s = m->sched;
    uint32_t n = s->procs, step;
    do
        step = next_random(m) % n + 1;
    while (gcd(step, n) != 1);
    for (int round = 0; round < STEAL_ROUNDS; round++) {
        uint32_t at = next_random(m) % n;
        if (round == STEAL_ROUNDS - 1) {
            bool inherit;
            timers_run(s, m->p);
            struct rt_g *g = runq_get(m->p, &inherit);
            if (g)
                return g;
        }
        for (uint32_t i = 0; i < n; i++, at = (at + step) % n) {
            struct rt_p *victim = &s->ps[at];
            if (load_relaxed(&s->gc_waiting))
                return NULL;
            if (victim == m->p)
                continue;
            struct rt_g *g = runq_steal(m->p, victim, round == STEAL_ROUNDS - 1);
            if (g)
                return g;
        }
    }
    return NULL;
}

static void start_spinning(struct rt_m *m)
{
    m->spinning = true;
    atomic_fetch_add(&m->sched->nmspinning, 1);
}

/* The last spinner that finds work sends another to look for more. */
static void stop_spinning_with_work(struct rt_m *m)
{
    m->spinning = false;
    uint32_t old = atomic_fetch_sub(&m->sched->nmspinning, 1);
    RT_CHECK(old > 0, "negative count of spinning threads");
    if (old == 1)
        m_wake_one(m->sched);
}

/* What there is without giving up the P. */
static struct rt_g *find_with_p(struct rt_m *m, bool *inherit)
{
    struct rt_sched *s = m->sched;
    struct rt_p *p = m->p;
    struct rt_g *g;

    *inherit = false;
    if (unlikely(load_relaxed(&s->bell_gs) != NULL))
        bells_take(s, p);
    if (unlikely(load_relaxed(&s->next_timer) != INT64_MAX))
        timers_run(s, p);
    if (unlikely(++p->turns % GLOBAL_EVERY == 0) && load_relaxed(&s->global_n) > 0) {
        rt_spin_lock(&s->lock);
        g = global_get(s, p, 1);
        rt_spin_unlock(&s->lock);
        if (g)
            return g;
    }
    g = runq_get(p, inherit);
    if (likely(g != NULL))
        return g;
    if (load_relaxed(&s->global_n) > 0) {
        rt_spin_lock(&s->lock);
        g = global_get(s, p, 0);
        rt_spin_unlock(&s->lock);
        if (g)
            return g;
    }
    /* Also when an M blocks there: the event of a G that the last one has just woken by a
     * write is taken here sooner than that M is awake. (Not so in Go.) */
    if (load_relaxed(&s->poll_waiters) > 0 && (!FAITHFUL || load_relaxed(&s->last_poll) != 0)) {
        struct g_queue list = {0};
        netpoll(s, 0, &list);
        g = queue_pop(&list);
        if (g) {
            g_set_status(g, G_WAITING, G_RUNNABLE);
            inject(s, p, &list);
            return g;
        }
    }
    if (s->single_p)
        return NULL;
    uint32_t busy = s->procs - load_relaxed(&s->npidle);
    if (m->spinning || 2 * load_relaxed(&s->nmspinning) < busy) {
        if (!m->spinning)
            start_spinning(m);
        return steal(m);
    }
    return NULL;
}

/* With the P given up: anything that was published before the spinner was no
 * longer counted must be seen here; what comes later wakes a spinner of its own. */
static bool work_anywhere(struct rt_sched *s)
{
    if (load_relaxed(&s->global_n) > 0 || load_relaxed(&s->bell_gs))
        return true;
    for (uint32_t i = 0; i < s->procs; i++) {
        if (!runq_empty(&s->ps[i]))
            return true;
    }
    return false;
}

/* Gets a P again for an M without one; counts it as spinning if it was. */
static bool take_idle_p(struct rt_m *m, bool spinning)
{
    struct rt_sched *s = m->sched;
    rt_spin_lock(&s->lock);
    struct rt_p *p = load_relaxed(&s->gc_waiting) ? NULL : p_idle_get(s);
    rt_spin_unlock(&s->lock);
    if (!p)
        return false;
    p_acquire(m, p);
    if (spinning)
        start_spinning(m);
    return true;
}

/* Waits for descriptors and timers on behalf of all, without a P. True if the M
 * has a P afterwards. */
static bool poll_blocking(struct rt_m *m)
{
    struct rt_sched *s = m->sched;
    int64_t when = load_relaxed(&s->next_timer);
    if (load_relaxed(&s->poll_waiters) == 0 && when == INT64_MAX)
        return false;
    if (atomic_exchange(&s->last_poll, 0) == 0) {
        /* Somebody blocks there: as long as the next timer? */
        if (when != INT64_MAX && load_relaxed(&s->poll_until) > when)
            netpoll_break(s);
        return false;
    }
    atomic_store(&s->poll_until, when);
    /* A timer that was started before poll_until could be seen. */
    when = atomic_load(&s->next_timer);
    int64_t delay = -1;
    if (when != INT64_MAX) {
        delay = when - rt_now();
        if (delay < 0)
            delay = 0;
    }
    if (work_anywhere(s) || load_relaxed(&s->main_done))
        delay = 0;
    struct g_queue list = {0};
    netpoll(s, delay, &list);
    atomic_store(&s->poll_until, 0);
    atomic_store(&s->last_poll, rt_now());
    bool got = take_idle_p(m, false);
    inject(s, got ? m->p : NULL, &list);
    return got;
}

/* The next G for this M; NULL when the runtime ends. Waits as long as it takes. */
static struct rt_g *find_runnable(struct rt_m *m, bool *inherit)
{
    struct rt_sched *s = m->sched;
    for (;;) {
        if (unlikely(load_relaxed(&s->gc_waiting) || load_relaxed(&s->main_done))) {
            gc_stop_p(m);
            if (!m_stop(m))
                return NULL;
            continue;
        }
        struct rt_g *g = find_with_p(m, inherit);
        if (likely(g != NULL))
            return g;
        rt_spin_lock(&s->lock);
        if (load_relaxed(&s->gc_waiting) || load_relaxed(&s->main_done)) {
            rt_spin_unlock(&s->lock);
            continue;
        }
        if (s->global.n > 0) {
            g = global_get(s, m->p, 0);
            rt_spin_unlock(&s->lock);
            return g;
        }
        p_idle_put(s, p_release(m));
        rt_spin_unlock(&s->lock);
        bool was_spinning = m->spinning;
        if (was_spinning) {
            m->spinning = false;
            uint32_t old = atomic_fetch_sub(&s->nmspinning, 1);
            RT_CHECK(old > 0, "negative count of spinning threads");
            (void)rt_window(WINDOW_STOP_SPINNING);
        }
        full_fence();
        if (work_anywhere(s) && take_idle_p(m, was_spinning))
            continue;
        if (poll_blocking(m))
            continue;
        if (!m_stop(m))
            return NULL;
    }
}

/* ---- locked Ms ----------------------------------------------------------- */

/* Gives this M's P to the M that g is locked to, and stops. */
static bool run_on_its_thread(struct rt_m *m, struct rt_g *g)
{
    struct rt_m *other = load_relaxed(&g->locked_m);
    RT_ASSERT(other && other != m);
    struct rt_p *p = p_release(m);
    rt_spin_lock(&m->sched->lock);
    m->sched->nmidle_locked--;
    atomic_fetch_add_explicit(&m->sched->handoffs, 1, memory_order_relaxed);
    rt_spin_unlock(&m->sched->lock);
    store_relaxed(&other->next_p, p);
    rt_note_wake(&other->park);
    return m_stop(m);
}

/* The M of a locked G that cannot run: gives its P away and sleeps until another M
 * brings the G. NULL: the runtime ends. */
static struct rt_g *wait_for_locked_g(struct rt_m *m)
{
    struct rt_sched *s = m->sched;
    if (m->p) {
        struct rt_p *p = p_release(m);
        hand_off(s, p);
    }
    rt_spin_lock(&s->lock);
    if (load_relaxed(&s->main_done)) {
        rt_spin_unlock(&s->lock);
        return NULL;
    }
    m->idle_locked = true;
    s->nmidle_locked++;
    check_deadlock(s);
    rt_spin_unlock(&s->lock);
    rt_note_sleep(&m->park);
    rt_note_clear(&m->park);
    m->idle_locked = false;
    struct rt_p *p = load_relaxed(&m->next_p);
    if (!p)
        return NULL;
    store_relaxed(&m->next_p, NULL);
    p_acquire(m, p);
    return m->locked_g;
}

/* ---- the loop of an M ----------------------------------------------------- */

/* NULL: the M's thread is to end. It comes without a P from a system call that lost
 * its own. */
static struct rt_g *schedule(struct rt_m *m, bool *inherit)
{
    *inherit = false;
    RT_ASSERT(m->locks == 0);
    if (unlikely(m->locked_g != NULL)) {
        /* Its G has just parked, or was made runnable and is queued. */
        return wait_for_locked_g(m);
    }
    if (unlikely(!m->p) && !m_stop(m))
        return NULL;
    for (;;) {
        struct rt_g *g = find_runnable(m, inherit);
        if (!g)
            return NULL;
        if (unlikely(m->spinning))
            stop_spinning_with_work(m);
        if (likely(!load_relaxed(&g->locked_m)))
            return g;
        if (!run_on_its_thread(m, g))
            return NULL;
    }
}

static void run(struct rt_m *m, struct rt_g *g, bool inherit)
{
    struct rt_p *p = m->p;
    g_set_status(g, G_RUNNABLE, G_RUNNING);
    store_release(&m->curg, g);
    g->m = m;
    if (!inherit)
        store_relaxed(&p->sched_tick, load_relaxed(&p->sched_tick) + 1);
    count_up(&p->count.switches);
    store_relaxed(&p->preempt, false);
    TRACE(m->sched, m, TRACE_RUN, g, p, 0);
    sanitizer_leave_m(m, g);
    rt_switch_to_g(m, g);
    sanitizer_arrived_on_m(m);
}

/* Begins with the P that the M was started for. */
void m_loop(struct rt_m *m)
{
    struct rt_sched *s = m->sched;
    struct rt_p *first = load_relaxed(&m->next_p);
    store_relaxed(&m->next_p, NULL);
    p_acquire(m, first);
    for (;;) {
        bool inherit;
        struct rt_g *g = schedule(m, &inherit);
        if (!g)
            break;
        run(m, g, inherit);
        g = m->curg;
        m->op(m, g);
        if (m->ended)
            break;
    }
    if (m->p)
        hand_off(s, p_release(m));
    rt_spin_lock(&s->lock);
    m->ended = true;
    s->ms_alive--;
    bool last = load_relaxed(&s->main_done);
    rt_spin_unlock(&s->lock);
    if (last)
        kick(s);
}

static void drop_g(struct rt_m *m)
{
    m->curg->m = NULL;
    store_release(&m->curg, NULL);
}

/* ---- making runnable ------------------------------------------------------ */

/* About 50 us. */
#define WAKE_AGAIN_CYCLES 150000

/* After a G was queued on m's P: somebody else may run it. If it is the only one, and
 * runs next here, it is as a rule run in a moment, when the caller waits; to wake a
 * thread for it each time would cost more than to run it. So that is done again only
 * after a while, and sysmon wakes somebody if it really has to wait. (Go always wakes.) */
static void wake_for_next(struct rt_m *m)
{
    struct rt_p *p = m->p;
    (void)rt_window(WINDOW_RUNQ_PUBLISHED);
    full_fence();
    if (load_relaxed(&m->sched->npidle) == 0 || load_relaxed(&m->sched->nmspinning) > 0)
        return;
    if (!FAITHFUL && load_relaxed(&p->runq_head) == load_relaxed(&p->runq_tail)) {
        uint64_t now = __builtin_ia32_rdtsc();
        if (now - p->woke_at < WAKE_AGAIN_CYCLES)
            return;
        p->woke_at = now;
    }
    m_wake_one(m->sched);
}

/* On a P, by its M. */
void ready_on(struct rt_m *m, struct rt_g *g, bool next)
{
    g_set_status(g, G_WAITING, G_RUNNABLE);
    count_up(&m->p->count.readies);
    runq_put(m->p, g, next);
    if (!m->sched->single_p)
        wake_for_next(m);
}

/* From a thread without a P: the global queue, and a P for it: an idle one, or one
 * whose M is in a system call. */
static void ready_outside(struct rt_sched *s, struct rt_g *g)
{
    rt_spin_lock(&s->lock);
    g_set_status(g, G_WAITING, G_RUNNABLE);
    global_put(s, g);
    rt_spin_unlock(&s->lock);
    full_fence();
    if (load_relaxed(&s->npidle) > 0) {
        m_wake_one(s);
        return;
    }
    for (uint32_t i = 0; i < s->procs; i++) {
        if (p_retake(&s->ps[i], P_IDLE)) {
            atomic_fetch_add(&s->ps[i].syscall_tick, 1);
            hand_off(s, &s->ps[i]);
            return;
        }
    }
}

void rt_ready(rt_g *g)
{
    struct rt_m *m = current_m();
    uint32_t status = load_acquire(&g->status);
    RT_CHECK(status == G_WAITING, "rt_ready of a G that does not wait");
    if (likely(m && m->p && m->sched == g->sched))
        ready_on(m, g, true);
    else
        ready_outside(g->sched, g);
}

rt_g *rt_go(void (*fn)(void *), void *arg)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->p, "rt_go from a thread without a P");
    struct rt_p *p = m->p;
    struct rt_g *g = g_new(m->sched, p);
    if (unlikely(!g))
        return NULL;
    g_prepare(p, g, fn, arg);
    runq_put(p, g, true);
    if (!m->sched->single_p)
        wake_for_next(m);
    return g;
}

/* ---- off a G ---------------------------------------------------------------- */

/* Where a G goes that gives others a turn: behind everybody else. With a global
 * queue that is empty the end of the P's own ring is that place, and costs no lock.
 * (In Go always the global queue.) */
void op_yield(struct rt_m *m, struct rt_g *g)
{
    struct rt_sched *s = m->sched;
    TRACE(s, m, TRACE_LEAVE, g, m->p, 0);
    g_set_status(g, G_RUNNING, G_RUNNABLE);
    drop_g(m);
    count_up(&m->p->count.yields);
    struct rt_p *p = m->p;
    if (!FAITHFUL && load_relaxed(&s->global_n) == 0 && !load_relaxed(&g->locked_m) &&
        load_relaxed(&p->runq_tail) - load_relaxed(&p->runq_head) < RUNQ_SIZE) {
        runq_put(p, g, false);
        return;
    }
    rt_spin_lock(&s->lock);
    global_put(s, g);
    rt_spin_unlock(&s->lock);
}

void rt_yield(void)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg && m->p, "rt_yield outside a G");
    g_leave(m, m->curg, op_yield);
}

bool rt_preempt_requested(void)
{
    struct rt_m *m = current_m();
    return m && m->p && load_relaxed(&m->p->preempt);
}

void rt_checkpoint(void)
{
    if (unlikely(rt_preempt_requested()))
        rt_yield();
}

static void op_park(struct rt_m *m, struct rt_g *g)
{
    bool (*commit)(rt_g *, void *) = m->park_commit;
    TRACE(m->sched, m, TRACE_LEAVE, g, m->p, 0);
    count_up(&m->p->count.parks);
    g_set_status(g, G_RUNNING, G_WAITING);
    drop_g(m);
    if (!commit)
        return;
    (void)rt_window(WINDOW_PARK_COMMIT);
    if (unlikely(!commit(g, m->park_arg))) {
        g_set_status(g, G_WAITING, G_RUNNABLE);
        runq_put(m->p, g, true);
    }
}

void rt_park(bool (*commit)(rt_g *, void *), void *arg)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg && m->p, "rt_park outside a G");
    m->park_commit = commit;
    m->park_arg = arg;
    g_leave(m, m->curg, op_park);
}

void op_exit(struct rt_m *m, struct rt_g *g)
{
    struct rt_sched *s = m->sched;
    TRACE(s, m, TRACE_LEAVE, g, m->p, 0);
    g_set_status(g, G_RUNNING, G_DEAD);
    drop_g(m);
    count_up(&m->p->count.gs_ended);
    if (unlikely(m->locked_g != NULL)) {
        rt_warn("G %lu returned while locked to its thread, which ends with it",
                (unsigned long)g->id);
        m->locked_g = NULL;
        store_relaxed(&g->locked_m, NULL);
        g->locks_of_thread = 0;
        m->ended = true;
    }
    if (unlikely(g->is_main)) {
        atomic_store(&s->main_done, true);
        kick(s);
        return;
    }
    g_recycle(m->p, g);
}

void rt_lock_os_thread(void)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg, "rt_lock_os_thread outside a G");
    struct rt_g *g = m->curg;
    RT_CHECK(++g->locks_of_thread != 0, "too many rt_lock_os_thread");
    m->locked_g = g;
    store_relaxed(&g->locked_m, m);
}

void rt_unlock_os_thread(void)
{
    struct rt_m *m = current_m();
    RT_CHECK(m && m->curg, "rt_unlock_os_thread outside a G");
    struct rt_g *g = m->curg;
    RT_CHECK(g->locks_of_thread > 0, "rt_unlock_os_thread of a G that is not locked");
    if (--g->locks_of_thread > 0)
        return;
    m->locked_g = NULL;
    store_relaxed(&g->locked_m, NULL);
}

/* With s->lock held, when an M goes to sleep: everybody asleep, nothing that
 * could wake them. */
void check_deadlock(struct rt_sched *s)
{
    if (!s->cfg.detect_deadlock || load_relaxed(&s->main_done))
        return;
    RT_CHECK(s->ms_alive >= s->nmidle + s->nmidle_locked, "more sleeping threads than threads");
    if (s->ms_alive > s->nmidle + s->nmidle_locked)
        return;
    if (load_relaxed(&s->next_timer) != INT64_MAX || load_relaxed(&s->poll_waiters) > 0 ||
        load_relaxed(&s->bell_gs) || s->global.n > 0 || s->new_ms || s->stop_wait > 0)
        return;
    atomic_store(&s->result, -35 /* EDEADLK */);
    atomic_store(&s->main_done, true);
    kick(s);
}
