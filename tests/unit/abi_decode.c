/*
 * Decoding and printing: every call of the table by name rather than by hex words, exact renderings
 * of chosen ones, and hostile memory.
 */
#include "abi/print.h"
#include "abi/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cmocka.h>
#include <jansson.h>

#define BASE 0x100000
#define SIZE 0x40000

/* A guest's memory: SIZE bytes at BASE, nothing elsewhere. */
static uint8_t guest[SIZE];

static size_t read_guest(void *ctx, gaddr_t addr, void *buf, size_t len)
{
    (void)ctx;
    if (addr < BASE || addr >= BASE + SIZE)
        return 0;
    size_t room = BASE + SIZE - addr;
    memcpy(buf, guest + (addr - BASE), len < room ? len : room);
    return len < room ? len : room;
}

static const struct tap_memory memory = {NULL, read_guest, NULL};

static struct abi_decoded *decoded;
static struct abi_buffer text;

static int set_up(void **state)
{
    (void)state;
    memset(guest, 0, sizeof(guest));
    decoded = abi_decoded_new((struct abi_limits){32, 32});
    return decoded ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    abi_decoded_free(decoded);
    abi_buffer_free(&text);
    return 0;
}

static void enter(int nr, const uint64_t words[6])
{
    const struct tap_call call = {
        .call = abi_call_by_nr((uint64_t)nr), .nr = (uint64_t)nr, .regs = words, .sp = BASE};

    abi_decode_enter(decoded, &call, &memory);
}

static const char *render(int nr, const uint64_t words[6], int64_t result)
{
    enter(nr, words);
    abi_decode_exit(decoded, &memory, result);
    abi_buffer_clear(&text);
    abi_text_call(&text, decoded, NULL);
    assert_false(text.failed);
    return text.data;
}

#define assert_renders(expected, nr, result, ...)                                                  \
    assert_string_equal(render(nr, (const uint64_t[6]){__VA_ARGS__}, result), expected)

static gaddr_t put(size_t offset, const void *bytes, size_t size)
{
    memcpy(guest + offset, bytes, size);
    return BASE + offset;
}

static gaddr_t put_text(size_t offset, const char *string)
{
    return put(offset, string, strlen(string) + 1);
}

/* ---- the whole table ---- */

/* A pointer that was not followed though the description says where it leads, or an argument that
 * is none of its set of names: what a reader would see as a bare word. */
static const char *raw_fallback(const struct abi_value *value, bool is_argument)
{
    const struct abi_type *type = value->type;
    const char *name = value->name ? value->name : "an element";

    if (!type)
        return NULL;
    if (value->kind == ABI_ADDRESS && value->number &&
        (type->kind != ABI_KIND_SCALAR || type->format != ABI_FORMAT_address))
        return name;
    if (is_argument && value->kind == ABI_NUMBER && type->kind == ABI_KIND_ENUM && type->unknown) {
        uint64_t bits = type->size < 8 ? (1ULL << 8 * type->size) - 1 : UINT64_MAX;

        return abi_constant_name(type, value->number & bits) ? NULL : name;
    }
    for (size_t i = 0; i < value->count && (value->kind == ABI_LIST || value->kind == ABI_RECORD);
         i++) {
        const char *raw = raw_fallback(&value->items[i], false);

        if (raw)
            return raw;
    }
    return NULL;
}

/* A value that a program would pass: the n-th name of a set, an address, a small number. */
static uint64_t sample(const struct abi_spec *spec, uint32_t n)
{
    const struct abi_type *type = spec->type;

    if (spec->direction != ABI_VALUE)
        return BASE + 0x1000;
    if ((type->kind == ABI_KIND_ENUM || type->kind == ABI_KIND_FLAGS) && type->count)
        return type->constants[n % type->count].value;
    if (type->kind == ABI_KIND_UNION)
        return BASE + 0x1000;
    return type->format == ABI_FORMAT_address ? BASE + 0x2000 : 3;
}

/* Unions take an address for a sample: where the chosen alternative is a number, that is unnamed.
 */
static bool is_chosen_number(const struct abi_decoded *d, unsigned i)
{
    return d->call->args[i].spec.type->kind == ABI_KIND_UNION && d->args[i].kind == ABI_NUMBER;
}

