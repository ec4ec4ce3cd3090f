/*
 * The reader of abi/ *.sys. One declaration is one logical line: a line that begins in column 0
 * and the indented lines after it; '#' begins a comment. Names are declared before they are used.
 * Includes mksyscall.h only.
 */
#include "tools/mksyscall.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct type *types;
struct call *calls;

enum token_kind { END, WORD, STRING, MARK };

struct token {
    enum token_kind kind;
    char *text;
    int line;
};

/* The tokens of the logical line being read, and where we are in them. */
static struct token *tokens;
static size_t token_count;
static size_t token_room;
static size_t position;
static const char *file_name;

__attribute__((noreturn, format(printf, 3, 4))) static void die_at(const char *file, int line,
                                                                   const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/* Memory that lives until the program ends, all of it reachable from here, which keeps leak
 * checkers quiet. */
static void *allocate(size_t size)
{
    static struct block {
        struct block *next;
        max_align_t memory[];
    } * blocks;
    struct block *block = calloc(1, sizeof(*block) + size);

    if (!block)
        abort();
    block->next = blocks;
    blocks = block;
    return block->memory;
}

static const struct token *peek(void)
{
    return &tokens[position];
}

static const struct token *take(void)
{
    return tokens[position].kind == END ? &tokens[position] : &tokens[position++];
}

__attribute__((noreturn)) static void die_expected(const char *what)
{
    const struct token *token = peek();

    if (token->kind == END)
        die_at(file_name, token->line, "the line ends where %s is expected", what);
    die_at(file_name, token->line, "'%s' where %s is expected", token->text, what);
}

static bool at(const char *text)
{
    return peek()->kind != STRING && peek()->kind != END && !strcmp(peek()->text, text);
}

static bool accept(const char *text)
{
    if (!at(text))
        return false;
    position++;
    return true;
}

static void expect(const char *text)
{
    if (!accept(text)) {
        char what[40];

        snprintf(what, sizeof(what), "'%s'", text);
        die_expected(what);
    }
}

static char *take_word(const char *what)
{
    if (peek()->kind != WORD)
        die_expected(what);
    return take()->text;
}

static struct place here(const char *name)
{
    return (struct place){file_name, peek()->line, name};
}

static bool is_word(int c)
{
    return isalnum(c) || c == '_' || c == '-' || c == '.' || c == '?' || c == '+' || c == '<';
}

static void add_token(enum token_kind kind, const char *text, size_t length, int line)
{
    if (token_count == token_room) {
        token_room = token_room ? 2 * token_room : 256;
        tokens = realloc(tokens, token_room * sizeof(*tokens));
        if (!tokens)
            abort();
    }
    char *copy = allocate(length + 1);
    memcpy(copy, text, length);
    tokens[token_count++] = (struct token){kind, copy, line};
}

static void split_line(const char *text, int line)
{
    while (*text && *text != '#' && *text != '\n') {
        size_t length = 1;

        if (isspace((unsigned char)*text)) {
            text++;
            continue;
        }
        if (*text == '"') {
            const char *end = strchr(text + 1, '"');

            if (!end)
                die_at(file_name, line, "a string without its closing quote");
            add_token(STRING, text + 1, (size_t)(end - text - 1), line);
            text = end + 1;
            continue;
        }
        if (is_word((unsigned char)*text)) {
            while (is_word((unsigned char)text[length]))
                length++;
            add_token(WORD, text, length, line);
        } else if (strchr("()[]{},|&=!:*%@/", *text)) {
            add_token(MARK, text, 1, line);
        } else {
            die_at(file_name, line, "the character '%c' has no meaning here", *text);
        }
        text += length;
    }
}

static bool parse_number(const char *text, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = text[0] == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
    return !errno && end != text && !*end;
}

static uint64_t take_number(const char *what)
{
    uint64_t value;
    const char *text = take_word(what);

    if (!parse_number(text, &value)) {
        position--;
        die_expected(what);
    }
    return value;
}

static struct type *find_type(const char *name)
{
    for (struct type *type = types; type; type = type->next)
        if (!strcmp(type->name, name))
            return type;
    return NULL;
}

static struct type *take_type(void)
{
    const char *name = take_word("a type");
    struct type *type = find_type(name);

    if (!type)
        die_at(file_name, tokens[position - 1].line, "'%s' is no type declared so far", name);
    return type;
}

static struct type *new_type(enum abi_kind kind)
{
    struct type *type = allocate(sizeof(*type));

    type->place = here(peek()->text);
    type->name = take_word("a name for the type");
    type->kind = kind;
    type->discriminator_offset = -1;
    type->align = 1;
    if (find_type(type->name))
        die_at(file_name, type->place.line, "'%s' is declared already", type->name);
    return type;
}

static void add_type(struct type *type)
{
    static struct type **end = &types;

    *end = type;
    end = &type->next;
}

/* s32, u64 and so on */
static void take_width(struct type *type)
{
    const char *text = take_word("a width (s8 to u64)");
    static const struct {
        const char *text;
        uint32_t size;
    } widths[] = {{"8", 1}, {"16", 2}, {"32", 4}, {"64", 8}};

    for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
        if ((*text == 's' || *text == 'u') && !strcmp(text + 1, widths[i].text)) {
            type->is_signed = *text == 's';
            type->size = type->align = widths[i].size;
            return;
        }
    }
    position--;
    die_expected("a width (s8 to u64)");
}

