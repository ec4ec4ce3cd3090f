// variants: musl static-pie dynamic
/* What a program is given at its start: arguments, environment, auxiliary vector, stack, files. */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

static int initialized;
static _Thread_local volatile int thread_local = 5;

static void __attribute__((constructor)) initialize(void)
{
    initialized++;
}

static void __attribute__((destructor)) finish(void)
{
    puts("destructor");
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void auxiliary_vector(void)
{
    static const struct {
        const char *name;
        unsigned long type;
    } shown[] = {{"page size", AT_PAGESZ}, {"clock ticks", AT_CLKTCK},
                 {"uid", AT_UID},          {"euid", AT_EUID},
                 {"gid", AT_GID},          {"egid", AT_EGID},
                 {"secure", AT_SECURE},    {"phent", AT_PHENT},
                 {"flags", AT_FLAGS}};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        printf("%s %lu\n", shown[i].name, getauxval(shown[i].type));
    printf("platform %s\n", (const char *)getauxval(AT_PLATFORM));
    printf("file %s\n", last_part((const char *)getauxval(AT_EXECFN)));
    printf("entry %d, random %d\n", getauxval(AT_ENTRY) != 0, getauxval(AT_RANDOM) != 0);

    /* The program headers in memory lead to what the file says. */
    const Elf64_Phdr *headers = (const Elf64_Phdr *)getauxval(AT_PHDR);
    int loads = 0, thread_storage = 0;
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
        loads += headers[i].p_type == PT_LOAD;
        thread_storage += headers[i].p_type == PT_TLS;
    }
    printf("loads %d, thread storage %d\n", loads > 1, thread_storage);
}

/* Everything lies above the stack pointer: argc, argv, envp, the vector, then the strings. */
static void stack_layout(int argc, char **argv)
{
    char local;
    uintptr_t *words = (uintptr_t *)argv;
    printf("argc below argv %d, argv ends %d, environment follows %d\n", (int)words[-1] == argc,
           argv[argc] == NULL, environ == argv + argc + 1);
    char **end = environ;
    while (*end)
        end++;
    Elf64_auxv_t *vector = (Elf64_auxv_t *)(end + 1);
    int types = 0;
    while (vector[types].a_type != AT_NULL)
        types++;
    printf("vector has entries %d\n", types > 10);
    printf("stack grows down %d, strings on top %d, argv aligned %d\n",
           &local<(char *)argv, argv[0]>(char *)(vector + types), (uintptr_t)(words - 1) % 16 == 0);
}

int main(int argc, char **argv)
{
    printf("argc %d, argv[0] %s\n", argc, last_part(argv[0]));
    for (int i = 1; i < argc; i++)
        printf("argument %d: \"%s\"\n", i, argv[i]);
    stack_layout(argc, argv);
    size_t count = 0;
    while (environ[count])
        count++;
    qsort(environ, count, sizeof *environ, compare);
    for (size_t i = 0; i < count; i++)
        printf("environment: %s\n", environ[i]);
    setenv("ADDED", "here", 1);
    printf("ADDED=%s\n", getenv("ADDED"));
    auxiliary_vector();
    printf("constructors %d, thread-local %d\n", initialized, thread_local);
    printf("descriptors %d %d %d\n", isatty(0), fileno(stdout), dup(2));
    return 0;
}
