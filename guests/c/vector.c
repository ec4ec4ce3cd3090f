// variants: musl static-pie dynamic
/* The vector instructions that every x86_64 has (SSE2), checked against the same work by scalars.
 */
#include <emmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t state = 12345;

static uint32_t next_random(void)
{
    return state = state * 1103515245 + 12345;
}

static void integers(void)
{
    uint16_t a[8], b[8], sum[8], product[8], least[8];
    unsigned wrong = 0;
    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < 8; i++) {
            a[i] = (uint16_t)(next_random() >> 16);
            b[i] = (uint16_t)(next_random() >> 16);
        }
        __m128i x = _mm_loadu_si128((const __m128i *)a), y = _mm_loadu_si128((const __m128i *)b);
        _mm_storeu_si128((__m128i *)sum, _mm_adds_epu16(x, y));
        _mm_storeu_si128((__m128i *)product, _mm_mulhi_epi16(x, y));
        _mm_storeu_si128((__m128i *)least, _mm_min_epi16(x, y));
        for (int i = 0; i < 8; i++) {
            uint32_t full = (uint32_t)a[i] + b[i];
            int32_t wide = (int32_t)(int16_t)a[i] * (int16_t)b[i];
            int16_t smaller = (int16_t)a[i] < (int16_t)b[i] ? (int16_t)a[i] : (int16_t)b[i];
            wrong += sum[i] != (full > 65535 ? 65535 : full);
            wrong += (int16_t)product[i] != (int16_t)(wide >> 16);
            wrong += (int16_t)least[i] != smaller;
        }
    }
    printf("integers: wrong %u\n", wrong);
}

static void bytes(void)
{
    unsigned char text[4096 + 16], upper[16];
    unsigned long zeros = 0, expected = 0, distance = 0, expected_distance = 0;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (unsigned char)(next_random() >> 24 & 15);
        expected += i < 4096 && text[i] == 0;
    }
    for (size_t at = 0; at < 4096; at += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(text + at));
        __m128i next = _mm_loadu_si128((const __m128i *)(text + at + 1));
        int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_setzero_si128()));
        zeros += (unsigned long)__builtin_popcount((unsigned)mask);
        __m128i sums = _mm_sad_epu8(block, next);
        distance +=
            (unsigned long)_mm_cvtsi128_si32(sums) + (unsigned long)_mm_extract_epi16(sums, 4);
        for (size_t i = at; i < at + 16; i++)
            expected_distance +=
                text[i] > text[i + 1] ? text[i] - text[i + 1] : text[i + 1] - text[i];
    }
    printf("bytes: zeros %lu of %lu, distance %lu of %lu\n", zeros, expected, distance,
           expected_distance);
    __m128i letters = _mm_loadu_si128((const __m128i *)"vector registers");
    __m128i small =
        _mm_and_si128(_mm_cmpgt_epi8(letters, _mm_set1_epi8('a' - 1)), _mm_set1_epi8(0x20));
    _mm_storeu_si128((__m128i *)upper, _mm_sub_epi8(letters, small));
    printf("bytes: %.16s\n", (const char *)upper);
}

static void numbers(void)
{
    __m128d sums = _mm_setzero_pd();
    __m128 roots = _mm_setzero_ps();
    for (int i = 1; i <= 1000; i++) {
        sums = _mm_add_pd(sums, _mm_div_pd(_mm_set_pd(1.0, 2.0), _mm_set1_pd(i)));
        roots = _mm_add_ps(roots, _mm_sqrt_ps(_mm_set_ps((float)i, 1.0f, 2.0f, 0.5f)));
    }
    double pair[2];
    float four[4];
    _mm_storeu_pd(pair, sums);
    _mm_storeu_ps(four, roots);
    printf("numbers: %a %a %a %a %a %a\n", pair[0], pair[1], (double)four[0], (double)four[1],
           (double)four[2], (double)four[3]);
    __m128i rounded = _mm_cvtps_epi32(_mm_set_ps(2.5f, -2.5f, 3.5f, 1e20f));
    int32_t whole[4];
    _mm_storeu_si128((__m128i *)whole, rounded);
    printf("numbers: %d %d %d %d\n", whole[0], whole[1], whole[2], whole[3]);
}

static void shuffles(void)
{
    uint32_t lanes[4];
    __m128i x = _mm_set_epi32(4, 3, 2, 1);
    x = _mm_shuffle_epi32(x, _MM_SHUFFLE(0, 1, 2, 3));
    x = _mm_xor_si128(x, _mm_slli_si128(x, 4));
    x = _mm_unpacklo_epi16(x, _mm_srli_epi32(x, 1));
    x = _mm_mul_epu32(x, _mm_set1_epi32(-3));
    _mm_storeu_si128((__m128i *)lanes, x);
    printf("shuffles: %08x %08x %08x %08x\n", lanes[0], lanes[1], lanes[2], lanes[3]);
}

int main(void)
{
    integers();
    bytes();
    numbers();
    shuffles();
    return 0;
}
