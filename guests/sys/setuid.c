// calls: setuid setreuid setresuid setfsuid
// needs: namespaces
/* Changing user ids: what root may, what a user may, and what is lost on the way. */
#include "child.h"
#include <sys/fsuid.h>

static void show(const char *label)
{
    uid_t real, effective, saved;
    MUST(getresuid(&real, &effective, &saved));
    say("%s: %u %u %u fs %ld\n", label, real, effective, saved, RAW(setfsuid, -1));
}

static void set_as_root(void)
{
    SHOW(RAW(setuid, -1));
    SHOW(RAW(setuid, 1000));
    show("setuid");
    SHOW(RAW(setuid, 0));
    SHOW(RAW(setuid, 1000));
}

static void set_temporarily(void)
{
    SHOW(RAW(setresuid, -1, 1000, -1));
    show("effective 1000");
    SHOW(RAW(setuid, 2000));
    SHOW(RAW(setuid, 1000));
    SHOW(RAW(setuid, 0));
    show("setuid without privilege changes the effective one");
    SHOW(RAW(setresuid, 1, 2, 3));
    show("setresuid");
    SHOW(RAW(setuid, 3));
    show("to the saved one");
    SHOW(RAW(setuid, 2));
    SHOW(RAW(setuid, 1));
    SHOW(RAW(setresuid, 3, 1, 1));
    show("swapped");
    SHOW(RAW(setresuid, 0, -1, -1));
    SHOW(RAW(setresuid, -1, 2, -1));
    SHOW(RAW(setresuid, -1, -1, -1));
}

static void set_real_and_effective(void)
{
    SHOW(RAW(setreuid, 1000, 2000));
    show("both: the saved one follows");
    SHOW(RAW(setreuid, 2000, 1000));
    show("swapped");
    SHOW(RAW(setreuid, 3000, -1));
    SHOW(RAW(setreuid, -1, 3000));
    SHOW(RAW(setreuid, -1, 2000));
    show("effective to the real one");
    SHOW(RAW(setreuid, -1, -1));
}

static void set_effective_only(void)
{
    SHOW(RAW(setreuid, -1, 1000));
    show("effective alone: the saved one follows");
    SHOW(RAW(setreuid, 0, 0));
    show("back");
}

static void set_file_system(void)
{
    SHOW(RAW(setfsuid, 1000));
    show("fs 1000");
    int fd = open("made", O_WRONLY | O_CREAT, 0600);
    say("made: %s\n", fd < 0 ? errno_name(errno) : "ok");
    show_file("made");
    SHOW(RAW(setresuid, -1, 0, -1));
    show("setresuid resets it");
    MUST(RAW(setresuid, 1, 2, 3));
    SHOW(RAW(setfsuid, 4));
    SHOW(RAW(setfsuid, 1));
    SHOW(RAW(setfsuid, 3));
    SHOW(RAW(setfsuid, 0));
    show("the user's may be one of three");
}

/* Root's rights are gone with the effective id, and come back with it. */
static void lose_rights(void)
{
    make_file("secret", "x", 0600);
    MUST(RAW(setresuid, -1, 1000, -1));
    SHOW(open("secret", O_RDONLY));
    SHOW(chown("secret", 1000, 1000));
    SHOW(kill(getppid(), 0));
    SHOW(sethostname("x", 1));
    MUST(RAW(setresuid, -1, 0, -1));
    SHOW_OK(open("secret", O_RDONLY));
    MUST(RAW(setresuid, 1000, 1000, 1000));
    SHOW(open("secret", O_RDONLY));
    SHOW(setresuid(0, 0, 0));
}

int main(void)
{
    MUST(chmod(".", 0777));
    show_child("as root", set_as_root);
    show_child("temporarily", set_temporarily);
    show_child("real and effective", set_real_and_effective);
    show_child("effective", set_effective_only);
    show_child("file system", set_file_system);
    show_child("rights", lose_rights);
    return 0;
}
