/*
 * futex(2) without priority inheritance, and the robust list of a dying thread
 * (get_robust_list(2)).
 *
 * Waiters stand in a hash of queues by key: memory of one address space, or an offset in a shared
 * object. Reading the word and queueing happen without a scheduling point between them, which is
 * all the atomicity that FUTEX_WAIT promises.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>

#include "abi/handlers.h"
#include "sandbox/futex.h"
#include "sandbox/process.h"
#include "sandbox/time.h"

/* How many entries of a robust list the kernel follows, so that a circle ends (ROBUST_LIST_LIMIT).
 */
#define ROBUST_LIST_LIMIT_GUEST 2048

#define BITSET_ANY 0xffffffffu

struct futex_waiter {
    struct task *task;
    struct mm_key key;
    uint32_t bitset;
    bool queued;
    struct futex_waiter *prev, *next;
};

static struct futex_bucket *bucket_of(struct box *box, const struct mm_key *key)
{
    uint64_t hash = ((uint64_t)(uintptr_t)key->object >> 4) ^ key->offset;
    hash *= 0x9e3779b97f4a7c15ull; /* 2^64 divided by the golden ratio: spreads near addresses */
    return &box->futexes[hash >> (64 - FUTEX_BUCKET_BITS)];
}

static bool same_key(const struct mm_key *one, const struct mm_key *two)
{
    return one->object == two->object && one->offset == two->offset;
}

static void enqueue(struct futex_waiter *waiter)
{
    struct futex_bucket *bucket = bucket_of(waiter->task->box, &waiter->key);
    waiter->queued = true;
    waiter->next = NULL;
    waiter->prev = bucket->tail;
    if (bucket->tail)
        bucket->tail->next = waiter;
    else
        bucket->head = waiter;
    bucket->tail = waiter;
}

static void dequeue(struct futex_waiter *waiter)
{
    struct futex_bucket *bucket = bucket_of(waiter->task->box, &waiter->key);
    waiter->queued = false;
    if (waiter->prev)
        waiter->prev->next = waiter->next;
    else
        bucket->head = waiter->next;
    if (waiter->next)
        waiter->next->prev = waiter->prev;
    else
        bucket->tail = waiter->prev;
}

static int get_key(struct mm *mm, gaddr_t addr, bool shared, struct mm_key *key)
{
    if (addr & 3)
        return -EINVAL;
    if (addr >= MM_TOP)
        return -EFAULT;
    if (shared)
        return mm_futex_key(mm, addr, true, key);
    *key = (struct mm_key){.object = mm, .offset = addr}; /* whether or not memory is there */
    return 0;
}

static int read_word(struct mm *mm, gaddr_t addr, uint32_t *value)
{
    return copyin(mm, value, addr, sizeof *value);
}

/* Wakes waiters whose bitset meets this one; at least one, as Linux even for a count of 0. */
static int wake(struct box *box, const struct mm_key *key, int count, uint32_t bitset)
{
    int woken = 0;
    struct futex_waiter *next;
    for (struct futex_waiter *waiter = bucket_of(box, key)->head; waiter; waiter = next) {
        next = waiter->next;
        if (!same_key(&waiter->key, key) || !(waiter->bitset & bitset))
            continue;
        dequeue(waiter);
        task_wake(waiter->task);
        if (++woken >= count)
            break;
    }
    return woken;
}

void futex_wake_address(struct box *box, struct mm *mm, gaddr_t addr, int count)
{
    struct mm_key key;
    if (get_key(mm, addr, true, &key) == 0)
        wake(box, &key, count, BITSET_ANY);
}

/* ---- waiting ---- */

static long do_wait(struct task *task, gaddr_t addr, bool shared, uint32_t expected,
                    uint32_t bitset, int64_t deadline)
{
    struct futex_waiter waiter = {.task = task, .bitset = bitset};
    uint32_t value;
    if (!bitset)
        return -EINVAL;
    int error = get_key(task->mm, addr, shared, &waiter.key);
    if (!error)
        error = read_word(task->mm, addr, &value);
    if (error)
        return error;
    if (value != expected)
        return -EAGAIN;
    enqueue(&waiter);
    while (waiter.queued && !error)
        error =
            task_wait(task, deadline, deadline == WAIT_FOREVER ? RESTART_SYS : RESTART_NO_HANDLER);
    if (!waiter.queued)
        return 0; /* woken, whatever else came */
    dequeue(&waiter);
    return error;
}

