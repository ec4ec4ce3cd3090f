/*
 * Supervisor and worker: see worker.h. They share one page, into which the worker writes how it
 * ended, and a pipe with a record for each system call when somebody wants to see them. What comes
 * from the worker is not trusted: it may have been taken over by its guest.
 */
#include "sandbox/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "abi/abi.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>

/* Checks that are off unless asked for; ASAN_OPTIONS still has the last word. */
const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=1:strict_string_checks=1";
}
#endif

/* In shared memory; `done` is set last. */
struct report {
    atomic_bool done;
    struct abx_result result;
};

/* One completed call on its way to the supervisor; smaller than PIPE_BUF, so written whole. */
struct call_record {
    uint64_t number;
    int32_t table_index; /* number of the named call, -1: none */
    int32_t pid, tid;
    uint64_t args[6];
    int64_t result;
};

/* ---- the worker's side ---- */

static struct report *own_report;

/* What on_crash found, by signal number: nothing, or a sanitizer's own handler. */
static struct sigaction earlier[NSIG];

/* The engine (or abibox) has crashed: says so in the report. Runs on the alternate stack. A fault
 * comes again when this returns, with its address, to whom it would have gone otherwise. */
static void on_crash(int signo, siginfo_t *info, void *context)
{
    struct abx_result *result = &own_report->result;

    (void)context;
    result->reason = box_describe_crash(signo, result->message, sizeof result->message)
                         ? ABX_ENGINE
                         : ABX_INTERNAL;
    result->status = 125;
    atomic_store(&own_report->done, true);
    sigaction(signo, &earlier[signo], NULL);
    if (info->si_code <= 0) /* sent, by abort() for one */
        raise(signo);
}

static void catch_crashes(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_ONSTACK | SA_SIGINFO};

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, &earlier[signals[i]]);
}

/* Host signals that mean the guest; the others keep their usual effect on the worker. */
static void pass_signals_on(void)
{
    static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
                                  SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};
    struct sigaction action = {.sa_handler = box_host_signal, .sa_flags = SA_RESTART};
    sigset_t none;

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void send_call(void *user, struct tap_task task, const struct tap_call *call,
                      const struct tap_memory *memory, int64_t result, enum tap_handling handling)
{
    const int *fd = user;
    struct call_record record = {.number = call->nr,
                                 .table_index = call->call ? call->call->nr : -1,
                                 .pid = task.pid,
                                 .tid = task.tid,
                                 .result = result};
    ssize_t written;

    (void)memory;
    (void)handling;
    memcpy(record.args, call->regs, sizeof record.args);
    do
        written = write(*fd, &record, sizeof record);
    while (written < 0 && errno == EINTR);
}

/* The worker ends by _exit, so the leak sanitizer has to be called. A leak ends the worker without
 * a report, which nobody overlooks. */
static void check_leaks(void)
{
#ifdef __SANITIZE_ADDRESS__
    __lsan_do_leak_check();
#endif
}

static _Noreturn void work(const struct worker_run *run, struct report *report, int call_fd)
{
    struct box_config config = run->settings->config;
    struct tap tap = {.user = &call_fd, .exit = send_call};
    char **environment = settings_environment(run->settings);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Clearing huge pages for the engine's sparse tables is a fifth of a small program's start. */
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    own_report = report;
    catch_crashes();
    pass_signals_on();
    config.program = run->argv[0];
    config.argv = (char *const *)run->argv;
    config.envp = environment;
    if (call_fd >= 0)
        config.tap = &tap;
    if (environment)
        box_run(&config, &report->result);
    else
        report->result.reason = ABX_INTERNAL;
    free(environment);
    check_leaks();
    atomic_store(&report->done, true);
    _exit(0);
}

/* ---- the supervisor's side ---- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void pass_calls(const struct worker_run *run, int fd)
{
    struct call_record records[32];
    ssize_t len = read(fd, records, sizeof records);

    for (ssize_t i = 0; i < len / (ssize_t)sizeof *records; i++) {
        const struct call_record *record = &records[i];
        const struct abi_call *call =
            record->table_index < 0 ? NULL : abi_call_by_nr((uint64_t)record->table_index);
        struct abx_call seen = {.number = record->number,
                                .name = call ? call->name : NULL,
                                .pid = record->pid,
                                .tid = record->tid,
                                .result = record->result};

        memcpy(seen.args, record->args, sizeof seen.args);
        run->on_call(run->user, &seen);
    }
}

/* What the worker wrote before its end. */
static void drain_calls(const struct worker_run *run, int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    while (fd >= 0 && poll(&entry, 1, 0) == 1 && (entry.revents & POLLIN))
        pass_calls(run, fd);
}

