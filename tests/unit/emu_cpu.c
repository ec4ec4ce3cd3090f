/*
 * The facts about the engine that emu/ depends on: each test fails when another version of the
 * engine changes one. Guest code is assembled here and run in a bare address space.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "emu/cpu.h"

#define CODE  0x400000ull
#define DATA  0x600000ull
#define STACK 0x7fff0000ull

#define GUEST(name, text)                                                                          \
    __asm__(".pushsection .rodata\n" #name ":\n" text "\n" #name "_end:\n.popsection\n");          \
    extern const uint8_t name[], name##_end[]

struct machine {
    struct arena *arena;
    struct cpu *cpu;
    struct mm *mm;
    struct cpu_thread *thread;
    unsigned fast_calls;
    bool serve;
};

static enum cpu_fast fast_syscall(void *ctx, uint64_t number, int64_t *result)
{
    struct machine *m = ctx;

    m->fast_calls++;
    if (!m->serve || number != 39)
        return CPU_FAST_LEAVE;
    *result = 4242;
    return CPU_FAST_SERVED;
}

static uint64_t tsc(void *ctx)
{
    (void)ctx;
    return 0x1122334455667788ull;
}

static int setup(void **state)
{
    struct machine *m = calloc(1, sizeof *m);
    struct cpu_hooks hooks = {fast_syscall, tsc, m};
    char why[200];

    m->arena = arena_create(1ull << 30);
    assert_non_null(m->arena);
    m->cpu = cpu_create(m->arena, &hooks, why, sizeof why);
    if (!m->cpu)
        fail_msg("%s", why);
    m->mm = mm_create(m->arena);
    m->thread = cpu_thread_create(m->cpu, m->mm);
    assert_int_equal(mm_map(m->mm, CODE, 0x10000, VMA_READ | VMA_EXEC, NULL, 0, NULL), 0);
    assert_int_equal(mm_map(m->mm, DATA, 0x10000, VMA_READ | VMA_WRITE, NULL, 0, NULL), 0);
    assert_int_equal(mm_map(m->mm, STACK, 0x10000, VMA_READ | VMA_WRITE, NULL, 0, NULL), 0);
    *state = m;
    return 0;
}

static int teardown(void **state)
{
    struct machine *m = *state;

    cpu_thread_free(m->thread);
    mm_unref(m->mm);
    assert_int_equal(arena_used(m->arena), 0);
    cpu_destroy(m->cpu);
    arena_destroy(m->arena);
    free(m);
    return 0;
}

static void put_code(struct machine *m, gaddr_t addr, const uint8_t *code, const uint8_t *end)
{
    gaddr_t page = addr & PAGE_MASK;
    uint32_t prot = mm_vma_at_or_above(m->mm, addr)->flags & VMA_PROT;

    assert_int_equal(mm_protect(m->mm, page, PAGE_SIZE, VMA_READ | VMA_WRITE), 0);
    assert_int_equal(copyout(m->mm, addr, code, (size_t)(end - code)), 0);
    assert_int_equal(mm_protect(m->mm, page, PAGE_SIZE, prot), 0);
    cpu_set(m->thread, CPU_RIP, addr);
    cpu_set(m->thread, CPU_RSP, STACK + 0x8000);
}

#define RUN(m, code)                                                                               \
    do {                                                                                           \
        put_code(m, CODE, code, code##_end);                                                       \
        cpu_run((m)->thread, &trap);                                                               \
    } while (0)

GUEST(code_call, "mov $7, %edi\n mov $0x123, %eax\n syscall\n nop\n");
static void syscall_leaves_after_the_instruction(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;
    uint64_t number, args[6];

    RUN(m, code_call);
    assert_int_equal(trap.kind, TRAP_SYSCALL);
    cpu_get_call(m->thread, &number, args);
    assert_int_equal(number, 0x123);
    assert_int_equal(args[0], 7);
    assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE + 12);
    assert_int_equal(cpu_get(m->thread, CPU_RCX), CODE + 12);
    assert_int_equal(cpu_get(m->thread, CPU_R11) & 0x202, 0x202);
}

GUEST(code_fast, "mov $3, %ebx\n 1: mov $39, %eax\n syscall\n dec %ebx\n jnz 1b\n mov %rax, %rdi\n"
                 "mov $60, %eax\n syscall\n");
static void fast_call_stays_inside(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    m->serve = true;
    RUN(m, code_fast);
    assert_int_equal(trap.kind, TRAP_SYSCALL);
    assert_int_equal(m->fast_calls, 4);
    assert_int_equal(cpu_get(m->thread, CPU_RDI), 4242);
}

GUEST(code_ring, "mov %cs, %eax\n mov %eax, %ebx\n hlt\n");
static void guest_runs_in_ring_3(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    RUN(m, code_ring);
    assert_int_equal(trap.kind, TRAP_PROTECTION);
    assert_int_equal(cpu_get(m->thread, CPU_RBX) & 3, 3);
    assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE + 4);
}

GUEST(code_tsc, "rdtsc\n mov %eax, %ebx\n ud2\n");
static void rdtsc_is_answered_by_the_hook(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    RUN(m, code_tsc);
    assert_int_equal(trap.kind, TRAP_ILLEGAL);
    assert_int_equal(cpu_get(m->thread, CPU_RBX), 0x55667788);
    assert_int_equal(cpu_get(m->thread, CPU_RDX), 0x11223344);
}

GUEST(code_store, "movabs $0x60fffe, %rdi\n mov $0x1234, %eax\n mov %eax, 0x20(%rdi,%rax,8)\n"
                  " nop\n");
static void fault_address_is_exact(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    RUN(m, code_store);
    assert_int_equal(trap.kind, TRAP_PAGE);
    assert_int_equal(trap.access, MM_WRITE);
    assert_int_equal(trap.fault, MM_MAPERR);
    assert_int_equal(trap.addr, 0x60fffe + 0x20 + 0x1234 * 8);
    assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE + 15);
}

GUEST(code_cross, "movabs $0x60fffe, %rdi\n mov %rax, (%rdi)\n");
static void page_crossing_store_faults_on_the_second_page(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    RUN(m, code_cross);
    assert_int_equal(trap.kind, TRAP_PAGE);
    assert_int_equal(trap.addr, 0x610000);
}

GUEST(code_wild, "movabs $0x8000000000000000, %rdi\n mov (%rdi), %eax\n");
static void non_canonical_address_is_a_protection_fault(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    RUN(m, code_wild);
    assert_int_equal(trap.kind, TRAP_PROTECTION);
}

GUEST(code_push, "mov $0x500010, %rsp\n push %rax\n push %rax\n push %rax\n");
static void stack_fault_has_the_pushed_address(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    RUN(m, code_push);
    assert_int_equal(trap.kind, TRAP_PAGE);
    assert_int_equal(trap.addr, 0x500008);
}

GUEST(code_faults, "1: hlt\n jmp 1b\n");
static void ten_thousand_exceptions_in_a_row(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    put_code(m, CODE, code_faults, code_faults_end);
    for (int i = 0; i < 10000; i++) {
        cpu_set(m->thread, CPU_RAX, (uint64_t)i);
        cpu_run(m->thread, &trap);
        assert_int_equal(trap.kind, TRAP_PROTECTION);
        assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE);
        assert_int_equal(cpu_get(m->thread, CPU_RAX), i);
        if (i % 3 == 0)
            cpu_set(m->thread, CPU_RIP, CODE + 1);
    }
}

GUEST(code_divide, "xor %ecx, %ecx\n mov $1, %eax\n cltd\n div %ecx\n");
GUEST(code_break, "nop\n int3\n nop\n");
GUEST(code_int80, "mov $20, %eax\n int $0x80\n nop\n");
GUEST(code_int7, "nop\n int $0x77\n nop\n");
GUEST(code_in, "nop\n in $0x60, %al\n");
GUEST(code_sysenter, "nop\n sysenter\n nop\n");
static void traps_by_number(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    RUN(m, code_divide);
    assert_int_equal(trap.kind, TRAP_DIVIDE);
    RUN(m, code_break);
    assert_int_equal(trap.kind, TRAP_BREAKPOINT);
    assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE + 2);
    RUN(m, code_int80);
    assert_int_equal(trap.kind, TRAP_INT80);
    assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE + 7);
    RUN(m, code_int7);
    assert_int_equal(trap.kind, TRAP_PROTECTION);
    assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE + 1);
    RUN(m, code_in);
    assert_int_equal(trap.kind, TRAP_PROTECTION);
    RUN(m, code_sysenter);
    assert_int_equal(trap.kind, TRAP_SYSENTER);
}

GUEST(code_vex, "mov $5, %ebx\n add $1, %ebx\n vpxor %xmm1, %xmm2, %xmm3\n nop\n");
static void vex_instruction_is_illegal_and_precise(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    for (int i = 0; i < 3; i++) {
        RUN(m, code_vex);
        assert_int_equal(trap.kind, TRAP_ILLEGAL);
        assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE + 8);
        assert_int_equal(cpu_get(m->thread, CPU_RBX), 6);
    }
}

GUEST(code_step, "pushf\n orl $0x100, (%rsp)\n popf\n nop\n nop\n");
static void trap_flag_steps(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    RUN(m, code_step);
    assert_int_equal(trap.kind, TRAP_STEP);
    assert_int_equal(cpu_get(m->thread, CPU_RIP), CODE + 10);
}

GUEST(code_rwx, "movabs $0x700000, %rdi\n movl $0xc300002a, 1(%rdi)\n movb $0xb8, (%rdi)\n"
                "movl $0x000000c3, 5(%rdi)\n movl $42, 1(%rdi)\n call *%rdi\n mov %eax, %ebx\n"
                "movl $43, 1(%rdi)\n call *%rdi\n hlt\n");
static void code_written_through_its_own_mapping(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    assert_int_equal(mm_map(m->mm, 0x700000, 0x1000, VMA_PROT, NULL, 0, NULL), 0);
    RUN(m, code_rwx);
    assert_int_equal(trap.kind, TRAP_PROTECTION);
    assert_int_equal(cpu_get(m->thread, CPU_RBX), 42);
    assert_int_equal((uint32_t)cpu_get(m->thread, CPU_RAX), 43);
}

/* Each round increments the operand of its own first instruction; the last changes the next one. */
GUEST(code_self, "mov $100, %ecx\n xor %ebx, %ebx\n 1: mov $0, %eax\n add %eax, %ebx\n"
                 "incl 1b+1(%rip)\n dec %ecx\n jnz 1b\n movb $7, 2f+1(%rip)\n 2: mov $1, %edx\n"
                 "hlt\n");
