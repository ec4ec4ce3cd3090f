/*
 * native PROGRAM [ARG...]: runs the program on the host under ptrace and prints each of its system
 * calls as abi/print does, to file descriptor 9. It is how the decoder is compared with strace
 * before any sandbox comes into it. Follows no children, as strace without -f.
 */
#include "abi/print.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT 9

/* process_vm_readv stops at the first page that is not there, as the tap's readers do. */
static size_t read_memory(void *ctx, gaddr_t addr, void *buf, size_t len)
{
    struct iovec local = {buf, len};
    size_t done = 0;

    while (done < len) {
        size_t page = 4096 - (addr + done) % 4096;
        size_t step = page < len - done ? page : len - done;
        struct iovec remote = {(void *)(addr + done), step};

        local = (struct iovec){(char *)buf + done, step};
        ssize_t got = process_vm_readv(*(pid_t *)ctx, &local, 1, &remote, 1, 0);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static void write_line(struct abi_buffer *out)
{
    abi_append_char(out, '\n');
    if (write(OUTPUT, out->data, out->length) != (ssize_t)out->length)
        exit(2);
    abi_buffer_clear(out);
}

static void print_signal(pid_t pid, int signo, struct abi_decoded *decoded, struct abi_buffer *out)
{
    siginfo_t info;
    struct abi_value value;

    if (ptrace(PTRACE_GETSIGINFO, pid, NULL, &info))
        return;
    abi_decode_object(decoded, abi_type_by_name("siginfo"), &info, sizeof(info), &value);
    abi_append_format(out, "--- %s ", abi_signal_name(signo));
    abi_text_value(out, &value, NULL);
    abi_append(out, " ---");
    write_line(out);
}

static void enter(pid_t pid, struct abi_decoded *decoded, const struct tap_memory *memory)
{
    struct user_regs_struct regs;

    ptrace(PTRACE_GETREGS, pid, NULL, &regs);
    uint64_t words[] = {regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9};
    struct tap_call call = {
        .call = abi_call_by_nr(regs.orig_rax),
        .nr = regs.orig_rax,
        .regs = words,
        .ip = regs.rip,
        .sp = regs.rsp,
    };
    abi_decode_enter(decoded, &call, memory);
}

static void leave(pid_t pid, struct abi_decoded *decoded, const struct tap_memory *memory,
                  struct abi_buffer *out, const char *text, unsigned from)
{
    struct user_regs_struct regs;

    ptrace(PTRACE_GETREGS, pid, NULL, &regs);
    abi_decode_exit(decoded, memory, (int64_t)regs.rax);
    abi_append(out, text);
    abi_text_exit(out, decoded, from, 0, NULL);
    write_line(out);
}

static int trace(pid_t pid)
{
    struct abi_buffer out = {0};
    struct abi_buffer begun = {0};
    struct abi_decoded *decoded = abi_decoded_new((struct abi_limits){32, 32});
    const struct tap_memory memory = {&pid, read_memory, NULL};
    bool inside = false;
    unsigned from = 1;
    int status;

    while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
        int signo = WSTOPSIG(status);
        int deliver = 0;

        if (signo == (SIGTRAP | 0x80) && !inside) {
            enter(pid, decoded, &memory);
            abi_buffer_clear(&begun);
            from = abi_text_enter(&begun, decoded, NULL);
            inside = true;
        } else if (signo == (SIGTRAP | 0x80)) {
            leave(pid, decoded, &memory, &out, begun.data, from);
            inside = false;
        } else if (signo != SIGTRAP || status >> 16 == 0) {
            print_signal(pid, signo, decoded, &out);
            deliver = signo;
        }
        ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)deliver);
    }
    if (inside) {
        abi_append_format(&out, "%s)", begun.data);
        while (out.length < ABI_RESULT_COLUMN - 1)
            abi_append_char(&out, ' ');
        abi_append(&out, " = ?");
        write_line(&out);
    }
    abi_decoded_free(decoded);
    abi_buffer_free(&out);
    abi_buffer_free(&begun);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: native PROGRAM [ARG...] 9>OUTPUT\n");
        return 2;
    }
    pid_t pid = fork();
    if (!pid) {
        close(OUTPUT);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, NULL, __WALL) != pid)
        return 2;
    ptrace(PTRACE_SETOPTIONS, pid, NULL,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    return trace(pid);
}
