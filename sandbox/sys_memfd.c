/* memfd_create(2). The file and its seals are in tmpfs. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "abi/handlers.h"
#include "sandbox/vfs/tmpfs.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#define MFD_EXEC        0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

/* O_LARGEFILE as the kernel has it; the C library's is 0 on amd64. */
#define LARGEFILE 0x8000u

#define PREFIX "memfd:"
/* The name with its prefix is one of a file: NAME_MAX. */
enum { NAME_SIZE = 255 - (sizeof PREFIX - 1) + 1 };

static int check_flags(uint32_t flags)
{
    uint32_t known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC;

    if (flags & MFD_HUGETLB)
        known |= (uint32_t)MAP_HUGE_MASK << MAP_HUGE_SHIFT;
    if (flags & ~known)
        return -EINVAL;
    if ((flags & MFD_EXEC) && (flags & MFD_NOEXEC_SEAL))
        return -EINVAL;
    return 0;
}

/* Sealed against execution: no x bits, and none may come; such a file may always be sealed. */
static int set_permissions(struct file *file, uint32_t flags)
{
    struct attributes attr = {.mode = S_IFREG | 0666};
    int error = 0;

    if (flags & MFD_NOEXEC_SEAL) {
        error = file->inode->ops->setattr(file->inode, &attr, SET_MODE);
        tmpfs_set_seals(file->inode, F_SEAL_EXEC);
    } else if (flags & MFD_ALLOW_SEALING) {
        tmpfs_set_seals(file->inode, 0);
    }
    return error;
}

long sys_memfd_create(struct task *task, const struct memfd_create_args *args)
{
    char name[sizeof PREFIX - 1 + NAME_SIZE] = PREFIX;
    struct file *file;
    ssize_t len;
    int error = check_flags(args->flags);

    if (error)
        return error;
    len = copystr(task->mm, name + sizeof PREFIX - 1, args->name, NAME_SIZE);
    if (len < 0)
        return len == -ENAMETOOLONG ? -EINVAL : len;
    if (args->flags & MFD_HUGETLB)
        return -ENOSYS; /* as a kernel without huge pages for files */
    error = shmem_file(task->box, name, 0, O_RDWR | LARGEFILE, &file);
    if (error)
        return error;
    error = set_permissions(file, args->flags);
    if (error) {
        file_put(file);
        return error;
    }
    return fd_install(task, file, 0, args->flags & MFD_CLOEXEC);
}
