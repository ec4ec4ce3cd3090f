/*
 * internal.h - the structures of the runtime and what its files call of each
 * other. Included by runtime/ and its tests alone.
 *
 * Words of the model: see facts in docs/runtime.md. Who may change what:
 *  - g->status is the lock on the G's stack. The M that runs the G changes it;
 *    a waiting G belongs to whoever removed it from its place of waiting.
 *  - p->status leaves P_SYSCALL only by compare-and-swap, whoever does it owns
 *    the P. All other changes are made by the owner, or under sched->lock.
 *  - A G's context is saved before anybody else can see it runnable: every way
 *    off a G but a system call goes through rt_switch_to_m and an op on the M's
 *    own stack.
 */
#ifndef RT_INTERNAL_H
#define RT_INTERNAL_H

#include <stdatomic.h>

#include "offsets.h"
#include "rt.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define CACHE_LINE  64

#ifdef __has_feature /* clang */
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#define RT_TSAN 1
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define RT_ASAN 1
#endif

/* Go 1.19's protocol and policies without departures: a build for comparison and tests. */
#ifdef RT_FAITHFUL
enum { FAITHFUL = 1 };
#else
enum { FAITHFUL = 0 };
#endif

/* The thread sanitizer knows no membarrier. */
#if defined(RT_FAITHFUL) || defined(RT_TSAN)
#define RT_FENCED_ENTER 1
#endif

#define load_relaxed(p)     atomic_load_explicit(p, memory_order_relaxed)
#define load_acquire(p)     atomic_load_explicit(p, memory_order_acquire)
#define store_relaxed(p, v) atomic_store_explicit(p, v, memory_order_relaxed)
#define store_release(p, v) atomic_store_explicit(p, v, memory_order_release)

/* TSan follows no bare fences, and gcc refuses them there. None is needed for what it
 * checks, which is who may see what; the order of stores and loads still is. */
