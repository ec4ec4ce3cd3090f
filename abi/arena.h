/*
 * Memory of one decoded call: taken piece by piece, given back all at once. For abi/ alone.
 */
#ifndef ABI_ARENA_H
#define ABI_ARENA_H

#include <stddef.h>

struct abi_arena;

struct abi_arena *abi_arena_new(void);
void abi_arena_free(struct abi_arena *arena);

/* Uninitialized memory aligned for any object, or NULL: none left, or the arena's limit of 16 MiB
 * is reached, which a hostile call with large -s values can do. */
void *abi_arena_allocate(struct abi_arena *arena, size_t size);

/* Gives everything back; keeps one block for the next call. */
void abi_arena_reset(struct abi_arena *arena);

#endif
