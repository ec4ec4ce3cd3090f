/*
 * Delivering signals on the way back to guest code: default actions, handlers, the restart of
 * interrupted calls (signal(7), "Interruption of system calls and library functions by signal
 * handlers"), and the signals that faults of the guest's own instructions become.
 */
#include <errno.h>
#include <string.h>

#include "sandbox/process.h"
#include "sandbox/signal.h"

/* Bytes of SYSCALL, and of INT 0x80. */
#define CALL_INSTRUCTION_SIZE 2

/* Only the kernel's own value tells a restorer; libc's header does not give it. */
#define SA_RESTORER_FLAG 0x04000000ull

/* ---- stopping ---- */

/* Parks until SIGCONT or a fatal signal. The wait is not the call's: its restart stays as it was.
 */
static void park(struct task *task)
{
    enum restart restart = task->restart;
    while (task->process->stopped && !task->exit_requested)
        if (task_wait_killable(task))
            break;
    task->restart = restart;
}

static void stop(struct task *task, int signo)
{
    struct process *process = task->process;
    /* Nobody could continue an orphaned group's member; SIGSTOP is never refused. */
    if (signo != SIGSTOP && process_group_orphaned(process->box, process->pgid))
        return;
    process->stopped = true;
    process->stop_signal = signo;
    process->stop_reported = false;
    process->continued_pending = false;
    for (struct task *other = process->tasks; other; other = other->thread_next)
        if (other != task && !other->exited)
            task_interrupt(other);
    process_notify_parent(process, CLD_STOPPED, signo);
}

/* ---- interrupted calls ---- */

static bool call_interrupted(const struct task *task)
{
    return task->restart != RESTART_NEVER && task->call &&
           (int64_t)cpu_get(task->cpu, CPU_RAX) == -EINTR;
}

static void restart_call(struct task *task)
{
    cpu_set(task->cpu, CPU_RIP, cpu_get(task->cpu, CPU_RIP) - CALL_INSTRUCTION_SIZE);
    cpu_set(task->cpu, CPU_RAX, task->call_number);
    task->restarting = true;
}

/* ---- handlers ---- */

/* A stack that cannot take the frame: SIGSEGV, and death when that was the signal itself. */
static void frame_failed(struct task *task, int signo)
{
    struct sig_action *action = &task->process->actions->action[SIGSEGV - 1];
    if (signo == SIGSEGV)
        action->handler = SIG_HANDLER_DEFAULT;
    signal_fault(task, SIGSEGV, SI_KERNEL, 0);
}

/* Where the frame goes: false when it would run over the end of the alternate stack in use. */
static bool choose_stack(const struct task *task, const struct sig_action *action,
                         struct frame_signal *frame)
{
    gaddr_t sp = cpu_get(task->cpu, CPU_RSP);
    bool inside = signal_on_altstack(task, sp);
    frame->altstack = (struct frame_altstack){
        .sp = task->altstack.sp, .size = task->altstack.size, .flags = task->altstack.flags};
    frame->on_altstack = (action->flags & SA_ONSTACK) && task->altstack.size && !inside;
    if (!inside && !frame->on_altstack)
        return true;
    gaddr_t bottom = frame->on_altstack ? frame_place(task->altstack.sp + task->altstack.size)
                                        : frame_place(sp - 128);
    return bottom > task->altstack.sp && bottom - task->altstack.sp <= task->altstack.size;
}

static void run_handler(struct task *task, int signo, const siginfo_t *info)
{
    struct sig_action *slot = &task->process->actions->action[signo - 1];
    const struct sig_action action = *slot;
    struct frame_signal frame = {
        .signo = signo,
        .info = action.flags & SA_SIGINFO ? info : NULL,
        .handler = action.handler,
        .restorer = action.restorer,
        .mask = task->restore_sigmask ? task->saved_sigmask : task->sigmask,
        .fault = task->fault,
    };
    if (action.flags & SA_RESETHAND)
        slot->handler = SIG_HANDLER_DEFAULT;
    task->restore_sigmask = false;
    task->restarting = false;
    if (!(action.flags & SA_RESTORER_FLAG) || !choose_stack(task, &action, &frame) ||
        frame_push(task->cpu, task->mm, &frame)) {
        frame_failed(task, signo);
        return;
    }
    if (task->altstack.flags & SS_AUTODISARM) {
        memset(&task->altstack, 0, sizeof task->altstack);
        task->altstack.flags = SS_DISABLE;
    }
    sigset64 mask = task->sigmask | action.mask;
    if (!(action.flags & SA_NODEFER))
        mask |= SIGBIT(signo);
    signal_set_mask(task, mask);
}

