/* What is in a landscape: counts and work done, and its tables. */
#include <math.h>

#include "insight/json.h"

/* Where a trained model given as start lies; null without one. */
static json_t *start(el4ml_landscape *l)
{
    el4ml_start_report r;
    el4ml_start_report_get(l, &r);
    if (!r.given) return json_null();
    json_t *o = json_object();
    el4ml_json_put_number(o, "energy", r.energy);
    el4ml_json_put_number(o, "gradient_rms", r.gradient_rms);
    el4ml_json_put_id(o, "minimum", r.minimum);
    el4ml_json_put_number(o, "minimum_energy", r.minimum_energy);
    el4ml_json_put_count(o, "rank", r.rank);
    el4ml_json_put_number(o, "distance", r.distance);
    return o;
}

static json_t *global_minimum(const el4ml_landscape *l, const el4ml_summary *s)
{
    if (s->minima == 0) return json_null();
    json_t *o = json_object();
    el4ml_json_put_id(o, "id", s->global_minimum);
    el4ml_json_put_number(o, "energy",
                          el4ml_landscape_record(l, EL4ML_MINIMUM, s->global_minimum)->point.energy);
    return o;
}

static void put_found(json_t *o, el4ml_landscape *l, const el4ml_summary *s)
{
    el4ml_json_put_count(o, "minima", s->minima);
    el4ml_json_put_count(o, "transition_states", s->transition_states);
    el4ml_json_put_count(o, "degenerate_transition_states", s->degenerate);
    el4ml_json_put_count(o, "components", s->components);
    el4ml_json_put_truth(o, "goal_reached", s->goal_reached);
    el4ml_json_put(o, "global_minimum", global_minimum(l, s));
    el4ml_json_put_number(o, "unseen_minimum_probability", s->unseen_minimum_probability);
    el4ml_json_put_number(o, "unseen_transition_state_probability", s->unseen_transition_state_probability);
    if (el4ml_landscape_source(l)) return;
    el4ml_json_put_count(o, "at_rounding_floor", s->imprecise);
    if (!el4ml_landscape_has_bounds(l)) return;
    el4ml_json_put_count(o, "minima_on_bounds", s->minima_on_bounds);
    el4ml_json_put_count(o, "transition_states_on_bounds", s->transition_states_on_bounds);
}

static void put_cost(json_t *o, const el4ml_totals *t)
{
    el4ml_json_put_count(o, "evaluations", t->evaluations);
    el4ml_json_put_count(o, "hessian_products", t->hessian_products);
    el4ml_json_put_count(o, "hessians", t->hessians);
    el4ml_json_put_count(o, "minimisations", t->minimisations);
    el4ml_json_put_count(o, "explore_runs", t->explore_runs);
    el4ml_json_put_count(o, "explore_failures", t->explore_failures);
    el4ml_json_put_count(o, "searches", t->searches);
    el4ml_json_put_count(o, "search_failures", t->search_failures);
    el4ml_json_put_count(o, "not_finite", t->not_finite);
    el4ml_json_put_count(o, "runaways", t->runaways);
    el4ml_json_put_number(o, "seconds", t->seconds);
}

json_t *el4ml_json_info(el4ml_landscape *l, const el4ml_summary *s)
{
    const size_t n = el4ml_landscape_dimension(l);
    const bool modes_known = n > 0 && isfinite(el4ml_landscape_kappa(l));
    json_t *o = json_object();
    put_found(o, l, s);
    put_cost(o, el4ml_landscape_totals(l));
    el4ml_json_put_text(o, "no_minimum", el4ml_landscape_meta(l, "no_minimum"));
    el4ml_json_put(o, "dimension", n > 0 ? el4ml_json_integer(n) : json_null());
    el4ml_json_put(o, "zero_modes",
                   modes_known ? el4ml_json_integer(el4ml_landscape_zero_modes(l)) : json_null());
    el4ml_json_put_number(o, "kappa", el4ml_landscape_kappa(l));
    el4ml_json_put_text(o, "source", el4ml_landscape_source(l));
    el4ml_json_put(o, "start", start(l));
    return o;
}

