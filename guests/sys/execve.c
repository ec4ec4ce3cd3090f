// calls: execve
/* Arguments, environment and the errors of execve(2). The program executes itself as "prog". */
#include "child.h"

static char *const no_strings[] = {NULL};

/* What the new program sees. */
static int report(int argc, char **argv)
{
    say("argc %d\n", argc);
    for (int i = 0; i < argc; i++)
        show_text("argument", argv[i], strlen(argv[i]));
    for (char **e = environ; *e; e++)
        show_text("environment", *e, strlen(*e));
    return argc;
}

static const char *path;
static char *const *arguments;
static char *const *environment;

static void execute(void)
{
    syscall(SYS_execve, path, arguments, environment);
    _exit(200);
}

static void run(const char *label, const char *file, char *const *argv, char *const *envp)
{
    path = file;
    arguments = argv;
    environment = envp;
    show_child(label, execute);
}

static void copy_self(void)
{
    static char block[65536];
    int from = (int)MUST(open("/proc/self/exe", O_RDONLY));
    int to = (int)MUST(open("prog", O_WRONLY | O_CREAT, 0755));
    ssize_t length;
    while ((length = read(from, block, sizeof block)) > 0)
        MUST(write(to, block, (size_t)length));
    MUST(close(to));
    MUST(close(from));
}

static void show_errors(void)
{
    char *const good[] = {"x", NULL};
    char *const bad[] = {"x", BAD_POINTER, NULL};
    static char name[5000];
    SHOW(execve("missing", good, no_strings));
    SHOW(execve("", good, no_strings));
    SHOW(execve("prog/x", good, no_strings));
    SHOW(execve("missing/x", good, no_strings));
    SHOW(execve(".", good, no_strings));
    MUST(symlink("loop", "loop"));
    SHOW(execve("loop", good, no_strings));
    SHOW(execve(memset(name, 'n', 256), good, no_strings));
    SHOW(execve(memset(name, 'n', 4999), good, no_strings));
    SHOW(syscall(SYS_execve, BAD_POINTER, good, no_strings));
    SHOW(syscall(SYS_execve, NULL, good, no_strings));
    SHOW(syscall(SYS_execve, KERNEL_POINTER, good, no_strings));
    SHOW(syscall(SYS_execve, "prog", BAD_POINTER, no_strings));
    SHOW(syscall(SYS_execve, "prog", good, BAD_POINTER));
    SHOW(syscall(SYS_execve, "prog", bad, no_strings));
    SHOW(syscall(SYS_execve, "missing", bad, BAD_POINTER));

    make_file("plain", "echo hello\n", 0644);
    SHOW(execve("plain", good, no_strings));
    MUST(chmod("plain", 0755));
    SHOW(execve("plain", good, no_strings));
    make_file("empty", "", 0755);
    SHOW(execve("empty", good, no_strings));
    make_file("magic", "\177ELF", 0755);
    SHOW(execve("magic", good, no_strings));
    MUST(mkfifo("fifo", 0755));
    SHOW(execve("fifo", good, no_strings));
    SHOW(execve("/dev/null", good, no_strings));

    int fd = (int)MUST(open("prog", O_WRONLY));
    SHOW(execve("prog", good, no_strings));
    MUST(close(fd));
}

/* ETXTBSY the other way round: nobody writes into a running program. */
static struct gate started, leave;

static void busy_child(void)
{
    char in[16], out[16];
    snprintf(in, sizeof in, "%d", leave.fd[0]);
    snprintf(out, sizeof out, "%d", started.fd[1]);
    execl("prog", "prog", "busy", in, out, NULL);
}

static void show_busy(void)
{
    gate_open(&started);
    gate_open(&leave);
    pid_t pid = start_child(busy_child);
    gate_wait(&started);
    SHOW(open("prog", O_WRONLY));
    SHOW(truncate("prog", 0));
    gate_pass(&leave);
    show_status("busy program", reap(pid));
    SHOW_OK(open("prog", O_WRONLY));
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "busy") == 0) {
        leave.fd[0] = atoi(argv[2]);
        started.fd[1] = atoi(argv[3]);
        gate_pass(&started);
        gate_wait(&leave);
        return 8;
    }
    if (argv[0][0] == 0 || strcmp(argv[0], "report") == 0)
        return report(argc, argv);
    copy_self();
    char *const three[] = {"report", "", "a b\n", NULL};
    char *const two[] = {"ONE=1", "not an assignment", "", NULL};
    run("arguments and environment", "prog", three, two);
    run("nothing", "prog", no_strings, no_strings);
    run("null pointers", "prog", NULL, NULL);
    run("no argument", "./prog", NULL, two);
    MUST(symlink("prog", "link"));
    run("through a link", "link", three, NULL);
    show_errors();
    show_busy();
    return 0;
}