static void code_that_changes_itself(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    assert_int_equal(mm_map(m->mm, 0x700000, 0x1000, VMA_PROT, NULL, 0, NULL), 0);
    for (int i = 0; i < 2; i++) {
        put_code(m, 0x700000, code_self, code_self_end);
        cpu_run(m->thread, &trap);
        assert_int_equal(trap.kind, TRAP_PROTECTION);
        assert_int_equal(cpu_get(m->thread, CPU_RBX), 4950);
        assert_int_equal(cpu_get(m->thread, CPU_RDX), 7);
    }
}

/* A backing object of one frame, to map it twice. */
struct one_frame {
    struct backing backing;
    struct arena *arena;
    frame_t frame;
};
static int one_get(struct backing *backing, uint64_t index, bool write, frame_t *frame)
{
    struct one_frame *one = (struct one_frame *)backing;

    (void)write;
    (void)index;
    frame_ref(one->arena, one->frame);
    *frame = one->frame;
    return 0;
}
static void one_nothing(struct backing *backing)
{
    (void)backing;
}

GUEST(code_alias, "movabs $0x700000, %rdi\n movabs $0x710000, %rsi\n xor %ebx, %ebx\n"
                  "movb $0xb8, (%rdi)\n movb $0xc3, 5(%rdi)\n mov $100, %ecx\n"
                  "1: mov %ecx, 1(%rdi)\n call *%rsi\n add %eax, %ebx\n dec %ecx\n jnz 1b\n hlt\n");
