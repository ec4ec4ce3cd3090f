/*
 * What the generated table.c holds, for the look-ups of abi/ alone.
 */
#ifndef ABI_TABLE_H
#define ABI_TABLE_H

#include "abi/abi.h"

extern const struct abi_type *const abi_types[];
extern const size_t abi_type_count;

/* By number: one more than the place in abi_calls, or 0. */
extern const uint16_t abi_index_amd64[];
extern const size_t abi_index_amd64_size;
extern const uint16_t abi_index_i386[];
extern const size_t abi_index_i386_size;
extern const uint16_t abi_index_arm64[];
extern const size_t abi_index_arm64_size;

#endif
