/*
 * Files over inherited host descriptors, see hostio.h. May include sandbox/.
 *
 * O_NONBLOCK is the guest's alone: setting it on the host's open file would change it for the shell
 * that abibox was started from. So a non-blocking call asks first whether it would wait.
 */
#include "sandbox/vfs/hostio.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sandbox/kernel.h"
#include "sandbox/vfs/host.h"
#include "sandbox/vfs/internal.h"
#include "sandbox/vfs/tty.h"

/* Guest memory may be unmapped by another thread while a call waits: data goes through a buffer. */
#define BUFFER 65536
#define SMALL  4096
/* Shown by F_GETFL for what was opened with a name; <fcntl.h> defines it as 0 for 64 bits. */
#define LARGEFILE_BIT 0x8000

/* ---- calls that wait ---- */

long host_call_waiting(long nr, long a1, long a2, long a3, long a4)
{
    struct task *task = task_current();
    long result;

    do {
        if (signal_pending(task)) {
            task->restart = RESTART_SYS;
            return -EINTR;
        }
        task->interruptible_host = true;
        result = rt_call_interruptible(nr, a1, a2, a3, a4, 0, 0);
        task->interruptible_host = false;
        (void)rt_interrupt_clear();
        /* Interrupted for the host's own reasons (a stop, a signal of the runtime): again. */
    } while (result == -EINTR && !signal_pending(task));
    if (result == -EINTR)
        task->restart = RESTART_SYS;
    return result;
}

static int would_wait(int fd, short events)
{
    int now = host_poll_now(fd, events);

    return now < 0 ? now : now ? 0 : -EAGAIN;
}

/*
 * read or write. Somebody on the host may have made the open file non-blocking: the guest, who has
 * not asked for that, waits all the same.
 */
static ssize_t transfer_step(long nr, int fd, void *buf, size_t len, bool nonblock)
{
    struct pollfd entry = {.fd = fd, .events = nr == SYS_read ? POLLIN : POLLOUT};
    ssize_t count;

    for (;;) {
        count = host_call_waiting(nr, fd, (long)buf, (long)len, 0);
        if (count != -EAGAIN || nonblock)
            return count;
        count = host_call_waiting(SYS_ppoll, (long)&entry, 1, 0, 0);
        if (count < 0)
            return count;
    }
}

ssize_t hostio_read(int fd, struct uio *uio, bool nonblock)
{
    char small[SMALL];
    size_t len = uio->left < BUFFER ? uio->left : BUFFER, copied;
    char *buf = len <= SMALL ? small : malloc(len);
    ssize_t count = buf ? 0 : -ENOMEM;

    if (buf && nonblock)
        count = would_wait(fd, POLLIN);
    if (count == 0)
        count = transfer_step(SYS_read, fd, buf, len, nonblock);
    if (count > 0) {
        copied = uio_copy_to(uio, buf, (size_t)count);
        count = copied ? (ssize_t)copied : -EFAULT;
    }
    if (buf != small)
        free(buf);
    return count;
}

/* One buffer full. The host may take less; the uio is advanced by what it took. */
static ssize_t write_step(int fd, struct uio *uio, char *buf, size_t len, bool nonblock)
{
    struct uio before = *uio;
    size_t copied = uio_copy_from(uio, buf, len);
    ssize_t count;

    if (copied == 0)
        return -EFAULT;
    count = transfer_step(SYS_write, fd, buf, copied, nonblock);
    if (count != (ssize_t)copied) {
        *uio = before;
        if (count > 0)
            uio_advance(uio, (size_t)count);
    }
    return count;
}

ssize_t hostio_write(int fd, struct uio *uio, bool nonblock)
{
    /* A pipe that is ready takes PIPE_BUF bytes without waiting, and perhaps no more. */
    size_t most = nonblock ? PIPE_BUF : BUFFER;
    char small[SMALL];
    char *buf = uio->left <= SMALL || most <= SMALL ? small : malloc(most);
    ssize_t done = 0, count = buf ? 0 : -ENOMEM;

    while (count >= 0 && uio->left > 0) {
        if (nonblock)
            count = would_wait(fd, POLLOUT);
        if (count == 0 || !nonblock)
            count = write_step(fd, uio, buf, uio->left < most ? uio->left : most, nonblock);
        if (count > 0)
            done += count;
    }
    if (buf != small)
        free(buf);
    return done ? done : count;
}

