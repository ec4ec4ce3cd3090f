/*
 * Leases of open files; see lease.h.
 */
#include "sandbox/vfs/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>

#include "sandbox/vfs/async.h"

struct lease {
    struct lease *next; /* of the inode */
    struct file *file;  /* not referenced: the lease goes with it */
    int fd;
    int type;         /* F_RDLCK, F_WRLCK */
    int target;       /* what it becomes when the break under way is over; else as type */
    int64_t deadline; /* of the break; 0: none is under way */
};

static struct lease *find(const struct file *file)
{
    struct lease *lease = file->inode->leases;
    while (lease && lease->file != file) {
        lease = lease->next;
    }
    return lease;
}

static void remove_lease(struct inode *inode, struct lease *lease)
{
    struct lease **at = &inode->leases;
    while (*at != lease) {
        at = &(*at)->next;
    }
    *at = lease->next;
    free(lease);
    wait_wake_all(&inode->lock_wait, 0);
}

int lease_get(const struct file *file)
{
    const struct lease *lease = find(file);
    return lease ? lease->target : F_UNLCK;
}

void lease_release(struct file *file)
{
    struct lease *lease = find(file);
    if (lease) {
        remove_lease(file->inode, lease);
    }
}

/* A read lease excludes writers, a write lease everybody else. */
static bool is_open_against(const struct file *file, int type)
{
    const struct inode *inode = file->inode;
    if (type == F_RDLCK) {
        return inode->write_count > 0;
    }
    int own_writes = file_writable(file), own_reads = !own_writes;
    return inode->write_count > own_writes || inode->read_count > own_reads;
}

static int may_lease(struct task *task, const struct file *file)
{
    struct attributes attr;
    int error = inode_getattr(file->inode, &attr);
    if (!error && task->cred.fsuid != attr.uid && !task_capable(task, CAP_LEASE)) {
        error = -EACCES;
    }
    return !error && file->inode->type != S_IFREG ? -EINVAL : error;
}

/* Do other files' leases forbid this one? */
static bool conflicts(const struct file *file, int type)
{
    for (const struct lease *lease = file->inode->leases; lease; lease = lease->next) {
        bool other = lease->file != file;
        if ((type == F_WRLCK && other) || (other && lease->type == F_WRLCK) || lease->deadline) {
            return true;
        }
    }
    return false;
}

int lease_set(struct task *task, struct file *file, int fd, int type)
{
    struct lease *lease = find(file);
    if (type == F_UNLCK) {
        if (!lease) {
            return -EAGAIN;
        }
        remove_lease(file->inode, lease);
        return 0;
    }
    if (type != F_RDLCK && type != F_WRLCK) {
        return -EINVAL;
    }
    int error = may_lease(task, file);
    if (error) {
        return error;
    }
    /* While it is being broken a lease can only become what the break asks for. */
    if (lease && lease->deadline && lease->target == type) {
        lease->type = type;
        lease->deadline = 0;
        wait_wake_all(&file->inode->lock_wait, 0);
        return 0;
    }
    if (is_open_against(file, type) || conflicts(file, type)) {
        return -EAGAIN;
    }
    if (!lease) {
        lease = calloc(1, sizeof *lease);
        if (!lease) {
            return -ENOMEM;
        }
        lease->file = file;
        lease->next = file->inode->leases;
        file->inode->leases = lease;
    }
    lease->fd = fd;
    lease->type = lease->target = type;
    if (file->owner_pid == 0) {
        file->owner_pid = task->process->pid;
        file->owner_type = F_OWNER_PID;
        file->owner_uid = task->cred.ruid;
        file->owner_euid = task->cred.euid;
    }
    return 0;
}

/* ---- breaking ---- */

enum { BREAK_SECONDS = 45 }; /* /proc/sys/fs/lease-break-time */

static struct lease *find_conflict(const struct inode *inode, bool writing)
{
    struct lease *lease = inode->leases;
    while (lease && !writing && lease->type == F_RDLCK) {
        lease = lease->next;
    }
    return lease;
}

/* Tells the holder, once for each thing that it is asked for. */
static void start_break(struct task *task, struct lease *lease, bool writing)
{
    int target = writing ? F_UNLCK : F_RDLCK;
    if (lease->deadline && (lease->target == F_UNLCK || lease->target == target)) {
        return;
    }
    lease->target = target;
    lease->deadline = clock_monotonic(task->box) + BREAK_SECONDS * 1000000000ll;
    file_signal_owner(lease->file, lease->fd, POLL_MSG);
}

static void end_break(struct inode *inode, struct lease *lease)
{
    if (lease->target == F_UNLCK) {
        remove_lease(inode, lease);
        return;
    }
    lease->type = lease->target;
    lease->deadline = 0;
}

int lease_break(struct task *task, struct inode *inode, bool writing, bool nonblock)
{
    struct lease *lease;
    while ((lease = find_conflict(inode, writing)) != NULL) {
        start_break(task, lease, writing);
        if (nonblock) {
            return -EAGAIN;
        }
        int64_t deadline = lease->deadline;
        int error = wait_on(&inode->lock_wait, task, deadline, RESTART_SYS);
        if (error == -EINTR) {
            return error;
        }
        lease = find_conflict(inode, writing);
        if (error == -ETIMEDOUT && lease && lease->deadline == deadline) {
            end_break(inode, lease);
        }
    }
    return 0;
}
