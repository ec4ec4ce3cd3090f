/*
 * mksyscall OUTDIR FILE...: compiles the description of the system calls (abi/ *.sys) into C.
 * abi/README.md explains the language; every error names file, line and token.
 *
 * Written under OUTDIR:
 *   args.h      a struct of typed arguments a call
 *   handlers.h  the prototype of each served call's handler
 *   dispatch.c  number to handler, converting the register words; part of the sandbox library
 *   numbers.h   ABI_openat and so on, checked against <sys/syscall.h>
 *   table.c     struct abi_call and struct abi_type for everything
 *   check.c     the i386 and arm64 numbers, checked against the system's headers
 *   calls.tsv   for scripts: number, name, class, level, note
 *
 * Includes abi/abi.h for the words that the description may use, and nothing else of the project.
 * Memory is not freed: everything lives until the program ends.
 */
#include "abi/abi.h"
#include "tools/mksyscall.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *create(const char *directory, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", directory, name) < 0)
        abort();
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "mksyscall: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    free(path);
    fprintf(file, "/* Made by mksyscall from abi/ *.sys: change those. */\n");
    return file;
}

static void finish(FILE *file, const char *name)
{
    bool failed = ferror(file);

    if (fclose(file) || failed) {
        fprintf(stderr, "mksyscall: %s: cannot write\n", name);
        exit(1);
    }
}

static bool is_served(const struct call *call)
{
    return call->level != ABI_NONE;
}

/* The C type that holds an argument after the kernel's own conversion from the register. */
static const char *c_type(const struct spec *spec)
{
    static const char *const names[2][9] = {
        {[1] = "uint8_t", [2] = "uint16_t", [4] = "uint32_t", [8] = "uint64_t"},
        {[1] = "int8_t", [2] = "int16_t", [4] = "int", [8] = "int64_t"},
    };

    if (spec->direction != ABI_VALUE ||
        (spec->type->kind == ABI_KIND_SCALAR && spec->type->format == ABI_FORMAT_address))
        return "gaddr_t";
    return names[spec->type->is_signed][spec->type->size];
}

static void write_args(const char *directory)
{
    FILE *out = create(directory, "args.h");

    fprintf(out, "#ifndef ABI_ARGS_H\n#define ABI_ARGS_H\n\n#include \"abi/abi.h\"\n");
    for (struct call *call = calls; call; call = call->next) {
        fprintf(out, "\nstruct %s_args {\n", call->name);
        for (unsigned i = 0; i < call->argc; i++)
            fprintf(out, "    %s %s;\n", c_type(&call->args[i].spec), call->args[i].name);
        fprintf(out, "};\n");
    }
    fprintf(out, "\n#endif\n");
    finish(out, "args.h");
}

static void write_handlers(const char *directory)
{
    FILE *out = create(directory, "handlers.h");

    fprintf(out, "#ifndef ABI_HANDLERS_H\n#define ABI_HANDLERS_H\n\n#include \"abi/args.h\"\n\n"
                 "struct task;\n\n"
                 "/* Begins the definition of a handler: SYS(openat) { return a->flags; }\n"
                 " * Answers the result, or a negative errno. */\n"
                 "#define SYS(name) \\\n"
                 "    long sys_##name(struct task *t __attribute__((unused)), \\\n"
                 "                    const struct name##_args *a __attribute__((unused)))\n\n");
    for (struct call *call = calls; call; call = call->next)
        if (is_served(call))
            fprintf(out, "SYS(%s);\n", call->name);
    fprintf(out, "\n#endif\n");
    finish(out, "handlers.h");
}

static void write_thunk(FILE *out, const struct call *call)
{
    fprintf(out,
            "\nstatic long call_%s(struct task *t, const uint64_t regs[6])\n{\n"
            "    const struct %s_args args = {",
            call->name, call->name);
    for (unsigned i = 0; i < call->argc; i++)
        fprintf(out, "\n        .%s = (%s)regs[%u],", call->args[i].name,
                c_type(&call->args[i].spec), i);
    fprintf(out, "%s};\n", call->argc ? "\n    " : "");
    if (!call->argc)
        fprintf(out, "\n    (void)regs;");
    fprintf(out, "\n    return sys_%s(t, &args);\n}\n", call->name);
}

