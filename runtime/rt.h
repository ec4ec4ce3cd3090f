/*
 * rt.h - the native G/M/P runtime: the public interface.
 *
 * A G is a coroutine with a stack of its own, an M is a thread of the kernel, a
 * P is the right to run Gs; there are cfg->procs Ps. The model is Go 1.19's: a G
 * that enters a blocking system call marks its P, and another M may take it
 * (sysmon, a stop-the-world, another M that comes back from a call). The library
 * stands alone: it needs Linux on x86-64 and, in hosted mode, pthreads.
 *
 * Rules that hold everywhere
 *
 *  - Functions return 0 or a result >= 0, or -errno. errno itself must not be
 *    read across a scheduling point: a G may go on on another thread.
 *  - A scheduling point is rt_yield, rt_checkpoint, rt_park and everything that
 *    waits (mutex, rendezvous, sleep, poll, bell), the blocking calls, and
 *    rt_exitsyscall. Between two scheduling points a G holds its P. So with
 *    procs = 1 all code between scheduling points, timer callbacks included, is
 *    serialized and needs no lock of its own; code between rt_entersyscall and
 *    rt_exitsyscall is not.
 *  - After rt_exitsyscall and every blocking call the G holds a P again.
 *  - Only functions marked "signal-safe" may be called from a signal handler,
 *    and only those marked "any thread" from a thread that is not an M.
 *  - The floating-point control words (MXCSR, x87) belong to the thread. A G
 *    that changes them puts them back before its next scheduling point.
 *  - A function of a G may leave its stack only by returning.
 *
 * System calls that the runtime itself makes (for a seccomp list): futex mmap
 * munmap mprotect madvise clone clone3 exit rt_sigaction rt_sigprocmask
 * sigaltstack tgkill gettid getpid arch_prctl membarrier sched_yield
 * sched_getaffinity clock_gettime prctl(TIMERSLACK) epoll_create1 epoll_ctl
 * epoll_pwait epoll_pwait2 eventfd2 read write close, and what pthread_create
 * makes (set_robust_list rseq).
 */
#ifndef RT_H
#define RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rt_g rt_g;

/* ---- start and end --------------------------------------------------- */

enum rt_mode {
    RT_HOSTED, /* pthread_create makes the Ms: libc may be called on them */
    RT_BARE,   /* the clone stub makes them: no libc on any G, link with -z now */
};

#define RT_MAX_PROCS     256
#define RT_MAX_THREADS   10000
#define RT_DEFAULT_STACK (256u << 10)
#define RT_SYSMON_OFF    UINT32_MAX
#define RT_NEVER         UINT32_MAX

/* Every field may be 0: the default stands in the comment. */
struct rt_config {
    unsigned procs;           /* number of Ps; 1. At most RT_MAX_PROCS. */
    enum rt_mode mode;        /* RT_HOSTED */
    unsigned max_threads;     /* Ms at one time; RT_MAX_THREADS. More is fatal. */
    size_t stack_size;        /* of a G, virtual, without guard page; 256 KiB, at least 16 KiB */
    size_t system_stack_size; /* of an M (rt_on_system_stack); 256 KiB, at least 64 KiB */
    int signal;               /* that interrupts calls (rt_interrupt); SIGURG */
    uint32_t sysmon_min_us;   /* shortest sleep of sysmon; 20. RT_SYSMON_OFF: no preemption, no
                                 background poll, and nobody takes the P of a call that
                                 blocks: make such calls by rt_call_sleeping. */
    uint32_t sysmon_max_us;   /* longest sleep of sysmon while a P works; 10,000 */
    uint32_t slice_us;        /* a G that ran so long while others wait is preempted; 10,000.
                                 RT_NEVER: not for its time slice. */
    bool detect_deadlock;     /* rt_run returns -EDEADLK when every G waits, no timer is pending
                                 and nothing is polled. Leave it off when other threads or
                                 signal handlers wake Gs. */

    /* Called from sysmon's thread when the G that runs on a P should give it up
     * (slice over, stop-the-world, a timer is due and no P is idle), again and
     * again until it does. It should make the G call rt_yield or rt_checkpoint
     * soon (abibox: stop the CPU engine). It may not call the runtime. */
    void (*preempt)(void *ctx);
    void *preempt_ctx;

