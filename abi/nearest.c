/* The known word that a misspelt one is likely to mean. */
#include "abi/abi.h"

#include <string.h>

#define WORD_MAX 64

/* How many letters must be put in, taken out or changed to make one of the other; WORD_MAX for
 * words too long to be worth it. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t length = strlen(b);

    if (strlen(a) > WORD_MAX || length > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned i = 1; *a; a++, i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            unsigned changed = diagonal + (*a != b[j - 1]);
            unsigned longer = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = changed < longer ? changed : longer;
        }
    }
    return row[length];
}

const char *abi_call_nearest(const char *name)
{
    const char *nearest = NULL;
    unsigned least = (unsigned)strlen(name) / 3 + 2;

    for (size_t i = 0; i < abi_call_count; i++) {
        unsigned far = distance(name, abi_calls[i].name);

        if (far < least) {
            least = far;
            nearest = abi_calls[i].name;
        }
    }
    return nearest;
}
