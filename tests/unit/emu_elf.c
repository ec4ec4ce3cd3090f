/* The ELF loader: every lie that a header can tell, and what a good one maps. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/elf.h"

#define TEXT     0x400000ull
#define DATA     0x402000ull
#define LOADER   "/lib64/ld.so"
#define FILE_LEN 0x3000

/* A program with a loader: headers and code in the first segment, data and bss in the second. */
struct program {
    Elf64_Ehdr header;
    Elf64_Phdr entry[4];
    char loader[sizeof LOADER];
};

enum { ENTRY_LOADER, ENTRY_TEXT, ENTRY_DATA, ENTRY_STACK };

struct file {
    union {
        struct program program;
        uint8_t bytes[FILE_LEN];
    };
    size_t len;
};

static void fill(struct file *file)
{
    struct program *program = &file->program;
    memset(file, 0, sizeof *file);
    file->len = FILE_LEN;
    memcpy(program->header.e_ident, ELFMAG, SELFMAG);
    program->header.e_ident[EI_CLASS] = ELFCLASS64;
    program->header.e_ident[EI_DATA] = ELFDATA2LSB;
    program->header.e_type = ET_EXEC;
    program->header.e_machine = EM_X86_64;
    program->header.e_entry = TEXT + 0x800;
    program->header.e_phoff = offsetof(struct program, entry);
    program->header.e_phentsize = sizeof(Elf64_Phdr);
    program->header.e_phnum = 4;
    strcpy(program->loader, LOADER);
    program->entry[ENTRY_LOADER] = (Elf64_Phdr){.p_type = PT_INTERP,
                                                .p_offset = offsetof(struct program, loader),
                                                .p_filesz = sizeof LOADER};
    program->entry[ENTRY_TEXT] = (Elf64_Phdr){.p_type = PT_LOAD,
                                              .p_flags = PF_R | PF_X,
                                              .p_vaddr = TEXT,
                                              .p_filesz = 0x1000,
                                              .p_memsz = 0x1000,
                                              .p_align = 0x1000};
    program->entry[ENTRY_DATA] = (Elf64_Phdr){.p_type = PT_LOAD,
                                              .p_flags = PF_R | PF_W,
                                              .p_offset = 0x1010,
                                              .p_vaddr = DATA + 0x10,
                                              .p_filesz = 0x20,
                                              .p_memsz = 0x3000,
                                              .p_align = 0x1000};
    program->entry[ENTRY_STACK] =
        (Elf64_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W | PF_X};
    memset(file->bytes + 0x1000, 0xee, 0x1000);
}

static ssize_t read_file(void *ctx, void *buf, size_t len, uint64_t offset)
{
    const struct file *file = ctx;
    if (offset >= file->len)
        return 0;
    if (len > file->len - offset)
        len = file->len - offset;
    memcpy(buf, file->bytes + offset, len);
    return (ssize_t)len;
}

static enum elf_error parse(struct file *file, struct elf_image *image)
{
    const struct elf_source source = {.read = read_file, .ctx = file};
    return elf_parse(&source, image);
}

/* ---- good programs ---- */

static void test_good(void **state)
{
    (void)state;
    struct file file;
    struct elf_image image;
    fill(&file);
    assert_int_equal(parse(&file, &image), ELF_OK);
    assert_false(image.position_independent);
    assert_true(image.executable_stack);
    assert_int_equal(image.entry, TEXT + 0x800);
    assert_int_equal(image.headers, TEXT + offsetof(struct program, entry));
    assert_int_equal(image.header_count, 4);
    assert_int_equal(image.low, TEXT);
    assert_int_equal(image.high, DATA + 0x4000);
    assert_int_equal(image.brk, DATA + 0x4000);
    assert_int_equal(image.segment_count, 2);
    assert_string_equal(image.interpreter, LOADER);
    assert_int_equal(elf_check_start(&image, file.len), ELF_OK);
    elf_free(&image);
}

/* ---- lies ---- */

