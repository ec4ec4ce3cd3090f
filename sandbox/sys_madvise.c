/*
 * Memory: advice, locking, write-back and residency. See the man pages of the same names.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sys/mman.h>

#include "abi/handlers.h"
#include "sandbox/memory.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

/* ---- walking the areas of a range ---- */

typedef int area_fn(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end);

/*
 * Calls fn for every mapped piece of the range. Holes give -ENOMEM at the end, but do not stop the
 * walk; an error of fn does.
 */
static int each_area(struct mm *mm, gaddr_t start, gaddr_t end, area_fn *fn)
{
    int hole = 0;

    while (start < end) {
        const struct vma *area = mm_vma_at_or_above(mm, start);
        gaddr_t piece_end;
        int error;

        if (!area || area->start >= end)
            return -ENOMEM;
        if (area->start > start) {
            hole = -ENOMEM;
            start = area->start;
        }
        piece_end = area->end < end ? area->end : end;
        error = fn ? fn(mm, area, start, piece_end) : 0;
        if (error)
            return error;
        start = piece_end;
    }
    return hole;
}

/* ---- madvise ---- */

static bool is_private_anonymous(const struct vma *area)
{
    return !area->backing && !(area->flags & VMA_SHARED);
}

static int advise_dontneed(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    if (area->flags & VMA_LOCKED)
        return -EINVAL;
    mm_discard(mm, start, end - start);
    return 0;
}

static int advise_dontneed_locked(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)area;
    mm_discard(mm, start, end - start);
    return 0;
}

/* The pages may go at once: a program cannot tell, as it may not rely on their staying. */
static int advise_free(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    if (!is_private_anonymous(area))
        return -EINVAL;
    return advise_dontneed(mm, area, start, end);
}

static int advise_remove(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    uint64_t index;

    (void)mm;
    if (area->flags & VMA_LOCKED)
        return -EINVAL;
    if (!area->backing)
        return -EINVAL;
    if ((area->flags & (VMA_SHARED | VMA_MAYWRITE)) != (VMA_SHARED | VMA_MAYWRITE))
        return -EACCES;
    index = area->index + ((start - area->start) >> PAGE_SHIFT);
    return area->backing->ops->punch(area->backing, index, (end - start) >> PAGE_SHIFT);
}

static int set_flags(struct mm *mm, gaddr_t start, gaddr_t end, uint32_t set, uint32_t clear)
{
    return mm_set_flags(mm, start, end - start, set, clear);
}

static int advise_dontfork(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)area;
    return set_flags(mm, start, end, VMA_DONTFORK, 0);
}

static int advise_dofork(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)area;
    return set_flags(mm, start, end, 0, VMA_DONTFORK);
}

static int advise_dontdump(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)area;
    return set_flags(mm, start, end, VMA_DONTDUMP, 0);
}

static int advise_dodump(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)area;
    return set_flags(mm, start, end, 0, VMA_DONTDUMP);
}

static int advise_wipeonfork(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    return is_private_anonymous(area) ? set_flags(mm, start, end, VMA_WIPEONFORK, 0) : -EINVAL;
}

static int advise_keeponfork(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)area;
    return set_flags(mm, start, end, 0, VMA_WIPEONFORK);
}

static int touch_pages(struct mm *mm, gaddr_t start, gaddr_t end, enum mm_access access)
{
    for (gaddr_t addr = start; addr < end; addr += PAGE_SIZE) {
        struct mm_page page;

        switch (mm_fault(mm, addr, access, &page)) {
        case MM_OK:
            break;
        case MM_MAPERR:
            return -ENOMEM;
        case MM_ACCERR:
            return -EINVAL;
        case MM_BUS:
            return -EFAULT;
        case MM_OOM:
            return -ENOMEM;
        }
    }
    return 0;
}

static int advise_populate_read(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)area;
    return touch_pages(mm, start, end, MM_READ);
}

static int advise_populate_write(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)area;
    return touch_pages(mm, start, end, MM_WRITE);
}

