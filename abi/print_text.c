/*
 * Decoded calls in strace's form, for eyes and scripts that know strace 6.1.
 *
 * Two things differ on purpose: bits and values without a name are always shown, and a date is told
 * in UTC, because the host's time zone is no business of the box.
 */
#include "abi/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "abi/text_data.h"

static const struct abi_text_options plain;

struct printer {
    struct abi_buffer *out;
    const struct abi_text_options *options;
};

static void print_value(struct printer *p, const struct abi_value *value);

/* ---- numbers ---- */

static void print_plain_hex(struct printer *p, uint64_t number)
{
    if (number)
        abi_append_hex(p->out, number);
    else
        abi_append_char(p->out, '0');
}

static void print_address(struct printer *p, uint64_t address)
{
    if (address)
        abi_append_hex(p->out, address);
    else
        abi_append(p->out, "NULL");
}

static uint64_t unsigned_number(const struct abi_value *value)
{
    uint32_t size = value->type->size;

    return size < 8 ? value->number & ((1ULL << (8 * size)) - 1) : value->number;
}

static void print_signal(struct printer *p, uint64_t number)
{
    const char *name = number <= INT32_MAX ? abi_signal_name((int)number) : NULL;

    if (name)
        abi_append(p->out, name);
    else
        abi_append_decimal(p->out, (int32_t)number);
}

static void print_error(struct printer *p, uint64_t number)
{
    const char *name = number <= INT32_MAX ? abi_errno_name((int)number) : NULL;

    if (name)
        abi_append(p->out, name);
    else
        abi_append_decimal(p->out, (int64_t)number);
}

static void print_fd(struct printer *p, int fd)
{
    const char *path = NULL;

    abi_append_decimal(p->out, fd);
    if (fd >= 0 && p->options->fd_path)
        path = p->options->fd_path(p->options->fd_path_ctx, fd);
    if (path) {
        abi_append_char(p->out, '<');
        abi_text_quote_plain(p->out, path);
        abi_append_char(p->out, '>');
    }
}

static void print_scalar(struct printer *p, const struct abi_value *value)
{
    enum { AT_CURRENT_DIRECTORY = -100 };
    uint64_t number = unsigned_number(value);

    switch (value->type->format) {
    case ABI_FORMAT_hex:
    case ABI_FORMAT_zero:
        print_plain_hex(p, number);
        break;
    case ABI_FORMAT_address:
        print_address(p, number);
        break;
    case ABI_FORMAT_octal:
        abi_append_format(p->out, "%#03" PRIo64, number);
        break;
    case ABI_FORMAT_dirfd:
        if ((int)number == AT_CURRENT_DIRECTORY)
            abi_append(p->out, "AT_FDCWD");
        else
            print_fd(p, (int)number);
        break;
    case ABI_FORMAT_fd:
        print_fd(p, (int)number);
        break;
    case ABI_FORMAT_id:
        if (number == UINT32_MAX)
            abi_append(p->out, "-1");
        else
            abi_append_unsigned(p->out, number);
        break;
    case ABI_FORMAT_signal:
        print_signal(p, number);
        break;
    case ABI_FORMAT_error:
        print_error(p, number);
        break;
    case ABI_FORMAT_key:
        if (number)
            abi_append_hex(p->out, number);
        else
            abi_append(p->out, "IPC_PRIVATE");
        break;
    case ABI_FORMAT_device:
    case ABI_FORMAT_port:
    case ABI_FORMAT_netlong:
    case ABI_FORMAT_ipv4:
    case ABI_FORMAT_limit:
    case ABI_FORMAT_wait:
        abi_text_scalar(p->out, value->type->format, number);
        break;
    case ABI_FORMAT_moment:
        abi_append_decimal(p->out, (int64_t)value->number);
        if (value->number) {
            abi_append(p->out, " /* ");
            abi_text_date(p->out, (int64_t)value->number, 0, 0);
            abi_append(p->out, " */");
        }
        break;
    case ABI_FORMAT_ticks:
        abi_append_decimal(p->out, (int64_t)value->number);
        if (value->number)
            abi_append_format(p->out, " /* %" PRId64 ".%02" PRId64 " s */",
                              (int64_t)value->number / 100, (int64_t)value->number % 100);
        break;
    case ABI_FORMAT_nothing:
        abi_append_char(p->out, '?');
        break;
    default:
        if (value->type->is_signed)
            abi_append_decimal(p->out, (int64_t)value->number);
        else
            abi_append_unsigned(p->out, number);
        break;
    }
}

