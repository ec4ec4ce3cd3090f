/*
 * interrupt.c - making one G's system call return -EINTR.
 *
 * The request is a flag that the stub tests just before SYSCALL; a signal to the
 * thread covers a call that is under way. Between the test and SYSCALL the signal
 * handler sees the program counter in the stub's window and moves it to the way
 * out. So the request cannot come too late to be seen and too early to be felt.
 *
 * The signal must not hit the next call on the same thread, nor the next interruptible
 * call of the same G. One word, rt_g.intr, holds the request and tells the sides of each
 * other: the G sets INSIDE before the stub; a sender, in the step that makes the request,
 * takes INSIDE to SENDING and then is the one that signals, and to SENT when the kernel
 * has the signal. The G, leaving, waits for a sender to finish and for the handler to
 * have run, so that no signal of this call is pending afterwards. (With request and state
 * in two words the model in tests/model/interrupt.pml finds a sender that makes its
 * request to one call and signals the next.)
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
        long at = os_map(ALT_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_NORESERVE);
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
    os_unmap(m->alt_stack, ALT_STACK_SIZE);
    m->alt_stack = NULL;
}

void interrupt_leave(struct rt_m *m, struct rt_g *g, uint32_t seen)
{
    uint32_t word = load_relaxed(&g->intr);
    while ((word & INTR_STATE) == INTR_INSIDE) {
        if (atomic_compare_exchange_weak(&g->intr, &word, word & ~INTR_STATE))
            return;
    }
    /* A sender was faster. */
    while ((atomic_load(&g->intr) & INTR_STATE) != INTR_SENT)
        os_yield();
    /* The signal is pending for this thread, or handled: at the latest on the way back
     * from a system call. */
    while (load_acquire(&m->signals_seen) == seen)
        os_yield();
    atomic_fetch_and(&g->intr, ~(uint32_t)INTR_STATE);
}

bool rt_interrupt(rt_g *g)
{
    struct rt_sched *s = g->sched;
    uint32_t word = atomic_load(&g->intr), to;
    atomic_fetch_add_explicit(&s->interrupts, 1, memory_order_relaxed);
    do {
        to = word | INTR_REQUEST;
        if ((word & INTR_STATE) == INTR_INSIDE)
            to += INTR_SENDING - INTR_INSIDE;
    } while (!atomic_compare_exchange_weak(&g->intr, &word, to));
    if ((to & INTR_STATE) == INTR_OUTSIDE)
        return slot_interrupt(g);
    if ((word & INTR_STATE) == INTR_INSIDE) {
        os_call3(SYS_tgkill, os_call1(SYS_getpid, 0), g->m->procid, s->cfg.signal);
        atomic_fetch_add(&g->intr, INTR_SENT - INTR_SENDING);
    }
    return true;
}

bool rt_interrupt_clear(void)
{
    struct rt_g *g = rt_self();
    RT_CHECK(g, "rt_interrupt_clear outside a G");
    return interrupt_requested(g) && (atomic_fetch_and(&g->intr, ~(uint32_t)INTR_REQUEST) & 1);
}

bool rt_interrupt_pending(void)
{
    struct rt_g *g = rt_self();
    RT_CHECK(g, "rt_interrupt_pending outside a G");
    return interrupt_requested(g);
}
