#include "insight/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "catchment/intervals.h"
#include "el4ml/answers.h"
#include "insight/lines.h"

el4ml_comparison_options el4ml_comparison_options_default(void)
{
    return (el4ml_comparison_options){.starts = 100, .level = 0.95, .seed = 1};
}

void el4ml_comparison_clear(el4ml_comparison *c)
{
    for (size_t k = 0; c->each && k < c->count; k++) {
        el4ml_thermo_free(c->each[k].thermo);
        el4ml_release(c->each[k].level_value);
        el4ml_release(c->each[k].level_hits);
    }
    el4ml_release(c->each);
    el4ml_release(c->pairs);
    *c = (el4ml_comparison){0};
}

/* ---- The landscape itself ---- */

static el4ml_status out_of_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "compare: out of memory");
}

static el4ml_compared unknown(const char *name)
{
    const el4ml_agreement none = {.probability = NAN, .standard_error = NAN, .low = NAN, .high = NAN};
    const el4ml_metrics no_metrics = el4ml_metrics_none();
    return (el4ml_compared){.name = name,
                            .kappa = NAN,
                            .lowest = NAN,
                            .median = NAN,
                            .highest = NAN,
                            .train = no_metrics,
                            .test = no_metrics,
                            .barrier_median = NAN,
                            .barrier_largest = NAN,
                            .entropy = NAN,
                            .frustration = NAN,
                            .heat_capacity = NAN,
                            .peak_temperature = NAN,
                            .peak_height = NAN,
                            .same_minimum = none,
                            .same_class = none,
                            .test_same_class = none,
                            .spread = NAN,
                            .test_spread = NAN,
                            .lowest_share = NAN,
                            .lowest_low = NAN,
                            .lowest_high = NAN,
                            .excess_loss = NAN,
                            .evaluations = NAN,
                            .evaluations_low = NAN,
                            .evaluations_high = NAN,
                            .hessians = NAN,
                            .hessian_products = NAN};
}

static el4ml_status set_energies(const el4ml_compared_input *in, const el4ml_analysis *a, el4ml_compared *c,
                                 el4ml_error *error)
{
    const size_t n = a->network->node_count, lowest = a->summary.global_minimum;
    double *values = EL4ML_NEW(double, n);
    if (!values) return out_of_memory(error);
    size_t count = 0;
    for (size_t k = 0; k < n; k++)
        values[k] = a->network->nodes[k].energy;
    c->lowest = el4ml_quantile(values, n, 0);
    c->median = el4ml_quantile(values, n, 0.5);
    c->highest = el4ml_quantile(values, n, 1);
    for (size_t k = 0; k < n; k++)
        if (k != lowest && isfinite(a->barrier_top[k]))
            values[count++] = a->barrier_top[k] - a->network->nodes[k].energy;
    c->barrier_median = el4ml_quantile(values, count, 0.5);
    c->barrier_largest = el4ml_quantile(values, count, 1);
    if (n > 0) {
        const el4ml_record *record = el4ml_landscape_record(in->landscape, EL4ML_MINIMUM, lowest);
        c->train = record->train;
        c->test = record->test;
    }
    el4ml_release(values);
    return EL4ML_OK;
}

static void set_peaks(const el4ml_analysis *a, el4ml_compared *c)
{
    c->peak_count = a->peaks->count;
    if (a->peaks->count == 0) return;
    c->peak_temperature = a->peaks->peaks[0].temperature;
    c->peak_height = a->peaks->peaks[0].heat_capacity - a->network->kappa;
}

/* *usual: the temperature to look at this landscape. */
static el4ml_status describe(const el4ml_compared_input *in, el4ml_compared *c, double *usual,
                             el4ml_error *error)
{
    el4ml_analysis a = {0};
    *c = unknown(in->name);
    el4ml_status status = el4ml_analyse(in->landscape, in->study, NULL, NULL, &a, error);
    if (status != EL4ML_OK) return status;
    c->parameters = el4ml_landscape_dimension(in->landscape);
    c->kappa = el4ml_landscape_kappa(in->landscape);
    c->summary = a.summary;
    c->basins = a.basins->count;
    c->funnels = a.funnels->count;
    if (in->surface) memcpy(c->model, in->surface->info.description, sizeof c->model);
    *usual = el4ml_middle_temperature(in->study, a.peaks);
    set_peaks(&a, c);
    c->thermo = a.thermo;
    a.thermo = NULL;
    status = set_energies(in, &a, c, error);
    el4ml_analysis_clear(&a);
    return status;
}

