// calls: write writev
/* SIGPIPE and EPIPE: the signal comes before the call returns; ignored, only the error is left. */
#include "child.h"
#include <sys/uio.h>

static int writer;

static void note(int signo, siginfo_t *info, void *context)
{
    (void)context;
    say("%s code %d own pid %d\n", signal_name(signo), info->si_code, info->si_pid == getpid());
}

static void write_byte(void)
{
    SHOW(write(writer, "x", 1));
}

int main(void)
{
    int pair[2];
    MUST(pipe(pair));
    writer = pair[1];
    MUST(close(pair[0]));
    show_child("default action", write_byte);
    catch_info(SIGPIPE, note, SA_RESTART);
    write_byte();
    struct iovec vector[2] = {{"ab", 2}, {"cd", 2}};
    SHOW(writev(writer, vector, 2));
    SHOW(write(writer, "x", 0));
    SHOW(write(writer, BAD_POINTER, 1));
    catch_signal(SIGPIPE, SIG_IGN, 0);
    write_byte();

    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    catch_signal(SIGPIPE, SIG_DFL, 0);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    write_byte();
    MUST(sigpending(&pending));
    say("blocked: pending %d\n", sigismember(&pending, SIGPIPE));
    siginfo_t info;
    struct timespec none = {0, 0};
    SHOW(sigtimedwait(&set, &info, &none));

    /* A partial write before the reader goes away is a success. */
    MUST(pipe(pair));
    MUST(fcntl(pair[1], F_SETFL, O_NONBLOCK));
    static char block[1 << 20];
    SHOW(write(pair[1], block, sizeof block));
    SHOW(write(pair[1], block, sizeof block));
    MUST(close(pair[0]));
    SHOW(write(pair[1], block, sizeof block));
    SHOW(sigtimedwait(&set, NULL, &none));
    return 0;
}
