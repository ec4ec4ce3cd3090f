// calls: fallocate
#include "guest.h"

static int fd;

static void show_layout(const char *label)
{
    struct stat st;
    MUST(fstat(fd, &st));
    say("%s: size %ld, pages %ld\n", label, (long)st.st_size, (long)st.st_blocks / 8);
}

static void modes(void)
{
    SHOW(fallocate(fd, 0, 0, 100));
    show_layout("allocated");
    SHOW(fallocate(fd, 0, 50, 20));
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 2 * PAGE, PAGE));
    show_layout("kept size");
    MUST(pwrite(fd, "x", 1, 0));
    SHOW(fallocate(fd, 0, 0, 10));
    char first;
    MUST(pread(fd, &first, 1, 0));
    say("what was written stays: %c\n", first);
    SHOW(fallocate(fd, 0, 3 * PAGE - 1, 2));
    show_layout("over a page boundary");
    MUST(pwrite(fd, "abcdefghij", 10, PAGE));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE + 2, 3));
    char text[10];
    MUST(pread(fd, text, 10, PAGE));
    show_text("zeroed within a page", text, 10);
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, PAGE));
    show_layout("punched a page");
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 10 * PAGE, PAGE));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, 4 * PAGE));
    show_layout("punched what is left");
    MUST(pread(fd, text, 2, 0));
    show_text("its first byte stays", text, 2);
    MUST(ftruncate(fd, 0));
    show_layout("truncated");
}

static void errors(void)
{
    SHOW(fallocate(fd, 0, 0, 0));
    SHOW(fallocate(fd, 0, -1, 10));
    SHOW(fallocate(fd, 0, 0, -1));
    SHOW(fallocate(fd, 0, INT64_MAX, 1));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
    SHOW(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE));
    SHOW(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE));
    SHOW(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE));
    SHOW(fallocate(fd, FALLOC_FL_UNSHARE_RANGE, 0, PAGE));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, 1));
    SHOW(fallocate(fd, 0x4000, 0, PAGE));
    SHOW(fallocate(-1, 0, 0, 1));
    SHOW(fallocate(99, 0x4000, 0, 0));
    SHOW(fallocate((int)MUST(open("file", O_RDONLY)), 0, 0, 1));
    SHOW(fallocate((int)MUST(open("file", O_RDONLY)), 0, 0, 0));
    SHOW(fallocate((int)MUST(open(".", O_RDONLY)), 0, 0, 1));
    SHOW(fallocate((int)MUST(open("file", O_PATH)), 0, 0, 1));
    SHOW(fallocate((int)MUST(open("/dev/null", O_RDWR)), 0, 0, 1));
    int ends[2];
    MUST(pipe(ends));
    SHOW(fallocate(ends[1], 0, 0, 1));
    int append = (int)MUST(open("file", O_WRONLY | O_APPEND));
    SHOW(fallocate(append, 0, 0, 10));
    show_file("file");
}

static void not_enough_room(void)
{
    struct stat before, after;
    MUST(fstat(fd, &before));
    SHOW(fallocate(fd, 0, 0, 1L << 60));
    MUST(fstat(fd, &after));
    say("nothing remains: %d\n",
        before.st_blocks == after.st_blocks && before.st_size == after.st_size);
}

int main(void)
{
    fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    modes();
    errors();
    not_enough_room();
    return 0;
}
