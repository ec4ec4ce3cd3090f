/*
 * Gs, Ps and Ms: order, parking, beginning and end of a rt_run, threads.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime_test.h"

/* ---- order with one P ----------------------------------------------------------- */

static char trail[256];

static void note(const char *what)
{
    strncat(trail, what, sizeof trail - strlen(trail) - 1);
}

struct named {
    const char *name;
    struct rt_group *group;
};

static void take_three_turns(void *arg)
{
    struct named *n = arg;
    for (int i = 0; i < 3; i++) {
        note(n->name);
        rt_yield();
    }
    rt_group_done(n->group);
}

/* The last one made runs first, in its maker's slice; then all take turns. */
static void order_main(void *arg)
{
    struct rt_group group = {0};
    struct named gs[] = {{"a", &group}, {"b", &group}, {"c", &group}};
    (void)arg;
    rt_group_add(&group, 3);
    for (int i = 0; i < 3; i++)
        CHECK(rt_go(take_three_turns, &gs[i]));
    rt_group_wait(&group);
}

static void test_order(void **state)
{
    (void)state;
    trail[0] = '\0';
    run_gs(1, order_main, NULL);
    assert_string_equal(trail, "cabcabcab");
}

/* ---- identity -------------------------------------------------------------------- */

static void own_data(void *arg)
{
    CHECK(rt_g_data(rt_self()) == NULL);
    rt_g_set_data(rt_self(), arg);
    rt_yield();
    CHECK(rt_g_data(rt_self()) == arg);
    rt_group_done(arg);
}

static void identity_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    CHECK(rt_self() && rt_g_id(rt_self()) == 1);
    rt_group_add(&group, 2);
    rt_g *a = rt_go(own_data, &group), *b = rt_go(own_data, &group);
    CHECK(a != b && rt_g_id(a) == 2 && rt_g_id(b) == 3);
    rt_group_wait(&group);
}

static void test_identity(void **state)
{
    (void)state;
    assert_null(rt_self());
    run_gs(1, identity_main, NULL);
    assert_null(rt_self());
}

/* ---- parking ----------------------------------------------------------------------- */

static _Atomic(rt_g *) parked;
static bool refuse;

static bool publish(rt_g *g, void *arg)
{
    CHECK(arg == (void *)&parked);
    parked = g;
    return !refuse;
}

static void sleeper(void *arg)
{
    rt_park(publish, (void *)&parked);
    note("woken ");
    rt_group_done(arg);
}

static void park_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_add(&group, 1);
    rt_go(sleeper, &group);
    while (!parked)
        rt_yield();
    for (int i = 0; i < 10; i++)
        rt_yield();
    note("ready ");
    rt_ready(parked);
    rt_group_wait(&group);
    refuse = true;
    rt_park(publish, (void *)&parked); /* goes on at once */
    note("refused");
}

static void test_park(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs *= 2) {
        trail[0] = '\0';
        parked = NULL;
        refuse = false;
        run_gs(procs, park_main, NULL);
        assert_string_equal(trail, "ready woken refused");
    }
}

/* ---- many ---------------------------------------------------------------------------- */

static _Atomic(long) ran;

static void count_run(void *arg)
{
    atomic_fetch_add(&ran, 1);
    rt_group_done(arg);
}

/* More than a ring holds, so that the overflow to the global queue is used. */
static void many_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_add(&group, 5000);
    for (int i = 0; i < 5000; i++)
        CHECK(rt_go(count_run, &group));
    rt_group_wait(&group);
    struct rt_stats st;
    rt_stats(&st);
    CHECK(st.gs_created == 5001);
    CHECK(st.procs > 1 || st.gs_live == 1);
}

static void test_many(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 64; procs *= 8) {
        ran = 0;
        run_gs(procs, many_main, NULL);
        assert_int_equal(ran, 5000);
    }
}

/* ---- beginning and end ------------------------------------------------------------------ */

static void nothing(void *arg)
{
    (void)arg;
}

static void nested_main(void *arg)
{
    struct rt_config cfg = {0};
    (void)arg;
    CHECK(rt_run(&cfg, nothing, NULL) == -EINVAL);
}

