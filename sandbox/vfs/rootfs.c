/*
 * --rootfs, see rootfs.h. May include sandbox/vfs/.
 */
#include "sandbox/vfs/rootfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/vfs/host.h"
#include "sandbox/vfs/hostfs.h"
#include "sandbox/vfs/overlay.h"
#include "sandbox/vfs/tmpfs.h"
#include "sandbox/vfs/unpack.h"

static int from_directory(struct box *box, const char *source, struct superblock **out)
{
    struct superblock *lower;
    int error = hostfs_create(box, source, false, &lower);

    return error ? error : overlay_create(box, lower, out);
}

static int from_archive(struct box *box, const char *source, struct superblock **out, char *why,
                        size_t size)
{
    struct tmpfs_limits limits = tmpfs_default_limits(box);
    struct superblock *sb;
    int error;

    limits.mode = 0755;
    error = tmpfs_create(box, &limits, &sb);
    if (error)
        return error;
    error = unpack_archive(source, sb, why, size);
    if (error) {
        super_put(sb);
        return error;
    }
    *out = sb;
    return 0;
}

int rootfs_create(struct box *box, const char *source, struct superblock **out, char *why,
                  size_t size)
{
    struct statx st;
    int error = (int)host_call(SYS_statx, AT_FDCWD, (long)source, AT_NO_AUTOMOUNT, STATX_TYPE,
                               (long)&st, 0);

    why[0] = '\0';
    if (!error && S_ISDIR(st.stx_mode))
        error = from_directory(box, source, out);
    else if (!error && S_ISREG(st.stx_mode))
        error = from_archive(box, source, out, why, size);
    else if (!error)
        error = -EINVAL;
    if (error && !why[0])
        (void)snprintf(why, size, "cannot use %s as the root file system: %s", source,
                       error == -EINVAL ? "it is neither a directory nor an archive"
                                        : strerror(-error));
    return error;
}
