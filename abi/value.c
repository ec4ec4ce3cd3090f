/*
 * The decoder of value.h: walks the description and copies out of the guest what it says.
 *
 * Everything from the guest is hostile: lengths and pointers only ever bound a copy, every loop is
 * bounded by the limits, and memory by ARENA_MAX. What cannot be copied stays an address.
 */
#include "abi/value.h"

#include <stdlib.h>
#include <string.h>

#include "abi/arena.h"

/* strace shows file names whole whatever its -s: PATH_MAX without the NUL. */
#define PATH_LIMIT 4095

/* Entries that are counted in an environment or a directory buffer, shown or not. */
#define COUNT_LIMIT 100000

#define NO_BUDGET SIZE_MAX

struct decoder {
    struct abi_decoded *out;
    const struct tap_memory *memory; /* NULL: no pointer is followed */
    bool at_exit;
    uint64_t filled; /* bytes that the call put into the buffers of a vector */
    size_t budget;   /* how many of them are not yet accounted for; NO_BUDGET: no such vector */
};

/* The object whose members refer to one another by index: a struct, or the register words. */
struct scope {
    const struct abi_field *fields;
    const uint8_t *bytes;
    size_t size;
};

static void decode_field(struct decoder *d, const struct scope *scope,
                         const struct abi_field *field, struct abi_value *value);
static void decode_inline(struct decoder *d, const struct abi_spec *spec, const struct scope *scope,
                          const uint8_t *bytes, size_t size, struct abi_value *value);

static uint64_t load(const uint8_t *bytes, size_t size, bool is_signed)
{
    uint64_t number = 0;

    memcpy(&number, bytes, size);
    if (is_signed && size < sizeof(number))
        number = (uint64_t)((int64_t)(number << (64 - 8 * size)) >> (64 - 8 * size));
    return number;
}

static uint64_t low_bits(const struct abi_type *type, uint64_t number)
{
    return type->size < sizeof(number) ? number & ((1ULL << (8 * type->size)) - 1) : number;
}

/* A member's own number, whatever it means; 0 where the object ends before it, or where there is no
 * object around. */
static uint64_t member_number(const struct scope *scope, unsigned index)
{
    if (!scope)
        return 0;
    const struct abi_field *field = &scope->fields[index];
    size_t size = field->spec.direction == ABI_VALUE ? field->spec.type->size : sizeof(gaddr_t);

    if (size > sizeof(uint64_t) || field->offset + size > scope->size)
        return 0;
    return load(scope->bytes + field->offset, size,
                field->spec.direction == ABI_VALUE && field->spec.type->is_signed);
}

static bool holds(const struct abi_spec *spec, const struct scope *scope)
{
    if (spec->condition == ABI_ALWAYS)
        return true;
    uint64_t number = member_number(scope, spec->condition_field);
    switch (spec->condition) {
    case ABI_IF_ANY_BIT:
        return number & spec->condition_value;
    case ABI_IF_EQUAL:
        return number == spec->condition_value;
    case ABI_IF_NONZERO:
        return number != 0;
    default:
        return number == 0;
    }
}

static const struct abi_alternative *choose(const struct abi_type *type, uint64_t number)
{
    number = low_bits(type->discriminator, number) & type->discriminator_mask;
    for (uint32_t i = 0; i < type->count; i++) {
        const struct abi_alternative *a = &type->alternatives[i];

        if (a->otherwise || a->value == number)
            return a;
    }
    return NULL;
}

/* The alternative that the siblings choose, through unions of unions; NULL: nothing is there. */
static const struct abi_spec *resolve(const struct abi_spec *spec, const struct scope *scope)
{
    while (spec->type->kind == ABI_KIND_UNION && spec->by >= 0) {
        const struct abi_alternative *a =
            choose(spec->type, member_number(scope, (unsigned)spec->by));

        if (!a || a->absent)
            return NULL;
        spec = &a->spec;
    }
    return spec;
}

/* Copies up to size bytes of the guest into the arena; how many is in *got. */
static const uint8_t *capture(struct decoder *d, gaddr_t address, size_t size, size_t *got)
{
    uint8_t *copy = d->memory ? abi_arena_allocate(d->out->arena, size ? size : 1) : NULL;

    *got = copy ? d->memory->read(d->memory->ctx, address, copy, size) : 0;
    return *got || !size ? copy : NULL;
}

