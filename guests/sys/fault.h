/*
 * What guests about faults share: running one faulting instruction and printing what the handler
 * was told, with addresses shown relative to known ones.
 * Include after child.h.
 */
#ifndef GUEST_FAULT_H
#define GUEST_FAULT_H

#include "child.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf fault_escape;
static char *fault_base; /* si_addr is shown relative to this */

static void fault_handler(int signo, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    char address[32];
    if (info->si_addr == NULL)
        snprintf(address, sizeof address, "none");
    else if ((char *)info->si_addr == (char *)registers[REG_RIP])
        snprintf(address, sizeof address, "rip");
    else
        snprintf(address, sizeof address, "base%+ld", (long)((char *)info->si_addr - fault_base));
    say("  %s code %d addr %s trapno %lld err %#llx\n", signal_name(signo), info->si_code, address,
        registers[REG_TRAPNO], registers[REG_ERR]);
    if (registers[REG_TRAPNO] == 14 && registers[REG_CR2] != (greg_t)info->si_addr)
        say("  cr2 differs\n");
    siglongjmp(fault_escape, 1);
}

/* Installs the handler for every fault signal, with further flags. */
static inline void catch_faults(int flags)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        catch_info(signals[i], fault_handler, SA_NODEFER | flags);
}

/* Runs the statement, which faults or not. */
#define FAULT(label, statement)                                                                    \
    do {                                                                                           \
        say("%s\n", label);                                                                        \
        if (sigsetjmp(fault_escape, 1) == 0) {                                                     \
            statement;                                                                             \
            say("  no fault\n");                                                                   \
        }                                                                                          \
    } while (0)

#endif
