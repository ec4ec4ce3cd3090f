/*
 * `abibox syscalls`: the table of the system calls as a tool. Lists them, or tells about one: its
 * numbers, arguments and how far the sandbox serves it.
 * Includes abi/abi.h and the command's own header.
 */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/abi.h"
#include "command.h"
#include "missing.h"

struct request {
    bool json;
    bool arm64;
};

static const char *const level_names[] = {"full", "partial", "none"};
static const char *const direction_names[] = {"", "in ", "out ", "inout "};

static void usage(FILE *out)
{
    fputs(
        "usage: abibox syscalls [--json] [--arch amd64|arm64] [NAME|NUMBER|%CLASS]...\n"
        "       abibox syscalls [--json] --missing PROGRAM\n"
        "\n"
        "Without an argument every system call is listed. A number is one of --arch (amd64).\n"
        "--missing reads a static program and lists its calls that are not served fully (exit 1 "
        "if\n"
        "there are any).\n"
        "Support: full; partial, and the note says which part; none, the call answers the errno.\n"
        "Classes:",
        out);
    for (unsigned bit = 0; abi_trace_class_name(bit); bit++)
        fprintf(out, " %%%s", abi_trace_class_name(bit));
    fputc('\n', out);
}

static int number(const struct abi_call *call, const struct request *request)
{
    return request->arm64 ? call->nr_arm64 : call->nr;
}

/* ---- text ---- */

static void print_support(const struct abi_call *call)
{
    fputs(level_names[call->level], stdout);
    if (call->level == ABI_NONE)
        printf(" (%s)", abi_errno_name(call->error));
    if (call->note)
        printf(": %s", call->note);
    putchar('\n');
}

static void print_line(const struct abi_call *call, const struct request *request)
{
    printf("%4d  %-24s %-6s ", number(call, request), call->name,
           call->cls == ABI_SYS ? "sys" : "sysnb");
    print_support(call);
}

static void print_number(const char *arch, int nr)
{
    if (nr >= 0)
        printf("  %-10s%d\n", arch, nr);
    else
        printf("  %-10s-\n", arch);
}

static void print_length(const struct abi_call *call, const struct abi_spec *spec)
{
    const char *pointee = spec->length == ABI_LENGTH_POINTEE ? "*" : "";

    switch (spec->length) {
    case ABI_LENGTH_CONST:
        printf("[%" PRIu32 "]", spec->length_value);
        break;
    case ABI_LENGTH_FIELD:
    case ABI_LENGTH_POINTEE:
        printf("[%s%s]", pointee, call->args[spec->length_value].name);
        break;
    case ABI_LENGTH_RESULT:
        fputs("[result]", stdout);
        break;
    case ABI_LENGTH_ONE:
    case ABI_LENGTH_REST:
        break;
    }
}

static void print_argument(const struct abi_call *call, const struct abi_field *arg)
{
    const struct abi_spec *spec = &arg->spec;

    printf("    %-16s%s%s", arg->name, direction_names[spec->direction], spec->type->name);
    print_length(call, spec);
    if (spec->by >= 0)
        printf(" by %s", call->args[spec->by].name);
    if (spec->condition)
        printf(" where %s asks for it", call->args[spec->condition_field].name);
    putchar('\n');
}

static void print_one(const struct abi_call *call)
{
    printf("%s\n", call->name);
    print_number("amd64", call->nr);
    print_number("arm64", call->nr_arm64);
    print_number("i386", call->nr_i386);
    printf("  class     %s\n",
           call->cls == ABI_SYS ? "sys (may wait for an event)" : "sysnb (never waits)");
    fputs("  traced by", stdout);
    for (unsigned bit = 0; abi_trace_class_name(bit); bit++)
        if (call->trace_classes >> bit & 1)
            printf(" %%%s", abi_trace_class_name(bit));
    puts(call->trace_classes ? "" : " its name alone");
    if (call->argc)
        puts("  arguments");
    for (unsigned i = 0; i < call->argc; i++)
        print_argument(call, &call->args[i]);
    printf("  result    %s\n  support   ", call->result.type->name);
    print_support(call);
}

/* ---- JSON ---- */

static json_t *optional_number(int nr)
{
    return nr >= 0 ? json_integer(nr) : json_null();
}

static json_t *json_arguments(const struct abi_call *call)
{
    json_t *args = json_array();

    for (unsigned i = 0; i < call->argc; i++) {
        const struct abi_spec *spec = &call->args[i].spec;
        json_t *arg = json_pack("{s:s, s:s}", "name", call->args[i].name, "type", spec->type->name);

        if (spec->direction != ABI_VALUE) {
            const char *direction = direction_names[spec->direction];
            json_object_set_new(arg, "direction", json_stringn(direction, strcspn(direction, " ")));
        }
        if (spec->length == ABI_LENGTH_CONST)
            json_object_set_new(arg, "length", json_integer(spec->length_value));
        else if (spec->length == ABI_LENGTH_FIELD || spec->length == ABI_LENGTH_POINTEE)
            json_object_set_new(arg, "length", json_string(call->args[spec->length_value].name));
        if (spec->by >= 0)
            json_object_set_new(arg, "by", json_string(call->args[spec->by].name));
        json_array_append_new(args, arg);
    }
    return args;
}

