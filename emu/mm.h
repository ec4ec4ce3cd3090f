/*
 * A guest address space: areas (what is mapped where) above a page table (which frame is there
 * now). Pages come on first touch, from zeros or from the area's backing object; private ones are
 * copied on the first write. mm_fault is the guest's MMU: the engine's TLB asks it on each miss.
 *
 * The sandbox touches guest memory only by copyin, copyout and copystr, which apply the guest's own
 * rights and never fault the host.
 *
 * Threads: touched only by the G that holds the box's P.
 */
#ifndef EMU_MM_H
#define EMU_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi/abi.h"
#include "emu/arena.h"

/* One past the highest user address: as on Linux with 47-bit addresses, one guard page is left. */
#define MM_TOP 0x7ffffffff000ull
/* Lowest address that may be mapped (vm.mmap_min_addr). */
#define MM_LOW 0x10000ull

enum {
    VMA_READ = 1,
    VMA_WRITE = 2,
    VMA_EXEC = 4,
    VMA_PROT = 7,
    VMA_SHARED = 8,     /* writes go to the backing object, also after fork */
    VMA_GROWSDOWN = 16, /* a fault below extends it */
    VMA_NORESERVE = 32, /* not counted against the commit limit */
    VMA_LOCKED = 64,    /* mlock: counted; who locks also touches the pages */
    VMA_MAYWRITE =
        128, /* mprotect may add write (a shared mapping of a file open read-only may not) */
    VMA_WIPEONFORK = 256,
    VMA_DONTFORK = 512,
    VMA_DONTDUMP = 1024,
    VMA_LOCKONFAULT = 2048, /* with VMA_LOCKED: its pages are not touched beforehand */
};

/*
 * The object behind a mapping (a file, shared anonymous memory). `get` returns in *frame the frame
 * of page `index` with a reference for the caller; `write` says that it will be written in place
 * (shared mappings). 0, -EFAULT beyond the end (the guest gets SIGBUS), -ENOMEM, -EIO.
 * `describe` writes the name that /proc/PID/maps shows, NUL-terminated, truncated to size.
 */
struct backing {
    const struct backing_ops *ops;
};
struct backing_ops {
    int (*get)(struct backing *backing, uint64_t index, bool write, frame_t *frame);
    void (*ref)(struct backing *backing);
    void (*unref)(struct backing *backing);
    size_t (*describe)(struct backing *backing, char *buf, size_t size);
    /* Write dirty pages [index, index + count) of a shared mapping back. NULL: nothing to do. */
    int (*sync)(struct backing *backing, uint64_t index, uint64_t count);
    /* Frees pages [index, index + count) of the object itself (MADV_REMOVE). 0 or -errno. */
    int (*punch)(struct backing *backing, uint64_t index, uint64_t count);
    /* Device and inode numbers for /proc/PID/maps. */
    void (*identity)(struct backing *backing, uint64_t *dev, uint64_t *ino);
};

struct vma {
    gaddr_t start, end; /* page aligned, start < end */
    uint32_t flags;
    const char *name;        /* static text such as "[heap]", "[stack]", or NULL */
    struct backing *backing; /* NULL: private anonymous */
    uint64_t index;          /* page of the backing object that start shows */
};

/* Why an access is refused. */
enum mm_fault { MM_OK, MM_MAPERR, MM_ACCERR, MM_BUS, MM_OOM };
enum mm_access { MM_READ = VMA_READ, MM_WRITE = VMA_WRITE, MM_EXEC = VMA_EXEC };

/* What the engine may put into its TLB for one page. */
struct mm_page {
    frame_t frame;
    uint32_t prot; /* VMA_READ | VMA_WRITE | VMA_EXEC that need no further fault */
};

struct mm;

struct mm *mm_create(struct arena *arena);
/* A copy as fork makes it: private pages shared copy-on-write. NULL when host memory is out. */
struct mm *mm_fork(struct mm *mm);
struct mm *mm_ref(struct mm *mm);
void mm_unref(struct mm *mm);

/*
 * Changes of mappings make this number grow: an engine that cached translations of this address
 * space compares it and flushes.
 */
uint64_t mm_generation(const struct mm *mm);

/* Resolves an access to the page of `addr`; on MM_OK fills *page. May allocate and copy frames. */
enum mm_fault mm_fault(struct mm *mm, gaddr_t addr, enum mm_access access, struct mm_page *page);

/*
 * Maps [start, start + len), replacing what was there. Takes a reference on the backing object.
 * start and len must be page aligned and inside [0, MM_TOP). -ENOMEM when there are too many areas.
 */
int mm_map(struct mm *mm, gaddr_t start, uint64_t len, uint32_t flags, struct backing *backing,
           uint64_t index, const char *name);
int mm_unmap(struct mm *mm, gaddr_t start, uint64_t len);
/* -ENOMEM when a page of the range is not mapped (earlier areas are changed, as on Linux), -EACCES.
 */
