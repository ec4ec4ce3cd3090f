/*
 * gmp.c - what the runtime's operations cost; peer.go measures the same of Go.
 *
 *   gmp ITEM PROCS     prints NAME<TAB>VALUE lines, nanoseconds unless the name says kB
 *
 * Items of one operation are repeated until a sample takes long enough. Those that run
 * on the CPU alone give the lowest tenth of their samples, since whatever else the machine
 * does can only add; the pipes, whose threads sleep and wake, the median. The others
 * (stall, blocked, pollers) are one run each.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/rt.h"

#define MAX_SAMPLES 51
#define MS          1000000ll

static void fail(const char *what)
{
    fprintf(stderr, "gmp: %s failed\n", what);
    exit(2);
}

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail(#condition);                                                                      \
    } while (0)

/* ---- items of one operation: f(n) does n of them -------------------------------------- */

static struct rt_group group;

static void leaf(void *arg)
{
    rt_group_done(arg);
}

static void spawn_join(long n)
{
    for (long i = 0; i < n; i++) {
        rt_group_add(&group, 1);
        rt_go(leaf, &group);
        rt_group_wait(&group);
    }
}

static void spawn_batch(long n)
{
    for (long i = 0; i < n; i += 1000) {
        long k = n - i < 1000 ? n - i : 1000;
        rt_group_add(&group, k);
        for (long j = 0; j < k; j++)
            rt_go(leaf, &group);
        rt_group_wait(&group);
    }
}

static void yielder(void *arg)
{
    for (long n = *(long *)arg; n > 0; n--)
        rt_yield();
    rt_group_done(&group);
}

static void yield(long n)
{
    long half = n / 2;
    rt_group_add(&group, 2);
    rt_go(yielder, &half);
    rt_go(yielder, &half);
    rt_group_wait(&group);
}

static struct rt_rendezvous to, from;

static void echo(void *arg)
{
    uintptr_t word;
    while (rt_receive(&to, &word))
        rt_send(&from, word);
    rt_group_done(arg);
}

static void rendezvous(long n)
{
    uintptr_t word;
    memset(&to, 0, sizeof to);
    rt_group_add(&group, 1);
    rt_go(echo, &group);
    for (long i = 0; i < n; i++) {
        rt_send(&to, (uintptr_t)i);
        rt_receive(&from, &word);
    }
    rt_rendezvous_close(&to);
    rt_group_wait(&group);
}

static void mutex(long n)
{
    static struct rt_mutex mu;
    for (long i = 0; i < n; i++) {
        rt_mutex_lock(&mu);
        rt_mutex_unlock(&mu);
    }
}

static void getpid_raw(long n)
{
    for (long i = 0; i < n; i++)
        rt_rawsyscall(SYS_getpid, 0, 0, 0);
}

static void getpid_sys(long n)
{
    for (long i = 0; i < n; i++)
        rt_syscall(SYS_getpid, 0, 0, 0);
}

struct pipes {
    int to[2], from[2];
    long n;
    struct rt_poll *to_poll, *from_poll;
};

static void read_polled(struct rt_poll *poll, int fd)
{
    char c;
    while (rt_call_raw(SYS_read, fd, (long)&c, 1, 0, 0, 0) != 1)
        MUST(rt_poll_wait(poll, RT_POLL_READ, 0) == 0);
}

static void answer_polled(void *arg)
{
    struct pipes *p = arg;
    for (long i = 0; i < p->n; i++) {
        read_polled(p->to_poll, p->to[0]);
        MUST(rt_call_raw(SYS_write, p->from[1], (long)"x", 1, 0, 0, 0) == 1);
    }
    rt_group_done(&group);
}

static void close_pipes(struct pipes *p)
{
    for (int i = 0; i < 2; i++) {
        close(p->to[i]);
        close(p->from[i]);
    }
}

