/* poll(2), ppoll(2), select(2), pselect6(2). The errno order was compared with Linux 6.12. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/personality.h>

#include "abi/handlers.h"
#include "sandbox/memory.h"
#include "sandbox/poll.h"
#include "sandbox/time.h"

/* Writes the time left where the program gave the timeout; errors do not change the result. */
static long report_time_left(struct task *task, const struct call_timeout *timeout, bool timeval,
                             long result)
{
    struct time_spec left;
    int64_t ns;

    call_mask_end(task, result);
    if (!timeout->report || timeout->deadline == WAIT_FOREVER ||
        (task->process->personality & STICKY_TIMEOUTS))
        return result;
    ns = timeout->deadline - clock_monotonic(task->box);
    if (ns < 0)
        ns = 0;
    left = time_spec_of(ns);
    if (timeval)
        left.nsec /= 1000; /* a struct timeval has the same layout */
    if (copyout(task->mm, timeout->report, &left, sizeof left) != 0 && result == -EINTR)
        task->restart = RESTART_NEVER; /* the second round could not know the time left */
    return result;
}

/* ---- poll ---- */

static void set_request(struct task *task, const struct pollfd *entry, struct poll_request *request)
{
    if (entry->fd < 0)
        return;
    request->wanted = (uint16_t)entry->events | POLLERR | POLLHUP;
    request->file = fd_get(task, entry->fd);
    if (!request->file)
        request->found = POLLNVAL;
}

static void put_files(struct poll_request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (requests[i].file)
            file_put(requests[i].file);
    }
}

static int report_found(struct task *task, gaddr_t fds, const struct poll_request *requests,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        gaddr_t addr = fds + i * sizeof(struct pollfd) + offsetof(struct pollfd, revents);
        uint16_t found = (uint16_t)requests[i].found;

        if (copyout(task->mm, addr, &found, sizeof found) != 0)
            return -EFAULT;
    }
    return 0;
}

static long poll_entries(struct task *task, gaddr_t fds, uint32_t count, int64_t deadline,
                         struct pollfd *entries, struct poll_request *requests)
{
    long result;

    if (copyin(task->mm, entries, fds, count * sizeof *entries) != 0)
        return -EFAULT;
    for (uint32_t i = 0; i < count; i++)
        set_request(task, &entries[i], &requests[i]);
    result = poll_files(task, requests, count, deadline);
    put_files(requests, count);
    if (report_found(task, fds, requests, count) != 0)
        return -EFAULT;
    return result;
}

static long do_poll(struct task *task, gaddr_t fds, uint32_t count, int64_t deadline)
{
    struct pollfd *entries;
    struct poll_request *requests;
    long result = -ENOMEM;

    if (count > limit_of(task, RLIMIT_NOFILE))
        return -EINVAL;
    if (!range_is_valid(fds, count * sizeof *entries))
        return -EFAULT;
    entries = malloc((count + 1ul) * sizeof *entries);
    requests = calloc(count + 1ul, sizeof *requests);
    if (entries && requests)
        result = poll_entries(task, fds, count, deadline, entries, requests);
    free(entries);
    free(requests);
    return result;
}

long sys_poll(struct task *task, const struct poll_args *args)
{
    return do_poll(task, args->fds, args->nfds, call_deadline_ms(task, args->timeout));
}

long sys_ppoll(struct task *task, const struct ppoll_args *args)
{
    struct call_timeout timeout;
    int error = call_timeout_timespec(task, args->tmo_p, &timeout);

    if (error == 0)
        error = call_mask_begin(task, args->sigmask, args->sigsetsize);
    if (error)
        return error;
    return report_time_left(task, &timeout, false,
                            do_poll(task, args->fds, args->nfds, timeout.deadline));
}

/* ---- select ---- */

enum { SET_READ, SET_WRITE, SET_EXCEPT, SETS };

/* What makes a descriptor ready in each set; see "Correspondence between select() and poll()". */
static const unsigned set_events[SETS] = {
    [SET_READ] = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
    [SET_WRITE] = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
    [SET_EXCEPT] = POLLPRI,
};

struct select_call {
    unsigned limit;      /* descriptors below it are looked at */
    size_t words;        /* of one set */
    uint64_t *in[SETS];  /* what was asked */
    uint64_t *out[SETS]; /* what is true */
    int *fd;             /* of each request */
    struct poll_request *requests;
    unsigned count;
};

static bool bit_is_set(const uint64_t *set, unsigned bit)
{
    return set[bit / 64] >> (bit % 64) & 1;
}

