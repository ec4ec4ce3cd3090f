/*
 * Memory: mmap, munmap, mprotect, brk, mremap, remap_file_pages. Advice, locking and syncing are in
 * sys_madvise.c. The man pages of the same names are the specification; errno order was compared
 * with Linux 6.12.
 */
#include <errno.h>
#include <asm/mman.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/personality.h>
#include <sys/mman.h>

#include "abi/handlers.h"
#include "sandbox/memory.h"
#include "sandbox/vfs/super.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* What MAP_SHARED_VALIDATE lets pass (LEGACY_MAP_MASK). */
#define MAP_KNOWN                                                                                  \
    (MAP_TYPE | MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE |  \
     MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |       \
     MAP_HUGETLB | MAP_32BIT)

/* Where MAP_32BIT puts things: the second gigabyte. */
#define LOW_START 0x40000000ull
#define LOW_END   0x80000000ull

uint64_t page_round(uint64_t len)
{
    return (len + PAGE_SIZE - 1) & PAGE_MASK;
}

bool range_is_valid(gaddr_t addr, uint64_t len)
{
    gaddr_t end;
    return !__builtin_add_overflow(addr, len, &end) && end <= MM_TOP;
}

uint64_t limit_of(const struct task *task, int resource)
{
    return task->process->rlimit[resource].cur;
}

/* personality(READ_IMPLIES_EXEC): what can be read can be executed. */
static uint32_t implied_rights(const struct task *task, uint32_t prot)
{
    bool implies = (prot & PROT_READ) && (task->process->personality & READ_IMPLIES_EXEC);
    return implies ? prot | PROT_EXEC : prot;
}

/* May the address space grow by len bytes? RLIMIT_AS, RLIMIT_DATA and the box's own memory. */
static bool may_expand(struct task *task, uint64_t len, uint32_t flags)
{
    struct mm_stats stats;
    uint64_t room;

    mm_stats(task->mm, &stats);
    if (len > MM_TOP || stats.mapped + len > limit_of(task, RLIMIT_AS))
        return false;
    if ((flags & (VMA_WRITE | VMA_SHARED)) != VMA_WRITE)
        return true;
    if (stats.data + len > limit_of(task, RLIMIT_DATA))
        return false;
    /* Overcommit as Linux guesses: only what could never be had is refused. */
    room = arena_limit(mm_arena(task->mm)) << PAGE_SHIFT;
    return (flags & VMA_NORESERVE) || len <= room;
}

/* ---- mmap ---- */

struct map_request {
    gaddr_t addr;
    uint64_t len; /* page aligned */
    uint32_t prot, flags;
    uint64_t offset;
    struct file *file; /* NULL: anonymous */
};

static uint32_t area_flags(struct task *task, const struct map_request *request)
{
    uint32_t flags = request->prot | mm_layout(task->mm)->default_flags;

    if ((request->flags & MAP_TYPE) != MAP_PRIVATE)
        flags |= VMA_SHARED;
    if (!(flags & VMA_SHARED) || !request->file || file_may_map_writable(request->file))
        flags |= VMA_MAYWRITE;
    if (request->flags & MAP_GROWSDOWN)
        flags |= VMA_GROWSDOWN;
    if (request->flags & MAP_NORESERVE)
        flags |= VMA_NORESERVE;
    if (request->flags & MAP_LOCKED)
        flags |= VMA_LOCKED;
    return flags;
}

/* Where the mapping goes, or -errno. */
static int64_t choose_address(struct task *task, const struct map_request *request)
{
    gaddr_t addr = request->addr;

    if (request->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (request->len > MM_TOP || addr > MM_TOP - request->len)
            return -ENOMEM;
        if (addr & ~PAGE_MASK)
            return -EINVAL;
        if (addr < MM_LOW && !task_capable(task, CAP_SYS_RAWIO))
            return -EPERM;
        if ((request->flags & MAP_FIXED_NOREPLACE) && !mm_is_free(task->mm, addr, request->len))
            return -EEXIST;
        return (int64_t)addr;
    }
    addr &= PAGE_MASK;
    if (addr && addr < MM_LOW)
        addr = MM_LOW;
    if (addr && range_is_valid(addr, request->len) &&
        (!(request->flags & MAP_32BIT) || addr + request->len <= LOW_END) &&
        mm_is_free(task->mm, addr, request->len))
        return (int64_t)addr;
    addr = request->flags & MAP_32BIT
               ? mm_find_free_between(task->mm, LOW_START, LOW_END, request->len)
               : mm_find_free(task->mm, request->len);
    return addr ? (int64_t)addr : -ENOMEM;
}

/* The mapping may not reach behind the largest offset of the file. */
static bool offset_is_valid(const struct map_request *request)
{
    uint64_t most = request->file->inode->type == S_IFREG ? INT64_MAX : UINT64_MAX;

    return request->len <= most &&
           request->offset >> PAGE_SHIFT <= (most - request->len) >> PAGE_SHIFT;
}

