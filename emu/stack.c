/*
 * Building a new program's stack: see stack.h. May include emu/mm.h and the C library's elf.h.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "emu/stack.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* sysconf(_SC_CLK_TCK) of every amd64 Linux. */
#define CLOCK_TICKS 100

static const char platform[] = "x86_64";

int stack_begin(struct stack *stack, struct mm *mm, uint64_t bytes, uint64_t string_limit,
                uint32_t flags)
{
    *stack = (struct stack){
        .mm = mm,
        .bottom = STACK_TOP - bytes,
        .sp = STACK_TOP - sizeof(gaddr_t),
    };
    stack->lowest = stack->sp - string_limit;
    return mm_map(mm, stack->bottom, bytes, flags, NULL, 0, "[stack]");
}

static int push_bytes(struct stack *stack, const void *bytes, size_t len)
{
    if (stack->sp < stack->lowest || stack->sp - stack->lowest < len)
        return -E2BIG;
    if (mm_poke(stack->mm, stack->sp - len, bytes, len) != len)
        return -E2BIG;
    stack->sp -= len;
    return 0;
}

int stack_push(struct stack *stack, const char *text)
{
    size_t len = strlen(text) + 1;
    return len > STACK_STRING_MAX ? -E2BIG : push_bytes(stack, text, len);
}

/* Bytes of the string with its NUL, at most STACK_STRING_MAX; -EFAULT, -E2BIG. */
static int64_t guest_string_size(struct mm *from, gaddr_t text)
{
    char piece[PAGE_SIZE];
    for (uint64_t done = 0; done < STACK_STRING_MAX;) {
        size_t want = PAGE_SIZE - ((text + done) & ~PAGE_MASK);
        if (want > STACK_STRING_MAX - done)
            want = STACK_STRING_MAX - done;
        size_t got = copyin_some(from, piece, text + done, want);
        const char *nul = memchr(piece, '\0', got);
        if (nul)
            return (int64_t)(done + (size_t)(nul - piece) + 1);
        if (got < want)
            return -EFAULT;
        done += want;
    }
    return -E2BIG;
}

int stack_push_guest(struct stack *stack, struct mm *from, gaddr_t text)
{
    int64_t len = guest_string_size(from, text);
    if (len < 0)
        return (int)len;
    if (stack->sp < stack->lowest || stack->sp - stack->lowest < (uint64_t)len)
        return -E2BIG;
    /* From the end to the beginning in pieces; no other guest code runs between the two reads. */
    char piece[PAGE_SIZE];
    while (len > 0) {
        size_t part = len < (int64_t)sizeof piece ? (size_t)len : sizeof piece;
        len -= (int64_t)part;
        if (copyin(from, piece, text + (uint64_t)len, part))
            return -EFAULT;
        int error = push_bytes(stack, piece, part);
        if (error)
            return error;
    }
    return 0;
}

/* Walks the strings that were pushed, in memory order, a page of them at a time. */
struct string_walk {
    struct mm *mm;
    gaddr_t addr; /* of piece[used] */
    size_t used, filled;
    char piece[PAGE_SIZE];
};

/* Advances over one string. 0 or -ENOMEM when its memory cannot be read. */
static int walk_string(struct string_walk *walk)
{
    for (;;) {
        const char *rest = walk->piece + walk->used;
        const char *nul = memchr(rest, '\0', walk->filled - walk->used);
        size_t step = nul ? (size_t)(nul - rest) + 1 : walk->filled - walk->used;
        walk->addr += step;
        walk->used += step;
        if (nul)
            return 0;
        size_t want = PAGE_SIZE - (walk->addr & ~PAGE_MASK);
        walk->used = 0;
        walk->filled = mm_peek(walk->mm, walk->addr, walk->piece, want);
        if (walk->filled == 0)
            return -ENOMEM;
    }
}

int stack_drop_argument(struct stack *stack)
{
    struct string_walk walk = {.mm = stack->mm, .addr = stack->sp};
    if (stack->argc == 0)
        return 0;
    int error = walk_string(&walk);
    if (error)
        return error;
    stack->sp = walk.addr;
    stack->argc--;
    return 0;
}

/* Writes words upwards, a page of them at a time. */
struct word_writer {
    struct mm *mm;
    gaddr_t addr;
    size_t count;
    bool failed;
    uint64_t word[512];
};

static void write_flush(struct word_writer *writer)
{
    size_t len = writer->count * sizeof writer->word[0];
    if (mm_poke(writer->mm, writer->addr, writer->word, len) != len)
        writer->failed = true;
    writer->addr += len;
    writer->count = 0;
}

