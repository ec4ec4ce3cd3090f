/*
 * getpid COUNT: makes the cheapest system call COUNT times, by the instruction itself so that no C
 * library stands between. Prints how many returned the same number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

static long getpid_raw(void)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getpid) : "rcx", "r11", "memory");
    return result;
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    long pid = getpid_raw();
    long same = 0;
    for (long i = 0; i < count; i++)
        same += getpid_raw() == pid;
    printf("%ld\n", same);
    return 0;
}
