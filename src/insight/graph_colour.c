/* What the minima of a disconnectivity graph are coloured by. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "insight/report.h"

typedef el4ml_status colour_filler(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                                   el4ml_error *error);

void el4ml_graph_colour_clear(el4ml_graph_colour *c)
{
    el4ml_release(c->value);
    el4ml_release(c->text);
    el4ml_release(c->names);
    *c = (el4ml_graph_colour){0};
}

static el4ml_status nothing(const char *what, el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_BAD_INPUT, "colour: %s", what);
}

static el4ml_status out_of_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
}

/* ---- Scales ---- */

static double loss(const el4ml_record *r)
{
    return r->test.loss;
}

static double hits(const el4ml_record *r)
{
    return (double)r->hits;
}

/* False where no minimum has the value. */
static bool fill_from(el4ml_graph_colour *c, const el4ml_report_source *s,
                      double (*get)(const el4ml_record *), const char *label)
{
    bool any = false;
    for (size_t i = 0; i < s->analysis->network->node_count; i++) {
        c->value[i] = get(el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, i));
        any |= isfinite(c->value[i]);
    }
    c->label = label;
    return any;
}

static el4ml_status by_test(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                            el4ml_error *error)
{
    const el4ml_leading_metric leading = el4ml_leading_metric_of(s);
    (void)rest;
    if (!leading.metric) return nothing("there is no test accuracy: no test rows", error);
    for (size_t i = 0; i < s->analysis->network->node_count; i++)
        c->value[i] = el4ml_leading_value(&leading, el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, i));
    c->label = leading.label;
    return EL4ML_OK;
}

static el4ml_status by_loss(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                            el4ml_error *error)
{
    (void)rest;
    return fill_from(c, s, loss, "test loss") ? EL4ML_OK
                                              : nothing("there is no test loss: no test rows", error);
}

static el4ml_status by_hits(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                            el4ml_error *error)
{
    (void)rest;
    (void)error;
    fill_from(c, s, hits, "hits");
    return EL4ML_OK;
}

static el4ml_status by_committor(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                                 el4ml_error *error)
{
    const el4ml_rates *rates = s->story->rates;
    (void)rest;
    if (!rates)
        return nothing("there are no committors: no two sets of minima with rates between them", error);
    memcpy(c->value, rates->committor, rates->minima * sizeof *c->value);
    c->label = "committor";
    return EL4ML_OK;
}

static el4ml_status by_nothing(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                               el4ml_error *error)
{
    (void)rest;
    (void)error;
    for (size_t i = 0; i < s->analysis->network->node_count; i++)
        c->value[i] = NAN;
    return EL4ML_OK;
}

/* ---- Categories ---- */

/* The sign of g at a peak, for the minima that carry its change. */
static el4ml_status by_peak(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                            el4ml_error *error)
{
    static const char *const signs[2] = {"loses", "gains"};
    const el4ml_peaks *peaks = s->analysis->peaks;
    const long number = *rest ? strtol(rest, NULL, 10) : 1;
    if (number < 1 || (size_t)number > peaks->count)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "colour: there is no peak number %ld; there are %zu",
                          number, peaks->count);
    const el4ml_peak *p = &peaks->peaks[number - 1];
    by_nothing(c, s, rest, error);
    for (size_t k = 0; k < p->losing_count; k++)
        c->value[p->losing[k].node] = 0;
    for (size_t k = 0; k < p->gaining_count; k++)
        c->value[p->gaining[k].node] = 1;
    c->names = EL4ML_NEW(const char *, 2);
    if (!c->names) return out_of_memory(error);
    memcpy(c->names, signs, sizeof signs);
    c->count = 2;
    c->label = "on heating";
    return EL4ML_OK;
}

/* Groups named by their lowest minimum. */
static el4ml_status fill_groups(el4ml_graph_colour *c, const el4ml_report_source *s, const size_t *group,
                                const size_t *lowest, size_t count, el4ml_error *error)
{
    c->text = el4ml_allocate(count, sizeof *c->text);
    c->names = EL4ML_NEW(const char *, count);
    if (!c->text || !c->names) return out_of_memory(error);
    for (size_t k = 0; k < count; k++) {
        snprintf(c->text[k], sizeof c->text[k], "of %lld",
                 (long long)s->analysis->network->nodes[lowest[k]].id);
        c->names[k] = c->text[k];
    }
    for (size_t i = 0; i < s->analysis->network->node_count; i++)
        c->value[i] = (double)group[i];
    c->count = count;
    return EL4ML_OK;
}

static el4ml_status by_community(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                                 el4ml_error *error)
{
    (void)rest;
    if (!s->story->grouping)
        return nothing("there are no communities: no transition state joins two minima", error);
    const el4ml_partition *p = s->story->grouping->partition;
    c->label = "community";
    return fill_groups(c, s, p->community, p->lowest, p->count, error);
}

static el4ml_status by_basin(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                             el4ml_error *error)
{
    const el4ml_sequence_basins *b = s->analysis->basins;
    (void)rest;
    c->label = "basin";
    return fill_groups(c, s, b->basin, b->bottom, b->count, error);
}

static el4ml_status by_funnel(el4ml_graph_colour *c, const el4ml_report_source *s, const char *rest,
                              el4ml_error *error)
{
    const el4ml_funnels *f = s->analysis->funnels;
    (void)rest;
    c->label = "funnel";
    return fill_groups(c, s, f->funnel, f->bottom, f->count, error);
}

/* ---- By name ---- */

static const struct {
    const char *name;
    colour_filler *fill;
} colours[] = {{"test", by_test},           {"loss", by_loss},           {"peak", by_peak},
               {"community", by_community}, {"basin", by_basin},         {"funnel", by_funnel},
               {"hits", by_hits},           {"committor", by_committor}, {"none", by_nothing}};

enum { COLOURS = sizeof colours / sizeof *colours };

static el4ml_status unknown(const char *name, el4ml_error *error)
{
    const el4ml_excerpt shown = el4ml_excerpt_of(name);
    return el4ml_fail(
        error, EL4ML_BAD_INPUT,
        "colour: '%s' is none of test, loss, peak (peak:2 ...), community, basin, funnel, hits, committor, "
        "none",
        shown.text);
}

/* The part after "peak:" must be a number. */
static bool is_count(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 6;
}

el4ml_status el4ml_graph_colour_init(el4ml_graph_colour *c, const el4ml_report_source *s, const char *name,
                                     el4ml_error *error)
{
    c->value = EL4ML_NEW(double, s->analysis->network->node_count);
    if (!c->value) return out_of_memory(error);
    if (!name) return by_test(c, s, "", NULL) == EL4ML_OK ? EL4ML_OK : by_nothing(c, s, "", error);
    for (size_t k = 0; k < COLOURS; k++) {
        const size_t length = strlen(colours[k].name);
        if (strncmp(name, colours[k].name, length) != 0) continue;
        if (!name[length]) return colours[k].fill(c, s, "", error);
        if (name[length] == ':' && colours[k].fill == by_peak && is_count(name + length + 1))
            return by_peak(c, s, name + length + 1, error);
    }
    return unknown(name, error);
}