/* ---- polling ---- */

struct hostio_watch {
    unsigned refs;
    int fd;
    struct rt_poll *poll; /* NULL: always ready, or not asked for yet */
    bool opened;
    bool waiting[2]; /* a G waits for reading, for writing */
    struct wait_queue queue;
};

struct hostio_watch *hostio_watch_create(int fd)
{
    struct hostio_watch *watch = calloc(1, sizeof(*watch));

    if (watch) {
        watch->refs = 1;
        watch->fd = fd;
    }
    return watch;
}

static void watch_put(struct hostio_watch *watch)
{
    if (--watch->refs == 0)
        free(watch);
}

void hostio_watch_close(struct hostio_watch *watch)
{
    if (watch->poll)
        rt_poll_close(watch->poll);
    watch->poll = NULL;
    watch_put(watch);
}

static void watch_one(struct hostio_watch *watch, int mode)
{
    int result = rt_poll_wait(watch->poll, mode, 0);

    watch->waiting[mode == RT_POLL_WRITE] = false;
    if (result != -EBADF)
        wait_wake_all(&watch->queue, 0);
    watch_put(watch);
}

static void watch_readable(void *arg)
{
    watch_one(arg, RT_POLL_READ);
}

static void watch_writable(void *arg)
{
    watch_one(arg, RT_POLL_WRITE);
}

static void start_watching(struct hostio_watch *watch, int mode)
{
    bool *waiting = &watch->waiting[mode == RT_POLL_WRITE];

    if (*waiting)
        return;
    *waiting = true;
    watch->refs++;
    if (!rt_go(mode == RT_POLL_WRITE ? watch_writable : watch_readable, watch)) {
        *waiting = false;
        watch->refs--;
        wait_wake_all(&watch->queue, 0); /* no memory: the poller looks again instead */
    }
}

unsigned hostio_poll(struct hostio_watch *watch, unsigned wanted, struct poll_table *table)
{
    int now = host_poll_now(watch->fd, (short)wanted);

    if (now < 0)
        return POLLERR;
    if (!table || (wanted & ~(unsigned)now) == 0)
        return (unsigned)now;
    if (!watch->opened) {
        watch->opened = true;
        if (rt_poll_open(watch->fd, &watch->poll) < 0)
            watch->poll = NULL; /* a regular file: what can be ready is ready */
    }
    poll_wait(table, &watch->queue);
    if (watch->poll && (wanted & POLLIN) && !(now & POLLIN))
        start_watching(watch, RT_POLL_READ);
    if (watch->poll && (wanted & POLLOUT) && !(now & POLLOUT))
        start_watching(watch, RT_POLL_WRITE);
    return (unsigned)now;
}

/* ---- files ---- */

/* The host descriptor of an inode, shared by every file that is opened on it. */
struct hostio {
    int fd;
    bool seekable;
    struct hostio_watch *watch;
};

static struct hostio *hostio_of(const struct file *file)
{
    return file->inode->private;
}

/*
 * The file's own offset is the host's, shared with whoever else has the descriptor; only pread and
 * pwrite bring one of their own.
 */
static bool own_offset(const struct file *file, const int64_t *pos)
{
    return pos == &file->pos;
}

/*
 * file->private is the host's offset as this file last saw it. When the guest's differs, a splice
 * has moved that one alone, and the host's follows; otherwise the host's is right, which others may
 * have moved.
 */
static void push_offset(struct file *file)
{
    if ((int64_t)(intptr_t)file->private != file->pos)
        (void)host_lseek(hostio_of(file)->fd, file->pos, SEEK_SET);
}

static void pull_offset(struct file *file)
{
    file->pos = host_lseek(hostio_of(file)->fd, 0, SEEK_CUR);
    file->private = (void *)(intptr_t)file->pos;
}

