// calls: futex
/* futex(2) of one thread: nobody waits, so what can be seen are checks, timeouts and counts. */
#include "child.h"
#include <linux/futex.h>

static uint32_t word, other;

static long call(uint32_t *address, int operation, uint32_t value, const void *timeout,
                 uint32_t *second, uint32_t value3)
{
    return RAW(futex, address, operation, value, timeout, second, value3);
}

static struct timespec now(clockid_t clock)
{
    struct timespec time;
    MUST(clock_gettime(clock, &time));
    return time;
}

static long elapsed_ms(struct timespec start)
{
    struct timespec end = now(CLOCK_MONOTONIC);
    return (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
}

static void show_waits(void)
{
    struct timespec zero = {0, 0}, short_time = {0, 20000000}, bad = {0, 1000000000},
                    negative = {-1, 0};
    word = 5;
    SHOW(call(&word, FUTEX_WAIT, 4, NULL, NULL, 0));
    SHOW(call(&word, FUTEX_WAIT, 4, &zero, NULL, 0));
    SHOW(call(&word, FUTEX_WAIT, 5, &zero, NULL, 0));
    struct timespec start = now(CLOCK_MONOTONIC);
    SHOW(call(&word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 5, &short_time, NULL, 0));
    say("waited: %d\n", elapsed_ms(start) >= 20);
    SHOW(call(&word, FUTEX_WAIT, 5, &bad, NULL, 0));
    SHOW(call(&word, FUTEX_WAIT, 5, &negative, NULL, 0));
    SHOW(call(&word, FUTEX_WAIT, 5, BAD_POINTER, NULL, 0));
    SHOW(call((uint32_t *)((char *)&word + 1), FUTEX_WAIT, 5, &zero, NULL, 0));
    SHOW(call(BAD_POINTER, FUTEX_WAIT, 5, &zero, NULL, 0));
    SHOW(call(NULL, FUTEX_WAIT, 5, &zero, NULL, 0));
    SHOW(call(KERNEL_POINTER, FUTEX_WAIT, 5, &zero, NULL, 0));

    /* FUTEX_WAIT_BITSET takes an absolute time, of either clock. */
    struct timespec until = now(CLOCK_MONOTONIC);
    SHOW(call(&word, FUTEX_WAIT_BITSET, 5, &until, NULL, FUTEX_BITSET_MATCH_ANY));
    SHOW(call(&word, FUTEX_WAIT_BITSET, 5, &until, NULL, 0));
    SHOW(call(&word, FUTEX_WAIT_BITSET, 4, NULL, NULL, 1));
    until = now(CLOCK_REALTIME);
    start = now(CLOCK_MONOTONIC);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    SHOW(call(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &until, NULL, 1));
    say("waited: %d\n", elapsed_ms(start) >= 10);
    SHOW(call(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 4, &zero, NULL, 0));
    SHOW(call(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
}

static void show_wakes(void)
{
    word = 5;
    SHOW(call(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(call(&word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 0x7fffffff, NULL, NULL, 0));
    SHOW(call(&word, FUTEX_WAKE, 0, NULL, NULL, 0));
    SHOW(call(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
    SHOW(call(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1));
    SHOW(call((uint32_t *)((char *)&word + 2), FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(call(NULL, FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(call(NULL, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0));
    SHOW(call(KERNEL_POINTER, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0));
    SHOW(call(&word, FUTEX_REQUEUE, 1, (void *)1, &other, 0));
    SHOW(call(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 5));
    SHOW(call(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &other, 6));
    SHOW(call(&word, FUTEX_CMP_REQUEUE, -1, (void *)1, &other, 5));
    SHOW(call(&word, FUTEX_CMP_REQUEUE, 1, (void *)-1, &other, 5));
    SHOW(call(&word, FUTEX_REQUEUE, 1, (void *)1, BAD_POINTER, 0));

    other = 10;
    SHOW(call(&word, FUTEX_WAKE_OP, 1, (void *)1, &other,
              FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 10)));
    say("added: %u\n", other);
    SHOW(call(&word, FUTEX_WAKE_OP, 1, (void *)1, &other,
              FUTEX_OP((FUTEX_OP_XOR | FUTEX_OP_OPARG_SHIFT), 4, FUTEX_OP_CMP_LT, 10)));
    say("exclusive or: %u\n", other);
    SHOW(call(&word, FUTEX_WAKE_OP, 1, (void *)1, &other,
              FUTEX_OP(FUTEX_OP_ANDN, 1, FUTEX_OP_CMP_GE, 0)));
    say("and not: %u\n", other);
    SHOW(call(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, FUTEX_OP(7, 1, FUTEX_OP_CMP_EQ, 0)));
    SHOW(call(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, FUTEX_OP(FUTEX_OP_SET, 1, 7, 0)));
    SHOW(call(&word, FUTEX_WAKE_OP, 1, (void *)1, BAD_POINTER, 0));
}

int main(void)
{
    show_waits();
    show_wakes();
    SHOW(call(&word, 99, 0, NULL, NULL, 0));
    SHOW(call(&word, 2, 0, NULL, NULL, 0));
    SHOW(call(&word, 0x1000 | FUTEX_WAKE, 0, NULL, NULL, 0));
    return 0;
}
