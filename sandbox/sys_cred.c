/*
 * Users, groups and capabilities: setuid(2) and its family, setgroups(2), capget(2).
 *
 * Each call makes a copy, changes it by its rule, and takes it over by commit(), which sees to what
 * follows from any change (capabilities, dumpable, parent death signal).
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>

#include "abi/handlers.h"
#include "sandbox/cred.h"
#include "sandbox/process.h"

#define UNCHANGED UINT32_MAX

#define MOST_GROUPS 65536 /* NGROUPS_MAX */

/* Capabilities that follow fsuid (capabilities(7)). */
#define CAP_BIT(cap) (1ull << (cap))
#define FILE_CAPS                                                                                  \
    (CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_DAC_READ_SEARCH) |               \
     CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_LINUX_IMMUTABLE) |                    \
     CAP_BIT(CAP_MKNOD) | CAP_BIT(CAP_MAC_OVERRIDE))

static void commit(struct task *task, const struct cred *new)
{
    const struct cred *old = &task->cred;
    if (old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid ||
        old->fsgid != new->fsgid || (new->cap_permitted & ~old->cap_permitted)) {
        task->process->dumpable = false;
        task->process->parent_death_signal = 0;
    }
    task->cred = *new;
}

static void commit_user(struct task *task, struct cred *new)
{
    cred_fix_capabilities(new, &task->cred);
    commit(task, new);
}

/* ---- reading ---- */

SYS(getuid)
{
    return t->cred.ruid;
}

SYS(geteuid)
{
    return t->cred.euid;
}

SYS(getgid)
{
    return t->cred.rgid;
}

SYS(getegid)
{
    return t->cred.egid;
}

static long write_three(struct task *task, const gaddr_t to[3], const uint32_t id[3])
{
    for (int i = 0; i < 3; i++)
        if (copyout(task->mm, to[i], &id[i], sizeof id[i]))
            return -EFAULT;
    return 0;
}

SYS(getresuid)
{
    return write_three(t, (gaddr_t[]){a->ruid, a->euid, a->suid},
                       (uint32_t[]){t->cred.ruid, t->cred.euid, t->cred.suid});
}

SYS(getresgid)
{
    return write_three(t, (gaddr_t[]){a->rgid, a->egid, a->sgid},
                       (uint32_t[]){t->cred.rgid, t->cred.egid, t->cred.sgid});
}

/* ---- users ---- */

SYS(setuid)
{
    struct cred new = t->cred;
    if (a->uid == UNCHANGED)
        return -EINVAL;
    if (task_capable(t, CAP_SETUID))
        new.ruid = new.suid = a->uid;
    else if (a->uid != new.ruid && a->uid != new.suid)
        return -EPERM;
    new.euid = new.fsuid = a->uid;
    commit_user(t, &new);
    return 0;
}

SYS(setreuid)
{
    struct cred new = t->cred;
    const struct cred *old = &t->cred;
    bool any = task_capable(t, CAP_SETUID);
    if (a->ruid != UNCHANGED) {
        if (!any && a->ruid != old->ruid && a->ruid != old->euid)
            return -EPERM;
        new.ruid = a->ruid;
    }
    if (a->euid != UNCHANGED) {
        if (!any && a->euid != old->ruid && a->euid != old->euid && a->euid != old->suid)
            return -EPERM;
        new.euid = a->euid;
    }
    if (a->ruid != UNCHANGED || (a->euid != UNCHANGED && a->euid != old->ruid))
        new.suid = new.euid;
    new.fsuid = new.euid;
    commit_user(t, &new);
    return 0;
}

static bool is_own_uid(const struct cred *cred, uint32_t uid)
{
    return uid == UNCHANGED || uid == cred->ruid || uid == cred->euid || uid == cred->suid;
}

SYS(setresuid)
{
    struct cred new = t->cred;
    if (!task_capable(t, CAP_SETUID) &&
        !(is_own_uid(&new, a->ruid) && is_own_uid(&new, a->euid) && is_own_uid(&new, a->suid)))
        return -EPERM;
    if (a->ruid != UNCHANGED)
        new.ruid = a->ruid;
    if (a->euid != UNCHANGED)
        new.euid = a->euid;
    if (a->suid != UNCHANGED)
        new.suid = a->suid;
    new.fsuid = new.euid;
    commit_user(t, &new);
    return 0;
}

