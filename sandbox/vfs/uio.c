/*
 * Cursors over the memory of a read or write (struct uio in vfs.h).
 */
#include "sandbox/vfs/vfs.h"

#include <errno.h>
#include <string.h>

/* Steps over finished and empty vectors; false when nothing is left. */
static bool settle(struct uio *uio)
{
    while (uio->count > 0 && uio->skip >= uio->iov->iov_len) {
        uio->iov++;
        uio->count--;
        uio->skip = 0;
    }
    return uio->count > 0 && uio->left > 0;
}

/* The rest of the first vector, as an address and a length of at most `len`. */
static uintptr_t current_piece(const struct uio *uio, size_t *len)
{
    size_t piece = uio->iov->iov_len - uio->skip;
    if (*len > piece) {
        *len = piece;
    }
    return (uintptr_t)uio->iov->iov_base + uio->skip;
}

void uio_advance(struct uio *uio, size_t len)
{
    CHECK(len <= uio->left);
    uio->left -= len;
    while (len > 0) {
        CHECK(uio->count > 0);
        size_t piece = uio->iov->iov_len - uio->skip;
        if (len < piece) {
            uio->skip += len;
            return;
        }
        len -= piece;
        uio->iov++;
        uio->count--;
        uio->skip = 0;
    }
}

enum direction { TO_USER, FROM_USER, ZERO_USER };

static size_t move_piece(const struct uio *uio, uintptr_t address, char *kernel, size_t len,
                         enum direction direction)
{
    if (uio->mm) {
        switch (direction) {
        case TO_USER:
            return copyout_some(uio->mm, address, kernel, len);
        case FROM_USER:
            return copyin_some(uio->mm, kernel, address, len);
        default:
            return zero_some(uio->mm, address, len);
        }
    }
    switch (direction) {
    case TO_USER:
        memcpy((void *)address, kernel, len);
        break;
    case FROM_USER:
        memcpy(kernel, (void *)address, len);
        break;
    default:
        memset((void *)address, 0, len);
    }
    return len;
}

static size_t move(struct uio *uio, char *kernel, size_t len, enum direction direction)
{
    size_t done = 0;
    if (len > uio->left) {
        len = uio->left;
    }
    while (done < len && settle(uio)) {
        size_t piece = len - done;
        uintptr_t address = current_piece(uio, &piece);
        size_t moved = move_piece(uio, address, kernel ? kernel + done : NULL, piece, direction);
        uio_advance(uio, moved);
        done += moved;
        if (moved < piece) {
            uio->error = -EFAULT;
            break;
        }
    }
    return done;
}

size_t uio_copy_to(struct uio *uio, const void *src, size_t len)
{
    return move(uio, (char *)(uintptr_t)src, len, TO_USER);
}

size_t uio_copy_from(struct uio *uio, void *dst, size_t len)
{
    return move(uio, dst, len, FROM_USER);
}

size_t uio_zero(struct uio *uio, size_t len)
{
    return move(uio, NULL, len, ZERO_USER);
}

void *uio_window(struct uio *uio, size_t *len, enum mm_access access)
{
    if (*len > uio->left) {
        *len = uio->left;
    }
    if (*len == 0 || !settle(uio)) {
        *len = 0;
        return NULL;
    }
    uintptr_t address = current_piece(uio, len);
    if (!uio->mm) {
        return (void *)address;
    }
    void *window = mm_window(uio->mm, address, len, access);
    if (!window) {
        uio->error = -EFAULT;
    }
    return window;
}

static void start(struct uio *uio, struct iovec *storage, struct mm *mm, void *base, size_t len)
{
    storage->iov_base = base;
    storage->iov_len = len;
    *uio = (struct uio){.mm = mm, .iov = storage, .count = 1, .left = len};
}

void uio_host(struct uio *uio, struct iovec *storage, void *buf, size_t len)
{
    start(uio, storage, NULL, buf, len);
}

void uio_guest(struct uio *uio, struct iovec *storage, struct mm *mm, gaddr_t addr, size_t len)
{
    start(uio, storage, mm, (void *)addr, len);
}
