// variants: musl static-pie dynamic
/* setjmp and longjmp: over frames, in loops, and out of signal handlers with the mask kept. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf here;
static sigjmp_buf in_signal;

static int descend(int depth)
{
    char frame[256];
    memset(frame, depth, sizeof frame);
    if (depth == 0)
        longjmp(here, 42);
    if (depth < 0)
        return 0;
    return descend(depth - 1) + frame[depth];
}

static void over_frames(void)
{
    volatile int before = 1;
    int value = setjmp(here);
    if (value == 0) {
        before = 2;
        descend(500);
    }
    printf("came back with %d, before is %d\n", value, before);
    value = setjmp(here);
    if (value == 0)
        longjmp(here, 0);
    printf("zero arrives as %d\n", value);
}

static void in_a_loop(void)
{
    volatile int count = 0;
    volatile double sum = 0.5;
    setjmp(here);
    sum *= 2;
    if (++count < 1000)
        longjmp(here, count);
    printf("%d rounds, %a\n", count, sum);
}

static void on_signal(int signo)
{
    siglongjmp(in_signal, signo);
}

static void out_of_handlers(int keep_mask)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t mask;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    volatile int times = 0;
    if (sigsetjmp(in_signal, keep_mask) == 0 || times < 3) {
        times++;
        sigemptyset(&mask);
        sigaddset(&mask, SIGUSR1);
        sigprocmask(SIG_UNBLOCK, &mask, NULL);
        raise(SIGUSR1);
    }
    sigprocmask(SIG_SETMASK, NULL, &mask);
    printf("mask kept %d: %d times, blocked %d\n", keep_mask, times, sigismember(&mask, SIGUSR1));
    sigemptyset(&mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void out_of_faults(void)
{
    volatile int faults = 0;
    int *volatile nowhere = NULL;
    if (sigsetjmp(in_signal, 1) == 0 || faults < 100) {
        faults++;
        *nowhere = 1;
    }
    printf("%d faults survived\n", faults);
}

static void at_exit(void)
{
    puts("exit handler");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    over_frames();
    in_a_loop();
    out_of_handlers(1);
    out_of_handlers(0);
    out_of_faults();
    atexit(at_exit);
    exit(3);
}
