// calls: rt_sigqueueinfo rt_tgsigqueueinfo
// needs: namespaces
/* Signals with information of the sender's making: which codes may be claimed, and to whom. */
#include "child.h"

static siginfo_t message;
static struct gate ready, leave;

static void handler(int signo, siginfo_t *info, void *context)
{
    (void)context;
    say("%s: signo %d code %d errno %d pid %d uid %u value %#lx\n", signal_name(signo),
        info->si_signo, info->si_code, info->si_errno, info->si_pid, info->si_uid,
        (unsigned long)info->si_value.sival_ptr);
}

static void compose(int code)
{
    memset(&message, 0, sizeof message);
    message.si_signo = 50; /* the call's own number wins */
    message.si_errno = 11;
    message.si_code = code;
    message.si_pid = 12;
    message.si_uid = 13;
    message.si_value.sival_ptr = (void *)0x1122334455667788;
}

static void receiver(void)
{
    gate_pass(&ready);
    gate_wait(&leave);
}

static void send_codes(pid_t pid, const char *whom)
{
    static const int codes[] = {SI_QUEUE, SI_TIMER, SI_TKILL, SI_USER, SI_KERNEL, -100, 1};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        compose(codes[i]);
        say("code %d to %s\n", codes[i], whom);
        SHOW(RAW(rt_sigqueueinfo, pid, SIGUSR1, &message));
        SHOW(RAW(rt_tgsigqueueinfo, pid, pid, SIGUSR1, &message));
    }
}

static pid_t root;

static void user(void)
{
    compose(SI_QUEUE);
    SHOW(RAW(rt_sigqueueinfo, root, SIGUSR1, &message));
    SHOW(RAW(rt_tgsigqueueinfo, root, root, SIGUSR1, &message));
}

int main(void)
{
    pid_t self = getpid();
    catch_info(SIGUSR1, handler, 0);
    send_codes(self, "myself");
    compose(SI_QUEUE);
    SHOW(RAW(rt_sigqueueinfo, self, 0, &message));
    SHOW(RAW(rt_sigqueueinfo, self, 65, &message));
    SHOW(RAW(rt_sigqueueinfo, self, -1, &message));
    SHOW(RAW(rt_sigqueueinfo, self, SIGUSR1, BAD_POINTER));
    SHOW(RAW(rt_sigqueueinfo, self, SIGUSR1, NULL));
    SHOW(RAW(rt_sigqueueinfo, 0x7fffffff, SIGUSR1, &message));
    SHOW(RAW(rt_sigqueueinfo, 0x7fffffff, 65, BAD_POINTER));
    SHOW(RAW(rt_tgsigqueueinfo, self, 0, SIGUSR1, &message));
    SHOW(RAW(rt_tgsigqueueinfo, -1, self, SIGUSR1, &message));
    SHOW(RAW(rt_tgsigqueueinfo, 1, self, SIGUSR1, &message));
    SHOW(RAW(rt_tgsigqueueinfo, self, self, 65, &message));
    SHOW(RAW(rt_tgsigqueueinfo, self, self, SIGUSR1, BAD_POINTER));

    gate_open(&ready);
    gate_open(&leave);
    /* The receiver prints while the sender does: only refusals are tried on it, then one signal. */
    pid_t pid = start_child(receiver);
    gate_wait(&ready);
    compose(SI_USER);
    SHOW(RAW(rt_sigqueueinfo, pid, SIGUSR1, &message));
    compose(SI_TKILL);
    SHOW(RAW(rt_sigqueueinfo, pid, SIGUSR1, &message));
    SHOW(RAW(rt_tgsigqueueinfo, pid, pid, SIGUSR1, &message));
    compose(SI_KERNEL);
    SHOW(RAW(rt_tgsigqueueinfo, pid, pid, SIGUSR1, &message));
    SHOW(RAW(rt_tgsigqueueinfo, self, pid, SIGUSR1, &message));
    compose(SI_QUEUE);
    SHOW(RAW(rt_sigqueueinfo, pid, 0, &message));
    MUST(RAW(rt_sigqueueinfo, pid, SIGUSR1, &message));
    gate_pass(&leave);
    show_status("receiver", reap(pid));
    root = self;
    run_as(65534, user);
    return 0;
}
