#include <math.h>

#include "el4ml/interpretation.h"
#include "insight/json.h"

enum { ALL_PARAMETERS = 1000 }; /* beyond so many only those that are conserved, or apart, are listed */

static json_t *parameter_json(const char *name, const el4ml_conserved *c)
{
    json_t *o = json_object();
    el4ml_json_put_text(o, "name", name);
    el4ml_json_put_number(o, "mean", c->mean);
    el4ml_json_put_number(o, "deviation", c->deviation);
    el4ml_json_put_number(o, "ratio", c->ratio);
    el4ml_json_put_number(o, "p", c->p);
    el4ml_json_put_number(o, "q", c->q);
    el4ml_json_put_truth(o, "conserved", c->conserved);
    return o;
}

static json_t *feature_json(const char *name, const el4ml_reliance *f)
{
    json_t *o = json_object(), *range = json_array();
    json_array_append_new(range, el4ml_json_number(f->weight_low));
    json_array_append_new(range, el4ml_json_number(f->weight_high));
    el4ml_json_put_text(o, "name", name);
    el4ml_json_put_number(o, "weight", f->weight);
    el4ml_json_put(o, "weight_range", range);
    el4ml_json_put_number(o, "weights_conserved", f->conserved);
    el4ml_json_put_number(o, "importance", f->importance);
    el4ml_json_put_number(o, "importance_error", f->importance_error);
    el4ml_json_put_number(o, "p", f->p);
    el4ml_json_put_number(o, "q", f->q);
    el4ml_json_put_number(o, "dispersion_ratio", f->test.ratio);
    el4ml_json_put_number(o, "dispersion_p", f->test.p);
    el4ml_json_put_number(o, "dispersion_q", f->test.q);
    el4ml_json_put_truth(o, "dispersion_conserved", f->test.conserved);
    return o;
}

static json_t *group_json(const el4ml_interpretation *r, const el4ml_interpreted_group *g)
{
    json_t *o = json_object(), *parameters = json_array(), *features = json_array();
    for (size_t k = 0; k < r->parameter_count; k++)
        if (r->parameter_count <= ALL_PARAMETERS || g->parameters[k].conserved)
            json_array_append_new(parameters, parameter_json(r->parameter_names[k], &g->parameters[k]));
    for (size_t k = 0; k < r->feature_count; k++)
        json_array_append_new(features, feature_json(r->feature_names[k], &g->features[k]));
    el4ml_json_put_id(o, "bottom", g->bottom);
    el4ml_json_put_number(o, "energy", g->energy);
    el4ml_json_put_count(o, "minima", g->count);
    el4ml_json_put_count(o, "conserved", g->conserved);
    el4ml_json_put_number(o, "spread", g->together.deviation);
    el4ml_json_put_number(o, "spread_ratio", g->together.ratio);
    el4ml_json_put_number(o, "spread_p", g->together.p);
    el4ml_json_put_number(o, "spread_q", g->together.q);
    el4ml_json_put_count(o, "models_permuted", g->models);
    el4ml_json_put_number(o, "weight_importance_spearman",
                          g->models && r->weights ? g->agreement.spearman.value : (double)NAN);
    el4ml_json_put_number(o, "weight_importance_p",
                          g->models && r->weights ? g->agreement.spearman.p_permutation : (double)NAN);
    el4ml_json_put(o, "parameters", parameters);
    el4ml_json_put(o, "features", features);
    return o;
}

static json_t *apart_json(char *const *names, const el4ml_apart *apart, size_t count, double level)
{
    json_t *list = json_array();
    for (size_t k = 0; apart && k < count; k++) {
        if (count > ALL_PARAMETERS && !(apart[k].q <= level)) continue;
        json_t *o = json_object();
        el4ml_json_put_text(o, "name", names[k]);
        el4ml_json_put_number(o, "difference", apart[k].difference);
        el4ml_json_put_number(o, "standardised", apart[k].standardised);
        el4ml_json_put_number(o, "p", apart[k].p);
        el4ml_json_put_number(o, "q", apart[k].q);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *distinction_json(const el4ml_interpretation *r)
{
    const el4ml_distinction *d = r->distinction;
    if (!d) return json_null();
    json_t *o = json_object();
    el4ml_json_put_id(o, "first_bottom", d->first_bottom);
    el4ml_json_put_id(o, "second_bottom", d->second_bottom);
    el4ml_json_put_count(o, "first_minima", d->first_count);
    el4ml_json_put_count(o, "second_minima", d->second_count);
    el4ml_json_put_number(o, "barrier", d->barrier);
    el4ml_json_put_number(o, "barrier_back", d->barrier_back);
    el4ml_json_put_number(o, "disagreement", d->disagreement);
    el4ml_json_put_number(o, "test_disagreement", d->test_disagreement);
    el4ml_json_put_number(o, "distance", d->distance);
    el4ml_json_put_number(o, "distance_p", d->distance_p);
    el4ml_json_put_count(o, "parameters_apart", d->parameters_apart);
    el4ml_json_put_count(o, "features_apart", d->features_apart);
    el4ml_json_put(o, "parameters",
                   apart_json(r->parameter_names, d->parameters, r->parameter_count, r->level));
    el4ml_json_put(o, "features", apart_json(r->feature_names, d->features, r->feature_count, r->level));
    return o;
}

char *el4ml_interpretation_json(const el4ml_interpretation *r)
{
    json_t *o = json_object(), *groups = json_array();
    char *advice = el4ml_interpretation_advice(r);
    for (size_t g = 0; g < r->group_count; g++)
        json_array_append_new(groups, group_json(r, &r->groups[g]));
    el4ml_json_put_text(o, "recommendation", advice);
    el4ml_json_put_text(o, "groups_by", r->by == EL4ML_INTERPRET_BASINS ? "basins" : "funnels");
    el4ml_json_put_number(o, "persistence", r->threshold);
    el4ml_json_put_count(o, "groups_found", r->group_total);
    el4ml_json_put_count(o, "permutations", r->permutations);
    el4ml_json_put_number(o, "level", r->level);
    el4ml_json_put_number(o, "spread", r->spread);
    el4ml_json_put_number(o, "stored_spread", r->stored_spread);
    el4ml_json_put_text(o, "importance_rows", r->validation ? "validation" : "training");
    el4ml_json_put(o, "all", group_json(r, &r->all));
    el4ml_json_put(o, "groups", groups);
    el4ml_json_put(o, "distinction", distinction_json(r));
    el4ml_text_free(advice);
    return el4ml_json_finish(o);
}
