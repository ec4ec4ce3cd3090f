// calls: open read write
#include "guest.h"
#include <sys/resource.h>

static char text[1 << 16];

static bool contents(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        say("%s: %s\n", path, errno_name(errno));
        return false;
    }
    size_t used = 0;
    for (ssize_t length; (length = read(fd, text + used, sizeof text - used - 1)) > 0;)
        used += (size_t)length;
    close(fd);
    text[used] = 0;
    return true;
}

static void numbers(void)
{
    static const char *const names[] = {"/proc/sys/kernel/pid_max",
                                        "/proc/sys/fs/pipe-max-size",
                                        "/proc/sys/vm/overcommit_memory",
                                        "/proc/sys/net/core/somaxconn",
                                        "/proc/sys/fs/file-max",
                                        "/proc/sys/kernel/ngroups_max",
                                        "/proc/sys/kernel/cap_last_cap",
                                        "/proc/self/oom_score",
                                        "/proc/uptime",
                                        "/proc/loadavg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *end = NULL;
        if (!contents(names[i]))
            continue;
        double value = strtod(text, &end);
        say("%s: a number %d, one line %d\n", names[i], end != text && value >= 0,
            strchr(text, '\n') == text + strlen(text) - 1);
    }
}

static void system_files(void)
{
    contents("/proc/sys/kernel/ostype");
    show_text("ostype", text, strlen(text));
    contents("/proc/sys/kernel/random/uuid");
    char first[64] = "";
    memcpy(first, text, sizeof first - 1);
    contents("/proc/sys/kernel/random/uuid");
    say("uuid: %zu characters, dashes %d, another each time %d\n", strlen(text),
        text[8] == '-' && text[13] == '-' && text[14] == '4', strcmp(first, text) != 0);
    contents("/proc/sys/kernel/random/boot_id");
    memcpy(first, text, sizeof first - 1);
    contents("/proc/sys/kernel/random/boot_id");
    say("boot_id stays %d\n", strcmp(first, text) == 0);
    contents("/proc/version");
    say("version %d\n", strncmp(text, "Linux version ", 14) == 0);
    contents("/proc/filesystems");
    say("filesystems %d %d\n", strstr(text, "nodev\ttmpfs\n") != NULL,
        strstr(text, "nodev\tproc\n") != NULL);
    contents("/proc/meminfo");
    say("meminfo %d %d %d\n", strncmp(text, "MemTotal: ", 10) == 0,
        strstr(text, "\nMemFree: ") != NULL, strstr(text, "\nMemAvailable: ") != NULL);
    contents("/proc/cpuinfo");
    say("cpuinfo %d %d\n", strncmp(text, "processor\t: 0\n", 14) == 0,
        strstr(text, "\nflags\t\t: ") != NULL);
    contents("/proc/stat");
    say("stat %d %d %d\n", strncmp(text, "cpu  ", 5) == 0, strstr(text, "\ncpu0 ") != NULL,
        strstr(text, "\nbtime ") != NULL);
}

static void mounts(void)
{
    ssize_t length = readlink("/proc/mounts", text, sizeof text);
    show_text("mounts", text, (size_t)length);
    contents("/proc/mounts");
    say("root %d, proc %d\n", strstr(text, " / ") != NULL, strstr(text, " /proc proc rw") != NULL);
    contents("/proc/self/mountinfo");
    say("mountinfo: root %d, proc %d\n", strstr(text, " / / ") != NULL,
        strstr(text, " - proc ") != NULL);
}

static void limits(void)
{
    struct rlimit limit = {100, 200};
    MUST(setrlimit(RLIMIT_NOFILE, &limit));
    contents("/proc/self/limits");
    char *line = strstr(text, "\nMax open files ");
    char unit[32] = "";
    long soft = -1, hard = -1;
    if (line)
        sscanf(line + 16, "%ld %ld %31s", &soft, &hard, unit);
    say("open files %ld %ld %s\n", soft, hard, unit);
    say("header %d\n", strncmp(text, "Limit  ", 7) == 0);
}

static void writable(void)
{
    int fd = (int)SHOW(open("/proc/self/oom_score_adj", O_RDWR));
    SHOW(write(fd, "500", 3));
    SHOW(write(fd, "1001", 4));
    SHOW(write(fd, "x", 1));
    contents("/proc/self/oom_score_adj");
    show_text("oom_score_adj", text, strlen(text));
    MUST(close(fd));
}

static void as_files(void)
{
    int fd = (int)SHOW(open("/proc/self/status", O_RDONLY));
    char part[8], again[8];
    SHOW(read(fd, part, 5));
    show_text("part", part, 5);
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(read(fd, again, 5));
    SHOW(pread(fd, again, 5, 0));
    say("same %d\n", memcmp(part, again, 5) == 0);
    SHOW(read(fd, BAD_POINTER, 5));
    SHOW(lseek(fd, -1, SEEK_SET));
    MUST(lseek(fd, 1 << 20, SEEK_SET));
    SHOW(read(fd, part, 5));
    struct stat st;
    MUST(fstat(fd, &st));
    show_stat("status", &st);
    MUST(stat("/proc", &st));
    say("/proc: %s mode=%04o\n", file_type(st.st_mode), st.st_mode & 07777);
    MUST(stat("/proc/self/", &st));
    say("/proc/self/: %s mode=%04o uid=%u\n", file_type(st.st_mode), st.st_mode & 07777, st.st_uid);
    SHOW(open("/proc/self/status/x", O_RDONLY));
    SHOW(open("/proc/missing", O_RDONLY));
    SHOW(unlink("/proc/self/status"));
    SHOW(rmdir("/proc/self/fd"));
    SHOW(rename("/proc/version", "/proc/meminfo"));
}

int main(void)
{
    numbers();
    system_files();
    mounts();
    writable();
    as_files();
    limits();
    return 0;
}
