// calls: memfd_create fcntl
#include "guest.h"

static void creation(void)
{
    int fd = (int)SHOW(memfd_create("name", 0));
    struct stat st;
    MUST(fstat(fd, &st));
    show_stat("memfd", &st);
    SHOW(fcntl(fd, F_GETFL));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(write(fd, "memory", 6));
    char path[32], target[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof target);
    show_text("link", target, (size_t)length);
    int again = (int)SHOW(open(path, O_RDWR | O_APPEND));
    SHOW(write(again, "+", 1));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(linkat(AT_FDCWD, path, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW));

    fd = (int)SHOW(memfd_create("", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_GET_SEALS));
    SHOW(memfd_create("name", 0x20000000));
    SHOW(memfd_create(NULL_POINTER, 0));
    SHOW(memfd_create(BAD_POINTER, 0));
    SHOW(memfd_create(BAD_POINTER, 0x20000000));
    char name[260];
    memset(name, 'n', sizeof name);
    name[249] = 0;
    SHOW(memfd_create(name, 0));
    name[249] = 'n', name[250] = 0;
    SHOW(memfd_create(name, 0));
    SHOW(memfd_create("a/b\n", 0));
    close_range(3, ~0U, 0);
}

static void seals(void)
{
    char text[16];
    int fd = (int)MUST(memfd_create("sealed", MFD_ALLOW_SEALING));
    MUST(write(fd, "0123456789", 10));
    SHOW(fcntl(fd, F_ADD_SEALS, 0x10000));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    SHOW(ftruncate(fd, 5));
    SHOW(ftruncate(fd, 20));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(ftruncate(fd, 30));
    SHOW(ftruncate(fd, 20));
    SHOW(pwrite(fd, "abcdefghij", 10, 15));
    SHOW(pwrite(fd, "abcdefghij", 10, 20));
    SHOW(fallocate(fd, 0, 0, 40));

    char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    SHOW(write(fd, "x", 1));
    strcpy(shared, "through the map");
    SHOW(pread(fd, text, 7, 0));
    show_text("text", text, 7);
    MUST(munmap(shared, PAGE));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    SHOW(pwrite(fd, "x", 1, 0));
    SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4));
    SHOW((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    SHOW_OK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    SHOW_OK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    SHOW(fcntl(fd, F_ADD_SEALS, 0));
    SHOW(fcntl(fd, F_GET_SEALS));
}

static void no_memfds(void)
{
    make_file("file", "", 0600);
    int fd = (int)MUST(open("file", O_RDWR));
    SHOW(fcntl(99, F_GET_SEALS));
    SHOW(fcntl(99, F_ADD_SEALS, 0));
    int ends[2];
    MUST(pipe(ends));
    SHOW(fcntl(ends[0], F_GET_SEALS));
    int null = (int)MUST(open("/dev/null", O_RDWR));
    SHOW(fcntl(null, F_ADD_SEALS, F_SEAL_GROW));
    int sealable = (int)MUST(memfd_create("m", MFD_ALLOW_SEALING));
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", sealable);
    int read_only = (int)MUST(open(path, O_RDONLY));
    SHOW(fcntl(read_only, F_ADD_SEALS, F_SEAL_GROW));
    SHOW(fcntl(read_only, F_GET_SEALS));
    SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
}

int main(void)
{
    creation();
    seals();
    no_memfds();
    return 0;
}
