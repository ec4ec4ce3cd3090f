/*
 * Generating and queueing signals: signal(7), sigqueue(3), and for what Linux does beyond them the
 * order of its own send_signal. Delivery is signal_deliver.c.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/cred.h"
#include "sandbox/process.h"
#include "sandbox/signal.h"
#include "sandbox/timers.h"

#define STOP_SIGNALS       (SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define IGNORED_BY_DEFAULT (SIGBIT(SIGCONT) | SIGBIT(SIGCHLD) | SIGBIT(SIGWINCH) | SIGBIT(SIGURG))
/* A fault of the task's own: taken before anything that was sent. */
#define SYNCHRONOUS                                                                                \
    (SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP) | SIGBIT(SIGFPE) |        \
     SIGBIT(SIGSYS))

enum signal_default signal_default_action(int signo)
{
    if (SIGBIT(signo) & STOP_SIGNALS)
        return SIGNAL_STOP;
    if (signo == SIGCONT)
        return SIGNAL_CONTINUE;
    return SIGBIT(signo) & IGNORED_BY_DEFAULT ? SIGNAL_IGNORE : SIGNAL_TERMINATE;
}

bool signal_is_ignored(const struct process *process, int signo)
{
    gaddr_t handler = process->actions->action[signo - 1].handler;
    return handler == SIG_HANDLER_IGNORE ||
           (handler == SIG_HANDLER_DEFAULT && (SIGBIT(signo) & IGNORED_BY_DEFAULT));
}

/* ---- queues ---- */

static void discard_from(struct sig_pending *pending, sigset64 set)
{
    if (!(pending->set & set))
        return;
    pending->set &= ~set;
    struct sig_queued **link = &pending->head, *entry;
    pending->tail = NULL;
    while ((entry = *link)) {
        if (set & SIGBIT(entry->info.si_signo)) {
            *link = entry->next;
            free(entry);
            pending->count--;
        } else {
            pending->tail = entry;
            link = &entry->next;
        }
    }
}

void signal_flush(struct sig_pending *pending)
{
    discard_from(pending, ~(sigset64)0);
}

void signal_discard(struct process *process, sigset64 set)
{
    discard_from(&process->pending, set);
    for (struct task *task = process->tasks; task; task = task->thread_next)
        discard_from(&task->pending, set);
}

sigset64 signal_pending_set(const struct task *task)
{
    return task->pending.set | task->process->pending.set;
}

struct user_count {
    uint32_t uid;
    uint64_t signals;
};

static int count_queued(struct process *process, void *ctx)
{
    struct user_count *count = ctx;
    for (const struct task *task = process->tasks; task; task = task->thread_next)
        if (task->cred.ruid == count->uid)
            count->signals += task->pending.count;
    if (process_leader(process)->cred.ruid == count->uid)
        count->signals += process->pending.count;
    return 0;
}

/* RLIMIT_SIGPENDING counts what is queued for all processes of the target's real user. */
static bool queue_is_full(struct process *process)
{
    uint64_t limit = process->rlimit[RLIMIT_SIGPENDING].cur;
    struct user_count count = {.uid = process_leader(process)->cred.ruid};
    if (limit == RLIM64_INFINITY)
        return false;
    process_each(process->box, count_queued, &count);
    return count.signals >= limit;
}

/*
 * 0, or -EAGAIN for a real-time signal that does not fit. Others are marked pending even then:
 * their siginfo is lost, as sigqueue(3) allows.
 */
static int enqueue(struct process *process, struct sig_pending *pending, int signo,
                   const siginfo_t *info)
{
    bool always = signo < SIGNAL_REALTIME && (!info || info->si_code >= 0);
    struct sig_queued *entry = NULL;
    if (always || !queue_is_full(process))
        entry = calloc(1, sizeof *entry);
    if (entry) {
        if (info)
            entry->info = *info;
        else
            entry->info.si_code = SI_KERNEL;
        entry->info.si_signo = signo;
        if (pending->tail)
            pending->tail->next = entry;
        else
            pending->head = entry;
        pending->tail = entry;
        pending->count++;
    } else if (signo >= SIGNAL_REALTIME && info && info->si_code != SI_USER) {
        return -EAGAIN;
    }
    pending->set |= SIGBIT(signo);
    return 0;
}

