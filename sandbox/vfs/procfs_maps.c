/*
 * /proc/PID/maps, smaps and smaps_rollup. May include sandbox/.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "sandbox/vfs/procfs.h"

/* Column at which names stand, proc_pid_maps(5). */
#define NAME_COLUMN 73

static void print_name(struct text *text, const struct vma *vma, size_t line_start)
{
    char name[4096 + 16] = "";

    if (vma->backing && vma->backing->ops->describe)
        (void)vma->backing->ops->describe(vma->backing, name, sizeof(name));
    else if (vma->name)
        (void)snprintf(name, sizeof(name), "%s", vma->name);
    if (name[0]) {
        while (text->length - line_start < NAME_COLUMN)
            text_append(text, " ", 1);
        /* Only what would break the line: names may have blanks. */
        for (const char *c = name; *c; c++) {
            if (*c == '\n')
                text_append(text, "\\012", 4);
            else
                text_append(text, c, 1);
            if (text->failed)
                return;
        }
    }
    text_append(text, "\n", 1);
}

static void print_range(struct text *text, const struct vma *vma, gaddr_t end)
{
    size_t line_start = text->length;
    uint64_t dev = 0, ino = 0, offset = 0;

    if (vma->backing) {
        offset = vma->index << PAGE_SHIFT;
        if (vma->backing->ops->identity)
            vma->backing->ops->identity(vma->backing, &dev, &ino);
    }
    text_printf(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", (unsigned long)vma->start,
                (unsigned long)end, vma->flags & VMA_READ ? 'r' : '-',
                vma->flags & VMA_WRITE ? 'w' : '-', vma->flags & VMA_EXEC ? 'x' : '-',
                vma->flags & VMA_SHARED ? 's' : 'p', (unsigned long)offset, major(dev), minor(dev),
                (unsigned long)ino);
    print_name(text, vma, line_start);
}

int proc_make_maps(const struct proc_node *node, struct text *text)
{
    struct mm *mm = node->process->mm;
    const struct vma *vma = mm ? mm_vma_at_or_above(mm, 0) : NULL;

    for (; vma && !text->failed; vma = mm_vma_at_or_above(mm, vma->end))
        print_range(text, vma, vma->end);
    return 0;
}

/* ---- smaps ---- */

struct usage {
    uint64_t size, rss, anonymous, locked; /* bytes */
};

static void print_usage(struct text *text, const struct usage *usage)
{
    const struct {
        const char *name;
        uint64_t bytes;
    } lines[] = {
        {"Rss:", usage->rss},
        {"Pss:", usage->rss},
        {"Pss_Dirty:", usage->anonymous},
        {"Shared_Clean:", 0},
        {"Shared_Dirty:", 0},
        {"Private_Clean:", usage->rss - usage->anonymous},
        {"Private_Dirty:", usage->anonymous},
        {"Referenced:", usage->rss},
        {"Anonymous:", usage->anonymous},
        {"KSM:", 0},
        {"LazyFree:", 0},
        {"AnonHugePages:", 0},
        {"ShmemPmdMapped:", 0},
        {"FilePmdMapped:", 0},
        {"Shared_Hugetlb:", 0},
        {"Private_Hugetlb:", 0},
        {"Swap:", 0},
        {"SwapPss:", 0},
        {"Locked:", usage->locked},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
        text_printf(text, "%-16s%8lu kB\n", lines[i].name, (unsigned long)(lines[i].bytes >> 10));
}

static struct usage usage_of(struct mm *mm, const struct vma *vma)
{
    struct usage usage = {.size = vma->end - vma->start};

    usage.rss = mm_resident_pages(mm, vma->start, vma->end) << PAGE_SHIFT;
    usage.anonymous = vma->backing ? 0 : usage.rss;
    usage.locked = vma->flags & VMA_LOCKED ? usage.rss : 0;
    return usage;
}

static void print_flags(struct text *text, const struct vma *vma)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } names[] = {
        {VMA_READ, "rd"},     {VMA_WRITE, "wr"},    {VMA_EXEC, "ex"},      {VMA_SHARED, "sh"},
        {VMA_READ, "mr"},     {VMA_MAYWRITE, "mw"}, {VMA_READ, "me"},      {VMA_GROWSDOWN, "gd"},
        {VMA_LOCKED, "lo"},   {VMA_DONTFORK, "dc"}, {VMA_NORESERVE, "nr"}, {VMA_WIPEONFORK, "wf"},
        {VMA_DONTDUMP, "dd"},
    };

    text_printf(text, "VmFlags: ");
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (vma->flags & names[i].flag)
            text_printf(text, "%s ", names[i].name);
    text_append(text, "\n", 1);
}

int proc_make_smaps(const struct proc_node *node, struct text *text)
{
    struct mm *mm = node->process->mm;
    const struct vma *vma = mm ? mm_vma_at_or_above(mm, 0) : NULL;

    for (; vma && !text->failed; vma = mm_vma_at_or_above(mm, vma->end)) {
        struct usage usage = usage_of(mm, vma);

        print_range(text, vma, vma->end);
        text_printf(text,
                    "Size:           %8lu kB\nKernelPageSize:        4 kB\n"
                    "MMUPageSize:           4 kB\n",
                    (unsigned long)(usage.size >> 10));
        print_usage(text, &usage);
        text_printf(text, "THPeligible:           0\n");
        print_flags(text, vma);
    }
    return 0;
}

int proc_make_smaps_rollup(const struct proc_node *node, struct text *text)
{
    struct mm *mm = node->process->mm;
    const struct vma *vma = mm ? mm_vma_at_or_above(mm, 0) : NULL;
    struct vma all = {.flags = 0, .name = "[rollup]"};
    struct usage sum = {0};

    if (!mm)
        return -ESRCH;
    if (vma)
        all.start = vma->start;
    for (; vma; vma = mm_vma_at_or_above(mm, vma->end)) {
        struct usage usage = usage_of(mm, vma);

        all.end = vma->end;
        sum.rss += usage.rss;
        sum.anonymous += usage.anonymous;
        sum.locked += usage.locked;
    }
    print_range(text, &all, all.end);
    print_usage(text, &sum);
    return 0;
}
