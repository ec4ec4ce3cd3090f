/* The structures behind epoll(7), shared by epoll.c and epoll_nest.c. */
#ifndef SANDBOX_VFS_EPOLL_SET_H
#define SANDBOX_VFS_EPOLL_SET_H

#include "sandbox/vfs/epoll.h"

struct epoll {
    struct box *box;
    struct file *file;         /* its own, without a reference; others watch it by file->wait */
    struct wait_queue waiters; /* tasks in epoll_wait, exclusive */
    struct epoll_item **bucket;
    unsigned buckets, count; /* buckets is a power of two, or 0 */
    struct epoll_item *ready_first, *ready_last;
    unsigned ready_count;
    uint64_t walk; /* epoll_nest.c: the last walk that came here, and what it found */
    unsigned walk_depth;
};

struct epoll_item {
    struct epoll *epoll;
    struct file *file; /* without a reference */
    int fd;
    uint32_t events; /* EPOLL* wanted; only how-bits: switched off by EPOLLONESHOT */
    uint64_t data;
    struct item_hook *hooks;
    struct epoll_item *hash_next;
    struct epoll_item *watch_prev, *watch_next; /* list of file->watchers */
    struct epoll_item *ready_prev, *ready_next;
    bool ready; /* on the set's ready list */
};

/* True when `inner` may become an item of `outer`: no cycle, no chain of more than five sets. */
bool epoll_may_nest(struct epoll *outer, struct epoll *inner);
/* -EINVAL when the new item would give a file too many ways to wake sets of sets. */
int epoll_check_paths(const struct epoll_item *item);

#endif
