/*
 * The calls about signals: sigaction(2), sigprocmask(2), sigpending(2), sigsuspend(2),
 * sigwaitinfo(2), rt_sigqueueinfo(2), sigreturn(2), sigaltstack(2), pause(2), kill(2), tkill(2),
 * restart_syscall(2).
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "abi/handlers.h"
#include "sandbox/process.h"
#include "sandbox/signal.h"
#include "sandbox/time.h"

/* What rt_sigaction keeps of sa_flags: the kernel clears the others (SA_UNSUPPORTED among them). */
#define SA_RESTORER_FLAG  0x04000000u
#define SA_EXPOSE_TAGBITS 0x00000800u
#define SA_KNOWN                                                                                   \
    ((uint32_t)SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |   \
     (uint32_t)SA_RESETHAND | SA_RESTORER_FLAG | SA_EXPOSE_TAGBITS)

static bool is_signal(int signo)
{
    return signo >= 1 && signo <= NSIG_GUEST;
}

/* ---- actions and masks ---- */

/* POSIX: what is ignored from now on is not pending any more. */
static void drop_if_ignored(struct process *process, int signo)
{
    if (signal_is_ignored(process, signo))
        signal_discard(process, SIGBIT(signo));
}

SYS(rt_sigaction)
{
    struct sig_action new, old;
    if (a->sigsetsize != sizeof(sigset64))
        return -EINVAL;
    if (a->act && copyin(t->mm, &new, a->act, sizeof new))
        return -EFAULT;
    if (!is_signal(a->signum) || (a->act && (a->signum == SIGKILL || a->signum == SIGSTOP)))
        return -EINVAL;
    struct sig_action *action = &t->process->actions->action[a->signum - 1];
    old = *action;
    if (a->act) {
        new.flags &= SA_KNOWN;
        new.mask &= ~SIGNALS_NEVER_BLOCKED;
        *action = new;
        drop_if_ignored(t->process, a->signum);
    }
    return a->oldact ? copyout(t->mm, a->oldact, &old, sizeof old) : 0;
}

SYS(rt_sigprocmask)
{
    sigset64 set, old = t->sigmask, mask = old;
    if (a->sigsetsize != sizeof set)
        return -EINVAL;
    if (a->set) {
        if (copyin(t->mm, &set, a->set, sizeof set))
            return -EFAULT;
        switch (a->how) {
        case SIG_BLOCK:
            mask |= set;
            break;
        case SIG_UNBLOCK:
            mask &= ~set;
            break;
        case SIG_SETMASK:
            mask = set;
            break;
        default:
            return -EINVAL;
        }
        signal_set_mask(t, mask);
    }
    return a->oldset ? copyout(t->mm, a->oldset, &old, sizeof old) : 0;
}

SYS(rt_sigpending)
{
    sigset64 pending = signal_pending_set(t) & t->sigmask;
    if (a->sigsetsize > sizeof pending)
        return -EINVAL;
    return copyout(t->mm, a->set, &pending, a->sigsetsize);
}

/* ---- waiting ---- */

static long wait_for_handler(struct task *task)
{
    for (;;) {
        int error = task_wait(task, WAIT_FOREVER, RESTART_NO_HANDLER);
        if (error)
            return error;
    }
}

SYS(pause)
{
    return wait_for_handler(t);
}

SYS(rt_sigsuspend)
{
    sigset64 mask;
    int error = signal_copy_set(t, a->mask, a->sigsetsize, &mask);
    if (error)
        return error;
    signal_set_temporary_mask(t, mask);
    return wait_for_handler(t);
}

/* The number of one of the set. -EAGAIN at the deadline, -EINTR when another signal came. */
static int wait_for_signal(struct task *task, sigset64 set, int64_t deadline, siginfo_t *info)
{
    int error = 0;
    for (;;) {
        int signo = signal_take(task, set, info);
        if (signo)
            return signo;
        if (error)
            return error == -ETIMEDOUT ? -EAGAIN : error;
        task->sigwait = set;
        error = task_wait(task, deadline, RESTART_NEVER);
        task->sigwait = 0;
    }
}

SYS(rt_sigtimedwait)
{
    sigset64 set;
    siginfo_t info;
    int64_t deadline = WAIT_FOREVER;
    int error = signal_copy_set(t, a->set, a->sigsetsize, &set);
    if (!error && a->timeout)
        error = time_copy_deadline(t, a->timeout, &deadline);
    if (error)
        return error;
    int signo = wait_for_signal(t, set & ~SIGNALS_NEVER_BLOCKED, deadline, &info);
    if (signo > 0 && a->info && copyout(t->mm, a->info, &info, sizeof info))
        return -EFAULT;
    return signo;
}

/* ---- sending ---- */

/* A process seen by kill(-1): all but init and the caller. */
struct broadcast {
    struct task *sender;
    int signo;
    const siginfo_t *info;
    pid_t pgid; /* 0: everybody */
    bool found, allowed;
};

static int send_one(struct process *process, void *ctx)
{
    struct broadcast *broadcast = ctx;
    if (broadcast->pgid ? process->pgid != broadcast->pgid
                        : process_is_kernel(process) || process == broadcast->sender->process)
        return 0;
    broadcast->found = true;
    if (signal_check_permission(broadcast->sender, process, broadcast->signo))
        return 0;
    broadcast->allowed = true;
    if (broadcast->signo)
        signal_send_process(process, broadcast->signo, broadcast->info);
    return 0;
}

