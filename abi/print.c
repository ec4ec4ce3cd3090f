/* The growing buffer of print.h. */
#include "abi/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct abi_buffer *buffer, size_t more)
{
    size_t need = buffer->length + more + 1;

    if (need <= buffer->room)
        return true;
    size_t room = buffer->room ? buffer->room : 512;
    while (room < need)
        room *= 2;
    char *data = realloc(buffer->data, room);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->room = room;
    return true;
}

void abi_buffer_free(struct abi_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct abi_buffer){0};
}

void abi_buffer_clear(struct abi_buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->data)
        buffer->data[0] = 0;
}

void abi_append_bytes(struct abi_buffer *buffer, const char *bytes, size_t length)
{
    if (!reserve(buffer, length))
        return;
    if (length)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = 0;
}

void abi_append(struct abi_buffer *buffer, const char *text)
{
    abi_append_bytes(buffer, text, strlen(text));
}

void abi_append_char(struct abi_buffer *buffer, char c)
{
    abi_append_bytes(buffer, &c, 1);
}

void abi_append_format(struct abi_buffer *buffer, const char *format, ...)
{
    va_list args;
    va_list again;

    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length > 0 && reserve(buffer, (size_t)length)) {
        vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

static void append_digits(struct abi_buffer *buffer, uint64_t number, unsigned base)
{
    char digits[24];
    size_t at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    abi_append_bytes(buffer, digits + at, sizeof(digits) - at);
}

void abi_append_unsigned(struct abi_buffer *buffer, uint64_t number)
{
    append_digits(buffer, number, 10);
}

void abi_append_decimal(struct abi_buffer *buffer, int64_t number)
{
    if (number < 0)
        abi_append_char(buffer, '-');
    append_digits(buffer, number < 0 ? -(uint64_t)number : (uint64_t)number, 10);
}

void abi_append_hex(struct abi_buffer *buffer, uint64_t number)
{
    abi_append_bytes(buffer, "0x", 2);
    append_digits(buffer, number, 16);
}
