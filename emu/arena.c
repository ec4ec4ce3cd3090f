/*
 * The arena: see arena.h. May include libc and emu/arena.h.
 *
 * Tables stand beside the frames in lazily committed memory, so that an arena of 64 GiB costs
 * nothing until it is used. Freed frames are kept on a stack and cleared when they are handed out
 * again: clearing a cached page costs 40 ns, giving it back to the host over a microsecond.
 */
#include "emu/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct arena {
    uint8_t *base;
    uint64_t frames; /* including frame 0 and the zero frame */
    uint64_t fresh;  /* first frame that was never handed out */
    uint64_t used, peak;
    uint32_t *refs;
    uint8_t *state;
    frame_t *free_stack;
    uint64_t free_count;
    frame_t zero;
    int fd;
    void (*drop_code)(void *ctx, frame_t frame);
    void *code_ctx;
    uint64_t (*reclaim)(void *ctx, uint64_t wanted);
    void *reclaim_ctx;
};

static void *reserve(uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static bool reserve_all(struct arena *arena)
{
    uint64_t n = arena->frames;

    arena->fd = memfd_create("abibox-arena", MFD_CLOEXEC);
    if (arena->fd < 0 || ftruncate(arena->fd, (off_t)(n << PAGE_SHIFT)) != 0)
        return false;
    arena->base = mmap(NULL, n << PAGE_SHIFT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                       arena->fd, 0);
    if (arena->base == MAP_FAILED) {
        arena->base = NULL;
        return false;
    }
    arena->refs = reserve(n * sizeof *arena->refs);
    arena->state = reserve(n * sizeof *arena->state);
    arena->free_stack = reserve(n * sizeof *arena->free_stack);
    return arena->refs && arena->state && arena->free_stack;
}

struct arena *arena_create(uint64_t bytes)
{
    struct arena *arena = calloc(1, sizeof *arena);

    if (!arena)
        return NULL;
    arena->frames = (bytes >> PAGE_SHIFT) + 2;
    if (arena->frames > UINT32_MAX || !reserve_all(arena)) {
        int error = arena->frames > UINT32_MAX ? EINVAL : errno;
        arena_destroy(arena);
        errno = error;
        return NULL;
    }
    arena->fresh = 2;
    arena->zero = 1;
    arena->refs[1] = 1;
    return arena;
}

void arena_destroy(struct arena *arena)
{
    uint64_t n = arena->frames;

    if (arena->base)
        munmap(arena->base, n << PAGE_SHIFT);
    if (arena->refs)
        munmap(arena->refs, n * sizeof *arena->refs);
    if (arena->state)
        munmap(arena->state, n * sizeof *arena->state);
    if (arena->free_stack)
        munmap(arena->free_stack, n * sizeof *arena->free_stack);
    if (arena->fd > 0)
        close(arena->fd);
    free(arena);
}

void *arena_base(struct arena *arena)
{
    return arena->base;
}

uint64_t arena_bytes(const struct arena *arena)
{
    return arena->frames << PAGE_SHIFT;
}

uint64_t arena_used(const struct arena *arena)
{
    return arena->used;
}

uint64_t arena_peak(const struct arena *arena)
{
    return arena->peak;
}

uint64_t arena_limit(const struct arena *arena)
{
    return arena->frames - 2;
}

frame_t arena_zero_frame(const struct arena *arena)
{
    return arena->zero;
}

frame_t frame_alloc(struct arena *arena)
{
    frame_t frame;

    if (arena->free_count == 0 && arena->fresh == arena->frames && arena->reclaim)
        arena->reclaim(arena->reclaim_ctx, 64);
    if (arena->free_count > 0) {
        frame = arena->free_stack[--arena->free_count];
        memset(frame_ptr(arena, frame), 0, PAGE_SIZE);
    } else if (arena->fresh < arena->frames) {
        frame = (frame_t)arena->fresh++;
    } else {
        return 0;
    }
    arena->refs[frame] = 1;
    arena->state[frame] = FRAME_IDLE;
    if (++arena->used > arena->peak)
        arena->peak = arena->used;
    return frame;
}

void frame_ref(struct arena *arena, frame_t frame)
{
    arena->refs[frame]++;
}

void frame_unref(struct arena *arena, frame_t frame)
{
    if (--arena->refs[frame] > 0)
        return;
    frame_before_write(arena, frame);
    arena->free_stack[arena->free_count++] = frame;
    arena->used--;
}

uint32_t frame_refs(const struct arena *arena, frame_t frame)
{
    return arena->refs[frame];
}

void *frame_ptr(struct arena *arena, frame_t frame)
{
    return arena->base + ((uint64_t)frame << PAGE_SHIFT);
}

enum frame_state frame_state(const struct arena *arena, frame_t frame)
{
    return arena->state[frame];
}

void frame_set_state(struct arena *arena, frame_t frame, enum frame_state state)
{
    arena->state[frame] = state;
}

void frame_before_write(struct arena *arena, frame_t frame)
{
    if (arena->state[frame] != FRAME_CODE)
        return;
    arena->state[frame] = FRAME_IDLE;
    if (arena->drop_code)
        arena->drop_code(arena->code_ctx, frame);
}

void arena_set_code_hook(struct arena *arena, void (*drop_code)(void *ctx, frame_t frame),
                         void *ctx)
{
    arena->drop_code = drop_code;
    arena->code_ctx = ctx;
}

void arena_set_reclaim_hook(struct arena *arena, uint64_t (*reclaim)(void *ctx, uint64_t wanted),
                            void *ctx)
{
    arena->reclaim = reclaim;
    arena->reclaim_ctx = ctx;
}
