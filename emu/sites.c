/*
 * See sites.h. Two readings: the first collects the targets of calls, which are where functions
 * begin; the second follows constants through each function. What depends on a function's argument
 * is then looked up at its callers, as far up as it takes.
 */
#include "emu/sites.h"

#include <stdlib.h>

#include "emu/cpu.h"

enum source {
    UNKNOWN,
    CONSTANT,
    FIRST_ARGUMENT, /* what RDI held when the function began: the C calling convention */
    ACCUMULATOR,    /* what RAX held: Go's, and assembly that passes it through */
};

struct known {
    enum source source;
    int64_t constant;
};

#define REGISTERS 16 /* CPU_RAX to CPU_R15 */
#define SLOTS     16

struct slot {
    int base;
    int64_t distance;
    struct known value;
};

struct state {
    bool reached; /* some instruction leads here */
    struct known registers[REGISTERS];
    struct slot slots[SLOTS];
    unsigned next_slot;
};

/* A state that waits at the target of a forward jump. */
struct waiting {
    gaddr_t target;
    struct state state;
};

#define WAITING 64

struct call {
    gaddr_t pc;
    gaddr_t callee;
    gaddr_t caller;
    struct known accumulator;
    struct known first_argument;
};

/* A function that hands an argument on as the number. */
struct wrapper {
    gaddr_t function;
    enum source argument;
};

struct finder {
    syscall_site_fn *found;
    void *ctx;
    gaddr_t *functions; /* sorted once complete */
    size_t function_count;
    size_t function_room;
    struct call *calls;
    size_t call_count;
    size_t call_room;
    struct wrapper *wrappers;
    size_t wrapper_count;
    size_t wrapper_room;
    bool failed; /* no memory */
    gaddr_t function;
    struct state state;
    struct waiting waiting[WAITING];
    unsigned next_waiting;
};

/* Makes room for one more element of an array; NULL: no memory. */
static void *grow(struct finder *f, void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t more = *room ? 2 * *room : 256;
    void *larger = reallocarray(array, more, size);

    if (!larger) {
        f->failed = true;
        return NULL;
    }
    *room = more;
    return larger;
}

static void add_function(struct finder *f, gaddr_t address)
{
    gaddr_t *larger =
        grow(f, f->functions, f->function_count, &f->function_room, sizeof(*f->functions));

    if (!larger)
        return;
    f->functions = larger;
    f->functions[f->function_count++] = address;
}

static int compare_addresses(const void *a, const void *b)
{
    gaddr_t x = *(const gaddr_t *)a;
    gaddr_t y = *(const gaddr_t *)b;

    return (x > y) - (x < y);
}

static bool is_function(const struct finder *f, gaddr_t address)
{
    return f->function_count && bsearch(&address, f->functions, f->function_count,
                                        sizeof(*f->functions), compare_addresses);
}

static void collect_functions(struct finder *f, const struct code_part *part)
{
    const uint8_t *code = part->bytes;
    size_t left = part->size;
    gaddr_t pc = part->address;
    struct insn_step step;

    while (!f->failed && insn_next(&code, &left, &pc, &step))
        if (step.kind == INSN_CALL && step.target)
            add_function(f, step.target);
}

/* ---- following values ---- */

static void begin_function(struct finder *f, gaddr_t address)
{
    f->function = address;
    f->state = (struct state){.reached = true};
    f->state.registers[CPU_RDI].source = FIRST_ARGUMENT;
    f->state.registers[CPU_RAX].source = ACCUMULATOR;
    f->next_waiting = 0;
    for (unsigned i = 0; i < WAITING; i++)
        f->waiting[i].target = 0;
}

static void forget_slots(struct state *state, int base)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (state->slots[i].base == base)
            state->slots[i].value.source = UNKNOWN;
}

static struct slot *find_slot(struct state *state, int base, int64_t distance)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (state->slots[i].base == base && state->slots[i].distance == distance)
            return &state->slots[i];
    return NULL;
}

static void store(struct state *state, int base, int64_t distance, struct known value)
{
    struct slot *slot = find_slot(state, base, distance);

    if (!slot)
        slot = &state->slots[state->next_slot++ % SLOTS];
    *slot = (struct slot){base, distance, value};
}

static struct known register_value(const struct state *state, int reg)
{
    return reg < REGISTERS ? state->registers[reg] : (struct known){UNKNOWN, 0};
}

static void apply_move(struct state *state, const struct insn_step *step)
{
    struct known value = {UNKNOWN, 0};
    const struct slot *slot;

    switch (step->move) {
    case INSN_MOVE_CONSTANT:
        value = (struct known){CONSTANT, (int64_t)(uint32_t)step->value};
        break;
    case INSN_MOVE_REGISTER:
        value = register_value(state, step->from);
        break;
    case INSN_MOVE_LOAD:
        slot = find_slot(state, step->from, step->value);
        if (slot)
            value = slot->value;
        break;
    case INSN_MOVE_STORE:
        store(state, step->to, step->value, register_value(state, step->from));
        return;
    case INSN_MOVE_NONE:
        return;
    }
    if (step->to < REGISTERS)
        state->registers[step->to] = value;
}

