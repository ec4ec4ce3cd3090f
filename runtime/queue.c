/*
 * queue.c - run queues: one ring and one next-slot a P, and the global queue.
 *
 * The ring has one producer, its owner; whoever moves the head by
 * compare-and-swap owns the Gs passed over. With one P there is no thief and the
 * owner needs no locked instruction.
 */
#include "internal.h"

void queue_push(struct g_queue *q, struct rt_g *g)
{
    g->link = NULL;
    if (q->tail)
        q->tail->link = g;
    else
        q->head = g;
    q->tail = g;
    q->n++;
}

struct rt_g *queue_pop(struct g_queue *q)
{
    struct rt_g *g = q->head;
    if (!g)
        return NULL;
    q->head = g->link;
    if (!q->head)
        q->tail = NULL;
    q->n--;
    g->link = NULL;
    return g;
}

void global_put(struct rt_sched *s, struct rt_g *g)
{
    queue_push(&s->global, g);
    store_relaxed(&s->global_n, s->global.n);
}

/* Takes the P's share, at most max (0: no limit): one to run, the others to its ring. */
struct rt_g *global_get(struct rt_sched *s, struct rt_p *p, uint32_t max)
{
    uint32_t n = s->global.n / s->procs + 1;
    if (n > s->global.n)
        n = s->global.n;
    if (max && n > max)
        n = max;
    if (n > RUNQ_SIZE / 2)
        n = RUNQ_SIZE / 2;
    struct rt_g *first = n ? queue_pop(&s->global) : NULL;
    for (uint32_t i = 1; i < n; i++)
        runq_put(p, queue_pop(&s->global), false);
    store_relaxed(&s->global_n, s->global.n);
    return first;
}

/* Half of a full ring and one G more to the global queue; false if thieves were
 * faster and there is room now. */
static __attribute__((noinline)) bool overflow(struct rt_p *p, struct rt_g *g, uint32_t head,
                                               uint32_t tail)
{
    struct g_queue batch = {0};
    struct rt_g *taken[RUNQ_SIZE / 2];
    uint32_t n = (tail - head) / 2;
    RT_ASSERT(n == RUNQ_SIZE / 2);
    for (uint32_t i = 0; i < n; i++)
        taken[i] = load_relaxed(&p->runq[(head + i) % RUNQ_SIZE]);
    if (!atomic_compare_exchange_strong_explicit(&p->runq_head, &head, head + n,
                                                 memory_order_release, memory_order_relaxed))
        return false;
    for (uint32_t i = 0; i < n; i++)
        queue_push(&batch, taken[i]);
    queue_push(&batch, g);
    rt_spin_lock(&p->sched->lock);
    while (batch.head)
        global_put(p->sched, queue_pop(&batch));
    rt_spin_unlock(&p->sched->lock);
    return true;
}

static struct rt_g *replace_next(struct rt_p *p, struct rt_g *g)
{
    if (p->sched->single_p) {
        struct rt_g *old = load_relaxed(&p->run_next);
        store_relaxed(&p->run_next, g);
        return old;
    }
    return atomic_exchange_explicit(&p->run_next, g, memory_order_acq_rel);
}

/* next: run it before the others; who was there before goes to the ring's end. */
void runq_put(struct rt_p *p, struct rt_g *g, bool next)
{
    if (next) {
        g = replace_next(p, g);
        if (!g)
            return;
    }
    for (;;) {
        uint32_t head = load_acquire(&p->runq_head);
        uint32_t tail = load_relaxed(&p->runq_tail);
        if (likely(tail - head < RUNQ_SIZE)) {
            store_relaxed(&p->runq[tail % RUNQ_SIZE], g);
            store_release(&p->runq_tail, tail + 1);
            return;
        }
        if (overflow(p, g, head, tail))
            return;
    }
}

