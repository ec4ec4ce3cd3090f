/* signalfd(2): pending signals read as records. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "abi/handlers.h"
#include "sandbox/signal.h"
#include "sandbox/vfs/poll.h"
#include "sandbox/vfs/vfs.h"

/* Codes by which the members of siginfo_t are told apart: asm-generic/siginfo.h. */
#define CODE_KERNEL 0x80

struct signalfd {
    sigset64 mask;
};

static const struct file_ops signalfd_ops;

static bool is_fault(int signo)
{
    return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL || signo == SIGFPE ||
           signo == SIGTRAP;
}

static void copy_kernel_members(struct signalfd_siginfo *out, const siginfo_t *info)
{
    if (is_fault(info->si_signo)) {
        out->ssi_addr = (uint64_t)(uintptr_t)info->si_addr;
        if (info->si_signo == SIGBUS)
            out->ssi_addr_lsb = (uint16_t)info->si_addr_lsb;
    } else if (info->si_signo == SIGCHLD) {
        out->ssi_pid = (uint32_t)info->si_pid;
        out->ssi_uid = info->si_uid;
        out->ssi_status = info->si_status;
        out->ssi_utime = (uint64_t)info->si_utime;
        out->ssi_stime = (uint64_t)info->si_stime;
    } else if (info->si_signo == SIGPOLL) {
        out->ssi_band = (uint32_t)info->si_band;
        out->ssi_fd = info->si_fd;
    } else if (info->si_signo == SIGSYS) {
        out->ssi_call_addr = (uint64_t)(uintptr_t)info->si_call_addr;
        out->ssi_syscall = info->si_syscall;
        out->ssi_arch = info->si_arch;
    } else {
        out->ssi_pid = (uint32_t)info->si_pid;
        out->ssi_uid = info->si_uid;
    }
}

/* Which members a siginfo has is told by its code, and for the kernel's own codes by the signal. */
static void copy_info(struct signalfd_siginfo *out, const siginfo_t *info)
{
    *out = (struct signalfd_siginfo){
        .ssi_signo = (uint32_t)info->si_signo,
        .ssi_errno = info->si_errno,
        .ssi_code = info->si_code,
    };
    if (info->si_code > SI_USER && info->si_code < CODE_KERNEL) {
        copy_kernel_members(out, info);
        return;
    }
    switch (info->si_code) {
    case SI_TIMER:
        out->ssi_tid = (uint32_t)info->si_timerid;
        out->ssi_overrun = (uint32_t)info->si_overrun;
        break;
    case SI_SIGIO:
        out->ssi_band = (uint32_t)info->si_band;
        out->ssi_fd = info->si_fd;
        return;
    default:
        out->ssi_pid = (uint32_t)info->si_pid;
        out->ssi_uid = info->si_uid;
    }
    if (info->si_code < 0) {
        out->ssi_ptr = (uint64_t)(uintptr_t)info->si_ptr;
        out->ssi_int = info->si_int;
    }
}

/*
 * Takes a signal, waiting for one. A signal of the set that is not blocked is read, too, when it
 * ends the wait.
 */
static int take_signal(struct file *file, bool nonblocking, siginfo_t *info)
{
    const struct signalfd *signalfd = file->private;
    struct task *task = task_current();
    int error = 0;

    while (!signal_take(task, signalfd->mask, info)) {
        if (nonblocking)
            return -EAGAIN;
        if (error)
            return error;
        error = wait_on(&task->process->signal_wait, task, WAIT_FOREVER, RESTART_SYS);
    }
    return 0;
}

static ssize_t signalfd_read(struct file *file, struct uio *uio, int64_t *pos)
{
    bool nonblocking = file->flags & O_NONBLOCK;
    struct signalfd_siginfo record;
    ssize_t done = 0;
    siginfo_t info;

    (void)pos;
    if (uio->left < sizeof record)
        return -EINVAL;
    while (uio->left >= sizeof record) {
        int error = take_signal(file, nonblocking, &info);

        if (error)
            return done ? done : error;
        copy_info(&record, &info);
        if (uio_copy_to(uio, &record, sizeof record) != sizeof record)
            return done ? done : -EFAULT;
        done += (ssize_t)sizeof record;
        nonblocking = true;
    }
    return done;
}

/* The signals of whoever asks, as on Linux: a descriptor that was inherited shows one's own. */
static unsigned signalfd_poll(struct file *file, struct poll_table *table)
{
    const struct signalfd *signalfd = file->private;
    struct task *task = task_current();

    poll_wait(table, &task->process->signal_wait);
    return signal_pending_set(task) & signalfd->mask ? POLLIN : 0;
}

static void signalfd_release(struct file *file)
{
    free(file->private);
}

static size_t signalfd_fdinfo(struct file *file, char *buf, size_t size)
{
    const struct signalfd *signalfd = file->private;
    int len = snprintf(buf, size, "sigmask:\t%016llx\n", (unsigned long long)signalfd->mask);

    return (size_t)len < size ? (size_t)len : size;
}

static const struct file_ops signalfd_ops = {
    .read = signalfd_read,
    .lseek = noop_lseek,
    .poll = signalfd_poll,
    .release = signalfd_release,
    .fdinfo = signalfd_fdinfo,
};

/* ---- calls ---- */

static long create(struct task *task, sigset64 mask, int flags)
{
    struct signalfd *signalfd = calloc(1, sizeof *signalfd);
    struct file *file;

    if (!signalfd)
        return -ENOMEM;
    signalfd->mask = mask;
    file = file_anonymous(task->box, "anon_inode:[signalfd]", &signalfd_ops, signalfd,
                          O_RDWR | ((uint32_t)flags & SFD_NONBLOCK));
    if (!file) {
        free(signalfd);
        return -ENOMEM;
    }
    return fd_install(task, file, 0, flags & SFD_CLOEXEC);
}

static long change(struct task *task, int fd, sigset64 mask)
{
    struct file *file = fd_get(task, fd);
    long result = -EINVAL;

    if (!file)
        return -EBADF;
    if (file->ops == &signalfd_ops) {
        ((struct signalfd *)file->private)->mask = mask;
        wait_wake_all(&task->process->signal_wait, 0);
        result = fd;
    }
    file_put(file);
    return result;
}

static long make_or_change(struct task *task, int fd, gaddr_t mask, uint64_t size, int flags)
{
    sigset64 set;
    int error = signal_copy_set(task, mask, size, &set);

    if (error)
        return error;
    if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
        return -EINVAL;
    set &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
    return fd == -1 ? create(task, set, flags) : change(task, fd, set);
}

long sys_signalfd(struct task *task, const struct signalfd_args *args)
{
    return make_or_change(task, args->fd, args->mask, args->sizemask, 0);
}

long sys_signalfd4(struct task *task, const struct signalfd4_args *args)
{
    return make_or_change(task, args->fd, args->mask, args->sizemask, args->flags);
}
