// calls: getrandom
/* getrandom(2): lengths, flags, partly bad buffers, and that the bytes differ. */
#include "child.h"

static unsigned char one[4096], two[4096];

int main(void)
{
    SHOW(RAW(getrandom, one, sizeof one, 0L));
    SHOW(RAW(getrandom, two, sizeof two, 0L));
    say("different: %d\n", memcmp(one, two, sizeof one) != 0);
    int seen[256] = {0}, kinds = 0;
    for (size_t i = 0; i < sizeof one; i++)
        kinds += seen[one[i]]++ == 0;
    say("many values: %d\n", kinds > 200);
    SHOW(RAW(getrandom, one, 0L, 0L));
    SHOW(RAW(getrandom, one, 16L, 1L)); /* GRND_NONBLOCK */
    SHOW(RAW(getrandom, one, 16L, 2L)); /* GRND_RANDOM */
    SHOW(RAW(getrandom, one, 16L, 3L));
    SHOW(RAW(getrandom, one, 16L, 4L)); /* GRND_INSECURE */
    SHOW(RAW(getrandom, one, 16L, 5L));
    SHOW(RAW(getrandom, one, 16L, 6L));
    SHOW(RAW(getrandom, one, 16L, 8L));
    SHOW(RAW(getrandom, one, 16L, 0x100000000L));
    SHOW(RAW(getrandom, BAD_POINTER, 16L, 0L));
    SHOW(RAW(getrandom, NULL, 16L, 0L));
    SHOW(RAW(getrandom, NULL, 0L, 0L));
    SHOW(RAW(getrandom, BAD_POINTER, 16L, 8L));
    SHOW(RAW(getrandom, KERNEL_POINTER, 16L, 0L));
    /* The bytes before the unreadable page count. */
    char *edge = edge_buffer(100);
    SHOW(RAW(getrandom, edge, 200L, 0L));
    char *large = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST((long)large);
    SHOW(RAW(getrandom, large, 1L << 20, 0L));
    return 0;
}
