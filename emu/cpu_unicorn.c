/*
 * The CPU engine on Unicorn: see cpu.h. The only file that includes unicorn.h.
 *
 * What is done here for a reason that the API does not tell was measured on Unicorn 2.1.1:
 *  - The guest runs in ring 3; the engine starts in ring 0, and SYSRET is the way down.
 *  - The virtual TLB asks tlb_fill on every miss; a refused access leaves the engine with precise
 *    registers and no other hook.
 *  - After a SYSCALL the engine adds 2 to RIP behind the hook's back, so RIP is never written
 * there.
 *  - Exceptions pile up inside the engine: the third #GP would be lost. restore_pristine() after
 *    each one loads a clean state and writes the registers back.
 *  - Code read through one mapping and written through another stays stale, and so does a page of
 *    several blocks after the first write: a frame is either writable or executable in the TLB
 *    (enum frame_state), and a store into code runs as an instruction of its own (step_over).
 *  - The TLB grows only when it is flushed: grow_tlb().
 *  - The code buffer must not fill up: flush_full_code_buffer().
 *  - A stop from another thread is exact only at the beginning of a block: see
 *    check_exit_request_x86_64 at the end.
 */
#include "emu/cpu.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "emu/insn.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>

/* Unicorn 2.1 forgets one array of 32 bytes at the end of an engine, that of the IOMMU's notifiers
 * (uc_init_engine makes it). Its own arrays alone are made by this function. */
const char *__lsan_default_suppressions(void)
{
    return "leak:g_array_new\n";
}

/* Standard error is the guest's. */
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
#endif

#define USER_CS        0x33
#define CODE_BUFFER    (256u << 20)
#define TLB_FIRST_SIZE 256u
#define TLB_MAX_SIZE   65536u

/* A page that no guest can map; through it the engine is shown single frames. */
#define WINDOW MM_TOP

enum stop_reason {
    STOP_NONE,
    STOP_SYSCALL,
    STOP_INTERRUPT,
    STOP_IO,
    STOP_SYSENTER,
    STOP_UNSUPPORTED,
    STOP_WORK /* a call was served inside the engine and something is pending */
};

struct cpu {
    uc_engine *uc;
    struct arena *arena;
    struct cpu_hooks hooks;
    uc_context *pristine; /* ring 3, nothing pending, registers zero */
    uc_context *at_port;  /* STOP_IO: registers at the instruction */
    struct cpu_thread *loaded;
    struct mm *tlb_mm; /* whose translations the TLB holds, and of which generation */
    uint64_t tlb_generation;
    frame_t window; /* what WINDOW shows, 0: nothing */
    bool flush_wanted;
    bool own_code_written; /* the miss was a store into code, which step_over makes */
    bool stepping;

    enum stop_reason stop;
    uint32_t interrupt;
    struct {
        gaddr_t page;
        enum mm_access access;
        enum mm_fault fault;
    } miss;
    gaddr_t unsupported; /* STOP_UNSUPPORTED: where the instruction is */
    uint32_t fills_since_flush, tlb_size;
    uint64_t code_estimate; /* bytes of host code since the buffer was last emptied */
    atomic_bool kicked;
    atomic_bool running;
    struct cpu_stats stats;
};

struct cpu_thread {
    struct cpu *cpu;
    struct mm *mm;
    uc_context *context; /* registers while not loaded */
};

static const int register_ids[CPU_REG_COUNT] = {
    [CPU_RAX] = UC_X86_REG_RAX,         [CPU_RBX] = UC_X86_REG_RBX,
    [CPU_RCX] = UC_X86_REG_RCX,         [CPU_RDX] = UC_X86_REG_RDX,
    [CPU_RSI] = UC_X86_REG_RSI,         [CPU_RDI] = UC_X86_REG_RDI,
    [CPU_RBP] = UC_X86_REG_RBP,         [CPU_RSP] = UC_X86_REG_RSP,
    [CPU_R8] = UC_X86_REG_R8,           [CPU_R9] = UC_X86_REG_R9,
    [CPU_R10] = UC_X86_REG_R10,         [CPU_R11] = UC_X86_REG_R11,
    [CPU_R12] = UC_X86_REG_R12,         [CPU_R13] = UC_X86_REG_R13,
    [CPU_R14] = UC_X86_REG_R14,         [CPU_R15] = UC_X86_REG_R15,
    [CPU_RIP] = UC_X86_REG_RIP,         [CPU_RFLAGS] = UC_X86_REG_EFLAGS,
    [CPU_FS_BASE] = UC_X86_REG_FS_BASE, [CPU_GS_BASE] = UC_X86_REG_GS_BASE,
};

