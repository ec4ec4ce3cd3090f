/* The commands of `abibox`, each in cmd_NAME.c; argv[0] is the command's name. */
#ifndef TOOLS_ABIBOX_COMMAND_H
#define TOOLS_ABIBOX_COMMAND_H

/* abibox's own exit statuses; see abibox(1). */
enum { STATUS_TROUBLE = 125 };

int cmd_run(int argc, char **argv);
int cmd_syscalls(int argc, char **argv);

/* One line on stderr: "abibox: ..." with everything that is not printable shown as \xNN. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

#endif
