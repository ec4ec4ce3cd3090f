// calls: execve
/* Scripts: the first line names the interpreter; here always the running program itself. */
#include "child.h"

static const char *script;
static char *const script_arguments[] = {"zero", "one", "two words", NULL};

static void execute(void)
{
    execve(script, script_arguments, NULL);
    say("execve: %s\n", errno_name(errno));
    _exit(100);
}

static void run(const char *text)
{
    make_file("script", text, 0755);
    show_text("script", text, strlen(text) < 60 ? strlen(text) : 60);
    script = "script";
    show_child("script", execute);
}

/* A script whose interpreter is a script, and so on: depth scripts and then the program. */
static void show_depth(int depth)
{
    char name[16], text[64];
    make_file("s1", "#!/proc/self/exe s1\n", 0755);
    for (int i = 2; i <= depth; i++) {
        snprintf(name, sizeof name, "s%d", i);
        snprintf(text, sizeof text, "#!s%d s%d\n", i - 1, i);
        make_file(name, text, 0755);
    }
    snprintf(name, sizeof name, "s%d", depth);
    script = name;
    say("depth %d\n", depth);
    show_child("scripts", execute);
}

static void show_long_lines(void)
{
    static char text[600];
    const char *start = "#!/proc/self/exe ";
    for (size_t length = 252; length <= 260; length += 2) {
        memset(text, 'x', sizeof text);
        memcpy(text, start, strlen(start));
        text[length - 1] = '\n';
        text[length] = 0;
        say("first line of %zu bytes\n", length);
        run(text);
    }
    /* The name of the interpreter itself cut off. */
    memset(text, '/', 300);
    memcpy(text, "#!/proc/self/exe", 2);
    memcpy(text + 285, "proc/self/exe\n", 15);
    run(text);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        for (int i = 0; i < argc; i++)
            show_text("argument", argv[i], strlen(argv[i]) < 40 ? strlen(argv[i]) : 40);
        return argc;
    }
    run("#!/proc/self/exe\n");
    run("#!/proc/self/exe argument\n");
    run("#!/proc/self/exe  several words  \t \n");
    run("#! \t/proc/self/exe\tx\n");
    run("#!/proc/self/exe");
    run("#!/proc/self/exe \nrest\n");
    run("#!\n");
    run("#!  \n");
    run("#!");
    run("# !/proc/self/exe\n");
    run("#!missing\n");
    run("#!.\n");
    run("#!/dev/null\n");
    run("#!/proc/self/exe\r\n");
    make_file("not_executable", "x", 0644);
    run("#!not_executable\n");
    make_file("not_a_program", "x", 0755);
    run("#!not_a_program\n");
    run("#!script\n");
    show_depth(4);
    show_depth(5);
    show_depth(6);
    show_long_lines();
    MUST(chmod("script", 0666));
    script = "script";
    show_child("not executable", execute);
    return 0;
}