static json_t *json_classes(const struct abi_call *call)
{
    json_t *classes = json_array();

    for (unsigned bit = 0; abi_trace_class_name(bit); bit++)
        if (call->trace_classes >> bit & 1)
            json_array_append_new(classes, json_string(abi_trace_class_name(bit)));
    return classes;
}

static json_t *json_of(const struct abi_call *call)
{
    json_t *object =
        json_pack("{s:s, s:{s:o, s:o, s:o}, s:s, s:o, s:o, s:s, s:s}", "name", call->name, "nr",
                  "amd64", json_integer(call->nr), "arm64", optional_number(call->nr_arm64), "i386",
                  optional_number(call->nr_i386), "class", call->cls == ABI_SYS ? "sys" : "sysnb",
                  "traced_by", json_classes(call), "args", json_arguments(call), "result",
                  call->result.type->name, "support", level_names[call->level]);

    if (call->error)
        json_object_set_new(object, "errno", json_string(abi_errno_name(call->error)));
    if (call->note)
        json_object_set_new(object, "note", json_string(call->note));
    return object;
}

/* ---- which calls ---- */

static const struct abi_call *find(const char *word, const struct request *request)
{
    char *end;
    unsigned long long nr = strtoull(word, &end, 0);

    if (*word >= '0' && *word <= '9' && !*end)
        return request->arm64 ? abi_call_by_arm64_nr(nr) : abi_call_by_nr(nr);
    return abi_call_by_name(word);
}

struct entry {
    const struct abi_call *call;
};

static int by_arm64(const void *a, const void *b)
{
    return ((const struct entry *)a)->call->nr_arm64 - ((const struct entry *)b)->call->nr_arm64;
}

/* Adds every call of the classes (0: every call) that the architecture has, in its order. */
static size_t select_class(uint32_t classes, const struct request *request, struct entry *selected,
                           size_t count)
{
    size_t first = count;

    for (size_t i = 0; i < abi_call_count; i++)
        if ((!classes || abi_calls[i].trace_classes & classes) &&
            number(&abi_calls[i], request) >= 0)
            selected[count++].call = &abi_calls[i];
    if (request->arm64)
        qsort(selected + first, count - first, sizeof(*selected), by_arm64);
    return count;
}

static void complain_unknown(const char *word, const struct request *request)
{
    const char *nearest = abi_call_nearest(word);

    if (*word == '%')
        complain("there is no class '%s'; `abibox syscalls --help` lists them", word);
    else if (*word >= '0' && *word <= '9')
        complain("%s has no system call %s", request->arm64 ? "arm64" : "amd64", word);
    else if (nearest)
        complain("there is no system call '%s'; is '%s' meant?", word, nearest);
    else
        complain("there is no system call '%s'", word);
}

static void print_list(const struct entry *selected, size_t count, const struct request *request)
{
    if (!request->json) {
        for (size_t i = 0; i < count; i++)
            print_line(selected[i].call, request);
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_of(selected[i].call));
    json_dumpf(list, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(list);
}

static int show(char **words, size_t word_count, const struct request *request)
{
    struct entry *selected = calloc((word_count + 1) * abi_call_count, sizeof(*selected));
    bool one_each = word_count > 0;
    size_t count = 0;

    if (!selected)
        return STATUS_TROUBLE;
    if (!word_count)
        count = select_class(0, request, selected, count);
    for (size_t i = 0; i < word_count; i++) {
        uint32_t classes = *words[i] == '%' ? abi_trace_class_by_name(words[i] + 1) : 0;
        const struct abi_call *call = classes ? NULL : find(words[i], request);

        if (!classes && !call) {
            complain_unknown(words[i], request);
            free(selected);
            return STATUS_TROUBLE;
        }
        one_each &= !classes;
        if (classes)
            count = select_class(classes, request, selected, count);
        else
            selected[count++].call = call;
    }
    if (one_each && !request->json)
        for (size_t i = 0; i < count; i++)
            print_one(selected[i].call);
    else
        print_list(selected, count, request);
    free(selected);
    return 0;
}

int cmd_syscalls(int argc, char **argv)
{
    enum { OPTION_JSON = 256, OPTION_ARCH, OPTION_MISSING };
    static const struct option options[] = {
        {"json", no_argument, NULL, OPTION_JSON},
        {"arch", required_argument, NULL, OPTION_ARCH},
        {"missing", required_argument, NULL, OPTION_MISSING},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct request request = {0};
    const char *missing = NULL;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case OPTION_JSON:
            request.json = true;
            break;
        case OPTION_ARCH:
            request.arm64 = !strcmp(optarg, "arm64");
            if (!request.arm64 && strcmp(optarg, "amd64") != 0) {
                complain("--arch: '%s' is neither amd64 nor arm64", optarg);
                return STATUS_TROUBLE;
            }
            break;
        case OPTION_MISSING:
            missing = optarg;
            break;
        case 'h':
            usage(stdout);
            return 0;
        default:
            complain("syscalls: '%s' is no option or lacks its value; see --help",
                     argv[optind - 1]);
            return STATUS_TROUBLE;
        }
    }
    if (missing && (optind < argc || request.arm64)) {
        complain("--missing looks at one amd64 program and takes no names");
        return STATUS_TROUBLE;
    }
    if (missing)
        return missing_calls(missing, request.json);
    return show(argv + optind, (size_t)(argc - optind), &request);
}
