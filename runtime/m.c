/*
 * m.c - Ms: making, starting, stopping and ending the threads that run Gs.
 *
 * An M that nobody needs sleeps on its note and is kept. Its thread ends only
 * with the rt_run, or with a G that returned while locked to it.
 */
#include <string.h>

#include "internal.h"
#include "os.h"

_Static_assert(offsetof(struct rt_g, sp) == G_SP, "offsets.h");
_Static_assert(offsetof(struct rt_m, g0_sp) == M_G0_SP, "offsets.h");
_Static_assert(offsetof(struct rt_m, procid) == M_PROCID, "offsets.h");
_Static_assert(offsetof(struct rt_m, tls) == M_TLS, "offsets.h");
_Static_assert(offsetof(struct rt_m, g0_lo) == M_G0_LO, "offsets.h");
_Static_assert(offsetof(struct rt_m, g0_hi) == M_G0_HI, "offsets.h");

/* Counts a new M, with s->lock held, so that the deadlock check does not miss it
 * while it is being made. */
struct rt_m *m_reserve(struct rt_sched *s)
{
    if (s->ms_alive >= (int32_t)s->cfg.max_threads)
        rt_fatal("more than %u threads: too many Gs block in system calls at a time",
                 s->cfg.max_threads);
    struct rt_m *m = s->free_ms;
    if (m) {
        s->free_ms = m->link;
        m->link = NULL;
    } else {
        m = rt_alloc(s, sizeof *m);
        if (!m)
            rt_fatal("no memory for a thread");
        m->all_link = s->all_ms;
        s->all_ms = m;
        m->sched = s;
    }
    m->ended = false;
    m->id = s->mcount++;
    m->random = m->id * 2654435761u + 1;
    s->ms_alive++;
    return m;
}

/* The thread touches m no more. */
void m_recycle(struct rt_m *m)
{
    struct rt_sched *s = m->sched;
    rt_spin_lock(&s->lock);
    m->link = s->free_ms;
    s->free_ms = m;
    rt_spin_unlock(&s->lock);
}

/* Makes the thread of a reserved M. Fatal if the kernel gives none for a second. */
static void m_make_thread(struct rt_m *m)
{
    atomic_fetch_add(&m->sched->refs, 1);
    int error = -1;
    for (int64_t pause = 10000; pause < 1000000000; pause *= 2) {
        error = rt_window(WINDOW_THREAD) ? -11 : os_thread_start(m);
        if (error == 0)
            return;
        uint32_t never = 0;
        os_futex_wait(&never, 0, pause);
    }
    rt_fatal("cannot make thread %u: error %u", m->id, (unsigned)-error);
}

/* The thread of an M that is locked to a G may be in any state (namespaces,
 * masks), which a child would inherit: the thread of rt_run makes the new one. */
static void m_make(struct rt_m *m)
{
    struct rt_m *here = current_m();
    struct rt_sched *s = m->sched;
    if (here && here->locked_g) {
        rt_spin_lock(&s->lock);
        m->link = s->new_ms;
        s->new_ms = m;
        rt_spin_unlock(&s->lock);
        kick(s);
        return;
    }
    m_make_thread(m);
}

/* The threads that locked Ms asked for. By the thread of rt_run. */
void m_make_pending(struct rt_sched *s)
{
    rt_spin_lock(&s->lock);
    struct rt_m *m = s->new_ms;
    s->new_ms = NULL;
    rt_spin_unlock(&s->lock);
    while (m) {
        struct rt_m *next = m->link;
        m->link = NULL;
        m_make_thread(m);
        m = next;
    }
}

/* The first M, with the only P that is not listed. */
int m_first(struct rt_sched *s, struct rt_p *p)
{
    rt_spin_lock(&s->lock);
    struct rt_m *m = m_reserve(s);
    rt_spin_unlock(&s->lock);
    store_relaxed(&m->next_p, p);
    atomic_fetch_add(&s->refs, 1);
    return os_thread_start(m);
}

/* Gets an M, sleeping or new, to run p (owned and idle; NULL: a listed one if
 * there is one). spinning: the caller has counted the M in nmspinning. */
void m_start(struct rt_sched *s, struct rt_p *p, bool spinning)
{
    rt_spin_lock(&s->lock);
    if (!p)
        p = p_idle_get(s);
    if (!p) {
        rt_spin_unlock(&s->lock);
        if (spinning) {
            uint32_t old = atomic_fetch_sub(&s->nmspinning, 1);
            RT_CHECK(old > 0, "negative count of spinning threads");
        }
        return;
    }
    struct rt_m *m = s->idle_ms;
    if (m) {
        s->idle_ms = m->link;
        m->link = NULL;
        s->nmidle--;
        rt_spin_unlock(&s->lock);
        RT_ASSERT(!m->spinning && !load_relaxed(&m->next_p));
        m->spinning = spinning;
        store_relaxed(&m->next_p, p);
        rt_note_wake(&m->park);
        return;
    }
    m = m_reserve(s);
    rt_spin_unlock(&s->lock);
    m->spinning = spinning;
    store_relaxed(&m->next_p, p);
    m_make(m);
}

/* Called after a G was made runnable: one M more to look for work, unless there
 * is no P for it or somebody looks already. */
void m_wake_one(struct rt_sched *s)
{
    uint32_t none = 0;
    if (load_relaxed(&s->npidle) == 0)
        return;
    if (load_relaxed(&s->nmspinning) == 0 &&
        atomic_compare_exchange_strong(&s->nmspinning, &none, 1))
        m_start(s, NULL, true);
}

bool m_stop(struct rt_m *m)
{
    struct rt_sched *s = m->sched;
    RT_ASSERT(!m->p && !m->spinning && m->locks == 0);
    rt_spin_lock(&s->lock);
    if (load_relaxed(&s->main_done)) {
        rt_spin_unlock(&s->lock);
        return false;
    }
    m->link = s->idle_ms;
    s->idle_ms = m;
    s->nmidle++;
    check_deadlock(s);
    rt_spin_unlock(&s->lock);
    rt_note_sleep(&m->park);
    rt_note_clear(&m->park);
    struct rt_p *p = load_relaxed(&m->next_p);
    if (!p)
        return false;
    store_relaxed(&m->next_p, NULL);
    p_acquire(m, p);
    return true;
}
