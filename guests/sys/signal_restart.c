// calls: read write wait4 waitid nanosleep poll ppoll select pselect6 futex epoll_wait flock fcntl
/* What a handled signal does to each waiting call, without and with SA_RESTART: EINTR, or the call
 * goes on and ends with what the parent then does for it. */
#include "child.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>

static struct gate handled, leave;
static int data[2], full[2], file, watcher;
static uint32_t *word;

static void note(int signo)
{
    (void)signo;
    gate_pass(&handled);
}

static long wait_read(void)
{
    char byte;
    return read(data[0], &byte, 1);
}

static long wait_write(void)
{
    return write(full[1], "x", 1);
}

static long wait_child(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        gate_wait(&leave);
        _exit(0);
    }
    return RAW(wait4, pid, NULL, 0, NULL) == pid ? 1 : -1;
}

static long wait_child_id(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        gate_wait(&leave);
        _exit(0);
    }
    return RAW(waitid, P_PID, pid, NULL, WEXITED, NULL);
}

static long wait_nanosleep(void)
{
    struct timespec time = {100, 0}, left = {0, 0};
    long result = RAW(nanosleep, &time, &left);
    if (result < 0 && errno == EINTR)
        say("    time is left: %d\n", left.tv_sec > 0 && left.tv_sec <= 100);
    return result;
}

static long wait_clock_nanosleep(void)
{
    struct timespec time, left = {7, 7};
    MUST(clock_gettime(CLOCK_MONOTONIC, &time));
    time.tv_sec += 100;
    long result = RAW(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &time, &left);
    if (result < 0 && errno == EINTR)
        say("    what is left is not said: %d\n", left.tv_sec == 7);
    return result;
}

static long wait_poll(void)
{
    struct pollfd poller = {.fd = data[0], .events = POLLIN};
    return RAW(poll, &poller, 1, -1);
}

static long wait_ppoll(void)
{
    struct pollfd poller = {.fd = data[0], .events = POLLIN};
    struct timespec time = {100, 0};
    long result = RAW(ppoll, &poller, 1, &time, NULL, 8L);
    say("    time was written back: %d\n", time.tv_sec < 100);
    return result;
}

static long wait_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(data[0], &set);
    struct timeval time = {100, 0};
    long result = RAW(select, data[0] + 1, &set, NULL, NULL, &time);
    say("    time was written back: %d, set kept %d\n", time.tv_sec < 100,
        FD_ISSET(data[0], &set) != 0);
    return result;
}

static long wait_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(data[0], &set);
    return RAW(pselect6, data[0] + 1, &set, NULL, NULL, NULL, NULL);
}

static long wait_futex(void)
{
    return RAW(futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static long wait_futex_timeout(void)
{
    struct timespec time = {100, 0};
    return RAW(futex, word, FUTEX_WAIT, 0, &time, NULL, 0);
}

static long wait_epoll(void)
{
    struct epoll_event event;
    return RAW(epoll_wait, watcher, &event, 1, -1);
}

static long wait_epoll_pwait(void)
{
    struct epoll_event event;
    return RAW(epoll_pwait, watcher, &event, 1, 100000, NULL, 8L);
}

static long wait_flock(void)
{
    int own = (int)MUST(open("lock", O_RDWR));
    return flock(own, LOCK_EX);
}

static long wait_fcntl(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    return fcntl(file, F_SETLKW, &lock);
}

static long wait_open_fifo(void)
{
    long fd = open("fifo", O_RDONLY);
    return fd < 0 ? fd : 0;
}

static void provide_byte(void)
{
    MUST(write(data[1], "x", 1));
}

static void provide_room(void)
{
    static char block[65536];
    MUST(read(full[0], block, sizeof block));
}

static void provide_end(void)
{
    gate_pass(&leave);
}

static void provide_wake(void)
{
    RAW(futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void provide_unlock(void)
{
    MUST(flock(file, LOCK_UN));
}

static void provide_record_unlock(void)
{
    struct flock lock = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    MUST(fcntl(file, F_SETLK, &lock));
}

static void provide_writer(void)
{
    MUST(close((int)MUST(open("fifo", O_WRONLY))));
}

static const struct {
    const char *name;
    long (*wait)(void);
    void (*provide)(void); /* NULL: the call is never restarted */
} calls[] = {
    {"read", wait_read, provide_byte},
    {"write", wait_write, provide_room},
    {"wait4", wait_child, provide_end},
    {"waitid", wait_child_id, provide_end},
    {"futex", wait_futex, provide_wake},
    {"flock", wait_flock, provide_unlock},
    {"fcntl F_SETLKW", wait_fcntl, provide_record_unlock},
    {"open of a fifo", wait_open_fifo, provide_writer},
    {"nanosleep", wait_nanosleep, NULL},
    {"clock_nanosleep", wait_clock_nanosleep, NULL},
    {"futex with a timeout", wait_futex_timeout, NULL},
    {"poll", wait_poll, NULL},
    {"ppoll", wait_ppoll, NULL},
    {"select", wait_select, NULL},
    {"pselect6", wait_pselect, NULL},
    {"epoll_wait", wait_epoll, NULL},
    {"epoll_pwait", wait_epoll_pwait, NULL},
};

/* Fresh objects, so that one case leaves nothing to the next. */
static void prepare(void)
{
    static char block[65536];
    struct epoll_event event = {.events = EPOLLIN};
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    gate_open(&leave);
    MUST(pipe(data));
    MUST(pipe(full));
    MUST(write(full[1], block, sizeof block));
    watcher = (int)MUST(epoll_create1(0));
    MUST(epoll_ctl(watcher, EPOLL_CTL_ADD, data[0], &event));
    MUST(flock(file, LOCK_EX));
    MUST(fcntl(file, F_SETLK, &lock));
    *word = 0;
}

static void clean_up(void)
{
    MUST(close(watcher));
    for (int i = 0; i < 2; i++) {
        MUST(close(leave.fd[i]));
        MUST(close(data[i]));
        MUST(close(full[i]));
    }
}

int main(void)
{
    gate_open(&handled);
    word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST((long)word);
    file = (int)MUST(open("lock", O_RDWR | O_CREAT, 0600));
    MUST(mkfifo("fifo", 0600));
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        for (int restart = 0; restart < 2; restart++) {
            prepare();
            say("%s, SA_RESTART %d\n", calls[i].name, restart);
            pid_t pid = fork();
            MUST(pid);
            if (pid == 0) {
                catch_signal(SIGUSR1, note, restart ? SA_RESTART : 0);
                long result = calls[i].wait();
                say("    %ld %s\n", result, result < 0 ? errno_name(errno) : "");
                _exit(0);
            }
            await_sleep(pid);
            MUST(kill(pid, SIGUSR1));
            gate_wait(&handled);
            if (restart && calls[i].provide) {
                await_sleep(pid);
                calls[i].provide();
            }
            reap(pid);
            if (!restart && calls[i].provide == provide_end)
                provide_end();
            clean_up();
        }
    }
    return 0;
}
