// variants: musl static-pie dynamic
/* Processes joined by pipes: a producer, a chain of filters that each keep a prime, and waits. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT 120

static void fail(const char *what)
{
    perror(what);
    _exit(1);
}

static void put(int fd, int number)
{
    if (write(fd, &number, sizeof number) != sizeof number)
        fail("write");
}

/* Reads numbers, reports the first, and hands those that it does not divide to a next filter. */
static int filter(int in)
{
    int prime, number, ends[2];
    if (read(in, &prime, sizeof prime) != sizeof prime)
        return 0;
    printf("%d\n", prime);
    fflush(stdout);
    if (pipe(ends) < 0)
        fail("pipe");
    pid_t next = fork();
    if (next < 0)
        fail("fork");
    if (next == 0) {
        close(in);
        close(ends[1]);
        _exit(filter(ends[0]));
    }
    close(ends[0]);
    while (read(in, &number, sizeof number) == sizeof number)
        if (number % prime)
            put(ends[1], number);
    close(ends[1]);
    int status;
    if (waitpid(next, &status, 0) < 0)
        fail("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) + 1 : 255;
}

int main(void)
{
    int ends[2], status;
    if (pipe(ends) < 0)
        fail("pipe");
    pid_t first = fork();
    if (first < 0)
        fail("fork");
    if (first == 0) {
        close(ends[1]);
        _exit(filter(ends[0]));
    }
    close(ends[0]);
    for (int number = 2; number < LIMIT; number++)
        put(ends[1], number);
    close(ends[1]);
    if (waitpid(first, &status, 0) < 0)
        fail("waitpid");
    printf("%d filters\n", WEXITSTATUS(status));
    return 0;
}
