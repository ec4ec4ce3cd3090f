// calls: getrusage times
/* Resource usage of the process and of its waited-for children. Relations only, no values. */
#include "child.h"
#include <sys/resource.h>
#include <sys/times.h>

static long microseconds(const struct rusage *usage)
{
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
           usage->ru_stime.tv_usec;
}

/* Works until the process has used this much time. */
static void burn(long until)
{
    struct rusage usage;
    do {
        for (volatile int i = 0; i < 200000; i++)
            continue;
        MUST(RAW(getrusage, RUSAGE_SELF, &usage));
    } while (microseconds(&usage) < until);
}

static void burning_child(void)
{
    struct rusage usage;
    MUST(RAW(getrusage, RUSAGE_CHILDREN, &usage));
    say("a new process has no children's time: %d\n", microseconds(&usage) == 0);
    burn(30000);
}

int main(void)
{
    struct rusage self, later, children;
    static char memory[16 << 20];
    memset(memory, 1, sizeof memory);
    __asm__ volatile("" : : "r"(memory) : "memory");
    memset(&self, 0xff, sizeof self);
    SHOW(RAW(getrusage, RUSAGE_SELF, &self));
    say("fields: rss %d, microseconds below a million %d, unused are zero %d\n",
        self.ru_maxrss > 8192, self.ru_utime.tv_usec < 1000000 && self.ru_stime.tv_usec < 1000000,
        !self.ru_ixrss && !self.ru_idrss && !self.ru_isrss && !self.ru_nswap && !self.ru_msgsnd &&
            !self.ru_msgrcv && !self.ru_nsignals);
    burn(microseconds(&self) + 20000);
    SHOW(RAW(getrusage, RUSAGE_SELF, &later));
    say("time went on: %d\n", microseconds(&later) >= microseconds(&self) + 20000);
    SHOW(RAW(getrusage, RUSAGE_THREAD, &later));
    say("a thread of its own: %d\n", microseconds(&later) >= 20000);
    SHOW(RAW(getrusage, 2, &self));
    SHOW(RAW(getrusage, -2, &self));
    SHOW(RAW(getrusage, RUSAGE_SELF, NULL));
    SHOW(RAW(getrusage, 2, BAD_POINTER));

    struct tms before, after;
    SHOW(RAW(getrusage, RUSAGE_CHILDREN, &children));
    say("children's time before: %d\n", microseconds(&children) == 0);
    clock_t start = (clock_t)RAW(times, &before);
    pid_t pid = start_child(burning_child);
    MUST(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT));
    MUST(RAW(getrusage, RUSAGE_CHILDREN, &children));
    say("not waited for: %d\n", microseconds(&children) == 0);
    show_status("child", reap(pid));
    MUST(RAW(getrusage, RUSAGE_CHILDREN, &children));
    say("waited for: %d, its memory %d\n", microseconds(&children) >= 30000,
        children.ru_maxrss > 8192);
    MUST(RAW(getrusage, RUSAGE_SELF, &later));
    burn(microseconds(&later) + 60000);
    clock_t end = (clock_t)RAW(times, &after);
    say("ticks went on: %d, own time %d, children's %d\n", end > start,
        after.tms_utime + after.tms_stime > before.tms_utime + before.tms_stime,
        after.tms_cutime + after.tms_cstime >= 2);
    SHOW_OK(RAW(times, NULL));
    SHOW(RAW(times, BAD_POINTER));
    say("a hundred ticks a second: %ld\n", sysconf(_SC_CLK_TCK));
    return 0;
}
