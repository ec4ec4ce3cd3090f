/*
 * execve(2): from a path to a task that stands at the first instruction of another program.
 *
 * The new address space is built beside the old one: strings first, then the segments. Up to
 * commit() every failure returns an errno to the old program. Linux has destroyed the old one by
 * the time it maps segments, so what fails there (a late error) kills the process with SIGSEGV.
 *
 * Scripts: load_script of Linux, with its 256-byte window, its rule for a cut interpreter name and
 * its five levels.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/personality.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/handlers.h"
#include "emu/elf.h"
#include "emu/stack.h"
#include "sandbox/cred.h"
#include "sandbox/process.h"
#include "sandbox/timers.h"
#include "sandbox/vfs/super.h"
#include "sandbox/vfs/vfs.h"

/* Addresses of a Linux process whose layout is not randomized. */
#define PIE_BASE      0x555555554000ull
#define MMAP_GAP_LOW  (128ull << 20)
#define MMAP_GAP_HIGH (MM_TOP / 6 * 5)

/* Limits of execve(2), "Limits on size of arguments and environment". */
#define ARG_MAX_FLOOR   (128ull << 10)
#define ARG_MAX_CEILING (6ull << 20) /* three quarters of the default stack limit */
#define STACK_RESERVE   (128ull << 10)
#define SECURE_STACK    (8ull << 20) /* a set-user-ID program gets no larger stack limit */

#define SCRIPT_WINDOW 256
#define SCRIPT_LEVELS 5

/* CPUID.1:EDX of the engine's fixed CPU model: FPU to SSE2. */
#define GUEST_HWCAP 0x078bfbffull
/* The smallest sa_stack that Linux takes: room for any frame without extended state. */
#define GUEST_MINIMAL_SIGNAL_STACK 2048

/* A vector of strings: in guest memory (mm set), or the host's own for the first program. */
struct strings {
    struct mm *mm;
    gaddr_t guest;
    char *const *host;
    uint64_t count;
};

struct exec {
    struct task *task;
    struct strings argv, envp;
    char name[PATH_MAX];   /* what was asked for: AT_EXECFN */
    char script[PATH_MAX]; /* name of the file being looked at: name, or an interpreter */
    bool name_closes;      /* name leads through a close-on-exec descriptor */
    struct file *file;     /* writing to it is denied while it is here */
    struct file *loader_file;
    char head[SCRIPT_WINDOW];
    struct mm *mm;
    struct stack stack;
    struct cred cred;
    struct attributes attr;
    bool set_id, secure;
    struct elf_image image, loader;
    gaddr_t bias, loader_bias;
    char *why; /* NULL unless it is the first program */
    size_t why_size;
};

__attribute__((format(printf, 2, 3))) static void explain(struct exec *e, const char *format, ...)
{
    if (!e->why)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->why, e->why_size, format, arguments);
    va_end(arguments);
}

/* ---- opening ---- */

static void allow_write(struct file *file)
{
    file->inode->write_count++;
    file_put(file);
}

/* Opens what may be executed, and denies writing to it until allow_write. */
static int open_executable(struct task *task, int dirfd, const char *path, unsigned walk,
                           struct attributes *attr, struct file **out)
{
    struct path place;
    int error = vfs_walk(task, dirfd, path, walk, &place);
    if (error)
        return error;
    error = vfs_getattr(&place, attr);
    if (!error && S_ISLNK(attr->mode))
        error = -ELOOP;
    if (!error && (!S_ISREG(attr->mode) || (place.mount->flags & MOUNT_NOEXEC)))
        error = -EACCES;
    if (!error)
        error = vfs_permission(task, &place, X_OK);
    if (!error)
        error = vfs_open_path(task, &place, O_RDONLY | VFS_OPEN_EXEC, out);
    path_put(&place);
    if (error)
        return error;
    if ((*out)->inode->write_count > 0) {
        file_put(*out);
        *out = NULL;
        return -ETXTBSY;
    }
    (*out)->inode->write_count--;
    return 0;
}

