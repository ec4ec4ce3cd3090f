/*
 * fork(2), vfork(2), clone(2), clone3(2): one request, checked in the kernel's order, and one way
 * to make a task from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "abi/handlers.h"
#include "sandbox/cred.h"
#include "sandbox/process.h"
#include "sandbox/signal.h"
#include "sandbox/timers.h"
#include "sandbox/vfs/vfs.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef CLONE_DETACHED
#define CLONE_DETACHED 0x400000
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ull
#endif

#define CLONE_NAMESPACES                                                                           \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)

/* Sizes that struct clone_block has had: without set_tid, without cgroup, with all. */
#define CLONE_ARGS_SIZE_0 64
#define CLONE_ARGS_SIZE_2 88
#define CLONE_SET_TID_MAX 32 /* MAX_PID_NS_LEVEL */

/* What clone3's first argument points at (the kernel's struct clone_args). */
struct clone_block {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    uint64_t set_tid, set_tid_size; /* from 5.5 */
    uint64_t cgroup;                /* from 5.7 */
};
_Static_assert(sizeof(struct clone_block) == CLONE_ARGS_SIZE_2, "struct clone_args of the ABI");

struct clone_request {
    uint64_t flags; /* CLONE_* without the signal */
    int exit_signal;
    gaddr_t stack; /* new stack pointer, 0: the caller's */
    gaddr_t tls, parent_tid, child_tid, pidfd;
    pid_t wanted; /* clone3's set_tid, 0: any */
};

/* ---- what may be asked for ---- */

static int check_flags(const struct task *task, const struct clone_request *request)
{
    uint64_t flags = request->flags;
    if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
        return -EINVAL;
    if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
        return -EINVAL;
    if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
        return -EINVAL;
    if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
        return -EINVAL;
    if ((flags & CLONE_PIDFD) && (flags & CLONE_DETACHED))
        return -EINVAL;
    /* A kernel without namespaces and control groups to clone into: what it answers. */
    if (flags & (CLONE_NAMESPACES | CLONE_INTO_CGROUP))
        return -EINVAL;
    if ((flags & CLONE_SETTLS) && request->tls >= MM_TOP)
        return -EPERM;
    if (request->wanted && !task_capable(task, CAP_CHECKPOINT_RESTORE) &&
        !task_capable(task, CAP_SYS_ADMIN))
        return -EPERM;
    return 0;
}

struct task_count {
    uint32_t uid;
    uint64_t tasks;
};

static int count_tasks(struct process *process, void *ctx)
{
    struct task_count *count = ctx;
    for (const struct task *task = process->tasks; task; task = task->thread_next)
        count->tasks += task->cred.ruid == count->uid;
    return 0;
}

/* RLIMIT_NPROC binds other users than root without the capabilities; --max-procs everybody. */
static int check_number(const struct task *task)
{
    struct box *box = task->box;
    struct task_count count = {.uid = task->cred.ruid};
    uint64_t limit = task->process->rlimit[RLIMIT_NPROC].cur;
    if (box->task_count >= box_max_tasks(box))
        return -EAGAIN;
    if (limit == RLIM64_INFINITY || task->cred.ruid == 0 || task_capable(task, CAP_SYS_RESOURCE) ||
        task_capable(task, CAP_SYS_ADMIN))
        return 0;
    process_each(box, count_tasks, &count);
    return count.tasks >= limit ? -EAGAIN : 0;
}

/* ---- copying ---- */

static int copy_actions(const struct process *from, struct process *to, uint64_t flags)
{
    if (flags & CLONE_SIGHAND) {
        to->actions = from->actions;
        to->actions->refs++;
        return 0;
    }
    to->actions = sig_actions_clone(from->actions);
    if (!to->actions)
        return -ENOMEM;
    if (!(flags & CLONE_CLEAR_SIGHAND))
        return 0;
    for (unsigned i = 0; i < NSIG_GUEST; i++)
        if (to->actions->action[i].handler != SIG_HANDLER_IGNORE)
            to->actions->action[i] = (struct sig_action){0};
    return 0;
}

/* sched(7): the child of one with SCHED_RESET_ON_FORK is an ordinary process. */
static void reset_schedule(struct process *child)
{
    child->sched_policy = SCHED_OTHER;
    child->sched_priority = 0;
    if (child->nice < 0)
        child->nice = 0;
}