static el4ml_status at_temperature(const el4ml_compared_input *in, double temperature, el4ml_compared *c,
                                   el4ml_error *error)
{
    el4ml_network *network = NULL;
    el4ml_merge_tree *tree = NULL;
    el4ml_thermo *thermo = NULL;
    c->temperature = temperature;
    el4ml_status status = el4ml_landscape_network(in->landscape, &network, error);
    if (status == EL4ML_OK) status = el4ml_merge_tree_new(network, &tree, error);
    if (status == EL4ML_OK) status = el4ml_thermo_new(network, tree, &temperature, 1, &thermo, error);
    if (status == EL4ML_OK && thermo->count == 1) {
        c->entropy = thermo->points[0].entropy;
        c->frustration = thermo->points[0].frustration_normalised;
        c->heat_capacity = thermo->points[0].heat_capacity - network->kappa;
    }
    el4ml_thermo_free(thermo);
    el4ml_merge_tree_free(tree);
    el4ml_network_free(network);
    return status;
}

/* ---- Trainings ---- */

typedef struct ending {
    double value;
    uint64_t hits;
    const double *x;
    size_t minimum;
} ending;

static int lowest_first(const void *a, const void *b)
{
    const ending *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->minimum > y->minimum) - (x->minimum < y->minimum);
}

static void endings_clear(el4ml_endings *e)
{
    el4ml_release(e->value);
    el4ml_release(e->hits);
    el4ml_release(e->x);
    *e = (el4ml_endings){0};
}

/* Sorted, those without hits left out. Takes nothing over. */
static bool endings_set(el4ml_endings *e, ending *list, size_t count)
{
    *e = (el4ml_endings){0, EL4ML_NEW(double, count), EL4ML_NEW(uint64_t, count),
                         EL4ML_NEW(const double *, count)};
    if (!e->value || !e->hits || !e->x) return false;
    if (count > 0) qsort(list, count, sizeof *list, lowest_first);
    for (size_t k = 0; k < count; k++) {
        if (list[k].hits == 0) continue;
        e->value[e->count] = list[k].value;
        e->hits[e->count] = list[k].hits;
        e->x[e->count++] = list[k].x;
    }
    return true;
}

/* Of an exploration by random starts. */
static bool from_exploration(const el4ml_compared_input *in, el4ml_endings *e, el4ml_compared *c)
{
    const size_t n = el4ml_landscape_count(in->landscape, EL4ML_MINIMUM);
    ending *list = EL4ML_NEW(ending, n);
    for (size_t k = 0; list && k < n; k++) {
        const el4ml_record *r = el4ml_landscape_record(in->landscape, EL4ML_MINIMUM, k);
        list[k] = (ending){r->point.energy, r->hits > 0 ? (uint64_t)r->hits : 0, r->point.x, k};
    }
    const bool good = list && endings_set(e, list, n);
    el4ml_release(list);
    c->source = "exploration";
    c->failed = el4ml_landscape_totals(in->landscape)->explore_failures;
    return good;
}

static bool from_trainings(const el4ml_compared_input *in, const el4ml_trainings *t, el4ml_endings *e,
                           el4ml_compared *c)
{
    const size_t n = el4ml_landscape_count(in->landscape, EL4ML_MINIMUM) + t->strangers;
    ending *list = EL4ML_NEW(ending, n);
    for (size_t k = 0; list && k < t->count; k++) {
        const el4ml_training *from = &t->each[k];
        c->failed += from->status != EL4ML_OK;
        if (from->status != EL4ML_OK) continue;
        ending *to = &list[from->minimum];
        if (to->hits++ == 0) *to = (ending){from->end, 1, t->x + k * t->n, from->minimum};
    }
    const bool good = list && endings_set(e, list, n);
    el4ml_release(list);
    c->source = "trainings";
    return good;
}

