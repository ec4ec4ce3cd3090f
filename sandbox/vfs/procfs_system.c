/*
 * /proc: the files that tell of the box as a machine. May include sandbox/.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/arena.h"
#include "sandbox/version.h"
#include "sandbox/vfs/procfs.h"

int proc_make_version(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "%s version %s (abibox@abibox) (gcc) %s\n", KERNEL_NAME, KERNEL_RELEASE,
                KERNEL_VERSION);
    return 0;
}

/* The kernel's command line: there was none. */
int proc_make_cmdline(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_append(text, "\n", 1);
    return 0;
}

/* The engine's fixed model, as its CPUID instruction tells it. */
int proc_make_cpuinfo(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text,
                "processor\t: 0\n"
                "vendor_id\t: GenuineIntel\n"
                "cpu family\t: 6\n"
                "model\t\t: 44\n"
                "model name\t: Westmere E56xx/L56xx/X56xx (Nehalem-C)\n"
                "stepping\t: 1\n"
                "cpu MHz\t\t: 1000.000\n"
                "cache size\t: 4096 KB\n"
                "physical id\t: 0\n"
                "siblings\t: 1\n"
                "core id\t\t: 0\n"
                "cpu cores\t: 1\n"
                "apicid\t\t: 0\n"
                "initial apicid\t: 0\n"
                "fpu\t\t: yes\n"
                "fpu_exception\t: yes\n"
                "cpuid level\t: 11\n"
                "wp\t\t: yes\n"
                "flags\t\t: fpu de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 "
                "clflush mmx fxsr sse sse2 syscall nx lm constant_tsc nonstop_tsc pni pclmulqdq "
                "ssse3 cx16 sse4_1 sse4_2 popcnt aes hypervisor lahf_lm\n"
                "bugs\t\t:\n"
                "bogomips\t: 2000.00\n"
                "clflush size\t: 64\n"
                "cache_alignment\t: 64\n"
                "address sizes\t: 40 bits physical, 48 bits virtual\n"
                "power management:\n\n");
    return 0;
}

int proc_make_devices(const struct proc_node *node, struct text *text)
{
    (void)node;
    text_printf(text, "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n"
                      "  5 /dev/ptmx\n128 ptm\n136 pts\n\nBlock devices:\n");
    return 0;
}

int proc_make_filesystems(const struct proc_node *node, struct text *text)
{
    size_t length = file_systems_text(node->box->vfs, NULL, 0);
    char *buf = malloc(length + 1);

    if (!buf)
        return -ENOMEM;
    (void)file_systems_text(node->box->vfs, buf, length + 1);
    text_append(text, buf, length);
    free(buf);
    return 0;
}

/* ---- processes counted ---- */

struct census {
    unsigned running, tasks;
    int64_t user, system; /* ns */
};

static int count_process(struct process *process, void *ctx)
{
    struct census *census = ctx;
    int64_t user, system;

    if (process->state != PROCESS_ALIVE)
        return 0;
    for (const struct task *task = process->tasks; task; task = task->thread_next) {
        census->tasks++;
        if (!task->sleeping && !task->interruptible_host && !task->exited && !process->stopped)
            census->running++;
    }
    process_cpu_times(process, &user, &system);
    census->user += user + process->children_user;
    census->system += system + process->children_system;
    return 0;
}

static struct census take_census(struct box *box)
{
    struct census census = {0};

    (void)process_each(box, count_process, &census);
    return census;
}

/* The box keeps no averages: it shows what runs now, and no load. */
int proc_make_loadavg(const struct proc_node *node, struct text *text)
{
    struct census census = take_census(node->box);

    text_printf(text, "0.00 0.00 0.00 %u/%u %d\n", census.running, census.tasks,
                node->box->last_pid);
    return 0;
}

static int64_t idle_time(struct box *box, const struct census *census)
{
    int64_t idle = clock_monotonic(box) - census->user - census->system;

    return idle > 0 ? idle : 0;
}

int proc_make_uptime(const struct proc_node *node, struct text *text)
{
    struct census census = take_census(node->box);
    int64_t up = clock_monotonic(node->box) / 10000000;
    int64_t idle = idle_time(node->box, &census) / 10000000;

    text_printf(text, "%lld.%02d %lld.%02d\n", (long long)(up / 100), (int)(up % 100),
                (long long)(idle / 100), (int)(idle % 100));
    return 0;
}

int proc_make_stat(const struct proc_node *node, struct text *text)
{
    struct census census = take_census(node->box);
    const char *names[] = {"cpu ", "cpu0"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        text_printf(text, "%s %lld 0 %lld %lld 0 0 0 0 0 0\n", names[i],
                    (long long)(census.user / 10000000), (long long)(census.system / 10000000),
                    (long long)(idle_time(node->box, &census) / 10000000));
    text_printf(text,
                "intr 0\nctxt 0\nbtime %lld\nprocesses %d\nprocs_running %u\n"
                "procs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n",
                (long long)(node->box->boot_realtime / 1000000000), node->box->last_pid,
                census.running);
    return 0;
}

/* ---- memory ---- */

static void print_kilobytes(struct text *text, const char *name, uint64_t bytes)
{
    size_t blanks = strlen(name) < 14 ? 15 - strlen(name) : 1;

    text_printf(text, "%s:%*s%8lu kB\n", name, (int)blanks, "", (unsigned long)(bytes >> 10));
}

/* The memory of the machine is the box's arena. */
int proc_make_meminfo(const struct proc_node *node, struct text *text)
{
    uint64_t total = arena_limit(node->box->arena) << PAGE_SHIFT;
    uint64_t used = arena_used(node->box->arena) << PAGE_SHIFT;
    uint64_t free_bytes = total > used ? total - used : 0;
    const struct {
        const char *name;
        uint64_t bytes;
    } lines[] = {
        {"MemTotal", total},
        {"MemFree", free_bytes},
        {"MemAvailable", free_bytes},
        {"Buffers", 0},
        {"Cached", 0},
        {"SwapCached", 0},
        {"Active", used},
        {"Inactive", 0},
        {"Unevictable", 0},
        {"Mlocked", 0},
        {"SwapTotal", 0},
        {"SwapFree", 0},
        {"Dirty", 0},
        {"Writeback", 0},
        {"AnonPages", used},
        {"Mapped", 0},
        {"Shmem", 0},
        {"KReclaimable", 0},
        {"Slab", 0},
        {"SReclaimable", 0},
        {"SUnreclaim", 0},
        {"KernelStack", 0},
        {"PageTables", 0},
        {"CommitLimit", total},
        {"Committed_AS", used},
        {"VmallocTotal", 0},
        {"VmallocUsed", 0},
        {"VmallocChunk", 0},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        print_kilobytes(text, lines[i].name, lines[i].bytes);
    text_printf(text, "HugePages_Total:       0\nHugePages_Free:        0\n"
                      "HugePages_Rsvd:        0\nHugePages_Surp:        0\n"
                      "Hugepagesize:       2048 kB\n");
    return 0;
}