static int open_program(struct exec *e, int dirfd, const char *path, unsigned walk)
{
    int error = open_executable(e->task, dirfd, path, walk, &e->attr, &e->file);
    if (error == -ENOENT)
        explain(e, "%s: no such file in the box; --ro %s would show the host's", path, path);
    else if (error)
        explain(e, "%s: cannot be executed: %s", path, strerrordesc_np(-error));
    return error;
}

static ssize_t read_source(void *ctx, void *buf, size_t len, uint64_t offset)
{
    return file_pread(ctx, buf, len, (int64_t)offset);
}

/* ---- arguments ---- */

/* One pointer of the vector; 0 at its end. */
static int string_at(const struct strings *strings, uint64_t index, gaddr_t *out)
{
    return copyin(strings->mm, out, strings->guest + index * sizeof *out, sizeof *out);
}

static int count_strings(struct strings *strings)
{
    if (!strings->mm) {
        while (strings->host[strings->count])
            strings->count++;
        return 0;
    }
    if (!strings->guest)
        return 0; /* Linux takes a NULL vector as an empty one */
    for (;;) {
        gaddr_t text;
        if (string_at(strings, strings->count, &text))
            return -EFAULT;
        if (!text)
            return 0;
        if (++strings->count > ARG_MAX_CEILING / sizeof(gaddr_t))
            return -E2BIG;
    }
}

static int push_strings(struct exec *e, const struct strings *strings)
{
    for (uint64_t i = strings->count; i-- > 0;) {
        int error;
        if (strings->mm) {
            gaddr_t text;
            if (string_at(strings, i, &text))
                return -EFAULT;
            error = stack_push_guest(&e->stack, strings->mm, text);
        } else {
            error = stack_push(&e->stack, strings->host[i]);
        }
        if (error)
            return error;
    }
    return 0;
}

/* Bytes that strings may take: a quarter of the stack's limit less the vectors' pointers. */
static int string_limit(const struct exec *e, uint64_t *limit)
{
    uint64_t bytes = e->task->process->rlimit[RLIMIT_STACK].cur / 4;
    if (bytes > ARG_MAX_CEILING)
        bytes = ARG_MAX_CEILING;
    if (bytes < ARG_MAX_FLOOR)
        bytes = ARG_MAX_FLOOR;
    uint64_t argc = e->argv.count ? e->argv.count : 1;
    uint64_t pointers = (argc + e->envp.count) * sizeof(gaddr_t);
    if (bytes <= pointers)
        return -E2BIG;
    *limit = bytes - pointers;
    return 0;
}

/* Makes the new address space with the strings in it. */
static int copy_arguments(struct exec *e)
{
    uint64_t limit;
    int error = count_strings(&e->argv);
    if (!error)
        error = count_strings(&e->envp);
    if (!error)
        error = string_limit(e, &limit);
    if (error)
        return error;
    e->mm = mm_create(e->task->box->arena);
    if (!e->mm)
        return -ENOMEM;
    uint64_t bytes = ARG_MAX_CEILING + STACK_RESERVE + 4 * PAGE_SIZE;
    error = stack_begin(&e->stack, e->mm, bytes, limit,
                        VMA_READ | VMA_WRITE | VMA_MAYWRITE | VMA_GROWSDOWN);
    if (!error)
        error = stack_push(&e->stack, e->name);
    e->stack.file_name = e->stack.sp;
    if (!error)
        error = push_strings(e, &e->envp);
    /* Since 5.18 a program always has an argument. */
    if (!error)
        error = e->argv.count ? push_strings(e, &e->argv) : stack_push(&e->stack, "");
    e->stack.argc = e->argv.count ? e->argv.count : 1;
    e->stack.envc = e->envp.count;
    return error;
}

/* ---- scripts ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The first character in [from, last] that is no blank, or NULL. */
static char *skip_blanks(char *from, const char *last)
{
    for (; from <= last; from++)
        if (!is_blank(*from))
            return from;
    return NULL;
}

/* The first blank or NUL in [from, last], or NULL. */
static char *word_end(char *from, const char *last)
{
    for (; from <= last; from++)
        if (is_blank(*from) || !*from)
            return from;
    return NULL;
}

/*
 * Cuts head ("#! NAME ARGUMENT") into name and argument, NULL without one. -ENOEXEC when there is
 * no name or it may be longer than the window.
 */
