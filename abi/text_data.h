/*
 * The forms of print_text.c that are not built of other values: quoted bytes, sets, addresses of
 * the network, dates, what wait(2) stores. For abi/ alone.
 */
#ifndef ABI_TEXT_DATA_H
#define ABI_TEXT_DATA_H

#include "abi/print.h"

/* Bytes (ABI_BYTES) as their type's format says. */
void abi_text_data(struct abi_buffer *out, const struct abi_value *value);

/* makedev(0x8, 0x1), htons(80), 8*1024, {WIFEXITED(s) && WEXITSTATUS(s) == 0} and so on. */
void abi_text_scalar(struct abi_buffer *out, enum abi_format format, uint64_t number);

/* 1970-01-01T00:00:05.000001+0000, with that many digits of the fraction unless it is 0. */
void abi_text_date(struct abi_buffer *out, int64_t seconds, uint64_t fraction, int digits);

/* Text without quotes around it, escaped. */
void abi_text_quote_plain(struct abi_buffer *out, const char *text);

/* Whether the value is a set of files without a member. */
bool abi_text_is_empty_set(const struct abi_value *value);

#endif
