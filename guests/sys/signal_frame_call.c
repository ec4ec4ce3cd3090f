// calls: rt_sigreturn
/* Registers around a system call that a signal interrupts: the result is in RAX of the context,
 * RCX and R11 are lost to SYSCALL, everything else is kept; the direction flag is clear in a
 * handler. */
#include "child.h"
#include <ucontext.h>

uint64_t result, rcx, r11, next, kept[8]; /* named by the assembly */

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t flags;
    __asm__ volatile("pushfq\n\tpop %0" : "=r"(flags));
    say("%s: rax %lld, after the instruction: %d\n", signal_name(signo), registers[REG_RAX],
        registers[REG_RIP] == (greg_t)next);
    say("rcx is rip: %d, r11 is the flags: %d\n", registers[REG_RCX] == registers[REG_RIP],
        registers[REG_R11] == registers[REG_EFL]);
    say("direction flag: interrupted %d, here %d\n", (registers[REG_EFL] & 0x400) != 0,
        (flags & 0x400) != 0);
    if (signo == SIGUSR2)
        registers[REG_RAX] = 1234;
}

/* kill(self, signo) with the direction flag set and every other register watched. */
static void call(int signo)
{
    uint64_t bx;
    __asm__ volatile("lea 1f(%%rip), %%rax\n\t"
                     "mov %%rax, next\n\t"
                     "mov $62, %%eax\n\t"
                     "mov $0x1111, %%ebx\n\t"
                     "mov $0x2222, %%r8d\n\t"
                     "mov $0x3333, %%r9d\n\t"
                     "mov $0x4444, %%r10d\n\t"
                     "mov $0x5555, %%r12d\n\t"
                     "mov $0x6666, %%r13d\n\t"
                     "mov $0x7777, %%r14d\n\t"
                     "mov $0x8888, %%r15d\n\t"
                     "std\n\t"
                     "syscall\n"
                     "1:\n\t"
                     "cld\n\t"
                     "mov %%rax, result\n\t"
                     "mov %%rcx, rcx\n\t"
                     "mov %%r11, r11\n\t"
                     "mov %%r8, kept\n\t"
                     "mov %%r9, kept+8\n\t"
                     "mov %%r10, kept+16\n\t"
                     "mov %%r12, kept+24\n\t"
                     "mov %%r13, kept+32\n\t"
                     "mov %%r14, kept+40\n\t"
                     "mov %%r15, kept+48\n\t"
                     "mov %%rdx, kept+56\n\t"
                     : "=&b"(bx)
                     : "D"((long)getpid()), "S"((long)signo), "d"(0x9999L)
                     : "rax", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc",
                       "memory");
    say("result %lu, rcx is the return address %d, r11 has the direction flag %d\n",
        (unsigned long)result, rcx == next, (r11 & 0x400) != 0);
    say("kept: %lx", (unsigned long)bx);
    for (int i = 0; i < 8; i++)
        say(" %lx", (unsigned long)kept[i]);
    say("\n");
}

int main(void)
{
    catch_info(SIGUSR1, handler, 0);
    catch_info(SIGUSR2, handler, 0);
    call(SIGURG);
    call(SIGUSR1);
    call(SIGUSR2);
    return 0;
}
