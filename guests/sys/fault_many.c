// calls: rt_sigaction rt_sigreturn mprotect
/* Ten thousand faults in a row, by every way a handler can go on: stepping over the instruction,
 * mending the page, jumping out. */
#include "child.h"
#include <setjmp.h>
#include <ucontext.h>

static volatile long faults;
static char *page;
static sigjmp_buf escape;

static void step_over(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    ucontext_t *user = context;
    faults += info->si_addr == page + 8;
    user->uc_mcontext.gregs[REG_RIP] += 3; /* movb %al, (%rdi) is two bytes and a nop follows */
}

static void mend(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)context;
    faults += info->si_addr == page + 8;
    mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void jump_out(int signo)
{
    (void)signo;
    faults++;
    siglongjmp(escape, 1);
}

static void illegal(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)info;
    faults++;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static inline void touch(void)
{
    __asm__ volatile("movb %%al, (%0)\n\tnop" : : "D"(page + 8), "a"(1) : "memory");
}

int main(void)
{
    page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)page);
    catch_info(SIGSEGV, step_over, 0);
    for (int i = 0; i < 10000; i++)
        touch();
    say("stepped over %ld\n", faults);

    faults = 0;
    catch_info(SIGSEGV, mend, 0);
    for (int i = 0; i < 2000; i++) {
        touch();
        mprotect(page, PAGE, PROT_READ);
    }
    say("mended %ld\n", faults);

    faults = 0;
    catch_signal(SIGSEGV, jump_out, 0);
    for (volatile int i = 0; i < 2000; i++)
        if (sigsetjmp(escape, 1) == 0)
            touch();
    say("jumped out of %ld\n", faults);

    faults = 0;
    catch_info(SIGILL, illegal, 0);
    catch_info(SIGFPE, illegal, 0);
    for (int i = 0; i < 2000; i++) {
        __asm__ volatile("ud2");
        __asm__ volatile("xor %%ecx, %%ecx\n\txor %%edx, %%edx\n\tdiv %%ecx"
                         :
                         :
                         : "eax", "ecx", "edx");
    }
    say("illegal and divided %ld\n", faults);
    return 0;
}
