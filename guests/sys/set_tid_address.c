// calls: set_tid_address set_robust_list get_robust_list
// needs: namespaces
/* What a process leaves to its memory when it ends, as far as one thread can see it. */
#include "child.h"
#include <linux/futex.h>
#include <sys/prctl.h>

static int *shared;

/* A robust list of one futex: the kernel marks it when the owner ends. */
static void owner(void)
{
    static struct robust_list_head head;
    static struct robust_list entry;
    entry.next = &head.list;
    head.list.next = &entry;
    head.futex_offset = (char *)shared - (char *)&entry;
    head.list_op_pending = NULL;
    *shared = getpid() | (int)FUTEX_WAITERS;
    MUST(RAW(set_robust_list, &head, sizeof head));
}

static void stranger(void)
{
    static struct robust_list_head head;
    static struct robust_list entry;
    entry.next = &head.list;
    head.list.next = &entry;
    head.futex_offset = (char *)shared - (char *)&entry;
    *shared = 1;
    MUST(RAW(set_robust_list, &head, sizeof head));
}

static void broken_list(void)
{
    static struct robust_list_head head;
    head.list.next = BAD_POINTER;
    MUST(RAW(set_robust_list, &head, sizeof head));
    MUST(RAW(set_robust_list, KERNEL_POINTER, sizeof head));
    _exit(8);
}

static void endless_list(void)
{
    static struct robust_list_head head;
    static struct robust_list entry;
    entry.next = &entry;
    head.list.next = &entry;
    MUST(RAW(set_robust_list, &head, sizeof head));
    _exit(9);
}

static void user(void)
{
    void *head;
    size_t length;
    SHOW(RAW(get_robust_list, getppid(), &head, &length));
}

int main(void)
{
    struct robust_list_head head = {.list.next = &head.list}, *got = NULL;
    size_t length = 0;
    int tid = 1;
    say("set_tid_address is the thread: %d\n", RAW(set_tid_address, &tid) == getpid());
    say("with a bad address too: %d\n", RAW(set_tid_address, BAD_POINTER) == getpid());
    say("and with none: %d\n", RAW(set_tid_address, NULL) == getpid());

    SHOW(RAW(set_robust_list, &head, sizeof head));
    SHOW(RAW(set_robust_list, &head, sizeof head - 1));
    SHOW(RAW(set_robust_list, &head, sizeof head + 1));
    SHOW(RAW(set_robust_list, BAD_POINTER, 0L));
    SHOW(RAW(get_robust_list, 0, &got, &length));
    say("same list %d, length %zu\n", got == &head, length);
    SHOW(RAW(get_robust_list, getpid(), &got, &length));
    SHOW(RAW(get_robust_list, 0x7fffffff, &got, &length));
    SHOW(RAW(get_robust_list, 0, BAD_POINTER, &length));
    SHOW(RAW(get_robust_list, 0, &got, BAD_POINTER));
    SHOW(RAW(set_robust_list, NULL, sizeof head));
    run_as(65534, user);

    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST((long)shared);
    reap(start_child(owner));
    say("the owner's futex %#x\n", (unsigned)*shared);
    reap(start_child(stranger));
    say("a stranger's futex %#x\n", (unsigned)*shared);
    show_child("broken list", broken_list);
    show_child("endless list", endless_list);
    return 0;
}
