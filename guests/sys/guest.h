/*
 * What every program of guests/sys shares: printing the result of a system call so that a native
 * run and a run in the sandbox can be compared byte by byte.
 *
 * Include it first: it defines _GNU_SOURCE. It includes the C library alone; a program adds the
 * headers of its own subject.
 *
 * Each line leaves in one write(2), without stdio, so that a fork never prints a buffer twice and a
 * program that dies keeps everything it has said. Nothing that differs from run to run may be
 * printed: no process numbers, addresses, times, inode or device numbers.
 */
#ifndef GUEST_H
#define GUEST_H

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Exit status of a program whose preparation failed: its output proves nothing. */
#define SETUP_FAILED 99

/* One page of the amd64 ABI. */
#define PAGE ((size_t)4096)

/*
 * Addresses that no process has: the first lies in page zero, the second in the half that belongs
 * to the kernel. Volatile, so that the compiler does not reason about them.
 */
static void *volatile const BAD_POINTER __attribute__((unused)) = (void *)16;
static void *volatile const KERNEL_POINTER __attribute__((unused)) = (void *)0xffff800000001000;
static void *volatile const NULL_POINTER __attribute__((unused)) = NULL;

/* Prints one formatted text (at most 8 KiB) in one write. Leaves errno alone. */
static inline void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
    char text[8192];
    int saved = errno;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof text - 1)
        length = (int)sizeof text - 1;
    for (int done = 0; done < length;) {
        ssize_t written = write(STDOUT_FILENO, text + done, (size_t)(length - done));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            _exit(SETUP_FAILED);
        done += (int)written;
    }
    errno = saved;
}

/* "ENOENT" for ENOENT. */
static inline const char *errno_name(int error)
{
    const char *name = strerrorname_np(error);
    return name ? name : "E?";
}

/* "SIGINT" for SIGINT; real-time signals as "SIGRTMIN+n" of the kernel's numbering (SIGRTMIN = 32).
 */
static inline const char *signal_name(int signo)
{
    static char text[32];
    const char *name = sigabbrev_np(signo);
    if (name)
        snprintf(text, sizeof text, "SIG%s", name);
    else if (signo >= 32 && signo <= 64)
        snprintf(text, sizeof text, "SIGRTMIN+%d", signo - 32);
    else
        snprintf(text, sizeof text, "signal %d", signo);
    return text;
}

/* Prints "text = result", with the errno's name when the result is -1. Returns the result. */
static inline long show_result(const char *text, long result, int error)
{
    if (result == -1)
        say("%s = -1 %s\n", text, errno_name(error));
    else
        say("%s = %ld\n", text, result);
    errno = error;
    return result;
}

/* Prints "text = ok" or "text = -1 ERRNO": for results that differ from run to run. */
static inline long show_ok(const char *text, long result, int error)
{
    if (result == -1)
        say("%s = -1 %s\n", text, errno_name(error));
    else
        say("%s = ok\n", text);
    errno = error;
    return result;
}

/* Ends a program whose preparation failed. */
static inline long must_result(const char *file, int line, const char *text, long result)
{
    if (result == -1) {
        dprintf(STDERR_FILENO, "%s:%d: %s: %s\n", file, line, text, errno_name(errno));
        _exit(SETUP_FAILED);
    }
    return result;
}

/*
 * SHOW(call)     makes the call, prints its source text, result and errno; its value is the result
 * SHOW_AS(t, c)  the same under another text, for calls inside loops
 * SHOW_OK(call)  prints only ok or the errno; its value is the result (cast it back to a pointer)
 * MUST(call)     preparation: quiet, but the program ends with SETUP_FAILED when it returns -1
 */
#define SHOW_AS(text, call)                                                                        \
    __extension__({                                                                                \
        errno = 0;                                                                                 \
        long show_value_ = (long)(call);                                                           \
        show_result(text, show_value_, errno);                                                     \
    })
#define SHOW(call) SHOW_AS(#call, call)
#define SHOW_OK(call)                                                                              \
    __extension__({                                                                                \
        errno = 0;                                                                                 \
        long show_value_ = (long)(call);                                                           \
        show_ok(#call, show_value_, errno);                                                        \
    })
#define MUST(call) must_result(__FILE__, __LINE__, #call, (long)(call))

/*
 * RAW(open, "x", O_RDONLY) makes exactly that system call: the C library's open makes openat, its
 * stat makes newfstatat, and so on. Arguments of 64 bits must have a 64-bit type (-1L, not -1).
 */
#define RAW(name, ...) syscall(SYS_##name __VA_OPT__(, ) __VA_ARGS__)

/* Prints "label: " and the bytes as a C string would write them. */
static inline void show_text(const char *label, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    char text[4096];
    size_t used = 0;
    for (size_t i = 0; i < length && used < sizeof text - 8; i++) {
        if (byte[i] == '\n')
            used += (size_t)snprintf(text + used, 8, "\\n");
        else if (byte[i] == '\\' || byte[i] == '"')
            used += (size_t)snprintf(text + used, 8, "\\%c", byte[i]);
        else if (byte[i] >= ' ' && byte[i] <= '~')
            text[used++] = (char)byte[i];
        else
            used += (size_t)snprintf(text + used, 8, "\\x%02x", byte[i]);
    }
    say("%s: \"%.*s\" (%zu)\n", label, (int)used, text, length);
}

/* Prints "label:" and the bytes in hexadecimal, sixteen to the line. */
static inline void show_bytes(const char *label, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    say("%s: %zu bytes\n", label, length);
    for (size_t row = 0; row < length; row += 16) {
        char text[64];
        size_t used = 0;
        for (size_t i = row; i < length && i < row + 16; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, " %02x", byte[i]);
        say("  %04zx%s\n", row, text);
    }
}

/* One word for the type bits of a mode. */
static inline const char *file_type(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "regular";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symlink";
    case S_IFCHR:
        return "character";
    case S_IFBLK:
        return "block";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    default:
        return "typeless";
    }
}

