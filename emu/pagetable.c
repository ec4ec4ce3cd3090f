/* The page table: see pagetable.h. */
#include "emu/pagetable.h"

#define LEVELS  4
#define ENTRIES 512
#define NO_LEAF UINT64_MAX

static inline unsigned level_shift(unsigned level)
{
    return PAGE_SHIFT + 9 * level;
}

static inline unsigned level_index(gaddr_t addr, unsigned level)
{
    return (addr >> level_shift(level)) & (ENTRIES - 1);
}

bool pagetable_init(struct pagetable *table, struct arena *arena)
{
    table->arena = arena;
    table->leaf_tag = NO_LEAF;
    table->root = frame_alloc(arena);
    return table->root != 0;
}

void pagetable_destroy(struct pagetable *table)
{
    pagetable_trim(table, 0, 1ull << 48);
    frame_unref(table->arena, table->root);
    table->root = 0;
}

static pte_t *descend(struct pagetable *table, gaddr_t addr, bool make)
{
    frame_t frame = table->root;

    for (unsigned level = LEVELS - 1; level > 0; level--) {
        pte_t *entry = (pte_t *)frame_ptr(table->arena, frame) + level_index(addr, level);

        if (!*entry) {
            frame_t child = make ? frame_alloc(table->arena) : 0;
            if (!child)
                return NULL;
            *entry = pte_make(child, 0);
        }
        frame = pte_frame(*entry);
    }
    table->leaf_tag = addr >> level_shift(1);
    table->leaf = frame_ptr(table->arena, frame);
    return table->leaf + level_index(addr, 0);
}

pte_t *pagetable_find(struct pagetable *table, gaddr_t addr)
{
    if (addr >> level_shift(1) == table->leaf_tag)
        return table->leaf + level_index(addr, 0);
    return descend(table, addr, false);
}

pte_t *pagetable_make(struct pagetable *table, gaddr_t addr)
{
    if (addr >> level_shift(1) == table->leaf_tag)
        return table->leaf + level_index(addr, 0);
    return descend(table, addr, true);
}

struct walk {
    struct pagetable *table;
    gaddr_t start, end;
    bool (*visit)(void *ctx, gaddr_t addr, pte_t *pte); /* NULL: free tables */
    void *ctx;
};

/* Goes over the entries of one table that lie in the walk's range; base is its first address. */
static bool walk_table(struct walk *walk, frame_t frame, unsigned level, gaddr_t base)
{
    pte_t *entries = frame_ptr(walk->table->arena, frame);
    uint64_t span = 1ull << level_shift(level);
    gaddr_t table_end = base + span * ENTRIES;
    gaddr_t from = walk->start > base ? walk->start : base;
    gaddr_t to = walk->end < table_end ? walk->end : table_end;

    for (gaddr_t addr = from; addr < to; addr = (addr & ~(span - 1)) + span) {
        pte_t *entry = &entries[level_index(addr, level)];
        gaddr_t entry_base = addr & ~(span - 1);

        if (!*entry)
            continue;
        if (level == 0) {
            if (!walk->visit(walk->ctx, entry_base, entry))
                return false;
            continue;
        }
        if ((walk->visit || level > 1) &&
            !walk_table(walk, pte_frame(*entry), level - 1, entry_base))
            return false;
        if (!walk->visit && entry_base >= walk->start && entry_base + span <= walk->end) {
            frame_unref(walk->table->arena, pte_frame(*entry));
            *entry = 0;
        }
    }
    return true;
}

bool pagetable_each(struct pagetable *table, gaddr_t start, gaddr_t end,
                    bool (*visit)(void *ctx, gaddr_t addr, pte_t *pte), void *ctx)
{
    struct walk walk = {table, start, end, visit, ctx};
    return walk_table(&walk, table->root, LEVELS - 1, 0);
}

void pagetable_trim(struct pagetable *table, gaddr_t start, gaddr_t end)
{
    struct walk walk = {table, start, end, NULL, NULL};

    table->leaf_tag = NO_LEAF;
    walk_table(&walk, table->root, LEVELS - 1, 0);
}