static void code_written_through_another_mapping(void **state)
{
    static const struct backing_ops ops = {
        .get = one_get, .ref = one_nothing, .unref = one_nothing};
    struct machine *m = *state;
    struct one_frame one = {{&ops}, m->arena, frame_alloc(m->arena)};
    struct cpu_trap trap;

    assert_int_equal(
        mm_map(m->mm, 0x700000, 0x1000, VMA_READ | VMA_WRITE | VMA_SHARED, &one.backing, 0, NULL),
        0);
    assert_int_equal(
        mm_map(m->mm, 0x710000, 0x1000, VMA_READ | VMA_EXEC | VMA_SHARED, &one.backing, 0, NULL),
        0);
    RUN(m, code_alias);
    assert_int_equal(trap.kind, TRAP_PROTECTION);
    assert_int_equal(cpu_get(m->thread, CPU_RBX), 5050);
    assert_int_equal(mm_unmap(m->mm, 0x700000, 0x20000), 0);
    frame_unref(m->arena, one.frame);
}

GUEST(code_ten, "mov $10, %eax\n hlt\n");
GUEST(code_eleven, "mov $11, %eax\n hlt\n");
static void host_write_replaces_code(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;

    for (int i = 0; i < 4; i++) {
        RUN(m, code_ten);
        assert_int_equal(cpu_get(m->thread, CPU_RAX), 10);
        RUN(m, code_eleven);
        assert_int_equal(cpu_get(m->thread, CPU_RAX), 11);
    }
}

