/*
 * Terminals: pairs (/dev/ptmx, /dev/pts/N) with the N_TTY line discipline, and the console, which
 * passes through to the host's terminal. tty(4), termios(3), ioctl_tty(2), pty(7), credentials(7).
 * Included in sandbox/vfs/, and by whoever builds a box.
 *
 * Layers: tty_ldisc.c turns characters into lines and echoes; tty_job.c knows sessions and
 * foreground groups; tty_ioctl.c has the requests that both kinds share; pty.c and console.c are
 * the files; devpts.c the names.
 */
#ifndef SANDBOX_VFS_TTY_H
#define SANDBOX_VFS_TTY_H

#include <asm/termbits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include "sandbox/vfs/vfs.h"

/* As on Linux: what one line (with its end) or one read of raw input may have. */
#define TTY_LINE 4096
/* Bytes on the way from one side of a pair to the other before a writer waits. */
#define TTY_QUEUE 8192
/* Room that only echoes may use beyond it. */
#define TTY_ECHO_RESERVE 4096

struct tty_winsize {
    uint16_t rows, columns, width, height;
};

struct tty_ring {
    uint8_t *data;
    size_t size, first, count;
};

/* State of the line discipline. Indices count up and are taken modulo TTY_LINE. */
struct tty_ldisc {
    uint8_t buf[TTY_LINE];
    uint8_t line_end[TTY_LINE / 8]; /* bit: this character ends a line */
    size_t head;                    /* next character goes here */
    size_t line;                    /* everything before it is complete lines (canonical mode) */
    size_t tail;                    /* next character to read */
    unsigned column, line_column;   /* of the output, and where the line under way began */
    bool literal_next, erasing;
};

struct terminal {
    unsigned refs; /* open files, and one while it is somebody's controlling terminal */
    struct box *box;
    bool is_console;
    unsigned index; /* N of /dev/pts/N */
    struct termios2 termios;
    struct tty_winsize window;
    pid_t session;    /* 0: nobody's controlling terminal */
    pid_t foreground; /* process group, 0 none */
    bool exclusive;   /* TIOCEXCL */
    bool stopped;     /* output, by ^S or TCOOFF */
    unsigned hangups; /* files opened before the last hangup are dead */

    struct tty_ldisc ldisc;
    struct tty_ring to_master, to_slave; /* pairs */
    struct wait_queue slave_wait, master_wait;
    unsigned slaves; /* open files of the slave side */
    bool slave_was_open, master_open, locked;
    bool packet;           /* TIOCPKT */
    uint8_t packet_status; /* TIOCPKT_* that the master has not read */
    uint32_t mode, uid, gid;
    int64_t atime, mtime, ctime;

    int host_in, host_out;           /* console: descriptors of the host's terminal, -1 none */
    struct termios2 host_modes;      /* as they were at the start */
    struct hostio_watch *host_watch; /* console: pollers */
};

/* An open file of a terminal: file->private. */
struct tty_file {
    struct terminal *terminal;
    bool master;
    unsigned hangups; /* of the terminal when it was opened */
};

static inline bool tty_hung_up(const struct tty_file *tf)
{
    return !tf->master && tf->hangups != tf->terminal->hangups;
}

/* ---- terminals ---- */

/* With Linux's default modes, 24 by 80 unknown (0), one reference. NULL: no memory. */
struct terminal *terminal_create(struct box *box);
struct terminal *terminal_get(struct terminal *terminal);
void terminal_put(struct terminal *terminal);
/* /dev/pts/N (136:N), /dev/console (5:1). */
uint64_t terminal_device(const struct terminal *terminal);

/* ---- tty_ldisc.c: N_TTY ---- */

/* Takes characters from the line; less than len when there is no room for more. */
size_t ldisc_receive(struct terminal *terminal, const uint8_t *text, size_t len);
/* Moves what the master has written and the discipline has room for. */
void ldisc_pump(struct terminal *terminal);
/* Something to read: a complete line, or `minimum` characters without ICANON. */
bool ldisc_readable(const struct terminal *terminal, size_t minimum);
/*
 * Takes characters for a reader, at most len (canonical: at most to the end of a line, whose end of
 * file character is dropped). *line_done: the read is complete even with 0 bytes.
 */
size_t ldisc_take(struct terminal *terminal, uint8_t *text, size_t len, bool *line_done);
/* A reader's buffer became full: an end of file that follows at once is part of that read. */
void ldisc_skip_end_of_file(struct terminal *terminal);
/* Output of a program, by the OPOST modes; less than len when the queue is full. */
size_t ldisc_write(struct terminal *terminal, const uint8_t *text, size_t len);
/* Characters that FIONREAD shows. */
size_t ldisc_pending(const struct terminal *terminal);
/* Drops what the discipline holds; what it has not taken yet stays. */
void ldisc_flush_input(struct terminal *terminal);
void ldisc_flush_output(struct terminal *terminal);
/* After termios changed: switches between line and character input. */
void ldisc_modes_changed(struct terminal *terminal, uint32_t old_lflag);
void ldisc_set_stopped(struct terminal *terminal, bool stopped);

