// calls: mmap fork
/* Shared anonymous memory over forks, and private memory beside it. */
#include "child.h"

static volatile int *shared, *private;
static struct gate ping, pong;

static void player(void)
{
    for (int i = 0; i < 100; i++) {
        gate_wait(&ping);
        *shared += 1;
        *private += 1;
        gate_pass(&pong);
    }
    say("child: private %d\n", *private);
}

static void grandparent(void)
{
    if (fork() == 0) {
        shared[1] = 5;
        _exit(0);
    }
    wait(NULL);
    shared[2] = shared[1] + 1;
}

static void unmapper(void)
{
    shared[3] = 9;
    MUST(munmap((void *)shared, 2 * PAGE));
}

static void remapper(void)
{
    volatile int *moved = mremap((void *)shared, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    moved[1024] = 77;
    MUST(mprotect((void *)moved, PAGE, PROT_READ));
}

static void spinner(void)
{
    while (!shared[5])
        continue;
    shared[6] = shared[5] + 1;
}

int main(void)
{
    gate_open(&ping);
    gate_open(&pong);
    shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)shared);
    MUST((long)private);
    pid_t pid = start_child(player);
    for (int i = 0; i < 100; i++) {
        *shared += 10;
        *private += 10;
        gate_pass(&ping);
        gate_wait(&pong);
    }
    reap(pid);
    say("shared %d, private %d\n", *shared, *private);
    show_child("grandparent", grandparent);
    say("over two generations: %d %d\n", shared[1], shared[2]);
    show_child("unmapper", unmapper);
    say("still here: %d\n", shared[3]);
    show_child("remapper", remapper);
    shared[0] = 1;
    say("its move and protection are its own: %d\n", shared[1024]);
    /* A child that spins on a word sees the parent's store. */
    pid = start_child(spinner);
    shared[5] = 41;
    reap(pid);
    say("spinner: %d\n", shared[6]);

    /* /dev/zero mapped shared is anonymous memory of the same kind. */
    int zero = (int)MUST(open("/dev/zero", O_RDWR));
    shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
    MUST((long)shared);
    show_child("unmapper", unmapper);
    say("through /dev/zero: %d\n", shared[3]);
    return 0;
}
