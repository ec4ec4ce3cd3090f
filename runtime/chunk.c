/*
 * chunk.c - memory for the structures of one rt_run: never freed one by one, all
 * given back at the end. Straight from mmap, since a bare M has no malloc.
 */
#include <sys/mman.h>

#include "internal.h"
#include "os.h"

#define CHUNK_SIZE (64u << 10)

struct chunk {
    struct chunk *next;
    size_t size, used;
};

static struct chunk *chunk_map(size_t size)
{
    long at = os_map(size, PROT_READ | PROT_WRITE, 0);
    if (os_is_error(at))
        return NULL;
    struct chunk *c = (struct chunk *)at;
    c->size = size;
    c->used = (sizeof *c + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
    return c;
}

void *rt_alloc(struct rt_sched *s, size_t size)
{
    size = (size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
    rt_spin_lock(&s->chunk_lock);
    struct chunk *c = s->chunks;
    if (!c || c->size - c->used < size) {
        size_t map = CHUNK_SIZE;
        if (size > CHUNK_SIZE - CACHE_LINE)
            map = (size + CACHE_LINE + 4095) & ~(size_t)4095;
        c = chunk_map(map);
        if (c) {
            c->next = s->chunks;
            s->chunks = c;
        }
    }
    void *result = NULL;
    if (c) {
        result = (char *)c + c->used;
        c->used += size;
    }
    rt_spin_unlock(&s->chunk_lock);
    return result;
}

void rt_free_all(struct rt_sched *s)
{
    struct chunk *c = s->chunks;
    while (c) {
        struct chunk *next = c->next;
        os_unmap(c, c->size);
        c = next;
    }
}
