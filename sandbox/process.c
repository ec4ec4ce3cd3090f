/*
 * Processes and tasks: the pid table, the tree, and what happens when one ends (_exit(2), "NOTES";
 * wait(2); credentials(7), "Process group ID and session ID").
 *
 * Nothing here waits except process_become_single, so every change of the tree is seen whole.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "sandbox/cred.h"
#include "sandbox/futex.h"
#include "sandbox/process.h"
#include "sandbox/timers.h"
#include "sandbox/signal.h"
#include "sandbox/vfs/vfs.h"

/* After a wrap pids begin here, as on Linux (RESERVED_PIDS). */
#define PID_RESERVED 300

#define INIT_PID     1
#define LAUNCHER_PID 2

/* ---- numbers ---- */

static int uses_id(struct process *process, void *ctx)
{
    pid_t id = *(const pid_t *)ctx;
    return process->pgid == id || process->sid == id;
}

/* A number is taken as long as a task, a group or a session has it. */
static bool tid_is_free(struct box *box, pid_t tid)
{
    return !box->tasks_by_tid[tid] && !process_each(box, uses_id, &tid);
}

static pid_t allocate_tid(struct box *box)
{
    pid_t tid = box->last_pid;
    for (unsigned tries = 0; tries < PID_MAX; tries++) {
        if (++tid >= PID_MAX)
            tid = PID_RESERVED;
        if (tid_is_free(box, tid)) {
            box->last_pid = tid;
            return tid;
        }
    }
    return -EAGAIN;
}

struct task *task_find(struct box *box, pid_t tid)
{
    return tid > 0 && tid < PID_MAX ? box->tasks_by_tid[tid] : NULL;
}

struct process *process_find(struct box *box, pid_t pid)
{
    struct task *task = task_find(box, pid);
    return task && task->process->pid == pid ? task->process : NULL;
}

int process_each(struct box *box, int (*visit)(struct process *process, void *ctx), void *ctx)
{
    struct process *next;
    for (struct process *process = box->processes; process; process = next) {
        next = process->all_next;
        int result = visit(process, ctx);
        if (result)
            return result;
    }
    return 0;
}

bool process_group_exists(struct box *box, pid_t pgid, pid_t sid)
{
    for (struct process *process = box->processes; process; process = process->all_next)
        if (process->pgid == pgid && (!sid || process->sid == sid))
            return true;
    return false;
}

struct task *process_leader(const struct process *process)
{
    return process->tasks;
}

bool process_is_kernel(const struct process *process)
{
    return process->pid == INIT_PID || process->pid == LAUNCHER_PID;
}

/* ---- signal actions ---- */

struct sig_actions *sig_actions_create(void)
{
    struct sig_actions *actions = calloc(1, sizeof *actions);
    if (actions)
        actions->refs = 1;
    return actions;
}

struct sig_actions *sig_actions_clone(const struct sig_actions *actions)
{
    struct sig_actions *copy = malloc(sizeof *copy);
    if (copy) {
        *copy = *actions;
        copy->refs = 1;
    }
    return copy;
}

void sig_actions_unref(struct sig_actions *actions)
{
    if (actions && --actions->refs == 0)
        free(actions);
}

/* ---- making ---- */

struct process *process_create(struct box *box, struct process *parent)
{
    struct process *process = calloc(1, sizeof *process);
    if (!process)
        return NULL;
    process->refs = 1;
    process->box = box;
    process->parent = parent;
    process->start_time = clock_monotonic(box);
    process->timer_slack = process->default_timer_slack = 50000;
    process->dumpable = true;
    return process;
}

/* Into the box's list in order of pid, and into the parent's. */
static void list_process(struct process *process)
{
    struct process **link = &process->box->processes, *before = NULL;
    while (*link && (*link)->pid < process->pid) {
        before = *link;
        link = &(*link)->all_next;
    }
    process->all_prev = before;
    process->all_next = *link;
    if (*link)
        (*link)->all_prev = process;
    *link = process;
    process->box->process_count++;
}

static void adopt(struct process *parent, struct process *child)
{
    child->parent = parent;
    child->sibling_prev = NULL;
    child->sibling_next = parent->children;
    if (parent->children)
        parent->children->sibling_prev = child;
    parent->children = child;
}