static void set_address(struct abi_value *value, gaddr_t address)
{
    value->kind = ABI_ADDRESS;
    value->number = address;
}

static void set_bytes(struct abi_value *value, const uint8_t *bytes, size_t count, uint64_t total)
{
    value->kind = ABI_BYTES;
    value->bytes = bytes;
    value->count = count;
    value->total = total;
    value->cut = total > count;
}

static bool set_items(struct decoder *d, struct abi_value *value, enum abi_value_kind kind,
                      size_t room)
{
    value->kind = kind;
    value->count = 0;
    value->items = abi_arena_allocate(d->out->arena, (room ? room : 1) * sizeof(*value->items));
    return value->items != NULL;
}

static struct abi_value *next_item(struct abi_value *value)
{
    struct abi_value *item = &value->items[value->count++];

    *item = (struct abi_value){0};
    return item;
}

/* ---- objects that stand in bytes at hand ---- */

static void decode_fields(struct decoder *d, const struct scope *scope, uint32_t count,
                          struct abi_value *value)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct abi_field *field = &scope->fields[i];
        struct abi_value item = {.name = field->name};

        if (field->spec.hidden || field->offset >= scope->size)
            continue;
        decode_field(d, scope, field, &item);
        value->cut |= item.kind == ABI_ABSENT && item.cut;
        if (item.kind == ABI_RECORD && !*field->name) {
            /* A field that is its members: they take its place. */
            for (size_t j = 0; j < item.count; j++)
                *next_item(value) = item.items[j];
        } else if (item.kind != ABI_ABSENT) {
            *next_item(value) = item;
        }
    }
}

/* Room for all members, those of nameless fields too. */
static size_t member_room(const struct abi_type *type)
{
    size_t room = 16;

    for (uint32_t i = 0; i < type->count; i++)
        room += *type->fields[i].name ? 1 : 16;
    return room;
}

static void decode_record(struct decoder *d, const struct abi_type *type, const uint8_t *bytes,
                          size_t size, struct abi_value *value)
{
    const struct scope scope = {type->fields, bytes, size};

    value->type = type;
    if (!set_items(d, value, ABI_RECORD, member_room(type))) {
        set_address(value, value->address);
        return;
    }
    decode_fields(d, &scope, type->count, value);
}

/* An element without the field that makes it count: poll's answer of a file with no event. */
static bool is_present(const struct abi_type *type, const uint8_t *bytes, size_t size)
{
    const struct scope scope = {type->fields, bytes, size};

    for (uint32_t i = 0; type->kind == ABI_KIND_STRUCT && i < type->count; i++)
        if (type->fields[i].spec.present && !member_number(&scope, i))
            return false;
    return true;
}

static void decode_element(struct decoder *d, const struct abi_type *type, const uint8_t *bytes,
                           struct abi_value *value)
{
    const struct abi_spec spec = {.type = type, .by = -1, .filled_by = -1};

    decode_inline(d, &spec, NULL, bytes, type->size, value);
    value->spec = NULL;
}

static void decode_elements(struct decoder *d, const struct abi_type *type, const uint8_t *bytes,
                            size_t size, uint64_t total, struct abi_value *value)
{
    size_t count = type->size ? size / type->size : 0;

    value->type = type;
    value->total = total;
    if (!set_items(d, value, ABI_LIST, count)) {
        set_address(value, value->address);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *element = bytes + i * type->size;

        if (is_present(type, element, type->size))
            decode_element(d, type, element, next_item(value));
    }
    value->cut = total > count;
}

/* How many elements the description says there are, of an object of `size` bytes where it ends the
 * enclosing one. */
