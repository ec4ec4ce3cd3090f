/* The stack of a new program, read back as the program's start code reads it. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/stack.h"

#define FLAGS (VMA_READ | VMA_WRITE | VMA_MAYWRITE | VMA_GROWSDOWN)
#define ROOM  (1ull << 20)

struct fixture {
    struct arena *arena;
    struct mm *mm;
    struct stack stack;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = arena_create(64 << 20);
    fixture->mm = mm_create(fixture->arena);
    assert_int_equal(stack_begin(&fixture->stack, fixture->mm, ROOM, ROOM / 2, FLAGS), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    mm_unref(fixture->mm);
    arena_destroy(fixture->arena);
    free(fixture);
    return 0;
}

static uint64_t word(struct fixture *fixture, gaddr_t addr)
{
    uint64_t value = 0;
    assert_int_equal(mm_peek(fixture->mm, addr, &value, sizeof value), sizeof value);
    return value;
}

static void check_text(struct fixture *fixture, gaddr_t addr, const char *text)
{
    char found[256] = "";
    assert_true(copystr(fixture->mm, found, addr, sizeof found) >= 0);
    assert_string_equal(found, text);
}

static uint64_t auxv(struct fixture *fixture, uint64_t type)
{
    for (gaddr_t at = fixture->stack.auxv; word(fixture, at) != AT_NULL; at += 16)
        if (word(fixture, at) == type)
            return word(fixture, at + 8);
    fail_msg("no entry of type %lu", (unsigned long)type);
    return 0;
}

static void test_layout(void **state)
{
    struct fixture *fixture = *state;
    struct stack *stack = &fixture->stack;
    const struct stack_program program = {
        .headers = 0x400040,
        .header_count = 7,
        .base = 0x7ffff7fc0000,
        .entry = 0x401000,
        .hwcap = 5,
        .uid = 1,
        .euid = 2,
        .gid = 3,
        .egid = 4,
        .secure = true,
        .random = "0123456789abcdef",
    };
    assert_int_equal(stack_push(stack, "/bin/program"), 0);
    stack->file_name = stack->sp;
    assert_int_equal(stack_push(stack, "B=2"), 0);
    assert_int_equal(stack_push(stack, "A=1"), 0);
    assert_int_equal(stack_push(stack, "two words"), 0);
    assert_int_equal(stack_push(stack, ""), 0);
    assert_int_equal(stack_push(stack, "program"), 0);
    stack->argc = 3;
    stack->envc = 2;
    assert_int_equal(stack_finish(stack, &program, 2 * PAGE_SIZE), 0);

    gaddr_t at = stack->sp;
    assert_int_equal(at % 16, 0);
    assert_int_equal(word(fixture, at), 3);
    check_text(fixture, word(fixture, at + 8), "program");
    check_text(fixture, word(fixture, at + 16), "");
    check_text(fixture, word(fixture, at + 24), "two words");
    assert_int_equal(word(fixture, at + 32), 0);
    check_text(fixture, word(fixture, at + 40), "A=1");
    check_text(fixture, word(fixture, at + 48), "B=2");
    assert_int_equal(word(fixture, at + 56), 0);
    assert_int_equal(stack->auxv, at + 64);

    assert_int_equal(auxv(fixture, AT_PHDR), 0x400040);
    assert_int_equal(auxv(fixture, AT_PHENT), 56);
    assert_int_equal(auxv(fixture, AT_PHNUM), 7);
    assert_int_equal(auxv(fixture, AT_BASE), 0x7ffff7fc0000);
    assert_int_equal(auxv(fixture, AT_ENTRY), 0x401000);
    assert_int_equal(auxv(fixture, AT_PAGESZ), 4096);
    assert_int_equal(auxv(fixture, AT_UID), 1);
    assert_int_equal(auxv(fixture, AT_EGID), 4);
    assert_int_equal(auxv(fixture, AT_SECURE), 1);
    check_text(fixture, auxv(fixture, AT_EXECFN), "/bin/program");
    check_text(fixture, auxv(fixture, AT_PLATFORM), "x86_64");
    char random[16];
    assert_int_equal(mm_peek(fixture->mm, auxv(fixture, AT_RANDOM), random, 16), 16);
    assert_memory_equal(random, "0123456789abcdef", 16);

    /* The strings' borders, as /proc/PID/cmdline and environ use them; eight zeros at the top. */
    assert_int_equal(stack->arg_end - stack->arg_start, sizeof "program" + 1 + sizeof "two words");
    assert_int_equal(stack->env_end - stack->env_start, 8);
    assert_int_equal(word(fixture, STACK_TOP - 8), 0);
    /* What nobody needs is unmapped again. */
    assert_true(stack->sp - stack->bottom >= 2 * PAGE_SIZE);
    assert_true(stack->sp - stack->bottom < 3 * PAGE_SIZE);
    assert_true(mm_is_free(fixture->mm, stack->bottom - PAGE_SIZE, PAGE_SIZE));
}

