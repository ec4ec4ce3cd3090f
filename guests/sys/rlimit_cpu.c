// calls: setrlimit
/* RLIMIT_CPU: SIGXCPU each second from the soft limit on, SIGKILL at the hard one. */
#include "child.h"
#include <sys/resource.h>

static volatile int warnings;

static void warn(int signo)
{
    warnings++;
    say("%s\n", signal_name(signo));
}

static void burn(void)
{
    struct rlimit limit = {1, 2};
    catch_signal(SIGXCPU, warn, 0);
    MUST(setrlimit(RLIMIT_CPU, &limit));
    for (;;)
        if (warnings)
            break;
    struct rusage usage;
    MUST(getrusage(RUSAGE_SELF, &usage));
    /* The limit is checked by ticks, so it is met roughly. */
    long used = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
    say("after about a second of work: %d\n", used >= 500 && used < 1900);
    limit.rlim_cur = limit.rlim_max = 1;
    MUST(setrlimit(RLIMIT_CPU, &limit));
    for (;;)
        continue;
}

int main(void)
{
    show_child("worker", burn);
    return 0;
}
