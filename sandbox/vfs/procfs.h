/*
 * /proc from the inside: proc(5). The tree is described by tables of entries; a file's text is made
 * when it is read. Included by sandbox/vfs/procfs*.c; others need proc_file_system alone.
 */
#ifndef SANDBOX_VFS_PROCFS_H
#define SANDBOX_VFS_PROCFS_H

#include "sandbox/kernel.h"
#include "sandbox/vfs/pseudo.h"

/* Type "proc", for file_system_register and for the box's own mount. */
extern const struct file_system proc_file_system;

/*
 * What an inode of /proc stands for. process and task are found again, and borrowed, for each
 * operation: the process may have ended, and its number been given to another.
 */
struct proc_node {
    const struct proc_entry *entry;
    struct box *box;
    pid_t pid, tid;  /* 0: not about a process */
    int64_t started; /* start_time of the process: tells it from a later one of the same pid */
    int fd;          /* of fd/N and fdinfo/N, -1 otherwise */
    struct process *process;
    struct task *task;
};

/* One name in /proc. Tables end with an entry without a name. */
struct proc_entry {
    const char *name;
    uint32_t mode;                     /* type and permissions */
    bool needs_access;                 /* only for those who may trace the process: -EACCES */
    const struct proc_entry *children; /* directories: the names that are always there */
    /* Files: the text; taking what was written (a NUL follows), of at most store_max bytes. */
    int (*make)(const struct proc_node *node, struct text *text);
    int (*store)(const struct proc_node *node, const char *buf, size_t length);
    size_t store_max;
    /* Links: the text, and (magic ones) where they really lead. */
    ssize_t (*readlink)(const struct proc_node *node, char *buf, size_t size);
    int (*follow)(const struct proc_node *node, struct path *out);
    /* Directories with further names. find: true and *child filled in (all but box) if there is
     * such a name. each: gives out the names, from offset `first` on; false: the buffer is full. */
    bool (*find)(const struct proc_node *node, const char *name, struct proc_node *child);
    bool (*each)(const struct proc_node *node, struct file *file, struct dir_context *ctx,
                 int64_t first);
};

/* May the task look into the process (ptrace(2), PTRACE_MODE_READ): the same user, or
 * CAP_SYS_PTRACE. */
bool proc_may_access(const struct task *task, const struct process *process);

/* Number of a name: digits without sign and leading zero. -1: not a number, or too big. */
int proc_parse_number(const char *name);

/* Like pseudo_emit for a numbered name below node, with the inode number that lookup will give. */
bool proc_emit_number(const struct proc_node *child, struct file *file, struct dir_context *ctx,
                      int64_t at, unsigned number);
uint64_t proc_ino(const struct proc_node *node);

/* procfs_process.c, procfs_maps.c, procfs_fd.c: of one process */
extern const struct proc_entry proc_process, proc_thread;
int proc_make_maps(const struct proc_node *node, struct text *text);
int proc_make_smaps(const struct proc_node *node, struct text *text);
int proc_make_smaps_rollup(const struct proc_node *node, struct text *text);
bool proc_find_fd(const struct proc_node *node, const char *name, struct proc_node *child);
bool proc_find_fdinfo(const struct proc_node *node, const char *name, struct proc_node *child);
bool proc_each_fd(const struct proc_node *node, struct file *file, struct dir_context *ctx,
                  int64_t first);
/* Text of a path for a link: cut to size, " (deleted)" added. */
ssize_t proc_path_link(const struct path *path, char *buf, size_t size);

/* procfs_system.c: of the box; procfs_sys.c, procfs_net.c: the tables below sys and net */
int proc_make_cmdline(const struct proc_node *node, struct text *text);
int proc_make_cpuinfo(const struct proc_node *node, struct text *text);
int proc_make_devices(const struct proc_node *node, struct text *text);
int proc_make_filesystems(const struct proc_node *node, struct text *text);
int proc_make_loadavg(const struct proc_node *node, struct text *text);
int proc_make_meminfo(const struct proc_node *node, struct text *text);
int proc_make_stat(const struct proc_node *node, struct text *text);
int proc_make_uptime(const struct proc_node *node, struct text *text);
int proc_make_version(const struct proc_node *node, struct text *text);
extern const struct proc_entry proc_sys[], proc_net[];

#endif
