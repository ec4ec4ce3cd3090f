// calls: execveat
/* execveat(2): relative to a directory, by descriptor, flags, and scripts through descriptors. */
#include "child.h"

static struct {
    int directory;
    const char *path;
    int flags;
} call;
static char *const arguments[] = {"report", "x", NULL};
static char *const environment[] = {"E=1", NULL};

static void execute(void)
{
    syscall(SYS_execveat, call.directory, call.path, arguments, environment, call.flags);
    say("execveat: %s\n", errno_name(errno));
    _exit(100);
}

static void run(const char *label, int directory, const char *path, int flags)
{
    call.directory = directory;
    call.path = path;
    call.flags = flags;
    show_child(label, execute);
}

static void copy_self(const char *path)
{
    static char block[65536];
    int from = (int)MUST(open("/proc/self/exe", O_RDONLY));
    int to = (int)MUST(open(path, O_WRONLY | O_CREAT, 0755));
    ssize_t length;
    while ((length = read(from, block, sizeof block)) > 0)
        MUST(write(to, block, (size_t)length));
    MUST(close(to));
    MUST(close(from));
}

static int report(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        /* A script's name holds the number of a descriptor. */
        char *text = argv[i];
        if (strncmp(text, "/dev/fd/", 8) == 0)
            text = strchr(text + 8, '/') ? "/dev/fd/N/..." : "/dev/fd/N";
        show_text("argument", text, strlen(text));
    }
    say("environment %s\n", environ[0]);
    return argc;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return report(argc, argv);
    MUST(mkdir("dir", 0700));
    copy_self("dir/inner");
    MUST(symlink("inner", "dir/link"));
    MUST(mkdir("empty", 0700));
    int directory = (int)MUST(open("dir", O_RDONLY | O_DIRECTORY));
    int file = (int)MUST(open("dir/inner", O_RDONLY));
    int path_only = (int)MUST(open("dir/inner", O_PATH | O_CLOEXEC));
    int link = (int)MUST(open("dir/link", O_PATH | O_NOFOLLOW));

    run("AT_FDCWD", AT_FDCWD, "dir/inner", 0);
    run("directory", directory, "inner", 0);
    run("absolute", -1, "/proc/self/exe", 0);
    run("bad descriptor", -1, "inner", 0);
    run("not a directory", file, "inner", 0);
    run("link", directory, "link", 0);
    run("link not followed", directory, "link", AT_SYMLINK_NOFOLLOW);
    run("file not a link", directory, "inner", AT_SYMLINK_NOFOLLOW);
    run("empty path", file, "", 0);
    run("empty path allowed", file, "", AT_EMPTY_PATH);
    run("O_PATH", path_only, "", AT_EMPTY_PATH);
    run("link's descriptor", link, "", AT_EMPTY_PATH);
    run("directory's descriptor", directory, "", AT_EMPTY_PATH);
    run("AT_FDCWD with empty path", AT_FDCWD, "", AT_EMPTY_PATH);
    run("bad descriptor with empty path", 77, "", AT_EMPTY_PATH);
    run("unknown flag", directory, "inner", AT_SYMLINK_FOLLOW);
    run("unknown flags", directory, "inner", 0x40000000);
    run("unknown flag before bad path", directory, BAD_POINTER, 1);
    run("bad path", directory, BAD_POINTER, 0);
    run("null path", file, NULL, 0);

    make_file("dir/inscript", "#!/proc/self/exe option\n", 0755);
    int script = (int)MUST(open("dir/inscript", O_RDONLY));
    int hidden = (int)MUST(open("dir/inscript", O_RDONLY | O_CLOEXEC));
    run("script by descriptor", script, "", AT_EMPTY_PATH);
    run("script by close-on-exec descriptor", hidden, "", AT_EMPTY_PATH);
    run("script in directory", directory, "inscript", 0);
    return 0;
}
