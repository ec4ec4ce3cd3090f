/*
 * Delivering signals on the way back to guest code: default actions, handlers, and the restart of
 * interrupted calls (signal(7), "Interruption of system calls and library functions by signal
 * handlers").
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
    frame->altstack = task->altstack;
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
