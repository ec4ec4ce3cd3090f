// calls: execve
/* E2BIG: one string may have 128 KiB with its NUL, all together a quarter of the stack limit. */
#include "child.h"
#include <sys/resource.h>

#define LONGEST 131072
#define MANY    300

static char *arguments[MANY + 4];
static char *environment[MANY + 1];

static void execute(void)
{
    execve("/proc/self/exe", arguments, environment);
    say("execve: %s\n", errno_name(errno));
    _exit(100);
}

static void try(const char *label)
{
    show_child(label, execute);
}

/* count strings of so many bytes, NUL included, from index first. */
static void set_strings(char **array, int first, int count, size_t bytes)
{
    static char text[LONGEST + 2];
    char *string = text + sizeof text - bytes;
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < count; i++)
        array[first + i] = string;
    array[first + count] = NULL;
}

static int report(int argc, char **argv)
{
    size_t bytes = 0, lines = 0;
    for (int i = 0; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    for (char **e = environ; *e; e++, lines++)
        bytes += strlen(*e) + 1;
    say("%d arguments, %zu environment strings, %zu bytes\n", argc, lines, bytes);
    return 0;
}

int main(int argc, char **argv)
{
    if (strcmp(argv[0], "report") == 0)
        return report(argc, argv);
    struct rlimit limit;
    MUST(getrlimit(RLIMIT_STACK, &limit));
    limit.rlim_cur = 8 << 20;
    MUST(setrlimit(RLIMIT_STACK, &limit));
    arguments[0] = "report";

    set_strings(arguments, 1, 1, LONGEST);
    try("longest string");
    set_strings(arguments, 1, 1, LONGEST + 1);
    try("one byte more");
    set_strings(arguments, 1, 0, 1);
    set_strings(environment, 0, 1, LONGEST);
    try("longest environment string");
    set_strings(environment, 0, 1, LONGEST + 1);
    try("one byte more in the environment");
    set_strings(environment, 0, 10, 100000);
    set_strings(arguments, 1, 10, 100000);
    try("2,000,000 bytes");
    set_strings(arguments, 1, 11, 100000);
    try("2,100,000 bytes");
    set_strings(environment, 0, 0, 1);
    set_strings(arguments, 1, MANY, 7000);
    try("2,100,000 bytes in many strings");
    limit.rlim_cur = 1 << 20;
    MUST(setrlimit(RLIMIT_STACK, &limit));
    set_strings(arguments, 1, 30, 8000);
    try("240,000 bytes on a stack of 1 MiB");
    set_strings(arguments, 1, 35, 8000);
    try("280,000 bytes on a stack of 1 MiB");
    return 0;
}
