// variants: musl static-pie dynamic
/*
 * What an ordinary C program asks of its C library, in one deterministic program: memory, text,
 * floating point, sorting, files, directories, processes and pipes, signals, non-local jumps and
 * clocks. Built against glibc and musl, static, static-PIE and dynamically linked: each starts up
 * in its own way. Prints one line a subject.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static __thread int thread_local_value = 7;
static int constructed;
static sigjmp_buf jump;

static void __attribute__((constructor)) construct(void)
{
    constructed = 1;
}

static void say_goodbye(void)
{
    puts("atexit: ran");
}

static void fail(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    exit(1);
}

/* Pseudo-random numbers that are the same everywhere (xorshift). */
static uint32_t next_number(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void start(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    printf("start: %d argument(s), named %s, HOME=%s, constructor %d, thread-local %d\n", argc,
           name && strncmp(name + 1, "libc", 4) == 0 ? "libc" : "otherwise", getenv("HOME"),
           constructed, thread_local_value);
}

/* Blocks of many sizes, each filled, grown and checked: brk, mmap and mremap behind malloc. */
static void memory(void)
{
    enum { BLOCKS = 200 };
    unsigned char *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    uint32_t state = 1;
    for (int i = 0; i < BLOCKS; i++) {
        sizes[i] = 1 + next_number(&state) % (i % 20 == 0 ? 2000000 : 5000);
        blocks[i] = malloc(sizes[i]);
        if (!blocks[i])
            fail("malloc");
        memset(blocks[i], i, sizes[i]);
    }
    size_t bytes = 0;
    size_t wrong = 0;
    for (int i = 0; i < BLOCKS; i++) {
        unsigned char *grown = realloc(blocks[i], 3 * sizes[i]);
        if (!grown)
            fail("realloc");
        for (size_t j = 0; j < sizes[i]; j++)
            wrong += grown[j] != (unsigned char)i;
        bytes += sizes[i];
        free(grown);
    }
    printf("memory: %zu bytes in %d blocks, %zu wrong\n", bytes, BLOCKS, wrong);
}

static void numbers(void)
{
    double sum = 0;
    for (int i = 1; i <= 1000; i++)
        sum += sin(i) * sqrt(i) / log(i + 1.0);
    long double product = 1;
    for (int i = 1; i <= 25; i++)
        product *= i;
    printf("numbers: %.9f %.0Lf %a %g %d\n", sum, product, 0.1, 1.0 / 0.0, (int)lround(2.5));
    printf("numbers: %.6f %llu %ld\n", strtod("3.25e-3", NULL), strtoull("0xffffffffffff", NULL, 0),
           strtol("-42abc", NULL, 10));
}

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void sorting(void)
{
    enum { COUNT = 50000 };
    uint32_t *values = malloc(COUNT * sizeof *values);
    if (!values)
        fail("malloc");
    uint32_t state = 2463534242u;
    for (int i = 0; i < COUNT; i++)
        values[i] = next_number(&state);
    qsort(values, COUNT, sizeof *values, compare);
    int out_of_order = 0;
    for (int i = 1; i < COUNT; i++)
        out_of_order += values[i - 1] > values[i];
    printf("sorting: %u %u, %d out of order\n", values[0], values[COUNT - 1], out_of_order);
    free(values);
}

static void files(void)
{
    if (mkdir("directory", 0755))
        fail("mkdir");
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "directory/%03d", i);
        FILE *file = fopen(name, "w");
        if (!file)
            fail(name);
        for (int line = 0; line <= i; line++)
            fprintf(file, "line %d of %d\n", line, i);
        if (fclose(file))
            fail(name);
    }
    struct dirent **entries;
    int count = scandir("directory", &entries, NULL, alphasort);
    if (count < 0)
        fail("scandir");
    printf("files: %d entries, %s to %s\n", count, entries[0]->d_name, entries[count - 1]->d_name);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);

    FILE *file = fopen("directory/099", "r+");
    if (!file)
        fail("fopen");
    char line[64];
    fseek(file, -14, SEEK_END);
    char *read = fgets(line, sizeof line, file);
    printf("files: at %ld, %s", ftell(file), read ? line : "nothing\n");
    fclose(file);
    struct stat status;
    if (stat("directory/099", &status))
        fail("stat");
    printf("files: %ld bytes, mode %o\n", (long)status.st_size, (unsigned)status.st_mode);
}

static void processes(void)
{
    int pipes[2];
    if (pipe(pipes))
        fail("pipe");
    fflush(stdout);
    for (int i = 0; i < 5; i++) {
        pid_t child = fork();
        if (child < 0)
            fail("fork");
        if (child == 0) {
            dprintf(pipes[1], "%d", i);
            _exit(i);
        }
        int status;
        if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != i)
            fail("waitpid");
    }
    close(pipes[1]);
    char text[16] = "";
    ssize_t length = read(pipes[0], text, sizeof text - 1);
    close(pipes[0]);
    printf("processes: %zd bytes from children: %s\n", length, text);
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    siglongjmp(jump, signal_number == SIGSEGV && info->si_addr == NULL ? 1 : 2);
}

/* Faults at address 0, again and again: each has to leave the handler by the jump. */
static void signals(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    struct sigaction before;
    if (sigaction(SIGSEGV, &action, &before))
        fail("sigaction");
    volatile int caught = 0;
    for (volatile int i = 0; i < 100; i++) {
        int *volatile nowhere = NULL;
        int code = sigsetjmp(jump, 1);
        if (code == 0)
            *nowhere = 1;
        caught += code == 1;
    }
    sigaction(SIGSEGV, &before, NULL);
    printf("signals: %d faults caught\n", caught);
}

static void clocks(void)
{
    struct timespec first;
    struct timespec second;
    struct timespec pause = {.tv_nsec = 2000000};
    clock_gettime(CLOCK_MONOTONIC, &first);
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &second);
    int64_t took =
        (second.tv_sec - first.tv_sec) * INT64_C(1000000000) + second.tv_nsec - first.tv_nsec;
    time_t day = 86400 * 365;
    struct tm date;
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime_r(&day, &date));
    printf("clocks: slept %s, %s\n", took >= pause.tv_nsec ? "long enough" : "too short", text);
}

int main(int argc, char **argv)
{
    atexit(say_goodbye);
    start(argc, argv);
    memory();
    numbers();
    sorting();
    files();
    processes();
    signals();
    clocks();
    fflush(stdout);
    return 42;
}
