/*
 * Building a box, running it and taking it down: see box.h.
 */
#include "sandbox/box.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "sandbox/gate.h"
#include "sandbox/kernel.h"
#include "sandbox/process.h"
#include "sandbox/tree.h"
#include "sandbox/vfs/super.h"
#include "sandbox/vfs/tty.h"

/* What box_host_signal reaches from a signal handler. */
static struct {
    _Atomic(uint64_t) pending;
    struct rt_bell bell;
    atomic_bool running;
} host_signals;

void box_host_signal(int signo)
{
    if (!atomic_load(&host_signals.running))
        return;
    atomic_fetch_or(&host_signals.pending, SIGBIT(signo));
    rt_bell_ring(&host_signals.bell);
}

/* The G that hands the host's signals on. */
static void deliver_host_signals(void *arg)
{
    struct box *box = arg;

    while (true) {
        uint64_t pending;

        rt_bell_wait(&host_signals.bell);
        pending = atomic_exchange(&host_signals.pending, 0);
        for (int signo = 1; signo <= NSIG_GUEST; signo++) {
            if (!(pending & SIGBIT(signo)))
                continue;
            if (box->console)
                console_host_signal(box, signo);
            else if (box->main)
                signal_send_process(box->main, signo, NULL);
        }
    }
}

/* The box whose engine may crash. */
static struct box *crash_box;

bool box_describe_crash(int signo, char *line, size_t size)
{
    struct box *box = crash_box;
    gaddr_t rip;
    uint8_t bytes[15];
    size_t len;
    int at;

    if (!box || !box->cpu || !cpu_is_running(box->cpu) || !box->running) {
        snprintf(line, size, "abibox crashed (signal %d) outside of guest code", signo);
        return false;
    }
    rip = cpu_get(box->running->cpu, CPU_RIP);
    at = snprintf(line, size,
                  "the CPU engine crashed (signal %d) in process %d (%s) at rip %#llx:", signo,
                  box->running->process->pid, box->running->comm, (unsigned long long)rip);
    len = cpu_instruction_bytes(box->running->cpu, bytes);
    for (size_t i = 0; i < len && at > 0 && (size_t)at + 4 < size; i++)
        at += snprintf(line + at, size - (size_t)at, " %02x", bytes[i]);
    return true;
}

static uint64_t guest_tsc(void *ctx)
{
    /* One tick a nanosecond: the same clock as CLOCK_MONOTONIC. */
    return (uint64_t)clock_monotonic(ctx);
}

static void not_run(struct box *box, int status, const char *message)
{
    box->result->reason = ABX_NOT_RUN;
    box->result->status = status;
    snprintf(box->result->message, sizeof box->result->message, "%s", message);
}

static void internal(struct box *box, const char *message)
{
    box->result->reason = ABX_INTERNAL;
    box->result->status = 125;
    snprintf(box->result->message, sizeof box->result->message, "%s", message);
}

/* The program's process, ready to be started; an error is noted in the result. */
static struct task *make_program(struct box *box)
{
    const struct box_config *config = box->config;
    struct cred cred = {0};
    struct task *task;
    const char *path;
    char why[400];
    int error;

    cred.ruid = cred.euid = cred.suid = cred.fsuid = config->uid;
    cred.rgid = cred.egid = cred.sgid = cred.fsgid = config->gid;
    cred.cap_bounding = CAPABILITIES_ALL;
    if (config->uid == 0)
        cred.cap_permitted = cred.cap_effective = CAPABILITIES_ALL;
    error = process_create_main(box, &cred, &task);
    if (!error)
        error = tree_give_to_task(box, task, why, sizeof why);
    if (error) {
        internal(box, error == -ENOMEM ? "out of memory" : why);
        return NULL;
    }
    error = tree_find_program(box, task, &path, why, sizeof why);
    if (!error)
        error = exec_first(task, path, config->argv, config->envp, why, sizeof why);
    if (error) {
        not_run(box, error == -ENOENT ? 127 : 126, why);
        return NULL;
    }
    return task;
}

/* box_main waits here for wake_main. */
static void wait_main(struct box *box)
{
    box->main_waits = true;
    rt_park(NULL, NULL);
}

static void wake_main(struct box *box)
{
    if (!box->main_waits)
        return;
    box->main_waits = false;
    rt_ready(box->main_g);
}

static void box_main(void *arg)
{
    struct box *box = arg;
    struct task *task;

    box->main_g = rt_self();
    rt_go(deliver_host_signals, box);
    task = make_program(box);
    if (!task)
        return;
    if (task_start(task) != 0) {
        internal(box, "no memory for the first task");
        return;
    }
    while (!box->over)
        wait_main(box);
    process_kill_all(box);
    while (box->running_tasks > 0)
        wait_main(box);
}