static void test_configuration(void **state)
{
    (void)state;
    struct rt_config good = {0}, bad;
    assert_int_equal(rt_run(&good, nothing, NULL), 0);
    assert_int_equal(rt_run(&good, NULL, NULL), -EINVAL);
    bad = (struct rt_config){.procs = RT_MAX_PROCS + 1};
    assert_int_equal(rt_run(&bad, nothing, NULL), -EINVAL);
    bad = (struct rt_config){.mode = 7};
    assert_int_equal(rt_run(&bad, nothing, NULL), -EINVAL);
    bad = (struct rt_config){.stack_size = 4096};
    assert_int_equal(rt_run(&bad, nothing, NULL), -EINVAL);
    bad = (struct rt_config){.signal = SIGKILL};
    assert_int_equal(rt_run(&bad, nothing, NULL), -EINVAL);
    bad = (struct rt_config){.signal = 65};
    assert_int_equal(rt_run(&bad, nothing, NULL), -EINVAL);
    run_gs(1, nested_main, NULL);
}

static void forever(void *arg)
{
    for (;;) {
        *(volatile long *)arg += 1;
        rt_yield();
    }
}

static int never_written[2];

static void blocked(void *arg)
{
    char c;
    (void)arg;
    rt_call_blocking(SYS_read, never_written[0], (long)&c, 1, 0, 0, 0);
    CHECK(!"the G of a rt_run that is over ran on");
}

static void parked_forever(void *arg)
{
    rt_park(NULL, arg);
}

static void abandon_main(void *arg)
{
    static long turns[4];
    (void)arg;
    for (int i = 0; i < 4; i++)
        rt_go(forever, &turns[i]);
    rt_go(blocked, NULL);
    rt_go(parked_forever, NULL);
    rt_sleep_until(rt_now() + 5000000, false);
}

/* Yielding, blocked and parked Gs are left behind; a blocked thread ends later. */
static void test_abandon(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++) {
        assert_int_equal(pipe(never_written), 0);
        run_gs(procs, abandon_main, NULL);
        assert_int_equal(write(never_written[1], "x", 1), 1);
        usleep(2000);
        assert_null(failed_check);
        close(never_written[0]);
        close(never_written[1]);
    }
}

static void deadlock_main(void *arg)
{
    rt_go(parked_forever, arg);
    rt_park(NULL, arg);
}

static void sleeping_main(void *arg)
{
    rt_go(parked_forever, arg);
    rt_sleep_until(rt_now() + 30000000, false);
    rt_call_blocking(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

static void test_deadlock(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs *= 4) {
        struct rt_config cfg = {.procs = procs, .detect_deadlock = true};
        assert_int_equal(rt_run(&cfg, deadlock_main, NULL), -EDEADLK);
        assert_int_equal(rt_run(&cfg, sleeping_main, NULL), 0);
        assert_int_equal(rt_run(&cfg, many_main, NULL), 0);
    }
}

static void *run_in_thread(void *arg)
{
    struct rt_config *cfg = arg;
    for (int i = 0; i < 5; i++) {
        if (rt_run(cfg, many_main, NULL))
            return NULL;
    }
    return cfg;
}

static void test_two_at_a_time(void **state)
{
    (void)state;
    struct rt_config cfg[2] = {{.procs = 2, .signal = SIGURG}, {.procs = 2, .signal = SIGUSR2}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, &cfg[i]), 0);
    for (int i = 0; i < 2; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    assert_null(failed_check);
}

/* ---- bare threads -------------------------------------------------------------------- */

static void bare_blocked(void *arg)
{
    char c;
    CHECK(rt_call_blocking(SYS_read, never_written[0], (long)&c, 1, 0, 0, 0) == 1);
    rt_group_done(arg);
}

static void bare_main(void *arg)
{
    struct rt_group group = {0};
    char text[20] = {0};
    (void)arg;
    rt_group_add(&group, 20);
    for (int i = 0; i < 20; i++)
        rt_go(bare_blocked, &group);
    CHECK(rt_sleep_until(rt_now() + 20000000, false) == 0);
    CHECK(rt_call_blocking(SYS_write, never_written[1], (long)text, 20, 0, 0, 0) == 20);
    rt_group_wait(&group);
}

static void test_bare(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* their run-time libraries need threads of libc's */
#endif
    assert_int_equal(pipe(never_written), 0);
    for (unsigned procs = 1; procs <= 4; procs++) {
        struct rt_config cfg = {.procs = procs, .mode = RT_BARE};
        run_gs_with(&cfg, bare_main, NULL);
    }
    close(never_written[0]);
    close(never_written[1]);
}

/* ---- threads and stacks ------------------------------------------------------------ */

static void on_system_stack(void *arg)
{
    uintptr_t *out = arg;
    out[0] = (uintptr_t)__builtin_frame_address(0);
    out[1] = (uintptr_t)rt_self();
}

static void system_stack_main(void *arg)
{
    uintptr_t out[2] = {0};
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    (void)arg;
    rt_on_system_stack(on_system_stack, out);
    CHECK(out[1] == (uintptr_t)rt_self());
    CHECK(out[0] < here - RT_DEFAULT_STACK || out[0] > here + RT_DEFAULT_STACK);
}

static void test_system_stack(void **state)
{
    (void)state;
    run_gs(1, system_stack_main, NULL);
}

static void use_stack(void *arg)
{
    /* Nearly all of it. */
    volatile char big[RT_DEFAULT_STACK - 32768];
    for (size_t i = 0; i < sizeof big; i += 4096)
        big[i] = (char)i;
    rt_yield();
    for (size_t i = 0; i < sizeof big; i += 4096)
        CHECK(big[i] == (char)i);
    rt_group_done(arg);
}

static void stack_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_add(&group, 40); /* of more than one slab */
    for (int i = 0; i < 40; i++)
        rt_go(use_stack, &group);
    rt_group_wait(&group);
}

