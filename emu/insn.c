/*
 * See insn.h. The only file that includes capstone.
 */
#include "emu/insn.h"

#include <capstone/capstone.h>
#include <string.h>

#include "emu/cpu.h"

/* One decoder for the life of the process; abibox decodes on one thread at a time. */
static csh decoder(void)
{
    static csh handle;

    if (!handle && cs_open(CS_ARCH_X86, CS_MODE_64, &handle) == CS_ERR_OK)
        cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    return handle;
}

static const struct {
    x86_reg reg;
    int cpu;
    unsigned bits;
} register_map[] = {
    {X86_REG_RAX, CPU_RAX, 64},    {X86_REG_RBX, CPU_RBX, 64},  {X86_REG_RCX, CPU_RCX, 64},
    {X86_REG_RDX, CPU_RDX, 64},    {X86_REG_RSI, CPU_RSI, 64},  {X86_REG_RDI, CPU_RDI, 64},
    {X86_REG_RBP, CPU_RBP, 64},    {X86_REG_RSP, CPU_RSP, 64},  {X86_REG_R8, CPU_R8, 64},
    {X86_REG_R9, CPU_R9, 64},      {X86_REG_R10, CPU_R10, 64},  {X86_REG_R11, CPU_R11, 64},
    {X86_REG_R12, CPU_R12, 64},    {X86_REG_R13, CPU_R13, 64},  {X86_REG_R14, CPU_R14, 64},
    {X86_REG_R15, CPU_R15, 64},    {X86_REG_EAX, CPU_RAX, 32},  {X86_REG_EBX, CPU_RBX, 32},
    {X86_REG_ECX, CPU_RCX, 32},    {X86_REG_EDX, CPU_RDX, 32},  {X86_REG_ESI, CPU_RSI, 32},
    {X86_REG_EDI, CPU_RDI, 32},    {X86_REG_EBP, CPU_RBP, 32},  {X86_REG_ESP, CPU_RSP, 32},
    {X86_REG_R8D, CPU_R8, 32},     {X86_REG_R9D, CPU_R9, 32},   {X86_REG_R10D, CPU_R10, 32},
    {X86_REG_R11D, CPU_R11, 32},   {X86_REG_R12D, CPU_R12, 32}, {X86_REG_R13D, CPU_R13, 32},
    {X86_REG_R14D, CPU_R14, 32},   {X86_REG_R15D, CPU_R15, 32}, {X86_REG_FS, CPU_FS_BASE, 64},
    {X86_REG_GS, CPU_GS_BASE, 64},
};

struct operand_context {
    const cs_insn *insn;
    insn_reg_fn *get;
    void *ctx;
};

static uint64_t register_value(const struct operand_context *c, x86_reg reg)
{
    if (reg == X86_REG_RIP || reg == X86_REG_EIP)
        return c->insn->address + c->insn->size;
    for (size_t i = 0; i < sizeof register_map / sizeof *register_map; i++) {
        if (register_map[i].reg == reg) {
            uint64_t value = c->get(c->ctx, register_map[i].cpu);
            return register_map[i].bits == 32 ? (uint32_t)value : value;
        }
    }
    return 0;
}

static gaddr_t operand_address(const struct operand_context *c, const x86_op_mem *mem)
{
    gaddr_t addr = (uint64_t)mem->disp;

    if (mem->base != X86_REG_INVALID)
        addr += register_value(c, mem->base);
    if (mem->index != X86_REG_INVALID)
        addr += register_value(c, mem->index) * (uint64_t)mem->scale;
    if (c->insn->detail->x86.addr_size == 4)
        addr = (uint32_t)addr;
    if (mem->segment == X86_REG_FS || mem->segment == X86_REG_GS)
        addr += register_value(c, mem->segment);
    return addr;
}

/* True when [addr, addr + size) touches the page; *fault gets the first byte on it. */
static bool touches(gaddr_t addr, unsigned size, gaddr_t page, gaddr_t *fault)
{
    gaddr_t last = addr + (size ? size : 1) - 1;

    if (addr >= page && addr - page < PAGE_SIZE) {
        *fault = addr;
        return true;
    }
    if (addr < page && last >= page && last - page < PAGE_SIZE) {
        *fault = page;
        return true;
    }
    return false;
}

