// calls: rt_sigaction
/* SIGFPE, SIGILL, SIGTRAP, SIGBUS, and the privileged instructions: code, address, trap number. */
#include "fault.h"

static void divide(unsigned int divisor)
{
    __asm__ volatile("xor %%edx, %%edx\n\tmov $7, %%eax\n\tdiv %0" : : "r"(divisor) : "eax", "edx");
}

static void divide_minimum(void)
{
    __asm__ volatile("mov $0x80000000, %%eax\n\tcdq\n\tmov $-1, %%ecx\n\tidiv %%ecx"
                     :
                     :
                     : "eax", "ecx", "edx");
}

static void divide_overflow(void)
{
    __asm__ volatile("mov $1, %%edx\n\txor %%eax, %%eax\n\tmov $1, %%ecx\n\tdiv %%ecx"
                     :
                     :
                     : "eax", "ecx", "edx");
}

static volatile int steps;

static void count_step(int signo, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (steps == 0)
        say("  %s code %d, si_addr is rip %d, trapno %lld\n", signal_name(signo), info->si_code,
            info->si_addr == (void *)registers[REG_RIP], registers[REG_TRAPNO]);
    if (++steps == 5)
        registers[REG_EFL] &= ~0x100LL;
}

static void single_step(void)
{
    catch_info(SIGTRAP, count_step, 0);
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
                     "nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop"
                     :
                     :
                     : "cc", "memory");
    say("  steps %d\n", steps);
    catch_faults(0);
}

static void breakpoint(int signo, siginfo_t *info, void *context)
{
    extern const char after_int3[];
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    say("  %s code %d addr %d trapno %lld err %lld, rip is after it %d\n", signal_name(signo),
        info->si_code, info->si_addr != NULL, registers[REG_TRAPNO], registers[REG_ERR],
        registers[REG_RIP] == (greg_t)after_int3);
}

int main(void)
{
    catch_faults(0);
    FAULT("divide by zero", divide(0));
    FAULT("divide", divide(1));
    FAULT("minimum by -1", divide_minimum());
    FAULT("quotient too large", divide_overflow());
    FAULT("ud2", __asm__ volatile("ud2"));
    FAULT("bad opcode", __asm__ volatile(".byte 0x06"));
    FAULT("lock on a register", __asm__ volatile(".byte 0xf0, 0x01, 0xc0"));
    FAULT("hlt", __asm__ volatile("hlt"));
    FAULT("cli", __asm__ volatile("cli"));
    FAULT("in", __asm__ volatile("in $0x80, %%al" : : : "eax"));
    FAULT("out", __asm__ volatile("out %%al, $0x80" : : : "eax"));
    FAULT("mov to cr0", __asm__ volatile("mov %%rax, %%cr0" : : : "memory"));
    FAULT("wrmsr", __asm__ volatile("wrmsr"));
    FAULT("int 5", __asm__ volatile("int $5"));
    FAULT("int 0x81", __asm__ volatile("int $0x81"));
    FAULT("int 4", __asm__ volatile("int $4"));
    FAULT("int 13", __asm__ volatile("int $13"));
    FAULT("bad segment", __asm__ volatile("mov %0, %%ds" : : "r"(0x1234)));

    say("int3\n");
    catch_info(SIGTRAP, breakpoint, 0);
    __asm__ volatile("int3\nafter_int3:");
    say("single step\n");
    single_step();

    int fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(fd, 100));
    char *file = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    MUST((long)file);
    fault_base = file;
    FAULT("the end of the file's last page", file[4095] = 1);
    FAULT("the page after the file", file[4096] = 1);
    FAULT("read there", (void)*(volatile char *)(file + 2 * PAGE + 5));
    MUST(ftruncate(fd, 2 * PAGE));
    FAULT("after the file has grown", file[4096] = 1);
    MUST(ftruncate(fd, 0));
    FAULT("after it has shrunk", (void)*(volatile char *)file);
    return 0;
}
