/*
 * Timers that send signals: setitimer(2), alarm(2), timer_create(2) and its family, and the CPU
 * limit of setrlimit(2).
 *
 * A timer on a CPU clock is looked at when that much time could have passed at the earliest, since
 * CPU time is never faster than real time; after that at every tick of 4 ms, which is the
 * resolution that Linux gives such timers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "abi/handlers.h"
#include "sandbox/process.h"
#include "sandbox/signal.h"
#include "sandbox/time.h"
#include "sandbox/timers.h"

#define TICK_NS 4000000ll
/* A shorter interval is counted as overruns instead of waking the machine for each. */
#define SHORTEST_NS 50000ll

static int64_t add(int64_t time, int64_t ns)
{
    int64_t sum;
    return __builtin_add_overflow(time, ns, &sum) ? INT64_MAX : sum;
}

/* The first expiration after now of a timer that expired at `when`; *count: how many had passed. */
static int64_t forward(int64_t when, int64_t interval, int64_t now, int64_t *count)
{
    int64_t passed = (now - when) / interval;
    *count = passed + 1;
    int64_t step;
    if (__builtin_mul_overflow(passed + 1, interval, &step))
        return INT64_MAX;
    return add(when, step);
}

/* ---- setitimer: real time ---- */

static void fire_real(struct ktimer *timer)
{
    struct process *process = timer->ctx;
    int64_t now = clock_monotonic(process->box), count;
    signal_send_process(process, SIGALRM, NULL);
    process->itimer_real_when = 0;
    if (!timer->interval)
        return;
    process->itimer_real_when = forward(timer->when, timer->interval, now, &count);
    int64_t wake = process->itimer_real_when;
    ktimer_start(process->box, timer, wake < now + SHORTEST_NS ? now + SHORTEST_NS : wake,
                 timer->interval);
}

/* ---- setitimer: CPU time, and RLIMIT_CPU ---- */

static int64_t cpu_value(struct process *process, bool user_only)
{
    int64_t user, system;
    process_cpu_times(process, &user, &system);
    return user_only ? user : user + system;
}

/* Looks again when the CPU time could be reached. */
static void watch_cpu(struct process *process, struct cpu_timer *timer, int64_t cpu_now)
{
    int64_t rest = timer->when - cpu_now;
    if (!timer->when)
        return;
    timer->poll.ctx = process;
    ktimer_start(process->box, &timer->poll,
                 add(clock_monotonic(process->box), rest < TICK_NS ? TICK_NS : rest), 0);
}

static void fire_cpu(struct process *process, struct cpu_timer *timer, bool user_only, int signo)
{
    int64_t now = cpu_value(process, user_only), count;
    if (now >= timer->when) {
        signal_send_process(process, signo, NULL);
        timer->when = timer->interval ? forward(timer->when, timer->interval, now, &count) : 0;
    }
    watch_cpu(process, timer, now);
}

static void fire_virtual(struct ktimer *timer)
{
    struct process *process = timer->ctx;
    fire_cpu(process, &process->itimer_virtual, true, SIGVTALRM);
}

static void fire_prof(struct ktimer *timer)
{
    struct process *process = timer->ctx;
    fire_cpu(process, &process->itimer_prof, false, SIGPROF);
}

/* The soft limit sends SIGXCPU and then once a second; the hard one kills (getrlimit(2)). */
static void fire_limit(struct ktimer *timer)
{
    struct process *process = timer->ctx;
    struct cpu_timer *limit = &process->cpu_limit;
    int64_t now = cpu_value(process, false);
    uint64_t hard = process->rlimit[RLIMIT_CPU].max;
    if (hard != RLIM64_INFINITY && (uint64_t)(now / NS_PER_SECOND) >= hard) {
        process_exit_group(process, SIGKILL);
        return;
    }
    if (now >= limit->when) {
        signal_send_process(process, SIGXCPU, NULL);
        limit->when = add(limit->when, NS_PER_SECOND);
    }
    watch_cpu(process, limit, now);
}

void cpu_limit_changed(struct process *process)
{
    uint64_t seconds = process->rlimit[RLIMIT_CPU].cur;
    if (process->rlimit[RLIMIT_CPU].max < seconds)
        seconds = process->rlimit[RLIMIT_CPU].max;
    ktimer_stop(process->box, &process->cpu_limit.poll);
    process->cpu_limit.when = 0;
    if (seconds > INT64_MAX / NS_PER_SECOND)
        return;
    /* Zero means one second: a process that may not run at all could not even be told. */
    process->cpu_limit.when = (int64_t)(seconds ? seconds : 1) * NS_PER_SECOND;
    process->cpu_limit.poll.fire = fire_limit;
    watch_cpu(process, &process->cpu_limit, cpu_value(process, false));
}