/* The rights that the file's open mode gives a mapping; see EACCES and EPERM in mmap(2). */
static int check_file(const struct map_request *request)
{
    bool shared = (request->flags & MAP_TYPE) != MAP_PRIVATE;

    if (!offset_is_valid(request))
        return -EOVERFLOW;
    if (shared && (request->prot & PROT_WRITE) && !file_writable(request->file))
        return -EACCES;
    if (!file_readable(request->file))
        return -EACCES;
    if ((request->prot & PROT_EXEC) && (request->file->path.mount->flags & MOUNT_NOEXEC))
        return -EPERM;
    if (!request->file->ops->mmap)
        return -ENODEV;
    return request->flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

static int check_type(const struct map_request *request)
{
    switch (request->flags & MAP_TYPE) {
    case MAP_SHARED:
        if (!request->file && (request->flags & MAP_GROWSDOWN))
            return -EINVAL;
        return 0;
    case MAP_PRIVATE:
        return 0;
    case MAP_SHARED_VALIDATE:
        if (!request->file)
            return -EINVAL;
        return request->flags & ~(uint32_t)MAP_KNOWN ? -EOPNOTSUPP : 0;
    default:
        return -EINVAL;
    }
}

void populate(struct mm *mm, gaddr_t addr, uint64_t len, uint32_t flags)
{
    struct mm_page page;
    enum mm_access access = flags & VMA_WRITE ? MM_WRITE : MM_READ;

    if (flags & VMA_LOCKONFAULT)
        return;
    for (uint64_t done = 0; done < len; done += PAGE_SIZE) {
        if (mm_fault(mm, addr + done, access, &page) != MM_OK)
            return;
    }
}

/* What a fixed mapping replaces need not be there twice. */
static bool may_map(struct task *task, gaddr_t addr, uint64_t len, uint32_t flags)
{
    return may_expand(task, len, flags) ||
           may_expand(task, len - mm_mapped_bytes(task->mm, addr, addr + len), flags);
}

static int64_t map(struct task *task, struct map_request *request)
{
    struct backing *backing = NULL;
    struct file *shared_memory = NULL;
    uint64_t index = request->offset >> PAGE_SHIFT;
    uint32_t flags;
    int64_t addr;
    int error;

    addr = choose_address(task, request);
    if (addr < 0)
        return addr;
    error = check_type(request);
    if (!error && request->file)
        error = check_file(request);
    if (error)
        return error;
    flags = area_flags(task, request);
    if ((flags & VMA_LOCKED) && !may_lock(task, request->len))
        return -EAGAIN;
    if (!may_map(task, (gaddr_t)addr, request->len, flags))
        return -ENOMEM;
    if (request->file) {
        error = request->file->ops->mmap(request->file, flags, &backing);
    } else if (flags & VMA_SHARED) {
        error = shmem_file(task->box, "dev/zero", request->len, O_RDWR, &shared_memory);
        if (!error)
            error = shared_memory->ops->mmap(shared_memory, flags, &backing);
        index = 0;
    }
    if (!error)
        error = mm_map(task->mm, (gaddr_t)addr, request->len, flags, backing, index, NULL);
    if (shared_memory)
        file_put(shared_memory);
    if (error)
        return error;
    if ((request->flags & MAP_POPULATE) || (flags & VMA_LOCKED))
        populate(task->mm, (gaddr_t)addr, request->len, flags);
    return addr;
}

long sys_mmap(struct task *task, const struct mmap_args *args)
{
    struct map_request request = {.addr = args->addr,
                                  .prot = (uint32_t)args->prot & VMA_PROT,
                                  .flags = (uint32_t)args->flags,
                                  .offset = args->offset};
    int64_t addr;

    if (args->offset & ~PAGE_MASK)
        return -EINVAL;
    if (!(request.flags & MAP_ANONYMOUS)) {
        request.file = fd_get(task, args->fd);
        if (!request.file)
            return -EBADF;
    }
    /* A file on a mount without execution is mapped without the right that nobody asked for. */
    if (!request.file || !(request.file->path.mount->flags & MOUNT_NOEXEC))
        request.prot = implied_rights(task, request.prot);
    request.len = page_round(args->length);
    if (args->length == 0)
        addr = -EINVAL;
    else if (request.len == 0)
        addr = -ENOMEM;
    else if (request.flags & MAP_HUGETLB)
        addr = -ENOMEM; /* no huge pages are set aside */
    else
        addr = map(task, &request);
    if (request.file)
        file_put(request.file);
    return addr;
}

long sys_munmap(struct task *task, const struct munmap_args *args)
{
    uint64_t len = page_round(args->length);

    if ((args->addr & ~PAGE_MASK) || args->length == 0 || len == 0 ||
        !range_is_valid(args->addr, len))
        return -EINVAL;
    return mm_unmap(task->mm, args->addr, len);
}

static bool protection_is_valid(uint32_t prot)
{
    return !(prot & ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN |
                                PROT_GROWSUP)) &&
           (prot & (PROT_GROWSDOWN | PROT_GROWSUP)) != (PROT_GROWSDOWN | PROT_GROWSUP);
}

