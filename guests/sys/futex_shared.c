// calls: futex
/* Futexes between processes: woken through shared memory, by identity of the page, not address. */
#include "child.h"
#include <linux/futex.h>

static uint32_t *word;
static int flags;

static void waiter(void)
{
    long result = RAW(futex, word, FUTEX_WAIT | flags, 0, NULL, NULL, 0);
    _exit(result == 0 ? 1 : errno == EAGAIN ? 2 : 3);
}

static void bit_waiter(void)
{
    long result = RAW(futex, word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 2);
    _exit(result == 0 ? 1 : 3);
}

static void moved_waiter(void)
{
    word = (uint32_t *)mremap(word, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 0x70000000);
    waiter();
}

static long wake(int operation, int count, uint32_t bits)
{
    return RAW(futex, word, operation, count, NULL, NULL, bits);
}

static void show_mapping(const char *label)
{
    say("%s\n", label);
    *word = 0;
    pid_t pids[3];
    for (int i = 0; i < 3; i++) {
        pids[i] = start_child(i == 2 ? moved_waiter : waiter);
        await_sleep(pids[i]);
    }
    SHOW(wake(FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 10, 0));
    SHOW(wake(FUTEX_WAKE, 2, 0));
    SHOW(wake(FUTEX_WAKE, 10, 0));
    SHOW(wake(FUTEX_WAKE, 10, 0));
    for (int i = 0; i < 3; i++)
        show_status("waiter", reap(pids[i]));
    *word = 1;
    show_child("value differs", waiter);
    *word = 0;
    pid_t pid = start_child(bit_waiter);
    await_sleep(pid);
    SHOW(wake(FUTEX_WAKE_BITSET, 10, 1));
    SHOW(wake(FUTEX_WAKE_BITSET, 10, 6));
    show_status("waiter for a bit", reap(pid));
    pid = start_child(waiter);
    await_sleep(pid);
    /* The waiter moves to the second word, and can be woken there. */
    SHOW(RAW(futex, word, FUTEX_CMP_REQUEUE, 0, 10, word + 1, 0));
    SHOW(wake(FUTEX_WAKE, 10, 0));
    word++;
    SHOW(wake(FUTEX_WAKE, 10, 0));
    word--;
    show_status("requeued", reap(pid));
}

int main(void)
{
    word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST((long)word);
    show_mapping("shared anonymous memory");

    int fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(fd, PAGE));
    word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    MUST((long)word);
    show_mapping("a file");

    /* Private memory is not shared: the parent wakes nobody. */
    word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)word);
    *word = 0;
    pid_t pid = start_child(waiter);
    await_sleep(pid);
    SHOW(wake(FUTEX_WAKE, 10, 0));
    MUST(kill(pid, SIGTERM));
    show_status("private waiter", reap(pid));
    return 0;
}
