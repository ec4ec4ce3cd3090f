/*
 * stress.c - everything at once, with faults injected at the runtime's windows.
 *
 * A driver G starts rounds of jobs that go on for the given time. Each job checks
 * what it can of itself (sums, counts, order, results of calls) and all are joined
 * each round, so that a lost wake-up is a round that does not end: a watchdog
 * thread outside the runtime ends the process then.
 *
 * sysmon: normal; zero (its period is 1 us and any P in a call is retaken at
 * random); infinite (there is none, so that what it heals by accident stays ill).
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/fault.h"
#include "runtime/rt.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static unsigned procs = 2;
static double seconds = 3;
static const char *sysmon = "normal";
static bool no_sysmon;
static _Atomic(long) rounds;
static _Atomic(bool) finished;

/* ---- jobs: each fn(struct job *) ends with done --------------------------- */

struct job {
    struct rt_group *all;
    unsigned seed;
};

static unsigned next_random(struct job *job)
{
    job->seed = job->seed * 1103515245 + 12345;
    return job->seed >> 16;
}

static void count_in_tree(void *arg);
struct branch {
    int depth;
    struct rt_group group;
    _Atomic(long) *leaves;
    struct branch *parent;
};

/* Gs that start Gs: 2^depth leaves. */
static void count_in_tree(void *arg)
{
    struct branch *b = arg;
    if (b->depth == 0) {
        atomic_fetch_add(b->leaves, 1);
    } else {
        struct branch children[2];
        memset(children, 0, sizeof children);
        rt_group_add(&b->group, 2);
        for (int i = 0; i < 2; i++) {
            children[i].depth = b->depth - 1;
            children[i].leaves = b->leaves;
            children[i].parent = b;
            MUST(rt_go(count_in_tree, &children[i]));
        }
        rt_group_wait(&b->group);
    }
    if (b->parent)
        rt_group_done(&b->parent->group);
}

static void job_tree(void *arg)
{
    struct job *job = arg;
    _Atomic(long) leaves = 0;
    struct branch root = {.depth = 6, .leaves = &leaves};
    count_in_tree(&root);
    MUST(leaves == 64);
    rt_group_done(job->all);
}

struct pipeline {
    struct rt_rendezvous in, out;
};

static void pass_on(void *arg)
{
    struct pipeline *p = arg;
    uintptr_t word;
    while (rt_receive(&p->in, &word)) {
        if (word % 7 == 0)
            rt_yield();
        rt_send(&p->out, word + 1);
    }
    rt_rendezvous_close(&p->out);
}

static void job_rendezvous(void *arg)
{
    struct job *job = arg;
    struct pipeline p = {0};
    uintptr_t word;
    MUST(rt_go(pass_on, &p));
    for (uintptr_t i = 0; i < 100; i++) {
        rt_send(&p.in, i);
        MUST(rt_receive(&p.out, &word) && word == i + 1);
    }
    rt_rendezvous_close(&p.in);
    MUST(!rt_receive(&p.out, &word));
    rt_group_done(job->all);
}

static struct rt_mutex mutex;
static long guarded;

static void job_mutex(void *arg)
{
    struct job *job = arg;
    for (int i = 0; i < 50; i++) {
        rt_mutex_lock(&mutex);
        long before = guarded;
        if (next_random(job) % 8 == 0)
            rt_yield();
        MUST(guarded == before);
        guarded = before + 1;
        rt_mutex_unlock(&mutex);
    }
    rt_group_done(job->all);
}

/* Short calls of each form. */
static void job_calls(void *arg)
{
    struct job *job = arg;
    long pid = getpid();
    for (int i = 0; i < 50; i++) {
        MUST(rt_call_blocking(SYS_getpid, 0, 0, 0, 0, 0, 0) == pid);
        MUST(rt_syscall(SYS_close, (uintptr_t)-1, 0, 0).err == EBADF);
        MUST(rt_call_interruptible(SYS_getpid, 0, 0, 0, 0, 0, 0) == pid);
        if (i % 16 == 0)
            MUST(rt_call_sleeping(SYS_sched_yield, 0, 0, 0, 0, 0, 0) == 0);
    }
    rt_group_done(job->all);
}

