/*
 * /proc/PID: the files that tell of one process or thread, proc_pid(5). May include sandbox/.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "sandbox/vfs/procfs.h"
#include "sandbox/vfs/tty.h"

/* A process's arguments and environment: what one read shows at most. */
#define STRINGS_MAX (2u << 20)

static uint64_t kilobytes(uint64_t bytes)
{
    return bytes >> 10;
}

/* Clock ticks of 10 ms. */
static long long ticks(int64_t ns)
{
    return (long long)(ns / 10000000);
}

/* ---- states ---- */

static char state_of_task(const struct task *task)
{
    if (task->process->state == PROCESS_ZOMBIE || task->exited)
        return 'Z';
    if (task->process->stopped)
        return 'T';
    return task->sleeping || task->interruptible_host ? 'S' : 'R';
}

static const char *state_name(char state)
{
    switch (state) {
    case 'R':
        return "R (running)";
    case 'T':
        return "T (stopped)";
    case 'Z':
        return "Z (zombie)";
    default:
        return "S (sleeping)";
    }
}

struct signal_sets {
    sigset64 pending, shared, blocked, ignored, caught;
    unsigned queued;
};

static struct signal_sets signals_of(const struct task *task)
{
    const struct process *process = task->process;
    struct signal_sets sets = {.pending = task->pending.set,
                               .shared = process->pending.set,
                               .blocked = task->sigmask,
                               .queued = task->pending.count + process->pending.count};

    for (int i = 0; process->actions && i < NSIG_GUEST; i++) {
        gaddr_t handler = process->actions->action[i].handler;

        if (handler == (gaddr_t)(uintptr_t)SIG_IGN)
            sets.ignored |= 1ull << i;
        else if (handler != (gaddr_t)(uintptr_t)SIG_DFL)
            sets.caught |= 1ull << i;
    }
    return sets;
}

/* Times of the process, or of a thread that is not its leader. */
static void times_of(const struct proc_node *node, int64_t *user, int64_t *system)
{
    if (node->tid == node->pid)
        process_cpu_times(node->process, user, system);
    else
        task_cpu_times(node->task, user, system);
}

/* ---- stat, statm, status ---- */

static void print_stat_memory(struct text *text, struct process *process)
{
    static const struct mm_layout none;
    const struct mm_layout *layout = process->mm ? mm_layout(process->mm) : &none;
    struct mm_stats stats = {0};

    if (process->mm)
        mm_stats(process->mm, &stats);
    text_printf(text, "%lu %lu %lu %lu %lu %lu 0 0 ", (unsigned long)stats.mapped,
                (unsigned long)(stats.resident >> PAGE_SHIFT),
                (unsigned long)process->rlimit[RLIMIT_RSS].cur, (unsigned long)layout->code_start,
                (unsigned long)layout->code_end, (unsigned long)layout->stack_start);
}

static void print_stat_layout(struct text *text, struct process *process)
{
    static const struct mm_layout none;
    const struct mm_layout *layout = process->mm ? mm_layout(process->mm) : &none;

    text_printf(text, "%lu %lu %lu %lu %lu %lu %lu ", (unsigned long)layout->data_start,
                (unsigned long)layout->data_end, (unsigned long)layout->brk_start,
                (unsigned long)layout->arg_start, (unsigned long)layout->arg_end,
                (unsigned long)layout->env_start, (unsigned long)layout->env_end);
}