/* ---- moving ---- */

static long do_requeue(struct task *task, const struct futex_args *a, bool shared, bool compare)
{
    struct mm_key from, to;
    uint32_t value;
    int to_wake = (int)a->val, to_move = (int)a->timeout, done = 0;
    if (to_wake < 0 || to_move < 0)
        return -EINVAL;
    int error = get_key(task->mm, a->uaddr, shared, &from);
    if (!error)
        error = get_key(task->mm, a->uaddr2, shared, &to);
    if (!error && compare)
        error = read_word(task->mm, a->uaddr, &value);
    if (error)
        return error;
    if (compare && value != a->val3)
        return -EAGAIN;
    struct futex_waiter *next;
    for (struct futex_waiter *waiter = bucket_of(task->box, &from)->head; waiter; waiter = next) {
        next = waiter->next;
        if (!same_key(&waiter->key, &from))
            continue;
        if (done >= to_wake && done - to_wake >= to_move)
            break;
        if (same_key(&from, &to) && done >= to_wake) {
            done++; /* it stays where it is, but counts */
            continue;
        }
        dequeue(waiter);
        if (done < to_wake) {
            task_wake(waiter->task);
        } else {
            waiter->key = to;
            enqueue(waiter);
        }
        done++;
    }
    return done;
}

/* ---- FUTEX_WAKE_OP ---- */

static int32_t sign_extend_12(uint32_t value)
{
    return (int32_t)(value << 20) >> 20;
}

/* The operation that val3 encodes, on *value. -ENOSYS for one that does not exist. */
static int apply(uint32_t encoded, uint32_t *value)
{
    uint32_t operand = (uint32_t)sign_extend_12(encoded >> 12 & 0xfff);
    if (encoded >> 28 & FUTEX_OP_OPARG_SHIFT)
        operand = 1u << (operand & 31);
    switch (encoded >> 28 & 7) {
    case FUTEX_OP_SET:
        *value = operand;
        return 0;
    case FUTEX_OP_ADD:
        *value += operand;
        return 0;
    case FUTEX_OP_OR:
        *value |= operand;
        return 0;
    case FUTEX_OP_ANDN:
        *value &= ~operand;
        return 0;
    case FUTEX_OP_XOR:
        *value ^= operand;
        return 0;
    default:
        return -ENOSYS;
    }
}

/* The comparison that val3 encodes, on the old value: 0, 1, -ENOSYS. */
static int compare_old(uint32_t encoded, uint32_t value)
{
    int32_t old = (int32_t)value, operand = sign_extend_12(encoded & 0xfff);
    switch (encoded >> 24 & 15) {
    case FUTEX_OP_CMP_EQ:
        return old == operand;
    case FUTEX_OP_CMP_NE:
        return old != operand;
    case FUTEX_OP_CMP_LT:
        return old < operand;
    case FUTEX_OP_CMP_LE:
        return old <= operand;
    case FUTEX_OP_CMP_GT:
        return old > operand;
    case FUTEX_OP_CMP_GE:
        return old >= operand;
    default:
        return -ENOSYS;
    }
}

static long do_wake_op(struct task *task, const struct futex_args *a, bool shared)
{
    struct mm_key first, second;
    uint32_t old;
    int error = get_key(task->mm, a->uaddr, shared, &first);
    if (!error)
        error = get_key(task->mm, a->uaddr2, shared, &second);
    if (!error)
        error = read_word(task->mm, a->uaddr2, &old);
    if (error)
        return error;
    uint32_t value = old;
    error = apply(a->val3, &value);
    if (error)
        return error;
    if (copyout(task->mm, a->uaddr2, &value, sizeof value))
        return -EFAULT;
    int holds = compare_old(a->val3, old);
    if (holds < 0)
        return holds;
    int woken = wake(task->box, &first, (int)a->val, BITSET_ANY);
    if (holds)
        woken += wake(task->box, &second, (int)a->timeout, BITSET_ANY);
    return woken;
}

/* ---- the call ---- */