static enum abi_format take_format(void)
{
    static const char *const names[] = {
#define NAME(name) [ABI_FORMAT_##name] = #name,
        ABI_SCALAR_FORMATS(NAME) ABI_DATA_FORMATS(NAME)
#undef NAME
    };
    const char *text = take_word("a format of abi/abi.h");

    for (int i = 0; i < ABI_FORMAT_COUNT; i++)
        if (!strcmp(names[i], text))
            return i;
    position--;
    die_expected("a format of abi/abi.h");
}

/* type NAME WIDTH FORMAT */
static void parse_scalar(void)
{
    struct type *type = new_type(ABI_KIND_SCALAR);

    take_width(type);
    type->format = take_format();
    add_type(type);
}

/* data NAME FORMAT [SIZE]: SIZE where the data stands in a struct of fixed layout */
static void parse_data(void)
{
    struct type *type = new_type(ABI_KIND_DATA);

    type->format = take_format();
    add_type(type);
}

static uint64_t all_bits(const struct type *type)
{
    return type->size == 8 ? UINT64_MAX : (1ULL << (8 * type->size)) - 1;
}

static struct constant *add_constant(struct type *type, const char *name, uint64_t value)
{
    struct constant **end = &type->constants;
    struct constant *constant = allocate(sizeof(*constant));

    while (*end)
        end = &(*end)->next;
    constant->name = name;
    constant->value = value & all_bits(type);
    constant->mask = type->kind == ABI_KIND_FLAGS ? constant->value : all_bits(type);
    *end = constant;
    type->count++;
    return constant;
}

/* like TYPE: all of its constants, before those that follow */
static void copy_constants(struct type *type)
{
    const struct type *model = take_type();

    for (const struct constant *c = model->constants; c; c = c->next) {
        struct constant *copy = add_constant(type, c->name, c->value);

        if (type->kind == ABI_KIND_FLAGS && model->kind == ABI_KIND_FLAGS)
            copy->mask = c->mask;
    }
}

/* flags|enum NAME WIDTH ["UNKNOWN"] [octal|address|dec|request] [like TYPE] NAME=VALUE[/MASK]...
 * The format is that of what has no name. */
static void parse_constants(enum abi_kind kind)
{
    struct type *type = new_type(kind);

    take_width(type);
    if (peek()->kind == STRING)
        type->unknown = take()->text;
    type->format = accept("octal") ? ABI_FORMAT_octal : ABI_FORMAT_hex;
    if (accept("address"))
        type->format = ABI_FORMAT_address;
    else if (accept("dec"))
        type->format = ABI_FORMAT_dec;
    else if (accept("request"))
        type->format = ABI_FORMAT_request;
    if (accept("like"))
        copy_constants(type);
    while (peek()->kind != END) {
        const char *name = take_word("a name");

        expect("=");
        struct constant *constant = add_constant(type, name, take_number("a number"));
        if (accept("/"))
            constant->mask = take_number("a mask");
    }
    add_type(type);
}

static uint64_t constant_value(const struct type *type, const struct place *where, const char *name)
{
    uint64_t value;

    if (parse_number(name, &value))
        return value;
    for (struct constant *c = type->constants; c; c = c->next)
        if (!strcmp(c->name, name))
            return c->value;
    die_at(where->file, where->line, "'%s' is no value of %s", name, type->name);
}

