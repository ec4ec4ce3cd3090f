// calls: exit_group
/* CPUID: it is consistent with itself and with what the instructions do. No values are printed,
 * because processors differ. */
#include "child.h"
#include <cpuid.h>

static uint32_t crc32c(const char *text)
{
    uint32_t crc = ~0U;
    for (; *text; text++)
        __asm__("crc32b %1, %0" : "+r"(crc) : "m"(*text));
    return ~crc;
}

int main(void)
{
    unsigned int a, b, c, d, again[4];
    __cpuid(0, a, b, c, d);
    char vendor[13] = "";
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &d, 4);
    memcpy(vendor + 8, &c, 4);
    int printable = 0;
    for (int i = 0; i < 12; i++)
        printable += vendor[i] >= ' ' && vendor[i] <= '~';
    say("vendor is text: %d, leaf 1 is there: %d\n", printable == 12, a >= 1);
    __cpuid(0, again[0], again[1], again[2], again[3]);
    say("the same again: %d\n", again[0] == a && again[1] == b && again[2] == c && again[3] == d);
    __cpuid(1, a, b, c, d);
    say("x87 %d tsc %d cx8 %d cmov %d mmx %d fxsr %d sse %d sse2 %d\n", d & 1, d >> 4 & 1,
        d >> 8 & 1, d >> 15 & 1, d >> 23 & 1, d >> 24 & 1, d >> 25 & 1, d >> 26 & 1);
    say("family %d\n", (a >> 8 & 15) >= 6);
    bool sse42 = c >> 20 & 1, popcnt = c >> 23 & 1, ssse3 = c >> 9 & 1, cx16 = c >> 13 & 1;
    say("ssse3 %d sse4.2 %d popcnt %d cx16 %d\n", ssse3, sse42, popcnt, cx16);
    __cpuid(0x80000000, a, b, c, d);
    say("extended leaves: %d\n", a >= 0x80000001);
    __cpuid(0x80000001, a, b, c, d);
    say("syscall %d nx %d long mode %d\n", d >> 11 & 1, d >> 20 & 1, d >> 29 & 1);
    bool lahf = c & 1;
    say("lahf in long mode %d\n", lahf);

    say("crc32c %#x\n", crc32c("123456789"));
    uint64_t bits, value = 0xf0f0123456789abcUL;
    __asm__("popcnt %1, %0" : "=r"(bits) : "r"(value) : "cc");
    say("popcnt %lu\n", (unsigned long)bits);
    uint64_t pair[2] __attribute__((aligned(16))) = {1, 2};
    unsigned char equal;
    __asm__ volatile("cmpxchg16b %1\n\tsete %0"
                     : "=q"(equal), "+m"(pair)
                     : "a"(1UL), "d"(2UL), "b"(3UL), "c"(4UL)
                     : "cc");
    say("cmpxchg16b %d: %lu %lu\n", equal, (unsigned long)pair[0], (unsigned long)pair[1]);
    return 0;
}
