/*
 * What the numbers of the amd64 system-call ABI mean: the tables that tools/mksyscall makes from
 * abi/ *.sys, and the look-ups over them. Knows names, types, classes and lengths; runs nothing.
 * Includes no other header of the project.
 *
 * All tables are constant: every function here may be called from any thread at any time.
 */
#ifndef ABI_ABI_H
#define ABI_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address in the guest; never a host pointer. */
typedef uint64_t gaddr_t;

/*
 * Go's annotations of a system call. SYS may wait for an event and is served outside the engine;
 * SYSNB never waits and is served inside the trap.
 */
enum abi_class { ABI_SYS, ABI_SYSNB };

/* How far the sandbox serves a call. */
enum abi_level {
    ABI_FULL,    /* as Linux does */
    ABI_PARTIAL, /* struct abi_call's note says which part */
    ABI_NONE,    /* answers with struct abi_call's errno; the note says why */
};

/* Trace classes, as `-e trace=%file` names them. X(name, what belongs to it) */
#define ABI_TRACE_CLASSES(X)                                                                       \
    X(file, "takes a file name")                                                                   \
    X(desc, "takes or makes a file descriptor")                                                    \
    X(process, "makes, ends, waits for or signals processes")                                      \
    X(network, "works on sockets")                                                                 \
    X(signal, "works on signals")                                                                  \
    X(ipc, "System V and POSIX messages, semaphores, shared memory")                               \
    X(memory, "changes the memory map")                                                            \
    X(creds, "reads or changes users, groups, capabilities")                                       \
    X(stat, "reads what stat(2) reads")                                                            \
    X(statfs, "reads what statfs(2) reads")                                                        \
    X(clock, "reads or sets clocks and timers")                                                    \
    X(info, "reads or names the system")

enum abi_trace_class_bit {
#define ABI_TRACE_CLASS_BIT(name, text) ABI_TRACE_CLASS_BIT_##name,
    ABI_TRACE_CLASSES(ABI_TRACE_CLASS_BIT)
#undef ABI_TRACE_CLASS_BIT
        ABI_TRACE_CLASS_COUNT
};

enum abi_trace_class {
#define ABI_TRACE_CLASS(name, text) ABI_TRACE_##name = 1 << ABI_TRACE_CLASS_BIT_##name,
    ABI_TRACE_CLASSES(ABI_TRACE_CLASS)
#undef ABI_TRACE_CLASS
};

/*
 * How a value reads. The first group are scalars, the second are data behind a pointer whose
 * shape no struct declaration can say. X(name in the description)
 */
#define ABI_SCALAR_FORMATS(X)                                                                      \
    X(dec)       /* by the type's sign */                                                          \
    X(hex)       /* 0 as 0 */                                                                      \
    X(address)   /* 0 as NULL */                                                                   \
    X(octal)     /* permission bits, a leading 0 */                                                \
    X(fd)        /* a file descriptor */                                                           \
    X(dirfd)     /* a file descriptor or AT_FDCWD */                                               \
    X(pid)       /* a process, thread, group or session */                                         \
    X(id)        /* a user or group; all ones as -1 */                                             \
    X(signal)    /* a signal number */                                                             \
    X(error)     /* an errno value */                                                              \
    X(file_mode) /* S_IFREG|0644 */                                                                \
    X(device)    /* makedev(0x8, 0x1) */                                                           \
    X(port)      /* 16 bits in network order */                                                    \
    X(ipv4)      /* 32 bits in network order */                                                    \
    X(key)       /* System V key; 0 is IPC_PRIVATE */                                              \
    X(limit)     /* a resource limit; all ones is infinity */                                      \
    X(zero)      /* must be zero: flags that no kernel knows */                                    \
    X(nothing)   /* a call that does not return */                                                 \
    X(moment)    /* seconds since 1970, as a date too; of a struct: its seconds and the rest */    \
    X(ticks)     /* hundredths of a second */                                                      \
    X(netlong)   /* 32 bits in network order */                                                    \
    X(request)   /* an ioctl request without a name: _IOC(direction, type, number, size) */        \
    X(wait)      /* what wait(2) stores: WIFEXITED(s) && ... */