long sys_mprotect(struct task *task, const struct mprotect_args *args)
{
    gaddr_t addr = args->addr;
    uint64_t len = page_round(args->len);
    uint32_t prot = (uint32_t)args->prot;
    const struct vma *area;

    if (!protection_is_valid(prot) || (addr & ~PAGE_MASK))
        return -EINVAL;
    if (args->len == 0)
        return 0;
    if (len == 0 || !range_is_valid(addr, len))
        return -ENOMEM;
    area = mm_vma_at_or_above(task->mm, addr);
    if (!area)
        return -ENOMEM;
    if (prot & PROT_GROWSDOWN) {
        if (area->start >= addr + len)
            return -ENOMEM;
        if (!(area->flags & VMA_GROWSDOWN))
            return -EINVAL;
        len += addr - area->start;
        addr = area->start;
    } else if (area->start > addr) {
        return -ENOMEM;
    } else if (prot & PROT_GROWSUP) {
        return -EINVAL;
    }
    return mm_protect(task->mm, addr, len, implied_rights(task, prot) & VMA_PROT);
}

/* ---- brk ---- */

long sys_brk(struct task *task, const struct brk_args *args)
{
    struct mm_layout *layout = mm_layout(task->mm);
    gaddr_t wanted = args->addr, old_end = page_round(layout->brk), new_end;

    if (wanted < layout->brk_start || wanted >= MM_TOP ||
        wanted - layout->brk_start > limit_of(task, RLIMIT_DATA))
        return (long)layout->brk;
    new_end = page_round(wanted);
    if (new_end < old_end) {
        if (mm_unmap(task->mm, new_end, old_end - new_end) != 0)
            return (long)layout->brk;
    } else if (new_end > old_end) {
        uint32_t flags =
            implied_rights(task, VMA_READ | VMA_WRITE) | VMA_MAYWRITE | layout->default_flags;
        uint64_t grow = new_end - old_end;

        if (!may_expand(task, grow, flags) || !mm_is_free(task->mm, old_end, grow) ||
            ((flags & VMA_LOCKED) && !may_lock(task, grow)) ||
            mm_map(task->mm, old_end, grow, flags, NULL, 0, "[heap]") != 0)
            return (long)layout->brk;
        if (flags & VMA_LOCKED)
            populate(task->mm, old_end, grow, flags);
    }
    layout->brk = wanted;
    return (long)wanted;
}

/* ---- mremap ---- */

struct remap {
    gaddr_t old;
    uint64_t old_len, new_len; /* page aligned */
    uint32_t flags;
    gaddr_t target; /* MREMAP_FIXED */
};

static int64_t remap_move(struct task *task, const struct remap *remap, const struct vma *area)
{
    bool keep = remap->flags & MREMAP_DONTUNMAP;
    uint64_t grows = keep ? remap->new_len : remap->new_len - remap->old_len;
    gaddr_t target = remap->target;
    int error;

    if ((keep || remap->new_len > remap->old_len) && !may_expand(task, grows, area->flags))
        return -ENOMEM;
    if (!(remap->flags & MREMAP_FIXED)) {
        target = mm_find_free(task->mm, remap->new_len);
        if (!target)
            return -ENOMEM;
    }
    error = mm_move(task->mm, remap->old, remap->old_len, target, remap->new_len, keep);
    return error ? error : (int64_t)target;
}

static int64_t remap_fixed(struct task *task, struct remap *remap)
{
    const struct vma *area;

    if ((remap->target & ~PAGE_MASK) || !range_is_valid(remap->target, remap->new_len))
        return -EINVAL;
    if (remap->old + remap->old_len > remap->target && remap->target + remap->new_len > remap->old)
        return -EINVAL;
    if (remap->old_len > remap->new_len) {
        int error =
            mm_unmap(task->mm, remap->old + remap->new_len, remap->old_len - remap->new_len);
        if (error)
            return error;
        remap->old_len = remap->new_len;
    }
    area = mm_vma_at_or_above(task->mm, remap->old);
    if (!area || area->start > remap->old || area->end - remap->old < remap->old_len)
        return -EFAULT;
    return remap_move(task, remap, area);
}

