/*
 * ELF headers and segments: see elf.h. May include emu/mm.h and the C library's elf.h.
 *
 * The order of checks is the one of Linux's loader, so that a file with two faults gives the errno
 * that a native execve gives. Sums are taken modulo 2^64 and then compared against MM_TOP, or by
 * __builtin_add_overflow where a wrap would hide an error.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/elf.h"

/* The kernel reads no more program headers than fit in 64 KiB. */
#define HEADERS_MAX 65536

static const struct {
    int error;
    const char *reason;
} errors[ELF_ERROR_COUNT] = {
    [ELF_OK] = {0, "is a valid program"},
    [ELF_UNREADABLE] = {EIO, "cannot be read"},
    [ELF_NO_HOST_MEMORY] = {ENOMEM, "needs more memory than the host has"},
    [ELF_EMPTY] = {ENOEXEC, "is an empty file"},
    [ELF_NOT_ELF] = {ENOEXEC, "is neither an ELF program nor a #! script"},
    [ELF_HEADER_CUT] = {ENOEXEC, "is truncated: the ELF header is cut off"},
    [ELF_CLASS_32] = {ENOEXEC, "is a 32-bit ELF program; only 64-bit x86 programs run"},
    [ELF_BIG_ENDIAN] = {ENOEXEC, "is a big-endian ELF program; only x86-64 programs run"},
    [ELF_WRONG_MACHINE] = {ENOEXEC, "is an ELF program for another machine"},
    [ELF_NOT_PROGRAM] = {ENOEXEC, "is an ELF file but no program (an object or core file)"},
    [ELF_BAD_ENTRY_SIZE] = {ENOEXEC, "is a broken ELF: program headers have a wrong size"},
    [ELF_BAD_ENTRY_COUNT] = {ENOEXEC, "is a broken ELF: no or too many program headers"},
    [ELF_PROGRAM_HEADERS_CUT] = {ENOEXEC, "is truncated: its program headers lie outside the file"},
    [ELF_BAD_INTERPRETER] = {ENOEXEC, "is a broken ELF: the interpreter's name is not a path"},
    [ELF_INTERPRETER_CUT] = {EIO, "is truncated: the interpreter's name lies outside the file"},
    [ELF_NO_SEGMENT] = {EINVAL, "is a broken ELF: it has nothing to load"},
    [ELF_FILE_OVER_MEMORY] = {EINVAL,
                              "is a broken ELF: a segment is larger in the file than in memory"},
    [ELF_SEGMENT_OUTSIDE] = {EINVAL, "is a broken ELF: a segment lies outside user memory"},
    [ELF_SEGMENT_MISALIGNED] = {EINVAL,
                                "is a broken ELF: a segment's offset and address do not match"},
    [ELF_SEGMENT_OFFSET] = {EOVERFLOW, "is a broken ELF: a segment's file offset is impossible"},
    [ELF_SEGMENT_CUT] = {ENOEXEC, "is truncated: a segment ends after the end of the file"},
    [ELF_SEGMENTS_OVERLAP] = {ENOEXEC, "is a broken ELF: its segments overlap"},
    [ELF_ENTRY_OUTSIDE] = {ENOEXEC, "is a broken ELF: its entry point is in no code segment"},
};

const char *elf_reason(enum elf_error error)
{
    return (unsigned)error < ELF_ERROR_COUNT ? errors[error].reason : "is broken";
}

int elf_errno(enum elf_error error)
{
    return (unsigned)error < ELF_ERROR_COUNT ? errors[error].error : ENOEXEC;
}

const char *elf_machine_name(uint16_t machine)
{
    switch (machine) {
    case EM_AARCH64:
        return "arm64";
    case EM_ARM:
        return "arm";
    case EM_386:
        return "i386";
    case EM_RISCV:
        return "riscv";
    case EM_PPC64:
        return "ppc64";
    case EM_S390:
        return "s390x";
    case EM_MIPS:
        return "mips";
    case EM_LOONGARCH:
        return "loongarch";
    default:
        return "another";
    }
}

static gaddr_t page_down(gaddr_t addr)
{
    return addr & PAGE_MASK;
}

static gaddr_t page_up(gaddr_t addr)
{
    return (addr + PAGE_SIZE - 1) & PAGE_MASK;
}

/* ELF_OK when all len bytes were there, ELF_UNREADABLE on an I/O error, otherwise `cut`. */
static enum elf_error read_all(const struct elf_source *source, void *buf, size_t len,
                               uint64_t offset, enum elf_error cut)
{
    if (offset > INT64_MAX - len)
        return cut;
    ssize_t got = source->read(source->ctx, buf, len, offset);
    if (got < 0)
        return ELF_UNREADABLE;
    return (size_t)got == len ? ELF_OK : cut;
}

