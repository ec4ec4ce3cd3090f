/* What the handlers of memory calls share. Included by sys_mm.c and sys_madvise.c. */
#ifndef SANDBOX_MEMORY_H
#define SANDBOX_MEMORY_H

#include "sandbox/kernel.h"

/* Rounds up to a page; 0 when that overflows. */
uint64_t page_round(uint64_t len);
/* [addr, addr + len) does not wrap and ends at or below MM_TOP. */
bool range_is_valid(gaddr_t addr, uint64_t len);
/* The process's soft limit of RLIMIT_*. */
uint64_t limit_of(const struct task *task, int resource);
/* len more bytes may be locked: RLIMIT_MEMLOCK or CAP_IPC_LOCK. */
bool may_lock(struct task *task, uint64_t len);
/* Touches every page of a range of an area with these VMA_* flags, as far as it goes. */
void populate(struct mm *mm, gaddr_t addr, uint64_t len, uint32_t flags);

#endif
