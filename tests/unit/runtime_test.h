/*
 * runtime_test.h - for tests of the runtime. cmocka's assertions jump, which must not
 * be done on the stack of a G: there CHECK notes the first failure, and run_gs
 * asserts, outside, that there was none.
 */
#ifndef RUNTIME_TEST_H
#define RUNTIME_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "runtime/rt.h"

static const char *failed_check;
static int failed_line;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition) && !failed_check) {                                                       \
            failed_check = #condition;                                                             \
            failed_line = __LINE__;                                                                \
        }                                                                                          \
    } while (0)

/* Runs fn as the main G; arg is passed. Fails the test if a CHECK failed. */
static inline void run_gs_with(const struct rt_config *cfg, void (*fn)(void *), void *arg)
{
    failed_check = NULL;
    int error = rt_run(cfg, fn, arg);
    if (failed_check)
        fail_msg("line %d: %s", failed_line, failed_check);
    assert_int_equal(error, 0);
}

static inline void run_gs(unsigned procs, void (*fn)(void *), void *arg)
{
    struct rt_config cfg = {.procs = procs};
    run_gs_with(&cfg, fn, arg);
}

#endif
