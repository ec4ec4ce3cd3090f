/* Signal frames: what a handler finds, what its return restores, and what it may not restore. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#include "emu/frame.h"

#define STACK     0x7fff0000ull
#define STACK_LEN 0x10000ull
#define HANDLER   0x401000ull
#define RESTORER  0x402000ull

/* The frame as the ABI has it: the C library's ucontext_t is longer behind uc_sigmask. */
#define UC      8
#define SIGINFO (UC + 304)
#define MASK    (UC + 296)
#define REG(n)  (UC + offsetof(ucontext_t, uc_mcontext.gregs) + 8 * (n))
#define FPU     (UC + offsetof(ucontext_t, uc_mcontext.fpregs))

struct fixture {
    struct arena *arena;
    struct cpu *cpu;
    struct mm *mm;
    struct cpu_thread *thread;
};

static enum cpu_fast no_call(void *ctx, uint64_t number, int64_t *result)
{
    (void)ctx;
    (void)number;
    (void)result;
    return CPU_FAST_LEAVE;
}

static uint64_t no_time(void *ctx)
{
    (void)ctx;
    return 0;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const struct cpu_hooks hooks = {no_call, no_time, NULL};
    char why[200];
    fixture->arena = arena_create(1ull << 30);
    fixture->cpu = cpu_create(fixture->arena, &hooks, why, sizeof why);
    if (!fixture->cpu)
        fail_msg("%s", why);
    fixture->mm = mm_create(fixture->arena);
    assert_int_equal(mm_map(fixture->mm, STACK, STACK_LEN, VMA_READ | VMA_WRITE, NULL, 0, NULL), 0);
    fixture->thread = cpu_thread_create(fixture->cpu, fixture->mm);
    for (enum cpu_reg reg = CPU_RAX; reg <= CPU_R15; reg++)
        cpu_set(fixture->thread, reg, 0x1000 + reg);
    cpu_set(fixture->thread, CPU_RSP, STACK + STACK_LEN - 0x105);
    cpu_set(fixture->thread, CPU_RIP, 0x400123);
    cpu_set(fixture->thread, CPU_RFLAGS, 0x202 | 0x400 | 1);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    cpu_thread_free(fixture->thread);
    mm_unref(fixture->mm);
    cpu_destroy(fixture->cpu);
    arena_destroy(fixture->arena);
    free(fixture);
    return 0;
}

static uint64_t word(struct fixture *fixture, uint64_t offset)
{
    uint64_t value;
    gaddr_t frame = cpu_get(fixture->thread, CPU_RSP);
    assert_int_equal(copyin(fixture->mm, &value, frame + offset, sizeof value), 0);
    return value;
}

static void set_word(struct fixture *fixture, uint64_t offset, uint64_t value)
{
    gaddr_t frame = cpu_get(fixture->thread, CPU_RSP);
    assert_int_equal(copyout(fixture->mm, frame + offset, &value, sizeof value), 0);
}

static struct frame_signal signal_of(const siginfo_t *info)
{
    return (struct frame_signal){
        .signo = SIGSEGV,
        .info = info,
        .handler = HANDLER,
        .restorer = RESTORER,
        .mask = 0x55,
        .altstack = {.sp = STACK, .size = 0x4000, .flags = 0},
        .fault = {.trapno = 14, .error_code = 6, .cr2 = 0xdead},
    };
}

static void push(struct fixture *fixture)
{
    const struct frame_signal signal = signal_of(NULL);
    assert_int_equal(frame_push(fixture->thread, fixture->mm, &signal), 0);
}

/* As the restorer does: the return address is off the stack when it calls rt_sigreturn. */
static int pop(struct fixture *fixture, uint64_t *mask, struct frame_altstack *altstack)
{
    cpu_set(fixture->thread, CPU_RSP, cpu_get(fixture->thread, CPU_RSP) + 8);
    return frame_pop(fixture->thread, fixture->mm, mask, altstack);
}

static void test_push(void **state)
{
    struct fixture *fixture = *state;
    gaddr_t before = cpu_get(fixture->thread, CPU_RSP);
    siginfo_t info = {.si_signo = SIGSEGV, .si_code = 77};
    const struct frame_signal signal = signal_of(&info);
    assert_int_equal(frame_push(fixture->thread, fixture->mm, &signal), 0);

    gaddr_t frame = cpu_get(fixture->thread, CPU_RSP);
    assert_int_equal(frame % 16, 8);
    assert_true(before - 128 >= frame + SIGINFO + sizeof info + 512);
    assert_int_equal(cpu_get(fixture->thread, CPU_RIP), HANDLER);
    assert_int_equal(cpu_get(fixture->thread, CPU_RDI), SIGSEGV);
    assert_int_equal(cpu_get(fixture->thread, CPU_RSI), frame + SIGINFO);
    assert_int_equal(cpu_get(fixture->thread, CPU_RDX), frame + UC);
    assert_int_equal(cpu_get(fixture->thread, CPU_RAX), 0);
    assert_int_equal(cpu_get(fixture->thread, CPU_RFLAGS) & 0x400, 0);
    assert_int_equal(cpu_get(fixture->thread, CPU_RBX), 0x1000 + CPU_RBX);

    assert_int_equal(word(fixture, 0), RESTORER);
    assert_int_equal(word(fixture, UC), 6);
    assert_int_equal(word(fixture, REG(REG_RIP)), 0x400123);
    assert_int_equal(word(fixture, REG(REG_RSP)), before);
    assert_int_equal(word(fixture, REG(REG_R8)), 0x1000 + CPU_R8);
    assert_int_equal(word(fixture, REG(REG_RAX)), 0x1000 + CPU_RAX);
    assert_int_equal(word(fixture, REG(REG_EFL)) & 0x401, 0x401);
    assert_int_equal(word(fixture, REG(REG_CSGSFS)), 0x002b000000000033);
    assert_int_equal(word(fixture, REG(REG_ERR)), 6);
    assert_int_equal(word(fixture, REG(REG_TRAPNO)), 14);
    assert_int_equal(word(fixture, REG(REG_OLDMASK)), 0x55);
    assert_int_equal(word(fixture, REG(REG_CR2)), 0xdead);
    assert_int_equal(word(fixture, FPU) % 64, 0);
    assert_int_equal(word(fixture, MASK), 0x55);
    assert_int_equal((uint32_t)word(fixture, SIGINFO + 8), 77);
}