struct rt_g *runq_get(struct rt_p *p, bool *inherit)
{
    struct rt_g *next = load_relaxed(&p->run_next);
    *inherit = false;
    if (next) {
        if (p->sched->single_p)
            store_relaxed(&p->run_next, NULL);
        /* Only thieves compete here, and only to make it NULL. */
        if (p->sched->single_p ||
            atomic_compare_exchange_strong_explicit(&p->run_next, &next, NULL, memory_order_acq_rel,
                                                    memory_order_relaxed)) {
            *inherit = true;
            return next;
        }
    }
    for (;;) {
        uint32_t head = load_acquire(&p->runq_head);
        uint32_t tail = load_relaxed(&p->runq_tail);
        if (head == tail)
            return NULL;
        struct rt_g *g = load_relaxed(&p->runq[head % RUNQ_SIZE]);
        if (p->sched->single_p) {
            store_relaxed(&p->runq_head, head + 1);
            return g;
        }
        if (likely(atomic_compare_exchange_strong_explicit(
                &p->runq_head, &head, head + 1, memory_order_release, memory_order_relaxed)))
            return g;
    }
}

/* From any thread. Reads the tail twice, so that a G that moves from the
 * next-slot to the ring meanwhile is not overlooked. */
bool runq_empty(struct rt_p *p)
{
    for (;;) {
        uint32_t head = load_acquire(&p->runq_head);
        uint32_t tail = load_acquire(&p->runq_tail);
        struct rt_g *next = load_acquire(&p->run_next);
        if (tail == load_acquire(&p->runq_tail))
            return head == tail && !next;
    }
}

/* Watches a running P for 3 us. True if it changed Gs meanwhile. */
static bool changes_gs(struct rt_p *victim)
{
    uint64_t before = load_relaxed(&victim->count.switches);
    int64_t until = rt_now() + 3000;
    while (rt_now() < until)
        __builtin_ia32_pause();
    return load_relaxed(&victim->count.switches) != before;
}

/* The G that a P runs next, for a thief. A running P is about to take it itself, and
 * gets a little time; if it changes Gs in that time, two Gs may be readying each other
 * there and are left together (not so in Go). */
static struct rt_g *steal_next(struct rt_p *victim)
{
    struct rt_g *next = load_acquire(&victim->run_next);
    if (!next)
        return NULL;
    if (load_relaxed(&victim->status) == P_RUNNING && changes_gs(victim) && !FAITHFUL)
        return NULL;
    if (atomic_compare_exchange_strong_explicit(&victim->run_next, &next, NULL,
                                                memory_order_acq_rel, memory_order_relaxed))
        return next;
    return NULL;
}

/* Takes half of the victim's ring to the end of p's, and gives the last of it to
 * be run. take_next: if the ring is empty, the victim's next G. */
struct rt_g *runq_steal(struct rt_p *p, struct rt_p *victim, bool take_next)
{
    uint32_t to = load_relaxed(&p->runq_tail), n, head;
    do {
        head = load_acquire(&victim->runq_head);
        uint32_t tail = load_acquire(&victim->runq_tail);
        n = tail - head;
        n -= n / 2;
        if (n == 0)
            return take_next ? steal_next(victim) : NULL;
        if (n > RUNQ_SIZE / 2) /* head and tail are of different times */
            continue;
        for (uint32_t i = 0; i < n; i++)
            store_relaxed(&p->runq[(to + i) % RUNQ_SIZE],
                          load_relaxed(&victim->runq[(head + i) % RUNQ_SIZE]));
    } while (n > RUNQ_SIZE / 2 ||
             !atomic_compare_exchange_strong_explicit(&victim->runq_head, &head, head + n,
                                                      memory_order_acq_rel, memory_order_relaxed));
    n--;
    struct rt_g *g = load_relaxed(&p->runq[(to + n) % RUNQ_SIZE]);
    RT_ASSERT(to - load_relaxed(&p->runq_head) + n < RUNQ_SIZE);
    store_release(&p->runq_tail, to + n);
    count_up(&p->count.steals);
    return g;
}

void inject(struct rt_sched *s, struct rt_p *p, struct g_queue *list)
{
    struct rt_m *m = current_m();
    uint32_t n = list->n;
    struct rt_g *g;
    if (n == 0)
        return;
    for (g = list->head; g; g = g->link)
        g_set_status(g, G_WAITING, G_RUNNABLE);
    if (p) {
        while (list->head && load_relaxed(&p->runq_tail) - load_relaxed(&p->runq_head) < RUNQ_SIZE)
            runq_put(p, queue_pop(list), false);
    }
    if (list->head) {
        rt_spin_lock(&s->lock);
        while ((g = queue_pop(list)))
            global_put(s, g);
        rt_spin_unlock(&s->lock);
    }
    (void)m;
    for (; n > 0 && load_relaxed(&s->npidle) > 0; n--)
        m_start(s, NULL, false);
}