static int make_stat(const struct proc_node *node, struct text *text)
{
    struct process *process = node->process;
    struct task *task = node->task;
    struct signal_sets sets = signals_of(task);
    const struct terminal *tty = process->tty;
    int64_t user, system;

    times_of(node, &user, &system);
    text_printf(text, "%d (%s) %c %d %d %d %d %d ", node->tid, task->comm, state_of_task(task),
                process->parent ? process->parent->pid : 0, process->pgid, process->sid,
                terminal_number(tty), terminal_foreground(tty));
    text_printf(text, "4194304 %lu %lu 0 0 %lld %lld %lld %lld ",
                (unsigned long)process->minor_faults, (unsigned long)process->children_faults,
                ticks(user), ticks(system), ticks(process->children_user),
                ticks(process->children_system));
    text_printf(text, "%d %d %u 0 %lld ", 20 + process->nice, process->nice, process->live_tasks,
                ticks(process->start_time));
    print_stat_memory(text, process);
    text_printf(text, "%lu %lu %lu %lu 0 0 0 %d 0 %d %d 0 0 0 ",
                (unsigned long)(sets.pending & INT32_MAX),
                (unsigned long)(sets.blocked & INT32_MAX),
                (unsigned long)(sets.ignored & INT32_MAX), (unsigned long)(sets.caught & INT32_MAX),
                process->exit_signal, process->sched_priority, process->sched_policy);
    print_stat_layout(text, process);
    text_printf(text, "%d\n", process->state == PROCESS_ZOMBIE ? process->wait_status : 0);
    return 0;
}

static int make_statm(const struct proc_node *node, struct text *text)
{
    struct mm_stats stats = {0};

    if (node->process->mm)
        mm_stats(node->process->mm, &stats);
    text_printf(text, "%lu %lu 0 %lu 0 %lu 0\n", (unsigned long)(stats.mapped >> PAGE_SHIFT),
                (unsigned long)(stats.resident >> PAGE_SHIFT),
                (unsigned long)(stats.exec >> PAGE_SHIFT),
                (unsigned long)((stats.data + stats.stack) >> PAGE_SHIFT));
    return 0;
}

static void print_status_identity(struct text *text, const struct proc_node *node)
{
    const struct process *process = node->process;
    const struct task *task = node->task;
    const struct cred *cred = &task->cred;

    text_printf(text, "Name:\t");
    text_append_escaped(text, task->comm, "");
    text_printf(text, "\n");
    if (task->fs)
        text_printf(text, "Umask:\t%04o\n", task->fs->umask);
    text_printf(text, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
                state_name(state_of_task(task)), process->pid, node->tid,
                process->parent ? process->parent->pid : 0);
    text_printf(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", cred->ruid, cred->euid,
                cred->suid, cred->fsuid, cred->rgid, cred->egid, cred->sgid, cred->fsgid);
    text_printf(text, "FDSize:\t%u\nGroups:\t", task->fds ? task->fds->size : 0);
    unsigned groups = cred->groups ? cred->groups->count : 0;
    for (unsigned i = 0; i < groups; i++)
        text_printf(text, "%u ", cred->groups->gid[i]);
    text_printf(text, "%s\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t0\n",
                groups ? "" : " ", process->pid, node->tid, process->pgid, process->sid);
}