static void test_stack(void **state)
{
    (void)state;
    run_gs(2, stack_main, NULL);
}

static void other_threads(void *arg)
{
    long locked_tid = *(long *)arg;
    for (int i = 0; i < 100; i++) {
        CHECK(rt_call_raw(SYS_gettid, 0, 0, 0, 0, 0, 0) != locked_tid);
        rt_yield();
    }
}

static void locked_main(void *arg)
{
    (void)arg;
    rt_lock_os_thread();
    rt_lock_os_thread();
    rt_unlock_os_thread();
    long tid = rt_call_raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
    rt_go(other_threads, &tid);
    for (int i = 0; i < 100; i++) {
        rt_yield();
        CHECK(rt_call_raw(SYS_gettid, 0, 0, 0, 0, 0, 0) == tid);
    }
    rt_unlock_os_thread();
}

static void test_lock_os_thread(void **state)
{
    (void)state;
    run_gs(1, locked_main, NULL);
    run_gs(3, locked_main, NULL);
}

/* ---- preemption and stopping ---------------------------------------------------------- */

static _Atomic(int) kicks;

static void on_preempt(void *ctx)
{
    CHECK(ctx == &kicks);
    atomic_fetch_add(&kicks, 1);
}

static void burn(void *arg)
{
    while (!rt_preempt_requested())
        __builtin_ia32_pause();
    rt_checkpoint();
    rt_group_done(arg);
}

static void preempt_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_add(&group, 2);
    rt_go(burn, &group);
    rt_go(burn, &group);
    rt_group_wait(&group);
}

static void test_preempt(void **state)
{
    (void)state;
    struct rt_config cfg = {.preempt = on_preempt, .preempt_ctx = &kicks, .slice_us = 2000};
    kicks = 0;
    run_gs_with(&cfg, preempt_main, NULL);
    assert_true(kicks >= 1);
}

/* A timer that is due, with every P busy. */
static void timer_preempts_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_add(&group, 1);
    rt_go(burn, &group);
    int64_t when = rt_now() + 3000000;
    rt_sleep_until(when, false);
    CHECK(rt_now() < when + 100000000);
    rt_group_wait(&group);
}

static void test_timer_preempts(void **state)
{
    (void)state;
    struct rt_config cfg = {.slice_us = RT_NEVER};
    run_gs_with(&cfg, timer_preempts_main, NULL);
}

static _Atomic(long) moves;
static _Atomic(bool) halt;

static void move(void *arg)
{
    while (!halt) {
        atomic_fetch_add(&moves, 1);
        rt_checkpoint();
    }
    rt_group_done(arg);
}

static void stop_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_add(&group, 3);
    for (int i = 0; i < 3; i++)
        rt_go(move, &group);
    for (int i = 0; i < 20; i++) {
        rt_sleep_until(rt_now() + 200000, false);
        rt_stop_the_world();
        long before = moves;
        for (int k = 0; k < 10000; k++)
            __builtin_ia32_pause();
        CHECK(moves == before);
        rt_start_the_world();
    }
    halt = true;
    rt_group_wait(&group);
}

static void test_stop_the_world(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++) {
        halt = false;
        run_gs(procs, stop_main, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),          cmocka_unit_test(test_identity),
        cmocka_unit_test(test_park),           cmocka_unit_test(test_many),
        cmocka_unit_test(test_configuration),  cmocka_unit_test(test_abandon),
        cmocka_unit_test(test_deadlock),       cmocka_unit_test(test_two_at_a_time),
        cmocka_unit_test(test_bare),           cmocka_unit_test(test_system_stack),
        cmocka_unit_test(test_stack),          cmocka_unit_test(test_lock_os_thread),
        cmocka_unit_test(test_preempt),        cmocka_unit_test(test_timer_preempts),
        cmocka_unit_test(test_stop_the_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
