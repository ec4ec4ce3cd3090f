// calls: memfd_create fcntl mmap
/* memfd_create(2), and what seals mean for mappings. */
#include "child.h"

#define RW (PROT_READ | PROT_WRITE)

static void map(const char *label, int fd, int protection, int flags)
{
    char *memory = mmap(NULL, PAGE, protection, flags, fd, 0);
    say("%s: %s\n", label, memory == MAP_FAILED ? errno_name(errno) : "ok");
    if (memory != MAP_FAILED)
        MUST(munmap(memory, PAGE));
}

int main(void)
{
    char name[260];
    memset(name, 'n', sizeof name);
    name[249] = 0;
    SHOW_OK(RAW(memfd_create, name, 0L));
    name[249] = 'n';
    name[250] = 0;
    SHOW_OK(RAW(memfd_create, name, 0L));
    SHOW_OK(RAW(memfd_create, "", 0L));
    SHOW(RAW(memfd_create, BAD_POINTER, 0L));
    SHOW(RAW(memfd_create, "x", 0x100L));
    SHOW(RAW(memfd_create, BAD_POINTER, 0x100L));

    int plain = (int)MUST(RAW(memfd_create, "plain", (long)MFD_CLOEXEC));
    say("close-on-exec %d, access mode %d\n", fcntl(plain, F_GETFD),
        fcntl(plain, F_GETFL) & O_ACCMODE);
    struct stat st;
    MUST(fstat(plain, &st));
    show_stat("memfd", &st);
    SHOW(fcntl(plain, F_GET_SEALS));
    SHOW(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE));

    int fd = (int)MUST(RAW(memfd_create, "sealed", (long)MFD_ALLOW_SEALING));
    MUST(ftruncate(fd, PAGE));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(fcntl(fd, F_ADD_SEALS, 0x100));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(ftruncate(fd, 2 * PAGE));
    SHOW(pwrite(fd, "x", 1, PAGE));
    SHOW(pwrite(fd, "xyz", 3, PAGE - 1));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    SHOW(ftruncate(fd, 0));
    SHOW(ftruncate(fd, PAGE));

    char *shared = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
    MUST((long)shared);
    MUST((long)private);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    MUST(munmap(shared, PAGE));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(write(fd, "x", 1));
    map("shared writable", fd, RW, MAP_SHARED);
    map("private writable", fd, RW, MAP_PRIVATE);
    private[0] = 'p';
    say("private memory is writable: %c\n", private[0]);
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
    SHOW(fcntl(fd, F_GET_SEALS));

    int future = (int)MUST(RAW(memfd_create, "future", (long)MFD_ALLOW_SEALING));
    MUST(ftruncate(future, PAGE));
    shared = mmap(NULL, PAGE, RW, MAP_SHARED, future, 0);
    MUST((long)shared);
    SHOW(fcntl(future, F_ADD_SEALS, 0x10)); /* F_SEAL_FUTURE_WRITE */
    shared[0] = 'f';
    say("the older mapping is writable: %c\n", shared[0]);
    map("shared writable", future, RW, MAP_SHARED);
    map("shared readable", future, PROT_READ, MAP_SHARED);
    SHOW(write(future, "x", 1));
    SHOW(fcntl(future, F_ADD_SEALS, F_SEAL_SEAL));
    SHOW(fcntl(future, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(fcntl(future, F_GET_SEALS));
    make_file("file", "", 0600);
    SHOW(fcntl((int)MUST(open(".", O_RDONLY)), F_GET_SEALS));
    return 0;
}
