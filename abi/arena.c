/* See arena.h. Blocks of at least BLOCK_SIZE, chained, the newest first. */
#include "abi/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)16 << 10)
#define ARENA_MAX  ((size_t)16 << 20)

struct block {
    struct block *next;
    size_t size;
    alignas(max_align_t) uint8_t memory[];
};

struct abi_arena {
    struct block *blocks;
    size_t used;  /* of the first block */
    size_t total; /* of all blocks */
};

static struct block *new_block(size_t size)
{
    struct block *block = malloc(sizeof(*block) + size);

    if (block) {
        block->next = NULL;
        block->size = size;
    }
    return block;
}

struct abi_arena *abi_arena_new(void)
{
    struct abi_arena *arena = calloc(1, sizeof(*arena));

    if (!arena)
        return NULL;
    arena->blocks = new_block(BLOCK_SIZE);
    arena->total = BLOCK_SIZE;
    if (!arena->blocks) {
        free(arena);
        return NULL;
    }
    return arena;
}

void abi_arena_free(struct abi_arena *arena)
{
    if (!arena)
        return;
    abi_arena_reset(arena);
    free(arena->blocks);
    free(arena);
}

void *abi_arena_allocate(struct abi_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);

    if (size > ARENA_MAX)
        return NULL;
    size = (size + align - 1) / align * align;
    if (size > arena->blocks->size - arena->used) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        struct block *block = arena->total + room <= ARENA_MAX ? new_block(room) : NULL;

        if (!block)
            return NULL;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->total += room;
        arena->used = 0;
    }
    void *memory = arena->blocks->memory + arena->used;
    arena->used += size;
    return memory;
}

void abi_arena_reset(struct abi_arena *arena)
{
    /* The oldest block, of the common size, is the one to keep. */
    while (arena->blocks->next) {
        struct block *block = arena->blocks;

        arena->blocks = block->next;
        free(block);
    }
    arena->used = 0;
    arena->total = arena->blocks->size;
}
