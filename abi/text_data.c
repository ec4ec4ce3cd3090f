/* See text_data.h. */
#include "abi/text_data.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

/* ---- quoted bytes ---- */

static void append_octal(struct abi_buffer *out, uint8_t byte, bool digit_follows)
{
    abi_append_format(out, digit_follows ? "\\%03o" : "\\%o", byte);
}

static void append_escaped(struct abi_buffer *out, const uint8_t *bytes, size_t count)
{
    static const char letters[] = {
        ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
        ['\v'] = 'v', ['"'] = '"',  ['\\'] = '\\',
    };

    for (size_t i = 0; i < count; i++) {
        uint8_t c = bytes[i];

        if (c < sizeof(letters) && letters[c]) {
            abi_append_char(out, '\\');
            abi_append_char(out, letters[c]);
        } else if (c >= ' ' && c < 0x7f) {
            abi_append_char(out, (char)c);
        } else {
            append_octal(out, c, i + 1 < count && bytes[i + 1] >= '0' && bytes[i + 1] <= '9');
        }
    }
}

static void append_quoted(struct abi_buffer *out, const uint8_t *bytes, size_t count, bool cut)
{
    abi_append_char(out, '"');
    append_escaped(out, bytes, count);
    abi_append(out, cut ? "\"..." : "\"");
}

static void append_hex_quoted(struct abi_buffer *out, const struct abi_value *value)
{
    abi_append_char(out, '"');
    for (size_t i = 0; i < value->count; i++)
        abi_append_format(out, "\\x%02x", value->bytes[i]);
    abi_append(out, value->cut ? "\"..." : "\"");
}

void abi_text_quote_plain(struct abi_buffer *out, const char *text)
{
    append_escaped(out, (const uint8_t *)text, strlen(text));
}

/* The address of a unix socket: a name in the file system, or after a NUL an abstract one. */
static void append_abstract(struct abi_buffer *out, const struct abi_value *value)
{
    if (value->count && !value->bytes[0]) {
        abi_append_char(out, '@');
        append_quoted(out, value->bytes + 1, value->count - 1, value->cut);
    } else {
        append_quoted(out, value->bytes, strnlen((const char *)value->bytes, value->count),
                      value->cut);
    }
}

/* ---- sets ---- */

static bool has_bit(const struct abi_value *value, size_t bit)
{
    return value->bytes[bit / 8] >> bit % 8 & 1;
}

static void append_signal_in_set(struct abi_buffer *out, int signo)
{
    const char *name = abi_signal_name(signo);

    if (name)
        abi_append(out, name + strlen("SIG"));
    else
        abi_append_decimal(out, signo);
}

/* [INT TERM], or ~[KILL STOP] where two thirds and more are members */
static void append_sigset(struct abi_buffer *out, const struct abi_value *value)
{
    size_t bits = 8 * value->count;
    size_t members = 0;
    bool first = true;

    for (size_t i = 0; i < bits; i++)
        members += has_bit(value, i);
    bool inverted = bits && members >= bits * 2 / 3;
    abi_append(out, inverted ? "~[" : "[");
    for (size_t i = 0; i < bits; i++) {
        if (has_bit(value, i) == inverted)
            continue;
        if (!first)
            abi_append_char(out, ' ');
        first = false;
        append_signal_in_set(out, (int)i + 1);
    }
    abi_append_char(out, ']');
}

static void append_bit_numbers(struct abi_buffer *out, const struct abi_value *value)
{
    bool first = true;

    abi_append_char(out, '[');
    for (size_t i = 0; i < 8 * value->count; i++) {
        if (!has_bit(value, i))
            continue;
        if (!first)
            abi_append_char(out, ' ');
        first = false;
        abi_append_unsigned(out, i);
    }
    abi_append(out, value->cut ? "...]" : "]");
}

bool abi_text_is_empty_set(const struct abi_value *value)
{
    for (size_t i = 0; i < value->count; i++)
        if (value->bytes[i])
            return false;
    return value->type->format == ABI_FORMAT_fd_bits;
}

static void append_words(struct abi_buffer *out, const struct abi_value *value)
{
    abi_append_char(out, '[');
    for (size_t i = 0; i + 8 <= value->count; i += 8) {
        uint64_t word;

        memcpy(&word, value->bytes + i, sizeof(word));
        abi_append_format(out, "%s%#018" PRIx64, i ? ", " : "", word);
    }
    abi_append_char(out, ']');
}

static void append_residency(struct abi_buffer *out, const struct abi_value *value)
{
    abi_append_char(out, '[');
    for (size_t i = 0; i < value->count; i++)
        abi_append_format(out, "%s%d", i ? ", " : "", value->bytes[i] & 1);
    abi_append(out, value->cut ? ", ...]" : "]");
}

static void append_ipv6(struct abi_buffer *out, const struct abi_value *value)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (value->count == sizeof(struct in6_addr))
        inet_ntop(AF_INET6, value->bytes, text, sizeof(text));
    abi_append_format(out, "inet_pton(AF_INET6, \"%s\", &%s)", text,
                      value->name ? value->name : "addr");
}

static void append_hwaddr(struct abi_buffer *out, const struct abi_value *value)
{
    for (size_t i = 0; i < value->count; i++)
        abi_append_format(out, "%s%02x", i ? ":" : "", value->bytes[i]);
}

