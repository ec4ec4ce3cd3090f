/*
 * Copies between guest memory and the sandbox: the only way in and out. See mm.h.
 */
#include "emu/mm_private.h"

#include <errno.h>
#include <string.h>

void *mm_window(struct mm *mm, gaddr_t addr, size_t *len, enum mm_access access)
{
    size_t room = PAGE_SIZE - (addr & ~PAGE_MASK);
    struct mm_page page;

    if (mm_fault(mm, addr, access, &page) != MM_OK)
        return NULL;
    if (access == MM_WRITE)
        frame_before_write(mm->arena, page.frame);
    if (*len > room)
        *len = room;
    return (uint8_t *)frame_ptr(mm->arena, page.frame) + (addr & ~PAGE_MASK);
}

/* The host address of a page's byte whatever its area allows; *len is cut to the page. */
static void *forced_window(struct mm *mm, gaddr_t addr, size_t *len, enum mm_access access)
{
    const struct vma *area = mm_area(mm, addr);
    size_t room = PAGE_SIZE - (addr & ~PAGE_MASK);
    struct mm_page page;

    if (!area || mm_fault_in(mm, area, addr, access, &page) != MM_OK)
        return NULL;
    if (access == MM_WRITE)
        frame_before_write(mm->arena, page.frame);
    if (*len > room)
        *len = room;
    return (uint8_t *)frame_ptr(mm->arena, page.frame) + (addr & ~PAGE_MASK);
}

typedef void *window_fn(struct mm *mm, gaddr_t addr, size_t *len, enum mm_access access);

static size_t read_by(window_fn *window, struct mm *mm, void *dst, gaddr_t src, size_t len)
{
    size_t done = 0;

    while (done < len) {
        size_t piece = len - done;
        const void *host = window(mm, src + done, &piece, MM_READ);

        if (!host)
            break;
        memcpy((uint8_t *)dst + done, host, piece);
        done += piece;
    }
    return done;
}

static size_t write_by(window_fn *window, struct mm *mm, gaddr_t dst, const void *src, size_t len)
{
    size_t done = 0;

    while (done < len) {
        size_t piece = len - done;
        void *host = window(mm, dst + done, &piece, MM_WRITE);

        if (!host)
            break;
        memcpy(host, (const uint8_t *)src + done, piece);
        done += piece;
    }
    return done;
}

size_t copyin_some(struct mm *mm, void *dst, gaddr_t src, size_t len)
{
    return read_by(mm_window, mm, dst, src, len);
}

size_t copyout_some(struct mm *mm, gaddr_t dst, const void *src, size_t len)
{
    return write_by(mm_window, mm, dst, src, len);
}

size_t mm_peek(struct mm *mm, gaddr_t addr, void *buf, size_t len)
{
    return read_by(forced_window, mm, buf, addr, len);
}

size_t mm_poke(struct mm *mm, gaddr_t addr, const void *buf, size_t len)
{
    return write_by(forced_window, mm, addr, buf, len);
}

size_t zero_some(struct mm *mm, gaddr_t dst, size_t len)
{
    size_t done = 0;

    while (done < len) {
        size_t piece = len - done;
        void *host = mm_window(mm, dst + done, &piece, MM_WRITE);

        if (!host)
            break;
        memset(host, 0, piece);
        done += piece;
    }
    return done;
}

int copyin(struct mm *mm, void *dst, gaddr_t src, size_t len)
{
    return copyin_some(mm, dst, src, len) == len ? 0 : -EFAULT;
}

int copyout(struct mm *mm, gaddr_t dst, const void *src, size_t len)
{
    return copyout_some(mm, dst, src, len) == len ? 0 : -EFAULT;
}

ssize_t copystr(struct mm *mm, char *dst, gaddr_t src, size_t size)
{
    size_t done = 0;

    while (done < size) {
        size_t piece = size - done;
        const char *host = mm_window(mm, src + done, &piece, MM_READ);
        const char *nul;

        if (!host)
            return -EFAULT;
        nul = memchr(host, 0, piece);
        if (nul) {
            memcpy(dst + done, host, (size_t)(nul - host) + 1);
            return (ssize_t)(done + (size_t)(nul - host));
        }
        memcpy(dst + done, host, piece);
        done += piece;
    }
    return -ENAMETOOLONG;
}
