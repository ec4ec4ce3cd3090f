// variants: musl static-pie dynamic
/* Floating point in all three widths: conversion both ways, rounding, special values, the library.
 */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile double zero = 0.0, one = 1.0, three = 3.0;

static void printing(void)
{
    static const double values[] = {0.0,    -0.0,    1.0,      0.1,     1.0 / 3, 123456789.125,
                                    1e-300, 1.5e300, DBL_MIN,  DBL_MAX, 4e-324,  -2.5,
                                    1e15,   1e16,    0.000123, 99999.5, 1e21,    -7.0 / 9};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        printf("%g|%.17g|%e|%.3f|%a\n", values[i], values[i], values[i],
               fabs(values[i]) < 1e20 ? values[i] : 0.0, values[i]);
    printf("%08.3f|%+.2e|%-10.1f|%#.0f|% g|%G\n", 3.14159, 31415.9, 2.25, 5.0, 1.5, 1e-10);
    printf("%.20Lf|%Lg|%La\n", 1.0L / 3, LDBL_MAX, 0x1.8p-3L);
}

static void reading(void)
{
    static const char *const texts[] = {"1",
                                        "-1.5e10",
                                        "0x1.8p3",
                                        "inf",
                                        "-nan",
                                        "1e400",
                                        "1e-400",
                                        ".5",
                                        "5.",
                                        "1e",
                                        "0x",
                                        "abc",
                                        "9007199254740993",
                                        "1.7976931348623159e308"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *end;
        double value = strtod(texts[i], &end);
        if (isnan(value))
            printf("%s -> nan", texts[i]);
        else
            printf("%s -> %.17g", texts[i], value);
        printf(" (%td)\n", end - texts[i]);
    }
}

static void special_values(void)
{
    double infinite = one / zero, nothing = zero / zero;
    printf("%g %g %d %d %d\n", infinite, -infinite, isnan(nothing) != 0, nothing == nothing,
           infinite > DBL_MAX);
    printf("%d %d %d %d\n", fpclassify(4e-324) == FP_SUBNORMAL, signbit(-zero) != 0,
           (int)copysign(3.0, -zero), isinf(infinite) != 0);
    printf("%g %g %g\n", fmod(10.5, 3), remainder(10.5, 3), fmin(nothing, 2));
}

static void rounding(void)
{
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < 4; i++) {
        fesetround(modes[i]);
        volatile double third = one / three;
        volatile long double wide = (long double)one / three;
        printf("%.17g %a %La %ld %ld %g %g\n", third, (double)(float)third, wide, lrint(2.5),
               lrint(-2.5), rint(-0.5), nearbyint(1.5));
    }
    fesetround(FE_TONEAREST);
    printf("%ld %g %g %g %g\n", lround(2.5), floor(-1.5), ceil(-1.5), trunc(-1.5), round(-1.5));
}

static void functions(void)
{
    for (int i = 1; i <= 4; i++) {
        double x = i * 0.7;
        printf("%.12f %.12f %.12f %.12f %.12f\n", sin(x), cos(x), exp(x), log(x), pow(x, 2.5));
        printf("%.12f %.12f %.12f %.12f %.12f\n", sqrt(x), cbrt(x), atan2(x, 2), tanh(x),
               hypot(x, 3));
    }
    int exponent;
    double whole, fraction = frexp(48.5, &exponent), rest = modf(-3.75, &whole);
    printf("%g %d %g %g %g\n", fraction, exponent, rest, whole, ldexp(0.75, 4));
    long double sum = 0;
    float small = 0;
    for (int i = 1; i <= 100000; i++) {
        sum += 1.0L / i;
        small += 1.0f / (float)i;
    }
    printf("%.15Lf %.6f\n", sum, (double)small);
    printf("%d %u %lld\n", (int)-1.9, (unsigned)3e9, (long long)-9e18);
    uint64_t bits;
    double value = -1.0 / 3;
    memcpy(&bits, &value, sizeof bits);
    printf("%016llx\n", (unsigned long long)bits);
}

int main(void)
{
    printing();
    reading();
    special_values();
    rounding();
    functions();
    return 0;
}
