/*
 * handover.pml - how Ps change hands round system calls: syscall.c, p.c, m.c, stop.c.
 *
 * NG Gs each make a call and end; one call lasts until another G has ended, so that it
 * ends only if its P is given to somebody. sysmon retakes, a stopper stops the world
 * once. What is done under the scheduler's lock is one step; stores and loads outside it
 * are steps of their own (sequentially consistent: fence.pml is about the rest).
 *
 * Checked: a P has one owner, no G runs in a stopped world, every G ends, nobody hangs.
 *
 * BUG seeds one fault:
 *   1  hand_off lists the P without looking at the global queue again under the lock
 *   2  enter reads gc_waiting before it marks the P. sysmon's retake heals it: see 8
 *   3  exit takes its old P back by a test and a store
 *   4  exit's slow path queues the G without looking for an idle P under the lock
 *   5  nobody retakes: the blocked call keeps its P
 *   6  sysmon retakes by a test and a store
 *   7  the note is woken before next_p is set
 *   8  2, and no sysmon to heal it
 *   9  no fault, no sysmon: the control for 8 (both with two Ps, so that the blocked one is not needed)
 */
#ifndef BUG
#define BUG 0
#endif
#ifndef NP
#define NP 1
#endif
#ifndef NG
#define NG 2
#endif
#ifndef STOPS
#define STOPS 1
#endif
#define NM     (NP + NG) /* so that one that is not in a call comes to sleep, if need be */
#define NONE   15
#define NO_SYSMON (BUG == 5 || BUG == 8 || BUG == 9)

mtype = { IDLE, RUN, SYS, STOPPED };
mtype status[NP];
bit listed[NP];
byte owner[NP];       /* M that holds it, for checking */
byte queue;           /* the global queue: Gs that have yet to make their call */
byte back;            /* and Gs whose call is over */
byte done;
bit blocking;         /* a G makes the long call */
bit m_idle[NM], note[NM];
byte m_idles;
byte next_p[NM];
bit gc_waiting, stopped, stop_note;
byte stop_wait;
byte in_user;

#define WORK (queue + back > 0)

inline take_listed(p) {
    p = NONE;
    if
    :: listed[0] -> p = 0; listed[0] = 0
#if NP > 1
    :: !listed[0] && listed[1] -> p = 1; listed[1] = 0
#endif
    :: else
    fi
}

inline count_stopped(p) {
    status[p] = STOPPED;
    stop_wait--;
    if :: stop_wait == 0 -> stop_note = 1 :: else fi
}

/* n: scratch */
inline start_m(p) {
    atomic {
        m_idles > 0;
        do :: !m_idle[n] -> n++ :: else -> break od;
        m_idle[n] = 0;
        m_idles--
    }
    assert(next_p[n] == NONE && !note[n]);
    if
    :: BUG == 7 -> note[n] = 1; next_p[n] = p
    :: else -> next_p[n] = p; note[n] = 1
    fi;
    n = 0
}

inline hand_off(p) {
    if
    :: WORK -> start_m(p)
    :: !WORK ->
        atomic {
            if
            :: gc_waiting -> count_stopped(p); p = NONE
            :: !gc_waiting && WORK && BUG != 1 -> skip
            :: else -> assert(status[p] == IDLE && !listed[p]); listed[p] = 1; p = NONE
            fi
        }
        if :: p != NONE -> start_m(p) :: else fi
    fi;
    p = NONE
}

inline acquire(p) {
    d_step {
        assert(status[p] == IDLE && !listed[p] && owner[p] == NONE);
        status[p] = RUN;
        owner[p] = i
    }
}

