/*
 * The stack that a new program finds: strings, argument and environment vectors, auxiliary vector,
 * as the System V ABI for AMD64 (3.4.1) orders them and as Linux places them.
 *
 *   top-8   eight zero bytes
 *           file name (AT_EXECFN), environment strings, argument strings
 *           platform name, 16 random bytes
 *   sp      argc, argv[], NULL, envp[], NULL, auxv[], AT_NULL; sp % 16 == 0
 *
 * Strings go from the top down and straight into the new address space, last one first, so that
 * arguments of megabytes need no copy on the host and count as the guest's memory.
 *
 * May include emu/mm.h alone. No Linux policy: limits are the caller's.
 */
#ifndef EMU_STACK_H
#define EMU_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/mm.h"

/* Longest argument or environment string with its NUL (MAX_ARG_STRLEN). */
#define STACK_STRING_MAX (32 * PAGE_SIZE)

/* The highest address that a stack may end at. */
#define STACK_TOP MM_TOP

struct stack {
    struct mm *mm;     /* borrowed */
    gaddr_t bottom;    /* lowest mapped address */
    gaddr_t lowest;    /* strings may not go below: -E2BIG */
    gaddr_t sp;        /* last thing pushed */
    gaddr_t file_name; /* AT_EXECFN */
    uint64_t argc, envc;
    gaddr_t arg_start, arg_end, env_start, env_end; /* set by stack_finish */
    gaddr_t auxv;                                   /* likewise */
    uint64_t auxv_len;
};

/* What the auxiliary vector tells. */
struct stack_program {
    gaddr_t headers;       /* AT_PHDR */
    uint64_t header_count; /* AT_PHNUM */
    gaddr_t base;          /* AT_BASE: the interpreter's bias, 0 without one */
    gaddr_t entry;         /* AT_ENTRY: the program's own */
    uint64_t hwcap, hwcap2, minimal_signal_stack;
    uint32_t uid, euid, gid, egid;
    bool secure;
    uint8_t random[16];
};

/*
 * Maps `bytes` (page aligned) of stack below STACK_TOP with these VMA_* flags; strings may take
 * string_limit bytes of it. 0 or what mm_map gives.
 */
int stack_begin(struct stack *stack, struct mm *mm, uint64_t bytes, uint64_t string_limit,
                uint32_t flags);

/*
 * Push one string and return 0, -E2BIG (too long, the limit, or no frame left) or -EFAULT (from
 * another address space, at its address). Push the file name, then the environment from the last
 * to the first string, then the arguments from the last to the first; the caller counts argc and
 * envc.
 */
int stack_push(struct stack *stack, const char *text);
int stack_push_guest(struct stack *stack, struct mm *from, gaddr_t text);

/* Takes the first argument away again (a script's name gives way to its interpreter's). */
int stack_drop_argument(struct stack *stack);

/*
 * Writes the vectors below the strings, unmaps what lies more than `reserve` bytes below them, and
 * leaves the initial stack pointer in stack->sp. 0 or -ENOMEM.
 */
int stack_finish(struct stack *stack, const struct stack_program *program, uint64_t reserve);

#endif
