/*
 * Scheduling: sched_setscheduler(2), sched_setattr(2), sched_setaffinity(2), getpriority(2),
 * ioprio_set(2), getcpu(2), sched_yield(2), membarrier(2).
 *
 * The box runs one task at a time in turn, so policies and priorities are kept, checked and
 * inherited as Linux does, and change nothing else. There is one CPU, number 0.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "abi/handlers.h"
#include "sandbox/process.h"
#include "sandbox/time.h"

#ifndef SCHED_EXT
#define SCHED_EXT 7
#endif

/* struct sched_attr's flags (linux/sched.h meets the generated struct clone_args). */
#define SCHED_FLAG_RESET_ON_FORK 0x01u
#define SCHED_FLAG_RECLAIM       0x02u
#define SCHED_FLAG_DL_OVERRUN    0x04u
#define SCHED_FLAG_KEEP_POLICY   0x08u
#define SCHED_FLAG_KEEP_PARAMS   0x10u

/* The slice that sched_rr_get_interval tells: of SCHED_RR, and of the others. */
#define SLICE_RR    100000000ll
#define SLICE_OTHER 4000000ll

#define CPU_SET_BYTES 8 /* of one long: what the kernel copies for up to 64 CPUs */

/* Whether the task may change how the target is scheduled. */
static bool may_schedule(const struct task *task, const struct process *target)
{
    const struct cred *to = &process_leader(target)->cred;
    return task->cred.euid == to->euid || task->cred.euid == to->ruid ||
           task_capable(task, CAP_SYS_NICE);
}

/* 0 is the caller. NULL with *error: negative -EINVAL, unknown -ESRCH. */
static struct process *scheduled(struct task *task, pid_t pid, int *error)
{
    struct task *target = pid ? task_find(task->box, pid) : task;
    *error = pid < 0 ? -EINVAL : -ESRCH;
    return pid < 0 || !target ? NULL : target->process;
}

/* ---- policies ---- */

static bool is_real_time(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_policy(int policy)
{
    return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE ||
           is_real_time(policy);
}

/* A change of policy, priority, nice value and the reset-on-fork flag together. */
struct schedule {
    int policy, priority, nice;
    bool reset_on_fork;
};

/* The nice value that a process may reach without CAP_SYS_NICE: RLIMIT_NICE counts 20 - nice. */
static bool may_nice(const struct task *task, const struct process *target, int nice)
{
    return nice >= target->nice || (uint64_t)(20 - nice) <= target->rlimit[RLIMIT_NICE].cur ||
           task_capable(task, CAP_SYS_NICE);
}

static int check_rights(const struct task *task, const struct process *target,
                        const struct schedule *new)
{
    uint64_t limit = target->rlimit[RLIMIT_RTPRIO].cur;
    bool resets = (target->sched_flags & SCHED_FLAG_RESET_ON_FORK) != 0;
    if (task_capable(task, CAP_SYS_NICE))
        return 0;
    if (!is_real_time(new->policy) && !may_nice(task, target, new->nice))
        return -EPERM;
    if (is_real_time(new->policy)) {
        if (new->policy != target->sched_policy && !limit)
            return -EPERM;
        if (new->priority > target->sched_priority && (uint64_t) new->priority > limit)
            return -EPERM;
    }
    /* Leaving SCHED_IDLE is a step up in priority. */
    if (target->sched_policy == SCHED_IDLE && new->policy != SCHED_IDLE &&
        !may_nice(task, target, target->nice - 1))
        return -EPERM;
    if (!may_schedule(task, target) || (resets && !new->reset_on_fork))
        return -EPERM;
    return 0;
}

static int set_schedule(const struct task *task, struct process *target, const struct schedule *new)
{
    if (!is_policy(new->policy) || new->priority < 0 || new->priority > 99)
        return -EINVAL;
    if (is_real_time(new->policy) != (new->priority != 0))
        return -EINVAL;
    int error = check_rights(task, target, new);
    if (error)
        return error;
    target->sched_policy = new->policy;
    target->sched_priority = new->priority;
    if (!is_real_time(new->policy))
        target->nice = new->nice;
    target->sched_flags = new->reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0;
    return 0;
}

SYS(sched_setscheduler)
{
    struct sched_param param;
    int error;
    if (a->policy < 0 || !a->param || a->pid < 0)
        return -EINVAL;
    if (copyin(t->mm, &param, a->param, sizeof param))
        return -EFAULT;
    struct process *process = scheduled(t, a->pid, &error);
    if (!process)
        return error;
    const struct schedule new = {
        .policy = a->policy & ~SCHED_RESET_ON_FORK,
        .priority = param.sched_priority,
        .nice = process->nice,
        .reset_on_fork = (a->policy & SCHED_RESET_ON_FORK) != 0,
    };
    return set_schedule(t, process, &new);
}

SYS(sched_setparam)
{
    struct sched_param param;
    int error;
    if (!a->param || a->pid < 0)
        return -EINVAL;
    if (copyin(t->mm, &param, a->param, sizeof param))
        return -EFAULT;
    struct process *process = scheduled(t, a->pid, &error);
    if (!process)
        return error;
    const struct schedule new = {
        .policy = process->sched_policy,
        .priority = param.sched_priority,
        .nice = process->nice,
        .reset_on_fork = (process->sched_flags & SCHED_FLAG_RESET_ON_FORK) != 0,
    };
    return set_schedule(t, process, &new);
}

SYS(sched_getscheduler)
{
    int error;
    const struct process *process = scheduled(t, a->pid, &error);
    if (!process)
        return error;
    bool resets = (process->sched_flags & SCHED_FLAG_RESET_ON_FORK) != 0;
    return process->sched_policy | (resets ? SCHED_RESET_ON_FORK : 0);
}

SYS(sched_getparam)
{
    struct sched_param param = {0};
    int error;
    if (!a->param)
        return -EINVAL;
    const struct process *process = scheduled(t, a->pid, &error);
    if (!process)
        return error;
    param.sched_priority = process->sched_priority;
    return copyout(t->mm, a->param, &param, sizeof param);
}

static long priority_bound(int policy, int of_real_time)
{
    if (is_real_time(policy))
        return of_real_time;
    return is_policy(policy) || policy == SCHED_DEADLINE || policy == SCHED_EXT ? 0 : -EINVAL;
}

SYS(sched_get_priority_max)
{
    return priority_bound(a->policy, 99);
}

SYS(sched_get_priority_min)
{
    return priority_bound(a->policy, 1);
}

SYS(sched_rr_get_interval)
{
    int error;
    const struct process *process = scheduled(t, a->pid, &error);
    if (!process)
        return error;
    int64_t slice = process->sched_policy == SCHED_FIFO ? 0
                    : process->sched_policy == SCHED_RR ? SLICE_RR
                                                        : SLICE_OTHER;
    const struct time_spec spec = time_spec_of(slice);
    return copyout(t->mm, a->tp, &spec, sizeof spec);
}

SYS(sched_yield)
{
    rt_yield();
    return 0;
}

/* ---- the extensible interface ---- */

/* struct sched_attr of the ABI; 48 bytes are its first version, 56 with the clamps. */
struct guest_sched_attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max;
};
#define SCHED_ATTR_FIRST 48

