/* read_zero COUNT: reads one byte of /dev/zero COUNT times. Prints how many reads returned one. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    int fd = open("/dev/zero", O_RDONLY);
    if (fd < 0) {
        perror("/dev/zero");
        return 1;
    }
    long bytes = 0;
    for (long i = 0; i < count; i++) {
        char byte;
        bytes += read(fd, &byte, 1);
    }
    printf("%ld\n", bytes);
    return 0;
}
