/*
 * System calls of Gs: who runs on while one blocks, and interruption.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "runtime_test.h"

#define MS 1000000ll

static long nanosleep_ms(long (*call)(long, long, long, long, long, long, long), long ms)
{
    int64_t t[2] = {0, ms * MS};
    return call(SYS_nanosleep, (long)t, 0, 0, 0, 0, 0);
}

/* ---- stalls ------------------------------------------------------------------------- */

static _Atomic(bool) watch, stop;
static _Atomic(int64_t) largest_gap;

/* Yields all the time and notes the longest time it was not run. */
static void yielder(void *arg)
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

struct stall {
    long (*call)(long, long, long, long, long, long, long);
    int64_t gap;
};

static void stall_main(void *arg)
{
    struct stall *s = arg;
    struct rt_group group = {0};
    stop = watch = false;
    largest_gap = 0;
    rt_group_add(&group, 1);
    rt_go(yielder, &group);
    rt_sleep_until(rt_now() + 30 * MS, false);
    watch = true;
    CHECK(nanosleep_ms(s->call, 100) == 0);
    rt_yield();
    stop = true;
    rt_group_wait(&group);
    s->gap = largest_gap;
}

/* A raw call stalls the others on its P for all its time; a blocking one does not. */
static void test_stall(void **state)
{
    struct stall raw = {rt_call_raw, 0}, blocking = {rt_call_blocking, 0};
    struct stall sleeping = {rt_call_sleeping, 0};
    (void)state;
    run_gs(1, stall_main, &raw);
    run_gs(1, stall_main, &blocking);
    run_gs(1, stall_main, &sleeping);
    assert_true(raw.gap >= 100 * MS);
    /* 10 ms is the rule; on a busy machine a thread may wait longer for its CPU. */
    assert_true(blocking.gap < 60 * MS);
    assert_true(sleeping.gap < 60 * MS);
}

/* ---- one P, all blocked ----------------------------------------------------------------- */

static int fds[2];
static _Atomic(int) answers;

static void read_one(void *arg)
{
    char c;
    struct rt_result r = rt_syscall(SYS_read, (uintptr_t)fds[0], (uintptr_t)&c, 1);
    CHECK(r.r1 == 1 && r.err == 0);
    atomic_fetch_add(&answers, 1);
    rt_group_done(arg);
}

static void surge_main(void *arg)
{
    struct rt_group group = {0};
    struct rt_stats st;
    char text[200] = {0};
    (void)arg;
    rt_group_add(&group, 200);
    for (int i = 0; i < 200; i++)
        rt_go(read_one, &group);
    do {
        rt_yield();
        rt_stats(&st);
    } while (st.ms_live < 200); /* each blocked read holds a thread */
    CHECK(rt_call_blocking(SYS_write, fds[1], (long)text, 200, 0, 0, 0) == 200);
    rt_group_wait(&group);
    rt_stats(&st);
    CHECK(st.ms_live <= 202 && st.retakes + st.handoffs >= 199);
}

static void test_surge(void **state)
{
    (void)state;
    assert_int_equal(pipe(fds), 0);
    answers = 0;
    run_gs(1, surge_main, NULL);
    assert_int_equal(answers, 200);
    close(fds[0]);
    close(fds[1]);
}

/* ---- six arguments, errors, halves -------------------------------------------------------- */

static void forms_main(void *arg)
{
    long pid = getpid();
    (void)arg;
    CHECK((long)rt_syscall(SYS_getpid, 0, 0, 0).r1 == pid);
    CHECK(rt_syscall(SYS_close, (uintptr_t)-1, 0, 0).err == EBADF);
    struct rt_result r = rt_syscall6(SYS_mmap, 0, 4096, 3, 0x22, (uintptr_t)-1, 0);
    CHECK(r.err == 0);
    CHECK(rt_call_blocking(SYS_munmap, (long)r.r1, 4096, 0, 0, 0, 0) == 0);
    CHECK(rt_call_blocking(SYS_close, -1, 0, 0, 0, 0, 0) == -EBADF);
    CHECK(rt_call_interruptible(SYS_close, -1, 0, 0, 0, 0, 0) == -EBADF);
    CHECK(rt_call_sleeping(SYS_close, -1, 0, 0, 0, 0, 0) == -EBADF);
    rt_entersyscall();
    CHECK(getpid() == pid);
    rt_exitsyscall();
    rt_entersyscallblock();
    CHECK(getpid() == pid);
    rt_exitsyscall();
}