static uint64_t reg_read(struct cpu *cpu, int id)
{
    uint64_t value = 0;
    uc_reg_read(cpu->uc, id, &value);
    return value;
}

static void reg_write(struct cpu *cpu, int id, uint64_t value)
{
    uc_reg_write(cpu->uc, id, &value);
}

/* ---- the TLB ---- */

static void flush_tlb(struct cpu *cpu)
{
    uc_ctl_flush_tlb(cpu->uc);
    cpu->fills_since_flush = 0;
    cpu->flush_wanted = false;
    cpu->stats.flushes++;
}

/* A program with more hot pages than the TLB has entries would miss for ever: flushing lets it
 * grow. */
static void grow_tlb(struct cpu *cpu)
{
    if (++cpu->fills_since_flush < 4 * cpu->tlb_size || cpu->tlb_size >= TLB_MAX_SIZE)
        return;
    cpu->tlb_size *= 2;
    flush_tlb(cpu);
}

/*
 * Moves the frame to the state that the access needs and says which rights may go into the TLB:
 * never write and execute at once, also where the guest has both. The engine itself notices only
 * the first write into a page that holds several blocks (measured on 2.1.1).
 */
static uint32_t settle_frame(struct cpu *cpu, const struct mm_page *page, enum mm_access access)
{
    enum frame_state state = frame_state(cpu->arena, page->frame);
    bool as_code = access == MM_EXEC ||
                   (access == MM_READ && (page->prot & VMA_EXEC) && state != FRAME_WRITTEN);

    if (as_code) {
        if (state == FRAME_WRITTEN)
            flush_tlb(cpu);
        frame_set_state(cpu->arena, page->frame, FRAME_CODE);
        return page->prot & ~(uint32_t)VMA_WRITE;
    }
    if (access == MM_WRITE) {
        frame_before_write(cpu->arena, page->frame);
        frame_set_state(cpu->arena, page->frame, FRAME_WRITTEN);
        return page->prot & ~(uint32_t)VMA_EXEC;
    }
    return state == FRAME_WRITTEN ? page->prot & ~(uint32_t)VMA_EXEC
                                  : page->prot & ~(uint32_t)(VMA_EXEC | VMA_WRITE);
}

/*
 * A store into code of the guest's own may change the block that is running, which would go on as
 * it was translated. The access is refused once, and step_over runs that instruction alone.
 */
static bool writes_own_code(const struct cpu *cpu, const struct mm_page *page,
                            enum mm_access access)
{
    return access == MM_WRITE && (page->prot & VMA_EXEC) && !cpu->stepping &&
           frame_state(cpu->arena, page->frame) == FRAME_CODE;
}

static bool tlb_fill(uc_engine *uc, uint64_t page_addr, uc_mem_type type, uc_tlb_entry *entry,
                     void *user)
{
    struct cpu *cpu = user;
    enum mm_access access = type == UC_MEM_READ    ? MM_READ
                            : type == UC_MEM_WRITE ? MM_WRITE
                                                   : MM_EXEC;
    struct mm_page page;
    enum mm_fault fault;

    (void)uc;
    cpu->stats.fills++;
    if (page_addr == WINDOW && cpu->window) {
        entry->paddr = (uint64_t)cpu->window << PAGE_SHIFT;
        entry->perms = UC_PROT_READ | UC_PROT_EXEC;
        return true;
    }
    fault = cpu->tlb_mm ? mm_fault(cpu->tlb_mm, page_addr, access, &page) : MM_MAPERR;
    if (fault != MM_OK) {
        cpu->miss.page = page_addr;
        cpu->miss.access = access;
        cpu->miss.fault = fault;
        return false;
    }
    if (mm_generation(cpu->tlb_mm) != cpu->tlb_generation) {
        cpu->tlb_generation = mm_generation(cpu->tlb_mm);
        flush_tlb(cpu);
    }
    if (writes_own_code(cpu, &page, access)) {
        cpu->own_code_written = true;
        return false;
    }
    grow_tlb(cpu);
    entry->perms = settle_frame(cpu, &page, access);
    entry->paddr = (uint64_t)page.frame << PAGE_SHIFT;
    return true;
}

void cpu_drop_code(void *ctx, frame_t frame)
{
    struct cpu *cpu = ctx;
    frame_t before = cpu->window;

    cpu->stats.code_drops++;
    cpu->window = frame;
    flush_tlb(cpu);
    uc_ctl_remove_cache(cpu->uc, WINDOW, WINDOW + PAGE_SIZE);
    cpu->window = before;
    flush_tlb(cpu);
}