/* Prints the fields of a struct stat that do not differ from run to run. */
static inline void show_stat(const char *label, const struct stat *st)
{
    char size[32] = "", rdev[32] = "";
    if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
        snprintf(size, sizeof size, " size=%lld", (long long)st->st_size);
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
        snprintf(rdev, sizeof rdev, " rdev=%u:%u", major(st->st_rdev), minor(st->st_rdev));
    say("%s: %s mode=%04o nlink=%lu uid=%u gid=%u%s%s\n", label, file_type(st->st_mode),
        st->st_mode & 07777, (unsigned long)st->st_nlink, st->st_uid, st->st_gid, size, rdev);
}

/* Prints show_stat of lstat(path), or its errno. */
static inline void show_file(const char *path)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        say("%s: %s\n", path, errno_name(errno));
    else
        show_stat(path, &st);
}

/* Prints "label: " and how a child ended, from its wait status. */
static inline void show_status(const char *label, int status)
{
    if (WIFEXITED(status))
        say("%s: exit %d\n", label, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        say("%s: killed by %s\n", label, signal_name(WTERMSIG(status)));
    else if (WIFSTOPPED(status))
        say("%s: stopped by %s\n", label, signal_name(WSTOPSIG(status)));
    else if (WIFCONTINUED(status))
        say("%s: continued\n", label);
    else
        say("%s: status 0x%x\n", label, (unsigned)status);
}

/* Runs body in a child and waits for it; returns its wait status. */
static inline int run_child(void (*body)(void))
{
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        body();
        _exit(0);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            MUST(-1);
    return status;
}

/* Gives up every right: user and group id, no further groups, no capability. */
static inline void become_user(uid_t id)
{
    MUST(setgroups(0, NULL));
    MUST(setresgid(id, id, id));
    MUST(setresuid(id, id, id));
}

/* Runs body in a child that has become the user; the child's output stands between two lines. */
static inline void run_as(uid_t id, void (*body)(void))
{
    say("-- as user %u\n", id);
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        become_user(id);
        body();
        _exit(0);
    }
    int status = 0;
    MUST(waitpid(pid, &status, 0));
    if (status)
        show_status("-- user's process", status);
    say("-- as root again\n");
}

/* Memory of the given length (at most one page) that ends where an unreadable page begins. */
static inline char *edge_buffer(size_t length)
{
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)pages);
    MUST(mprotect(pages + PAGE, PAGE, PROT_NONE));
    return pages + PAGE - length;
}

/* Sleeps for so many milliseconds, over signals as well. */
static inline void sleep_ms(long milliseconds)
{
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}

static volatile sig_atomic_t alarms __attribute__((unused));

static inline void count_alarm(int signo)
{
    (void)signo;
    alarms++;
}

/*
 * From here on a SIGALRM comes every 20 ms, handled by a function that counts it in alarms: a call
 * that blocks is interrupted, however late it begins. sa_flags as for sigaction(2).
 */
static inline void start_alarms(int sa_flags)
{
    struct sigaction action = {.sa_handler = count_alarm, .sa_flags = sa_flags};
    struct itimerval every = {{0, 20000}, {0, 20000}};
    alarms = 0;
    MUST(sigaction(SIGALRM, &action, NULL));
    MUST(setitimer(ITIMER_REAL, &every, NULL));
}

static inline void stop_alarms(void)
{
    struct itimerval never = {0};
    MUST(setitimer(ITIMER_REAL, &never, NULL));
}

/* Creates (or replaces) a file with this text. */
static inline void make_file(const char *path, const char *text, mode_t mode)
{
    int fd = (int)MUST(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    size_t length = strlen(text);
    if (write(fd, text, length) != (ssize_t)length)
        MUST(-1);
    MUST(fchmod(fd, mode));
    MUST(close(fd));
}

/* Prints the whole contents of a file (at most 4 KiB) as show_text does. */
static inline void show_contents(const char *path)
{
    char text[4096];
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        say("%s: %s\n", path, errno_name(errno));
        return;
    }
    ssize_t length = read(fd, text, sizeof text);
    MUST(length);
    MUST(close(fd));
    show_text(path, text, (size_t)length);
}

#endif
