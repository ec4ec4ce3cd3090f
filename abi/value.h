/*
 * Typed decoding: one system call into a tree of values, from the description alone. What the
 * kernel reads is captured when the call enters, what it writes when the call exits; nothing refers
 * to the guest's memory afterwards. Printing is print.h's business.
 * Includes abi/abi.h and abi/tap.h.
 *
 * A struct abi_decoded serves one task's calls one after another and belongs to one thread at a
 * time. Everything it points to lives until the next abi_decode_enter or abi_decoded_free.
 */
#ifndef ABI_VALUE_H
#define ABI_VALUE_H

#include "abi/abi.h"
#include "abi/tap.h"

enum abi_value_kind {
    ABI_ABSENT,  /* the argument does not exist here: open's mode without O_CREAT */
    ABI_PENDING, /* known when the call has ended */
    ABI_NUMBER,  /* number, to be read as type says */
    ABI_ADDRESS, /* a pointer that was not followed, by its type or because nothing was there */
    ABI_BYTES,   /* bytes, to be read as type's format says */
    ABI_LIST,    /* items: an array, or the one element behind a pointer to a scalar */
    ABI_RECORD,  /* items: the named fields of a struct */
};

struct abi_value {
    enum abi_value_kind kind;
    const char *name;            /* of an argument or field; otherwise NULL */
    const struct abi_type *type; /* of a list: its elements' */
    const struct abi_spec *spec; /* where one was declared, unions resolved; NULL for elements */
    uint64_t number;             /* sign-extended where the type is signed */
    gaddr_t address;             /* where it was found; 0 for what stood in a register */
    const uint8_t *bytes;
    struct abi_value *items;
    size_t count;   /* of bytes or items here */
    uint64_t total; /* of bytes or items there are; more than count if the limits cut it */
    bool cut;       /* something is missing: the limits or the guest's memory ended */
};

/* How much to capture, as strace's -s: bytes of a buffer, elements of an array. */
struct abi_limits {
    size_t bytes;
    size_t elements;
};

struct abi_decoded {
    const struct abi_call *call; /* NULL: a number that names no call; then only regs holds */
    uint64_t nr;
    uint64_t regs[ABI_ARGS_MAX];
    unsigned count; /* of args: all of the call's, those hidden or absent too */
    bool ended;
    int64_t raw_result;                   /* a negative errno for an error */
    struct abi_value args[ABI_ARGS_MAX];  /* at entry; outputs once the call has ended */
    struct abi_value after[ABI_ARGS_MAX]; /* of an argument that is input and output: at exit */
    struct abi_value result;              /* ABI_ABSENT for an error */
    struct abi_limits limits;
    struct abi_arena *arena;
};

/* A fresh one, or NULL without memory. Free it with abi_decoded_free. */
struct abi_decoded *abi_decoded_new(struct abi_limits limits);
void abi_decoded_free(struct abi_decoded *decoded);

/* Decodes what is known when the call begins. Drops what was decoded before. */
void abi_decode_enter(struct abi_decoded *decoded, const struct tap_call *call,
                      const struct tap_memory *memory);

/* Adds what the call wrote and what it returned. */
void abi_decode_exit(struct abi_decoded *decoded, const struct tap_memory *memory, int64_t result);

/* Decodes an object of the named type (struct siginfo of a signal) that lies in host memory. */
void abi_decode_object(struct abi_decoded *decoded, const struct abi_type *type, const void *bytes,
                       size_t size, struct abi_value *value);

#endif
