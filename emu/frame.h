/*
 * The signal frame of the amd64 Linux ABI: pushing it onto the guest's stack before a handler runs,
 * and taking the state back when the handler returns. Layout alone: which signal, which mask and
 * which stack are the caller's matter.
 *
 *   handler's rsp -> return address (the restorer), ucontext, siginfo ... FXSAVE image (64-aligned)
 *
 * What comes back from the guest is hostile: flags, selectors and MXCSR are checked, nothing else
 * of it can do more harm than the guest could do itself.
 *
 * May include emu/cpu.h and emu/mm.h.
 */
#ifndef EMU_FRAME_H
#define EMU_FRAME_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "emu/cpu.h"
#include "emu/mm.h"

/* A stack_t. */
struct frame_altstack {
    gaddr_t sp;
    uint64_t size;
    uint32_t flags; /* SS_* */
};

/* What the last fault was, as the context shows it: vector, error code, address of a page fault. */
struct frame_fault {
    uint64_t trapno, error_code, cr2;
};

struct frame_signal {
    int signo;
    const siginfo_t *info; /* NULL: the handler did not ask for it (no SA_SIGINFO) */
    gaddr_t handler, restorer;
    uint64_t mask;                  /* put back when the handler returns */
    struct frame_altstack altstack; /* as it is to be restored */
    bool on_altstack;               /* the frame begins at the top of altstack */
    struct frame_fault fault;
};

/*
 * Pushes the frame below the red zone and points the registers at the handler, with x87 and SSE
 * reset. 0, or -EFAULT when the stack cannot be written (registers are unchanged then).
 */
int frame_push(struct cpu_thread *thread, struct mm *mm, const struct frame_signal *signal);

/* Stack pointer that the frame would have: to check it against the alternate stack. */
gaddr_t frame_place(gaddr_t top);

/*
 * rt_sigreturn: reads the frame that rsp - 8 points at, restores registers and returns the mask
 * and alternate stack in *mask and *altstack. 0, or -EFAULT when the frame cannot be read or holds
 * what the CPU refuses (registers may be partly restored: the guest gets SIGSEGV).
 */
int frame_pop(struct cpu_thread *thread, struct mm *mm, uint64_t *mask,
              struct frame_altstack *altstack);

#endif
