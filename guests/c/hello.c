// variants: musl static-pie dynamic
/* The smallest ordinary program: stdio, and the exit status of main. */
#include <stdio.h>

int main(void)
{
    puts("hello, world");
    return 7;
}