static void sync_tlb(struct cpu *cpu)
{
    struct mm *mm = cpu->loaded->mm;

    if (cpu->flush_wanted || cpu->tlb_mm != mm || cpu->tlb_generation != mm_generation(mm)) {
        cpu->tlb_mm = mm;
        cpu->tlb_generation = mm_generation(mm);
        flush_tlb(cpu);
    }
}

/* ---- traps ---- */

static void stop(struct cpu *cpu, enum stop_reason reason)
{
    cpu->stop = reason;
    uc_emu_stop(cpu->uc);
}

/* Each register that is read or written here costs about 5 ns, each call of the engine's API 10. */
static void on_syscall(uc_engine *uc, void *user)
{
    struct cpu *cpu = user;
    static const int read_ids[] = {UC_X86_REG_RAX, UC_X86_REG_RIP, UC_X86_REG_EFLAGS};
    static const int write_ids[] = {UC_X86_REG_RCX, UC_X86_REG_R11, UC_X86_REG_RAX};
    uint64_t number = 0, rip = 0, flags = 0;
    int64_t result;
    void *values[] = {&number, &rip, &flags};
    void *const results[] = {&rip, &flags, &result};
    enum cpu_fast fast;

    uc_reg_read_batch(uc, (int *)read_ids, values, 3);
    fast = cpu->hooks.fast_syscall(cpu->hooks.ctx, number, &result);
    rip += 2;
    uc_reg_write_batch(uc, (int *)write_ids, results, fast == CPU_FAST_LEAVE ? 2 : 3);
    if (fast == CPU_FAST_LEAVE) {
        stop(cpu, STOP_SYSCALL);
        return;
    }
    cpu->stats.fast_calls++;
    if (fast == CPU_FAST_SERVED_STOP)
        stop(cpu, STOP_WORK);
    if (cpu->flush_wanted || cpu->tlb_generation != mm_generation(cpu->tlb_mm)) {
        cpu->tlb_generation = mm_generation(cpu->tlb_mm);
        flush_tlb(cpu);
    }
}

static void on_sysenter(uc_engine *uc, void *user)
{
    (void)uc;
    stop(user, STOP_SYSENTER);
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *user)
{
    struct cpu *cpu = user;

    (void)uc;
    cpu->interrupt = number;
    stop(cpu, STOP_INTERRUPT);
}

/*
 * Port instructions do not fault by themselves in the engine, and the block goes on after the hook:
 * the registers of this moment are kept for the trap.
 */
static void stop_at_port(struct cpu *cpu)
{
    if (cpu->stop == STOP_IO)
        return;
    uc_context_save(cpu->uc, cpu->at_port);
    stop(cpu, STOP_IO);
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *user)
{
    (void)uc;
    (void)port;
    (void)size;
    stop_at_port(user);
    return 0;
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *user)
{
    (void)uc;
    (void)port;
    (void)size;
    (void)value;
    stop_at_port(user);
}

#if !ENGINE_EXACT_STOP
static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *user)
{
    struct cpu *cpu = user;

    (void)address;
    (void)size;
    if (atomic_load_explicit(&cpu->kicked, memory_order_relaxed))
        uc_emu_stop(uc);
}
#endif

/* A block was translated: it is looked at once for instructions that would silently go wrong. */
static void on_translated(uc_engine *uc, uc_tb *block, uc_tb *previous, void *user)
{
    struct cpu *cpu = user;
    uint8_t code[4096];
    size_t size = block->size < sizeof code ? block->size : sizeof code;
    long offset;

    (void)previous;
    cpu->code_estimate += 256 + 96ull * block->icount;
    if (!cpu->tlb_mm || mm_peek(cpu->tlb_mm, block->pc, code, size) != size)
        return;
    offset = insn_find_unsupported(code, size, block->pc);
    if (offset >= 0) {
        cpu->unsupported = block->pc + (uint64_t)offset;
        cpu->stop = STOP_UNSUPPORTED;
        uc_emu_stop(uc);
    }
}

/* ---- bring-up ---- */

static uc_err write_msr(struct cpu *cpu, uint32_t id, uint64_t value)
{
    uc_x86_msr msr = {id, value};
    return uc_reg_write(cpu->uc, UC_X86_REG_MSR, &msr);
}

