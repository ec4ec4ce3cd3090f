/*
 * The line discipline N_TTY: what termios(3) describes. Input characters are edited, echoed and
 * turned into signals; output is post-processed. May include sandbox/.
 *
 * The input side and the echo follow the order of tests that Linux has, because programs see it:
 * flow control before signals, signals before CR/NL mapping, mapping before line editing.
 */
#include "sandbox/vfs/tty.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "sandbox/kernel.h"

/* In the buffer, an end of line with this value is an end of file: it is not given to readers. */
#define END_OF_FILE 0

/* ---- queues ---- */

size_t tty_ring_room(const struct tty_ring *ring)
{
    return ring->size - ring->count;
}

size_t tty_ring_put(struct tty_ring *ring, const uint8_t *text, size_t len)
{
    if (len > tty_ring_room(ring))
        len = tty_ring_room(ring);
    for (size_t i = 0; i < len; i++)
        ring->data[(ring->first + ring->count + i) % ring->size] = text[i];
    ring->count += len;
    return len;
}

size_t tty_ring_take(struct tty_ring *ring, uint8_t *text, size_t len)
{
    if (len > ring->count)
        len = ring->count;
    for (size_t i = 0; i < len; i++)
        text[i] = ring->data[(ring->first + i) % ring->size];
    ring->first = (ring->first + len) % ring->size;
    ring->count -= len;
    return len;
}

/* ---- modes ---- */

static bool local(const struct terminal *terminal, uint32_t flag)
{
    return terminal->termios.c_lflag & flag;
}

static bool input_mode(const struct terminal *terminal, uint32_t flag)
{
    return terminal->termios.c_iflag & flag;
}

static bool output_mode(const struct terminal *terminal, uint32_t flag)
{
    return terminal->termios.c_oflag & flag;
}

/* Special characters; the value 0 switches one off. */
static bool is_special(const struct terminal *terminal, unsigned which, uint8_t c)
{
    return terminal->termios.c_cc[which] != 0 && terminal->termios.c_cc[which] == c;
}

static bool is_control(uint8_t c)
{
    return c < 32 || c == 127;
}

/* Later bytes of a UTF-8 character: no column of their own. */
static bool is_continuation(const struct terminal *terminal, uint8_t c)
{
    return input_mode(terminal, IUTF8) && (c & 0xc0) == 0x80;
}

/* Letters of Latin-1 count, so that UTF-8 words are erased whole. */
static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

/* ---- output ---- */

static void put_raw(struct terminal *terminal, uint8_t c)
{
    (void)tty_ring_put(&terminal->to_master, &c, 1);
}

static size_t output_room(const struct terminal *terminal)
{
    size_t used = terminal->to_master.count;

    return used >= TTY_QUEUE ? 0 : TTY_QUEUE - used;
}

/* One character by the rules of c_oflag: up to 8 bytes of output. */
static void put_processed(struct terminal *terminal, uint8_t c)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    switch (c) {
    case '\n':
        if (output_mode(terminal, ONLRET))
            ldisc->column = 0;
        if (output_mode(terminal, ONLCR)) {
            ldisc->column = 0;
            put_raw(terminal, '\r');
        }
        ldisc->line_column = ldisc->column;
        break;
    case '\r':
        if (output_mode(terminal, ONOCR) && ldisc->column == 0)
            return;
        if (output_mode(terminal, OCRNL)) {
            c = '\n';
            if (!output_mode(terminal, ONLRET))
                break;
        }
        ldisc->line_column = ldisc->column = 0;
        break;
    case '\t': {
        unsigned spaces = 8 - (ldisc->column & 7);

        ldisc->column += spaces;
        if ((terminal->termios.c_oflag & TABDLY) == XTABS) {
            while (spaces-- > 0)
                put_raw(terminal, ' ');
            return;
        }
        break;
    }
    case '\b':
        if (ldisc->column > 0)
            ldisc->column--;
        break;
    default:
        if (is_control(c))
            break;
        if (output_mode(terminal, OLCUC) && c >= 'a' && c <= 'z')
            c -= 'a' - 'A';
        if (!is_continuation(terminal, c))
            ldisc->column++;
    }
    put_raw(terminal, c);
}

