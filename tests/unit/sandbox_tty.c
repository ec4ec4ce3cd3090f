/* Pseudoterminals: the line discipline against what Linux 6.18 prints and returns for the same
 * input, and hangups. The file tree's fake kernel stands below; nobody sleeps in it. */
#include "fake_kernel.h"

#include <poll.h>
#include <signal.h>

#include "sandbox/vfs/devpts.h"
#include "sandbox/vfs/tty.h"

static struct file *master, *slave;
static struct terminal *terminal;
static int group_signals[8], group_signal_count;

int signal_send_group(struct box *box, pid_t pgid, int signo, const siginfo_t *info)
{
    (void)box;
    (void)info;
    assert_int_equal(pgid, 100);
    assert_true(group_signal_count < 8);
    group_signals[group_signal_count++] = signo;
    return 0;
}

int signal_send_process(struct process *process, int signo, const siginfo_t *info)
{
    return signal_send_group(&the_box, process->pid, signo, info);
}

bool process_group_orphaned(struct box *box, pid_t pgid)
{
    (void)box;
    (void)pgid;
    return false;
}

void poll_wait(struct poll_table *table, struct wait_queue *queue)
{
    (void)table;
    (void)queue;
}

bool signal_pending(const struct task *task)
{
    (void)task;
    return false;
}

static int start(void **state)
{
    struct superblock *sb;

    assert_int_equal(start_kernel(state), 0);
    assert_int_equal(devpts_file_system.mount(&the_box, NULL, "", "", &sb), 0);
    super_put(sb);
    assert_int_equal(file_create(&the_root, O_RDWR | O_NONBLOCK, &master), 0);
    assert_int_equal(ptmx_open(&the_task, master), 0);
    terminal = ((struct tty_file *)master->private)->terminal;
    assert_int_equal(file_create(&the_root, O_RDWR | O_NONBLOCK, &slave), 0);
    assert_int_equal(pty_slave_open(&the_task, 0, slave), -EIO); /* locked */
    terminal->locked = false;
    assert_int_equal(pty_slave_open(&the_task, 0, slave), 0);
    terminal->foreground = 100;
    group_signal_count = 0;
    return 0;
}

static int stop(void **state)
{
    if (slave)
        file_put(slave);
    if (master)
        file_put(master);
    assert_null(the_box.ptys->pair[0]);
    devpts_destroy(&the_box);
    return stop_kernel(state);
}

static void type(const char *text)
{
    assert_int_equal(write_at(master, text, strlen(text), 0), (int)strlen(text));
}

/* What one read of at most `len` bytes gives. */
static void expect_read(struct file *file, size_t len, const char *text)
{
    char buf[8192] = "";

    assert_int_equal(read_at(file, buf, len, 0), (int)strlen(text));
    assert_string_equal(buf, text);
}

static void expect_nothing(struct file *file)
{
    char c;

    assert_int_equal(read_at(file, &c, 1, 0), -EAGAIN);
}

static void gives_lines(void **state)
{
    (void)state;
    type("one");
    expect_nothing(slave);
    type("\rtwo\nthr");
    expect_read(slave, 100, "one\n");
    expect_read(slave, 2, "tw");
    expect_read(slave, 100, "o\n");
    expect_nothing(slave);
    expect_read(master, 100, "one\r\ntwo\r\nthr");
    type("\4"); /* end of file: the line as it is */
    expect_read(slave, 100, "thr");
    type("\4");
    expect_read(slave, 100, "");
    type("abc\4");
    expect_read(slave, 3, "abc"); /* the end of file goes with a full buffer */
    expect_nothing(slave);
}

