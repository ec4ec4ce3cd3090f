/* abibox run: options to settings, signals to the guest, the result to status line and exit code.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abibox.h"
#include "command.h"

static const char help[] =
    "usage: abibox run [OPTION...] -- PROGRAM [ARG...]\n"
    "\n"
    "Runs an unmodified Linux x86_64 program on an emulated CPU and a kernel of its own.\n"
    "\n"
    "Files (nothing of the host but the program itself is there without these):\n"
    "  --ro SRC[:DST]      show a host file or directory, read-only\n"
    "  --rw SRC[:DST]      the same, writable\n"
    "  --tmpfs DST         an empty file system in memory\n"
    "  --rootfs DIR|TAR    a directory or tar archive as root; changes stay in memory\n"
    "  --deny PATH         make a path of the box inaccessible\n"
    "Surroundings:\n"
    "  -E VAR[=VAL]        set an environment variable, or hand on abibox's own\n"
    "  --clearenv          start from an empty environment\n"
    "  --chdir DIR         working directory in the box\n"
    "  --uid N             run as user and group N of the box instead of root\n"
    "Limits (sizes take K, M, G):\n"
    "  --timeout SEC       of real time\n"
    "  --max-mem SIZE      memory of all processes, page cache and files in memory (4G)\n"
    "  --max-procs N       processes and threads at a time (4096)\n"
    "Reports:\n"
    "  --status-fd FD      write the outcome as a line of JSON to this descriptor\n"
    "  --help              this text\n"
    "\n"
    "Exit status: the program's own; 128+N for signal N; 124 time limit; 125 trouble of abibox;\n"
    "126 cannot be run; 127 not found.\n";

enum { OPTION_SETTING = 256, OPTION_STATUS_FD, OPTION_HELP };

static const struct option options[] = {
    {"ro", required_argument, NULL, OPTION_SETTING},
    {"rw", required_argument, NULL, OPTION_SETTING},
    {"tmpfs", required_argument, NULL, OPTION_SETTING},
    {"rootfs", required_argument, NULL, OPTION_SETTING},
    {"deny", required_argument, NULL, OPTION_SETTING},
    {"clearenv", no_argument, NULL, OPTION_SETTING},
    {"chdir", required_argument, NULL, OPTION_SETTING},
    {"uid", required_argument, NULL, OPTION_SETTING},
    {"timeout", required_argument, NULL, OPTION_SETTING},
    {"max-mem", required_argument, NULL, OPTION_SETTING},
    {"max-procs", required_argument, NULL, OPTION_SETTING},
    {"status-fd", required_argument, NULL, OPTION_STATUS_FD},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* The box that signal handlers send to. */
static abx_box *running;

/*
 * A signal from kill(1) goes to the guest. One from the terminal (SI_KERNEL) reached the worker as
 * well, which is in the same process group.
 */
static void on_signal(int signo, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code != SI_KERNEL)
        abx_box_signal(running, signo);
}

static void pass_signals_on(abx_box *box)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

    running = box;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

static bool parse_fd(const char *text, int *fd)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end || value < 0 || value > 1 << 20 || fcntl((int)value, F_GETFD) < 0) {
        complain("--status-fd %s: not an open file descriptor", text);
        return false;
    }
    *fd = (int)value;
    fcntl(*fd, F_SETFD, FD_CLOEXEC);
    return true;
}

/* True when the options were fine; otherwise *status is the exit status. */
static bool parse_options(abx_box *box, int argc, char **argv, int *status_fd, int *status)
{
    int option, index = 0;

    *status = STATUS_TROUBLE;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:E:h", options, &index)) != -1) {
        const char *key = option == 'E'              ? "env"
                          : option == OPTION_SETTING ? options[index].name
                                                     : NULL;

        switch (option) {
        case 'E':
        case OPTION_SETTING:
            if (abx_box_set(box, key, optarg) != 0) {
                complain("%s", abx_box_error(box));
                return false;
            }
            break;
        case OPTION_STATUS_FD:
            if (!parse_fd(optarg, status_fd))
                return false;
            break;
        case 'h':
        case OPTION_HELP:
            fputs(help, stdout);
            *status = 0;
            return false;
        case ':':
            complain("option %s needs a value", argv[optind - 1]);
            return false;
        default:
            complain("there is no option %s; `abibox run --help` lists them", argv[optind - 1]);
            return false;
        }
    }
    if (optind == argc) {
        complain("no program is given; usage: abibox run [OPTION...] -- PROGRAM [ARG...]");
        return false;
    }
    return true;
}

/* The line is the last thing written to the descriptor; readers ignore members they do not know. */
static void write_status(int fd, const struct abx_result *result)
{
    json_t *line =
        json_pack("{s:i, s:s, s:i, s:s, s:f, s:f, s:f, s:I, s:I}", "version", 1, "reason",
                  abx_reason_name(result->reason), "status", result->status, "message",
                  result->message, "wall_seconds", (double)result->wall_ns / 1e9, "user_seconds",
                  (double)result->user_ns / 1e9, "system_seconds", (double)result->system_ns / 1e9,
                  "peak_memory", (json_int_t)result->peak_memory, "system_calls",
                  (json_int_t)result->system_calls);
    FILE *out = fdopen(fd, "w");

    if (!line || !out || json_dumpf(line, out, JSON_COMPACT) != 0 || fputc('\n', out) == EOF ||
        fclose(out) != 0)
        complain("the status line could not be written: %s", strerror(errno));
    json_decref(line);
}

int cmd_run(int argc, char **argv)
{
    abx_box *box = abx_box_new();
    struct abx_result result;
    int status_fd = -1, status;

    if (!box) {
        complain("out of memory");
        return STATUS_TROUBLE;
    }
    if (parse_options(box, argc, argv, &status_fd, &status)) {
        pass_signals_on(box);
        if (abx_box_run(box, (const char *const *)argv + optind, &result) != 0) {
            complain("%s", abx_box_error(box));
            result = (struct abx_result){.reason = ABX_INTERNAL, .status = STATUS_TROUBLE};
            snprintf(result.message, sizeof result.message, "%s", abx_box_error(box));
        } else if (result.message[0]) {
            complain("%s", result.message);
        }
        if (status_fd >= 0)
            write_status(status_fd, &result);
        status = abx_exit_status(&result);
    }
    abx_box_free(box);
    return status;
}
