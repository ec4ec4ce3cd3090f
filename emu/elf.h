/*
 * Reading and mapping amd64 ELF programs. The file is the guest's, so every number in it is
 * hostile: nothing is used before it was checked, and what is wrong has a name of its own.
 *
 * May include emu/mm.h alone. Knows the format and what Linux asks of it (elf(5), and the order in
 * which the kernel's loader looks), not where programs come from.
 *
 * Threads: no state of its own; an image belongs to its caller.
 */
#ifndef EMU_ELF_H
#define EMU_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "emu/mm.h"

enum elf_error {
    ELF_OK,
    /* Found before the old program is gone: execve returns elf_errno(). */
    ELF_UNREADABLE,
    ELF_NO_HOST_MEMORY,
    ELF_EMPTY,
    ELF_NOT_ELF,
    ELF_HEADER_CUT,
    ELF_CLASS_32,
    ELF_BIG_ENDIAN,
    ELF_WRONG_MACHINE,
    ELF_NOT_PROGRAM,
    ELF_BAD_ENTRY_SIZE,
    ELF_BAD_ENTRY_COUNT,
    ELF_PROGRAM_HEADERS_CUT,
    ELF_BAD_INTERPRETER,
    ELF_INTERPRETER_CUT,
    /* Found while the new program is mapped: Linux kills the caller (ELF_FIRST_LATE and above). */
    ELF_NO_SEGMENT,
    ELF_FILE_OVER_MEMORY,
    ELF_SEGMENT_OUTSIDE,
    ELF_SEGMENT_MISALIGNED,
    ELF_SEGMENT_OFFSET,
    /* Linux starts such a program, which then faults: only elf_check_start tells. */
    ELF_SEGMENT_CUT,
    ELF_SEGMENTS_OVERLAP,
    ELF_ENTRY_OUTSIDE,
    ELF_ERROR_COUNT
};
#define ELF_FIRST_LATE ELF_NO_SEGMENT

/* A PT_LOAD entry that passed the checks. */
struct elf_segment {
    gaddr_t vaddr;
    uint64_t offset, file_size, memory_size;
    uint32_t prot; /* VMA_READ | VMA_WRITE | VMA_EXEC */
};

#define ELF_INTERPRETER_MAX 4096

struct elf_image {
    bool position_independent; /* ET_DYN */
    bool executable_stack;     /* PT_GNU_STACK asks for it */
    uint16_t machine;          /* e_machine, also when ELF_WRONG_MACHINE is returned */
    gaddr_t entry;             /* before the bias is added, as all addresses here */
    gaddr_t headers;           /* the program headers in memory, 0 when no segment holds them */
    uint16_t header_count;
    uint64_t alignment; /* largest valid p_align, at least a page */
    gaddr_t low, high;  /* page-aligned span of all segments */
    gaddr_t code_start, code_end, data_start, data_end, brk;
    unsigned segment_count;
    struct elf_segment *segment;               /* owned; elf_free */
    char interpreter[ELF_INTERPRETER_MAX + 1]; /* "" when there is no PT_INTERP */
};

/* Where the bytes come from: as pread, short only at the end of the file, or -errno. */
struct elf_source {
    ssize_t (*read)(void *ctx, void *buf, size_t len, uint64_t offset);
    void *ctx;
};

/*
 * Reads and checks the headers. On ELF_OK the image must be freed with elf_free; with a late error
 * (>= ELF_FIRST_LATE) too, and its interpreter and stack flags are valid; otherwise there is
 * nothing to free.
 */
enum elf_error elf_parse(const struct elf_source *source, struct elf_image *image);
void elf_free(struct elf_image *image);

/*
 * What Linux lets pass and a user who starts a program wants to hear: segments that end after the
 * file's `file_size` bytes, overlapping ones, an entry in no executable segment.
 */
enum elf_error elf_check_start(const struct elf_image *image, uint64_t file_size);

/* One line without a full stop: "is a 32-bit ELF program". Static text. */
const char *elf_reason(enum elf_error error);
/* The errno (positive) that execve gives for it. */
int elf_errno(enum elf_error error);
/* "arm64" for EM_AARCH64; "another" for a machine that has no name here. */
const char *elf_machine_name(uint16_t machine);

/*
 * Maps all segments at their addresses plus bias (page aligned) from the file's backing object,
 * with zeroed rest pages. 0 or -ENOMEM, -EINVAL (outside user memory), -EFAULT (a page to be zeroed
 * lies after the end of the file).
 */
int elf_map(const struct elf_image *image, struct mm *mm, struct backing *backing, gaddr_t bias);

#endif
