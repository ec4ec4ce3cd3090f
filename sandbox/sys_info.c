/*
 * What the system says of itself: uname(2), sethostname(2), setdomainname(2), sysinfo(2),
 * syslog(2), getrandom(2), vhangup(2).
 */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/personality.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "abi/handlers.h"
#include "sandbox/process.h"
#include "sandbox/time.h"
#include "sandbox/version.h"
#include "sandbox/vfs/tty.h"

/* Size that the kernel's log buffer claims to have, though nothing is ever in it. */
#define LOG_BUFFER (1 << 17)

/* What old programs are told under personality(UNAME26): 2.6 and the minor number plus 60. */
#define KERNEL_RELEASE_26 "2.6.72"

SYS(uname)
{
    struct utsname name = {
        .sysname = KERNEL_NAME,
        .release = KERNEL_RELEASE,
        .version = KERNEL_VERSION,
        .machine = "x86_64",
    };
    _Static_assert(sizeof name == 390, "struct new_utsname of the ABI");
    memcpy(name.nodename, t->box->hostname, sizeof name.nodename);
    memcpy(name.domainname, t->box->domainname, sizeof name.domainname);
    if (t->process->personality & UNAME26)
        strcpy(name.release, KERNEL_RELEASE_26);
    if ((t->process->personality & PER_MASK) == PER_LINUX32)
        strcpy(name.machine, "i686");
    return copyout(t->mm, a->buf, &name, sizeof name);
}

static long set_name(struct task *task, char name[65], gaddr_t from, int len)
{
    char copy[65] = {0};
    if (!task_capable(task, CAP_SYS_ADMIN))
        return -EPERM;
    if (len < 0 || len > 64)
        return -EINVAL;
    if (copyin(task->mm, copy, from, (size_t)len))
        return -EFAULT;
    memcpy(name, copy, sizeof copy);
    return 0;
}

SYS(sethostname)
{
    return set_name(t, t->box->hostname, a->name, a->len);
}

SYS(setdomainname)
{
    return set_name(t, t->box->domainname, a->name, a->len);
}

SYS(sysinfo)
{
    struct arena *arena = t->box->arena;
    const struct sysinfo info = {
        .uptime = clock_monotonic(t->box) / NS_PER_SECOND,
        .totalram = arena_limit(arena) * PAGE_SIZE,
        .freeram = (arena_limit(arena) - arena_used(arena)) * PAGE_SIZE,
        .procs = (unsigned short)(t->box->task_count < USHRT_MAX ? t->box->task_count : USHRT_MAX),
        .mem_unit = 1,
    };
    return copyout(t->mm, a->info, &info, sizeof info);
}

/* ---- the kernel's log ---- */

enum {
    LOG_CLOSE,
    LOG_OPEN,
    LOG_READ,
    LOG_READ_ALL,
    LOG_READ_CLEAR,
    LOG_CLEAR,
    LOG_CONSOLE_OFF,
    LOG_CONSOLE_ON,
    LOG_CONSOLE_LEVEL,
    LOG_SIZE_UNREAD,
    LOG_SIZE_BUFFER
};

/* The log stays empty: a reader waits until a signal comes. */
static long read_log(struct task *task)
{
    for (;;) {
        int error = task_wait(task, WAIT_FOREVER, RESTART_SYS);
        if (error)
            return error;
    }
}

SYS(syslog)
{
    bool open_to_all = a->type == LOG_READ_ALL || a->type == LOG_SIZE_BUFFER;
    if (!open_to_all && !task_capable(t, CAP_SYSLOG) && !task_capable(t, CAP_SYS_ADMIN))
        return -EPERM;
    switch (a->type) {
    case LOG_READ:
    case LOG_READ_ALL:
    case LOG_READ_CLEAR:
        if (!a->bufp || a->len < 0)
            return -EINVAL;
        if (!a->len)
            return 0;
        if (a->bufp >= MM_TOP)
            return -EFAULT;
        return a->type == LOG_READ ? read_log(t) : 0;
    case LOG_CONSOLE_LEVEL:
        return a->len < 1 || a->len > 8 ? -EINVAL : 0;
    case LOG_CLOSE:
    case LOG_OPEN:
    case LOG_CLEAR:
    case LOG_CONSOLE_OFF:
    case LOG_CONSOLE_ON:
    case LOG_SIZE_UNREAD:
        return 0;
    case LOG_SIZE_BUFFER:
        return LOG_BUFFER;
    default:
        return -EINVAL;
    }
}

/* ---- random numbers ---- */

SYS(getrandom)
{
    uint8_t piece[1024];
    uint64_t len = a->buflen > INT_MAX ? INT_MAX : a->buflen;
    if (a->flags & ~(uint32_t)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    if ((a->flags & GRND_RANDOM) && (a->flags & GRND_INSECURE))
        return -EINVAL;
    for (uint64_t done = 0; done < len;) {
        size_t part = len - done < sizeof piece ? len - done : sizeof piece;
        rng_bytes(t->box, piece, part);
        size_t copied = copyout_some(t->mm, a->buf + done, piece, part);
        done += copied;
        if (copied < part)
            return done ? (long)done : -EFAULT;
    }
    return (long)len;
}

SYS(vhangup)
{
    if (!task_capable(t, CAP_SYS_TTY_CONFIG))
        return -EPERM;
    if (t->process->tty)
        terminal_hangup(t->process->tty);
    return 0;
}
