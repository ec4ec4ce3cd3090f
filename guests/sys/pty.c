// calls: ioctl open read write
#include "guest.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

/* What arrives, in however many pieces: at least so many bytes are waited for. */
static void show_input(const char *label, int fd, size_t expected)
{
    char text[512];
    size_t used = 0;
    struct pollfd ready = {fd, POLLIN, 0};
    while (used < sizeof text && poll(&ready, 1, used < expected ? 5000 : 20) > 0) {
        ssize_t length = read(fd, text + used, sizeof text - used);
        if (length <= 0)
            break;
        used += (size_t)length;
    }
    show_text(label, text, used);
}

static void type(const char *text)
{
    MUST(write(master, text, strlen(text)));
}

static int open_slave(int flags)
{
    char path[32];
    int number = -1;
    MUST(ioctl(master, TIOCGPTN, &number));
    snprintf(path, sizeof path, "/dev/pts/%d", number);
    return open(path, flags);
}

static void opening(void)
{
    int number = -1, locked = -1;
    master = (int)SHOW(open("/dev/ptmx", O_RDWR | O_NOCTTY));
    SHOW(ioctl(master, TIOCGPTN, &number));
    say("numbered %d\n", number >= 0);
    SHOW(ioctl(master, TIOCGPTLCK, &locked));
    say("locked %d\n", locked);
    SHOW(open_slave(O_RDWR | O_NOCTTY));
    locked = 0;
    SHOW(ioctl(master, TIOCSPTLCK, &locked));
    slave = (int)SHOW(open_slave(O_RDWR | O_NOCTTY));
    int peer = (int)SHOW(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
    struct stat st;
    MUST(fstat(slave, &st));
    say("slave: %s, major %d\n", file_type(st.st_mode), major(st.st_rdev) == 136);
    MUST(fstat(master, &st));
    say("master: %s %u:%u\n", file_type(st.st_mode), major(st.st_rdev), minor(st.st_rdev));
    MUST(close(peer));
    SHOW(isatty(master));
    SHOW(isatty(slave));
    SHOW(lseek(slave, 0, SEEK_SET));
    SHOW(ioctl(slave, TIOCGPTN, &number));
    SHOW(ioctl(slave, TIOCGPGRP, &number));
    SHOW(ioctl(slave, TIOCGSID, &number));
}

static void attributes(void)
{
    struct termios modes;
    SHOW(ioctl(slave, TCGETS, &modes));
    say("iflag %o oflag %o cflag %o lflag %o\n", modes.c_iflag, modes.c_oflag, modes.c_cflag,
        modes.c_lflag);
    say("intr %d quit %d erase %d kill %d eof %d min %d time %d susp %d\n", modes.c_cc[VINTR],
        modes.c_cc[VQUIT], modes.c_cc[VERASE], modes.c_cc[VKILL], modes.c_cc[VEOF],
        modes.c_cc[VMIN], modes.c_cc[VTIME], modes.c_cc[VSUSP]);
    struct winsize window = {0};
    SHOW(ioctl(slave, TIOCGWINSZ, &window));
    say("window %d x %d\n", window.ws_row, window.ws_col);
    window = (struct winsize){24, 80, 5, 6};
    SHOW(ioctl(master, TIOCSWINSZ, &window));
    memset(&window, 0, sizeof window);
    SHOW(ioctl(slave, TIOCGWINSZ, &window));
    say("window %d x %d, %d x %d\n", window.ws_row, window.ws_col, window.ws_xpixel,
        window.ws_ypixel);
    SHOW(ioctl(slave, TCGETS, BAD_POINTER));
    SHOW(ioctl(slave, TCSETS, BAD_POINTER));
    SHOW(ioctl(slave, TIOCSWINSZ, BAD_POINTER));
}

static void canonical(void)
{
    char text[16];
    type("hello\r");
    show_input("echo", master, 7);
    show_input("line", slave, 6);
    type("ab\177c\n");
    show_input("echo of an erase", master, 8);
    show_input("line", slave, 3);
    type("gone\025kept\n");
    show_input("echo of a kill", master, 22);
    show_input("line", slave, 5);
    type("one two\027three\n");
    show_input("echo of a word erase", master, 23);
    show_input("line", slave, 10);
    type("first\nsecond\n");
    show_input("echo", master, 15);
    SHOW(read(slave, text, 3));
    SHOW(read(slave, text, sizeof text));
    SHOW(read(slave, text, sizeof text));
    type("part");
    struct pollfd ready = {slave, POLLIN, 0};
    SHOW(poll(&ready, 1, 60));
    type("\004");
    SHOW(read(slave, text, sizeof text));
    type("\004");
    SHOW(read(slave, text, sizeof text));
    type("\026\004\001\n");
    show_input("echo of quoted and control characters", master, 12);
    show_input("line", slave, 3);
    MUST(write(slave, "out\tput\n", 8));
    show_input("output", master, 9);
}

static void raw_mode(void)
{
    struct termios before, modes;
    char text[16];
    MUST(ioctl(slave, TCGETS, &before));
    modes = before;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    modes.c_iflag &= ~(tcflag_t)ICRNL;
    modes.c_oflag &= ~(tcflag_t)OPOST;
    modes.c_cc[VMIN] = 3;
    modes.c_cc[VTIME] = 0;
    SHOW(ioctl(slave, TCSETS, &modes));
    type("ab\r\003");
    SHOW(read(slave, text, sizeof text));
    show_text("raw", text, 4);
    show_input("no echo", master, 0);
    MUST(write(slave, "x\n", 2));
    show_input("no processing", master, 2);
    modes.c_cc[VMIN] = 0;
    modes.c_cc[VTIME] = 1;
    SHOW(ioctl(slave, TCSETSF, &modes));
    SHOW(read(slave, text, sizeof text));
    modes.c_cc[VTIME] = 0;
    SHOW(ioctl(slave, TCSETSW, &modes));
    SHOW(read(slave, text, sizeof text));
    MUST(fcntl(slave, F_SETFL, O_RDWR | O_NONBLOCK));
    modes.c_cc[VMIN] = 1;
    SHOW(ioctl(slave, TCSETS, &modes));
    SHOW(read(slave, text, sizeof text));
    MUST(fcntl(slave, F_SETFL, O_RDWR));
    type("lost");
    MUST(poll(&(struct pollfd){slave, POLLIN, 0}, 1, 5000));
    show_input("nothing for the master", master, 0);
    SHOW(ioctl(slave, TCFLSH, TCIFLUSH));
    SHOW(ioctl(slave, TCFLSH, 9));
    SHOW(ioctl(slave, TCSETS, &before));
    show_input("flushed", slave, 0);
}

static void closing(void)
{
    char text[16];
    MUST(write(slave, "last words\n", 11));
    MUST(close(slave));
    show_input("after the close", master, 12);
    SHOW(read(master, text, sizeof text));
    struct pollfd ready = {master, POLLIN, 0};
    SHOW(poll(&ready, 1, 1000));
    say("hang-up %d\n", (ready.revents & POLLHUP) != 0);
    slave = (int)SHOW(open_slave(O_RDWR | O_NOCTTY));
    type("again\n");
    show_input("line", slave, 6);
    MUST(close(master));
    SHOW(read(slave, text, sizeof text));
    SHOW(write(slave, "x", 1));
    SHOW(poll(&(struct pollfd){slave, POLLIN, 0}, 1, 0));
    struct termios modes;
    SHOW(ioctl(slave, TCGETS, &modes));
}

int main(void)
{
    opening();
    attributes();
    canonical();
    raw_mode();
    closing();
    return 0;
}
