/*
 * Advisory locks. Each inode has a list of them; a sleeper waits on the inode's queue and looks
 * again whenever a lock of the inode goes. Deadlocks among POSIX locks are found by following who
 * waits for whom; the box keeps the list of waiters.
 */
#include "sandbox/vfs/locks.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "sandbox/vfs/internal.h"

enum lock_kind { LOCK_KIND_FLOCK, LOCK_KIND_POSIX, LOCK_KIND_OFD };

/* A POSIX lock belongs to a descriptor table, the others to an open file. */
struct file_lock {
    struct file_lock *next;
    enum lock_kind kind;
    const void *owner;
    bool exclusive;
    int64_t start, end; /* inclusive; INT64_MAX: to the end of the file */
    pid_t pid;          /* as F_GETLK reports it, -1 for OFD locks */
};

/* A task that sleeps for a POSIX lock. */
struct lock_waiter {
    struct lock_waiter *next;
    const void *owner;
    const struct inode *inode;
    const struct file_lock *wanted;
};

static bool same_holder(const struct file_lock *one, const struct file_lock *other)
{
    return one->kind == other->kind && one->owner == other->owner;
}

static bool overlap(const struct file_lock *one, const struct file_lock *other)
{
    return one->start <= other->end && other->start <= one->end;
}

/* flock locks and record locks do not see each other; POSIX and OFD locks do. */
static bool conflict(const struct file_lock *held, const struct file_lock *wanted)
{
    if ((held->kind == LOCK_KIND_FLOCK) != (wanted->kind == LOCK_KIND_FLOCK)) {
        return false;
    }
    return !same_holder(held, wanted) && overlap(held, wanted) &&
           (held->exclusive || wanted->exclusive);
}

static const struct file_lock *find_conflict(const struct inode *inode,
                                             const struct file_lock *wanted)
{
    for (const struct file_lock *held = inode->locks; held; held = held->next) {
        if (conflict(held, wanted)) {
            return held;
        }
    }
    return NULL;
}

static struct file_lock *copy_lock(const struct file_lock *lock)
{
    struct file_lock *copy = malloc(sizeof *copy);
    if (copy) {
        *copy = *lock;
        copy->next = NULL;
    }
    return copy;
}

/* Takes [start, end] out of the holder's locks; `spare` serves a lock that is cut in two. */
static bool carve(struct inode *inode, const struct file_lock *range, struct file_lock **spare)
{
    bool changed = false;
    for (struct file_lock **at = &inode->locks; *at;) {
        struct file_lock *held = *at;
        if (!same_holder(held, range) || !overlap(held, range)) {
            at = &held->next;
            continue;
        }
        changed = true;
        bool before = held->start<range->start, after = held->end> range->end;
        if (before && after) {
            struct file_lock *rest = *spare;
            CHECK(rest); /* a range can cut only one lock in two */
            *spare = NULL;
            *rest = *held;
            rest->start = range->end + 1;
            held->next = rest;
            held->end = range->start - 1;
            at = &rest->next;
        } else if (before) {
            held->end = range->start - 1;
            at = &held->next;
        } else if (after) {
            held->start = range->end + 1;
            at = &held->next;
        } else {
            *at = held->next;
            free(held);
        }
    }
    return changed;
}

/*
 * Joins the new lock with the holder's neighbours of the same kind. A holder's locks stand together
 * in order of their starts: F_GETLK reports the first in the way.
 */
static void insert(struct inode *inode, struct file_lock *lock)
{
    for (struct file_lock **at = &inode->locks; *at;) {
        struct file_lock *held = *at;
        bool touches = (lock->end == INT64_MAX || held->start <= lock->end + 1) &&
                       (held->end == INT64_MAX || lock->start <= held->end + 1);
        if (!same_holder(held, lock) || held->exclusive != lock->exclusive || !touches) {
            at = &held->next;
            continue;
        }
        lock->start = held->start < lock->start ? held->start : lock->start;
        lock->end = held->end > lock->end ? held->end : lock->end;
        *at = held->next;
        free(held);
    }
    struct file_lock **at = &inode->locks;
    while (*at && !same_holder(*at, lock)) {
        at = &(*at)->next;
    }
    while (*at && same_holder(*at, lock) && (*at)->start < lock->start) {
        at = &(*at)->next;
    }
    lock->next = *at;
    *at = lock;
}

