// calls: rt_sigaction wait4
/* SIGCHLD: its fields, SA_NOCLDSTOP, SA_NOCLDWAIT, and a parent that ignores it. */
#include "child.h"

static struct gate go;
static volatile int count;
static sigset_t only_chld;

static void leave(void)
{
    _exit(33);
}

static void waiter(void)
{
    gate_wait(&go);
    _exit(1);
}

static void note(int signo)
{
    (void)signo;
    count++;
}

/* Takes the next SIGCHLD (blocked) and prints it. */
static void show_signal(const char *label, pid_t pid)
{
    static const char *const codes[] = {"none",    "EXITED",  "KILLED",   "DUMPED",
                                        "TRAPPED", "STOPPED", "CONTINUED"};
    siginfo_t info;
    MUST(sigwaitinfo(&only_chld, &info));
    say("%s: code %s own child %d uid %u status %d\n", label, codes[info.si_code],
        info.si_pid == pid, info.si_uid, info.si_status);
}

static bool pending(void)
{
    sigset_t set;
    MUST(sigpending(&set));
    return sigismember(&set, SIGCHLD);
}

static void show_fields(void)
{
    pid_t pid = start_child(leave);
    show_signal("exit", pid);
    show_status("child", reap(pid));
    pid = start_child(waiter);
    MUST(kill(pid, SIGSTOP));
    show_signal("stop", pid);
    MUST(kill(pid, SIGCONT));
    show_signal("continue", pid);
    MUST(kill(pid, SIGTERM));
    show_signal("kill", pid);
    reap(pid);
    /* Several ends may make one signal; a wait takes the zombie, not the signal. */
    pid = start_child(leave);
    reap(pid);
    say("waiting leaves the signal: %d\n", pending());
    siginfo_t info;
    MUST(sigwaitinfo(&only_chld, &info));
}

static void show_nocldstop(void)
{
    catch_signal(SIGCHLD, note, SA_NOCLDSTOP);
    pid_t pid = start_child(waiter);
    MUST(kill(pid, SIGSTOP));
    int status;
    MUST(waitpid(pid, &status, WUNTRACED));
    say("SA_NOCLDSTOP: stopped, signal %d", pending());
    MUST(kill(pid, SIGCONT));
    MUST(waitpid(pid, &status, WCONTINUED));
    say(", continued, signal %d", pending());
    MUST(kill(pid, SIGKILL));
    reap(pid);
    say(", ended, signal %d\n", pending());
    struct timespec none = {0, 0};
    sigtimedwait(&only_chld, NULL, &none);
}

/* Waits until no child is left; each was reaped by the kernel. */
static void show_no_zombies(const char *label)
{
    pid_t one = start_child(leave);
    pid_t two = start_child(waiter);
    /* A wait for the first lasts until all are gone when nobody becomes a zombie. */
    gate_pass(&go);
    int status = -1;
    pid_t got = waitpid(-1, &status, 0);
    say("%s: wait %s, status untouched %d", label, got < 0 ? errno_name(errno) : "child",
        status == -1);
    say(", processes gone %d\n", kill(one, 0) < 0 && kill(two, 0) < 0);
}

int main(void)
{
    gate_open(&go);
    sigemptyset(&only_chld);
    sigaddset(&only_chld, SIGCHLD);
    MUST(sigprocmask(SIG_BLOCK, &only_chld, NULL));
    catch_signal(SIGCHLD, note, 0);
    show_fields();
    show_nocldstop();

    catch_signal(SIGCHLD, note, SA_NOCLDWAIT);
    show_no_zombies("SA_NOCLDWAIT");
    say("signal all the same: %d\n", pending());
    struct timespec none = {0, 0};
    while (sigtimedwait(&only_chld, NULL, &none) > 0)
        continue;
    catch_signal(SIGCHLD, SIG_IGN, 0);
    show_no_zombies("SIG_IGN");
    say("signal: %d\n", pending());

    /* A zombie from before stays one. */
    catch_signal(SIGCHLD, SIG_DFL, 0);
    pid_t pid = start_child(leave);
    MUST(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT));
    catch_signal(SIGCHLD, SIG_IGN, 0);
    show_status("older zombie", reap(pid));

    /* Ignoring is inherited, and reset to nothing special by handlers over execve(2). */
    catch_signal(SIGCHLD, note, SA_RESTART);
    MUST(sigprocmask(SIG_UNBLOCK, &only_chld, NULL));
    count = 0;
    pid = start_child(leave);
    show_status("wait restarted or not disturbed", reap(pid));
    say("handler ran: %d\n", count);
    return 0;
}
