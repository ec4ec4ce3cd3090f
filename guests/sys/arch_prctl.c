// calls: arch_prctl
/* The segment bases of amd64. FS belongs to the C library, so it is put back at once. */
#include "child.h"
#include <asm/prctl.h>

static unsigned long value[2] = {0x1122334455667788, 0x99aabbccddeeff00};

static unsigned long read_gs(void)
{
    unsigned long result;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(result));
    return result;
}

static unsigned long set_fs_and_read(unsigned long base, unsigned long back)
{
    unsigned long result, ignored;
    __asm__ volatile("syscall\n\t"
                     "movq %%fs:0, %1\n\t"
                     "movq %4, %%rsi\n\t"
                     "movl %5, %%eax\n\t"
                     "syscall\n\t"
                     : "=a"(ignored), "=&r"(result)
                     : "0"((long)SYS_arch_prctl), "D"((long)ARCH_SET_FS), "r"(back),
                       "i"(SYS_arch_prctl), "S"(base)
                     : "rcx", "r11", "memory");
    return result;
}

static void use_gs_of_zero(void)
{
    RAW(arch_prctl, ARCH_SET_GS, 0L);
    read_gs();
}

static void use_bad_gs(void)
{
    SHOW(RAW(arch_prctl, ARCH_SET_GS, 0x1000L));
    read_gs();
}

static void inherited(void)
{
    say("the child's gs: %d\n", read_gs() == value[1]);
}

int main(void)
{
    unsigned long base = 1, fs = 0;
    SHOW(RAW(arch_prctl, ARCH_GET_GS, &base));
    say("gs base %lu\n", base);
    SHOW(RAW(arch_prctl, ARCH_SET_GS, &value[0]));
    say("reads %d\n", read_gs() == value[0]);
    SHOW(RAW(arch_prctl, ARCH_SET_GS, &value[1]));
    say("reads %d\n", read_gs() == value[1]);
    SHOW(RAW(arch_prctl, ARCH_GET_GS, &base));
    say("as set: %d\n", base == (unsigned long)&value[1]);
    show_child("child", inherited);
    SHOW(RAW(arch_prctl, ARCH_SET_GS, KERNEL_POINTER));
    SHOW(RAW(arch_prctl, ARCH_SET_GS, 0x800000000000L));
    SHOW(RAW(arch_prctl, ARCH_SET_GS, 0x7ffffffff000L));
    SHOW(RAW(arch_prctl, ARCH_SET_FS, KERNEL_POINTER));
    SHOW(RAW(arch_prctl, ARCH_SET_FS, -1L));
    SHOW(RAW(arch_prctl, ARCH_GET_FS, &fs));
    say("fs is the C library's: %d\n", *(unsigned long *)fs == fs);
    say("set fs: %d\n", set_fs_and_read((unsigned long)&value[0], fs) == value[0]);
    SHOW(RAW(arch_prctl, ARCH_GET_FS, BAD_POINTER));
    SHOW(RAW(arch_prctl, ARCH_GET_GS, NULL));
    SHOW(RAW(arch_prctl, 0x1000L, 0L));
    SHOW(RAW(arch_prctl, 0L, 0L));
    SHOW(RAW(arch_prctl, -1L, 0L));
    show_child("gs of zero", use_gs_of_zero);
    show_child("gs of nothing", use_bad_gs);
    return 0;
}