#define ABI_DATA_FORMATS(X)                                                                        \
    X(path)               /* a file name up to its NUL */                                          \
    X(string)             /* text up to its NUL */                                                 \
    X(text)               /* text of a given length, no NUL */                                     \
    X(bytes)              /* any bytes of a given length */                                        \
    X(chars)              /* a fixed array of characters, cut at its NUL */                        \
    X(strings)            /* a NULL-terminated vector of strings, printed */                       \
    X(environment)        /* the same, counted */                                                  \
    X(sigset)             /* the length is in bytes */                                             \
    X(fd_bits)            /* fd_set, the length is in bits */                                      \
    X(cpu_bits)           /* the length is in bytes */                                             \
    X(node_bits)          /* the length is in bits */                                              \
    X(dirents)            /* struct linux_dirent records */                                        \
    X(dirents64)          /* struct linux_dirent64 records */                                      \
    X(residency)          /* a byte a page; the length is that of the range */                     \
    X(ipv6)               /* 16 bytes */                                                           \
    X(random)             /* bytes that are no text for sure */                                    \
    X(hwaddr)             /* bytes as 00:11:22 */                                                  \
    X(control_characters) /* c_cc of a terminal */                                                 \
    X(control)            /* control messages of a socket */                                       \
    X(abstract)           /* sun_path: a path or, after a NUL, an abstract name */

enum abi_format {
#define ABI_FORMAT(name) ABI_FORMAT_##name,
    ABI_SCALAR_FORMATS(ABI_FORMAT) ABI_DATA_FORMATS(ABI_FORMAT)
#undef ABI_FORMAT
        ABI_FORMAT_COUNT
};

/* A named value of a flag set or an enumeration. mask tells fields inside a flag word apart:
 * the name stands where (word & mask) == value. In plain flags mask == value. */
struct abi_constant {
    const char *name;
    uint64_t value;
    uint64_t mask;
};

enum abi_kind {
    ABI_KIND_SCALAR, /* a number, read by format */
    ABI_KIND_FLAGS,  /* a word of constants */
    ABI_KIND_ENUM,   /* one of constants */
    ABI_KIND_STRUCT, /* fields */
    ABI_KIND_UNION,  /* one of alternatives */
    ABI_KIND_DATA,   /* bytes in memory, read by format */
};

enum abi_direction {
    ABI_VALUE, /* the word itself */
    ABI_IN,    /* a pointer to what the kernel reads */
    ABI_OUT,   /* a pointer to what the kernel writes */
    ABI_INOUT, /* both */
};

enum abi_length_rule {
    ABI_LENGTH_ONE,     /* one element */
    ABI_LENGTH_CONST,   /* length_value elements */
    ABI_LENGTH_FIELD,   /* as many as the sibling number length_value says */
    ABI_LENGTH_POINTEE, /* as many as the number says to which that sibling points */
    ABI_LENGTH_RESULT,  /* as many as the call returns */
    ABI_LENGTH_REST,    /* to the end of the enclosing object */
};

enum abi_condition {
    ABI_ALWAYS,
    ABI_IF_ANY_BIT, /* sibling & value */
    ABI_IF_EQUAL,   /* sibling == value */
    ABI_IF_NONZERO, /* sibling */
    ABI_IF_ZERO,    /* !sibling */
};

/*
 * How one value is described: an argument, a field, an alternative of a union, a result.
 * Siblings are the arguments of the same call or the fields of the same struct, by index.
 */
struct abi_spec {
    const struct abi_type *type;
    enum abi_direction direction : 8;
    enum abi_length_rule length : 8;
    enum abi_condition condition : 8;
    uint8_t condition_field;
    int8_t by; /* the sibling that chooses a union's alternative; -1: the union's own bytes */
    int8_t filled_by; /* the sibling that says how many bytes its buffers got; -1: the result */
    bool filled;      /* of an output, only as many elements as the call returns are written */
    bool in_bytes;    /* the length counts bytes, not elements */
    bool hidden;      /* no part of what a reader wants to see: high words, padding */
    bool brief;       /* one of the fields that a short rendering keeps */
    bool positive;    /* an output that is written only when the call returns more than 0 */
    bool present;     /* a field without which (zero) its struct does not count in an array */
    bool apart;       /* text shows its values before and after as two: [0] => [4] */
    bool before;      /* text shows its value before the call alone */
    bool bare;        /* a field whose rendering says its name already */
    uint8_t shown;    /* of an argument: its place in a rendering, from 1 */
    int16_t valid_on; /* an output that is written when the call fails with this errno; or 0 */
    uint32_t length_value;
    uint32_t length_add; /* to be added to the length of ABI_LENGTH_FIELD */
    uint64_t condition_value;
    const char *aside; /* its value after the call is told beside the result, under this word */
    const struct abi_type *aside_type; /* what it is read as then; or NULL: as before */
    const char *label;                 /* the word that stands before the argument; or NULL */
};