proctype M(byte i) {
    byte p = NONE, n = 0;
    bit after = 0, ok = 0;

    if :: i < NP -> p = i; acquire(p) :: else -> goto sleep fi;

schedule:
    atomic {
        if
        :: gc_waiting -> owner[p] = NONE; count_stopped(p); p = NONE
        :: !gc_waiting && back > 0 -> back--; after = 1
        :: !gc_waiting && back == 0 && queue > 0 -> queue--; after = 0
        :: else -> owner[p] = NONE; status[p] = IDLE; listed[p] = 1; p = NONE
        fi
    }
    if :: p == NONE -> goto stop :: else fi;

user:
    atomic { assert(owner[p] == i && !stopped); in_user++; assert(in_user <= NP) }
    in_user--;
    if
    :: after -> done++; goto schedule
    :: else
    fi;
    /* enter */
    owner[p] = NONE;
    if
    :: BUG == 2 || BUG == 8 -> ok = gc_waiting; status[p] = SYS
    :: else -> status[p] = SYS; ok = gc_waiting
    fi;
    if
    :: ok -> atomic { if :: stop_wait > 0 && status[p] == SYS -> count_stopped(p) :: else fi }
    :: else
    fi;
    ok = 0;
    /* the call: it ends by itself, or the first may wait for another G's end */
    if
    :: atomic { !blocking && NG > 1 -> blocking = 1 }; done >= 1
    :: skip
    fi;
    /* exit */
    if
    :: BUG == 3 ->
        ok = (status[p] == SYS);
        if :: ok -> status[p] = RUN; owner[p] = i :: else fi
    :: else -> atomic { ok = (status[p] == SYS); if :: ok -> status[p] = RUN; owner[p] = i :: else fi }
    fi;
    after = 1;
    if :: ok -> ok = 0; goto user :: else fi;
    atomic {
        p = NONE;
        if :: BUG != 4 && !gc_waiting -> take_listed(p) :: else fi;
        if :: p == NONE -> back++ :: else -> acquire(p) fi
    }
    if :: p != NONE -> goto user :: else fi;

stop:
    after = 0;
    atomic { m_idle[i] = 1; m_idles++ }
sleep:
end_sleep:
    note[i] == 1;
    note[i] = 0;
    p = next_p[i];
    assert(p != NONE);
    next_p[i] = NONE;
    acquire(p);
    goto schedule
}

proctype Sysmon() {
    byte p = NONE, n = 0;
end_watch:
    do
    :: atomic { !NO_SYSMON && BUG != 6 && status[0] == SYS -> status[0] = IDLE }; p = 0; hand_off(p)
    :: BUG == 6 && status[0] == SYS -> status[0] = IDLE; p = 0; hand_off(p)
#if NP > 1
    :: atomic { !NO_SYSMON && BUG != 6 && status[1] == SYS -> status[1] = IDLE }; p = 1; hand_off(p)
    :: BUG == 6 && status[1] == SYS -> status[1] = IDLE; p = 1; hand_off(p)
#endif
    od
}

proctype Stopper() {
    byte p = NONE, n = 0, count = 0, q = 0;
    bit wait = 0;
    do
    :: count < STOPS ->
        count++;
        /* One lock section, but the entering M's mark and read are not under it. */
        atomic { stop_wait = NP; gc_waiting = 1 }
        q = 0;
        do
        :: q < NP -> atomic { if :: status[q] == SYS -> status[q] = STOPPED; stop_wait--
                                 :: else fi }; q++
        :: else -> break
        od;
        atomic {
            q = 0;
            do :: q < NP -> if :: listed[q] -> listed[q] = 0; status[q] = STOPPED; stop_wait--
                               :: else fi; q++
               :: else -> break od;
            q = 0;
            wait = stop_wait > 0
        }
        if :: wait -> stop_note; stop_note = 0 :: else -> stop_note = 0 fi;
        d_step {
            q = 0;
            do :: q < NP -> assert(status[q] == STOPPED); q++ :: else -> break od;
            q = 0;
            stopped = 1
        }
        stopped = 0;
        atomic {
            gc_waiting = 0;
            q = 0;
            do :: q < NP -> status[q] = IDLE; listed[q] = 1; q++ :: else -> break od;
            q = 0
        }
        do
        :: WORK -> atomic { take_listed(p) }; if :: p == NONE -> break :: else -> start_m(p); p = NONE fi
        :: else -> break
        od
    :: else -> break
    od
}

init {
    byte i;
    d_step {
        i = 0;
        do :: i < NP -> status[i] = IDLE; owner[i] = NONE; i++ :: else -> break od;
        i = 0;
        do :: i < NM -> next_p[i] = NONE; m_idle[i] = (i >= NP); i++ :: else -> break od;
        m_idles = NM - NP;
        queue = NG
    }
    atomic {
        i = 0;
        do :: i < NM -> run M(i); i++ :: else -> break od;
        run Sysmon();
        run Stopper()
    }
    timeout;
    assert(done == NG && queue + back == 0)
}
