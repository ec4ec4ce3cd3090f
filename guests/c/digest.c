// variants: musl static-pie dynamic
/* Integer work: SHA-256 after FIPS 180-4 and CRC-32 after ISO 3309, with their published values. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t round_constants[64];

struct sha256 {
    uint32_t state[8];
    uint64_t length;
    unsigned char block[64];
};

/* The first 32 bits of the fractional part of a root of a prime, by integer arithmetic alone. */
static uint32_t root_fraction(unsigned prime, int power)
{
    unsigned __int128 target = (unsigned __int128)prime << (power == 2 ? 64 : 96);
    uint64_t root = 0;
    for (uint64_t bit = 1ULL << 36; bit; bit >>= 1) {
        unsigned __int128 trial = root | bit, product = trial * trial;
        if (power == 3)
            product *= trial;
        if (product <= target)
            root |= bit;
    }
    return (uint32_t)root;
}

static void sha256_start(struct sha256 *sha)
{
    int count = 0;
    for (unsigned number = 2; count < 64; number++) {
        unsigned divisor = 2;
        while (divisor * divisor <= number && number % divisor)
            divisor++;
        if (divisor * divisor <= number)
            continue;
        round_constants[count] = root_fraction(number, 3);
        if (count < 8)
            sha->state[count] = root_fraction(number, 2);
        count++;
    }
    sha->length = 0;
}

static uint32_t rotate(uint32_t value, int bits)
{
    return value >> bits | value << (32 - bits);
}

static void sha256_block(struct sha256 *sha, const unsigned char *block)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t low = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t high = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + low + w[i - 7] + high;
    }
    memcpy(v, sha->state, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t high = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t first = v[7] + high + choice + round_constants[i] + w[i];
        uint32_t low = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += first;
        v[0] = first + low + majority;
    }
    for (int i = 0; i < 8; i++)
        sha->state[i] += v[i];
}

static void sha256_add(struct sha256 *sha, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (; length; length--) {
        sha->block[sha->length++ % 64] = *at++;
        if (sha->length % 64 == 0)
            sha256_block(sha, sha->block);
    }
}

static void sha256_print(struct sha256 *sha)
{
    uint64_t bits = sha->length * 8;
    unsigned char size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (unsigned char)(bits >> (56 - 8 * i));
    sha256_add(sha, "\x80", 1);
    while (sha->length % 64 != 56)
        sha256_add(sha, "", 1);
    sha256_add(sha, size, 8);
    for (int i = 0; i < 8; i++)
        printf("%08x", sha->state[i]);
    putchar('\n');
}

static void sha256_of(const char *text)
{
    struct sha256 sha;
    sha256_start(&sha);
    sha256_add(&sha, text, strlen(text));
    sha256_print(&sha);
}

static uint32_t crc32_of(const unsigned char *bytes, size_t length)
{
    uint32_t crc = ~0U;
    while (length--) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
    }
    return ~crc;
}

int main(void)
{
    sha256_of("");
    sha256_of("abc");
    sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
    struct sha256 sha;
    sha256_start(&sha);
    static unsigned char large[1 << 20];
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (unsigned char)(i * i >> 3);
    for (int i = 0; i < 4; i++)
        sha256_add(&sha, large, sizeof large);
    sha256_print(&sha);
    printf("%08x\n", crc32_of((const unsigned char *)"123456789", 9));
    printf("%08x\n", crc32_of(large, sizeof large));
    return 0;
}