/* The length in brackets: a number, SIBLING, SIBLING+NUMBER, *SIBLING, ret or rest. */
static void parse_length(struct spec *spec)
{
    uint64_t number;
    bool pointee = accept("*");

    spec->length_name = here(NULL);
    char *text = take_word("a length");
    if (!pointee && parse_number(text, &number)) {
        spec->length = ABI_LENGTH_CONST;
        spec->length_value = (uint32_t)number;
    } else if (!pointee && !strcmp(text, "ret")) {
        spec->length = ABI_LENGTH_RESULT;
    } else if (!pointee && !strcmp(text, "rest")) {
        spec->length = ABI_LENGTH_REST;
    } else {
        char *plus = strchr(text, '+');

        spec->length = pointee ? ABI_LENGTH_POINTEE : ABI_LENGTH_FIELD;
        spec->length_name.name = text;
        if (plus && parse_number(plus + 1, &number)) {
            spec->length_add = (uint32_t)number;
            *plus = 0;
        }
    }
    expect("]");
}

/* A|B|C joined into one text, resolved with the sibling's type later */
static const char *take_values(void)
{
    char *text = NULL;

    do {
        char *longer;
        if (asprintf(&longer, "%s%s%s", text ? text : "", text ? "|" : "", take_word("a value")) <
            0)
            abort();
        free(text);
        text = longer;
    } while (accept("|"));
    /* Kept in the token list so that it stays reachable until the end. */
    add_token(WORD, text, strlen(text), peek()->line);
    free(text);
    token_count--;
    return tokens[token_count].text;
}

/* if [!]SIBLING | if SIBLING & VALUES | if SIBLING == VALUE */
static void parse_condition(struct spec *spec)
{
    spec->condition = accept("!") ? ABI_IF_ZERO : ABI_IF_NONZERO;
    spec->condition_name = here(NULL);
    spec->condition_name.name = take_word("an argument or field");
    if (accept("&")) {
        spec->condition = ABI_IF_ANY_BIT;
    } else if (accept("=")) {
        expect("=");
        spec->condition = ABI_IF_EQUAL;
    } else {
        return;
    }
    spec->condition_values = here(NULL);
    spec->condition_values.name = take_values();
}

static int take_errno(void)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {
#define X(name, number, text) {#name, number},
#include "abi/errno.def"
#undef X
    };
    const char *name = take_word("an errno");

    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
        if (!strcmp(errors[i].name, name))
            return errors[i].number;
    position--;
    die_expected("an errno");
}

static const char *take_string(void)
{
    if (peek()->kind != STRING)
        die_expected("a text in quotes");
    return take()->text;
}

/* One of the words that may follow a type; README.md lists them. */
static bool parse_attribute(struct spec *spec)
{
    if (accept("by")) {
        spec->by_name = here(NULL);
        spec->by_name.name = take_word("an argument or field");
    } else if (accept("filled")) {
        spec->filled_name = here(NULL);
        spec->filled_name.name = take_word("a field");
    } else if (accept("if")) {
        parse_condition(spec);
    } else if (accept("ret")) {
        spec->filled = true;
    } else if (accept("sized")) {
        spec->in_bytes = true;
    } else if (accept("positive")) {
        spec->positive = true;
    } else if (accept("on")) {
        spec->valid_on = take_errno();
    } else if (accept("hidden")) {
        spec->hidden = true;
    } else if (accept("brief")) {
        spec->brief = true;
    } else if (accept("present")) {
        spec->present = true;
    } else if (accept("apart")) {
        spec->apart = true;
    } else if (accept("before")) {
        spec->before = true;
    } else if (accept("bare")) {
        spec->bare = true;
    } else if (accept("aside")) {
        spec->aside = take_string();
        if (accept("as"))
            spec->aside_type = take_type();
    } else if (accept("label")) {
        spec->label = take_string();
    } else if (accept("shown")) {
        spec->shown = (int)take_number("a position from 1");
    } else if (accept("@")) {
        spec->offset = (int)take_number("an offset");
    } else {
        return false;
    }
    return true;
}

/* [in|out|inout] TYPE [LENGTH] ATTRIBUTE... */
static void parse_spec(struct spec *spec)
{
    spec->by = -1;
    spec->filled_by = -1;
    spec->offset = -1;
    if (accept("in"))
        spec->direction = ABI_IN;
    else if (accept("out"))
        spec->direction = ABI_OUT;
    else if (accept("inout"))
        spec->direction = ABI_INOUT;
    spec->type = take_type();
    if (accept("["))
        parse_length(spec);
    while (parse_attribute(spec))
        ;
}

