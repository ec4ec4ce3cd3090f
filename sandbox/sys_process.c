/*
 * Who a process is and how it ends: _exit(2), exit_group(2), getpid(2) and its relatives,
 * setpgid(2), setsid(2), set_tid_address(2), get_robust_list(2), personality(2), arch_prctl(2),
 * kcmp(2).
 */
#include <asm/prctl.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <string.h>

#include "abi/handlers.h"
#include "sandbox/cred.h"
#include "sandbox/process.h"
#include "sandbox/vfs/vfs.h"

/* sizeof(struct robust_list_head) of amd64. */
#define ROBUST_LIST_HEAD_SIZE 24

#ifndef ARCH_GET_CPUID
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#endif

/* ---- ends ---- */

SYS(exit)
{
    task_request_exit(t, (a->status & 0xff) << 8);
    return 0;
}

SYS(exit_group)
{
    process_exit_group(t->process, (a->status & 0xff) << 8);
    return 0;
}

/* ---- numbers ---- */

SYS(getpid)
{
    return t->process->pid;
}

SYS(gettid)
{
    return t->tid;
}

SYS(getppid)
{
    return t->process->parent ? t->process->parent->pid : 0;
}

SYS(getpgrp)
{
    return t->process->pgid;
}

/* The process of a pid or tid, 0 for the caller's own; NULL: -ESRCH. */
static struct process *process_of(struct task *task, pid_t pid)
{
    struct task *found = pid ? task_find(task->box, pid) : task;
    return found ? found->process : NULL;
}

SYS(getpgid)
{
    struct process *process = process_of(t, a->pid);
    return process ? process->pgid : -ESRCH;
}

SYS(getsid)
{
    struct process *process = process_of(t, a->pid);
    return process ? process->sid : -ESRCH;
}

SYS(setpgid)
{
    struct process *self = t->process;
    pid_t pid = a->pid ? a->pid : self->pid;
    pid_t pgid = a->pgid ? a->pgid : pid;
    if (pgid < 0)
        return -EINVAL;
    struct process *process = process_find(t->box, pid);
    if (!process)
        return task_find(t->box, pid) ? -EINVAL : -ESRCH;
    if (process->parent == self) {
        if (process->sid != self->sid)
            return -EPERM;
        if (process->did_exec)
            return -EACCES;
    } else if (process != self) {
        return -ESRCH;
    }
    if (process->sid == process->pid)
        return -EPERM;
    if (pgid != pid && !process_group_exists(t->box, pgid, self->sid))
        return -EPERM;
    process->pgid = pgid;
    return 0;
}

SYS(setsid)
{
    struct process *process = t->process;
    if (process->sid == process->pid || process_group_exists(t->box, process->pid, 0))
        return -EPERM;
    process->sid = process->pgid = process->pid;
    process->tty = NULL;
    return process->pid;
}

/* ---- threads' own words ---- */

SYS(set_tid_address)
{
    t->clear_child_tid = a->tidptr;
    return t->tid;
}

SYS(set_robust_list)
{
    if (a->len != ROBUST_LIST_HEAD_SIZE)
        return -EINVAL;
    t->robust_list = a->head;
    t->robust_list_len = a->len;
    return 0;
}

SYS(get_robust_list)
{
    const uint64_t size = ROBUST_LIST_HEAD_SIZE;
    struct task *target = a->pid ? task_find(t->box, a->pid) : t;
    if (!target)
        return -ESRCH;
    if (!task_may_inspect(t, target))
        return -EPERM;
    if (copyout(t->mm, a->len_ptr, &size, sizeof size))
        return -EFAULT;
    return copyout(t->mm, a->head_ptr, &target->robust_list, sizeof target->robust_list);
}

SYS(personality)
{
    const uint32_t only_ask = 0xffffffff;
    uint32_t old = t->process->personality;
    if (a->persona != only_ask)
        t->process->personality = a->persona;
    return old;
}

static long set_base(struct task *task, enum cpu_reg reg, gaddr_t base)
{
    if (base >= MM_TOP)
        return -EPERM;
    cpu_set(task->cpu, reg, base);
    return 0;
}

static long get_base(struct task *task, enum cpu_reg reg, gaddr_t to)
{
    uint64_t base = cpu_get(task->cpu, reg);
    return copyout(task->mm, to, &base, sizeof base);
}

SYS(arch_prctl)
{
    switch (a->op) {
    case ARCH_SET_FS:
        return set_base(t, CPU_FS_BASE, a->addr);
    case ARCH_SET_GS:
        return set_base(t, CPU_GS_BASE, a->addr);
    case ARCH_GET_FS:
        return get_base(t, CPU_FS_BASE, a->addr);
    case ARCH_GET_GS:
        return get_base(t, CPU_GS_BASE, a->addr);
    case ARCH_GET_CPUID:
        return 1;
    case ARCH_SET_CPUID: /* the model has no CPUID faulting */
        return -ENODEV;
    default:
        return -EINVAL;
    }
}

/* ---- kcmp ---- */

/* ptrace(2), "Ptrace access mode checking": same ids throughout, or CAP_SYS_PTRACE. */
bool task_may_inspect(const struct task *task, const struct task *target)
{
    const struct cred *from = &task->cred, *to = &target->cred;
    if (task->process == target->process || task_capable(task, CAP_SYS_PTRACE))
        return true;
    return from->fsuid == to->euid && from->fsuid == to->suid && from->fsuid == to->ruid &&
           from->fsgid == to->egid && from->fsgid == to->sgid && from->fsgid == to->rgid &&
           target->process->dumpable;
}

/* Order that tells nothing of addresses: equal 0, less 1, greater 2. */
static long compare(const void *first, const void *second)
{
    uintptr_t one = (uintptr_t)first, two = (uintptr_t)second;
    return one == two ? 0 : one < two ? 1 : 2;
}

static const struct file *file_at(const struct task *task, uint64_t fd)
{
    return task->fds && fd < task->fds->size ? task->fds->entry[fd].file : NULL;
}

SYS(kcmp)
{
    struct task *one = task_find(t->box, a->pid1), *two = task_find(t->box, a->pid2);
    if (!one || !two)
        return -ESRCH;
    if (!task_may_inspect(t, one) || !task_may_inspect(t, two))
        return -EPERM;
    switch (a->type) {
    case KCMP_FILE: {
        const struct file *first = file_at(one, a->idx1), *second = file_at(two, a->idx2);
        return first && second ? compare(first, second) : -EBADF;
    }
    case KCMP_VM:
        return compare(one->mm, two->mm);
    case KCMP_FILES:
        return compare(one->fds, two->fds);
    case KCMP_FS:
        return compare(one->fs, two->fs);
    case KCMP_SIGHAND:
        return compare(one->process->actions, two->process->actions);
    case KCMP_IO: /* no I/O contexts and no semaphore undo lists: all have the same none */
    case KCMP_SYSVSEM:
        return 0;
    default: /* KCMP_EPOLL_TFD as of a kernel without CONFIG_EPOLL's checkpointing */
        return a->type == KCMP_EPOLL_TFD ? -EOPNOTSUPP : -EINVAL;
    }
}