size_t ldisc_write(struct terminal *terminal, const uint8_t *text, size_t len)
{
    size_t done = 0;

    if (terminal->stopped)
        return 0;
    if (!output_mode(terminal, OPOST)) {
        size_t room = output_room(terminal);

        done = tty_ring_put(&terminal->to_master, text, len < room ? len : room);
    } else {
        for (; done < len && output_room(terminal) >= 8; done++)
            put_processed(terminal, text[done]);
    }
    if (done > 0)
        wait_wake(&terminal->master_wait, POLLIN | POLLRDNORM);
    return done;
}

/* ---- echo ---- */

static void echo_raw(struct terminal *terminal, uint8_t c)
{
    if (output_mode(terminal, OPOST))
        put_processed(terminal, c);
    else
        put_raw(terminal, c);
}

/* Control characters as ^X when ECHOCTL is set. */
static void echo(struct terminal *terminal, uint8_t c)
{
    if (local(terminal, ECHOCTL) && is_control(c) && c != '\t') {
        put_raw(terminal, '^');
        put_raw(terminal, c ^ 0100);
        terminal->ldisc.column += 2;
    } else {
        echo_raw(terminal, c);
    }
}

static void finish_erasing(struct terminal *terminal)
{
    if (!terminal->ldisc.erasing)
        return;
    echo_raw(terminal, '/');
    terminal->ldisc.erasing = false;
}

static void echo_input(struct terminal *terminal, uint8_t c)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    if (!local(terminal, ECHO))
        return;
    finish_erasing(terminal);
    if (c == '\n') {
        echo_raw(terminal, c);
        return;
    }
    if (ldisc->line == ldisc->head)
        ldisc->line_column = ldisc->column;
    echo(terminal, c);
}

/* ---- the input buffer ---- */

static uint8_t char_at(const struct tty_ldisc *ldisc, size_t index)
{
    return ldisc->buf[index % TTY_LINE];
}

static bool ends_line(const struct tty_ldisc *ldisc, size_t index)
{
    index %= TTY_LINE;
    return ldisc->line_end[index / 8] & 1 << index % 8;
}

static void mark_line_end(struct tty_ldisc *ldisc, size_t index, bool end)
{
    uint8_t bit = (uint8_t)(1 << index % 8);

    index %= TTY_LINE;
    if (end)
        ldisc->line_end[index / 8] |= bit;
    else
        ldisc->line_end[index / 8] &= (uint8_t)~bit;
}

static size_t input_count(const struct tty_ldisc *ldisc)
{
    return ldisc->head - ldisc->tail;
}

static bool by_lines(const struct terminal *terminal)
{
    return local(terminal, ICANON) && !local(terminal, EXTPROC);
}

/*
 * Room for characters. A line that is too long goes on, each character replacing the last one, so
 * that its end can still come; without ICANON, or with a line to read, the writer waits.
 */
static bool has_room(struct terminal *terminal)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    if (input_count(ldisc) < TTY_LINE - 1)
        return true;
    if (!local(terminal, ICANON) || ldisc->line != ldisc->tail)
        return false;
    if (input_count(ldisc) >= TTY_LINE)
        ldisc->head--;
    return true;
}

static void put_input(struct terminal *terminal, uint8_t c)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    if (input_count(ldisc) >= TTY_LINE)
        ldisc->head--;
    mark_line_end(ldisc, ldisc->head, false);
    ldisc->buf[ldisc->head++ % TTY_LINE] = c;
}

/* PARMRK: a real 0377 is told from the mark of an error by doubling it. */
static void put_marked(struct terminal *terminal, uint8_t c)
{
    if (c == 0377 && input_mode(terminal, PARMRK) && input_count(&terminal->ldisc) < TTY_LINE - 1)
        put_input(terminal, c);
    put_input(terminal, c);
}

static void end_line(struct terminal *terminal, uint8_t c)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    put_input(terminal, c);
    mark_line_end(ldisc, ldisc->head - 1, true);
    ldisc->line = ldisc->head;
    wait_wake_all(&terminal->slave_wait, POLLIN | POLLRDNORM);
}

/* ---- line editing ---- */

static void erase_columns(struct terminal *terminal, unsigned columns)
{
    while (columns-- > 0) {
        echo_raw(terminal, '\b');
        echo_raw(terminal, ' ');
        echo_raw(terminal, '\b');
    }
}

