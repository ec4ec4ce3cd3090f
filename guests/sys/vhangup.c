// calls: vhangup
#include "guest.h"
#include <sys/ioctl.h>

static char slave_path[32];

static void on_signal(int signo)
{
    say("got %s\n", signal_name(signo));
}

/* A session whose terminal is a pair's slave: the call hangs it up. */
static void with_terminal(void)
{
    char text[4];
    MUST(setsid());
    int slave = (int)MUST(open(slave_path, O_RDWR));
    int tty = (int)SHOW(open("/dev/tty", O_RDWR));
    MUST(close(tty));
    signal(SIGHUP, on_signal);
    SHOW(vhangup());
    SHOW(read(slave, text, sizeof text));
    SHOW(write(slave, "x", 1));
    SHOW(open("/dev/tty", O_RDWR));
    slave = (int)SHOW(open(slave_path, O_RDWR | O_NOCTTY));
    SHOW(write(slave, "x", 1));
}

static void as_user(void)
{
    SHOW(vhangup());
}

static void without_terminal(void)
{
    MUST(setsid());
    SHOW(vhangup());
}

int main(void)
{
    run_as(1000, as_user);
    show_status("without a terminal", run_child(without_terminal));
    int number;
    int master = (int)MUST(open("/dev/ptmx", O_RDWR | O_NOCTTY));
    MUST(ioctl(master, TIOCSPTLCK, &(int){0}));
    MUST(ioctl(master, TIOCGPTN, &number));
    snprintf(slave_path, sizeof slave_path, "/dev/pts/%d", number);
    show_status("with a terminal", run_child(with_terminal));
    return 0;
}