struct talk {
    int a[2], b[2];
    int turns;
    struct rt_group group;
};

/* A call that blocks. Without sysmon nobody would take the P of a call that has only
 * marked it. */
static long call(long nr, long a1, long a2, long a3)
{
    return no_sysmon ? rt_call_sleeping(nr, a1, a2, a3, 0, 0, 0)
                     : rt_call_blocking(nr, a1, a2, a3, 0, 0, 0);
}

static void answer(void *arg)
{
    struct talk *t = arg;
    char c;
    for (int i = 0; i < t->turns; i++) {
        MUST(call(SYS_read, t->a[0], (long)&c, 1) == 1);
        c++;
        MUST(call(SYS_write, t->b[1], (long)&c, 1) == 1);
    }
    rt_group_done(&t->group);
}

/* Two Gs that block in read(2) for each other. */
static void job_pipe(void *arg)
{
    struct job *job = arg;
    struct talk t = {.turns = 20};
    char c;
    MUST(pipe(t.a) == 0 && pipe(t.b) == 0);
    rt_group_add(&t.group, 1);
    MUST(rt_go(answer, &t));
    for (int i = 0; i < t.turns; i++) {
        c = (char)i;
        MUST(call(SYS_write, t.a[1], (long)&c, 1) == 1);
        MUST(call(SYS_read, t.b[0], (long)&c, 1) == 1);
        MUST(c == (char)(i + 1));
    }
    rt_group_wait(&t.group);
    for (int i = 0; i < 2; i++) {
        close(t.a[i]);
        close(t.b[i]);
    }
    rt_group_done(job->all);
}

static void poll_read(struct rt_poll *pd, int fd, char *c)
{
    long n;
    while ((n = rt_call_raw(SYS_read, fd, (long)c, 1, 0, 0, 0)) == -EAGAIN)
        MUST(rt_poll_wait(pd, RT_POLL_READ, 0) == 0);
    MUST(n == 1);
}

static void poll_answer(void *arg)
{
    struct talk *t = arg;
    struct rt_poll *pd;
    char c;
    MUST(rt_poll_open(t->a[0], &pd) == 0);
    for (int i = 0; i < t->turns; i++) {
        poll_read(pd, t->a[0], &c);
        MUST(rt_call_raw(SYS_write, t->b[1], (long)&c, 1, 0, 0, 0) == 1);
    }
    rt_poll_close(pd);
    rt_group_done(&t->group);
}

static void job_poll(void *arg)
{
    struct job *job = arg;
    struct talk t = {.turns = 20};
    struct rt_poll *pd;
    char c;
    MUST(pipe2(t.a, 04000) == 0 && pipe2(t.b, 04000) == 0);
    rt_group_add(&t.group, 1);
    MUST(rt_go(poll_answer, &t));
    MUST(rt_poll_open(t.b[0], &pd) == 0);
    MUST(rt_poll_wait(pd, RT_POLL_READ, rt_now() + 10000) == -ETIMEDOUT);
    for (int i = 0; i < t.turns; i++) {
        c = (char)i;
        MUST(rt_call_raw(SYS_write, t.a[1], (long)&c, 1, 0, 0, 0) == 1);
        poll_read(pd, t.b[0], &c);
        MUST(c == (char)i);
    }
    rt_poll_close(pd);
    rt_group_wait(&t.group);
    for (int i = 0; i < 2; i++) {
        close(t.a[i]);
        close(t.b[i]);
    }
    rt_group_done(job->all);
}

static void job_sleep(void *arg)
{
    struct job *job = arg;
    for (int i = 0; i < 5; i++) {
        int64_t when = rt_now() + next_random(job) % 300000;
        MUST(rt_sleep_until(when, false) == 0);
        MUST(rt_now() >= when);
    }
    rt_group_done(job->all);
}