static void write_word(struct word_writer *writer, uint64_t word)
{
    writer->word[writer->count++] = word;
    if (writer->count == sizeof writer->word / sizeof writer->word[0])
        write_flush(writer);
}

static gaddr_t write_address(const struct word_writer *writer)
{
    return writer->addr + writer->count * sizeof writer->word[0];
}

/* The addresses of `count` strings that follow each other, and the NULL. */
static int write_vector(struct word_writer *writer, struct string_walk *walk, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        write_word(writer, walk->addr);
        int error = walk_string(walk);
        if (error)
            return error;
    }
    write_word(writer, 0);
    return 0;
}

/* Auxiliary entries in Linux's order; the count is the array's. */
#define AUXV_ENTRIES 20
static void fill_auxv(uint64_t auxv[AUXV_ENTRIES][2], const struct stack *stack,
                      const struct stack_program *program, gaddr_t random, gaddr_t platform_name)
{
    const uint64_t entries[AUXV_ENTRIES][2] = {
        {AT_MINSIGSTKSZ, program->minimal_signal_stack},
        {AT_HWCAP, program->hwcap},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_CLKTCK, CLOCK_TICKS},
        {AT_PHDR, program->headers},
        {AT_PHENT, sizeof(Elf64_Phdr)},
        {AT_PHNUM, program->header_count},
        {AT_BASE, program->base},
        {AT_FLAGS, 0},
        {AT_ENTRY, program->entry},
        {AT_UID, program->uid},
        {AT_EUID, program->euid},
        {AT_GID, program->gid},
        {AT_EGID, program->egid},
        {AT_SECURE, program->secure},
        {AT_RANDOM, random},
        {AT_HWCAP2, program->hwcap2},
        {AT_EXECFN, stack->file_name},
        {AT_PLATFORM, platform_name},
        {AT_NULL, 0},
    };
    memcpy(auxv, entries, sizeof entries);
}

/* argc, argv, envp and auxv from stack->sp upwards; notes where the strings begin and end. */
static int write_vectors(struct stack *stack, gaddr_t strings, const uint64_t auxv[AUXV_ENTRIES][2])
{
    struct word_writer writer = {.mm = stack->mm, .addr = stack->sp};
    struct string_walk walk = {.mm = stack->mm, .addr = strings};
    write_word(&writer, stack->argc);
    stack->arg_start = walk.addr;
    int error = write_vector(&writer, &walk, stack->argc);
    if (error)
        return error;
    stack->arg_end = stack->env_start = walk.addr;
    error = write_vector(&writer, &walk, stack->envc);
    if (error)
        return error;
    stack->env_end = walk.addr;
    stack->auxv = write_address(&writer);
    stack->auxv_len = AUXV_ENTRIES * 2 * sizeof(uint64_t);
    for (unsigned i = 0; i < AUXV_ENTRIES; i++) {
        write_word(&writer, auxv[i][0]);
        write_word(&writer, auxv[i][1]);
    }
    write_flush(&writer);
    return writer.failed ? -ENOMEM : 0;
}

int stack_finish(struct stack *stack, const struct stack_program *program, uint64_t reserve)
{
    uint64_t auxv[AUXV_ENTRIES][2];
    gaddr_t strings = stack->sp;

    stack->lowest = stack->bottom;
    if (push_bytes(stack, platform, sizeof platform))
        return -ENOMEM;
    gaddr_t platform_name = stack->sp;
    if (push_bytes(stack, program->random, sizeof program->random))
        return -ENOMEM;
    gaddr_t random = stack->sp;
    fill_auxv(auxv, stack, program, random, platform_name);

    uint64_t words = 1 + stack->argc + 1 + stack->envc + 1;
    uint64_t bytes = words * sizeof(uint64_t) + sizeof auxv;
    if (stack->sp - stack->bottom < bytes + 16)
        return -ENOMEM;
    stack->sp = (stack->sp - bytes) & ~(gaddr_t)15;
    int error = write_vectors(stack, strings, (const uint64_t(*)[2])auxv);
    if (error)
        return error;

    if (stack->sp - stack->bottom <= reserve)
        return 0;
    gaddr_t bottom = (stack->sp - reserve) & PAGE_MASK;
    if (bottom > stack->bottom)
        error = mm_unmap(stack->mm, stack->bottom, bottom - stack->bottom);
    if (!error)
        stack->bottom = bottom;
    return error;
}