static void write_dispatch(const char *directory)
{
    FILE *out = create(directory, "dispatch.c");

    fprintf(out, "#include \"abi/dispatch.h\"\n#include \"abi/handlers.h\"\n");
    for (struct call *call = calls; call; call = call->next)
        if (is_served(call))
            write_thunk(out, call);
    fprintf(out,
            "\nlong (*const abi_dispatch[ABI_NR_MAX])(struct task *, const uint64_t[6]) = {\n");
    for (struct call *call = calls; call; call = call->next)
        if (is_served(call))
            fprintf(out, "    [ABI_%s] = call_%s,\n", call->name, call->name);
    fprintf(out, "};\n");
    finish(out, "dispatch.c");

    out = create(directory, "dispatch.h");
    fprintf(out, "#ifndef ABI_DISPATCH_H\n#define ABI_DISPATCH_H\n\n#include <stdint.h>\n\n"
                 "#include \"abi/numbers.h\"\n\nstruct task;\n\n"
                 "/* The handler of a call by its number, given the six register words; NULL for a "
                 "call that is\n * not served. */\n"
                 "extern long (*const abi_dispatch[ABI_NR_MAX])(struct task *, "
                 "const uint64_t regs[6]);\n\n#endif\n");
    finish(out, "dispatch.h");
}

/* Headers older than the description lack the newest numbers: those are checked where known. */
static void write_number_check(FILE *out, const char *macro, int nr)
{
    fprintf(out, "#ifdef %s\n_Static_assert(%s == %d, \"number\");\n#endif\n", macro, macro, nr);
}

static int highest(int (*number)(const struct call *))
{
    int max = 0;

    for (struct call *call = calls; call; call = call->next)
        if (number(call) > max)
            max = number(call);
    return max;
}

static int number_amd64(const struct call *call)
{
    return call->nr;
}

static int number_i386(const struct call *call)
{
    return call->nr_i386;
}

static int number_arm64(const struct call *call)
{
    return call->nr_arm64;
}

/* Every Linux header that abibox can be built with has the numbers up to this one. */
#define NEWEST_IN_ALL_HEADERS 450

static void write_numbers(const char *directory)
{
    FILE *out = create(directory, "numbers.h");

    fprintf(out, "#ifndef ABI_NUMBERS_H\n#define ABI_NUMBERS_H\n\n#include <sys/syscall.h>\n\n"
                 "enum abi_nr {\n");
    for (struct call *call = calls; call; call = call->next)
        fprintf(out, "    ABI_%s = %d,\n", call->name, call->nr);
    fprintf(out, "    ABI_NR_MAX = %d\n};\n\n", highest(number_amd64) + 1);
    for (struct call *call = calls; call; call = call->next) {
        char macro[80];

        snprintf(macro, sizeof(macro), "__NR_%s", call->name);
        if (call->nr > NEWEST_IN_ALL_HEADERS || !strcmp(call->name, "uretprobe"))
            write_number_check(out, macro, call->nr);
        else
            fprintf(out, "_Static_assert(ABI_%s == %s, \"number\");\n", call->name, macro);
    }
    fprintf(out, "\n#endif\n");
    finish(out, "numbers.h");
}

/* The numbers of one foreign architecture against its header. Calls that i386 names otherwise
 * (getuid32 for our getuid) are checked under that name, which the description's number leaves
 * open: a number is right if either macro has it. */
static void write_checks(const char *directory)
{
    static const char *const suffixes[] = {"", "32", "64", "_time64"};
    FILE *out = create(directory, "check_i386.c");

    fprintf(out, "#include <asm/unistd_32.h>\n\n");
    for (struct call *call = calls; call; call = call->next) {
        if (call->nr_i386 < 0)
            continue;
        fprintf(out, "_Static_assert(%s", call->nr_i386 > NEWEST_IN_ALL_HEADERS ? "1" : "0");
        fprintf(out, "\n");
        for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
            fprintf(out, "#ifdef __NR_%s%s\n    || __NR_%s%s == %d\n#endif\n", call->name,
                    suffixes[i], call->name, suffixes[i], call->nr_i386);
        fprintf(out, "    , \"i386 number of %s\");\n", call->name);
    }
    finish(out, "check_i386.c");

    out = create(directory, "check_arm64.c");
    fprintf(out, "#undef __BITS_PER_LONG\n#define __BITS_PER_LONG 64\n"
                 "#define __ARCH_WANT_RENAMEAT\n#define __ARCH_WANT_NEW_STAT\n"
                 "#define __ARCH_WANT_SET_GET_RLIMIT\n#define __ARCH_WANT_SYS_CLONE3\n"
                 "#define __ARCH_WANT_MEMFD_SECRET\n#include <asm-generic/unistd.h>\n\n");
    for (struct call *call = calls; call; call = call->next) {
        char macro[80];

        snprintf(macro, sizeof(macro), "__NR_%s", call->name);
        if (call->nr_arm64 > NEWEST_IN_ALL_HEADERS)
            write_number_check(out, macro, call->nr_arm64);
        else if (call->nr_arm64 >= 0)
            fprintf(out, "_Static_assert(%s == %d, \"arm64 number\");\n", macro, call->nr_arm64);
        else
            fprintf(out, "#ifdef %s\n_Static_assert(0, \"arm64 has %s\");\n#endif\n", macro,
                    call->name);
    }
    finish(out, "check_arm64.c");
}

