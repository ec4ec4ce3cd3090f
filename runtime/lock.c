/*
 * lock.c - the locks and notes of the runtime itself, by futex. They stop the
 * thread, not the G, and are held for a few instructions only.
 */
#include "internal.h"
#include "os.h"

enum { UNLOCKED, LOCKED, LOCKED_WITH_SLEEPERS };

static void wait_word(_Atomic(uint32_t) *word, uint32_t value, int64_t ns)
{
    if (!rt_window(WINDOW_FUTEX_WAIT))
        os_futex_wait(word, value, ns);
}

static void count_lock(int by)
{
#ifdef RT_DEBUG
    struct rt_m *m = current_m();
    if (m)
        m->locks += (uint32_t)by;
#else
    (void)by;
#endif
}

static bool try_lock(struct rt_spin *l, uint32_t to)
{
    uint32_t free = UNLOCKED;
    return atomic_compare_exchange_strong_explicit(&l->key, &free, to, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* Spinning pays only where the holder can run meanwhile. */
static __attribute__((noinline)) void lock_slow(struct rt_spin *l)
{
    static _Atomic(uint32_t) ncpu;
    if (load_relaxed(&ncpu) == 0) {
        unsigned long mask[16] = {0};
        long bytes = os_call3(SYS_sched_getaffinity, 0, sizeof mask, mask);
        uint32_t n = 0;
        for (long i = 0; i * (long)sizeof mask[0] < bytes; i++)
            n += (uint32_t)__builtin_popcountl(mask[i]);
        store_relaxed(&ncpu, n ? n : 1);
    }
    for (int i = 0; load_relaxed(&ncpu) > 1 && i < 4; i++) {
        for (int k = 0; k < 30; k++)
            __builtin_ia32_pause();
        if (load_relaxed(&l->key) == UNLOCKED && try_lock(l, LOCKED))
            return;
    }
    os_yield();
    while (atomic_exchange_explicit(&l->key, LOCKED_WITH_SLEEPERS, memory_order_acquire) !=
           UNLOCKED)
        wait_word(&l->key, LOCKED_WITH_SLEEPERS, -1);
}

void rt_spin_lock(struct rt_spin *l)
{
    count_lock(1);
    if (unlikely(!try_lock(l, LOCKED)))
        lock_slow(l);
}

void rt_spin_unlock(struct rt_spin *l)
{
    uint32_t old = atomic_exchange_explicit(&l->key, UNLOCKED, memory_order_release);
    RT_CHECK(old != UNLOCKED, "unlock of a lock that is not locked");
    if (unlikely(old == LOCKED_WITH_SLEEPERS))
        os_futex_wake(&l->key, 1);
    count_lock(-1);
}

void rt_note_clear(struct rt_note *n)
{
    store_relaxed(&n->key, 0);
}

void rt_note_wake(struct rt_note *n)
{
    (void)rt_window(WINDOW_BEFORE_WAKE);
    uint32_t old = atomic_exchange_explicit(&n->key, 1, memory_order_release);
    RT_CHECK(old == 0, "a note is woken twice");
    os_futex_wake(&n->key, 1);
}

void rt_note_sleep(struct rt_note *n)
{
    while (load_acquire(&n->key) == 0)
        wait_word(&n->key, 0, -1);
}

bool rt_note_sleep_for(struct rt_note *n, int64_t ns)
{
    int64_t end = rt_now() + ns;
    while (load_acquire(&n->key) == 0) {
        int64_t left = end - rt_now();
        if (left <= 0)
            return false;
        wait_word(&n->key, 0, left);
    }
    return true;
}
