/*
 * Address spaces: areas and the changes that mmap and its relatives make. See mm.h.
 *
 * Areas are a sorted array: a search is a bisection, and a change moves at most a few thousand
 * small records. A tree was not worth its code: programs have tens of areas, and the limit of
 * 65,530 keeps the worst move at 4 MiB.
 */
#include "emu/mm_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room that is kept free below a stack (stack_guard_gap). */
#define STACK_GAP (256 * PAGE_SIZE)

struct mm *mm_create(struct arena *arena)
{
    struct mm *mm = calloc(1, sizeof *mm);

    if (!mm)
        return NULL;
    mm->refs = 1;
    mm->arena = arena;
    mm->stack_limit = 8 << 20;
    mm->layout.mmap_base = MM_TOP;
    if (!pagetable_init(&mm->table, arena)) {
        free(mm);
        return NULL;
    }
    return mm;
}

struct mm *mm_ref(struct mm *mm)
{
    mm->refs++;
    return mm;
}

void mm_unref(struct mm *mm)
{
    if (--mm->refs > 0)
        return;
    (void)mm_unmap(mm, 0, MM_TOP);
    pagetable_destroy(&mm->table);
    free(mm->areas);
    free(mm);
}

uint64_t mm_generation(const struct mm *mm)
{
    return mm->generation;
}

struct mm_layout *mm_layout(struct mm *mm)
{
    return &mm->layout;
}

struct arena *mm_arena(struct mm *mm)
{
    return mm->arena;
}

void mm_set_stack_limit(struct mm *mm, uint64_t bytes)
{
    mm->stack_limit = bytes;
}

/* ---- areas ---- */

size_t mm_index(struct mm *mm, gaddr_t addr)
{
    size_t low = 0, high = mm->count;
    size_t last = mm->last;

    if (last < mm->count && mm->areas[last].end > addr &&
        (last == 0 || mm->areas[last - 1].end <= addr))
        return last;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (mm->areas[middle].end > addr)
            high = middle;
        else
            low = middle + 1;
    }
    mm->last = low;
    return low;
}

struct vma *mm_area(struct mm *mm, gaddr_t addr)
{
    size_t i = mm_index(mm, addr);
    return i < mm->count && mm->areas[i].start <= addr ? &mm->areas[i] : NULL;
}

const struct vma *mm_vma_at_or_above(struct mm *mm, gaddr_t addr)
{
    size_t i = mm_index(mm, addr);
    return i < mm->count ? &mm->areas[i] : NULL;
}

static void backing_ref(struct backing *backing)
{
    if (backing)
        backing->ops->ref(backing);
}

static void backing_unref(struct backing *backing)
{
    if (backing)
        backing->ops->unref(backing);
}

/* Makes room for one more area at index i. */
static int insert_slot(struct mm *mm, size_t i)
{
    if (mm->count >= MM_MAX_AREAS)
        return -ENOMEM;
    if (mm->count == mm->capacity) {
        size_t capacity = mm->capacity ? mm->capacity * 2 : 32;
        struct vma *areas = reallocarray(mm->areas, capacity, sizeof *areas);
        if (!areas)
            return -ENOMEM;
        mm->areas = areas;
        mm->capacity = capacity;
    }
    memmove(&mm->areas[i + 1], &mm->areas[i], (mm->count - i) * sizeof *mm->areas);
    mm->count++;
    return 0;
}

static void remove_slot(struct mm *mm, size_t i)
{
    memmove(&mm->areas[i], &mm->areas[i + 1], (mm->count - i - 1) * sizeof *mm->areas);
    mm->count--;
}

static uint64_t area_index_at(const struct vma *area, gaddr_t addr)
{
    return area->index + ((addr - area->start) >> PAGE_SHIFT);
}

/* Makes addr a border between areas, if it lies inside one. */
static int split_at(struct mm *mm, gaddr_t addr)
{
    size_t i = mm_index(mm, addr);
    int error;

    if (i == mm->count || mm->areas[i].start >= addr)
        return 0;
    error = insert_slot(mm, i);
    if (error)
        return error;
    mm->areas[i].end = addr;
    mm->areas[i + 1].index = area_index_at(&mm->areas[i + 1], addr);
    mm->areas[i + 1].start = addr;
    backing_ref(mm->areas[i].backing);
    return 0;
}