/* Leaves ring 0 by the engine's own SYSRET, run from a frame that only the window shows. */
static uc_err enter_ring3(struct cpu *cpu)
{
    static const uint8_t sysretq[] = {0x48, 0x0f, 0x07};
    const uint64_t efer = 0xc0000080, star = 0xc0000081;
    uc_x86_msr msr = {(uint32_t)efer, 0};
    uint64_t target = WINDOW + 0x800;
    uc_err err;

    cpu->window = frame_alloc(cpu->arena);
    if (!cpu->window)
        return UC_ERR_NOMEM;
    memcpy(frame_ptr(cpu->arena, cpu->window), sysretq, sizeof sysretq);
    uc_reg_read(cpu->uc, UC_X86_REG_MSR, &msr);
    err = write_msr(cpu, (uint32_t)star, 0x23ull << 48);
    if (!err)
        err = write_msr(cpu, (uint32_t)efer, msr.value | 1);
    reg_write(cpu, UC_X86_REG_RCX, target);
    reg_write(cpu, UC_X86_REG_R11, 0x202);
    if (!err)
        err = uc_ctl_set_exits(cpu->uc, &target, 1);
    if (!err)
        err = uc_emu_start(cpu->uc, WINDOW, 0, 0, 0);
    uc_ctl_set_exits(cpu->uc, &target, 0);
    uc_ctl_remove_cache(cpu->uc, WINDOW, WINDOW + PAGE_SIZE);
    frame_unref(cpu->arena, cpu->window);
    cpu->window = 0;
    uc_ctl_flush_tlb(cpu->uc);
    if (!err && reg_read(cpu, UC_X86_REG_CS) != USER_CS)
        err = UC_ERR_EXCEPTION;
    return err;
}

static uc_err add_hooks(struct cpu *cpu)
{
    uc_engine *uc = cpu->uc;
    uc_hook hook;
    uc_err err = uc_hook_add(uc, &hook, UC_HOOK_TLB_FILL, (void *)tlb_fill, cpu, 1, 0);

    if (!err)
        err = uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, cpu, 1, 0);
    if (!err)
        err =
            uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_syscall, cpu, 1, 0, UC_X86_INS_SYSCALL);
    if (!err)
        err = uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_sysenter, cpu, 1, 0,
                          UC_X86_INS_SYSENTER);
    if (!err)
        err = uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_in, cpu, 1, 0, UC_X86_INS_IN);
    if (!err)
        err = uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_out, cpu, 1, 0, UC_X86_INS_OUT);
    if (!err)
        err = uc_hook_add(uc, &hook, UC_HOOK_EDGE_GENERATED, (void *)on_translated, cpu, 1, 0);
#if !ENGINE_EXACT_STOP
    if (!err)
        err = uc_hook_add(uc, &hook, UC_HOOK_BLOCK, (void *)on_block, cpu, 1, 0);
#endif
    return err;
}

static uc_err set_float_defaults(struct cpu *cpu)
{
    uint16_t control = 0x37f, tags = 0xffff;
    uint32_t mxcsr = 0x1f80;
    uc_err err = uc_reg_write(cpu->uc, UC_X86_REG_FPCW, &control);

    if (!err)
        err = uc_reg_write(cpu->uc, UC_X86_REG_FPTAG, &tags);
    if (!err)
        err = uc_reg_write(cpu->uc, UC_X86_REG_MXCSR, &mxcsr);
    return err;
}

static uc_err bring_up(struct cpu *cpu)
{
    /* CR4: OSFXSR and OSXMMEXCPT for SSE, TSD so that RDTSC traps. */
    const uint64_t cr4 = 0x600 | 4;
    uc_err err = uc_open(UC_ARCH_X86, UC_MODE_64, &cpu->uc);

    if (!err)
        err = uc_ctl_set_cpu_model(cpu->uc, UC_CPU_X86_WESTMERE);
    if (!err)
        err = uc_ctl_set_tcg_buffer_size(cpu->uc, CODE_BUFFER);
    if (!err)
        err = uc_ctl_exits_enable(cpu->uc);
    if (!err)
        err = uc_ctl_tlb_mode(cpu->uc, UC_TLB_VIRTUAL);
    if (!err)
        err = add_hooks(cpu);
    if (!err)
        err = uc_mem_map_ptr(cpu->uc, 0, arena_bytes(cpu->arena), UC_PROT_ALL,
                             arena_base(cpu->arena));
    if (!err)
        reg_write(cpu, UC_X86_REG_CR4, reg_read(cpu, UC_X86_REG_CR4) | cr4);
    if (!err)
        err = enter_ring3(cpu);
    if (!err)
        err = set_float_defaults(cpu);
    if (err)
        return err;
    reg_write(cpu, UC_X86_REG_RCX, 0);
    reg_write(cpu, UC_X86_REG_R11, 0);
    err = uc_context_alloc(cpu->uc, &cpu->pristine);
    if (!err)
        err = uc_context_alloc(cpu->uc, &cpu->at_port);
    return err ? err : uc_context_save(cpu->uc, cpu->pristine);
}