static el4ml_status set_costs(const el4ml_trainings *t, el4ml_compared *c, el4ml_error *error)
{
    double *values = EL4ML_NEW(double, t->count), hessians = 0, products = 0;
    if (!values) return out_of_memory(error);
    for (size_t k = 0; k < t->count; k++) {
        const el4ml_training *from = &t->each[k];
        c->cost_failed += from->status != EL4ML_OK;
        if (from->status != EL4ML_OK) continue;
        values[c->cost_count++] = (double)from->cost.evaluations;
        hessians += (double)from->cost.hessians;
        products += (double)from->cost.hessian_products;
    }
    c->evaluations = el4ml_quantile(values, c->cost_count, 0.5);
    c->evaluations_low = el4ml_quantile(values, c->cost_count, 0.05);
    c->evaluations_high = el4ml_quantile(values, c->cost_count, 0.95);
    if (c->cost_count > 0) {
        c->hessians = hessians / (double)c->cost_count;
        c->hessian_products = products / (double)c->cost_count;
    }
    c->time_up = t->time_up;
    el4ml_release(values);
    return EL4ML_OK;
}

/* The lowest minimum known counts as reached where V agrees within the tolerance by which minima are told
 * apart. */
static void set_shares(const el4ml_endings *e, double level, el4ml_compared *c)
{
    uint64_t lowest = 0;
    double excess = 0;
    const double floor = fmin(c->lowest, e->count ? e->value[0] : c->lowest);
    for (size_t k = 0; k < e->count; k++) {
        c->trainings += e->hits[k];
        excess += (double)e->hits[k] * (e->value[k] - floor);
        if (e->value[k] - floor <= 1e-9 * fmax(1, fabs(floor))) lowest += e->hits[k];
    }
    c->distinct = e->count;
    el4ml_agreement_of(e->hits, e->count, level, &c->same_minimum);
    if (c->trainings == 0) return;
    c->lowest_share = (double)lowest / (double)c->trainings;
    el4ml_binomial_interval(lowest, c->trainings, level, &c->lowest_low, &c->lowest_high);
    c->excess_loss = excess / (double)c->trainings;
}

/* Hits mean what training does only where every start came from the initialiser. */
static bool explored_at_random(const el4ml_compared_input *in)
{
    return in->study->method == EL4ML_RANDOM_STARTS && in->study->kind != EL4ML_KIND_UNKNOWN &&
           !in->study->start && el4ml_landscape_totals(in->landscape)->explore_runs > 1;
}

static el4ml_status train(const el4ml_compared_input *in, const el4ml_comparison_options *o,
                          el4ml_trainings *t, el4ml_compared *c, el4ml_error *error)
{
    if (!in->surface || o->starts == 0) return EL4ML_OK;
    const el4ml_trainings_options options = {.count = o->starts,
                                             .seed = o->seed,
                                             .threads = o->threads,
                                             .time_limit = o->time_limit,
                                             .cancel = o->cancel};
    const el4ml_status status =
        el4ml_trainings_run(in->surface, in->landscape, in->study, &options, t, error);
    return status == EL4ML_OK ? set_costs(t, c, error) : status;
}

static el4ml_status reproducibility(const el4ml_compared_input *in, const el4ml_comparison_options *o,
                                    el4ml_compared *c, el4ml_error *error)
{
    el4ml_trainings trainings = {0};
    el4ml_endings ends = {0};
    el4ml_status status = train(in, o, &trainings, c, error);
    bool good = true;
    if (status == EL4ML_OK && explored_at_random(in))
        good = from_exploration(in, &ends, c);
    else if (status == EL4ML_OK && trainings.count > 0)
        good = from_trainings(in, &trainings, &ends, c);
    if (status == EL4ML_OK && !good) status = out_of_memory(error);
    if (status == EL4ML_OK && c->source) {
        set_shares(&ends, o->level, c);
        status = el4ml_compare_predictions(in, &ends, o->level, c, error);
    }
    if (status == EL4ML_OK && c->source) {
        c->level_count = ends.count;
        c->level_value = ends.value;
        c->level_hits = ends.hits;
        ends.value = NULL;
        ends.hits = NULL;
    }
    endings_clear(&ends);
    el4ml_trainings_clear(&trainings);
    return status;
}