static enum elf_error read_header(const struct elf_source *source, Elf64_Ehdr *header,
                                  struct elf_image *image)
{
    memset(header, 0, sizeof *header);
    ssize_t got = source->read(source->ctx, header, sizeof *header, 0);
    if (got < 0)
        return ELF_UNREADABLE;
    if (got == 0)
        return ELF_EMPTY;
    if (got < SELFMAG || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return ELF_NOT_ELF;
    if (got < EI_NIDENT)
        return ELF_HEADER_CUT;
    if (header->e_ident[EI_DATA] == ELFDATA2MSB)
        return ELF_BIG_ENDIAN;
    if (header->e_ident[EI_CLASS] == ELFCLASS32)
        return ELF_CLASS_32;
    if ((size_t)got < sizeof *header)
        return ELF_HEADER_CUT;
    image->machine = header->e_machine;
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return ELF_NOT_PROGRAM;
    if (header->e_machine != EM_X86_64 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB)
        return ELF_WRONG_MACHINE;
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return ELF_BAD_ENTRY_SIZE;
    if (header->e_phnum == 0 || header->e_phnum * sizeof(Elf64_Phdr) > HEADERS_MAX)
        return ELF_BAD_ENTRY_COUNT;
    return ELF_OK;
}

static enum elf_error read_interpreter(const struct elf_source *source, const Elf64_Phdr *entry,
                                       struct elf_image *image)
{
    if (entry->p_filesz < 2 || entry->p_filesz > ELF_INTERPRETER_MAX)
        return ELF_BAD_INTERPRETER;
    enum elf_error error =
        read_all(source, image->interpreter, entry->p_filesz, entry->p_offset, ELF_INTERPRETER_CUT);
    if (error)
        return error;
    return image->interpreter[entry->p_filesz - 1] == '\0' ? ELF_OK : ELF_BAD_INTERPRETER;
}

/* Checks one PT_LOAD entry in isolation, as the kernel's elf_load and its caller do. */
static enum elf_error check_segment(const Elf64_Phdr *entry, bool position_independent)
{
    gaddr_t end;
    if (entry->p_filesz > entry->p_memsz)
        return ELF_FILE_OVER_MEMORY;
    if (__builtin_add_overflow(entry->p_vaddr, entry->p_memsz, &end) || end > MM_TOP)
        return ELF_SEGMENT_OUTSIDE;
    if (!position_independent && entry->p_memsz && entry->p_vaddr < MM_LOW)
        return ELF_SEGMENT_OUTSIDE;
    if (entry->p_filesz == 0)
        return ELF_OK;
    if (((entry->p_vaddr ^ entry->p_offset) & ~PAGE_MASK) != 0)
        return ELF_SEGMENT_MISALIGNED;
    if (__builtin_add_overflow(entry->p_offset, entry->p_filesz, &end) ||
        end > INT64_MAX - PAGE_SIZE)
        return ELF_SEGMENT_OFFSET;
    return ELF_OK;
}

static uint32_t segment_prot(uint32_t flags)
{
    return (flags & PF_R ? VMA_READ : 0) | (flags & PF_W ? VMA_WRITE : 0) |
           (flags & PF_X ? VMA_EXEC : 0);
}

static void note_extent(struct elf_image *image, const struct elf_segment *segment)
{
    gaddr_t file_end = segment->vaddr + segment->file_size;
    gaddr_t end = segment->vaddr + segment->memory_size;
    if (page_down(segment->vaddr) < image->low)
        image->low = page_down(segment->vaddr);
    if (page_up(end) > image->high)
        image->high = page_up(end);
    if ((segment->prot & VMA_EXEC) && segment->vaddr < image->code_start)
        image->code_start = segment->vaddr;
    if (segment->vaddr > image->data_start)
        image->data_start = segment->vaddr;
    if ((segment->prot & VMA_EXEC) && file_end > image->code_end)
        image->code_end = file_end;
    if (file_end > image->data_end)
        image->data_end = file_end;
    image->brk = image->high;
}

static enum elf_error add_segment(struct elf_image *image, const Elf64_Ehdr *header,
                                  const Elf64_Phdr *entry)
{
    enum elf_error error = check_segment(entry, image->position_independent);
    if (error)
        return error;
    struct elf_segment *segment = &image->segment[image->segment_count++];
    *segment = (struct elf_segment){
        .vaddr = entry->p_vaddr,
        .offset = entry->p_offset,
        .file_size = entry->p_filesz,
        .memory_size = entry->p_memsz,
        .prot = segment_prot(entry->p_flags),
    };
    note_extent(image, segment);
    bool power_of_two = entry->p_align && (entry->p_align & (entry->p_align - 1)) == 0;
    if (power_of_two && entry->p_align > image->alignment)
        image->alignment = entry->p_align;
    if (header->e_phoff >= entry->p_offset && header->e_phoff - entry->p_offset < entry->p_filesz)
        image->headers = entry->p_vaddr + (header->e_phoff - entry->p_offset);
    return ELF_OK;
}

/* First what the kernel reads early (interpreter, stack), then the segments. */
static enum elf_error read_entries(const struct elf_source *source, const Elf64_Ehdr *header,
                                   const Elf64_Phdr *entries, struct elf_image *image)
{
    bool seen_interpreter = false;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (entries[i].p_type == PT_INTERP && !seen_interpreter) {
            seen_interpreter = true;
            enum elf_error error = read_interpreter(source, &entries[i], image);
            if (error)
                return error;
        }
        if (entries[i].p_type == PT_GNU_STACK)
            image->executable_stack = (entries[i].p_flags & PF_X) != 0;
    }
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (entries[i].p_type != PT_LOAD)
            continue;
        enum elf_error error = add_segment(image, header, &entries[i]);
        if (error)
            return error;
    }
    return image->segment_count && image->low < image->high ? ELF_OK : ELF_NO_SEGMENT;
}

