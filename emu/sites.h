/*
 * Finds the system calls in machine code that is not run: where the kernel is entered, and which
 * number it is asked for. Knows no engine and no Linux policy.
 */
#ifndef EMU_SITES_H
#define EMU_SITES_H

#include "emu/insn.h"

/* A piece of code as it lies in memory. */
struct code_part {
    const uint8_t *bytes;
    size_t size;
    gaddr_t address;
};

struct syscall_site {
    gaddr_t pc;    /* the instruction, or the call of a function that hands its number on */
    int64_t nr;    /* -1: not a constant */
    bool by_int80; /* an i386 number */
};

typedef void syscall_site_fn(void *ctx, const struct syscall_site *site);

/*
 * Tells each place once. A number is followed through registers and the stack inside a function,
 * and through functions that take it as their argument (syscall(3), Go's Syscall6) to their
 * callers. The code is read from front to end, so data between instructions may hide a place or
 * make one up. False: no memory.
 */
bool find_syscall_sites(const struct code_part *parts, size_t count, syscall_site_fn *found,
                        void *ctx);

#endif