    /* Called instead of writing to stderr with the line of a fatal error ("runtime: ...",
     * no newline), then the process aborts. It may not call the runtime. */
    void (*fatal)(void *ctx, const char *line);
    void *fatal_ctx;
};

/* Runs main_fn(arg) as the first G and returns 0 when that G has returned.
 * The calling thread becomes sysmon; all Gs run on threads that the runtime
 * makes. The other Gs are abandoned: those that run go on to their next
 * scheduling point before rt_run returns, none is run after it, nothing on their
 * stacks is cleaned up. A thread that is still inside a system call then (it was
 * not interruptible) ends when that call returns; it touches no memory but the
 * runtime's own and what the call itself writes.
 * -EINVAL: bad configuration, or called from a G. -ENOMEM, -EAGAIN: no memory,
 * no thread. -EDEADLK: see detect_deadlock. Several may run at a time on
 * different threads of a process when their signal numbers differ. */
int rt_run(const struct rt_config *cfg, void (*main_fn)(void *), void *arg);

/* ---- Gs -------------------------------------------------------------- */

/* Makes a G that runs fn(arg) and queues it; it runs next on this P, in the
 * caller's time slice. From a G or a timer callback. NULL when there is no memory
 * for a stack (each takes two mappings: see vm.max_map_count). The pointer is
 * good until the G has returned; its memory is used again, never unmapped, while
 * rt_run lasts. */
rt_g *rt_go(void (*fn)(void *), void *arg);

/* The G that runs here; NULL on other threads and in timer callbacks. Any thread. */
rt_g *rt_self(void);

/* A number > 0, never given twice in one rt_run; the main G's is 1. With one P they
 * count up in the order of rt_go. */
uint64_t rt_g_id(const rt_g *g);

/* One pointer of the user's per G, NULL at first. */
void rt_g_set_data(rt_g *g, void *data);
void *rt_g_data(const rt_g *g);

/* Gives other Gs a turn: the caller goes to the end of the queue. */
void rt_yield(void);

/* rt_yield if somebody asked for it, otherwise a load and a branch. Loops
 * without a scheduling point should call it. */
void rt_checkpoint(void);
bool rt_preempt_requested(void);

/* Puts the calling G to sleep until rt_ready. commit(g, arg), if not NULL, runs
 * after the G is off its stack, on the M's stack: publish g there (or unlock what
 * protects the place where it is published) so that a waker on another P or
 * thread cannot be too early. If it returns false the G goes on at once. It may
 * call rt_ready for other Gs, not park. With procs = 1 and only Gs and timers as
 * wakers, publishing before rt_park(NULL, NULL) is as good. */
void rt_park(bool (*commit)(rt_g *g, void *arg), void *arg);

/* Makes a parked G runnable; exactly one caller per park may do so (fatal
 * otherwise). From a G it runs next on the caller's P; from a thread that is no M
 * it goes to the global queue and a P is found for it. Any thread; not
 * signal-safe: see rt_bell_ring. */
void rt_ready(rt_g *g);

/* Ties the calling G to its thread, and the thread to it, until as many unlocks.
 * A G that returns while locked takes its thread with it and is told of on stderr. */
void rt_lock_os_thread(void);
void rt_unlock_os_thread(void);

/* Runs fn(arg) on the M's own stack and returns. No scheduling point inside. */
void rt_on_system_stack(void (*fn)(void *), void *arg);

/* Stops all other Ps at a scheduling point (those in system calls count as
 * stopped and wait when they come back); until rt_start_the_world the caller may
 * not reach a scheduling point. From a G. */
void rt_stop_the_world(void);
void rt_start_the_world(void);

/* ---- system calls ---------------------------------------------------- */

/* The forms of the articles. Registers: AX = nr; DI SI DX R10 R8 R9, those not
 * given are 0. If AX, unsigned, is above 0xfffffffffffff001: r1 = -1, r2 = 0,
 * err = -AX. Otherwise r1 = AX, r2 = DX (on Linux: a3 given back), err = 0; so
 * -4095 itself passes for a result, as in Go. */
