// calls: personality
/* The execution domain: read with all ones, inherited, and what its flags change. */
#include "child.h"
#include <sys/personality.h>
#include <sys/utsname.h>

static void inherited(void)
{
    SHOW(RAW(personality, 0xffffffffL));
    execl("/proc/self/exe", "executed", "x", NULL);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        SHOW_AS("after execve", RAW(personality, 0xffffffffL));
        return 0;
    }
    struct utsname name;
    SHOW(RAW(personality, 0xffffffffL));
    SHOW(RAW(personality, (long)ADDR_NO_RANDOMIZE));
    SHOW(RAW(personality, 0xffffffffL));
    show_child("child", inherited);
    SHOW(RAW(personality, (long)(ADDR_NO_RANDOMIZE | UNAME26)));
    MUST(uname(&name));
    say("release begins with 2.6: %d\n", strncmp(name.release, "2.6.", 4) == 0);
    SHOW(RAW(personality, (long)(PER_LINUX32 | STICKY_TIMEOUTS)));
    MUST(uname(&name));
    say("machine %s\n", name.machine);
    SHOW(RAW(personality, 0L));
    MUST(uname(&name));
    say("machine %s, release begins with 2.6: %d\n", name.machine,
        strncmp(name.release, "2.6.", 4) == 0);
    SHOW(RAW(personality, 0xffffffffL));

    /* READ_IMPLIES_EXEC: memory asked for readable can be executed. */
    static const unsigned char code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3};
    SHOW(RAW(personality, (long)READ_IMPLIES_EXEC));
    void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)page);
    memcpy(page, code, sizeof code);
    say("executed: %d\n", ((int (*)(void))page)());
    SHOW(RAW(personality, 0L));
    return 0;
}
