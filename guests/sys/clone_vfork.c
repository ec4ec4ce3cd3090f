// calls: clone vfork
/* CLONE_VM | CLONE_VFORK on a stack of its own, as posix_spawn(3) starts programs. */
#include "child.h"
#include <sched.h>
#include <spawn.h>

static volatile int shared;
static char stack[65536] __attribute__((aligned(16)));

static int writer(void *argument)
{
    int here = 0;
    char *address = (char *)&here;
    shared = *(int *)argument;
    _exit(address >= stack && address < stack + sizeof stack ? 20 : 21);
}

static int executor(void *argument)
{
    char *arguments[] = {"guest", argument, NULL};
    char *environment[] = {"SPAWNED=yes", NULL};
    execve("/proc/self/exe", arguments, environment);
    _exit(127);
}

static void show_spawn(const char *path)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 9, "spawned", O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_adddup2(&actions, 9, 8);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    posix_spawnattr_setsigmask(&attributes, &set);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    char *arguments[] = {"guest", "spawn", NULL};
    char *environment[] = {NULL};
    pid_t pid = 0;
    int error = posix_spawn(&pid, path, &actions, &attributes, arguments, environment);
    if (error)
        say("posix_spawn: %s\n", errno_name(error));
    else
        show_status("spawned", reap(pid));
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
}

static int executed(const char *how)
{
    sigset_t set;
    MUST(sigprocmask(SIG_SETMASK, NULL, &set));
    say("executed by %s: SPAWNED=%s, SIGUSR1 blocked %d, leads its group %d\n", how,
        getenv("SPAWNED") ? getenv("SPAWNED") : "no", sigismember(&set, SIGUSR1),
        getpgrp() == getpid());
    say("descriptor 8 open: %d\n", fcntl(8, F_GETFD) >= 0);
    return 30;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return executed(argv[1]);
    int value = 77;
    int pid = clone(writer, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &value);
    MUST(pid);
    say("written before clone returned: %d\n", shared);
    show_status("writer", reap(pid));

    pid = clone(executor, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, "clone");
    MUST(pid);
    show_status("executor", reap(pid));

    /* Without CLONE_VM the memory is apart. */
    shared = 0;
    pid = clone(writer, stack + sizeof stack, CLONE_VFORK | SIGCHLD, &value);
    MUST(pid);
    say("not written: %d\n", shared == 0);
    show_status("copying writer", reap(pid));

    show_spawn("/proc/self/exe");
    show_spawn("missing");
    return 0;
}