void itimers_stop(struct process *process)
{
    ktimer_stop(process->box, &process->itimer_real);
    ktimer_stop(process->box, &process->itimer_virtual.poll);
    ktimer_stop(process->box, &process->itimer_prof.poll);
    ktimer_stop(process->box, &process->cpu_limit.poll);
}

/* ---- the calls of setitimer ---- */

struct interval {
    int64_t value, interval; /* ns; value 0: disarmed */
};

static struct interval get_real(struct process *process)
{
    struct interval result = {.interval = process->itimer_real.interval};
    if (!process->itimer_real_when)
        return result;
    result.value = process->itimer_real_when - clock_monotonic(process->box);
    if (result.value < 1000)
        result.value = 1000; /* about to fire is not disarmed */
    return result;
}

static struct interval get_cpu(struct process *process, const struct cpu_timer *timer,
                               bool user_only)
{
    struct interval result = {.interval = timer->interval};
    if (!timer->when)
        return result;
    result.value = timer->when - cpu_value(process, user_only);
    if (result.value < TICK_NS)
        result.value = TICK_NS;
    return result;
}

static void set_real(struct process *process, const struct interval *new)
{
    ktimer_stop(process->box, &process->itimer_real);
    process->itimer_real.interval = new->value ? new->interval : 0;
    process->itimer_real_when = 0;
    if (!new->value)
        return;
    process->itimer_real.fire = fire_real;
    process->itimer_real.ctx = process;
    process->itimer_real_when = add(clock_monotonic(process->box), new->value);
    ktimer_start(process->box, &process->itimer_real, process->itimer_real_when, new->interval);
}

static void set_cpu(struct process *process, struct cpu_timer *timer, bool user_only,
                    void (*fire)(struct ktimer *), const struct interval *new)
{
    int64_t now = cpu_value(process, user_only);
    ktimer_stop(process->box, &timer->poll);
    timer->interval = new->interval;
    timer->when = new->value ? add(now, new->value) : 0;
    timer->poll.fire = fire;
    watch_cpu(process, timer, now);
}

/* Reads one timer and, unless new is NULL, sets it. */
static int exchange(struct process *process, int which, const struct interval *new,
                    struct interval *old)
{
    switch (which) {
    case ITIMER_REAL:
        *old = get_real(process);
        if (new)
            set_real(process, new);
        return 0;
    case ITIMER_VIRTUAL:
        *old = get_cpu(process, &process->itimer_virtual, true);
        if (new)
            set_cpu(process, &process->itimer_virtual, true, fire_virtual, new);
        return 0;
    case ITIMER_PROF:
        *old = get_cpu(process, &process->itimer_prof, false);
        if (new)
            set_cpu(process, &process->itimer_prof, false, fire_prof, new);
        return 0;
    default:
        return -EINVAL;
    }
}

/* struct itimerval of amd64. */
struct guest_itimerval {
    struct time_val interval, value;
};

static int val_ns(const struct time_val *val, int64_t *ns)
{
    if (val->usec < 0 || val->usec >= 1000000)
        return -EINVAL;
    return time_spec_ns(&(struct time_spec){val->sec, val->usec * 1000}, ns);
}

static int write_interval(struct task *task, gaddr_t to, const struct interval *interval)
{
    const struct guest_itimerval out = {
        .interval = time_val_of(interval->interval),
        .value = time_val_of(interval->value),
    };
    return copyout(task->mm, to, &out, sizeof out);
}

SYS(getitimer)
{
    struct interval old;
    int error = exchange(t->process, a->which, NULL, &old);
    return error ? error : write_interval(t, a->curr_value, &old);
}

SYS(setitimer)
{
    struct guest_itimerval in = {0};
    struct interval new, old;
    /* A NULL value disarms: an old mistake that Linux keeps. */
    if (a->new_value && copyin(t->mm, &in, a->new_value, sizeof in))
        return -EFAULT;
    if (val_ns(&in.value, &new.value) || val_ns(&in.interval, &new.interval))
        return -EINVAL;
    int error = exchange(t->process, a->which, &new, &old);
    if (error || !a->old_value)
        return error;
    return write_interval(t, a->old_value, &old);
}

SYS(alarm)
{
    const struct interval new = {.value = (int64_t)a->seconds * NS_PER_SECOND};
    struct interval old;
    exchange(t->process, ITIMER_REAL, &new, &old);
    int64_t seconds = old.value / NS_PER_SECOND, rest = old.value % NS_PER_SECOND;
    /* Rounded, but never to zero: that would say that there was no alarm. */
    if (rest >= NS_PER_SECOND / 2 || (!seconds && rest))
        seconds++;
    return seconds;
}

/* ---- timer_create ---- */

