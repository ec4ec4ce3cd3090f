// variants: musl static-pie dynamic
/*
 * copy FROM TO copies a file. Without arguments it makes a file of a megabyte in the working
 * directory, copies it in several ways and compares.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE (1000 * 1000 + 7)

static void fail(const char *what)
{
    fprintf(stderr, "copy: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void by_blocks(const char *from, const char *to, size_t block)
{
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (in < 0 || out < 0)
        fail(in < 0 ? from : to);
    char *buffer = malloc(block);
    ssize_t length;
    while ((length = read(in, buffer, block)) > 0)
        for (ssize_t done = 0, written; done < length; done += written)
            if ((written = write(out, buffer + done, (size_t)(length - done))) < 0)
                fail(to);
    if (length < 0)
        fail(from);
    free(buffer);
    close(in);
    close(out);
}

static void by_stdio(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    if (!in || !out)
        fail(in ? to : from);
    for (int byte; (byte = getc(in)) != EOF;)
        putc(byte, out);
    if (ferror(in) || fclose(in) || fclose(out))
        fail(to);
}

static void by_mapping(const char *from, const char *to)
{
    struct stat st;
    int in = open(from, O_RDONLY), out = open(to, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (in < 0 || out < 0 || fstat(in, &st) < 0 || ftruncate(out, st.st_size) < 0)
        fail(to);
    size_t size = (size_t)st.st_size;
    void *source = mmap(NULL, size, PROT_READ, MAP_PRIVATE, in, 0);
    void *target = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    if (source == MAP_FAILED || target == MAP_FAILED)
        fail("mmap");
    memcpy(target, source, size);
    munmap(source, size);
    munmap(target, size);
    close(in);
    close(out);
}

static void report(const char *label, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    uint64_t sum = 0;
    long size = 0;
    for (int byte; (byte = getc(file)) != EOF; size++)
        sum = sum * 1099511628211ULL + (unsigned)byte;
    fclose(file);
    printf("%-12s %ld bytes, checksum %016llx\n", label, size, (unsigned long long)sum);
    remove(path);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        by_blocks(argv[1], argv[2], 65536);
        return 0;
    }
    if (argc != 1) {
        fprintf(stderr, "usage: copy [FROM TO]\n");
        return 2;
    }
    FILE *file = fopen("original", "wb");
    if (!file)
        fail("original");
    uint32_t value = 1;
    for (size_t i = 0; i < SIZE; i++) {
        value = value * 1664525 + 1013904223;
        putc((int)(value >> 24), file);
    }
    fclose(file);
    by_blocks("original", "copy", 100);
    report("small blocks", "copy");
    by_blocks("original", "copy", 65536);
    report("large blocks", "copy");
    by_stdio("original", "copy");
    report("stdio", "copy");
    by_mapping("original", "copy");
    report("mapping", "copy");
    report("original", "original");
    by_blocks("missing", "copy", 1);
    return 0;
}
