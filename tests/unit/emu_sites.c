/*
 * The search for system calls in code: numbers through registers, branches, the stack and the
 * functions that hand them on. The code is assembled here and never run.
 */
#include "emu/sites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

__asm__(".pushsection .rodata\n"
        "sites_begin:\n"
        "   mov $39, %eax\n"
        "   syscall\n" /* 39 */
        "   xor %eax, %eax\n"
        "   syscall\n" /* 0 */
        "   mov $102, %ebx\n"
        "   mov %rbx, %rax\n"
        "   syscall\n" /* 102 */
        "   mov $20, %eax\n"
        "   int $0x80\n" /* i386's 20 */
        "   mov $231, %eax\n"
        "   jmp 1f\n"
        "   .byte 0x06, 0x07\n" /* no instructions */
        "1: syscall\n"          /* 231 */
        "   mov (%rsi), %eax\n"
        "   syscall\n" /* computed */
        "   mov $24, %edi\n"
        "   call first_argument\n" /* 24 */
        "   mov $186, %eax\n"
        "   call passes_on\n" /* 186 */
        "   mov $5, %al\n"
        "   call passes_on\n" /* computed */
        "   ret\n"
        "first_argument:\n"
        "   mov %rdi, %rax\n"
        "   mov %rsi, %rdi\n"
        "   syscall\n"
        "   ret\n"
        "accumulator:\n"
        "   syscall\n"
        "   ret\n"
        "passes_on:\n"
        "   mov %rax, 8(%rsp)\n"
        "   call clobbers\n"
        "   mov 8(%rsp), %rax\n"
        "   call accumulator\n"
        "   ret\n"
        "clobbers:\n"
        "   xor %eax, %eax\n"
        "   ret\n"
        "sites_end:\n"
        ".popsection\n");

extern const uint8_t sites_begin[];
extern const uint8_t sites_end[];

#define ADDRESS 0x400000

struct sites {
    struct syscall_site found[32];
    size_t count;
};

static void add(void *ctx, const struct syscall_site *site)
{
    struct sites *sites = ctx;

    if (sites->count < 32)
        sites->found[sites->count++] = *site;
}

static unsigned count_of(const struct sites *sites, int64_t nr)
{
    unsigned count = 0;

    for (size_t i = 0; i < sites->count; i++)
        count += sites->found[i].nr == nr;
    return count;
}

static void numbers_are_followed(void **state)
{
    const struct code_part part = {sites_begin, (size_t)(sites_end - sites_begin), ADDRESS};
    static const int64_t once[] = {39, 0, 102, 20, 231, 24, 186};
    struct sites sites = {0};

    (void)state;
    assert_true(find_syscall_sites(&part, 1, add, &sites));
    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
        if (count_of(&sites, once[i]) != 1)
            fail_msg("%d is found %u times", (int)once[i], count_of(&sites, once[i]));
    assert_int_equal(count_of(&sites, -1), 2);
    assert_int_equal(sites.count, 9);
    assert_int_equal(sites.found[0].pc, ADDRESS + 5);
    for (size_t i = 0; i < sites.count; i++)
        assert_int_equal(sites.found[i].by_int80, sites.found[i].nr == 20);
}

static void any_bytes_are_read_to_their_end(void **state)
{
    uint8_t bytes[4096];
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct sites sites = {0};
        const struct code_part parts[] = {{bytes, sizeof(bytes), UINT64_MAX - 100}, {bytes, 0, 0}};

        for (size_t i = 0; i < sizeof(bytes); i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(seed >> 24);
        }
        assert_true(find_syscall_sites(parts, 2, add, &sites));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_followed),
        cmocka_unit_test(any_bytes_are_read_to_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
