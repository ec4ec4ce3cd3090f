/*
 * integer COUNT: integer work of COUNT rounds without system calls: a sieve (loads and stores,
 * branches), a hash of its result (multiplications) and a recursive function (calls). Prints a
 * checksum.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 200000

static uint8_t composite[LIMIT];

static uint64_t sieve(uint64_t hash)
{
    memset(composite, 0, sizeof composite);
    for (uint32_t i = 2; i < LIMIT; i++) {
        if (composite[i])
            continue;
        hash = (hash ^ i) * 0x100000001b3u;
        for (uint64_t j = (uint64_t)i * i; j < LIMIT; j += i)
            composite[j] = 1;
    }
    return hash;
}

static __attribute__((noinline)) uint32_t fibonacci(uint32_t n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    uint64_t hash = 0xcbf29ce484222325u;
    for (long i = 0; i < count; i++)
        hash = sieve(hash) + fibonacci(20);
    printf("%016lx\n", hash);
    return 0;
}