/* Sets or (unlock) removes without asking who else holds it. -ENOLCK: no memory. */
static int set_lock(struct inode *inode, const struct file_lock *lock, bool unlock)
{
    struct file_lock *added = copy_lock(lock), *spare = copy_lock(lock);
    if (!added || !spare) {
        free(added);
        free(spare);
        return -ENOLCK;
    }
    bool changed = carve(inode, lock, &spare);
    if (unlock) {
        free(added);
    } else {
        insert(inode, added);
    }
    free(spare);
    if (changed) {
        wait_wake_all(&inode->lock_wait, 0);
    }
    return 0;
}

/* ---- deadlocks ---- */

/* The waiter of this owner, if it sleeps. */
static const struct lock_waiter *waiter_of(const struct vfs *vfs, const void *owner)
{
    for (const struct lock_waiter *waiter = vfs->lock_waiters; waiter; waiter = waiter->next) {
        if (waiter->owner == owner) {
            return waiter;
        }
    }
    return NULL;
}

/* Would `owner` wait for itself by waiting for the holder of `held`? */
static bool would_deadlock(const struct vfs *vfs, const void *owner, const struct file_lock *held)
{
    enum { CHAIN_MAX = 64 }; /* longer chains are let through, as on Linux */
    for (unsigned i = 0; i < CHAIN_MAX && held && held->kind == LOCK_KIND_POSIX; i++) {
        if (held->owner == owner) {
            return true;
        }
        const struct lock_waiter *waiter = waiter_of(vfs, held->owner);
        held = waiter ? find_conflict(waiter->inode, waiter->wanted) : NULL;
    }
    return false;
}

static int wait_for_lock(struct task *task, struct inode *inode, const struct file_lock *wanted,
                         const struct file_lock *held)
{
    struct vfs *vfs = task->box->vfs;
    bool posix = wanted->kind == LOCK_KIND_POSIX;
    if (posix && would_deadlock(vfs, wanted->owner, held)) {
        return -EDEADLK;
    }
    struct lock_waiter waiter = {vfs->lock_waiters, wanted->owner, inode, wanted};
    if (posix) {
        vfs->lock_waiters = &waiter;
    }
    int error = wait_on(&inode->lock_wait, task, WAIT_FOREVER, RESTART_SYS);
    for (struct lock_waiter **at = &vfs->lock_waiters; posix && *at; at = &(*at)->next) {
        if (*at == &waiter) {
            *at = waiter.next;
            break;
        }
    }
    return error;
}

static int apply(struct task *task, struct inode *inode, const struct file_lock *lock, bool unlock,
                 bool wait)
{
    const struct file_lock *held;
    while (!unlock && (held = find_conflict(inode, lock)) != NULL) {
        if (!wait) {
            return -EAGAIN;
        }
        int error = wait_for_lock(task, inode, lock, held);
        if (error) {
            return error;
        }
    }
    return set_lock(inode, lock, unlock);
}

/* ---- flock ---- */

int flock_apply(struct task *task, struct file *file, int operation, bool wait)
{
    struct file_lock lock = {
        .kind = LOCK_KIND_FLOCK,
        .owner = file,
        .exclusive = operation == LOCK_EX,
        .end = INT64_MAX,
        .pid = task->process->pid,
    };
    /* A change of kind gives the old lock up first: others may come between; see flock(2). */
    if (operation != LOCK_UN) {
        for (const struct file_lock *held = file->inode->locks; held; held = held->next) {
            if (same_holder(held, &lock) && held->exclusive != lock.exclusive) {
                int error = set_lock(file->inode, &lock, true);
                if (error) {
                    return error;
                }
                break;
            }
        }
    }
    struct inode *inode = inode_get(file->inode);
    int error = apply(task, inode, &lock, operation == LOCK_UN, wait);
    inode_put(inode);
    return error;
}