/* Takes one instance of signo into *info; the set keeps the bit while others are queued. */
static void dequeue(struct sig_pending *pending, int signo, siginfo_t *info)
{
    struct sig_queued **link = &pending->head, *found = NULL, *previous = NULL;
    bool more = false;
    while (*link) {
        struct sig_queued *entry = *link;
        if (entry->info.si_signo == signo && !found) {
            found = entry;
            *link = entry->next;
            continue;
        }
        more |= entry->info.si_signo == signo;
        previous = entry;
        link = &entry->next;
    }
    pending->tail = previous;
    if (!more)
        pending->set &= ~SIGBIT(signo);
    memset(info, 0, sizeof *info);
    info->si_signo = signo;
    info->si_code = SI_USER;
    if (found) {
        *info = found->info;
        free(found);
        pending->count--;
    }
}

static int take_from(struct sig_pending *pending, sigset64 set, siginfo_t *info)
{
    sigset64 ready = pending->set & set;
    if (!ready)
        return 0;
    if (ready & SYNCHRONOUS)
        ready &= SYNCHRONOUS;
    int signo = __builtin_ctzll(ready) + 1;
    dequeue(pending, signo, info);
    return signo;
}

int signal_take(struct task *task, sigset64 set, siginfo_t *info)
{
    int signo = take_from(&task->pending, set, info);
    if (!signo)
        signo = take_from(&task->process->pending, set, info);
    if (signo && info->si_code == SI_TIMER)
        posix_timer_taken(task->process, info);
    return signo;
}

/* ---- who is told ---- */

bool signal_pending(const struct task *task)
{
    return task->exit_requested || task->process->stopped ||
           (signal_pending_set(task) & ~task->sigmask) != 0;
}

bool signal_fatal_pending(const struct task *task)
{
    return task->exit_requested;
}

static bool takes_signal(const struct task *task, int signo)
{
    return !task->exited && !task->exit_requested && !(task->sigmask & SIGBIT(signo)) &&
           !task->process->stopped;
}

/* The task that shall take a process-directed signal: the leader if it can. NULL: none now. */
static struct task *choose_task(struct process *process, int signo)
{
    for (struct task *task = process->tasks; task; task = task->thread_next)
        if (takes_signal(task, signo))
            return task;
    return NULL;
}

/* Threads in sigtimedwait look at their queues again, whatever they block. */
static void wake_waiters(struct process *process, int signo)
{
    for (struct task *task = process->tasks; task; task = task->thread_next)
        if (task->sigwait & SIGBIT(signo))
            task_wake(task);
    wait_wake_all(&process->signal_wait, POLLIN | POLLRDNORM);
}

static void resume(struct process *process)
{
    process->stopped = false;
    process->continued_pending = true;
    for (struct task *task = process->tasks; task; task = task->thread_next)
        if (!task->exited)
            task_wake(task);
    process_notify_parent(process, CLD_CONTINUED, SIGCONT);
}

/* Stop and continue signals cancel each other at once, even blocked or ignored (signal(7)). */
static void cancel_opposites(struct process *process, int signo)
{
    if (SIGBIT(signo) & STOP_SIGNALS) {
        signal_discard(process, SIGBIT(SIGCONT));
    } else if (signo == SIGCONT) {
        signal_discard(process, STOP_SIGNALS);
        if (process->stopped)
            resume(process);
    }
}

/* task NULL: directed at the process. */
static int send(struct process *process, struct task *task, int signo, const siginfo_t *info)
{
    if (process->state != PROCESS_ALIVE || !process->mm || process->exiting)
        return 0;
    if (signo == SIGKILL) {
        process_exit_group(process, SIGKILL);
        return 0;
    }
    cancel_opposites(process, signo);
    const struct task *looked_at = task ? task : process_leader(process);
    if (!(looked_at->sigmask & SIGBIT(signo)) && signal_is_ignored(process, signo))
        return 0;
    struct sig_pending *pending = task ? &task->pending : &process->pending;
    if (signo < SIGNAL_REALTIME && (pending->set & SIGBIT(signo)))
        return 0;
    int error = enqueue(process, pending, signo, info);
    if (error)
        return error;
    wake_waiters(process, signo);
    struct task *taker =
        task ? (takes_signal(task, signo) ? task : NULL) : choose_task(process, signo);
    if (!taker)
        return 0;
    /* One that kills does so at once, so that no thread goes on for a while. */
    if (process->actions->action[signo - 1].handler == SIG_HANDLER_DEFAULT &&
        signal_default_action(signo) == SIGNAL_TERMINATE)
        process_exit_group(process, signo);
    else
        task_interrupt(taker);
    return 0;
}

