/*
 * Signal frames: see frame.h. The layout is the one of the kernel's struct rt_sigframe for a CPU
 * without XSAVE: the FXSAVE image has no software-reserved words and uc_flags lacks UC_FP_XSTATE.
 */
#include <errno.h>
#include <string.h>

#include "emu/frame.h"

#define RED_ZONE      128
#define FPU_IMAGE     512
#define FPU_ALIGNMENT 64

/* Offsets in the FXSAVE image. */
#define FPU_CONTROL 0
#define FPU_MXCSR   24

#define FPU_CONTROL_RESET 0x37f
#define MXCSR_RESET       0x1f80
#define MXCSR_VALID       0xffffu

#define USER_CS 0x33
#define USER_SS 0x2b

/* uc_flags of asm/ucontext.h: the frame holds ss, and it must be valid on return. */
#define UC_SIGCONTEXT_SS     2
#define UC_STRICT_RESTORE_SS 4

/*
 * RFLAGS bits: those that a handler may change are CF PF AF ZF SF TF DF OF AC. Linux restores RF as
 * well, which the CPU has used up before anybody could see it.
 */
#define FLAGS_RESTORED 0x40dd5ull
#define FLAGS_TF       0x100ull
#define FLAGS_DF       0x400ull
#define FLAGS_RF       0x10000ull

struct guest_stack {
    uint64_t sp;
    uint32_t flags, pad;
    uint64_t size;
};

struct guest_context {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error_code, trapno, oldmask, cr2;
    uint64_t fpu;
    uint64_t reserved[8];
};

struct guest_frame {
    uint64_t restorer;
    struct {
        uint64_t flags, link;
        struct guest_stack stack;
        struct guest_context context;
        uint64_t mask;
    } uc;
    uint8_t info[128];
};
_Static_assert(sizeof(struct guest_context) == 256, "sigcontext of the amd64 ABI");
_Static_assert(sizeof(struct guest_frame) == 440, "rt_sigframe of the amd64 ABI");
_Static_assert(sizeof(siginfo_t) == sizeof((struct guest_frame){0}.info), "siginfo of the ABI");

/* Where each general register stands in the context. */
static const struct {
    enum cpu_reg reg;
    uint16_t offset;
} registers[] = {
#define REGISTER(reg, member)                                                                      \
    {                                                                                              \
        CPU_##reg, offsetof(struct guest_context, member)                                          \
    }
    REGISTER(R8, r8),   REGISTER(R9, r9),   REGISTER(R10, r10), REGISTER(R11, r11),
    REGISTER(R12, r12), REGISTER(R13, r13), REGISTER(R14, r14), REGISTER(R15, r15),
    REGISTER(RDI, rdi), REGISTER(RSI, rsi), REGISTER(RBP, rbp), REGISTER(RBX, rbx),
    REGISTER(RDX, rdx), REGISTER(RAX, rax), REGISTER(RCX, rcx), REGISTER(RSP, rsp),
    REGISTER(RIP, rip),
#undef REGISTER
};

static uint64_t *context_word(struct guest_context *context, unsigned i)
{
    return (uint64_t *)((char *)context + registers[i].offset);
}

static gaddr_t place_fpu(gaddr_t top)
{
    return (top - FPU_IMAGE) & ~(gaddr_t)(FPU_ALIGNMENT - 1);
}

gaddr_t frame_place(gaddr_t top)
{
    /* As after a call: rsp + 8 is a multiple of 16. */
    return ((place_fpu(top) - sizeof(struct guest_frame)) & ~(gaddr_t)15) - 8;
}

static void reset_fpu(struct cpu_thread *thread)
{
    uint8_t image[FPU_IMAGE] = {0};
    const uint16_t control = FPU_CONTROL_RESET;
    const uint32_t mxcsr = MXCSR_RESET;
    memcpy(image + FPU_CONTROL, &control, sizeof control);
    memcpy(image + FPU_MXCSR, &mxcsr, sizeof mxcsr);
    cpu_set_fpu(thread, image);
}