static const struct field *sibling(const struct field *siblings, const struct place *where,
                                   int *index)
{
    *index = 0;
    for (const struct field *f = siblings; f; f = f->next, ++*index)
        if (!strcmp(f->name, where->name))
            return f;
    die_at(where->file, where->line, "'%s' is no argument or field beside this one", where->name);
}

static void resolve_condition(struct spec *spec, const struct field *siblings)
{
    const struct field *field = sibling(siblings, &spec->condition_name, &spec->condition_field);

    if (!spec->condition_values.name)
        return;
    char *values = strdup(spec->condition_values.name);
    if (!values)
        abort();
    char *rest = values;
    for (char *name; (name = strsep(&rest, "|"));)
        spec->condition_value |= constant_value(field->spec.type, &spec->condition_values, name);
    free(values);
}

static void resolve(struct spec *spec, const struct field *siblings);

/* The names inside a union's alternatives are those of wherever it is used; all uses must put
 * them at the same place. */
static void resolve_union(struct type *type, const struct field *siblings, const struct place *use)
{
    for (struct alternative *a = type->alternatives; a; a = a->next) {
        if (a->absent)
            continue;
        struct spec before = a->spec;
        bool resolved = before.by >= 0 || before.length_value;

        resolve(&a->spec, siblings);
        if (resolved && (before.by != a->spec.by || before.length_value != a->spec.length_value))
            die_at(use->file, use->line, "the names in union %s stand elsewhere in another use",
                   type->name);
    }
}

static void resolve(struct spec *spec, const struct field *siblings)
{
    int index;

    if (spec->length_name.name) {
        sibling(siblings, &spec->length_name, &index);
        spec->length_value = (uint32_t)index;
    }
    if (spec->filled_name.name)
        sibling(siblings, &spec->filled_name, &spec->filled_by);
    if (spec->condition_name.name && !spec->condition_value)
        resolve_condition(spec, siblings);
    if (!spec->by_name.name)
        return;
    if (spec->type->kind != ABI_KIND_UNION)
        die_at(spec->by_name.file, spec->by_name.line, "'by' with %s, which is no union",
               spec->type->name);
    sibling(siblings, &spec->by_name, &spec->by);
    resolve_union(spec->type, siblings, &spec->by_name);
}

/* What the value of this description takes in memory or in an argument word */
static void measure(const struct spec *spec, uint32_t *size, uint32_t *align)
{
    *size = *align = 8;
    if (spec->direction != ABI_VALUE)
        return;
    *size = spec->type->size;
    *align = spec->type->align;
    if (spec->length == ABI_LENGTH_CONST)
        *size = (spec->type->size ? spec->type->size : 1) * spec->length_value;
}

/* struct NAME [sized] [packed] [moment] { NAME SPEC, ... }; '-' names a field that is its members
 */
static void parse_struct(void)
{
    struct type *type = new_type(ABI_KIND_STRUCT);
    struct field **end = &type->fields;
    uint32_t offset = 0;

    type->sized = accept("sized");
    type->packed = accept("packed");
    if (accept("moment"))
        type->format = ABI_FORMAT_moment;
    expect("{");
    do {
        struct field *field = allocate(sizeof(*field));
        uint32_t size;
        uint32_t align;

        field->name = take_word("a field");
        if (!strcmp(field->name, "-"))
            field->name = "";
        parse_spec(&field->spec);
        measure(&field->spec, &size, &align);
        if (type->packed)
            align = 1;
        offset = (offset + align - 1) / align * align;
        if (field->spec.offset >= 0)
            offset = (uint32_t)field->spec.offset;
        field->offset = offset;
        offset += size;
        if (offset > type->size)
            type->size = offset;
        if (align > type->align)
            type->align = align;
        type->has_brief |= field->spec.brief;
        *end = field;
        end = &field->next;
        type->count++;
    } while (accept(","));
    expect("}");
    type->size = (type->size + type->align - 1) / type->align * type->align;
    for (struct field *f = type->fields; f; f = f->next)
        resolve(&f->spec, type->fields);
    add_type(type);
}

