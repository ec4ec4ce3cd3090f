/* abibox: finds the command and runs it. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", cmd_run, "run a program in the sandbox"},
    {"syscalls", cmd_syscalls, "look system calls up: numbers, arguments, how far they are served"},
};

void complain(const char *format, ...)
{
    char line[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fputs("abibox: ", stderr);
    for (const char *c = line; *c; c++) {
        if (isprint((unsigned char)*c))
            fputc(*c, stderr);
        else
            fprintf(stderr, "\\x%02x", (unsigned char)*c);
    }
    fputc('\n', stderr);
}

static void usage(FILE *out)
{
    fputs("usage: abibox COMMAND [OPTION...] [-- PROGRAM [ARG...]]\n\ncommands:\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n`abibox COMMAND --help` tells more; so does abibox(1).\n", out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return STATUS_TROUBLE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("abibox " ABIBOX_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    complain("there is no command '%s'; `abibox --help` lists them", argv[1]);
    return STATUS_TROUBLE;
}
