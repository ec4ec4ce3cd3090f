/* Signals for events of files: see async.h. Hooks on the file's wait queues send them. */
#include "sandbox/vfs/async.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#include "sandbox/process.h"
#include "sandbox/vfs/poll.h"
#include "sandbox/vfs/super.h"

enum { QUEUES_MAX = 4 };

struct file_async {
    struct poll_table table; /* while the hooks are hung up */
    struct file *file;
    int fd;
    unsigned count;
    struct wait_entry hook[QUEUES_MAX];
};

bool file_can_async(const struct file *file)
{
    uint32_t type = file->inode->type;

    return file->ops->poll && (type == S_IFIFO || type == S_IFSOCK || type == S_IFCHR);
}

/* ---- sending ---- */

/* POLL_IN is a code of SIGPOLL; other signals that have codes of their own get SI_SIGIO. */
static bool has_own_codes(int signo)
{
    switch (signo) {
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
    case SIGTRAP:
    case SIGCHLD:
    case SIGSYS:
        return true;
    default:
        return false;
    }
}

static bool owner_may_signal(const struct file *file, const struct cred *to)
{
    return file->owner_euid == 0 || file->owner_euid == to->suid || file->owner_euid == to->ruid ||
           file->owner_uid == to->suid || file->owner_uid == to->ruid;
}

static void send_to_task(const struct file *file, int fd, struct task *task, bool thread, int code)
{
    siginfo_t info = {.si_signo = file->owner_signal, .si_code = code};
    int error = -1;

    if (!task || !owner_may_signal(file, &task->cred))
        return;
    info.si_band =
        code == POLL_OUT ? (long)(POLLOUT | POLLWRNORM | POLLWRBAND) : POLLIN | POLLRDNORM;
    info.si_band |= code == POLL_MSG ? POLLMSG : 0;
    info.si_fd = fd;
    if (file->owner_signal != SIGPOLL && has_own_codes(file->owner_signal))
        info.si_code = SI_SIGIO;
    if (file->owner_signal)
        error = thread ? signal_send_task(task, file->owner_signal, &info)
                       : signal_send_process(task->process, file->owner_signal, &info);
    if (error == 0)
        return;
    /* Without F_SETSIG, or when the queue is full. */
    if (thread)
        signal_send_task(task, SIGIO, NULL);
    else
        signal_send_process(task->process, SIGIO, NULL);
}

void file_signal_owner(const struct file *file, int fd, int code)
{
    struct box *box = file->inode->sb->box;
    struct process *process, *next;

    if (file->owner_pid > 0) {
        send_to_task(file, fd, task_find(box, file->owner_pid), file->owner_type == F_OWNER_TID,
                     code);
        return;
    }
    for (process = box->processes; process && file->owner_pid < 0; process = next) {
        next = process->all_next;
        if (process->pgid == -file->owner_pid)
            send_to_task(file, fd, process_leader(process), false, code);
    }
}

static bool hook_woken(struct wait_entry *entry, unsigned events)
{
    const struct file_async *async = entry->ctx;

    if (events & (POLLIN | POLLHUP))
        file_signal_owner(async->file, async->fd, POLL_IN);
    else if (events & (POLLOUT | POLLERR))
        file_signal_owner(async->file, async->fd, POLL_OUT);
    return false;
}

/* ---- turning on and off ---- */

static void hook_add(struct poll_table *table, struct wait_queue *queue)
{
    struct file_async *async = (struct file_async *)table;
    struct wait_entry *hook = &async->hook[async->count];

    CHECK(async->count < QUEUES_MAX);
    async->count++;
    *hook = (struct wait_entry){.wake = hook_woken, .ctx = async};
    wait_add(queue, hook);
}

static void turn_off(struct file *file)
{
    struct file_async *async = file->async;

    for (unsigned i = 0; i < async->count; i++)
        wait_remove(&async->hook[i]);
    free(async);
    file->async = NULL;
    file->flags &= ~(uint32_t)O_ASYNC;
}

int file_set_async(struct file *file, int fd, bool on)
{
    struct file_async *async;

    if (!on) {
        if (file->async)
            turn_off(file);
        return 0;
    }
    if (!file->async) {
        async = calloc(1, sizeof *async);
        if (!async)
            return -ENOMEM;
        async->table.add = hook_add;
        async->file = file;
        file->async = async;
        file->flags |= O_ASYNC;
        vfs_poll(file, &async->table);
    }
    file->async->fd = fd;
    return 0;
}
