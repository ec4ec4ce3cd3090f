/*
 * fence.pml - the store-then-load order of entering and stopping, with store buffers:
 * syscall.c (enter), stop.c (stop_all).
 *
 * The entering M marks its P and reads gc_waiting; the stopper sets gc_waiting and reads
 * the mark. On x86 the mark may wait in the store buffer while the read is done. The call
 * lasts for ever, so if both look too early the stopper waits for ever.
 *
 * MODE 0  plain store, the stopper's membarrier empties the other's buffer (the default)
 *      1  the mark is an XCHG, which empties its own buffer (RT_FAITHFUL)
 *      2  a fault: plain store and no membarrier
 *      3  a fault: membarrier before gc_waiting is set
 */
#ifndef MODE
#define MODE 0
#endif

mtype = { RUN, SYS, STOPPED };
mtype mark = RUN, buffered;
bit pending;    /* a store of buffered waits to become visible */
bit gc_waiting, lock, stop_note;
byte stop_wait;

inline drain() {
    if :: pending -> mark = buffered; pending = 0 :: else fi
}

active proctype Buffer() {
end_empty:
    do :: atomic { pending -> mark = buffered; pending = 0 } od
}

active proctype Entering() {
    bit waiting;
    if
    :: MODE == 1 -> atomic { drain(); mark = SYS }
    :: else -> atomic { !pending; buffered = SYS; pending = 1 }
    fi;
    waiting = gc_waiting;
    if
    :: waiting ->
        atomic { !lock; lock = 1; drain() } /* a locked instruction */
        if
        :: atomic { stop_wait > 0 && mark == SYS -> mark = STOPPED; stop_wait-- };
           if :: stop_wait == 0 -> stop_note = 1 :: else fi
        :: else
        fi;
        lock = 0
    :: else
    fi
    /* the call, which does not end */
}

active proctype Stopper() {
    bit wait;
    atomic { !lock; lock = 1; stop_wait = 1 }
    if :: MODE == 3 -> atomic { drain() } :: else fi;
    gc_waiting = 1; /* a locked instruction of its own */
    if :: MODE == 0 -> atomic { drain() } :: else fi;
    atomic { if :: mark == SYS -> mark = STOPPED; stop_wait-- :: else fi }
    wait = stop_wait > 0;
    lock = 0;
    if :: wait -> stop_note :: else fi;
    assert(mark == STOPPED)
}