static void print_without_name(struct printer *p, const struct abi_value *value, uint64_t number)
{
    if (value->type->format == ABI_FORMAT_octal)
        abi_append_format(p->out, "%#03" PRIo64, number);
    else if (value->type->format == ABI_FORMAT_address)
        print_address(p, number);
    else if (value->type->format == ABI_FORMAT_dec)
        abi_append_decimal(p->out, (int64_t)value->number);
    else if (value->type->format == ABI_FORMAT_request)
        abi_text_scalar(p->out, ABI_FORMAT_request, number);
    else
        print_plain_hex(p, number);
}

static void print_unknown(struct printer *p, const struct abi_value *value, uint64_t number)
{
    print_without_name(p, value, number);
    if (value->type->unknown)
        abi_append_format(p->out, " /* %s */", value->type->unknown);
}

static void print_enum(struct printer *p, const struct abi_value *value)
{
    uint64_t number = unsigned_number(value);
    const char *name = abi_constant_name(value->type, number);

    if (name)
        abi_append(p->out, name);
    else
        print_unknown(p, value, number);
}

/* The names of a flag word, joined; what no name covers follows in the type's format. Returns
 * whether anything was named. */
static bool print_flag_names(struct printer *p, const struct abi_value *value)
{
    struct abi_flag_walk walk = abi_flag_walk_begin(value->type, unsigned_number(value));
    const struct abi_constant *constant;
    bool named = false;

    while ((constant = abi_flag_walk_next(&walk))) {
        if (named)
            abi_append_char(p->out, '|');
        abi_append(p->out, constant->name);
        named = true;
    }
    if (walk.rest && named) {
        abi_append_char(p->out, '|');
        print_without_name(p, value, walk.rest);
    } else if (walk.rest) {
        print_unknown(p, value, walk.rest);
    }
    return named;
}

static void print_flags(struct printer *p, const struct abi_value *value)
{
    bool is_octal = value->type->format == ABI_FORMAT_octal;
    uint64_t number = unsigned_number(value);

    if (!print_flag_names(p, value) && !number)
        abi_append(p->out, is_octal ? "000" : "0");
}

static void print_number(struct printer *p, const struct abi_value *value)
{
    if (value->type->kind == ABI_KIND_FLAGS)
        print_flags(p, value);
    else if (value->type->kind == ABI_KIND_ENUM)
        print_enum(p, value);
    else
        print_scalar(p, value);
}

/* ---- what has parts ---- */

static void print_items(struct printer *p, const struct abi_value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        if (i)
            abi_append(p->out, ", ");
        print_value(p, &value->items[i]);
    }
    if (value->cut)
        abi_append(p->out, value->count ? ", ..." : "...");
}

static void print_list(struct printer *p, const struct abi_value *value)
{
    enum abi_format format = value->spec ? value->spec->type->format : ABI_FORMAT_dec;
    bool counted = value->spec && value->spec->type->kind == ABI_KIND_DATA;

    if (counted && (format == ABI_FORMAT_dirents || format == ABI_FORMAT_dirents64)) {
        abi_append_format(p->out, "%#" PRIx64 " /* %" PRIu64 " entr%s */", value->address,
                          value->total, value->total == 1 ? "y" : "ies");
    } else if (counted && format == ABI_FORMAT_environment && !p->options->verbose) {
        abi_append_format(p->out, "%#" PRIx64 " /* %" PRIu64 " var%s%s */", value->address,
                          value->total, value->total == 1 ? "" : "s",
                          value->cut && value->count == value->total ? ", unterminated" : "");
    } else {
        abi_append_char(p->out, '[');
        print_items(p, value);
        abi_append_char(p->out, ']');
    }
}