/* Advice on paging that needs nothing done here, but is checked as Linux does. */
static int advise_nothing(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)mm;
    (void)area;
    (void)start;
    (void)end;
    return 0;
}

static area_fn *advice_function(int advice)
{
    switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
        return advise_nothing;
    case MADV_DONTNEED:
        return advise_dontneed;
    case MADV_DONTNEED_LOCKED:
        return advise_dontneed_locked;
    case MADV_FREE:
        return advise_free;
    case MADV_REMOVE:
        return advise_remove;
    case MADV_DONTFORK:
        return advise_dontfork;
    case MADV_DOFORK:
        return advise_dofork;
    case MADV_DONTDUMP:
        return advise_dontdump;
    case MADV_DODUMP:
        return advise_dodump;
    case MADV_WIPEONFORK:
        return advise_wipeonfork;
    case MADV_KEEPONFORK:
        return advise_keeponfork;
    case MADV_POPULATE_READ:
        return advise_populate_read;
    case MADV_POPULATE_WRITE:
        return advise_populate_write;
    default:
        return NULL;
    }
}

long sys_madvise(struct task *task, const struct madvise_args *args)
{
    area_fn *fn = advice_function(args->advice);
    uint64_t len = page_round(args->length);

    if (!fn || (args->addr & ~PAGE_MASK) || (args->length && !len) || args->addr + len < args->addr)
        return -EINVAL;
    if (len == 0)
        return 0;
    if (args->addr + len > MM_TOP)
        return -ENOMEM;
    return each_area(task->mm, args->addr, args->addr + len, fn);
}

/* ---- msync, mincore ---- */

static int sync_area(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)mm;
    if (!(area->flags & VMA_SHARED) || !area->backing || !area->backing->ops->sync)
        return 0;
    return area->backing->ops->sync(area->backing,
                                    area->index + ((start - area->start) >> PAGE_SHIFT),
                                    (end - start) >> PAGE_SHIFT);
}

static int refuse_locked(struct mm *mm, const struct vma *area, gaddr_t start, gaddr_t end)
{
    (void)mm;
    (void)start;
    (void)end;
    return area->flags & VMA_LOCKED ? -EBUSY : 0;
}