/* ---- interrupts: the victim must get exactly what it was sent ----------------- */

struct victim {
    _Atomic(rt_g *) g;
    _Atomic(int) sent, received;
    int fd[2];
    struct rt_group group;
};

static void be_interrupted(void *arg)
{
    struct victim *v = arg;
    char c;
    for (;;) {
        long r = rt_call_interruptible(SYS_read, v->fd[0], (long)&c, 1, 0, 0, 0);
        if (r == 1)
            break;
        MUST(r == -EINTR);
        MUST(rt_interrupt_clear());
        atomic_fetch_add(&v->received, 1);
        /* A signal that was meant for the call above must not hit these. */
        int64_t t[2] = {0, 20000};
        MUST(rt_call_blocking(SYS_nanosleep, (long)t, 0, 0, 0, 0, 0) == 0);
        MUST(rt_call_raw(SYS_nanosleep, (long)t, 0, 0, 0, 0, 0) == 0);
    }
    MUST(!rt_interrupt_pending());
    rt_group_done(&v->group);
}

static void job_interrupt(void *arg)
{
    struct job *job = arg;
    struct victim v = {0};
    if (no_sysmon) { /* its victim would keep the P */
        rt_group_done(job->all);
        return;
    }
    MUST(pipe(v.fd) == 0);
    rt_group_add(&v.group, 1);
    rt_g *g = rt_go(be_interrupted, &v);
    MUST(g);
    for (int i = 0; i < 10; i++) {
        if (next_random(job) % 2)
            rt_sleep_until(rt_now() + next_random(job) % 50000, false);
        rt_interrupt(g);
        atomic_fetch_add(&v.sent, 1);
        while (v.received != v.sent)
            rt_yield();
    }
    MUST(rt_call_blocking(SYS_write, v.fd[1], (long)"x", 1, 0, 0, 0) == 1);
    rt_group_wait(&v.group);
    close(v.fd[0]);
    close(v.fd[1]);
    rt_group_done(job->all);
}

static void job_locked(void *arg)
{
    struct job *job = arg;
    rt_lock_os_thread();
    long tid = rt_call_raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
    for (int i = 0; i < 5; i++) {
        rt_yield();
        MUST(rt_call_raw(SYS_gettid, 0, 0, 0, 0, 0, 0) == tid);
        MUST(rt_call_sleeping(SYS_gettid, 0, 0, 0, 0, 0, 0) == tid);
        rt_sleep_until(rt_now() + 1000, false);
        MUST(rt_call_raw(SYS_gettid, 0, 0, 0, 0, 0, 0) == tid);
    }
    rt_unlock_os_thread();
    rt_group_done(job->all);
}

static _Atomic(long) moving;

static void job_stop(void *arg)
{
    struct job *job = arg;
    for (int i = 0; i < 3; i++) {
        rt_stop_the_world();
        long before = moving;
        for (int k = 0; k < 1000; k++)
            __builtin_ia32_pause();
        MUST(moving == before);
        rt_start_the_world();
        rt_yield();
    }
    rt_group_done(job->all);
}

static void job_move(void *arg)
{
    struct job *job = arg;
    for (int i = 0; i < 2000; i++) {
        atomic_fetch_add(&moving, 1);
        rt_checkpoint();
        if (i % 100 == 0)
            rt_yield();
    }
    rt_group_done(job->all);
}

/* ---- bells: rung by a thread of no M and by its signal handler ----------------- */

static struct rt_bell bell;
static _Atomic(long) rung, heard;

static void on_alarm(int signal)
{
    (void)signal;
    rt_bell_ring(&bell);
}

static void hear(void *arg)
{
    (void)arg;
    for (;;) {
        rt_bell_wait(&bell);
        atomic_fetch_add(&heard, 1);
    }
}