static void fill_context(struct cpu_thread *thread, const struct frame_signal *signal,
                         struct guest_context *context)
{
    for (unsigned i = 0; i < sizeof registers / sizeof registers[0]; i++)
        *context_word(context, i) = cpu_get(thread, registers[i].reg);
    context->rflags = cpu_get(thread, CPU_RFLAGS);
    context->cs = USER_CS;
    context->ss = USER_SS;
    context->trapno = signal->fault.trapno;
    context->error_code = signal->fault.error_code;
    context->cr2 = signal->fault.cr2;
    context->oldmask = signal->mask;
}

int frame_push(struct cpu_thread *thread, struct mm *mm, const struct frame_signal *signal)
{
    struct guest_frame frame = {.restorer = signal->restorer};
    uint8_t fpu[FPU_IMAGE];
    gaddr_t top = signal->on_altstack ? signal->altstack.sp + signal->altstack.size
                                      : cpu_get(thread, CPU_RSP) - RED_ZONE;
    gaddr_t sp = frame_place(top);

    frame.uc.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
    frame.uc.stack = (struct guest_stack){
        .sp = signal->altstack.sp, .flags = signal->altstack.flags, .size = signal->altstack.size};
    fill_context(thread, signal, &frame.uc.context);
    frame.uc.context.fpu = place_fpu(top);
    frame.uc.mask = signal->mask;
    if (signal->info)
        memcpy(frame.info, signal->info, sizeof frame.info);
    cpu_get_fpu(thread, fpu);
    if (copyout(mm, frame.uc.context.fpu, fpu, sizeof fpu) || copyout(mm, sp, &frame, sizeof frame))
        return -EFAULT;

    cpu_set(thread, CPU_RSP, sp);
    cpu_set(thread, CPU_RIP, signal->handler);
    cpu_set(thread, CPU_RDI, (uint64_t)signal->signo);
    cpu_set(thread, CPU_RSI, sp + offsetof(struct guest_frame, info));
    cpu_set(thread, CPU_RDX, sp + offsetof(struct guest_frame, uc));
    cpu_set(thread, CPU_RAX, 0); /* a handler declared without arguments may be variadic */
    cpu_set(thread, CPU_RFLAGS, frame.uc.context.rflags & ~(FLAGS_DF | FLAGS_RF | FLAGS_TF));
    reset_fpu(thread);
    return 0;
}

/* NULL means reset state. FXRSTOR faults on a misaligned image and on unknown MXCSR bits. */
static int restore_fpu(struct cpu_thread *thread, struct mm *mm, gaddr_t address)
{
    uint8_t image[FPU_IMAGE];
    uint32_t mxcsr;
    if (!address) {
        reset_fpu(thread);
        return 0;
    }
    if (address & 15 || copyin(mm, image, address, sizeof image))
        return -EFAULT;
    memcpy(&mxcsr, image + FPU_MXCSR, sizeof mxcsr);
    if (mxcsr & ~MXCSR_VALID)
        return -EFAULT;
    cpu_set_fpu(thread, image);
    return 0;
}

int frame_pop(struct cpu_thread *thread, struct mm *mm, uint64_t *mask,
              struct frame_altstack *altstack)
{
    struct guest_frame frame;
    gaddr_t start = cpu_get(thread, CPU_RSP) - sizeof frame.restorer;
    size_t len = offsetof(struct guest_frame, info);
    if (copyin(mm, &frame, start, len))
        return -EFAULT;
    struct guest_context *context = &frame.uc.context;
    /* A selector other than the user's would trap on the way back, or leave 64-bit mode. */
    bool strict = (frame.uc.flags & UC_STRICT_RESTORE_SS) != 0;
    if ((context->cs | 3) != USER_CS || (strict && (context->ss | 3) != USER_SS))
        return -EFAULT;
    for (unsigned i = 0; i < sizeof registers / sizeof registers[0]; i++)
        cpu_set(thread, registers[i].reg, *context_word(context, i));
    uint64_t flags = cpu_get(thread, CPU_RFLAGS) & ~FLAGS_RESTORED;
    cpu_set(thread, CPU_RFLAGS, flags | (context->rflags & FLAGS_RESTORED));
    if (restore_fpu(thread, mm, context->fpu))
        return -EFAULT;
    *mask = frame.uc.mask;
    *altstack = (struct frame_altstack){
        .sp = frame.uc.stack.sp, .size = frame.uc.stack.size, .flags = frame.uc.stack.flags};
    return 0;
}
