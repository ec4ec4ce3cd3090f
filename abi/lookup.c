/*
 * Look-ups over the generated tables, and the names of errors and signals.
 */
#include "abi/abi.h"

#include <string.h>

#include "abi/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *name;
    const char *text;
} errors[] = {
#define X(name, number, text) [number] = {#name, text},
#include "abi/errno.def"
#undef X
};

#define SIGNAL_MAX 64

/* Linux numbers; the kernel's real-time signals begin at 32, two of which libc keeps to itself. */
static const char *const signals[SIGNAL_MAX + 1] = {
    NULL,       "SIGHUP",   "SIGINT",    "SIGQUIT",  "SIGILL",   "SIGTRAP",   "SIGABRT",
    "SIGBUS",   "SIGFPE",   "SIGKILL",   "SIGUSR1",  "SIGSEGV",  "SIGUSR2",   "SIGPIPE",
    "SIGALRM",  "SIGTERM",  "SIGSTKFLT", "SIGCHLD",  "SIGCONT",  "SIGSTOP",   "SIGTSTP",
    "SIGTTIN",  "SIGTTOU",  "SIGURG",    "SIGXCPU",  "SIGXFSZ",  "SIGVTALRM", "SIGPROF",
    "SIGWINCH", "SIGIO",    "SIGPWR",    "SIGSYS",   "SIGRTMIN", "SIGRT_1",   "SIGRT_2",
    "SIGRT_3",  "SIGRT_4",  "SIGRT_5",   "SIGRT_6",  "SIGRT_7",  "SIGRT_8",   "SIGRT_9",
    "SIGRT_10", "SIGRT_11", "SIGRT_12",  "SIGRT_13", "SIGRT_14", "SIGRT_15",  "SIGRT_16",
    "SIGRT_17", "SIGRT_18", "SIGRT_19",  "SIGRT_20", "SIGRT_21", "SIGRT_22",  "SIGRT_23",
    "SIGRT_24", "SIGRT_25", "SIGRT_26",  "SIGRT_27", "SIGRT_28", "SIGRT_29",  "SIGRT_30",
    "SIGRT_31", "SIGRT_32",
};

static const struct abi_call *call_at(const uint16_t *index, size_t size, uint64_t nr)
{
    return nr < size && index[nr] ? &abi_calls[index[nr] - 1] : NULL;
}

const struct abi_call *abi_call_by_nr(uint64_t nr)
{
    return call_at(abi_index_amd64, abi_index_amd64_size, nr);
}

const struct abi_call *abi_call_by_arm64_nr(uint64_t nr)
{
    return call_at(abi_index_arm64, abi_index_arm64_size, nr);
}

int abi_nr_from_i386(uint64_t nr_i386)
{
    const struct abi_call *call = call_at(abi_index_i386, abi_index_i386_size, nr_i386);

    return call ? call->nr : -1;
}

const struct abi_call *abi_call_by_name(const char *name)
{
    for (size_t i = 0; i < abi_call_count; i++)
        if (!strcmp(abi_calls[i].name, name))
            return &abi_calls[i];
    return NULL;
}

const struct abi_type *abi_type_by_name(const char *name)
{
    for (size_t i = 0; i < abi_type_count; i++)
        if (!strcmp(abi_types[i]->name, name))
            return abi_types[i];
    return NULL;
}

static const char *const trace_classes[] = {
#define NAME(name, text) #name,
    ABI_TRACE_CLASSES(NAME)
#undef NAME
};

uint32_t abi_trace_class_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(trace_classes); i++)
        if (!strcmp(trace_classes[i], name))
            return 1U << i;
    return 0;
}

const char *abi_trace_class_name(unsigned bit)
{
    return bit < COUNT(trace_classes) ? trace_classes[bit] : NULL;
}

const char *abi_constant_name(const struct abi_type *type, uint64_t value)
{
    for (uint32_t i = 0; i < type->count; i++)
        if (type->constants[i].value == value)
            return type->constants[i].name;
    return NULL;
}

struct abi_flag_walk abi_flag_walk_begin(const struct abi_type *type, uint64_t number)
{
    return (struct abi_flag_walk){.type = type, .number = number, .rest = number};
}

const struct abi_constant *abi_flag_walk_next(struct abi_flag_walk *walk)
{
    while (walk->next < walk->type->count) {
        const struct abi_constant *c = &walk->type->constants[walk->next++];
        bool is_field = c->mask != c->value;

        if (is_field ? (walk->number & c->mask) != c->value || (walk->told & c->mask) == c->mask
                     : !c->value || (walk->rest & c->value) != c->value)
            continue;
        walk->rest &= ~c->value;
        if (is_field)
            walk->told |= c->mask;
        return c;
    }
    return NULL;
}

const char *abi_errno_name(int error)
{
    return error > 0 && (size_t)error < COUNT(errors) ? errors[error].name : NULL;
}

const char *abi_errno_text(int error)
{
    return error > 0 && (size_t)error < COUNT(errors) ? errors[error].text : NULL;
}

int abi_errno_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(errors); i++)
        if (errors[i].name && !strcmp(errors[i].name, name))
            return (int)i;
    return 0;
}

const char *abi_signal_name(int signo)
{
    return signo > 0 && signo <= SIGNAL_MAX ? signals[signo] : NULL;
}

int abi_signal_by_name(const char *name)
{
    for (int i = 1; i <= SIGNAL_MAX; i++)
        if (!strcmp(signals[i], name) || !strcmp(signals[i] + strlen("SIG"), name))
            return i;
    return 0;
}
