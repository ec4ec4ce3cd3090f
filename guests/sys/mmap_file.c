// calls: mmap msync ftruncate
/* Mappings of files: shared with read and write, with other mappings and other processes; private
 * ones apart; the bytes behind the end of the file. */
#include "fault.h"

#define RW (PROT_READ | PROT_WRITE)

static int fd;
static char *shared;

static char *map(int protection, int flags, size_t length, off_t offset)
{
    char *memory = mmap(NULL, length, protection, flags, fd, offset);
    MUST((long)memory);
    return memory;
}

static void show_file_bytes(const char *label, off_t offset)
{
    char bytes[6];
    ssize_t length = pread(fd, bytes, sizeof bytes, offset);
    MUST(length);
    show_text(label, bytes, (size_t)length);
}

static void child(void)
{
    say("child sees %.5s\n", shared);
    memcpy(shared, "CHILD", 5);
}

static void other_program(void)
{
    int own = (int)MUST(open("file", O_RDWR));
    char *mine = mmap(NULL, PAGE, RW, MAP_SHARED, own, 0);
    MUST((long)mine);
    say("its own mapping: %.5s\n", mine);
    memcpy(mine, "OTHER", 5);
}

int main(void)
{
    catch_faults(0);
    fd = (int)MUST(open("file", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(fd, 3 * PAGE));
    shared = map(RW, MAP_SHARED, 3 * PAGE, 0);
    char *again = map(PROT_READ, MAP_SHARED, PAGE, 0);
    char *private = map(RW, MAP_PRIVATE, PAGE, 0);

    memcpy(shared, "hello", 5);
    show_file_bytes("read sees", 0);
    say("second mapping sees %.5s, private one %.5s\n", again, private);
    MUST(pwrite(fd, "WORLD", 5, 0));
    say("write is seen by %.5s, private %.5s\n", shared, private);
    private[0] = 'p';
    MUST(pwrite(fd, "AFTER", 5, 0));
    say("the private page is a copy now: %.5s\n", private);
    show_file_bytes("and the file keeps", 0);
    show_child("child", child);
    say("the child wrote %.5s\n", shared);
    show_child("other program", other_program);
    say("the other wrote %.5s\n", shared);
    say("offset: %d\n", map(PROT_READ, MAP_SHARED, PAGE, 2 * PAGE)[0]);

    /* The mapping keeps the file alive, closed and unlinked. */
    int copy = (int)MUST(open("file", O_RDWR));
    MUST(unlink("file"));
    MUST(close(fd));
    fd = copy;
    memcpy(shared + PAGE, "alive", 5);
    show_file_bytes("unlinked", PAGE);

    /* Behind the end of the file a page is zero up to its end, and never reaches the file. */
    MUST(ftruncate(fd, PAGE + 3));
    say("cut: %.3s, then zero %d\n", shared + PAGE, shared[PAGE + 3] == 0 && shared[PAGE + 4] == 0);
    shared[PAGE + 10] = 'x';
    struct stat st;
    MUST(fstat(fd, &st));
    say("writing there does not grow it: %ld\n", (long)st.st_size);
    fault_base = shared;
    FAULT("the page behind", shared[2 * PAGE] = 1);
    MUST(ftruncate(fd, 3 * PAGE));
    FAULT("grown again", shared[2 * PAGE] = 1);
    say("a hole is zero: %d\n", shared[2 * PAGE + 1]);
    MUST(ftruncate(fd, 0));
    MUST(ftruncate(fd, PAGE));
    say("cut and grown: %d, private copy gone as well %d\n", shared[0], private[0]);
    char byte;
    char *outside = map(RW, MAP_SHARED, 2 * PAGE, 0);
    SHOW(pwrite(fd, outside + PAGE, 1, 0));
    SHOW(pread(fd, outside + PAGE, 1, 0));
    SHOW(pread(fd, &byte, 1, PAGE));
    /* read(2) into a mapping of the same file. */
    MUST(pwrite(fd, "0123456789", 10, 0));
    SHOW(pread(fd, shared + 5, 5, 0));
    show_file_bytes("read into itself", 4);
    return 0;
}