/* The values before a ':' in a union, each an alternative with the same spec */
static void parse_alternatives(struct type *type, struct alternative ***end)
{
    struct alternative *first = NULL;
    struct alternative **last = *end;

    do {
        struct alternative *a = allocate(sizeof(*a));
        struct place where = here(NULL);

        if (accept("else"))
            a->otherwise = true;
        else
            a->value = constant_value(type->discriminator, &where, take_word("a value"));
        if (!first)
            first = a;
        *last = a;
        last = &a->next;
        type->count++;
    } while (accept("|"));
    expect(":");
    if (accept("none"))
        first->absent = true;
    else
        parse_spec(&first->spec);
    for (struct alternative *a = first->next; a; a = a->next) {
        a->absent = first->absent;
        a->spec = first->spec;
    }
    *end = last;
}

/*
 * union NAME [WIDTH] on TYPE [& MASK] [@OFFSET] { VALUE|VALUE: SPEC, ..., else: SPEC }
 * WIDTH where it is an argument. MASK: the bits of the discriminator that choose. With an offset it
 * chooses by its own bytes, otherwise by the sibling that the use names.
 */
static void parse_union(void)
{
    struct type *type = new_type(ABI_KIND_UNION);
    struct alternative **end = &type->alternatives;
    bool has_width = !at("on");

    if (has_width)
        take_width(type);
    expect("on");
    type->discriminator = take_type();
    type->discriminator_mask = accept("&") ? take_number("a mask") : UINT64_MAX;
    if (accept("@"))
        type->discriminator_offset = (int)take_number("an offset");
    expect("{");
    do {
        parse_alternatives(type, &end);
    } while (accept(","));
    expect("}");
    for (struct alternative *a = type->alternatives; a && !has_width; a = a->next) {
        uint32_t size = 0;
        uint32_t align = 1;

        if (!a->absent)
            measure(&a->spec, &size, &align);
        if (size > type->size)
            type->size = size;
        if (align > type->align)
            type->align = align;
    }
    add_type(type);
}

static int take_optional_number(void)
{
    if (accept("-"))
        return -1;
    uint64_t number = take_number("a number or '-'");
    if (number > 2047)
        die_at(file_name, tokens[position - 1].line, "'%s' is no system-call number",
               tokens[position - 1].text);
    return (int)number;
}

static void check_argument(const struct field *arg, int line)
{
    const struct type *type = arg->spec.type;

    if (arg->spec.direction == ABI_VALUE &&
        (type->kind == ABI_KIND_STRUCT || type->kind == ABI_KIND_DATA))
        die_at(file_name, line, "'%s': %s is passed by address: in, out or inout", arg->name,
               type->name);
    if (arg->spec.direction == ABI_VALUE && type->kind == ABI_KIND_UNION && !arg->spec.by_name.name)
        die_at(file_name, line, "'%s': which argument chooses in union %s? (by ...)", arg->name,
               type->name);
}

/* Arguments are shown in their order, but for those that say where. */
static void place_arguments(struct call *call)
{
    int place = 1;

    for (unsigned i = 0; i < call->argc; i++) {
        if (call->args[i].spec.shown)
            continue;
        for (unsigned j = 0; j < call->argc; j++)
            if (call->args[j].spec.shown == place) {
                place++;
                j = -1U;
            }
        call->args[i].spec.shown = place++;
    }
}

/* implicit NAME SPEC: no register, but what the stack pointer points to */
static void parse_implicit(struct call *call)
{
    call->implicit = true;
    call->args[0].name = take_word("an argument");
    parse_spec(&call->args[0].spec);
    call->args[0].spec.shown = 1;
    expect(")");
}

static void parse_arguments(struct call *call)
{
    expect("(");
    if (accept("implicit")) {
        parse_implicit(call);
        return;
    }
    while (!accept(")")) {
        if (call->argc)
            expect(",");
        if (call->argc == ABI_ARGS_MAX)
            die_at(file_name, peek()->line, "%s has more than %d arguments", call->name,
                   ABI_ARGS_MAX);
        struct field *arg = &call->args[call->argc];
        int line = peek()->line;

        arg->name = take_word("an argument");
        parse_spec(&arg->spec);
        arg->offset = call->argc * (uint32_t)sizeof(uint64_t);
        check_argument(arg, line);
        if (call->argc)
            call->args[call->argc - 1].next = arg;
        call->argc++;
    }
    for (unsigned i = 0; i < call->argc; i++)
        resolve(&call->args[i].spec, call->argc ? call->args : NULL);
    place_arguments(call);
}