/* Columns that a character took on the screen when it was echoed (not for tabs). */
static unsigned columns_of(const struct terminal *terminal, uint8_t c)
{
    if (is_control(c))
        return local(terminal, ECHOCTL) ? 2 : 0;
    return is_continuation(terminal, c) ? 0 : 1;
}

/* Goes back over a tab: to where the text before it ended. */
static void erase_tab(struct terminal *terminal)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;
    unsigned columns = 0, back;
    size_t at = ldisc->head;
    bool after_tab = false;

    while (at != ldisc->line) {
        uint8_t c = char_at(ldisc, --at);

        if (c == '\t') {
            after_tab = true;
            break;
        }
        columns += columns_of(terminal, c);
    }
    if (!after_tab)
        columns += ldisc->line_column;
    for (back = 8 - (columns & 7); back > 0; back--) {
        put_raw(terminal, '\b');
        if (ldisc->column > 0)
            ldisc->column--;
    }
}

static void show_erased(struct terminal *terminal, uint8_t how, uint8_t c, size_t count)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    if (!local(terminal, ECHO))
        return;
    if (local(terminal, ECHOPRT)) {
        if (!ldisc->erasing)
            echo_raw(terminal, '\\');
        ldisc->erasing = true;
        echo(terminal, c);
        for (size_t i = 1; i < count; i++)
            echo_raw(terminal, char_at(ldisc, ldisc->head + i));
    } else if (how == VERASE && !local(terminal, ECHOE)) {
        echo(terminal, terminal->termios.c_cc[VERASE]);
    } else if (c == '\t') {
        erase_tab(terminal);
    } else {
        erase_columns(terminal, columns_of(terminal, c));
    }
}

/* Takes the last character (all of its bytes) off the line under way. */
static bool erase_one(struct terminal *terminal, uint8_t how, bool *seen_word)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;
    size_t at = ldisc->head, count;
    uint8_t c;

    do {
        c = char_at(ldisc, --at);
    } while (is_continuation(terminal, c) && at != ldisc->line);
    if (is_continuation(terminal, c)) /* only half of a character is there */
        return false;
    if (how == VWERASE) {
        if (is_word(c))
            *seen_word = true;
        else if (*seen_word)
            return false;
    }
    count = ldisc->head - at;
    ldisc->head = at;
    show_erased(terminal, how, c, count);
    return true;
}

/* how: VERASE, VWERASE or VKILL. */
static void erase(struct terminal *terminal, uint8_t how)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;
    bool seen_word = false;

    if (ldisc->head == ldisc->line)
        return;
    if (how == VKILL && !(local(terminal, ECHO) && local(terminal, ECHOK) &&
                          local(terminal, ECHOKE) && local(terminal, ECHOE))) {
        ldisc->head = ldisc->line;
        if (local(terminal, ECHO)) {
            finish_erasing(terminal);
            echo(terminal, terminal->termios.c_cc[VKILL]);
            if (local(terminal, ECHOK))
                echo_raw(terminal, '\n');
        }
        return;
    }
    while (ldisc->head != ldisc->line && erase_one(terminal, how, &seen_word))
        if (how == VERASE)
            break;
    if (ldisc->head == ldisc->line && local(terminal, ECHO))
        finish_erasing(terminal);
}

static void reprint(struct terminal *terminal, uint8_t c)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    finish_erasing(terminal);
    echo(terminal, c);
    echo_raw(terminal, '\n');
    for (size_t at = ldisc->line; at != ldisc->head; at++)
        echo(terminal, char_at(ldisc, at));
}

/* ---- input ---- */

void ldisc_set_stopped(struct terminal *terminal, bool stopped)
{
    if (terminal->stopped == stopped)
        return;
    terminal->stopped = stopped;
    if (terminal->packet) {
        terminal->packet_status &= (uint8_t) ~(stopped ? TIOCPKT_START : TIOCPKT_STOP);
        terminal->packet_status |= stopped ? TIOCPKT_STOP : TIOCPKT_START;
        wait_wake_all(&terminal->master_wait, POLLIN | POLLPRI);
    }
    if (!stopped)
        wait_wake_all(&terminal->slave_wait, POLLOUT | POLLWRNORM);
}

