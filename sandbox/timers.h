/* Timers that send signals, for the rest of the kernel. In sys_timer.c. Included by sandbox/ alone.
 */
#ifndef SANDBOX_TIMERS_H
#define SANDBOX_TIMERS_H

#include "sandbox/kernel.h"

/* A process's RLIMIT_CPU changed, or it was made with one. */
void cpu_limit_changed(struct process *process);
/* exit: disarms setitimer's timers and the CPU limit. */
void itimers_stop(struct process *process);
/* exec and exit: deletes timer_create's timers. */
void posix_timers_delete(struct process *process);
/* A signal with SI_TIMER is taken off the queue: fills in the overruns. */
void posix_timer_taken(struct process *process, siginfo_t *info);

#endif
