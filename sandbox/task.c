/*
 * The life of a task's G: run guest code until it traps, do what the trap asks for, deliver
 * signals, again. Memory of one call (task_scratch) is kept here too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/gate.h"
#include "sandbox/kernel.h"
#include "sandbox/process.h"
#include "sandbox/taps.h"

struct task *task_current(void)
{
    rt_g *g = rt_self();

    return g ? rt_g_data(g) : NULL;
}

/* ---- traps ---- */

/* Vectors and error-code bits as a signal frame shows them (Intel SDM volume 3, 6.15). */
enum { VECTOR_DE = 0, VECTOR_DB = 1, VECTOR_BP = 3, VECTOR_UD = 6, VECTOR_GP = 13, VECTOR_PF = 14 };
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_FETCH = 16 };

static void raise_fault(struct task *task, uint64_t vector, int signo, int code, gaddr_t addr)
{
    task->fault.trapno = vector;
    task->fault.error_code = 0;
    signal_fault(task, signo, code, addr);
}

static void page_fault(struct task *task, const struct cpu_trap *trap)
{
    bool mapped = trap->fault != MM_MAPERR;

    task->fault.trapno = VECTOR_PF;
    task->fault.cr2 = trap->addr;
    task->fault.error_code = PF_USER | (mapped ? PF_PRESENT : 0) |
                             (trap->access == MM_WRITE ? PF_WRITE : 0) |
                             (trap->access == MM_EXEC ? PF_FETCH : 0);
    switch (trap->fault) {
    case MM_OOM:
        box_out_of_memory(task);
        return;
    case MM_BUS:
        signal_fault(task, SIGBUS, BUS_ADRERR, trap->addr);
        return;
    default:
        signal_fault(task, SIGSEGV, mapped ? SEGV_ACCERR : SEGV_MAPERR, trap->addr);
    }
}

static void handle_trap(struct task *task, const struct cpu_trap *trap)
{
    gaddr_t rip;

    switch (trap->kind) {
    case TRAP_SYSCALL:
        gate_syscall(task);
        return;
    case TRAP_INT80:
        gate_int80(task);
        return;
    case TRAP_KICK:
        task_slice_end(task);
        task->involuntary_switches++;
        rt_yield();
        task_slice_begin(task);
        return;
    case TRAP_PAGE:
        page_fault(task, trap);
        return;
    default:
        break;
    }
    rip = cpu_get(task->cpu, CPU_RIP);
    switch (trap->kind) {
    case TRAP_DIVIDE:
        raise_fault(task, VECTOR_DE, SIGFPE, FPE_INTDIV, rip);
        return;
    case TRAP_FLOAT:
        raise_fault(task, 19, SIGFPE, FPE_FLTINV, rip);
        return;
    case TRAP_STEP:
        raise_fault(task, VECTOR_DB, SIGTRAP, TRAP_TRACE, rip);
        return;
    case TRAP_BREAKPOINT:
        raise_fault(task, VECTOR_BP, SIGTRAP, SI_KERNEL, 0);
        return;
    case TRAP_SYSENTER:
        tap_event(task, TAP_EVENT_SYSENTER, 0, NULL);
        raise_fault(task, VECTOR_UD, SIGILL, ILL_ILLOPN, rip);
        return;
    case TRAP_ILLEGAL:
        raise_fault(task, VECTOR_UD, SIGILL, ILL_ILLOPN, rip);
        return;
    default:
        raise_fault(task, VECTOR_GP, SIGSEGV, SI_KERNEL, 0);
    }
}

static void task_main(void *arg)
{
    struct task *task = arg;
    struct box *box = task->box;
    struct cpu_trap trap;

    rt_g_set_data(rt_self(), task);
    task_slice_begin(task);
    while (true) {
        signal_deliver(task);
        if (task->exit_requested)
            break;
        box->running = task;
        cpu_run(task->cpu, &trap);
        handle_trap(task, &trap);
    }
    task_slice_end(task);
    task_exit(task);
    box_task_ended(box);
}

int task_start(struct task *task)
{
    task->g = rt_go(task_main, task);
    if (!task->g)
        return -EAGAIN;
    task->box->running_tasks++;
    return 0;
}

/* ---- memory of one call ---- */

/* Blocks are chained; a call needs one or two of them, so nothing is kept between calls. */
struct scratch_block {
    struct scratch_block *next;
    _Alignas(16) uint8_t bytes[];
};

void *task_scratch(struct task *task, size_t len)
{
    struct scratch_block *block = malloc(sizeof *block + len);

    CHECK(block);
    block->next = task->scratch;
    task->scratch = block;
    return block->bytes;
}

void task_scratch_free(struct task *task)
{
    struct scratch_block *next;

    for (struct scratch_block *block = task->scratch; block; block = next) {
        next = block->next;
        free(block);
    }
    task->scratch = NULL;
}

const char *task_path(struct task *task, gaddr_t path, int *error)
{
    enum { PATH_SIZE = 4096 };
    char *copy = task_scratch(task, PATH_SIZE);
    ssize_t len = copystr(task->mm, copy, path, PATH_SIZE);

    if (len < 0) {
        *error = (int)len;
        return NULL;
    }
    *error = 0;
    return copy;
}