/* A string as a C literal. */
static void write_string(FILE *out, const char *text)
{
    if (!text) {
        fprintf(out, "NULL");
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void write_spec(FILE *out, const struct spec *spec)
{
    fprintf(out, "{.type = &type_%s, .by = %d, .filled_by = %d", spec->type->name, spec->by,
            spec->filled_by);
    if (spec->direction)
        fprintf(out, ", .direction = %d", spec->direction);
    if (spec->length)
        fprintf(out, ", .length = %d, .length_value = %u", spec->length, spec->length_value);
    if (spec->length_add)
        fprintf(out, ", .length_add = %u", spec->length_add);
    if (spec->condition)
        fprintf(out, ", .condition = %d, .condition_field = %d, .condition_value = 0x%llx",
                spec->condition, spec->condition_field, (unsigned long long)spec->condition_value);
    if (spec->filled)
        fprintf(out, ", .filled = true");
    if (spec->in_bytes ||
        (spec->length && (spec->type->sized || spec->type->discriminator_offset >= 0)))
        fprintf(out, ", .in_bytes = true");
    if (spec->hidden)
        fprintf(out, ", .hidden = true");
    if (spec->brief)
        fprintf(out, ", .brief = true");
    if (spec->positive)
        fprintf(out, ", .positive = true");
    if (spec->present)
        fprintf(out, ", .present = true");
    if (spec->apart)
        fprintf(out, ", .apart = true");
    if (spec->before)
        fprintf(out, ", .before = true");
    if (spec->bare)
        fprintf(out, ", .bare = true");
    if (spec->shown)
        fprintf(out, ", .shown = %d", spec->shown);
    if (spec->aside) {
        fprintf(out, ", .aside = ");
        write_string(out, spec->aside);
    }
    if (spec->aside_type)
        fprintf(out, ", .aside_type = &type_%s", spec->aside_type->name);
    if (spec->label) {
        fprintf(out, ", .label = ");
        write_string(out, spec->label);
    }
    if (spec->valid_on)
        fprintf(out, ", .valid_on = %d", spec->valid_on);
    fprintf(out, "}");
}

static void write_members(FILE *out, const struct type *type)
{
    switch (type->kind) {
    case ABI_KIND_FLAGS:
    case ABI_KIND_ENUM:
        fprintf(out, "static const struct abi_constant constants_%s[] = {\n", type->name);
        for (struct constant *c = type->constants; c; c = c->next)
            fprintf(out, "    {\"%s\", 0x%llx, 0x%llx},\n", c->name, (unsigned long long)c->value,
                    (unsigned long long)c->mask);
        break;
    case ABI_KIND_STRUCT:
        fprintf(out, "static const struct abi_field fields_%s[] = {\n", type->name);
        for (struct field *f = type->fields; f; f = f->next) {
            fprintf(out, "    {.name = \"%s\", .offset = %u, .spec = ", f->name, f->offset);
            write_spec(out, &f->spec);
            fprintf(out, "},\n");
        }
        break;
    case ABI_KIND_UNION:
        fprintf(out, "static const struct abi_alternative alternatives_%s[] = {\n", type->name);
        for (struct alternative *a = type->alternatives; a; a = a->next) {
            fprintf(out, "    {.value = 0x%llx, .otherwise = %d, .absent = %d, .spec = ",
                    (unsigned long long)a->value, a->otherwise, a->absent);
            if (a->absent)
                fprintf(out, "{.by = -1, .filled_by = -1}");
            else
                write_spec(out, &a->spec);
            fprintf(out, "},\n");
        }
        break;
    default:
        return;
    }
    fprintf(out, "};\n");
}

static void write_type(FILE *out, const struct type *type)
{
    static const char *const members[] = {
        [ABI_KIND_FLAGS] = "constants", [ABI_KIND_ENUM] = "constants",
        [ABI_KIND_STRUCT] = "fields",   [ABI_KIND_UNION] = "alternatives",
        [ABI_KIND_DATA] = NULL,
    };
    const char *member = members[type->kind];

    write_members(out, type);
    fprintf(out,
            "static const struct abi_type type_%s = {\n"
            "    .name = \"%s\", .kind = %d, .format = %d, .is_signed = %d,\n"
            "    .has_brief = %d, .size = %u, .align = %u, .discriminator_offset = %d",
            type->name, type->name, type->kind, type->format, type->is_signed, type->has_brief,
            type->size, type->align, type->discriminator_offset);
    if (type->unknown) {
        fprintf(out, ",\n    .unknown = ");
        write_string(out, type->unknown);
    }
    if (type->discriminator)
        fprintf(out, ",\n    .discriminator = &type_%s, .discriminator_mask = 0x%llx",
                type->discriminator->name, (unsigned long long)type->discriminator_mask);
    if (member && type->count)
        fprintf(out, ",\n    .%s = %s_%s, .count = %u", member, member, type->name, type->count);
    fprintf(out, "};\n\n");
}

static void write_call(FILE *out, const struct call *call)
{
    fprintf(out,
            "    {.nr = %d, .nr_i386 = %d, .nr_arm64 = %d, .argc = %u, .cls = %d, .level = %d,\n"
            "     .error = %d, .trace_classes = 0x%x, .name = \"%s\", .note = ",
            call->nr, call->nr_i386, call->nr_arm64, call->argc, call->cls, call->level,
            call->error, call->trace_classes, call->name);
    write_string(out, call->note);
    if (call->implicit)
        fprintf(out, ", .implicit = true");
    fprintf(out, ",\n     .result = ");
    write_spec(out, &call->result);
    fprintf(out, ",\n     .args = {");
    for (unsigned i = 0; i < call->argc + call->implicit; i++) {
        fprintf(out, "\n        {.name = \"%s\", .offset = %u, .spec = ", call->args[i].name,
                call->args[i].offset);
        write_spec(out, &call->args[i].spec);
        fprintf(out, "},");
    }
    fprintf(out, "}},\n");
}

struct entry {
    const struct call *call;
};

static int by_amd64(const void *a, const void *b)
{
    return ((const struct entry *)a)->call->nr - ((const struct entry *)b)->call->nr;
}

static void write_index(FILE *out, const char *name, int (*number)(const struct call *),
                        const struct entry *sorted, unsigned count)
{
    int max = highest(number);

    /* 0 stands for no call, so an index is one more than the place in abi_calls. */
    fprintf(out, "\nconst uint16_t abi_index_%s[%d] = {\n", name, max + 1);
    for (unsigned i = 0; i < count; i++)
        if (number(sorted[i].call) >= 0)
            fprintf(out, "    [%d] = %u,\n", number(sorted[i].call), i + 1);
    fprintf(out, "};\nconst size_t abi_index_%s_size = %d;\n", name, max + 1);
}

static void write_table(const char *directory)
{
    unsigned count = 0;
    FILE *out = create(directory, "table.c");

    for (struct call *call = calls; call; call = call->next)
        count++;
    struct entry *sorted = calloc(count + 1, sizeof(*sorted));
    if (!sorted)
        abort();
    unsigned n = 0;
    for (struct call *call = calls; call; call = call->next)
        sorted[n++].call = call;
    qsort(sorted, count, sizeof(*sorted), by_amd64);

    fprintf(out, "#include \"abi/table.h\"\n\n");
    for (struct type *type = types; type; type = type->next)
        write_type(out, type);
    fprintf(out, "const struct abi_type *const abi_types[] = {\n");
    unsigned type_count = 0;
    for (struct type *type = types; type; type = type->next, type_count++)
        fprintf(out, "    &type_%s,\n", type->name);
    fprintf(out, "};\nconst size_t abi_type_count = %u;\n", type_count);
    fprintf(out, "\nconst struct abi_call abi_calls[] = {\n");
    for (unsigned i = 0; i < count; i++)
        write_call(out, sorted[i].call);
    fprintf(out, "};\nconst size_t abi_call_count = %u;\n", count);
    write_index(out, "amd64", number_amd64, sorted, count);
    write_index(out, "i386", number_i386, sorted, count);
    write_index(out, "arm64", number_arm64, sorted, count);
    free(sorted);
    finish(out, "table.c");
}

static void write_tsv(const char *directory)
{
    static const char *const levels[] = {"full", "partial", "none"};
    char *path;

    if (asprintf(&path, "%s/calls.tsv", directory) < 0)
        abort();
    FILE *out = fopen(path, "w");
    if (!out) {
        fprintf(stderr, "mksyscall: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    free(path);
    fprintf(out, "nr\tname\tclass\tlevel\tnote\n");
    for (struct call *call = calls; call; call = call->next)
        fprintf(out, "%d\t%s\t%s\t%s\t%s\n", call->nr, call->name,
                call->cls == ABI_SYS ? "sys" : "sysnb", levels[call->level],
                call->note ? call->note : "");
    finish(out, "calls.tsv");
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: mksyscall OUTDIR FILE...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++)
        parse_file(argv[i]);
    check_calls();
    write_args(argv[1]);
    write_handlers(argv[1]);
    write_dispatch(argv[1]);
    write_numbers(argv[1]);
    write_checks(argv[1]);
    write_table(argv[1]);
    write_tsv(argv[1]);
    return 0;
}