static void test_altstack(void **state)
{
    struct fixture *fixture = *state;
    struct frame_signal signal = signal_of(NULL);
    signal.on_altstack = true;
    assert_int_equal(frame_push(fixture->thread, fixture->mm, &signal), 0);
    gaddr_t frame = cpu_get(fixture->thread, CPU_RSP);
    assert_true(frame > STACK && frame < STACK + 0x4000);
    assert_int_equal(frame, frame_place(STACK + 0x4000));
}

static void test_bad_stack(void **state)
{
    struct fixture *fixture = *state;
    static const gaddr_t stacks[] = {
        0, 0x1000, STACK, STACK + 200, 0xffff800000000000, 0x8000000000000000, UINT64_MAX};
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        const struct frame_signal signal = signal_of(NULL);
        cpu_set(fixture->thread, CPU_RSP, stacks[i]);
        assert_int_equal(frame_push(fixture->thread, fixture->mm, &signal), -EFAULT);
        assert_int_equal(cpu_get(fixture->thread, CPU_RSP), stacks[i]);
        assert_int_equal(cpu_get(fixture->thread, CPU_RIP), 0x400123);
    }
}

static void test_round_trip(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before[CPU_REG_COUNT], mask = 0;
    struct frame_altstack altstack;
    uint8_t fpu[512], after[512];
    for (enum cpu_reg reg = CPU_RAX; reg < CPU_REG_COUNT; reg++)
        before[reg] = cpu_get(fixture->thread, reg);
    cpu_get_fpu(fixture->thread, fpu);
    memset(fpu + 160, 0xab, 256); /* the XMM registers */
    cpu_set_fpu(fixture->thread, fpu);
    cpu_get_fpu(fixture->thread, fpu);

    push(fixture);
    cpu_get_fpu(fixture->thread, after);
    assert_int_equal(after[160], 0);
    for (enum cpu_reg reg = CPU_RAX; reg <= CPU_R15; reg++)
        if (reg != CPU_RSP)
            cpu_set(fixture->thread, reg, 0);
    assert_int_equal(pop(fixture, &mask, &altstack), 0);
    for (enum cpu_reg reg = CPU_RAX; reg < CPU_REG_COUNT; reg++)
        assert_int_equal(cpu_get(fixture->thread, reg), before[reg]);
    cpu_get_fpu(fixture->thread, after);
    assert_memory_equal(after, fpu, 416);
    assert_int_equal(mask, 0x55);
    assert_int_equal(altstack.sp, STACK);
    assert_int_equal(altstack.size, 0x4000);
}

static void test_changed_context(void **state)
{
    struct fixture *fixture = *state;
    uint64_t mask;
    struct frame_altstack altstack;
    push(fixture);
    set_word(fixture, REG(REG_RIP), 0x404040);
    set_word(fixture, REG(REG_RBX), 99);
    set_word(fixture, REG(REG_EFL), UINT64_MAX);
    set_word(fixture, MASK, 0x77);
    set_word(fixture, FPU, 0); /* reset state */
    assert_int_equal(pop(fixture, &mask, &altstack), 0);
    assert_int_equal(cpu_get(fixture->thread, CPU_RIP), 0x404040);
    assert_int_equal(cpu_get(fixture->thread, CPU_RBX), 99);
    assert_int_equal(mask, 0x77);
    /* IOPL, NT, VM and the like stay as they were. */
    assert_int_equal(cpu_get(fixture->thread, CPU_RFLAGS) & ~0x40fd7ull, 0);
}

static void test_hostile_frames(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        uint64_t offset, value;
    } lies[] = {
        {REG(REG_CSGSFS), 0x002b000000000023}, /* 32-bit code */
        {REG(REG_CSGSFS), 0x002b000000000010}, /* the kernel's */
        {REG(REG_CSGSFS), 0},
        {REG(REG_CSGSFS), 0x0018000000000033}, /* a stack segment that is not ours */
        {FPU, 1},
        {FPU, 0x1000},
        {FPU, 0xffff800000000000},
        {FPU, STACK + STACK_LEN - 16},
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        uint64_t mask;
        struct frame_altstack altstack;
        cpu_set(fixture->thread, CPU_RSP, STACK + 0x8000);
        push(fixture);
        set_word(fixture, lies[i].offset, lies[i].value);
        assert_int_equal(pop(fixture, &mask, &altstack), -EFAULT);
    }
}

/* MXCSR bits that FXRSTOR refuses. */
static void test_hostile_mxcsr(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t mxcsr = 0x10000;
    uint64_t mask;
    struct frame_altstack altstack;
    push(fixture);
    assert_int_equal(copyout(fixture->mm, word(fixture, FPU) + 24, &mxcsr, sizeof mxcsr), 0);
    assert_int_equal(pop(fixture, &mask, &altstack), -EFAULT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_push),          TEST(test_altstack),        TEST(test_bad_stack),
        TEST(test_round_trip),    TEST(test_changed_context), TEST(test_hostile_frames),
        TEST(test_hostile_mxcsr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
