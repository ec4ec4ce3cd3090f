/*
 * Terminals and processes: controlling terminals, sessions, foreground groups, job control and
 * hangups. credentials(7), tcsetpgrp(3), ioctl_tty(2). May include sandbox/.
 *
 * A process's tty is a borrowed pointer: a terminal that is somebody's controlling terminal holds
 * a reference on itself, and takes itself out of every process of its session before it drops it.
 */
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/sysmacros.h>

#include "sandbox/kernel.h"
#include "sandbox/vfs/tty.h"

static bool is_session_leader(const struct process *process)
{
    return process->pid == process->sid;
}

/* ---- sessions ---- */

static int drop_terminal(struct process *process, void *ctx)
{
    if (process->tty == ctx)
        process->tty = NULL;
    return 0;
}

/* Nobody's controlling terminal any more. May free the terminal unless the caller holds it. */
static void clear_session(struct terminal *terminal)
{
    if (!terminal->session)
        return;
    (void)process_each(terminal->box, drop_terminal, terminal);
    terminal->session = 0;
    terminal->foreground = 0;
    terminal_put(terminal);
}

static void make_controlling(struct process *process, struct terminal *terminal)
{
    clear_session(terminal_get(terminal));
    /* The reference just taken is now the session's. */
    terminal->session = process->sid;
    terminal->foreground = process->pgid;
    process->tty = terminal;
}

void tty_adopt_on_open(struct task *task, struct terminal *terminal, const struct file *file)
{
    struct process *process = task->process;

    if (!(file->flags & O_NOCTTY) && is_session_leader(process) && !process->tty &&
        !terminal->session && file_readable(file))
        make_controlling(process, terminal);
}

int tty_set_controlling(struct task *task, struct terminal *terminal, const struct file *file,
                        uint64_t steal)
{
    struct process *process = task->process;

    if (is_session_leader(process) && terminal->session == process->sid)
        return 0;
    if (!is_session_leader(process) || process->tty)
        return -EPERM;
    if (terminal->session && !(steal == 1 && task_capable(task, CAP_SYS_ADMIN)))
        return -EPERM;
    if (!file_readable(file) && !task_capable(task, CAP_SYS_ADMIN))
        return -EPERM;
    make_controlling(process, terminal);
    return 0;
}

static void signal_foreground_hangup(struct terminal *terminal, bool and_continue)
{
    if (!terminal->foreground)
        return;
    tty_signal_foreground(terminal, SIGHUP);
    if (and_continue)
        tty_signal_foreground(terminal, SIGCONT);
}

int tty_give_up_controlling(struct task *task, struct terminal *terminal)
{
    struct process *process = task->process;

    if (process->tty != terminal)
        return -ENOTTY;
    if (is_session_leader(process)) {
        signal_foreground_hangup(terminal, true);
        clear_session(terminal);
    }
    process->tty = NULL;
    return 0;
}

void terminal_session_ended(struct process *leader)
{
    struct terminal *terminal = leader->tty;

    if (!terminal || terminal->session != leader->sid || !is_session_leader(leader))
        return;
    signal_foreground_hangup(terminal, false);
    clear_session(terminal);
}

void terminal_hangup(struct terminal *terminal)
{
    struct process *leader = NULL;

    terminal->hangups++;
    if (terminal->session) {
        leader = process_find(terminal->box, terminal->session);
        terminal_get(terminal);
        clear_session(terminal);
        if (leader) {
            (void)signal_send_process(leader, SIGHUP, NULL);
            (void)signal_send_process(leader, SIGCONT, NULL);
        }
        terminal_put(terminal);
    }
    wait_wake_all(&terminal->slave_wait, POLLIN | POLLOUT | POLLHUP | POLLERR);
    wait_wake_all(&terminal->master_wait, POLLIN | POLLOUT | POLLHUP);
}

int terminal_number(const struct terminal *terminal)
{
    uint64_t device = terminal ? terminal_device(terminal) : 0;

    return (int)((minor(device) & 0xff) | major(device) << 8 | (minor(device) & ~0xffu) << 12);
}

int terminal_foreground(const struct terminal *terminal)
{
    return terminal ? terminal->foreground : -1;
}

/* ---- job control ---- */

void tty_signal_foreground(struct terminal *terminal, int signo)
{
    if (terminal->foreground)
        (void)signal_send_group(terminal->box, terminal->foreground, signo, NULL);
}

static bool ignores(const struct task *task, int signo)
{
    return (task->sigmask & SIGBIT(signo)) ||
           task->process->actions->action[signo - 1].handler == (gaddr_t)(uintptr_t)SIG_IGN;
}

int tty_check_job(struct task *task, struct terminal *terminal, int signo)
{
    struct process *process = task->process;

    if (process->tty != terminal || !terminal->foreground || process->pgid == terminal->foreground)
        return 0;
    if (ignores(task, signo))
        return signo == SIGTTIN ? -EIO : 0;
    if (process_group_orphaned(terminal->box, process->pgid))
        return -EIO;
    (void)signal_send_group(terminal->box, process->pgid, signo, NULL);
    task->restart = RESTART_SYS;
    return -EINTR;
}

int tty_get_foreground(struct task *task, struct terminal *terminal, bool master, gaddr_t arg)
{
    int32_t group = terminal->foreground;

    if (!master && task->process->tty != terminal)
        return -ENOTTY;
    return copyout(task->mm, arg, &group, sizeof(group));
}

static int same_session(struct process *process, void *ctx)
{
    const struct process *wanted = ctx;

    if (process->pgid != wanted->pgid || process->state != PROCESS_ALIVE)
        return 0;
    return process->sid == wanted->sid ? 1 : 2;
}

int tty_set_foreground(struct task *task, struct terminal *terminal, gaddr_t arg)
{
    int error = tty_check_job(task, terminal, SIGTTOU);
    struct process wanted = {.sid = task->process->sid};
    int32_t group;

    if (error)
        return error == -EIO ? -ENOTTY : error;
    if (copyin(task->mm, &group, arg, sizeof(group)))
        return -EFAULT;
    if (group < 0)
        return -EINVAL;
    if (task->process->tty != terminal || terminal->session != task->process->sid)
        return -ENOTTY;
    wanted.pgid = group;
    switch (process_each(terminal->box, same_session, &wanted)) {
    case 0:
        return -ESRCH;
    case 1:
        terminal->foreground = group;
        return 0;
    default:
        return -EPERM;
    }
}

int tty_get_session(struct task *task, struct terminal *terminal, bool master, gaddr_t arg)
{
    int32_t session = terminal->session;

    if ((!master && task->process->tty != terminal) || !session)
        return -ENOTTY;
    return copyout(task->mm, arg, &session, sizeof(session));
}
