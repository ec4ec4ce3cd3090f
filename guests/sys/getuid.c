// calls: getuid geteuid getgid getegid getresuid getresgid
// needs: namespaces
/* Who the process is, and the raw calls' checks. */
#include "child.h"

static void user(void)
{
    uid_t real = 1, effective = 1, saved = 1;
    say("%ld %ld %ld %ld\n", RAW(getuid), RAW(geteuid), RAW(getgid), RAW(getegid));
    SHOW(RAW(getresuid, &real, &effective, &saved));
    say("%u %u %u\n", real, effective, saved);
    SHOW(RAW(getresgid, &real, &effective, &saved));
    say("%u %u %u\n", real, effective, saved);
}

static void mixed(void)
{
    MUST(setresgid(11, 12, 13));
    MUST(setresuid(1, 2, 3));
    user();
}

int main(void)
{
    uid_t ids[3];
    user();
    run_as(1000, user);
    show_child("mixed", mixed);
    SHOW(RAW(getresuid, BAD_POINTER, &ids[1], &ids[2]));
    SHOW(RAW(getresuid, &ids[0], BAD_POINTER, &ids[2]));
    SHOW(RAW(getresuid, &ids[0], &ids[1], NULL));
    SHOW(RAW(getresgid, BAD_POINTER, &ids[1], &ids[2]));
    ids[0] = 77;
    SHOW(RAW(getresgid, &ids[0], &ids[1], KERNEL_POINTER));
    say("the first was stored: %u\n", ids[0]);
    return 0;
}
