/* A user of the installed library: SYMBOL, a function that it exports, has to be in the header. */
#include <abibox.h>

int main(void)
{
    void (*volatile function)(void) = (void (*)(void))SYMBOL;
    return function == 0;
}
