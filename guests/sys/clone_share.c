// calls: clone
/* CLONE_FILES, CLONE_FS, CLONE_PARENT, CLONE_PIDFD, CLONE_CLEAR_SIGHAND: what is shared, what not.
 */
#include "child.h"
#include <poll.h>
#include <sched.h>

static long raw_clone(unsigned long flags, int *parent_tid)
{
    return syscall(SYS_clone, flags, NULL, parent_tid, NULL, 0UL);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void show_files(unsigned long flags)
{
    int fd = (int)MUST(open(".", O_RDONLY));
    long pid = raw_clone(flags | SIGCHLD, NULL);
    MUST(pid);
    if (pid == 0) {
        dup2(fd, 50);
        fcntl(50, F_SETFD, FD_CLOEXEC);
        close(fd);
        _exit(0);
    }
    reap((pid_t)pid);
    say("CLONE_FILES %d: first open %d, copy open %d, its flags %d\n", flags != 0, is_open(fd),
        is_open(50), fcntl(50, F_GETFD));
    close(fd);
    close(50);
}

static void show_fs(unsigned long flags)
{
    char directory[256];
    umask(022);
    long pid = raw_clone(flags | SIGCHLD, NULL);
    MUST(pid);
    if (pid == 0) {
        umask(077);
        _exit(chdir("sub") != 0);
    }
    show_status("changer", reap((pid_t)pid));
    const char *tail = strrchr(getcwd(directory, sizeof directory), '/');
    say("CLONE_FS %d: umask %03o, moved %d\n", flags != 0, umask(022), strcmp(tail, "/sub") == 0);
    if (strcmp(tail, "/sub") == 0)
        MUST(chdir(".."));
}

/* The middle process starts a brother: its parent is the first process. */
static void show_parent(void)
{
    pid_t first = getpid();
    int fds[2];
    MUST(pipe(fds));
    pid_t middle = fork();
    MUST(middle);
    if (middle == 0) {
        long brother = raw_clone(CLONE_PARENT | SIGCHLD, NULL);
        if (brother == 0)
            _exit(getppid() == first ? 11 : 12);
        if (write(fds[1], &brother, sizeof brother) != sizeof brother)
            _exit(1);
        say("middle cannot wait for it: %d\n", waitpid((pid_t)brother, NULL, 0) == -1);
        _exit(0);
    }
    long brother = 0;
    MUST(read(fds[0], &brother, sizeof brother));
    show_status("middle", reap(middle));
    show_status("brother", reap((pid_t)brother));
}

static void show_pidfd(void)
{
    int pidfd = -1;
    struct gate leave;
    gate_open(&leave);
    long pid = raw_clone(CLONE_PIDFD | SIGCHLD, &pidfd);
    MUST(pid);
    if (pid == 0) {
        gate_wait(&leave);
        _exit(9);
    }
    say("pidfd close-on-exec: %d\n", fcntl(pidfd, F_GETFD) == FD_CLOEXEC);
    struct pollfd poller = {.fd = pidfd, .events = POLLIN};
    SHOW(poll(&poller, 1, 0));
    gate_pass(&leave);
    SHOW(poll(&poller, 1, -1));
    say("events %#x\n", poller.revents);
    siginfo_t info = {0};
    SHOW(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED));
    say("same pid %d, status %d\n", info.si_pid == pid, info.si_status);
    SHOW(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
    SHOW(close(pidfd));
}

int main(void)
{
    MUST(mkdir("sub", 0700));
    show_files(0);
    show_files(CLONE_FILES);
    show_fs(0);
    show_fs(CLONE_FS);
    show_parent();
    show_pidfd();
    return 0;
}