static void edits_lines(void **state)
{
    (void)state;
    type("abc\177\177d\n");
    expect_read(slave, 100, "ad\n");
    expect_read(master, 100, "abc\b \b\b \bd\r\n");
    type("one two\27x\n"); /* ^W */
    expect_read(slave, 100, "one x\n");
    expect_read(master, 100, "one two\b \b\b \b\b \bx\r\n");
    type("gone\25y\n"); /* ^U */
    expect_read(slave, 100, "y\n");
    expect_read(master, 100, "gone\b \b\b \b\b \b\b \by\r\n");
    type("\26\3z\1\177\n"); /* ^V ^C: literal; ^A takes two columns */
    expect_read(slave, 100, "\3z\n");
    expect_read(master, 100, "^\b^Cz^A\b \b\b \b\r\n");
    type("a\tb\177\177c\n"); /* back over a tab */
    expect_read(slave, 100, "ac\n");
    expect_read(master, 100, "a\tb\b \b\b\b\b\b\b\b\bc\r\n");
    type("ab\22\n"); /* ^R */
    expect_read(slave, 100, "ab\n");
    expect_read(master, 100, "ab^R\r\nab\r\n");
    assert_int_equal(group_signal_count, 0);
}

static void erases_whole_characters(void **state)
{
    (void)state;
    terminal->termios.c_iflag |= IUTF8;
    type("a\xc3\xa4\177\n");
    expect_read(slave, 100, "a\n");
    expect_read(master, 100, "a\xc3\xa4\b \b\r\n");
    terminal->termios.c_iflag &= ~(uint32_t)IUTF8;
    type("a\xc3\xa4\177\n");
    expect_read(slave, 100, "a\xc3\n");
}

static void sends_signals(void **state)
{
    (void)state;
    type("lost\3kept\n");
    assert_int_equal(group_signal_count, 1);
    assert_int_equal(group_signals[0], SIGINT);
    expect_read(slave, 100, "kept\n");
    type("\34");
    type("\32");
    assert_int_equal(group_signals[1], SIGQUIT);
    assert_int_equal(group_signals[2], SIGTSTP);
    terminal->termios.c_lflag &= ~(uint32_t)ISIG;
    type("\3\n");
    assert_int_equal(group_signal_count, 3);
    expect_read(slave, 100, "\3\n");
}

static void stops_output(void **state)
{
    (void)state;
    type("\23"); /* ^S */
    assert_int_equal(write_at(slave, "x", 1, 0), -EAGAIN);
    assert_int_equal(vfs_poll(slave, NULL) & POLLOUT, 0);
    type("\21");
    assert_int_equal(write_at(slave, "x", 1, 0), 1);
    expect_read(master, 100, "x");
}

static void processes_output(void **state)
{
    (void)state;
    assert_int_equal(write_at(slave, "a\n\tb", 4, 0), 4);
    expect_read(master, 100, "a\r\n\tb");
    terminal->termios.c_oflag |= XTABS;
    assert_int_equal(write_at(slave, "\rabc\td", 6, 0), 6);
    expect_read(master, 100, "\rabc     d");
    terminal->termios.c_oflag &= ~(uint32_t)OPOST;
    assert_int_equal(write_at(slave, "\n", 1, 0), 1);
    expect_read(master, 100, "\n");
}

static void reads_characters(void **state)
{
    uint32_t old = terminal->termios.c_lflag;

    (void)state;
    type("typed"); /* before the change: given as it is */
    terminal->termios.c_lflag &= ~(uint32_t)(ICANON | ECHO);
    ldisc_modes_changed(terminal, old);
    expect_read(slave, 100, "typed");
    type("\4\177x");
    expect_read(slave, 2, "\4\177");
    expect_read(slave, 2, "x");
    expect_nothing(slave);
    terminal->termios.c_cc[VMIN] = 0;
    expect_read(slave, 10, ""); /* VMIN 0, VTIME 0: never waits, never fails */
    terminal->termios.c_cc[VMIN] = 3;
    type("ab");
    assert_int_equal(vfs_poll(slave, NULL) & POLLIN, 0);
    expect_read(slave, 10, "ab"); /* O_NONBLOCK: what is there */
}

