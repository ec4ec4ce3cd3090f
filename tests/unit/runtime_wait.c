/*
 * Timers, sleeps, descriptors, bells, and what Gs wait on for each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime_test.h"

#define MS 1000000ll

/* ---- timers --------------------------------------------------------------------------- */

#define TIMERS 200
static struct rt_timer timers[TIMERS];
static int fired[TIMERS], fired_n;
static int64_t fired_when[TIMERS];

static void fire(struct rt_timer *t)
{
    CHECK(rt_now() >= t->when);
    CHECK(rt_self() == NULL);
    if (fired_n < TIMERS) {
        fired_when[fired_n] = t->when;
        fired[fired_n++] = (int)(t - timers);
    }
}

static void timers_main(void *arg)
{
    (void)arg;
    int64_t base = rt_now() + 5 * MS;
    memset(timers, 0, sizeof timers);
    fired_n = 0;
    for (int i = 0; i < TIMERS; i++)
        CHECK(rt_timer_start(&timers[i], base + (i * 7919) % TIMERS * 10000, fire) == 0);
    int stopped = 0;
    for (int i = 0; i < TIMERS; i += 3)
        stopped += rt_timer_stop(&timers[i]);
    CHECK(stopped == (TIMERS + 2) / 3);
    CHECK(!rt_timer_stop(&timers[0]));
    /* Moved to the end, and to the front. */
    CHECK(rt_timer_start(&timers[1], base + 20 * MS, fire) == 0);
    CHECK(rt_timer_start(&timers[2], base - MS, fire) == 0);
    rt_sleep_until(base + 21 * MS, false);
    CHECK(fired_n == TIMERS - stopped);
    for (int i = 1; i < fired_n; i++)
        CHECK(fired_when[i - 1] <= fired_when[i]);
    CHECK(fired[0] == 2 && fired[fired_n - 1] == 1);
    CHECK(!rt_timer_stop(&timers[1]));
}

static void test_timers(void **state)
{
    (void)state;
    run_gs(1, timers_main, NULL);
}

static struct rt_group from_timer;

static void done_from_timer(void *arg)
{
    (void)arg;
    rt_group_done(&from_timer);
}

static void make_and_wake(struct rt_timer *t)
{
    CHECK(rt_go(done_from_timer, NULL));
    rt_ready(t->arg);
}

static bool start_timer(rt_g *g, void *arg)
{
    struct rt_timer *t = arg;
    t->arg = g;
    return rt_timer_start(t, rt_now() + MS, make_and_wake) == 0;
}

static void timer_wakes_main(void *arg)
{
    struct rt_timer t = {0};
    (void)arg;
    rt_group_add(&from_timer, 1);
    rt_park(start_timer, &t);
    CHECK(t.arg == rt_self());
    rt_group_wait(&from_timer);
}

static void test_timer_wakes(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++)
        run_gs(procs, timer_wakes_main, NULL);
}

static void sleep_short(void *arg)
{
    struct rt_group *group = arg;
    for (int i = 1; i < 20; i++) {
        int64_t when = rt_now() + i * 20000;
        CHECK(rt_sleep_until(when, false) == 0);
        CHECK(rt_now() >= when);
    }
    CHECK(rt_sleep_until(0, false) == 0);
    CHECK(rt_sleep_until(-5, false) == 0);
    rt_group_done(group);
}

static void sleep_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_add(&group, 50);
    for (int i = 0; i < 50; i++)
        rt_go(sleep_short, &group);
    rt_group_wait(&group);
}

static void test_sleep(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++)
        run_gs(procs, sleep_main, NULL);
}

/* ---- descriptors ------------------------------------------------------------------------- */

static int fds[2];
static struct rt_poll *pd;

static void wait_closed(void *arg)
{
    CHECK(rt_poll_wait(pd, RT_POLL_READ, 0) == -EBADF);
    rt_group_done(arg);
}

static void wait_interrupted(void *arg)
{
    CHECK(rt_poll_wait(pd, RT_POLL_READ | RT_POLL_INTERRUPTIBLE, 0) == -EINTR);
    CHECK(rt_poll_wait(pd, RT_POLL_READ | RT_POLL_INTERRUPTIBLE, 0) == -EINTR);
    CHECK(rt_interrupt_clear());
    rt_group_done(arg);
}

