/*
 * The CPU engine as the rest of abibox sees it: run a guest thread until something traps.
 * Nothing above this interface knows which engine is behind it. It knows registers and pages, and
 * no Linux policy.
 *
 * One engine serves all guest threads of a box: cpu_run loads the thread's registers and address
 * space if another ran last. Threads: one host thread at a time may be inside any function but
 * cpu_kick, which may be called from any thread at any time.
 */
#ifndef EMU_CPU_H
#define EMU_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/mm.h"

enum cpu_reg {
    CPU_RAX,
    CPU_RBX,
    CPU_RCX,
    CPU_RDX,
    CPU_RSI,
    CPU_RDI,
    CPU_RBP,
    CPU_RSP,
    CPU_R8,
    CPU_R9,
    CPU_R10,
    CPU_R11,
    CPU_R12,
    CPU_R13,
    CPU_R14,
    CPU_R15,
    CPU_RIP,
    CPU_RFLAGS,
    CPU_FS_BASE,
    CPU_GS_BASE,
    CPU_REG_COUNT
};

enum cpu_trap_kind {
    TRAP_SYSCALL,    /* RIP is after the instruction, RCX and R11 are set as hardware does */
    TRAP_INT80,      /* RIP is after the instruction */
    TRAP_SYSENTER,   /* RIP at the instruction */
    TRAP_PAGE,       /* refused access: addr, access, fault; RIP at the instruction */
    TRAP_DIVIDE,     /* #DE, RIP at the instruction */
    TRAP_STEP,       /* #DB after an instruction with TF set */
    TRAP_BREAKPOINT, /* int3, RIP after it */
    TRAP_ILLEGAL,    /* #UD, RIP at the instruction */
    TRAP_PROTECTION, /* #GP and its like: SIGSEGV with SI_KERNEL, RIP at the instruction */
    TRAP_FLOAT,      /* unmasked x87 or SSE exception */
    TRAP_KICK,       /* cpu_kick, or the instruction budget has run out */
};

struct cpu_trap {
    enum cpu_trap_kind kind;
    gaddr_t addr; /* TRAP_PAGE: the exact byte */
    enum mm_access access;
    enum mm_fault fault;
};

struct cpu;
struct cpu_thread;

/* What fast_syscall did with a call. */
enum cpu_fast {
    CPU_FAST_LEAVE,       /* nothing: leave with TRAP_SYSCALL */
    CPU_FAST_SERVED,      /* served; the guest goes on at once */
    CPU_FAST_SERVED_STOP, /* served; leave with TRAP_KICK: something is pending */
};

struct cpu_hooks {
    /*
     * A SYSCALL instruction, seen inside the engine, with its number; *result goes into RAX if it
     * is served. May read and write registers other than RIP, RAX, RCX and R11, and guest memory;
     * may not run, switch, clone or free threads.
     */
    enum cpu_fast (*fast_syscall)(void *ctx, uint64_t number, int64_t *result);
    /* RDTSC's value. */
    uint64_t (*tsc)(void *ctx);
    void *ctx;
};

/* NULL with a reason of at most `size` bytes in `why` when the engine cannot be brought up. */
struct cpu *cpu_create(struct arena *arena, const struct cpu_hooks *hooks, char *why, size_t size);
void cpu_destroy(struct cpu *cpu);

/* A thread with zeroed registers, x87 and SSE in their reset state, running on mm (referenced). */
struct cpu_thread *cpu_thread_create(struct cpu *cpu, struct mm *mm);
/* A copy of all registers, on another address space (fork) or the same (clone). */
struct cpu_thread *cpu_thread_clone(struct cpu_thread *thread, struct mm *mm);
void cpu_thread_free(struct cpu_thread *thread);
/* Moves the thread to another address space (exec). */
void cpu_thread_set_mm(struct cpu_thread *thread, struct mm *mm);
/* Registers as exec leaves them: zeros, x87 and SSE reset. */
void cpu_thread_reset(struct cpu_thread *thread);

uint64_t cpu_get(struct cpu_thread *thread, enum cpu_reg reg);
void cpu_set(struct cpu_thread *thread, enum cpu_reg reg, uint64_t value);
/* The seven registers of a system call: RAX and the six arguments in order. */
void cpu_get_call(struct cpu_thread *thread, uint64_t *number, uint64_t args[6]);
/* Only the first count arguments; may be used inside fast_syscall. */
void cpu_get_args(struct cpu_thread *thread, unsigned count, uint64_t args[6]);

/* The 512-byte FXSAVE image of x87 and SSE state. Setting masks reserved MXCSR bits. */
void cpu_get_fpu(struct cpu_thread *thread, uint8_t image[512]);
void cpu_set_fpu(struct cpu_thread *thread, const uint8_t image[512]);

/* Runs the thread until it traps. */
void cpu_run(struct cpu_thread *thread, struct cpu_trap *trap);

/*
 * Makes the running thread, if any, leave with TRAP_KICK soon. May be lost in a small window while
 * the engine starts: repeat until cpu_run has returned. Any thread.
 */
void cpu_kick(struct cpu *cpu);

/* Guest code is being run right now. Any thread, signal-safe. */
bool cpu_is_running(const struct cpu *cpu);

/* Translations of the frame must go (host wrote into it). Arena hook. */
void cpu_drop_code(void *cpu, frame_t frame);

/* The thread's last instruction: up to 15 bytes at RIP, their count. For reports. */
size_t cpu_instruction_bytes(struct cpu_thread *thread, uint8_t bytes[15]);

struct cpu_stats {
    uint64_t runs, fills, flushes, code_drops, fast_calls;
};
void cpu_stats(const struct cpu *cpu, struct cpu_stats *stats);

#endif
