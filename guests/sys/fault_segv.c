// calls: rt_sigaction mprotect
/* SIGSEGV: MAPERR or ACCERR, and the exact address, for reads, writes, execution, page-crossing
 * accesses, the kernel's half and addresses that are not canonical. */
#include "fault.h"

static volatile uint64_t sink;

static void read8(const char *address)
{
    sink = *(const volatile uint8_t *)address;
}

static void read64(const char *address)
{
    uint64_t value;
    __asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(address));
    sink = value;
}

static void write8(char *address)
{
    *(volatile uint8_t *)address = 1;
}

static void write64(char *address)
{
    __asm__ volatile("movq %0, (%1)" : : "r"(0x0102030405060708), "r"(address) : "memory");
}

static void read128(const char *address)
{
    __asm__ volatile("movdqu (%0), %%xmm0" : : "r"(address) : "xmm0");
}

static void add(char *address)
{
    __asm__ volatile("lock addq $1, (%0)" : : "r"(address) : "memory");
}

static void push_to(char *stack)
{
    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tpush %%rax\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(stack)
                     : "rbx", "memory");
}

static void copy(char *to, const char *from, size_t length)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

static void call(const char *address)
{
    ((void (*)(void))address)();
}

int main(void)
{
    static char alternate[65536];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    MUST(sigaltstack(&stack, NULL));
    catch_faults(SA_ONSTACK);

    /* Pages: 0 and 1 writable, 2 nothing there, 3 read-only, 4 no access, 5 read and execute. */
    char *base = mmap(NULL, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)base);
    memset(base, 0xc3, 6 * PAGE);
    MUST(munmap(base + 2 * PAGE, PAGE));
    MUST(mprotect(base + 3 * PAGE, PAGE, PROT_READ));
    MUST(mprotect(base + 4 * PAGE, PAGE, PROT_NONE));
    MUST(mprotect(base + 5 * PAGE, PAGE, PROT_READ | PROT_EXEC));
    fault_base = base;
    char *hole = base + 2 * PAGE, *constant = base + 3 * PAGE, *closed = base + 4 * PAGE;

    FAULT("read in the hole", read8(hole + 123));
    FAULT("write in the hole", write8(hole + 4095));
    FAULT("write to the read-only page", write8(constant + 7));
    FAULT("read from the read-only page", read8(constant + 7));
    FAULT("read from the closed page", read8(closed));
    FAULT("write to the closed page", write8(closed + 1));
    FAULT("write to the executable page", write8(base + 5 * PAGE + 9));
    FAULT("execute the executable page", call(base + 5 * PAGE));
    FAULT("execute a writable page", call(base + 100));
    FAULT("execute the hole", call(hole + 5));
    FAULT("execute the closed page", call(closed + 6));

    FAULT("read across into the hole", read64(hole - 4));
    FAULT("write across into the hole", write64(hole - 1));
    say("  nothing written: %d\n", (uint8_t)hole[-1] == 0xc3);
    FAULT("write across from the hole", write64(constant - 3));
    FAULT("write across into the closed page", write64(closed - 7));
    FAULT("read across into the closed page", read64(closed - 7));
    FAULT("16 bytes across", read128(hole - 15));
    FAULT("read and write", add(constant + 8));
    FAULT("push", push_to(base + 3 * PAGE));
    FAULT("push across", push_to(base + 3 * PAGE + 4));
    FAULT("string move", copy(hole - 10, base, 20));
    FAULT("string move from", copy(base, closed - 10, 20));

    fault_base = NULL;
    FAULT("null", read8(NULL_POINTER));
    FAULT("near null", write8((char *)BAD_POINTER));
    FAULT("kernel's half", read8(KERNEL_POINTER));
    FAULT("write to the kernel's half", write8(KERNEL_POINTER));
    FAULT("execute the kernel's half", call(KERNEL_POINTER));
    FAULT("last byte", read8((char *)-1L));
    FAULT("the page above user space", read8((char *)0x7ffffffff000));
    FAULT("not canonical", read8((char *)0x800000000000));
    FAULT("not canonical write", write8((char *)0x1234567890abcdef));
    FAULT("not canonical execution", call((char *)0x1234567890abcdef));
    FAULT("not canonical stack", push_to((char *)0x1234567890abcdef));
    return 0;
}
