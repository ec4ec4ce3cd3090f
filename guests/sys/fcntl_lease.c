// calls: fcntl
#include "guest.h"

static volatile sig_atomic_t broken;

static void on_signal(int signo)
{
    broken = signo;
}

int main(void)
{
    make_file("file", "text", 0600);
    signal(SIGIO, on_signal);
    int reader = (int)MUST(open("file", O_RDONLY));
    SHOW(fcntl(reader, F_GETLEASE));
    SHOW(fcntl(reader, F_SETLEASE, F_RDLCK));
    SHOW(fcntl(reader, F_GETLEASE));
    SHOW(fcntl(reader, F_SETLEASE, F_UNLCK));
    SHOW(fcntl(reader, F_GETLEASE));
    SHOW(fcntl(reader, F_SETLEASE, F_UNLCK));
    SHOW(fcntl(reader, F_SETLEASE, 99));
    SHOW(fcntl(99, F_SETLEASE, F_RDLCK));
    SHOW(fcntl(99, F_GETLEASE));
    int directory = (int)MUST(open(".", O_RDONLY));
    SHOW(fcntl(directory, F_SETLEASE, F_WRLCK));
    int null = (int)MUST(open("/dev/null", O_RDWR));
    SHOW(fcntl(null, F_SETLEASE, F_RDLCK));
    int ends[2];
    MUST(pipe(ends));
    SHOW(fcntl(ends[0], F_SETLEASE, F_RDLCK));

    int writer = (int)MUST(open("file", O_RDWR));
    SHOW(fcntl(reader, F_SETLEASE, F_RDLCK));
    SHOW(fcntl(writer, F_SETLEASE, F_RDLCK));
    SHOW(fcntl(writer, F_SETLEASE, F_WRLCK));
    MUST(close(reader));
    SHOW(fcntl(writer, F_SETLEASE, F_WRLCK));
    SHOW(fcntl(writer, F_GETLEASE));

    /* Another's open breaks it: the holder gets SIGIO, a non-blocking opener EWOULDBLOCK. */
    SHOW(open("file", O_RDONLY | O_NONBLOCK));
    say("broken by %s\n", broken ? signal_name(broken) : "nothing");
    SHOW(fcntl(writer, F_GETLEASE));
    SHOW(fcntl(writer, F_SETLEASE, F_UNLCK));
    SHOW(open("file", O_RDONLY | O_NONBLOCK));
    SHOW(fcntl(writer, F_SETLEASE, F_WRLCK));
    return 0;
}
