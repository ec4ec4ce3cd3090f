// variants: musl static-pie dynamic
/* Long arithmetic: a thousand digits of e and of pi, a large factorial, and 128-bit division. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DIGITS 1000
#define LIMBS  (DIGITS / 9 + 4)
#define BASE   1000000000U

/* Fixed point numbers: limb 0 is the whole part, each further one nine decimal digits. */
typedef uint32_t fixed[LIMBS];

static int divide(fixed number, uint32_t divisor)
{
    uint64_t rest = 0;
    int nonzero = 0;
    for (int i = 0; i < LIMBS; i++) {
        rest = rest * BASE + number[i];
        number[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
        nonzero |= number[i] != 0;
    }
    return nonzero;
}

static void add(fixed sum, const fixed number, int negative)
{
    int64_t carry = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        carry += (int64_t)sum[i] + (negative ? -(int64_t)number[i] : (int64_t)number[i]);
        int64_t limb = carry % (int64_t)BASE;
        carry /= (int64_t)BASE;
        if (limb < 0) {
            limb += BASE;
            carry--;
        }
        sum[i] = (uint32_t)limb;
    }
}

static void print(const char *name, const fixed number)
{
    char text[LIMBS * 9 + 1];
    for (int i = 1; i < LIMBS; i++)
        sprintf(text + (i - 1) * 9, "%09u", number[i]);
    printf("%s = %u.%.50s...%.50s\n", name, number[0], text, text + DIGITS - 50);
}

static void euler(void)
{
    fixed sum = {1}, term = {1};
    for (uint32_t i = 1; divide(term, i); i++)
        add(sum, term, 0);
    print("e", sum);
}

/* factor * arctan(1/x), added to or taken from the sum. */
static void arctan(fixed sum, uint32_t factor, uint32_t x, int negative)
{
    fixed power = {factor}, term;
    divide(power, x);
    for (uint32_t n = 1;; n += 2) {
        memcpy(term, power, sizeof term);
        divide(term, n);
        add(sum, term, negative ^ (n % 4 == 3));
        if (!divide(power, x * x))
            return;
    }
}

static void machin(void)
{
    fixed pi = {0};
    arctan(pi, 16, 5, 0);
    arctan(pi, 4, 239, 1);
    print("pi", pi);
}

static void factorial(void)
{
    static uint32_t limbs[700] = {1};
    int used = 1;
    for (uint32_t factor = 2; factor <= 2000; factor++) {
        uint64_t carry = 0;
        for (int i = 0; i < used; i++) {
            carry += (uint64_t)limbs[i] * factor;
            limbs[i] = (uint32_t)(carry % BASE);
            carry /= BASE;
        }
        if (carry)
            limbs[used++] = (uint32_t)carry;
    }
    uint64_t sum = 0;
    for (int i = 0; i < used; i++)
        sum = sum * 7 + limbs[i];
    printf("2000! begins %u%09u, limbs %d, checksum %llx\n", limbs[used - 1], limbs[used - 2], used,
           (unsigned long long)sum);
}

static void wide_division(void)
{
    unsigned __int128 a = 1;
    uint64_t mixed = 0;
    for (int i = 1; i < 2000; i++) {
        a = a * 6364136223846793005ULL + 1442695040888963407ULL;
        uint64_t b = (uint64_t)(a >> 40) | 1;
        mixed ^= (uint64_t)(a / b) ^ (uint64_t)(a % b) ^ (uint64_t)((__int128)a / -(__int128)b);
        mixed = mixed << 5 | mixed >> 59;
    }
    printf("128-bit division %016llx\n", (unsigned long long)mixed);
}

int main(void)
{
    euler();
    machin();
    factorial();
    wide_division();
    return 0;
}