static int split_script_line(char head[SCRIPT_WINDOW], char **name, char **argument)
{
    char *last = head + SCRIPT_WINDOW - 1;
    char *end = memchr(head, '\n', SCRIPT_WINDOW);
    if (!end) {
        char *start = skip_blanks(head + 2, last);
        if (!start || !word_end(start, last))
            return -ENOEXEC;
        end = last;
    }
    while (is_blank(end[-1]))
        end--;
    *name = skip_blanks(head + 2, end);
    if (!*name || *name == end)
        return -ENOEXEC;
    char *separator = word_end(*name, end);
    *argument = separator && *separator ? skip_blanks(separator, end) : NULL;
    *end = '\0';
    if (*argument)
        *separator = '\0';
    return 0;
}

/* argv[0] gives way to: interpreter, its argument if any, the script's name. */
static int replace_arguments(struct exec *e, const char *name, const char *argument)
{
    int error = stack_drop_argument(&e->stack);
    if (!error)
        error = stack_push(&e->stack, e->script);
    if (!error && argument)
        error = stack_push(&e->stack, argument);
    if (!error)
        error = stack_push(&e->stack, name);
    e->stack.argc += argument ? 3 : 2;
    return error;
}

static int load_script(struct exec *e)
{
    char *name, *argument;
    int error = split_script_line(e->head, &name, &argument);
    if (error) {
        explain(e, "%s: its #! line names no interpreter", e->script);
        return error;
    }
    if (e->name_closes)
        return -ENOENT; /* the interpreter could not open /dev/fd/N any more */
    error = replace_arguments(e, name, argument);
    if (error)
        return error;
    struct file *script = e->file;
    e->file = NULL;
    /* "#!" alone names the working directory, which cannot be executed. */
    error = !*name ? -EACCES
                   : open_executable(e->task, AT_FDCWD, name, WALK_FOLLOW, &e->attr, &e->file);
    if (error == -ENOENT)
        explain(e, "%s: needs %s, which is not in the box; --ro %s would give it", e->script, name,
                name);
    else if (error)
        explain(e, "%s: its interpreter %s cannot be executed: %s", e->script, name,
                strerrordesc_np(-error));
    allow_write(script);
    snprintf(e->script, sizeof e->script, "%s", name);
    return error;
}

/* Follows #! lines until the file is none; its ELF headers are in e->image then. */
static int find_program(struct exec *e, enum elf_error *elf)
{
    for (unsigned level = 0;; level++) {
        memset(e->head, 0, sizeof e->head);
        ssize_t got = file_pread(e->file, e->head, sizeof e->head, 0);
        if (got < 0)
            return (int)got;
        if (e->head[0] != '#' || e->head[1] != '!')
            break;
        int error = load_script(e);
        if (error)
            return error;
        if (level + 1 > SCRIPT_LEVELS) {
            explain(e, "%s: more than %d #! scripts interpret each other", e->name, SCRIPT_LEVELS);
            return -ELOOP;
        }
    }
    const struct elf_source source = {.read = read_source, .ctx = e->file};
    *elf = elf_parse(&source, &e->image);
    if (*elf == ELF_WRONG_MACHINE)
        explain(e, "%s: is an ELF program for %s; only x86-64 programs run", e->script,
                elf_machine_name(e->image.machine));
    else if (*elf)
        explain(e, "%s: %s", e->script, elf_reason(*elf));
    return *elf && *elf < ELF_FIRST_LATE ? -elf_errno(*elf) : 0;
}

/* ---- the dynamic loader (PT_INTERP) ---- */

static int open_loader(struct exec *e, enum elf_error *elf)
{
    const char *name = e->image.interpreter;
    struct attributes attr;
    int error = open_executable(e->task, AT_FDCWD, name, WALK_FOLLOW, &attr, &e->loader_file);
    if (error == -ENOENT)
        explain(e,
                "%s: needs the loader %s, which is not in the box; "
                "--ro /lib --ro /lib64 --ro /usr would give it and the libraries",
                e->script, name);
    else if (error)
        explain(e, "%s: its loader %s cannot be executed: %s", e->script, name,
                strerrordesc_np(-error));
    if (error)
        return error;
    const struct elf_source source = {.read = read_source, .ctx = e->loader_file};
    *elf = elf_parse(&source, &e->loader);
    if (*elf)
        explain(e, "%s: its loader %s %s", e->script, name, elf_reason(*elf));
    if (!*elf || *elf >= ELF_FIRST_LATE)
        return 0;
    return *elf == ELF_UNREADABLE || *elf == ELF_HEADER_CUT || *elf == ELF_EMPTY ? -EIO : -ELIBBAD;
}

