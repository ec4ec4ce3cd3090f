/*
 * Rules of credentials(7) and capabilities(7) that more than one call needs: pure functions on
 * struct cred, without tasks. Included by sandbox/ alone.
 */
#ifndef SANDBOX_CRED_H
#define SANDBOX_CRED_H

#include "sandbox/kernel.h"

/* All capabilities that the box's kernel knows: 0 (CAP_CHOWN) to 40 (CAP_CHECKPOINT_RESTORE). */
#define CAP_LAST 40
#define CAP_ALL  ((1ull << (CAP_LAST + 1)) - 1)

/* The identity of the box's root, or of another user: all capabilities, or none. */
void cred_init(struct cred *cred, uint32_t uid, uint32_t gid);

/* Gives a reference back; NULL is allowed. */
void group_list_unref(struct group_list *groups);

static inline bool cred_capable(const struct cred *cred, int capability)
{
    return cred->cap_effective >> capability & 1;
}

/* A program's file as execve looks at it. */
struct cred_file {
    uint32_t mode, uid, gid;
    bool ignore_set_id; /* MS_NOSUID mount */
};

/*
 * Changes cred as execve does: set-user-ID and set-group-ID bits, root's capabilities, ambient
 * set. *set_id: the file changed an id; *secure: what AT_SECURE tells.
 */
void cred_exec(struct cred *cred, const struct cred_file *file, bool *set_id, bool *secure);

/* Capabilities after the user ids changed from old (capabilities(7), "Effect of user ID changes").
 */
void cred_fix_capabilities(struct cred *cred, const struct cred *old);

/* Whether one with these credentials may send a signal to a process with those (kill(2)). */
bool cred_may_signal(const struct cred *from, const struct cred *to);

#endif
