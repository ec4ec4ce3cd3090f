/*
 * Guest physical memory: one memfd, reserved whole and committed on touch, cut into 4 KiB frames
 * with a reference count each. Everything that a guest can hold in memory (anonymous pages, page
 * cache, tmpfs files, pipe buffers) lives in frames, so the box's memory limit is the arena's size.
 *
 * Threads: an arena belongs to one box and is touched only by the G that holds the box's P.
 */
#ifndef EMU_ARENA_H
#define EMU_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ull
#define PAGE_MASK  (~(PAGE_SIZE - 1))

/* Number of a frame. Frame 0 is never handed out: 0 means none. */
typedef uint32_t frame_t;

/*
 * What the engine may hold of a frame: nothing, an entry that lets the guest write, or translated
 * code. Never the last two together, because the engine misses writes through a second mapping of a
 * frame that it translated (measured): the TLB fill moves a frame from one state to the other.
 */
enum frame_state { FRAME_IDLE, FRAME_WRITTEN, FRAME_CODE };

struct arena;

/*
 * Reserves room for `bytes` of frames (rounded up to a page). NULL with errno set when the host
 * refuses. Costs address space only until frames are touched.
 */
struct arena *arena_create(uint64_t bytes);
void arena_destroy(struct arena *arena);

/* Host address and size in bytes of the whole arena: what the engine maps as physical memory. */
void *arena_base(struct arena *arena);
uint64_t arena_bytes(const struct arena *arena);

/* Frames in use, the most that ever were, and the most that may be. */
uint64_t arena_used(const struct arena *arena);
uint64_t arena_peak(const struct arena *arena);
uint64_t arena_limit(const struct arena *arena);

/*
 * A frame with one reference, filled with zeros. When none is free, `reclaim` is asked once to give
 * some back (the page cache drops clean pages). 0 when memory is out.
 */
frame_t frame_alloc(struct arena *arena);
void frame_ref(struct arena *arena, frame_t frame);
/* Gives one reference back; the last one frees the frame and its host memory is reused. */
void frame_unref(struct arena *arena, frame_t frame);
uint32_t frame_refs(const struct arena *arena, frame_t frame);

/* Its 4,096 bytes on the host. Call frame_before_write first when a guest may have executed it. */
void *frame_ptr(struct arena *arena, frame_t frame);

enum frame_state frame_state(const struct arena *arena, frame_t frame);
void frame_set_state(struct arena *arena, frame_t frame, enum frame_state state);

/* Before the host writes into a frame: drops the engine's translations of it, if it has any. */
void frame_before_write(struct arena *arena, frame_t frame);

/* The frame of zeros that untouched pages show; it is never written and never freed. */
frame_t arena_zero_frame(const struct arena *arena);

/* Called by frame_before_write, and when a code frame is freed, to forget its translations. */
void arena_set_code_hook(struct arena *arena, void (*drop_code)(void *ctx, frame_t frame),
                         void *ctx);
/* Called when no frame is free: gives back about `wanted` frames, returns how many. */
void arena_set_reclaim_hook(struct arena *arena, uint64_t (*reclaim)(void *ctx, uint64_t wanted),
                            void *ctx);

#endif
