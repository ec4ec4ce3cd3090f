/*
 * The sandbox kernel's own structures: box, process, task. Included by sandbox/ alone.
 *
 * Concurrency: every guest task is a G of the runtime and the box has one P, so kernel code is
 * serialized between scheduling points (wait.h). There are no locks; do not keep pointers into
 * tables over a scheduling point without a reference.
 *
 * Errors: functions return 0 or a positive result, or -errno. Host calls are made through the
 * runtime's stubs (rt_rawsyscall6 and friends), never through libc's errno, because a G may go on
 * on another thread.
 */
#ifndef SANDBOX_KERNEL_H
#define SANDBOX_KERNEL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "abi/abi.h"
#include "abi/tap.h"
#include "emu/cpu.h"
#include "emu/frame.h"
#include "emu/mm.h"
#include "runtime/rt.h"
#include "sandbox/wait.h"

struct file;
struct mount_namespace;
struct box;
struct box_config;

#define NSIG_GUEST 64

/* A set of signals, bit signo-1, as the kernel's sigset_t of 8 bytes. */
typedef uint64_t sigset64;
#define SIGBIT(signo) (1ull << ((signo)-1))

/* kernel_sigaction as rt_sigaction passes it on amd64. */
struct sig_action {
    gaddr_t handler; /* SIG_DFL 0, SIG_IGN 1 */
    uint64_t flags;
    gaddr_t restorer;
    sigset64 mask;
};

/* Dispositions; shared between tasks by CLONE_SIGHAND. */
struct sig_actions {
    unsigned refs;
    struct sig_action action[NSIG_GUEST];
};

/* A queued signal; siginfo is the 128-byte amd64 layout, which the host's siginfo_t shares. */
struct sig_queued {
    struct sig_queued *next;
    siginfo_t info;
};
struct sig_pending {
    sigset64 set;
    struct sig_queued *head, *tail;
    unsigned count;
};

/* Supplementary groups in rising order: shared and never changed. */
struct group_list {
    unsigned refs, count;
    uint32_t gid[];
};

/* User and group identity; copied by fork, immutable while shared is not needed: it is small. */
struct cred {
    uint32_t ruid, euid, suid, fsuid;
    uint32_t rgid, egid, sgid, fsgid;
    uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
    uint32_t securebits;
    bool no_new_privs;
    struct group_list *groups; /* NULL: none; a task's holds a reference, copies borrow it */
};

struct fd_entry {
    struct file *file; /* NULL: free */
    bool cloexec;
};
/* Descriptor table; shared by CLONE_FILES. */
struct fd_table {
    unsigned refs;
    unsigned size, lowest_free;
    struct fd_entry *entry;
};

/* Root, working directory, umask; shared by CLONE_FS. Paths are defined in vfs/vfs.h. */
struct fs_context {
    unsigned refs;
    struct path *root, *cwd;
    uint32_t umask;
};

/* An interval timer of setitimer/timer_create, alarm. See sandbox/ktimer.h. */
struct ktimer {
    int64_t when;     /* absolute ns on its clock, 0: disarmed */
    int64_t interval; /* ns, 0: one shot */
    void (*fire)(struct ktimer *timer);
    void *ctx;
    unsigned heap_index; /* place in the box's timer heap, 0: not in it */
};

struct terminal;
struct pty_table;

/* A timer on a process's CPU time: see sandbox/sys_timer.c. */
struct cpu_timer {
    struct ktimer poll;     /* when to look at the CPU clock again */
    int64_t when, interval; /* ns of CPU time; when 0: disarmed */
};

/* On the stack of a task that made a child by vfork: done when the child execs or exits. */
struct vfork_wait {
    bool done;
    struct wait_queue queue;
};

/* A process group id and session id are numbers; the box finds members by walking processes. */
struct process {
    unsigned refs; /* the tree's, until it is reaped, and pidfds' */
    pid_t pid;
    pid_t pgid, sid;
    struct box *box;
    struct process *parent; /* real parent; the box's init for orphans */
    struct process *children, *sibling_next, *sibling_prev;
    struct process *all_next, *all_prev; /* every process of the box, in order of pid */

    struct task *tasks; /* threads, linked by task->thread_next; the leader first while it lives */
    unsigned live_tasks;
    struct mm *mm;
    struct sig_actions *actions;
    struct sig_pending pending;
    struct wait_queue wait_children; /* woken when a child changes state */
    struct wait_queue wait_exit;     /* pidfd pollers */
    struct wait_queue wait_threads;  /* woken when a thread has ended: execve waits */
    struct wait_queue signal_wait;   /* signalfd pollers */

