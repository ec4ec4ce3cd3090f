/*
 * prctl(2). What the box has not (perf events, machine checks, speculation control, memory maps
 * rewritten from outside) is answered as by a kernel built without it: EINVAL.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>

#include "abi/handlers.h"
#include "sandbox/cred.h"
#include "sandbox/process.h"

#define MCE_KILL_DEFAULT 2 /* PR_MCE_KILL_DEFAULT */

static bool any(uint64_t one, uint64_t two, uint64_t three)
{
    return one || two || three;
}

static long write_int(struct task *task, gaddr_t to, int value)
{
    return copyout(task->mm, to, &value, sizeof value);
}

/* ---- names ---- */

/* At most 15 bytes; memory after the NUL is not looked at. */
static long set_name(struct task *task, gaddr_t from)
{
    char name[sizeof task->comm] = {0};
    ssize_t len = copystr(task->mm, name, from, sizeof name - 1);
    if (len == -EFAULT)
        return -EFAULT;
    if (len == -ENAMETOOLONG && copyin(task->mm, name, from, sizeof name - 1))
        return -EFAULT;
    memset(task->comm, 0, sizeof task->comm);
    memcpy(task->comm, name, strnlen(name, sizeof name - 1));
    return 0;
}

static long set_timer_slack(struct process *process, int64_t slack)
{
    process->timer_slack = slack > 0 ? (uint64_t)slack : process->default_timer_slack;
    return 0;
}

/* ---- capabilities ---- */

static bool is_capability(uint64_t cap)
{
    return cap <= CAP_LAST;
}

static long drop_bounding(struct task *task, uint64_t cap)
{
    if (!task_capable(task, CAP_SETPCAP))
        return -EPERM;
    if (!is_capability(cap))
        return -EINVAL;
    task->cred.cap_bounding &= ~(1ull << cap);
    return 0;
}

static long set_securebits(struct task *task, uint64_t bits)
{
    uint32_t old = task->cred.securebits;
    bool touches_locked = ((old & SECURE_ALL_LOCKS) >> 1) & (old ^ bits);
    bool unlocks = (old & SECURE_ALL_LOCKS & ~bits) != 0;
    bool unknown = (bits & ~(uint64_t)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) != 0;
    if (touches_locked || unlocks || unknown || !task_capable(task, CAP_SETPCAP))
        return -EPERM;
    task->cred.securebits = (uint32_t)bits;
    return 0;
}

static long set_keepcaps(struct task *task, uint64_t keep)
{
    if (keep > 1)
        return -EINVAL;
    if (task->cred.securebits & SECBIT_KEEP_CAPS_LOCKED)
        return -EPERM;
    if (keep)
        task->cred.securebits |= SECBIT_KEEP_CAPS;
    else
        task->cred.securebits &= ~(uint32_t)SECBIT_KEEP_CAPS;
    return 0;
}

static long ambient(struct task *task, const struct prctl_args *a)
{
    struct cred *cred = &task->cred;
    if (a->arg2 == PR_CAP_AMBIENT_CLEAR_ALL) {
        if (any(a->arg3, a->arg4, a->arg5))
            return -EINVAL;
        cred->cap_ambient = 0;
        return 0;
    }
    if (!is_capability(a->arg3) || a->arg4 || a->arg5)
        return -EINVAL;
    uint64_t bit = 1ull << a->arg3;
    switch (a->arg2) {
    case PR_CAP_AMBIENT_IS_SET:
        return (cred->cap_ambient & bit) != 0;
    case PR_CAP_AMBIENT_RAISE:
        if (!(cred->cap_permitted & cred->cap_inheritable & bit) ||
            (cred->securebits & SECBIT_NO_CAP_AMBIENT_RAISE))
            return -EPERM;
        cred->cap_ambient |= bit;
        return 0;
    case PR_CAP_AMBIENT_LOWER:
        cred->cap_ambient &= ~bit;
        return 0;
    default:
        return -EINVAL;
    }
}

