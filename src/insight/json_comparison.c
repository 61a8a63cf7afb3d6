#include <math.h>

#include "el4ml/comparison.h"
#include "insight/json.h"

static json_t *interval(double low, double high)
{
    json_t *list = json_array();
    json_array_append_new(list, el4ml_json_number(low));
    json_array_append_new(list, el4ml_json_number(high));
    return list;
}

static json_t *agreement(const el4ml_agreement *a)
{
    if (!isfinite(a->probability)) return json_null();
    json_t *o = json_object();
    el4ml_json_put_number(o, "probability", a->probability);
    el4ml_json_put_number(o, "standard_error", a->standard_error);
    el4ml_json_put(o, "interval", interval(a->low, a->high));
    return o;
}

static json_t *training_json(const el4ml_compared *c)
{
    json_t *o = json_object(), *ends = json_array();
    el4ml_json_put_text(o, "source", c->source);
    el4ml_json_put_count(o, "trainings", c->trainings);
    el4ml_json_put_count(o, "failed", c->failed);
    el4ml_json_put_count(o, "distinct", c->distinct);
    el4ml_json_put(o, "same_minimum", agreement(&c->same_minimum));
    el4ml_json_put(o, "same_class", agreement(&c->same_class));
    el4ml_json_put(o, "test_same_class", agreement(&c->test_same_class));
    el4ml_json_put_number(o, "spread", c->spread);
    el4ml_json_put_number(o, "test_spread", c->test_spread);
    el4ml_json_put_number(o, "lowest_share", c->lowest_share);
    el4ml_json_put(o, "lowest_interval", interval(c->lowest_low, c->lowest_high));
    el4ml_json_put_number(o, "excess_loss", c->excess_loss);
    for (size_t k = 0; k < c->level_count; k++) {
        json_t *end = json_object();
        el4ml_json_put_number(end, "energy", c->level_value[k]);
        el4ml_json_put_count(end, "hits", c->level_hits[k]);
        json_array_append_new(ends, end);
    }
    el4ml_json_put(o, "ends", ends);
    return o;
}

static json_t *cost_json(const el4ml_compared *c)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "trainings", c->cost_count);
    el4ml_json_put_count(o, "failed", c->cost_failed);
    el4ml_json_put_number(o, "evaluations_median", c->evaluations);
    el4ml_json_put_number(o, "evaluations_5_percent", c->evaluations_low);
    el4ml_json_put_number(o, "evaluations_95_percent", c->evaluations_high);
    el4ml_json_put_number(o, "hessians_mean", c->hessians);
    el4ml_json_put_number(o, "hessian_products_mean", c->hessian_products);
    el4ml_json_put_truth(o, "time_up", c->time_up);
    return o;
}

static json_t *one(const el4ml_compared *c)
{
    json_t *o = json_object();
    el4ml_json_put_text(o, "name", c->name);
    el4ml_json_put_text(o, "model", c->model[0] ? c->model : NULL);
    el4ml_json_put_count(o, "parameters", c->parameters);
    el4ml_json_put_number(o, "kappa", c->kappa);
    el4ml_json_put_count(o, "minima", c->summary.minima);
    el4ml_json_put_count(o, "transition_states", c->summary.transition_states);
    el4ml_json_put_count(o, "components", c->summary.components);
    el4ml_json_put_truth(o, "goal_reached", c->summary.goal_reached);
    el4ml_json_put_count(o, "sequence_basins", c->basins);
    el4ml_json_put_count(o, "funnels", c->funnels);
    el4ml_json_put_number(o, "lowest", c->lowest);
    el4ml_json_put_number(o, "median", c->median);
    el4ml_json_put_number(o, "highest", c->highest);
    el4ml_json_put(o, "train", el4ml_json_metrics(&c->train));
    el4ml_json_put(o, "test", el4ml_json_metrics(&c->test));
    el4ml_json_put_number(o, "barrier_median", c->barrier_median);
    el4ml_json_put_number(o, "barrier_largest", c->barrier_largest);
    el4ml_json_put_number(o, "temperature", c->temperature);
    el4ml_json_put_number(o, "entropy", c->entropy);
    el4ml_json_put_number(o, "frustration_normalised", c->frustration);
    el4ml_json_put_number(o, "heat_capacity_above_kappa", c->heat_capacity);
    el4ml_json_put_count(o, "peaks", c->peak_count);
    el4ml_json_put_number(o, "peak_temperature", c->peak_temperature);
    el4ml_json_put_number(o, "peak_height", c->peak_height);
    el4ml_json_put(o, "training", training_json(c));
    el4ml_json_put(o, "cost", cost_json(c));
    return o;
}

char *el4ml_comparison_json(const el4ml_comparison *r)
{
    json_t *o = json_object(), *list = json_array(), *pairs = json_array();
    char *advice = el4ml_comparison_advice(r);
    for (size_t k = 0; k < r->count; k++)
        json_array_append_new(list, one(&r->each[k]));
    for (size_t k = 0; k < r->pair_count; k++) {
        const el4ml_compared_pair *p = &r->pairs[k];
        json_t *pair = json_object();
        el4ml_json_put_text(pair, "a", r->each[p->a].name);
        el4ml_json_put_text(pair, "b", r->each[p->b].name);
        el4ml_json_put_number(pair, "difference", p->difference);
        el4ml_json_put_number(pair, "p", p->p);
        el4ml_json_put_number(pair, "p_adjusted", p->p_adjusted);
        json_array_append_new(pairs, pair);
    }
    el4ml_json_put_text(o, "recommendation", advice);
    el4ml_json_put_number(o, "level", r->level);
    el4ml_json_put_truth(o, "same_loss", r->same_loss);
    el4ml_json_put(o, "landscapes", list);
    el4ml_json_put(o, "reproducibility_differences", pairs);
    el4ml_text_free(advice);
    return el4ml_json_finish(o);
}