static void test_forms(void **state)
{
    (void)state;
    for (unsigned procs = 1; procs <= 4; procs++)
        run_gs(procs, forms_main, NULL);
}

/* ---- interruption ---------------------------------------------------------------------------- */

static _Atomic(long) reader_tid;

/* True when the thread sleeps in the kernel. */
static bool asleep(long tid)
{
    char path[64], text[256], state = '?';
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", tid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    if (fgets(text, sizeof text, f) && strrchr(text, ')'))
        state = strrchr(text, ')')[2];
    fclose(f);
    return state == 'S';
}

static void interrupted_read(void *arg)
{
    char c;
    reader_tid = rt_call_raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
    CHECK(rt_call_interruptible(SYS_read, fds[0], (long)&c, 1, 0, 0, 0) == -EINTR);
    CHECK(rt_interrupt_pending());
    /* Sticky until it is cleared. */
    CHECK(rt_call_interruptible(SYS_getpid, 0, 0, 0, 0, 0, 0) == -EINTR);
    CHECK(rt_sleep_until(rt_now() + 1000 * MS, true) == -EINTR);
    CHECK(rt_interrupt_clear());
    CHECK(!rt_interrupt_clear());
    CHECK(rt_call_interruptible(SYS_getpid, 0, 0, 0, 0, 0, 0) == getpid());
    rt_group_done(arg);
}

static void interrupt_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    /* While it is in the kernel. */
    rt_group_add(&group, 1);
    reader_tid = 0;
    rt_g *g = rt_go(interrupted_read, &group);
    while (!reader_tid || !asleep(reader_tid))
        rt_sleep_until(rt_now() + MS, false);
    CHECK(rt_interrupt(g));
    rt_group_wait(&group);
    /* Before it gets there, with one P; at some time with more. */
    rt_group_add(&group, 1);
    g = rt_go(interrupted_read, &group);
    struct rt_stats st;
    rt_stats(&st);
    CHECK(!rt_interrupt(g) || st.procs > 1);
    rt_group_wait(&group);
}

static void test_interrupt(void **state)
{
    (void)state;
    assert_int_equal(pipe(fds), 0);
    for (unsigned procs = 1; procs <= 4; procs++)
        run_gs(procs, interrupt_main, NULL);
    close(fds[0]);
    close(fds[1]);
}

static void interrupted_sleep(void *arg)
{
    CHECK(rt_sleep_until(rt_now() + 60000 * MS, true) == -EINTR);
    CHECK(rt_interrupt_clear());
    rt_group_done(arg);
}

static void interrupt_sleep_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_add(&group, 1);
    rt_g *g = rt_go(interrupted_sleep, &group);
    rt_sleep_until(rt_now() + 2 * MS, false);
    struct rt_stats st;
    rt_stats(&st);
    CHECK(rt_interrupt(g) || st.procs > 1);
    rt_group_wait(&group);
}

static void test_interrupt_sleep(void **state)
{
    (void)state;
    run_gs(1, interrupt_sleep_main, NULL);
    run_gs(3, interrupt_sleep_main, NULL);
}

/* Signals race with calls that are short: each request must end exactly one call, and
 * no call but the interruptible one may see EINTR. */
#define RACES 20000
static _Atomic(int) asked, seen;

