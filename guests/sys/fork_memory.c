// calls: fork
/* Copy on write over several generations: each process sees its own bytes, whoever writes first. */
#include "child.h"

#define LENGTH (8UL << 20)

static unsigned char *memory;

static unsigned long sum(void)
{
    unsigned long total = 0;
    for (size_t i = 0; i < LENGTH; i += PAGE)
        total += memory[i];
    return total;
}

static void fill(unsigned char value)
{
    for (size_t i = 0; i < LENGTH; i += PAGE)
        memory[i] = value;
}

static void grandchild(void)
{
    say("grandchild sees %lu\n", sum());
    fill(3);
    say("grandchild wrote %lu\n", sum());
}

static void child(void)
{
    say("child sees %lu\n", sum());
    memory[0] = 2;
    show_child("grandchild", grandchild);
    say("child still sees %lu\n", sum());
}

static struct gate written, checked;

static void patient_child(void)
{
    gate_wait(&written);
    say("after the parent's write the child sees %lu\n", sum());
    gate_pass(&checked);
}

/* The parent's stack and data segment are copied as well. */
static void deep_child(int *on_stack, int *in_data)
{
    *on_stack = 2;
    *in_data = 2;
    _exit(*on_stack + *in_data);
}

int main(void)
{
    static int in_data = 1;
    int on_stack = 1;
    memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)memory);
    fill(1);
    show_child("child", child);
    say("parent sees %lu\n", sum());

    gate_open(&written);
    gate_open(&checked);
    pid_t pid = start_child(patient_child);
    fill(5);
    gate_pass(&written);
    gate_wait(&checked);
    show_status("patient child", reap(pid));
    say("parent sees %lu\n", sum());

    pid = fork();
    MUST(pid);
    if (pid == 0)
        deep_child(&on_stack, &in_data);
    show_status("deep child", reap(pid));
    say("stack %d data %d\n", on_stack, in_data);

    /* A protected page stays protected in the child, MADV_DONTFORK memory is not there at all, and
     * MADV_WIPEONFORK memory is zero. */
    unsigned char *page =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = 9;
    SHOW(madvise(page, PAGE, MADV_WIPEONFORK));
    pid = fork();
    MUST(pid);
    if (pid == 0)
        _exit(page[0]);
    show_status("wiped on fork", reap(pid));
    SHOW(madvise(page, PAGE, MADV_KEEPONFORK));
    pid = fork();
    MUST(pid);
    if (pid == 0)
        _exit(page[0]);
    show_status("kept on fork", reap(pid));
    SHOW(madvise(page, PAGE, MADV_DONTFORK));
    pid = fork();
    MUST(pid);
    if (pid == 0)
        _exit(*(volatile unsigned char *)page);
    show_status("not forked", reap(pid));
    SHOW(madvise(page, PAGE, MADV_DOFORK));
    return page[0] == 9 ? 0 : 1;
}
