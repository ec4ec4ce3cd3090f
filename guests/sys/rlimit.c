// calls: getrlimit setrlimit prlimit64
// needs: namespaces
/* Resource limits: setting, inheriting, lowering for good, and other processes' limits. */
#include "child.h"
#include <sys/resource.h>

static void show_limit(const char *label, int resource)
{
    struct rlimit limit = {1, 1};
    long result = RAW(getrlimit, resource, &limit);
    say("%s: %ld, %lld of %lld\n", label, result, (long long)limit.rlim_cur,
        (long long)limit.rlim_max);
}

static long set(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit limit = {soft, hard};
    return RAW(setrlimit, resource, &limit);
}

static void inherited(void)
{
    show_limit("child", RLIMIT_NOFILE);
    MUST(set(RLIMIT_NOFILE, 50, 60));
}

static void user(void)
{
    SHOW(set(RLIMIT_NOFILE, 90, 150));
    SHOW(set(RLIMIT_NOFILE, 90, 151));
    SHOW(set(RLIMIT_NOFILE, 151, 150));
    SHOW(set(RLIMIT_NOFILE, 151, 151));
    SHOW(set(RLIMIT_NOFILE, 150, 150));
    SHOW(set(RLIMIT_NOFILE, 10, 20));
    show_limit("user", RLIMIT_NOFILE);
    SHOW(set(RLIMIT_NOFILE, 10, 150));
    /* A process with root's number may not even be asked. */
    struct rlimit limit;
    SHOW(RAW(prlimit64, getppid(), RLIMIT_NOFILE, NULL, &limit));
    SHOW(RAW(prlimit64, getpid(), RLIMIT_NOFILE, NULL, &limit));
}

static struct gate ready, leave;

static void other(void)
{
    gate_pass(&ready);
    gate_wait(&leave);
    show_limit("set by the parent", RLIMIT_CORE);
}

int main(void)
{
    SHOW(set(RLIMIT_NOFILE, 100, 200));
    show_limit("own", RLIMIT_NOFILE);
    show_child("child", inherited);
    show_limit("own", RLIMIT_NOFILE);
    SHOW(set(RLIMIT_NOFILE, 150, 150));
    SHOW(set(RLIMIT_NOFILE, 151, 150));
    SHOW(set(RLIMIT_CORE, RLIM_INFINITY - 1, 0));
    SHOW(set(16, 1, 1));
    SHOW(set(-1, 1, 1));
    SHOW(RAW(setrlimit, RLIMIT_NOFILE, BAD_POINTER));
    SHOW(RAW(setrlimit, 16, BAD_POINTER));
    SHOW(RAW(getrlimit, RLIMIT_NOFILE, BAD_POINTER));
    SHOW(RAW(getrlimit, 16, BAD_POINTER));
    /* Nobody may have more descriptors than fs.nr_open, and this number is beyond any. */
    SHOW(set(RLIMIT_NOFILE, 10, RLIM_INFINITY));

    struct rlimit new = {5, 150}, old;
    SHOW(RAW(prlimit64, 0, RLIMIT_NOFILE, &new, &old));
    say("old %lld of %lld\n", (long long)old.rlim_cur, (long long)old.rlim_max);
    SHOW(RAW(prlimit64, 0, RLIMIT_NOFILE, NULL, NULL));
    SHOW(RAW(prlimit64, 0, 16, NULL, NULL));
    SHOW(RAW(prlimit64, 0x7fffffff, RLIMIT_NOFILE, NULL, &old));
    SHOW(RAW(prlimit64, -1, RLIMIT_NOFILE, NULL, &old));
    SHOW(RAW(prlimit64, 0, RLIMIT_NOFILE, BAD_POINTER, &old));
    new.rlim_cur = 6;
    /* The new limit counts although the old one cannot be stored. */
    SHOW(RAW(prlimit64, 0, RLIMIT_NOFILE, &new, BAD_POINTER));
    show_limit("own", RLIMIT_NOFILE);
    SHOW(set(RLIMIT_NOFILE, 100, 150));

    gate_open(&ready);
    gate_open(&leave);
    pid_t pid = start_child(other);
    gate_wait(&ready);
    struct rlimit core = {0, 0};
    SHOW(RAW(prlimit64, pid, RLIMIT_CORE, &core, NULL));
    gate_pass(&leave);
    show_status("other", reap(pid));
    run_as(65534, user);

    /* Limits that stop nothing here, but keep what they are given. */
    static const int quiet[] = {RLIMIT_RSS, RLIMIT_LOCKS, RLIMIT_MSGQUEUE, RLIMIT_RTTIME};
    for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++) {
        MUST(set(quiet[i], 1000, 1000));
        show_limit("kept", quiet[i]);
    }
    return 0;
}
