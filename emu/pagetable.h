/*
 * The page table of an address space: four levels of 512 entries, as the hardware has them, whose
 * tables are arena frames, so that a guest pays for them out of its own memory. Used by emu/mm*.c
 * alone.
 */
#ifndef EMU_PAGETABLE_H
#define EMU_PAGETABLE_H

#include "emu/mm.h"

typedef uint64_t pte_t;

enum {
    PTE_PROT = 7, /* VMA_READ | VMA_WRITE | VMA_EXEC that the engine may use without a fault */
    PTE_PRESENT = 8,
    PTE_OWNED = 16, /* may be written in place: not copy-on-write (or a dirty shared page) */
};

static inline frame_t pte_frame(pte_t pte)
{
    return (frame_t)(pte >> PAGE_SHIFT);
}

static inline pte_t pte_make(frame_t frame, unsigned bits)
{
    return ((pte_t)frame << PAGE_SHIFT) | PTE_PRESENT | bits;
}

struct pagetable {
    struct arena *arena;
    frame_t root;
    /* The leaf table used last: consecutive pages are looked up in it at once. */
    uint64_t leaf_tag; /* address >> 21, or UINT64_MAX */
    pte_t *leaf;
};

bool pagetable_init(struct pagetable *table, struct arena *arena);
/* All entries must have been cleared. */
void pagetable_destroy(struct pagetable *table);
/* The entry of addr's page, NULL when there is no table for it yet. Valid until a table is freed.
 */
pte_t *pagetable_find(struct pagetable *table, gaddr_t addr);
/* The same, making tables as needed; NULL when memory is out. */
pte_t *pagetable_make(struct pagetable *table, gaddr_t addr);
/* Visits every non-zero entry of [start, end); a visitor may change it. `false` ends the walk. */
bool pagetable_each(struct pagetable *table, gaddr_t start, gaddr_t end,
                    bool (*visit)(void *ctx, gaddr_t addr, pte_t *pte), void *ctx);
/* Frees tables that lie wholly inside [start, end); their entries must be clear. */
void pagetable_trim(struct pagetable *table, gaddr_t start, gaddr_t end);

#endif