static uint64_t element_count(struct decoder *d, const struct abi_spec *spec,
                              const struct scope *scope, size_t size)
{
    uint64_t count = 1;

    switch (spec->length) {
    case ABI_LENGTH_ONE:
        return 1;
    case ABI_LENGTH_CONST:
        return spec->length_value;
    case ABI_LENGTH_REST:
        return spec->type->size ? size / spec->type->size : size;
    case ABI_LENGTH_RESULT:
        return d->out->raw_result > 0 ? (uint64_t)d->out->raw_result : 0;
    case ABI_LENGTH_FIELD:
        count = member_number(scope, spec->length_value);
        /* A count that the kernel takes as signed and refuses below 0 */
        return (int64_t)count < 0 ? 0 : count + spec->length_add;
    case ABI_LENGTH_POINTEE: {
        /* What the kernel says there was, and at most the room that the program gave. */
        uint32_t number = 0;
        gaddr_t address = member_number(scope, spec->length_value);
        const struct abi_value *room = &d->out->args[spec->length_value];

        if (!address || !d->memory ||
            d->memory->read(d->memory->ctx, address, &number, sizeof(number)) != sizeof(number))
            return 0;
        if (room->kind == ABI_LIST && room->count && room->items[0].number < number)
            number = (uint32_t)room->items[0].number;
        return (int32_t)number < 0 ? 0 : number;
    }
    }
    return count;
}

static void decode_inline_data(struct decoder *d, const struct abi_spec *spec,
                               const struct scope *scope, const uint8_t *bytes, size_t size,
                               struct abi_value *value)
{
    uint64_t count = element_count(d, spec, scope, size);

    set_bytes(value, bytes, count < size ? count : size, count);
}

static void decode_inline(struct decoder *d, const struct abi_spec *spec, const struct scope *scope,
                          const uint8_t *bytes, size_t size, struct abi_value *value)
{
    const struct abi_type *type = spec->type;

    value->spec = spec;
    value->type = type;
    if (type->kind == ABI_KIND_DATA) {
        decode_inline_data(d, spec, scope, bytes, size, value);
    } else if (type->kind == ABI_KIND_UNION) {
        const struct abi_alternative *a = NULL;
        size_t offset = (size_t)type->discriminator_offset;

        if (size >= offset + type->discriminator->size)
            a = choose(type, load(bytes + offset, type->discriminator->size, false));
        if (a && !a->absent)
            decode_inline(d, &a->spec, scope, bytes, size, value);
        else
            set_bytes(value, bytes, size, size);
    } else if (spec->length != ABI_LENGTH_ONE && !spec->in_bytes) {
        uint64_t count = element_count(d, spec, scope, size);
        size_t room = size / type->size;

        decode_elements(d, type, bytes, (count < room ? count : room) * type->size, count, value);
    } else if (type->kind == ABI_KIND_STRUCT) {
        decode_record(d, type, bytes,
                      size < type->size || type->fields[type->count - 1].spec.length ? size
                                                                                     : type->size,
                      value);
    } else if (size >= type->size) {
        value->kind = type->kind == ABI_KIND_SCALAR && type->format == ABI_FORMAT_address
                          ? ABI_ADDRESS
                          : ABI_NUMBER;
        value->number = load(bytes, type->size, type->is_signed);
    } else {
        value->cut = true; /* it stands half outside its struct */
    }
}

/* ---- data behind pointers ---- */

/* A string up to its NUL, at most limit bytes of it. */
static void decode_string(struct decoder *d, gaddr_t address, size_t limit, struct abi_value *value)
{
    enum { CHUNK = 256 };
    uint8_t *text = NULL;
    size_t length = 0;

    value->address = address;
    for (size_t room = CHUNK;; room *= 4) {
        size_t want = room < limit + 1 ? room : limit + 1;

        text = d->memory ? abi_arena_allocate(d->out->arena, want) : NULL;
        size_t got = text ? d->memory->read(d->memory->ctx, address, text, want) : 0;
        const uint8_t *end = got ? memchr(text, 0, got) : NULL;
        if (end) {
            length = (size_t)(end - text);
            set_bytes(value, text, length, length);
            return;
        }
        if (got < want) {
            set_address(value, address);
            return;
        }
        if (want == limit + 1) {
            set_bytes(value, text, limit, limit + 1);
            return;
        }
    }
}

/* A NULL-terminated vector of strings: some of them, and the number of all. */
static void decode_strings(struct decoder *d, gaddr_t address, struct abi_value *value)
{
    size_t limit = d->out->limits.elements;
    uint64_t total = 0;

    value->address = address;
    if (!d->memory || !set_items(d, value, ABI_LIST, limit)) {
        set_address(value, address);
        return;
    }
    for (; total < COUNT_LIMIT; total++) {
        gaddr_t pointer = 0;
        gaddr_t at = address + total * sizeof(pointer);

        if (d->memory->read(d->memory->ctx, at, &pointer, sizeof(pointer)) != sizeof(pointer)) {
            if (!total)
                set_address(value, address);
            value->cut = true;
            break;
        }
        if (!pointer)
            break;
        if (value->count < limit) {
            struct abi_value *item = next_item(value);

            item->type = value->type;
            decode_string(d, pointer, d->out->limits.bytes, item);
        }
    }
    value->total = total;
    value->cut |= total > value->count;
}