static void abandon(struct process *parent, struct process *child)
{
    if (parent->children == child)
        parent->children = child->sibling_next;
    else
        child->sibling_prev->sibling_next = child->sibling_next;
    if (child->sibling_next)
        child->sibling_next->sibling_prev = child->sibling_prev;
    child->sibling_next = child->sibling_prev = NULL;
}

static void unlist_process(struct process *process)
{
    if (process->box->processes == process)
        process->box->processes = process->all_next;
    else
        process->all_prev->all_next = process->all_next;
    if (process->all_next)
        process->all_next->all_prev = process->all_prev;
    process->box->process_count--;
    if (process->parent)
        abandon(process->parent, process);
}

int task_create(struct process *process, pid_t wanted, struct task **out)
{
    struct box *box = process->box;
    if (wanted && !tid_is_free(box, wanted))
        return -EEXIST;
    pid_t tid = wanted ? wanted : allocate_tid(box);
    if (tid < 0)
        return tid;
    struct task *task = calloc(1, sizeof *task);
    if (!task)
        return -ENOMEM;
    task->tid = tid;
    task->process = process;
    task->box = box;
    task->altstack.flags = SS_DISABLE;
    struct task **link = &process->tasks;
    while (*link)
        link = &(*link)->thread_next;
    *link = task;
    process->live_tasks++;
    box->task_count++;
    box->tasks_by_tid[tid] = task;
    if (process->tasks == task) {
        process->pid = tid;
        list_process(process);
        if (process->parent)
            adopt(process->parent, process);
    }
    *out = task;
    return 0;
}

/* Takes the task out of its process and out of the pid table, and frees it. */
static void free_task(struct task *task)
{
    struct task **link = &task->process->tasks;
    while (*link && *link != task)
        link = &(*link)->thread_next;
    if (*link)
        *link = task->thread_next;
    task->box->tasks_by_tid[task->tid] = NULL;
    task->box->task_count--;
    group_list_unref(task->cred.groups);
    free(task);
}

struct process *process_get(struct process *process)
{
    process->refs++;
    return process;
}

void process_put(struct process *process)
{
    if (--process->refs > 0)
        return;
    /* An epoll set that outlives the process may still watch a signalfd on its behalf. */
    wait_abandon(&process->signal_wait);
    free(process);
}

void task_discard(struct task *task)
{
    struct process *process = task->process;
    process->live_tasks--;
    free_task(task);
    if (process->tasks)
        return;
    unlist_process(process);
    process->state = PROCESS_DEAD;
    process_put(process);
}

static int create_kernel_process(struct box *box, struct process *parent, pid_t pid,
                                 const char *name, struct process **out)
{
    struct task *task;
    struct process *process = process_create(box, parent);
    if (!process)
        return -ENOMEM;
    int error = task_create(process, pid, &task);
    if (error) {
        process_put(process);
        return error;
    }
    process->pgid = process->sid = pid;
    cred_init(&task->cred, 0, 0);
    strncpy(task->comm, name, sizeof task->comm - 1);
    box->last_pid = pid;
    *out = process;
    return 0;
}

int process_create_kernel(struct box *box)
{
    struct process *launcher;
    int error = create_kernel_process(box, NULL, INIT_PID, "init", &box->init);
    return error ? error : create_kernel_process(box, box->init, LAUNCHER_PID, "abibox", &launcher);
}

/* Limits of a freshly booted Debian, login by a user. */
static void set_default_limits(struct process *process)
{
    static const struct {
        int resource;
        uint64_t cur, max;
    } limits[] = {
        {RLIMIT_STACK, 8 << 20, RLIM64_INFINITY},
        {RLIMIT_CORE, 0, RLIM64_INFINITY},
        {RLIMIT_NOFILE, 1024, 524288},
        {RLIMIT_MEMLOCK, 8 << 20, 8 << 20},
        {RLIMIT_MSGQUEUE, 819200, 819200},
        {RLIMIT_NICE, 0, 0},
        {RLIMIT_RTPRIO, 0, 0},
        {RLIMIT_SIGPENDING, 31000, 31000},
        {RLIMIT_NPROC, 31000, 31000},
    };
    for (unsigned i = 0; i < RLIM_NLIMITS; i++)
        process->rlimit[i].cur = process->rlimit[i].max = RLIM64_INFINITY;
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        process->rlimit[limits[i].resource].cur = limits[i].cur;
        process->rlimit[limits[i].resource].max = limits[i].max;
    }
}

