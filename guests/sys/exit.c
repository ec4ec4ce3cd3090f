// calls: exit exit_group
/* Only the low eight bits of a status survive, and the kernel runs no cleanup of the C library. */
#include "child.h"

static int status;
static long call;

static void leave(void)
{
    syscall(call, status);
    say("still here\n");
}

static void at_exit(void)
{
    say("exit handler\n");
}

static struct gate leaving;

static void close_on_exit(void)
{
    close(leaving.fd[0]);
    syscall(SYS_exit_group, 0);
}

int main(void)
{
    static const int statuses[] = {0, 1, 127, 128, 255, 256, 257, -1, -256, 0x7fffffff};
    static const long calls[] = {SYS_exit, SYS_exit_group};
    MUST(atexit(at_exit));
    for (size_t c = 0; c < 2; c++) {
        for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
            char label[64];
            call = calls[c];
            status = statuses[i];
            snprintf(label, sizeof label, "%s(%d)", c ? "exit_group" : "exit", status);
            show_child(label, leave);
        }
    }
    /* Exit closes descriptors: the reader of a pipe sees its end, a lock is gone. */
    gate_open(&leaving);
    pid_t pid = start_child(close_on_exit);
    MUST(close(leaving.fd[1]));
    char byte;
    SHOW(read(leaving.fd[0], &byte, 1));
    show_status("child", reap(pid));
    syscall(SYS_exit, 300);
    return 0;
}