/* One buffer full of pread or pwrite on a file with offsets, which does not wait. */
static ssize_t step_at(const struct hostio *io, struct uio *uio, int64_t pos, bool writing)
{
    size_t len = uio->left < BUFFER ? uio->left : BUFFER, copied = len;
    char *buf = malloc(len + 1);
    ssize_t count;

    if (!buf)
        return -ENOMEM;
    if (writing) {
        copied = uio_copy_from(uio, buf, len);
        count = copied || len == 0 ? host_pwrite(io->fd, buf, copied, pos) : -EFAULT;
    } else {
        count = host_pread(io->fd, buf, len, pos);
        if (count > 0)
            copied = uio_copy_to(uio, buf, (size_t)count);
        if (count > 0)
            count = copied ? (ssize_t)copied : -EFAULT;
    }
    free(buf);
    return count;
}

static ssize_t step_own(const struct hostio *io, struct uio *uio, bool writing, bool nonblock)
{
    return writing ? hostio_write(io->fd, uio, nonblock) : hostio_read(io->fd, uio, nonblock);
}

static ssize_t transfer(struct file *file, struct uio *uio, int64_t *pos, bool writing)
{
    struct hostio *io = hostio_of(file);
    bool own = own_offset(file, pos);
    ssize_t done = 0, count;

    if (!io->seekable)
        return step_own(io, uio, writing, file->flags & O_NONBLOCK);
    if (own)
        push_offset(file);
    do { /* a file gives all that was asked for, up to its end */
        count = own ? step_own(io, uio, writing, false)
                    : step_at(io, uio, *pos + (int64_t)done, writing);
        if (count > 0)
            done += count;
    } while (count > 0 && uio->left > 0);
    if (own)
        pull_offset(file);
    else
        *pos += (int64_t)done;
    return done ? done : count;
}

static ssize_t stream_read(struct file *file, struct uio *uio, int64_t *pos)
{
    return transfer(file, uio, pos, false);
}

static ssize_t stream_write(struct file *file, struct uio *uio, int64_t *pos)
{
    return transfer(file, uio, pos, true);
}

static int64_t stream_lseek(struct file *file, int64_t offset, int whence)
{
    int64_t result;

    push_offset(file);
    result = host_lseek(hostio_of(file)->fd, offset, whence);
    if (result >= 0)
        pull_offset(file);
    return result;
}

static int stream_flush(struct file *file)
{
    push_offset(file);
    return 0;
}

static unsigned stream_poll(struct file *file, struct poll_table *table)
{
    unsigned wanted = (file_readable(file) ? POLLIN : 0u) | (file_writable(file) ? POLLOUT : 0u);
    unsigned now = hostio_poll(hostio_of(file)->watch, wanted, table);

    return now | (now & POLLIN ? POLLRDNORM : 0u) | (now & POLLOUT ? POLLWRNORM : 0u);
}

static long stream_ioctl(struct file *file, struct task *task, unsigned request, gaddr_t arg)
{
    int32_t count;
    int error;

    if (request != FIONREAD)
        return -ENOTTY;
    error = host_ioctl(hostio_of(file)->fd, FIONREAD, &count);
    return error ? error : copyout(task->mm, arg, &count, sizeof(count));
}

static int stream_fsync(struct file *file, bool data_only)
{
    return (int)rt_call_blocking(data_only ? SYS_fdatasync : SYS_fsync, hostio_of(file)->fd, 0, 0,
                                 0, 0, 0);
}

static const struct file_ops stream_ops = {
    .read = stream_read,
    .write = stream_write,
    .lseek = stream_lseek,
    .poll = stream_poll,
    .ioctl = stream_ioctl,
    .fsync = stream_fsync,
    .flush = stream_flush,
};

/* Pipes, sockets and devices: no offset at all. */
static const struct file_ops stream_ops_no_offset = {
    .read = stream_read,
    .write = stream_write,
    .poll = stream_poll,
    .ioctl = stream_ioctl,
};

/* ---- inodes ---- */