struct cpu *cpu_create(struct arena *arena, const struct cpu_hooks *hooks, char *why, size_t size)
{
    struct cpu *cpu = calloc(1, sizeof *cpu);
    uc_err err;

    if (!cpu) {
        snprintf(why, size, "out of memory");
        return NULL;
    }
    cpu->arena = arena;
    cpu->hooks = *hooks;
    cpu->tlb_size = TLB_FIRST_SIZE;
    err = bring_up(cpu);
    if (err) {
        snprintf(why, size, "the Unicorn engine cannot start: %s", uc_strerror(err));
        cpu_destroy(cpu);
        return NULL;
    }
    arena_set_code_hook(arena, cpu_drop_code, cpu);
    return cpu;
}

void cpu_destroy(struct cpu *cpu)
{
    arena_set_code_hook(cpu->arena, NULL, NULL);
    if (cpu->pristine)
        uc_context_free(cpu->pristine);
    if (cpu->at_port)
        uc_context_free(cpu->at_port);
    if (cpu->uc)
        uc_close(cpu->uc);
    free(cpu);
}

/* ---- threads ---- */

static void unload(struct cpu *cpu)
{
    if (cpu->loaded)
        uc_context_save(cpu->uc, cpu->loaded->context);
    cpu->loaded = NULL;
}

static void load(struct cpu_thread *thread)
{
    struct cpu *cpu = thread->cpu;

    if (cpu->loaded == thread)
        return;
    unload(cpu);
    uc_context_restore(cpu->uc, thread->context);
    cpu->loaded = thread;
}

static struct cpu_thread *thread_alloc(struct cpu *cpu, struct mm *mm)
{
    struct cpu_thread *thread = calloc(1, sizeof *thread);

    if (!thread)
        return NULL;
    if (uc_context_alloc(cpu->uc, &thread->context)) {
        free(thread);
        return NULL;
    }
    thread->cpu = cpu;
    thread->mm = mm_ref(mm);
    return thread;
}

struct cpu_thread *cpu_thread_create(struct cpu *cpu, struct mm *mm)
{
    struct cpu_thread *thread = thread_alloc(cpu, mm);

    if (!thread)
        return NULL;
    unload(cpu);
    uc_context_restore(cpu->uc, cpu->pristine);
    uc_context_save(cpu->uc, thread->context);
    return thread;
}

struct cpu_thread *cpu_thread_clone(struct cpu_thread *thread, struct mm *mm)
{
    struct cpu_thread *copy = thread_alloc(thread->cpu, mm);

    if (!copy)
        return NULL;
    load(thread);
    uc_context_save(thread->cpu->uc, copy->context);
    return copy;
}

void cpu_thread_free(struct cpu_thread *thread)
{
    struct cpu *cpu = thread->cpu;

    if (cpu->loaded == thread)
        cpu->loaded = NULL;
    uc_context_free(thread->context);
    cpu_thread_set_mm(thread, NULL);
    free(thread);
}

void cpu_thread_set_mm(struct cpu_thread *thread, struct mm *mm)
{
    struct mm *old = thread->mm;

    thread->mm = mm ? mm_ref(mm) : NULL;
    if (thread->cpu->tlb_mm == old) { /* it may go away, and its address be used again */
        thread->cpu->tlb_mm = NULL;
        thread->cpu->flush_wanted = true;
    }
    mm_unref(old);
}

void cpu_thread_reset(struct cpu_thread *thread)
{
    struct cpu *cpu = thread->cpu;

    unload(cpu);
    uc_context_restore(cpu->uc, cpu->pristine);
    cpu->loaded = thread;
}

uint64_t cpu_get(struct cpu_thread *thread, enum cpu_reg reg)
{
    uint64_t value = 0;

    if (thread->cpu->loaded == thread)
        uc_reg_read(thread->cpu->uc, register_ids[reg], &value);
    else
        uc_context_reg_read(thread->context, register_ids[reg], &value);
    return value;
}

void cpu_set(struct cpu_thread *thread, enum cpu_reg reg, uint64_t value)
{
    if (thread->cpu->loaded == thread)
        uc_reg_write(thread->cpu->uc, register_ids[reg], &value);
    else
        uc_context_reg_write(thread->context, register_ids[reg], &value);
}