static inline void full_fence(void)
{
#ifdef RT_TSAN
    __asm__ volatile("mfence" ::: "memory");
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

struct rt_sched;
struct rt_m;
struct rt_p;
struct trace;

/* ---- G ----------------------------------------------------------------- */

/* There is no copying state: stacks do not grow. */
enum g_status {
    G_IDLE,     /* just allocated */
    G_RUNNABLE, /* on a run queue */
    G_RUNNING,  /* on an M with a P */
    G_SYSCALL,  /* on an M without a P */
    G_WAITING,  /* in a place of waiting */
    G_DEAD,     /* on a free list, or ending */
};

/* rt_g.intr (interrupt.c): a request that stands, and where the G is with respect to
 * rt_call_interruptible. One word, so that a request is made and the call that it hits
 * is chosen in one step. */
enum { /* and INTR_REQUEST: offsets.h */
       INTR_STATE = 6,
       INTR_OUTSIDE = 0,
       INTR_INSIDE = 2,
       INTR_SENDING = 4,
       INTR_SENT = 6,
};

struct rt_g {
    uintptr_t sp; /* the saved context; offset G_SP */
    _Atomic(uint32_t) status;
    bool is_main;
    struct rt_m *m;
    struct rt_g *link; /* of the queue, wait list or free list it is in */
    void (*fn)(void *);
    void *arg;
    void *data;
    uintptr_t syscall_sp; /* stack pointer at rt_entersyscall */
    _Atomic(struct rt_m *) locked_m;
    uint32_t locks_of_thread;
    uint64_t id;

    _Atomic(uint32_t) intr;
    _Atomic(_Atomic(uintptr_t) *) intr_slot; /* of an interruptible wait, see slot.c */
    _Atomic(uintptr_t) sleep_slot;
    _Atomic(_Atomic(uintptr_t) *) timer_slot; /* where timer wakes */
    struct rt_timer timer;

    struct rt_sched *sched;
    uintptr_t stack_lo, stack_hi;
    struct rt_g *all_link;
#ifdef RT_TSAN
    void *fiber;
#endif
#ifdef RT_ASAN
    void *fake_stack;
#endif
};

struct g_queue {
    struct rt_g *head, *tail;
    uint32_t n;
};

/* ---- locks and notes --------------------------------------------------- */

/* One shot: woken at most once between two clears; cleared with no sleeper. */
struct rt_note {
    _Atomic(uint32_t) key;
};

void rt_spin_lock(struct rt_spin *l);
void rt_spin_unlock(struct rt_spin *l);
void rt_note_clear(struct rt_note *n);
void rt_note_wake(struct rt_note *n);
void rt_note_sleep(struct rt_note *n);
/* Sleeps at most ns; true if woken. */
bool rt_note_sleep_for(struct rt_note *n, int64_t ns);

/* ---- M ----------------------------------------------------------------- */

/* What an M does for a G that has just left its stack. */
typedef void m_op(struct rt_m *m, struct rt_g *g);

struct rt_m {
    uintptr_t g0_sp;        /* offsets.h */
    int64_t procid;         /* kernel's thread id */
    uintptr_t tls;          /* bare: FS of the thread */
    uintptr_t g0_lo, g0_hi; /* the M's own stack */

    struct rt_sched *sched;
    _Atomic(struct rt_g *) curg; /* written by the M alone */
    struct rt_p *p;
    _Atomic(struct rt_p *) next_p; /* set before the note is woken */
    struct rt_p *old_p;            /* P given up at rt_entersyscall */
    int64_t handed_off_when;       /* that was done at once, by the streak of long calls */
    uint32_t locks;                /* spin locks held */
    bool spinning;
    m_op *op;
    bool (*park_commit)(rt_g *, void *);
    void *park_arg;
    struct rt_g *locked_g;
    struct rt_note park;
    struct rt_m *link;     /* idle or free list */
    struct rt_m *all_link; /* every M ever made, but for sched.ms_free */
    bool idle_locked;      /* sleeps for its locked G */
    bool ended;            /* its thread has gone, or will without touching the runtime again */
    uint32_t id;
    uint32_t random;
    _Atomic(uint32_t) signals_seen;
    uint64_t start_mask; /* signals that its maker had blocked */
    void *alt_stack;
    void *bare_map;
    size_t bare_map_size;
#ifdef RT_TSAN
    void *fiber;
#endif
#ifdef RT_ASAN
    void *fake_stack;
#endif
};

/* ---- P ----------------------------------------------------------------- */

enum p_status { P_IDLE, P_RUNNING, P_SYSCALL, P_GCSTOP, P_DEAD };

#define RUNQ_SIZE     256
#define FREE_GS_PER_P 64
#define GLOBAL_EVERY  61 /* every so many turns the global queue is looked at first */

typedef _Atomic(uint64_t) counter; /* of one writer, read by others */

static inline void count_up(counter *c)
{
    store_relaxed(c, load_relaxed(c) + 1);
}

struct p_counts {
    counter gs_created, gs_ended, switches;
    counter yields, parks, readies;
    counter syscalls_lost_p, steals, timers_run;
};

struct rt_p {
    _Atomic(uint32_t) status;
    _Atomic(uint32_t) sched_tick;   /* a turn that is not inherited */
    _Atomic(uint32_t) syscall_tick; /* a system call that ended, or was retaken from */
    _Atomic(bool) preempt;          /* the running G is asked to yield */
    _Atomic(uint32_t) long_calls;   /* in a row, that lost the P (syscall.c) */
    uint64_t woke_at;               /* time stamp counter, see wake_for_next */
    _Atomic(struct rt_m *) m;
    struct rt_sched *sched;
    uint32_t id;
    uint32_t turns; /* not reset by inheritance: for GLOBAL_EVERY */
    struct rt_g *free_gs;
    uint32_t free_gs_n;
    uint64_t next_id;
    struct rt_p *link; /* idle list */
    struct p_counts count;

    /* The owner adds at the tail; anybody takes from the head. */
    _Alignas(CACHE_LINE) _Atomic(uint32_t) runq_head;
    _Atomic(uint32_t) runq_tail;
    _Atomic(struct rt_g *) run_next; /* before the queue, in the time slice of who readied it */
    _Atomic(struct rt_g *) runq[RUNQ_SIZE];

    /* Seen by sysmon, which alone uses it. */
    struct {
        uint32_t sched_tick, syscall_tick;
        int64_t sched_when, syscall_when;
    } seen;
};

/* ---- the whole --------------------------------------------------------- */

struct timer_heap {
    struct rt_spin lock;
    struct rt_timer **at;
    size_t n, capacity;
};

struct rt_sched {
    /* Read at every turn, written seldom. */
    _Atomic(bool) gc_waiting;
    _Atomic(bool) main_done;
    _Atomic(struct rt_g *) bell_gs; /* rung from outside, to be queued */
    _Atomic(int64_t) next_timer;    /* INT64_MAX: none */
    _Atomic(uint32_t) global_n;
    _Atomic(uint32_t) npidle;
    _Atomic(uint32_t) nmspinning;
    _Atomic(bool) lookout;      /* an M that came back from a call spins for a P */
    _Atomic(int64_t) last_poll; /* 0: somebody blocks in the poll */
    struct trace *trace;
    uint32_t procs;
    bool single_p;

    _Alignas(CACHE_LINE) struct rt_spin lock; /* guards what follows, to the next comment */
    struct g_queue global;
    struct rt_p *idle_ps;
    struct rt_m *idle_ms;
    int32_t nmidle, nmidle_locked, ms_alive;
    uint32_t mcount; /* ever */
    struct rt_m *all_ms, *free_ms;
    struct rt_m *new_ms; /* to be started by the thread of rt_run */
    int32_t stop_wait;
    struct rt_note stop_note;
    bool sysmon_wait; /* sysmon sleeps deep: every P is idle or stopped */
    _Atomic(uint64_t) handoffs, retakes;
    counter preempts;

    struct rt_spin g_lock; /* free Gs, all Gs, stack slabs */
    struct rt_g *free_gs, *all_gs;
    struct slab *slabs;
    size_t slab_used;

    struct timer_heap timers;
    struct rt_mutex world; /* held by who stops the world */
    struct rt_g *world_owner;
    _Atomic(uint32_t) kick; /* event of the thread of rt_run */
    _Atomic(uint64_t) interrupts;
    _Atomic(uint64_t) id_blocks;
    _Atomic(uint32_t) refs;
    _Atomic(int) result;

    struct rt_p *ps; /* array */
    struct rt_config cfg;
    struct kernel_sigaction *old_action; /* of cfg.signal */
    struct rt_spin chunk_lock;
    struct chunk *chunks;

    /* netpoll.c */
    _Atomic(int) epoll_fd; /* -1: not opened */
    int break_fd;
    _Atomic(uint32_t) break_sent;
    _Atomic(uint32_t) poll_waiters;
    _Atomic(uint64_t) polls;
    _Atomic(int64_t) poll_until; /* time to which somebody blocks in the poll, 0: nobody */
    struct rt_spin poll_lock;
    struct rt_poll *free_polls;
};

/* ---- the current M ------------------------------------------------------ */

extern __thread struct rt_m *rt_current_m __attribute__((tls_model("initial-exec")));

/* A G may go on on another thread, so neither the value nor the address of the
 * variable may be kept over a scheduling point: hence assembly. */
static inline struct rt_m *current_m(void)
{
    struct rt_m *m;
    __asm__ volatile("movq rt_current_m@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(m));
    return m;
}

/* ---- check.c ------------------------------------------------------------ */

/* Ends the process with one line, for the caller's mistakes and our own. */
_Noreturn void rt_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One line on stderr. */
void rt_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define RT_CHECK(condition, text)                                                                  \
    do {                                                                                           \
        if (unlikely(!(condition)))                                                                \
            rt_fatal("%s (%s:%d)", text, __FILE_NAME__, __LINE__);                                 \
    } while (0)
#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__
#endif

#ifdef RT_DEBUG
#define RT_ASSERT(condition) RT_CHECK(condition, "invariant broken: " #condition)
#else
#define RT_ASSERT(condition) ((void)0)
#endif

/* ---- windows in which the stress test injects trouble (fault.h) ----------- */

#ifdef RT_FAULTS
#include "fault.h"
#else
#define rt_window(w) false
#endif

/* ---- files --------------------------------------------------------------- */

/* chunk.c: memory that lives as long as the rt_run. Zeroed. NULL if there is none. */
void *rt_alloc(struct rt_sched *s, size_t size);
void rt_free_all(struct rt_sched *s);

/* g.c */
struct rt_g *g_new(struct rt_sched *s, struct rt_p *p);
void g_recycle(struct rt_p *p, struct rt_g *g);
void g_unmap_all(struct rt_sched *s);
/* Makes a new G runnable: fn(arg), on a P by its M. */
void g_prepare(struct rt_p *p, struct rt_g *g, void (*fn)(void *), void *arg);
void rt_g_main(struct rt_g *g);

static inline void g_set_status(struct rt_g *g, uint32_t from, uint32_t to)
{
    uint32_t old = from;
    if (FAITHFUL) {
        if (!atomic_compare_exchange_strong(&g->status, &old, to))
            rt_fatal("G %lu: status %u where %u was expected", (unsigned long)g->id, old, from);
        return;
    }
    RT_ASSERT(load_relaxed(&g->status) == from);
    store_release(&g->status, to);
}

/* Leaves g's stack; op(m, g) runs on the M's own. Returns when g is run again. */
void g_leave(struct rt_m *m, struct rt_g *g, m_op *op);

/* queue.c: the caller of the global functions holds s->lock. */
void queue_push(struct g_queue *q, struct rt_g *g);
struct rt_g *queue_pop(struct g_queue *q);
void runq_put(struct rt_p *p, struct rt_g *g, bool next);
struct rt_g *runq_get(struct rt_p *p, bool *inherit);
struct rt_g *runq_steal(struct rt_p *p, struct rt_p *victim, bool take_next);
bool runq_empty(struct rt_p *p);
void global_put(struct rt_sched *s, struct rt_g *g);
struct rt_g *global_get(struct rt_sched *s, struct rt_p *p, uint32_t max);
/* Makes every G of a list runnable. p may be NULL. */
void inject(struct rt_sched *s, struct rt_p *p, struct g_queue *list);

/* p.c: pidle_* with s->lock held. */
void p_idle_put(struct rt_sched *s, struct rt_p *p);
struct rt_p *p_idle_get(struct rt_sched *s);
void p_acquire(struct rt_m *m, struct rt_p *p);
struct rt_p *p_release(struct rt_m *m);
bool p_retake(struct rt_p *p, uint32_t to);
void hand_off(struct rt_sched *s, struct rt_p *p);

/* m.c */
void m_recycle(struct rt_m *m);
void m_start(struct rt_sched *s, struct rt_p *p, bool spinning);
void m_wake_one(struct rt_sched *s);
/* Sleeps until somebody gives this M a P; false: the runtime ends. */
bool m_stop(struct rt_m *m);
void m_make_pending(struct rt_sched *s);
void m_stopped_locked_sleep(struct rt_m *m);
struct rt_m *m_reserve(struct rt_sched *s);
void sched_unref(struct rt_sched *s);
int m_first(struct rt_sched *s, struct rt_p *p);

/* sched.c */
void m_loop(struct rt_m *m);
void op_yield(struct rt_m *m, struct rt_g *g);
void op_exit(struct rt_m *m, struct rt_g *g);
void ready_on(struct rt_m *m, struct rt_g *g, bool next);
void check_deadlock(struct rt_sched *s);

/* stop.c */
void sched_fence_others(void);
void gc_stop_p(struct rt_m *m);
void stop_all(struct rt_sched *s, struct rt_p *own);
void preempt_all(struct rt_sched *s);
void request_preempt(struct rt_p *p);

/* sysmon.c */
void sysmon_run(struct rt_sched *s);
void kick(struct rt_sched *s);
void kick_wait(struct rt_sched *s, int64_t ns);

/* timer.c */
/* Runs what is due; now is read when there is a timer, and given back (0: not read). */
int64_t timers_run(struct rt_sched *s, struct rt_p *p);

/* netpoll.c */
/* delay < 0: block; 0: do not; > 0: at most so long. Appends to list. */
void netpoll(struct rt_sched *s, int64_t delay, struct g_queue *list);
void netpoll_break(struct rt_sched *s);
int netpoll_open(struct rt_sched *s);
void netpoll_close(struct rt_sched *s);

/* slot.c: a place where one G waits. It outlives every waker that may hold its
 * address: it lies in an rt_g, an rt_poll or the user's rt_bell. */
enum { SLOT_EMPTY = 0, SLOT_READY = 1, SLOT_WAIT = 2 /* else the G */ };
/* Waits until the slot is READY and empties it: true; or until it is woken without:
 * false. deadline: of rt_now, 0 for none. interruptible: a standing request ends it. */
bool slot_wait(_Atomic(uintptr_t) *slot, bool interruptible, int64_t deadline);
/* Leaves READY behind or not. The G that waited, for the caller to make runnable; or NULL. */
struct rt_g *slot_take(_Atomic(uintptr_t) *slot, bool leave_ready);
void bells_take(struct rt_sched *s, struct rt_p *p);
/* Ends an interruptible wait of g in its slot; true if it was there. */
bool slot_interrupt(struct rt_g *g);

/* interrupt.c */
static inline bool interrupt_requested(struct rt_g *g)
{
    return atomic_load(&g->intr) & INTR_REQUEST;
}
struct kernel_sigaction;
int interrupt_setup(struct rt_sched *s);
/* The G is back from the stub; seen: the M's count of signals before it. */
void interrupt_leave(struct rt_m *m, struct rt_g *g, uint32_t seen);
void interrupt_thread_start(struct rt_m *m);
void interrupt_thread_end(struct rt_m *m);
void interrupt_teardown(struct rt_sched *s);

/* os_linux.c */
int os_thread_start(struct rt_m *m);

/* trace.c */
enum trace_kind {
    TRACE_RUN,    /* a G begins to run on a P */
    TRACE_LEAVE,  /* it stops: yields, parks or ends */
    TRACE_ENTER,  /* it enters a system call */
    TRACE_EXIT,   /* it is back with a P */
    TRACE_RETAKE, /* the P was taken from its call */
    TRACE_HANDOFF,
    TRACE_RAW_BEGIN,
    TRACE_RAW_END,
};
void trace_event(struct rt_sched *s, struct rt_m *m, enum trace_kind kind, struct rt_g *g,
                 struct rt_p *p, int64_t value);
#define TRACE(s, m, kind, g, p, value)                                                             \
    do {                                                                                           \
        if (unlikely((s)->trace != NULL))                                                          \
            trace_event(s, m, kind, g, p, value);                                                  \
    } while (0)
void trace_free(struct rt_sched *s);

/* stub_amd64.S */
void rt_switch_to_g(struct rt_m *m, struct rt_g *g);
void rt_switch_to_m(struct rt_m *m, struct rt_g *g);
void rt_g_begin(void);
void rt_call_on_stack(void *sp, void (*fn)(void *), void *arg);
long rt_stub_interruptible(const void *request, long nr, long a1, long a2, long a3, long a4,
                           long a5, long a6);
extern const char rt_interruptible_begin[], rt_interruptible_end[], rt_interruptible_abort[];
void rt_sigreturn(void);
long rt_clone(long flags, void *stack, struct rt_m *m, struct rt_g *g, void (*fn)(struct rt_m *));
_Noreturn void rt_exit_thread(void *base, size_t size);

#endif
