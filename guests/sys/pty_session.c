// calls: ioctl setsid
#include "guest.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master;
static char slave_path[32];
static int ready_pipe[2];

static void tell_parent(void)
{
    MUST(write(ready_pipe[1], "r", 1));
}

static void wait_for_child(void)
{
    char byte;
    if (read(ready_pipe[0], &byte, 1) != 1)
        MUST(-1);
}

static void on_signal(int signo)
{
    say("child got %s\n", signal_name(signo));
}

static void type(const char *text)
{
    MUST(write(master, text, strlen(text)));
}

/* Swallows the echo, so that the terminal's output never fills. */
static void drain(void)
{
    char text[256];
    struct pollfd ready = {master, POLLIN, 0};
    while (poll(&ready, 1, 30) > 0 && ready.revents & POLLIN && read(master, text, sizeof text) > 0)
        continue;
}

static void session_leader(void)
{
    int value = -1;
    MUST(close(master));
    SHOW(open("/dev/tty", O_RDWR));
    MUST(setsid());
    SHOW(open("/dev/tty", O_RDWR));
    int slave = (int)MUST(open(slave_path, O_RDWR | O_NOCTTY));
    SHOW(ioctl(slave, TIOCGPGRP, &value));
    SHOW(ioctl(slave, TIOCSCTTY, 0));
    SHOW(ioctl(slave, TIOCSCTTY, 0));
    SHOW(ioctl(slave, TIOCGPGRP, &value));
    say("foreground group is mine %d\n", value == getpgrp());
    SHOW(ioctl(slave, TIOCGSID, &value));
    say("session is mine %d\n", value == getsid(0));
    int tty = (int)SHOW(open("/dev/tty", O_RDWR));
    SHOW(write(tty, "x", 1));
    SHOW(ioctl(slave, TIOCSPGRP, &(int){99999999}));
    SHOW(ioctl(slave, TIOCSPGRP, &(int){-1}));
    SHOW(ioctl(slave, TIOCSPGRP, BAD_POINTER));

    char text[16];
    start_alarms(0);
    SHOW(read(slave, text, sizeof text));
    stop_alarms();
    sigset_t blocked, none;
    sigemptyset(&blocked);
    sigemptyset(&none);
    struct sigaction action = {.sa_handler = on_signal};
    for (size_t i = 0; i < 4; i++) {
        int signo = (const int[]){SIGINT, SIGQUIT, SIGWINCH, SIGHUP}[i];
        sigaddset(&blocked, signo);
        MUST(sigaction(signo, &action, NULL));
    }
    MUST(sigprocmask(SIG_BLOCK, &blocked, NULL));
    for (int i = 0; i < 4; i++) {
        tell_parent();
        SHOW(sigsuspend(&none));
    }
    SHOW(read(slave, text, sizeof text));
    SHOW(open("/dev/tty", O_RDWR));
    _exit(0);
}

static void background_reader(void)
{
    MUST(close(master));
    MUST(setsid());
    int slave = (int)MUST(open(slave_path, O_RDWR));
    int value;
    SHOW(ioctl(slave, TIOCGPGRP, &value));
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        MUST(setpgid(0, 0));
        read(slave, &byte, 1);
        _exit(0);
    }
    int status;
    MUST(waitpid(pid, &status, WUNTRACED));
    show_status("reader in the background", status);
    MUST(kill(pid, SIGKILL));
    MUST(waitpid(pid, &status, 0));
    pid = fork();
    if (pid == 0) {
        MUST(setpgid(0, 0));
        signal(SIGTTOU, SIG_IGN);
        signal(SIGTTIN, SIG_IGN);
        char byte;
        SHOW(read(slave, &byte, 1));
        SHOW(write(slave, "x", 1));
        _exit(0);
    }
    MUST(waitpid(pid, &status, 0));
    signal(SIGHUP, on_signal);
    SHOW(ioctl(slave, TIOCNOTTY));
    SHOW(open("/dev/tty", O_RDWR));
    _exit(0);
}

static void new_terminal(void)
{
    int number;
    master = (int)MUST(open("/dev/ptmx", O_RDWR | O_NOCTTY));
    MUST(ioctl(master, TIOCSPTLCK, &(int){0}));
    MUST(ioctl(master, TIOCGPTN, &number));
    snprintf(slave_path, sizeof slave_path, "/dev/pts/%d", number);
    MUST(pipe(ready_pipe));
}

int main(void)
{
    int status;
    new_terminal();
    pid_t pid = fork();
    if (pid == 0)
        session_leader();
    wait_for_child();
    type("\003");
    wait_for_child();
    type("\034");
    wait_for_child();
    struct winsize window = {10, 20, 0, 0};
    MUST(ioctl(master, TIOCSWINSZ, &window));
    wait_for_child();
    drain();
    MUST(close(master));
    MUST(waitpid(pid, &status, 0));
    show_status("session leader", status);

    new_terminal();
    pid = fork();
    if (pid == 0)
        background_reader();
    MUST(waitpid(pid, &status, 0));
    show_status("second session leader", status);
    return 0;
}
