// calls: umask
/* umask(2): only nine bits, inherited, over execve kept, and what it takes away. */
#include "child.h"

static void child(void)
{
    say("inherited %03lo\n", RAW(umask, 0));
    RAW(umask, 0111);
    execl("/proc/self/exe", "guest", "executed", NULL);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        say("over execve %03lo\n", RAW(umask, 0));
        return 0;
    }
    say("%03lo\n", RAW(umask, 027));
    say("%03lo\n", RAW(umask, 07777));
    say("nine bits: %03lo\n", RAW(umask, -1));
    say("%03lo\n", RAW(umask, 027));
    MUST(close((int)MUST(open("file", O_WRONLY | O_CREAT, 0777))));
    MUST(mkdir("directory", 07777));
    MUST(mkfifo("fifo", 0666));
    MUST(symlink("file", "link"));
    show_file("file");
    show_file("directory");
    show_file("fifo");
    show_file("link");
    MUST(chmod("file", 0777));
    show_file("file");
    show_child("child", child);
    say("own is kept: %03lo\n", RAW(umask, 0));
    MUST(close((int)MUST(open("setuid", O_WRONLY | O_CREAT, 07777))));
    show_file("setuid");
    return 0;
}
