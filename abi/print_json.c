/*
 * Decoded calls as JSON. The forms, for readers:
 *   numbers                 3, above 2^53 "18446744073709551615"
 *   flags                   {"value":577,"names":["O_WRONLY","O_CREAT"],"rest":64}; rest: unnamed
 *   enumerations, signals   {"value":2,"name":"SEEK_END"}; no name: only the value
 *   text                    "abc"; cut: {"text":"abc","cut":true}; no UTF-8: as bytes
 *   bytes                   {"base64":"AAEC","size":3}; size: of all there are
 *   addresses               "0x7f0000000000", null
 *   sets                    ["INT","TERM"], [0,3]
 *   arrays                  [1,2]; cut: {"items":[1,2],"count":100}
 *   input and output        {"before":1,"after":2}
 */
#include "abi/print.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/sysmacros.h>

#define EXACT_MAX ((uint64_t)1 << 53)

static void json_value(struct abi_buffer *out, const struct abi_value *value);

/* ---- text and bytes ---- */

/* The length of the UTF-8 sequence at the front, or 0: none that is well-formed and shortest. NUL
 * counts as none, because many readers of JSON end a string there. */
static size_t utf8_length(const uint8_t *bytes, size_t count)
{
    static const struct {
        uint8_t mask;
        uint8_t lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    if (!bytes[0])
        return 0;
    for (size_t more = 0; more < sizeof(forms) / sizeof(forms[0]); more++) {
        if ((bytes[0] & forms[more].mask) != forms[more].lead)
            continue;
        if (more >= count)
            return 0;
        uint32_t point = bytes[0] & (uint8_t)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (bytes[i] & 0x3f);
        }
        bool is_surrogate = point >= 0xd800 && point < 0xe000;
        return point < forms[more].least || point > 0x10ffff || is_surrogate ? 0 : more + 1;
    }
    return 0;
}

static bool is_utf8(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t length = utf8_length(bytes + i, count - i);

        if (!length)
            return false;
        i += length;
    }
    return true;
}

void abi_json_string(struct abi_buffer *out, const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;

    abi_append_char(out, '"');
    for (size_t i = 0; i < length;) {
        size_t step = utf8_length(bytes + i, length - i);

        if (!step)
            abi_append(out, "\\ufffd");
        else if (bytes[i] == '"' || bytes[i] == '\\')
            abi_append_format(out, "\\%c", bytes[i]);
        else if (bytes[i] < ' ' || bytes[i] == 0x7f)
            abi_append_format(out, "\\u%04x", bytes[i]);
        else
            abi_append_bytes(out, text + i, step);
        i += step ? step : 1;
    }
    abi_append_char(out, '"');
}

static void json_name(struct abi_buffer *out, const char *name)
{
    abi_json_string(out, name, strlen(name));
}

static void json_base64(struct abi_buffer *out, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < count; i += 3) {
        size_t have = count - i < 3 ? count - i : 3;
        uint32_t word = (uint32_t)bytes[i] << 16;

        if (have > 1)
            word |= (uint32_t)bytes[i + 1] << 8;
        if (have > 2)
            word |= bytes[i + 2];
        char four[] = {digits[word >> 18], digits[word >> 12 & 63],
                       have > 1 ? digits[word >> 6 & 63] : '=', have > 2 ? digits[word & 63] : '='};
        abi_append_bytes(out, four, sizeof(four));
    }
}

static void json_bytes(struct abi_buffer *out, const struct abi_value *value)
{
    abi_append(out, "{\"base64\":\"");
    json_base64(out, value->bytes, value->count);
    abi_append(out, "\",\"size\":");
    abi_append_unsigned(out, value->total);
    abi_append_char(out, '}');
}