/* True when a handler was set up. */
static bool act(struct task *task, int signo, const siginfo_t *info)
{
    struct process *process = task->process;
    const struct sig_action *action = &process->actions->action[signo - 1];
    if (action->handler == SIG_HANDLER_IGNORE)
        return false;
    if (action->handler != SIG_HANDLER_DEFAULT) {
        if (call_interrupted(task) && task->restart == RESTART_SYS && (action->flags & SA_RESTART))
            restart_call(task);
        task->restart = RESTART_NEVER;
        run_handler(task, signo, info);
        return true;
    }
    switch (signal_default_action(signo)) {
    case SIGNAL_TERMINATE:
        process_exit_group(process, signo);
        break;
    case SIGNAL_STOP:
        stop(task, signo);
        break;
    case SIGNAL_IGNORE:
    case SIGNAL_CONTINUE:
        break;
    }
    return false;
}

void signal_deliver(struct task *task)
{
    bool handled = false;
    while (!task->exit_requested) {
        siginfo_t info;
        if (task->process->stopped) {
            park(task);
            continue;
        }
        int signo = signal_take(task, ~task->sigmask, &info);
        if (!signo)
            break;
        handled |= act(task, signo, &info);
    }
    if (task->exit_requested || handled)
        return;
    if (call_interrupted(task))
        restart_call(task);
    task->restart = RESTART_NEVER;
    if (task->restore_sigmask) {
        task->restore_sigmask = false;
        signal_set_mask(task, task->saved_sigmask);
    }
}

/* ---- faults ---- */

/* si_code of a SIGFPE from the unmasked exception flags of x87 or SSE. */
static int float_code(struct cpu_thread *thread)
{
    uint8_t image[512];
    uint16_t control, status;
    uint32_t mxcsr;
    cpu_get_fpu(thread, image);
    memcpy(&control, image, sizeof control);
    memcpy(&status, image + 2, sizeof status);
    memcpy(&mxcsr, image + 24, sizeof mxcsr);
    unsigned flags = status & ~control & 0x3f;
    if (!flags)
        flags = mxcsr & ~(mxcsr >> 7) & 0x3f;
    if (flags & 1)
        return FPE_FLTINV;
    if (flags & 4)
        return FPE_FLTDIV;
    if (flags & 8)
        return FPE_FLTOVF;
    if (flags & (2 | 16))
        return FPE_FLTUND;
    return FPE_FLTRES;
}

static void page_trap(struct task *task, const struct cpu_trap *trap)
{
    switch (trap->fault) {
    case MM_ACCERR:
        signal_fault(task, SIGSEGV, SEGV_ACCERR, trap->addr);
        break;
    case MM_BUS:
        signal_fault(task, SIGBUS, BUS_ADRERR, trap->addr);
        break;
    case MM_OOM: /* what the kernel's OOM killer does */
        process_exit_group(task->process, SIGKILL);
        break;
    case MM_MAPERR:
    case MM_OK:
        signal_fault(task, SIGSEGV, SEGV_MAPERR, trap->addr);
        break;
    }
}

void signal_trap(struct task *task, const struct cpu_trap *trap)
{
    gaddr_t rip = cpu_get(task->cpu, CPU_RIP);
    frame_note_fault(&task->fault, trap);
    switch (trap->kind) {
    case TRAP_PAGE:
        page_trap(task, trap);
        break;
    case TRAP_DIVIDE:
        signal_fault(task, SIGFPE, FPE_INTDIV, rip);
        break;
    case TRAP_FLOAT:
        signal_fault(task, SIGFPE, float_code(task->cpu), rip);
        break;
    case TRAP_STEP:
        signal_fault(task, SIGTRAP, TRAP_TRACE, rip);
        break;
    case TRAP_BREAKPOINT:
        signal_fault(task, SIGTRAP, SI_KERNEL, 0);
        break;
    case TRAP_ILLEGAL:
    case TRAP_SYSENTER:
        signal_fault(task, SIGILL, ILL_ILLOPN, rip);
        break;
    case TRAP_PROTECTION:
        signal_fault(task, SIGSEGV, SI_KERNEL, 0);
        break;
    case TRAP_SYSCALL:
    case TRAP_INT80:
    case TRAP_KICK:
        break;
    }
}