static void print_status_memory(struct text *text, struct process *process)
{
    struct mm_stats stats;
    uint64_t peak;

    if (!process->mm || process->state != PROCESS_ALIVE)
        return;
    mm_stats(process->mm, &stats);
    peak = process->max_rss > stats.resident ? process->max_rss : stats.resident;
    const struct {
        const char *name;
        uint64_t bytes;
    } lines[] = {
        {"VmPeak", stats.mapped},
        {"VmSize", stats.mapped},
        {"VmLck", stats.locked},
        {"VmPin", 0},
        {"VmHWM", peak},
        {"VmRSS", stats.resident},
        {"RssAnon", stats.resident},
        {"RssFile", 0},
        {"RssShmem", 0},
        {"VmData", stats.data},
        {"VmStk", stats.stack},
        {"VmExe", stats.exec},
        {"VmLib", 0},
        {"VmPTE", 0},
        {"VmSwap", 0},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        text_printf(text, "%s:\t%8lu kB\n", lines[i].name,
                    (unsigned long)kilobytes(lines[i].bytes));
}

static void print_status_signals(struct text *text, const struct proc_node *node)
{
    struct signal_sets sets = signals_of(node->task);

    text_printf(text, "Threads:\t%u\nSigQ:\t%u/%lu\n", node->process->live_tasks, sets.queued,
                (unsigned long)node->process->rlimit[RLIMIT_SIGPENDING].cur);
    text_printf(text,
                "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\n"
                "SigCgt:\t%016lx\n",
                (unsigned long)sets.pending, (unsigned long)sets.shared,
                (unsigned long)sets.blocked, (unsigned long)sets.ignored,
                (unsigned long)sets.caught);
}

static int make_status(const struct proc_node *node, struct text *text)
{
    const struct cred *cred = &node->task->cred;

    print_status_identity(text, node);
    print_status_memory(text, node->process);
    print_status_signals(text, node);
    text_printf(text,
                "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\n"
                "CapAmb:\t%016lx\n",
                (unsigned long)cred->cap_inheritable, (unsigned long)cred->cap_permitted,
                (unsigned long)cred->cap_effective, (unsigned long)cred->cap_bounding,
                (unsigned long)cred->cap_ambient);
    text_printf(text,
                "NoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\nCpus_allowed:\t1\n"
                "Cpus_allowed_list:\t0\nMems_allowed:\t00000000,00000001\nMems_allowed_list:\t0\n"
                "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
                cred->no_new_privs, (unsigned long)node->task->voluntary_switches,
                (unsigned long)node->task->involuntary_switches);
    return 0;
}

/* ---- strings of the process ---- */

/* Appends guest memory [start, end), as far as it is there. */
static void append_memory(struct text *text, struct mm *mm, gaddr_t start, gaddr_t end)
{
    char block[PAGE_SIZE];

    if (end < start || end - start > STRINGS_MAX)
        end = start + (end < start ? 0 : STRINGS_MAX);
    while (start < end) {
        size_t wanted = end - start < sizeof(block) ? end - start : sizeof(block);
        size_t count = mm_peek(mm, start, block, wanted);

        text_append(text, block, count);
        if (count < wanted)
            return;
        start += count;
    }
}

/*
 * A program may overwrite its arguments (setproctitle). When their last byte is no NUL any more,
 * they are one string that may run on into the environment.
 */
static int make_cmdline(const struct proc_node *node, struct text *text)
{
    struct mm *mm = node->process->mm;
    const struct mm_layout *layout;
    size_t length;
    char last;

    if (!mm)
        return 0;
    layout = mm_layout(mm);
    if (layout->arg_end <= layout->arg_start)
        return 0;
    if (mm_peek(mm, layout->arg_end - 1, &last, 1) == 1 && last != '\0') {
        append_memory(text, mm, layout->arg_start,
                      layout->env_end > layout->arg_end ? layout->env_end : layout->arg_end);
        length = text->data ? strnlen(text->data, text->length) : 0;
        if (length < text->length)
            text->length = length + 1;
        return 0;
    }
    append_memory(text, mm, layout->arg_start, layout->arg_end);
    return 0;
}

static int make_environ(const struct proc_node *node, struct text *text)
{
    const struct mm_layout *layout = node->process->mm ? mm_layout(node->process->mm) : NULL;

    if (layout)
        append_memory(text, node->process->mm, layout->env_start, layout->env_end);
    return 0;
}

static int make_auxv(const struct proc_node *node, struct text *text)
{
    const struct mm_layout *layout = node->process->mm ? mm_layout(node->process->mm) : NULL;

    if (layout)
        append_memory(text, node->process->mm, layout->auxv, layout->auxv + layout->auxv_len);
    return 0;
}

static int make_comm(const struct proc_node *node, struct text *text)
{
    text_printf(text, "%s\n", node->task->comm);
    return 0;
}

/* A thread of the same process may rename this one; longer names are cut. */
static int store_comm(const struct proc_node *node, const char *buf, size_t length)
{
    size_t room = sizeof(node->task->comm) - 1;

    if (task_current()->process != node->process)
        return -EINVAL;
    length = strnlen(buf, length);
    if (length > room)
        length = room;
    memset(node->task->comm, 0, sizeof(node->task->comm));
    memcpy(node->task->comm, buf, length);
    return 0;
}

/* ---- numbers ---- */

static const struct {
    const char *name;
    int resource;
    const char *unit;
} limits[] = {
    {"Max cpu time", RLIMIT_CPU, "seconds"},
    {"Max file size", RLIMIT_FSIZE, "bytes"},
    {"Max data size", RLIMIT_DATA, "bytes"},
    {"Max stack size", RLIMIT_STACK, "bytes"},
    {"Max core file size", RLIMIT_CORE, "bytes"},
    {"Max resident set", RLIMIT_RSS, "bytes"},
    {"Max processes", RLIMIT_NPROC, "processes"},
    {"Max open files", RLIMIT_NOFILE, "files"},
    {"Max locked memory", RLIMIT_MEMLOCK, "bytes"},
    {"Max address space", RLIMIT_AS, "bytes"},
    {"Max file locks", RLIMIT_LOCKS, "locks"},
    {"Max pending signals", RLIMIT_SIGPENDING, "signals"},
    {"Max msgqueue size", RLIMIT_MSGQUEUE, "bytes"},
    {"Max nice priority", RLIMIT_NICE, ""},
    {"Max realtime priority", RLIMIT_RTPRIO, ""},
    {"Max realtime timeout", RLIMIT_RTTIME, "us"},
};

static void print_limit(struct text *text, uint64_t value)
{
    if (value == (uint64_t)RLIM_INFINITY)
        text_printf(text, "%-20s ", "unlimited");
    else
        text_printf(text, "%-20lu ", (unsigned long)value);
}

static int make_limits(const struct proc_node *node, struct text *text)
{
    text_printf(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        text_printf(text, "%-25s ", limits[i].name);
        print_limit(text, node->process->rlimit[limits[i].resource].cur);
        print_limit(text, node->process->rlimit[limits[i].resource].max);
        text_printf(text, "%-10s\n", limits[i].unit);
    }
    return 0;
}

static int make_oom_score(const struct proc_node *node, struct text *text)
{
    int score = 666 + node->process->oom_score_adj * 2 / 3;

    text_printf(text, "%d\n", score < 0 ? 0 : score);
    return 0;
}

static int make_oom_score_adj(const struct proc_node *node, struct text *text)
{
    text_printf(text, "%d\n", node->process->oom_score_adj);
    return 0;
}

static int store_oom_score_adj(const struct proc_node *node, const char *buf, size_t length)
{
    char *end;
    long value = strtol(buf, &end, 10);

    while (isspace((unsigned char)*end))
        end++;
    if (end == buf || end != buf + strnlen(buf, length) || value < -1000 || value > 1000)
        return -EINVAL;
    if (value < node->process->oom_score_adj && !task_capable(task_current(), CAP_SYS_RESOURCE))
        return -EACCES;
    node->process->oom_score_adj = (int)value;
    return 0;
}

/* The box counts no transfers: programs find the file with what it always has. */
static int make_io(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\n"
                      "cancelled_write_bytes: 0\n");
    return 0;
}