/* A point in time as utimensat takes it: two special nanoseconds, or the date in a comment. */
static void print_moment(struct printer *p, const struct abi_value *value)
{
    bool is_nanoseconds = value->count == 2 && value->items[1].type->kind == ABI_KIND_ENUM;
    const struct abi_value *fraction = value->count == 2 ? &value->items[1] : NULL;

    if (is_nanoseconds && fraction->number >> 2 == 0x3ffffffe >> 2 && fraction->number & 2) {
        print_enum(p, fraction);
        return;
    }
    abi_append_char(p->out, '{');
    for (size_t i = 0; i < value->count; i++) {
        abi_append_format(p->out, "%s%s=", i ? ", " : "", value->items[i].name);
        print_value(p, &value->items[i]);
    }
    abi_append_char(p->out, '}');
    if (fraction && fraction->number < 1000000000 && (value->items[0].number || fraction->number)) {
        abi_append(p->out, " /* ");
        abi_text_date(p->out, (int64_t)value->items[0].number, fraction->number,
                      is_nanoseconds ? 9 : 6);
        abi_append(p->out, " */");
    }
}

static void print_record(struct printer *p, const struct abi_value *value)
{
    bool brief = value->type->has_brief && !p->options->verbose;
    bool first = true;

    if (value->type->format == ABI_FORMAT_moment) {
        print_moment(p, value);
        return;
    }
    abi_append_char(p->out, '{');
    for (size_t i = 0; i < value->count; i++) {
        const struct abi_value *item = &value->items[i];

        if (brief && item->spec && !item->spec->brief)
            continue;
        if (!first)
            abi_append(p->out, ", ");
        first = false;
        if (!item->spec || !item->spec->bare) {
            abi_append(p->out, item->name);
            abi_append_char(p->out, '=');
        }
        print_value(p, item);
    }
    if (brief || value->cut)
        abi_append(p->out, first ? "..." : ", ...");
    abi_append_char(p->out, '}');
}

static void print_value(struct printer *p, const struct abi_value *value)
{
    switch (value->kind) {
    case ABI_NUMBER:
        print_number(p, value);
        break;
    case ABI_ADDRESS:
        print_address(p, value->number);
        break;
    case ABI_BYTES:
        abi_text_data(p->out, value);
        break;
    case ABI_LIST:
        print_list(p, value);
        break;
    case ABI_RECORD:
        print_record(p, value);
        break;
    case ABI_ABSENT:
    case ABI_PENDING:
        break;
    }
}

/* ---- calls ---- */

/* The argument shown at this place, from 1; -1: none. */
static int argument_at(const struct abi_decoded *decoded, unsigned place)
{
    for (unsigned i = 0; i < decoded->count; i++)
        if (decoded->call->args[i].spec.shown == place)
            return (int)i;
    return -1;
}

static bool same_scalar(const struct abi_value *a, const struct abi_value *b)
{
    return a->count == 1 && b->count == 1 && a->items[0].number == b->items[0].number;
}

/* An argument that is input and output: what it was, what it became, or both. */
static void print_changed(struct printer *p, const struct abi_value *before,
                          const struct abi_value *after, const struct abi_spec *spec)
{
    if (after->kind == ABI_ABSENT || spec->aside || spec->before) {
        print_value(p, before);
    } else if (before->kind == ABI_LIST && after->kind == ABI_LIST && spec->apart) {
        print_value(p, before);
        abi_append(p->out, " => ");
        print_value(p, after);
    } else if (before->kind == ABI_LIST && after->kind == ABI_LIST && before->count == 1 &&
               after->count == 1 && before->items[0].kind == ABI_NUMBER) {
        abi_append_char(p->out, '[');
        print_value(p, &before->items[0]);
        if (!same_scalar(before, after)) {
            abi_append(p->out, " => ");
            print_value(p, &after->items[0]);
        }
        abi_append_char(p->out, ']');
    } else {
        print_value(p, after);
    }
}