static void check_names(const struct abi_call *call, uint32_t n)
{
    uint64_t words[6];

    for (unsigned i = 0; i < call->argc; i++)
        words[i] = sample(&call->args[i].spec, n);
    render(call->nr, words, 1);
    for (unsigned i = 0; i < decoded->count; i++) {
        const char *raw =
            is_chosen_number(decoded, i) ? NULL : raw_fallback(&decoded->args[i], true);
        bool fails_only = call->args[i].spec.valid_on != 0;

        if (raw && !fails_only)
            fail_msg("%s: %s is a bare word in: %s", call->name, raw, text.data);
    }
}

static void every_call_prints_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < abi_call_count; i++) {
        uint32_t most = 1;

        for (unsigned j = 0; j < abi_calls[i].argc; j++)
            if (abi_calls[i].args[j].spec.type->count > most)
                most = abi_calls[i].args[j].spec.type->count;
        for (uint32_t n = 0; n < most; n++)
            check_names(&abi_calls[i], n);
    }
}

static json_t *parse_json(void)
{
    struct abi_buffer out = {0};
    json_error_t error;

    abi_append_char(&out, '{');
    abi_json_call(&out, decoded);
    abi_append_char(&out, '}');
    json_t *root = json_loadb(out.data, out.length, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("%s: %s", error.text, out.data);
    abi_buffer_free(&out);
    return root;
}

static void every_call_is_valid_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < abi_call_count; i++) {
        uint64_t words[6] = {0};

        for (unsigned j = 0; j < abi_calls[i].argc; j++)
            words[j] = sample(&abi_calls[i].args[j].spec, 1);
        render(abi_calls[i].nr, words, 1);
        json_t *root = parse_json();
        assert_string_equal(json_string_value(json_object_get(root, "call")), abi_calls[i].name);
        assert_int_equal(json_integer_value(json_object_get(root, "nr")), abi_calls[i].nr);
        json_decref(root);
    }
}

/* ---- exact renderings ---- */

static void strings_are_escaped_and_cut(void **state)
{
    (void)state;
    gaddr_t buf = put(0, "he\0llo\n\1772\0013\"\\", 14);
    assert_renders("write(1, \"he\\0llo\\n\\1772\\0013\\\"\\\\\", 13) = 13", ABI_write, 13, 1, buf,
                   13);
    assert_renders("write(1, \"he\\0llo\\n\\1772\\0013\\\"\\\\\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
                   "\\0\\0\\0\\0\\0\\0\\0\\0\"..., 33) = 33",
                   ABI_write, 33, 1, buf, 33);
    assert_renders("read(0, 0x100000, 10)                   = -1 EAGAIN (Resource temporarily "
                   "unavailable)",
                   ABI_read, -EAGAIN, 0, buf, 10);
    assert_renders("read(0, \"\", 10)                         = 0", ABI_read, 0, 0, buf, 10);
    assert_renders("write(1, 0x5000, 3)                     = -1 EFAULT (Bad address)", ABI_write,
                   -EFAULT, 1, 0x5000, 3);
    assert_renders("write(1, NULL, 3)                       = -1 EFAULT (Bad address)", ABI_write,
                   -EFAULT, 1, 0, 3);
}