#define LIE(name, ...)                                                                             \
    static void name(struct file *file)                                                            \
    {                                                                                              \
        struct program *program __attribute__((unused)) = &file->program;                          \
        __VA_ARGS__;                                                                               \
    }
LIE(empty, file->len = 0)
LIE(text_file, memcpy(file->bytes, "hello world, this is text", 26))
LIE(magic_alone, file->len = 4)
LIE(half_header, file->len = 40)
LIE(class_32, program->header.e_ident[EI_CLASS] = ELFCLASS32)
LIE(class_unknown, program->header.e_ident[EI_CLASS] = 7)
LIE(big_endian, program->header.e_ident[EI_DATA] = ELFDATA2MSB)
LIE(arm64, program->header.e_machine = EM_AARCH64)
LIE(object, program->header.e_type = ET_REL)
LIE(core, program->header.e_type = ET_CORE)
LIE(entry_size, program->header.e_phentsize = 32)
LIE(entry_size_zero, program->header.e_phentsize = 0)
LIE(no_entries, program->header.e_phnum = 0)
LIE(many_entries, program->header.e_phnum = 0xffff)
LIE(entries_outside, program->header.e_phoff = FILE_LEN)
LIE(entries_wrap, program->header.e_phoff = UINT64_MAX - 8)
LIE(loader_short, program->entry[ENTRY_LOADER].p_filesz = 1)
LIE(loader_long, program->entry[ENTRY_LOADER].p_filesz = ELF_INTERPRETER_MAX + 1)
LIE(loader_unended, program->entry[ENTRY_LOADER].p_filesz = sizeof LOADER - 1)
LIE(loader_outside, program->entry[ENTRY_LOADER].p_offset = FILE_LEN - 2)
LIE(loader_wraps, program->entry[ENTRY_LOADER].p_offset = UINT64_MAX - 2)
LIE(nothing_to_load, program->entry[ENTRY_TEXT].p_type = PT_NULL;
    program->entry[ENTRY_DATA].p_type = PT_NULL)
LIE(only_empty, program->entry[ENTRY_TEXT].p_type = PT_NULL;
    program->entry[ENTRY_DATA].p_filesz = 0; program->entry[ENTRY_DATA].p_memsz = 0;
    program->entry[ENTRY_DATA].p_vaddr = DATA)
LIE(more_in_file, program->entry[ENTRY_DATA].p_filesz = 0x3001)
LIE(kernel_half, program->entry[ENTRY_DATA].p_vaddr = 0xffff800000000010)
LIE(over_top, program->entry[ENTRY_DATA].p_memsz = MM_TOP)
LIE(memory_wraps, program->entry[ENTRY_DATA].p_memsz = UINT64_MAX)
LIE(page_zero, program->entry[ENTRY_DATA].p_vaddr = 0x10)
LIE(misaligned, program->entry[ENTRY_DATA].p_offset = 0x1011)
LIE(offset_wraps, program->entry[ENTRY_DATA].p_offset = UINT64_MAX - 0xfef)
LIE(offset_negative, program->entry[ENTRY_DATA].p_offset = 0x8000000000000010)