/* Records that say their own length (directory entries, control messages): some, and the number
 * of all. length_at is where in a record its length is, of length_size bytes. */
static void decode_records(struct decoder *d, const struct abi_type *type, gaddr_t address,
                           uint64_t size, size_t length_at, size_t length_size, size_t align,
                           struct abi_value *value)
{
    enum { LARGEST = 1 << 20 };
    size_t got;
    const uint8_t *bytes = capture(d, address, size < LARGEST ? size : LARGEST, &got);
    size_t limit = d->out->limits.elements;

    value->address = address;
    if (!bytes || !set_items(d, value, ABI_LIST, limit)) {
        set_address(value, address);
        return;
    }
    for (size_t at = 0; at + length_at + length_size <= got;) {
        uint64_t length = load(bytes + at + length_at, length_size, false);

        if (length < length_at + length_size || length > got - at) {
            value->cut = true;
            break;
        }
        value->total++;
        if (value->count < limit)
            decode_record(d, type, bytes + at, length, next_item(value));
        at += (length + align - 1) / align * align;
    }
    value->cut |= value->total > value->count || got < size;
}

/* Bytes of a buffer: as many as the limits allow of as many as there are. */
static void decode_buffer(struct decoder *d, gaddr_t address, uint64_t total, size_t limit,
                          struct abi_value *value)
{
    size_t got;
    size_t want = total < limit ? total : limit;
    const uint8_t *bytes = capture(d, address, want, &got);

    value->address = address;
    if (!bytes || got < want)
        set_address(value, address);
    else
        set_bytes(value, bytes, got, total);
}

static void decode_pointed_data(struct decoder *d, const struct abi_spec *spec, gaddr_t address,
                                uint64_t count, struct abi_value *value)
{
    const struct abi_limits *limits = &d->out->limits;
    enum { PAGE = 4096, LARGEST_SET = 8192 };

    switch (spec->type->format) {
    case ABI_FORMAT_path:
        decode_string(d, address, PATH_LIMIT, value);
        break;
    case ABI_FORMAT_string:
    case ABI_FORMAT_chars:
        decode_string(d, address, limits->bytes, value);
        break;
    case ABI_FORMAT_strings:
    case ABI_FORMAT_environment:
        decode_strings(d, address, value);
        break;
    case ABI_FORMAT_fd_bits:
    case ABI_FORMAT_node_bits:
        decode_buffer(d, address, (count + 63) / 64 * 8, LARGEST_SET, value);
        break;
    case ABI_FORMAT_cpu_bits:
    case ABI_FORMAT_sigset:
        decode_buffer(d, address, count, LARGEST_SET, value);
        break;
    case ABI_FORMAT_residency:
        decode_buffer(d, address, count / PAGE + (count % PAGE != 0), limits->elements, value);
        break;
    case ABI_FORMAT_dirents:
        decode_records(d, abi_type_by_name("linux_dirent"), address, count, 16, 2, 1, value);
        break;
    case ABI_FORMAT_dirents64:
        decode_records(d, abi_type_by_name("linux_dirent64"), address, count, 16, 2, 1, value);
        break;
    case ABI_FORMAT_control:
        decode_records(d, abi_type_by_name("cmsghdr"), address, count, 0, 8, 8, value);
        break;
    default:
        decode_buffer(d, address, count, limits->bytes, value);
        break;
    }
}

