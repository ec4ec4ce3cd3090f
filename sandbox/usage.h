/*
 * What processes have used: getrusage(2), wait4(2), times(2), prlimit's checks. In sys_rlimit.c.
 * Included by sandbox/ alone.
 */
#ifndef SANDBOX_USAGE_H
#define SANDBOX_USAGE_H

#include <sys/resource.h>

#include "sandbox/kernel.h"

/* The process itself with all its threads, and (and_children) what it has waited for. */
void usage_of_process(struct process *process, bool and_children, struct rusage *out);
/* Adds a child that is being waited for to what getrusage(RUSAGE_CHILDREN) of parent tells. */
void usage_add_child(struct process *parent, struct process *child);

#endif