static bool can_merge(const struct vma *low, const struct vma *high)
{
    return low->end == high->start && low->flags == high->flags && low->name == high->name &&
           low->backing == high->backing && !(low->flags & VMA_GROWSDOWN) &&
           (!low->backing || area_index_at(low, low->end) == high->index);
}

/* Joins neighbours that have become alike, from the area before `start` to the one after `end`. */
static void merge_range(struct mm *mm, gaddr_t start, gaddr_t end)
{
    size_t i = mm_index(mm, start ? start - 1 : 0);

    while (i + 1 < mm->count && mm->areas[i].start <= end) {
        if (!can_merge(&mm->areas[i], &mm->areas[i + 1])) {
            i++;
            continue;
        }
        mm->areas[i].end = mm->areas[i + 1].end;
        backing_unref(mm->areas[i + 1].backing);
        remove_slot(mm, i + 1);
    }
}

/* ---- pages ---- */

unsigned mm_effective(const struct vma *area, bool owned)
{
    unsigned prot = area->flags & VMA_PROT;

    if (!prot)
        return 0;
    prot |= VMA_READ; /* amd64 pages cannot be written or executed without being readable */
    return owned ? prot : prot & ~(unsigned)VMA_WRITE;
}

static bool drop_page(void *ctx, gaddr_t addr, pte_t *pte)
{
    struct mm *mm = ctx;

    (void)addr;
    frame_unref(mm->arena, pte_frame(*pte));
    *pte = 0;
    mm->resident--;
    return true;
}

static void drop_pages(struct mm *mm, gaddr_t start, gaddr_t end)
{
    pagetable_each(&mm->table, start, end, drop_page, mm);
    mm->generation++;
}

struct set_prot {
    const struct vma *area;
};

static bool set_page_prot(void *ctx, gaddr_t addr, pte_t *pte)
{
    const struct set_prot *set = ctx;

    (void)addr;
    *pte = (*pte & ~(pte_t)PTE_PROT) | mm_effective(set->area, *pte & PTE_OWNED);
    return true;
}

/* ---- changes ---- */

int mm_unmap(struct mm *mm, gaddr_t start, uint64_t len)
{
    gaddr_t end = start + len;
    size_t first, last;
    int error;

    first = mm_index(mm, start);
    if (first == mm->count || mm->areas[first].start >= end)
        return 0;
    error = split_at(mm, start);
    if (!error)
        error = split_at(mm, end);
    if (error)
        return error;
    first = mm_index(mm, start);
    last = first;
    while (last < mm->count && mm->areas[last].start < end)
        backing_unref(mm->areas[last++].backing);
    drop_pages(mm, start, end);
    /* Page tables go when no neighbour uses them, or scattered mappings would leave them behind. */
    pagetable_trim(&mm->table, first > 0 ? mm->areas[first - 1].end : 0,
                   last < mm->count ? mm->areas[last].start : 1ull << 48);
    memmove(&mm->areas[first], &mm->areas[last], (mm->count - last) * sizeof *mm->areas);
    mm->count -= last - first;
    return 0;
}

int mm_map(struct mm *mm, gaddr_t start, uint64_t len, uint32_t flags, struct backing *backing,
           uint64_t index, const char *name)
{
    int error = mm_unmap(mm, start, len);
    size_t i;

    if (error)
        return error;
    i = mm_index(mm, start);
    error = insert_slot(mm, i);
    if (error)
        return error;
    mm->areas[i] = (struct vma){.start = start,
                                .end = start + len,
                                .flags = flags,
                                .name = name,
                                .backing = backing,
                                .index = index};
    backing_ref(backing);
    merge_range(mm, start, start + len);
    return 0;
}

int mm_protect(struct mm *mm, gaddr_t start, uint64_t len, uint32_t prot)
{
    gaddr_t end = start + len, addr = start;
    int error = split_at(mm, start);

    if (!error)
        error = split_at(mm, end);
    while (!error && addr < end) {
        size_t i = mm_index(mm, addr);
        struct vma *area = &mm->areas[i];
        struct set_prot set = {area};

        if (i == mm->count || area->start > addr) {
            error = -ENOMEM;
            break;
        }
        if ((prot & VMA_WRITE) && (area->flags & VMA_SHARED) && !(area->flags & VMA_MAYWRITE)) {
            error = -EACCES;
            break;
        }
        area->flags = (area->flags & ~(uint32_t)VMA_PROT) | prot;
        pagetable_each(&mm->table, area->start, area->end, set_page_prot, &set);
        addr = area->end;
    }
    mm->generation++;
    merge_range(mm, start, end);
    return error;
}

