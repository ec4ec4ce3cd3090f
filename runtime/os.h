/*
 * os.h - the kernel calls that the runtime makes for itself. They never enter or
 * exit, touch no errno and take no lock. Included by runtime/ alone.
 */
#ifndef RT_OS_H
#define RT_OS_H

#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

static inline long os_call6(long nr, long a1, long a2, long a3, long a4, long a5, long a6)
{
    long result;
    register long r10 __asm__("r10") = a4;
    register long r8 __asm__("r8") = a5;
    register long r9 __asm__("r9") = a6;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(nr), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#define os_call4(nr, a1, a2, a3, a4)                                                               \
    os_call6(nr, (long)(a1), (long)(a2), (long)(a3), (long)(a4), 0, 0)
#define os_call3(nr, a1, a2, a3) os_call4(nr, a1, a2, a3, 0)
#define os_call1(nr, a1)         os_call4(nr, a1, 0, 0, 0)
#define os_is_error(result)      ((unsigned long)(result) >= -4095ul)

/* Sleeps while *word == value; ns < 0: for ever. May return early. */
static inline void os_futex_wait(const void *word, uint32_t value, int64_t ns)
{
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    os_call4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, ns < 0 ? NULL : &t);
}

static inline void os_futex_wake(const void *word, uint32_t n)
{
    os_call3(SYS_futex, word, FUTEX_WAKE_PRIVATE, n);
}

/* Private anonymous memory, or -errno. TSan has to see where memory begins and ends: it takes
 * a new mapping in the place of an old one for the same memory otherwise. */
static inline long os_map(size_t size, int protection, int flags)
{
#ifdef RT_TSAN
    void *at = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return at == MAP_FAILED ? -errno : (long)at;
#else
    return os_call6(SYS_mmap, 0, (long)size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1,
                    0);
#endif
}

static inline void os_unmap(void *at, size_t size)
{
#ifdef RT_TSAN
    munmap(at, size);
#else
    os_call3(SYS_munmap, at, size, 0);
#endif
}

static inline void os_yield(void)
{
    os_call1(SYS_sched_yield, 0);
}

#endif
