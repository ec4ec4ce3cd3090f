/*
 * Clocks and sleeping: clock_gettime(2), clock_getres(2), clock_nanosleep(2), nanosleep(2),
 * gettimeofday(2), time(2), and what adjtimex(2) tells. Nobody sets the box's clock: the other
 * calls are refused by the description.
 */
#include <errno.h>
#include <sys/time.h>
#include <sys/timex.h>

#include "abi/handlers.h"
#include "sandbox/process.h"
#include "sandbox/time.h"

/* Resolution of the coarse clocks and of CPU clocks by tick: a kernel with 250 ticks a second. */
#define COARSE_NS 4000000ll

/* CPU clocks of other tasks: the complement of the id, then what is counted (posix-timers). */
#define CPU_CLOCK_KIND(clock)      ((clock)&3)
#define CPU_CLOCK_OF_THREAD(clock) (((clock)&4) != 0)
#define CPU_CLOCK_ID(clock)        (~((clock) >> 3))
enum { CPU_CLOCK_PROF, CPU_CLOCK_VIRTUAL, CPU_CLOCK_SCHED, CPU_CLOCK_FD };

/* ---- conversions ---- */

struct time_spec time_spec_of(int64_t ns)
{
    return (struct time_spec){.sec = ns / NS_PER_SECOND, .nsec = ns % NS_PER_SECOND};
}

struct time_val time_val_of(int64_t ns)
{
    return (struct time_val){.sec = ns / NS_PER_SECOND, .usec = ns % NS_PER_SECOND / 1000};
}

int time_spec_ns(const struct time_spec *spec, int64_t *ns)
{
    if (spec->sec < 0 || spec->nsec < 0 || spec->nsec >= NS_PER_SECOND)
        return -EINVAL;
    if (__builtin_mul_overflow(spec->sec, NS_PER_SECOND, ns) ||
        __builtin_add_overflow(*ns, spec->nsec, ns))
        *ns = INT64_MAX;
    return 0;
}

int time_copy_timespec(struct task *task, gaddr_t from, int64_t *ns)
{
    struct time_spec spec;
    if (copyin(task->mm, &spec, from, sizeof spec))
        return -EFAULT;
    return time_spec_ns(&spec, ns);
}

int time_copy_deadline(struct task *task, gaddr_t from, int64_t *deadline)
{
    int64_t ns;
    int error = time_copy_timespec(task, from, &ns);
    if (!error)
        *deadline = task_deadline(task, ns);
    return error;
}

int64_t time_absolute_deadline(struct task *task, int clock, int64_t ns)
{
    int64_t deadline;
    if (clock != CLOCK_REALTIME && clock != CLOCK_TAI)
        return ns;
    int64_t ahead = clock_realtime(task->box) - clock_monotonic(task->box);
    /* A time before the box's start has passed whatever the difference is. */
    return __builtin_sub_overflow(ns, ahead, &deadline) ? 0 : deadline;
}

/* ---- clocks ---- */

static int64_t cpu_clock_value(int64_t user, int64_t system, int kind)
{
    return kind == CPU_CLOCK_VIRTUAL ? user : user + system;
}

/* A negative clock: CPU time of a thread of the caller's process, or of any process. */
static int cpu_clock_now(struct task *task, int clock, int64_t *ns)
{
    int kind = CPU_CLOCK_KIND(clock);
    pid_t id = CPU_CLOCK_ID(clock);
    int64_t user, system;
    if (kind == CPU_CLOCK_FD)
        return -EINVAL;
    struct task *target = id ? task_find(task->box, id) : task;
    if (!target)
        return -EINVAL;
    if (CPU_CLOCK_OF_THREAD(clock)) {
        if (target->process != task->process)
            return -EINVAL;
        task_cpu_times(target, &user, &system);
    } else {
        if (id && target->process->pid != id && target != task)
            return -EINVAL;
        process_cpu_times(target->process, &user, &system);
    }
    *ns = cpu_clock_value(user, system, kind);
    return 0;
}

int time_now(struct task *task, int clock, int64_t *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_TAI: /* no leap seconds are known, as on a machine without NTP */
        *ns = clock_realtime(task->box);
        return 0;
    case CLOCK_REALTIME_COARSE:
        *ns = clock_realtime(task->box) / COARSE_NS * COARSE_NS;
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
        *ns = clock_monotonic(task->box);
        return 0;
    case CLOCK_MONOTONIC_COARSE:
        *ns = clock_monotonic(task->box) / COARSE_NS * COARSE_NS;
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        *ns = process_cpu_time(task->process);
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = task_cpu_time(task);
        return 0;
    default: /* the alarm clocks need a hardware clock that the box has not */
        return clock < 0 ? cpu_clock_now(task, clock, ns) : -EINVAL;
    }
}

static bool is_coarse(int clock)
{
    return clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
}

SYS(clock_gettime)
{
    int64_t ns;
    int error = time_now(t, a->clockid, &ns);
    if (error)
        return error;
    const struct time_spec spec = time_spec_of(ns);
    return copyout(t->mm, a->tp, &spec, sizeof spec);
}

SYS(clock_getres)
{
    int64_t now;
    int error = time_now(t, a->clockid, &now);
    if (error)
        return error;
    bool ticks =
        is_coarse(a->clockid) || (a->clockid < 0 && CPU_CLOCK_KIND(a->clockid) != CPU_CLOCK_SCHED);
    const struct time_spec spec = time_spec_of(ticks ? COARSE_NS : 1);
    return a->res ? copyout(t->mm, a->res, &spec, sizeof spec) : 0;
}

