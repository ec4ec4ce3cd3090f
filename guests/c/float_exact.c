// variants: musl static-pie dynamic
/*
 * What emulators of the processor get wrong first: the flags that say what an operation met, the
 * full width of the 80-bit numbers, and numbers below the normal range.
 */
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static volatile double zero = 0.0, one = 1.0, three = 3.0, largest = 0x1.fffffffffffffp1023;
static volatile long double wide_zero = 0.0L, wide_one = 1.0L, wide_three = 3.0L;

static void show_flags(const char *label)
{
    int flags = fetestexcept(FE_ALL_EXCEPT);
    printf("%s:%s%s%s%s%s\n", label, flags & FE_INEXACT ? " inexact" : "",
           flags & FE_DIVBYZERO ? " division" : "", flags & FE_OVERFLOW ? " overflow" : "",
           flags & FE_UNDERFLOW ? " underflow" : "", flags & FE_INVALID ? " invalid" : "");
    feclearexcept(FE_ALL_EXCEPT);
}

static void flags(void)
{
    volatile double result;
    volatile long double wide;
    feclearexcept(FE_ALL_EXCEPT);
    show_flags("none");
    result = one / three;
    show_flags("1 / 3");
    result = one / zero;
    show_flags("1 / 0");
    result = largest * three;
    show_flags("too large");
    result = zero / zero;
    show_flags("0 / 0");
    result = (one / largest) / largest;
    show_flags("too small");
    wide = wide_one / wide_three;
    show_flags("80 bits: 1 / 3");
    wide = wide_one / wide_zero;
    show_flags("80 bits: 1 / 0");
    wide = wide_zero / wide_zero;
    show_flags("80 bits: 0 / 0");
    (void)result;
    (void)wide;
}

static void widths(void)
{
    volatile long double x = 0x1.123456789abcdep10L, small = 0x1p-40L;
    printf("%La %La\n", fmodl(x, small), remainderl(x, 0x1.8p-3L));
    printf("%La %La\n", sqrtl(x), x * x);
    printf("%.17g %.17g\n", strtod("2.2250738585072011e-308", NULL),
           strtod("4.9406564584124654e-324", NULL));
    printf("%a %a\n", 0x1p-1000 / (one * 0x1p70), (double)(x * 0x1p-1080L));
}

int main(void)
{
    flags();
    widths();
    return 0;
}
