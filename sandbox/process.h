/*
 * Making, replacing and ending tasks and processes: what the calls (sys_process.c, exec.c), the
 * task loop (task.c) and the box (box.c) share. Included by sandbox/ alone.
 *
 * A process is never without its leader's struct task: the leader's stays, exited, until the
 * process has been waited for, so that the pid table finds both by one number.
 */
#ifndef SANDBOX_PROCESS_H
#define SANDBOX_PROCESS_H

#include "sandbox/kernel.h"

/* ---- process.c ---- */

/*
 * A process without tasks under `parent` (NULL: none), inheriting nothing; it is listed when its
 * first task has come. NULL: no memory.
 */
struct process *process_create(struct box *box, struct process *parent);
/*
 * A task of the process with a free tid (or the wanted one, -EEXIST), zeroed but for its links;
 * the first one is the leader and gives the process its pid. 0, -EAGAIN (no tid is free), -ENOMEM.
 */
int task_create(struct process *process, pid_t wanted, struct task **out);
/* Undoes task_create and, for a leader, process_create: for a task that never ran. */
void task_discard(struct task *task);
/* The first task, also when it has exited already. */
struct task *process_leader(const struct process *process);
/* The box's own: no guest code, never ends, takes no signal. */
bool process_is_kernel(const struct process *process);

/* The box's own processes: init (1) and the one that the program is the child of (2). */
int process_create_kernel(struct box *box);
/*
 * The program's process and task, child of process 2, leader of its own group, with default
 * limits and actions and the given identity; no mm, files or fs context yet. It is box->main.
 */
int process_create_main(struct box *box, const struct cred *cred, struct task **out);

/*
 * The task loop calls it when exit_requested is set, as the last thing before the G ends: gives up
 * everything that the task holds and, with the last task, makes the process a zombie. The task must
 * not be touched afterwards.
 */
void task_exit(struct task *task);
/* exit(2) of one thread: asks the loop to end it; with the last one the process ends thus. */
void task_request_exit(struct task *task, int wait_status);
/* Gives up memory, program file, actions and queued signals of a process that runs no more. */
void process_release_program(struct process *process);
/* A process stays in memory (dead, out of every list) while somebody holds a reference. */
struct process *process_get(struct process *process);
void process_put(struct process *process);
/* Frees a zombie that was waited for, or that nobody will wait for. */
void process_reap(struct process *process);
/* Ends all processes but box->main: the box is over. */
void process_kill_all(struct box *box);
/* Frees every process; none runs any more. */
void process_destroy_all(struct box *box);
/*
 * The task leaves its memory (exit and exec): runs the robust list, writes 0 to clear_child_tid and
 * wakes its futex, lets a vfork parent go on.
 */
void task_release_memory(struct task *task);
/* Ends every other thread and takes over the leader's identity (exec). 0 or -EAGAIN. */
int process_become_single(struct task *task);
/* Tells the parent that a child stopped or continued: SIGCHLD and wait_children. */
void process_notify_parent(struct process *process, int si_code, int status);

struct sig_actions *sig_actions_create(void);
struct sig_actions *sig_actions_clone(const struct sig_actions *actions);
void sig_actions_unref(struct sig_actions *actions);

/* ---- sys_process.c ---- */

/* Whether ptrace(2)'s access check lets the task look at the target (kcmp, robust list, prlimit).
 */
bool task_may_inspect(const struct task *task, const struct task *target);

/* ---- given by task.c and box.c ---- */

/* Makes the task's G, which runs the task loop. 0 or -EAGAIN. */
int task_start(struct task *task);
/* box->main has become a zombie with this wait status. */
void box_main_ended(struct box *box, int wait_status);
/* Most processes and tasks that the box allows at a time (--max-procs). */
unsigned box_max_tasks(const struct box *box);

/* ---- exec.c ---- */

/*
 * Loads the first program into a task that has files, fs context and credentials but no mm yet.
 * 0, or -errno with one line in why for the user: what is wrong with which file and what would
 * help. The host arrays end with NULL.
 */
int exec_first(struct task *task, const char *path, char *const argv[], char *const envp[],
               char *why, size_t size);

/* ---- signal_deliver.c ---- */

/*
 * Before every return to guest code: delivers what is pending, restarts or ends an interrupted
 * call, parks a stopped process, puts a temporary mask back. When it returns, either registers are
 * ready or exit_requested is set.
 */
void signal_deliver(struct task *task);

/* ---- pidfds: sys_pidfd.c ---- */

/* A descriptor for the process (O_CLOEXEC; flags O_NONBLOCK), or -errno. */
int pidfd_open_process(struct task *task, struct process *process, uint32_t flags);
/*
 * The process that a descriptor stands for, with a reference: -EBADF when it is no pidfd. It may
 * have been reaped already. *nonblocking: the descriptor has O_NONBLOCK.
 */
int pidfd_wait_target(struct task *task, int fd, struct process **out, bool *nonblocking);

#endif
