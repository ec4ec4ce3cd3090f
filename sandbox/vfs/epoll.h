/*
 * epoll(7) from the inside: sets of files whose events are collected as they happen. For the
 * handlers of the epoll calls and, because a set forgets a file that is closed, for whoever
 * releases open files.
 */
#ifndef SANDBOX_VFS_EPOLL_H
#define SANDBOX_VFS_EPOLL_H

#include "sandbox/vfs/vfs.h"

struct epoll;

/* struct epoll_event of the ABI: 12 bytes on amd64. */
struct epoll_record {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));

/* The last reference of an open file has gone: takes it out of every set. Before file_ops.release.
 */
void epoll_file_closed(struct file *file);

/* A new set, with one reference. NULL: no memory. */
struct file *epoll_file(struct box *box);
/* The set behind an open file, or NULL. */
struct epoll *epoll_of(const struct file *file);

/*
 * EPOLL_CTL_ADD, _MOD, _DEL of the description `file` under the number fd; `epoll` is not the set
 * behind that file. -EEXIST, -ENOENT, -EINVAL (EPOLLEXCLUSIVE's rules, too many wake-up paths),
 * -ELOOP, -ENOSPC, -ENOMEM.
 */
int epoll_add(struct epoll *epoll, struct file *file, int fd, const struct epoll_record *record);
int epoll_modify(struct epoll *epoll, struct file *file, int fd, const struct epoll_record *record);
int epoll_delete(struct epoll *epoll, struct file *file, int fd);

/* Writes up to max records of what is ready into guest memory: the count, -EFAULT. */
int epoll_collect(struct epoll *epoll, struct mm *mm, gaddr_t records, int max);
/* One sleep until something may have become ready: as task_wait. */
int epoll_sleep(struct epoll *epoll, struct task *task, int64_t deadline);

/* fs.epoll.max_user_watches: how many entries all sets of the box may have together. */
unsigned epoll_max_items(struct box *box);

#endif