void cpu_get_args(struct cpu_thread *thread, unsigned count, uint64_t args[6])
{
    static const int ids[6] = {UC_X86_REG_RDI, UC_X86_REG_RSI, UC_X86_REG_RDX,
                               UC_X86_REG_R10, UC_X86_REG_R8,  UC_X86_REG_R9};
    void *values[6] = {&args[0], &args[1], &args[2], &args[3], &args[4], &args[5]};

    if (count == 0)
        return;
    if (thread->cpu->loaded == thread)
        uc_reg_read_batch(thread->cpu->uc, (int *)ids, values, (int)count);
    else
        uc_context_reg_read_batch(thread->context, (int *)ids, values, (int)count);
}

void cpu_get_call(struct cpu_thread *thread, uint64_t *number, uint64_t args[6])
{
    *number = cpu_get(thread, CPU_RAX);
    cpu_get_args(thread, 6, args);
}

/* ---- x87 and SSE state in FXSAVE's layout (Intel SDM volume 1, 10.5.1) ---- */

enum {
    FX_FCW = 0,
    FX_FSW = 2,
    FX_FTW = 4,
    FX_FOP = 6,
    FX_MXCSR = 24,
    FX_MASK = 28,
    FX_ST = 32,
    FX_XMM = 160
};
#define MXCSR_MASK 0xffffu

void cpu_get_fpu(struct cpu_thread *thread, uint8_t image[512])
{
    uc_engine *uc = thread->cpu->uc;
    uint16_t tags = 0xffff;
    uint32_t mask = MXCSR_MASK;

    load(thread);
    memset(image, 0, 512);
    uc_reg_read(uc, UC_X86_REG_FPCW, image + FX_FCW);
    uc_reg_read(uc, UC_X86_REG_FPSW, image + FX_FSW);
    uc_reg_read(uc, UC_X86_REG_FPTAG, &tags);
    for (unsigned i = 0; i < 8; i++) {
        if (((tags >> (2 * i)) & 3) != 3)
            image[FX_FTW] |= (uint8_t)(1u << i);
        uc_reg_read(uc, UC_X86_REG_ST0 + (int)i, image + FX_ST + 16 * i);
    }
    uc_reg_read(uc, UC_X86_REG_MXCSR, image + FX_MXCSR);
    memcpy(image + FX_MASK, &mask, sizeof mask);
    for (unsigned i = 0; i < 16; i++)
        uc_reg_read(uc, UC_X86_REG_XMM0 + (int)i, image + FX_XMM + 16 * i);
}

void cpu_set_fpu(struct cpu_thread *thread, const uint8_t image[512])
{
    uc_engine *uc = thread->cpu->uc;
    uint16_t tags = 0;
    uint32_t mxcsr;

    load(thread);
    uc_reg_write(uc, UC_X86_REG_FPCW, image + FX_FCW);
    uc_reg_write(uc, UC_X86_REG_FPSW, image + FX_FSW);
    for (unsigned i = 0; i < 8; i++) {
        uc_reg_write(uc, UC_X86_REG_ST0 + (int)i, image + FX_ST + 16 * i);
        if (!(image[FX_FTW] & (1u << i)))
            tags |= (uint16_t)(3u << (2 * i));
    }
    uc_reg_write(uc, UC_X86_REG_FPTAG, &tags);
    memcpy(&mxcsr, image + FX_MXCSR, sizeof mxcsr);
    mxcsr &= MXCSR_MASK;
    uc_reg_write(uc, UC_X86_REG_MXCSR, &mxcsr);
    for (unsigned i = 0; i < 16; i++)
        uc_reg_write(uc, UC_X86_REG_XMM0 + (int)i, image + FX_XMM + 16 * i);
}

/* ---- running ---- */

/* Frees the engine of a pending exception, which would turn the next ones into double faults. */
static void restore_pristine(struct cpu_thread *thread)
{
    uint64_t regs[CPU_REG_COUNT];
    uint8_t fpu[512];

    cpu_get_fpu(thread, fpu);
    for (int i = 0; i < CPU_REG_COUNT; i++)
        regs[i] = cpu_get(thread, i);
    uc_context_restore(thread->cpu->uc, thread->cpu->pristine);
    for (int i = 0; i < CPU_REG_COUNT; i++)
        cpu_set(thread, i, regs[i]);
    cpu_set_fpu(thread, fpu);
}

static void flush_full_code_buffer(struct cpu *cpu)
{
    if (cpu->code_estimate < CODE_BUFFER / 4 * 3)
        return;
    uc_ctl_flush_tb(cpu->uc);
    cpu->code_estimate = 0;
}