#define SIGEV_SIGNAL_GUEST    0
#define SIGEV_NONE_GUEST      1
#define SIGEV_THREAD_GUEST    2
#define SIGEV_THREAD_ID_GUEST 4

/* struct sigevent of amd64. */
struct guest_sigevent {
    uint64_t value;
    int signo, notify, tid;
    uint8_t rest[44];
};
_Static_assert(sizeof(struct guest_sigevent) == 64, "struct sigevent of the ABI");

struct posix_timer {
    struct posix_timer *next;
    struct process *process;
    int id, clock;
    pid_t clock_tid; /* whose CPU clock */
    int notify, signo;
    pid_t target; /* SIGEV_THREAD_ID, else 0 */
    uint64_t value;
    struct ktimer timer;
    int64_t when, interval; /* on the clock; 0: disarmed */
    int64_t overrun;        /* expirations since the signal was queued, beyond its own */
    int64_t last_overrun;   /* of the signal that was taken last */
};

static struct posix_timer *find_timer(const struct process *process, int id)
{
    struct posix_timer *timer = process->posix_timers;
    while (timer && timer->id != id)
        timer = timer->next;
    return timer;
}

static bool timer_on_cpu(const struct posix_timer *timer)
{
    return timer->clock < 0 || timer->clock == CLOCK_PROCESS_CPUTIME_ID ||
           timer->clock == CLOCK_THREAD_CPUTIME_ID;
}

/* Now on the timer's clock; the far future when the thread whose clock it is has gone. */
static int64_t timer_now(const struct posix_timer *timer)
{
    struct task *task = task_find(timer->process->box, timer->clock_tid);
    int64_t now;
    if (!task || task->process != timer->process)
        task = process_leader(timer->process);
    return time_now(task, timer->clock, &now) ? INT64_MAX : now;
}

static void watch_timer(struct posix_timer *timer)
{
    int64_t rest = timer->when - timer_now(timer);
    int64_t least = timer_on_cpu(timer) ? TICK_NS : 0;
    ktimer_start(timer->process->box, &timer->timer,
                 add(clock_monotonic(timer->process->box), rest < least ? least : rest), 0);
}

static bool is_queued(const struct sig_pending *pending, int id)
{
    for (const struct sig_queued *entry = pending->head; entry; entry = entry->next)
        if (entry->info.si_code == SI_TIMER && entry->info.si_timerid == id)
            return true;
    return false;
}

static bool signal_is_queued(const struct posix_timer *timer)
{
    const struct process *process = timer->process;
    if (is_queued(&process->pending, timer->id))
        return true;
    for (const struct task *task = process->tasks; task; task = task->thread_next)
        if (is_queued(&task->pending, timer->id))
            return true;
    return false;
}

static void send_timer_signal(struct posix_timer *timer)
{
    siginfo_t info = {.si_signo = timer->signo, .si_code = SI_TIMER};
    info.si_timerid = timer->id;
    info.si_value.sival_ptr = (void *)(uintptr_t)timer->value;
    if (!timer->target) {
        signal_send_process(timer->process, timer->signo, &info);
        return;
    }
    struct task *task = task_find(timer->process->box, timer->target);
    if (task && task->process == timer->process)
        signal_send_task(task, timer->signo, &info);
}

static void fire_timer(struct ktimer *ktimer)
{
    struct posix_timer *timer = ktimer->ctx;
    int64_t now = timer_now(timer), count = 1;
    if (!timer->when)
        return;
    if (now < timer->when) {
        watch_timer(timer);
        return;
    }
    timer->when = timer->interval ? forward(timer->when, timer->interval, now, &count) : 0;
    if (timer->notify != SIGEV_NONE_GUEST) {
        if (signal_is_queued(timer)) {
            timer->overrun += count;
        } else {
            timer->overrun = count - 1;
            send_timer_signal(timer);
        }
    }
    if (!timer->when)
        return;
    watch_timer(timer);
    int64_t soonest = clock_monotonic(timer->process->box) + SHORTEST_NS;
    if (timer->timer.when < soonest)
        ktimer_start(timer->process->box, &timer->timer, soonest, 0);
}

void posix_timer_taken(struct process *process, siginfo_t *info)
{
    struct posix_timer *timer = find_timer(process, info->si_timerid);
    if (!timer)
        return;
    timer->last_overrun = timer->overrun > INT32_MAX ? INT32_MAX : timer->overrun;
    timer->overrun = 0;
    info->si_overrun = (int)timer->last_overrun;
}

static void delete_timer(struct posix_timer *timer)
{
    struct posix_timer **link = &timer->process->posix_timers;
    while (*link != timer)
        link = &(*link)->next;
    *link = timer->next;
    ktimer_stop(timer->process->box, &timer->timer);
    free(timer);
}