/* A line longer than the buffer keeps its first 4,095 characters and its end. */
static void bounds_lines(void **state)
{
    static char line[6000];
    static char buf[6000];

    (void)state;
    terminal->termios.c_lflag &= ~(uint32_t)ECHO;
    memset(line, 'a', sizeof line);
    assert_int_equal(write_at(master, line, 5000, 0), 5000);
    type("\n");
    assert_int_equal(read_at(slave, buf, sizeof buf, 0), 4096);
    assert_int_equal(buf[4094], 'a');
    assert_int_equal(buf[4095], '\n');
}

/* Neither side can make the other's queue grow without end. */
static void bounds_queues(void **state)
{
    static char text[100000];
    ssize_t done;

    (void)state;
    done = write_at(slave, text, sizeof text, 0);
    assert_true(done >= 4096 && done <= 16384);
    assert_int_equal(write_at(slave, text, 1, 0), -EAGAIN);
    terminal->termios.c_lflag &= ~(uint32_t)(ICANON | ECHO);
    done = write_at(master, text, sizeof text, 0);
    assert_true(done >= 4096 && done <= 16384);
    assert_int_equal(write_at(master, text, 1, 0), -EAGAIN);
    while (read_at(slave, text, sizeof text, 0) > 0)
        continue;
    assert_int_equal(write_at(master, text, 1, 0), 1);
    for (int i = 0; i < 100; i++) /* echoes with nobody reading are dropped */
        type("\n");
}

static void hangs_up(void **state)
{
    char c;

    (void)state;
    assert_int_equal(vfs_poll(master, NULL), POLLOUT | POLLWRNORM);
    file_put(slave);
    slave = NULL;
    assert_int_equal(read_at(master, &c, 1, 0), -EIO);
    assert_int_equal(vfs_poll(master, NULL), POLLOUT | POLLWRNORM | POLLHUP);
    assert_int_equal(file_create(&the_root, O_RDWR | O_NONBLOCK, &slave), 0);
    assert_int_equal(pty_slave_open(&the_task, 0, slave), 0);
    file_put(master);
    master = NULL;
    assert_int_equal(read_at(slave, &c, 1, 0), 0);
    assert_int_equal(write_at(slave, &c, 1, 0), -EIO);
    assert_int_equal(vfs_poll(slave, NULL),
                     POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP);
    assert_int_equal(tty_ioctl(slave, &the_task, TIOCSPGRP, 0), -ENOTTY);
    assert_int_equal(tty_ioctl(slave, &the_task, TCGETS, 0), -EIO);
}

static void job_control(void **state)
{
    struct sig_actions actions = {0};
    char c;

    (void)state;
    the_process.actions = &actions;
    the_process.tty = terminal;
    the_process.pgid = 100;
    terminal->foreground = 99;
    assert_int_equal(read_at(slave, &c, 1, 0), -EINTR);
    assert_int_equal(group_signals[0], SIGTTIN);
    assert_int_equal(write_at(slave, "x", 1, 0), 1); /* no TOSTOP */
    terminal->termios.c_lflag |= TOSTOP;
    assert_int_equal(write_at(slave, "x", 1, 0), -EINTR);
    assert_int_equal(group_signals[1], SIGTTOU);
    the_task.sigmask = SIGBIT(SIGTTOU) | SIGBIT(SIGTTIN);
    assert_int_equal(write_at(slave, "x", 1, 0), 1);
    assert_int_equal(read_at(slave, &c, 1, 0), -EIO);
    the_process.tty = NULL;
    terminal->foreground = 100;
}

#define TTY_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TTY_TEST(gives_lines),      TTY_TEST(edits_lines),  TTY_TEST(erases_whole_characters),
        TTY_TEST(sends_signals),    TTY_TEST(stops_output), TTY_TEST(processes_output),
        TTY_TEST(reads_characters), TTY_TEST(bounds_lines), TTY_TEST(bounds_queues),
        TTY_TEST(hangs_up),         TTY_TEST(job_control),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
