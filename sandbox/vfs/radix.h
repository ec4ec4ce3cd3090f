/*
 * A sparse array of 64-bit values by 64-bit index, 0 meaning nothing: the pages of a file, the
 * entries of a directory by their offset. A huge sparse file costs what it holds.
 */
#ifndef SANDBOX_VFS_RADIX_H
#define SANDBOX_VFS_RADIX_H

#include <stdbool.h>
#include <stdint.h>

struct radix_node;

/* All zeros is an empty array. */
struct radix {
    struct radix_node *root;
    unsigned levels; /* 0: empty */
    uint64_t count;  /* values that are not 0 */
};

uint64_t radix_get(const struct radix *radix, uint64_t index);
/* value must not be 0. -ENOMEM leaves the array as it was. */
int radix_set(struct radix *radix, uint64_t index, uint64_t value);
/* Removes and gives what was there, or 0. */
uint64_t radix_remove(struct radix *radix, uint64_t index);
/* The first value at *index or above; *index becomes its place. False: there is none. */
bool radix_next(const struct radix *radix, uint64_t *index, uint64_t *value);
/* The same downwards: the last value at *index or below. */
bool radix_previous(const struct radix *radix, uint64_t *index, uint64_t *value);

#endif
