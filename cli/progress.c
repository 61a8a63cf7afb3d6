/* The live line: phase, rate, what is known, time left. On a terminal it is rewritten in place ten times a
 * second and shortened to its width; otherwise a line every ten seconds, none for a run that takes less. */
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

void format_duration(double seconds, char *text, size_t size)
{
    if (seconds >= 36000)
        snprintf(text, size, "%.0f h", seconds / 3600);
    else if (seconds >= 3600)
        snprintf(text, size, "%.1f h", seconds / 3600);
    else if (seconds >= 60)
        snprintf(text, size, "%.0f min", seconds / 60);
    else
        snprintf(text, size, "%.0f s", ceil(seconds));
}

/* Seconds until the budget is spent, at the present rate, or the time limit reached; a goal may end searching
 * earlier. */
static double seconds_left(const progress_line *line, const el4ml_progress *p, double now)
{
    const uint64_t before = p->phase == EL4ML_EXPLORING ? line->base.explore_runs : line->base.searches;
    const double limit = line->time_limit > 0 ? fmax(0, line->began + line->time_limit - now) : INFINITY;
    if (p->done <= before) return limit;
    const double each = (now - line->since) / (double)(p->done - before);
    return fmin(limit, p->budget > p->done ? each * (double)(p->budget - p->done) : 0);
}

/* Four lengths: in words (0) down to the bare counts (3). */
static int format_line(const progress_line *line, const el4ml_progress *p, double now, int level, char *text,
                       size_t size)
{
    const double rate =
        (double)(p->totals->minimisations - line->base.minimisations) / fmax(now - line->since, 1e-3);
    const double left = seconds_left(line, p, now);
    const bool at_most = p->phase != EL4ML_EXPLORING;
    char done[80], speed[32], best[40] = "none yet", time[32] = "-";
    snprintf(done, sizeof done, "%s %llu/%llu", phase_name(p->phase), (unsigned long long)p->done,
             (unsigned long long)p->budget);
    snprintf(speed, sizeof speed, rate < 9.95 ? "%.1f" : "%.0f", rate);
    if (isfinite(p->best)) snprintf(best, sizeof best, level == 0 ? "%.9g" : "%.6g", p->best);
    if (isfinite(left)) format_duration(left, time, sizeof time);
    switch (level) {
    case 0:
        return snprintf(text, size,
                        "%s | %s minimisations/s | %zu minim%s, %zu transition state%s, %zu component%s | "
                        "best %s | %s%s left",
                        done, speed, p->minima, p->minima == 1 ? "um" : "a", p->transition_states,
                        p->transition_states == 1 ? "" : "s", p->components, p->components == 1 ? "" : "s",
                        best, at_most ? "at most " : "", time);
    case 1:
        return snprintf(text, size, "%s | %s minim./s | %zu minima, %zu ts, %zu comp. | best %s | %s%s left",
                        done, speed, p->minima, p->transition_states, p->components, best,
                        at_most ? "< " : "", time);
    case 2:
        return snprintf(text, size, "%s, %s/s: %zu minima %zu ts %zu comp, best %s, %s%s", done, speed,
                        p->minima, p->transition_states, p->components, best, at_most ? "< " : "", time);
    default:
        return snprintf(text, size, "%s: %zu minima %zu ts %zu comp", done, p->minima, p->transition_states,
                        p->components);
    }
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
    for (int level = 0; level < 4; level++)
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
