// variants: musl static-pie dynamic
/*
 * What emulators of the processor get wrong first: the four directions of rounding, the full width
 * of the 80-bit numbers and their narrower precisions, numbers below the normal range, decimal
 * numbers. docs/limits.md says what of the processor the box does not have; none of it is here.
 */
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

static volatile float short_one = 1.0f, short_three = 3.0f;
static volatile double one = 1.0, two = 2.0, three = 3.0, large = 1e300, least = 0x1p-1074;
static volatile long double wide_one = 1.0L, wide_three = 3.0L;

static void rounding(void)
{
    static const struct {
        int mode;
        const char *name;
    } modes[] = {
        {FE_TONEAREST, "nearest"},
        {FE_UPWARD, "up"},
        {FE_DOWNWARD, "down"},
        {FE_TOWARDZERO, "toward zero"},
    };
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        int error = fesetround(modes[i].mode);
        volatile double third = one / three, minus = -one / three, overflow = large * large;
        volatile double root = __builtin_sqrt(two), whole = rint(2.5 * one);
        volatile long double wide = wide_one / wide_three, wide_whole = rintl(2.5L * wide_one);
        volatile float narrow = short_one / short_three;
        long up = lrint(2.5 * one), down = lrint(-1.5 * one);
        int mode = fegetround();
        fesetround(FE_TONEAREST);
        printf("%s: %d %d: %a %a %a %a\n", modes[i].name, error, mode == modes[i].mode, third,
               minus, overflow, root);
        printf("  %La %a, whole %a %La %ld %ld\n", wide, (double)narrow, whole, wide_whole, up,
               down);
    }
}

/* The control word of the x87 unit can have it compute as if its registers were narrower. */
static void precision(void)
{
    static const unsigned short bits[] = {0 /* 24 */, 2 /* 53 */, 3 /* 64 */};
    unsigned short before, word;
    __asm__ volatile("fnstcw %0" : "=m"(before));
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        word = (unsigned short)((before & ~0x300) | bits[i] << 8);
        __asm__ volatile("fldcw %0" : : "m"(word));
        volatile long double third = wide_one / wide_three, root = __builtin_sqrtl(wide_three);
        __asm__ volatile("fldcw %0" : : "m"(before));
        printf("precision %d: %La %La\n", bits[i], third, root);
    }
}

static void widths(void)
{
    volatile long double x = 0x1.123456789abcdep10L;
    printf("%La %La\n", sqrtl(x), x * x);
    printf("%.17g %.17g\n", strtod("2.2250738585072014e-308", NULL),
           strtod("4.9406564584124654e-324", NULL));
    printf("%a %a\n", 0x1p-1000 / (one * 0x1p70), (double)(x * 0x1p-1080L));
    unsigned csr = _mm_getcsr();
    volatile double kept = least * 0x1p60;
    _mm_setcsr(csr | 0x40); /* DAZ: operands below the normal range are zeros */
    volatile double zero = least * 0x1p60;
    _mm_setcsr(csr);
    printf("%a %a\n", kept, zero);
}

/* Numbers that are none: which bits a new one has, and what becomes of one that was there. */
static void not_numbers(void)
{
    volatile double signalling, quiet, zero = 0.0, made;
    volatile long double wide_zero = 0.0L, wide;
    unsigned long bits = 0x7ff0000000000001;
    memcpy((void *)&signalling, &bits, sizeof bits);
    quiet = signalling + one;
    made = zero / zero;
    wide = wide_zero / wide_zero;
    memcpy(&bits, (void *)&quiet, sizeof bits);
    printf("%#lx", bits);
    memcpy(&bits, (void *)&made, sizeof bits);
    printf(" %#lx %La\n", bits, wide);
}

static void decimal(void)
{
    unsigned char digits[10];
    long double back, fraction, power = 10.3L;
    __asm__ volatile("fbstp %0" : "=m"(digits) : "t"(-12345678901234567.0L) : "st");
    for (size_t i = sizeof digits; i-- > 0;)
        printf("%02x", digits[i]);
    __asm__ volatile("fbld %1" : "=t"(back) : "m"(digits));
    __asm__ volatile("fxtract" : "=t"(fraction), "=u"(power) : "0"(power));
    printf(" %.0Lf, %La %La\n", back, fraction, power);
}

int main(void)
{
    rounding();
    precision();
    widths();
    not_numbers();
    decimal();
    return 0;
}
