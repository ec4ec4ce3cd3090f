// calls: open read mmap mprotect munmap
#include "guest.h"

struct line {
    unsigned long start, end, offset;
    char rights[8], name[256];
};

/* The line of maps that holds an address. */
static bool find(const void *address, struct line *found)
{
    static char text[1 << 16];
    int fd = (int)MUST(open("/proc/self/maps", O_RDONLY));
    size_t used = 0;
    for (ssize_t length; (length = read(fd, text + used, sizeof text - used - 1)) > 0;)
        used += (size_t)length;
    MUST(close(fd));
    text[used] = 0;
    for (char *at = text; *at; at = strchr(at, '\n') + 1) {
        found->name[0] = 0;
        sscanf(at, "%lx-%lx %7s %lx %*s %*s %255[^\n]", &found->start, &found->end, found->rights,
               &found->offset, found->name);
        if ((unsigned long)address >= found->start && (unsigned long)address < found->end)
            return true;
    }
    return false;
}

static void show(const char *label, const char *address)
{
    struct line line;
    if (!find(address, &line)) {
        say("%s: not mapped\n", label);
        return;
    }
    const char *name = strrchr(line.name, '/');
    say("%s: %s offset %lx %s\n", label, line.rights, line.offset, name ? name : line.name);
}

/* How many pages before and after an address belong to its line. */
static void show_extent(const char *label, const char *address)
{
    struct line line;
    if (!find(address, &line)) {
        say("%s: not mapped\n", label);
        return;
    }
    say("%s: %s %ld before, %ld after\n", label, line.rights,
        ((long)address - (long)line.start) / (long)PAGE,
        ((long)line.end - (long)address) / (long)PAGE);
}

static char data[3 * PAGE] = {1};
static const char constant[16] = "constant";

static void own_program(void)
{
    char local = 0;
    show("code", (const char *)(uintptr_t)own_program);
    show("constants", constant);
    show("data", data);
    show("stack", &local);
    show("heap", sbrk((intptr_t)PAGE));
    show("nothing", (const char *)PAGE);
}

static void mappings(void)
{
    /* A reservation on both sides keeps neighbours from being joined. */
    char *base = mmap(NULL, 12 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *at = base + 2 * PAGE;
    int fixed = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;
    MUST((long)mmap(at, 8 * PAGE, PROT_READ | PROT_WRITE, fixed, -1, 0));
    show_extent("anonymous", at);
    show_extent("reservation", base);
    MUST(mprotect(at + 2 * PAGE, PAGE, PROT_READ));
    show_extent("first part", at);
    show_extent("middle", at + 2 * PAGE);
    show_extent("last part", at + 3 * PAGE);
    MUST(mprotect(at + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE));
    show_extent("joined again", at + 2 * PAGE);
    MUST(mprotect(at, 8 * PAGE, PROT_READ | PROT_EXEC));
    show_extent("executable", at);
    MUST(munmap(at + 4 * PAGE, PAGE));
    show_extent("below the gap", at);
    show_extent("the gap", at + 4 * PAGE);
    show_extent("above the gap", at + 5 * PAGE);
}

static void files(void)
{
    int fd = (int)MUST(open("mapped", O_RDWR | O_CREAT, 0600));
    MUST(ftruncate(fd, 3 * PAGE));
    char *map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
    show("private file", map);
    map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * PAGE);
    show("shared file", map);
    MUST(rename("mapped", "renamed"));
    show("renamed", map);
    MUST(unlink("renamed"));
    show("deleted", map);
    map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    show("shared anonymous", map);
    fd = (int)MUST(memfd_create("memory", 0));
    MUST(ftruncate(fd, PAGE));
    show("memfd", mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0));
}

int main(void)
{
    own_program();
    mappings();
    files();
    return 0;
}