size_t cpu_instruction_bytes(struct cpu_thread *thread, uint8_t bytes[15])
{
    gaddr_t rip = cpu_get(thread, CPU_RIP);
    size_t room = PAGE_SIZE - (rip & ~PAGE_MASK);
    size_t done = mm_peek(thread->mm, rip, bytes, room < 15 ? room : 15);

    if (done == room && room < 15)
        done += mm_peek(thread->mm, rip + done, bytes + done, 15 - done);
    return done;
}

static uint64_t insn_register(void *ctx, int reg)
{
    return cpu_get(ctx, (enum cpu_reg)reg);
}

static void page_trap(struct cpu_thread *thread, struct cpu_trap *trap)
{
    struct cpu *cpu = thread->cpu;
    uint8_t bytes[15];
    size_t len = cpu_instruction_bytes(thread, bytes);

    trap->access = cpu->miss.access;
    trap->fault = cpu->miss.fault;
    trap->addr = insn_fault_address(bytes, len, cpu_get(thread, CPU_RIP), cpu->miss.page,
                                    cpu->miss.access, insn_register, thread);
    /* A non-canonical address is no page fault but #GP. */
    trap->kind =
        ((int64_t)(trap->addr << 16) >> 16) == (int64_t)trap->addr ? TRAP_PAGE : TRAP_PROTECTION;
}

/* RDTSC and RDTSCP are #GP because of CR4.TSD; true when the instruction was one and is done. */
static bool emulate_rdtsc(struct cpu_thread *thread)
{
    struct cpu *cpu = thread->cpu;
    uint8_t bytes[15];
    size_t len = cpu_instruction_bytes(thread, bytes);
    bool rdtsc = len >= 2 && bytes[0] == 0x0f && bytes[1] == 0x31;
    bool rdtscp = len >= 3 && bytes[0] == 0x0f && bytes[1] == 0x01 && bytes[2] == 0xf9;
    uint64_t value;

    if (!rdtsc && !rdtscp)
        return false;
    value = cpu->hooks.tsc(cpu->hooks.ctx);
    cpu_set(thread, CPU_RAX, (uint32_t)value);
    cpu_set(thread, CPU_RDX, value >> 32);
    if (rdtscp)
        cpu_set(thread, CPU_RCX, 0);
    cpu_set(thread, CPU_RIP, cpu_get(thread, CPU_RIP) + (rdtsc ? 2 : 3));
    return true;
}

/* True when the interrupt is a trap for the kernel, false when the guest just goes on. */
static bool interrupt_trap(struct cpu_thread *thread, struct cpu_trap *trap)
{
    gaddr_t rip = cpu_get(thread, CPU_RIP);
    uint32_t number = thread->cpu->interrupt;
    uint8_t before[2] = {0, 0};

    restore_pristine(thread);
    switch (number) {
    case 0:
        trap->kind = TRAP_DIVIDE;
        return true;
    case 1:
        trap->kind = TRAP_STEP;
        return true;
    case 3:
        trap->kind = TRAP_BREAKPOINT;
        return true;
    case 13:
        if (emulate_rdtsc(thread))
            return false;
        trap->kind = TRAP_PROTECTION;
        return true;
    case 16:
    case 19:
        trap->kind = TRAP_FLOAT;
        return true;
    case 0x80:
        trap->kind = TRAP_INT80;
        return true;
    default:
        /* INT n may not be used from ring 3; the engine does not check, and RIP is after it. */
        if (mm_peek(thread->mm, rip - 2, before, 2) == 2 && before[0] == 0xcd &&
            before[1] == number)
            cpu_set(thread, CPU_RIP, rip - 2);
        trap->kind = TRAP_PROTECTION;
        return true;
    }
}

/*
 * The block at RIP holds an instruction that the engine would get wrong: steps up to it. The
 * block's translation is thrown away so that it is seen again next time.
 */
static bool unsupported_trap(struct cpu_thread *thread, struct cpu_trap *trap)
{
    struct cpu *cpu = thread->cpu;
    gaddr_t target = cpu->unsupported;
    gaddr_t rip = cpu_get(thread, CPU_RIP);

    uc_ctl_remove_cache(cpu->uc, target, target + 1);
    uc_ctl_remove_cache(cpu->uc, rip, rip + 1);
    flush_tlb(cpu);
    if (rip != target) {
        uc_ctl_set_exits(cpu->uc, &target, 1);
        cpu->stop = STOP_NONE;
        uc_emu_start(cpu->uc, rip, 0, 0, 0);
        uc_ctl_set_exits(cpu->uc, &target, 0);
        uc_ctl_remove_cache(cpu->uc, rip, rip + 1);
        if (cpu_get(thread, CPU_RIP) != target)
            return false;
    }
    trap->kind = TRAP_ILLEGAL;
    return true;
}