int process_create_main(struct box *box, const struct cred *cred, struct task **out)
{
    struct process *launcher = process_find(box, LAUNCHER_PID);
    struct process *process = process_create(box, launcher);
    if (!process)
        return -ENOMEM;
    process->actions = sig_actions_create();
    int error = process->actions ? task_create(process, 0, out) : -ENOMEM;
    if (error) {
        sig_actions_unref(process->actions);
        process_put(process);
        return error;
    }
    (*out)->cred = *cred;
    process->pgid = process->pid;
    process->sid = launcher->sid;
    process->tty = launcher->tty;
    process->exit_signal = SIGCHLD;
    set_default_limits(process);
    box->main = process;
    return 0;
}

/* ---- process groups ---- */

/* A member that connects its group to its session: its parent is in that, but not in the group. */
static bool anchors_group(const struct process *process)
{
    const struct process *parent = process->parent;
    return parent && parent != process->box->init && parent->pgid != process->pgid &&
           parent->sid == process->sid;
}

static bool group_orphaned_without(struct box *box, pid_t pgid, const struct process *ignored)
{
    for (const struct process *process = box->processes; process; process = process->all_next) {
        if (process->pgid != pgid || process == ignored || process->state != PROCESS_ALIVE)
            continue;
        if (anchors_group(process))
            return false;
    }
    return true;
}

bool process_group_orphaned(struct box *box, pid_t pgid)
{
    return group_orphaned_without(box, pgid, NULL);
}

static bool group_has_stopped(const struct box *box, pid_t pgid)
{
    for (const struct process *process = box->processes; process; process = process->all_next)
        if (process->pgid == pgid && process->stopped)
            return true;
    return false;
}

/*
 * `parent` ends or is left by `member`: if that made the member's group orphaned while it has
 * stopped members, they get SIGHUP and SIGCONT (POSIX, _exit).
 */
static void check_orphaned(struct process *member, const struct process *parent,
                           const struct process *ignored)
{
    struct box *box = member->box;
    if (!parent || parent->pgid == member->pgid || parent->sid != member->sid)
        return;
    if (!group_orphaned_without(box, member->pgid, ignored) ||
        !group_has_stopped(box, member->pgid))
        return;
    signal_send_group(box, member->pgid, SIGHUP, NULL);
    signal_send_group(box, member->pgid, SIGCONT, NULL);
}

/* ---- telling the parent ---- */

static void fill_child_info(const struct process *child, int signo, int code, int status,
                            siginfo_t *info)
{
    const int64_t tick = 10000000; /* ns; clock_t counts in hundredths of a second */
    memset(info, 0, sizeof *info);
    info->si_signo = signo;
    info->si_code = code;
    info->si_pid = child->pid;
    info->si_uid = process_leader(child)->cred.ruid;
    info->si_status = status;
    info->si_utime = child->cpu_user / tick;
    info->si_stime = child->cpu_system / tick;
}

void process_notify_parent(struct process *process, int si_code, int status)
{
    struct process *parent = process->parent;
    if (!parent)
        return;
    if (parent->actions) {
        const struct sig_action *action = &parent->actions->action[SIGCHLD - 1];
        siginfo_t info;
        fill_child_info(process, SIGCHLD, si_code, status, &info);
        if (action->handler != SIG_HANDLER_IGNORE && !(action->flags & SA_NOCLDSTOP))
            signal_send_process(parent, SIGCHLD, &info);
    }
    wait_wake_all(&parent->wait_children, 0);
}

/*
 * Sends a zombie's exit signal. True when nobody will wait for it: its parent ignores SIGCHLD, has
 * SA_NOCLDWAIT, or is init, which reaps at once.
 */