static void json_text(struct abi_buffer *out, const struct abi_value *value, size_t length)
{
    size_t whole = length;

    /* A character that the limit cut in two is dropped rather than the text called bytes. */
    for (size_t drop = 0; value->cut && drop < 4 && drop < length; drop++) {
        if (is_utf8(value->bytes, length - drop)) {
            whole = length - drop;
            break;
        }
    }
    if (!is_utf8(value->bytes, whole)) {
        json_bytes(out, value);
        return;
    }
    if (value->cut)
        abi_append(out, "{\"text\":");
    abi_json_string(out, (const char *)value->bytes, whole);
    if (value->cut)
        abi_append(out, ",\"cut\":true}");
}

/* ---- numbers ---- */

static void json_unsigned(struct abi_buffer *out, uint64_t number)
{
    const char *quote = number > EXACT_MAX ? "\"" : "";

    abi_append(out, quote);
    abi_append_unsigned(out, number);
    abi_append(out, quote);
}

static void json_signed(struct abi_buffer *out, int64_t number)
{
    const char *quote = number > (int64_t)EXACT_MAX || number < -(int64_t)EXACT_MAX ? "\"" : "";

    abi_append(out, quote);
    abi_append_decimal(out, number);
    abi_append(out, quote);
}

static void json_address(struct abi_buffer *out, uint64_t address)
{
    if (!address) {
        abi_append(out, "null");
        return;
    }
    abi_append_char(out, '"');
    abi_append_hex(out, address);
    abi_append_char(out, '"');
}

static uint64_t unsigned_number(const struct abi_value *value)
{
    uint32_t size = value->type->size;

    return size < 8 ? value->number & ((1ULL << (8 * size)) - 1) : value->number;
}

static void json_plain_number(struct abi_buffer *out, const struct abi_value *value)
{
    if (value->type->is_signed)
        json_signed(out, (int64_t)value->number);
    else
        json_unsigned(out, unsigned_number(value));
}

static void json_named(struct abi_buffer *out, const struct abi_value *value, const char *name)
{
    abi_append(out, "{\"value\":");
    json_plain_number(out, value);
    if (name) {
        abi_append(out, ",\"name\":");
        json_name(out, name);
    }
    abi_append_char(out, '}');
}

static void json_flags(struct abi_buffer *out, const struct abi_value *value)
{
    const struct abi_constant *constant;
    struct abi_flag_walk walk = abi_flag_walk_begin(value->type, unsigned_number(value));
    const char *separator = "";

    abi_append(out, "{\"value\":");
    json_plain_number(out, value);
    abi_append(out, ",\"names\":[");
    while ((constant = abi_flag_walk_next(&walk))) {
        abi_append(out, separator);
        json_name(out, constant->name);
        separator = ",";
    }
    abi_append_char(out, ']');
    if (walk.rest) {
        abi_append(out, ",\"rest\":");
        json_unsigned(out, walk.rest);
    }
    abi_append_char(out, '}');
}

static void json_wait(struct abi_buffer *out, uint32_t status)
{
    int signo = status & 0x7f;
    int code = status >> 8 & 0xff;

    if (status == 0xffff)
        abi_append(out, "{\"continued\":true}");
    else if (signo == 0x7f)
        abi_append_format(out, "{\"stopped\":%d}", code);
    else if (signo)
        abi_append_format(out, "{\"signaled\":%d,\"core\":%s}", signo,
                          status & 0x80 ? "true" : "false");
    else
        abi_append_format(out, "{\"exited\":%d}", code);
}

