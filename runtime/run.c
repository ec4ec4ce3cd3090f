/*
 * run.c - the beginning and the end of a rt_run.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"
#include "os.h"

#define PAGE       4096u
#define MIN_STACK  (16u << 10)
#define MIN_SYSTEM (64u << 10)
#define MAX_STACK  (1ull << 40)

static size_t or_default(size_t value, size_t fallback)
{
    return value ? value : fallback;
}

/* The configuration with its defaults filled in; false: it makes no sense. */
static bool complete(struct rt_config *c)
{
    c->procs = (unsigned)or_default(c->procs, 1);
    c->max_threads = (unsigned)or_default(c->max_threads, RT_MAX_THREADS);
    c->stack_size = (or_default(c->stack_size, RT_DEFAULT_STACK) + PAGE - 1) & ~(size_t)(PAGE - 1);
    c->system_stack_size =
        (or_default(c->system_stack_size, RT_DEFAULT_STACK) + PAGE - 1) & ~(size_t)(PAGE - 1);
    c->signal = (int)or_default((size_t)c->signal, SIGURG);
    c->sysmon_min_us = (uint32_t)or_default(c->sysmon_min_us, 20);
    c->sysmon_max_us = (uint32_t)or_default(c->sysmon_max_us, 10000);
    c->slice_us = (uint32_t)or_default(c->slice_us, 10000);
    return c->procs <= RT_MAX_PROCS && c->max_threads <= INT32_MAX &&
           (c->mode == RT_HOSTED || c->mode == RT_BARE) && c->stack_size >= MIN_STACK &&
           c->stack_size <= MAX_STACK && c->system_stack_size >= MIN_SYSTEM &&
           c->system_stack_size <= MAX_STACK && c->signal >= 1 && c->signal <= 64 &&
           c->signal != SIGKILL && c->signal != SIGSTOP;
}

/* The structure itself lies in the first of its chunks. */
static struct rt_sched *sched_new(const struct rt_config *cfg)
{
    struct rt_sched seed = {.npidle = 0};
    struct rt_sched *s = rt_alloc(&seed, sizeof *s);
    if (!s)
        return NULL;
    s->chunks = seed.chunks;
    s->cfg = *cfg;
    s->procs = cfg->procs;
    s->single_p = cfg->procs == 1;
    store_relaxed(&s->next_timer, INT64_MAX);
    store_relaxed(&s->last_poll, 1);
    store_relaxed(&s->epoll_fd, -1);
    s->break_fd = -1;
    store_relaxed(&s->refs, 1);
    s->ps = rt_alloc(s, cfg->procs * sizeof *s->ps);
    if (!s->ps) {
        rt_free_all(s);
        return NULL;
    }
    for (uint32_t i = 0; i < cfg->procs; i++) {
        s->ps[i].sched = s;
        s->ps[i].id = i;
    }
    return s;
}

/* The last thread that knows of s frees it. */
void sched_unref(struct rt_sched *s)
{
    if (atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    netpoll_close(s);
    g_unmap_all(s);
    trace_free(s);
    rt_free_all(s);
}

/* True when every M has ended or is in a system call that it will not come back
 * from to run a G. Wakes those that sleep. */
static bool all_gone(struct rt_sched *s)
{
    bool gone = true;
    rt_spin_lock(&s->lock);
    while (s->idle_ms) {
        struct rt_m *m = s->idle_ms;
        s->idle_ms = m->link;
        s->nmidle--;
        rt_note_wake(&m->park);
    }
    for (struct rt_m *m = s->all_ms; m; m = m->all_link) {
        if (m->ended)
            continue;
        if (m->idle_locked) {
            m->idle_locked = false;
            rt_note_wake(&m->park);
        }
        struct rt_g *g = load_acquire(&m->curg);
        if (!g || load_acquire(&g->status) != G_SYSCALL)
            gone = false;
        else if ((load_relaxed(&g->intr) & INTR_STATE) == INTR_INSIDE)
            rt_interrupt(g);
    }
    rt_spin_unlock(&s->lock);
    return gone;
}

static void finish(struct rt_sched *s)
{
    while (!rt_mutex_trylock(&s->world)) /* a G stops the world just now */
        kick_wait(s, 100000);
    stop_all(s, NULL);
    netpoll_break(s);
    while (!all_gone(s)) {
        kick_wait(s, 1000000);
        netpoll_break(s);
    }
}

int rt_run(const struct rt_config *cfg, void (*main_fn)(void *), void *arg)
{
    struct rt_config c = *cfg;
    if (!complete(&c) || current_m() || !main_fn)
        return -EINVAL;
    struct rt_sched *s = sched_new(&c);
    if (!s)
        return -ENOMEM;
    int error = -ENOMEM;
    struct rt_g *g = g_new(s, &s->ps[0]);
    if (!g)
        goto out;
#ifndef RT_FENCED_ENTER
    error = (int)os_call3(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
    if (error)
        goto out;
#endif
    error = netpoll_open(s);
    if (error)
        goto out;
    error = interrupt_setup(s);
    if (error)
        goto out;
    g_prepare(&s->ps[0], g, main_fn, arg);
    g->is_main = true;
    runq_put(&s->ps[0], g, true);
    rt_spin_lock(&s->lock);
    for (uint32_t i = c.procs - 1; i > 0; i--)
        p_idle_put(s, &s->ps[i]);
    rt_spin_unlock(&s->lock);
    error = m_first(s, &s->ps[0]);
    if (error == 0) {
        sysmon_run(s);
        finish(s);
        error = atomic_load(&s->result);
    } else {
        atomic_fetch_sub(&s->refs, 1);
    }
    interrupt_teardown(s);
out:
    sched_unref(s);
    return error;
}
