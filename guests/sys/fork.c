// calls: fork
/* A child is a copy: memory apart, descriptors shared, and only some of the state inherited. */
#include "child.h"

static int variable = 1;
static volatile int handled;

static void handler(int signo)
{
    (void)signo;
    handled++;
}

static void child(pid_t parent, int fd)
{
    sigset_t set;
    char byte[2] = "";
    variable = 2;
    say("child: parent is right: %d, pid differs: %d\n", getppid() == parent, getpid() != parent);
    SHOW(read(fd, byte, 1));
    say("child: read %s\n", byte);
    SHOW(sigpending(&set));
    say("child: SIGUSR2 pending: %d\n", sigismember(&set, SIGUSR2));
    SHOW(sigprocmask(SIG_SETMASK, NULL, &set));
    say("child: SIGUSR2 blocked: %d\n", sigismember(&set, SIGUSR2));
    SHOW(alarm(0));
    SHOW(raise(SIGUSR1));
    say("child: handler ran: %d\n", handled);
    say("child: umask %03o\n", umask(0));
    char directory[256];
    SHOW(close(fd));
    say("child: in subdirectory: %d\n",
        strstr(getcwd(directory, sizeof directory), "/sub") != NULL);
    MUST(chdir("/"));
    _exit(7);
}

/* Each level forks the next and adds one to its exit status. */
static int nested(int depth)
{
    if (depth == 0)
        return 0;
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0)
        _exit(nested(depth - 1));
    return WEXITSTATUS(reap(pid)) + 1;
}

int main(void)
{
    make_file("letters", "abcdef", 0600);
    int fd = (int)MUST(open("letters", O_RDWR));
    MUST(mkdir("sub", 0700));
    MUST(chdir("sub"));
    umask(027);
    catch_signal(SIGUSR1, handler, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    MUST(raise(SIGUSR2));
    alarm(1000);

    pid_t parent = getpid();
    pid_t pid = (pid_t)syscall(SYS_fork);
    MUST(pid);
    if (pid == 0)
        child(parent, fd);
    show_status("parent: child", reap(pid));
    say("parent: variable %d, handler ran %d\n", variable, handled);
    SHOW(lseek(fd, 0, SEEK_CUR));
    MUST(sigpending(&set));
    say("parent: SIGUSR2 pending: %d\n", sigismember(&set, SIGUSR2));
    say("parent: alarm still set: %d\n", alarm(0) > 0);
    char directory[256];
    say("parent: in subdirectory: %d\n",
        strstr(getcwd(directory, sizeof directory), "/sub") != NULL);

    SHOW(nested(40));
    int ended = 0;
    for (int i = 0; i < 300; i++) {
        pid = fork();
        if (pid == 0)
            _exit(i & 63);
        ended += WEXITSTATUS(reap(pid)) == (i & 63);
    }
    say("children in a row: %d\n", ended);
    return 0;
}