/* %class,class or - */
static uint32_t parse_trace_classes(void)
{
    static const char *const names[] = {
#define NAME(name, text) #name,
        ABI_TRACE_CLASSES(NAME)
#undef NAME
    };
    uint32_t classes = 0;

    if (accept("-"))
        return 0;
    expect("%");
    do {
        const char *text = take_word("a trace class");
        int i = 0;

        while (i < ABI_TRACE_CLASS_COUNT && strcmp(names[i], text) != 0)
            i++;
        if (i == ABI_TRACE_CLASS_COUNT)
            die_at(file_name, peek()->line, "'%s' is no trace class", text);
        classes |= 1U << i;
    } while (accept(","));
    return classes;
}

/* full | partial "NOTE" | none ERRNO "NOTE" */
static void parse_level(struct call *call)
{
    if (accept("full"))
        return;
    if (accept("partial")) {
        call->level = ABI_PARTIAL;
    } else if (accept("none")) {
        call->level = ABI_NONE;
        call->error = take_errno();
    } else {
        die_expected("full, partial or none");
    }
    if (peek()->kind != STRING || !*peek()->text)
        die_expected("a note in quotes");
    call->note = take()->text;
}

/* sys|sysnb NR NR|- NR|- NAME(ARGUMENTS) RESULT CLASSES LEVEL */
static void parse_call(enum abi_class cls)
{
    static struct call **end = &calls;
    struct call *call = allocate(sizeof(*call));

    call->cls = cls;
    call->nr = take_optional_number();
    if (call->nr < 0)
        die_at(file_name, peek()->line, "a call without an amd64 number");
    call->nr_i386 = take_optional_number();
    call->nr_arm64 = take_optional_number();
    call->place = here(peek()->text);
    call->name = take_word("the call's name");
    parse_arguments(call);
    parse_spec(&call->result);
    resolve(&call->result, call->argc ? call->args : NULL);
    call->trace_classes = parse_trace_classes();
    parse_level(call);
    *end = call;
    end = &call->next;
}

static void parse_line(void)
{
    if (accept("sys"))
        parse_call(ABI_SYS);
    else if (accept("sysnb"))
        parse_call(ABI_SYSNB);
    else if (accept("type"))
        parse_scalar();
    else if (accept("data"))
        parse_data();
    else if (accept("flags"))
        parse_constants(ABI_KIND_FLAGS);
    else if (accept("enum"))
        parse_constants(ABI_KIND_ENUM);
    else if (accept("struct"))
        parse_struct();
    else if (accept("union"))
        parse_union();
    else
        die_expected("sys, sysnb, type, data, flags, enum, struct or union");
    if (peek()->kind != END)
        die_expected("the end of the declaration");
}

static void end_line(int line)
{
    if (!token_count)
        return;
    add_token(END, "", 0, line);
    position = 0;
    parse_line();
    token_count = 0;
}

void parse_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    int line = 0;

    if (!file) {
        fprintf(stderr, "mksyscall: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    file_name = path;
    while (getline(&text, &room, file) >= 0) {
        bool continues = isspace((unsigned char)*text);

        line++;
        if (!continues)
            end_line(line - 1);
        split_line(text, line);
    }
    end_line(line);
    free(text);
    fclose(file);
}

/* An i386 word is zero-extended, so a signed 64-bit argument would change its meaning. */
static void check_i386(const struct call *call)
{
    for (unsigned i = 0; i < call->argc && call->nr_i386 >= 0; i++) {
        const struct spec *spec = &call->args[i].spec;

        if (spec->direction == ABI_VALUE && spec->type->is_signed && spec->type->size == 8)
            die_at(call->place.file, call->place.line,
                   "%s has an i386 number, but '%s' is a signed 64-bit word", call->name,
                   call->args[i].name);
    }
}

void check_calls(void)
{
    for (struct call *a = calls; a; a = a->next) {
        check_i386(a);
        for (struct call *b = a->next; b; b = b->next) {
            if (!strcmp(a->name, b->name))
                die_at(b->place.file, b->place.line, "%s is described twice", b->name);
            if (a->nr == b->nr)
                die_at(b->place.file, b->place.line, "%s has the number of %s", b->name, a->name);
            if (a->nr_i386 >= 0 && a->nr_i386 == b->nr_i386)
                die_at(b->place.file, b->place.line, "%s has the i386 number of %s", b->name,
                       a->name);
            if (a->nr_arm64 >= 0 && a->nr_arm64 == b->nr_arm64)
                die_at(b->place.file, b->place.line, "%s has the arm64 number of %s", b->name,
                       a->name);
        }
    }
}