struct rt_result {
    uintptr_t r1, r2, err;
};
struct rt_result rt_rawsyscall(uintptr_t nr, uintptr_t a1, uintptr_t a2, uintptr_t a3);
struct rt_result rt_rawsyscall6(uintptr_t nr, uintptr_t a1, uintptr_t a2, uintptr_t a3,
                                uintptr_t a4, uintptr_t a5, uintptr_t a6);
/* The stub between rt_entersyscall and rt_exitsyscall. From a G. */
struct rt_result rt_syscall(uintptr_t nr, uintptr_t a1, uintptr_t a2, uintptr_t a3);
struct rt_result rt_syscall6(uintptr_t nr, uintptr_t a1, uintptr_t a2, uintptr_t a3, uintptr_t a4,
                             uintptr_t a5, uintptr_t a6);
/* For calls that cannot fail: AX and DX as they are. Any thread, signal-safe. */
struct rt_pair {
    uintptr_t r1, r2;
};
struct rt_pair rt_rawsyscall_noerror(uintptr_t nr, uintptr_t a1, uintptr_t a2, uintptr_t a3);
/* For vfork and clone(CLONE_VM|CLONE_VFORK): returns twice on one stack, so it
 * keeps its return address in R12. Gives AX as it is. */
long rt_rawvforksyscall(long nr, long a1, long a2, long a3);

/* The forms for C: AX as it is, that is a result or -errno.
 * raw: the stub alone; the P is kept, so a call that blocks stalls its Gs. Any
 * thread, signal-safe. */
long rt_call_raw(long nr, long a1, long a2, long a3, long a4, long a5, long a6);
/* blocking: enter, stub, exit. From a G. */
long rt_call_blocking(long nr, long a1, long a2, long a3, long a4, long a5, long a6);
/* The same for calls that are sure to sleep: the P is handed off at once. */
long rt_call_sleeping(long nr, long a1, long a2, long a3, long a4, long a5, long a6);
/* blocking, and rt_interrupt makes it return -EINTR (or what the kernel gives for
 * work half done, for instance a short count). There is no window: an interrupt
 * that comes at any time before the kernel begins the call stops it. No other G's
 * call, and no call by another function, sees -EINTR because of rt_interrupt. */
long rt_call_interruptible(long nr, long a1, long a2, long a3, long a4, long a5, long a6);

/* Asks g to leave an interruptible wait: rt_call_interruptible, and rt_poll_wait
 * and rt_sleep_until with their interruptible flag. The request is sticky: if g is in no such
 * wait, its next one returns -EINTR at once, until rt_interrupt_clear. A wait that
 * returns for any reason leaves the request standing; who handles it clears it.
 * True if a wait in flight was hit. Any thread; g must not have returned. */
bool rt_interrupt(rt_g *g);
/* Takes the calling G's request away; true if there was one. */
bool rt_interrupt_clear(void);
/* True if the calling G has a request standing. */
bool rt_interrupt_pending(void);

/* The two halves, for calls that are made some other way. Between them the G has
 * no P: no function of the runtime may be called but the raw stubs, and the stack
 * may not be left. Exit without enter is fatal. */
void rt_entersyscall(void);
void rt_entersyscallblock(void); /* gives the P away at once */
void rt_exitsyscall(void);

/* ---- time ------------------------------------------------------------ */

/* CLOCK_MONOTONIC in nanoseconds. Any thread, signal-safe. */
int64_t rt_now(void);

/* A timer calls fn(timer) once, at or after when. The callback runs on a P, on
 * an M's own stack, with no lock held: it may call rt_ready, rt_go,
 * rt_timer_start and rt_timer_stop; it may not wait. The struct is the caller's
 * and stays where it is while the timer is pending. All zero = not pending. */
struct rt_timer {
    int64_t when;
    void (*fn)(struct rt_timer *);
    void *arg;    /* the caller's */
    size_t index; /* private: place in the heap + 1 */
};
/* Starts the timer, or moves it when it is pending. 0, or -ENOMEM. From a G or a
 * timer callback. */
int rt_timer_start(struct rt_timer *t, int64_t when, void (*fn)(struct rt_timer *));
/* True if the timer was pending and will not call fn; false if fn has been called
 * or is being called by another P. From a G or a timer callback. */
bool rt_timer_stop(struct rt_timer *t);

/* Sleeps to a point of rt_now. 0, or -EINTR by rt_interrupt if interruptible. */
int rt_sleep_until(int64_t when, bool interruptible);

