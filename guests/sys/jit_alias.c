// calls: memfd_create mmap
/* One memory mapped twice, writable and executable, as JIT compilers do: what is written through
 * one mapping is executed through the other at once. */
#include "child.h"

#define PAGES 4

static unsigned char *writable, *executable;

static void write_constant(size_t at, uint32_t value)
{
    writable[at] = 0xb8;
    memcpy(writable + at + 1, &value, 4);
    writable[at + 5] = 0xc3;
}

static uint32_t run(size_t at)
{
    return ((uint32_t(*)(void))(executable + at))();
}

static void show(const char *label)
{
    int good = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        size_t at = i * 40 % (PAGES * PAGE - 64);
        write_constant(at, i);
        good += run(at) == i;
    }
    say("%s: fresh places %d", label, good);
    good = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        write_constant(128, i);
        good += run(128) == i;
    }
    say(", the same place %d", good);
    good = 0;
    write_constant(256, 0);
    for (uint32_t i = 0; i < 2000; i++) {
        writable[257] = (unsigned char)i;
        good += run(256) == (i & 0xff);
        good += run(256) == (i & 0xff);
    }
    say(", one byte %d\n", good);
}

static void child(void)
{
    write_constant(128, 4321);
}

static void map_both(int fd)
{
    writable = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    executable = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    MUST((long)writable);
    MUST((long)executable);
}

int main(void)
{
    int fd = (int)MUST(RAW(memfd_create, "code", 0L));
    MUST(ftruncate(fd, PAGES * PAGE));
    map_both(fd);
    show("memfd");

    /* A third writer: write(2) to the file, and another process. */
    unsigned char code[6] = {0xb8, 0, 0, 0, 0, 0xc3};
    int good = 0;
    for (uint32_t i = 0; i < 500; i++) {
        memcpy(code + 1, &i, 4);
        MUST(pwrite(fd, code, sizeof code, 512));
        good += run(512) == i;
    }
    say("written by pwrite: %d\n", good);
    write_constant(128, 1234);
    say("before the child: %u\n", run(128));
    show_child("child", child);
    say("after the child: %u\n", run(128));

    /* The executable mapping changes sides while the code is warm. */
    good = 0;
    for (uint32_t i = 0; i < 200; i++) {
        MUST(mprotect(executable, PAGE, PROT_READ | PROT_WRITE));
        executable[129] = (unsigned char)i;
        MUST(mprotect(executable, PAGE, PROT_READ | PROT_EXEC));
        good += (run(128) & 0xff) == (i & 0xff);
        writable[129] = (unsigned char)(i + 1);
        good += (run(128) & 0xff) == ((i + 1) & 0xff);
    }
    say("sides changed: %d\n", good);

    int file = (int)MUST(open("code", O_RDWR | O_CREAT, 0700));
    MUST(ftruncate(file, PAGES * PAGE));
    map_both(file);
    show("file");
    MUST(munmap(writable, PAGES * PAGE));
    writable = mremap(executable, 0, PAGES * PAGE, MREMAP_MAYMOVE);
    MUST((long)writable);
    MUST(mprotect(writable, PAGES * PAGE, PROT_READ | PROT_WRITE));
    show("second mapping of shared memory");
    return 0;
}