/* Where the implicit stack access of push, pop, call, ret and the like happens. */
static bool stack_access(const struct operand_context *c, gaddr_t page, enum mm_access access,
                         gaddr_t *fault)
{
    uint64_t rsp = c->get(c->ctx, CPU_RSP);

    switch (c->insn->id) {
    case X86_INS_LEAVE:
        return touches(c->get(c->ctx, CPU_RBP), 8, page, fault);
    case X86_INS_ENTER:
        return touches(rsp - 8, 8, page, fault);
    default:
        return touches(access == MM_WRITE ? rsp - 8 : rsp, 8, page, fault);
    }
}

gaddr_t insn_fault_address(const uint8_t *bytes, size_t len, gaddr_t rip, gaddr_t page,
                           enum mm_access access, insn_reg_fn *get, void *ctx)
{
    gaddr_t fault = page;
    cs_insn *insn = NULL;
    struct operand_context c = {NULL, get, ctx};
    const cs_x86 *x86;
    bool found = false;

    if (access == MM_EXEC)
        return rip >= page && rip - page < PAGE_SIZE ? rip : page;
    if (cs_disasm(decoder(), bytes, len, rip, 1, &insn) != 1)
        return page;
    c.insn = insn;
    x86 = &insn->detail->x86;
    for (int i = 0; i < x86->op_count && !found; i++) {
        if (x86->operands[i].type == X86_OP_MEM && insn->id != X86_INS_LEA)
            found = touches(operand_address(&c, &x86->operands[i].mem), x86->operands[i].size, page,
                            &fault);
    }
    if (!found && !stack_access(&c, page, access, &fault))
        fault = page;
    cs_free(insn, 1);
    return fault;
}

static bool is_canonical(gaddr_t addr)
{
    return (int64_t)(addr << 16) >> 16 == (int64_t)addr;
}

/* True when a memory operand that goes through the stack segment is not canonical. */
static bool refused_by_stack(const struct operand_context *c)
{
    const cs_x86 *x86 = &c->insn->detail->x86;

    for (int i = 0; i < x86->op_count; i++) {
        const x86_op_mem *mem = &x86->operands[i].mem;

        if (x86->operands[i].type != X86_OP_MEM || is_canonical(operand_address(c, mem)))
            continue;
        return mem->segment == X86_REG_INVALID &&
               (mem->base == X86_REG_RSP || mem->base == X86_REG_RBP);
    }
    switch (c->insn->id) {
    case X86_INS_PUSH:
    case X86_INS_PUSHFQ:
    case X86_INS_CALL:
    case X86_INS_ENTER:
        return !is_canonical(c->get(c->ctx, CPU_RSP) - 8);
    case X86_INS_POP:
    case X86_INS_POPFQ:
    case X86_INS_RET:
        return !is_canonical(c->get(c->ctx, CPU_RSP));
    case X86_INS_LEAVE:
        return !is_canonical(c->get(c->ctx, CPU_RBP));
    default:
        return false;
    }
}

/* The selector that MOV to a segment register tried to load, without its privilege level. */
static uint32_t refused_selector(const struct operand_context *c)
{
    const cs_x86 *x86 = &c->insn->detail->x86;

    if (c->insn->bytes[0] != 0x8e || x86->op_count != 2 || x86->operands[1].type != X86_OP_REG)
        return 0;
    return (uint32_t)register_value(c, x86->operands[1].reg) & 0xfffc;
}

void insn_explain_refusal(const uint8_t *bytes, size_t len, gaddr_t rip, insn_reg_fn *get,
                          void *ctx, struct insn_refusal *out)
{
    const uint32_t idt = 2; /* bit 1 of the error code: the selector is an index of the IDT */
    struct operand_context c = {NULL, get, ctx};
    cs_insn *insn = NULL;

    *out = (struct insn_refusal){.kind = INSN_REFUSED_OTHER};
    if (len >= 2 && bytes[0] == 0xcd) {
        if (bytes[1] == 4)
            out->kind = INSN_REFUSED_OVERFLOW;
        else
            out->error_code = bytes[1] * 8u + idt;
        return;
    }
    if (cs_disasm(decoder(), bytes, len, rip, 1, &insn) != 1)
        return;
    c.insn = insn;
    if (refused_by_stack(&c))
        out->kind = INSN_REFUSED_STACK;
    else
        out->error_code = refused_selector(&c);
    cs_free(insn, 1);
}