static void race_victim(void *arg)
{
    int64_t none[2] = {0, 1};
    while (seen < RACES) {
        long r = rt_call_interruptible(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
        CHECK(r == 0 || r == -EINTR);
        if (r == -EINTR) {
            CHECK(rt_interrupt_clear());
            atomic_fetch_add(&seen, 1);
        }
        rt_yield();
        if (seen % 16 == 0)
            CHECK(rt_call_raw(SYS_nanosleep, (long)none, 0, 0, 0, 0, 0) == 0);
    }
    rt_group_done(arg);
}

static void race_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    asked = seen = 0;
    rt_group_add(&group, 1);
    rt_g *g = rt_go(race_victim, &group);
    while (asked < RACES) {
        while (seen < asked)
            rt_yield();
        atomic_fetch_add(&asked, 1);
        rt_interrupt(g);
    }
    rt_group_wait(&group);
    CHECK(seen == RACES);
}

static void test_interrupt_race(void **state)
{
    (void)state;
    run_gs(1, race_main, NULL);
    run_gs(2, race_main, NULL);
}

/* An interrupt at every single instruction from the call of the C function to SYSCALL:
 * the trap flag stops after each, and the handler of the chosen step interrupts its own
 * G. The signal is blocked meanwhile and comes when the handler returns, at that very
 * instruction. A request that is missed is a read that never ends. */
extern const char rt_interruptible_begin[], rt_interruptible_end[];
static const long trap_flag = 0x100;
static rt_g *stepped;
static int step, step_of_interrupt;
static bool at_syscall; /* the chosen step was the SYSCALL instruction */
static int in_window;

static void on_step(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uintptr_t pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
    uintptr_t begin = (uintptr_t)rt_interruptible_begin, end = (uintptr_t)rt_interruptible_end;
    (void)signal;
    (void)info;
    if (step++ != step_of_interrupt)
        return;
    uc->uc_mcontext.gregs[REG_EFL] &= ~trap_flag;
    at_syscall = pc == end - 2; /* the length of SYSCALL */
    in_window += pc >= begin && pc < end;
    rt_interrupt(stepped);
}

static void step_main(void *arg)
{
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    char c;
    (void)arg;
    sigaddset(&action.sa_mask, SIGURG);
    sigaction(SIGTRAP, &action, NULL);
    stepped = rt_self();
    for (step_of_interrupt = 0; !at_syscall; step_of_interrupt++) {
        step = 0;
        __asm__ volatile("pushfq\n\torq %0, (%%rsp)\n\tpopfq" : : "r"(trap_flag) : "memory", "cc");
        long r = rt_call_interruptible(SYS_read, fds[0], (long)&c, 1, 0, 0, 0);
        CHECK(r == -EINTR);
        CHECK(rt_interrupt_clear());
    }
    CHECK(in_window == 3);
    signal(SIGTRAP, SIG_DFL);
}

static void test_interrupt_every_instruction(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* they keep signals back */
#endif
    assert_int_equal(pipe(fds), 0);
    alarm(60);
    run_gs(1, step_main, NULL);
    alarm(0);
    close(fds[0]);
    close(fds[1]);
}

/* ---- the clean thread -------------------------------------------------------------------------
 */

/* A locked G's thread must not be the parent of new threads: they would inherit what
 * it has changed, here its name. */
static void name_of_thread(void *arg)
{
    char name[16] = {0};
    CHECK(rt_call_raw(SYS_prctl, 16 /* PR_GET_NAME */, (long)name, 0, 0, 0, 0) == 0);
    CHECK(strcmp(name, "changed") != 0);
    rt_group_done(arg);
}

static void template_main(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_lock_os_thread();
    CHECK(rt_call_raw(SYS_prctl, 15 /* PR_SET_NAME */, (long)"changed", 0, 0, 0, 0) == 0);
    rt_group_add(&group, 1);
    rt_go(name_of_thread, &group);
    rt_group_wait(&group);
    rt_unlock_os_thread();
}

static void test_template_thread(void **state)
{
    (void)state;
    run_gs(1, template_main, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stall),
        cmocka_unit_test(test_surge),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_interrupt_sleep),
        cmocka_unit_test(test_interrupt_race),
        cmocka_unit_test(test_interrupt_every_instruction),
        cmocka_unit_test(test_template_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
