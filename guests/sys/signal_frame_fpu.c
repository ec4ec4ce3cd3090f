// calls: rt_sigreturn
/* x87 and SSE state over a handler: the handler starts with a clean state, the
 * context shows them, and what is written there is loaded. */
#include "child.h"
#include <ucontext.h>

static volatile int mode;

static void spoil(void)
{
    uint16_t control = 0x27f;
    uint32_t mxcsr = 0x7f80;
    __asm__ volatile("fninit\n\tfldcw %0\n\tfldz\n\tldmxcsr %1\n\t"
                     "pxor %%xmm0, %%xmm0\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm15, %%xmm15"
                     :
                     : "m"(control), "m"(mxcsr)
                     : "xmm0", "xmm7", "xmm15");
}

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)info;
    ucontext_t *user = context;
    fpregset_t fp = user->uc_mcontext.fpregs;
    uint16_t control;
    uint32_t mxcsr;
    __asm__ volatile("fnstcw %0\n\tstmxcsr %1" : "=m"(control), "=m"(mxcsr));
    say("%s: 16-aligned %d; cwd %#x swd %#x ftw %#x mxcsr %#x\n", signal_name(signo),
        ((uintptr_t)fp & 15) == 0, fp->cwd, fp->swd, fp->ftw, fp->mxcsr & 0xffc0);
    say("st0 %04x %04x%04x%04x%04x\n", fp->_st[0].exponent, fp->_st[0].significand[3],
        fp->_st[0].significand[2], fp->_st[0].significand[1], fp->_st[0].significand[0]);
    for (int i = 0; i < 16; i += 5)
        say("xmm%d %08x %08x\n", i, fp->_xmm[i].element[0], fp->_xmm[i].element[3]);
    say("here: cw %#x mxcsr %#x\n", control, mxcsr & 0xffc0);
    if (mode == 1) {
        fp->cwd = 0x37f & ~0x300;
        fp->mxcsr = 0x1f80 | 0x4000;
        fp->_xmm[5].element[0] = 0xabcdef01;
        fp->_st[0].exponent ^= 0x8000;
    }
    if (mode == 2)
        user->uc_mcontext.fpregs = NULL;
    spoil();
}

static void run(void)
{
    uint32_t in[16][4], out[16][4];
    uint16_t control = 0x37f, control_after;
    uint32_t mxcsr = 0x3f80, mxcsr_after;
    long double value = 1.25L, after = 0;
    uint16_t tags[14];
    for (uint32_t i = 0; i < 16; i++)
        for (uint32_t k = 0; k < 4; k++)
            in[i][k] = i << 24 | k << 8 | 0x5a;
    long result = SYS_kill;
    __asm__ volatile(
        "fninit\n\tfldcw %[cw]\n\tldmxcsr %[mx]\n\tfldt %[value]\n\t"
        "movdqu (%[in]), %%xmm0\n\tmovdqu 16(%[in]), %%xmm1\n\tmovdqu 80(%[in]), %%xmm5\n\t"
        "movdqu 112(%[in]), %%xmm7\n\tmovdqu 160(%[in]), %%xmm10\n\tmovdqu 240(%[in]), %%xmm15\n\t"
        "syscall\n\t"
        "movdqu %%xmm0, (%[out])\n\tmovdqu %%xmm1, 16(%[out])\n\tmovdqu %%xmm5, 80(%[out])\n\t"
        "movdqu %%xmm7, 112(%[out])\n\tmovdqu %%xmm10, 160(%[out])\n\tmovdqu %%xmm15, "
        "240(%[out])\n\t"
        "fnstcw %[cw2]\n\tstmxcsr %[mx2]\n\tfnstenv %[tags]\n\tfldenv %[tags]\n\tfstpt %[after]\n\t"
        "fninit\n\tldmxcsr %[clean]"
        : "+a"(result), [cw2] "=m"(control_after), [mx2] "=m"(mxcsr_after), [after] "=m"(after),
          [tags] "=m"(tags)
        : "D"((long)getpid()), "S"((long)SIGUSR1), [cw] "m"(control), [mx] "m"(mxcsr),
          [value] "m"(value), [in] "r"(in), [out] "r"(out), [clean] "m"((uint32_t){0x1f80})
        : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm5", "xmm7", "xmm10", "xmm15");
    say("after: cw %#x mxcsr %#x tags %#x\n", control_after, mxcsr_after & 0xffc0, tags[4]);
    static const int used[] = {0, 1, 5, 7, 10, 15};
    for (size_t i = 0; i < 6; i++)
        say("xmm%d %08x %08x\n", used[i], out[used[i]][0], out[used[i]][3]);
    if (mode < 2)
        say("st0 times four: %d\n", (int)(after * 4));
}

int main(void)
{
    catch_info(SIGUSR1, handler, 0);
    for (mode = 0; mode < 3; mode++) {
        say("-- %s\n", mode == 0 ? "kept" : mode == 1 ? "changed" : "no state: initialized");
        run();
    }
    return 0;
}
