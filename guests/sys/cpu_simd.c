// calls: exit_group
/* Instructions that a compiler for x86-64-v2 uses: SSE3 to SSE4.2 give the right results. */
#include "child.h"
#include <nmmintrin.h>
#include <tmmintrin.h>

#define TARGET __attribute__((target("sse4.2,popcnt")))

static void show(const char *label, __m128i value)
{
    uint32_t words[4];
    memcpy(words, &value, sizeof words);
    say("%s: %08x %08x %08x %08x\n", label, words[0], words[1], words[2], words[3]);
}

static TARGET void integers(void)
{
    volatile uint32_t seed = 0x01020304;
    __m128i a = _mm_set_epi32((int)seed, 0x7fff8000, -2, 5);
    __m128i b = _mm_set_epi32(0x0f0e0d0c, 0x00010002, -3, (int)seed);
    show("pshufb",
         _mm_shuffle_epi8(a, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, -1, 14, 15)));
    show("palignr", _mm_alignr_epi8(a, b, 5));
    show("phaddd", _mm_hadd_epi32(a, b));
    show("pmaddubsw", _mm_maddubs_epi16(a, b));
    show("pabsw", _mm_abs_epi16(a));
    show("pmulld", _mm_mullo_epi32(a, b));
    show("pminsd", _mm_min_epi32(a, b));
    show("packusdw", _mm_packus_epi32(a, b));
    show("pcmpgtq", _mm_cmpgt_epi64(a, b));
    show("pmovsxbw", _mm_cvtepi8_epi16(a));
    show("pblendw", _mm_blend_epi16(a, b, 0x5a));
    show("mpsadbw", _mm_mpsadbw_epu8(a, b, 3));
    say("ptest %d %d, pextrd %#x\n", _mm_testz_si128(a, b), _mm_testc_si128(a, a),
        (unsigned)_mm_extract_epi32(a, 3));
    show("phminposuw", _mm_minpos_epu16(a));
}

static TARGET void strings(void)
{
    __m128i text = _mm_loadu_si128((const __m128i *)"hello, world\0\0\0");
    __m128i set = _mm_loadu_si128((const __m128i *)"lo,\0............");
    say("pcmpistri any %d, ", _mm_cmpistri(set, text, _SIDD_CMP_EQUAL_ANY));
    say("ranges %d, ", _mm_cmpistri(_mm_loadu_si128((const __m128i *)"w~\0............."), text,
                                    _SIDD_CMP_RANGES));
    say("ordered %d\n", _mm_cmpistri(_mm_loadu_si128((const __m128i *)"wor\0............"), text,
                                     _SIDD_CMP_EQUAL_ORDERED));
    show("pcmpestrm", _mm_cmpestrm(set, 2, text, 12, _SIDD_CMP_EQUAL_ANY | _SIDD_UNIT_MASK));
    uint64_t crc = 0;
    for (uint64_t i = 0; i < 100; i++)
        crc = _mm_crc32_u64(crc, i * 0x9e3779b97f4a7c15UL);
    say("crc32 %#lx popcnt %d\n", (unsigned long)crc, (int)_mm_popcnt_u64(crc));
}

static TARGET void floats(void)
{
    volatile float seed = 1.5f;
    __m128 a = _mm_set_ps(seed, -2.5f, 3.49f, 1e20f), b = _mm_set_ps(2, 4, -8, 0.1f);
    show("haddps", _mm_castps_si128(_mm_hadd_ps(a, b)));
    show("addsubps", _mm_castps_si128(_mm_addsub_ps(a, b)));
    show("roundps", _mm_castps_si128(_mm_round_ps(a, _MM_FROUND_TO_NEAREST_INT)));
    show("floor", _mm_castps_si128(_mm_floor_ps(a)));
    show("dpps", _mm_castps_si128(_mm_dp_ps(a, b, 0x71)));
    show("blendvps", _mm_castps_si128(_mm_blendv_ps(a, b, a)));
    show("cvtps2dq", _mm_cvtps_epi32(a));
    show("sqrtps", _mm_castps_si128(_mm_sqrt_ps(b)));
    show("divps", _mm_castps_si128(_mm_div_ps(a, b)));
}

static void x87(void)
{
    volatile double two = 2;
    long double root, sine, logarithm;
    __asm__("fldl %1\n\tfsqrt" : "=t"(root) : "m"(two));
    __asm__("fldl %1\n\tfsin" : "=t"(sine) : "m"(two));
    __asm__("fld1\n\tfldl %1\n\tfyl2x" : "=t"(logarithm) : "m"(two));
    say("x87 %.15Lf %.12Lf %.1Lf\n", root, sine, logarithm);
    say("long double %.18Lf\n", 1.0L / 3 * two);
}

int main(void)
{
    integers();
    strings();
    floats();
    x87();
    return 0;
}