/* ---- mapping ---- */

static int map_file(const struct elf_image *image, struct mm *mm, struct file *file, gaddr_t bias)
{
    struct backing *backing;
    if (!file->ops->mmap)
        return -ENODEV;
    int error = file->ops->mmap(file, VMA_READ | VMA_EXEC, &backing);
    return error ? error : elf_map(image, mm, backing, bias);
}

static gaddr_t mmap_base(const struct process *process)
{
    uint64_t gap = process->rlimit[RLIMIT_STACK].cur;
    if (gap < MMAP_GAP_LOW)
        gap = MMAP_GAP_LOW;
    if (gap > MMAP_GAP_HIGH)
        gap = MMAP_GAP_HIGH;
    return (MM_TOP - gap) & PAGE_MASK;
}

static int map_loader(struct exec *e)
{
    const struct elf_image *loader = &e->loader;
    if (loader->position_independent) {
        uint64_t slack = loader->alignment - PAGE_SIZE;
        gaddr_t place = mm_find_free(e->mm, loader->high - loader->low + slack);
        if (!place)
            return -ENOMEM;
        place = (place + slack) & ~(loader->alignment - 1);
        e->loader_bias = place - loader->low;
    }
    return map_file(loader, e->mm, e->loader_file, e->loader_bias);
}

/* RLIMIT_AS, and what the box's memory could never hold. */
static int check_size(const struct exec *e)
{
    struct mm_stats stats;
    mm_stats(e->mm, &stats);
    if (stats.mapped > e->task->process->rlimit[RLIMIT_AS].cur)
        return -ENOMEM;
    return stats.committed / PAGE_SIZE > arena_limit(e->task->box->arena) ? -ENOMEM : 0;
}

static void note_layout(struct exec *e)
{
    struct mm_layout *layout = mm_layout(e->mm);
    const struct elf_image *image = &e->image;
    layout->code_start = image->code_start + e->bias;
    layout->code_end = image->code_end + e->bias;
    layout->data_start = image->data_start + e->bias;
    layout->data_end = image->data_end + e->bias;
    layout->brk_start = layout->brk = image->brk + e->bias;
    layout->stack_start = e->stack.sp;
    layout->arg_start = e->stack.arg_start;
    layout->arg_end = e->stack.arg_end;
    layout->env_start = e->stack.env_start;
    layout->env_end = e->stack.env_end;
    layout->auxv = e->stack.auxv;
    layout->auxv_len = e->stack.auxv_len;
}

static int finish_stack(struct exec *e)
{
    uint64_t stack_limit = e->task->process->rlimit[RLIMIT_STACK].cur;
    struct stack_program program = {
        .headers = e->image.headers ? e->image.headers + e->bias : 0,
        .header_count = e->image.header_count,
        .base = e->loader_file ? e->loader_bias : 0,
        .entry = e->image.entry + e->bias,
        .hwcap = GUEST_HWCAP,
        .minimal_signal_stack = GUEST_MINIMAL_SIGNAL_STACK,
        .uid = e->cred.ruid,
        .euid = e->cred.euid,
        .gid = e->cred.rgid,
        .egid = e->cred.egid,
        .secure = e->secure,
    };
    rng_bytes(e->task->box, program.random, sizeof program.random);
    mm_set_stack_limit(e->mm, stack_limit);
    int error = stack_finish(&e->stack, &program, STACK_RESERVE);
    if (!error && e->image.executable_stack)
        error = mm_protect(e->mm, e->stack.bottom, STACK_TOP - e->stack.bottom,
                           VMA_READ | VMA_WRITE | VMA_EXEC);
    return error;
}

