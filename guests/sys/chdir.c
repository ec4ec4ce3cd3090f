// calls: getcwd chdir fchdir
#include "guest.h"

static char start[4096];

/* Prints the working directory as seen from where the program started. */
static void show_cwd(const char *label)
{
    char path[4096];
    long length = RAW(getcwd, path, sizeof path);
    if (length < 0)
        say("%s: %s\n", label, errno_name(errno));
    else if (strncmp(path, start, strlen(start)) == 0)
        say("%s: start%s, length fits %d\n", label, path + strlen(start),
            length == (long)strlen(path) + 1);
    else
        say("%s: %s (%ld)\n", label, path, length);
}

static void as_user(void)
{
    SHOW(chdir("closed"));
    SHOW(chdir("listed"));
    SHOW(chdir("searched"));
    show_cwd("user");
    SHOW(chdir("inside"));
    SHOW(fchdir(10));
}

static void paths(void)
{
    SHOW(chdir("dir"));
    show_cwd("dir");
    SHOW(chdir("link"));
    show_cwd("a link is resolved");
    SHOW(chdir(".."));
    show_cwd("its parent");
    SHOW(chdir("."));
    SHOW(chdir("./dir//link/../../dir/"));
    show_cwd("many parts");
    SHOW(chdir(".."));
    SHOW(chdir("missing"));
    SHOW(chdir("file"));
    SHOW(chdir("file/.."));
    SHOW(chdir(""));
    SHOW(chdir("loop"));
    SHOW(chdir(NULL_POINTER));
    SHOW(chdir(BAD_POINTER));
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    SHOW(chdir(name));
    SHOW(chdir("/"));
    show_cwd("root");
    SHOW(chdir(".."));
    show_cwd("above root");
    SHOW(chdir(start));
}

static void descriptors(void)
{
    int dir = (int)MUST(open("dir/sub", O_RDONLY));
    int path = (int)MUST(open("dir", O_PATH));
    int file = (int)MUST(open("file", O_RDONLY));
    SHOW(fchdir(dir));
    show_cwd("by descriptor");
    SHOW(fchdir(path));
    show_cwd("by O_PATH");
    SHOW(fchdir(file));
    SHOW(fchdir(-1));
    SHOW(fchdir(99));
    MUST(chdir(start));

    /* A moved directory takes the working directory along; a removed one has no name. */
    MUST(chdir("dir/sub"));
    MUST(rename("../../dir", "../../moved"));
    show_cwd("moved");
    MUST(rmdir("../sub"));
    show_cwd("removed");
    SHOW(open(".", O_RDONLY | O_DIRECTORY) > 0);
    SHOW(open("new", O_CREAT | O_WRONLY, 0600));
    SHOW(chdir(".."));
    show_cwd("parent of the removed");
    MUST(chdir(start));
}

static void buffers(void)
{
    char path[4096];
    long length = (long)strlen(start) + 1;
    SHOW(RAW(getcwd, path, 0L));
    SHOW(RAW(getcwd, path, 1L));
    SHOW(RAW(getcwd, path, length - 1));
    SHOW(RAW(getcwd, path, length) == length);
    SHOW(RAW(getcwd, NULL, 4096L));
    SHOW(RAW(getcwd, BAD_POINTER, 4096L));
    SHOW(RAW(getcwd, NULL, 0L));
    SHOW(RAW(getcwd, edge_buffer((size_t)length), 4096L) == length);
    SHOW(RAW(getcwd, edge_buffer((size_t)length - 1), 4096L));
}

int main(void)
{
    umask(0);
    MUST(chmod(".", 0755));
    MUST(RAW(getcwd, start, sizeof start));
    MUST(mkdir("dir", 0755));
    MUST(mkdir("dir/sub", 0755));
    MUST(symlink("sub", "dir/link"));
    MUST(symlink("loop", "loop"));
    make_file("file", "", 0644);
    paths();
    descriptors();
    buffers();
    MUST(mkdir("closed", 0700));
    MUST(dup2((int)MUST(open("closed", O_RDONLY)), 10));
    MUST(mkdir("listed", 0744));
    MUST(mkdir("searched", 0711));
    MUST(mkdir("searched/inside", 0711));
    run_as(1000, as_user);
    return 0;
}