void posix_timers_delete(struct process *process)
{
    while (process->posix_timers)
        delete_timer(process->posix_timers);
}

static int check_timer_clock(struct task *task, int clock)
{
    int64_t now;
    int error = time_now(task, clock, &now);
    if (error)
        return error;
    switch (clock) {
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
        return -EOPNOTSUPP;
    default:
        return 0;
    }
}

static int check_event(struct task *task, const struct guest_sigevent *event)
{
    switch (event->notify) {
    case SIGEV_NONE_GUEST:
        return 0;
    case SIGEV_THREAD_ID_GUEST: {
        const struct task *target = task_find(task->box, event->tid);
        if (!target || target->process != task->process)
            return -EINVAL;
        break;
    }
    case SIGEV_SIGNAL_GUEST:
    case SIGEV_THREAD_GUEST:
        break;
    default:
        return -EINVAL;
    }
    return event->signo > 0 && event->signo <= NSIG_GUEST ? 0 : -EINVAL;
}

/* Each timer stands for one queued signal. */
static bool too_many_timers(const struct process *process)
{
    uint64_t count = 0, limit = process->rlimit[RLIMIT_SIGPENDING].cur;
    for (const struct posix_timer *timer = process->posix_timers; timer; timer = timer->next)
        count++;
    return count >= limit;
}

SYS(timer_create)
{
    struct process *process = t->process;
    struct guest_sigevent event = {.notify = SIGEV_SIGNAL_GUEST, .signo = SIGALRM};
    if (a->sevp && copyin(t->mm, &event, a->sevp, sizeof event))
        return -EFAULT;
    int error = check_timer_clock(t, a->clockid);
    if (error)
        return error;
    if (too_many_timers(process))
        return -EAGAIN;
    error = check_event(t, &event);
    if (error)
        return error;
    int id = process->next_posix_timer;
    if (copyout(t->mm, a->timerid, &id, sizeof id))
        return -EFAULT;
    struct posix_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return -EAGAIN;
    process->next_posix_timer = id == INT32_MAX ? 0 : id + 1;
    *timer = (struct posix_timer){
        .next = process->posix_timers,
        .process = process,
        .id = id,
        .clock = a->clockid,
        .clock_tid = t->tid,
        .notify = event.notify,
        .signo = event.signo,
        .target = event.notify == SIGEV_THREAD_ID_GUEST ? event.tid : 0,
        .value = a->sevp ? event.value : (uint64_t)id,
        .timer = {.fire = fire_timer},
    };
    timer->timer.ctx = timer;
    process->posix_timers = timer;
    return 0;
}

/* struct itimerspec of amd64. */
struct guest_itimerspec {
    struct time_spec interval, value;
};

static struct guest_itimerspec read_timer(const struct posix_timer *timer)
{
    int64_t rest = timer->when ? timer->when - timer_now(timer) : 0;
    if (timer->when && rest <= 0)
        rest = 1; /* about to fire is not disarmed */
    return (struct guest_itimerspec){.interval = time_spec_of(timer->interval),
                                     .value = time_spec_of(rest)};
}

SYS(timer_gettime)
{
    const struct posix_timer *timer = find_timer(t->process, a->timerid);
    if (!timer)
        return -EINVAL;
    const struct guest_itimerspec now = read_timer(timer);
    return copyout(t->mm, a->curr_value, &now, sizeof now);
}

SYS(timer_settime)
{
    struct guest_itimerspec in, old;
    int64_t value, interval;
    if (!a->new_value)
        return -EINVAL;
    if (copyin(t->mm, &in, a->new_value, sizeof in))
        return -EFAULT;
    if (time_spec_ns(&in.value, &value) || time_spec_ns(&in.interval, &interval))
        return -EINVAL;
    struct posix_timer *timer = find_timer(t->process, a->timerid);
    if (!timer)
        return -EINVAL;
    old = read_timer(timer);
    ktimer_stop(t->box, &timer->timer);
    timer->interval = interval;
    timer->overrun = timer->last_overrun = 0;
    timer->when = 0;
    if (value) {
        timer->when = a->flags & TIMER_ABSTIME ? value : add(timer_now(timer), value);
        watch_timer(timer);
    }
    return a->old_value ? copyout(t->mm, a->old_value, &old, sizeof old) : 0;
}

SYS(timer_getoverrun)
{
    const struct posix_timer *timer = find_timer(t->process, a->timerid);
    return timer ? (long)timer->last_overrun : -EINVAL;
}

SYS(timer_delete)
{
    struct posix_timer *timer = find_timer(t->process, a->timerid);
    if (!timer)
        return -EINVAL;
    delete_timer(timer);
    return 0;
}