static void write_later(void *arg)
{
    rt_sleep_until(rt_now() + 5 * MS, false);
    CHECK(rt_call_raw(SYS_write, fds[1], (long)"x", 1, 0, 0, 0) == 1);
    rt_group_done(arg);
}

static void poll_main(void *arg)
{
    struct rt_group group = {0};
    struct rt_poll *out, *file_pd;
    char c;
    (void)arg;
    CHECK(pipe2(fds, O_NONBLOCK) == 0);
    CHECK(rt_poll_open(-1, &out) == -EBADF);
    int file = open("/proc/self/exe", O_RDONLY);
    CHECK(rt_poll_open(file, &file_pd) == -EPERM);
    close(file);
    CHECK(rt_poll_open(fds[0], &pd) == 0 && rt_poll_open(fds[1], &out) == 0);
    CHECK(rt_poll_wait(pd, 0, 0) == -EINVAL);
    CHECK(rt_poll_wait(pd, RT_POLL_READ | RT_POLL_WRITE, 0) == -EINVAL);
    CHECK(rt_poll_wait(out, RT_POLL_WRITE, 0) == 0);
    int64_t deadline = rt_now() + 5 * MS;
    CHECK(rt_poll_wait(pd, RT_POLL_READ, deadline) == -ETIMEDOUT);
    CHECK(rt_now() >= deadline);
    rt_group_add(&group, 1);
    rt_go(write_later, &group);
    while (rt_call_raw(SYS_read, fds[0], (long)&c, 1, 0, 0, 0) == -EAGAIN)
        CHECK(rt_poll_wait(pd, RT_POLL_READ, 0) == 0);
    rt_group_wait(&group);
    rt_group_add(&group, 1);
    rt_g *g = rt_go(wait_interrupted, &group);
    rt_sleep_until(rt_now() + 2 * MS, false);
    struct rt_stats st;
    rt_stats(&st);
    CHECK(rt_interrupt(g) || st.procs > 1);
    rt_group_wait(&group);
    rt_group_add(&group, 1);
    rt_go(wait_closed, &group);
    rt_sleep_until(rt_now() + 2 * MS, false);
    rt_poll_close(pd);
    rt_group_wait(&group);
    rt_poll_close(out);
    close(fds[0]);
    close(fds[1]);
}

static void test_poll(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++)
        run_gs(procs, poll_main, NULL);
}

/* ---- bells ----------------------------------------------------------------------------------- */

static struct rt_bell bell;
static _Atomic(int) heard;
#define RINGS 200

static void on_signal(int signal)
{
    (void)signal;
    rt_bell_ring(&bell);
}

/* By the handler of a signal to the process, whichever thread runs it. */
static void *signal_often(void *arg)
{
    for (int i = 0; i < RINGS; i++) {
        while (heard < i)
            usleep(100);
        kill(getpid(), SIGUSR1);
    }
    return arg;
}

static void bell_main(void *arg)
{
    (void)arg;
    CHECK(!rt_bell_try(&bell));
    rt_bell_ring(&bell);
    rt_bell_ring(&bell);
    CHECK(rt_bell_try(&bell) && !rt_bell_try(&bell));
    rt_bell_ring(&bell);
    rt_bell_wait(&bell);
    CHECK(!rt_bell_try(&bell));
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, signal_often, NULL) == 0);
    while (heard < RINGS) {
        rt_bell_wait(&bell);
        atomic_fetch_add(&heard, 1);
    }
    pthread_join(thread, NULL);
}

static void test_bell(void **state)
{
    (void)state;
    signal(SIGUSR1, on_signal);
    for (unsigned procs = 1; procs <= 4; procs++) {
        heard = 0;
        run_gs(procs, bell_main, NULL);
    }
    signal(SIGUSR1, SIG_DFL);
}

/* A thread of no M wakes a G that parks again and again. */
static _Atomic(rt_g *) asleep;
static _Atomic(int) wakes;

static bool publish_asleep(rt_g *g, void *arg)
{
    (void)arg;
    asleep = g;
    return true;
}

static void *wake_often(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        rt_g *g;
        while (!(g = atomic_exchange(&asleep, NULL)))
            sched_yield();
        atomic_fetch_add(&wakes, 1);
        rt_ready(g);
    }
    return arg;
}

