/*
 * Bad use ends the process with one line that says what was wrong.
 */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime_test.h"

static int fds[2];

/* Runs body as the main G in a child; its stderr must begin with the line. */
static void expect_line(const struct rt_config *cfg, void (*body)(void *), const char *line,
                        bool dies)
{
    int err[2], status;
    char text[512] = {0};
    size_t n = 0;
    ssize_t got;
    assert_int_equal(pipe(err), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(err[1], STDERR_FILENO);
        rt_run(cfg, body, NULL);
        _exit(0);
    }
    close(err[1]);
    while (n < sizeof text - 1 && (got = read(err[0], text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    close(err[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (strncmp(text, line, strlen(line)) != 0)
        fail_msg("\"%s\" where \"%s\" was expected", text, line);
    if (dies)
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    else
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define EXPECT_FATAL(body, line)                                                                   \
    do {                                                                                           \
        for (unsigned procs = 1; procs <= 2; procs++)                                              \
            expect_line(&(struct rt_config){.procs = procs}, body, "runtime: " line, true);        \
    } while (0)

static void unlock_unlocked(void *arg)
{
    struct rt_mutex mu = {0};
    (void)arg;
    rt_mutex_unlock(&mu);
}

static void exit_without_enter(void *arg)
{
    (void)arg;
    rt_exitsyscall();
}

static void enter_twice(void *arg)
{
    (void)arg;
    rt_entersyscall();
    rt_entersyscall();
}

static void return_in_call(void *arg)
{
    (void)arg;
    rt_entersyscall();
}

static void ready_running(void *arg)
{
    (void)arg;
    rt_ready(rt_self());
}

static void unlock_thread(void *arg)
{
    (void)arg;
    rt_unlock_os_thread();
}

static void negative_group(void *arg)
{
    struct rt_group group = {0};
    (void)arg;
    rt_group_done(&group);
}

static void send_closed(void *arg)
{
    struct rt_rendezvous c = {0};
    (void)arg;
    rt_rendezvous_close(&c);
    rt_send(&c, 1);
}

static void start_unstopped(void *arg)
{
    (void)arg;
    rt_start_the_world();
}

static void block(void *arg)
{
    char c;
    (void)arg;
    rt_call_sleeping(SYS_read, fds[0], (long)&c, 1, 0, 0, 0);
}

static void too_many_threads(void *arg)
{
    for (int i = 0; i < 200; i++)
        rt_go(block, arg);
    rt_sleep_until(rt_now() + 10000000000, false);
}

static void test_fatal(void **state)
{
    (void)state;
    EXPECT_FATAL(unlock_unlocked, "unlock of a mutex that is not locked");
    EXPECT_FATAL(exit_without_enter, "rt_exitsyscall without rt_entersyscall");
    EXPECT_FATAL(enter_twice, "a blocking system call outside a G, or within another one");
    EXPECT_FATAL(return_in_call, "a G returned inside a system call");
    EXPECT_FATAL(ready_running, "rt_ready of a G that does not wait");
    EXPECT_FATAL(unlock_thread, "rt_unlock_os_thread of a G that is not locked");
    EXPECT_FATAL(negative_group, "negative count of a group");
    EXPECT_FATAL(send_closed, "rt_send to a closed rendezvous");
    EXPECT_FATAL(start_unstopped, "rt_start_the_world by a G that has not stopped it");
}

static void test_threads(void **state)
{
    (void)state;
    assert_int_equal(pipe(fds), 0);
    struct rt_config cfg = {.max_threads = 100};
    expect_line(&cfg, too_many_threads,
                "runtime: more than 100 threads: too many Gs block in system calls at a time",
                true);
    close(fds[0]);
    close(fds[1]);
}

static void return_locked(void *arg)
{
    rt_lock_os_thread();
    *(long *)arg = rt_call_raw(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

/* Allowed, but told of: the thread ends. */
static void locked_main(void *arg)
{
    static long tid;
    (void)arg;
    rt_go(return_locked, &tid);
    int64_t end = rt_now() + 5000000000;
    while (rt_now() < end) {
        rt_sleep_until(rt_now() + 1000000, false);
        if (tid && rt_call_raw(SYS_tgkill, getpid(), tid, 0, 0, 0, 0) != 0)
            return;
    }
    _exit(1);
}

static void test_return_locked(void **state)
{
    (void)state;
    struct rt_config cfg = {.procs = 1}; /* each P has numbers of its own for its Gs */
    expect_line(&cfg, locked_main,
                "runtime: G 2 returned while locked to its thread, which ends with it", false);
}

static void on_fatal(void *ctx, const char *line)
{
    const char *expected = "runtime: unlock of a mutex that is not locked";
    if (ctx == fds && strncmp(line, expected, strlen(expected)) == 0)
        _exit(0);
}

static void test_fatal_callback(void **state)
{
    (void)state;
    struct rt_config cfg = {.fatal = on_fatal, .fatal_ctx = fds};
    expect_line(&cfg, unlock_unlocked, "", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fatal),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_return_locked),
        cmocka_unit_test(test_fatal_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