static int stream_getattr(struct inode *inode, struct attributes *out)
{
    const struct hostio *io = inode->private;
    struct statx st;
    int error = host_statx(io->fd, "", &st);

    if (error)
        return error;
    out->ino = st.stx_ino;
    out->mode = st.stx_mode;
    out->nlink = st.stx_nlink;
    out->rdev = makedev(st.stx_rdev_major, st.stx_rdev_minor);
    out->uid = st.stx_uid;
    out->gid = st.stx_gid;
    out->size = st.stx_size;
    out->blocks = st.stx_blocks;
    out->blksize = st.stx_blksize;
    out->atime = st.stx_atime.tv_sec * 1000000000ll + st.stx_atime.tv_nsec;
    out->mtime = st.stx_mtime.tv_sec * 1000000000ll + st.stx_mtime.tv_nsec;
    out->ctime = st.stx_ctime.tv_sec * 1000000000ll + st.stx_ctime.tv_nsec;
    return 0;
}

/* ftruncate of standard output is granted to the guest; the rest of the file is the host's. */
static int stream_setattr(struct inode *inode, const struct attributes *attr, unsigned set)
{
    const struct hostio *io = inode->private;

    if (set & (SET_MODE | SET_UID | SET_GID))
        return -EPERM;
    if (set & SET_SIZE)
        return (int)host_call(SYS_ftruncate, io->fd, (long)attr->size, 0, 0, 0, 0);
    return 0;
}

/* Through /proc/self/fd/N: another file of the guest on the same host descriptor. */
static int stream_open(struct inode *inode, struct file *file)
{
    const struct hostio *io = inode->private;

    file->ops = io->seekable ? &stream_ops : &stream_ops_no_offset;
    if (io->seekable)
        pull_offset(file);
    return inode->type == S_IFSOCK ? -ENXIO : 0;
}

static void stream_evict(struct inode *inode)
{
    struct hostio *io = inode->private;

    if (!io)
        return;
    hostio_watch_close(io->watch);
    host_close(io->fd);
    free(io);
}

static const struct inode_ops stream_inode_ops = {
    .getattr = stream_getattr,
    .setattr = stream_setattr,
    .open = stream_open,
    .evict = stream_evict,
};

static int hostio_create(int fd, struct hostio **out)
{
    struct hostio *io = calloc(1, sizeof(*io));

    if (!io)
        return -ENOMEM;
    io->fd = host_dup(fd);
    io->watch = io->fd < 0 ? NULL : hostio_watch_create(io->fd);
    if (!io->watch) {
        int error = io->fd < 0 ? io->fd : -ENOMEM;

        if (io->fd >= 0)
            host_close(io->fd);
        free(io);
        return error;
    }
    io->seekable = host_lseek(io->fd, 0, SEEK_CUR) >= 0;
    *out = io;
    return 0;
}

static int open_stream(struct box *box, int fd, uint32_t flags, const char *name, struct file **out)
{
    struct inode *inode;
    struct hostio *io;
    struct statx st;
    int error = host_statx(fd, "", &st);

    if (!error)
        error = hostio_create(fd, &io);
    if (error)
        return error;
    inode = inode_create(nameless_mount(box->vfs, st.stx_mode & S_IFMT)->sb, 0, st.stx_mode,
                         &stream_inode_ops);
    if (!inode) {
        hostio_watch_close(io->watch);
        host_close(io->fd);
        free(io);
        return -ENOMEM;
    }
    inode->private = io;
    if (S_ISCHR(st.stx_mode) && st.stx_rdev_major == 1 && st.stx_rdev_minor == 3)
        name = "/dev/null";
    *out =
        file_on_inode(box, inode, inode->type == S_IFIFO || inode->type == S_IFSOCK ? NULL : name,
                      io->seekable ? &stream_ops : &stream_ops_no_offset, NULL, flags);
    inode_put(inode);
    if (!*out)
        return -ENOMEM;
    if (io->seekable)
        pull_offset(*out);
    return 0;
}

static bool is_terminal(int fd)
{
    struct termios2 modes;

    return host_ioctl(fd, TCGETS2, &modes) == 0;
}

int hostio_open(struct task *task, int fd, const char *name, struct file **out)
{
    long flags = host_call(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);

    if (flags < 0)
        return (int)flags;
    flags &= O_ACCMODE | O_APPEND | LARGEFILE_BIT;
    if (task->box->console && is_terminal(fd))
        return console_file(task, (uint32_t)flags, out);
    return open_stream(task->box, fd, (uint32_t)flags, name, out);
}