static int copy_process(const struct task *parent, struct process *child, uint64_t flags)
{
    const struct process *from = parent->process;
    child->pgid = from->pgid;
    child->sid = from->sid;
    child->tty = from->tty;
    child->dumpable = from->dumpable;
    memcpy(child->rlimit, from->rlimit, sizeof child->rlimit);
    child->personality = from->personality;
    child->nice = from->nice;
    child->ioprio = from->ioprio;
    child->sched_policy = from->sched_policy;
    child->sched_priority = from->sched_priority;
    if (from->sched_flags) /* SCHED_RESET_ON_FORK */
        reset_schedule(child);
    child->oom_score_adj = from->oom_score_adj;
    child->timer_slack = child->default_timer_slack = from->timer_slack;
    child->thp_disabled = from->thp_disabled;
    cpu_limit_changed(child);
    if (from->exe_file) {
        child->exe_file = file_get(from->exe_file);
        child->exe_file->inode->write_count--;
        child->exe = &child->exe_file->path;
    }
    child->mm = flags & CLONE_VM ? mm_ref(parent->mm) : mm_fork(parent->mm);
    return child->mm ? copy_actions(from, child, flags) : -ENOMEM;
}

static int copy_task(struct task *from, struct task *to, const struct clone_request *request)
{
    uint64_t flags = request->flags;
    to->cred = from->cred;
    if (to->cred.groups)
        to->cred.groups->refs++;
    memcpy(to->comm, from->comm, sizeof to->comm);
    to->sigmask = from->sigmask;
    if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM)
        to->altstack = from->altstack;
    to->mm = mm_ref(to->process->mm);
    to->fds = flags & CLONE_FILES ? fd_table_ref(from->fds) : fd_table_clone(from->fds);
    to->fs = flags & CLONE_FS ? fs_context_ref(from->fs) : fs_context_clone(from->fs);
    to->cpu = cpu_thread_clone(from->cpu, to->mm);
    if (!to->fds || !to->fs || !to->cpu)
        return -ENOMEM;
    cpu_set(to->cpu, CPU_RAX, 0);
    if (request->stack)
        cpu_set(to->cpu, CPU_RSP, request->stack);
    if (flags & CLONE_SETTLS)
        cpu_set(to->cpu, CPU_FS_BASE, request->tls);
    if (flags & CLONE_CHILD_CLEARTID)
        to->clear_child_tid = request->child_tid;
    return 0;
}

/* Undoes everything for a task that never ran. */
static void discard(struct task *task)
{
    struct process *process = task->process;
    if (task->fds)
        fd_table_unref(task, task->fds);
    if (task->fs)
        fs_context_unref(task->fs);
    if (task->cpu)
        cpu_thread_free(task->cpu);
    if (task->mm)
        mm_unref(task->mm);
    if (process->live_tasks == 1)
        process_release_program(process);
    task_discard(task);
}

static int make_task(struct task *parent, const struct clone_request *request, struct task **out)
{
    struct process *process = parent->process;
    if (request->flags & CLONE_THREAD) {
        int error = task_create(process, request->wanted, out);
        return error ? error : copy_task(parent, *out, request);
    }
    bool sibling = (request->flags & CLONE_PARENT) != 0;
    struct process *child = process_create(parent->box, sibling ? process->parent : process);
    if (!child)
        return -ENOMEM;
    child->exit_signal = sibling ? process->exit_signal : request->exit_signal;
    int error = task_create(child, request->wanted, out);
    if (error) {
        process_put(child);
        return error;
    }
    error = copy_process(parent, child, request->flags);
    return error ? error : copy_task(parent, *out, request);
}

/* The numbers that the request wants written. Only a pidfd that cannot be stored is an error. */
static int write_results(struct task *parent, struct task *child,
                         const struct clone_request *request)
{
    uint32_t tid = (uint32_t)child->tid;
    if (request->flags & CLONE_PIDFD) {
        int fd = pidfd_open_process(parent, child->process, 0);
        if (fd < 0)
            return fd;
        if (copyout(parent->mm, request->pidfd, &fd, sizeof fd)) {
            fd_close(parent, fd);
            return -EFAULT;
        }
    }
    /* The kernel writes these without looking whether it succeeds. */
    if (request->flags & CLONE_PARENT_SETTID)
        copyout_some(parent->mm, request->parent_tid, &tid, sizeof tid);
    if (request->flags & CLONE_CHILD_SETTID)
        copyout_some(child->mm, request->child_tid, &tid, sizeof tid);
    return 0;
}

/* Parks until the child leaves the memory it borrowed; a fatal signal ends the wait. */
static void wait_for_vfork(struct task *task, struct vfork_wait *wait, pid_t child_tid)
{
    struct wait_entry entry = {.task = task};
    wait_add(&wait->queue, &entry);
    while (!wait->done && task_wait_killable(task) == 0)
        continue;
    wait_remove(&entry);
    struct task *child = task_find(task->box, child_tid);
    if (child && child->vfork_wait == wait)
        child->vfork_wait = NULL;
}

