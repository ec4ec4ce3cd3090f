// calls: rt_sigreturn
/* The frame of a handler: every register is in the context, and what the handler writes there is
 * what the program goes on with. */
#include "child.h"
#include <ucontext.h>

/* Loads a number into each register but RSP, executes an illegal instruction (the handler steps
 * over it) and stores all registers and flags. */
uint64_t stored[17]; /* named by the assembly */
void all_registers(void);
__asm__(".text\n"
        ".globl all_registers\n"
        "all_registers:\n"
        "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
        "push $0x8d5\n popf\n" /* carry, parity, adjust, zero, sign, overflow */
        "mov $0x1100000000000011, %rax\n mov $0x1200000000000012, %rbx\n"
        "mov $0x1300000000000013, %rcx\n mov $0x1400000000000014, %rdx\n"
        "mov $0x1500000000000015, %rsi\n mov $0x1600000000000016, %rdi\n"
        "mov $0x1700000000000017, %rbp\n mov $0x1800000000000018, %r8\n"
        "mov $0x1900000000000019, %r9\n mov $0x1a0000000000001a, %r10\n"
        "mov $0x1b0000000000001b, %r11\n mov $0x1c0000000000001c, %r12\n"
        "mov $0x1d0000000000001d, %r13\n mov $0x1e0000000000001e, %r14\n"
        "mov $0x1f0000000000001f, %r15\n"
        ".globl illegal\n"
        "illegal: ud2\n"
        "mov %rax, stored\n mov %rbx, stored+8\n mov %rcx, stored+16\n mov %rdx, stored+24\n"
        "mov %rsi, stored+32\n mov %rdi, stored+40\n mov %rbp, stored+48\n mov %r8, stored+56\n"
        "mov %r9, stored+64\n mov %r10, stored+72\n mov %r11, stored+80\n mov %r12, stored+88\n"
        "mov %r13, stored+96\n mov %r14, stored+104\n mov %r15, stored+112\n"
        "mov %rsp, stored+128\n"
        "pushf\n pop stored+120\n"
        "push $2\n popf\n"
        "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
        "ret\n");
extern const char illegal[];

static const int order[15] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_R8,
                              REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
static bool change;
static uint64_t stack_seen;

static void handler(int signo, siginfo_t *info, void *context)
{
    ucontext_t *user = context;
    greg_t *registers = user->uc_mcontext.gregs;
    say("%s code %d, at the instruction: %d, si_addr too: %d\n", signal_name(signo), info->si_code,
        registers[REG_RIP] == (greg_t)illegal, info->si_addr == (void *)illegal);
    for (int i = 0; i < 15; i++)
        say(" %llx", registers[order[i]]);
    say("\nflags %#llx cs %#llx ss %#llx trapno %lld err %lld\n", registers[REG_EFL] & 0xfd5,
        registers[REG_CSGSFS] & 0xffff, (registers[REG_CSGSFS] >> 48) & 0xffff,
        registers[REG_TRAPNO], registers[REG_ERR]);
    say("uc_flags %#lx uc_link %d, frame 16-aligned: %d, below the red zone: %d\n",
        user->uc_flags & 6, user->uc_link != NULL,
        ((uintptr_t)__builtin_frame_address(0) & 15) == 0,
        (uintptr_t)context < (uintptr_t)registers[REG_RSP] - 128);
    stack_seen = (uint64_t)registers[REG_RSP];
    registers[REG_RIP] += 2;
    if (change) {
        for (int i = 0; i < 15; i++)
            registers[order[i]] += i;
        registers[REG_EFL] ^= 0x8d5;
    }
}

static void run(void)
{
    all_registers();
    for (int i = 0; i < 15; i++)
        say(" %lx", (unsigned long)stored[i]);
    say("\nflags %#lx, same stack: %d\n", (unsigned long)stored[15] & 0xfd5,
        stored[16] == stack_seen);
}

static void diverted(int signo)
{
    (void)signo;
    say("went on elsewhere\n");
    _exit(4);
}

static void divert(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)info;
    ucontext_t *user = context;
    user->uc_mcontext.gregs[REG_RIP] = (greg_t)diverted;
    user->uc_mcontext.gregs[REG_RSP] = ((user->uc_mcontext.gregs[REG_RSP] - 256) & ~15LL) - 8;
    sigaddset(&user->uc_sigmask, SIGUSR2);
    sigdelset(&user->uc_sigmask, SIGTERM);
}

static void mask_writer(int signo, siginfo_t *info, void *context)
{
    (void)info;
    ucontext_t *user = context;
    sigset_t now;
    MUST(sigprocmask(SIG_SETMASK, NULL, &now));
    say("interrupted mask: SIGTERM %d, own %d; in the handler: SIGTERM %d, own %d\n",
        sigismember(&user->uc_sigmask, SIGTERM), sigismember(&user->uc_sigmask, signo),
        sigismember(&now, SIGTERM), sigismember(&now, signo));
    sigaddset(&user->uc_sigmask, SIGUSR2);
    sigaddset(&user->uc_sigmask, SIGKILL);
    sigdelset(&user->uc_sigmask, SIGTERM);
}

static void diversion(void)
{
    catch_info(SIGUSR1, divert, 0);
    raise(SIGUSR1);
    say("not reached\n");
}

int main(void)
{
    catch_info(SIGILL, handler, 0);
    run();
    change = true;
    run();

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    MUST(sigprocmask(SIG_SETMASK, &set, NULL));
    catch_info(SIGUSR1, mask_writer, 0);
    SHOW(kill(getpid(), SIGUSR1));
    MUST(sigprocmask(SIG_SETMASK, NULL, &set));
    say("after: SIGUSR2 %d, SIGTERM %d, SIGKILL %d, SIGUSR1 %d\n", sigismember(&set, SIGUSR2),
        sigismember(&set, SIGTERM), sigismember(&set, SIGKILL), sigismember(&set, SIGUSR1));
    show_child("diversion", diversion);
    return 0;
}
