/*
 * The generated tables: complete, found by number and name, and true to Go's annotations.
 */
#include "abi/abi.h"
#include "abi/args.h"
#include "abi/dispatch.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Holes in amd64's numbering: 336 to 423 belong to other architectures. */
static bool is_hole(int nr)
{
    return nr > 335 && nr < 424;
}

static void every_number_is_described(void **state)
{
    (void)state;
    for (int nr = 0; nr <= 466; nr++) {
        const struct abi_call *call = abi_call_by_nr((uint64_t)nr);

        if (is_hole(nr)) {
            assert_null(call);
            continue;
        }
        if (!call) {
            fail_msg("no call %d", nr);
            continue;
        }
        assert_int_equal(call->nr, nr);
        assert_ptr_equal(abi_call_by_name(call->name), call);
    }
}

static void strange_numbers_are_no_calls(void **state)
{
    (void)state;
    assert_null(abi_call_by_nr(ABI_NR_MAX));
    assert_null(abi_call_by_nr(UINT64_MAX));
    assert_null(abi_call_by_nr(1ULL << 32));
    assert_null(abi_call_by_nr(0x40000000));
    assert_null(abi_call_by_name("opne"));
    assert_int_equal(abi_nr_from_i386(UINT64_MAX), -1);
}

static void levels_carry_their_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < abi_call_count; i++) {
        const struct abi_call *call = &abi_calls[i];

        assert_int_equal(call->level == ABI_NONE, call->error > 0);
        assert_int_equal(call->level == ABI_FULL, call->note == NULL);
        if (call->error)
            assert_non_null(abi_errno_name(call->error));
    }
}

static void names_of_types_are_found(void **state)
{
    (void)state;
    const struct abi_type *type = abi_type_by_name("stat");

    assert_non_null(type);
    assert_int_equal(type->kind, ABI_KIND_STRUCT);
    assert_int_equal(type->size, 144);
    assert_null(abi_type_by_name("status"));
}

static void arguments_say_where_their_length_is(void **state)
{
    (void)state;
    const struct abi_call *read = abi_call_by_name("read");

    assert_int_equal(read->nr, 0);
    assert_int_equal(read->cls, ABI_SYS);
    assert_int_equal(read->argc, 3);
    assert_int_equal(read->args[1].spec.direction, ABI_OUT);
    assert_int_equal(read->args[1].spec.length, ABI_LENGTH_FIELD);
    assert_int_equal(read->args[1].spec.length_value, 2);
    assert_true(read->args[1].spec.filled);
    assert_true(read->trace_classes & ABI_TRACE_desc);
    assert_int_equal(abi_trace_class_by_name("desc"), ABI_TRACE_desc);
    assert_int_equal(abi_trace_class_by_name("descr"), 0);
}

static void arguments_have_the_kernels_types(void **state)
{
    (void)state;
    assert_int_equal(sizeof(((struct openat_args *)0)->dirfd), 4);
    assert_int_equal(sizeof(((struct openat_args *)0)->path), sizeof(gaddr_t));
    assert_int_equal(sizeof(((struct openat_args *)0)->mode), 2);
    assert_int_equal(sizeof(((struct mmap_args *)0)->prot), 8);
    assert_int_equal(sizeof(((struct lseek_args *)0)->offset), 8);
    assert_int_equal(sizeof(((struct futex_args *)0)->val), 4);
    assert_true((int64_t){((struct lseek_args){.offset = -1}).offset} < 0);
}

static void i386_numbers_lead_to_the_same_call(void **state)
{
    static const struct {
        int i386;
        int amd64;
    } pairs[] = {{1, 60},  {3, 0},    {4, 1},     {5, 2},     {6, 3},
                 {20, 39}, {122, 63}, {199, 102}, {252, 231}, {295, 257}};

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        assert_int_equal(abi_nr_from_i386((uint64_t)pairs[i].i386), pairs[i].amd64);
    assert_int_equal(abi_nr_from_i386(11), -1);  /* execve: vectors of 32-bit pointers */
    assert_int_equal(abi_nr_from_i386(90), -1);  /* mmap: its arguments lie in memory */
    assert_int_equal(abi_nr_from_i386(106), -1); /* stat: another struct */
    assert_int_equal(abi_nr_from_i386(120), -1); /* clone: another order */
}

static void arm64_numbers_lead_to_the_same_call(void **state)
{
    (void)state;
    assert_string_equal(abi_call_by_arm64_nr(56)->name, "openat");
    assert_string_equal(abi_call_by_arm64_nr(63)->name, "read");
    assert_string_equal(abi_call_by_arm64_nr(222)->name, "mmap");
    assert_int_equal(abi_call_by_name("open")->nr_arm64, -1);
}

static void errors_have_the_systems_names(void **state)
{
    (void)state;
    for (int error = 1; error < 140; error++) {
        const char *name = abi_errno_name(error);

        assert_true((name != NULL) == (strerrorname_np(error) != NULL));
        if (!name)
            continue;
        assert_string_equal(abi_errno_text(error), strerrordesc_np(error));
        assert_int_equal(abi_errno_by_name(name), error);
        if (error != EDEADLK && error != EOPNOTSUPP)
            assert_string_equal(name, strerrorname_np(error));
    }
    assert_null(abi_errno_name(0));
    assert_null(abi_errno_name(-2));
    assert_null(abi_errno_name(1 << 20));
    assert_int_equal(abi_errno_by_name("ENOSUCH"), 0);
}

static void signals_have_the_systems_names(void **state)
{
    (void)state;
    for (int signo = 1; signo < 32; signo++) {
        const char *name = abi_signal_name(signo);

        assert_non_null(name);
        if (signo != SIGIO)
            assert_string_equal(name + 3, sigabbrev_np(signo));
        assert_int_equal(abi_signal_by_name(name), signo);
        assert_int_equal(abi_signal_by_name(name + 3), signo);
    }
    assert_string_equal(abi_signal_name(64), "SIGRT_32");
    assert_null(abi_signal_name(0));
    assert_null(abi_signal_name(65));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_described),
        cmocka_unit_test(strange_numbers_are_no_calls),
        cmocka_unit_test(levels_carry_their_reason),
        cmocka_unit_test(names_of_types_are_found),
        cmocka_unit_test(arguments_say_where_their_length_is),
        cmocka_unit_test(arguments_have_the_kernels_types),
        cmocka_unit_test(i386_numbers_lead_to_the_same_call),
        cmocka_unit_test(arm64_numbers_lead_to_the_same_call),
        cmocka_unit_test(errors_have_the_systems_names),
        cmocka_unit_test(signals_have_the_systems_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