    enum { PROCESS_ALIVE, PROCESS_ZOMBIE, PROCESS_DEAD } state;
    int wait_status; /* as wait4 reports it, once zombie */
    bool exiting;    /* exit_group or a fatal signal is under way */
    bool stopped;    /* by a stop signal */
    bool stop_reported, continued_pending;
    int stop_signal;
    int exit_signal; /* sent to the parent at the end; SIGCHLD or clone's choice, 0 none */
    bool child_subreaper;
    bool did_exec;           /* setpgid by the parent is refused after it */
    int parent_death_signal; /* prctl(PR_SET_PDEATHSIG) */
    bool dumpable;

    struct resource_limit {
        uint64_t cur, max;
    } rlimit[16];
    struct ktimer itimer_real;
    int64_t itimer_real_when; /* its next expiration, 0: disarmed */
    struct cpu_timer itimer_virtual, itimer_prof, cpu_limit;
    struct posix_timer *posix_timers;
    int next_posix_timer;

    int64_t start_time;                     /* ns, box CLOCK_MONOTONIC */
    int64_t cpu_user, cpu_system;           /* ns, of ended threads */
    int64_t children_user, children_system; /* ns, of waited-for children */
    uint64_t minor_faults, children_faults;
    uint64_t voluntary_switches, involuntary_switches; /* of ended threads */
    uint64_t max_rss, children_max_rss;                /* bytes */

    struct terminal *tty;  /* controlling terminal or NULL */
    struct file *exe_file; /* the program: its inode may not be written while it runs */
    struct path *exe;      /* &exe_file->path, for /proc/PID/exe; NULL without one */
    uint32_t personality;
    int nice;
    int ioprio;
    int sched_policy, sched_priority;
    uint64_t sched_flags;
    uint32_t membarrier_commands; /* registrations of membarrier */
    int oom_score_adj;
    uint64_t timer_slack, default_timer_slack; /* ns */
    bool thp_disabled;                         /* prctl(PR_SET_THP_DISABLE) */
};

struct task {
    pid_t tid;
    struct process *process;
    struct task *thread_next;
    struct box *box;
    rt_g *g;
    struct cpu_thread *cpu; /* registers */
    struct mm *mm;          /* as process->mm; differs only in a CLONE_VM child process */

    struct cred cred;
    struct fd_table *fds;
    struct fs_context *fs;
    char comm[16];

    sigset64 sigmask;
    sigset64 saved_sigmask; /* to put back after sigsuspend, ppoll, ... */
    sigset64 sigwait;       /* what sigtimedwait waits for: such signals wake it though blocked */
    struct sig_pending pending;
    struct frame_altstack altstack;

    /* The call under way. */
    const struct abi_call *call;
    uint64_t call_number; /* RAX at the trap: what a restart puts back */
    uint64_t call_serial; /* of the box, for the tap */
    uint64_t args[6];
    int64_t restart_deadline; /* for task_deadline */
    enum restart restart;
    enum tap_handling handling;
    bool call_by_int80;
    bool restarting;      /* this is the second round of an interrupted call */
    bool in_hook;         /* served inside the engine's hook: may not wait */
    bool restore_sigmask; /* saved_sigmask is to be put back */

    struct frame_fault fault; /* the last one; set by the task loop before signal_fault */

    struct ktimer wait_timer;
    bool sleeping, woken, timed_out, killable_only;
    bool exit_requested;     /* the task must end at the next return to user mode */
    bool exited;             /* task_exit has run; a leader stays so until it is waited for */
    bool interruptible_host; /* in rt_syscall6_interruptible */

    gaddr_t clear_child_tid; /* set_tid_address, CLONE_CHILD_CLEARTID */
    gaddr_t robust_list;
    uint64_t robust_list_len;
    struct vfork_wait *vfork_wait; /* who waits for this task to leave the memory it shares */
    /*
     * CPU time, ns, up to the last switch. A slice is what a task runs between two sleeps; within
     * it time spent in calls is counted in ticks of the TSC and turned into ns at its end.
     */
    int64_t cpu_user, cpu_system;
    int64_t slice_start; /* rt_now, 0 while asleep */
    uint64_t slice_tsc, slice_system_tsc;
    uint64_t voluntary_switches, involuntary_switches;
    struct scratch_block *scratch; /* memory of this call, freed at the gate: task_scratch */
};

