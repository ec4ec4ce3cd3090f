/*
 * Pseudoterminal pairs: pty(7). The master's writes pass through the line discipline to readers of
 * the slave; the slave's output, processed, waits for the master. May include sandbox/.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sandbox/kernel.h"
#include "sandbox/vfs/tty.h"

/* Bytes that one step of a transfer moves; also the most that one read of a master gives. */
#define STEP 4095

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM)

/* ---- terminals ---- */

/* What a new terminal has, ttydefaults.h and termios(3). */
static const struct termios2 default_modes = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B38400 | CS8 | CREAD,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .c_cc = {[VINTR] = 003,
             [VQUIT] = 034,
             [VERASE] = 0177,
             [VKILL] = 025,
             [VEOF] = 004,
             [VMIN] = 1,
             [VSTART] = 021,
             [VSTOP] = 023,
             [VSUSP] = 032,
             [VREPRINT] = 022,
             [VDISCARD] = 017,
             [VWERASE] = 027,
             [VLNEXT] = 026},
    .c_ispeed = 38400,
    .c_ospeed = 38400,
};

struct terminal *terminal_create(struct box *box)
{
    struct terminal *terminal = calloc(1, sizeof(*terminal));

    if (!terminal)
        return NULL;
    terminal->refs = 1;
    terminal->box = box;
    terminal->termios = default_modes;
    terminal->host_in = terminal->host_out = -1;
    return terminal;
}

struct terminal *terminal_get(struct terminal *terminal)
{
    terminal->refs++;
    return terminal;
}

void terminal_put(struct terminal *terminal)
{
    if (--terminal->refs > 0)
        return;
    if (!terminal->is_console)
        terminal->box->ptys->pair[terminal->index] = NULL;
    free(terminal->to_master.data);
    free(terminal->to_slave.data);
    free(terminal);
}

uint64_t terminal_device(const struct terminal *terminal)
{
    return terminal->is_console ? makedev(5, 1) : makedev(136, terminal->index);
}

/* ---- waiting ---- */

/* Until the queue is woken, or the deadline: 0, -EAGAIN without waiting, -EINTR, -ETIMEDOUT. */
static int wait_side(struct file *file, struct wait_queue *queue, int64_t deadline)
{
    if (file->flags & O_NONBLOCK)
        return -EAGAIN;
    return wait_on(queue, task_current(), deadline, RESTART_SYS);
}

struct tty_file *tty_file_create(struct terminal *terminal, bool master)
{
    struct tty_file *tf = malloc(sizeof(*tf));

    if (tf)
        *tf = (struct tty_file){
            .terminal = terminal_get(terminal), .master = master, .hangups = terminal->hangups};
    return tf;
}

/* ---- the master ---- */

/* A byte of status goes before everything in packet mode. */
static size_t master_take(struct terminal *terminal, uint8_t *text, size_t len)
{
    if (!terminal->packet)
        return tty_ring_take(&terminal->to_master, text, len);
    if (terminal->packet_status) {
        text[0] = terminal->packet_status;
        terminal->packet_status = 0;
        return 1;
    }
    if (terminal->to_master.count == 0)
        return 0;
    text[0] = TIOCPKT_DATA;
    return 1 + tty_ring_take(&terminal->to_master, text + 1, len - 1);
}

static ssize_t master_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct terminal *terminal = ((struct tty_file *)file->private)->terminal;
    uint8_t text[STEP];
    int error;

    (void)pos;
    if (uio->left == 0)
        return 0;
    for (;;) {
        size_t count = master_take(terminal, text, uio->left < STEP ? uio->left : STEP);

        if (count > 0) {
            wait_wake_all(&terminal->slave_wait, WRITABLE);
            count = uio_copy_to(uio, text, count);
            return count ? (ssize_t)count : -EFAULT;
        }
        if (terminal->slave_was_open && terminal->slaves == 0)
            return -EIO;
        error = wait_side(file, &terminal->master_wait, WAIT_FOREVER);
        if (error)
            return error;
    }
}

static ssize_t master_write(struct file *file, struct uio *uio, int64_t *pos)
{
    struct terminal *terminal = ((struct tty_file *)file->private)->terminal;
    uint8_t text[STEP];
    ssize_t done = 0;
    int error;

    (void)pos;
    while (uio->left > 0) {
        size_t room = tty_ring_room(&terminal->to_slave);
        size_t count = room < sizeof(text) ? room : sizeof(text);

        if (count == 0) {
            error = wait_side(file, &terminal->master_wait, WAIT_FOREVER);
            if (error)
                return done ? done : error;
            continue;
        }
        count = uio_copy_from(uio, text, count < uio->left ? count : uio->left);
        if (count == 0)
            return done ? done : -EFAULT;
        (void)tty_ring_put(&terminal->to_slave, text, count);
        ldisc_pump(terminal);
        done += (ssize_t)count;
    }
    return done;
}

