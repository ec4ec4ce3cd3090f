/*
 * fork_large MEBIBYTES: forks with that much memory written to, and prints what the fork took in
 * nanoseconds, as the parent sees it: the median of nine. The child writes to one page and exits.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FORKS 9

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    size_t size = (argc > 1 ? strtoul(argv[1], NULL, 10) : 0) << 20;
    char *memory = mmap(NULL, size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    memset(memory, 1, size + 1);
    int64_t took[FORKS];
    for (int i = 0; i < FORKS; i++) {
        int64_t start = now();
        pid_t child = fork();
        if (child == 0) {
            memory[0] = 2;
            _exit(0);
        }
        took[i] = now() - start;
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0 || memory[0] != 1) {
            fprintf(stderr, "fork %d failed\n", i);
            return 1;
        }
    }
    qsort(took, FORKS, sizeof took[0], compare);
    printf("%ld\n", took[FORKS / 2]);
    return 0;
}
