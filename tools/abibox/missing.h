/* What `abibox syscalls --missing` does. */
#ifndef TOOLS_ABIBOX_MISSING_H
#define TOOLS_ABIBOX_MISSING_H

#include <stdbool.h>

/* Prints the system calls in a static program that the box does not serve fully. Returns the exit
 * status: 0 none, 1 some, STATUS_TROUBLE. */
int missing_calls(const char *path, bool json);

#endif
