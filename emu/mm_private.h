/* The inside of an address space, shared by emu/mm*.c alone. */
#ifndef EMU_MM_PRIVATE_H
#define EMU_MM_PRIVATE_H

#include "emu/mm.h"
#include "emu/pagetable.h"

/* vm.max_map_count */
#define MM_MAX_AREAS 65530

struct mm {
    unsigned refs;
    struct arena *arena;
    struct pagetable table;
    struct vma *areas; /* sorted, disjoint */
    size_t count, capacity;
    size_t last; /* index that the last search found */
    uint64_t generation;
    uint64_t resident; /* pages that have a frame of their own or of a backing object */
    uint64_t stack_limit;
    struct mm_layout layout;
};

/* Index of the first area whose end lies above addr; mm->count when there is none. */
size_t mm_index(struct mm *mm, gaddr_t addr);
/* The area that contains addr, or NULL. */
struct vma *mm_area(struct mm *mm, gaddr_t addr);
/* The rights that the engine may use on a page of this area without a fault. */
unsigned mm_effective(const struct vma *area, bool owned);

/* mm_fault without the question whether the area allows the access. */
enum mm_fault mm_fault_in(struct mm *mm, const struct vma *area, gaddr_t addr,
                          enum mm_access access, struct mm_page *page);

#endif
