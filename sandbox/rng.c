/*
 * The box's random numbers: what getrandom, /dev/urandom and AT_RANDOM give. ChaCha20 (RFC 8439)
 * keyed from the host's entropy, or from the user's seed, so that a run can be repeated; the host's
 * pool is asked once.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "sandbox/kernel.h"

struct rng_state {
    uint32_t input[16];
    uint8_t block[64];
    unsigned used;
};

static inline uint32_t rotate(uint32_t x, unsigned n)
{
    return (x << n) | (x >> (32 - n));
}

static inline void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = rotate(*d ^ *a, 16);
    *c += *d;
    *b = rotate(*b ^ *c, 12);
    *a += *b;
    *d = rotate(*d ^ *a, 8);
    *c += *d;
    *b = rotate(*b ^ *c, 7);
}

static void next_block(struct rng_state *rng)
{
    uint32_t x[16];

    memcpy(x, rng->input, sizeof x);
    for (int round = 0; round < 10; round++) {
        quarter(&x[0], &x[4], &x[8], &x[12]);
        quarter(&x[1], &x[5], &x[9], &x[13]);
        quarter(&x[2], &x[6], &x[10], &x[14]);
        quarter(&x[3], &x[7], &x[11], &x[15]);
        quarter(&x[0], &x[5], &x[10], &x[15]);
        quarter(&x[1], &x[6], &x[11], &x[12]);
        quarter(&x[2], &x[7], &x[8], &x[13]);
        quarter(&x[3], &x[4], &x[9], &x[14]);
    }
    for (int i = 0; i < 16; i++)
        x[i] += rng->input[i];
    memcpy(rng->block, x, sizeof rng->block);
    if (++rng->input[12] == 0)
        rng->input[13]++;
    rng->used = 0;
}

int rng_create(struct box *box, const uint64_t *seed)
{
    static const uint32_t constants[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    struct rng_state *rng = calloc(1, sizeof *rng);

    if (!rng)
        return -1;
    memcpy(rng->input, constants, sizeof constants);
    if (seed)
        memcpy(&rng->input[4], seed, sizeof *seed);
    else if (rt_call_raw(SYS_getrandom, (long)&rng->input[4], 32, 0, 0, 0, 0) != 32) {
        free(rng);
        return -1;
    }
    rng->used = sizeof rng->block;
    box->rng = rng;
    return 0;
}

void rng_destroy(struct box *box)
{
    free(box->rng);
    box->rng = NULL;
}

void rng_bytes(struct box *box, void *buf, size_t len)
{
    struct rng_state *rng = box->rng;
    uint8_t *out = buf;

    while (len > 0) {
        size_t piece;

        if (rng->used == sizeof rng->block)
            next_block(rng);
        piece = sizeof rng->block - rng->used;
        if (piece > len)
            piece = len;
        memcpy(out, rng->block + rng->used, piece);
        rng->used += (unsigned)piece;
        out += piece;
        len -= piece;
    }
}