static long set_no_new_privs(struct task *task, const struct prctl_args *a)
{
    if (a->arg2 != 1 || any(a->arg3, a->arg4, a->arg5))
        return -EINVAL;
    task->cred.no_new_privs = true;
    return 0;
}

static long credentials(struct task *task, const struct prctl_args *a)
{
    struct cred *cred = &task->cred;
    switch (a->option) {
    case PR_CAPBSET_READ:
        return is_capability(a->arg2) ? (long)(cred->cap_bounding >> a->arg2 & 1) : -EINVAL;
    case PR_CAPBSET_DROP:
        return drop_bounding(task, a->arg2);
    case PR_GET_SECUREBITS:
        return cred->securebits;
    case PR_SET_SECUREBITS:
        return set_securebits(task, a->arg2);
    case PR_GET_KEEPCAPS:
        return (cred->securebits & SECBIT_KEEP_CAPS) != 0;
    case PR_SET_KEEPCAPS:
        return set_keepcaps(task, a->arg2);
    case PR_CAP_AMBIENT:
        return ambient(task, a);
    case PR_SET_NO_NEW_PRIVS:
        return set_no_new_privs(task, a);
    case PR_GET_NO_NEW_PRIVS:
        return a->arg2 || any(a->arg3, a->arg4, a->arg5) ? -EINVAL : cred->no_new_privs;
    default:
        return -EINVAL;
    }
}

/* ---- the rest ---- */

static long process_attribute(struct task *task, const struct prctl_args *a)
{
    struct process *process = task->process;
    switch (a->option) {
    case PR_SET_PDEATHSIG:
        if (a->arg2 > NSIG_GUEST)
            return -EINVAL;
        process->parent_death_signal = (int)a->arg2;
        return 0;
    case PR_GET_PDEATHSIG:
        return write_int(task, a->arg2, process->parent_death_signal);
    case PR_GET_DUMPABLE:
        return process->dumpable;
    case PR_SET_DUMPABLE:
        if (a->arg2 > 1)
            return -EINVAL;
        process->dumpable = a->arg2 != 0;
        return 0;
    case PR_SET_CHILD_SUBREAPER:
        process->child_subreaper = a->arg2 != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return write_int(task, a->arg2, process->child_subreaper);
    case PR_SET_TIMERSLACK:
        return set_timer_slack(process, (int64_t)a->arg2);
    case PR_GET_TIMERSLACK:
        return (long)process->timer_slack;
    case PR_SET_THP_DISABLE:
        if (any(a->arg3, a->arg4, a->arg5))
            return -EINVAL;
        process->thp_disabled = a->arg2 != 0;
        return 0;
    case PR_GET_THP_DISABLE:
        return a->arg2 || any(a->arg3, a->arg4, a->arg5) ? -EINVAL : process->thp_disabled;
    default:
        return credentials(task, a);
    }
}

SYS(prctl)
{
    switch (a->option) {
    case PR_SET_NAME:
        return set_name(t, a->arg2);
    case PR_GET_NAME:
        return copyout(t->mm, a->arg2, t->comm, sizeof t->comm);
    case PR_GET_TID_ADDRESS:
        return copyout(t->mm, a->arg2, &t->clear_child_tid, sizeof t->clear_child_tid);
    case PR_GET_TSC:
        return write_int(t, a->arg2, PR_TSC_ENABLE);
    case PR_SET_TSC: /* the clock cannot be taken away */
        return a->arg2 == PR_TSC_ENABLE ? 0 : -EINVAL;
    case PR_GET_TIMING:
        return PR_TIMING_STATISTICAL;
    case PR_SET_TIMING:
        return a->arg2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
    case PR_TASK_PERF_EVENTS_DISABLE: /* there are none to switch */
    case PR_TASK_PERF_EVENTS_ENABLE:
        return 0;
    case PR_MCE_KILL_GET:
        return a->arg2 || any(a->arg3, a->arg4, a->arg5) ? -EINVAL : MCE_KILL_DEFAULT;
    case PR_GET_SECCOMP:
        return 0;
    default:
        return process_attribute(t, a);
    }
}
