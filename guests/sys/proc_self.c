// calls: open read readlink getdents64
#include "guest.h"
#include <dirent.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

static char text[PATH_MAX + 64];

/* The target of a link, with the numbers in brackets and the directory at the start taken out. */
static void show_link(const char *path)
{
    char start[PATH_MAX], target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) {
        say("%s: %s\n", path, errno_name(errno));
        return;
    }
    target[length] = 0;
    MUST(getcwd(start, sizeof start) ? 0 : -1);
    const char *rest = target;
    if (strncmp(target, start, strlen(start)) == 0)
        rest = target + strlen(start);
    char *number = strchr(target, '[');
    if (number && number[1] >= '0' && number[1] <= '9')
        strcpy(number, "[number]");
    say("%s -> %s%s\n", path, rest == target ? "" : "start", rest);
}

static ssize_t contents(const char *path)
{
    int fd = open(path, O_RDONLY);
    MUST(fd);
    ssize_t used = 0, length;
    while ((length = read(fd, text + used, sizeof text - (size_t)used - 1)) > 0)
        used += length;
    MUST(length);
    MUST(close(fd));
    text[used] = 0;
    return used;
}

static void identity(char **argv)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    ssize_t length = readlink("/proc/self", text, sizeof text);
    say("self is me %d\n", length == (ssize_t)strlen(pid) && memcmp(text, pid, strlen(pid)) == 0);
    length = readlink("/proc/self/exe", text, sizeof text - 1);
    text[length] = 0;
    say("exe %s\n", strrchr(text, '/'));
    struct stat by_link, by_name;
    MUST(stat("/proc/self/exe", &by_link));
    MUST(stat(text, &by_name));
    say("the same file %d\n", by_link.st_ino == by_name.st_ino);
    show_link("/proc/self/cwd");
    show_link("/proc/self/root");
    length = contents("/proc/self/cmdline");
    say("cmdline is argv %d\n",
        length == (ssize_t)strlen(argv[0]) + 1 && strcmp(text, argv[0]) == 0);
    contents("/proc/self/comm");
    show_text("comm", text, strlen(text));
    MUST(prctl(PR_SET_NAME, "another name, too long"));
    contents("/proc/self/comm");
    show_text("comm", text, strlen(text));
    int fd = (int)SHOW(open("/proc/self/comm", O_WRONLY));
    SHOW(write(fd, "by write\n", 9));
    MUST(close(fd));
    contents("/proc/self/comm");
    show_text("comm", text, strlen(text));
    contents("/proc/self/environ");
    say("environment starts as given %d\n", !environ[0] || strcmp(text, environ[0]) == 0);
}

static void descriptors(void)
{
    make_file("file", "0123456789", 0600);
    make_file("deleted", "still here", 0600);
    int ends[2], file = (int)MUST(open("file", O_RDONLY));
    MUST(lseek(file, 4, SEEK_SET));
    int deleted = (int)MUST(open("deleted", O_WRONLY | O_APPEND));
    MUST(unlink("deleted"));
    MUST(pipe(ends));
    MUST(eventfd(0, 0));
    MUST(epoll_create1(0));
    MUST(open(".", O_PATH));
    char path[64];
    struct stat st;
    for (int fd = file; fd <= file + 6; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        show_link(path);
        MUST(lstat(path, &st));
        say("  %s mode=%04o\n", file_type(st.st_mode), st.st_mode & 07777);
    }
    show_link("/proc/self/fd/99");
    show_link("/proc/self/fd/x");
    contents("/proc/self/fdinfo/3");
    char *line = strstr(text, "flags:");
    MUST(line ? 0 : -1);
    say("position %d, flags %.*s\n", strncmp(text, "pos:\t4\n", 7) == 0,
        (int)strcspn(line + 7, "\n"), line + 7);

    /* Opening the link makes a new description, with its own offset and access mode. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    int again = (int)SHOW(open(path, O_RDWR));
    SHOW(read(again, text, 3));
    SHOW(write(again, "x", 1));
    snprintf(path, sizeof path, "/proc/self/fd/%d", deleted);
    again = (int)SHOW(open(path, O_RDONLY));
    SHOW(read(again, text, 100));
    SHOW(open("/proc/self/fd/3/x", O_RDONLY));
    SHOW(open("/proc/self/fd/99", O_RDONLY));
}

static void listing(const char *path)
{
    int found[64] = {0};
    DIR *directory = opendir(path);
    MUST(directory ? 0 : -1);
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) < 64)
            found[atoi(entry->d_name)]++;
    say("%s:", path);
    for (int fd = 0; fd < 64; fd++)
        if (found[fd] && fd != dirfd(directory))
            say(" %d", fd);
    say("\n");
    closedir(directory);
}

int main(int argc, char **argv)
{
    (void)argc;
    descriptors();
    listing("/proc/self/fd");
    listing("/proc/self/fdinfo");
    identity(argv);
    return 0;
}