/* ---- record locks ---- */

/* The inclusive range that a struct flock names; see fcntl(2). */
static int range_of(struct file *file, const struct flock *flock, int64_t *start, int64_t *end)
{
    int64_t base = 0;
    struct attributes attr;
    switch (flock->l_whence) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = file->pos;
        break;
    case SEEK_END:
        if (inode_getattr(file->inode, &attr) == 0) {
            base = (int64_t)attr.size;
        }
        break;
    default:
        return -EINVAL;
    }
    if (__builtin_add_overflow(base, flock->l_start, start)) {
        return -EOVERFLOW;
    }
    if (*start < 0) {
        return -EINVAL;
    }
    if (flock->l_len > 0) {
        return __builtin_add_overflow(*start, flock->l_len - 1, end) ? -EOVERFLOW : 0;
    }
    if (flock->l_len == 0) {
        *end = INT64_MAX;
        return 0;
    }
    *end = *start - 1;
    if (__builtin_add_overflow(*start, flock->l_len, start) || *start < 0) {
        return -EINVAL;
    }
    return 0;
}

static int make_record_lock(struct task *task, struct file *file, const struct flock *flock,
                            bool ofd, struct file_lock *out)
{
    *out = (struct file_lock){
        .kind = ofd ? LOCK_KIND_OFD : LOCK_KIND_POSIX,
        .owner = ofd ? (const void *)file : (const void *)task->fds,
        .exclusive = flock->l_type == F_WRLCK,
        .pid = ofd ? -1 : task->process->pid,
    };
    int error = range_of(file, flock, &out->start, &out->end);
    if (!error && ofd && flock->l_pid != 0) {
        error = -EINVAL;
    }
    return error;
}

int record_lock_apply(struct task *task, struct file *file, const struct flock *flock, bool ofd,
                      bool wait)
{
    struct file_lock lock;
    int error = make_record_lock(task, file, flock, ofd, &lock);
    if (error) {
        return error;
    }
    switch (flock->l_type) {
    case F_RDLCK:
        error = file_readable(file) ? 0 : -EBADF;
        break;
    case F_WRLCK:
        error = file_writable(file) ? 0 : -EBADF;
        break;
    case F_UNLCK:
        break;
    default:
        error = -EINVAL;
    }
    if (error) {
        return error;
    }
    return apply(task, file->inode, &lock, flock->l_type == F_UNLCK, wait);
}

int record_lock_test(struct task *task, struct file *file, struct flock *flock, bool ofd)
{
    struct file_lock lock;
    if (flock->l_type != F_RDLCK && flock->l_type != F_WRLCK) {
        return -EINVAL;
    }
    int error = make_record_lock(task, file, flock, ofd, &lock);
    if (error) {
        return error;
    }
    const struct file_lock *held = find_conflict(file->inode, &lock);
    if (!held) {
        flock->l_type = F_UNLCK;
        return 0;
    }
    flock->l_type = held->exclusive ? F_WRLCK : F_RDLCK;
    flock->l_whence = SEEK_SET;
    flock->l_start = held->start;
    flock->l_len = held->end == INT64_MAX ? 0 : held->end - held->start + 1;
    flock->l_pid = held->pid;
    return 0;
}

/* ---- release ---- */

static void release(struct inode *inode, enum lock_kind kind, const void *owner)
{
    bool changed = false;
    for (struct file_lock **at = &inode->locks; *at;) {
        struct file_lock *held = *at;
        if (held->kind == kind && held->owner == owner) {
            *at = held->next;
            free(held);
            changed = true;
        } else {
            at = &held->next;
        }
    }
    if (changed) {
        wait_wake_all(&inode->lock_wait, 0);
    }
}

void locks_release_owner(struct file *file, const struct fd_table *owner)
{
    release(file->inode, LOCK_KIND_POSIX, owner);
}

void locks_release_file(struct file *file)
{
    release(file->inode, LOCK_KIND_FLOCK, file);
    release(file->inode, LOCK_KIND_OFD, file);
}
