/* wait4(2) and waitid(2): which child, which of its changes, and what is told about it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>

#include "abi/handlers.h"
#include "sandbox/process.h"
#include "sandbox/usage.h"
#include "sandbox/vfs/vfs.h"

#define WAIT_KINDS  (__WNOTHREAD | __WCLONE | __WALL)
#define STATUS_CONT 0xffff

struct wait_request {
    enum { CHILD_ANY, CHILD_PID, CHILD_GROUP, CHILD_PROCESS } what;
    pid_t id;                /* CHILD_PID, CHILD_GROUP */
    struct process *process; /* CHILD_PROCESS */
    int options;             /* W* of waitid, and __W* */
};

/* What was found. */
struct wait_result {
    pid_t pid; /* 0: WNOHANG and nothing */
    uint32_t uid;
    int status; /* as wait4 has it */
    struct rusage usage;
};

static bool is_meant(const struct process *child, const struct wait_request *request)
{
    switch (request->what) {
    case CHILD_PID:
        if (child->pid != request->id)
            return false;
        break;
    case CHILD_GROUP:
        if (child->pgid != request->id)
            return false;
        break;
    case CHILD_PROCESS:
        if (child != request->process)
            return false;
        break;
    case CHILD_ANY:
        break;
    }
    /* A "clone" child is one that does not send SIGCHLD. */
    bool is_clone = child->exit_signal != SIGCHLD;
    return (request->options & __WALL) || is_clone == !!(request->options & __WCLONE);
}

static void fill_result(struct process *child, int status, struct wait_result *result)
{
    result->pid = child->pid;
    result->uid = process_leader(child)->cred.ruid;
    result->status = status;
    usage_of_process(child, true, &result->usage);
}

/* True when the child has a change that was asked for; it is consumed unless WNOWAIT. */
static bool take_change(struct process *parent, struct process *child, int options,
                        struct wait_result *result)
{
    bool keep = (options & WNOWAIT) != 0;
    if (child->state == PROCESS_ZOMBIE) {
        if (!(options & WEXITED))
            return false;
        fill_result(child, child->wait_status, result);
        if (!keep) {
            usage_add_child(parent, child);
            process_reap(child);
        }
        return true;
    }
    if ((options & WSTOPPED) && child->stopped && !child->stop_reported) {
        fill_result(child, child->stop_signal << 8 | 0x7f, result);
        child->stop_reported = !keep;
        return true;
    }
    if ((options & WCONTINUED) && child->continued_pending) {
        fill_result(child, STATUS_CONT, result);
        child->continued_pending = keep;
        return true;
    }
    return false;
}

/* 1: found, 0: not yet, -ECHILD: there is no such child. */
static int look(struct process *parent, const struct wait_request *request,
                struct wait_result *result)
{
    int found = -ECHILD;
    for (struct process *child = parent->children; child; child = child->sibling_next) {
        if (!is_meant(child, request))
            continue;
        if (take_change(parent, child, request->options, result))
            return 1;
        found = 0;
    }
    return found;
}

static int do_wait(struct task *task, const struct wait_request *request,
                   struct wait_result *result)
{
    struct process *process = task->process;
    int error = 0;
    memset(result, 0, sizeof *result);
    for (;;) {
        /* After an interruption too: the signal may be the one of the child that ended. */
        int found = look(process, request, result);
        if (found)
            return found < 0 ? found : 0;
        if (error || (request->options & WNOHANG))
            return error;
        error = wait_on(&process->wait_children, task, WAIT_FOREVER, RESTART_SYS);
    }
}

