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

/* Where a call is served. */
enum place {
    BY_CLASS, /* sysnb inside, sys outside */
    INSIDE,
    OUTSIDE,
    BY_FILE, /* inside when the file of the first argument never waits */
};

/* What the class alone does not tell. */
static const uint8_t places[ABI_NR_MAX] = {
    /* They replace or copy the thread's registers. */
    [ABI_rt_sigreturn] = OUTSIDE,
    [ABI_clone] = OUTSIDE,
    [ABI_clone3] = OUTSIDE,
    [ABI_fork] = OUTSIDE,
    [ABI_vfork] = OUTSIDE,
    [ABI_execve] = OUTSIDE,
    [ABI_execveat] = OUTSIDE,
    [ABI_exit] = OUTSIDE,
    [ABI_exit_group] = OUTSIDE,
    /* They may give others a turn, close files, or wait although Go calls them by the raw stub. */
    [ABI_sched_yield] = OUTSIDE,
    [ABI_dup2] = OUTSIDE,
    [ABI_dup3] = OUTSIDE,
    [ABI_epoll_wait] = OUTSIDE,
    [ABI_epoll_pwait] = OUTSIDE,
    [ABI_futex] = OUTSIDE,
    /* Go treats them as blocking; this kernel never waits in them. */
    [ABI_brk] = INSIDE,
    [ABI_dup] = INSIDE,
    [ABI_clock_gettime] = INSIDE,
    [ABI_gettimeofday] = INSIDE,
    [ABI_time] = INSIDE,
    [ABI_rt_sigaction] = INSIDE,
    [ABI_rt_sigprocmask] = INSIDE,
    [ABI_sigaltstack] = INSIDE,
    [ABI_getrandom] = INSIDE,
    [ABI_read] = BY_FILE,
    [ABI_write] = BY_FILE,
    [ABI_pread64] = BY_FILE,
    [ABI_pwrite64] = BY_FILE,
    [ABI_readv] = BY_FILE,
    [ABI_writev] = BY_FILE,
    [ABI_lseek] = BY_FILE,
    [ABI_fstat] = BY_FILE,
};

static bool file_never_waits(struct task *task, uint32_t fd)
{
    const struct fd_table *fds = task->fds;
    const struct file *file;

    if (fd >= fds->size)
        return true; /* EBADF at once */
    file = fds->entry[fd].file;
    return !file || (file->ops && file->ops->never_waits);
}

static bool may_stay(struct task *task, const struct abi_call *call)
{
    switch ((enum place)places[call->nr]) {
    case INSIDE:
        return true;
    case OUTSIDE:
        return false;
    case BY_FILE:
        return file_never_waits(task, (uint32_t)cpu_get(task->cpu, CPU_RDI));
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

enum cpu_fast gate_fast(void *ctx, uint64_t number, int64_t *result)
{
    struct box *box = ctx;
    struct task *task = box->running;
    const struct abi_call *call = abi_call_by_nr(number);
    uint64_t started;

    if (!call || box->tap || !abi_dispatch[number] || !may_stay(task, call))
        return CPU_FAST_LEAVE;
    task->call = call;
    task->call_number = number;
    task->in_hook = true;
    task->restart = RESTART_NEVER;
    cpu_get_args(task->cpu, call->argc, task->args);
    started = call->argc > 2 ? __rdtsc() : 0;
    *result = abi_dispatch[number](task, task->args);
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
