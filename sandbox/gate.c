/*
 * The gate. A call is looked up by its number, its argument words are read, the tap sees it enter,
 * its handler serves it, the tap sees it leave.
 *
 * Two ways lead here. Calls that cannot wait are served inside the engine's hook, which costs less
 * than a native system call. All others leave the engine first, because the task may park. Which
 * way a call takes is decided by its class (sysnb: never waits), by the few calls that replace the
 * registers or copy the thread and so need it outside, and for reads and writes by the file.
 *
 * A call that a signal interrupted returns -EINTR with task->restart set; signal_deliver decides
 * whether the program sees it or the call runs again.
 */
#include "sandbox/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "abi/dispatch.h"
#include "abi/numbers.h"
#include "sandbox/taps.h"
#include "sandbox/vfs/vfs.h"

enum fast_rule {
    FAST_NEVER,
    FAST_ALWAYS,
    FAST_BY_FILE, /* when the file of the first argument never waits */
};

/* What the class alone does not tell. */
static const uint8_t fast_exceptions[ABI_NR_MAX] = {
#define LEAVES 1
#define STAYS  2
#define FILE   3
    /* They replace or copy the thread's registers. */
    [ABI_rt_sigreturn] = LEAVES,
    [ABI_clone] = LEAVES,
    [ABI_clone3] = LEAVES,
    [ABI_fork] = LEAVES,
    [ABI_vfork] = LEAVES,
    [ABI_execve] = LEAVES,
    [ABI_execveat] = LEAVES,
    [ABI_exit] = LEAVES,
    [ABI_exit_group] = LEAVES,
    /* They give others a turn. */
    [ABI_sched_yield] = LEAVES,
    /* Go treats them as blocking, this kernel never waits in them. */
    [ABI_brk] = STAYS,
    [ABI_dup] = STAYS,
    [ABI_dup2] = LEAVES, /* closes: may write back or wait */
    [ABI_dup3] = LEAVES,
    [ABI_clock_gettime] = STAYS,
    [ABI_gettimeofday] = STAYS,
    [ABI_time] = STAYS,
    [ABI_rt_sigaction] = STAYS,
    [ABI_rt_sigprocmask] = STAYS,
    [ABI_sigaltstack] = STAYS,
    [ABI_getrandom] = STAYS,
    [ABI_read] = FILE,
    [ABI_write] = FILE,
    [ABI_pread64] = FILE,
    [ABI_pwrite64] = FILE,
    [ABI_readv] = FILE,
    [ABI_writev] = FILE,
    [ABI_lseek] = FILE,
    [ABI_fstat] = FILE,
#undef LEAVES
#undef STAYS
#undef FILE
};

static bool file_never_waits(struct task *task, uint64_t fd)
{
    struct fd_table *fds = task->fds;
    const struct file *file;

    if (fd >= fds->size)
        return true; /* EBADF at once */
    file = fds->entry[fd].file;
    return !file || (file->ops && file->ops->never_waits);
}

static bool may_stay(struct task *task, const struct abi_call *call)
{
    uint64_t fd;

    switch (fast_exceptions[call->nr]) {
    case 1:
        return false;
    case 2:
        return true;
    case 3:
        fd = cpu_get(task->cpu, CPU_RDI);
        return file_never_waits(task, (uint32_t)fd);
    default:
        return call->cls == ABI_SYSNB;
    }
}

/* Something must happen before the guest goes on. */
static bool work_pending(const struct task *task)
{
    return task->exit_requested || task->process->exiting || task->restore_sigmask ||
           task->process->stopped || signal_pending(task);
}

static void free_scratch(struct task *task)
{
    if (task->scratch)
        task_scratch_free(task);
}

enum cpu_fast gate_fast(void *ctx, uint64_t number)
{
    struct box *box = ctx;
    struct task *task = box->running;
    const struct abi_call *call = abi_call_by_nr(number);
    uint64_t started;
    long result;

    if (!call || box->tap || !abi_dispatch[number] || !may_stay(task, call))
        return CPU_FAST_LEAVE;
    task->call = call;
    task->call_number = number;
    task->in_hook = true;
    task->restart = RESTART_NEVER;
    cpu_get_args(task->cpu, call->argc, task->args);
    started = call->argc > 2 ? __rdtsc() : 0;
    result = abi_dispatch[number](task, task->args);
    cpu_set(task->cpu, CPU_RAX, (uint64_t)result);
    if (started)
        task->slice_system_tsc += __rdtsc() - started;
    free_scratch(task);
    task->in_hook = false;
    return work_pending(task) ? CPU_FAST_SERVED_STOP : CPU_FAST_SERVED;
}

static long serve(struct task *task)
{
    const struct abi_call *call = task->call;

    if (!call)
        return -ENOSYS;
    if (!abi_dispatch[call->nr])
        return call->error ? -call->error : -ENOSYS;
    return abi_dispatch[call->nr](task, task->args);
}

static void pass(struct task *task, const struct abi_call *call)
{
    const struct tap *tap = task->box->tap;
    uint64_t started = __rdtsc();
    struct cpu_thread *cpu = task->cpu;
    int64_t result;

    task->call = call;
    task->call_serial = ++task->box->calls;
    task->restart = RESTART_NEVER;
    task->handling = TAP_SERVED;
    if (!tap || !tap_enter(task, &result))
        result = serve(task);
    if (task->restart == RESTART_NEVER || result != -EINTR)
        task->restarting = false;
    cpu_set(cpu, CPU_RAX, (uint64_t)result);
    if (tap)
        tap_exit(task, result);
    free_scratch(task);
    if (task->slice_start)
        task->slice_system_tsc += __rdtsc() - started;
}

void gate_syscall(struct task *task)
{
    cpu_get_call(task->cpu, &task->call_number, task->args);
    task->call_by_int80 = false;
    pass(task, abi_call_by_nr(task->call_number));
}

void gate_int80(struct task *task)
{
    static const enum cpu_reg registers[6] = {CPU_RBX, CPU_RCX, CPU_RDX, CPU_RSI, CPU_RDI, CPU_RBP};
    int number;

    task->call_number = cpu_get(task->cpu, CPU_RAX);
    task->call_by_int80 = true;
    number = abi_nr_from_i386((uint32_t)task->call_number);
    for (int i = 0; i < 6; i++)
        task->args[i] = (uint32_t)cpu_get(task->cpu, registers[i]);
    pass(task, number < 0 ? NULL : abi_call_by_nr((uint64_t)number));
}
