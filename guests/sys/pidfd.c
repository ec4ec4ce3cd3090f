// calls: pidfd_open pidfd_send_signal pidfd_getfd
// needs: namespaces
/* Process descriptors: opening, polling, signalling, and taking a descriptor out of a process. */
#include "child.h"
#include <poll.h>

static struct gate ready, leave;

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)context;
    say("%s code %d, value %d, own pid %d\n", signal_name(signo), info->si_code,
        info->si_value.sival_int, info->si_pid == getpid());
}

static void waiter(void)
{
    make_file("file", "contents", 0600);
    int fd = (int)MUST(open("file", O_RDONLY));
    MUST(dup2(fd, 40));
    MUST(lseek(fd, 3, SEEK_SET));
    gate_pass(&ready);
    gate_wait(&leave);
    /* The offset is shared with the taker. */
    _exit((int)lseek(40, 0, SEEK_CUR));
}

static int target;

static void user(void)
{
    SHOW(RAW(pidfd_send_signal, target, 0, NULL, 0));
    SHOW(RAW(pidfd_getfd, target, 40, 0));
}

static void show_signals(int self)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = SIGUSR1;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_value.sival_int = 12;
    catch_info(SIGUSR1, handler, 0);
    SHOW(RAW(pidfd_send_signal, self, SIGUSR1, NULL, 0));
    SHOW(RAW(pidfd_send_signal, self, SIGUSR1, &info, 0));
    SHOW(RAW(pidfd_send_signal, self, SIGUSR2, &info, 0));
    SHOW(RAW(pidfd_send_signal, self, SIGUSR1, BAD_POINTER, 0));
    SHOW(RAW(pidfd_send_signal, self, 0, NULL, 0));
    SHOW(RAW(pidfd_send_signal, self, 65, NULL, 0));
    SHOW(RAW(pidfd_send_signal, self, SIGUSR1, NULL, 0x100));
    SHOW(RAW(pidfd_send_signal, 0, SIGUSR1, NULL, 0));
    SHOW(RAW(pidfd_send_signal, -1, SIGUSR1, NULL, 0));
    SHOW(RAW(pidfd_send_signal, 77, SIGUSR1, NULL, 0));
}

int main(void)
{
    gate_open(&ready);
    gate_open(&leave);
    SHOW(RAW(pidfd_open, 0, 0));
    SHOW(RAW(pidfd_open, -1, 0));
    SHOW(RAW(pidfd_open, 0x7fffffff, 0));
    SHOW(RAW(pidfd_open, getpid(), 1));
    SHOW(RAW(pidfd_open, 0x7fffffff, 1));
    int self = (int)RAW(pidfd_open, getpid(), 0);
    say("close-on-exec %d, blocking %d\n", fcntl(self, F_GETFD),
        !(fcntl(self, F_GETFL) & O_NONBLOCK));
    show_signals(self);
    char byte;
    SHOW(read(self, &byte, 1));
    SHOW(write(self, &byte, 1));
    SHOW(lseek(self, 0, SEEK_SET));

    pid_t pid = start_child(waiter);
    gate_wait(&ready);
    target = (int)RAW(pidfd_open, pid, O_NONBLOCK);
    say("not blocking %d\n", (fcntl(target, F_GETFL) & O_NONBLOCK) != 0);
    struct pollfd poller = {.fd = target, .events = POLLIN};
    SHOW(poll(&poller, 1, 0));
    int taken = (int)SHOW_OK(RAW(pidfd_getfd, target, 40, 0));
    say("close-on-exec %d\n", fcntl(taken, F_GETFD));
    char text[16];
    SHOW(read(taken, text, 3));
    show_text("read", text, 3);
    SHOW(RAW(pidfd_getfd, target, 41, 0));
    SHOW(RAW(pidfd_getfd, target, -1, 0));
    SHOW(RAW(pidfd_getfd, target, 40, 1));
    SHOW(RAW(pidfd_getfd, 0, 40, 0));
    SHOW(RAW(pidfd_getfd, 99, 40, 0));
    run_as(65534, user);
    gate_pass(&leave);
    SHOW(poll(&poller, 1, -1));
    say("events %#x\n", poller.revents & (POLLIN | POLLHUP));
    SHOW(RAW(pidfd_send_signal, target, 0, NULL, 0));
    SHOW(RAW(pidfd_getfd, target, 40, 0));
    show_status("waiter", reap(pid));
    SHOW(RAW(pidfd_send_signal, target, 0, NULL, 0));
    SHOW(RAW(pidfd_getfd, target, 40, 0));
    SHOW(RAW(pidfd_open, pid, 0));
    return 0;
}
