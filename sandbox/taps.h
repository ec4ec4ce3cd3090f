/*
 * Telling the box's tap what happens. Every function may be called when box->tap is not NULL; the
 * ones marked "any time" check that themselves.
 */
#ifndef SANDBOX_TAPS_H
#define SANDBOX_TAPS_H

#include "sandbox/kernel.h"

/* A call enters; true when the tap answered it itself (*result). */
bool tap_enter(struct task *task, int64_t *result);
/*
 * The call leaves. One that will run again after a signal leaves with the result -512 or -514
 * (ERESTARTSYS, ERESTARTNOHAND: what ptrace shows on Linux) and enters anew.
 */
void tap_exit(struct task *task, int64_t result);

/* A signal is delivered to a handler, or ends the process. Any time. */
void tap_signal(struct task *task, int signo, const siginfo_t *info, bool fatal);
/* A process was made, replaced, stopped, ended. path: of TAP_EVENT_EXEC. Any time. */
void tap_event(struct task *task, enum tap_event_kind kind, int value, const char *path);

#endif
