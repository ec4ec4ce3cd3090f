// calls: setgid setregid setresgid setfsgid setgroups getgroups
// needs: namespaces
/* Changing group ids and the supplementary groups, with and without privilege. */
#include "child.h"
#include <sys/fsuid.h>

static void show(const char *label)
{
    gid_t real, effective, saved;
    MUST(getresgid(&real, &effective, &saved));
    say("%s: %u %u %u fs %ld\n", label, real, effective, saved, RAW(setfsgid, -1));
}

static void set_groups(void)
{
    SHOW(RAW(setgid, -1));
    SHOW(RAW(setgid, 1000));
    show("setgid");
    SHOW(RAW(setgid, 0));
    show("root may go back");
    SHOW(RAW(setresgid, 1, 2, 3));
    show("setresgid");
    MUST(setresuid(1000, 1000, 1000));
    SHOW(RAW(setgid, 3));
    show("a user: to the saved one");
    SHOW(RAW(setgid, 0));
    SHOW(RAW(setresgid, -1, 1, -1));
    SHOW(RAW(setresgid, -1, 2, -1));
    SHOW(RAW(setregid, 3, 1));
    show("setregid");
    SHOW(RAW(setregid, 7, -1));
    SHOW(RAW(setfsgid, 99));
    SHOW(RAW(setfsgid, 3));
    show("setfsgid");
}

static void show_groups(const char *label)
{
    gid_t list[64];
    long count = RAW(getgroups, 64, list);
    say("%s: %ld:", label, count);
    for (long i = 0; i < count && i < 6; i++)
        say(" %u", list[i]);
    say("\n");
}

static void set_supplementary(void)
{
    static gid_t list[65537];
    list[0] = 30;
    list[1] = 10;
    list[2] = 20;
    list[3] = 10;
    SHOW(RAW(setgroups, 4L, list));
    show_groups("sorted");
    gid_t got[4];
    SHOW(RAW(getgroups, 0, NULL));
    SHOW(RAW(getgroups, 3, got));
    SHOW(RAW(getgroups, 4, got));
    SHOW(RAW(getgroups, -1, got));
    SHOW(RAW(getgroups, 4, BAD_POINTER));
    SHOW(RAW(getgroups, 0, BAD_POINTER));
    SHOW(RAW(setgroups, 4L, BAD_POINTER));
    SHOW(RAW(setgroups, 65536L, list));
    SHOW(RAW(setgroups, 65537L, list));
    SHOW(RAW(setgroups, -1L, list));
    list[0] = (gid_t)-1;
    SHOW(RAW(setgroups, 1L, list));
    list[0] = 5;
    SHOW(RAW(setgroups, 1L, list));
    show_groups("one");
    SHOW(RAW(setgroups, 0L, NULL));
    show_groups("none");

    /* What a group is good for. */
    make_file("shared", "x", 0640);
    MUST(chown("shared", 0, 500));
    list[0] = 500;
    MUST(RAW(setgroups, 1L, list));
    MUST(setresgid(1000, 1000, 1000));
    MUST(setresuid(1000, 1000, 1000));
    SHOW_OK(open("shared", O_RDONLY));
    SHOW_OK(open("shared", O_WRONLY));
    SHOW(RAW(setgroups, 0L, NULL));
    SHOW(RAW(setgroups, 65537L, list));
    show_groups("a user keeps his");
    pid_t pid = fork();
    MUST(pid);
    if (pid == 0) {
        show_groups("so does his child");
        _exit(0);
    }
    reap(pid);
}

int main(void)
{
    MUST(chmod(".", 0777));
    show_child("ids", set_groups);
    show_child("groups", set_supplementary);
    return 0;
}
