/*
 * check.c - messages. They use no buffer of libc's and no locale, so that they
 * work on bare Ms and in any state.
 */
#include <stdarg.h>
#include <unistd.h>

#include "internal.h"
#include "os.h"

struct line {
    char text[256];
    size_t n;
};

static void add_text(struct line *l, const char *s)
{
    while (*s && l->n < sizeof l->text - 2)
        l->text[l->n++] = *s++;
}

static void add_number(struct line *l, unsigned long value)
{
    char digits[24];
    size_t i = sizeof digits - 1;
    digits[i] = '\0';
    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    add_text(l, digits + i);
}

/* Knows %s %d %u %lu. */
static void format_line(struct line *l, const char *format, va_list args)
{
    add_text(l, "runtime: ");
    for (const char *f = format; *f; f++) {
        char plain[2] = {*f, '\0'};
        if (*f != '%') {
            add_text(l, plain);
            continue;
        }
        f++;
        if (*f == 's') {
            add_text(l, va_arg(args, const char *));
        } else if (*f == 'l') {
            f++;
            add_number(l, va_arg(args, unsigned long));
        } else {
            add_number(l, va_arg(args, unsigned));
        }
    }
    l->text[l->n] = '\0';
}

static void write_line(struct line *l)
{
    l->text[l->n] = '\n';
    (void)os_call3(SYS_write, STDERR_FILENO, l->text, l->n + 1);
    l->text[l->n] = '\0';
}

void rt_warn(const char *format, ...)
{
    struct line l = {.n = 0};
    va_list args;
    va_start(args, format);
    format_line(&l, format, args);
    va_end(args);
    write_line(&l);
}

/* Where it happened: the M, its G and its P, with their states. */
static void write_context(const struct rt_m *m)
{
    const struct rt_g *g = m->curg;
    const struct rt_p *p = m->p;
    rt_warn("on M %u, thread %lu, spinning %d, locks %u", m->id, (unsigned long)m->procid,
            m->spinning, m->locks);
    if (g)
        rt_warn("  G %lu, status %u", (unsigned long)g->id, load_relaxed(&g->status));
    if (p)
        rt_warn("  P %u, status %u", p->id, load_relaxed(&p->status));
}

void rt_fatal(const char *format, ...)
{
    struct line l = {.n = 0};
    struct rt_m *m = current_m();
    va_list args;
    va_start(args, format);
    format_line(&l, format, args);
    va_end(args);
    if (m && m->sched->cfg.fatal) {
        m->sched->cfg.fatal(m->sched->cfg.fatal_ctx, l.text);
    } else {
        write_line(&l);
        if (m)
            write_context(m);
    }
    for (;;) {
        /* abort() of libc takes a lock; the signal alone is enough, and works on bare Ms. */
        unsigned long none = 0;
        os_call4(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, NULL, sizeof none);
        os_call3(SYS_tgkill, os_call1(SYS_getpid, 0), os_call1(SYS_gettid, 0), 6 /* SIGABRT */);
        os_call1(SYS_exit_group, 134);
    }
}
