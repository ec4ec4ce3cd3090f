// calls: kill
/* The default action of every signal, and that a signal without action leaves the process alone. */
#include "child.h"

static int signo;

static void suicide(void)
{
    MUST(setpgid(0, 0)); /* not orphaned: the parent is in another group of the session */
    MUST(kill(getpid(), signo));
    _exit(0);
}

static void ignoring(void)
{
    signal(signo, SIG_IGN);
    MUST(kill(getpid(), signo));
}

int main(void)
{
    char label[64];
    for (signo = 1; signo <= 64; signo++) {
        if (signo == 32 || signo == 33)
            continue;
        int status = 0;
        pid_t pid = start_child(suicide);
        MUST(waitpid(pid, &status, WUNTRACED));
        show_status(signal_name(signo), status);
        if (WIFSTOPPED(status)) {
            MUST(kill(pid, SIGCONT));
            show_status("  continued", reap(pid));
        }
    }
    for (signo = 1; signo <= 35; signo++) {
        if (signo == SIGKILL || signo == SIGSTOP || signo == 32 || signo == 33)
            continue;
        int status = reap(start_child(ignoring));
        if (status) {
            snprintf(label, sizeof label, "%s ignored", signal_name(signo));
            show_status(label, status);
        }
    }
    say("ignored signals do nothing\n");
    return 0;
}