static int make_wchan(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_append(text, "0", 1);
    return 0;
}

static int make_cgroup(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "0::/\n");
    return 0;
}

/* No audit session: the value that Linux has for "unset". */
static int make_loginuid(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "%u", UINT32_MAX);
    return 0;
}

static int make_id_map(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "%10u %10u %10u\n", 0, 0, UINT32_MAX);
    return 0;
}

static int make_setgroups(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "allow\n");
    return 0;
}

static int make_personality(const struct proc_node *node, struct text *text)
{
    text_printf(text, "%08x\n", node->process->personality);
    return 0;
}

static int make_sched(const struct proc_node *node, struct text *text)
{
    const struct process *process = node->process;
    const struct task *task = node->task;
    int64_t user, system;

    task_cpu_times(node->task, &user, &system);
    text_printf(text, "%s (%d, #threads: %u)\n", task->comm, node->tid, process->live_tasks);
    text_printf(text, "-------------------------------------------------------------------\n");
    text_printf(text, "%-45s:%14lld.%06lld\n", "se.sum_exec_runtime",
                (long long)((user + system) / 1000000), (long long)((user + system) % 1000000));
    text_printf(text, "%-45s:%21lu\n", "nr_switches",
                (unsigned long)(task->voluntary_switches + task->involuntary_switches));
    text_printf(text, "%-45s:%21lu\n", "nr_voluntary_switches",
                (unsigned long)task->voluntary_switches);
    text_printf(text, "%-45s:%21lu\n", "nr_involuntary_switches",
                (unsigned long)task->involuntary_switches);
    text_printf(text, "%-45s:%21d\n%-45s:%21d\n", "policy", process->sched_policy, "prio",
                120 + process->nice);
    return 0;
}