/* Grows where it is, when the area ends there and the pages behind are free. */
static bool remap_in_place(struct task *task, const struct remap *remap, const struct vma *area)
{
    gaddr_t end = remap->old + remap->old_len;
    uint64_t grow = remap->new_len - remap->old_len;

    return area->end == end && range_is_valid(remap->old, remap->new_len) &&
           mm_is_free(task->mm, end, grow) && may_expand(task, grow, area->flags) &&
           mm_map(task->mm, end, grow, area->flags, area->backing,
                  area->index + ((end - area->start) >> PAGE_SHIFT), area->name) == 0;
}

static int64_t remap_range(struct task *task, struct remap *remap)
{
    const struct vma *area = mm_vma_at_or_above(task->mm, remap->old);

    if (!area || area->start > remap->old)
        return -EFAULT;
    if (remap->old_len == 0) {
        /* Duplicates a shared mapping; see BUGS in mremap(2). */
        if (!(area->flags & VMA_SHARED))
            return -EINVAL;
        if (!(remap->flags & MREMAP_MAYMOVE))
            return -EINVAL;
        remap->flags |= MREMAP_DONTUNMAP;
        return remap_move(task, remap, area);
    }
    if (!(remap->flags & MREMAP_DONTUNMAP) && remap->old_len >= remap->new_len) {
        int error =
            remap->old_len > remap->new_len
                ? mm_unmap(task->mm, remap->old + remap->new_len, remap->old_len - remap->new_len)
                : 0;
        return error ? error : (int64_t)remap->old;
    }
    if (area->end - remap->old < remap->old_len)
        return -EFAULT;
    if (area->flags & VMA_LOCKED && !may_lock(task, remap->new_len - remap->old_len))
        return -EAGAIN;
    if (!(remap->flags & MREMAP_DONTUNMAP) && remap_in_place(task, remap, area))
        return (int64_t)remap->old;
    if (!(remap->flags & MREMAP_MAYMOVE))
        return -ENOMEM;
    return remap_move(task, remap, mm_vma_at_or_above(task->mm, remap->old));
}

long sys_mremap(struct task *task, const struct mremap_args *args)
{
    const uint32_t known = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
    struct remap remap = {.old = args->old_address,
                          .old_len = page_round(args->old_size),
                          .new_len = page_round(args->new_size),
                          .flags = (uint32_t)args->flags,
                          .target = args->new_address};

    if (((uint64_t)args->flags & ~(uint64_t)known) ||
        ((remap.flags & MREMAP_FIXED) && !(remap.flags & MREMAP_MAYMOVE)) ||
        ((remap.flags & MREMAP_DONTUNMAP) &&
         (!(remap.flags & MREMAP_MAYMOVE) || remap.old_len != remap.new_len)) ||
        (remap.old & ~PAGE_MASK) || remap.new_len == 0)
        return -EINVAL;
    if (!range_is_valid(remap.old, remap.old_len))
        return -EFAULT;
    if (!range_is_valid(0, remap.new_len))
        return remap.flags & MREMAP_FIXED ? -EINVAL : -ENOMEM;
    return remap.flags & MREMAP_FIXED ? remap_fixed(task, &remap) : remap_range(task, &remap);
}

/* ---- remap_file_pages ---- */

/* [start, end) shows one shared object with the same rights, in one or more areas. */
static bool is_one_object(struct mm *mm, const struct vma *first, gaddr_t end)
{
    const struct vma *area = first;
    const struct backing *backing = first->backing;
    uint32_t flags = first->flags;

    while (area->end < end) {
        gaddr_t next = area->end;

        area = mm_vma_at_or_above(mm, next);
        if (!area || area->start != next || area->backing != backing || area->flags != flags)
            return false;
    }
    return true;
}

/* As Linux does since 4.0: no page table of its own, but another mapping of the same object. */
long sys_remap_file_pages(struct task *task, const struct remap_file_pages_args *args)
{
    gaddr_t start = args->addr & PAGE_MASK, end;
    uint64_t len = args->size & PAGE_MASK, last;
    const struct vma *area;
    struct backing *backing;
    uint32_t flags;
    int error;

    if (args->prot || __builtin_add_overflow(start, len, &end) || end <= start ||
        __builtin_add_overflow(args->pgoff, len >> PAGE_SHIFT, &last))
        return -EINVAL;
    area = mm_vma_at_or_above(task->mm, start);
    if (!area || area->start > start || !(area->flags & VMA_SHARED) ||
        !is_one_object(task->mm, area, end))
        return -EINVAL;
    if (last > INT64_MAX >> PAGE_SHIFT)
        return -EOVERFLOW;
    flags = area->flags;
    backing = area->backing;
    backing->ops->ref(backing); /* the area may be its last user */
    error = mm_map(task->mm, start, len, flags, backing, args->pgoff, NULL);
    backing->ops->unref(backing);
    if (!error)
        populate(task->mm, start, len, flags);
    return error;
}
