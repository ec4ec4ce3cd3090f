/*
 * The box's clocks and its timers. All of the kernel's time comes from here: CLOCK_MONOTONIC counts
 * from the box's start, CLOCK_REALTIME is the host's.
 *
 * Timers stand in a heap of the box's own, driven by one timer of the runtime: the order in which
 * they fire is then the kernel's business and the same in every run.
 */
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

#include "sandbox/kernel.h"

/* A guest that asks for the uptime of a machine just started should not see zero. */
#define FIRST_MONOTONIC 1000000000ll

struct clock_state {
    int64_t rt_start; /* rt_now at the box's start */
    struct rt_timer alarm;
    struct ktimer **heap; /* 1-based binary heap by `when` */
    unsigned count, capacity;
};

int clock_create(struct box *box)
{
    box->clock = calloc(1, sizeof *box->clock);
    if (!box->clock)
        return -1;
    box->clock->rt_start = rt_now();
    box->clock->alarm.arg = box;
    box->boot_realtime = clock_realtime(box) - clock_monotonic(box);
    return 0;
}

void clock_destroy(struct box *box)
{
    if (!box->clock)
        return;
    free(box->clock->heap);
    free(box->clock);
    box->clock = NULL;
}

int64_t clock_monotonic(struct box *box)
{
    return rt_now() - box->clock->rt_start + FIRST_MONOTONIC;
}

int64_t clock_realtime(struct box *box)
{
    struct timespec now;

    (void)box;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- timers ---- */

static void place(struct clock_state *clock, struct ktimer *timer, unsigned i)
{
    clock->heap[i] = timer;
    timer->heap_index = i;
}

static void sift_up(struct clock_state *clock, struct ktimer *timer, unsigned i)
{
    while (i > 1 && clock->heap[i / 2]->when > timer->when) {
        place(clock, clock->heap[i / 2], i);
        i /= 2;
    }
    place(clock, timer, i);
}

static void sift_down(struct clock_state *clock, struct ktimer *timer, unsigned i)
{
    while (2 * i <= clock->count) {
        unsigned child = 2 * i;

        if (child < clock->count && clock->heap[child + 1]->when < clock->heap[child]->when)
            child++;
        if (clock->heap[child]->when >= timer->when)
            break;
        place(clock, clock->heap[child], i);
        i = child;
    }
    place(clock, timer, i);
}

static void heap_remove(struct clock_state *clock, struct ktimer *timer)
{
    unsigned i = timer->heap_index;
    struct ktimer *last = clock->heap[clock->count--];

    timer->heap_index = 0;
    if (last == timer)
        return;
    if (i > 1 && clock->heap[i / 2]->when > last->when)
        sift_up(clock, last, i);
    else
        sift_down(clock, last, i);
}

static void set_alarm(struct box *box);

static void run_timers(struct rt_timer *alarm)
{
    struct box *box = alarm->arg;
    struct clock_state *clock = box->clock;

    while (clock->count > 0 && clock->heap[1]->when <= clock_monotonic(box)) {
        struct ktimer *timer = clock->heap[1];

        heap_remove(clock, timer);
        timer->fire(timer);
    }
    set_alarm(box);
}

static void set_alarm(struct box *box)
{
    struct clock_state *clock = box->clock;

    if (clock->count == 0) {
        rt_timer_stop(&clock->alarm);
        return;
    }
    CHECK(rt_timer_start(&clock->alarm, clock->heap[1]->when - FIRST_MONOTONIC + clock->rt_start,
                         run_timers) == 0);
}

void ktimer_start(struct box *box, struct ktimer *timer, int64_t when, int64_t interval)
{
    struct clock_state *clock = box->clock;

    if (timer->heap_index)
        heap_remove(clock, timer);
    timer->when = when;
    timer->interval = interval;
    if (clock->count + 2 > clock->capacity) {
        unsigned capacity = clock->capacity ? clock->capacity * 2 : 64;
        struct ktimer **heap = reallocarray(clock->heap, capacity, sizeof(struct ktimer *));

        CHECK(heap);
        clock->heap = heap;
        clock->capacity = capacity;
    }
    sift_up(clock, timer, ++clock->count);
    if (timer->heap_index == 1)
        set_alarm(box);
}

bool ktimer_stop(struct box *box, struct ktimer *timer)
{
    if (!timer->heap_index)
        return false;
    heap_remove(box->clock, timer);
    return true;
}

/* ---- CPU time ---- */

void task_slice_begin(struct task *task)
{
    task->slice_start = rt_now();
    task->slice_tsc = __rdtsc();
    task->slice_system_tsc = 0;
}

/* Time of the running slice so far, split into user and system by the ticks spent in calls. */
static void slice_time(const struct task *task, int64_t *user, int64_t *system)
{
    int64_t total = task->slice_start ? rt_now() - task->slice_start : 0;
    uint64_t ticks = __rdtsc() - task->slice_tsc;

    *system = total > 0 && ticks > 0
                  ? (int64_t)((double)total * (double)task->slice_system_tsc / (double)ticks)
                  : 0;
    if (*system > total)
        *system = total;
    *user = total - *system;
}

void task_slice_end(struct task *task)
{
    int64_t user, system;

    slice_time(task, &user, &system);
    task->cpu_user += user;
    task->cpu_system += system;
    task->slice_start = 0;
    task->slice_system_tsc = 0;
}

void task_cpu_times(struct task *task, int64_t *user, int64_t *system)
{
    slice_time(task, user, system);
    *user += task->cpu_user;
    *system += task->cpu_system;
}

int64_t task_cpu_time(struct task *task)
{
    int64_t user, system;

    task_cpu_times(task, &user, &system);
    return user + system;
}

void process_cpu_times(struct process *process, int64_t *user, int64_t *system)
{
    *user = process->cpu_user;
    *system = process->cpu_system;
    for (struct task *task = process->tasks; task; task = task->thread_next) {
        int64_t task_user, task_system;

        if (task->exited)
            continue;
        task_cpu_times(task, &task_user, &task_system);
        *user += task_user;
        *system += task_system;
    }
}

int64_t process_cpu_time(struct process *process)
{
    int64_t user, system;

    process_cpu_times(process, &user, &system);
    return user + system;
}
