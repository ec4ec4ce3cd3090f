/*
 * Questions about single instructions, answered by the disassembler. Knows no engine.
 */
#ifndef EMU_INSN_H
#define EMU_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/mm.h"

/* Reads a register by its cpu.h number, for address arithmetic. */
typedef uint64_t insn_reg_fn(void *ctx, int reg);

/*
 * The first byte of the access that was refused on `page`, made by the instruction at `rip` whose
 * bytes are given. The engine tells the page only; the exact byte is computed from the operands. An
 * access that begins on the page before is reported at the page's first byte, as hardware does.
 * When no operand fits, the page's first byte.
 */
gaddr_t insn_fault_address(const uint8_t *bytes, size_t len, gaddr_t rip, gaddr_t page,
                           enum mm_access access, insn_reg_fn *get, void *ctx);

/* Why the CPU refused an instruction with an exception that is no page fault. */
enum insn_refusal_kind {
    INSN_REFUSED_OTHER,    /* #GP */
    INSN_REFUSED_STACK,    /* #SS: an access through RSP or RBP to an address not canonical */
    INSN_REFUSED_OVERFLOW, /* INT 4, which ring 3 may execute */
};
struct insn_refusal {
    enum insn_refusal_kind kind;
    uint32_t error_code; /* #GP: the selector, or the vector of INT n as a selector of the IDT */
};
void insn_explain_refusal(const uint8_t *bytes, size_t len, gaddr_t rip, insn_reg_fn *get,
                          void *ctx, struct insn_refusal *out);

/*
 * Offset of the first instruction in a block that the engine would execute wrongly (VEX and EVEX
 * forms, IRET), or -1.
 */
long insn_find_unsupported(const uint8_t *code, size_t len, gaddr_t pc);

enum insn_kind {
    INSN_PLAIN,
    INSN_SYSCALL,
    INSN_INT80,
    INSN_CALL,   /* target, or 0: computed */
    INSN_JUMP,   /* never goes on to the next instruction; target, or 0 */
    INSN_BRANCH, /* may go on; target */
    INSN_RETURN, /* or stops: nothing after it is reached from it */
};

enum insn_move {
    INSN_MOVE_NONE,
    INSN_MOVE_CONSTANT, /* to = value */
    INSN_MOVE_REGISTER, /* to = from */
    INSN_MOVE_LOAD,     /* to = [from + value] */
    INSN_MOVE_STORE,    /* [to + value] = from */
};

/* What an instruction does, as far as following a constant through code needs it. Registers are
 * cpu.h's numbers. */
struct insn_step {
    gaddr_t pc;
    enum insn_kind kind;
    enum insn_move move;
    gaddr_t target;
    int64_t value;
    int to;
    int from;
    uint32_t written; /* a bit a register that changes, in part or whole */
};

/* Decodes the instruction at *code and goes on to the next. A byte that begins none is a step of
 * its own that writes nothing. False: the code has ended, or there is no memory. */
bool insn_next(const uint8_t **code, size_t *left, gaddr_t *pc, struct insn_step *step);

/* Length in bytes of the instruction that begins the bytes; 1 when they are none. */
size_t insn_length(const uint8_t *bytes, size_t len);

#endif