/* ---- mounts ---- */

/* The tables are printed whole by the tree; their length is known only then. */
static int make_mount_table(const struct proc_node *node, struct text *text,
                            size_t (*print)(struct box *, const struct path *, char *, size_t))
{
    const struct path *root = node->task->fs ? node->task->fs->root : NULL;
    size_t length;
    char *buf;

    if (!root)
        return -EINVAL;
    length = print(node->box, root, NULL, 0);
    buf = malloc(length + 1);
    if (!buf)
        return -ENOMEM;
    (void)print(node->box, root, buf, length + 1);
    text_append(text, buf, length);
    free(buf);
    return 0;
}

static int make_mounts(const struct proc_node *node, struct text *text)
{
    return make_mount_table(node, text, mounts_text);
}

static int make_mountinfo(const struct proc_node *node, struct text *text)
{
    return make_mount_table(node, text, mountinfo_text);
}

/* ---- links ---- */

static ssize_t link_of(const struct path *path, char *buf, size_t size)
{
    return path ? proc_path_link(path, buf, size) : -ENOENT;
}

static int lead_to(const struct path *path, struct path *out)
{
    if (!path)
        return -ENOENT;
    path_get(path);
    *out = *path;
    return 0;
}

static const struct path *exe_of(const struct proc_node *node)
{
    return node->process->exe;
}

static const struct path *cwd_of(const struct proc_node *node)
{
    return node->task->fs ? node->task->fs->cwd : NULL;
}

static const struct path *root_of(const struct proc_node *node)
{
    return node->task->fs ? node->task->fs->root : NULL;
}

static ssize_t readlink_exe(const struct proc_node *node, char *buf, size_t size)
{
    return link_of(exe_of(node), buf, size);
}

static int follow_exe(const struct proc_node *node, struct path *out)
{
    return lead_to(exe_of(node), out);
}

static ssize_t readlink_cwd(const struct proc_node *node, char *buf, size_t size)
{
    return link_of(cwd_of(node), buf, size);
}

static int follow_cwd(const struct proc_node *node, struct path *out)
{
    return lead_to(cwd_of(node), out);
}

static ssize_t readlink_root(const struct proc_node *node, char *buf, size_t size)
{
    return link_of(root_of(node), buf, size);
}

static int follow_root(const struct proc_node *node, struct path *out)
{
    return lead_to(root_of(node), out);
}

/* ---- task ---- */

static bool find_thread(const struct proc_node *node, const char *name, struct proc_node *child)
{
    struct task *task = task_find(node->box, (pid_t)proc_parse_number(name));

    if (!task || task->process != node->process)
        return false;
    *child = *node;
    child->entry = &proc_thread;
    child->tid = task->tid;
    return true;
}

static bool each_thread(const struct proc_node *node, struct file *file, struct dir_context *ctx,
                        int64_t first)
{
    /* In order of tid, whatever the order of the list: offsets must only grow. */
    for (;;) {
        const struct task *next = NULL;
        struct proc_node child = *node;

        for (const struct task *task = node->process->tasks; task; task = task->thread_next)
            if (first + task->tid >= file->pos && (!next || task->tid < next->tid))
                next = task;
        if (!next)
            return true;
        child.entry = &proc_thread;
        child.tid = next->tid;
        if (!proc_emit_number(&child, file, ctx, first + next->tid, (unsigned)next->tid))
            return false;
    }
}

/* ---- tables ---- */