/* ---- waking from outside --------------------------------------------- */

/* A bell wakes one G from anywhere, a signal handler included. Rings before the
 * wait are kept, several count as one. */
struct rt_bell {
    _Atomic(uintptr_t) slot; /* private: 0, rung, or the G that waits */
};
#define RT_BELL_INIT                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
/* Signal-safe, any thread. The bell and its rt_run must still exist. */
void rt_bell_ring(struct rt_bell *bell);
/* Waits for a ring and takes it. One G at a time. */
void rt_bell_wait(struct rt_bell *bell);
/* Takes a ring if there is one. */
bool rt_bell_try(struct rt_bell *bell);

/* ---- descriptors ----------------------------------------------------- */

/* Readiness by epoll, edge-triggered: after -EAGAIN from a non-blocking
 * descriptor wait for the direction, then try again. One G at a time waits per
 * direction. */
struct rt_poll;
enum { RT_POLL_READ = 1, RT_POLL_WRITE = 2, RT_POLL_INTERRUPTIBLE = 4 };
/* 0 and *out, or -errno (-EPERM: a file that epoll does not take). From a G. */
int rt_poll_open(int fd, struct rt_poll **out);
/* Waits until fd is ready in mode (READ or WRITE, | INTERRUPTIBLE), spuriously at
 * times. deadline: point of rt_now, or 0 for none. 0, -ETIMEDOUT, -EINTR, or
 * -EBADF when the descriptor was closed by rt_poll_close meanwhile. */
int rt_poll_wait(struct rt_poll *pd, int mode, int64_t deadline);
/* Takes the descriptor out of epoll (it is not closed) and ends waits on it. */
void rt_poll_close(struct rt_poll *pd);

/* ---- locks and meeting points of Gs ---------------------------------- */

/* A mutex that parks its waiters, first come first served. All zero = unlocked.
 * Unlocking an unlocked one is fatal. */
struct rt_waiter;
struct rt_spin {
    _Atomic(uint32_t) key;
};
struct rt_waitlist {
    struct rt_waiter *first, *last;
};
struct rt_mutex {
    _Atomic(uint32_t) state;
    struct rt_spin guard;
    struct rt_waitlist waiters;
};
void rt_mutex_lock(struct rt_mutex *mu);
bool rt_mutex_trylock(struct rt_mutex *mu); /* any thread */
void rt_mutex_unlock(struct rt_mutex *mu);

/* A meeting point: a send and a receive wait for each other and hand a word over
 * (an unbuffered channel). All zero = open. After close sends are fatal and
 * receives return false. */
struct rt_rendezvous {
    struct rt_spin guard;
    bool closed;
    struct rt_waitlist senders, receivers;
};
void rt_send(struct rt_rendezvous *c, uintptr_t word);
bool rt_receive(struct rt_rendezvous *c, uintptr_t *word);
void rt_rendezvous_close(struct rt_rendezvous *c);

/* Counts Gs down to 0; wait returns at 0. All zero = 0. A negative count is fatal. */
struct rt_group {
    struct rt_spin guard;
    _Atomic(long) count;
    struct rt_waitlist waiters;
};
void rt_group_add(struct rt_group *wg, long n);
void rt_group_done(struct rt_group *wg);
void rt_group_wait(struct rt_group *wg);

/* ---- a window into it ------------------------------------------------ */

struct rt_stats {
    uint64_t gs_created, gs_live; /* ever; now */
    uint64_t ms_created, ms_live, ms_idle;
    uint64_t procs, procs_idle;
    uint64_t switches; /* times a G was put on an M */
    uint64_t yields, parks, readies;
    uint64_t syscalls;        /* entered and left */
    uint64_t syscalls_lost_p; /* that found their P taken when they came back */
    uint64_t handoffs;        /* Ps given away at the beginning of a call, or to a locked G's M */
    uint64_t retakes;         /* Ps that sysmon took from calls */
    uint64_t preempts;
    uint64_t steals, interrupts, timers_run, polls;
};
/* Fills *st with counts of the caller's rt_run, exact when the world is stopped,
 * otherwise nearly so. From a G, a timer callback, or (0 otherwise) nowhere else. */
void rt_stats(struct rt_stats *st);

#ifdef __cplusplus
}
#endif
#endif