/* ---- tasks and processes: task.c, process.c ---- */

/* The task whose call is being served or whose code runs. */
struct task *task_current(void);
struct process *process_find(struct box *box, pid_t pid);
struct task *task_find(struct box *box, pid_t tid);
/* Calls visit for every process; a non-zero result ends the walk and is returned. */
int process_each(struct box *box, int (*visit)(struct process *process, void *ctx), void *ctx);
bool process_group_exists(struct box *box, pid_t pgid, pid_t sid);
/* No member has a parent in the same session but another group: stop signals are ignored. */
bool process_group_orphaned(struct box *box, pid_t pgid);

/*
 * `len` bytes that live until the call under way ends; never NULL: CHECK fails when the host has no
 * memory. For copies of guest arguments of bounded size (at most 1 MiB a call).
 */
void *task_scratch(struct task *task, size_t len);

void task_scratch_free(struct task *task);

/* Copies a path argument into scratch memory: the string, or NULL with *error = -EFAULT,
 * -ENAMETOOLONG. */
const char *task_path(struct task *task, gaddr_t path, int *error);

bool task_capable(const struct task *task, int capability);
bool cred_in_group(const struct cred *cred, uint32_t gid);

/* Ends the thread group with this wait status (exit code << 8, or a signal); returns to the gate.
 */
void process_exit_group(struct process *process, int wait_status);

/* ---- signals: signal.c ---- */

/* Queues a signal; info NULL: SI_KERNEL. 0, or -EAGAIN when RLIMIT_SIGPENDING is reached. */
int signal_send_process(struct process *process, int signo, const siginfo_t *info);
int signal_send_task(struct task *task, int signo, const siginfo_t *info);
/* What the current task's own call brought on it (SIGPIPE, SIGXFSZ): as if it had sent it. */
void signal_send_self(int signo);
/* To every process of the group. -ESRCH when it has none. */
int signal_send_group(struct box *box, pid_t pgid, int signo, const siginfo_t *info);
/* A fault of the task's own instruction: a blocked or ignored one kills. */
void signal_fault(struct task *task, int signo, int code, gaddr_t addr);
/* True when a signal is pending that the task does not block. */
bool signal_pending(const struct task *task);
bool signal_fatal_pending(const struct task *task);
/* Takes the lowest pending signal in `set` off the queues into *info: its number, or 0. */
int signal_take(struct task *task, sigset64 set, siginfo_t *info);
/* Sets the mask (SIGKILL and SIGSTOP never blocked) and looks again what is deliverable. */
void signal_set_mask(struct task *task, sigset64 mask);
/* Mask for the length of this call: put back after it or after the handler (sigsuspend, ppoll). */
void signal_set_temporary_mask(struct task *task, sigset64 mask);
/* Reads a sigset argument of `size` bytes: -EINVAL unless size is 8, -EFAULT. */
int signal_copy_set(struct task *task, gaddr_t set, uint64_t size, sigset64 *out);

/* ---- clock: clock.c ---- */

/* Nanoseconds of CLOCK_MONOTONIC (starts near zero at the box's start) and CLOCK_REALTIME. */
int64_t clock_monotonic(struct box *box);
int64_t clock_realtime(struct box *box);
/* CPU time so far in ns: the sum, or user and system apart; a process's is of its living tasks and
 * of those that ended. */
int64_t task_cpu_time(struct task *task);
int64_t process_cpu_time(struct process *process);
void task_cpu_times(struct task *task, int64_t *user, int64_t *system);
void process_cpu_times(struct process *process, int64_t *user, int64_t *system);
/* The task's G starts to run, or stops running, after or for a sleep. */
void task_slice_begin(struct task *task);
void task_slice_end(struct task *task);

/* Set box->clock up; 0 or -1 without memory. */
int clock_create(struct box *box);
void clock_destroy(struct box *box);

void ktimer_start(struct box *box, struct ktimer *timer, int64_t when, int64_t interval);
/* True when it was armed. */
bool ktimer_stop(struct box *box, struct ktimer *timer);

/* ---- random numbers: rng.c ---- */
void rng_bytes(struct box *box, void *buf, size_t len);
/* Set box->rng up from the host's entropy, or from *seed when it is not NULL; 0 or -1. */
int rng_create(struct box *box, const uint64_t *seed);
void rng_destroy(struct box *box);

