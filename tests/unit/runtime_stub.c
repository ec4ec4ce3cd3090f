/*
 * The SYSCALL stubs against the kernel: a tracer reads the registers with which each
 * enters, sets the result with which it leaves, and the traced child compares what the
 * stub makes of it with the golden table.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime_test.h"

/* A number the kernel does not have: ENOSYS, nothing done. */
#define NO_SUCH_CALL 0x5ab

/* AX as the kernel leaves it, and the rule's answer. RDX is 3, the third argument. */
static const struct {
    long ax;
    uintptr_t r1, r2, err;
} golden[] = {
    {0, 0, 3, 0},
    {1, 1, 3, 0},
    {42, 42, 3, 0},
    {INT64_MAX, INT64_MAX, 3, 0},
    {INT64_MIN, (uintptr_t)INT64_MIN, 3, 0},
    {-1, (uintptr_t)-1, 0, 1},
    {-2, (uintptr_t)-1, 0, 2},
    {-133, (uintptr_t)-1, 0, 133},
    {-4093, (uintptr_t)-1, 0, 4093},
    {-4094, (uintptr_t)-1, 0, 4094},
    {-4095, (uintptr_t)-4095, 3, 0}, /* not an error: the comparison is "above", as in Go */
    {-4096, (uintptr_t)-4096, 3, 0},
};
#define GOLDEN (sizeof golden / sizeof golden[0])

static void expect(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "child: %s\n", what);
        _exit(1);
    }
}

static void expect_result(struct rt_result r, size_t i, const char *what)
{
    expect(r.r1 == golden[i].r1 && r.r2 == golden[i].r2 && r.err == golden[i].err, what);
}

/* The calls in the order in which the tracer answers: each row by each form. */
static void child_results(void)
{
    for (size_t i = 0; i < GOLDEN; i++) {
        expect_result(rt_rawsyscall(NO_SUCH_CALL, 1, 2, 3), i, "rt_rawsyscall");
        expect_result(rt_rawsyscall6(NO_SUCH_CALL, 1, 2, 3, 4, 5, 6), i, "rt_rawsyscall6");
        struct rt_pair p = rt_rawsyscall_noerror(NO_SUCH_CALL, 1, 2, 3);
        expect((long)p.r1 == golden[i].ax && p.r2 == 3, "rt_rawsyscall_noerror");
        expect(rt_call_raw(NO_SUCH_CALL, 1, 2, 3, 4, 5, 6) == golden[i].ax, "rt_call_raw");
        expect(rt_rawvforksyscall(NO_SUCH_CALL, 1, 2, 3) == golden[i].ax, "rt_rawvforksyscall");
    }
}

/* How many arguments each form of a row passes. */
static const int arguments_of_form[] = {3, 6, 3, 6, 3};
#define FORMS (sizeof arguments_of_form / sizeof arguments_of_form[0])

/* vfork's form uses R9 for a note: the kernel reads five arguments of it at most. */
#define FORM_VFORK 4

static void check_entry(const struct user_regs_struct *r, size_t form)
{
    bool six = arguments_of_form[form] == 6;
    assert_int_equal(r->orig_rax, NO_SUCH_CALL);
    assert_int_equal(r->rdi, 1);
    assert_int_equal(r->rsi, 2);
    assert_int_equal(r->rdx, 3);
    assert_int_equal(r->r10, six ? 4 : 0);
    assert_int_equal(r->r8, six ? 5 : 0);
    if (form != FORM_VFORK)
        assert_int_equal(r->r9, six ? 6 : 0);
}

static void next_stop(pid_t pid)
{
    int status;
    assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
        fail_msg("the child ended early, status %x", status);
}

static pid_t start_traced(void (*body)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        body();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD), 0);
    return pid;
}

static void end_traced(pid_t pid)
{
    int status;
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_golden_results(void **state)
{
    (void)state;
    pid_t pid = start_traced(child_results);
    for (size_t i = 0; i < GOLDEN * FORMS; i++) {
        struct user_regs_struct r;
        next_stop(pid); /* entry */
        ptrace(PTRACE_GETREGS, pid, NULL, &r);
        check_entry(&r, i % FORMS);
        next_stop(pid); /* exit */
        ptrace(PTRACE_GETREGS, pid, NULL, &r);
        assert_int_equal((long)r.rax, -ENOSYS);
        r.rax = (unsigned long long)golden[i / FORMS].ax;
        ptrace(PTRACE_SETREGS, pid, NULL, &r);
    }
    end_traced(pid);
}

/* ---- what SYSCALL and the stubs change ------------------------------------------ */

enum { RBX, RBP, R12, R13, R14, R15, RDI, RSI, RDX, R10, R8, R9, RCX, R11, SAVED };

/* Fills every register with a pattern, makes getpid, and stores them all. */
static void syscall_with_patterns(uint64_t before[SAVED], uint64_t after[SAVED])
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t" /* not into the red zone */
                     "pushq %%rbp\n\tpushq %%rbx\n\t"
                     "pushq %[after]\n\t"
                     "movq %[before], %%rax\n\t"
                     "movq 0(%%rax), %%rbx\n\tmovq 8(%%rax), %%rbp\n\t"
                     "movq 16(%%rax), %%r12\n\tmovq 24(%%rax), %%r13\n\t"
                     "movq 32(%%rax), %%r14\n\tmovq 40(%%rax), %%r15\n\t"
                     "movq 48(%%rax), %%rdi\n\tmovq 56(%%rax), %%rsi\n\t"
                     "movq 64(%%rax), %%rdx\n\tmovq 72(%%rax), %%r10\n\t"
                     "movq 80(%%rax), %%r8\n\tmovq 88(%%rax), %%r9\n\t"
                     "movq 96(%%rax), %%rcx\n\tmovq 104(%%rax), %%r11\n\t"
                     "movl $39, %%eax\n\t"
                     "syscall\n\t"
                     "popq %%rax\n\t"
                     "movq %%rbx, 0(%%rax)\n\tmovq %%rbp, 8(%%rax)\n\t"
                     "movq %%r12, 16(%%rax)\n\tmovq %%r13, 24(%%rax)\n\t"
                     "movq %%r14, 32(%%rax)\n\tmovq %%r15, 40(%%rax)\n\t"
                     "movq %%rdi, 48(%%rax)\n\tmovq %%rsi, 56(%%rax)\n\t"
                     "movq %%rdx, 64(%%rax)\n\tmovq %%r10, 72(%%rax)\n\t"
                     "movq %%r8, 80(%%rax)\n\tmovq %%r9, 88(%%rax)\n\t"
                     "movq %%rcx, 96(%%rax)\n\tmovq %%r11, 104(%%rax)\n\t"
                     "popq %%rbx\n\tpopq %%rbp\n\t"
                     "leaq 128(%%rsp), %%rsp"
                     : [before] "+S"(before), [after] "+D"(after)
                     :
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                       "memory", "cc");
}