int mm_protect(struct mm *mm, gaddr_t start, uint64_t len, uint32_t prot);
/* Sets and clears other VMA_* bits; -ENOMEM when the range has a hole. */
int mm_set_flags(struct mm *mm, gaddr_t start, uint64_t len, uint32_t set, uint32_t clear);
/*
 * Moves the pages of [from, from + len) to [to, to + len), where nothing is mapped or what is there
 * is replaced; the area there gets new_len. The old range is unmapped unless keep (then it stays
 * mapped and empty: MREMAP_DONTUNMAP).
 */
int mm_move(struct mm *mm, gaddr_t from, uint64_t len, gaddr_t to, uint64_t new_len, bool keep);
/* Drops private pages (MADV_DONTNEED): the next touch reads zeros or the backing object again. */
void mm_discard(struct mm *mm, gaddr_t start, uint64_t len);
/* Drops every cached page of pages [index, index + count) of this backing (truncate, hole punch).
 */
void mm_forget_backing(struct mm *mm, struct backing *backing, uint64_t index, uint64_t count);

/* Highest free range of len bytes below the mmap base; 0 when there is none. */
gaddr_t mm_find_free(struct mm *mm, uint64_t len);
/* The same inside [low, high). */
gaddr_t mm_find_free_between(struct mm *mm, gaddr_t low, gaddr_t high, uint64_t len);
/* True when nothing is mapped in the range. */
bool mm_is_free(struct mm *mm, gaddr_t start, uint64_t len);
/* The area that contains addr, or the next above it; NULL past the last. Valid until the next
 * change. */
const struct vma *mm_vma_at_or_above(struct mm *mm, gaddr_t addr);
/* True when the page has a frame now (mincore, /proc/PID/smaps); no fault is taken. */
bool mm_resident(struct mm *mm, gaddr_t addr);
/* True when the page has a frame now and its area allows any access: the hardware's present bit. */
bool mm_present(struct mm *mm, gaddr_t addr);
/* How many bytes of [start, end) are mapped. */
uint64_t mm_mapped_bytes(struct mm *mm, gaddr_t start, gaddr_t end);
/* How many pages of [start, end) have a frame now. */
uint64_t mm_resident_pages(struct mm *mm, gaddr_t start, gaddr_t end);

/* Totals in bytes: mapped, resident, private writable (commit charge), locked. */
struct mm_stats {
    uint64_t mapped, resident, committed, locked, stack, data, exec;
};
void mm_stats(const struct mm *mm, struct mm_stats *stats);

/* Program break and the other addresses that /proc/PID/stat and prctl show; set by exec. */
struct mm_layout {
    gaddr_t brk_start, brk, stack_start, stack_limit, arg_start, arg_end, env_start, env_end;
    gaddr_t code_start, code_end, data_start, data_end, mmap_base;
    gaddr_t auxv;
    uint64_t auxv_len;
    uint32_t default_flags; /* VMA_LOCKED, VMA_LOCKONFAULT after mlockall(MCL_FUTURE) */
};
struct mm_layout *mm_layout(struct mm *mm);
struct arena *mm_arena(struct mm *mm);

/* Maximal distance that a GROWSDOWN area may grow below its first end (RLIMIT_STACK), in bytes. */
void mm_set_stack_limit(struct mm *mm, uint64_t bytes);

/*
 * Copies between guest and host with the guest's own rights. 0 or -EFAULT; copyin may have written
 * part of dst, copyout part of the guest's memory, exactly up to the first bad byte.
 */
__attribute__((warn_unused_result)) int copyin(struct mm *mm, void *dst, gaddr_t src, size_t len);
__attribute__((warn_unused_result)) int copyout(struct mm *mm, gaddr_t dst, const void *src,
                                                size_t len);
/* As above, but they return how many bytes could be copied (partial transfers). */
size_t copyin_some(struct mm *mm, void *dst, gaddr_t src, size_t len);
size_t copyout_some(struct mm *mm, gaddr_t dst, const void *src, size_t len);
size_t zero_some(struct mm *mm, gaddr_t dst, size_t len);
/*
 * Copies a NUL-terminated string of less than size bytes. Its length, -ENAMETOOLONG when there is
 * no NUL within size bytes, -EFAULT.
 */
__attribute__((warn_unused_result)) ssize_t copystr(struct mm *mm, char *dst, gaddr_t src,
                                                    size_t size);
/*
 * Read and write memory as a debugger and the program loader do: rights of the areas are ignored, a
 * private page is copied before it is written. Bytes done; short where nothing is mapped.
 */
size_t mm_peek(struct mm *mm, gaddr_t addr, void *buf, size_t len);
size_t mm_poke(struct mm *mm, gaddr_t addr, const void *buf, size_t len);

/*
 * Host address of up to one page of guest memory at addr, for transfers without a bounce buffer;
 * *len is cut to what lies in the page. NULL when access is refused. Valid until the next change of
 * the address space or scheduling point.
 */
void *mm_window(struct mm *mm, gaddr_t addr, size_t *len, enum mm_access access);

/*
 * Key of a futex word: for private memory the address space and address, for shared memory the
 * backing object and offset. 0 or -EFAULT.
 */
struct mm_key {
    const void *object;
    uint64_t offset;
};
int mm_futex_key(struct mm *mm, gaddr_t addr, bool shared, struct mm_key *key);

#endif