static int map_program(struct exec *e)
{
    mm_layout(e->mm)->mmap_base = mmap_base(e->task->process);
    if (e->image.position_independent)
        e->bias = (PIE_BASE & ~(e->image.alignment - 1)) - e->image.low;
    int error = map_file(&e->image, e->mm, e->file, e->bias);
    if (!error && e->loader_file)
        error = map_loader(e);
    if (!error)
        error = finish_stack(e);
    if (!error)
        error = check_size(e);
    if (!error)
        note_layout(e);
    else
        explain(e, "%s: cannot be mapped: %s", e->script, strerrordesc_np(-error));
    return error;
}

/* ---- the point of no return ---- */

/* Caught signals go back to their default; ignored ones stay so. Actions are not shared any more.
 */
static int reset_actions(struct task *task)
{
    struct process *process = task->process;
    if (process->actions->refs > 1) {
        struct sig_actions *own = sig_actions_clone(process->actions);
        if (!own)
            return -ENOMEM;
        sig_actions_unref(process->actions);
        process->actions = own;
    }
    for (unsigned i = 0; i < NSIG_GUEST; i++) {
        struct sig_action *action = &process->actions->action[i];
        gaddr_t ignored = (gaddr_t)(uintptr_t)SIG_IGN;
        *action = (struct sig_action){.handler = action->handler == ignored ? ignored : 0};
    }
    return 0;
}

static void set_name(struct task *task, const char *path)
{
    const char *slash = strrchr(path, '/');
    memset(task->comm, 0, sizeof task->comm);
    snprintf(task->comm, sizeof task->comm, "%.15s", slash ? slash + 1 : path);
}

static void take_program_file(struct exec *e, struct process *process)
{
    if (process->exe_file)
        allow_write(process->exe_file);
    process->exe_file = e->file;
    process->exe = &e->file->path;
    e->file = NULL;
}

static void switch_memory(struct exec *e)
{
    struct task *task = e->task;
    struct process *process = task->process;
    if (task->mm) {
        task_release_memory(task);
        cpu_thread_set_mm(task->cpu, e->mm);
        mm_unref(task->mm);
        mm_unref(process->mm);
    }
    task->mm = e->mm;
    process->mm = mm_ref(e->mm);
    e->mm = NULL;
}

static void take_credentials(struct exec *e)
{
    struct process *process = e->task->process;
    if (e->secure) {
        process->parent_death_signal = 0;
        process->personality &= ~(uint32_t)PER_CLEAR_ON_SETID;
        if (process->rlimit[RLIMIT_STACK].cur > SECURE_STACK)
            process->rlimit[RLIMIT_STACK].cur = SECURE_STACK;
    }
    process->personality &= ~(uint32_t)READ_IMPLIES_EXEC;
    process->dumpable = !e->secure && e->cred.euid == e->cred.ruid && e->cred.egid == e->cred.rgid;
    e->task->cred = e->cred;
}

/* Nothing fails here: the old program is gone. */
static void commit(struct exec *e)
{
    struct task *task = e->task;
    struct process *process = task->process;

    switch_memory(e);
    take_program_file(e, process);
    take_credentials(e);
    set_name(task, e->name);
    fd_table_close_on_exec(task);
    posix_timers_delete(process);
    memset(&task->altstack, 0, sizeof task->altstack);
    task->altstack.flags = SS_DISABLE;
    task->robust_list = task->robust_list_len = 0;
    process->did_exec = true;
    process->exit_signal = SIGCHLD;

    cpu_thread_reset(task->cpu);
    cpu_set(task->cpu, CPU_RFLAGS, 0x202);
    cpu_set(task->cpu, CPU_RSP, e->stack.sp);
    cpu_set(task->cpu, CPU_RIP,
            e->loader_file ? e->loader.entry + e->loader_bias : e->image.entry + e->bias);
}

static void compute_credentials(struct exec *e)
{
    const struct cred_file file = {
        .mode = e->attr.mode,
        .uid = e->attr.uid,
        .gid = e->attr.gid,
        .ignore_set_id = (e->file->path.mount->flags & MOUNT_NOSUID) != 0,
    };
    e->cred = e->task->cred;
    cred_exec(&e->cred, &file, &e->set_id, &e->secure);
}

