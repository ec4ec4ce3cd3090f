/*
 * interrupt.pml - making a call return EINTR without hitting another: interrupt.c and
 * rt_call_interruptible.
 *
 * A G makes CALLS interruptible calls that end only by an interrupt, each followed by one
 * that must not be interrupted, on the same thread. The sender interrupts when it likes,
 * once per call, even before it begins. The signal is delivered at any step in user mode,
 * and at once in the kernel.
 *
 * BUG 1  the handler leaves the program counter alone
 *     2  the G does not wait for the signal to have been handled
 *     3  the G leaves by a store and not by compare-and-swap
 *     4  the request is made in one step and the call to be hit chosen in another
 *     5  the stub does not test the request
 */
#ifndef BUG
#define BUG 0
#endif
#define CALLS 2

mtype = { OUTSIDE, INSIDE, SENDING, SENT };
mtype = { USER, WINDOW, ABORT, KERNEL };
mtype state = OUTSIDE, pc = USER;
bit request, signal;
byte handled, sent, ended;

/* The kernel interrupts user code. */
active proctype Delivery() {
end_none:
    do
    :: atomic { signal && pc != KERNEL ->
           signal = 0; handled++;
           if :: pc == WINDOW && BUG != 1 -> pc = ABORT :: else fi }
    od
}

active proctype Sender() {
    bit inside;
    do
    :: sent < CALLS ->
        sent++;
        if :: BUG == 4 -> request = 1 :: else fi;
        atomic {
            request = 1;
            inside = (state == INSIDE);
            if :: inside -> state = SENDING :: else fi
        }
        if
        :: inside -> signal = 1; state = SENT
        :: else
        fi;
        inside = 0;
        ended == sent
    :: else -> break
    od
}

active proctype G() {
    byte seen;
    bit left;
    do
    :: ended < CALLS ->
        seen = handled;
        state = INSIDE;
        pc = WINDOW;
        if
        :: atomic { request && BUG != 5 && pc == WINDOW -> pc = USER }; goto back
        :: atomic { (!request || BUG == 5) && pc == WINDOW }
        :: atomic { pc == ABORT -> pc = USER }; goto back
        fi;
        if /* between the test and SYSCALL */
        :: atomic { pc == WINDOW -> pc = KERNEL }
        :: atomic { pc == ABORT -> pc = USER }; goto back
        fi;
        atomic { signal -> signal = 0; handled++; pc = USER } /* EINTR */
back:
        if
        :: BUG == 3 -> state = OUTSIDE
        :: else ->
            atomic { left = (state == INSIDE); if :: left -> state = OUTSIDE :: else fi }
            if
            :: left
            :: !left && BUG != 2 -> state == SENT; handled != seen; state = OUTSIDE
            :: !left && BUG == 2 -> state == SENT; state = OUTSIDE
            fi
        fi;
        left = 0;
        /* a call that nobody interrupts */
        pc = KERNEL;
        assert(!signal);
        atomic { assert(!signal); pc = USER }
        request; /* the interrupt that this call ended by, at the latest now */
        request = 0;
        ended++
    :: else -> break
    od
}