void box_task_ended(struct box *box)
{
    if (--box->running_tasks == 0)
        wake_main(box);
}

void box_main_ended(struct box *box, int wait_status)
{
    struct abx_result *result = box->result;

    int64_t user, system;

    process_cpu_times(box->main, &user, &system);
    result->user_ns = (uint64_t)user;
    result->system_ns = (uint64_t)system;
    if (result->reason == ABX_MEMORY) {
        result->status = SIGKILL;
    } else if (WIFSIGNALED(wait_status)) {
        result->reason = ABX_SIGNAL;
        result->status = WTERMSIG(wait_status);
    } else {
        result->reason = ABX_EXIT;
        result->status = WEXITSTATUS(wait_status);
    }
    box->main = NULL;
    box->over = true;
    wake_main(box);
}

void box_out_of_memory(struct task *task)
{
    if (task->process == task->box->main)
        task->box->result->reason = ABX_MEMORY;
    process_exit_group(task->process, SIGKILL);
}

unsigned box_max_tasks(const struct box *box)
{
    return box->config->max_processes;
}

static uint64_t box_fast_calls(const struct box *box)
{
    struct cpu_stats stats;

    cpu_stats(box->cpu, &stats);
    return stats.fast_calls;
}

static void preempt(void *ctx)
{
    cpu_kick(ctx);
}

static bool bring_up(struct box *box)
{
    const struct cpu_hooks hooks = {gate_fast, guest_tsc, box};
    char why[400] = "out of memory";

    box->arena = arena_create(box->config->max_memory);
    if (!box->arena) {
        snprintf(why, sizeof why, "cannot reserve %llu bytes for the guest: %s",
                 (unsigned long long)box->config->max_memory, strerror(errno));
        internal(box, why);
        return false;
    }
    box->cpu = cpu_create(box->arena, &hooks, why, sizeof why);
    box->tasks_by_tid = calloc(PID_MAX, sizeof(struct task *));
    if (!box->cpu || !box->tasks_by_tid || rng_create(box, box->config->seed) != 0) {
        internal(box, why);
        return false;
    }
    return true;
}

static void take_down(struct box *box)
{
    rng_destroy(box);
    free(box->tasks_by_tid);
    if (box->cpu)
        cpu_destroy(box->cpu);
    if (box->arena)
        arena_destroy(box->arena);
}

/* Processes, files and timers use the runtime: they are built and taken down on the first G. */
static void box_g(void *arg)
{
    struct box *box = arg;
    char why[400] = "out of memory";

    if (clock_create(box) != 0 || process_create_kernel(box) != 0 ||
        tree_create(box, why, sizeof why) != 0) {
        if (box->result->reason != ABX_NOT_RUN)
            internal(box, why);
    } else {
        box_main(box);
    }
    atomic_store(&host_signals.running, false);
    box->main = NULL; /* a program that could not be run: deliver_host_signals looks */
    process_destroy_all(box);
    tree_destroy(box);
    rt_yield(); /* lets Gs end that watched host files for pollers: closing them woke these */
    clock_destroy(box);
    box->result->peak_memory = arena_peak(box->arena) << PAGE_SHIFT;
    box->result->system_calls = box->calls + box_fast_calls(box);
}

void box_run(const struct box_config *config, struct abx_result *result)
{
    struct box *box = calloc(1, sizeof *box);
    struct rt_config runtime = {.procs = 1, .preempt = preempt};
    int error;

    *result = (struct abx_result){.reason = ABX_INTERNAL, .status = 125};
    if (!box)
        return;
    box->config = config;
    box->result = result;
    box->tap = config->tap;
    snprintf(box->hostname, sizeof box->hostname, "abibox");
    snprintf(box->domainname, sizeof box->domainname, "(none)");
    if (bring_up(box)) {
        runtime.preempt_ctx = box->cpu;
        crash_box = box;
        atomic_store(&host_signals.running, true);
        error = rt_run(&runtime, box_g, box);
        crash_box = NULL;
        if (error)
            internal(box, strerror(-error));
    }
    take_down(box);
    free(box);
}

void kernel_bug(const char *file, int line, const char *condition)
{
    const struct task *task = task_current();

    fprintf(stderr, "abibox: internal error at %s:%d: %s\n", file, line, condition);
    if (task)
        fprintf(stderr, "abibox: task %d (%s), call %s, rip %#llx\n", task->tid, task->comm,
                task->call ? task->call->name : "none",
                task->cpu ? (unsigned long long)cpu_get(task->cpu, CPU_RIP) : 0ull);
    abort();
}
