// variants: musl static-pie dynamic
/* The allocator under a load of all sizes, with every block's contents checked before it goes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 2000
#define STEPS 200000

static uint32_t state = 88172645;

static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

struct slot {
    unsigned char *block;
    size_t size;
    unsigned char mark;
};

static struct slot slots[SLOTS];
static unsigned long wrong, done[4];

/* Mostly small, sometimes a page or many. */
static size_t any_size(void)
{
    uint32_t kind = next_random() % 100;
    if (kind < 80)
        return next_random() % 256;
    if (kind < 98)
        return next_random() % 8192;
    return next_random() % 400000;
}

/* The ends are enough: a page too many or too few shows there. */
static void mark(struct slot *slot)
{
    size_t edge = slot->size < 64 ? slot->size : 64;
    memset(slot->block, slot->mark, edge);
    memset(slot->block + slot->size - edge, slot->mark, edge);
}

static void check(const struct slot *slot, size_t size)
{
    size_t edge = size < 64 ? size : 64;
    for (size_t i = 0; i < edge; i++)
        wrong += slot->block[i] != slot->mark;
}

static void step(struct slot *slot)
{
    if (!slot->block) {
        slot->size = any_size() + 1;
        slot->mark = (unsigned char)next_random();
        slot->block = next_random() % 4 ? malloc(slot->size) : calloc(1, slot->size);
        mark(slot);
        done[0]++;
    } else if (next_random() % 3 == 0) {
        size_t size = any_size() + 1;
        slot->block = realloc(slot->block, size);
        check(slot, size < slot->size ? size : slot->size);
        slot->size = size;
        mark(slot);
        done[1]++;
    } else {
        check(slot, slot->size);
        free(slot->block);
        slot->block = NULL;
        done[2]++;
    }
}

static void large_blocks(void)
{
    for (size_t size = 1 << 16; size <= 64 << 20; size *= 4) {
        unsigned char *block = calloc(1, size);
        if (!block) {
            printf("no room for %zu\n", size);
            return;
        }
        for (size_t at = 0; at < size; at += 4096)
            wrong += block[at] != 0;
        block[size - 1] = 1;
        free(block);
        done[3]++;
    }
    void *volatile impossible = malloc(SIZE_MAX / 4);
    printf("impossible %d\n", impossible == NULL);
    void *aligned = NULL;
    int result = posix_memalign(&aligned, 65536, 100);
    printf("aligned %d %d\n", result, (uintptr_t)aligned % 65536 == 0);
    free(aligned);
}

int main(void)
{
    for (int i = 0; i < STEPS; i++)
        step(&slots[next_random() % SLOTS]);
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].block) {
            check(&slots[i], slots[i].size);
            free(slots[i].block);
        }
    large_blocks();
    printf("new %lu, resized %lu, freed %lu, large %lu, wrong %lu\n", done[0], done[1], done[2],
           done[3], wrong);
    return wrong != 0;
}
