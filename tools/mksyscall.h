/*
 * What mksyscall's parser hands to its writers: the description as linked lists in file order.
 * Words with a meaning of their own are those of abi/abi.h.
 */
#ifndef TOOLS_MKSYSCALL_H
#define TOOLS_MKSYSCALL_H

#include "abi/abi.h"

struct constant {
    const char *name;
    uint64_t value;
    uint64_t mask;
    struct constant *next;
};

/* A name where the description uses it, for messages. */
struct place {
    const char *file;
    int line;
    const char *name; /* NULL: nothing was written there */
};

struct spec {
    struct type *type;
    enum abi_direction direction;
    enum abi_length_rule length;
    uint32_t length_value;
    uint32_t length_add;
    enum abi_condition condition;
    int condition_field;
    uint64_t condition_value;
    int by;
    int filled_by;
    bool filled;
    bool in_bytes;
    int offset; /* where the description places the field, or -1 */
    bool hidden;
    bool brief;
    bool positive;
    bool present;
    bool bare;
    bool apart;
    bool before;
    int shown;
    const char *aside;
    struct type *aside_type;
    const char *label;
    int valid_on;
    /* Names of siblings, resolved once all siblings are known. */
    struct place length_name;
    struct place condition_name;
    struct place condition_values;
    struct place by_name;
    struct place filled_name;
};

struct field {
    const char *name;
    struct spec spec;
    uint32_t offset;
    struct field *next;
};

struct alternative {
    uint64_t value;
    bool otherwise;
    bool absent;
    struct spec spec;
    struct alternative *next;
};

struct type {
    const char *name;
    struct place place;
    enum abi_kind kind;
    enum abi_format format;
    bool is_signed;
    bool sized;
    bool packed;
    bool has_brief;
    uint32_t size;
    uint32_t align;
    const char *unknown;
    struct constant *constants;
    struct field *fields;
    struct alternative *alternatives;
    uint32_t count;
    struct type *discriminator;
    uint64_t discriminator_mask;
    int discriminator_offset;
    struct type *next;
};

struct call {
    const char *name;
    struct place place;
    int nr;
    int nr_i386;
    int nr_arm64;
    unsigned argc;
    bool implicit;
    enum abi_class cls;
    enum abi_level level;
    int error;
    uint32_t trace_classes;
    const char *note;
    struct spec result;
    struct field args[ABI_ARGS_MAX];
    struct call *next;
};

extern struct type *types;
extern struct call *calls;

/* Reads a description file and adds what it declares; ends the program at the first error. */
void parse_file(const char *path);

/* Refuses what only the whole shows: two calls of one number, a signed 64-bit word on i386. */
void check_calls(void);

#endif