int mm_set_flags(struct mm *mm, gaddr_t start, uint64_t len, uint32_t set, uint32_t clear)
{
    gaddr_t end = start + len, addr = start;
    int error = split_at(mm, start);

    if (!error)
        error = split_at(mm, end);
    while (!error && addr < end) {
        struct vma *area = mm_area(mm, addr);

        if (!area) {
            error = -ENOMEM;
            break;
        }
        area->flags = (area->flags & ~clear) | set;
        addr = area->end;
    }
    merge_range(mm, start, end);
    return error;
}

struct move {
    struct mm *mm;
    gaddr_t from, to;
    int error;
};

static bool move_page(void *ctx, gaddr_t addr, pte_t *pte)
{
    struct move *move = ctx;
    pte_t old = *pte;
    pte_t *target = pagetable_make(&move->mm->table, addr - move->from + move->to);

    if (!target) {
        move->error = -ENOMEM;
        return false;
    }
    *target = old;
    *pte = 0;
    return true;
}

int mm_move(struct mm *mm, gaddr_t from, uint64_t len, gaddr_t to, uint64_t new_len, bool keep)
{
    struct vma *area = mm_area(mm, from);
    struct move move = {mm, from, to, 0};
    struct vma copy;
    int error;

    if (!area || area->end < from + len)
        return -EFAULT;
    copy = *area;
    backing_ref(copy.backing);
    error =
        mm_map(mm, to, new_len, copy.flags, copy.backing, area_index_at(&copy, from), copy.name);
    backing_unref(copy.backing);
    if (error)
        return error;
    pagetable_each(&mm->table, from, from + (len < new_len ? len : new_len), move_page, &move);
    mm->generation++;
    if (move.error || keep)
        return move.error;
    return mm_unmap(mm, from, len);
}

void mm_discard(struct mm *mm, gaddr_t start, uint64_t len)
{
    drop_pages(mm, start, start + len);
}

void mm_forget_backing(struct mm *mm, struct backing *backing, uint64_t index, uint64_t count)
{
    for (size_t i = 0; i < mm->count; i++) {
        const struct vma *area = &mm->areas[i];
        uint64_t pages = (area->end - area->start) >> PAGE_SHIFT;
        uint64_t first, last;

        if (area->backing != backing || area->index >= index + count ||
            area->index + pages <= index)
            continue;
        first = index > area->index ? index - area->index : 0;
        last = index + count - area->index;
        if (last > pages)
            last = pages;
        drop_pages(mm, area->start + (first << PAGE_SHIFT), area->start + (last << PAGE_SHIFT));
    }
}

struct fork_copy {
    struct mm *child;
    const struct vma *area;
};

static bool fork_page(void *ctx, gaddr_t addr, pte_t *pte)
{
    struct fork_copy *copy = ctx;
    pte_t *target = pagetable_make(&copy->child->table, addr);

    if (!target)
        return false;
    if (!(copy->area->flags & VMA_SHARED))
        *pte &= ~(pte_t)(PTE_OWNED | VMA_WRITE);
    *target = *pte;
    frame_ref(copy->child->arena, pte_frame(*pte));
    copy->child->resident++;
    return true;
}

static bool fork_area(struct mm *mm, struct mm *child, const struct vma *area)
{
    struct fork_copy copy = {child, area};

    if (area->flags & VMA_DONTFORK)
        return true;
    child->areas[child->count] = *area;
    child->areas[child->count++].flags &= ~(uint32_t)(VMA_LOCKED | VMA_LOCKONFAULT);
    backing_ref(area->backing);
    return (area->flags & VMA_WIPEONFORK) ||
           pagetable_each(&mm->table, area->start, area->end, fork_page, &copy);
}

struct mm *mm_fork(struct mm *mm)
{
    struct mm *child = mm_create(mm->arena);

