/* Process descriptors: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2), and waiting on them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#include "abi/handlers.h"
#include "sandbox/process.h"
#include "sandbox/signal.h"
#include "sandbox/vfs/vfs.h"

/* Whom pidfd_send_signal means, in its flags (6.9). */
enum { SIGNAL_THREAD = 1, SIGNAL_THREAD_GROUP = 2, SIGNAL_PROCESS_GROUP = 4 };

static unsigned pidfd_poll(struct file *file, struct poll_table *table)
{
    struct process *process = file->private;
    poll_wait(table, &process->wait_exit);
    switch (process->state) {
    case PROCESS_ZOMBIE:
        return POLLIN | POLLRDNORM;
    case PROCESS_DEAD:
        return POLLIN | POLLRDNORM | POLLHUP;
    default:
        return 0;
    }
}

static void pidfd_release(struct file *file)
{
    process_put(file->private);
}

static size_t pidfd_fdinfo(struct file *file, char *buf, size_t size)
{
    const struct process *process = file->private;
    int pid = process->state == PROCESS_DEAD ? -1 : process->pid;
    int len = snprintf(buf, size, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
    return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size;
}

static const struct file_ops pidfd_ops = {
    .poll = pidfd_poll,
    .release = pidfd_release,
    .fdinfo = pidfd_fdinfo,
};

int pidfd_open_process(struct task *task, struct process *process, uint32_t flags)
{
    struct file *file = file_anonymous(task->box, "anon_inode:[pidfd]", &pidfd_ops,
                                       process_get(process), O_RDWR | flags);
    if (!file) {
        process_put(process);
        return -ENOMEM;
    }
    return fd_install(task, file, 0, true);
}

/* The process with a reference; NULL when fd is no pidfd. */
static struct process *process_of_fd(struct task *task, int fd, uint32_t *flags)
{
    struct process *process = NULL;
    struct file *file = fd_get(task, fd);
    if (!file)
        return NULL;
    if (file->ops == &pidfd_ops) {
        process = process_get(file->private);
        *flags = file->flags;
    }
    file_put(file);
    return process;
}

int pidfd_wait_target(struct task *task, int fd, struct process **out, bool *nonblocking)
{
    uint32_t flags;
    *out = process_of_fd(task, fd, &flags);
    if (!*out)
        return -EBADF;
    *nonblocking = (flags & O_NONBLOCK) != 0;
    return 0;
}

SYS(pidfd_open)
{
    if ((a->flags & ~(uint32_t)O_NONBLOCK) || a->pid <= 0)
        return -EINVAL;
    struct process *process = process_find(t->box, a->pid);
    if (!process)
        return task_find(t->box, a->pid) ? -EINVAL : -ESRCH;
    return pidfd_open_process(t, process, a->flags);
}

static int send_signal(struct task *task, struct process *process, int signo, const siginfo_t *info,
                       uint32_t flags)
{
    if (process->state == PROCESS_DEAD)
        return -ESRCH;
    int error = signal_check_permission(task, process, signo);
    if (error || !signo)
        return error;
    if (flags & SIGNAL_PROCESS_GROUP)
        return signal_send_group(task->box, process->pgid, signo, info);
    if (flags & SIGNAL_THREAD)
        return signal_send_task(process_leader(process), signo, info);
    return signal_send_process(process, signo, info);
}

/* The sender's own siginfo, or the one of kill. */
static int make_info(struct task *task, const struct pidfd_send_signal_args *a,
                     const struct process *target, siginfo_t *info)
{
    int code = a->flags & SIGNAL_THREAD ? SI_TKILL : SI_USER;
    if (!a->info) {
        signal_info_user(task, a->sig, code, info);
        return 0;
    }
    if (copyin(task->mm, info, a->info, sizeof *info))
        return -EFAULT;
    if (info->si_signo != a->sig)
        return -EINVAL;
    bool pretends = info->si_code >= 0 || info->si_code == SI_TKILL;
    return pretends && target != task->process ? -EPERM : 0;
}

SYS(pidfd_send_signal)
{
    const uint32_t known = SIGNAL_THREAD | SIGNAL_THREAD_GROUP | SIGNAL_PROCESS_GROUP;
    uint32_t file_flags;
    siginfo_t info;
    if ((a->flags & ~known) || (a->flags & (a->flags - 1)))
        return -EINVAL;
    struct process *process = process_of_fd(t, a->pidfd, &file_flags);
    if (!process)
        return -EBADF;
    int error = make_info(t, a, process, &info);
    if (!error && (a->sig < 0 || a->sig > NSIG_GUEST))
        error = -EINVAL;
    if (!error)
        error = send_signal(t, process, a->sig, &info, a->flags);
    process_put(process);
    return error;
}

static int take_file(struct task *task, const struct process *process, int fd)
{
    if (process->state == PROCESS_DEAD)
        return -ESRCH;
    struct task *target = process_leader(process);
    if (!task_may_inspect(task, target))
        return -EPERM;
    if (!target->fds)
        return -ESRCH;
    struct file *file = fd_get(target, fd);
    return file ? fd_install(task, file, 0, true) : -EBADF;
}

SYS(pidfd_getfd)
{
    uint32_t file_flags;
    if (a->flags)
        return -EINVAL;
    struct process *process = process_of_fd(t, a->pidfd, &file_flags);
    if (!process)
        return -EBADF;
    int result = take_file(t, process, a->targetfd);
    process_put(process);
    return result;
}
