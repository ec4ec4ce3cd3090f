/*
 * A box from the outside: what to run, in which tree, under which limits, and how it ended. The
 * supervisor's worker process calls box_run once. Included by sandbox/ and by the library above it.
 */
#ifndef SANDBOX_BOX_H
#define SANDBOX_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/tap.h"
#include "include/abibox.h"

enum box_mount_kind {
    BOX_MOUNT_RO,    /* a host file or directory, read-only */
    BOX_MOUNT_RW,    /* the same, writable */
    BOX_MOUNT_TMPFS, /* an empty file system in memory; no source */
};

struct box_mount {
    enum box_mount_kind kind;
    const char *source; /* host path */
    const char *target; /* absolute path in the box */
};

struct box_config {
    const char *program;   /* as the user wrote it */
    char *const *argv;     /* NULL-terminated; argv[0] is the program's own view of its name */
    char *const *envp;     /* NULL-terminated */
    const char *directory; /* working directory in the box, NULL: / */
    uint32_t uid, gid;
    const struct box_mount *mounts; /* in the order in which they are mounted */
    size_t mount_count;
    const char *rootfs;      /* host directory or tar archive below everything, NULL: none */
    const char *const *deny; /* paths in the box that answer EACCES */
    size_t deny_count;
    uint64_t max_memory;    /* bytes: guest pages, page cache, files in memory, page tables */
    unsigned max_processes; /* processes and threads */
    unsigned max_files;     /* RLIMIT_NOFILE of the first process, 0: default */
    const uint64_t *seed;   /* of the random numbers; NULL: the host's */
    const struct tap *tap;  /* sees every call; NULL: none */
};

/* Runs the program until its process has ended. Call once in a process of its own. */
void box_run(const struct box_config *config, struct abx_result *result);

/*
 * A signal that the host sent to abibox (SIGINT, SIGTERM, SIGWINCH ...) goes to the box.
 * Signal-safe.
 */
void box_host_signal(int signo);

/*
 * For the worker's crash handler: one line about where the guest was. True when guest code was
 * running, so that the engine is to blame. Signal-safe enough for a process that is lost anyway.
 */
bool box_describe_crash(int signo, char *line, size_t size);

#endif