static void *ring(void *arg)
{
    (void)arg;
    while (!finished) {
        long before = heard;
        atomic_fetch_add(&rung, 1);
        raise(SIGUSR1);
        for (int i = 0; heard == before && !finished; i++) {
            MUST(i < 20000); /* 20 s */
            usleep(1000);
        }
        usleep(500);
    }
    return NULL;
}

/* ---- driver --------------------------------------------------------------------- */

static void (*const jobs[])(void *) = {
    job_tree, job_rendezvous, job_mutex,     job_mutex,  job_calls, job_calls, job_pipe,
    job_poll, job_sleep,      job_interrupt, job_locked, job_stop,  job_move,  job_move,
};
#define JOBS (sizeof jobs / sizeof jobs[0])

static void drive(void *arg)
{
    (void)arg;
    int64_t end = rt_now() + (int64_t)(seconds * 1e9);
    struct job list[2 * JOBS];
    MUST(rt_go(hear, NULL));
    while (rt_now() < end) {
        struct rt_group all = {0};
        rt_group_add(&all, 2 * JOBS);
        guarded = 0;
        for (size_t i = 0; i < 2 * JOBS; i++) {
            list[i] = (struct job){&all, (unsigned)(rounds * 97 + (long)i)};
            MUST(rt_go(jobs[i % JOBS], &list[i]));
        }
        rt_group_wait(&all);
        MUST(guarded == 4 * 50);
        atomic_fetch_add(&rounds, 1);
    }
    struct rt_stats st;
    rt_stats(&st);
    printf("rounds %ld, Gs %lu, Ms %lu, switches %lu, calls %lu (lost P %lu), retakes %lu, "
           "handoffs %lu, steals %lu, bells %ld\n",
           rounds, st.gs_created, st.ms_created, st.switches, st.syscalls, st.syscalls_lost_p,
           st.retakes, st.handoffs, st.steals, heard);
    finished = true;
}

/* Ends the process when no round has ended for long. */
static void *watch(void *arg)
{
    (void)arg;
    long seen = -1;
    for (int still = 0; !finished; still++) {
        if (rounds != seen)
            still = 0;
        seen = rounds;
        if (still > 300) {
            fprintf(stderr, "no progress for 30 s after %ld rounds\n", seen);
            abort();
        }
        usleep(100000);
    }
    return NULL;
}

static void parse(int argc, char **argv)
{
    static const struct option options[] = {{"procs", 1, NULL, 'p'},
                                            {"seconds", 1, NULL, 's'},
                                            {"sysmon", 1, NULL, 'm'},
                                            {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'p')
            procs = (unsigned)atoi(optarg);
        else if (c == 's')
            seconds = atof(optarg);
        else if (c == 'm')
            sysmon = optarg;
        else
            exit(2);
    }
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    struct rt_config cfg = {.procs = procs};
    for (int w = 0; w < WINDOWS; w++)
        rt_fault_rate[w] = w == WINDOW_THREAD ? 100 : 8;
    rt_fault_rate[WINDOW_SYSMON] = 0;
    if (strcmp(sysmon, "zero") == 0) {
        cfg.sysmon_min_us = cfg.sysmon_max_us = 1;
        rt_fault_rate[WINDOW_SYSMON] = 300;
    } else if (strcmp(sysmon, "infinite") == 0) {
        cfg.sysmon_min_us = RT_SYSMON_OFF;
        no_sysmon = true;
    }
    signal(SIGUSR1, on_alarm);
    pthread_t watcher, ringer;
    MUST(pthread_create(&watcher, NULL, watch, NULL) == 0);
    MUST(pthread_create(&ringer, NULL, ring, NULL) == 0);
    MUST(rt_run(&cfg, drive, NULL) == 0);
    pthread_join(watcher, NULL);
    pthread_join(ringer, NULL);
    printf("faults:");
    for (int w = 0; w < WINDOWS; w++)
        printf(" %lu", rt_fault_hits[w]);
    printf("\n");
    return 0;
}
