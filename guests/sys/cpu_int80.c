// calls: getpid write
/* int $0x80 from 64-bit code: the i386 numbers, and only the low halves of the registers. */
#include "child.h"

static long int80(long number, long one, long two, long three)
{
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(one), "c"(two), "d"(three)
                     : "memory");
    return result;
}

int main(void)
{
    enum { I386_EXIT = 1, I386_WRITE = 4, I386_GETPID = 20, I386_CLOSE = 6, I386_GETPPID = 64 };
    say("getpid %d, getppid %d\n", int80(I386_GETPID, 0, 0, 0) == getpid(),
        int80(I386_GETPPID, 0, 0, 0) == getppid());
    static char text[] = "written by int 0x80\n";
    say("the text is below 4 GiB: %d\n", (uintptr_t)text < 1UL << 32);
    say("%ld bytes\n", int80(I386_WRITE, 1, (long)text, sizeof text - 1));
    say("high halves are ignored: %ld\n",
        int80(I386_WRITE | 0x100000000, 1 | 0x7000000000, (long)text, sizeof text - 1));
    say("bad descriptor %ld, bad pointer %ld\n", int80(I386_CLOSE, 999, 0, 0),
        int80(I386_WRITE, 1, 16, 4));
    say("unknown numbers %ld %ld\n", int80(9999, 0, 0, 0), int80(0x7fffffff, 0, 0, 0));
    say("unknown 64-bit numbers %ld %ld %ld\n", syscall(9999) == -1 ? (long)errno : 0,
        syscall(-2L) == -1 ? (long)errno : 0, syscall(400) == -1 ? (long)errno : 0);

    /* The other registers are kept, R8 to R11 too. */
    uint64_t r8 = 8, r11 = 11;
    __asm__ volatile("mov %2, %%r8\n\tmov %3, %%r11\n\tmov $20, %%eax\n\tint $0x80\n\t"
                     "mov %%r8, %0\n\tmov %%r11, %1"
                     : "=&r"(r8), "=&r"(r11)
                     : "r"(0x1111222233334444UL), "r"(0x5555666677778888UL)
                     : "rax", "r8", "r9", "r10", "r11", "memory");
    say("kept %lx %lx\n", (unsigned long)r8, (unsigned long)r11);
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0)
        int80(I386_EXIT, 300, 0, 0);
    show_status("exit", reap(pid));
    return 0;
}
