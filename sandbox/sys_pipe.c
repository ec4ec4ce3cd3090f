/* pipe(2), pipe2(2). */
#include <errno.h>
#include <fcntl.h>

#include "abi/handlers.h"
#include "sandbox/vfs/pipe_ring.h"

static long make_pipe(struct task *task, gaddr_t result, uint32_t flags)
{
    struct file *ends[2];
    int fds[2];
    int error;

    if (flags & ~(uint32_t)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    error = pipe_create(task->box, flags & (O_NONBLOCK | O_DIRECT), ends);
    if (error)
        return error;
    fds[0] = fd_install(task, ends[0], 0, flags & O_CLOEXEC);
    if (fds[0] < 0) {
        file_put(ends[1]);
        return fds[0];
    }
    fds[1] = fd_install(task, ends[1], 0, flags & O_CLOEXEC);
    if (fds[1] < 0) {
        fd_close(task, fds[0]);
        return fds[1];
    }
    if (copyout(task->mm, result, fds, sizeof fds) != 0) {
        fd_close(task, fds[0]);
        fd_close(task, fds[1]);
        return -EFAULT;
    }
    return 0;
}

long sys_pipe(struct task *task, const struct pipe_args *args)
{
    return make_pipe(task, args->pipefd, 0);
}

long sys_pipe2(struct task *task, const struct pipe2_args *args)
{
    return make_pipe(task, args->pipefd, (uint32_t)args->flags);
}
