/* The live line: phase, rate, what is known, time left. On a terminal it is rewritten in place ten times a second and
 * shortened to its width; otherwise a line every ten seconds, none for a run that takes less. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR "\r\033[K"

static const char *phase_name(el4ml_phase phase)
{
    switch (phase) {
    case EL4ML_EXPLORING:
        return "exploring";
    case EL4ML_CONNECTING:
        return "connecting";
    case EL4ML_IMPROVING:
        return "improving";
    case EL4ML_EXHAUSTING:
        return "exhausting";
    }
    return "";
}

void progress_init(progress_line *line, const arguments *args, const el4ml_totals *totals)
{
    const double now = el4ml_clock();
    *line = (progress_line){.quiet = args->quiet,
                            .terminal = isatty(2) != 0,
                            .time_limit = args->time_limit,
                            .began = now,
                            .shown = now,
                            .since = now,
                            .base = *totals,
                            .latest = *totals};
    if (line->quiet || !line->terminal) return;
    fputs(CLEAR "the first searches are under way", stderr);
    fflush(stderr);
}

/* Rates are those of the present phase. */
static void enter_phase(progress_line *line, const el4ml_progress *p, double now)
{
    if (!line->started || line->phase != p->phase) {
        line->phase = p->phase;
        line->base = line->latest;
        if (line->started) line->since = line->seen;
        line->started = true;
    }
    line->latest = *p->totals;
    line->seen = now;
}

static void format_duration(double seconds, char *text, size_t size)
{
    if (seconds >= 36000) snprintf(text, size, "%.0f h", seconds / 3600);
    else if (seconds >= 3600) snprintf(text, size, "%.1f h", seconds / 3600);
    else if (seconds >= 60) snprintf(text, size, "%.0f min", seconds / 60);
    else snprintf(text, size, "%.0f s", ceil(seconds));
}

/* Until the budget is spent, at the present rate, or the time limit reached. A goal may end searching earlier. */
static void format_left(const progress_line *line, const el4ml_progress *p, double now, char *text, size_t size)
{
    const uint64_t before = p->phase == EL4ML_EXPLORING ? line->base.explore_runs : line->base.searches;
    double left = INFINITY;
    if (p->done > before)
        left = (now - line->since) / (double)(p->done - before) * (double)(p->budget > p->done ? p->budget - p->done : 0);
    const bool at_most = p->phase != EL4ML_EXPLORING;
    const double limit = line->time_limit > 0 ? fmax(0, line->began + line->time_limit - now) : INFINITY;
    char duration[32];
    text[0] = '\0';
    left = fmin(left, limit);
    if (!isfinite(left)) return;
    format_duration(left, duration, sizeof duration);
    snprintf(text, size, " | %s%s left", at_most ? "at most " : "", duration);
}

/* Three lengths: in words (0), abbreviated (1), and bare (2). */
static int format_line(const progress_line *line, const el4ml_progress *p, double now, int level, char *text,
                       size_t size)
{
    const double rate = (double)(p->totals->minimisations - line->base.minimisations) / fmax(now - line->since, 1e-3);
    const unsigned long long done = p->done, budget = p->budget;
    char left[64], rate_text[32], best[40];
    format_left(line, p, now, left, sizeof left);
    snprintf(rate_text, sizeof rate_text, rate < 9.95 ? "%.1f" : "%.0f", rate);
    if (isfinite(p->best))
        snprintf(best, sizeof best, level == 0 ? "best %.9g" : "best %.6g", p->best);
    else
        snprintf(best, sizeof best, "no minimum yet");
    if (level == 0)
        return snprintf(text, size,
                        "%s %llu/%llu | %s minimisations/s | %zu minim%s, %zu transition state%s, %zu component%s | %s%s",
                        phase_name(p->phase), done, budget, rate_text, p->minima, p->minima == 1 ? "um" : "a",
                        p->transition_states, p->transition_states == 1 ? "" : "s", p->components,
                        p->components == 1 ? "" : "s", best, left);
    if (level == 1)
        return snprintf(text, size, "%s %llu/%llu | %s min./s | %zu minima, %zu t.s., %zu comp. | %s%s",
                        phase_name(p->phase), done, budget, rate_text, p->minima, p->transition_states, p->components,
                        best, left);
    return snprintf(text, size, "%s %llu/%llu | %zu minima, %zu t.s., %zu comp.", phase_name(p->phase), done, budget,
                    p->minima, p->transition_states, p->components);
}

static size_t terminal_width(void)
{
    struct winsize window;
    return ioctl(2, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
}

void progress_show(void *context, const el4ml_progress *p)
{
    progress_line *line = context;
    const double now = el4ml_clock();
    enter_phase(line, p, now);
    if (line->quiet || now - line->shown < (line->terminal ? 0.1 : 10)) return;
    line->shown = now;
    char text[400];
    if (!line->terminal) {
        format_line(line, p, now, 0, text, sizeof text);
        fprintf(stderr, "%s\n", text);
        return;
    }
    const size_t width = terminal_width() - 1; /* a full line would wrap on some terminals */
    for (int level = 0; level < 3; level++)
        if ((size_t)format_line(line, p, now, level, text, sizeof text) <= width) break;
    if (width < sizeof text) text[width] = '\0';
    fprintf(stderr, CLEAR "%s", text);
    fflush(stderr);
}

void progress_end(progress_line *line)
{
    if (!line->quiet && line->terminal) {
        fputs(CLEAR, stderr);
        fflush(stderr);
    }
}