/* What a kernel without utilization clamping takes. */
#define SCHED_FLAGS                                                                                \
    (SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN |                       \
     SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS)

static int refuse_size(struct task *task, gaddr_t attr)
{
    const uint32_t ours = sizeof(struct guest_sched_attr);
    copyout_some(task->mm, attr, &ours, sizeof ours);
    return -E2BIG;
}

static int copy_attr(struct task *task, gaddr_t from, struct guest_sched_attr *attr)
{
    uint8_t rest[PAGE_SIZE];
    uint32_t size;
    memset(attr, 0, sizeof *attr);
    if (copyin(task->mm, &size, from, sizeof size))
        return -EFAULT;
    if (!size)
        size = SCHED_ATTR_FIRST;
    if (size < SCHED_ATTR_FIRST || size > PAGE_SIZE)
        return refuse_size(task, from);
    size_t known = size < sizeof *attr ? size : sizeof *attr;
    if (copyin(task->mm, rest, from + known, size - known))
        return -EFAULT;
    for (size_t i = 0; i < size - known; i++)
        if (rest[i])
            return refuse_size(task, from);
    if (copyin(task->mm, attr, from, known))
        return -EFAULT;
    if (attr->nice < -20)
        attr->nice = -20;
    if (attr->nice > 19)
        attr->nice = 19;
    return 0;
}

SYS(sched_setattr)
{
    struct guest_sched_attr attr;
    if (!a->attr || a->pid < 0 || a->flags)
        return -EINVAL;
    int error = copy_attr(t, a->attr, &attr);
    if (error)
        return error;
    if ((int32_t)attr.policy < 0 || (attr.flags & ~(uint64_t)SCHED_FLAGS))
        return -EINVAL;
    struct process *process = scheduled(t, a->pid, &error);
    if (!process)
        return error;
    bool keep = (attr.flags & SCHED_FLAG_KEEP_PARAMS) != 0;
    const struct schedule new = {
        .policy = attr.flags & SCHED_FLAG_KEEP_POLICY ? process->sched_policy : (int)attr.policy,
        .priority = keep ? process->sched_priority : (int)attr.priority,
        .nice = keep ? process->nice : attr.nice,
        .reset_on_fork = (attr.flags & SCHED_FLAG_RESET_ON_FORK) != 0,
    };
    return set_schedule(t, process, &new);
}