static void receive_signal(struct terminal *terminal, int signo, uint8_t c)
{
    if (!local(terminal, NOFLSH)) {
        ldisc_flush_input(terminal);
        ldisc_flush_output(terminal);
    }
    tty_signal_foreground(terminal, signo);
    if (input_mode(terminal, IXON))
        ldisc_set_stopped(terminal, false);
    if (local(terminal, ECHO))
        echo(terminal, c);
}

/* Flow control and signals. True when the character is dealt with. */
static bool receive_control(struct terminal *terminal, uint8_t c)
{
    if (input_mode(terminal, IXON)) {
        if (is_special(terminal, VSTART, c)) {
            ldisc_set_stopped(terminal, false);
            return true;
        }
        if (is_special(terminal, VSTOP, c)) {
            ldisc_set_stopped(terminal, true);
            return true;
        }
    }
    if (local(terminal, ISIG)) {
        int signo = is_special(terminal, VINTR, c)   ? SIGINT
                    : is_special(terminal, VQUIT, c) ? SIGQUIT
                    : is_special(terminal, VSUSP, c) ? SIGTSTP
                                                     : 0;
        if (signo) {
            receive_signal(terminal, signo, c);
            return true;
        }
    }
    return false;
}

/* The characters that edit or end a line. True when the character is dealt with. */
static bool receive_editing(struct terminal *terminal, uint8_t c)
{
    bool extended = local(terminal, IEXTEN);

    if (is_special(terminal, VERASE, c) || is_special(terminal, VKILL, c) ||
        (is_special(terminal, VWERASE, c) && extended)) {
        erase(terminal, is_special(terminal, VERASE, c)  ? VERASE
                        : is_special(terminal, VKILL, c) ? VKILL
                                                         : VWERASE);
    } else if (is_special(terminal, VLNEXT, c) && extended) {
        terminal->ldisc.literal_next = true;
        if (local(terminal, ECHO)) {
            finish_erasing(terminal);
            if (local(terminal, ECHOCTL)) {
                put_raw(terminal, '^');
                put_raw(terminal, '\b');
            }
        }
    } else if (is_special(terminal, VREPRINT, c) && local(terminal, ECHO) && extended) {
        reprint(terminal, c);
    } else if (c == '\n') {
        if (local(terminal, ECHO | ECHONL))
            echo_raw(terminal, '\n');
        end_line(terminal, c);
    } else if (is_special(terminal, VEOF, c)) {
        end_line(terminal, END_OF_FILE);
    } else if (is_special(terminal, VEOL, c) || (is_special(terminal, VEOL2, c) && extended)) {
        echo_input(terminal, c);
        end_line(terminal, c);
    } else {
        return false;
    }
    return true;
}

static void receive_char(struct terminal *terminal, uint8_t c)
{
    if (input_mode(terminal, ISTRIP))
        c &= 0x7f;
    if (input_mode(terminal, IUCLC) && local(terminal, IEXTEN) && c >= 'A' && c <= 'Z')
        c += 'a' - 'A';
    if (local(terminal, EXTPROC)) {
        put_input(terminal, c);
        return;
    }
    if (terminal->ldisc.literal_next) {
        terminal->ldisc.literal_next = false;
    } else {
        if (terminal->stopped && input_mode(terminal, IXON) && input_mode(terminal, IXANY) &&
            !is_special(terminal, VSTOP, c))
            ldisc_set_stopped(terminal, false);
        if (receive_control(terminal, c))
            return;
        if (c == '\r') {
            if (input_mode(terminal, IGNCR))
                return;
            if (input_mode(terminal, ICRNL))
                c = '\n';
        } else if (c == '\n' && input_mode(terminal, INLCR)) {
            c = '\r';
        }
        if (local(terminal, ICANON) && receive_editing(terminal, c))
            return;
    }
    echo_input(terminal, c);
    put_marked(terminal, c);
}