static void test_lies(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*lie)(struct file *);
        enum elf_error error;
        int number;
    } lies[] = {
#define ROW(lie, error, number) {#lie, lie, error, number}
        ROW(empty, ELF_EMPTY, ENOEXEC),
        ROW(text_file, ELF_NOT_ELF, ENOEXEC),
        ROW(magic_alone, ELF_HEADER_CUT, ENOEXEC),
        ROW(half_header, ELF_HEADER_CUT, ENOEXEC),
        ROW(class_32, ELF_CLASS_32, ENOEXEC),
        ROW(class_unknown, ELF_WRONG_MACHINE, ENOEXEC),
        ROW(big_endian, ELF_BIG_ENDIAN, ENOEXEC),
        ROW(arm64, ELF_WRONG_MACHINE, ENOEXEC),
        ROW(object, ELF_NOT_PROGRAM, ENOEXEC),
        ROW(core, ELF_NOT_PROGRAM, ENOEXEC),
        ROW(entry_size, ELF_BAD_ENTRY_SIZE, ENOEXEC),
        ROW(entry_size_zero, ELF_BAD_ENTRY_SIZE, ENOEXEC),
        ROW(no_entries, ELF_BAD_ENTRY_COUNT, ENOEXEC),
        ROW(many_entries, ELF_BAD_ENTRY_COUNT, ENOEXEC),
        ROW(entries_outside, ELF_PROGRAM_HEADERS_CUT, ENOEXEC),
        ROW(entries_wrap, ELF_PROGRAM_HEADERS_CUT, ENOEXEC),
        ROW(loader_short, ELF_BAD_INTERPRETER, ENOEXEC),
        ROW(loader_long, ELF_BAD_INTERPRETER, ENOEXEC),
        ROW(loader_unended, ELF_BAD_INTERPRETER, ENOEXEC),
        ROW(loader_outside, ELF_INTERPRETER_CUT, EIO),
        ROW(loader_wraps, ELF_INTERPRETER_CUT, EIO),
        ROW(nothing_to_load, ELF_NO_SEGMENT, EINVAL),
        ROW(only_empty, ELF_NO_SEGMENT, EINVAL),
        ROW(more_in_file, ELF_FILE_OVER_MEMORY, EINVAL),
        ROW(kernel_half, ELF_SEGMENT_OUTSIDE, EINVAL),
        ROW(over_top, ELF_SEGMENT_OUTSIDE, EINVAL),
        ROW(memory_wraps, ELF_SEGMENT_OUTSIDE, EINVAL),
        ROW(page_zero, ELF_SEGMENT_OUTSIDE, EINVAL),
        ROW(misaligned, ELF_SEGMENT_MISALIGNED, EINVAL),
        ROW(offset_wraps, ELF_SEGMENT_OFFSET, EOVERFLOW),
        ROW(offset_negative, ELF_SEGMENT_OFFSET, EOVERFLOW),
#undef ROW
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct file file;
        struct elf_image image;
        fill(&file);
        lies[i].lie(&file);
        enum elf_error error = parse(&file, &image);
        if (error != lies[i].error)
            fail_msg("%s: %s", lies[i].name, elf_reason(error));
        assert_int_equal(elf_errno(error), lies[i].number);
        if (error >= ELF_FIRST_LATE)
            elf_free(&image);
    }
}

/* What only the user who starts a program is told. */
static void test_start(void **state)
{
    (void)state;
    struct file file;
    struct elf_image image;
    fill(&file);
    assert_int_equal(parse(&file, &image), ELF_OK);
    assert_int_equal(elf_check_start(&image, 0x1030), ELF_OK);
    assert_int_equal(elf_check_start(&image, 0x102f), ELF_SEGMENT_CUT);
    image.entry = DATA + 0x20;
    assert_int_equal(elf_check_start(&image, file.len), ELF_ENTRY_OUTSIDE);
    image.entry = TEXT + 0x1000;
    assert_int_equal(elf_check_start(&image, file.len), ELF_ENTRY_OUTSIDE);
    image.entry = TEXT;
    image.segment[1].vaddr = TEXT + 0xff0;
    assert_int_equal(elf_check_start(&image, file.len), ELF_SEGMENTS_OVERLAP);
    elf_free(&image);
}

static void test_reasons(void **state)
{
    (void)state;
    for (enum elf_error error = ELF_OK; error < ELF_ERROR_COUNT; error++) {
        assert_non_null(elf_reason(error));
        assert_true(error == ELF_OK || elf_errno(error) > 0);
    }
    assert_string_equal(elf_machine_name(EM_AARCH64), "arm64");
}

