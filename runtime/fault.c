/*
 * fault.c - see fault.h. Empty without RT_FAULTS.
 */
#ifdef RT_FAULTS
#include "internal.h"
#include "os.h"

uint32_t rt_fault_rate[WINDOWS];
_Atomic(uint64_t) rt_fault_hits[WINDOWS];

static uint32_t random32(void)
{
    static _Atomic(uint64_t) state = 88172645463325252u;
    uint64_t x = atomic_fetch_add(&state, 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(x >> 32);
}

/* Of a length that may be short of, or longer than, what others do meanwhile. */
static void pause_for_a_while(uint32_t random)
{
    uint32_t never = 0;
    switch (random % 4) {
    case 0:
    case 1:
        for (uint32_t i = random / 4 % 3000; i > 0; i--)
            __builtin_ia32_pause();
        break;
    case 2:
        os_yield();
        break;
    default:
        os_futex_wait(&never, 0, random / 4 % 100000);
        break;
    }
}

bool rt_window(enum rt_window w)
{
    uint32_t rate = rt_fault_rate[w];
    if (rate == 0 || random32() % 1024 >= rate)
        return false;
    atomic_fetch_add_explicit(&rt_fault_hits[w], 1, memory_order_relaxed);
    if (w < WINDOWS_THAT_PAUSE) {
        pause_for_a_while(random32());
        return false;
    }
    return true;
}
#else
typedef int rt_fault_is_empty;
#endif
