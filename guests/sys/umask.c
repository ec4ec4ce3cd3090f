// calls: umask
#include "guest.h"

static void in_child(void)
{
    SHOW(umask(0111));
    SHOW(umask(0111));
}

int main(void)
{
    umask(022);
    SHOW(umask(0));
    SHOW(umask(07777));
    SHOW(umask(-1));
    SHOW(umask(022));
    SHOW(umask(027));

    make_file("fixed", "", 0666);
    SHOW(close(open("open", O_CREAT | O_WRONLY, 0666)));
    show_file("open");
    SHOW(mkdir("dir", 0777));
    show_file("dir");
    SHOW(mknod("node", S_IFREG | 0666, 0));
    show_file("node");
    SHOW(mkfifo("fifo", 0666));
    show_file("fifo");
    SHOW(symlink("x", "link"));
    show_file("link");
    SHOW(chmod("open", 0666));
    show_file("open");
    SHOW(umask(0777));
    SHOW(close(open("nothing", O_CREAT | O_WRONLY, 07777)));
    show_file("nothing");
    show_status("child", run_child(in_child));
    SHOW(umask(0));
    SHOW(close(open("all", O_CREAT | O_WRONLY, 0777)));
    show_file("all");
    return 0;
}
