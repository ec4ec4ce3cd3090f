// calls: wait4
/* Which children wait4(2) waits for, its options, its errors, and what it stores. */
#include "child.h"
#include <sys/resource.h>

static struct gate leave;
static int own_status;

static void waiter(void)
{
    gate_wait(&leave);
    _exit(own_status);
}

static void grouped_waiter(void)
{
    MUST(setpgid(0, 0));
    waiter();
}

static pid_t wait_raw(pid_t pid, int *status, int options, struct rusage *usage)
{
    return (pid_t)syscall(SYS_wait4, pid, status, options, usage);
}

static void show_errors(void)
{
    int status;
    SHOW(wait_raw(-1, &status, 0, NULL));
    SHOW(wait_raw(-1, &status, WNOHANG, NULL));
    SHOW(wait_raw(0, &status, 0, NULL));
    SHOW(wait_raw(getpid(), &status, 0, NULL));
    SHOW(wait_raw(1, &status, 0, NULL));
    SHOW(wait_raw(0x7fffffff, &status, 0, NULL));
    SHOW(wait_raw((pid_t)0x80000000, &status, 0, NULL));
    SHOW(wait_raw(-1, &status, 0x10, NULL));
    SHOW(wait_raw(-1, &status, WEXITED, NULL));
    SHOW(wait_raw(-1, &status, WNOWAIT, NULL));
    SHOW(wait_raw(-1, BAD_POINTER, 0, BAD_POINTER));
}

static void show_choice(void)
{
    int status = -1;
    own_status = 5;
    pid_t own = start_child(waiter);
    own_status = 6;
    pid_t other = fork();
    MUST(other);
    if (other == 0)
        grouped_waiter();
    setpgid(other, other);
    SHOW(wait_raw(-1, &status, WNOHANG, NULL));
    SHOW(wait_raw(own, &status, WNOHANG, NULL));
    say("status untouched: %d\n", status == -1);
    gate_pass(&leave);
    gate_pass(&leave);
    say("by group: %d\n", wait_raw(-other, &status, 0, NULL) == other);
    show_status("grouped", status);
    SHOW(wait_raw(-other, &status, 0, NULL));
    say("by own group: %d\n", wait_raw(0, &status, 0, NULL) == own);
    show_status("own", status);
    SHOW(wait_raw(own, &status, 0, NULL));
}

/* In a group of its own, with its parent in another: SIGTSTP does not stop an orphaned group. */
static void stop_twice(void)
{
    MUST(setpgid(0, 0));
    raise(SIGSTOP);
    raise(SIGTSTP);
    _exit(9);
}

static void show_stops(void)
{
    int status;
    pid_t pid = start_child(stop_twice);
    say("stopped: %d\n", wait_raw(pid, &status, WUNTRACED, NULL) == pid);
    show_status("child", status);
    SHOW(wait_raw(pid, &status, WNOHANG | WUNTRACED, NULL));
    SHOW(wait_raw(pid, &status, WNOHANG | WCONTINUED, NULL));
    MUST(kill(pid, SIGCONT));
    /* The child stops again; the continuation is forgotten, or has been reported before it. */
    say("stopped: %d\n", wait_raw(pid, &status, WUNTRACED, NULL) == pid);
    show_status("child", status);
    MUST(kill(pid, SIGKILL));
    say("ended: %d\n", wait_raw(pid, &status, WUNTRACED | WCONTINUED, NULL) == pid);
    show_status("child", status);

    own_status = 1;
    pid = start_child(waiter);
    MUST(kill(pid, SIGSTOP));
    say("stopped: %d\n", wait_raw(pid, &status, WUNTRACED, NULL) == pid);
    MUST(kill(pid, SIGCONT));
    say("continued: %d\n", wait_raw(pid, &status, WCONTINUED, NULL) == pid);
    say("status %#x\n", (unsigned)status);
    SHOW(wait_raw(pid, &status, WCONTINUED | WNOHANG, NULL));
    gate_pass(&leave);
    reap(pid);
}

/* Uses time and 16 MiB of memory. */
static void burn(void)
{
    char *memory = malloc(16 << 20);
    memset(memory, 1, 16 << 20);
    __asm__ volatile("" : : "r"(memory) : "memory");
    for (volatile int i = 0; i < 20000000; i++)
        continue;
    _exit(3);
}

int main(void)
{
    gate_open(&leave);
    show_errors();
    show_choice();
    show_stops();

    struct rusage usage;
    memset(&usage, 0xff, sizeof usage);
    int status;
    pid_t pid = start_child(burn);
    say("with usage: %d\n", wait_raw(pid, &status, 0, &usage) == pid);
    say("it took time: %d, memory: %d, microseconds are right: %d\n",
        usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec > 0, usage.ru_maxrss > 8192,
        usage.ru_utime.tv_usec < 1000000 && usage.ru_stime.tv_usec < 1000000);

    /* The child is gone although nothing could be stored. */
    pid = start_child(burn);
    say("bad status: %s\n", wait_raw(pid, BAD_POINTER, 0, NULL) < 0 ? errno_name(errno) : "ok");
    say("again: %s\n", wait_raw(pid, &status, 0, NULL) < 0 ? errno_name(errno) : "ok");
    pid = start_child(burn);
    say("bad usage: %s\n", wait_raw(pid, &status, 0, BAD_POINTER) < 0 ? errno_name(errno) : "ok");
    say("again: %s\n", wait_raw(pid, &status, 0, NULL) < 0 ? errno_name(errno) : "ok");
    pid = start_child(burn);
    say("no status wanted: %d\n", wait_raw(pid, NULL, 0, NULL) == pid);
    return 0;
}
