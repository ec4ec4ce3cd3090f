/*
 * abibox.h - run Linux x86_64 programs in a sandbox: the C library.
 *
 *     abx_box *box = abx_box_new();
 *     struct abx_result result;
 *     const char *const argv[] = {"./prog", "arg", NULL};
 *
 *     if (abx_box_set(box, "ro", "/usr") || abx_box_run(box, argv, &result))
 *         fprintf(stderr, "%s\n", abx_box_error(box));
 *     else
 *         printf("%s, status %d\n", abx_reason_name(result.reason), result.status);
 *     abx_box_free(box);
 *
 * The guest runs in a process of its own, forked from the caller: whatever the guest does to that
 * process, the caller gets a result. The library prints nothing, never ends the caller's process,
 * installs no signal handlers and keeps no state outside of its handles. Handles may be used by one
 * thread at a time, different handles by different threads at once; abx_box_signal is the
 * exception.
 *
 * License: this header and abibox are MIT; a program that links the library links libunicorn, which
 * is under the GPL version 2.
 */
#ifndef ABIBOX_H
#define ABIBOX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to run and how; and, once it runs, the run itself. */
typedef struct abx_box abx_box;

/* Why a run ended. Later versions may add some: treat unknown ones as ABX_INTERNAL. */
enum abx_reason {
    ABX_EXIT,     /* the program exited; status is its exit code */
    ABX_SIGNAL,   /* a signal ended it; status is the signal's number */
    ABX_POLICY,   /* a rule of the policy ended it */
    ABX_TIMEOUT,  /* the time limit was reached */
    ABX_MEMORY,   /* the memory limit was reached and the program could not go on */
    ABX_INSN,     /* the instruction limit was reached */
    ABX_DIVERGED, /* a replay went another way than its recording */
    ABX_ENGINE,   /* the guest brought the emulated CPU down */
    ABX_INTERNAL, /* trouble of abibox itself */
    ABX_NOT_RUN,  /* the program could not be started; status is 126 or 127 */
};

struct abx_result {
    enum abx_reason reason;
    int status;
    char message[512];     /* one printable line, "" when there is nothing to say */
    uint64_t wall_ns;      /* from start to end */
    uint64_t user_ns;      /* CPU time of the main program: guest code */
    uint64_t system_ns;    /* and its system calls */
    uint64_t peak_memory;  /* bytes of guest memory, files in memory included */
    uint64_t system_calls; /* made by the main program's processes */
};

/* One completed system call, as abx_box_on_call's function sees it. */
struct abx_call {
    uint64_t number;  /* as the guest gave it */
    const char *name; /* static text; NULL for a number that names no call */
    int pid, tid;     /* numbers of the box */
    uint64_t args[6];
    int64_t result; /* or a negative errno */
};
typedef void abx_call_fn(void *user, const struct abx_call *call);

/* A box with every setting at its default. NULL when memory is out. */
abx_box *abx_box_new(void);
/* Frees the handle; not while it runs. NULL is allowed. */
void abx_box_free(abx_box *box);

/*
 * Sets what the option --KEY of `abibox run` sets, from the text that the option takes (NULL for
 * options without a value): "ro", "rw", "tmpfs", "rootfs", "deny", "env", "clearenv", "chdir",
 * "uid", "timeout", "max-mem", "max-procs". Those that name files may be given several times.
 * 0, or -EINVAL (see abx_box_error), -ENOENT (no such key), -ENOMEM. Nothing is set on an error.
 */
int abx_box_set(abx_box *box, const char *key, const char *value);

/*
 * Has fn called in the caller's process, from abx_box_run, for each system call of the guest, in
 * order. Calls that never return (exit) are not seen. NULL: none. The guest runs slower with one.
 */
void abx_box_on_call(abx_box *box, abx_call_fn *fn, void *user);

/*
 * Runs argv[0] with the arguments argv (NULL-terminated) and waits for its end. The guest's
 * standard input, output and error are the caller's. The environment is the caller's unless "env"
 * and "clearenv" say otherwise. 0 when there is a result, whatever it is; -errno when not even the
 * worker process could be started.
 */
int abx_box_run(abx_box *box, const char *const argv[], struct abx_result *result);

/*
 * Sends a signal to the running guest as a terminal or kill(1) would; 0, or -ESRCH when nothing
 * runs. Any thread, and from signal handlers.
 */
int abx_box_signal(abx_box *box, int signo);

/* What was wrong with the last call on this handle; "" if nothing. Valid until the next call. */
const char *abx_box_error(const abx_box *box);

/* "exit" for ABX_EXIT and so on; "internal" for numbers without a name. Static text. */
const char *abx_reason_name(enum abx_reason reason);

/* The exit status with which `abibox run` reports this result: see abibox(1). */
int abx_exit_status(const struct abx_result *result);

#ifdef __cplusplus
}
#endif

#endif
