/*
 * The console: the guest's view of the terminal that abibox runs on. Characters, modes and window
 * are the host's; sessions, the controlling terminal and the foreground group are the box's own,
 * because the host knows nothing of guest processes. May include sandbox/.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "sandbox/kernel.h"
#include "sandbox/vfs/host.h"
#include "sandbox/vfs/hostio.h"
#include "sandbox/vfs/super.h"
#include "sandbox/vfs/tty.h"

/* ---- life ---- */

static bool is_terminal(int fd)
{
    struct termios2 modes;

    return host_ioctl(fd, TCGETS2, &modes) == 0;
}

/* A copy of the first of descriptors 0 to 2 that is a terminal open for `access` (or both). */
static int find_terminal(int access)
{
    for (int fd = 0; fd <= 2; fd++) {
        long flags = host_call(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);

        if (flags >= 0 && ((flags & O_ACCMODE) == O_RDWR || (flags & O_ACCMODE) == access) &&
            is_terminal(fd))
            return host_dup(fd);
    }
    return -ENOTTY;
}

static void close_console(struct terminal *console)
{
    if (console->host_watch)
        hostio_watch_close(console->host_watch);
    if (console->host_in >= 0)
        host_close(console->host_in);
    if (console->host_out >= 0)
        host_close(console->host_out);
    console->host_watch = NULL;
    console->host_in = console->host_out = -1;
}

int console_create(struct box *box)
{
    int in = find_terminal(O_RDONLY), out = find_terminal(O_WRONLY);
    struct terminal *console;
    int error = 0;

    if (in < 0 && out < 0)
        return 0;
    console = terminal_create(box);
    if (!console) {
        if (in >= 0)
            host_close(in);
        if (out >= 0)
            host_close(out);
        return -ENOMEM;
    }
    console->is_console = true;
    console->host_in = in;
    console->host_out = out;
    if (in >= 0) {
        console->host_watch = hostio_watch_create(in);
        error = console->host_watch ? 0 : -ENOMEM;
    }
    if (!error)
        error = console_get_modes(console);
    if (error) {
        close_console(console);
        terminal_put(console);
        return error;
    }
    console->host_modes = console->termios;
    box->console = console;
    return 0;
}

void console_destroy(struct box *box)
{
    struct terminal *console = box->console;

    if (!console)
        return;
    console->termios = console->host_modes;
    (void)console_set_modes(console, TCSETSW);
    close_console(console);
    box->console = NULL;
    terminal_hangup(console); /* the launcher's session holds it still */
    terminal_put(console);
}

static int adopt_member(struct process *process, void *ctx)
{
    struct terminal *console = ctx;

    if (process->sid == console->session)
        process->tty = console;
    return 0;
}

void console_make_controlling(struct box *box, const struct process *process)
{
    struct terminal *console = box->console;

    if (!console || console->session)
        return;
    terminal_get(console); /* the session's */
    console->session = process->sid;
    console->foreground = process->pgid;
    (void)process_each(box, adopt_member, console);
}

void console_host_signal(struct box *box, int signo)
{
    struct terminal *console = box->console;

    if (!console)
        return;
    tty_signal_foreground(console, signo);
    if (signo == SIGHUP)
        terminal_hangup(console);
}

/* ---- modes and window: the host's ---- */

/* The descriptor that knows: any will do. */
static int any_fd(const struct terminal *console)
{
    return console->host_in >= 0 ? console->host_in : console->host_out;
}

int console_get_modes(struct terminal *console)
{
    return host_ioctl(any_fd(console), TCGETS2, &console->termios);
}

int console_set_modes(struct terminal *console, unsigned request)
{
    unsigned long host = TCSETS2;

    if (request == TCSETSW || request == TCSETSW2 || request == TCSETAW)
        host = TCSETSW2;
    else if (request == TCSETSF || request == TCSETSF2 || request == TCSETAF)
        host = TCSETSF2;
    return host_ioctl(any_fd(console), host, &console->termios);
}