static int kill_many(struct task *task, pid_t pgid, int signo, const siginfo_t *info)
{
    struct broadcast broadcast = {.sender = task, .signo = signo, .info = info, .pgid = pgid};
    process_each(task->box, send_one, &broadcast);
    if (!broadcast.found)
        return -ESRCH;
    /* kill(-1) does not tell that it was refused everywhere. */
    if (!pgid)
        return 0;
    return broadcast.allowed ? 0 : -EPERM;
}

static int kill_process(struct task *task, struct process *process, int signo,
                        const siginfo_t *info)
{
    int error = signal_check_permission(task, process, signo);
    if (error || !signo)
        return error;
    return signal_send_process(process, signo, info);
}

SYS(kill)
{
    siginfo_t info;
    signal_info_user(t, a->sig, SI_USER, &info);
    if (a->pid == INT_MIN || (a->pid > 0 && !task_find(t->box, a->pid)))
        return -ESRCH;
    if (a->sig < 0 || a->sig > NSIG_GUEST)
        return -EINVAL;
    if (a->pid == -1)
        return kill_many(t, 0, a->sig, &info);
    if (a->pid <= 0)
        return kill_many(t, a->pid ? -a->pid : t->process->pgid, a->sig, &info);
    return kill_process(t, task_find(t->box, a->pid)->process, a->sig, &info);
}

/* tgid 0: whatever process the thread belongs to (tkill). */
static int send_to_thread(struct task *task, pid_t tgid, pid_t tid, int signo,
                          const siginfo_t *info)
{
    struct task *target = task_find(task->box, tid);
    if (!target || (tgid && target->process->pid != tgid))
        return -ESRCH;
    if (signo < 0 || signo > NSIG_GUEST)
        return -EINVAL;
    int error = signal_check_permission(task, target->process, signo);
    if (error || !signo)
        return error;
    return signal_send_task(target, signo, info);
}

SYS(tgkill)
{
    siginfo_t info;
    if (a->tgid <= 0 || a->tid <= 0)
        return -EINVAL;
    signal_info_user(t, a->sig, SI_TKILL, &info);
    return send_to_thread(t, a->tgid, a->tid, a->sig, &info);
}

SYS(tkill)
{
    siginfo_t info;
    if (a->tid <= 0)
        return -EINVAL;
    signal_info_user(t, a->sig, SI_TKILL, &info);
    return send_to_thread(t, 0, a->tid, a->sig, &info);
}

/*
 * The sender's siginfo. Only to oneself may it look as if the kernel, kill or tgkill had made it.
 */
int signal_copy_info(struct task *task, gaddr_t from, int signo, pid_t target, siginfo_t *info)
{
    if (copyin(task->mm, info, from, sizeof *info))
        return -EFAULT;
    info->si_signo = signo;
    if ((info->si_code >= 0 || info->si_code == SI_TKILL) && task->process->pid != target)
        return -EPERM;
    return 0;
}

SYS(rt_sigqueueinfo)
{
    siginfo_t info;
    int error = signal_copy_info(t, a->info, a->sig, a->tgid, &info);
    if (error)
        return error;
    struct task *target = task_find(t->box, a->tgid);
    if (!target)
        return -ESRCH;
    if (a->sig < 0 || a->sig > NSIG_GUEST)
        return -EINVAL;
    return kill_process(t, target->process, a->sig, &info);
}

SYS(rt_tgsigqueueinfo)
{
    siginfo_t info;
    if (copyin(t->mm, &info, a->info, sizeof info))
        return -EFAULT;
    if (a->tgid <= 0 || a->tid <= 0)
        return -EINVAL;
    info.si_signo = a->sig;
    if ((info.si_code >= 0 || info.si_code == SI_TKILL) && t->tid != a->tid)
        return -EPERM;
    return send_to_thread(t, a->tgid, a->tid, a->sig, &info);
}

/* ---- frames and stacks ---- */

SYS(rt_sigreturn)
{
    uint64_t mask;
    struct frame_altstack altstack;
    if (frame_pop(t->cpu, t->mm, &mask, &altstack)) {
        signal_fault(t, SIGSEGV, SI_KERNEL, 0);
        return 0;
    }
    signal_set_mask(t, mask);
    /* The kernel ignores an alternate stack that does not fit. */
    (void)signal_set_altstack(t, cpu_get(t->cpu, CPU_RSP), &altstack);
    return (long)cpu_get(t->cpu, CPU_RAX);
}

/* stack_t of amd64. */
struct guest_altstack {
    uint64_t sp;
    uint32_t flags, pad;
    uint64_t size;
};

SYS(sigaltstack)
{
    struct guest_altstack new, old = {0};
    struct frame_altstack current;
    gaddr_t sp = cpu_get(t->cpu, CPU_RSP);
    if (a->ss && copyin(t->mm, &new, a->ss, sizeof new))
        return -EFAULT;
    signal_get_altstack(t, sp, &current);
    if (a->ss) {
        const struct frame_altstack wanted = {.sp = new.sp, .size = new.size, .flags = new.flags};
        int error = signal_set_altstack(t, sp, &wanted);
        if (error)
            return error;
    }
    if (!a->old_ss)
        return 0;
    old.sp = current.sp;
    old.size = current.size;
    old.flags = current.flags;
    return copyout(t->mm, a->old_ss, &old, sizeof old);
}

/*
 * This kernel restarts calls by their own numbers, so there is never one to go on with: what Linux
 * answers then.
 */
SYS(restart_syscall)
{
    return -EINTR;
}