static long do_clone(struct task *task, const struct clone_request *request)
{
    struct task *child = NULL;
    struct vfork_wait wait = {0};
    int error = check_flags(task, request);
    if (!error)
        error = check_number(task);
    if (!error)
        error = make_task(task, request, &child);
    if (!error)
        error = write_results(task, child, request);
    if (!error)
        error = task_start(child);
    if (error) {
        if (child)
            discard(child);
        return error;
    }
    pid_t tid = child->tid;
    if (request->flags & CLONE_VFORK) {
        child->vfork_wait = &wait;
        wait_for_vfork(task, &wait, tid);
    }
    return tid;
}

/* ---- the calls ---- */

SYS(fork)
{
    return do_clone(t, &(struct clone_request){.exit_signal = SIGCHLD});
}

SYS(vfork)
{
    return do_clone(
        t, &(struct clone_request){.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD});
}

SYS(clone)
{
    uint32_t flags = (uint32_t)a->flags;
    /* parent_tid has two uses, and only one of them at a time. */
    if ((flags & CLONE_PIDFD) && (flags & CLONE_PARENT_SETTID))
        return -EINVAL;
    const struct clone_request request = {
        .flags = flags & ~(uint32_t)CSIGNAL,
        .exit_signal = (int)(flags & CSIGNAL),
        .stack = a->stack,
        .tls = a->tls,
        .parent_tid = a->parent_tid,
        .child_tid = a->child_tid,
        .pidfd = a->parent_tid,
    };
    return do_clone(t, &request);
}

/* The structure as of any kernel: shorter ones are filled with zeros, longer ones must be zero. */
static int copy_clone_args(struct task *task, gaddr_t from, uint64_t size, struct clone_block *args)
{
    uint8_t rest[PAGE_SIZE];
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (size < CLONE_ARGS_SIZE_0)
        return -EINVAL;
    memset(args, 0, sizeof *args);
    size_t known = size < sizeof *args ? size : sizeof *args;
    if (copyin(task->mm, rest, from + known, size - known))
        return -EFAULT;
    for (size_t i = 0; i < size - known; i++)
        if (rest[i])
            return -E2BIG;
    return copyin(task->mm, args, from, known);
}

static int check_clone_args(const struct clone_block *args, uint64_t size)
{
    const uint64_t legacy = 0xffffffffull;
    if (args->set_tid_size > CLONE_SET_TID_MAX || !args->set_tid != !args->set_tid_size)
        return -EINVAL;
    if ((args->exit_signal & ~(uint64_t)CSIGNAL) || args->exit_signal > NSIG_GUEST)
        return -EINVAL;
    if ((args->flags & CLONE_INTO_CGROUP) && (args->cgroup > INT32_MAX || size < CLONE_ARGS_SIZE_2))
        return -EINVAL;
    if (args->flags & ~(legacy | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
        return -EINVAL;
    if (args->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
        return -EINVAL;
    /* A time namespace: as the other namespaces. */
    if (args->flags & CLONE_NEWTIME)
        return -EINVAL;
    if ((args->flags & CLONE_SIGHAND) && (args->flags & CLONE_CLEAR_SIGHAND))
        return -EINVAL;
    if ((args->flags & (CLONE_THREAD | CLONE_PARENT)) && args->exit_signal)
        return -EINVAL;
    if (!args->stack != !args->stack_size)
        return -EINVAL;
    uint64_t end;
    if (__builtin_add_overflow(args->stack, args->stack_size, &end) || end > MM_TOP)
        return -EINVAL;
    return 0;
}

/* set_tid for the one pid namespace there is. */
static int copy_wanted_tid(struct task *task, const struct clone_block *args, pid_t *wanted)
{
    if (!args->set_tid_size)
        return 0;
    if (args->set_tid_size > 1)
        return -EINVAL;
    if (copyin(task->mm, wanted, args->set_tid, sizeof *wanted))
        return -EFAULT;
    return *wanted < 1 || *wanted >= PID_MAX ? -EINVAL : 0;
}

SYS(clone3)
{
    struct clone_block args;
    pid_t wanted = 0;
    int error = copy_clone_args(t, a->cl_args, a->size, &args);
    if (!error)
        error = check_clone_args(&args, a->size);
    if (!error)
        error = copy_wanted_tid(t, &args, &wanted);
    if (error)
        return error;
    const struct clone_request request = {
        .flags = args.flags,
        .exit_signal = (int)args.exit_signal,
        .stack = args.stack + args.stack_size,
        .tls = args.tls,
        .parent_tid = args.parent_tid,
        .child_tid = args.child_tid,
        .pidfd = args.pidfd,
        .wanted = wanted,
    };
    return do_clone(t, &request);
}