static bool notify_exit(struct process *zombie)
{
    struct process *parent = zombie->parent;
    bool reap = parent == zombie->box->init;
    int status = zombie->wait_status, signo = zombie->exit_signal;

    if (parent->actions) {
        const struct sig_action *action = &parent->actions->action[SIGCHLD - 1];
        bool ignored = action->handler == SIG_HANDLER_IGNORE;
        siginfo_t info;
        if (signo == SIGCHLD && (ignored || (action->flags & SA_NOCLDWAIT))) {
            reap = true;
            if (ignored)
                signo = 0;
        }
        fill_child_info(zombie, signo, WIFEXITED(status) ? CLD_EXITED : CLD_KILLED,
                        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), &info);
        if (signo > 0 && signo <= NSIG_GUEST)
            signal_send_process(parent, signo, &info);
    }
    wait_wake_all(&parent->wait_children, 0);
    return reap;
}

/* ---- ending ---- */

/* Whether anybody else runs on the task's memory. */
static bool memory_is_shared(const struct task *task)
{
    if (task->process->live_tasks > 1)
        return true;
    for (const struct process *other = task->box->processes; other; other = other->all_next)
        if (other != task->process && other->mm == task->mm)
            return true;
    return false;
}

static void clear_tid(struct task *task)
{
    static const uint32_t zero;
    gaddr_t tid = task->clear_child_tid;
    task->clear_child_tid = 0;
    if (!tid || !memory_is_shared(task))
        return;
    /* The address is the guest's: one that cannot be written is ignored, as Linux does. */
    if (copyout(task->mm, tid, &zero, sizeof zero) == 0)
        futex_wake_address(task->box, task->mm, tid, 1);
}

void task_release_memory(struct task *task)
{
    if (task->mm) {
        futex_exit_robust_list(task);
        clear_tid(task);
    }
    if (task->vfork_wait) {
        task->vfork_wait->done = true;
        wait_wake_all(&task->vfork_wait->queue, 0);
        task->vfork_wait = NULL;
    }
}

/* The nearest living ancestor that asked for orphans (PR_SET_CHILD_SUBREAPER), or init. */
static struct process *find_reaper(const struct process *process)
{
    for (struct process *ancestor = process->parent; ancestor; ancestor = ancestor->parent)
        if (ancestor->child_subreaper && ancestor->state == PROCESS_ALIVE && !ancestor->exiting)
            return ancestor;
    return process->box->init;
}

/* prctl(PR_SET_PDEATHSIG): sent as if the dying parent did it. */
static void send_death_signal(struct process *child, const struct process *parent)
{
    siginfo_t info;
    signal_info_user(process_leader(parent), child->parent_death_signal, SI_USER, &info);
    signal_send_process(child, child->parent_death_signal, &info);
}

static void reparent_children(struct process *process)
{
    struct process *reaper = find_reaper(process), *child;
    CHECK(reaper != process);
    while ((child = process->children)) {
        abandon(process, child);
        adopt(reaper, child);
        child->exit_signal = SIGCHLD;
        if (child->parent_death_signal && child->state == PROCESS_ALIVE)
            send_death_signal(child, process);
        if (child->state == PROCESS_ZOMBIE) {
            if (notify_exit(child))
                process_reap(child);
            continue;
        }
        check_orphaned(child, process, NULL);
    }
}

void process_release_program(struct process *process)
{
    if (process->mm)
        mm_unref(process->mm);
    process->mm = NULL;
    if (process->exe_file) {
        process->exe_file->inode->write_count++;
        file_put(process->exe_file);
    }
    process->exe_file = NULL;
    process->exe = NULL;
    sig_actions_unref(process->actions);
    process->actions = NULL;
    signal_flush(&process->pending);
}

/* The last task has gone. */
static void end_process(struct process *process)
{
    struct box *box = process->box;
    struct mm_stats stats = {0};
    if (process->mm)
        mm_stats(process->mm, &stats);
    if (stats.resident > process->max_rss)
        process->max_rss = stats.resident;
    process_release_program(process);
    if (process->sid == process->pid && process->tty)
        terminal_session_ended(process);
    process->tty = NULL;
    process->stopped = false;
    process->state = PROCESS_ZOMBIE;
    reparent_children(process);
    check_orphaned(process, process->parent, process);
    wait_wake_all(&process->wait_exit, POLLIN | POLLRDNORM);
    if (process == box->main)
        box_main_ended(box, process->wait_status);
    if (notify_exit(process))
        process_reap(process);
}