SYS(sched_getattr)
{
    struct guest_sched_attr attr = {0};
    uint8_t zeros[PAGE_SIZE] = {0};
    int error;
    if (!a->attr || a->pid < 0 || a->flags || a->size > PAGE_SIZE || a->size < SCHED_ATTR_FIRST)
        return -EINVAL;
    const struct process *process = scheduled(t, a->pid, &error);
    if (!process)
        return error;
    size_t known = a->size < sizeof attr ? a->size : sizeof attr;
    attr.size = (uint32_t)known;
    attr.policy = (uint32_t)process->sched_policy;
    attr.flags = process->sched_flags;
    attr.priority = (uint32_t)process->sched_priority;
    attr.nice = is_real_time(process->sched_policy) ? 0 : process->nice;
    memcpy(zeros, &attr, known);
    return copyout(t->mm, a->attr, zeros, known);
}

/* ---- CPUs ---- */

SYS(sched_setaffinity)
{
    uint64_t mask = 0;
    int error;
    size_t len = a->len < CPU_SET_BYTES ? a->len : CPU_SET_BYTES;
    if (copyin(t->mm, &mask, a->mask, len))
        return -EFAULT;
    const struct process *process = scheduled(t, a->pid, &error);
    if (!process)
        return -ESRCH;
    if (!may_schedule(t, process))
        return -EPERM;
    return mask & 1 ? 0 : -EINVAL;
}

SYS(sched_getaffinity)
{
    const uint64_t mask = 1;
    int error;
    if (a->len % CPU_SET_BYTES || !a->len)
        return -EINVAL;
    if (!scheduled(t, a->pid, &error))
        return -ESRCH;
    return copyout(t->mm, a->mask, &mask, sizeof mask) ? -EFAULT : CPU_SET_BYTES;
}

SYS(getcpu)
{
    const uint32_t zero = 0;
    if (a->cpu && copyout(t->mm, a->cpu, &zero, sizeof zero))
        return -EFAULT;
    return a->node ? copyout(t->mm, a->node, &zero, sizeof zero) : 0;
}

/* One task runs at a time, and every switch orders memory: nothing is left to be done. */
SYS(membarrier)
{
    const int commands =
        MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
        MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
    const int ready[] = {
        MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
    };
    uint32_t *registered = &t->process->membarrier_commands;
    if (a->flags)
        return -EINVAL;
    if (a->cmd == MEMBARRIER_CMD_QUERY)
        return commands;
    if (a->cmd < 0 || (a->cmd & (a->cmd - 1)) || !(a->cmd & commands))
        return -EINVAL;
    for (size_t i = 0; i < sizeof ready / sizeof ready[0]; i++)
        if (a->cmd == ready[i])
            *registered |= (uint32_t)a->cmd;
    /* The private ones ask for a registration, which is the next bit. */
    bool private = a->cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED ||
                   a->cmd == MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE;
    return private && !(*registered & (uint32_t)a->cmd << 1) ? -EPERM : 0;
}

/* ---- nice values and I/O priorities of processes, groups, users ---- */

/* Calls visit for each process that which and who mean; -ESRCH when there is none. */
struct selection {
    struct task *task;
    int which; /* PRIO_* */
    uint32_t who;
    int value;  /* to be set, or the best found */
    int result; /* -ESRCH until one was found */
};

static bool is_selected(const struct process *process, const struct selection *selection)
{
    switch (selection->which) {
    case PRIO_PROCESS:
        return (uint32_t)process->pid == selection->who;
    case PRIO_PGRP:
        return (uint32_t)process->pgid == selection->who;
    default:
        return process_leader(process)->cred.ruid == selection->who &&
               process->state == PROCESS_ALIVE;
    }
}

/* Fills in the caller's own for who 0, and turns a thread's number into its process's. */
static int select_processes(struct task *task, int which, int who, struct selection *selection)
{
    *selection = (struct selection){.task = task, .which = which, .result = -ESRCH};
    selection->who = (uint32_t)who;
    if (which == PRIO_PROCESS) {
        const struct task *target = who ? task_find(task->box, who) : task;
        selection->who = target ? (uint32_t)target->process->pid : UINT32_MAX;
    } else if (which == PRIO_PGRP) {
        selection->who = who ? (uint32_t)who : (uint32_t)task->process->pgid;
    } else if (which == PRIO_USER) {
        selection->who = who ? (uint32_t)who : task->cred.ruid;
    } else {
        return -EINVAL;
    }
    return 0;
}

