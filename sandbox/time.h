/*
 * Times as calls pass them, and clocks by number. In sys_time.c. Included by sandbox/ alone.
 * Times inside the kernel are nanoseconds in an int64_t: 292 years, beyond which they saturate.
 */
#ifndef SANDBOX_TIME_H
#define SANDBOX_TIME_H

#include <time.h>

#include "sandbox/kernel.h"

#define NS_PER_SECOND 1000000000ll
#define NS_PER_TICK   10000000ll /* clock_t and si_utime count hundredths of a second */

/* struct timespec and struct timeval of amd64. */
struct time_spec {
    int64_t sec, nsec;
};
struct time_val {
    int64_t sec, usec;
};

struct time_spec time_spec_of(int64_t ns);
struct time_val time_val_of(int64_t ns);
/* Saturating; -EINVAL for negative times and fractions of a second or more. */
int time_spec_ns(const struct time_spec *spec, int64_t *ns);

/* Reads a timespec argument: -EFAULT, -EINVAL. */
int time_copy_timespec(struct task *task, gaddr_t from, int64_t *ns);
/* The same as a relative timeout of a call that may be restarted (task_deadline). */
int time_copy_deadline(struct task *task, gaddr_t from, int64_t *deadline);
/* An absolute time of CLOCK_REALTIME or another clock as a deadline for task_wait. */
int64_t time_absolute_deadline(struct task *task, int clock, int64_t ns);

/* Now on a clock of clock_gettime(2), also CPU clocks of other tasks. -EINVAL. */
int time_now(struct task *task, int clock, int64_t *ns);

#endif
