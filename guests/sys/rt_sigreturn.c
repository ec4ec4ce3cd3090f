// calls: rt_sigreturn
/* Forged frames: a program can at worst kill itself, by SIGSEGV. */
#include "child.h"
#include <ucontext.h>

enum forgery {
    GOOD,
    KERNEL_CODE_SEGMENT,
    NULL_CODE_SEGMENT,
    DATA_AS_CODE_SEGMENT,
    NULL_STACK_SEGMENT,
    KERNEL_STACK_SEGMENT,
    KERNEL_ADDRESS,
    NONCANONICAL_ADDRESS,
    UNMAPPED_ADDRESS,
    WILD_FLAGS,
    BAD_FPU_POINTER,
    KERNEL_FPU_POINTER,
    UNALIGNED_FPU_POINTER,
    BAD_MXCSR,
    BAD_STACK,
    FORGERIES
};
static const char *const names[] = {
    "good",
    "kernel's code segment",
    "null code segment",
    "data segment as code",
    "null stack segment",
    "kernel's stack segment",
    "kernel address",
    "address that is not canonical",
    "unmapped address",
    "all flags",
    "bad state pointer",
    "kernel's state pointer",
    "unaligned state pointer",
    "bad mxcsr",
    "bad alternate stack",
};
static enum forgery forgery;

static void set_segments(greg_t *registers, int shift, unsigned long selector)
{
    unsigned long all = (unsigned long)registers[REG_CSGSFS];
    registers[REG_CSGSFS] = (greg_t)((all & ~(0xffffUL << shift)) | selector << shift);
}

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)info;
    ucontext_t *user = context;
    greg_t *registers = user->uc_mcontext.gregs;
    switch (forgery) {
    case GOOD:
    case FORGERIES:
        break;
    case KERNEL_CODE_SEGMENT:
        set_segments(registers, 0, 0x10);
        break;
    case NULL_CODE_SEGMENT:
        set_segments(registers, 0, 0);
        break;
    case DATA_AS_CODE_SEGMENT:
        set_segments(registers, 0, 0x2b);
        break;
    case NULL_STACK_SEGMENT:
        set_segments(registers, 48, 0);
        break;
    case KERNEL_STACK_SEGMENT:
        set_segments(registers, 48, 0x18);
        break;
    case KERNEL_ADDRESS:
        registers[REG_RIP] = (greg_t)KERNEL_POINTER;
        break;
    case NONCANONICAL_ADDRESS:
        registers[REG_RIP] = 0x1234567812345678;
        break;
    case UNMAPPED_ADDRESS:
        registers[REG_RIP] = 16;
        break;
    case WILD_FLAGS:
        /* Everything but single step and alignment check, which the program would notice. */
        registers[REG_EFL] = ~0x40100LL & 0xffffffff;
        break;
    case BAD_FPU_POINTER:
        user->uc_mcontext.fpregs = BAD_POINTER;
        break;
    case KERNEL_FPU_POINTER:
        user->uc_mcontext.fpregs = KERNEL_POINTER;
        break;
    case UNALIGNED_FPU_POINTER:
        user->uc_mcontext.fpregs = (fpregset_t)((char *)user->uc_mcontext.fpregs + 8);
        break;
    case BAD_MXCSR:
        user->uc_mcontext.fpregs->mxcsr = ~0U;
        break;
    case BAD_STACK:
        /* A stack that sigaltstack(2) would refuse is left alone. */
        user->uc_stack.ss_flags = 0x1234;
        user->uc_stack.ss_sp = BAD_POINTER;
        break;
    }
}

static void forge(void)
{
    unsigned long flags = 0;
    catch_info(SIGUSR1, handler, 0);
    __asm__ volatile("push $2\n\tpopfq\n\t"
                     "syscall\n\t"
                     "pushfq\n\tpop %0\n\tcld"
                     : "=r"(flags)
                     : "a"((long)SYS_kill), "D"((long)getpid()), "S"((long)SIGUSR1)
                     : "rcx", "r11", "memory", "cc");
    say("flags %#lx\n", flags);
}

/* rt_sigreturn with no frame at all. */
static void no_frame(void)
{
    __asm__ volatile("xor %%esp, %%esp\n\tsyscall\n\tud2" : : "a"((long)SYS_rt_sigreturn));
}

static void kernel_frame(void)
{
    __asm__ volatile("mov %0, %%rsp\n\tsyscall\n\tud2"
                     :
                     : "r"(KERNEL_POINTER), "a"((long)SYS_rt_sigreturn));
}

/* A frame of zeros: every segment is null and RIP is zero. */
static void zero_frame(void)
{
    static char zeros[8192] __attribute__((aligned(64)));
    __asm__ volatile("mov %0, %%rsp\n\tsyscall\n\tud2"
                     :
                     : "r"(zeros + 4096), "a"((long)SYS_rt_sigreturn));
}

int main(void)
{
    for (int i = GOOD; i < FORGERIES; i++) {
        forgery = (enum forgery)i;
        show_child(names[i], forge);
    }
    show_child("no frame", no_frame);
    show_child("frame in the kernel", kernel_frame);
    show_child("frame of zeros", zero_frame);
    return 0;
}