int signal_send_process(struct process *process, int signo, const siginfo_t *info)
{
    return send(process, NULL, signo, info);
}

int signal_send_task(struct task *task, int signo, const siginfo_t *info)
{
    return task->exited ? 0 : send(task->process, task, signo, info);
}

void signal_send_self(int signo)
{
    struct task *task = task_current();
    siginfo_t info;
    signal_info_user(task, signo, SI_USER, &info);
    signal_send_task(task, signo, &info);
}

int signal_send_group(struct box *box, pid_t pgid, int signo, const siginfo_t *info)
{
    struct process *next;
    int result = -ESRCH;
    for (struct process *process = box->processes; process; process = next) {
        next = process->all_next;
        if (process->pgid != pgid)
            continue;
        signal_send_process(process, signo, info);
        result = 0;
    }
    return result;
}

void signal_fault(struct task *task, int signo, int code, gaddr_t addr)
{
    struct sig_action *action = &task->process->actions->action[signo - 1];
    siginfo_t info = {.si_signo = signo, .si_code = code};
    info.si_addr = (void *)(uintptr_t)addr;
    if ((task->sigmask & SIGBIT(signo)) || action->handler == SIG_HANDLER_IGNORE) {
        action->handler = SIG_HANDLER_DEFAULT;
        task->sigmask &= ~SIGBIT(signo);
    }
    /* One that was sent before must not hide where this one happened. */
    discard_from(&task->pending, SIGBIT(signo));
    send(task->process, task, signo, &info);
}

/* ---- masks ---- */

void signal_set_mask(struct task *task, sigset64 mask)
{
    struct process *process = task->process;
    mask &= ~SIGNALS_NEVER_BLOCKED;
    sigset64 left = mask & ~task->sigmask & process->pending.set;
    task->sigmask = mask;
    /* What this thread does not take any more, another may. */
    for (struct task *other = process->tasks; left && other; other = other->thread_next) {
        if (other == task || other->exited || !(left & ~other->sigmask))
            continue;
        left &= other->sigmask;
        task_interrupt(other);
    }
}

void signal_set_temporary_mask(struct task *task, sigset64 mask)
{
    if (!task->restore_sigmask) {
        task->saved_sigmask = task->sigmask;
        task->restore_sigmask = true;
    }
    signal_set_mask(task, mask);
}

int signal_copy_set(struct task *task, gaddr_t set, uint64_t size, sigset64 *out)
{
    if (size != sizeof *out)
        return -EINVAL;
    return copyin(task->mm, out, set, sizeof *out);
}

/* ---- senders ---- */

void signal_info_user(const struct task *sender, int signo, int code, siginfo_t *info)
{
    memset(info, 0, sizeof *info);
    info->si_signo = signo;
    info->si_code = code;
    info->si_pid = sender->process->pid;
    info->si_uid = sender->cred.ruid;
}

int signal_check_permission(const struct task *sender, const struct process *target, int signo)
{
    if (sender->process == target || cred_may_signal(&sender->cred, &process_leader(target)->cred))
        return 0;
    return signo == SIGCONT && sender->process->sid == target->sid ? 0 : -EPERM;
}

/* ---- alternate stacks ---- */

bool signal_on_altstack(const struct task *task, gaddr_t sp)
{
    if (task->altstack.flags & SS_AUTODISARM)
        return false; /* it is disarmed while a handler runs */
    return sp > task->altstack.sp && sp - task->altstack.sp <= task->altstack.size;
}

void signal_get_altstack(const struct task *task, gaddr_t sp, struct frame_altstack *out)
{
    out->sp = task->altstack.sp;
    out->size = task->altstack.size;
    out->flags = task->altstack.flags & SS_AUTODISARM;
    if (!task->altstack.size)
        out->flags |= SS_DISABLE;
    else if (signal_on_altstack(task, sp))
        out->flags |= SS_ONSTACK;
}

int signal_set_altstack(struct task *task, gaddr_t sp, const struct frame_altstack *altstack)
{
    uint32_t mode = altstack->flags & ~(uint32_t)SS_AUTODISARM;
    if (signal_on_altstack(task, sp))
        return -EPERM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
        return -EINVAL;
    if (mode != SS_DISABLE && altstack->size < MINSIGSTKSZ_GUEST)
        return -ENOMEM;
    task->altstack.sp = mode == SS_DISABLE ? 0 : altstack->sp;
    task->altstack.size = mode == SS_DISABLE ? 0 : altstack->size;
    task->altstack.flags = altstack->flags;
    return 0;
}
