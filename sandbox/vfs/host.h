/*
 * The host calls that the file systems make, each through the runtime's stub: the result or -errno,
 * libc's errno untouched. Raw calls keep the P, which is right for calls that sleep at most for a
 * disk; what may sleep for an event goes through host_call_waiting. Included in sandbox/vfs/ alone.
 */
#ifndef SANDBOX_VFS_HOST_H
#define SANDBOX_VFS_HOST_H

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "runtime/rt.h"

static inline long host_call(long nr, long a1, long a2, long a3, long a4, long a5, long a6)
{
    return rt_call_raw(nr, a1, a2, a3, a4, a5, a6);
}

/*
 * A call that may sleep until something happens outside. Other Gs go on; a signal for the calling
 * task ends it with -EINTR, and a restart is noted as for read(2). From a guest task.
 */
long host_call_waiting(long nr, long a1, long a2, long a3, long a4);

static inline int host_close(int fd)
{
    return (int)host_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

/*
 * openat2 of one name below a directory, or of "." itself. Whatever the name turns out to be at
 * that moment, nothing outside of the directory is reached and no link is followed.
 */
static inline int host_open_beneath(int dirfd, const char *name, uint64_t flags, uint64_t mode)
{
    struct open_how how = {
        .flags = flags | O_NOFOLLOW | O_CLOEXEC,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };

    return (int)host_call(SYS_openat2, dirfd, (long)name, (long)&how, sizeof(how), 0, 0);
}

/* statx of `name` below dirfd without following a link, or of dirfd itself when name is "". */
static inline int host_statx(int dirfd, const char *name, struct statx *out)
{
    return (int)host_call(SYS_statx, dirfd, (long)name,
                          AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH),
                          STATX_BASIC_STATS | STATX_BTIME, (long)out, 0);
}

static inline ssize_t host_preadv(int fd, const struct iovec *iov, int count, int64_t pos)
{
    return host_call(SYS_preadv, fd, (long)iov, count, pos, 0, 0);
}

/* flags: RWF_*. On x86-64 the offset is one register; the fifth argument is not looked at. */
static inline ssize_t host_pwritev2(int fd, const struct iovec *iov, int count, int64_t pos,
                                    int flags)
{
    return host_call(SYS_pwritev2, fd, (long)iov, count, pos, 0, flags);
}

static inline ssize_t host_pread(int fd, void *buf, size_t len, int64_t pos)
{
    return host_call(SYS_pread64, fd, (long)buf, (long)len, pos, 0, 0);
}

static inline ssize_t host_pwrite(int fd, const void *buf, size_t len, int64_t pos)
{
    return host_call(SYS_pwrite64, fd, (long)buf, (long)len, pos, 0, 0);
}

static inline int64_t host_lseek(int fd, int64_t offset, int whence)
{
    return host_call(SYS_lseek, fd, offset, whence, 0, 0, 0);
}

static inline int host_ioctl(int fd, unsigned long request, void *arg)
{
    return (int)host_call(SYS_ioctl, fd, (long)request, (long)arg, 0, 0, 0);
}

static inline int host_dup(int fd)
{
    return (int)host_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3, 0, 0, 0);
}

/* The events of `wanted` that are true now (and POLLERR, POLLHUP), or -errno. */
static inline int host_poll_now(int fd, short wanted)
{
    struct pollfd entry = {.fd = fd, .events = wanted};
    struct timespec none = {0};
    long result = host_call(SYS_ppoll, (long)&entry, 1, (long)&none, 0, 8, 0);

    return result < 0 ? (int)result : entry.revents;
}

#endif
