// calls: sigaltstack
/* The alternate stack: checks, states, use by handlers, SS_AUTODISARM, inheritance. */
#include "child.h"
#include <ucontext.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char memory[2][65536] __attribute__((aligned(16)));

static bool on(const char *stack)
{
    char here;
    return &here >= stack && &here < stack + 65536;
}

static void show_stack(const char *label)
{
    stack_t now;
    MUST(RAW(sigaltstack, NULL, &now));
    say("%s: on first %d, second %d; flags %#x, size %zu, first %d\n", label, on(memory[0]),
        on(memory[1]), (unsigned)now.ss_flags, now.ss_size, now.ss_sp == memory[0]);
}

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)info;
    const ucontext_t *user = context;
    show_stack(signal_name(signo));
    say("  uc_stack: flags %#x, size %zu, first %d\n", (unsigned)user->uc_stack.ss_flags,
        user->uc_stack.ss_size, user->uc_stack.ss_sp == memory[0]);
    stack_t other = {.ss_sp = memory[1], .ss_size = sizeof memory[1]};
    SHOW(RAW(sigaltstack, &other, NULL));
}

static void nested(int signo)
{
    show_stack(signal_name(signo));
    if (signo == SIGUSR1)
        raise(SIGUSR2);
}

static void inherited(void)
{
    show_stack("child");
}

/* A stack that is not there kills the process when a handler needs it. */
static void no_memory(void)
{
    stack_t nowhere = {.ss_sp = BAD_POINTER, .ss_size = 65536};
    SHOW(RAW(sigaltstack, &nowhere, NULL));
    catch_signal(SIGUSR1, nested, SA_ONSTACK);
    raise(SIGUSR1);
}

static long set(void *base, unsigned int flags, size_t size)
{
    stack_t stack = {.ss_sp = base, .ss_flags = (int)flags, .ss_size = size};
    return RAW(sigaltstack, &stack, NULL);
}

int main(void)
{
    show_stack("at first");
    SHOW(set(memory[0], 0, 2047));
    SHOW(set(memory[0], 0, 0));
    SHOW(set(memory[0], 4, 65536));
    SHOW(set(memory[0], SS_ONSTACK | SS_DISABLE, 65536));
    SHOW(set(memory[0], SS_AUTODISARM | 4, 65536));
    SHOW(RAW(sigaltstack, BAD_POINTER, NULL));
    SHOW(RAW(sigaltstack, NULL, BAD_POINTER));
    SHOW(RAW(sigaltstack, NULL, NULL));
    SHOW(set(memory[0], SS_ONSTACK, 65536));
    show_stack("SS_ONSTACK");
    SHOW(set(memory[0], SS_DISABLE, 5));
    show_stack("SS_DISABLE");
    SHOW(set(NULL, 0, 65536));
    SHOW(set(memory[0], 0, 65536));

    catch_info(SIGUSR1, handler, SA_ONSTACK);
    raise(SIGUSR1);
    show_stack("after the handler");
    catch_info(SIGUSR1, handler, 0);
    raise(SIGUSR1);
    show_stack("after a handler on the usual stack");

    SHOW(set(memory[0], 0, 65536));
    catch_signal(SIGUSR1, nested, SA_ONSTACK);
    catch_signal(SIGUSR2, nested, SA_ONSTACK);
    raise(SIGUSR1);
    show_child("fork", inherited);

    SHOW(set(memory[0], SS_AUTODISARM, 65536));
    show_stack("SS_AUTODISARM");
    catch_info(SIGUSR1, handler, SA_ONSTACK);
    raise(SIGUSR1);
    show_stack("after the handler");
    show_child("no memory", no_memory);
    return 0;
}