void task_exit(struct task *task)
{
    struct process *process = task->process;
    bool last = process->live_tasks == 1, leader = process->tasks == task;

    if (last) {
        itimers_stop(process);
        posix_timers_delete(process);
    }
    task_release_memory(task);
    fd_table_unref(task, task->fds);
    fs_context_unref(task->fs);
    cpu_thread_free(task->cpu);
    if (task->mm)
        mm_unref(task->mm);
    task->fds = NULL;
    task->fs = NULL;
    task->cpu = NULL;
    task->mm = NULL;
    signal_flush(&task->pending);
    process->cpu_user += task->cpu_user;
    process->cpu_system += task->cpu_system;
    process->voluntary_switches += task->voluntary_switches;
    process->involuntary_switches += task->involuntary_switches;
    task->exited = true;
    process->live_tasks--;
    if (!leader)
        free_task(task);
    if (last)
        end_process(process);
    else
        wait_wake_all(&process->wait_threads, 0);
}

void process_reap(struct process *process)
{
    CHECK(process->state == PROCESS_ZOMBIE);
    unlist_process(process);
    free_task(process->tasks);
    process->state = PROCESS_DEAD;
    process->parent = NULL;
    process_put(process);
}

static void request_exit(struct task *task)
{
    task->exit_requested = true;
    task_interrupt(task);
}

void process_exit_group(struct process *process, int wait_status)
{
    if (process->exiting || process->state != PROCESS_ALIVE || process_is_kernel(process))
        return;
    process->exiting = true;
    process->stopped = false;
    process->wait_status = wait_status;
    for (struct task *task = process->tasks; task; task = task->thread_next)
        if (!task->exited)
            request_exit(task);
}

void task_request_exit(struct task *task, int wait_status)
{
    struct process *process = task->process;
    if (process->live_tasks == 1) {
        /* A leader that ended before has said how the process ended. */
        process_exit_group(process, process->tasks == task ? wait_status : process->wait_status);
        return;
    }
    if (process->tasks == task && !process->exiting)
        process->wait_status = wait_status;
    task->exit_requested = true;
}

static int kill_one(struct process *process, void *ctx)
{
    (void)ctx;
    if (process != process->box->main)
        process_exit_group(process, SIGKILL);
    return 0;
}

void process_kill_all(struct box *box)
{
    process_each(box, kill_one, NULL);
}

/* Frees a process whose leader runs no code: the box's own, or one that never started. */
static void discard_process(struct process *process)
{
    struct task *leader = process->tasks;

    process_release_program(process);
    if (leader->fds)
        fd_table_unref(leader, leader->fds);
    if (leader->fs)
        fs_context_unref(leader->fs);
    if (leader->cpu)
        cpu_thread_free(leader->cpu);
    if (leader->mm)
        mm_unref(leader->mm);
    task_discard(leader);
}

void process_destroy_all(struct box *box)
{
    while (box->processes) {
        struct process *process = box->processes;

        /* The youngest first: a child's end is entered in its parent. */
        while (process->all_next)
            process = process->all_next;
        CHECK(process->box == box);
        if (process->state == PROCESS_ZOMBIE)
            process_reap(process);
        else
            discard_process(process);
    }
}

/* ---- execve from one thread of many ---- */

/* The caller becomes the leader: the old one's number is its own now. */
static void take_leadership(struct task *task)
{
    struct process *process = task->process;
    struct task *leader = process->tasks;
    CHECK(leader && leader->exited);
    struct task **link = &leader->thread_next;
    while (*link != task)
        link = &(*link)->thread_next;
    *link = task->thread_next;
    task->box->tasks_by_tid[task->tid] = NULL;
    free_task(leader);
    task->tid = process->pid;
    task->box->tasks_by_tid[task->tid] = task;
    task->thread_next = process->tasks;
    process->tasks = task;
}

int process_become_single(struct task *task)
{
    struct process *process = task->process;
    if (process->exiting || task->exit_requested)
        return -EAGAIN;
    for (struct task *other = process->tasks; other; other = other->thread_next)
        if (other != task && !other->exited)
            request_exit(other);
    while (process->live_tasks > 1) {
        struct wait_entry entry = {.task = task};
        wait_add(&process->wait_threads, &entry);
        int error = task_wait_killable(task);
        wait_remove(&entry);
        if (error || task->exit_requested)
            return -EAGAIN;
    }
    if (process->tasks != task)
        take_leadership(task);
    return 0;
}