/* ---- descriptors: files.c ---- */

/* The file of fd with a reference, or NULL (the caller returns -EBADF). O_PATH files are refused.
 */
struct file *fd_get(struct task *task, int fd);
/* The same, O_PATH files allowed. */
struct file *fd_get_any(struct task *task, int fd);
/*
 * Lowest free descriptor >= from for file; takes over the caller's reference, also on failure.
 * -EMFILE when RLIMIT_NOFILE is reached, -ENOMEM.
 */
int fd_install(struct task *task, struct file *file, int from, bool cloexec);
int fd_close(struct task *task, int fd);

/* An empty table. NULL: no memory. */
struct fd_table *fd_table_create(void);
/* Puts a file at exactly fd, which is free; takes over the reference. fd, or -errno. */
int fd_install_at(struct task *task, struct file *file, int fd);
/* fork: a copy with the same open files, or one more user (CLONE_FILES). NULL: no memory. */
struct fd_table *fd_table_clone(const struct fd_table *table);
struct fd_table *fd_table_ref(struct fd_table *table);
/* The task gives up its table; its last user closes every file. */
void fd_table_unref(struct task *task, struct fd_table *table);
/* exec: unshares the table (0 or -ENOMEM), and later closes what is marked close-on-exec. */
int fd_table_unshare(struct task *task);
void fd_table_close_on_exec(struct task *task);

/* One that starts at this root; takes its own references. NULL: no memory. */
struct fs_context *fs_context_create(const struct path *root, uint32_t umask);
struct fs_context *fs_context_clone(const struct fs_context *fs);
struct fs_context *fs_context_ref(struct fs_context *fs);
void fs_context_unref(struct fs_context *fs);

/* ---- terminals: tty ---- */

/* A session leader ends: its terminal is nobody's any more, its foreground group gets SIGHUP. */
void terminal_session_ended(struct process *leader);

/* ---- the box ---- */

struct page_cache;
struct vfs;

/* Waiters of futexes, by a hash of the key: futex.c. */
struct futex_bucket {
    struct futex_waiter *head, *tail;
};
#define FUTEX_BUCKET_BITS 8

struct box {
    const struct box_config *config;
    struct abx_result *result;
    struct arena *arena;
    struct cpu *cpu;
    struct vfs *vfs;
    struct tree *tree;         /* what tree.c keeps */
    struct process *processes; /* list, by pid */
    struct process *init;
    struct process *main;       /* the program; when it ends, the box does */
    struct task **tasks_by_tid; /* pid table: PID_MAX entries, also for process leaders */
    pid_t last_pid;
    unsigned process_count, task_count;
    struct task *running; /* whose code the engine runs */
    rt_g *main_g;         /* box_main, parked until the box is over */
    bool main_waits;
    unsigned running_tasks; /* Gs of tasks that have not ended */
    bool over;              /* the program's process has ended */
    const struct tap *tap;  /* NULL: nobody listens */
    uint64_t calls;         /* served outside the engine; the tap's serial */
    unsigned epoll_items;   /* in all epoll sets: fs.epoll.max_user_watches */
    uint64_t epoll_walk;    /* number of the last walk over nested epoll sets */
    struct clock_state *clock;
    struct rng_state *rng;
    char hostname[65], domainname[65];
    uint8_t boot_id[16]; /* /proc/sys/kernel/random/boot_id, once it was asked for */
    bool boot_id_made;
    struct terminal *console; /* the host's terminal, when stdin is one */
    struct pty_table *ptys;   /* pseudoterminals; made by the first mount of devpts */
    struct futex_bucket futexes[1 << FUTEX_BUCKET_BITS];
    int64_t boot_realtime;
};

#define PID_MAX 32768

/* Every capability of Linux 6.12: CAP_CHOWN (0) to CAP_CHECKPOINT_RESTORE (40). */
#define CAPABILITIES_ALL ((1ull << 41) - 1)

/* ---- box.c ---- */

/* A page could not be had: the task's process is killed, as by the kernel's OOM killer. */
void box_out_of_memory(struct task *task);
/* The G of a task is about to end. */
void box_task_ended(struct box *box);

/* An own bug: prints the context and stops the worker. Never reachable from guest data. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            kernel_bug(__FILE__, __LINE__, #condition);                                            \
    } while (0)
_Noreturn void kernel_bug(const char *file, int line, const char *condition);

#endif