static unsigned master_poll(struct file *file, struct poll_table *table)
{
    struct terminal *terminal = ((struct tty_file *)file->private)->terminal;
    unsigned events = 0;

    if (table)
        poll_wait(table, &terminal->master_wait);
    if (terminal->packet && terminal->packet_status)
        events |= POLLPRI | READABLE;
    if (terminal->to_master.count > 0)
        events |= READABLE;
    if (terminal->slave_was_open && terminal->slaves == 0)
        events |= POLLHUP;
    if (tty_ring_room(&terminal->to_slave) > 0)
        events |= WRITABLE;
    return events;
}

static void master_release(struct file *file)
{
    struct tty_file *tf = file->private;

    if (!tf)
        return;
    tf->terminal->master_open = false;
    terminal_hangup(tf->terminal);
    terminal_put(tf->terminal);
    free(tf);
}

static const struct file_ops master_ops = {
    .read = master_read,
    .write = master_write,
    .poll = master_poll,
    .ioctl = tty_ioctl,
    .release = master_release,
};

static struct terminal *pair_create(struct box *box, unsigned index)
{
    struct terminal *terminal = terminal_create(box);

    if (!terminal)
        return NULL;
    terminal->index = index;
    terminal->to_master.size = TTY_QUEUE + TTY_ECHO_RESERVE;
    terminal->to_slave.size = TTY_QUEUE;
    terminal->to_master.data = malloc(terminal->to_master.size);
    terminal->to_slave.data = malloc(terminal->to_slave.size);
    if (!terminal->to_master.data || !terminal->to_slave.data) {
        terminal_put(terminal);
        return NULL;
    }
    box->ptys->pair[index] = terminal;
    return terminal;
}

int ptmx_open(struct task *task, struct file *file)
{
    struct pty_table *ptys = task->box->ptys;
    struct terminal *terminal;
    struct tty_file *tf;
    unsigned index = 0;

    if (!ptys)
        return -ENODEV;
    while (index < ptys->limit && ptys->pair[index])
        index++;
    if (index == ptys->limit)
        return -ENOSPC;
    terminal = pair_create(task->box, index);
    if (!terminal)
        return -ENOMEM;
    terminal->locked = true;
    terminal->master_open = true;
    terminal->mode = ptys->mode;
    terminal->uid = ptys->uid_given ? ptys->uid : task->cred.fsuid;
    terminal->gid = ptys->gid_given ? ptys->gid : task->cred.fsgid;
    terminal->atime = terminal->mtime = terminal->ctime = clock_realtime(task->box);
    tf = tty_file_create(terminal, true);
    terminal_put(terminal);
    if (!tf)
        return -ENOMEM;
    file->ops = &master_ops;
    file->private = tf;
    return 0;
}

/* ---- the slave ---- */

/* VMIN and VTIME, termios(3), "Canonical and noncanonical mode". */
struct raw_read {
    size_t minimum;
    int64_t deadline; /* before the first character */
    int64_t between;  /* ns from one character to the next, 0: any time */
};

static struct raw_read raw_read_start(struct terminal *terminal)
{
    struct raw_read raw = {.minimum = terminal->termios.c_cc[VMIN], .deadline = WAIT_FOREVER};
    int64_t time = terminal->termios.c_cc[VTIME] * 100000000ll;

    if (terminal->termios.c_lflag & ICANON) {
        raw.minimum = 1;
    } else if (raw.minimum > 0) {
        raw.between = time;
    } else {
        raw.deadline = time ? clock_monotonic(terminal->box) + time : 0;
        raw.minimum = 1;
    }
    return raw;
}

/*
 * One turn of a read: what is there goes to the reader. 1: the read is complete, 0: more may come,
 * -EFAULT.
 */
static int slave_take(struct terminal *terminal, struct uio *uio, size_t *done)
{
    uint8_t text[STEP + 1];
    bool line_done = false;

    while (uio->left > 0 && !line_done && ldisc_readable(terminal, 1)) {
        size_t count = uio->left < sizeof(text) ? uio->left : sizeof(text), copied;

        count = ldisc_take(terminal, text, count, &line_done);
        copied = uio_copy_to(uio, text, count);
        *done += copied;
        if (copied < count)
            return *done ? 1 : -EFAULT;
    }
    if (uio->left == 0 && !line_done)
        ldisc_skip_end_of_file(terminal);
    ldisc_pump(terminal);
    if (terminal->termios.c_lflag & ICANON && *done > 0)
        return 1;
    return line_done || uio->left == 0;
}

