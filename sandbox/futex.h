/* Futexes, for the rest of the kernel. See futex.c. Included by sandbox/ alone. */
#ifndef SANDBOX_FUTEX_H
#define SANDBOX_FUTEX_H

#include "sandbox/kernel.h"

/* Wakes up to count waiters of the word, as FUTEX_WAKE does; an address without memory is none. */
void futex_wake_address(struct box *box, struct mm *mm, gaddr_t addr, int count);
/* Marks the locks of a dying task's robust list and wakes one waiter each. */
void futex_exit_robust_list(struct task *task);

#endif