static void pipe_polled(long n)
{
    struct pipes p = {.n = n};
    MUST(pipe2(p.to, O_NONBLOCK) == 0 && pipe2(p.from, O_NONBLOCK) == 0);
    MUST(rt_poll_open(p.to[0], &p.to_poll) == 0 && rt_poll_open(p.from[0], &p.from_poll) == 0);
    rt_group_add(&group, 1);
    rt_go(answer_polled, &p);
    for (long i = 0; i < n; i++) {
        MUST(rt_call_raw(SYS_write, p.to[1], (long)"x", 1, 0, 0, 0) == 1);
        read_polled(p.from_poll, p.from[0]);
    }
    rt_group_wait(&group);
    rt_poll_close(p.to_poll);
    rt_poll_close(p.from_poll);
    close_pipes(&p);
}

static void answer_blocking(void *arg)
{
    struct pipes *p = arg;
    char c;
    for (long i = 0; i < p->n; i++) {
        MUST(rt_syscall(SYS_read, (uintptr_t)p->to[0], (uintptr_t)&c, 1).r1 == 1);
        MUST(rt_syscall(SYS_write, (uintptr_t)p->from[1], (uintptr_t)&c, 1).r1 == 1);
    }
    rt_group_done(&group);
}

static void pipe_blocking(long n)
{
    struct pipes p = {.n = n};
    char c = 0;
    MUST(pipe(p.to) == 0 && pipe(p.from) == 0);
    rt_group_add(&group, 1);
    rt_go(answer_blocking, &p);
    for (long i = 0; i < n; i++) {
        MUST(rt_syscall(SYS_write, (uintptr_t)p.to[1], (uintptr_t)&c, 1).r1 == 1);
        MUST(rt_syscall(SYS_read, (uintptr_t)p.from[0], (uintptr_t)&c, 1).r1 == 1);
    }
    rt_group_wait(&group);
    close_pipes(&p);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at_share(double *v, int n, int percent)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return v[n * percent / 100];
}

static double time_of(void (*f)(long), long n)
{
    int64_t t = rt_now();
    f(n);
    return (double)(rt_now() - t);
}

struct item {
    const char *name;
    void (*f)(long);
    bool sleeps; /* longer samples, their median */
};

static void measure(const struct item *item)
{
    double v[MAX_SAMPLES], t, least = item->sleeps ? 10e6 : 1e6;
    int samples = item->sleeps ? 11 : MAX_SAMPLES;
    long n = 8;
    while ((t = time_of(item->f, n)) < least)
        n *= t < least / 16 ? 8 : 2;
    for (int i = 0; i < samples; i++)
        v[i] = time_of(item->f, n) / (double)n;
    printf("%s\t%.2f\n", item->name, at_share(v, samples, item->sleeps ? 50 : 10));
}

/* Blocks of the raw and the blocking call in turn. */
static void enter_exit(void)
{
    enum { BLOCK = 2000, PAIRS = 201 };
    double raw[PAIRS], sys[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        raw[i] = time_of(getpid_raw, BLOCK) / BLOCK;
        sys[i] = time_of(getpid_sys, BLOCK) / BLOCK;
    }
    printf("enter_exit\t%.2f\n", at_share(sys, PAIRS, 10) - at_share(raw, PAIRS, 10));
}

/* ---- many that wait ---------------------------------------------------------------------- */

static long status(const char *key)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long value = -1;
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, strlen(key)) == 0)
            value = atol(line + strlen(key));
    }
    if (f)
        fclose(f);
    return value;
}