/* Elements or one object behind a pointer, of as many as `count` says. */
static void decode_pointed_object(struct decoder *d, const struct abi_spec *spec, gaddr_t address,
                                  uint64_t count, struct abi_value *value)
{
    const struct abi_type *type = spec->type;
    bool is_scalar = type->kind != ABI_KIND_STRUCT && type->kind != ABI_KIND_UNION;
    bool is_one = spec->length == ABI_LENGTH_ONE || (spec->in_bytes && !is_scalar);
    size_t limit = spec->length == ABI_LENGTH_CONST ? count : d->out->limits.elements;
    uint64_t total = spec->in_bytes && type->size ? count / type->size : count;
    uint64_t size = is_one ? type->size : (total < limit ? total : limit) * type->size;
    size_t got;
    enum { LARGEST_OBJECT = 65536 };

    /* An object that says its size itself, or that ends in what is left of it */
    if (is_one && spec->length != ABI_LENGTH_ONE)
        size = count < LARGEST_OBJECT ? count : LARGEST_OBJECT;
    else if (is_one && type->kind == ABI_KIND_STRUCT && type->count &&
             type->fields[type->count - 1].spec.length == ABI_LENGTH_FIELD &&
             type->fields[type->count - 1].spec.type->kind == ABI_KIND_DATA &&
             type->fields[type->count - 1].spec.direction == ABI_VALUE)
        size += d->out->limits.bytes;

    const uint8_t *bytes = capture(d, address, size, &got);
    value->address = address;
    if (!bytes || (is_one && got < (size < type->size ? size : type->size))) {
        set_address(value, address);
    } else if (is_one && !is_scalar) {
        struct abi_spec one = *spec;

        one.direction = ABI_VALUE;
        one.length = ABI_LENGTH_ONE;
        decode_inline(d, &one, NULL, bytes, got, value);
        value->spec = spec;
    } else {
        decode_elements(d, type, bytes, got, is_one ? 1 : total, value);
        value->cut |= got < size;
    }
}

/* Whether the call has written this output. */
static bool is_written(const struct decoder *d, const struct abi_spec *spec)
{
    int64_t result = d->out->raw_result;

    if (!d->at_exit)
        return false;
    enum { RESTART_BLOCK = -516 }; /* an interrupted sleep before its program learns of it */
    if (spec->valid_on)
        return result == -spec->valid_on || result == RESTART_BLOCK;
    return spec->positive ? result > 0 : result >= 0;
}

static void decode_pointer(struct decoder *d, const struct abi_spec *spec,
                           const struct scope *scope, gaddr_t address, struct abi_value *value)
{
    value->spec = spec;
    value->type = spec->type;
    set_address(value, address);
    if (!address || (spec->direction == ABI_OUT && !is_written(d, spec)))
        return;

    uint64_t count = element_count(d, spec, scope, 0);
    if (spec->direction == ABI_OUT && spec->filled && (uint64_t)d->out->raw_result < count)
        count = (uint64_t)d->out->raw_result;
    if (spec->direction == ABI_OUT && d->budget != NO_BUDGET) {
        if (count > d->budget)
            count = d->budget;
        d->budget -= count;
    }
    if (spec->direction == ABI_IN && spec->filled)
        d->budget = d->filled;
    if (spec->type->kind == ABI_KIND_DATA)
        decode_pointed_data(d, spec, address, count, value);
    else
        decode_pointed_object(d, spec, address, count, value);
    if (spec->direction == ABI_IN && spec->filled)
        d->budget = NO_BUDGET;
}

static void decode_field(struct decoder *d, const struct scope *scope,
                         const struct abi_field *field, struct abi_value *value)
{
    const struct abi_spec *spec = resolve(&field->spec, scope);

    value->name = field->name;
    if (field->spec.filled_by >= 0)
        d->filled = member_number(scope, (unsigned)field->spec.filled_by);
    if (!spec || !holds(&field->spec, scope))
        return;
    const uint8_t *bytes = scope->bytes + field->offset;
    size_t size = scope->size - field->offset;
    if (spec->direction == ABI_VALUE)
        decode_inline(d, spec, scope, bytes, size, value);
    else if (size >= sizeof(gaddr_t))
        decode_pointer(d, spec, scope, load(bytes, sizeof(gaddr_t), false), value);
    if (value->kind != ABI_ABSENT && spec != &field->spec)
        value->spec = spec;
}

/* ---- calls ---- */

/* Whether what the pointer leads to must wait for the end of the call. */
static bool waits_for_exit(const struct abi_spec *spec)
{
    return spec->direction == ABI_OUT || (spec->direction == ABI_IN && spec->filled);
}

