/*
 * The ioctls of terminals, ioctl_tty(2). Requests on the master of a pair act on its slave's modes,
 * window and groups, as on Linux. May include sandbox/.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/tty.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sandbox/kernel.h"
#include "sandbox/vfs/tty.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

/* ---- modes ---- */

/* Bit rates by their B* codes. */
static const uint32_t rates[] = {0,   50,   75,   110,  134,  150,  200,   300,
                                 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400};
static const uint32_t high_rates[] = {57600,   115200,  230400,  460800,  500000,
                                      576000,  921600,  1000000, 1152000, 1500000,
                                      2000000, 2500000, 3000000, 3500000, 4000000};

static uint32_t rate_of(uint32_t code, uint32_t other)
{
    if (code == BOTHER)
        return other;
    if (code & CBAUDEX) {
        code = (code & ~(uint32_t)CBAUDEX) - 1;
        return code < sizeof(high_rates) / sizeof(*high_rates) ? high_rates[code] : 0;
    }
    return rates[code & 15];
}

/* The B* code of a rate, or BOTHER. */
static uint32_t code_of(uint32_t rate)
{
    for (uint32_t i = 0; i < sizeof(rates) / sizeof(*rates); i++)
        if (rates[i] == rate)
            return i;
    for (uint32_t i = 0; i < sizeof(high_rates) / sizeof(*high_rates); i++)
        if (high_rates[i] == rate)
            return CBAUDEX | (i + 1);
    return BOTHER;
}

static void settle_rates(struct termios2 *termios)
{
    uint32_t in = termios->c_cflag >> IBSHIFT & CBAUD;

    termios->c_ospeed = rate_of(termios->c_cflag & CBAUD, termios->c_ospeed);
    termios->c_ispeed = in ? rate_of(in, termios->c_ispeed) : termios->c_ospeed;
    if (in == BOTHER && termios->c_ispeed == 0) /* B0: the same as for output */
        termios->c_ispeed = termios->c_ospeed;
    termios->c_cflag = (termios->c_cflag & ~(uint32_t)CBAUD) | code_of(termios->c_ospeed);
}

/* What a set request leaves unsaid comes from the present modes. */
static int read_modes(struct task *task, unsigned request, gaddr_t arg, struct termios2 *termios)
{
    struct termio old;

    switch (request) {
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
        if (copyin(task->mm, &old, arg, sizeof(old)))
            return -EFAULT;
        termios->c_iflag = (termios->c_iflag & 0xffff0000u) | old.c_iflag;
        termios->c_oflag = (termios->c_oflag & 0xffff0000u) | old.c_oflag;
        termios->c_cflag = (termios->c_cflag & 0xffff0000u) | old.c_cflag;
        termios->c_lflag = (termios->c_lflag & 0xffff0000u) | old.c_lflag;
        termios->c_line = old.c_line;
        memcpy(termios->c_cc, old.c_cc, NCC);
        return 0;
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        return copyin(task->mm, termios, arg, sizeof(struct termios2));
    default: /* struct termios is the beginning of struct termios2 */
        return copyin(task->mm, termios, arg, sizeof(struct termios));
    }
}

static bool set_flushes(unsigned request)
{
    return request == TCSETSF || request == TCSETSF2 || request == TCSETAF;
}

