/*
 * The only place that turns decoded calls into words: strace's text and JSON. Neither knows the
 * sandbox; both append to a buffer and never look at the guest.
 * Includes abi/value.h.
 *
 * Thread rules are those of the buffer and the decoded call: one thread at a time.
 */
#ifndef ABI_PRINT_H
#define ABI_PRINT_H

#include "abi/value.h"

/* Text that grows. A failed allocation sets failed and drops what does not fit; the text so far
 * stays. Zero-initialize; free with abi_buffer_free. */
struct abi_buffer {
    char *data; /* NUL-terminated once anything was appended */
    size_t length;
    size_t room;
    bool failed;
};

void abi_buffer_free(struct abi_buffer *buffer);
void abi_buffer_clear(struct abi_buffer *buffer);
void abi_append_bytes(struct abi_buffer *buffer, const char *bytes, size_t length);
void abi_append(struct abi_buffer *buffer, const char *text);
void abi_append_char(struct abi_buffer *buffer, char c);
void abi_append_format(struct abi_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void abi_append_decimal(struct abi_buffer *buffer, int64_t number);
void abi_append_unsigned(struct abi_buffer *buffer, uint64_t number);
void abi_append_hex(struct abi_buffer *buffer, uint64_t number); /* with 0x */

struct abi_text_options {
    bool verbose; /* all fields of every struct, environments in full */
    /* The file behind a descriptor, for `3</etc/passwd>`; NULL: numbers alone. The text is used
     * at once and not kept. */
    const char *(*fd_path)(void *ctx, int fd);
    void *fd_path_ctx;
};

/* The column where " = result" begins. */
#define ABI_RESULT_COLUMN 40

/*
 * strace's form of a call, in pieces because another task's line may come between them:
 *   abi_text_enter  "read(3, " as far as is known before the call ends
 *   abi_text_exit   the rest: "\"abc\", 1024) = 3"
 * Printed one after the other they are the whole line, without a newline; so that the result
 * stands in its column the line begins with the buffer. Each returns the number of the first
 * argument (by place) that is not printed yet, which the second takes as `from`.
 */
unsigned abi_text_enter(struct abi_buffer *out, const struct abi_decoded *decoded,
                        const struct abi_text_options *options);
void abi_text_exit(struct abi_buffer *out, const struct abi_decoded *decoded, unsigned from,
                   size_t line_start, const struct abi_text_options *options);

/* The whole line at once. */
void abi_text_call(struct abi_buffer *out, const struct abi_decoded *decoded,
                   const struct abi_text_options *options);

/* " = 3", " = -1 ENOENT (No such file or directory)": the part after the closing parenthesis. */
void abi_text_result(struct abi_buffer *out, const struct abi_decoded *decoded,
                     const struct abi_text_options *options);

/* One value of any type: a siginfo, say. */
void abi_text_value(struct abi_buffer *out, const struct abi_value *value,
                    const struct abi_text_options *options);

/*
 * JSON. Members, without the braces, so that the caller adds its own:
 *   "call":"openat","nr":257,"args":{...},"result":3
 * Numbers above 2^53 are strings of digits, addresses strings of hex, bytes that are no UTF-8 text
 * {"base64":"...","size":n}. An error is "result":-1,"error":"ENOENT".
 */
void abi_json_call(struct abi_buffer *out, const struct abi_decoded *decoded);
void abi_json_value(struct abi_buffer *out, const struct abi_value *value);

/* "text", quoted and escaped; bytes that are no UTF-8 come out as U+FFFD. */
void abi_json_string(struct abi_buffer *out, const char *text, size_t length);

#endif
