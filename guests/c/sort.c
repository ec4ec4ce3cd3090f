// variants: musl static-pie dynamic
/*
 * Sorts a million numbers in three ways (the library's qsort, a heap, and by digits) and a list of
 * strings; the results must agree.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 1000000

static uint32_t state = 2463534242U;

static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static void sift_down(uint32_t *heap, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && heap[child + 1] > heap[child])
            child++;
        if (heap[root] >= heap[child])
            return;
        uint32_t kept = heap[root];
        heap[root] = heap[child];
        heap[child] = kept;
    }
}

static void sort_by_heap(uint32_t *numbers, size_t count)
{
    for (size_t root = count / 2; root-- > 0;)
        sift_down(numbers, root, count);
    for (size_t last = count - 1; last > 0; last--) {
        uint32_t largest = numbers[0];
        numbers[0] = numbers[last];
        numbers[last] = largest;
        sift_down(numbers, 0, last);
    }
}

static void sort_by_digits(uint32_t *numbers, uint32_t *room, size_t count)
{
    for (int shift = 0; shift < 32; shift += 8) {
        size_t start[257] = {0};
        for (size_t i = 0; i < count; i++)
            start[(numbers[i] >> shift & 255) + 1]++;
        for (int digit = 0; digit < 256; digit++)
            start[digit + 1] += start[digit];
        for (size_t i = 0; i < count; i++)
            room[start[numbers[i] >> shift & 255]++] = numbers[i];
        memcpy(numbers, room, count * sizeof *numbers);
    }
}

static int compare_strings(const void *left, const void *right)
{
    return strcmp(left, right);
}

static void sort_words(void)
{
    char words[24][8];
    for (size_t i = 0; i < 24; i++) {
        size_t length = 3 + next_random() % 5;
        for (size_t k = 0; k < length; k++)
            words[i][k] = (char)('a' + next_random() % 26);
        words[i][length] = 0;
    }
    qsort(words, 24, sizeof *words, compare_strings);
    for (size_t i = 0; i < 24; i++)
        printf("%s%c", words[i], i % 8 == 7 ? '\n' : ' ');
}

int main(void)
{
    uint32_t *first = malloc(4 * COUNT * sizeof *first);
    if (!first)
        return 1;
    uint32_t *second = first + COUNT, *third = second + COUNT, *room = third + COUNT;
    for (size_t i = 0; i < COUNT; i++)
        first[i] = next_random();
    memcpy(second, first, COUNT * sizeof *first);
    memcpy(third, first, COUNT * sizeof *first);
    qsort(first, COUNT, sizeof *first, compare_numbers);
    sort_by_heap(second, COUNT);
    sort_by_digits(third, room, COUNT);

    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum = sum * 31 + first[i] * (uint64_t)i;
    bool agree = memcmp(first, second, COUNT * sizeof *first) == 0 &&
                 memcmp(first, third, COUNT * sizeof *first) == 0;
    printf("smallest %u, middle %u, largest %u\n", first[0], first[COUNT / 2], first[COUNT - 1]);
    printf("checksum %016llx, three ways agree %d\n", (unsigned long long)sum, agree);
    uint32_t *found = bsearch(&third[777777], first, COUNT, sizeof *first, compare_numbers);
    printf("found %d\n", found && *found == third[777777]);
    sort_words();
    free(first);
    return !agree;
}
