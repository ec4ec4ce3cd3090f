/*
 * `abibox syscalls --missing ELF`: reads a program without running it and lists the system calls in
 * it that the box does not serve fully.
 * Includes emu/sites.h for the search and abi/abi.h for the table.
 */
#include "missing.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/abi.h"
#include "command.h"
#include "emu/sites.h"

enum { NUMBERS = 1024, PARTS = 64 };

struct program {
    const uint8_t *bytes;
    size_t size;
    struct code_part parts[PARTS];
    size_t part_count;
    bool dynamic;
};

struct tally {
    struct {
        unsigned sites;
        gaddr_t first;
    } calls[NUMBERS];
    unsigned sites;
    unsigned computed; /* sites whose number is not a constant */
    unsigned strange;  /* sites with a number that no call has */
    gaddr_t first_computed;
};

/* ---- the file ---- */

static bool map_file(const char *path, struct program *program)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st)) {
        complain("%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    program->size = (size_t)st.st_size;
    program->bytes = S_ISREG(st.st_mode) && program->size
                         ? mmap(NULL, program->size, PROT_READ, MAP_PRIVATE, fd, 0)
                         : MAP_FAILED;
    close(fd);
    if (program->bytes == MAP_FAILED) {
        complain("%s: no file with bytes in it", path);
        return false;
    }
    return true;
}

/* The executable segments, as far as they lie inside the file. */
static bool read_headers(const char *path, struct program *program)
{
    Elf64_Ehdr header;

    if (program->size < sizeof(header) || memcmp(program->bytes, ELFMAG, SELFMAG) != 0) {
        complain("%s: no ELF file", path);
        return false;
    }
    memcpy(&header, program->bytes, sizeof(header));
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64 ||
        header.e_phentsize != sizeof(Elf64_Phdr)) {
        complain("%s: no x86_64 program", path);
        return false;
    }
    for (unsigned i = 0; i < header.e_phnum && program->part_count < PARTS; i++) {
        Elf64_Phdr segment;
        uint64_t at = header.e_phoff + i * sizeof(segment);

        if (at < header.e_phoff || at > program->size || program->size - at < sizeof(segment))
            break;
        memcpy(&segment, program->bytes + at, sizeof(segment));
        program->dynamic |= segment.p_type == PT_INTERP;
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X) ||
            segment.p_offset > program->size)
            continue;
        uint64_t room = program->size - segment.p_offset;
        program->parts[program->part_count++] = (struct code_part){
            program->bytes + segment.p_offset,
            segment.p_filesz < room ? segment.p_filesz : room,
            segment.p_vaddr,
        };
    }
    if (!program->part_count)
        complain("%s: no code in it", path);
    return program->part_count > 0;
}

/* ---- counting ---- */

static void count_site(void *ctx, const struct syscall_site *site)
{
    struct tally *tally = ctx;
    int64_t nr = site->by_int80 && site->nr >= 0 ? abi_nr_from_i386((uint64_t)site->nr) : site->nr;

    tally->sites++;
    if (site->nr < 0) {
        if (!tally->computed++)
            tally->first_computed = site->pc;
    } else if (nr < 0 || nr >= NUMBERS || !abi_call_by_nr((uint64_t)nr)) {
        tally->strange++;
    } else if (!tally->calls[nr].sites++) {
        tally->calls[nr].first = site->pc;
    }
}

static bool is_missing(const struct tally *tally, const struct abi_call *call)
{
    return call->nr < NUMBERS && tally->calls[call->nr].sites && call->level != ABI_FULL;
}

static unsigned count_missing(const struct tally *tally, unsigned *used)
{
    unsigned missing = 0;

    *used = 0;
    for (size_t i = 0; i < abi_call_count; i++) {
        missing += is_missing(tally, &abi_calls[i]);
        *used += abi_calls[i].nr < NUMBERS && tally->calls[abi_calls[i].nr].sites;
    }
    return missing;
}

/* ---- telling ---- */

static void print_text(const struct tally *tally, const struct program *program)
{
    unsigned used;
    unsigned missing = count_missing(tally, &used);

    for (size_t i = 0; i < abi_call_count; i++) {
        const struct abi_call *call = &abi_calls[i];

        if (!is_missing(tally, call))
            continue;
        printf("%4d  %-24s %2u at %#" PRIx64 "  %s%s%s: %s\n", call->nr, call->name,
               tally->calls[call->nr].sites, tally->calls[call->nr].first,
               call->level == ABI_PARTIAL ? "partial" : "none (",
               call->level == ABI_PARTIAL ? "" : abi_errno_name(call->error),
               call->level == ABI_PARTIAL ? "" : ")", call->note);
    }
    printf("%u places, %u system calls, %u of them not served fully\n", tally->sites, used,
           missing);
    if (tally->computed)
        printf("%u places compute their number, the first at %#" PRIx64 "\n", tally->computed,
               tally->first_computed);
    if (program->dynamic)
        puts("the program is linked dynamically: calls inside its libraries are not counted");
}

static void print_json(const struct tally *tally, const struct program *program)
{
    unsigned used;
    unsigned missing = count_missing(tally, &used);
    json_t *list = json_array();

    for (size_t i = 0; i < abi_call_count; i++) {
        const struct abi_call *call = &abi_calls[i];

        if (is_missing(tally, call))
            json_array_append_new(
                list,
                json_pack("{s:s, s:i, s:i, s:I, s:s, s:s}", "name", call->name, "nr", call->nr,
                          "places", (int)tally->calls[call->nr].sites, "first",
                          (json_int_t)tally->calls[call->nr].first, "support",
                          call->level == ABI_PARTIAL ? "partial" : "none", "note", call->note));
    }
    json_t *root = json_pack("{s:o, s:i, s:i, s:i, s:i, s:b}", "not_served_fully", list, "count",
                             (int)missing, "calls", (int)used, "places", (int)tally->sites,
                             "computed", (int)tally->computed, "dynamic", (int)program->dynamic);
    json_dumpf(root, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(root);
}

int missing_calls(const char *path, bool json)
{
    struct program program = {0};
    struct tally *tally = calloc(1, sizeof(*tally));
    int status = STATUS_TROUBLE;
    unsigned used;

    if (!tally || !map_file(path, &program)) {
        free(tally);
        return STATUS_TROUBLE;
    }
    if (!read_headers(path, &program)) {
        status = STATUS_TROUBLE;
    } else if (!find_syscall_sites(program.parts, program.part_count, count_site, tally)) {
        complain("%s: no memory left to read it", path);
    } else {
        if (json)
            print_json(tally, &program);
        else
            print_text(tally, &program);
        status = count_missing(tally, &used) ? 1 : 0;
    }
    munmap((void *)program.bytes, program.size);
    free(tally);
    return status;
}
