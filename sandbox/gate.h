/*
 * The gate: the one place that every system call of a guest passes. See gate.c.
 */
#ifndef SANDBOX_GATE_H
#define SANDBOX_GATE_H

#include "sandbox/kernel.h"

/* A call that trapped inside the engine: cpu_hooks.fast_syscall, ctx is the box. */
enum cpu_fast gate_fast(void *ctx, uint64_t number, int64_t *result);

/* A call of the task that left the engine: serves it and puts the result into RAX. */
void gate_syscall(struct task *task);

/* The same for INT 0x80, with the i386 numbers and registers. */
void gate_int80(struct task *task);

#endif