static bool classify(struct cpu_thread *thread, uc_err err, struct cpu_trap *trap);

/* Runs the instruction at RIP alone; true when it trapped. */
static bool step_over(struct cpu_thread *thread, struct cpu_trap *trap)
{
    struct cpu *cpu = thread->cpu;
    gaddr_t rip = cpu_get(thread, CPU_RIP), next;
    uint8_t bytes[15];
    size_t len = cpu_instruction_bytes(thread, bytes);
    uc_err err;

    next = rip + insn_length(bytes, len);
    /* The block that holds the instruction was translated as a whole. */
    uc_ctl_remove_cache(cpu->uc, rip, rip + 1);
    uc_ctl_set_exits(cpu->uc, &next, 1);
    cpu->stepping = true;
    cpu->stop = STOP_NONE;
    err = uc_emu_start(cpu->uc, rip, 0, 0, 0);
    cpu->stepping = false;
    uc_ctl_set_exits(cpu->uc, &next, 0);
    uc_ctl_remove_cache(cpu->uc, rip, rip + 1);
    return err != UC_ERR_OK || cpu->stop != STOP_NONE ? classify(thread, err, trap) : false;
}

/* What an end of uc_emu_start means: true when it is a trap. */
static bool classify(struct cpu_thread *thread, uc_err err, struct cpu_trap *trap)
{
    struct cpu *cpu = thread->cpu;

    switch (cpu->stop) {
    case STOP_SYSCALL:
        trap->kind = TRAP_SYSCALL;
        return true;
    case STOP_SYSENTER:
        trap->kind = TRAP_SYSENTER;
        return true;
    case STOP_INTERRUPT:
        return interrupt_trap(thread, trap);
    case STOP_WORK:
        trap->kind = TRAP_KICK;
        return true;
    case STOP_IO:
        uc_context_restore(cpu->uc, cpu->at_port);
        trap->kind = TRAP_PROTECTION;
        return true;
    case STOP_UNSUPPORTED:
        return unsupported_trap(thread, trap);
    case STOP_NONE:
        break;
    }
    if (err == UC_ERR_EXCEPTION && cpu->own_code_written) {
        cpu->own_code_written = false;
        return step_over(thread, trap);
    }
    if (err == UC_ERR_EXCEPTION) {
        page_trap(thread, trap);
        return true;
    }
    if (err != UC_ERR_OK) {
        trap->kind = TRAP_ILLEGAL;
        return true;
    }
    if (atomic_exchange(&cpu->kicked, false)) {
        trap->kind = TRAP_KICK;
        return true;
    }
    return false;
}

void cpu_run(struct cpu_thread *thread, struct cpu_trap *trap)
{
    struct cpu *cpu = thread->cpu;
    bool trapped = false;

    load(thread);
    flush_full_code_buffer(cpu);
    while (!trapped) {
        uc_err err;

        sync_tlb(cpu);
        cpu->stop = STOP_NONE;
        cpu->stats.runs++;
        atomic_store(&cpu->running, true);
        err = uc_emu_start(cpu->uc, cpu_get(thread, CPU_RIP), 0, 0, 0);
        atomic_store(&cpu->running, false);
        trapped = classify(thread, err, trap);
    }
}

bool cpu_is_running(const struct cpu *cpu)
{
    return atomic_load(&cpu->running);
}

void cpu_kick(struct cpu *cpu)
{
    if (!atomic_load(&cpu->running))
        return;
    atomic_store(&cpu->kicked, true);
#if ENGINE_EXACT_STOP
    uc_emu_stop(cpu->uc);
#endif
}

void cpu_stats(const struct cpu *cpu, struct cpu_stats *stats)
{
    *stats = cpu->stats;
}

#if ENGINE_EXACT_STOP
/*
 * Takes the place of the engine's own function, which plants a check for a stop request after each
 * memory access of translated code. Those checks leave a block half executed with RIP at its
 * beginning, so that a stop by another thread makes the guest execute instructions twice; without
 * them a stop takes effect at the beginning of the next block, where the state is exact, and code
 * is faster. cmake/Dependencies.cmake makes the engine's own definition a weak one; the test
 * a_kick_loses_nothing fails when an engine plants the checks in another way.
 *
 * Tried before: kicks as they are (0.5% of runs died of a wild jump), and a hook for each block
 * (exact, but 1.3 times slower: what is left when only the shared library is installed).
 */
void check_exit_request_x86_64(void *translation);

void check_exit_request_x86_64(void *translation)
{
    (void)translation;
}
#endif