static void outside_main(void *arg)
{
    pthread_t thread;
    (void)arg;
    wakes = 0;
    CHECK(pthread_create(&thread, NULL, wake_often, NULL) == 0);
    for (int i = 0; i < 1000; i++) {
        rt_park(publish_asleep, NULL);
        CHECK(wakes == i + 1);
    }
    pthread_join(thread, NULL);
}

static void test_ready_from_outside(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++)
        run_gs(procs, outside_main, NULL);
}

/* The only P is marked by a call that blocks: who readies takes it. */
static void *wake_one_later(void *arg)
{
    usleep(5000);
    rt_g *g = atomic_exchange(&asleep, NULL);
    rt_ready(g);
    return arg;
}

static void park_and_write(void *arg)
{
    rt_park(publish_asleep, NULL);
    CHECK(write(fds[1], "x", 1) == 1);
    rt_group_done(arg);
}

static void outside_blocked_main(void *arg)
{
    struct rt_group group = {0};
    pthread_t thread;
    char c;
    (void)arg;
    rt_group_add(&group, 1);
    rt_go(park_and_write, &group);
    while (!asleep)
        rt_yield();
    CHECK(pthread_create(&thread, NULL, wake_one_later, NULL) == 0);
    CHECK(rt_call_blocking(SYS_read, fds[0], (long)&c, 1, 0, 0, 0) == 1);
    rt_group_wait(&group);
    pthread_join(thread, NULL);
}

static void test_ready_takes_p(void **state)
{
    struct rt_config cfg = {.sysmon_min_us = RT_SYSMON_OFF};
    (void)state;
    assert_int_equal(pipe(fds), 0);
    run_gs_with(&cfg, outside_blocked_main, NULL);
    close(fds[0]);
    close(fds[1]);
}

/* ---- mutex, rendezvous, group -----------------------------------------------------------------
 */

static struct rt_mutex mutex;
static long guarded;

static void add_guarded(void *arg)
{
    for (int i = 0; i < 500; i++) {
        rt_mutex_lock(&mutex);
        CHECK(!rt_mutex_trylock(&mutex));
        long before = guarded;
        if (i % 10 == 0)
            rt_yield();
        guarded = before + 1;
        rt_mutex_unlock(&mutex);
    }
    rt_group_done(arg);
}

static void mutex_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    guarded = 0;
    rt_group_add(&group, 8);
    for (int i = 0; i < 8; i++)
        rt_go(add_guarded, &group);
    rt_group_wait(&group);
    CHECK(guarded == 8 * 500);
    CHECK(rt_mutex_trylock(&mutex));
    rt_mutex_unlock(&mutex);
}

static void test_mutex(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++)
        run_gs(procs, mutex_main, NULL);
}

static struct rt_rendezvous meeting;
static _Atomic(long) sum;

static void send_numbers(void *arg)
{
    for (uintptr_t i = 1; i <= 100; i++)
        rt_send(&meeting, i);
    rt_group_done(arg);
}

static void add_numbers(void *arg)
{
    uintptr_t word;
    while (rt_receive(&meeting, &word))
        atomic_fetch_add(&sum, (long)word);
    rt_group_done(arg);
}

static void rendezvous_main(void *arg)
{
    struct rt_group senders = {0}, receivers = {0};
    (void)arg;
    memset(&meeting, 0, sizeof meeting);
    sum = 0;
    rt_group_add(&senders, 5);
    rt_group_add(&receivers, 3);
    for (int i = 0; i < 5; i++)
        rt_go(send_numbers, &senders);
    for (int i = 0; i < 3; i++)
        rt_go(add_numbers, &receivers);
    rt_group_wait(&senders);
    rt_rendezvous_close(&meeting);
    rt_group_wait(&receivers);
    CHECK(sum == 5 * 5050);
}

static void test_rendezvous(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++)
        run_gs(procs, rendezvous_main, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers),        cmocka_unit_test(test_timer_wakes),
        cmocka_unit_test(test_sleep),         cmocka_unit_test(test_poll),
        cmocka_unit_test(test_bell),          cmocka_unit_test(test_ready_from_outside),
        cmocka_unit_test(test_ready_takes_p), cmocka_unit_test(test_mutex),
        cmocka_unit_test(test_rendezvous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