/* Waits for the worker's end, passing calls on; true when the time limit came first. */
static bool watch(const struct worker_run *run, int pidfd, int call_fd, uint64_t start)
{
    struct pollfd fds[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = call_fd, .events = POLLIN}};
    uint64_t limit = (uint64_t)run->settings->timeout_ns;

    while (!fds[0].revents) {
        uint64_t spent = now_ns() - start;
        struct timespec left = {0};

        if (limit && spent >= limit)
            return true;
        if (limit) {
            left.tv_sec = (time_t)((limit - spent) / 1000000000u);
            left.tv_nsec = (long)((limit - spent) % 1000000000u);
        }
        if (ppoll(fds, 2, limit ? &left : NULL, NULL) < 0)
            fds[0].revents = fds[1].revents = 0; /* EINTR */
        if (fds[1].revents & POLLIN)
            pass_calls(run, call_fd);
        else if (fds[1].revents)
            fds[1].fd = -1;
    }
    return false;
}

/* Copies text so that it is printable: everything else becomes \xNN. */
static void escape(const char *from, size_t from_size, char *to, size_t to_size)
{
    size_t out = 0;

    for (size_t i = 0; i < from_size && from[i] && out + 5 < to_size; i++) {
        unsigned char c = (unsigned char)from[i];

        if (c >= ' ' && c <= '~')
            to[out++] = (char)c;
        else
            out += (size_t)snprintf(to + out, to_size - out, "\\x%02x", c);
    }
    to[out] = '\0';
}

/* Copies the report, believing nothing: it may come from a worker that its guest took over. */
static void read_report(const struct report *report, struct abx_result *result)
{
    *result = report->result;
    if ((unsigned)result->reason > ABX_NOT_RUN)
        result->reason = ABX_INTERNAL;
    if (result->status < 0 || result->status > 255)
        result->status = 125;
    escape(report->result.message, sizeof report->result.message, result->message,
           sizeof result->message);
}

static void describe_loss(int wait_status, struct abx_result *result)
{
    *result = (struct abx_result){.reason = ABX_INTERNAL, .status = 125};
    if (WIFSIGNALED(wait_status))
        snprintf(result->message, sizeof result->message,
                 "the worker process was ended by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else
        snprintf(result->message, sizeof result->message,
                 "the worker process ended without a report, exit status %d",
                 WEXITSTATUS(wait_status));
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

struct terminal_state {
    bool saved;
    struct termios settings;
};

static void save_terminal(struct terminal_state *state)
{
    state->saved = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &state->settings) == 0;
}

/* A guest that was killed may have left the terminal in raw mode. */
static void restore_terminal(const struct terminal_state *state)
{
    struct termios now;
    sigset_t block, old;

    if (!state->saved || tcgetattr(STDIN_FILENO, &now) != 0 ||
        memcmp(&now, &state->settings, sizeof now) == 0)
        return;
    sigemptyset(&block);
    sigaddset(&block, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &block, &old);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &state->settings);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void supervise(const struct worker_run *run, pid_t pid, int call_fd,
                      const struct report *report, struct abx_result *result)
{
    uint64_t start = now_ns();
    struct terminal_state terminal;
    int pidfd = pidfd_open(pid, 0);
    bool timed_out;
    int status;

    save_terminal(&terminal);
    timed_out = pidfd >= 0 && watch(run, pidfd, call_fd, start);
    if (timed_out)
        kill(pid, SIGKILL);
    atomic_store(run->pid, 0);
    status = wait_for(pid);
    drain_calls(run, call_fd);
    restore_terminal(&terminal);
    if (pidfd >= 0)
        close(pidfd);
    if (timed_out) {
        *result = (struct abx_result){.reason = ABX_TIMEOUT, .status = 124};
        snprintf(result->message, sizeof result->message, "the time limit of %g s was reached",
                 (double)run->settings->timeout_ns / 1e9);
    } else if (atomic_load(&report->done)) {
        read_report(report, result);
    } else {
        describe_loss(status, result);
    }
    result->wall_ns = now_ns() - start;
}

int worker_supervise(const struct worker_run *run, struct abx_result *result)
{
    struct report *report =
        mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int calls[2] = {-1, -1};
    pid_t pid;
    int error = 0;

    if (report == MAP_FAILED)
        return -errno;
    if (run->on_call && pipe2(calls, O_CLOEXEC) != 0) {
        error = -errno;
        munmap(report, sizeof *report);
        return error;
    }
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        if (calls[0] >= 0)
            close(calls[0]);
        work(run, report, calls[1]);
    }
    if (calls[1] >= 0)
        close(calls[1]);
    if (pid < 0) {
        error = -errno;
    } else {
        atomic_store(run->pid, pid);
        supervise(run, pid, calls[0], report, result);
    }
    if (calls[0] >= 0)
        close(calls[0]);
    munmap(report, sizeof *report);
    return error;
}