size_t ldisc_receive(struct terminal *terminal, const uint8_t *text, size_t len)
{
    size_t echoed = terminal->to_master.count, done = 0;

    for (; done < len && has_room(terminal); done++)
        receive_char(terminal, text[done]);
    if (terminal->to_master.count != echoed)
        wait_wake(&terminal->master_wait, POLLIN | POLLRDNORM);
    if (done > 0 && ldisc_readable(terminal, 1))
        wait_wake_all(&terminal->slave_wait, POLLIN | POLLRDNORM);
    return done;
}

void ldisc_pump(struct terminal *terminal)
{
    struct tty_ring *ring = &terminal->to_slave;
    size_t before = ring->count;

    while (ring->count > 0 && has_room(terminal)) {
        uint8_t c;

        (void)tty_ring_take(ring, &c, 1);
        (void)ldisc_receive(terminal, &c, 1);
    }
    if (ring->count != before)
        wait_wake(&terminal->master_wait, POLLOUT | POLLWRNORM);
}

/* ---- reading ---- */

bool ldisc_readable(const struct terminal *terminal, size_t minimum)
{
    const struct tty_ldisc *ldisc = &terminal->ldisc;

    if (by_lines(terminal))
        return ldisc->line != ldisc->tail;
    return input_count(ldisc) >= minimum;
}

size_t ldisc_take(struct terminal *terminal, uint8_t *text, size_t len, bool *line_done)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;
    size_t end = by_lines(terminal) ? ldisc->line : ldisc->head;
    size_t done = 0;

    *line_done = false;
    while (done < len && ldisc->tail != end && !*line_done) {
        uint8_t c = char_at(ldisc, ldisc->tail);

        *line_done = by_lines(terminal) && ends_line(ldisc, ldisc->tail);
        ldisc->tail++;
        if (!*line_done || c != END_OF_FILE)
            text[done++] = c;
    }
    if (ldisc->line - ldisc->tail > TTY_LINE) /* without ICANON `line` stays behind */
        ldisc->line = ldisc->tail;
    return done;
}

void ldisc_skip_end_of_file(struct terminal *terminal)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    if (by_lines(terminal) && ldisc->tail != ldisc->line && ends_line(ldisc, ldisc->tail) &&
        char_at(ldisc, ldisc->tail) == END_OF_FILE)
        ldisc->tail++;
}

size_t ldisc_pending(const struct terminal *terminal)
{
    const struct tty_ldisc *ldisc = &terminal->ldisc;
    size_t count = 0;

    if (!by_lines(terminal))
        return input_count(ldisc);
    for (size_t at = ldisc->tail; at != ldisc->line; at++)
        if (!ends_line(ldisc, at) || char_at(ldisc, at) != END_OF_FILE)
            count++;
    return count;
}

void ldisc_flush_input(struct terminal *terminal)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    ldisc->head = ldisc->line = ldisc->tail = 0;
    ldisc->erasing = ldisc->literal_next = false;
    memset(ldisc->line_end, 0, sizeof(ldisc->line_end));
    if (terminal->packet)
        terminal->packet_status |= TIOCPKT_FLUSHREAD;
    wait_wake_all(&terminal->master_wait, POLLOUT | POLLWRNORM | POLLPRI);
}

void ldisc_flush_output(struct terminal *terminal)
{
    terminal->to_master.count = 0;
    if (terminal->packet)
        terminal->packet_status |= TIOCPKT_FLUSHWRITE;
    wait_wake_all(&terminal->slave_wait, POLLOUT | POLLWRNORM);
    wait_wake_all(&terminal->master_wait, POLLPRI);
}

void ldisc_modes_changed(struct terminal *terminal, uint32_t old_lflag)
{
    struct tty_ldisc *ldisc = &terminal->ldisc;

    if ((old_lflag ^ terminal->termios.c_lflag) & (ICANON | EXTPROC)) {
        memset(ldisc->line_end, 0, sizeof(ldisc->line_end));
        ldisc->line = ldisc->tail;
        if (local(terminal, ICANON) && input_count(ldisc) > 0) {
            /* What had been typed is given to the next reader as it is. */
            mark_line_end(ldisc, ldisc->head - 1, true);
            ldisc->line = ldisc->head;
        }
        ldisc->erasing = ldisc->literal_next = false;
    }
    if (!input_mode(terminal, IXON))
        ldisc_set_stopped(terminal, false);
    ldisc_pump(terminal);
    wait_wake_all(&terminal->slave_wait, 0);
}