static int set_nice(struct process *process, void *ctx)
{
    struct selection *selection = ctx;
    const struct cred *to = &process_leader(process)->cred;
    const struct task *task = selection->task;
    if (!is_selected(process, selection))
        return 0;
    if (to->ruid != task->cred.euid && to->euid != task->cred.euid &&
        !task_capable(task, CAP_SYS_NICE)) {
        selection->result = -EPERM;
        return 0;
    }
    if (!may_nice(task, process, selection->value)) {
        selection->result = -EACCES;
        return 0;
    }
    if (selection->result == -ESRCH)
        selection->result = 0;
    process->nice = selection->value;
    return 0;
}

SYS(setpriority)
{
    struct selection selection;
    int error = select_processes(t, a->which, a->who, &selection);
    if (error)
        return error;
    selection.value = a->prio < -20 ? -20 : a->prio > 19 ? 19 : a->prio;
    process_each(t->box, set_nice, &selection);
    return selection.result;
}

static int get_nice(struct process *process, void *ctx)
{
    struct selection *selection = ctx;
    /* 40 to 1, so that the call never returns what looks like an error. */
    if (is_selected(process, selection) && 20 - process->nice > selection->result)
        selection->result = 20 - process->nice;
    return 0;
}

SYS(getpriority)
{
    struct selection selection;
    int error = select_processes(t, a->which, a->who, &selection);
    if (error)
        return error;
    process_each(t->box, get_nice, &selection);
    return selection.result;
}

/* ioprio's which counts from 1 in the order of PRIO_*. */
static int select_for_io(struct task *task, int which, int who, struct selection *selection)
{
    return which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER
               ? -EINVAL
               : select_processes(task, which - IOPRIO_WHO_PROCESS, who, selection);
}

static int check_io_priority(const struct task *task, int priority)
{
    int class = IOPRIO_PRIO_CLASS(priority), level = priority & 7;
    switch (class) {
    case IOPRIO_CLASS_RT:
        if (!task_capable(task, CAP_SYS_ADMIN) && !task_capable(task, CAP_SYS_NICE))
            return -EPERM;
        return 0;
    case IOPRIO_CLASS_BE:
    case IOPRIO_CLASS_IDLE:
        return 0;
    case IOPRIO_CLASS_NONE:
        return level ? -EINVAL : 0;
    default:
        return -EINVAL;
    }
}

static int set_io_priority(struct process *process, void *ctx)
{
    struct selection *selection = ctx;
    const struct cred *to = &process_leader(process)->cred;
    const struct cred *from = &selection->task->cred;
    if (!is_selected(process, selection))
        return 0;
    if (to->ruid != from->euid && to->ruid != from->ruid &&
        !task_capable(selection->task, CAP_SYS_NICE)) {
        selection->result = -EPERM;
        return 1;
    }
    process->ioprio = selection->value;
    selection->result = 0;
    return 0;
}

SYS(ioprio_set)
{
    struct selection selection;
    int error = check_io_priority(t, a->ioprio);
    if (!error)
        error = select_for_io(t, a->which, a->who, &selection);
    if (error)
        return error;
    selection.value = a->ioprio;
    process_each(t->box, set_io_priority, &selection);
    return selection.result;
}

/* Without one of its own a process has the best-effort level that its nice value gives. */
static int effective_io_priority(const struct process *process)
{
    if (IOPRIO_PRIO_CLASS(process->ioprio) != IOPRIO_CLASS_NONE)
        return process->ioprio;
    int class = is_real_time(process->sched_policy)   ? IOPRIO_CLASS_RT
                : process->sched_policy == SCHED_IDLE ? IOPRIO_CLASS_IDLE
                                                      : IOPRIO_CLASS_BE;
    return class << IOPRIO_CLASS_SHIFT | (process->nice + 20) / 5;
}

static int get_io_priority(struct process *process, void *ctx)
{
    struct selection *selection = ctx;
    if (!is_selected(process, selection))
        return 0;
    int priority = effective_io_priority(process);
    /* A process's own is told as it was set; of several the best counts. */
    if (selection->which == PRIO_PROCESS)
        priority = process->ioprio;
    if (selection->result == -ESRCH || priority < selection->result)
        selection->result = priority;
    return 0;
}

SYS(ioprio_get)
{
    struct selection selection;
    int error = select_for_io(t, a->which, a->who, &selection);
    if (error)
        return error;
    process_each(t->box, get_io_priority, &selection);
    return selection.result;
}
