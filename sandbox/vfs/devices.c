/*
 * Character devices by their numbers: null(4), full(4), random(4), and the ways to terminals.
 * May include sandbox/.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/random.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sandbox/kernel.h"
#include "sandbox/vfs/super.h"
#include "sandbox/vfs/tty.h"

/* ---- null, zero, full ---- */

static ssize_t null_read(struct file *file, struct uio *uio, int64_t *pos)
{
    (void)file;
    (void)uio;
    (void)pos;
    return 0;
}

/* The data is not looked at: a bad address is no error, as on Linux. */
static ssize_t null_write(struct file *file, struct uio *uio, int64_t *pos)
{
    size_t len = uio->left;

    (void)file;
    (void)pos;
    uio_advance(uio, len);
    return (ssize_t)len;
}

static ssize_t zero_read(struct file *file, struct uio *uio, int64_t *pos)
{
    size_t wanted = uio->left, done = uio_zero(uio, wanted);

    (void)file;
    (void)pos;
    return done || wanted == 0 ? (ssize_t)done : -EFAULT;
}

static ssize_t full_write(struct file *file, struct uio *uio, int64_t *pos)
{
    (void)file;
    (void)uio;
    (void)pos;
    return -ENOSPC;
}

/* Every seek succeeds and leads to 0. */
static int64_t null_lseek(struct file *file, int64_t offset, int whence)
{
    (void)offset;
    (void)whence;
    return file->pos = 0;
}

/*
 * Private mappings of /dev/zero are anonymous memory (*out NULL); a shared one is an object of its
 * own that fork shares. The file keeps the object of its latest mapping alive until the mapping has
 * its own reference.
 */
static int zero_mmap(struct file *file, uint32_t vma_flags, struct backing **out)
{
    struct file *memory;
    int error;

    *out = NULL;
    if (!(vma_flags & VMA_SHARED))
        return 0;
    error = shmem_file(file->inode->sb->box, "dev/zero", INT64_MAX & PAGE_MASK, O_RDWR, &memory);
    if (error)
        return error;
    error = memory->ops->mmap(memory, vma_flags, out);
    if (error) {
        file_put(memory);
        return error;
    }
    if (file->private)
        file_put(file->private);
    file->private = memory;
    return 0;
}

static void zero_release(struct file *file)
{
    if (file->private)
        file_put(file->private);
}

static const struct file_ops null_ops = {
    .read = null_read,
    .write = null_write,
    .never_waits = true,
    .lseek = null_lseek,
};

static const struct file_ops zero_ops = {
    .read = zero_read,
    .write = null_write,
    .never_waits = true,
    .lseek = null_lseek,
    .mmap = zero_mmap,
    .release = zero_release,
};

static const struct file_ops full_ops = {
    .read = zero_read,
    .write = full_write,
    .never_waits = true,
    .lseek = null_lseek,
};

/* ---- random, urandom: the box's generator, always ready ---- */

static ssize_t random_read(struct file *file, struct uio *uio, int64_t *pos)
{
    ssize_t done = 0;

    (void)pos;
    while (uio->left > 0) {
        uint8_t block[512];
        size_t count = uio->left < sizeof(block) ? uio->left : sizeof(block), copied;

        rng_bytes(file->inode->sb->box, block, count);
        copied = uio_copy_to(uio, block, count);
        done += (ssize_t)copied;
        if (copied < count)
            return done ? done : -EFAULT;
    }
    return done;
}

/* The generator is seeded by the box alone, so that runs can be repeated: input is only read. */
static ssize_t random_write(struct file *file, struct uio *uio, int64_t *pos)
{
    ssize_t done = 0;

    (void)file;
    (void)pos;
    while (uio->left > 0) {
        uint8_t block[512];
        size_t count = uio->left < sizeof(block) ? uio->left : sizeof(block);
        size_t copied = uio_copy_from(uio, block, count);

        done += (ssize_t)copied;
        if (copied < count)
            return done ? done : -EFAULT;
    }
    return done;
}

static int64_t random_lseek(struct file *file, int64_t offset, int whence)
{
    (void)offset;
    (void)whence;
    return file->pos;
}

/* random(4), "ioctl(2) calls": the pool is always full, and adding to it changes nothing. */
static long random_ioctl(struct file *file, struct task *task, unsigned request, gaddr_t arg)
{
    int32_t bits = 256;

    (void)file;
    switch (request) {
    case RNDGETENTCNT:
        return copyout(task->mm, arg, &bits, sizeof(bits));
    case RNDADDTOENTCNT:
    case RNDADDENTROPY: /* begins with the count of bits */
        if (!task_capable(task, CAP_SYS_ADMIN))
            return -EPERM;
        if (copyin(task->mm, &bits, arg, sizeof(bits)))
            return -EFAULT;
        return bits < 0 ? -EINVAL : 0;
    case RNDZAPENTCNT:
    case RNDCLEARPOOL:
    case RNDRESEEDCRNG:
        return task_capable(task, CAP_SYS_ADMIN) ? 0 : -EPERM;
    default:
        return -EINVAL;
    }
}

static const struct file_ops random_ops = {
    .read = random_read,
    .write = random_write,
    .never_waits = true,
    .lseek = random_lseek,
    .ioctl = random_ioctl,
};

/* ---- opening ---- */

static const struct {
    unsigned major, minor;
    const struct file_ops *ops;
} memory_devices[] = {
    {1, 3, &null_ops},   {1, 5, &zero_ops},   {1, 7, &full_ops},
    {1, 8, &random_ops}, {1, 9, &random_ops},
};

int device_open(struct task *task, struct inode *inode, uint64_t rdev, struct file *file)
{
    unsigned number_major = major(rdev), number_minor = minor(rdev);

    if (inode->type != S_IFCHR)
        return -ENXIO;
    for (size_t i = 0; i < sizeof(memory_devices) / sizeof(*memory_devices); i++) {
        if (memory_devices[i].major == number_major && memory_devices[i].minor == number_minor) {
            file->ops = memory_devices[i].ops;
            return 0;
        }
    }
    if (number_major == 5 && number_minor == 0)
        return tty_open_controlling(task, file);
    if (number_major == 5 && number_minor == 1)
        return console_open(task, file);
    if (number_major == 5 && number_minor == 2)
        return ptmx_open(task, file);
    if (number_major >= 136 && number_major <= 143)
        return pty_slave_open(task, (number_major - 136) * 256 + number_minor, file);
    return -ENXIO;
}