GUEST(code_fpu, "fninit\n fld1\n fldpi\n fldz\n fstp %st(0)\n movabs $0x600200, %rdi\n"
                "mov $0x11223344, %eax\n movd %eax, %xmm3\n movd %eax, %xmm15\n"
                "movl $0x1fc0, (%rdi)\n ldmxcsr (%rdi)\n fxsave (%rdi)\n hlt\n"
                "movabs $0x600400, %rdi\n fxsave (%rdi)\n hlt\n");
static void fpu_image_is_what_fxsave_stores(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;
    uint8_t saved[512], image[512], again[512];

    RUN(m, code_fpu);
    assert_int_equal(trap.kind, TRAP_PROTECTION);
    assert_int_equal(copyin(m->mm, saved, 0x600200, 512), 0);
    cpu_get_fpu(m->thread, image);
    assert_memory_equal(image, saved, 6);
    assert_memory_equal(image + 24, saved + 24, 4);
    assert_memory_equal(image + 32, saved + 32, 384);

    struct cpu_thread *other = cpu_thread_create(m->cpu, m->mm);
    cpu_set_fpu(other, image);
    cpu_set(other, CPU_RIP, cpu_get(m->thread, CPU_RIP) + 1);
    cpu_run(other, &trap);
    assert_int_equal(copyin(m->mm, again, 0x600400, 512), 0);
    assert_memory_equal(again, saved, 6);
    assert_memory_equal(again + 24, saved + 24, 4);
    assert_memory_equal(again + 32, saved + 32, 384);
    cpu_thread_free(other);
}

GUEST(code_add, "movabs $0x600000, %rdi\n addl $1, (%rdi)\n mov (%rdi), %ebx\n hlt\n");
static void fork_copies_on_write(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;
    struct mm *child;
    struct cpu_thread *thread;

    RUN(m, code_add);
    child = mm_fork(m->mm);
    assert_non_null(child);
    thread = cpu_thread_clone(m->thread, child);
    cpu_set(thread, CPU_RIP, CODE);
    cpu_run(thread, &trap);
    assert_int_equal(cpu_get(thread, CPU_RBX), 2);
    cpu_set(thread, CPU_RIP, CODE);
    cpu_run(thread, &trap);
    assert_int_equal(cpu_get(thread, CPU_RBX), 3);
    cpu_set(m->thread, CPU_RIP, CODE);
    cpu_run(m->thread, &trap);
    assert_int_equal(cpu_get(m->thread, CPU_RBX), 2);
    cpu_thread_free(thread);
    mm_unref(child);
}

