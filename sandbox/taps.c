/* See taps.h. */
#include "sandbox/taps.h"

#include <errno.h>

/* Never seen by programs; Linux's internal errno values, as tracers know them. */
#define ERESTARTSYS    512
#define ERESTARTNOHAND 514

static size_t read_memory(void *ctx, gaddr_t addr, void *buf, size_t len)
{
    struct task *task = ctx;

    return task->mm ? copyin_some(task->mm, buf, addr, len) : 0;
}

static size_t write_memory(void *ctx, gaddr_t addr, const void *buf, size_t len)
{
    struct task *task = ctx;

    return task->mm ? copyout_some(task->mm, addr, buf, len) : 0;
}

static struct tap_task identify(const struct task *task)
{
    return (struct tap_task){task->process->pid, task->tid};
}

static struct tap_call describe(const struct task *task)
{
    return (struct tap_call){.call = task->call,
                             .nr = task->call_number,
                             .regs = task->args,
                             .ip = cpu_get(task->cpu, CPU_RIP),
                             .sp = cpu_get(task->cpu, CPU_RSP),
                             .entry = task->call_by_int80 ? TAP_INT80 : TAP_SYSCALL,
                             .serial = task->call_serial};
}

bool tap_enter(struct task *task, int64_t *result)
{
    const struct tap *tap = task->box->tap;
    struct tap_memory memory = {task, read_memory, write_memory};
    struct tap_call call;

    if (!tap->enter)
        return false;
    call = describe(task);
    if (tap->enter(tap->user, identify(task), &call, &memory, result) != TAP_ANSWER)
        return false;
    task->handling = TAP_ANSWERED;
    return true;
}

void tap_exit(struct task *task, int64_t result)
{
    const struct tap *tap = task->box->tap;
    struct tap_memory memory = {task, read_memory, write_memory};
    struct tap_call call;

    if (!tap->exit)
        return;
    call = describe(task);
    if (result == -EINTR && task->restart == RESTART_SYS)
        result = -ERESTARTSYS;
    else if (result == -EINTR && task->restart == RESTART_NO_HANDLER)
        result = -ERESTARTNOHAND;
    tap->exit(tap->user, identify(task), &call, &memory, result, task->handling);
}

void tap_signal(struct task *task, int signo, const siginfo_t *info, bool fatal)
{
    const struct tap *tap = task->box->tap;
    struct tap_signal event = {signo, info, sizeof *info, fatal};

    if (tap && tap->signal)
        tap->signal(tap->user, identify(task), &event);
}

void tap_event(struct task *task, enum tap_event_kind kind, int value, const char *path)
{
    const struct tap *tap = task->box->tap;
    struct tap_event event = {.kind = kind, .value = value, .path = path};

    if (tap && tap->event)
        tap->event(tap->user, identify(task), &event);
}