/* Bytes that can begin (after prefixes) an instruction that insn_find_unsupported looks for. */
static bool may_contain_unsupported(const uint8_t *code, size_t len)
{
    return memchr(code, 0xc5, len) || memchr(code, 0xc4, len) || memchr(code, 0x62, len) ||
           memchr(code, 0xcf, len);
}

static bool is_unsupported(const cs_insn *insn)
{
    uint8_t first = insn->bytes[0];

    if (insn->id == X86_INS_IRET || insn->id == X86_INS_IRETD || insn->id == X86_INS_IRETQ)
        return true;
    return first == 0xc4 || first == 0xc5 || first == 0x62;
}

long insn_find_unsupported(const uint8_t *code, size_t len, gaddr_t pc)
{
    const uint8_t *at = code;
    size_t left = len;
    uint64_t address = pc;
    cs_insn *insn;
    long found = -1;

    if (!may_contain_unsupported(code, len))
        return -1;
    insn = cs_malloc(decoder());
    if (!insn)
        return -1;
    while (found < 0 && left > 0) {
        const uint8_t *start = at;
        uint8_t first = *at;

        if (!cs_disasm_iter(decoder(), &at, &left, &address, insn)) {
            if (first == 0xc4 || first == 0xc5 || first == 0x62)
                found = start - code;
            break;
        }
        if (is_unsupported(insn))
            found = start - code;
    }
    cs_free(insn, 1);
    return found;
}

/* The narrow names of the registers that register_map has. */
static const struct {
    x86_reg reg;
    int cpu;
} narrow_registers[] = {
    {X86_REG_AX, CPU_RAX},   {X86_REG_AL, CPU_RAX},   {X86_REG_AH, CPU_RAX},
    {X86_REG_BX, CPU_RBX},   {X86_REG_BL, CPU_RBX},   {X86_REG_BH, CPU_RBX},
    {X86_REG_CX, CPU_RCX},   {X86_REG_CL, CPU_RCX},   {X86_REG_CH, CPU_RCX},
    {X86_REG_DX, CPU_RDX},   {X86_REG_DL, CPU_RDX},   {X86_REG_DH, CPU_RDX},
    {X86_REG_SI, CPU_RSI},   {X86_REG_SIL, CPU_RSI},  {X86_REG_DI, CPU_RDI},
    {X86_REG_DIL, CPU_RDI},  {X86_REG_BP, CPU_RBP},   {X86_REG_BPL, CPU_RBP},
    {X86_REG_SP, CPU_RSP},   {X86_REG_SPL, CPU_RSP},  {X86_REG_R8W, CPU_R8},
    {X86_REG_R8B, CPU_R8},   {X86_REG_R9W, CPU_R9},   {X86_REG_R9B, CPU_R9},
    {X86_REG_R10W, CPU_R10}, {X86_REG_R10B, CPU_R10}, {X86_REG_R11W, CPU_R11},
    {X86_REG_R11B, CPU_R11}, {X86_REG_R12W, CPU_R12}, {X86_REG_R12B, CPU_R12},
    {X86_REG_R13W, CPU_R13}, {X86_REG_R13B, CPU_R13}, {X86_REG_R14W, CPU_R14},
    {X86_REG_R14B, CPU_R14}, {X86_REG_R15W, CPU_R15}, {X86_REG_R15B, CPU_R15},
};

/* cpu.h's number of a register of 32 bits or more, or -1. */
static int wide_register(x86_reg reg)
{
    for (size_t i = 0; i < sizeof register_map / sizeof *register_map; i++)
        if (register_map[i].reg == reg)
            return register_map[i].cpu;
    return -1;
}

static int any_register(x86_reg reg)
{
    for (size_t i = 0; i < sizeof narrow_registers / sizeof *narrow_registers; i++)
        if (narrow_registers[i].reg == reg)
            return narrow_registers[i].cpu;
    return wide_register(reg);
}

