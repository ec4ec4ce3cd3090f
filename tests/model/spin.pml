/*
 * spin.pml - work that is made runnable finds an M: spinning Ms and wake-ups in sched.c.
 *
 * An M with a P queues NG Gs and then computes for ever. The others look for work; who
 * finds a G computes for ever too, so that each G needs an M and a P of its own. There is
 * no sysmon to heal what is lost.
 *
 * BUG 1  an M that stops spinning does not read the queues again
 *     2  it reads them again before it is no longer counted
 *     3  the submitter reads the count of spinners before it queues the G
 *     4  the last spinner that finds work does not send another
 *     5  the submitter's store may wait behind its read: no fence (store buffer by hand)
 *     6  the M that goes idle lists its P after it has read the queues again
 */
#ifndef BUG
#define BUG 0
#endif
#ifndef NG
#define NG 2
#endif
#define NM   (NG + 1)
#define IDLE (p_idle > 0)

byte queue, buffered; /* buffered: queued, not yet visible (BUG 5) */
byte p_idle = NG;     /* listed Ps */
byte spinning;
byte m_asleep;        /* on the idle list */
byte starts;          /* woken, of them with a P each, counted as spinning */
byte busy;            /* Gs that run */

/* m_wake_one and m_start: the caller takes a P for the M it wakes. ok: scratch */
inline wake_one() {
    if
    :: IDLE ->
        atomic { ok = (spinning == 0); if :: ok -> spinning = 1 :: else fi }
        if
        :: ok ->
            atomic {
                if
                :: IDLE -> p_idle--; m_asleep > 0; m_asleep--; starts++
                :: else -> spinning--
                fi
            }
        :: else
        fi
    :: else
    fi;
    ok = 0
}

proctype Submitter() {
    byte n = 0;
    bit ok, early;
    do
    :: n < NG ->
        n++;
        if
        :: BUG == 3 ->
            early = IDLE && spinning == 0;
            queue++;
            if :: early -> wake_one() :: else fi
        :: BUG == 5 -> buffered++; wake_one()
        :: else -> queue++; wake_one()
        fi
    :: else -> break
    od
}

/* Makes buffered stores visible, at any time. */
proctype Buffer() {
end_buffer:
    do :: atomic { buffered > 0 -> buffered--; queue++ } od
}

/* Has a P and is counted as spinning when it begins. */
proctype M() {
    bit ok, last;
end_asleep:
    atomic { starts > 0 -> starts-- }
look:
    atomic { ok = (queue > 0); if :: ok -> queue-- :: else fi }
    if
    :: ok -> goto found
    :: else
    fi;
    /* nothing: gives up the P, then is no longer counted, then looks again */
    if :: BUG != 6 -> p_idle++ :: else fi;
    if
    :: BUG == 2 -> ok = queue > 0; spinning--
    :: BUG == 1 -> spinning--; ok = 0
    :: else -> spinning--; ok = queue > 0
    fi;
    if :: BUG == 6 -> p_idle++ :: else fi;
    if
    :: ok ->
        atomic { ok = IDLE; if :: ok -> p_idle--; spinning++ :: else fi }
        if :: ok -> goto look :: else fi
    :: else
    fi;
    m_asleep++;
    goto end_asleep;
found:
    ok = 0;
    atomic { spinning--; last = (spinning == 0) }
    if :: last && BUG != 4 -> wake_one() :: else fi;
    busy++
}

init {
    byte i;
    atomic {
        m_asleep = NM - 1;
        i = 0;
        do :: i < NM - 1 -> run M(); i++ :: else -> break od;
        run Submitter();
        run Buffer()
    }
    timeout;
    assert(busy == NG && queue == 0)
}
