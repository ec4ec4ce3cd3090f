/*
 * note.pml - parking an M on its note and handing it a P: lock.c, m.c.
 *
 * One M parks again and again; two wakers take it from the idle list, set next_p and
 * wake it. Futex waits may return for no reason.
 *
 * Checked: the M always finds a P, a note is woken once per clear, no wake-up is lost.
 *
 * BUG 1  the note is woken before next_p is set
 *     2  the M clears the note before it sleeps, not after
 *     3  the futex sleeps without comparing the word again
 *     4  the waker does not take the M from the idle list
 */
#ifndef BUG
#define BUG 0
#endif
#define TURNS 3 /* a waker */

bit key, sleeping; /* of the futex: the word, and somebody sleeps on it */
bit idle;          /* the M is on the idle list */
byte next_p, woken;

proctype Waker() {
    byte turn = 0;
    do
    :: turn < TURNS ->
        turn++;
        atomic { idle -> if :: BUG != 4 -> idle = 0 :: else fi }
        if
        :: BUG == 1 -> atomic { assert(!key); key = 1 }
        :: else -> assert(next_p == 0); next_p = 1; atomic { assert(!key); key = 1 }
        fi;
        atomic { sleeping = 0 } /* FUTEX_WAKE */
        if :: BUG == 1 -> next_p = 1 :: else fi
    :: else -> break
    od
}

proctype M() {
    do
    :: woken < 2 * TURNS ->
        idle = 1;
        if :: BUG == 2 -> key = 0 :: else fi;
        do
        :: key -> break
        :: !key ->
            if /* FUTEX_WAIT looks at the word and sleeps in one step */
            :: BUG != 3 -> atomic { if :: !key -> sleeping = 1 :: else fi }
            :: else -> sleeping = 1
            fi;
            if
            :: !sleeping
            :: woken == 0 && sleeping -> sleeping = 0 /* for no reason */
            fi
        od;
        if :: BUG != 2 -> key = 0 :: else fi;
        assert(next_p == 1);
        next_p = 0;
        woken++
    :: else -> break
    od
}

init {
    atomic { run M(); run Waker(); run Waker() }
    timeout;
    assert(woken == 2 * TURNS)
}
