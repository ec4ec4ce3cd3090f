// calls: kcmp
// needs: namespaces
/* kcmp(2): do two processes share a kernel object? 0 is yes, 1 and 2 are an order, 3 is neither. */
#include "child.h"
#include <linux/kcmp.h>
#include <sched.h>

static struct gate leave;

static void waiter(void)
{
    gate_wait(&leave);
}

static void compare(const char *label, pid_t one, pid_t two, int type, unsigned long first,
                    unsigned long second)
{
    long result = RAW(kcmp, one, two, type, first, second);
    say("%s: %s\n", label, result < 0 ? errno_name(errno) : result ? "differ" : "same");
}

static pid_t root;

static void user(void)
{
    compare("root's process", root, getpid(), KCMP_VM, 0, 0);
    compare("own process", getpid(), getpid(), KCMP_VM, 0, 0);
}

int main(void)
{
    gate_open(&leave);
    pid_t self = getpid(), child = start_child(waiter);
    int fd = (int)MUST(open(".", O_RDONLY)), copy = (int)MUST(dup(fd));
    int again = (int)MUST(open(".", O_RDONLY));
    compare("a copy", self, self, KCMP_FILE, (unsigned long)fd, (unsigned long)copy);
    compare("another open", self, self, KCMP_FILE, (unsigned long)fd, (unsigned long)again);
    compare("inherited", self, child, KCMP_FILE, (unsigned long)leave.fd[0],
            (unsigned long)leave.fd[0]);
    compare("bad descriptor", self, self, KCMP_FILE, 99, (unsigned long)fd);
    compare("bad second descriptor", self, self, KCMP_FILE, (unsigned long)fd, 99);
    long one = RAW(kcmp, self, self, KCMP_FILE, (long)fd, (long)again);
    long two = RAW(kcmp, self, self, KCMP_FILE, (long)again, (long)fd);
    say("the order is an order: %d\n", one + two == 3);
    compare("own memory", self, self, KCMP_VM, 0, 0);
    compare("child's memory", self, child, KCMP_VM, 0, 0);
    compare("child's descriptors", self, child, KCMP_FILES, 0, 0);
    compare("child's directories", self, child, KCMP_FS, 0, 0);
    compare("child's handlers", self, child, KCMP_SIGHAND, 0, 0);
    compare("unknown type", self, self, KCMP_TYPES, 0, 0);
    compare("negative type", self, self, -1, 0, 0);
    compare("no process", self, 0x7fffffff, KCMP_VM, 0, 0);
    compare("process zero", 0, self, KCMP_VM, 0, 0);
    gate_pass(&leave);
    reap(child);

    pid_t sharer = (pid_t)RAW(clone, CLONE_FILES | CLONE_FS | SIGCHLD, NULL, NULL, NULL, 0L);
    MUST(sharer);
    if (sharer == 0) {
        waiter();
        _exit(0);
    }
    compare("sharer's descriptors", self, sharer, KCMP_FILES, 0, 0);
    compare("sharer's directories", self, sharer, KCMP_FS, 0, 0);
    compare("sharer's memory", self, sharer, KCMP_VM, 0, 0);
    gate_pass(&leave);
    reap(sharer);
    root = self;
    run_as(65534, user);
    return 0;
}
