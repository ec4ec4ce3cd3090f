// calls: kill
// needs: namespaces
/* kill(2): what its pid means, the null signal, permissions, delivery before the return. */
#include "child.h"

static struct gate ready, leave;
static volatile int seen;

static void note(int signo)
{
    seen = signo;
}

static void quiet(int signo)
{
    (void)signo;
}

/* Waits for SIGUSR1 or SIGURG (blocked in the caller) and exits with 1 or 2. */
static void member(void)
{
    sigset_t set;
    int signo;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGURG);
    gate_pass(&ready);
    MUST(sigwait(&set, &signo) == 0 ? 0 : -1);
    _exit(signo == SIGUSR1 ? 1 : 2);
}

static void waiter(void)
{
    gate_pass(&ready);
    gate_wait(&leave);
}

static void show_self(void)
{
    catch_signal(SIGUSR2, note, 0);
    SHOW(kill(getpid(), SIGUSR2));
    say("delivered before the return: %s\n", signal_name(seen));
    SHOW(kill(getpid(), 0));
    SHOW(kill(getpid(), 64 + 1));
    SHOW(kill(getpid(), -1));
    SHOW(kill(0x7fffffff, 0));
    SHOW(kill(0x7fffffff, 65));
    SHOW(kill(-0x7fffffff, SIGUSR1));
    SHOW(kill((pid_t)0x80000000, SIGUSR1));
    SHOW(kill((pid_t)0x80000000, 65));
}

/* Called in a group leader. */
static void show_group(void)
{
    pid_t one = start_child(member), two = start_child(member);
    gate_wait(&ready);
    gate_wait(&ready);
    SHOW(kill(0, SIGUSR1));
    sigset_t set;
    MUST(sigpending(&set));
    say("the caller is in the group: %d\n", sigismember(&set, SIGUSR1));
    show_status("one", reap(one));
    show_status("two", reap(two));

    one = start_child(waiter);
    gate_wait(&ready);
    MUST(setpgid(one, one));
    SHOW(kill(-one, 0));
    SHOW(kill(-one, SIGTERM));
    siginfo_t info;
    MUST(waitid(P_PID, (id_t)one, &info, WEXITED | WNOWAIT));
    say("a zombie takes signals: %d, its group: %d\n", kill(one, SIGTERM), kill(-one, 0));
    show_status("one", reap(one));
    SHOW(kill(one, 0));
    SHOW(kill(-one, 0));
}

static void group(void)
{
    MUST(setsid());
    show_group();
}

/* Everybody but init and the caller: also the processes that started this program, so the signal is
 * one that does nothing to those who do not wait for it. */
static void everybody(void)
{
    MUST(setsid());
    pid_t one = start_child(member);
    gate_wait(&ready);
    MUST(setpgid(one, one));
    SHOW(kill(-1, SIGURG));
    sigset_t set;
    MUST(sigpending(&set));
    say("the caller got it: %d\n", sigismember(&set, SIGURG));
    show_status("one", reap(one));
}

static pid_t target;

static void user(void)
{
    SHOW(kill(target, SIGTERM));
    SHOW(kill(target, 0));
    SHOW(kill(target, SIGCONT));
    SHOW(kill(target, 65));
    SHOW(kill(getpid(), SIGCONT));
    SHOW(kill(-target, SIGTERM));
}

int main(void)
{
    gate_open(&ready);
    gate_open(&leave);
    show_self();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGURG);
    MUST(sigprocmask(SIG_BLOCK, &set, NULL));
    show_child("group", group);
    show_child("everybody", everybody);
    MUST(sigpending(&set));
    say("the first process got it: %d\n", sigismember(&set, SIGURG));

    /* root's process in the same session: SIGCONT alone may be sent. */
    catch_signal(SIGCONT, quiet, 0);
    target = start_child(waiter);
    gate_wait(&ready);
    MUST(setpgid(target, target));
    run_as(65534, user);
    gate_pass(&leave);
    show_status("target", reap(target));
    return 0;
}