SYS(gettimeofday)
{
    const struct time_val now = time_val_of(clock_realtime(t->box));
    const struct timezone zone = {0};
    if (a->tv && copyout(t->mm, a->tv, &now, sizeof now))
        return -EFAULT;
    return a->tz ? copyout(t->mm, a->tz, &zone, sizeof zone) : 0;
}

SYS(time)
{
    int64_t now = clock_realtime(t->box) / NS_PER_SECOND;
    if (a->tloc && copyout(t->mm, a->tloc, &now, sizeof now))
        return -EFAULT;
    return now;
}

/* ---- adjtimex ---- */

#define ADJUST_ONCE      0x8000u  /* ADJ_ADJTIME of the kernel: adjtime(3)'s form */
#define ADJUST_READ_ONLY 0x2000u  /* with it: only tell what is left */
#define MOST_ERROR_US    16000000 /* NTP_PHASE_LIMIT */
#define MOST_FREQUENCY   32768000 /* 500 ppm, scaled by 2^16 */
#define TICK_US          10000

static int check_adjustment(uint32_t modes)
{
    if (!(modes & ADJUST_ONCE))
        return modes ? -EPERM : 0;
    if (!(modes & ADJ_OFFSET))
        return -EINVAL;
    return modes & ADJUST_READ_ONLY ? 0 : -EPERM;
}

/* A clock that no time server has disciplined: the values that a kernel starts with. */
static void tell_discipline(struct task *task, struct timex *state)
{
    const struct time_val now = time_val_of(clock_realtime(task->box));
    *state = (struct timex){
        .modes = state->modes,
        .maxerror = MOST_ERROR_US,
        .esterror = MOST_ERROR_US,
        .status = STA_UNSYNC,
        .constant = 2,
        .precision = 1,
        .tolerance = MOST_FREQUENCY,
        .time = {.tv_sec = now.sec, .tv_usec = now.usec},
        .tick = TICK_US,
    };
}

/* Only CLOCK_REALTIME can be adjusted at all. */
static int check_adjusted_clock(struct task *task, int clock)
{
    int64_t now;
    if (clock == CLOCK_REALTIME)
        return 0;
    if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM)
        return -EOPNOTSUPP;
    return time_now(task, clock, &now) ? -EINVAL : -EOPNOTSUPP;
}

static long adjust(struct task *task, int clock, gaddr_t buf)
{
    struct timex state;
    if (copyin(task->mm, &state, buf, sizeof state))
        return -EFAULT;
    int error = check_adjusted_clock(task, clock);
    if (!error)
        error = check_adjustment(state.modes);
    if (error)
        return error;
    tell_discipline(task, &state);
    return copyout(task->mm, buf, &state, sizeof state) ? -EFAULT : TIME_ERROR;
}

SYS(adjtimex)
{
    return adjust(t, CLOCK_REALTIME, a->buf);
}

SYS(clock_adjtime)
{
    return adjust(t, a->clockid, a->buf);
}

/* ---- sleeping ---- */

/* Until the deadline; -EINTR with the time left in *left. */
static int sleep_until(struct task *task, int64_t deadline, int64_t *left)
{
    int error;
    do
        error = task_wait(task, deadline, RESTART_NO_HANDLER);
    while (!error);
    if (error == -ETIMEDOUT)
        return 0;
    *left = deadline - clock_monotonic(task->box);
    if (*left < 0)
        *left = 0;
    return error;
}

/* CPU time passes at most as fast as real time: sleep what is left of it, and look again. */
static int sleep_cpu(struct task *task, int clock, int64_t until, int64_t *left)
{
    for (;;) {
        int64_t now, monotonic = clock_monotonic(task->box), rest;
        int error = time_now(task, clock, &now);
        if (error || now >= until)
            return error;
        int64_t pause = until - now < COARSE_NS ? COARSE_NS : until - now;
        int64_t deadline;
        if (__builtin_add_overflow(monotonic, pause, &deadline))
            deadline = WAIT_FOREVER;
        error = sleep_until(task, deadline, &rest);
        if (error) {
            *left = until - now;
            return error;
        }
    }
}

static bool is_cpu_clock(int clock)
{
    return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID;
}

/* Which clocks can be slept on. */
static int check_sleep_clock(struct task *task, int clock)
{
    int64_t now;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
    case CLOCK_PROCESS_CPUTIME_ID:
        return 0;
    case CLOCK_THREAD_CPUTIME_ID: /* it would stand still */
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
        return -EOPNOTSUPP;
    default:
        return time_now(task, clock, &now);
    }
}

static long sleep_on(struct task *task, int clock, bool absolute, gaddr_t request, gaddr_t remain)
{
    int64_t ns, left = 0, now;
    int error = time_copy_timespec(task, request, &ns);
    if (error)
        return error;
    if (is_cpu_clock(clock)) {
        error = time_now(task, clock, &now);
        if (!error && !absolute && __builtin_add_overflow(ns, now, &ns))
            ns = INT64_MAX;
        if (!error)
            error = sleep_cpu(task, clock, ns, &left);
    } else {
        int64_t deadline =
            absolute ? time_absolute_deadline(task, clock, ns) : task_deadline(task, ns);
        error = sleep_until(task, deadline, &left);
    }
    if (error != -EINTR || absolute || !remain)
        return error;
    const struct time_spec rest = time_spec_of(left);
    return copyout(task->mm, remain, &rest, sizeof rest) ? -EFAULT : -EINTR;
}

SYS(nanosleep)
{
    return sleep_on(t, CLOCK_MONOTONIC, false, a->req, a->rem);
}

SYS(clock_nanosleep)
{
    int error = check_sleep_clock(t, a->clockid);
    return error ? error : sleep_on(t, a->clockid, (a->flags & TIMER_ABSTIME) != 0, a->req, a->rem);
}