static struct scope register_scope(const struct abi_decoded *decoded)
{
    return (struct scope){decoded->call->args, (const uint8_t *)decoded->regs,
                          sizeof(decoded->regs)};
}

static void decode_argument(struct decoder *d, unsigned i, struct abi_value *value)
{
    const struct scope scope = register_scope(d->out);
    struct abi_field field = d->out->call->args[i];

    *value = (struct abi_value){.name = field.name};
    if (d->at_exit && field.spec.aside_type)
        field.spec.type = field.spec.aside_type;
    if (!field.spec.hidden)
        decode_field(d, &scope, &field, value);
    if (value->spec == &field.spec)
        value->spec = &d->out->call->args[i].spec;
}

void abi_decode_enter(struct abi_decoded *decoded, const struct tap_call *call,
                      const struct tap_memory *memory)
{
    struct decoder d = {decoded, memory, false, 0, NO_BUDGET};

    abi_arena_reset(decoded->arena);
    decoded->call = call->call;
    decoded->nr = call->nr;
    decoded->count = 0;
    decoded->ended = false;
    decoded->raw_result = 0;
    decoded->result = (struct abi_value){0};
    memcpy(decoded->regs, call->regs, sizeof(decoded->regs));
    if (!call->call)
        return;
    decoded->count = call->call->argc;
    if (call->call->implicit) {
        decoded->count = 1;
        decoded->regs[0] = call->sp;
    }
    const struct scope scope = register_scope(decoded);
    for (unsigned i = 0; i < decoded->count; i++) {
        const struct abi_spec *spec = resolve(&call->call->args[i].spec, &scope);

        decoded->after[i] = (struct abi_value){0};
        if (spec && waits_for_exit(spec) && decoded->regs[i] && holds(spec, &scope))
            decoded->args[i] =
                (struct abi_value){.kind = ABI_PENDING, .name = call->call->args[i].name};
        else
            decode_argument(&d, i, &decoded->args[i]);
    }
}

static void decode_result(struct decoder *d)
{
    struct abi_decoded *decoded = d->out;
    const struct scope scope = register_scope(decoded);
    const struct abi_spec *spec = resolve(&decoded->call->result, &scope);

    /* Linux keeps the last 4095 values for errors: mmap may return what looks negative. */
    if (!spec || (decoded->raw_result < 0 && decoded->raw_result >= -4095))
        return;
    decode_inline(d, spec, &scope, (const uint8_t *)&decoded->raw_result,
                  sizeof(decoded->raw_result), &decoded->result);
}

void abi_decode_exit(struct abi_decoded *decoded, const struct tap_memory *memory, int64_t result)
{
    struct decoder d = {decoded, memory, true, 0, NO_BUDGET};

    decoded->ended = true;
    decoded->raw_result = result;
    if (!decoded->call)
        return;
    const struct scope scope = register_scope(decoded);
    for (unsigned i = 0; i < decoded->count; i++) {
        const struct abi_spec *spec = resolve(&decoded->call->args[i].spec, &scope);

        d.filled = result > 0 ? (uint64_t)result : 0;
        if (decoded->args[i].kind == ABI_PENDING)
            decode_argument(&d, i, &decoded->args[i]);
        else if (spec && spec->direction == ABI_INOUT && is_written(&d, spec))
            decode_argument(&d, i, &decoded->after[i]);
    }
    decode_result(&d);
}

void abi_decode_object(struct abi_decoded *decoded, const struct abi_type *type, const void *bytes,
                       size_t size, struct abi_value *value)
{
    struct decoder d = {decoded, NULL, true, 0, NO_BUDGET};
    const struct abi_spec spec = {.type = type, .by = -1, .filled_by = -1};

    *value = (struct abi_value){0};
    decode_inline(&d, &spec, NULL, bytes, size, value);
    value->spec = NULL;
}

struct abi_decoded *abi_decoded_new(struct abi_limits limits)
{
    struct abi_decoded *decoded = calloc(1, sizeof(*decoded));

    if (!decoded)
        return NULL;
    decoded->limits = limits;
    decoded->arena = abi_arena_new();
    if (!decoded->arena) {
        free(decoded);
        return NULL;
    }
    return decoded;
}

void abi_decoded_free(struct abi_decoded *decoded)
{
    if (!decoded)
        return;
    abi_arena_free(decoded->arena);
    free(decoded);
}