static unsigned events_asked(const struct select_call *call, unsigned fd)
{
    unsigned events = 0;

    for (int i = 0; i < SETS; i++) {
        if (bit_is_set(call->in[i], fd))
            events |= set_events[i];
    }
    return events;
}

/* Makes a request of every descriptor that is in a set. -EBADF, -ENOMEM. */
static int collect_requests(struct task *task, struct select_call *call)
{
    unsigned total = 0;

    for (unsigned fd = 0; fd < call->limit; fd++)
        total += events_asked(call, fd) != 0;
    call->requests = calloc(total + 1ul, sizeof *call->requests);
    call->fd = malloc((total + 1ul) * sizeof *call->fd);
    if (!call->requests || !call->fd)
        return -ENOMEM;
    for (unsigned fd = 0; fd < call->limit; fd++) {
        struct poll_request *request = &call->requests[call->count];

        request->wanted = events_asked(call, fd);
        if (!request->wanted)
            continue;
        request->file = fd_get(task, (int)fd);
        if (!request->file)
            return -EBADF;
        call->fd[call->count++] = (int)fd;
    }
    return 0;
}

/* Sets the bits of what was found, and counts them. */
static int collect_results(struct select_call *call)
{
    int bits = 0;

    for (unsigned i = 0; i < call->count; i++) {
        unsigned fd = (unsigned)call->fd[i];

        for (int set = 0; set < SETS; set++) {
            if (!bit_is_set(call->in[set], fd) || !(call->requests[i].found & set_events[set]))
                continue;
            call->out[set][fd / 64] |= 1ull << (fd % 64);
            bits++;
        }
    }
    return bits;
}

static long select_sets(struct task *task, struct select_call *call, const gaddr_t sets[SETS],
                        int64_t deadline)
{
    size_t bytes = call->words * sizeof(uint64_t);
    long result;

    for (int i = 0; i < SETS; i++) {
        if (sets[i] && copyin(task->mm, call->in[i], sets[i], bytes) != 0)
            return -EFAULT;
    }
    result = collect_requests(task, call);
    if (result == 0)
        result = poll_files(task, call->requests, call->count, deadline);
    if (result < 0)
        return result;
    result = collect_results(call);
    for (int i = 0; i < SETS; i++) {
        if (sets[i] && copyout(task->mm, sets[i], call->out[i], bytes) != 0)
            return -EFAULT;
    }
    return result;
}

/* Bits beyond what the descriptor table could hold are not looked at, as on Linux. */
static unsigned highest_limit(const struct task *task, int nfds)
{
    unsigned size = (task->fds->size + 63) & ~63u;

    if (size < 64)
        size = 64;
    return (unsigned)nfds < size ? (unsigned)nfds : size;
}

static long do_select(struct task *task, int nfds, const gaddr_t sets[SETS], int64_t deadline)
{
    struct select_call call = {0};
    uint64_t *words;
    long result;

    if (nfds < 0)
        return -EINVAL;
    call.limit = highest_limit(task, nfds);
    call.words = (call.limit + 63) / 64;
    words = calloc(2ul * SETS * call.words + 1, sizeof *words);
    if (!words)
        return -ENOMEM;
    for (size_t i = 0; i < SETS; i++) {
        call.in[i] = words + i * call.words;
        call.out[i] = words + (SETS + i) * call.words;
    }
    result = select_sets(task, &call, sets, deadline);
    put_files(call.requests, call.count);
    free(call.requests);
    free(call.fd);
    free(words);
    return result;
}

long sys_select(struct task *task, const struct select_args *args)
{
    const gaddr_t sets[SETS] = {args->readfds, args->writefds, args->exceptfds};
    struct call_timeout timeout;
    int error = call_timeout_timeval(task, args->timeout, &timeout);

    if (error)
        return error;
    return report_time_left(task, &timeout, true,
                            do_select(task, args->nfds, sets, timeout.deadline));
}

long sys_pselect6(struct task *task, const struct pselect6_args *args)
{
    const gaddr_t sets[SETS] = {args->readfds, args->writefds, args->exceptfds};
    struct call_timeout timeout;
    struct {
        gaddr_t set;
        uint64_t size;
    } mask = {0};
    int error;

    if (args->sig && copyin(task->mm, &mask, args->sig, sizeof mask) != 0)
        return -EFAULT;
    error = call_timeout_timespec(task, args->timeout, &timeout);
    if (error == 0)
        error = call_mask_begin(task, mask.set, mask.size);
    if (error)
        return error;
    return report_time_left(task, &timeout, false,
                            do_select(task, args->nfds, sets, timeout.deadline));
}