static void json_scalar(struct abi_buffer *out, const struct abi_value *value)
{
    enum { AT_CURRENT_DIRECTORY = -100 };
    uint64_t number = unsigned_number(value);

    switch (value->type->format) {
    case ABI_FORMAT_address:
        json_address(out, number);
        break;
    case ABI_FORMAT_signal:
        json_named(out, value, abi_signal_name((int)number));
        break;
    case ABI_FORMAT_error:
        json_named(out, value, abi_errno_name((int)number));
        break;
    case ABI_FORMAT_dirfd:
        if ((int)number == AT_CURRENT_DIRECTORY)
            json_named(out, value, "AT_FDCWD");
        else
            json_plain_number(out, value);
        break;
    case ABI_FORMAT_device:
        abi_append_format(out, "{\"major\":%u,\"minor\":%u}", major(number), minor(number));
        break;
    case ABI_FORMAT_port:
        abi_append_unsigned(out, ntohs((uint16_t)number));
        break;
    case ABI_FORMAT_netlong:
        abi_append_unsigned(out, ntohl((uint32_t)number));
        break;
    case ABI_FORMAT_ipv4:
        abi_append_format(out, "\"%u.%u.%u.%u\"", (unsigned)(number & 0xff),
                          (unsigned)(number >> 8 & 0xff), (unsigned)(number >> 16 & 0xff),
                          (unsigned)(number >> 24 & 0xff));
        break;
    case ABI_FORMAT_wait:
        json_wait(out, (uint32_t)number);
        break;
    case ABI_FORMAT_nothing:
        abi_append(out, "null");
        break;
    default:
        json_plain_number(out, value);
        break;
    }
}

static void json_number(struct abi_buffer *out, const struct abi_value *value)
{
    if (value->type->kind == ABI_KIND_FLAGS)
        json_flags(out, value);
    else if (value->type->kind == ABI_KIND_ENUM)
        json_named(out, value, abi_constant_name(value->type, unsigned_number(value)));
    else
        json_scalar(out, value);
}

/* ---- data and what has parts ---- */

static bool has_bit(const struct abi_value *value, size_t bit)
{
    return value->bytes[bit / 8] >> bit % 8 & 1;
}

/* The members of a set: signal names, or bit numbers. */
static void json_set(struct abi_buffer *out, const struct abi_value *value)
{
    const char *separator = "";

    abi_append_char(out, '[');
    for (size_t i = 0; i < 8 * value->count; i++) {
        const char *name =
            value->type->format == ABI_FORMAT_sigset ? abi_signal_name((int)i + 1) : NULL;

        if (!has_bit(value, i))
            continue;
        abi_append(out, separator);
        separator = ",";
        if (name)
            json_name(out, name + strlen("SIG"));
        else
            abi_append_unsigned(out, i);
    }
    abi_append_char(out, ']');
}

static void json_data(struct abi_buffer *out, const struct abi_value *value)
{
    char address[INET6_ADDRSTRLEN];

    switch (value->type->format) {
    case ABI_FORMAT_sigset:
    case ABI_FORMAT_fd_bits:
    case ABI_FORMAT_cpu_bits:
    case ABI_FORMAT_node_bits:
        json_set(out, value);
        break;
    case ABI_FORMAT_path:
    case ABI_FORMAT_string:
    case ABI_FORMAT_strings:
    case ABI_FORMAT_environment:
    case ABI_FORMAT_text:
        json_text(out, value, value->count);
        break;
    case ABI_FORMAT_chars:
        json_text(out, value, strnlen((const char *)value->bytes, value->count));
        break;
    case ABI_FORMAT_abstract:
        json_text(out, value,
                  value->count && !value->bytes[0]
                      ? value->count
                      : strnlen((const char *)value->bytes, value->count));
        break;
    case ABI_FORMAT_ipv6:
        if (value->count == sizeof(struct in6_addr) &&
            inet_ntop(AF_INET6, value->bytes, address, sizeof(address)))
            json_name(out, address);
        else
            json_bytes(out, value);
        break;
    default:
        json_bytes(out, value);
        break;
    }
}