static void test_syscall_clobbers(void **state)
{
    uint64_t before[SAVED], after[SAVED];
    (void)state;
    for (int i = 0; i < SAVED; i++)
        before[i] = 0x1111111111111111u * (uint64_t)(i + 1);
    syscall_with_patterns(before, after);
    for (int i = 0; i < RCX; i++)
        assert_int_equal(after[i], before[i]);
    assert_int_not_equal(after[RCX], before[RCX]); /* the return address */
    assert_int_not_equal(after[R11], before[R11]); /* the flags */
}

/* The callee-saved registers of the C interface, through each stub. */
#define CALLEE_SAVED_KEPT(call)                                                                    \
    do {                                                                                           \
        register uint64_t r12 __asm__("r12") = 12, r13 __asm__("r13") = 13;                        \
        register uint64_t r14 __asm__("r14") = 14, r15 __asm__("r15") = 15;                        \
        __asm__ volatile("" : "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15));                         \
        (void)(call);                                                                              \
        __asm__ volatile("" : "+r"(r12), "+r"(r13), "+r"(r14), "+r"(r15));                         \
        assert_true(r12 == 12 && r13 == 13 && r14 == 14 && r15 == 15);                             \
    } while (0)

static void test_stubs_keep_registers(void **state)
{
    (void)state;
    CALLEE_SAVED_KEPT(rt_rawsyscall(SYS_getpid, 1, 2, 3));
    CALLEE_SAVED_KEPT(rt_rawsyscall6(SYS_getpid, 1, 2, 3, 4, 5, 6));
    CALLEE_SAVED_KEPT(rt_rawsyscall_noerror(SYS_getpid, 1, 2, 3));
    CALLEE_SAVED_KEPT(rt_call_raw(SYS_getpid, 1, 2, 3, 4, 5, 6));
    CALLEE_SAVED_KEPT(rt_rawvforksyscall(SYS_getpid, 1, 2, 3));
}

/* ---- real results ------------------------------------------------------------------ */

static void test_real_calls(void **state)
{
    (void)state;
    struct rt_result r = rt_rawsyscall(SYS_getpid, 0, 0, 7);
    assert_int_equal(r.r1, getpid());
    assert_int_equal(r.r2, 7);
    assert_int_equal(r.err, 0);
    r = rt_rawsyscall(SYS_close, (uintptr_t)-1, 0, 0);
    assert_int_equal(r.r1, (uintptr_t)-1);
    assert_int_equal(r.r2, 0);
    assert_int_equal(r.err, EBADF);
    char page[] = "six arguments";
    uintptr_t at = rt_rawsyscall6(SYS_mmap, 0, 4096, 3, 0x22, (uintptr_t)-1, 0).r1;
    assert_int_not_equal(at, (uintptr_t)-1);
    memcpy((void *)at, page, sizeof page);
    assert_int_equal(rt_call_raw(SYS_munmap, (long)at, 4096, 0, 0, 0, 0), 0);
    assert_int_equal(rt_rawsyscall_noerror(SYS_getuid, 0, 0, 0).r1, getuid());
}

/* The child runs on the parent's stack and makes calls of its own before it ends. */
static void test_vfork(void **state)
{
    (void)state;
    long pid = rt_rawvforksyscall(SYS_vfork, 0, 0, 0);
    if (pid == 0) {
        rt_call_raw(SYS_getpid, 0, 0, 0, 0, 0, 0);
        rt_rawsyscall6(SYS_exit, 7, 0, 0, 0, 0, 0);
    }
    int status;
    assert_true(pid > 0);
    assert_int_equal(waitpid((pid_t)pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_results),
        cmocka_unit_test(test_syscall_clobbers),
        cmocka_unit_test(test_stubs_keep_registers),
        cmocka_unit_test(test_real_calls),
        cmocka_unit_test(test_vfork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
