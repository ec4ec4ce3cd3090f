// calls: execve
/* What a new program finds on its stack: alignment, the auxiliary vector, /proc/self/auxv. */
#include "child.h"
#include <elf.h>

extern char **environ;
extern const char __ehdr_start[], _start[];

static const Elf64_auxv_t *vector(void)
{
    char **end = environ;
    while (*end)
        end++;
    return (const Elf64_auxv_t *)(end + 1);
}

/* Not getauxval: the C library puts values of its own in some entries' places. */
static const Elf64_auxv_t *find(unsigned long type)
{
    for (const Elf64_auxv_t *entry = vector(); entry->a_type != AT_NULL; entry++)
        if (entry->a_type == type)
            return entry;
    return NULL;
}

static unsigned long get(unsigned long type)
{
    const Elf64_auxv_t *entry = find(type);
    return entry ? entry->a_un.a_val : 0;
}

static void show_entries(void)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)__ehdr_start;
    say("page size %lu, ticks %lu, flags %lu, secure %lu\n", get(AT_PAGESZ), get(AT_CLKTCK),
        get(AT_FLAGS), get(AT_SECURE));
    say("ids %lu %lu %lu %lu\n", get(AT_UID), get(AT_EUID), get(AT_GID), get(AT_EGID));
    say("headers: place %d, size %lu, count %d\n",
        get(AT_PHDR) == (unsigned long)__ehdr_start + header->e_phoff, get(AT_PHENT),
        get(AT_PHNUM) == header->e_phnum);
    say("entry %d, base %lu\n", get(AT_ENTRY) == (unsigned long)_start, get(AT_BASE));
    say("platform %s, random bytes there %d\n", (const char *)get(AT_PLATFORM),
        get(AT_RANDOM) > (unsigned long)environ);
    uint32_t a = 1, b, c, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    /* fpu, tsc, cx8, cmov, mmx, fxsr, sse, sse2; the kernel keeps some of the others to itself. */
    uint32_t known = 0x07808111;
    say("hardware capabilities are those of cpuid: %d\n", (get(AT_HWCAP) & known) == (d & known));
    static const unsigned long types[] = {AT_PHDR,   AT_PHENT,    AT_PHNUM,  AT_PAGESZ, AT_BASE,
                                          AT_FLAGS,  AT_ENTRY,    AT_UID,    AT_EUID,   AT_GID,
                                          AT_EGID,   AT_SECURE,   AT_RANDOM, AT_HWCAP,  AT_HWCAP2,
                                          AT_CLKTCK, AT_PLATFORM, AT_EXECFN};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (!find(types[i]))
            say("type %lu is missing\n", types[i]);
}

static void show_stack(char **argv)
{
    const long *count = (const long *)argv - 1;
    say("argument count below the arguments: %ld, 16-aligned %d\n", *count,
        ((uintptr_t)count & 15) == 0);
    say("strings lie above the vectors: %d\n", argv[0] > (char *)vector());
    const char *last = (const char *)get(AT_EXECFN);
    say("the file's name is the last string: %s, above the environment %d\n", last,
        last > environ[0]);
    /* Behind it there are eight bytes of zero, and the stack ends at a page. */
    uintptr_t end = (uintptr_t)last + strlen(last) + 1;
    say("eight bytes to the end of the stack: %d\n", (end + 8) % PAGE == 0);
}

static void show_file_of_it(void)
{
    char text[2048];
    int fd = (int)MUST(open("/proc/self/auxv", O_RDONLY));
    ssize_t length = read(fd, text, sizeof text);
    MUST(length);
    MUST(close(fd));
    const Elf64_auxv_t *entry = vector();
    size_t bytes = 0;
    while (entry->a_type != AT_NULL)
        entry++;
    bytes = (size_t)((const char *)(entry + 1) - (const char *)vector());
    say("/proc/self/auxv is the same: %d\n",
        (size_t)length >= bytes && memcmp(text, vector(), bytes) == 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        show_stack(argv);
        show_entries();
        show_file_of_it();
        return 0;
    }
    for (int count = 1; count < 4; count++) {
        char *arguments[] = {"guest", "one", count > 1 ? "two" : NULL, count > 2 ? "three" : NULL,
                             NULL};
        char *environment[] = {"A=1", NULL};
        pid_t pid = fork();
        MUST(pid);
        if (pid == 0) {
            execve("/proc/self/exe", arguments, environment);
            _exit(100);
        }
        show_status("executed", reap(pid));
    }
    return 0;
}
