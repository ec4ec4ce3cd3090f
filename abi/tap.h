/*
 * The tap: how trace, sessions and coverage see what a guest does, and how a replay answers in the
 * kernel's place. The sandbox calls it; whoever listens implements it and needs abi/ alone.
 * Includes abi/abi.h.
 *
 * One thread of the box at a time calls the tap. No callback may keep a pointer that it is given
 * beyond its return, nor call back into the sandbox.
 */
#ifndef ABI_TAP_H
#define ABI_TAP_H

#include "abi/abi.h"

/* Who made the call: numbers of the box's own, never the host's. */
struct tap_task {
    int pid;
    int tid;
};

/*
 * The guest's memory as a listener sees it. Both copy as many bytes as the guest could reach from
 * addr on, at most len, and return that number; they never fault.
 */
struct tap_memory {
    void *ctx;
    size_t (*read)(void *ctx, gaddr_t addr, void *buf, size_t len);
    size_t (*write)(void *ctx, gaddr_t addr, const void *buf, size_t len);
};

/* Which instruction asked; the call's number is the amd64 one in either case. */
enum tap_entry { TAP_SYSCALL, TAP_INT80 };

struct tap_call {
    const struct abi_call *call; /* NULL: a number that names no call */
    uint64_t nr;                 /* as the guest gave it, before any table */
    const uint64_t *regs;        /* six words: DI SI DX R10 R8 R9 */
    uint64_t ip;                 /* after the instruction */
    uint64_t sp;
    enum tap_entry entry;
    uint64_t serial; /* one more for each call of the box: pairs an exit with its enter */
};

/* How a call was answered. */
enum tap_handling {
    TAP_SERVED,             /* by the sandbox kernel */
    TAP_FORWARDED_BLOCKING, /* by the host, through the blocking stub */
    TAP_FORWARDED_RAW,      /* by the host, through the raw stub */
    TAP_DENIED,             /* refused by policy */
    TAP_INJECTED,           /* by a fault rule */
    TAP_KILLED,             /* the task ended inside it and sees no result */
    TAP_ANSWERED,           /* by a tap */
};

enum tap_action {
    TAP_CONTINUE, /* serve the call */
    TAP_ANSWER,   /* do not: its result is in *result, its outputs are written */
};

/* A signal that is delivered or that ends the task. info is struct siginfo as the guest has it. */
struct tap_signal {
    int signo;
    const void *info;
    size_t info_size;
    bool fatal;
};

enum tap_event_kind {
    TAP_EVENT_FORK,    /* value: the new process's pid */
    TAP_EVENT_THREAD,  /* value: the new thread's tid */
    TAP_EVENT_EXEC,    /* the program was replaced; path names it */
    TAP_EVENT_EXIT,    /* value: the exit status */
    TAP_EVENT_KILLED,  /* value: the signal */
    TAP_EVENT_STOPPED, /* value: the signal */
    TAP_EVENT_CONTINUED,
    TAP_EVENT_SYSENTER, /* the guest executed sysenter, which amd64 programs cannot */
};

struct tap_event {
    enum tap_event_kind kind;
    int value;
    bool core_dumped;
    const char *path; /* of TAP_EVENT_EXEC; otherwise NULL */
};

/*
 * A listener. Any callback may be NULL. user is the listener's own and is handed to each.
 *
 * Every call that enters exits exactly once (also with TAP_KILLED), calls of different tasks may
 * overlap. A call that restarts after a signal exits once, with the last answer; in between its
 * result is -512 (ERESTARTSYS) and neither enter nor exit is called.
 */
struct tap {
    void *user;

    /* Before anything of the call happens. To answer it, write its outputs by memory->write, set
     * *result (a negative errno for an error) and return TAP_ANSWER. */
    enum tap_action (*enter)(void *user, struct tap_task task, const struct tap_call *call,
                             const struct tap_memory *memory, int64_t *result);

    /* After the call, its outputs in place. result is a negative errno for an error. */
    void (*exit)(void *user, struct tap_task task, const struct tap_call *call,
                 const struct tap_memory *memory, int64_t result, enum tap_handling handling);

    void (*signal)(void *user, struct tap_task task, const struct tap_signal *signal);

    void (*event)(void *user, struct tap_task task, const struct tap_event *event);
};

#endif