SYS(wait4)
{
    const int known = WNOHANG | WUNTRACED | WCONTINUED | WAIT_KINDS;
    struct wait_request request = {.what = CHILD_ANY, .options = a->options | WEXITED};
    struct wait_result result;
    if (a->options & ~known)
        return -EINVAL;
    if (a->pid == INT_MIN)
        return -ESRCH;
    if (a->pid < -1) {
        request.what = CHILD_GROUP;
        request.id = -a->pid;
    } else if (a->pid == 0) {
        request.what = CHILD_GROUP;
        request.id = t->process->pgid;
    } else if (a->pid > 0) {
        request.what = CHILD_PID;
        request.id = a->pid;
    }
    int error = do_wait(t, &request, &result);
    if (error || !result.pid)
        return error;
    if (a->wstatus && copyout(t->mm, a->wstatus, &result.status, sizeof result.status))
        return -EFAULT;
    if (a->rusage && copyout(t->mm, a->rusage, &result.usage, sizeof result.usage))
        return -EFAULT;
    return result.pid;
}

/* Which child waitid means; *nonblocking: it came as a pidfd with O_NONBLOCK. */
static int parse_idtype(struct task *task, int idtype, int id, struct wait_request *request,
                        bool *nonblocking)
{
    switch (idtype) {
    case P_ALL:
        request->what = CHILD_ANY;
        return 0;
    case P_PID:
        request->what = CHILD_PID;
        request->id = id;
        return id <= 0 ? -EINVAL : 0;
    case P_PGID:
        request->what = CHILD_GROUP;
        request->id = id ? id : task->process->pgid;
        return id < 0 ? -EINVAL : 0;
    case P_PIDFD:
        request->what = CHILD_PROCESS;
        return id < 0 ? -EINVAL : pidfd_wait_target(task, id, &request->process, nonblocking);
    default:
        return -EINVAL;
    }
}

static void describe_status(int status, int *code, int *value)
{
    if (status == STATUS_CONT) {
        *code = CLD_CONTINUED;
        *value = SIGCONT;
    } else if (WIFSTOPPED(status)) {
        *code = CLD_STOPPED;
        *value = WSTOPSIG(status);
    } else if (WIFSIGNALED(status)) {
        *code = CLD_KILLED;
        *value = WTERMSIG(status);
    } else {
        *code = CLD_EXITED;
        *value = WEXITSTATUS(status);
    }
}

/* The kernel stores six fields one by one and leaves the rest of the siginfo alone. */
static int write_info(struct task *task, gaddr_t infop, const struct wait_result *result)
{
    struct {
        int signo, error, code;
    } head = {0};
    struct {
        int pid;
        uint32_t uid;
        int status;
    } child = {0};
    if (result->pid) {
        head.signo = SIGCHLD;
        describe_status(result->status, &head.code, &child.status);
        child.pid = result->pid;
        child.uid = result->uid;
    }
    if (copyout(task->mm, infop, &head, sizeof head))
        return -EFAULT;
    return copyout(task->mm, infop + offsetof(siginfo_t, si_pid), &child, sizeof child);
}

static int do_waitid(struct task *task, const struct waitid_args *a, struct wait_result *result)
{
    const int changes = WEXITED | WSTOPPED | WCONTINUED;
    struct wait_request request = {.options = a->options};
    bool nonblocking = false;
    memset(result, 0, sizeof *result);
    if (a->options & ~(changes | WNOHANG | WNOWAIT | WAIT_KINDS) || !(a->options & changes))
        return -EINVAL;
    int error = parse_idtype(task, a->idtype, a->id, &request, &nonblocking);
    if (error)
        return error;
    nonblocking &= !(a->options & WNOHANG);
    if (nonblocking)
        request.options |= WNOHANG;
    error = do_wait(task, &request, result);
    if (request.process)
        process_put(request.process);
    return !error && !result->pid && nonblocking ? -EAGAIN : error;
}

SYS(waitid)
{
    struct wait_result result;
    int error = do_waitid(t, a, &result);
    if (a->rusage && result.pid && copyout(t->mm, a->rusage, &result.usage, sizeof result.usage))
        return -EFAULT;
    /* Linux clears the fields also when it fails. */
    return a->infop && write_info(t, a->infop, &result) ? -EFAULT : error;
}