#define TEXT_ENTRY(NAME, MODE, MAKE)                                                               \
    {                                                                                              \
        .name = (NAME), .mode = S_IFREG | (MODE), .make = (MAKE)                                   \
    }
#define SECRET_ENTRY(NAME, MODE, MAKE)                                                             \
    {                                                                                              \
        .name = (NAME), .mode = S_IFREG | (MODE), .make = (MAKE), .needs_access = true             \
    }
#define MAGIC_LINK(NAME)                                                                           \
    {                                                                                              \
        .name = #NAME, .mode = S_IFLNK | 0777, .readlink = readlink_##NAME,                        \
        .follow = follow_##NAME, .needs_access = true                                              \
    }

/* What a process and each of its threads has. */
#define COMMON_ENTRIES                                                                             \
    SECRET_ENTRY("auxv", 0400, make_auxv), TEXT_ENTRY("cgroup", 0444, make_cgroup),                \
        TEXT_ENTRY("cmdline", 0444, make_cmdline),                                                 \
        {.name = "comm",                                                                           \
         .mode = S_IFREG | 0644,                                                                   \
         .make = make_comm,                                                                        \
         .store = store_comm,                                                                      \
         .store_max = PAGE_SIZE},                                                                  \
        MAGIC_LINK(cwd), SECRET_ENTRY("environ", 0400, make_environ), MAGIC_LINK(exe),             \
        {.name = "fd",                                                                             \
         .mode = S_IFDIR | 0500,                                                                   \
         .find = proc_find_fd,                                                                     \
         .each = proc_each_fd,                                                                     \
         .needs_access = true},                                                                    \
        {.name = "fdinfo",                                                                         \
         .mode = S_IFDIR | 0555,                                                                   \
         .find = proc_find_fdinfo,                                                                 \
         .each = proc_each_fd,                                                                     \
         .needs_access = true},                                                                    \
        TEXT_ENTRY("gid_map", 0444, make_id_map), SECRET_ENTRY("io", 0400, make_io),               \
        TEXT_ENTRY("limits", 0444, make_limits), TEXT_ENTRY("loginuid", 0444, make_loginuid),      \
        SECRET_ENTRY("maps", 0444, proc_make_maps), TEXT_ENTRY("mountinfo", 0444, make_mountinfo), \
        TEXT_ENTRY("mounts", 0444, make_mounts),                                                   \
        {.name = "net", .mode = S_IFDIR | 0555, .children = proc_net},                             \
        TEXT_ENTRY("oom_score", 0444, make_oom_score),                                             \
        {.name = "oom_score_adj",                                                                  \
         .mode = S_IFREG | 0644,                                                                   \
         .make = make_oom_score_adj,                                                               \
         .store = store_oom_score_adj,                                                             \
         .store_max = 15},                                                                         \
        SECRET_ENTRY("personality", 0400, make_personality), MAGIC_LINK(root),                     \
        TEXT_ENTRY("sched", 0444, make_sched), TEXT_ENTRY("setgroups", 0444, make_setgroups),      \
        SECRET_ENTRY("smaps", 0444, proc_make_smaps),                                              \
        SECRET_ENTRY("smaps_rollup", 0444, proc_make_smaps_rollup),                                \
        TEXT_ENTRY("stat", 0444, make_stat), TEXT_ENTRY("statm", 0444, make_statm),                \
        TEXT_ENTRY("status", 0444, make_status), TEXT_ENTRY("uid_map", 0444, make_id_map),         \
        TEXT_ENTRY("wchan", 0444, make_wchan)

static const struct proc_entry thread_entries[] = {COMMON_ENTRIES, {0}};

static const struct proc_entry process_entries[] = {
    COMMON_ENTRIES,
    {.name = "task", .mode = S_IFDIR | 0555, .find = find_thread, .each = each_thread},
    {0},
};

const struct proc_entry proc_process = {
    .name = "process", .mode = S_IFDIR | 0555, .children = process_entries};
const struct proc_entry proc_thread = {
    .name = "thread", .mode = S_IFDIR | 0555, .children = thread_entries};
