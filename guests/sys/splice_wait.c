// calls: splice tee vmsplice sendfile
#include "guest.h"
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static int first[2], second[2], file;
static char block[16 * PAGE];

static int queued(int fd)
{
    int count;
    MUST(ioctl(fd, FIONREAD, &count));
    return count;
}

static void drain(int fd)
{
    int flags = (int)MUST(fcntl(fd, F_GETFL));
    MUST(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
    while (read(fd, block, sizeof block) > 0)
        continue;
    MUST(fcntl(fd, F_SETFL, flags));
}

/* How full a pipe becomes depends on where the pieces begin: each takes a slot. */
static void slots(void)
{
    off_t offset = 100;
    SHOW(splice(file, &offset, first[1], NULL, 1 << 20, SPLICE_F_NONBLOCK));
    say("offset %ld\n", (long)offset);
    drain(first[0]);
    offset = 100;
    SHOW(splice(file, &offset, first[1], NULL, 10, 0));
    SHOW(write(first[1], "abc", 3));
    offset = 0;
    SHOW(splice(file, &offset, first[1], NULL, 1 << 20, SPLICE_F_NONBLOCK));
    say("queued %d\n", queued(first[0]));
    drain(first[0]);
    offset = 4000;
    SHOW(sendfile(first[1], file, &offset, 1 << 20));
    drain(first[0]);
    struct iovec memory = {block + 100, sizeof block - 100};
    char *pages = mmap(NULL, 20 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)pages);
    memory = (struct iovec){pages + 100, 20 * PAGE - 100};
    SHOW(vmsplice(first[1], &memory, 1, 0));
    drain(first[0]);
    struct iovec pieces[3] = {{pages, 10}, {NULL, 0}, {pages + PAGE - 5, 10}};
    SHOW(vmsplice(first[1], pieces, 3, SPLICE_F_GIFT));
    SHOW(write(first[1], block, PAGE - 30));
    say("queued %d\n", queued(first[0]));
    drain(first[0]);
}

/* A part of a slot moves, the rest stays; what is added later does not touch what was moved. */
static void parts(void)
{
    char text[32];
    MUST(write(first[1], "abcdefghij", 10));
    SHOW(splice(first[0], NULL, second[1], NULL, 4, 0));
    MUST(write(second[1], "1234", 4));
    MUST(write(first[1], "klm", 3));
    SHOW(tee(first[0], second[1], 5, 0));
    MUST(write(second[1], "56", 2));
    long length = MUST(read(second[0], text, sizeof text));
    show_text("second", text, (size_t)length);
    length = MUST(read(first[0], text, sizeof text));
    show_text("first", text, (size_t)length);
}

static void in_child(void (*body)(void), void (*parent)(void))
{
    pid_t pid = fork();
    int status;
    MUST(pid);
    if (pid == 0) {
        sleep_ms(50);
        body();
        _exit(0);
    }
    parent();
    MUST(waitpid(pid, &status, 0));
    show_status("child", status);
}

static void write_later(void)
{
    MUST(write(first[1], "later", 5));
}

static void read_later(void)
{
    drain(first[0]);
}

static void drain_second(void)
{
    drain(second[0]);
}

static void wait_for_bytes(void)
{
    SHOW(splice(first[0], NULL, second[1], NULL, 100, 0));
    say("queued %d\n", queued(second[0]));
}

static void wait_for_bytes_to_file(void)
{
    int out = (int)MUST(open("out", O_RDWR | O_CREAT | O_TRUNC, 0600));
    SHOW(splice(first[0], NULL, out, NULL, 100, 0));
    show_contents("out");
}

static void wait_to_tee(void)
{
    SHOW(tee(first[0], second[1], 100, 0));
    say("queued %d %d\n", queued(first[0]), queued(second[0]));
}

static void wait_for_memory(void)
{
    char text[100];
    struct iovec memory = {text, sizeof text};
    SHOW(vmsplice(first[0], &memory, 1, 0));
}

static void wait_for_room(void)
{
    off_t offset = 0;
    SHOW(splice(file, &offset, first[1], NULL, 10, 0));
}

static void wait_for_room_of_pipe(void)
{
    SHOW(splice(first[0], NULL, second[1], NULL, 10, 0));
}

static void waiting(void)
{
    in_child(write_later, wait_for_bytes);
    drain(second[0]);
    in_child(write_later, wait_for_bytes_to_file);
    in_child(write_later, wait_to_tee);
    drain(first[0]);
    drain(second[0]);
    in_child(write_later, wait_for_memory);
    MUST(write(first[1], block, sizeof block));
    in_child(read_later, wait_for_room);
    drain(first[0]);
    MUST(write(first[1], "x", 1));
    MUST(write(second[1], block, sizeof block));
    in_child(drain_second, wait_for_room_of_pipe);
    drain(second[0]);
}

static void interrupted(void)
{
    off_t offset = 0;
    start_alarms(0);
    SHOW(splice(first[0], NULL, second[1], NULL, 100, 0));
    SHOW(tee(first[0], second[1], 100, 0));
    MUST(write(first[1], block, sizeof block));
    SHOW(splice(file, &offset, first[1], NULL, 10, 0));
    SHOW(sendfile(first[1], file, &offset, 10));
    stop_alarms();
    drain(first[0]);
    MUST(close(first[1]));
    SHOW(splice(first[0], NULL, second[1], NULL, 100, 0));
    SHOW(tee(first[0], second[1], 100, 0));
}

int main(void)
{
    MUST(pipe(first));
    MUST(pipe(second));
    file = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(file, 1 << 20));
    slots();
    parts();
    waiting();
    interrupted();
    return 0;
}
