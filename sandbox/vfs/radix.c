/*
 * The sparse array of radix.h: a tree of 64-way nodes as high as the largest index needs. Includes
 * the C library alone.
 */
#include "sandbox/vfs/radix.h"

#include <errno.h>
#include <stdlib.h>

enum { NODE_BITS = 6, NODE_SLOTS = 1 << NODE_BITS, MAX_LEVELS = 11 };

/* Slots hold values in the lowest level and pointers to nodes above it. */
struct radix_node {
    unsigned used;
    uint64_t slot[NODE_SLOTS];
};

static struct radix_node *child_of(const struct radix_node *node, unsigned slot)
{
    return (struct radix_node *)(uintptr_t)node->slot[slot];
}

static unsigned slot_at(uint64_t index, unsigned level)
{
    return (unsigned)(index >> (level * NODE_BITS)) & (NODE_SLOTS - 1);
}

static bool fits(const struct radix *radix, uint64_t index)
{
    return radix->levels == MAX_LEVELS || index >> (radix->levels * NODE_BITS) == 0;
}

uint64_t radix_get(const struct radix *radix, uint64_t index)
{
    const struct radix_node *node = radix->root;
    if (!node || !fits(radix, index)) {
        return 0;
    }
    for (unsigned level = radix->levels - 1; level > 0; level--) {
        node = child_of(node, slot_at(index, level));
        if (!node) {
            return 0;
        }
    }
    return node->slot[slot_at(index, 0)];
}

/* Removes nodes that a failed or undone insertion left empty along the way to index. */
static void prune(struct radix *radix, uint64_t index)
{
    struct radix_node *way[MAX_LEVELS] = {0};
    struct radix_node *node = radix->root;
    if (!node || !fits(radix, index)) {
        return;
    }
    for (unsigned level = radix->levels; level-- > 0 && node;) {
        way[level] = node;
        node = level > 0 ? child_of(node, slot_at(index, level)) : NULL;
    }
    for (unsigned level = 0; level < radix->levels; level++) {
        if (!way[level]) {
            continue;
        }
        if (way[level]->used > 0) {
            return;
        }
        free(way[level]);
        if (level + 1 == radix->levels) {
            radix->root = NULL;
            radix->levels = 0;
            return;
        }
        way[level + 1]->slot[slot_at(index, level + 1)] = 0;
        way[level + 1]->used--;
    }
}

/* Makes the tree high enough for index. */
static int grow(struct radix *radix, uint64_t index)
{
    if (!radix->root) {
        radix->levels = 1;
        while (!fits(radix, index)) {
            radix->levels++;
        }
        radix->root = calloc(1, sizeof *radix->root);
        if (!radix->root) {
            radix->levels = 0;
            return -ENOMEM;
        }
        return 0;
    }
    while (!fits(radix, index)) {
        struct radix_node *top = calloc(1, sizeof *top);
        if (!top) {
            return -ENOMEM;
        }
        top->slot[0] = (uintptr_t)radix->root;
        top->used = 1;
        radix->root = top;
        radix->levels++;
    }
    return 0;
}

int radix_set(struct radix *radix, uint64_t index, uint64_t value)
{
    int error = grow(radix, index);
    if (error) {
        return error;
    }
    struct radix_node *node = radix->root;
    for (unsigned level = radix->levels - 1; level > 0; level--) {
        unsigned slot = slot_at(index, level);
        if (!node->slot[slot]) {
            struct radix_node *child = calloc(1, sizeof *child);
            if (!child) {
                prune(radix, index);
                return -ENOMEM;
            }
            node->slot[slot] = (uintptr_t)child;
            node->used++;
        }
        node = child_of(node, slot);
    }
    uint64_t *place = &node->slot[slot_at(index, 0)];
    if (!*place) {
        node->used++;
        radix->count++;
    }
    *place = value;
    return 0;
}

uint64_t radix_remove(struct radix *radix, uint64_t index)
{
    struct radix_node *node = radix->root;
    if (!node || !fits(radix, index)) {
        return 0;
    }
    for (unsigned level = radix->levels - 1; level > 0 && node; level--) {
        node = child_of(node, slot_at(index, level));
    }
    if (!node || !node->slot[slot_at(index, 0)]) {
        return 0;
    }
    uint64_t value = node->slot[slot_at(index, 0)];
    node->slot[slot_at(index, 0)] = 0;
    node->used--;
    radix->count--;
    if (node->used == 0) {
        prune(radix, index);
    }
    return value;
}

/* The first value at or above *index in a subtree whose lowest index is `base`. */
static bool next_below(const struct radix_node *node, unsigned level, uint64_t base,
                       uint64_t *index, uint64_t *value)
{
    unsigned first = *index > base ? slot_at(*index, level) : 0;
    for (unsigned slot = first; slot < NODE_SLOTS; slot++) {
        if (!node->slot[slot]) {
            continue;
        }
        uint64_t low = base + ((uint64_t)slot << (level * NODE_BITS));
        if (level > 0) {
            if (next_below(child_of(node, slot), level - 1, low, index, value)) {
                return true;
            }
            continue;
        }
        *index = low;
        *value = node->slot[slot];
        return true;
    }
    return false;
}

bool radix_next(const struct radix *radix, uint64_t *index, uint64_t *value)
{
    if (!radix->root || !fits(radix, *index)) {
        return false;
    }
    return next_below(radix->root, radix->levels - 1, 0, index, value);
}

/* The last value at or below *index in a subtree whose lowest index is `base` <= *index. */
static bool previous_below(const struct radix_node *node, unsigned level, uint64_t base,
                           uint64_t *index, uint64_t *value)
{
    uint64_t span = *index - base; /* a subtree that lies wholly below is taken from its end */
    unsigned last =
        span >> (level * NODE_BITS) >= NODE_SLOTS ? NODE_SLOTS - 1 : slot_at(*index, level);
    for (unsigned slot = last + 1; slot-- > 0;) {
        if (!node->slot[slot]) {
            continue;
        }
        uint64_t low = base + ((uint64_t)slot << (level * NODE_BITS));
        if (level > 0) {
            if (previous_below(child_of(node, slot), level - 1, low, index, value)) {
                return true;
            }
            continue;
        }
        *index = low;
        *value = node->slot[slot];
        return true;
    }
    return false;
}

bool radix_previous(const struct radix *radix, uint64_t *index, uint64_t *value)
{
    if (!radix->root) {
        return false;
    }
    return previous_below(radix->root, radix->levels - 1, 0, index, value);
}
