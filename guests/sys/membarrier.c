// calls: membarrier
/* membarrier(2): the query, registration before use, refusals. */
#include "child.h"

enum {
    QUERY,
    GLOBAL = 1,
    GLOBAL_EXPEDITED = 2,
    REGISTER_GLOBAL_EXPEDITED = 4,
    PRIVATE_EXPEDITED = 8,
    REGISTER_PRIVATE_EXPEDITED = 16,
};

int main(void)
{
    long supported = RAW(membarrier, QUERY, 0, 0);
    say("the four expedited commands: %d\n", (supported & 0x1e) == 0x1e);
    SHOW(RAW(membarrier, QUERY, 1, 0));
    SHOW(RAW(membarrier, PRIVATE_EXPEDITED, 0, 0));
    SHOW(RAW(membarrier, REGISTER_PRIVATE_EXPEDITED, 1, 0));
    SHOW(RAW(membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0));
    SHOW(RAW(membarrier, PRIVATE_EXPEDITED, 0, 0));
    SHOW(RAW(membarrier, PRIVATE_EXPEDITED, 2, 0));
    SHOW(RAW(membarrier, GLOBAL_EXPEDITED, 0, 0));
    SHOW(RAW(membarrier, REGISTER_GLOBAL_EXPEDITED, 0, 0));
    SHOW(RAW(membarrier, GLOBAL_EXPEDITED, 0, 0));
    SHOW(RAW(membarrier, 3, 0, 0));
    SHOW(RAW(membarrier, -1, 0, 0));
    SHOW(RAW(membarrier, 1 << 20, 0, 0));
    return 0;
}