/* TIOCPKT tells the master when ^S and ^Q begin or cease to be flow control. */
static void note_flow_control(struct terminal *terminal, const struct termios2 *old)
{
    const struct termios2 *now = &terminal->termios;
    bool was = (old->c_iflag & IXON) && old->c_cc[VSTOP] == 023 && old->c_cc[VSTART] == 021;
    bool is = (now->c_iflag & IXON) && now->c_cc[VSTOP] == 023 && now->c_cc[VSTART] == 021;

    if (!terminal->packet || was == is)
        return;
    terminal->packet_status &= (uint8_t) ~(TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
    terminal->packet_status |= is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP;
    wait_wake_all(&terminal->master_wait, POLLIN | POLLPRI);
}

static int set_modes(struct task *task, struct terminal *terminal, unsigned request, gaddr_t arg)
{
    struct termios2 old, wanted;
    int error = tty_check_job(task, terminal, SIGTTOU);

    if (error)
        return error;
    if (terminal->is_console && (error = console_get_modes(terminal)))
        return error;
    wanted = old = terminal->termios;
    error = read_modes(task, request, arg, &wanted);
    if (error)
        return error;
    settle_rates(&wanted);
    terminal->termios = wanted;
    if (terminal->is_console)
        return console_set_modes(terminal, request);
    /* A pseudoterminal has no line: 8 bits, a receiver, and no modem that could hang up. */
    terminal->termios.c_cflag &= ~(uint32_t)(CSIZE | PARENB);
    terminal->termios.c_cflag |= CS8 | CREAD;
    if (set_flushes(request))
        ldisc_flush_input(terminal);
    note_flow_control(terminal, &old);
    ldisc_modes_changed(terminal, old.c_lflag);
    return 0;
}

static int get_modes(struct task *task, struct terminal *terminal, unsigned request, gaddr_t arg)
{
    const struct termios2 *termios = &terminal->termios;
    struct termio old = {0};
    int error = terminal->is_console ? console_get_modes(terminal) : 0;

    if (error)
        return error;
    if (request != TCGETA)
        return copyout(task->mm, arg, termios,
                       request == TCGETS2 ? sizeof(struct termios2) : sizeof(struct termios));
    old.c_iflag = (uint16_t)termios->c_iflag;
    old.c_oflag = (uint16_t)termios->c_oflag;
    old.c_cflag = (uint16_t)termios->c_cflag;
    old.c_lflag = (uint16_t)termios->c_lflag;
    old.c_line = termios->c_line;
    memcpy(old.c_cc, termios->c_cc, NCC);
    return copyout(task->mm, arg, &old, sizeof(old));
}

/* ---- window ---- */

static int set_window(struct task *task, struct terminal *terminal, gaddr_t arg)
{
    struct tty_winsize window;

    if (copyin(task->mm, &window, arg, sizeof(window)))
        return -EFAULT;
    if (memcmp(&window, &terminal->window, sizeof(window)) == 0)
        return 0;
    terminal->window = window;
    if (terminal->is_console)
        return console_set_window(terminal);
    tty_signal_foreground(terminal, SIGWINCH);
    return 0;
}

static int get_window(struct task *task, struct terminal *terminal, gaddr_t arg)
{
    int error = terminal->is_console ? console_get_window(terminal) : 0;

    return error ? error : copyout(task->mm, arg, &terminal->window, sizeof(terminal->window));
}

/* ---- queues ---- */

/* `master`: what the master reads is what the slave wrote. */
static int flush_queues(struct terminal *terminal, bool master, gaddr_t queue)
{
    if (queue != TCIFLUSH && queue != TCOFLUSH && queue != TCIOFLUSH)
        return -EINVAL;
    if (terminal->is_console)
        return console_flush(terminal, (unsigned)queue);
    if (queue == TCIOFLUSH || (queue == TCIFLUSH) != master) {
        terminal->to_slave.count = 0;
        ldisc_flush_input(terminal);
    }
    if (queue == TCIOFLUSH || (queue == TCIFLUSH) == master)
        ldisc_flush_output(terminal);
    return 0;
}

static int flow(struct terminal *terminal, bool master, gaddr_t action)
{
    uint8_t c;

    if (terminal->is_console)
        return action > TCION ? -EINVAL : console_flow(terminal, (unsigned)action);
    switch (action) {
    case TCOOFF:
    case TCOON:
        if (!master)
            ldisc_set_stopped(terminal, action == TCOOFF);
        return 0;
    case TCIOFF:
    case TCION:
        c = terminal->termios.c_cc[action == TCIOFF ? VSTOP : VSTART];
        if (c && !master) {
            (void)tty_ring_put(&terminal->to_master, &c, 1);
            wait_wake(&terminal->master_wait, POLLIN | POLLRDNORM);
        }
        return 0;
    default:
        return -EINVAL;
    }
}

static int pending(struct task *task, struct terminal *terminal, bool master, gaddr_t arg)
{
    int32_t count;

    if (terminal->is_console) {
        count = console_pending(terminal);
        if (count < 0)
            return count;
    } else {
        count = (int32_t)(master ? terminal->to_master.count : ldisc_pending(terminal));
    }
    return copyout(task->mm, arg, &count, sizeof(count));
}

/* TIOCSTI: with dev.tty.legacy_tiocsti=0, as current kernels have it. */
static int fake_input(struct task *task, struct terminal *terminal, gaddr_t arg)
{
    uint8_t c;

    if (!task_capable(task, CAP_SYS_ADMIN) || terminal->is_console)
        return -EIO;
    if (copyin(task->mm, &c, arg, 1))
        return -EFAULT;
    (void)ldisc_receive(terminal, &c, 1);
    return 0;
}

/* ---- requests of the master alone ---- */

static int get_int(struct task *task, gaddr_t arg, int32_t *value)
{
    return copyin(task->mm, value, arg, sizeof(*value));
}

static int put_int(struct task *task, gaddr_t arg, int32_t value)
{
    return copyout(task->mm, arg, &value, sizeof(value));
}

static int set_packet(struct task *task, struct terminal *terminal, gaddr_t arg)
{
    int32_t on;

    if (get_int(task, arg, &on))
        return -EFAULT;
    if (on && !terminal->packet)
        terminal->packet_status = 0;
    terminal->packet = on;
    return 0;
}

static int signal_slave(struct terminal *terminal, gaddr_t signo)
{
    if (signo != SIGINT && signo != SIGQUIT && signo != SIGTSTP)
        return -EINVAL;
    tty_signal_foreground(terminal, (int)signo);
    return 0;
}

static long master_ioctl(struct task *task, struct terminal *terminal, unsigned request,
                         gaddr_t arg)
{
    int32_t value;

    switch (request) {
    case TIOCSPTLCK:
        if (get_int(task, arg, &value))
            return -EFAULT;
        terminal->locked = value;
        return 0;
    case TIOCGPTLCK:
        return put_int(task, arg, terminal->locked);
    case TIOCGPTN:
        return put_int(task, arg, (int32_t)terminal->index);
    case TIOCGPTPEER:
        return pty_open_peer(task, terminal, (unsigned)arg);
    case TIOCPKT:
        return set_packet(task, terminal, arg);
    case TIOCGPKT:
        return put_int(task, arg, terminal->packet);
    case TIOCSIG:
        return signal_slave(terminal, arg);
    default:
        return -ENOTTY;
    }
}

/* ---- the table of requests ---- */

static int set_exclusive(struct terminal *terminal, bool exclusive)
{
    terminal->exclusive = exclusive;
    return 0;
}

static int set_discipline(struct task *task, gaddr_t arg)
{
    int32_t number;

    if (get_int(task, arg, &number))
        return -EFAULT;
    return number == N_TTY ? 0 : -EINVAL;
}

static int hang_up(struct task *task, struct terminal *terminal)
{
    if (!task_capable(task, CAP_SYS_ADMIN))
        return -EPERM;
    terminal_hangup(terminal);
    return 0;
}

static int drain(struct task *task, struct terminal *terminal)
{
    return tty_check_job(task, terminal, SIGTTOU); /* output has left as soon as it is queued */
}

long tty_ioctl(struct file *file, struct task *task, unsigned request, gaddr_t arg)
{
    struct tty_file *tf = file->private;
    struct terminal *terminal = tf->terminal;
    bool master = tf->master;

    if (tty_hung_up(tf))
        return request == TIOCSPGRP ? -ENOTTY : -EIO;
    switch (request) {
    case TCGETS:
    case TCGETS2:
    case TCGETA:
        return get_modes(task, terminal, request, arg);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
        return set_modes(task, terminal, request, arg);
    case TIOCGWINSZ:
        return get_window(task, terminal, arg);
    case TIOCSWINSZ:
        return set_window(task, terminal, arg);
    case TCFLSH: {
        int error = tty_check_job(task, terminal, SIGTTOU);

        return error ? error : flush_queues(terminal, master, arg);
    }
    case TCXONC: {
        int error = tty_check_job(task, terminal, SIGTTOU);

        return error ? error : flow(terminal, master, arg);
    }
    case TCSBRK:
    case TCSBRKP:
        return drain(task, terminal);
    case TIOCSBRK:
    case TIOCCBRK:
        return 0;
    case FIONREAD:
        return pending(task, terminal, master, arg);
    case TIOCOUTQ:
        return put_int(task, arg, 0);
    case TIOCSTI:
        return fake_input(task, terminal, arg);
    case TIOCSCTTY:
        return tty_set_controlling(task, terminal, file, arg);
    case TIOCNOTTY:
        return master ? -ENOTTY : tty_give_up_controlling(task, terminal);
    case TIOCGPGRP:
        return tty_get_foreground(task, terminal, master, arg);
    case TIOCSPGRP:
        return tty_set_foreground(task, terminal, arg);
    case TIOCGSID:
        return tty_get_session(task, terminal, master, arg);
    case TIOCEXCL:
        return set_exclusive(terminal, true);
    case TIOCNXCL:
        return set_exclusive(terminal, false);
    case TIOCGEXCL:
        return put_int(task, arg, terminal->exclusive);
    case TIOCGETD:
        return put_int(task, arg, N_TTY);
    case TIOCSETD:
        return set_discipline(task, arg);
    case TIOCVHANGUP:
        return hang_up(task, terminal);
    case TIOCGDEV:
        return put_int(task, arg, (int32_t)terminal_device(terminal));
    case TIOCGPTPEER:
        return master ? master_ioctl(task, terminal, request, arg) : -EIO;
    default:
        return master ? master_ioctl(task, terminal, request, arg) : -ENOTTY;
    }
}
