/*
 * The guest's MMU: what happens when a page is touched. See mm_fault in mm.h.
 */
#include "emu/mm_private.h"

#include <errno.h>
#include <string.h>

/* Extends a stack downwards to addr, as a fault just below it does. */
static struct vma *grow_stack(struct mm *mm, gaddr_t addr)
{
    size_t i = mm_index(mm, addr);
    struct vma *area = &mm->areas[i];
    gaddr_t start = addr & PAGE_MASK;

    if (i == mm->count || !(area->flags & VMA_GROWSDOWN) || start < MM_LOW)
        return NULL;
    if (area->end - start > mm->stack_limit)
        return NULL;
    if (i > 0 && (mm->areas[i - 1].flags & VMA_PROT) &&
        start - mm->areas[i - 1].end < 256 * PAGE_SIZE)
        return NULL;
    if (i > 0 && mm->areas[i - 1].end > start)
        return NULL;
    area->start = start;
    return area;
}

static enum mm_fault fault_of_error(int error)
{
    return error == -ENOMEM ? MM_OOM : MM_BUS;
}

/* A private copy of a frame; 0 when memory is out. */
static frame_t copy_frame(struct arena *arena, frame_t from)
{
    frame_t frame = frame_alloc(arena);

    if (frame && from != arena_zero_frame(arena))
        memcpy(frame_ptr(arena, frame), frame_ptr(arena, from), PAGE_SIZE);
    return frame;
}

/* First touch of a page of the area. */
static enum mm_fault bring_in(struct mm *mm, const struct vma *area, gaddr_t addr,
                              enum mm_access access, pte_t *pte)
{
    struct arena *arena = mm->arena;
    bool shared = area->flags & VMA_SHARED;
    bool owned = access == MM_WRITE;
    frame_t frame, source;
    int error;

    if (!area->backing) {
        frame = owned ? frame_alloc(arena) : arena_zero_frame(arena);
        if (!frame)
            return MM_OOM;
        if (!owned)
            frame_ref(arena, frame);
    } else {
        error = area->backing->ops->get(area->backing,
                                        area->index + ((addr - area->start) >> PAGE_SHIFT),
                                        shared && owned, &source);
        if (error)
            return fault_of_error(error);
        frame = source;
        if (owned && !shared) {
            frame = copy_frame(arena, source);
            frame_unref(arena, source);
            if (!frame)
                return MM_OOM;
        }
    }
    *pte = pte_make(frame, (owned ? PTE_OWNED : 0) | mm_effective(area, owned));
    mm->resident++;
    return MM_OK;
}

/* A write to a page that is there but not owned: copy-on-write, or the first write to a shared
 * page. */
static enum mm_fault take_ownership(struct mm *mm, const struct vma *area, gaddr_t addr, pte_t *pte)
{
    struct arena *arena = mm->arena;
    frame_t old = pte_frame(*pte), frame = old;

    if (area->flags & VMA_SHARED) {
        if (area->backing) {
            frame_t same;
            int error = area->backing->ops->get(
                area->backing, area->index + ((addr - area->start) >> PAGE_SHIFT), true, &same);
            if (error)
                return fault_of_error(error);
            frame_unref(arena, old);
            frame = same;
        }
    } else if (frame_refs(arena, old) > 1 || old == arena_zero_frame(arena)) {
        frame = copy_frame(arena, old);
        if (!frame)
            return MM_OOM;
        frame_unref(arena, old);
    }
    if (frame != old && (area->flags & VMA_EXEC))
        mm->generation++; /* the engine finds code by address until it flushes */
    *pte = pte_make(frame, PTE_OWNED | mm_effective(area, true));
    return MM_OK;
}

enum mm_fault mm_fault_in(struct mm *mm, const struct vma *area, gaddr_t addr,
                          enum mm_access access, struct mm_page *page)
{
    pte_t *pte = pagetable_make(&mm->table, addr);
    enum mm_fault fault = MM_OK;

    if (!pte)
        return MM_OOM;
    if (!*pte)
        fault = bring_in(mm, area, addr, access, pte);
    else if (access == MM_WRITE && !(*pte & PTE_OWNED))
        fault = take_ownership(mm, area, addr, pte);
    page->frame = pte_frame(*pte);
    page->prot = *pte & PTE_PROT;
    return fault;
}

enum mm_fault mm_fault(struct mm *mm, gaddr_t addr, enum mm_access access, struct mm_page *page)
{
    const pte_t *pte;
    const struct vma *area;

    if (addr >= MM_TOP) /* the table looks at 48 bits alone */
        return MM_MAPERR;
    pte = pagetable_find(&mm->table, addr);
    if (pte && (*pte & access)) {
        page->frame = pte_frame(*pte);
        page->prot = *pte & PTE_PROT;
        return MM_OK;
    }
    area = mm_area(mm, addr);
    if (!area)
        area = grow_stack(mm, addr);
    if (!area)
        return MM_MAPERR;
    if (!(mm_effective(area, true) & access))
        return MM_ACCERR;
    return mm_fault_in(mm, area, addr, access, page);
}