char *el4ml_info_json(el4ml_landscape *landscape, const el4ml_summary *summary)
{
    return el4ml_json_finish(el4ml_json_info(landscape, summary));
}

/* Of a regression with several targets: the numbers of each. */
static json_t *worth(const el4ml_landscape *l, const el4ml_metrics *metrics,
                     const el4ml_target_metrics *targets)
{
    size_t count;
    char *const *names = el4ml_landscape_targets(l, &count);
    json_t *o = el4ml_json_metrics(metrics);
    if (count == 0 || !targets) return o;
    json_t *list = json_array();
    for (size_t t = 0; t < count; t++) {
        json_t *target = json_object();
        el4ml_json_put_text(target, "target", names[t]);
        el4ml_json_put_number(target, "loss", targets[t].loss);
        el4ml_json_put_number(target, "r2", targets[t].r2);
        json_array_append_new(list, target);
    }
    el4ml_json_put(o, "targets", list);
    return o;
}

/* Which coordinates are on which bound. */
static void put_bounds(json_t *o, const el4ml_landscape *l, const el4ml_record *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < el4ml_landscape_dimension(l); i++) {
        const int side = el4ml_landscape_on_bound(l, r, i);
        if (side == 0) continue;
        json_t *bound = json_object();
        el4ml_json_put_count(bound, "coordinate", i);
        el4ml_json_put_text(bound, "name", el4ml_landscape_coordinate_name(l, i));
        el4ml_json_put_text(bound, "bound", side < 0 ? "lower" : "upper");
        json_array_append_new(list, bound);
    }
    el4ml_json_put_count(o, "active_bounds", r->point.active);
    el4ml_json_put_number(o, "log_multipliers", r->point.log_multipliers);
    el4ml_json_put(o, "on_bounds", list);
}

static json_t *row(const el4ml_landscape *l, el4ml_species species, size_t index)
{
    const el4ml_record *r = el4ml_landscape_record(l, species, index);
    const el4ml_stationary *p = &r->point;
    json_t *o = json_object();
    el4ml_json_put_id(o, "id", index);
    el4ml_json_put_number(o, "energy", p->energy);
    el4ml_json_put_number(o, "log_product", p->log_product);
    el4ml_json_put_number(o, "log_multiplicity", p->log_multiplicity);
    el4ml_json_put_number(o, "smallest_eigenvalue", p->smallest_eigenvalue);
    el4ml_json_put_number(o, "gradient_rms", p->gradient_rms);
    el4ml_json_put_count(o, "hits", (uint64_t)r->hits);
    el4ml_json_put_truth(o, "proved", p->proved);
    if (species == EL4ML_MINIMUM) {
        el4ml_json_put(o, "train", worth(l, &r->train, r->train_targets));
        el4ml_json_put(o, "test", worth(l, &r->test, r->test_targets));
    } else {
        el4ml_json_put_id(o, "minimum_a", r->a);
        el4ml_json_put_id(o, "minimum_b", r->b);
    }
    if (el4ml_landscape_has_bounds(l)) put_bounds(o, l, r);
    return o;
}

char *el4ml_list_json(const el4ml_landscape *l, el4ml_species species, bool coordinates)
{
    json_t *list = json_array();
    const size_t count = el4ml_landscape_count(l, species), n = el4ml_landscape_dimension(l);
    for (size_t i = 0; i < count; i++) {
        const double *x = el4ml_landscape_record(l, species, i)->point.x;
        json_t *o = row(l, species, i);
        if (coordinates) el4ml_json_put(o, "coordinates", x ? el4ml_json_numbers(x, n) : json_null());
        json_array_append_new(list, o);
    }
    return el4ml_json_finish(list);
}