/* Seeded garbage over good headers: parsing must end, and what passes must lie in user memory. */
static void test_mutations(void **state)
{
    (void)state;
    uint64_t seed = 1;
    unsigned passed = 0;
    for (int round = 0; round < 20000; round++) {
        struct file file;
        struct elf_image image;
        fill(&file);
        for (int change = 0; change < 3; change++) {
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            file.bytes[(seed >> 33) % sizeof(struct program)] = (uint8_t)(seed >> 56);
        }
        enum elf_error error = parse(&file, &image);
        if (error == ELF_OK) {
            assert_true(image.low < image.high && image.high <= MM_TOP);
            elf_check_start(&image, file.len);
            passed++;
        }
        if (error == ELF_OK || error >= ELF_FIRST_LATE)
            elf_free(&image);
    }
    assert_true(passed > 0 && passed < 20000);
}

/* ---- mapping ---- */

struct fake_backing {
    struct backing backing;
    struct arena *arena;
    const struct file *file;
    int refs;
};

static int fake_get(struct backing *backing, uint64_t index, bool write, frame_t *frame)
{
    struct fake_backing *fake = (struct fake_backing *)backing;
    (void)write;
    if (index >= fake->file->len / PAGE_SIZE)
        return -EFAULT;
    *frame = frame_alloc(fake->arena);
    memcpy(frame_ptr(fake->arena, *frame), fake->file->bytes + index * PAGE_SIZE, PAGE_SIZE);
    return 0;
}

static void fake_ref(struct backing *backing)
{
    ((struct fake_backing *)backing)->refs++;
}

static void fake_unref(struct backing *backing)
{
    ((struct fake_backing *)backing)->refs--;
}

static const struct backing_ops fake_ops = {.get = fake_get, .ref = fake_ref, .unref = fake_unref};

static uint8_t byte_at(struct mm *mm, gaddr_t addr)
{
    uint8_t byte = 0;
    assert_int_equal(mm_peek(mm, addr, &byte, 1), 1);
    return byte;
}

static void check_mapped(struct mm *mm, gaddr_t bias)
{
    char magic[4];
    assert_int_equal(copyin(mm, magic, TEXT + bias, sizeof magic), 0);
    assert_memory_equal(magic, ELFMAG, SELFMAG);
    assert_int_equal(copyout(mm, TEXT + bias, magic, sizeof magic), -EFAULT);
    /* The file's bytes, then zeros to the end of the page and in every page of the rest. */
    assert_int_equal(byte_at(mm, DATA + bias + 0x2f), 0xee);
    assert_int_equal(byte_at(mm, DATA + bias + 0x30), 0);
    assert_int_equal(byte_at(mm, DATA + bias + 0xfff), 0);
    assert_int_equal(byte_at(mm, DATA + bias + 0x3fff), 0);
    assert_true(mm_is_free(mm, DATA + bias + 0x4000, PAGE_SIZE));
    assert_int_equal(copyout(mm, DATA + bias + 0x3000, magic, sizeof magic), 0);
}

static void test_map(void **state)
{
    (void)state;
    struct file file;
    struct elf_image image;
    fill(&file);
    assert_int_equal(parse(&file, &image), ELF_OK);
    struct arena *arena = arena_create(64 << 20);
    struct fake_backing fake = {{&fake_ops}, arena, &file, 0};
    static const gaddr_t biases[] = {0, 0x555555554000 - TEXT};
    for (size_t i = 0; i < sizeof biases / sizeof biases[0]; i++) {
        struct mm *mm = mm_create(arena);
        assert_int_equal(elf_map(&image, mm, &fake.backing, biases[i]), 0);
        check_mapped(mm, biases[i]);
        mm_unref(mm);
        assert_int_equal(fake.refs, 0);
    }
    struct mm *mm = mm_create(arena);
    assert_int_equal(elf_map(&image, mm, &fake.backing, MM_TOP), -EINVAL);
    assert_int_equal(elf_map(&image, mm, &fake.backing, 0 - TEXT), -EINVAL);
    /* The page that is to be cleared lies behind the end of the file. */
    file.len = 0x1000;
    assert_int_equal(elf_map(&image, mm, &fake.backing, 0), -EFAULT);
    mm_unref(mm);
    elf_free(&image);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_lies),
        cmocka_unit_test(test_start),     cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_mutations), cmocka_unit_test(test_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
