/*
 * Signals inside the kernel, beside what kernel.h gives everybody: for the signal handlers' files,
 * process.c and exec. Included by sandbox/ alone.
 */
#ifndef SANDBOX_SIGNAL_H
#define SANDBOX_SIGNAL_H

#include "emu/frame.h"
#include "sandbox/kernel.h"

#define SIG_HANDLER_DEFAULT 0ull
#define SIG_HANDLER_IGNORE  1ull

/* Signals from here on queue every instance (the kernel's numbering; libc hides the first two). */
#define SIGNAL_REALTIME 32

/* The smallest alternate stack (MINSIGSTKSZ of the ABI; libc's may be a function). */
#define MINSIGSTKSZ_GUEST 2048

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

#define SIGNALS_NEVER_BLOCKED (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))

enum signal_default { SIGNAL_TERMINATE, SIGNAL_IGNORE, SIGNAL_STOP, SIGNAL_CONTINUE };
enum signal_default signal_default_action(int signo);

/* Whether the process would drop the signal: SIG_IGN, or SIG_DFL of one that does nothing. */
bool signal_is_ignored(const struct process *process, int signo);
/* Drops every queued instance. */
void signal_flush(struct sig_pending *pending);
/* Drops queued signals of the set from the process and all its tasks. */
void signal_discard(struct process *process, sigset64 set);
/* Signals queued on a task's behalf: its own and its process's. */
sigset64 signal_pending_set(const struct task *task);

/* The siginfo of kill(2), tgkill(2) (SI_TKILL) and sigqueue: sender is the current task. */
void signal_info_user(const struct task *sender, int signo, int code, siginfo_t *info);
/* kill(2)'s permission rule, with SIGCONT's exception for one session. 0 or -EPERM. */
int signal_check_permission(const struct task *sender, const struct process *target, int signo);

/*
 * A siginfo that the sender made itself (rt_sigqueueinfo, pidfd_send_signal). -EFAULT, or -EPERM
 * when it pretends to come from the kernel or from kill and is not for the sender's own process.
 */
int signal_copy_info(struct task *task, gaddr_t from, int signo, pid_t target, siginfo_t *info);

/* sigaltstack(2): the state as the call reports it at stack pointer sp, and a change of it. */
void signal_get_altstack(const struct task *task, gaddr_t sp, struct frame_altstack *out);
int signal_set_altstack(struct task *task, gaddr_t sp, const struct frame_altstack *altstack);
/* True when sp lies on the task's alternate stack. */
bool signal_on_altstack(const struct task *task, gaddr_t sp);

#endif