/* The deadline of FUTEX_WAIT (relative) and FUTEX_WAIT_BITSET (absolute, on either clock). */
static int copy_deadline(struct task *task, const struct futex_args *a, bool absolute,
                         int64_t *deadline)
{
    int64_t ns;
    *deadline = WAIT_FOREVER;
    if (!a->timeout)
        return 0;
    if (!absolute)
        return time_copy_deadline(task, a->timeout, deadline);
    int error = time_copy_timespec(task, a->timeout, &ns);
    if (!error)
        *deadline = time_absolute_deadline(
            task, a->futex_op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
    return error;
}

static long wait_call(struct task *task, const struct futex_args *a, bool shared, bool bitset)
{
    int64_t deadline;
    int error = copy_deadline(task, a, bitset, &deadline);
    return error ? error
                 : do_wait(task, a->uaddr, shared, a->val, bitset ? a->val3 : BITSET_ANY, deadline);
}

static long wake_call(struct task *task, const struct futex_args *a, bool shared, uint32_t bitset)
{
    struct mm_key key;
    if (!bitset)
        return -EINVAL;
    int error = get_key(task->mm, a->uaddr, shared, &key);
    return error ? error : wake(task->box, &key, (int)a->val, bitset);
}

SYS(futex)
{
    int operation = a->futex_op & FUTEX_CMD_MASK;
    bool shared = !(a->futex_op & FUTEX_PRIVATE_FLAG);
    if ((a->futex_op & FUTEX_CLOCK_REALTIME) && operation != FUTEX_WAIT_BITSET)
        return -ENOSYS;
    switch (operation) {
    case FUTEX_WAIT:
        return wait_call(t, a, shared, false);
    case FUTEX_WAIT_BITSET:
        return wait_call(t, a, shared, true);
    case FUTEX_WAKE:
        return wake_call(t, a, shared, BITSET_ANY);
    case FUTEX_WAKE_BITSET:
        return wake_call(t, a, shared, a->val3);
    case FUTEX_REQUEUE:
        return do_requeue(t, a, shared, false);
    case FUTEX_CMP_REQUEUE:
        return do_requeue(t, a, shared, true);
    case FUTEX_WAKE_OP:
        return do_wake_op(t, a, shared);
    default: /* the priority-inheriting ones: a kernel without CONFIG_FUTEX_PI */
        return -ENOSYS;
    }
}

/* ---- robust lists ---- */

/* struct robust_list_head of amd64. */
struct robust_head {
    uint64_t next;
    int64_t offset;
    uint64_t pending;
};

/* A lock that the dying task may hold: marks it and wakes a waiter. -1: the word is unreachable. */
static int release_lock(struct task *task, gaddr_t word, bool inheriting, bool pending)
{
    uint32_t value;
    if (word & 3 || read_word(task->mm, word, &value))
        return -1;
    /* It died between unlocking and waking. */
    if (pending && !inheriting && !value) {
        futex_wake_address(task->box, task->mm, word, 1);
        return 0;
    }
    if ((value & FUTEX_TID_MASK) != (uint32_t)task->tid)
        return 0;
    uint32_t marked = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    if (copyout(task->mm, word, &marked, sizeof marked))
        return -1;
    if (!inheriting && (value & FUTEX_WAITERS))
        futex_wake_address(task->box, task->mm, word, 1);
    return 0;
}

void futex_exit_robust_list(struct task *task)
{
    struct robust_head head;
    gaddr_t list = task->robust_list;
    task->robust_list = 0;
    if (!list || copyin(task->mm, &head, list, sizeof head))
        return;
    gaddr_t pending = head.pending & ~1ull;
    uint64_t entry = head.next;
    for (unsigned i = 0; i < ROBUST_LIST_LIMIT_GUEST && (entry & ~1ull) != list; i++) {
        gaddr_t here = entry & ~1ull;
        uint64_t next;
        bool readable = copyin(task->mm, &next, here, sizeof next) == 0;
        /* The pending one may be in the list already: it is looked at once, below. */
        if (here != pending &&
            release_lock(task, here + (uint64_t)head.offset, entry & 1, false) < 0)
            return;
        if (!readable)
            return;
        entry = next;
    }
    if (pending)
        release_lock(task, pending + (uint64_t)head.offset, head.pending & 1, true);
}
