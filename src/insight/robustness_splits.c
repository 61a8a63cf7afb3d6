/* Rank correlations of flatness with generalisation over several splits of the data. */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "el4ml/report.h"
#include "el4ml/robustness.h"
#include "insight/json.h"

el4ml_status el4ml_robustness_over_splits(const el4ml_robustness *const *runs, size_t splits, double overlap,
                                          el4ml_flatness_splits *over, el4ml_error *error)
{
    if (!runs || !over || splits < 2)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "robustness: two splits at least");
    double *room = EL4ML_NEW(double, 4 * splits);
    if (!room) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "robustness: out of memory");
    for (size_t f = 0; f < EL4ML_FLATNESSES; f++) {
        for (size_t k = 0; k < splits; k++) {
            const el4ml_flatness_test *t = &runs[k]->test[f];
            room[k] = t->loss.value;
            room[splits + k] = t->gap.value;
            room[2 * splits + k] = t->error.value;
            room[3 * splits + k] = t->partial;
        }
        over[f].loss = el4ml_mean_over_splits(room, splits, overlap);
        over[f].gap = el4ml_mean_over_splits(room + splits, splits, overlap);
        over[f].error = el4ml_mean_over_splits(room + 2 * splits, splits, overlap);
        over[f].partial = el4ml_mean_over_splits(room + 3 * splits, splits, overlap);
    }
    el4ml_release(room);
    return EL4ML_OK;
}

static json_t *mean_object(const el4ml_split_mean *m)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "splits", m->count);
    el4ml_json_put_number(o, "mean", m->mean);
    el4ml_json_put_number(o, "low", m->low);
    el4ml_json_put_number(o, "high", m->high);
    el4ml_json_put_number(o, "p_value", m->p_value);
    return o;
}

char *el4ml_robustness_splits_json(const el4ml_flatness_splits *over, size_t splits)
{
    json_t *o = json_object(), *list = json_array();
    for (unsigned f = 0; f < EL4ML_FLATNESSES; f++) {
        json_t *one = json_object();
        el4ml_json_put_text(one, "measure", el4ml_flatness_name((el4ml_flatness)f));
        el4ml_json_put(one, "test_loss", mean_object(&over[f].loss));
        el4ml_json_put(one, "test_gap", mean_object(&over[f].gap));
        el4ml_json_put(one, "test_error", mean_object(&over[f].error));
        el4ml_json_put(one, "partial", mean_object(&over[f].partial));
        json_array_append_new(list, one);
    }
    el4ml_json_put_count(o, "splits", splits);
    el4ml_json_put(o, "test_correlations", list);
    el4ml_json_put_text(o, "caveat", el4ml_robustness_caveat());
    return el4ml_json_finish(o);
}

el4ml_status el4ml_robustness_splits_svg(const el4ml_flatness_splits *over, size_t splits, char **svg,
                                         el4ml_error *error)
{
    el4ml_interval rows[3][EL4ML_FLATNESSES];
    const el4ml_interval_panel panels[3] = {{"with test loss", rows[0]},
                                            {"with test loss, V held fixed", rows[1]},
                                            {"with test loss less training loss", rows[2]}};
    for (unsigned f = 0; f < EL4ML_FLATNESSES; f++) {
        const el4ml_split_mean *means[3] = {&over[f].loss, &over[f].partial, &over[f].gap};
        for (size_t p = 0; p < 3; p++)
            rows[p][f] = (el4ml_interval){.label = el4ml_flatness_name((el4ml_flatness)f),
                                          .value = means[p]->mean,
                                          .low = means[p]->low,
                                          .high = means[p]->high,
                                          .group = f < EL4ML_FLAT_NORM ? 0 : 1};
    }
    char title[128];
    snprintf(title, sizeof title, "Rank correlation over the minima, mean of %zu splits", splits);
    const el4ml_intervals_options o = {
        .title = title, .panels = panels, .panel_count = 3, .count = EL4ML_FLATNESSES, .zero = true};
    return el4ml_intervals_svg(&o, svg, error);
}
