/*
 * fault.h - trouble on purpose, in builds with RT_FAULTS. Included by internal.h
 * and the stress test.
 *
 * A window is a place between two steps where another thread may come in, or where
 * the kernel may do less than was hoped. With a rate of n the trouble happens about
 * n times in 1024 passes: the thread pauses for a random while, or, where the list
 * says so, rt_window returns true and the caller does what stands there.
 */
#ifndef RT_FAULT_H
#define RT_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum rt_window {
    WINDOW_ENTER_G_SET,     /* rt_entersyscall: the G is marked, the P not yet */
    WINDOW_ENTER_P_SET,     /* the P is marked, the stopper's flag not yet read */
    WINDOW_EXIT_BEFORE_CAS, /* rt_exitsyscall before it tries for its old P */
    WINDOW_RUNQ_PUBLISHED,  /* a G is queued, nobody woken yet */
    WINDOW_BEFORE_WAKE,     /* next_p is set, the note not yet woken */
    WINDOW_STOP_SPINNING,   /* nmspinning lowered, the queues not yet read again */
    WINDOW_PARK_COMMIT,     /* the G is waiting, not yet published */
    WINDOWS_THAT_PAUSE,

    WINDOW_FUTEX_WAIT = WINDOWS_THAT_PAUSE, /* true: return spuriously */
    WINDOW_THREAD,                          /* true: pretend EAGAIN */
    WINDOW_POLL_BATCH,                      /* true: take one event only */
    WINDOW_SYSMON,                          /* true: retake at once */
    WINDOWS
};

/* Set before rt_run. */
extern uint32_t rt_fault_rate[WINDOWS];
/* How often trouble was made. */
extern _Atomic(uint64_t) rt_fault_hits[WINDOWS];

bool rt_window(enum rt_window w);

#endif