static ssize_t slave_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct tty_file *tf = file->private;
    struct terminal *terminal = tf->terminal;
    struct raw_read raw = raw_read_start(terminal);
    size_t done = 0;
    int result;

    (void)pos;
    for (;;) {
        if (tty_hung_up(tf))
            return (ssize_t)done;
        result = done ? 0 : tty_check_job(task_current(), terminal, SIGTTIN);
        if (result)
            return result;
        if (uio->left == 0)
            return (ssize_t)done;
        result = slave_take(terminal, uio, &done);
        if (result < 0)
            return result;
        if (result || done >= raw.minimum || raw.deadline == 0)
            return (ssize_t)done;
        if (done && raw.between)
            raw.deadline = clock_monotonic(terminal->box) + raw.between;
        result = wait_side(file, &terminal->slave_wait, raw.deadline);
        if (result == -ETIMEDOUT)
            return (ssize_t)done;
        if (result)
            return done ? (ssize_t)done : result;
    }
}

static ssize_t slave_write(struct file *file, struct uio *uio, int64_t *pos)
{
    struct tty_file *tf = file->private;
    struct terminal *terminal = tf->terminal;
    ssize_t done = 0;
    int error;

    (void)pos;
    if (tty_hung_up(tf))
        return -EIO;
    if (terminal->termios.c_lflag & TOSTOP) {
        error = tty_check_job(task_current(), terminal, SIGTTOU);
        if (error)
            return error;
    }
    while (uio->left > 0) {
        uint8_t text[STEP];
        struct uio before = *uio;
        size_t wanted = uio->left < sizeof(text) ? uio->left : sizeof(text);
        size_t copied = uio_copy_from(uio, text, wanted), taken;

        if (copied == 0)
            return done ? done : -EFAULT;
        taken = ldisc_write(terminal, text, copied);
        done += (ssize_t)taken;
        if (taken == copied)
            continue;
        *uio = before;
        uio_advance(uio, taken);
        error = tty_hung_up(tf) ? -EIO : wait_side(file, &terminal->slave_wait, WAIT_FOREVER);
        if (error)
            return done ? done : error;
    }
    return done;
}

static unsigned slave_poll(struct file *file, struct poll_table *table)
{
    struct tty_file *tf = file->private;
    struct terminal *terminal = tf->terminal;
    const uint8_t *cc = terminal->termios.c_cc;
    unsigned events = 0;

    if (table)
        poll_wait(table, &terminal->slave_wait);
    if (tty_hung_up(tf))
        return READABLE | WRITABLE | POLLERR | POLLHUP;
    if (ldisc_readable(terminal, cc[VMIN] && !cc[VTIME] ? cc[VMIN] : 1))
        events |= READABLE;
    if (!terminal->stopped && terminal->to_master.count < TTY_QUEUE)
        events |= WRITABLE;
    return events;
}

static void slave_release(struct file *file)
{
    struct tty_file *tf = file->private;

    if (!tf)
        return;
    if (--tf->terminal->slaves == 0)
        wait_wake_all(&tf->terminal->master_wait, POLLHUP | POLLIN);
    terminal_put(tf->terminal);
    free(tf);
}

static const struct file_ops slave_ops = {
    .read = slave_read,
    .write = slave_write,
    .poll = slave_poll,
    .ioctl = tty_ioctl,
    .release = slave_release,
};

static int slave_open(struct task *task, struct terminal *terminal, struct file *file)
{
    struct tty_file *tf;

    if (!terminal->master_open || terminal->locked)
        return -EIO;
    if (terminal->exclusive && !task_capable(task, CAP_SYS_ADMIN))
        return -EBUSY;
    tf = tty_file_create(terminal, false);
    if (!tf)
        return -ENOMEM;
    file->ops = &slave_ops;
    file->private = tf;
    terminal->slaves++;
    terminal->slave_was_open = true;
    tty_adopt_on_open(task, terminal, file);
    return 0;
}

int pty_slave_open(struct task *task, unsigned index, struct file *file)
{
    struct pty_table *ptys = task->box->ptys;

    if (!ptys || index >= PTY_MAX || !ptys->pair[index])
        return -ENXIO;
    return slave_open(task, ptys->pair[index], file);
}

int tty_open_controlling(struct task *task, struct file *file)
{
    struct terminal *terminal = task->process->tty;

    if (!terminal)
        return -ENXIO;
    return terminal->is_console ? console_open(task, file) : slave_open(task, terminal, file);
}

long pty_open_peer(struct task *task, struct terminal *terminal, unsigned flags)
{
    struct file *file;
    struct tty_file *tf;
    char name[32];
    int error;

    (void)snprintf(name, sizeof(name), "/dev/pts/%u", terminal->index);
    error = vfs_open(task, AT_FDCWD, name, flags, 0, 0, &file);
    if (error)
        return error;
    tf = file->private;
    if (file->ops != &slave_ops || tf->terminal != terminal) { /* something else is mounted there */
        file_put(file);
        return -ENOENT;
    }
    return fd_install(task, file, 0, flags & O_CLOEXEC);
}