/* A pipe in one descriptor, so that 10,000 fit under the limit. */
static int pipe_in_one(int flags)
{
    int p[2];
    char path[64];
    MUST(pipe(p) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", p[0]);
    int fd = open(path, O_RDWR | flags);
    MUST(fd >= 0);
    close(p[0]);
    close(p[1]);
    return fd;
}

struct waiter {
    int fd;
    struct rt_poll *poll;
};

static _Atomic(long) started;

static void wait_polled(void *arg)
{
    struct waiter *w = arg;
    atomic_fetch_add(&started, 1);
    read_polled(w->poll, w->fd);
    rt_group_done(&group);
}

static void wait_blocking(void *arg)
{
    struct waiter *w = arg;
    char c;
    atomic_fetch_add(&started, 1);
    MUST(rt_syscall(SYS_read, (uintptr_t)w->fd, (uintptr_t)&c, 1).r1 == 1);
    rt_group_done(&group);
}

static void wake_many(const char *name, long n, bool polled)
{
    struct waiter *w = calloc((size_t)n, sizeof *w);
    MUST(w);
    for (long i = 0; i < n; i++) {
        w[i].fd = pipe_in_one(polled ? O_NONBLOCK : 0);
        MUST(!polled || rt_poll_open(w[i].fd, &w[i].poll) == 0);
    }
    for (int round = 0; round < 2; round++) {
        long before = status("VmRSS:"), threads = status("Threads:");
        started = 0;
        rt_group_add(&group, n);
        int64_t t = rt_now();
        for (long i = 0; i < n; i++)
            rt_go(polled ? wait_polled : wait_blocking, &w[i]);
        while (started < n)
            rt_yield();
        double start = (double)(rt_now() - t);
        rt_sleep_until(rt_now() + 150 * MS, false);
        if (round == 0) {
            printf("%s_start\t%.0f\n", name, start);
            printf("%s_kB\t%ld\n", name, status("VmRSS:") - before);
            printf("%s_threads\t%ld\n", name, status("Threads:") - threads);
        }
        t = rt_now();
        for (long i = 0; i < n; i++)
            MUST(rt_syscall(SYS_write, (uintptr_t)w[i].fd, (uintptr_t) "x", 1).r1 == 1);
        rt_group_wait(&group);
        printf("%s_wake%s\t%.0f\n", name, round ? "" : "_cold", (double)(rt_now() - t));
    }
}

/* ---- one blocks, another wants to run ------------------------------------------------------ */

static _Atomic(bool) stop, watch;
static int64_t largest_gap;

static void gap_watcher(void *arg)
{
    int64_t last = rt_now();
    while (!stop) {
        int64_t now = rt_now();
        if (watch && now - last > largest_gap)
            largest_gap = now - last;
        last = now;
        rt_yield();
    }
    rt_group_done(arg);
}

static void stall(const char *name, bool raw)
{
    int64_t t[2] = {0, 100 * MS};
    rt_group_add(&group, 1);
    rt_go(gap_watcher, &group);
    rt_sleep_until(rt_now() + 30 * MS, false);
    watch = true;
    if (raw)
        rt_rawsyscall(SYS_nanosleep, (uintptr_t)t, 0, 0);
    else
        rt_syscall(SYS_nanosleep, (uintptr_t)t, 0, 0);
    rt_yield();
    stop = true;
    rt_group_wait(&group);
    printf("%s\t%ld\n", name, largest_gap);
}

/* ---- choosing ----------------------------------------------------------------------------------
 */

static const struct item items[] = {
    {"spawn_join", spawn_join, false},
    {"spawn_batch", spawn_batch, false},
    {"yield", yield, false},
    {"rendezvous", rendezvous, false},
    {"mutex", mutex, false},
    {"getpid_raw", getpid_raw, false},
    {"getpid_sys", getpid_sys, false},
    {"pipe_polled", pipe_polled, true},
    {"pipe_blocking", pipe_blocking, true},
};

static void main_g(void *arg)
{
    const char *item = arg;
    bool done = true;
    if (strcmp(item, "enter_exit") == 0)
        enter_exit();
    else if (strcmp(item, "pollers") == 0)
        wake_many("pollers", 10000, true);
    else if (strcmp(item, "blocked") == 0)
        wake_many("blocked", 1000, false);
    else if (strcmp(item, "stall_raw") == 0)
        stall(item, true);
    else if (strcmp(item, "stall_sys") == 0)
        stall(item, false);
    else
        done = false;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        if (strcmp(item, items[i].name) == 0) {
            measure(&items[i]);
            done = true;
        }
    }
    if (!done)
        fail("an item of that name: it");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage gmp ITEM PROCS: it");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct rt_config cfg = {.procs = (unsigned)atoi(argv[2])};
    return rt_run(&cfg, main_g, argv[1]) ? 2 : 0;
}