/* Never fails: it answers the old id, whether or not the new one was taken. */
SYS(setfsuid)
{
    struct cred new = t->cred;
    uint32_t old = new.fsuid;
    if (a->fsuid == UNCHANGED ||
        (a->fsuid != old && !is_own_uid(&new, a->fsuid) && !task_capable(t, CAP_SETUID)))
        return old;
    new.fsuid = a->fsuid;
    if (!(new.securebits &SECBIT_NO_SETUID_FIXUP)) {
        if (old == 0 && new.fsuid != 0)
            new.cap_effective &= ~FILE_CAPS;
        if (old != 0 && new.fsuid == 0)
            new.cap_effective |= FILE_CAPS &new.cap_permitted;
    }
    commit(t, &new);
    return old;
}

/* ---- groups ---- */

SYS(setgid)
{
    struct cred new = t->cred;
    if (a->gid == UNCHANGED)
        return -EINVAL;
    if (task_capable(t, CAP_SETGID))
        new.rgid = new.sgid = a->gid;
    else if (a->gid != new.rgid && a->gid != new.sgid)
        return -EPERM;
    new.egid = new.fsgid = a->gid;
    commit(t, &new);
    return 0;
}

SYS(setregid)
{
    struct cred new = t->cred;
    const struct cred *old = &t->cred;
    bool any = task_capable(t, CAP_SETGID);
    if (a->rgid != UNCHANGED) {
        if (!any && a->rgid != old->rgid && a->rgid != old->egid)
            return -EPERM;
        new.rgid = a->rgid;
    }
    if (a->egid != UNCHANGED) {
        if (!any && a->egid != old->rgid && a->egid != old->egid && a->egid != old->sgid)
            return -EPERM;
        new.egid = a->egid;
    }
    if (a->rgid != UNCHANGED || (a->egid != UNCHANGED && a->egid != old->rgid))
        new.sgid = new.egid;
    new.fsgid = new.egid;
    commit(t, &new);
    return 0;
}

static bool is_own_gid(const struct cred *cred, uint32_t gid)
{
    return gid == UNCHANGED || gid == cred->rgid || gid == cred->egid || gid == cred->sgid;
}

SYS(setresgid)
{
    struct cred new = t->cred;
    if (!task_capable(t, CAP_SETGID) &&
        !(is_own_gid(&new, a->rgid) && is_own_gid(&new, a->egid) && is_own_gid(&new, a->sgid)))
        return -EPERM;
    if (a->rgid != UNCHANGED)
        new.rgid = a->rgid;
    if (a->egid != UNCHANGED)
        new.egid = a->egid;
    if (a->sgid != UNCHANGED)
        new.sgid = a->sgid;
    new.fsgid = new.egid;
    commit(t, &new);
    return 0;
}

SYS(setfsgid)
{
    struct cred new = t->cred;
    uint32_t old = new.fsgid;
    if (a->fsgid == UNCHANGED ||
        (a->fsgid != old && !is_own_gid(&new, a->fsgid) && !task_capable(t, CAP_SETGID)))
        return old;
    new.fsgid = a->fsgid;
    commit(t, &new);
    return old;
}

SYS(getgroups)
{
    const struct group_list *groups = t->cred.groups;
    unsigned count = groups ? groups->count : 0;
    if (a->size < 0)
        return -EINVAL;
    if (a->size && count > (unsigned)a->size)
        return -EINVAL;
    if (a->size && count && copyout(t->mm, a->list, groups->gid, count * sizeof groups->gid[0]))
        return -EFAULT;
    return count;
}

static int by_number(const void *one, const void *two)
{
    uint32_t first = *(const uint32_t *)one, second = *(const uint32_t *)two;
    return first < second ? -1 : first > second;
}

/* Sorted: getgroups tells them in order, whatever order they came in. */
static int copy_groups(struct task *task, gaddr_t from, unsigned count, struct group_list *groups)
{
    groups->refs = 1;
    groups->count = count;
    if (copyin(task->mm, groups->gid, from, count * sizeof groups->gid[0]))
        return -EFAULT;
    for (unsigned i = 0; i < count; i++)
        if (groups->gid[i] == UNCHANGED)
            return -EINVAL;
    qsort(groups->gid, count, sizeof groups->gid[0], by_number);
    return 0;
}

