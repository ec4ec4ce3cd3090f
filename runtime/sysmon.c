/*
 * sysmon.c - the thread that called rt_run: it watches the Ps while Gs run.
 *
 * It sleeps 20 us between rounds, longer and longer while there is nothing to do,
 * and until it is kicked when every P is idle. Each round it polls descriptors if
 * nobody has for 10 ms, takes Ps from system calls that last, and asks Gs that run
 * too long to yield. It also does what only a clean thread of no M can: start
 * threads for locked Ms, and queue the Gs whose bells rang in signal handlers.
 *
 * Departures from Go, none with RT_FAITHFUL. A P in a system call is not taken for 10 ms
 * when nothing waits for it: Go takes it after 20 us to put it on the idle list, which
 * costs a thread that is about to return a lock and a wake-up. While work waits, or calls
 * are being made, sysmon sleeps no longer than BUSY_CAP, so that a blocking call stalls
 * the others for a millisecond, not for twenty. And it wakes an M for work that waits
 * beside an idle P, since those who queue it do not always (wake_for_next).
 */
#include <sys/prctl.h>

#include "internal.h"
#include "os.h"

#define MS         1000000ll
#define DEEP_SLEEP (60000 * MS)
#define POLL_EVERY (10 * MS)
#define KEEP_P     (10 * MS)
#define BUSY_CAP   400000ll
#define QUIET      50 /* rounds at the shortest sleep */

/* Signal-safe. */
void kick(struct rt_sched *s)
{
    if (atomic_exchange(&s->kick, 1) == 0)
        os_futex_wake(&s->kick, 1);
}

/* Sleeps until kicked, at most ns. */
void kick_wait(struct rt_sched *s, int64_t ns)
{
    if (load_acquire(&s->kick) == 0 && !rt_window(WINDOW_FUTEX_WAIT))
        os_futex_wait(&s->kick, 0, ns);
    atomic_store(&s->kick, 0);
}

/* Something could run if there were a P. */
static bool work_waits(struct rt_sched *s, int64_t now)
{
    if (load_relaxed(&s->global_n) > 0 || load_relaxed(&s->next_timer) <= now)
        return true;
    for (uint32_t i = 0; i < s->procs; i++) {
        if (!runq_empty(&s->ps[i]))
            return true;
    }
    return false;
}

static bool wants_p(struct rt_sched *s, struct rt_p *p, int64_t now)
{
    if (rt_window(WINDOW_SYSMON))
        return true;
    bool others = load_relaxed(&s->nmspinning) + load_relaxed(&s->npidle) > 0;
    bool long_ago = now - p->seen.syscall_when >= KEEP_P;
    if (!runq_empty(p) || long_ago)
        return true;
    return !others && (FAITHFUL || work_waits(s, now));
}

/* One P in a system call. True if it was taken. */
static bool retake_syscall(struct rt_sched *s, struct rt_p *p, int64_t now)
{
    uint32_t tick = load_relaxed(&p->syscall_tick);
    if (p->seen.syscall_tick != tick && !rt_window(WINDOW_SYSMON)) {
        p->seen.syscall_tick = tick; /* at first sight it is noted */
        p->seen.syscall_when = now;
        return false;
    }
    if (!wants_p(s, p, now) || !p_retake(p, P_IDLE))
        return false;
    atomic_fetch_add(&p->syscall_tick, 1);
    atomic_fetch_add(&p->long_calls, 1);
    atomic_fetch_add_explicit(&s->retakes, 1, memory_order_relaxed);
    TRACE(s, NULL, TRACE_RETAKE, NULL, p, 0);
    hand_off(s, p);
    return true;
}

/* A P whose G has run for a slice, when somebody waits for it; or, with all Ps
 * busy, when a timer is due. */
static void preempt_long(struct rt_sched *s, struct rt_p *p, int64_t now)
{
    uint32_t tick = load_relaxed(&p->sched_tick);
    bool timer_due = load_relaxed(&s->next_timer) <= now && load_relaxed(&s->npidle) == 0;
    if (p->seen.sched_tick != tick) {
        p->seen.sched_tick = tick;
        p->seen.sched_when = now;
        if (!timer_due)
            return;
    }
    bool over =
        s->cfg.slice_us != RT_NEVER && now - p->seen.sched_when >= (int64_t)s->cfg.slice_us * 1000;
    if ((over && (FAITHFUL || work_waits(s, now))) || timer_due) {
        count_up(&s->preempts);
        request_preempt(p);
    }
}

/* Looks at every P. Returns the number of Ps taken, negative if none was taken but
 * calls are going on or work waits. */
