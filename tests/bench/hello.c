/* hello [wait]: the smallest useful program; with an argument it then waits until stdin ends. */
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argv;
    puts("hello");
    fflush(stdout);
    while (argc > 1 && getchar() != EOF)
        ;
    return 0;
}