static void apply(struct state *state, const struct insn_step *step)
{
    struct state moved = *state; /* the source may be the register that is written */

    apply_move(&moved, step);
    if (step->move == INSN_MOVE_STORE)
        *state = moved;
    for (int reg = 0; reg < REGISTERS; reg++) {
        if (step->written >> reg & 1) {
            state->registers[reg].source = UNKNOWN;
            forget_slots(state, reg);
        }
    }
    if (step->move != INSN_MOVE_NONE && step->move != INSN_MOVE_STORE && step->to < REGISTERS)
        state->registers[step->to] = moved.registers[step->to];
}

/* A call keeps what its callee must: RBX, RBP, R12 to R15 and the stack. */
static void forget_called(struct state *state)
{
    for (int reg = 0; reg < REGISTERS; reg++)
        if (reg != CPU_RBX && reg != CPU_RBP && reg != CPU_RSP && reg < CPU_R12)
            state->registers[reg].source = UNKNOWN;
}

static void wait_at(struct finder *f, gaddr_t target)
{
    f->waiting[f->next_waiting++ % WAITING] = (struct waiting){target, f->state};
}

static void arrive(struct finder *f, gaddr_t pc)
{
    if (is_function(f, pc)) {
        begin_function(f, pc);
        return;
    }
    for (unsigned i = 0; i < WAITING && !f->state.reached; i++)
        if (f->waiting[i].target == pc)
            f->state = f->waiting[i].state;
}

/* ---- what is found ---- */

static void add_wrapper(struct finder *f, gaddr_t function, enum source argument)
{
    for (size_t i = 0; i < f->wrapper_count; i++)
        if (f->wrappers[i].function == function && f->wrappers[i].argument == argument)
            return;
    struct wrapper *larger =
        grow(f, f->wrappers, f->wrapper_count, &f->wrapper_room, sizeof(*f->wrappers));
    if (!larger)
        return;
    f->wrappers = larger;
    f->wrappers[f->wrapper_count++] = (struct wrapper){function, argument};
}

static void tell(struct finder *f, gaddr_t pc, struct known number, gaddr_t function, bool by_int80)
{
    const struct syscall_site site = {pc, number.source == CONSTANT ? number.constant : -1,
                                      by_int80};

    if (number.source == FIRST_ARGUMENT || number.source == ACCUMULATOR)
        add_wrapper(f, function, number.source);
    else
        f->found(f->ctx, &site);
}

static void add_call(struct finder *f, const struct insn_step *step)
{
    struct call *larger = grow(f, f->calls, f->call_count, &f->call_room, sizeof(*f->calls));

    if (!larger)
        return;
    f->calls = larger;
    f->calls[f->call_count++] = (struct call){
        .pc = step->pc,
        .callee = step->target,
        .caller = f->function,
        .accumulator = f->state.registers[CPU_RAX],
        .first_argument = f->state.registers[CPU_RDI],
    };
}

static void follow(struct finder *f, const struct code_part *part)
{
    const uint8_t *code = part->bytes;
    size_t left = part->size;
    gaddr_t pc = part->address;
    struct insn_step step;

    begin_function(f, part->address);
    while (!f->failed) {
        arrive(f, pc);
        if (!insn_next(&code, &left, &pc, &step))
            break;
        if (step.kind == INSN_SYSCALL || step.kind == INSN_INT80)
            tell(f, step.pc, f->state.registers[CPU_RAX], f->function, step.kind == INSN_INT80);
        if (step.kind == INSN_CALL || (step.kind == INSN_JUMP && is_function(f, step.target)))
            add_call(f, &step);
        else if ((step.kind == INSN_JUMP || step.kind == INSN_BRANCH) && step.target > step.pc)
            wait_at(f, step.target);
        if (step.kind == INSN_CALL)
            forget_called(&f->state); /* RSP is back where it was */
        else
            apply(&f->state, &step);
        if (step.kind == INSN_JUMP || step.kind == INSN_RETURN)
            f->state = (struct state){0};
    }
}

/* The callers of each function that hands its number on; they may hand on theirs in turn, so the
 * list grows while it is walked. */
static void ask_callers(struct finder *f)
{
    for (size_t i = 0; i < f->wrapper_count && !f->failed; i++) {
        const struct wrapper wrapper = f->wrappers[i];

        for (size_t j = 0; j < f->call_count; j++) {
            const struct call *call = &f->calls[j];

            if (call->callee == wrapper.function)
                tell(f, call->pc,
                     wrapper.argument == ACCUMULATOR ? call->accumulator : call->first_argument,
                     call->caller, false);
        }
    }
}

bool find_syscall_sites(const struct code_part *parts, size_t count, syscall_site_fn *found,
                        void *ctx)
{
    struct finder *f = calloc(1, sizeof(*f));

    if (!f)
        return false;
    f->found = found;
    f->ctx = ctx;
    for (size_t i = 0; i < count; i++)
        collect_functions(f, &parts[i]);
    if (f->function_count)
        qsort(f->functions, f->function_count, sizeof(*f->functions), compare_addresses);
    for (size_t i = 0; i < count; i++)
        follow(f, &parts[i]);
    ask_callers(f);
    bool complete = !f->failed;
    free(f->functions);
    free(f->calls);
    free(f->wrappers);
    free(f);
    return complete;
}