enum elf_error elf_parse(const struct elf_source *source, struct elf_image *image)
{
    Elf64_Ehdr header;
    memset(image, 0, sizeof *image);
    image->low = image->code_start = UINT64_MAX;
    image->alignment = PAGE_SIZE;
    enum elf_error error = read_header(source, &header, image);
    if (error)
        return error;
    image->position_independent = header.e_type == ET_DYN;
    image->entry = header.e_entry;
    image->header_count = header.e_phnum;

    size_t size = header.e_phnum * sizeof(Elf64_Phdr);
    Elf64_Phdr *entries = malloc(size);
    image->segment = calloc(header.e_phnum, sizeof *image->segment);
    if (!entries || !image->segment)
        error = ELF_NO_HOST_MEMORY;
    if (!error)
        error = read_all(source, entries, size, header.e_phoff, ELF_PROGRAM_HEADERS_CUT);
    if (!error)
        error = read_entries(source, &header, entries, image);
    free(entries);
    if (error && error < ELF_FIRST_LATE)
        elf_free(image);
    return error;
}

void elf_free(struct elf_image *image)
{
    free(image->segment);
    image->segment = NULL;
    image->segment_count = 0;
}

/* Linkers give segments in rising order (elf(5)); the kernel maps any, the later one on top. */
enum elf_error elf_check_start(const struct elf_image *image, uint64_t file_size)
{
    gaddr_t end = 0;
    bool entry_found = false;
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segment[i];
        if (segment->file_size && segment->offset + segment->file_size > file_size)
            return ELF_SEGMENT_CUT;
        if (segment->memory_size && segment->vaddr < end)
            return ELF_SEGMENTS_OVERLAP;
        if (segment->memory_size)
            end = segment->vaddr + segment->memory_size;
        if ((segment->prot & VMA_EXEC) && image->entry >= segment->vaddr &&
            image->entry - segment->vaddr < segment->memory_size)
            entry_found = true;
    }
    return entry_found ? ELF_OK : ELF_ENTRY_OUTSIDE;
}

/*
 * Zeroes the rest of the last file page. A segment that may not be written keeps the file's bytes
 * there: the kernel clears by an ordinary store, whose failure it ignores for those.
 */
static int zero_rest(struct mm *mm, gaddr_t start, uint32_t prot)
{
    static const uint8_t zeros[PAGE_SIZE];
    size_t len = (size_t)(page_up(start) - start);
    if (len == 0 || !(prot & VMA_WRITE))
        return 0;
    return mm_poke(mm, start, zeros, len) == len ? 0 : -EFAULT;
}

static int map_segment(const struct elf_segment *segment, struct mm *mm, struct backing *backing,
                       gaddr_t bias)
{
    gaddr_t start = segment->vaddr + bias;
    gaddr_t file_end = start + segment->file_size, end = start + segment->memory_size;
    gaddr_t zero_page = page_down(start);
    if (end < start || end > MM_TOP || page_down(start) < MM_LOW)
        return -EINVAL;
    if (segment->file_size) {
        uint64_t index = page_down(segment->offset) >> PAGE_SHIFT;
        int error = mm_map(mm, page_down(start), page_up(file_end) - page_down(start),
                           segment->prot | VMA_MAYWRITE, backing, index, NULL);
        if (error)
            return error;
        if (segment->memory_size > segment->file_size)
            error = zero_rest(mm, file_end, segment->prot);
        if (error)
            return error;
        zero_page = page_up(file_end);
    }
    if (page_up(end) <= zero_page)
        return 0;
    /* The kernel makes these pages as brk does: always readable and writable. */
    uint32_t flags = VMA_READ | VMA_WRITE | VMA_MAYWRITE | (segment->prot & VMA_EXEC);
    return mm_map(mm, zero_page, page_up(end) - zero_page, flags, NULL, 0, NULL);
}

int elf_map(const struct elf_image *image, struct mm *mm, struct backing *backing, gaddr_t bias)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        if (image->segment[i].memory_size == 0)
            continue;
        int error = map_segment(&image->segment[i], mm, backing, bias);
        if (error)
            return error;
    }
    return 0;
}