/* Whether the call must end before the argument can be told. */
static bool is_unfinished(const struct abi_decoded *decoded, const struct abi_value *value,
                          const struct abi_spec *spec)
{
    if (decoded->ended)
        return false;
    if (value->kind == ABI_PENDING)
        return true;
    return value->spec && value->spec->direction == ABI_INOUT && value->kind != ABI_ADDRESS &&
           !spec->aside && !spec->before;
}

/* Prints from that place on until the end or, before the call has ended, the first argument that
 * only its end tells; returns the place of that. */
static unsigned print_arguments(struct printer *p, const struct abi_decoded *decoded, unsigned from)
{
    const char *separator = "";
    unsigned place = from;

    for (; place <= decoded->count; place++) {
        int i = argument_at(decoded, place);
        const struct abi_value *value = i < 0 ? NULL : &decoded->args[i];

        if (!value || value->kind == ABI_ABSENT)
            continue;
        const struct abi_spec *spec = &decoded->call->args[i].spec;
        abi_append(p->out, separator);
        separator = ", ";
        if (is_unfinished(decoded, value, spec))
            break;
        if (spec->label)
            abi_append_format(p->out, "%s=", spec->label);
        print_changed(p, value, &decoded->after[i], spec);
    }
    return place;
}

static void print_raw_arguments(struct printer *p, const struct abi_decoded *decoded)
{
    for (int i = 0; i < ABI_ARGS_MAX; i++) {
        if (i)
            abi_append(p->out, ", ");
        print_plain_hex(p, decoded->regs[i]);
    }
}

/* Words of the kernel's own for "begin again", which a tracer may see and a program never. */
static bool print_restart(struct printer *p, int64_t result)
{
    static const struct {
        int64_t error;
        const char *text;
    } restarts[] = {
        {-512, "ERESTARTSYS (To be restarted if SA_RESTART is set)"},
        {-513, "ERESTARTNOINTR (To be restarted)"},
        {-514, "ERESTARTNOHAND (To be restarted if no handler)"},
        {-516, "ERESTART_RESTARTBLOCK (Interrupted by signal)"},
    };

    for (size_t i = 0; i < sizeof(restarts) / sizeof(restarts[0]); i++) {
        if (restarts[i].error == result) {
            abi_append_format(p->out, "? %s", restarts[i].text);
            return true;
        }
    }
    return false;
}

static void print_failure(struct printer *p, int64_t result)
{
    const char *name = abi_errno_name((int)-result);

    if (print_restart(p, result))
        return;
    if (name)
        abi_append_format(p->out, "-1 %s (%s)", name, abi_errno_text((int)-result));
    else
        abi_append_format(p->out, "-1 (errno %d)", (int)-result);
}

/* A result with a meaning beside its number: flags, names, dates. */
static void print_success(struct printer *p, const struct abi_value *result, const char *aside)
{
    const struct abi_type *type = result->type;
    uint64_t number = unsigned_number(result);

    if (type->kind == ABI_KIND_FLAGS && type->format != ABI_FORMAT_dec)
        print_plain_hex(p, number);
    else if (type->kind == ABI_KIND_FLAGS || type->kind == ABI_KIND_ENUM ||
             type->format == ABI_FORMAT_signal || type->format == ABI_FORMAT_moment)
        abi_append_decimal(p->out, (int64_t)result->number);
    else
        print_value(p, result);

    size_t length = p->out->length;
    abi_append_format(p->out, " (%s%s", aside ? aside : "", aside && *aside ? " " : "");
    size_t empty = p->out->length;
    if (type->kind == ABI_KIND_FLAGS)
        print_flag_names(p, result);
    else if (type->kind == ABI_KIND_ENUM)
        print_enum(p, result);
    else if (type->format == ABI_FORMAT_signal && abi_signal_name((int)number))
        print_signal(p, number);
    else if (type->format == ABI_FORMAT_moment)
        abi_text_date(p->out, (int64_t)result->number, 0, 0);
    if (p->out->length == empty) {
        p->out->length = length;
        if (p->out->data)
            p->out->data[length] = 0;
    } else {
        abi_append_char(p->out, ')');
    }
}