static void json_list(struct abi_buffer *out, const struct abi_value *value)
{
    bool is_cut = value->cut || value->total > value->count;

    if (value->spec && value->spec->length == ABI_LENGTH_ONE && value->count == 1 &&
        value->spec->type->kind != ABI_KIND_DATA) {
        json_value(out, &value->items[0]);
        return;
    }
    abi_append(out, is_cut ? "{\"items\":[" : "[");
    for (size_t i = 0; i < value->count; i++) {
        if (i)
            abi_append_char(out, ',');
        json_value(out, &value->items[i]);
    }
    abi_append_char(out, ']');
    if (is_cut) {
        abi_append(out, ",\"count\":");
        json_unsigned(out, value->total);
        abi_append_char(out, '}');
    }
}

static void json_record(struct abi_buffer *out, const struct abi_value *value)
{
    abi_append_char(out, '{');
    for (size_t i = 0; i < value->count; i++) {
        if (i)
            abi_append_char(out, ',');
        json_name(out, value->items[i].name);
        abi_append_char(out, ':');
        json_value(out, &value->items[i]);
    }
    abi_append_char(out, '}');
}

static void json_value(struct abi_buffer *out, const struct abi_value *value)
{
    switch (value->kind) {
    case ABI_NUMBER:
        json_number(out, value);
        break;
    case ABI_ADDRESS:
        json_address(out, value->number);
        break;
    case ABI_BYTES:
        json_data(out, value);
        break;
    case ABI_LIST:
        json_list(out, value);
        break;
    case ABI_RECORD:
        json_record(out, value);
        break;
    case ABI_ABSENT:
    case ABI_PENDING:
        abi_append(out, "null");
        break;
    }
}

void abi_json_value(struct abi_buffer *out, const struct abi_value *value)
{
    json_value(out, value);
}

/* ---- calls ---- */

static void json_argument(struct abi_buffer *out, const struct abi_value *before,
                          const struct abi_value *after)
{
    if (after->kind == ABI_ABSENT) {
        json_value(out, before);
        return;
    }
    abi_append(out, "{\"before\":");
    json_value(out, before);
    abi_append(out, ",\"after\":");
    json_value(out, after);
    abi_append_char(out, '}');
}

static void json_arguments(struct abi_buffer *out, const struct abi_decoded *decoded)
{
    const char *separator = "";

    abi_append_char(out, '{');
    for (unsigned i = 0; i < decoded->count; i++) {
        if (decoded->args[i].kind == ABI_ABSENT)
            continue;
        abi_append(out, separator);
        separator = ",";
        json_name(out, decoded->call->args[i].name);
        abi_append_char(out, ':');
        json_argument(out, &decoded->args[i], &decoded->after[i]);
    }
    abi_append_char(out, '}');
}

static void json_result(struct abi_buffer *out, const struct abi_decoded *decoded)
{
    const struct abi_value *result = &decoded->result;
    int64_t raw = decoded->raw_result;
    const char *name = raw < 0 && raw >= -4095 ? abi_errno_name((int)-raw) : NULL;

    if (raw < 0 && raw >= -4095) {
        abi_append_format(out, ",\"result\":-1,\"errno\":%d", (int)-raw);
        if (name)
            abi_append_format(out, ",\"error\":\"%s\"", name);
        return;
    }
    abi_append(out, ",\"result\":");
    if (result->kind == ABI_ABSENT)
        json_signed(out, raw);
    else
        json_value(out, result);
}

void abi_json_call(struct abi_buffer *out, const struct abi_decoded *decoded)
{
    if (decoded->call) {
        abi_append(out, "\"call\":");
        json_name(out, decoded->call->name);
    } else {
        abi_append(out, "\"call\":null");
    }
    abi_append(out, ",\"nr\":");
    json_unsigned(out, decoded->nr);
    abi_append(out, ",\"args\":");
    if (decoded->call) {
        json_arguments(out, decoded);
    } else {
        for (int i = 0; i < ABI_ARGS_MAX; i++) {
            abi_append(out, i ? "," : "[");
            json_address(out, decoded->regs[i]);
        }
        abi_append_char(out, ']');
    }
    if (decoded->ended)
        json_result(out, decoded);
}
