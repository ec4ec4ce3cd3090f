/*
 * How somebody waits for events of files: it gives file_ops.poll a table, the file names its wait
 * queues by poll_wait, and the table's owner hangs entries on them.
 */
#ifndef SANDBOX_VFS_POLL_H
#define SANDBOX_VFS_POLL_H

#include "sandbox/wait.h"

struct poll_table {
    /* Called once for each queue that the file may be woken by. */
    void (*add)(struct poll_table *table, struct wait_queue *queue);
};

#endif