static void test_alignment(void **state)
{
    struct fixture *fixture = *state;
    const struct stack_program program = {0};
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(stack_push(&fixture->stack, "x"), 0);
        struct stack copy = fixture->stack;
        copy.argc = i + 1;
        assert_int_equal(stack_finish(&copy, &program, ROOM), 0);
        assert_int_equal(copy.sp % 16, 0);
        assert_int_equal(word(fixture, copy.sp), i + 1);
        assert_int_equal(copy.arg_end - copy.arg_start, 2 * (i + 1));
    }
}

static void test_limits(void **state)
{
    struct fixture *fixture = *state;
    struct stack *stack = &fixture->stack;
    char *text = malloc(STACK_STRING_MAX + 1);
    memset(text, 'x', STACK_STRING_MAX);
    text[STACK_STRING_MAX] = '\0';
    assert_int_equal(stack_push(stack, text), -E2BIG);
    text[STACK_STRING_MAX - 1] = '\0';
    for (uint64_t used = 0; used < ROOM / 2; used += STACK_STRING_MAX)
        assert_int_equal(stack_push(stack, text), 0);
    assert_int_equal(stack->sp, stack->lowest);
    assert_int_equal(stack_push(stack, ""), -E2BIG);
    free(text);
}

/* From another address space: over page borders, at the edge of memory, too long. */
static void test_guest_strings(void **state)
{
    struct fixture *fixture = *state;
    struct stack *stack = &fixture->stack;
    struct mm *from = mm_create(fixture->arena);
    const gaddr_t base = 0x10000000;
    const uint64_t len = STACK_STRING_MAX + 2 * PAGE_SIZE;
    assert_int_equal(mm_map(from, base, len, VMA_READ | VMA_WRITE, NULL, 0, NULL), 0);
    char *filler = malloc(len);
    memset(filler, 'y', len);
    assert_int_equal(copyout(from, base, filler, len), 0);

    assert_int_equal(copyout(from, base + PAGE_SIZE - 3, "abcdef", 7), 0);
    assert_int_equal(stack_push_guest(stack, from, base + PAGE_SIZE - 3), 0);
    check_text(fixture, stack->sp, "abcdef");
    assert_int_equal(copyout(from, base + len - 4, "end", 4), 0);
    assert_int_equal(stack_push_guest(stack, from, base + len - 4), 0);
    check_text(fixture, stack->sp, "end");

    gaddr_t before = stack->sp;
    assert_int_equal(stack_push_guest(stack, from, base + 2 * PAGE_SIZE - 1), -E2BIG);
    assert_int_equal(copyout(from, base + len - 4, filler, 4), 0);
    assert_int_equal(stack_push_guest(stack, from, base + len - 100), -EFAULT);
    assert_int_equal(stack_push_guest(stack, from, base + len), -EFAULT);
    assert_int_equal(stack_push_guest(stack, from, 0xffff800000000000), -EFAULT);
    assert_int_equal(stack->sp, before);
    /* Exactly as long as allowed. */
    assert_int_equal(copyout(from, base + len - 1, "", 1), 0);
    assert_int_equal(stack_push_guest(stack, from, base + len - STACK_STRING_MAX), 0);
    assert_int_equal(before - stack->sp, STACK_STRING_MAX);
    free(filler);
    mm_unref(from);
}

static void test_drop_argument(void **state)
{
    struct fixture *fixture = *state;
    struct stack *stack = &fixture->stack;
    assert_int_equal(stack_drop_argument(stack), 0);
    assert_int_equal(stack->sp, STACK_TOP - 8);
    assert_int_equal(stack_push(stack, "second"), 0);
    gaddr_t second = stack->sp;
    assert_int_equal(stack_push(stack, "first"), 0);
    stack->argc = 2;
    assert_int_equal(stack_drop_argument(stack), 0);
    assert_int_equal(stack->sp, second);
    assert_int_equal(stack->argc, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_layout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alignment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_guest_strings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drop_argument, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
