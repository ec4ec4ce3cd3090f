/*
 * The life of a task's G: run guest code until it traps, do what the trap asks for, deliver
 * signals, again. Memory of one call (task_scratch) is kept here too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/insn.h"
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
enum {
    VECTOR_DE = 0,
    VECTOR_DB = 1,
    VECTOR_BP = 3,
    VECTOR_OF = 4,
    VECTOR_UD = 6,
    VECTOR_SS = 12,
    VECTOR_GP = 13,
    VECTOR_PF = 14
};
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

    /* Of the kernel's half Linux tells nobody whether something is there: it always says so. */
    bool present = trap->addr >= MM_TOP || mm_present(task->mm, trap->addr);

    task->fault.trapno = VECTOR_PF;
    task->fault.cr2 = trap->addr;
    task->fault.error_code = PF_USER | (present ? PF_PRESENT : 0) |
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

static uint64_t task_register(void *task, int reg)
{
    return cpu_get(((struct task *)task)->cpu, (enum cpu_reg)reg);
}

/* INT 13 comes from the engine as #GP does, but with RIP behind it. */
static void step_back_to_int13(struct task *task)
{
    gaddr_t rip = cpu_get(task->cpu, CPU_RIP);
    uint8_t before[2];

    if (mm_peek(task->mm, rip - 2, before, 2) == 2 && before[0] == 0xcd && before[1] == VECTOR_GP)
        cpu_set(task->cpu, CPU_RIP, rip - 2);
}

/* #GP and its like: vector and error code follow from the instruction. */
static void protection_fault(struct task *task)
{
    uint8_t bytes[15];
    struct insn_refusal refusal;
    size_t len;

    step_back_to_int13(task);
    len = cpu_instruction_bytes(task->cpu, bytes);
    insn_explain_refusal(bytes, len, cpu_get(task->cpu, CPU_RIP), task_register, task, &refusal);
    switch (refusal.kind) {
    case INSN_REFUSED_OVERFLOW: /* a trap that ring 3 may take: RIP is after the instruction */
        cpu_set(task->cpu, CPU_RIP, cpu_get(task->cpu, CPU_RIP) + 2);
        raise_fault(task, VECTOR_OF, SIGSEGV, SI_KERNEL, 0);
        return;
    case INSN_REFUSED_STACK:
        raise_fault(task, VECTOR_SS, SIGBUS, SI_KERNEL, 0);
        return;
    case INSN_REFUSED_OTHER:
        task->fault.trapno = VECTOR_GP;
        task->fault.error_code = refusal.error_code;
        signal_fault(task, SIGSEGV, SI_KERNEL, 0);
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
        protection_fault(task);
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
