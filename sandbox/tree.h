/*
 * The box's first file tree, and what the program is given of it. Included by box.c.
 */
#ifndef SANDBOX_TREE_H
#define SANDBOX_TREE_H

#include "sandbox/box.h"
#include "sandbox/kernel.h"

/*
 * Builds box->vfs from the configuration: root, user's mounts, /proc, /dev, /tmp, /etc, the
 * program. 0, or -errno with one line for the user in why.
 */
int tree_create(struct box *box, char *why, size_t size);
void tree_destroy(struct box *box);

/*
 * Gives the program's task its root, working directory, umask and descriptors 0 to 2. Needs the
 * task's credentials. 0, or -errno with a reason.
 */
int tree_give_to_task(struct box *box, struct task *task, char *why, size_t size);

/*
 * Where in the box the program is; a program that only the host has is shown there first. The task
 * must have its tree. 0, or -errno with a reason.
 */
int tree_find_program(struct box *box, struct task *task, const char **path, char *why,
                      size_t size);

#endif
