// calls: clone3
/* clone3(2): the size and every field are checked before anything happens. */
#include "child.h"
#include <linux/sched.h>
#include <sched.h>

static long clone3(struct clone_args *arguments, size_t size)
{
    long pid = syscall(SYS_clone3, arguments, size);
    if (pid == 0)
        _exit(3);
    return pid;
}

static void try_size(size_t size)
{
    static struct {
        struct clone_args known;
        char more[PAGE];
    } arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.known.exit_signal = SIGCHLD;
    long pid = clone3(&arguments.known, size);
    say("size %zu: %s\n", size, pid > 0 ? "ok" : errno_name(errno));
    if (pid > 0)
        reap((pid_t)pid);
}

static void try_fields(const char *text, struct clone_args arguments)
{
    long pid = clone3(&arguments, sizeof arguments);
    say("%s: %s\n", text, pid > 0 ? "ok" : errno_name(errno));
    if (pid > 0)
        waitpid((pid_t)pid, NULL, __WALL);
}
#define TRY(...) try_fields(#__VA_ARGS__, (struct clone_args){__VA_ARGS__})

static char stack[16384] __attribute__((aligned(16)));

int main(void)
{
    try_size(0);
    try_size(63);
    try_size(64);
    try_size(72);
    try_size(80);
    try_size(88);
    try_size(4096);
    try_size(4097);
    struct {
        struct clone_args known;
        char more[8];
    } longer = {.known.exit_signal = SIGCHLD, .more = {1}};
    SHOW(clone3(&longer.known, sizeof longer));
    SHOW(clone3(NULL_POINTER, sizeof longer.known));
    SHOW(clone3(BAD_POINTER, sizeof longer.known));
    SHOW(clone3(KERNEL_POINTER, sizeof longer.known));

    /* Signal 64 would end this program when a child of the next lines ends. */
    MUST(signal(64, SIG_IGN) == SIG_ERR ? -1 : 0);
    TRY(.exit_signal = 0);
    TRY(.exit_signal = SIGCHLD);
    TRY(.exit_signal = 64);
    TRY(.exit_signal = 65);
    TRY(.exit_signal = 256);
    TRY(.exit_signal = 1UL << 32);
    TRY(.flags = 1, .exit_signal = SIGCHLD);
    TRY(.flags = CLONE_DETACHED, .exit_signal = SIGCHLD);
    TRY(.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD);
    TRY(.flags = CLONE_PARENT, .exit_signal = SIGCHLD);
    TRY(.flags = 1UL << 40, .exit_signal = SIGCHLD);
    TRY(.flags = CLONE_SIGHAND, .exit_signal = SIGCHLD);
    TRY(.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD);
    TRY(.exit_signal = SIGCHLD, .stack_size = 4096);
    TRY(.exit_signal = SIGCHLD, .stack = (uint64_t)stack);
    TRY(.exit_signal = SIGCHLD, .stack = 1UL << 63, .stack_size = 4096);
    TRY(.exit_signal = SIGCHLD, .set_tid_size = 1);
    TRY(.exit_signal = SIGCHLD, .set_tid = 16);
    TRY(.exit_signal = SIGCHLD, .set_tid = 16, .set_tid_size = 33);
    TRY(.exit_signal = SIGCHLD, .set_tid = 16, .set_tid_size = 1);
    TRY(.exit_signal = SIGCHLD, .flags = CLONE_INTO_CGROUP, .cgroup = 1UL << 40);

    int pidfd = -1, tid = 0;
    struct clone_args good = {
        .flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
        .pidfd = (uint64_t)&pidfd,
        .parent_tid = (uint64_t)&tid,
        .exit_signal = SIGCHLD,
    };
    long pid = clone3(&good, sizeof good);
    MUST(pid);
    say("number stored: %d, pidfd %d\n", tid == pid, pidfd >= 3);
    siginfo_t info = {0};
    SHOW(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED));
    say("status %d\n", info.si_status);

    /* CLONE_CLEAR_SIGHAND: handlers go, ignored signals stay ignored. */
    catch_signal(SIGUSR1, exit, 0);
    MUST(signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
    struct clone_args clear = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
    pid = syscall(SYS_clone3, &clear, sizeof clear);
    MUST(pid);
    if (pid == 0) {
        struct sigaction one, two;
        sigaction(SIGUSR1, NULL, &one);
        sigaction(SIGUSR2, NULL, &two);
        _exit((one.sa_handler == SIG_DFL) + 2 * (two.sa_handler == SIG_IGN));
    }
    show_status("cleared", reap((pid_t)pid));
    return 0;
}
