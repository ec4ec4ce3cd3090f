/*
 * interrupt.c - making one G's system call return -EINTR.
 *
 * The request is a flag that the stub tests just before SYSCALL; a signal to the
 * thread covers a call that is under way. Between the test and SYSCALL the signal
 * handler sees the program counter in the stub's window and moves it to the way
 * out. So the request cannot come too late to be seen and too early to be felt.
 *
 * The signal must not hit the next call on the same thread. intr_state tells the
 * sides of each other: INSIDE is set by the G before the stub, taken to SENDING by
 * the one sender that signals, and to SENT when the kernel has the signal. The G,
 * leaving, waits for a sender to finish and for the handler to have run, so that no
 * signal of this call is pending afterwards.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "internal.h"
#include "os.h"

#define ALT_STACK_SIZE (32u << 10)
#define SIGSET_BYTES   8
#define SA_RESTORER    0x04000000

/* As rt_sigaction takes it. */
struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static __attribute__((no_sanitize("thread", "address"))) void on_signal(int signal, siginfo_t *info,
                                                                        void *context)
{
    ucontext_t *uc = context;
    uintptr_t pc = (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
    struct rt_m *m = current_m();
    (void)signal;
    (void)info;
    if (pc >= (uintptr_t)rt_interruptible_begin && pc < (uintptr_t)rt_interruptible_end)
        uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)rt_interruptible_abort;
    if (m)
        atomic_fetch_add_explicit(&m->signals_seen, 1, memory_order_release);
}

int interrupt_setup(struct rt_sched *s)
{
    struct kernel_sigaction action = {
        .handler = on_signal,
        .flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER, /* no SA_RESTART: the call ends */
        .restorer = rt_sigreturn,
    };
    s->old_action = rt_alloc(s, sizeof *s->old_action);
    if (!s->old_action)
        return -ENOMEM;
    return (int)os_call4(SYS_rt_sigaction, s->cfg.signal, &action, s->old_action, SIGSET_BYTES);
}

void interrupt_teardown(struct rt_sched *s)
{
    os_call4(SYS_rt_sigaction, s->cfg.signal, s->old_action, NULL, SIGSET_BYTES);
}

/* The alternate stack, if the thread has none, and the mask: what its maker had,
 * our signal open. */
void interrupt_thread_start(struct rt_m *m)
{
    stack_t now = {0};
    os_call3(SYS_sigaltstack, NULL, &now, 0);
    if (now.ss_flags & SS_DISABLE) {
        long at = os_call6(SYS_mmap, 0, ALT_STACK_SIZE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        m->alt_stack = os_is_error(at) ? NULL : (void *)at;
    }
    if (m->alt_stack) {
        stack_t stack = {.ss_sp = m->alt_stack, .ss_size = ALT_STACK_SIZE};
        os_call3(SYS_sigaltstack, &stack, NULL, 0);
    }
    uint64_t mask = m->start_mask & ~(1ull << (m->sched->cfg.signal - 1));
    os_call4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SIGSET_BYTES);
}

void interrupt_thread_end(struct rt_m *m)
{
    uint64_t all = ~0ull;
    os_call4(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, SIGSET_BYTES);
    if (!m->alt_stack)
        return;
    stack_t none = {.ss_flags = SS_DISABLE};
    os_call3(SYS_sigaltstack, &none, NULL, 0);
    os_call3(SYS_munmap, m->alt_stack, ALT_STACK_SIZE, 0);
    m->alt_stack = NULL;
}

/* The G left the stub and finds that a sender was faster. */
void interrupt_drain(struct rt_m *m, struct rt_g *g, uint32_t seen)
{
    while (load_acquire(&g->intr_state) != INTR_SENT)
        os_yield();
    /* It is pending for this thread or handled: at the latest when this returns. */
    while (load_acquire(&m->signals_seen) == seen)
        os_yield();
    atomic_store(&g->intr_state, INTR_OUTSIDE);
}

bool rt_interrupt(rt_g *g)
{
    struct rt_sched *s = g->sched;
    uint32_t inside = INTR_INSIDE;
    atomic_exchange(&g->intr_request, 1);
    atomic_fetch_add_explicit(&s->interrupts, 1, memory_order_relaxed);
    if (slot_interrupt(g))
        return true;
    if (!atomic_compare_exchange_strong(&g->intr_state, &inside, INTR_SENDING))
        return inside != INTR_OUTSIDE;
    long pid = os_call1(SYS_getpid, 0);
    os_call3(SYS_tgkill, pid, g->m->procid, s->cfg.signal);
    atomic_store(&g->intr_state, INTR_SENT);
    return true;
}

bool rt_interrupt_clear(void)
{
    struct rt_g *g = rt_self();
    RT_CHECK(g, "rt_interrupt_clear outside a G");
    return load_relaxed(&g->intr_request) && atomic_exchange(&g->intr_request, 0);
}

bool rt_interrupt_pending(void)
{
    struct rt_g *g = rt_self();
    RT_CHECK(g, "rt_interrupt_pending outside a G");
    return load_relaxed(&g->intr_request) != 0;
}