size_t tty_ring_room(const struct tty_ring *ring);
size_t tty_ring_put(struct tty_ring *ring, const uint8_t *text, size_t len);
size_t tty_ring_take(struct tty_ring *ring, uint8_t *text, size_t len);

/* ---- tty_job.c ---- */

/*
 * May the caller read from (signo SIGTTIN) or change (SIGTTOU) its controlling terminal: 0, or the
 * signal was sent to its group and -EINTR (to be restarted), or -EIO.
 */
int tty_check_job(struct task *task, struct terminal *terminal, int signo);
/* To the foreground group, with SI_KERNEL. */
void tty_signal_foreground(struct terminal *terminal, int signo);
/* open(2) without O_NOCTTY by a session leader without terminal. */
void tty_adopt_on_open(struct task *task, struct terminal *terminal, const struct file *file);
int tty_set_controlling(struct task *task, struct terminal *terminal, const struct file *file,
                        uint64_t steal);
int tty_give_up_controlling(struct task *task, struct terminal *terminal);
int tty_get_foreground(struct task *task, struct terminal *terminal, bool master, gaddr_t arg);
int tty_set_foreground(struct task *task, struct terminal *terminal, gaddr_t arg);
int tty_get_session(struct task *task, struct terminal *terminal, bool master, gaddr_t arg);
/* The line is gone: the session loses its terminal, its leader gets SIGHUP and SIGCONT. */
void terminal_hangup(struct terminal *terminal);

/* For /proc/PID/stat: the device number as it is encoded there (0 without a terminal), and the
 * foreground group (-1). terminal may be NULL. */
int terminal_number(const struct terminal *terminal);
int terminal_foreground(const struct terminal *terminal);

/* ---- tty_ioctl.c ---- */

/* ioctl on either side of a pair or on the console. */
long tty_ioctl(struct file *file, struct task *task, unsigned request, gaddr_t arg);

/* ---- pty.c ---- */

/* file->private of a file of the terminal. NULL: no memory. */
struct tty_file *tty_file_create(struct terminal *terminal, bool master);

/* Most pairs of a box. */
#define PTY_MAX 256

/* The pairs of a box: box->ptys, made by the first mount of devpts. */
struct pty_table {
    struct terminal *pair[PTY_MAX]; /* borrowed; NULL: the number is free */
    uint32_t mode, uid, gid;        /* of new slaves */
    bool uid_given, gid_given;
    uint32_t ptmx_mode;
    unsigned limit;
};

/* Opening /dev/ptmx, a slave by its number, /dev/tty: they set file->ops and file->private. */
int ptmx_open(struct task *task, struct file *file);
int pty_slave_open(struct task *task, unsigned index, struct file *file);
int tty_open_controlling(struct task *task, struct file *file);
/* TIOCGPTPEER. A descriptor or -errno. */
long pty_open_peer(struct task *task, struct terminal *terminal, unsigned flags);

/* ---- console.c ---- */

/*
 * The box's console on the host's terminal, stored in box->console: whichever of descriptors 0 to 2
 * are terminals. The present modes are noted. 0 and no console when none is, -ENOMEM.
 */
int console_create(struct box *box);
/* Puts the modes back that the host's terminal had, and gives the console up. */
void console_destroy(struct box *box);
/* The box's start: the console is the controlling terminal of the process's session, with the
 * process's group in the foreground. No effect without a console. */
void console_make_controlling(struct box *box, const struct process *process);
/*
 * A signal that the host's terminal sent to abibox (SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGHUP,
 * SIGCONT): goes to the guest's foreground group. From a G.
 */
void console_host_signal(struct box *box, int signo);
/* Opens /dev/console: -ENXIO without one. */
int console_open(struct task *task, struct file *file);
/* A file on the console for standard input, output or error. box->console is there. */
int console_file(struct task *task, uint32_t flags, struct file **out);
/* Modes, window and queues of the host's terminal. 0 or a count, or -errno. */
int console_get_modes(struct terminal *console);
int console_set_modes(struct terminal *console, unsigned request);
int console_get_window(struct terminal *console);
int console_set_window(struct terminal *console);
int console_pending(struct terminal *console);
int console_flush(struct terminal *console, unsigned queue);
int console_flow(struct terminal *console, unsigned action);

#endif
