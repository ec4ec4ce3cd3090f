/*
 * The worker process: a guest can bring its engine down, so it runs in a process that can be lost.
 * The supervisor (the caller of abx_box_run) starts it, watches it and reports its end.
 * Included by sandbox/library.c.
 */
#ifndef SANDBOX_WORKER_H
#define SANDBOX_WORKER_H

#include <signal.h>
#include <stdatomic.h>

#include "include/abibox.h"
#include "sandbox/settings.h"

struct worker_run {
    const struct settings *settings;
    const char *const *argv;
    abx_call_fn *on_call; /* NULL: none */
    void *user;
    _Atomic(pid_t) *pid; /* of the worker while it runs, 0 otherwise */
};

/*
 * Runs the box in a new process and waits for its end or the time limit; then nothing of it is
 * left. 0 with *result filled, or -errno when the process could not be started.
 */
int worker_supervise(const struct worker_run *run, struct abx_result *result);

#endif