int console_get_window(struct terminal *console)
{
    return host_ioctl(any_fd(console), TIOCGWINSZ, &console->window);
}

/* The host tells abibox by SIGWINCH, and so the guest. */
int console_set_window(struct terminal *console)
{
    return host_ioctl(any_fd(console), TIOCSWINSZ, &console->window);
}

int console_pending(struct terminal *console)
{
    int count = 0;
    int error = host_ioctl(any_fd(console), FIONREAD, &count);

    return error ? error : count;
}

int console_flush(struct terminal *console, unsigned queue)
{
    return host_ioctl(any_fd(console), TCFLSH, (void *)(uintptr_t)queue);
}

int console_flow(struct terminal *console, unsigned action)
{
    return host_ioctl(any_fd(console), TCXONC, (void *)(uintptr_t)action);
}

/* ---- files ---- */

static ssize_t console_read(struct file *file, struct uio *uio, int64_t *pos)
{
    struct tty_file *tf = file->private;
    struct terminal *console = tf->terminal;
    int error;

    (void)pos;
    if (tty_hung_up(tf) || uio->left == 0)
        return 0;
    if (console->host_in < 0)
        return -EIO;
    error = tty_check_job(task_current(), console, SIGTTIN);
    return error ? error : hostio_read(console->host_in, uio, file->flags & O_NONBLOCK);
}

static ssize_t console_write(struct file *file, struct uio *uio, int64_t *pos)
{
    struct tty_file *tf = file->private;
    struct terminal *console = tf->terminal;
    int error;

    (void)pos;
    if (tty_hung_up(tf) || console->host_out < 0)
        return -EIO;
    if (console_get_modes(console) == 0 && (console->termios.c_lflag & TOSTOP)) {
        error = tty_check_job(task_current(), console, SIGTTOU);
        if (error)
            return error;
    }
    return hostio_write(console->host_out, uio, file->flags & O_NONBLOCK);
}

static unsigned console_poll(struct file *file, struct poll_table *table)
{
    struct tty_file *tf = file->private;
    struct terminal *console = tf->terminal;
    unsigned events = 0;

    if (table)
        poll_wait(table, &console->slave_wait); /* hangup */
    if (tty_hung_up(tf))
        return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP;
    if (console->host_watch)
        events = hostio_poll(console->host_watch, POLLIN, table);
    if (events & POLLIN)
        events |= POLLRDNORM;
    return events | POLLOUT | POLLWRNORM; /* a terminal takes output sooner or later */
}

static void console_release(struct file *file)
{
    struct tty_file *tf = file->private;

    if (!tf)
        return;
    terminal_put(tf->terminal);
    free(tf);
}

static const struct file_ops console_ops = {
    .read = console_read,
    .write = console_write,
    .poll = console_poll,
    .ioctl = tty_ioctl,
    .release = console_release,
};

int console_open(struct task *task, struct file *file)
{
    struct terminal *console = task->box->console;
    struct tty_file *tf;

    if (!console)
        return -ENXIO;
    tf = tty_file_create(console, false);
    if (!tf)
        return -ENOMEM;
    file->ops = &console_ops;
    file->private = tf;
    return 0;
}

int console_file(struct task *task, uint32_t flags, struct file **out)
{
    struct tty_file *tf;
    struct path path;
    int error = vfs_walk(task, AT_FDCWD, "/dev/console", WALK_FOLLOW, &path);

    if (!error && path.dentry->inode->type == S_IFCHR) {
        error = file_create(&path, flags, out);
        path_put(&path);
        if (error)
            return error;
        error = console_open(task, *out);
        if (error)
            file_put(*out);
        return error;
    }
    if (!error)
        path_put(&path);
    /* A tree without /dev: a terminal without a name. */
    tf = tty_file_create(task->box->console, false);
    if (!tf)
        return -ENOMEM;
    *out = file_anonymous(task->box, "/dev/console", &console_ops, tf, flags);
    if (*out)
        return 0;
    terminal_put(tf->terminal);
    free(tf);
    return -ENOMEM;
}
