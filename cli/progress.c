/* The live line: phase, rate, what is known, time left. On a terminal it is rewritten in place ten times a second;
 * otherwise a line now and then. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

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

void progress_init(progress_line *line, const arguments *args)
{
    *line = (progress_line){.quiet = args->quiet || (args->json && !isatty(2)),
                            .terminal = isatty(2) != 0,
                            .last = -INFINITY,
                            .time_limit = args->time_limit};
}

static void format_left(const progress_line *line, const el4ml_progress *p, char *text, size_t size)
{
    double left = INFINITY;
    if (p->done > 0 && p->seconds > 0.2 && p->phase == EL4ML_EXPLORING)
        left = p->seconds / (double)p->done * (double)(p->budget - p->done);
    if (line->time_limit > 0) left = fmin(left, fmax(0, line->time_limit - p->seconds));
    if (!isfinite(left)) snprintf(text, size, "-");
    else if (left >= 3600) snprintf(text, size, "%.1f h", left / 3600);
    else if (left >= 60) snprintf(text, size, "%.1f min", left / 60);
    else snprintf(text, size, "%.0f s", left);
}

void progress_show(void *context, const el4ml_progress *p)
{
    progress_line *line = context;
    if (!line->started) {
        line->started = true;
        line->first_runs = p->totals->minimisations;
    }
    const double interval = line->terminal ? 0.1 : 10;
    if (line->quiet || p->seconds - line->last < interval) return;
    if (line->last > p->seconds) line->last = p->seconds; /* a new stage began */
    if (!line->terminal && line->last < 0) {
        line->last = 0;
        return;
    }
    line->last = p->seconds;
    const double rate = (double)(p->totals->minimisations - line->first_runs) / fmax(p->seconds, 1e-3);
    char left[32];
    format_left(line, p, left, sizeof left);
    fprintf(stderr,
            "%s%s %llu/%llu | %.0f minimisations/s | %zu minima, %zu transition states, %zu component%s | best %.9g | "
            "left %s%s",
            line->terminal ? "\r\033[K" : "", phase_name(p->phase), (unsigned long long)p->done,
            (unsigned long long)p->budget, rate, p->minima, p->transition_states, p->components,
            p->components == 1 ? "" : "s", p->best, left, line->terminal ? "" : "\n");
    fflush(stderr);
}

void progress_end(progress_line *line)
{
    if (!line->quiet && line->terminal && line->last > -INFINITY) fputs("\r\033[K", stderr);
    line->last = -INFINITY;
    line->started = false;
}
