// calls: rt_sigaction rt_sigprocmask
/* Faults that nobody can handle: blocked, ignored, inside the handler, no stack, no handler. */
#include "child.h"

static void fault(void)
{
    *(volatile char *)BAD_POINTER = 1;
}

static void block(int signo)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signo);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
}

static void handler(int signo)
{
    say("in the handler of %s\n", signal_name(signo));
    fault();
}

static void innocent(int signo)
{
    say("%s caught\n", signal_name(signo));
    _exit(1);
}

static void faulting_handler(void)
{
    catch_signal(SIGSEGV, handler, 0);
    fault();
}

static void blocked_fault(void)
{
    catch_signal(SIGSEGV, innocent, 0);
    block(SIGSEGV);
    fault();
}

static void ignored_fault(void)
{
    catch_signal(SIGSEGV, SIG_IGN, 0);
    fault();
}

static void ignored_illegal(void)
{
    catch_signal(SIGILL, SIG_IGN, 0);
    block(SIGILL);
    __asm__ volatile("ud2");
}

static void blocked_divide(void)
{
    block(SIGFPE);
    __asm__ volatile("xor %%ecx, %%ecx\n\tdiv %%ecx" : : : "eax", "ecx", "edx");
}

/* Sent by kill(2) a blocked SIGSEGV simply waits. */
static void blocked_kill(void)
{
    block(SIGSEGV);
    MUST(kill(getpid(), SIGSEGV));
    say("still here\n");
}

static void ignored_kill(void)
{
    catch_signal(SIGSEGV, SIG_IGN, 0);
    MUST(kill(getpid(), SIGSEGV));
    say("still here\n");
}

/* The handler's frame does not fit on the stack. */
static void no_stack(void)
{
    catch_signal(SIGUSR1, innocent, 0);
    __asm__ volatile("mov %0, %%rsp\n\tsyscall"
                     :
                     : "r"(BAD_POINTER), "a"((long)SYS_kill), "D"((long)getpid()),
                       "S"((long)SIGUSR1));
}

static char alternate[65536];

/* The same with a handler for the SIGSEGV that comes of it. */
static void no_stack_but_another(void)
{
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    MUST(sigaltstack(&stack, NULL));
    catch_signal(SIGSEGV, innocent, SA_ONSTACK);
    no_stack();
}

static void overflow(void);
static void (*volatile deeper)(void) = overflow;

static void overflow(void)
{
    volatile char block[65536];
    block[0] = 1;
    deeper();
    block[1] = block[0];
}

static void no_handler(void)
{
    catch_signal(SIGSEGV, innocent, 0);
    catch_signal(SIGUSR1, (void (*)(int))BAD_POINTER, 0);
    MUST(kill(getpid(), SIGUSR1));
}

static void no_segv_handler(void)
{
    catch_signal(SIGSEGV, (void (*)(int))BAD_POINTER, SA_NODEFER);
    MUST(kill(getpid(), SIGSEGV));
}

static void reset_handler(void)
{
    catch_signal(SIGSEGV, handler, SA_RESETHAND);
    fault();
}

/* A restorer that is not there: the handler returns to nowhere. */
static void empty_handler(int signo)
{
    (void)signo;
}

static void no_restorer(void)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } action = {.handler = empty_handler, .flags = 0x04000000, .restorer = NULL};
    catch_signal(SIGSEGV, innocent, 0);
    MUST(RAW(rt_sigaction, SIGUSR1, &action, NULL, 8L));
    MUST(RAW(kill, getpid(), SIGUSR1));
}

int main(void)
{
    show_child("fault in the handler", faulting_handler);
    show_child("blocked fault", blocked_fault);
    show_child("ignored fault", ignored_fault);
    show_child("ignored and blocked ud2", ignored_illegal);
    show_child("blocked divide", blocked_divide);
    show_child("blocked kill", blocked_kill);
    show_child("ignored kill", ignored_kill);
    show_child("no stack", no_stack);
    show_child("no stack but another", no_stack_but_another);
    show_child("stack overflow", overflow);
    show_child("no handler", no_handler);
    show_child("no SIGSEGV handler", no_segv_handler);
    show_child("handler used once", reset_handler);
    show_child("no restorer", no_restorer);
    return 0;
}