    if (!child)
        return NULL;
    child->capacity = mm->count + 8;
    child->areas = calloc(child->capacity, sizeof *child->areas);
    if (!child->areas) {
        mm_unref(child);
        return NULL;
    }
    child->stack_limit = mm->stack_limit;
    child->layout = mm->layout;
    child->layout.default_flags = 0; /* mlock(2): locks are not inherited */
    mm->generation++;
    for (size_t i = 0; i < mm->count; i++) {
        if (!fork_area(mm, child, &mm->areas[i])) {
            mm_unref(child);
            return NULL;
        }
    }
    return child;
}

/* ---- questions ---- */

gaddr_t mm_find_free_between(struct mm *mm, gaddr_t low, gaddr_t high, uint64_t len)
{
    gaddr_t top = high;
    size_t i = mm_index(mm, top);

    if (i < mm->count && mm->areas[i].start < top)
        top = mm->areas[i].start;
    while (true) {
        gaddr_t below = i > 0 ? mm->areas[i - 1].end : low;

        if (below < low)
            below = low;
        if (top >= below && top - below >= len)
            return top - len;
        if (i == 0 || top <= low)
            return 0;
        i--;
        top = mm->areas[i].start;
        if (mm->areas[i].flags & VMA_GROWSDOWN)
            top = top > STACK_GAP ? top - STACK_GAP : 0;
    }
}

gaddr_t mm_find_free(struct mm *mm, uint64_t len)
{
    return mm_find_free_between(mm, MM_LOW, mm->layout.mmap_base, len);
}

bool mm_is_free(struct mm *mm, gaddr_t start, uint64_t len)
{
    size_t i = mm_index(mm, start);
    return i == mm->count || mm->areas[i].start >= start + len;
}

bool mm_resident(struct mm *mm, gaddr_t addr)
{
    pte_t *pte = pagetable_find(&mm->table, addr);
    return pte && *pte;
}

bool mm_present(struct mm *mm, gaddr_t addr)
{
    const pte_t *pte = pagetable_find(&mm->table, addr);
    return pte && (*pte & PTE_PROT);
}

uint64_t mm_mapped_bytes(struct mm *mm, gaddr_t start, gaddr_t end)
{
    uint64_t bytes = 0;

    for (size_t i = mm_index(mm, start); i < mm->count && mm->areas[i].start < end; i++) {
        const struct vma *area = &mm->areas[i];

        bytes += (area->end < end ? area->end : end) - (area->start > start ? area->start : start);
    }
    return bytes;
}

static bool count_page(void *ctx, gaddr_t addr, pte_t *pte)
{
    (void)addr;
    (void)pte;
    ++*(uint64_t *)ctx;
    return true;
}

uint64_t mm_resident_pages(struct mm *mm, gaddr_t start, gaddr_t end)
{
    uint64_t count = 0;

    pagetable_each(&mm->table, start, end, count_page, &count);
    return count;
}

void mm_stats(const struct mm *mm, struct mm_stats *stats)
{
    *stats = (struct mm_stats){.resident = mm->resident << PAGE_SHIFT};
    for (size_t i = 0; i < mm->count; i++) {
        const struct vma *area = &mm->areas[i];
        uint64_t bytes = area->end - area->start;

        stats->mapped += bytes;
        if (area->flags & VMA_LOCKED)
            stats->locked += bytes;
        if (area->flags & VMA_GROWSDOWN)
            stats->stack += bytes;
        if (area->flags & VMA_EXEC)
            stats->exec += bytes;
        if ((area->flags & (VMA_WRITE | VMA_SHARED)) == VMA_WRITE) {
            stats->data += bytes;
            if (!(area->flags & VMA_NORESERVE))
                stats->committed += bytes;
        }
    }
}

int mm_futex_key(struct mm *mm, gaddr_t addr, bool shared, struct mm_key *key)
{
    const struct vma *area = mm_area(mm, addr);

    if (!area || !(area->flags & VMA_PROT))
        return -EFAULT;
    if (shared && area->backing && (area->flags & VMA_SHARED)) {
        key->object = area->backing;
        key->offset = (area->index << PAGE_SHIFT) + (addr - area->start);
    } else {
        key->object = mm;
        key->offset = addr;
    }
    return 0;
}