static void append_control_characters(struct abi_buffer *out, const struct abi_value *value)
{
    static const char *const names[] = {
        "VINTR", "VQUIT", "VERASE", "VKILL",    "VEOF",     "VTIME",   "VMIN",   "VSWTC", "VSTART",
        "VSTOP", "VSUSP", "VEOL",   "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
    };

    abi_append_char(out, '[');
    for (size_t i = 0; i < value->count; i++) {
        abi_append(out, i ? ", [" : "[");
        if (i < sizeof(names) / sizeof(names[0]))
            abi_append(out, names[i]);
        else
            abi_append_unsigned(out, i);
        abi_append_format(out, "]=%#x", value->bytes[i]);
    }
    abi_append_char(out, ']');
}

void abi_text_data(struct abi_buffer *out, const struct abi_value *value)
{
    switch (value->type->format) {
    case ABI_FORMAT_chars:
        append_quoted(out, value->bytes, strnlen((const char *)value->bytes, value->count), false);
        break;
    case ABI_FORMAT_random:
        append_hex_quoted(out, value);
        break;
    case ABI_FORMAT_abstract:
        append_abstract(out, value);
        break;
    case ABI_FORMAT_sigset:
        append_sigset(out, value);
        break;
    case ABI_FORMAT_fd_bits:
    case ABI_FORMAT_cpu_bits:
        append_bit_numbers(out, value);
        break;
    case ABI_FORMAT_node_bits:
        append_words(out, value);
        break;
    case ABI_FORMAT_residency:
        append_residency(out, value);
        break;
    case ABI_FORMAT_ipv6:
        append_ipv6(out, value);
        break;
    case ABI_FORMAT_hwaddr:
        append_hwaddr(out, value);
        break;
    case ABI_FORMAT_control_characters:
        append_control_characters(out, value);
        break;
    default:
        append_quoted(out, value->bytes, value->count, value->cut);
        break;
    }
}

/* ---- numbers with a form of their own ---- */

static void append_limit(struct abi_buffer *out, uint64_t limit)
{
    if (limit == UINT64_MAX)
        abi_append(out, "RLIM64_INFINITY");
    else if (limit > 1024 && limit % 1024 == 0)
        abi_append_format(out, "%" PRIu64 "*1024", limit / 1024);
    else
        abi_append_unsigned(out, limit);
}

static void append_signal_number(struct abi_buffer *out, int signo)
{
    const char *name = abi_signal_name(signo);

    if (name)
        abi_append(out, name);
    else
        abi_append_decimal(out, signo);
}

/* A status of wait(2): bits 0-6 the signal (0x7f: stopped), bit 7 a core dump, 8-15 the code. */
static void append_wait_status(struct abi_buffer *out, uint32_t status)
{
    int signo = status & 0x7f;
    int code = status >> 8 & 0xff;
    uint32_t rest = status & ~0xffffU;

    if (status == 0xffff) {
        abi_append(out, "{WIFCONTINUED(s)}");
        return;
    }
    if (signo == 0x7f) {
        abi_append(out, "{WIFSTOPPED(s) && WSTOPSIG(s) == ");
        append_signal_number(out, code);
    } else if (signo) {
        abi_append(out, "{WIFSIGNALED(s) && WTERMSIG(s) == ");
        append_signal_number(out, signo);
        if (status & 0x80)
            abi_append(out, " && WCOREDUMP(s)");
    } else {
        abi_append_format(out, "{WIFEXITED(s) && WEXITSTATUS(s) == %d", code);
    }
    abi_append_char(out, '}');
    if (rest)
        abi_append_format(out, " | %#x", rest);
}

/* An ioctl request without a name, taken apart: direction, type, number, size. */
static void append_request(struct abi_buffer *out, uint64_t request)
{
    static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
                                             "_IOC_READ|_IOC_WRITE"};

    abi_append_format(out, "_IOC(%s, %#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ")",
                      directions[request >> 30 & 3], request >> 8 & 0xff, request & 0xff,
                      request >> 16 & 0x3fff);
}

void abi_text_scalar(struct abi_buffer *out, enum abi_format format, uint64_t number)
{
    switch (format) {
    case ABI_FORMAT_device:
        abi_append_format(out, "makedev(%#x, %#x)", major(number), minor(number));
        break;
    case ABI_FORMAT_port:
        abi_append_format(out, "htons(%u)", ntohs((uint16_t)number));
        break;
    case ABI_FORMAT_netlong:
        abi_append_format(out, "htonl(%u)", ntohl((uint32_t)number));
        break;
    case ABI_FORMAT_ipv4:
        abi_append_format(out, "inet_addr(\"%u.%u.%u.%u\")", (unsigned)(number & 0xff),
                          (unsigned)(number >> 8 & 0xff), (unsigned)(number >> 16 & 0xff),
                          (unsigned)(number >> 24 & 0xff));
        break;
    case ABI_FORMAT_limit:
        append_limit(out, number);
        break;
    case ABI_FORMAT_request:
        append_request(out, number);
        break;
    default:
        append_wait_status(out, (uint32_t)number);
        break;
    }
}

void abi_text_date(struct abi_buffer *out, int64_t seconds, uint64_t fraction, int digits)
{
    struct tm tm;
    time_t when = seconds;
    char text[64];

    if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm)) {
        abi_append_decimal(out, seconds);
        return;
    }
    abi_append(out, text);
    if (fraction)
        abi_append_format(out, ".%0*" PRIu64, digits, fraction);
    abi_append(out, "+0000");
}