SYS(setgroups)
{
    if (!task_capable(t, CAP_SETGID))
        return -EPERM;
    unsigned count = (unsigned)a->size;
    if (count > MOST_GROUPS)
        return -EINVAL;
    struct group_list *groups = malloc(sizeof *groups + count * sizeof groups->gid[0]);
    if (!groups)
        return -ENOMEM;
    int error = copy_groups(t, a->list, count, groups);
    if (error) {
        free(groups);
        return error;
    }
    group_list_unref(t->cred.groups);
    t->cred.groups = groups;
    return 0;
}

/* ---- capabilities ---- */

struct cap_header {
    uint32_t version;
    int pid;
};
struct cap_words {
    uint32_t effective, permitted, inheritable;
};

/* How many words of 32 capabilities the version has; -EINVAL tells the guest our version. */
static int read_version(struct task *task, gaddr_t header, unsigned *words)
{
    const uint32_t ours = _LINUX_CAPABILITY_VERSION_3;
    uint32_t version;
    if (copyin(task->mm, &version, header, sizeof version))
        return -EFAULT;
    switch (version) {
    case _LINUX_CAPABILITY_VERSION_1:
        *words = _LINUX_CAPABILITY_U32S_1;
        return 0;
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
        *words = _LINUX_CAPABILITY_U32S_3;
        return 0;
    default:
        return copyout(task->mm, header, &ours, sizeof ours) ? -EFAULT : -EINVAL;
    }
}

static int read_pid(struct task *task, gaddr_t header, int *pid)
{
    return copyin(task->mm, pid, header + offsetof(struct cap_header, pid), sizeof *pid);
}

SYS(capget)
{
    struct cap_words data[2] = {0};
    unsigned words;
    int pid, error = read_version(t, a->hdrp, &words);
    /* Without room for an answer it is a question for the version. */
    if (!a->datap && error == -EINVAL)
        return 0;
    if (error || !a->datap)
        return error;
    if (read_pid(t, a->hdrp, &pid))
        return -EFAULT;
    if (pid < 0)
        return -EINVAL;
    const struct task *target = pid ? task_find(t->box, pid) : t;
    if (!target)
        return -ESRCH;
    for (unsigned i = 0; i < words; i++)
        data[i] = (struct cap_words){
            .effective = (uint32_t)(target->cred.cap_effective >> 32 * i),
            .permitted = (uint32_t)(target->cred.cap_permitted >> 32 * i),
            .inheritable = (uint32_t)(target->cred.cap_inheritable >> 32 * i),
        };
    return copyout(t->mm, a->datap, data, words * sizeof data[0]);
}

static bool is_subset(uint64_t part, uint64_t whole)
{
    return (part & ~whole) == 0;
}

static int change_capabilities(struct task *task, uint64_t effective, uint64_t permitted,
                               uint64_t inheritable)
{
    struct cred new = task->cred;
    const struct cred *old = &task->cred;
    if (!task_capable(task, CAP_SETPCAP) &&
        !is_subset(inheritable, old->cap_inheritable | old->cap_permitted))
        return -EPERM;
    if (!is_subset(inheritable, old->cap_inheritable | old->cap_bounding) ||
        !is_subset(permitted, old->cap_permitted) || !is_subset(effective, permitted))
        return -EPERM;
    new.cap_effective = effective;
    new.cap_permitted = permitted;
    new.cap_inheritable = inheritable;
    new.cap_ambient &= permitted &inheritable;
    commit(task, &new);
    return 0;
}

SYS(capset)
{
    struct cap_words data[2] = {0};
    uint64_t effective = 0, permitted = 0, inheritable = 0;
    unsigned words;
    int pid, error = read_version(t, a->hdrp, &words);
    if (error)
        return error;
    if (read_pid(t, a->hdrp, &pid))
        return -EFAULT;
    if (pid && pid != t->tid)
        return -EPERM;
    if (copyin(t->mm, data, a->datap, words * sizeof data[0]))
        return -EFAULT;
    for (unsigned i = 0; i < words; i++) {
        effective |= (uint64_t)data[i].effective << 32 * i;
        permitted |= (uint64_t)data[i].permitted << 32 * i;
        inheritable |= (uint64_t)data[i].inheritable << 32 * i;
    }
    return change_capabilities(t, effective & CAP_ALL, permitted & CAP_ALL, inheritable & CAP_ALL);
}