GUEST(code_sum, "movabs $0x10000000, %rdi\n mov $5000, %ecx\n 1: addl $1, (%rdi)\n"
                "add $4096, %rdi\n dec %ecx\n jnz 1b\n dec %r8d\n jnz code_sum\n hlt\n");
static void tlb_grows_with_the_working_set(void **state)
{
    struct machine *m = *state;
    struct cpu_trap trap;
    struct cpu_stats stats;

    assert_int_equal(
        mm_map(m->mm, 0x10000000, 5000 * PAGE_SIZE, VMA_READ | VMA_WRITE, NULL, 0, NULL), 0);
    put_code(m, CODE, code_sum, code_sum_end);
    cpu_set(m->thread, CPU_R8, 400);
    cpu_run(m->thread, &trap);
    assert_int_equal(trap.kind, TRAP_PROTECTION);
    cpu_stats(m->cpu, &stats);
    /* Without growth each of the 2,000,000 accesses would be a fill. */
    assert_in_range(stats.fills, 5000, 400000);
}

/* 20,000 times a chain of 16 calls that push and pop: a doubled instruction breaks it. */
GUEST(code_chain, "mov $20000, %ebx\n xor %r15d, %r15d\n 1: push %rbx\n mov %rbx, %rdi\n"
                  "call 3f\n pop %rbx\n add %rax, %r15\n mov $39, %eax\n syscall\n dec %ebx\n"
                  "jnz 1b\n hlt\n"
                  "3: push %rbp\n mov %rsp, %rbp\n push %rdi\n and $15, %edi\n jz 2f\n dec %edi\n"
                  "call 3b\n inc %rax\n pop %rdi\n pop %rbp\n ret\n"
                  "2: xor %eax, %eax\n pop %rdi\n pop %rbp\n ret\n");

struct kicker {
    struct cpu *cpu;
    atomic_bool stop;
};

static void *kick_often(void *arg)
{
    struct kicker *kicker = arg;

    while (!atomic_load(&kicker->stop)) {
        cpu_kick(kicker->cpu);
        usleep(20);
    }
    return NULL;
}

static void a_kick_loses_nothing(void **state)
{
    struct machine *m = *state;
    struct kicker kicker = {.cpu = m->cpu};
    struct cpu_trap trap;
    pthread_t thread;
    unsigned kicks = 0;

    m->serve = true;
    pthread_create(&thread, NULL, kick_often, &kicker);
    for (int round = 0; round < 60; round++) {
        put_code(m, CODE, code_chain, code_chain_end);
        do {
            cpu_run(m->thread, &trap);
            kicks += trap.kind == TRAP_KICK;
        } while (trap.kind == TRAP_KICK);
        assert_int_equal(trap.kind, TRAP_PROTECTION);
        assert_int_equal(cpu_get(m->thread, CPU_R15), 150000);
        assert_int_equal(cpu_get(m->thread, CPU_RSP), STACK + 0x8000);
    }
    atomic_store(&kicker.stop, true);
    pthread_join(thread, NULL);
    assert_in_range(kicks, 10, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(syscall_leaves_after_the_instruction),
        TEST(fast_call_stays_inside),
        TEST(guest_runs_in_ring_3),
        TEST(rdtsc_is_answered_by_the_hook),
        TEST(fault_address_is_exact),
        TEST(page_crossing_store_faults_on_the_second_page),
        TEST(non_canonical_address_is_a_protection_fault),
        TEST(stack_fault_has_the_pushed_address),
        TEST(ten_thousand_exceptions_in_a_row),
        TEST(traps_by_number),
        TEST(vex_instruction_is_illegal_and_precise),
        TEST(trap_flag_steps),
        TEST(code_written_through_its_own_mapping),
        TEST(code_that_changes_itself),
        TEST(code_written_through_another_mapping),
        TEST(host_write_replaces_code),
        TEST(fpu_image_is_what_fxsave_stores),
        TEST(fork_copies_on_write),
        TEST(tlb_grows_with_the_working_set),
        TEST(a_kick_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
