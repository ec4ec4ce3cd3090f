/*
 * os_linux.c - the threads of Ms, hosted (pthread_create) and bare (the clone
 * stub), and the clock.
 *
 * A bare thread gets a mapping with, from below: guard page, stack, the static
 * TLS block that the compiler's code expects below FS, and a thread control block
 * of which only the self pointer and the stack protector's word are filled in.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "internal.h"
#include "os.h"
#include "sanitizer.h"

#define PAGE         4096u
#define TCB_SIZE     4096u /* more than glibc's struct pthread */
#define SIGSET_BYTES 8

__thread struct rt_m *rt_current_m __attribute__((tls_model("initial-exec")));

int64_t rt_now(void)
{
    struct timespec t;
    struct rt_m *m = current_m();
    if (unlikely(m && m->sched->cfg.mode == RT_BARE))
        os_call3(SYS_clock_gettime, CLOCK_MONOTONIC, &t, 0);
    else
        clock_gettime(CLOCK_MONOTONIC, &t); /* vdso; cannot fail, so errno stays */
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* The body of every M's thread, on its own stack with all signals blocked. */
static void m_main(struct rt_m *m)
{
    rt_current_m = m;
    sanitizer_new_m(m);
    interrupt_thread_start(m);
    m_loop(m);
    interrupt_thread_end(m);
    rt_current_m = NULL;
    m_recycle(m);
}

static void *hosted_main(void *arg)
{
    struct rt_m *m = arg;
    struct rt_sched *s = m->sched;
    m->procid = os_call1(SYS_gettid, 0);
#ifdef RT_ASAN
    pthread_attr_t attr;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstack(&attr, &low, &size);
        pthread_attr_destroy(&attr);
    }
    m->g0_lo = (uintptr_t)low;
    m->g0_hi = (uintptr_t)low + size;
#endif
    m_main(m);
    sched_unref(s);
    return NULL;
}

static int hosted_start(struct rt_m *m)
{
    pthread_t thread;
    pthread_attr_t attr;
    int error = pthread_attr_init(&attr);
    if (error)
        return -error;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    error = pthread_attr_setstacksize(&attr, m->sched->cfg.system_stack_size);
    if (!error)
        error = pthread_create(&thread, &attr, hosted_main, m);
    pthread_attr_destroy(&attr);
    return -error;
}

static void bare_main(struct rt_m *m)
{
    struct rt_sched *s = m->sched;
    void *map = m->bare_map;
    size_t size = m->bare_map_size;
    m_main(m);
    sched_unref(s);
    rt_exit_thread(map, size);
}

/* Bytes of TLS below FS that the code of this process uses, as far as the runtime
 * needs it: down to rt_current_m and to a page below. */
static size_t tls_below(void)
{
    uintptr_t fs;
    __asm__("movq %%fs:0, %0" : "=r"(fs));
    return (fs - (uintptr_t)&rt_current_m + 2 * PAGE - 1) & ~(size_t)(PAGE - 1);
}

static int bare_start(struct rt_m *m)
{
    size_t below = tls_below(), stack = m->sched->cfg.system_stack_size;
    size_t size = PAGE + stack + below + TCB_SIZE;
    long at = os_map(size, PROT_READ | PROT_WRITE, MAP_NORESERVE | MAP_STACK);
    if (os_is_error(at))
        return (int)at;
    os_call3(SYS_mprotect, at, PAGE, PROT_NONE);
    m->bare_map = (void *)at;
    m->bare_map_size = size;
    m->g0_lo = (uintptr_t)at + PAGE;
    m->g0_hi = m->g0_lo + stack;
    m->tls = m->g0_hi + below;
    uintptr_t guard;
    __asm__("movq %%fs:0x28, %0" : "=r"(guard));
    uintptr_t *tcb = (uintptr_t *)m->tls;
    tcb[0] = m->tls; /* the self pointer */
    tcb[2] = m->tls; /* glibc's second one */
    tcb[5] = guard;  /* the stack protector's word, fs:0x28 */
    long tid =
        rt_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_THREAD,
                 (void *)m->g0_hi, m, NULL, bare_main);
    if (os_is_error(tid)) {
        os_unmap((void *)at, size);
        return (int)tid;
    }
    return 0;
}

/* Makes the thread that runs m. All signals are blocked round it, so that the
 * child begins with none that it is not ready for. 0 or -errno. */
int os_thread_start(struct rt_m *m)
{
    uint64_t all = ~0ull, old;
    os_call4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, SIGSET_BYTES);
    m->start_mask = old;
    int error = m->sched->cfg.mode == RT_BARE ? bare_start(m) : hosted_start(m);
    os_call4(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, SIGSET_BYTES);
    return error;
}