/* ---- Differences ---- */

static bool known(const el4ml_compared *c)
{
    return isfinite(c->same_minimum.probability) && c->same_minimum.standard_error > 0;
}

static el4ml_status set_pairs(el4ml_comparison *r, el4ml_error *error)
{
    const size_t most = r->count * (r->count - 1) / 2;
    double *p = EL4ML_NEW(double, most);
    r->pairs = EL4ML_NEW(el4ml_compared_pair, most);
    if (!p || !r->pairs) {
        el4ml_release(p);
        return out_of_memory(error);
    }
    for (size_t a = 0; a < r->count; a++)
        for (size_t b = a + 1; b < r->count; b++) {
            const el4ml_agreement *x = &r->each[a].same_minimum, *y = &r->each[b].same_minimum;
            /* an agreement of 1 or 0 has no standard error: half of the way to its bound stands for it */
            const double sx = known(&r->each[a]) ? x->standard_error : (x->high - x->low) / 2,
                         sy = known(&r->each[b]) ? y->standard_error : (y->high - y->low) / 2;
            if (!isfinite(x->probability) || !isfinite(y->probability) || !(hypot(sx, sy) > 0)) continue;
            const double difference = x->probability - y->probability;
            p[r->pair_count] = el4ml_two_sided(difference / hypot(sx, sy));
            r->pairs[r->pair_count++] = (el4ml_compared_pair){.a = a, .b = b, .difference = difference};
        }
    for (size_t k = 0; k < r->pair_count; k++) {
        r->pairs[k].p = p[k];
        r->pairs[k].p_adjusted = el4ml_holm(p, r->pair_count, k);
    }
    el4ml_release(p);
    return EL4ML_OK;
}

static const char *meta_of(const el4ml_compared_input *in, const char *key)
{
    const char *text = el4ml_landscape_meta(in->landscape, key);
    return text ? text : "";
}

static bool same_loss(const el4ml_compared_input *in, size_t count)
{
    for (size_t k = 1; k < count; k++) {
        const el4ml_study *a = in[0].study, *b = in[k].study;
        if (a->kind != b->kind || strcmp(meta_of(&in[0], "data_sha256"), meta_of(&in[k], "data_sha256")) != 0)
            return false;
        if (a->kind == EL4ML_KIND_MLP &&
            (a->mlp.loss != b->mlp.loss || a->mlp.l2 != b->mlp.l2 || a->mlp.l2_biases != b->mlp.l2_biases))
            return false;
        if (a->has_data && (a->test_fraction != b->test_fraction || a->split_seed != b->split_seed))
            return false;
    }
    return true;
}

el4ml_status el4ml_compare(const el4ml_compared_input *inputs, size_t count,
                           const el4ml_comparison_options *options, el4ml_comparison *r, el4ml_error *error)
{
    *r = (el4ml_comparison){.level = options->level, .same_loss = true};
    if (count < 1 || !(options->level > 0 && options->level < 1) || !(options->temperature >= 0))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "compare: nothing to compare, or options out of range");
    r->each = EL4ML_NEW(el4ml_compared, count);
    if (!r->each) return out_of_memory(error);
    r->count = count;
    double sum = 0;
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; k < count && status == EL4ML_OK; k++) {
        double usual = 1;
        status = describe(&inputs[k], &r->each[k], &usual, error);
        sum += log(usual) / (double)count;
    }
    const double temperature = options->temperature > 0 ? options->temperature : exp(sum);
    for (size_t k = 0; k < count && status == EL4ML_OK; k++) {
        status = at_temperature(&inputs[k], temperature, &r->each[k], error);
        if (status == EL4ML_OK) status = reproducibility(&inputs[k], options, &r->each[k], error);
    }
    r->same_loss = same_loss(inputs, count);
    if (status == EL4ML_OK) status = set_pairs(r, error);
    if (status != EL4ML_OK) el4ml_comparison_clear(r);
    return status;
}