static int look_at_ps(struct rt_sched *s, int64_t now)
{
    int taken = 0;
    bool busy = false;
    for (uint32_t i = 0; i < s->procs; i++) {
        struct rt_p *p = &s->ps[i];
        uint32_t status = load_acquire(&p->status);
        if (status == P_SYSCALL) {
            busy = true;
            taken += retake_syscall(s, p, now);
        } else if (status == P_RUNNING) {
            if (load_relaxed(&p->syscall_tick) != p->seen.syscall_tick) {
                p->seen.syscall_tick = load_relaxed(&p->syscall_tick);
                p->seen.syscall_when = now;
                busy = true;
            }
            preempt_long(s, p, now);
        }
    }
    bool waits = work_waits(s, now);
    if (waits && !FAITHFUL && load_relaxed(&s->npidle) > 0)
        m_wake_one(s); /* see wake_for_next */
    return taken ? taken : busy || waits ? -1 : 0;
}

static void poll_if_nobody_does(struct rt_sched *s, int64_t now)
{
    int64_t last = load_relaxed(&s->last_poll);
    struct g_queue list = {0};
    if (load_relaxed(&s->poll_waiters) == 0 || last == 0 || last + POLL_EVERY > now)
        return;
    if (!atomic_compare_exchange_strong(&s->last_poll, &last, now))
        return;
    netpoll(s, 0, &list);
    inject(s, NULL, &list);
}

/* Every P is idle or stopped: sleeps until one is taken from the list, a bell
 * rings or a timer is due. */
static void sleep_deep(struct rt_sched *s, int64_t now)
{
    rt_spin_lock(&s->lock);
    bool idle = load_relaxed(&s->gc_waiting) || load_relaxed(&s->npidle) == s->procs;
    s->sysmon_wait = idle && !load_relaxed(&s->main_done);
    bool sleep = s->sysmon_wait;
    rt_spin_unlock(&s->lock);
    if (!sleep)
        return;
    int64_t next = load_relaxed(&s->next_timer), ns = DEEP_SLEEP;
    if (next != INT64_MAX && next - now < ns)
        ns = next > now ? next - now : 0;
    kick_wait(s, ns);
    rt_spin_lock(&s->lock);
    s->sysmon_wait = false;
    rt_spin_unlock(&s->lock);
}

/* Bells and threads: work that is handed to this thread. */
static void serve_kicks(struct rt_sched *s)
{
    m_make_pending(s);
    if (!load_relaxed(&s->bell_gs))
        return;
    bells_take(s, NULL);
    for (uint32_t i = 0; load_relaxed(&s->npidle) == 0 && i < s->procs; i++) {
        if (p_retake(&s->ps[i], P_IDLE)) {
            atomic_fetch_add(&s->ps[i].syscall_tick, 1);
            hand_off(s, &s->ps[i]);
            break;
        }
    }
}

static int64_t next_delay(struct rt_sched *s, int64_t delay, int quiet, int found)
{
    int64_t min = s->cfg.sysmon_min_us * 1000ll, max = s->cfg.sysmon_max_us * 1000ll;
    if (found > 0)
        return min;
    if (quiet > QUIET)
        delay *= 2;
    if (!FAITHFUL && found < 0 && delay > BUSY_CAP && BUSY_CAP > min)
        delay = BUSY_CAP;
    return delay < max ? delay : max;
}

void sysmon_run(struct rt_sched *s)
{
    int64_t delay = s->cfg.sysmon_min_us * 1000ll;
    int quiet = 0;
    /* Or a sleep of 20 us lasts 70. */
    long slack = os_call1(SYS_prctl, PR_GET_TIMERSLACK);
    os_call3(SYS_prctl, PR_SET_TIMERSLACK, 1, 0);
    while (!atomic_load(&s->main_done)) {
        if (s->cfg.sysmon_min_us == RT_SYSMON_OFF) {
            kick_wait(s, -1);
            serve_kicks(s);
            continue;
        }
        kick_wait(s, delay);
        serve_kicks(s);
        int64_t now = rt_now();
        if (load_relaxed(&s->gc_waiting) || load_relaxed(&s->npidle) == s->procs) {
            sleep_deep(s, now);
            serve_kicks(s);
            now = rt_now();
            quiet = 0;
            delay = s->cfg.sysmon_min_us * 1000ll;
        }
        poll_if_nobody_does(s, now);
        int found = look_at_ps(s, now);
        quiet = found > 0 ? 0 : quiet + 1;
        delay = next_delay(s, delay, quiet, found);
    }
    os_call3(SYS_prctl, PR_SET_TIMERSLACK, slack, 0);
}
