/*
 * What guests about processes and signals share beyond guest.h: starting and reaping children, and
 * ordering parent and child through pipes, so that the output never depends on the scheduler.
 * Include after guest.h.
 */
#ifndef GUEST_CHILD_H
#define GUEST_CHILD_H

#include "guest.h"

/* Starts a child that runs body and then exits with 0. Returns its process number. */
static inline pid_t start_child(void (*body)(void))
{
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        body();
        _exit(0);
    }
    return pid;
}

/* Waits for the end of the child and returns its wait status; over signals as well. */
static inline int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            MUST(-1);
    return status;
}

/* Runs body in a child, waits for it, prints how it ended. */
static inline void show_child(const char *label, void (*body)(void))
{
    show_status(label, reap(start_child(body)));
}

/* A one-way gate between processes: gate_wait returns after one gate_pass by anybody. */
struct gate {
    int fd[2];
};

static inline void gate_open(struct gate *gate)
{
    MUST(pipe(gate->fd));
}

static inline void gate_pass(const struct gate *gate)
{
    char byte = 1;
    MUST(write(gate->fd[1], &byte, 1));
}

static inline void gate_wait(const struct gate *gate)
{
    char byte;
    while (read(gate->fd[0], &byte, 1) != 1)
        if (errno != EINTR)
            MUST(-1);
}

/* Returns when the process sleeps in a system call (as its stat file says): for a parent that has
 * to interrupt a child's wait, not to forestall it. */
static inline void await_sleep(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    for (;;) {
        int fd = (int)MUST(open(path, O_RDONLY));
        ssize_t length = read(fd, text, sizeof text - 1);
        MUST(length);
        MUST(close(fd));
        text[length] = 0;
        const char *state = strrchr(text, ')');
        if (state && state[2] == 'S')
            return;
        sleep_ms(1);
    }
}

/* A user id that no other process of the machine is likely to have: limits and permissions of a
 * user reach over all pid namespaces, and guests may run side by side. */
static inline uid_t lonely_uid(void)
{
    unsigned int random = 0;
    MUST(getentropy(&random, sizeof random));
    return 100000 + random % 1000000;
}

/* Installs a handler with these flags; the mask is empty. */
static inline void catch_signal(int signo, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    MUST(sigaction(signo, &action, NULL));
}

/* The same for a handler of three arguments; SA_SIGINFO is added. */
static inline void catch_info(int signo, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};
    MUST(sigaction(signo, &action, NULL));
}

#endif