static void open_has_a_mode_when_it_creates(void **state)
{
    (void)state;
    gaddr_t path = put_text(0, "/etc/passwd");
    assert_renders("openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = 3", ABI_openat, 3, (uint64_t)-100,
                   path, 0, 0644);
    assert_renders("openat(4, \"/etc/passwd\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3", ABI_openat, 3,
                   4, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_renders("openat(4, \"/etc/passwd\", O_RDONLY|O_DIRECTORY) = 3", ABI_openat, 3, 4, path,
                   O_DIRECTORY, 0644);
    assert_renders("openat(4, \"/etc/passwd\", O_RDONLY|0x50000000) = -1 ENOENT (No such file or "
                   "directory)",
                   ABI_openat, -ENOENT, 4, path, 0x50000000, 0);
}

static void numbers_truncate_as_the_kernel_does(void **state)
{
    (void)state;
    assert_renders("close(3)                                = 0", ABI_close, 0, 0x500000003);
    assert_renders("close(-1)                               = -1 EBADF (Bad file descriptor)",
                   ABI_close, -EBADF, UINT64_MAX);
    assert_renders("umask(022)                              = 002", ABI_umask, 2, 022);
    assert_renders("exit_group(7)                           = ?", ABI_exit_group, 0, 7);
}

static void vectors_show_what_was_filled(void **state)
{
    (void)state;
    const struct iovec iov[] = {{(void *)(BASE + 0x100), 3}, {(void *)(BASE + 0x200), 50}};
    gaddr_t vector = put(0, iov, sizeof(iov));

    put_text(0x100, "abc");
    put_text(0x200, "defgh");
    assert_renders(
        "readv(3, [{iov_base=\"abc\", iov_len=3}, {iov_base=\"de\", iov_len=50}], 2) = 5",
        ABI_readv, 5, 3, vector, 2);
    assert_renders("readv(3, [{iov_base=0x100100, iov_len=3}, {iov_base=0x100200, iov_len=50}], 2) "
                   "= -1 EAGAIN (Resource temporarily unavailable)",
                   ABI_readv, -EAGAIN, 3, vector, 2);
}

static void ancillary_data_is_decoded(void **state)
{
    (void)state;
    const struct iovec iov = {(void *)(BASE + 0x100), 3};
    union {
        char room[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr header;
    } control = {.header = {CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    const int fds[] = {5, 6};

    memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
    put_text(0x100, "abc");
    put(0x200, &iov, sizeof(iov));
    put(0x300, &control, sizeof(control));
    const struct msghdr message = {
        .msg_iov = (void *)(BASE + 0x200),
        .msg_iovlen = 1,
        .msg_control = (void *)(BASE + 0x300),
        .msg_controllen = sizeof(control),
    };
    assert_renders("sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"abc\", "
                   "iov_len=3}], msg_iovlen=1, msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, "
                   "cmsg_type=SCM_RIGHTS, cmsg_data=[5, 6]}], msg_controllen=24, msg_flags=0}, "
                   "MSG_NOSIGNAL) = 3",
                   ABI_sendmsg, 3, 3, put(0, &message, sizeof(message)), MSG_NOSIGNAL);
}

static void addresses_are_those_of_their_family(void **state)
{
    (void)state;
    const uint8_t in[16] = {2, 0, 0, 80, 127, 0, 0, 1};
    const uint8_t in6[28] = {10, 0, 0, 53, [23] = 1, [24] = 2};
    const uint8_t un[] = "\1\0/tmp/x";
    const uint8_t hidden[] = {1, 0, 0, 'a', 'b'};

    assert_renders("bind(3, {sa_family=AF_INET, sin_port=htons(80), "
                   "sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0",
                   ABI_bind, 0, 3, put(0, in, sizeof(in)), sizeof(in));
    assert_renders("bind(3, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), "
                   "inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=2}, 28) = 0",
                   ABI_bind, 0, 3, put(0, in6, sizeof(in6)), sizeof(in6));
    assert_renders("bind(3, {sa_family=AF_UNIX, sun_path=\"/tmp/x\"}, 9) = 0", ABI_bind, 0, 3,
                   put(0, un, sizeof(un)), sizeof(un));
    assert_renders("bind(3, {sa_family=AF_UNIX, sun_path=@\"ab\"}, 5) = 0", ABI_bind, 0, 3,
                   put(0, hidden, sizeof(hidden)), sizeof(hidden));
    assert_renders("bind(3, {sa_family=AF_INET, ...}, 3)    = -1 EINVAL (Invalid argument)",
                   ABI_bind, -EINVAL, 3, put(0, in, sizeof(in)), 3);
}

static void answers_of_waits_stand_beside_the_result(void **state)
{
    (void)state;
    const struct {
        int fd;
        short events;
        short revents;
    } before[] = {{3, 1, 0}, {4, 4, 0}}, after[] = {{3, 1, 0}, {4, 4, 4}};
    gaddr_t fds = put(0, before, sizeof(before));

    enter(ABI_poll, (const uint64_t[6]){fds, 2, (uint64_t)-1});
    put(0, after, sizeof(after));
    abi_decode_exit(decoded, &memory, 1);
    abi_buffer_clear(&text);
    abi_text_call(&text, decoded, NULL);
    assert_string_equal(text.data,
                        "poll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], 2, -1) = 1 "
                        "([{fd=4, revents=POLLOUT}])");
    assert_renders("poll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], 2, -1) = 0 (Timeout)",
                   ABI_poll, 0, fds, 2, (uint64_t)-1);
}

static void unions_follow_the_other_argument(void **state)
{
    (void)state;
    assert_renders("fcntl(3, F_GETFL)                       = 0x8002 (flags O_RDWR|O_LARGEFILE)",
                   ABI_fcntl, 0x8002, 3, F_GETFL, 77);
    assert_renders("fcntl(3, F_SETFD, FD_CLOEXEC)           = 0", ABI_fcntl, 0, 3, F_SETFD, 1);
    assert_renders("fcntl(3, 0x3e7 /* F_??? */, 0x5)        = -1 EINVAL (Invalid argument)",
                   ABI_fcntl, -EINVAL, 3, 999, 5);
    assert_renders("futex(0x100000, FUTEX_WAKE_PRIVATE, 1)  = 0", ABI_futex, 0, BASE, 129, 1);
    assert_renders(
        "ioctl(1, _IOC(_IOC_READ, 0x56, 0x7, 0x4), 0x10) = -1 ENOTTY (Inappropriate ioctl "
        "for device)",
        ABI_ioctl, -ENOTTY, 1, 0x80045607, 0x10);
}

static void a_call_begun_waits_for_its_outputs(void **state)
{
    (void)state;
    put_text(0, "abc");
    enter(ABI_read, (const uint64_t[6]){3, BASE, 100});
    abi_buffer_clear(&text);
    unsigned from = abi_text_enter(&text, decoded, NULL);
    assert_string_equal(text.data, "read(3, ");
    abi_decode_exit(decoded, &memory, 3);
    abi_text_exit(&text, decoded, from, 0, NULL);
    assert_string_equal(text.data, "read(3, \"abc\", 100)                     = 3");
}

static void unknown_calls_show_their_words(void **state)
{
    (void)state;
    assert_renders("syscall_0x7d0(0x1, 0x2, 0, 0, 0, 0x6)   = -1 ENOSYS (Function not implemented)",
                   2000, -ENOSYS, 1, 2, 0, 0, 0, 6);
}

static void json_keeps_every_bit(void **state)
{
    (void)state;
    put(0, "\xff\xfe", 2);
    render(ABI_write, (const uint64_t[6]){1, BASE, 2}, 2);
    json_t *root = parse_json();
    json_t *args = json_object_get(root, "args");
    assert_string_equal(json_string_value(json_object_get(json_object_get(args, "buf"), "base64")),
                        "//4=");
    json_decref(root);

    render(ABI_lseek, (const uint64_t[6]){1, INT64_MAX, 0}, -EINVAL);
    root = parse_json();
    args = json_object_get(root, "args");
    assert_string_equal(json_string_value(json_object_get(args, "offset")), "9223372036854775807");
    assert_string_equal(json_string_value(json_object_get(root, "error")), "EINVAL");
    json_decref(root);

    put_text(0, "caf\xc3\xa9\n");
    render(ABI_chdir, (const uint64_t[6]){BASE}, 0);
    root = parse_json();
    args = json_object_get(root, "args");
    assert_string_equal(json_string_value(json_object_get(args, "path")), "caf\xc3\xa9\n");
    json_decref(root);
}

/* ---- hostile guests ---- */

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static uint64_t hostile_word(uint64_t *seed)
{
    static const uint64_t words[] = {
        0,          1,    UINT64_MAX,      INT64_MAX,   1ULL << 63,        UINT32_MAX,
        1ULL << 31, BASE, BASE + SIZE - 1, BASE + SIZE, 0xffff800000000000};
    uint64_t n = next_random(seed);

    if (n % 4 == 0)
        return words[n / 4 % (sizeof(words) / sizeof(words[0]))];
    if (n % 4 == 1)
        return n >> 40;
    return BASE + (n >> 8) % SIZE;
}

static void hostile_memory_is_decoded_or_left(void **state)
{
    uint64_t seed = 20240229;

    (void)state;
    for (int round = 0; round < 6; round++) {
        for (size_t i = 0; i + 8 <= SIZE; i += 8) {
            uint64_t word = hostile_word(&seed);
            memcpy(guest + i, &word, sizeof(word));
        }
        for (size_t i = 0; i < abi_call_count; i++) {
            uint64_t words[6];

            for (int j = 0; j < 6; j++)
                words[j] = hostile_word(&seed);
            render(abi_calls[i].nr, words,
                   (int64_t)(next_random(&seed) % 3 ? hostile_word(&seed) : -(uint64_t)EINVAL));
            json_decref(parse_json());
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_call_prints_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_call_is_valid_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strings_are_escaped_and_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(open_has_a_mode_when_it_creates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_truncate_as_the_kernel_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(vectors_show_what_was_filled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ancillary_data_is_decoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(addresses_are_those_of_their_family, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_of_waits_stand_beside_the_result, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(unions_follow_the_other_argument, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_call_begun_waits_for_its_outputs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_calls_show_their_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_keeps_every_bit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hostile_memory_is_decoded_or_left, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
