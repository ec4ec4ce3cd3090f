/* Resource limits and usage: getrlimit(2), prlimit(2), getrusage(2), times(2). */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/times.h>

#include "abi/handlers.h"
#include "sandbox/process.h"
#include "sandbox/time.h"
#include "sandbox/timers.h"
#include "sandbox/usage.h"

/* fs.nr_open: the most descriptors that a table may have. */
#define MOST_FILES (1u << 20)

/* ---- limits ---- */

static int check_change(const struct task *task, uint32_t resource,
                        const struct resource_limit *old, const struct resource_limit *new)
{
    if (new->cur > new->max)
        return -EINVAL;
    if (resource == RLIMIT_NOFILE && new->max > MOST_FILES)
        return -EPERM;
    return new->max > old->max && !task_capable(task, CAP_SYS_RESOURCE) ? -EPERM : 0;
}

/* What acts on a limit by itself instead of being asked at each use. */
static void apply_change(struct process *process, uint32_t resource)
{
    if (resource == RLIMIT_CPU)
        cpu_limit_changed(process);
    if (resource == RLIMIT_STACK && process->mm)
        mm_set_stack_limit(process->mm, process->rlimit[RLIMIT_STACK].cur);
}

/* Reads the old limit and, unless new is NULL, sets it. */
static int exchange_limit(const struct task *task, struct process *process, uint32_t resource,
                          const struct resource_limit *new, struct resource_limit *old)
{
    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    struct resource_limit *limit = &process->rlimit[resource];
    *old = *limit;
    if (!new)
        return 0;
    int error = check_change(task, resource, old, new);
    if (error)
        return error;
    *limit = *new;
    apply_change(process, resource);
    return 0;
}

SYS(getrlimit)
{
    struct resource_limit old;
    int error = exchange_limit(t, t->process, a->resource, NULL, &old);
    return error ? error : copyout(t->mm, a->rlim, &old, sizeof old);
}

SYS(setrlimit)
{
    struct resource_limit new, old;
    if (copyin(t->mm, &new, a->rlim, sizeof new))
        return -EFAULT;
    return exchange_limit(t, t->process, a->resource, &new, &old);
}

static int check_prlimit(const struct task *task, const struct task *target)
{
    const struct cred *from = &task->cred, *to = &target->cred;
    bool same_user = from->ruid == to->euid && from->ruid == to->suid && from->ruid == to->ruid;
    bool same_group = from->rgid == to->egid && from->rgid == to->sgid && from->rgid == to->rgid;
    if (task == target || (same_user && same_group) || task_capable(task, CAP_SYS_RESOURCE))
        return 0;
    return -EPERM;
}

SYS(prlimit64)
{
    struct resource_limit new, old;
    if (a->new_limit && copyin(t->mm, &new, a->new_limit, sizeof new))
        return -EFAULT;
    const struct task *target = a->pid ? task_find(t->box, a->pid) : t;
    if (!target)
        return -ESRCH;
    int error = check_prlimit(t, target);
    if (!error)
        error = exchange_limit(t, target->process, a->resource, a->new_limit ? &new : NULL, &old);
    if (error || !a->old_limit)
        return error;
    return copyout(t->mm, a->old_limit, &old, sizeof old);
}

/* ---- usage ---- */

static struct timeval timeval_of(int64_t ns)
{
    const struct time_val val = time_val_of(ns);
    return (struct timeval){.tv_sec = val.sec, .tv_usec = val.usec};
}

static uint64_t peak_memory(const struct process *process)
{
    struct mm_stats stats = {0};
    if (process->mm)
        mm_stats(process->mm, &stats);
    return stats.resident > process->max_rss ? stats.resident : process->max_rss;
}

void usage_of_process(struct process *process, bool and_children, struct rusage *out)
{
    int64_t user, system;
    uint64_t rss = peak_memory(process);
    memset(out, 0, sizeof *out);
    process_cpu_times(process, &user, &system);
    out->ru_minflt = (long)process->minor_faults;
    out->ru_nvcsw = (long)process->voluntary_switches;
    out->ru_nivcsw = (long)process->involuntary_switches;
    for (const struct task *task = process->tasks; task; task = task->thread_next) {
        if (task->exited)
            continue;
        out->ru_nvcsw += (long)task->voluntary_switches;
        out->ru_nivcsw += (long)task->involuntary_switches;
    }
    if (and_children) {
        user += process->children_user;
        system += process->children_system;
        out->ru_minflt += (long)process->children_faults;
        if (process->children_max_rss > rss)
            rss = process->children_max_rss;
    }
    out->ru_utime = timeval_of(user);
    out->ru_stime = timeval_of(system);
    out->ru_maxrss = (long)(rss / 1024);
}

void usage_add_child(struct process *parent, struct process *child)
{
    uint64_t rss = peak_memory(child);
    parent->children_user += child->cpu_user + child->children_user;
    parent->children_system += child->cpu_system + child->children_system;
    parent->children_faults += child->minor_faults + child->children_faults;
    if (child->children_max_rss > rss)
        rss = child->children_max_rss;
    if (rss > parent->children_max_rss)
        parent->children_max_rss = rss;
}

static void usage_of_children(const struct process *process, struct rusage *out)
{
    memset(out, 0, sizeof *out);
    out->ru_utime = timeval_of(process->children_user);
    out->ru_stime = timeval_of(process->children_system);
    out->ru_minflt = (long)process->children_faults;
    out->ru_maxrss = (long)(process->children_max_rss / 1024);
}

static void usage_of_thread(struct task *task, struct rusage *out)
{
    int64_t user, system;
    memset(out, 0, sizeof *out);
    task_cpu_times(task, &user, &system);
    out->ru_utime = timeval_of(user);
    out->ru_stime = timeval_of(system);
    out->ru_nvcsw = (long)task->voluntary_switches;
    out->ru_nivcsw = (long)task->involuntary_switches;
    out->ru_maxrss = (long)(peak_memory(task->process) / 1024);
}

SYS(getrusage)
{
    struct rusage usage;
    switch (a->who) {
    case RUSAGE_SELF:
        usage_of_process(t->process, false, &usage);
        break;
    case RUSAGE_CHILDREN:
        usage_of_children(t->process, &usage);
        break;
    case RUSAGE_THREAD:
        usage_of_thread(t, &usage);
        break;
    default:
        return -EINVAL;
    }
    return copyout(t->mm, a->usage, &usage, sizeof usage);
}

SYS(times)
{
    int64_t user, system;
    process_cpu_times(t->process, &user, &system);
    const struct tms times = {
        .tms_utime = user / NS_PER_TICK,
        .tms_stime = system / NS_PER_TICK,
        .tms_cutime = t->process->children_user / NS_PER_TICK,
        .tms_cstime = t->process->children_system / NS_PER_TICK,
    };
    if (a->buf && copyout(t->mm, a->buf, &times, sizeof times))
        return -EFAULT;
    return clock_monotonic(t->box) / NS_PER_TICK;
}