struct abi_field {
    const char *name; /* "" for a field whose members count as the enclosing struct's */
    struct abi_spec spec;
    uint32_t offset; /* in bytes; an argument's in the array of register words */
};

/* The alternative of a union for some values of its discriminator. */
struct abi_alternative {
    uint64_t value;
    bool otherwise; /* the last one: any other value */
    bool absent;    /* nothing is there: the argument does not exist for this value */
    struct abi_spec spec;
};

struct abi_type {
    const char *name;
    enum abi_kind kind : 8;
    enum abi_format format : 8;
    bool is_signed;
    bool has_brief; /* some field is brief */
    uint8_t align;
    uint32_t size;       /* bytes; 0 for data */
    const char *unknown; /* what stands for values without a name, such as "O_???"; or NULL */
    const struct abi_constant *constants;
    const struct abi_field *fields;
    const struct abi_alternative *alternatives;
    uint32_t count;                       /* of constants, fields or alternatives */
    const struct abi_type *discriminator; /* of a union: the type of what chooses */
    uint64_t discriminator_mask;          /* the bits of it that choose */
    int32_t discriminator_offset; /* of a union that chooses by its own bytes; otherwise -1 */
};

#define ABI_ARGS_MAX 6

struct abi_call {
    int16_t nr;
    int16_t nr_i386;  /* where the arguments mean the same on i386; otherwise -1 */
    int16_t nr_arm64; /* -1: arm64 does not have it */
    uint8_t argc;     /* words that the kernel reads */
    bool implicit;    /* args[0] is no register: it is what the stack pointer points to */
    enum abi_class cls : 8;
    enum abi_level level : 8;
    int16_t error; /* what an ABI_NONE call answers, a positive errno; otherwise 0 */
    uint32_t trace_classes;
    const char *name;
    const char *note; /* NULL when the level is full */
    struct abi_spec result;
    struct abi_field args[ABI_ARGS_MAX];
};

/* Every described call, by number. */
extern const struct abi_call abi_calls[];
extern const size_t abi_call_count;

/* The call of this number, or NULL. Any number may be asked for. */
const struct abi_call *abi_call_by_nr(uint64_t nr);

/* The call of this name, or NULL. */
const struct abi_call *abi_call_by_name(const char *name);

/* The name that is spelt most alike, for messages; NULL when none is near. */
const char *abi_call_nearest(const char *name);

/* The call of this arm64 number, or NULL. */
const struct abi_call *abi_call_by_arm64_nr(uint64_t nr);

/* The amd64 number for an int 0x80 call whose arguments mean the same, or -1. */
int abi_nr_from_i386(uint64_t nr_i386);

/* The bit of a trace class by its name without '%', or 0. */
uint32_t abi_trace_class_by_name(const char *name);

/* "file" for ABI_TRACE_CLASS_BIT_file; NULL past the last one. */
const char *abi_trace_class_name(unsigned bit);

/* The type of this name, or NULL: for tools that decode more than calls. */
const struct abi_type *abi_type_by_name(const char *name);

/* The name of an enumeration's value, or NULL. */
const char *abi_constant_name(const struct abi_type *type, uint64_t value);

/*
 * The names in a flag word, in the description's order, each bit told once:
 *   walk = abi_flag_walk_begin(type, number); while ((c = abi_flag_walk_next(&walk))) ...
 * Afterwards walk.rest holds the bits that no name covers.
 */
struct abi_flag_walk {
    const struct abi_type *type;
    uint64_t number;
    uint64_t rest;
    uint64_t told; /* masks of the fields inside the word that have had their name */
    uint32_t next;
};

struct abi_flag_walk abi_flag_walk_begin(const struct abi_type *type, uint64_t number);
const struct abi_constant *abi_flag_walk_next(struct abi_flag_walk *walk);

/* "ENOENT" for 2; NULL for a number that has no name. */
const char *abi_errno_name(int error);

/* "No such file or directory" for 2; NULL for a number that has no name. The text does not depend
 * on the host's locale. */
const char *abi_errno_text(int error);

/* 2 for "ENOENT", or 0. */
int abi_errno_by_name(const char *name);

/* "SIGINT" for 2, "SIGRT_3" for the real-time signals (32 is SIGRTMIN); NULL outside 1 to 64. */
const char *abi_signal_name(int signo);

/* 2 for "SIGINT" and for "INT", or 0. */
int abi_signal_by_name(const char *name);

#endif
