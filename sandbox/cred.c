/* Credentials(7) and capabilities(7) as pure rules: see cred.h. */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sandbox/cred.h"

void cred_init(struct cred *cred, uint32_t uid, uint32_t gid)
{
    memset(cred, 0, sizeof *cred);
    cred->ruid = cred->euid = cred->suid = cred->fsuid = uid;
    cred->rgid = cred->egid = cred->sgid = cred->fsgid = gid;
    cred->cap_bounding = CAP_ALL;
    if (uid == 0)
        cred->cap_permitted = cred->cap_effective = CAP_ALL;
}

bool cred_in_group(const struct cred *cred, uint32_t gid)
{
    if (cred->fsgid == gid)
        return true;
    for (unsigned i = 0; cred->groups && i < cred->groups->count; i++)
        if (cred->groups->gid[i] == gid)
            return true;
    return false;
}

void group_list_unref(struct group_list *groups)
{
    if (groups && --groups->refs == 0)
        free(groups);
}

bool task_capable(const struct task *task, int capability)
{
    return cred_capable(&task->cred, capability);
}

static void take_file_ids(struct cred *cred, const struct cred_file *file)
{
    if (file->ignore_set_id || cred->no_new_privs)
        return;
    if (file->mode & S_ISUID)
        cred->euid = file->uid;
    /* Without group execute the bit meant mandatory locking. */
    if ((file->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
        cred->egid = file->gid;
}

void cred_exec(struct cred *cred, const struct cred_file *file, bool *set_id, bool *secure)
{
    bool effective = false;
    uint64_t permitted = 0;

    take_file_ids(cred, file);
    *set_id = cred->euid != cred->ruid || cred->egid != cred->rgid;
    if (!(cred->securebits & SECBIT_NOROOT)) {
        if (cred->euid == 0 || cred->ruid == 0)
            permitted = cred->cap_bounding | cred->cap_inheritable;
        effective = cred->euid == 0;
    }
    cred->suid = cred->fsuid = cred->euid;
    cred->sgid = cred->fsgid = cred->egid;
    if (*set_id)
        cred->cap_ambient = 0;
    cred->cap_permitted = permitted | cred->cap_ambient;
    cred->cap_effective = effective ? cred->cap_permitted : cred->cap_ambient;
    cred->securebits &= ~SECBIT_KEEP_CAPS;

    bool grew = (cred->cap_permitted & ~cred->cap_ambient) != 0;
    *secure = *set_id || (cred->ruid != 0 && (effective || grew));
}

void cred_fix_capabilities(struct cred *cred, const struct cred *old)
{
    bool was_root = old->ruid == 0 || old->euid == 0 || old->suid == 0;
    bool is_root = cred->ruid == 0 || cred->euid == 0 || cred->suid == 0;

    if (cred->securebits & SECBIT_NO_SETUID_FIXUP)
        return;
    if (was_root && !is_root) {
        if (!(cred->securebits & SECBIT_KEEP_CAPS))
            cred->cap_permitted = cred->cap_effective = 0;
        /* Ambient capabilities go even when permitted ones are kept. */
        cred->cap_ambient = 0;
    }
    if (old->euid == 0 && cred->euid != 0)
        cred->cap_effective = 0;
    if (old->euid != 0 && cred->euid == 0)
        cred->cap_effective = cred->cap_permitted;
}

bool cred_may_signal(const struct cred *from, const struct cred *to)
{
    return from->euid == to->suid || from->euid == to->ruid || from->ruid == to->suid ||
           from->ruid == to->ruid || cred_capable(from, CAP_KILL);
}