static uint32_t written_registers(const cs_insn *insn)
{
    cs_regs read;
    cs_regs write;
    uint8_t read_count = 0;
    uint8_t write_count = 0;
    uint32_t mask = 0;

    if (cs_regs_access(decoder(), insn, read, &read_count, write, &write_count) != CS_ERR_OK)
        return UINT32_MAX;
    for (uint8_t i = 0; i < write_count; i++) {
        int cpu = any_register(write[i]);

        if (cpu >= 0)
            mask |= 1U << cpu;
    }
    return mask;
}

static enum insn_kind kind_of(const cs_insn *insn, gaddr_t *target)
{
    const cs_x86_op *operand = &insn->detail->x86.operands[0];

    *target = operand->type == X86_OP_IMM ? (gaddr_t)operand->imm : 0;
    switch (insn->id) {
    case X86_INS_SYSCALL:
        return INSN_SYSCALL;
    case X86_INS_INT:
        return operand->imm == 0x80 ? INSN_INT80 : INSN_RETURN;
    case X86_INS_CALL:
        return INSN_CALL;
    case X86_INS_JMP:
        return INSN_JUMP;
    case X86_INS_RET:
    case X86_INS_HLT:
    case X86_INS_UD2:
        return INSN_RETURN;
    default:
        return cs_insn_group(decoder(), insn, X86_GRP_JUMP) ? INSN_BRANCH : INSN_PLAIN;
    }
}

/* A memory operand that is a register and a distance. */
static bool is_plain_address(const cs_x86_op *operand, int *base, int64_t *distance)
{
    if (operand->type != X86_OP_MEM || operand->mem.index != X86_REG_INVALID ||
        operand->mem.segment != X86_REG_INVALID)
        return false;
    *base = wide_register(operand->mem.base);
    *distance = operand->mem.disp;
    return *base >= 0;
}

static enum insn_move move_of(const cs_insn *insn, struct insn_step *step)
{
    const cs_x86_op *to = &insn->detail->x86.operands[0];
    const cs_x86_op *from = &insn->detail->x86.operands[1];
    bool is_move = insn->id == X86_INS_MOV || insn->id == X86_INS_MOVABS;

    if (insn->detail->x86.op_count != 2)
        return INSN_MOVE_NONE;
    if (to->type == X86_OP_REG) {
        step->to = wide_register(to->reg);
        if (step->to < 0)
            return INSN_MOVE_NONE;
        if (insn->id == X86_INS_XOR && from->type == X86_OP_REG && from->reg == to->reg) {
            step->value = 0;
            return INSN_MOVE_CONSTANT;
        }
        if (is_move && from->type == X86_OP_IMM) {
            step->value = from->imm;
            return INSN_MOVE_CONSTANT;
        }
        if (is_move && from->type == X86_OP_REG) {
            step->from = wide_register(from->reg);
            return step->from >= 0 ? INSN_MOVE_REGISTER : INSN_MOVE_NONE;
        }
        if (is_move && from->size >= 4 && is_plain_address(from, &step->from, &step->value))
            return INSN_MOVE_LOAD;
    } else if (is_move && from->type == X86_OP_REG && to->size >= 4) {
        step->from = wide_register(from->reg);
        if (step->from >= 0 && is_plain_address(to, &step->to, &step->value))
            return INSN_MOVE_STORE;
    }
    return INSN_MOVE_NONE;
}

bool insn_next(const uint8_t **code, size_t *left, gaddr_t *pc, struct insn_step *step)
{
    static cs_insn *insn;

    if (!insn)
        insn = cs_malloc(decoder());
    if (!insn || !*left)
        return false;
    *step = (struct insn_step){.pc = *pc};
    if (!cs_disasm_iter(decoder(), code, left, pc, insn)) {
        ++*code;
        --*left;
        ++*pc;
        return true;
    }
    step->kind = kind_of(insn, &step->target);
    step->move = move_of(insn, step);
    step->written = written_registers(insn);
    return true;
}

size_t insn_length(const uint8_t *bytes, size_t len)
{
    cs_insn *insn = NULL;
    size_t length = 1;

    if (cs_disasm(decoder(), bytes, len, 0, 1, &insn) == 1) {
        length = insn->size;
        cs_free(insn, 1);
    }
    return length;
}
