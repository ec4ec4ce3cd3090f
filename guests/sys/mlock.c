// calls: mlock mlock2 munlock mlockall munlockall
// needs: namespaces
/* Locked memory, as far as a program can tell: it is resident, and the limits are checked. */
#include "child.h"
#include <sys/resource.h>

#define RW (PROT_READ | PROT_WRITE)

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

static int resident(char *memory, int pages)
{
    unsigned char core[16];
    int count = 0;
    MUST(mincore(memory, (size_t)pages * PAGE, core));
    for (int i = 0; i < pages; i++)
        count += core[i] & 1;
    return count;
}

static char *map(int pages)
{
    char *memory = mmap(NULL, (size_t)pages * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)memory);
    MUST(madvise(memory, (size_t)pages * PAGE, MADV_NOHUGEPAGE));
    return memory;
}

/* The kB of VmLck in the process's status. */
static long locked_kb(void)
{
    char text[8192], *line;
    int fd = (int)MUST(open("/proc/self/status", O_RDONLY));
    ssize_t length = read(fd, text, sizeof text - 1);
    MUST(length);
    MUST(close(fd));
    text[length] = 0;
    line = strstr(text, "VmLck:");
    return line ? atol(line + 6) : -1;
}

static void child(void)
{
    say("a child has nothing locked: %ld\n", locked_kb());
}

static void user(void)
{
    struct rlimit limit = {2 * PAGE, 2 * PAGE};
    MUST(setrlimit(RLIMIT_MEMLOCK, &limit));
    char *memory = map(4);
    SHOW(mlock(memory, 2 * PAGE));
    SHOW(mlock(memory + 2 * PAGE, PAGE));
    SHOW(mlockall(MCL_CURRENT));
    SHOW(mlockall(MCL_FUTURE));
    SHOW_OK(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW(munlockall());
    SHOW_OK(mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
    limit.rlim_cur = 0;
    MUST(setrlimit(RLIMIT_MEMLOCK, &limit));
    SHOW(mlock(memory, 0));
    SHOW(mlock(memory, 1));
    SHOW(munlock(memory, PAGE));
    SHOW(mlockall(MCL_FUTURE));
}

int main(void)
{
    char *memory = map(8);
    SHOW(mlock(memory + PAGE, 2 * PAGE));
    say("resident %d, locked %ld kB\n", resident(memory, 8), locked_kb());
    SHOW(mlock(memory + PAGE + 5, 1));
    SHOW(mlock(memory + 3 * PAGE - 1, 2));
    say("resident %d, locked %ld kB\n", resident(memory, 8), locked_kb());
    SHOW(RAW(mlock2, memory + 5 * PAGE, PAGE, 0L));
    SHOW(RAW(mlock2, memory + 6 * PAGE, PAGE, 1L));
    say("on fault: resident %d, locked %ld kB\n", resident(memory, 8), locked_kb());
    SHOW(RAW(mlock2, memory, PAGE, 2L));
    show_child("child", child);
    SHOW(munlock(memory, 8 * PAGE));
    SHOW(munlock(memory, 8 * PAGE));
    say("locked %ld kB\n", locked_kb());
    MUST(munmap(memory + 4 * PAGE, PAGE));
    SHOW(mlock(memory, 8 * PAGE));
    SHOW(munlock(memory, 8 * PAGE));
    SHOW(mlock(memory, 0));
    SHOW(mlock(memory, ~0UL));
    SHOW(mlock(KERNEL_POINTER, PAGE));
    SHOW(mlock(NULL, PAGE));

    SHOW(mlockall(0));
    SHOW(mlockall(8));
    SHOW(mlockall(MCL_ONFAULT));
    SHOW(mlockall(MCL_FUTURE));
    char *future = map(3);
    say("future mappings are resident: %d\n", resident(future, 3));
    SHOW(mlockall(MCL_FUTURE | MCL_ONFAULT));
    char *later = map(3);
    say("on fault: %d\n", resident(later, 3));
    SHOW(munlockall());
    say("locked %ld kB\n", locked_kb());
    run_as(65534, user);
    return 0;
}