/* What a wait answered beside its result: poll's ready files, the time that select had left. */
static void print_asides(struct printer *p, const struct abi_decoded *decoded)
{
    const char *separator = " (";
    bool any = false;

    for (unsigned i = 0; i < decoded->count; i++) {
        const struct abi_value *after = &decoded->after[i];
        const char *word = decoded->call->args[i].spec.aside;

        if (!word)
            continue;
        any = true;
        if (decoded->raw_result <= 0 || after->kind == ABI_ABSENT || after->kind == ABI_ADDRESS ||
            (after->kind == ABI_BYTES && abi_text_is_empty_set(after)))
            continue;
        abi_append_format(p->out, "%s%s%s", separator, word, *word ? " " : "");
        print_value(p, after);
        separator = ", ";
    }
    if (any && decoded->raw_result == 0)
        abi_append(p->out, " (Timeout)");
    else if (*separator == ',')
        abi_append_char(p->out, ')');
}

void abi_text_result(struct abi_buffer *out, const struct abi_decoded *decoded,
                     const struct abi_text_options *options)
{
    struct printer p = {out, options ? options : &plain};
    const struct abi_value *result = &decoded->result;

    abi_append(out, " = ");
    if (decoded->raw_result < 0 && decoded->raw_result >= -4095)
        print_failure(&p, decoded->raw_result);
    else if (!decoded->call || result->kind == ABI_ABSENT)
        abi_append_decimal(out, decoded->raw_result);
    else if (result->kind == ABI_ADDRESS)
        print_plain_hex(&p, result->number);
    else
        print_success(&p, result, result->spec ? result->spec->aside : NULL);
    if (decoded->call)
        print_asides(&p, decoded);
}

unsigned abi_text_enter(struct abi_buffer *out, const struct abi_decoded *decoded,
                        const struct abi_text_options *options)
{
    struct printer p = {out, options ? options : &plain};

    if (!decoded->call) {
        abi_append_format(out, "syscall_%#" PRIx64 "(", decoded->nr);
        print_raw_arguments(&p, decoded);
        return ABI_ARGS_MAX + 1;
    }
    abi_append(out, decoded->call->name);
    abi_append_char(out, '(');
    return print_arguments(&p, decoded, 1);
}

void abi_text_exit(struct abi_buffer *out, const struct abi_decoded *decoded, unsigned from,
                   size_t line_start, const struct abi_text_options *options)
{
    struct printer p = {out, options ? options : &plain};

    if (decoded->call)
        print_arguments(&p, decoded, from);
    abi_append_char(out, ')');
    while (out->length - line_start < ABI_RESULT_COLUMN - 1 && !out->failed)
        abi_append_char(out, ' ');
    abi_text_result(out, decoded, options);
}

void abi_text_call(struct abi_buffer *out, const struct abi_decoded *decoded,
                   const struct abi_text_options *options)
{
    size_t start = out->length;
    unsigned from = abi_text_enter(out, decoded, options);

    abi_text_exit(out, decoded, from, start, options);
}

void abi_text_value(struct abi_buffer *out, const struct abi_value *value,
                    const struct abi_text_options *options)
{
    struct printer p = {out, options ? options : &plain};

    print_value(&p, value);
}
