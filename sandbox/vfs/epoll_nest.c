/*
 * Epoll sets inside epoll sets: what keeps wake-ups finite and cheap. The limits are those of
 * Linux (fs/eventpoll.c documents them), so that a program finds the same errors.
 */
#include <errno.h>

#include "sandbox/vfs/epoll_set.h"

/* A set in a set in a set in a set in a set: the innermost has four above it. */
enum { NESTS_MAX = 4, TOO_DEEP = NESTS_MAX + 1 };

/* How many chains of a given length may lead from one file; those of one set are unlimited. */
static const unsigned paths_max[NESTS_MAX + 1] = {0, 500, 100, 50, 10};

static unsigned max_depth(unsigned one, unsigned other)
{
    return one > other ? one : other;
}

/* Sets below this one in the longest chain; TOO_DEEP when `forbidden` is among them. */
static unsigned depth_below(struct epoll *epoll, const struct epoll *forbidden)
{
    unsigned depth = 0;

    if (epoll == forbidden)
        return TOO_DEEP;
    if (epoll->walk == epoll->box->epoll_walk)
        return epoll->walk_depth;
    for (unsigned i = 0; i < epoll->buckets && depth < TOO_DEEP; i++) {
        for (const struct epoll_item *item = epoll->bucket[i]; item; item = item->hash_next) {
            struct epoll *inner = epoll_of(item->file);

            if (inner)
                depth = max_depth(depth, depth_below(inner, forbidden) + 1);
        }
    }
    epoll->walk = epoll->box->epoll_walk;
    epoll->walk_depth = depth;
    return depth;
}

/* Sets above this one in the longest chain. */
static unsigned depth_above(struct epoll *epoll)
{
    unsigned depth = 0;

    if (epoll->walk == epoll->box->epoll_walk)
        return epoll->walk_depth;
    for (const struct epoll_item *item = epoll->file->watchers; item; item = item->watch_next)
        depth = max_depth(depth, depth_above(item->epoll) + 1);
    epoll->walk = epoll->box->epoll_walk;
    epoll->walk_depth = depth;
    return depth;
}

bool epoll_may_nest(struct epoll *outer, struct epoll *inner)
{
    unsigned below, above;

    outer->box->epoll_walk++;
    below = depth_below(inner, outer);
    if (below >= TOO_DEEP)
        return false;
    outer->box->epoll_walk++;
    above = depth_above(outer);
    return below + 1 + above <= NESTS_MAX;
}

/* Counts the chains of sets above a file by their length. False when there are too many. */
static bool count_paths(const struct file *file, unsigned depth, unsigned paths[NESTS_MAX + 1])
{
    if (depth > NESTS_MAX)
        return false;
    for (const struct epoll_item *item = file->watchers; item; item = item->watch_next) {
        const struct file *outer = item->epoll->file;

        if (outer->watchers) {
            if (!count_paths(outer, depth + 1, paths))
                return false;
        } else if (depth > 0 && ++paths[depth] > paths_max[depth]) {
            return false;
        }
    }
    return true;
}

/* Checks every file that the set watches, also through inner sets. */
static bool check_files_below(struct epoll *epoll)
{
    if (epoll->walk == epoll->box->epoll_walk)
        return true;
    epoll->walk = epoll->box->epoll_walk;
    for (unsigned i = 0; i < epoll->buckets; i++) {
        for (const struct epoll_item *item = epoll->bucket[i]; item; item = item->hash_next) {
            unsigned paths[NESTS_MAX + 1] = {0};
            struct epoll *inner = epoll_of(item->file);

            if (inner ? !check_files_below(inner) : !count_paths(item->file, 0, paths))
                return false;
        }
    }
    return true;
}

int epoll_check_paths(const struct epoll_item *item)
{
    struct epoll *inner = epoll_of(item->file);
    unsigned paths[NESTS_MAX + 1] = {0};

    if (inner) {
        inner->box->epoll_walk++;
        return check_files_below(inner) ? 0 : -EINVAL;
    }
    if (!item->epoll->file->watchers)
        return 0;
    return count_paths(item->file, 0, paths) ? 0 : -EINVAL;
}
