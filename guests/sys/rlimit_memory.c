// calls: setrlimit mmap brk
// needs: namespaces
/* RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK and RLIMIT_MEMLOCK. */
#include "child.h"
#include <alloca.h>
#include <sys/resource.h>

static void set(int resource, rlim_t soft)
{
    struct rlimit limit;
    MUST(getrlimit(resource, &limit));
    limit.rlim_cur = soft;
    MUST(setrlimit(resource, &limit));
}

static long map(size_t length, int protection, int flags)
{
    return (long)mmap(NULL, length, protection, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void address_space(void)
{
    set(RLIMIT_AS, 256UL << 20);
    SHOW_OK(map(64UL << 20, PROT_READ | PROT_WRITE, 0));
    SHOW_OK(map(256UL << 20, PROT_READ | PROT_WRITE, 0));
    SHOW_OK(map(256UL << 20, PROT_NONE, MAP_NORESERVE));
    char *block = (char *)map(64UL << 20, PROT_READ | PROT_WRITE, 0);
    MUST((long)block);
    SHOW_OK(mremap(block, 64UL << 20, 250UL << 20, MREMAP_MAYMOVE));
    SHOW_OK(map(100UL << 20, PROT_READ | PROT_WRITE, 0));
    SHOW(munmap(block, 64UL << 20));
    SHOW_OK(map(100UL << 20, PROT_READ | PROT_WRITE, 0));
    /* Replacing a mapping by one of its length needs nothing more. */
    block = (char *)map(60UL << 20, PROT_READ, 0);
    MUST((long)block);
    SHOW_OK(mmap(block, 60UL << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    long now = RAW(brk, 0L);
    say("brk did not move: %d\n", RAW(brk, now + (200L << 20)) == now);
    say("brk moved: %d\n", RAW(brk, now + 4096) == now + 4096);
}

static void data_segment(void)
{
    set(RLIMIT_DATA, 16UL << 20);
    long now = RAW(brk, 0L);
    say("brk did not move: %d\n", RAW(brk, now + (32L << 20)) == now);
    say("brk moved: %d\n", RAW(brk, now + (1L << 20)) == now + (1L << 20));
    SHOW_OK(map(32UL << 20, PROT_READ | PROT_WRITE, 0));
    SHOW_OK(map(32UL << 20, PROT_READ, 0));
    SHOW_OK(mmap(NULL, 32UL << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

static long deep(size_t bytes)
{
    char *memory = alloca(bytes);
    for (size_t i = 0; i < bytes; i += 1024)
        ((volatile char *)memory)[bytes - 1 - i] = 1;
    return ((volatile char *)memory)[bytes - 1];
}

static char alternate[65536];
static char *stack_top;

static void overflow(int signo, siginfo_t *info, void *context)
{
    (void)context;
    size_t depth = (size_t)(stack_top - (char *)info->si_addr);
    say("%s %d below 1 MiB: %d, above 512 KiB: %d\n", signal_name(signo),
        info->si_code == SEGV_MAPERR, depth<(1100UL << 10), depth>(512UL << 10));
    _exit(3);
}

static void small_stack(void)
{
    char here;
    stack_top = &here;
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    MUST(sigaltstack(&stack, NULL));
    catch_info(SIGSEGV, overflow, SA_ONSTACK);
    set(RLIMIT_STACK, 1UL << 20);
    SHOW(deep(512UL << 10));
    SHOW(deep(2UL << 20));
}

static void small_stack_default(void)
{
    set(RLIMIT_STACK, 1UL << 20);
    SHOW(deep(2UL << 20));
}

static void locked_user(void)
{
    static char block[8 * 4096] __attribute__((aligned(4096)));
    set(RLIMIT_MEMLOCK, 4 * 4096);
    SHOW(mlock(block, 2 * 4096));
    SHOW(mlock(block, 2 * 4096));
    SHOW(mlock(block + 2 * 4096, 2 * 4096));
    SHOW(mlock(block + 4 * 4096, 1));
    SHOW(munlock(block, 4096));
    SHOW(mlock(block + 4 * 4096, 1));
    set(RLIMIT_MEMLOCK, 0);
    SHOW(mlock(block + 6 * 4096, 1));
    SHOW(mlockall(MCL_CURRENT));
}

int main(void)
{
    show_child("address space", address_space);
    show_child("data segment", data_segment);
    show_child("stack", small_stack);
    show_child("stack, default action", small_stack_default);
    run_as(65534, locked_user);
    return 0;
}
