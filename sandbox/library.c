/*
 * The public library, include/abibox.h: handles around settings and the worker.
 */
#include "include/abibox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/worker.h"

struct abx_box {
    struct settings settings;
    abx_call_fn *on_call;
    void *user;
    _Atomic(pid_t) worker;
    char error[512];
};

abx_box *abx_box_new(void)
{
    abx_box *box = calloc(1, sizeof *box);

    if (box)
        settings_init(&box->settings);
    return box;
}

void abx_box_free(abx_box *box)
{
    if (!box)
        return;
    settings_free(&box->settings);
    free(box);
}

int abx_box_set(abx_box *box, const char *key, const char *value)
{
    box->error[0] = '\0';
    return settings_set(&box->settings, key, value, box->error, sizeof box->error);
}

void abx_box_on_call(abx_box *box, abx_call_fn *fn, void *user)
{
    box->on_call = fn;
    box->user = user;
}

int abx_box_run(abx_box *box, const char *const argv[], struct abx_result *result)
{
    struct worker_run run = {&box->settings, argv, box->on_call, box->user, &box->worker};
    int error;

    box->error[0] = '\0';
    memset(result, 0, sizeof *result);
    if (!argv || !argv[0] || !*argv[0]) {
        snprintf(box->error, sizeof box->error, "there is no program to run");
        return -EINVAL;
    }
    error = worker_supervise(&run, result);
    if (error)
        snprintf(box->error, sizeof box->error, "cannot start the worker process: %s",
                 strerror(-error));
    return error;
}

int abx_box_signal(abx_box *box, int signo)
{
    pid_t pid = atomic_load(&box->worker);

    if (pid <= 0)
        return -ESRCH;
    return kill(pid, signo) == 0 ? 0 : -ESRCH;
}

const char *abx_box_error(const abx_box *box)
{
    return box->error;
}

const char *abx_reason_name(enum abx_reason reason)
{
    static const char *const names[] = {
        [ABX_EXIT] = "exit",         [ABX_SIGNAL] = "signal", [ABX_POLICY] = "policy",
        [ABX_TIMEOUT] = "timeout",   [ABX_MEMORY] = "memory", [ABX_INSN] = "insn",
        [ABX_DIVERGED] = "diverged", [ABX_ENGINE] = "engine", [ABX_INTERNAL] = "internal",
        [ABX_NOT_RUN] = "not-run",
    };

    return (unsigned)reason < sizeof names / sizeof *names ? names[reason] : "internal";
}

int abx_exit_status(const struct abx_result *result)
{
    switch (result->reason) {
    case ABX_EXIT:
    case ABX_NOT_RUN:
        return result->status;
    case ABX_SIGNAL:
    case ABX_MEMORY:
        return 128 + result->status;
    case ABX_TIMEOUT:
    case ABX_INSN:
        return 124;
    case ABX_DIVERGED:
        return 1;
    default:
        return 125;
    }
}