/* From the open program to the mapped one. *late: Linux would have found the error too late. */
static int load(struct exec *e, bool *late)
{
    enum elf_error elf = ELF_OK, loader_elf = ELF_OK;
    int error = copy_arguments(e);
    if (error)
        explain(e, "%s: arguments and environment: %s", e->name, strerrordesc_np(-error));
    if (!error)
        error = find_program(e, &elf);
    if (!error && e->image.interpreter[0])
        error = open_loader(e, &loader_elf);
    if (error)
        return error;
    *late = true;
    compute_credentials(e);
    if (elf || loader_elf)
        return -elf_errno(elf ? elf : loader_elf);
    return map_program(e);
}

static void release(struct exec *e)
{
    if (e->file)
        allow_write(e->file);
    if (e->loader_file)
        allow_write(e->loader_file);
    if (e->mm)
        mm_unref(e->mm);
    elf_free(&e->image);
    elf_free(&e->loader);
    free(e);
}

/* ---- the calls ---- */

static int execute(struct exec *e)
{
    struct task *task = e->task;
    bool late = false;
    int error = load(e, &late);
    if (error && !late)
        return error;
    int refused = process_become_single(task);
    if (!refused)
        refused = fd_table_unshare(task);
    if (!refused)
        refused = reset_actions(task);
    if (error || refused) {
        process_exit_group(task->process, SIGSEGV);
        return error ? error : refused;
    }
    commit(e);
    return 0;
}

/* The name that the program is told, when it was found through a descriptor (execveat(2)). */
static void name_program(struct exec *e, int dirfd, const char *path)
{
    if (dirfd == AT_FDCWD || path[0] == '/')
        snprintf(e->name, sizeof e->name, "%s", path);
    else if (!path[0])
        snprintf(e->name, sizeof e->name, "/dev/fd/%d", dirfd);
    else
        snprintf(e->name, sizeof e->name, "/dev/fd/%d/%s", dirfd, path);
    snprintf(e->script, sizeof e->script, "%s", e->name);
    const struct fd_table *fds = e->task->fds;
    e->name_closes =
        dirfd >= 0 && path[0] != '/' && (unsigned)dirfd < fds->size && fds->entry[dirfd].cloexec;
}

static long do_execveat(struct task *t, int dirfd, gaddr_t path, gaddr_t argv, gaddr_t envp,
                        uint32_t flags)
{
    int error;
    const char *name = task_path(t, path, &error);
    if (!name)
        return error;
    if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    struct exec *e = calloc(1, sizeof *e);
    if (!e)
        return -ENOMEM;
    e->task = t;
    e->argv = (struct strings){.mm = t->mm, .guest = argv};
    e->envp = (struct strings){.mm = t->mm, .guest = envp};
    name_program(e, dirfd, name);
    unsigned walk =
        (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    error = open_program(e, dirfd, name, walk);
    if (!error)
        error = execute(e);
    release(e);
    return error;
}

SYS(execve)
{
    return do_execveat(t, AT_FDCWD, a->path, a->argv, a->envp, 0);
}

SYS(execveat)
{
    return do_execveat(t, a->dirfd, a->path, a->argv, a->envp, (uint32_t)a->flags);
}

int exec_first(struct task *task, const char *path, char *const argv[], char *const envp[],
               char *why, size_t size)
{
    struct exec *e = calloc(1, sizeof *e);
    bool late;
    if (!e)
        return -ENOMEM;
    snprintf(why, size, "%s: cannot be started", path);
    e->task = task;
    e->why = why;
    e->why_size = size;
    e->argv.host = argv;
    e->envp.host = envp;
    name_program(e, AT_FDCWD, path);
    int error = open_program(e, AT_FDCWD, path, WALK_FOLLOW);
    if (!error)
        error = load(e, &late);
    if (!error) {
        enum elf_error elf = elf_check_start(&e->image, e->attr.size);
        if (elf) {
            explain(e, "%s: %s", e->script, elf_reason(elf));
            error = -elf_errno(elf);
        }
    }
    if (!error) {
        task->cpu = cpu_thread_create(task->box->cpu, e->mm);
        error = task->cpu ? reset_actions(task) : -ENOMEM;
    }
    if (!error)
        commit(e);
    release(e);
    return error;
}