long sys_msync(struct task *task, const struct msync_args *args)
{
    uint64_t len = page_round(args->length);
    gaddr_t end;
    int error = 0;

    if ((args->flags & ~(MS_ASYNC | MS_SYNC | MS_INVALIDATE)) || (args->addr & ~PAGE_MASK) ||
        (args->flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    if (__builtin_add_overflow(args->addr, len, &end))
        return -ENOMEM;
    if (len == 0) /* also when rounding up has overflowed, as on Linux */
        return 0;
    if (args->flags & MS_INVALIDATE)
        error = each_area(task->mm, args->addr, end, refuse_locked);
    if (error)
        return error;
    return each_area(task->mm, args->addr, end, args->flags & MS_SYNC ? sync_area : NULL);
}

long sys_mincore(struct task *task, const struct mincore_args *args)
{
    uint64_t len = page_round(args->length);
    uint8_t chunk[256];
    size_t filled = 0;
    gaddr_t vec = args->vec;

    if (args->addr & ~PAGE_MASK)
        return -EINVAL;
    if ((args->length && !len) || !range_is_valid(args->addr, len))
        return -ENOMEM;
    for (uint64_t done = 0; done < len; done += PAGE_SIZE) {
        const struct vma *area = mm_vma_at_or_above(task->mm, args->addr + done);

        if (!area || area->start > args->addr + done)
            return -ENOMEM;
        chunk[filled++] = mm_resident(task->mm, args->addr + done);
        if (filled == sizeof chunk || done + PAGE_SIZE == len) {
            if (copyout(task->mm, vec, chunk, filled) != 0)
                return -EFAULT;
            vec += filled;
            filled = 0;
        }
    }
    return 0;
}

/* ---- locking ---- */

bool may_lock(struct task *task, uint64_t len)
{
    struct mm_stats stats;

    if (task_capable(task, CAP_IPC_LOCK))
        return true;
    mm_stats(task->mm, &stats);
    return stats.locked + len <= limit_of(task, RLIMIT_MEMLOCK);
}

static long lock_range(struct task *task, gaddr_t addr, uint64_t length, bool on_fault)
{
    gaddr_t start = addr & PAGE_MASK;
    uint64_t len = page_round(length + (addr & ~PAGE_MASK));
    int error;

    if (!task_capable(task, CAP_IPC_LOCK) && limit_of(task, RLIMIT_MEMLOCK) == 0)
        return -EPERM;
    if (!may_lock(task, len))
        return -ENOMEM;
    if (start + len < start)
        return -EINVAL;
    if (length == 0)
        return 0;
    if (!range_is_valid(start, len))
        return -ENOMEM;
    error = mm_set_flags(task->mm, start, len, VMA_LOCKED | (on_fault ? VMA_LOCKONFAULT : 0),
                         on_fault ? 0 : VMA_LOCKONFAULT);
    if (error || on_fault)
        return error;
    error = each_area(task->mm, start, start + len, advise_populate_read);
    return error == -EFAULT || error == -EINVAL ? -ENOMEM : error;
}

long sys_mlock(struct task *task, const struct mlock_args *args)
{
    return lock_range(task, args->addr, args->len, false);
}

long sys_mlock2(struct task *task, const struct mlock2_args *args)
{
    if (args->flags & ~MLOCK_ONFAULT)
        return -EINVAL;
    return lock_range(task, args->addr, args->len, args->flags & MLOCK_ONFAULT);
}

long sys_munlock(struct task *task, const struct munlock_args *args)
{
    gaddr_t start = args->addr & PAGE_MASK;
    uint64_t len = page_round(args->len + (args->addr & ~PAGE_MASK));

    if (start + len < start)
        return -EINVAL;
    if (len == 0)
        return 0;
    if (!range_is_valid(start, len))
        return -ENOMEM;
    return mm_set_flags(task->mm, start, len, 0, VMA_LOCKED | VMA_LOCKONFAULT);
}

/* Gives every area these two of VMA_LOCKED and VMA_LOCKONFAULT, and touches its pages if locked. */
static void lock_all(struct mm *mm, uint32_t flags)
{
    const uint32_t both = VMA_LOCKED | VMA_LOCKONFAULT;
    const struct vma *area;

    for (gaddr_t addr = 0; (area = mm_vma_at_or_above(mm, addr)) != NULL;) {
        gaddr_t start = area->start, end = area->end;
        uint32_t area_flags = area->flags & ~both;

        mm_set_flags(mm, start, end - start, flags, both & ~flags);
        if (flags)
            populate(mm, start, end - start, area_flags | flags);
        addr = end;
    }
}

long sys_mlockall(struct task *task, const struct mlockall_args *args)
{
    const uint32_t lock = VMA_LOCKED | (args->flags & MCL_ONFAULT ? VMA_LOCKONFAULT : 0);
    struct mm_stats stats;

    if (args->flags == 0 || (args->flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) ||
        args->flags == MCL_ONFAULT)
        return -EINVAL;
    if (!task_capable(task, CAP_IPC_LOCK)) {
        if (limit_of(task, RLIMIT_MEMLOCK) == 0)
            return -EPERM;
        mm_stats(task->mm, &stats);
        if ((args->flags & MCL_CURRENT) && stats.mapped > limit_of(task, RLIMIT_MEMLOCK))
            return -ENOMEM;
    }
    mm_layout(task->mm)->default_flags = args->flags & MCL_FUTURE ? lock : 0;
    if (args->flags & MCL_CURRENT)
        lock_all(task->mm, lock);
    return 0;
}

long sys_munlockall(struct task *task, const struct munlockall_args *args)
{
    (void)args;
    mm_layout(task->mm)->default_flags = 0;
    lock_all(task->mm, 0);
    return 0;
}
