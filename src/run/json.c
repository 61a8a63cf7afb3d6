/* Answers as JSON documents. A number that is not finite has no JSON form and becomes null. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/analysis.h"

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *identifier(size_t index)
{
    return index == EL4ML_NONE ? json_null() : integer(index + 1);
}

static char *finish(json_t *document)
{
    if (!document) return NULL;
    char *dumped = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(document);
    if (!dumped) return NULL;
    const size_t length = strlen(dumped);
    char *text = EL4ML_NEW(char, length + 2);
    if (text) {
        memcpy(text, dumped, length);
        text[length] = '\n';
    }
    free(dumped);
    return text;
}

/* Where a trained model given as start lies; null without one. */
static json_t *start(el4ml_landscape *l)
{
    el4ml_start_report r;
    el4ml_start_report_get(l, &r);
    if (!r.given) return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "energy", number(r.energy), "gradient_rms",
                     number(r.gradient_rms), "minimum", identifier(r.minimum), "minimum_energy",
                     number(r.minimum_energy), "rank", integer(r.rank), "distance", number(r.distance));
}

/* The program an imported landscape came from; null for our own. */
static json_t *source(el4ml_landscape *l)
{
    const char *name = el4ml_landscape_source(l);
    json_t *text = name ? json_string(name) : NULL;
    return text ? text : json_null();
}

static json_t *info(el4ml_landscape *l, const el4ml_summary *s)
{
    const el4ml_totals *t = el4ml_landscape_totals(l);
    json_t *global = json_null();
    if (s->minima > 0) {
        const el4ml_record *r = el4ml_landscape_record(l, EL4ML_MINIMUM, s->global_minimum);
        global =
            json_pack("{s:o, s:o}", "id", identifier(s->global_minimum), "energy", number(r->point.energy));
    }
    json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "minima", integer(s->minima),
                          "transition_states", integer(s->transition_states), "degenerate_transition_states",
                          integer(s->degenerate), "components", integer(s->components), "goal_reached",
                          (int)s->goal_reached, "global_minimum", global, "unseen_minimum_probability",
                          number(s->unseen_minimum_probability), "unseen_transition_state_probability",
                          number(s->unseen_transition_state_probability));
    json_t *cost = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "evaluations", integer(t->evaluations),
        "hessian_products", integer(t->hessian_products), "hessians", integer(t->hessians), "minimisations",
        integer(t->minimisations), "explore_runs", integer(t->explore_runs), "explore_failures",
        integer(t->explore_failures), "searches", integer(t->searches), "search_failures",
        integer(t->search_failures), "not_finite", integer(t->not_finite), "seconds", number(t->seconds));
    if (!o || !cost || json_object_update_missing(o, cost) != 0) {
        json_decref(o);
        o = NULL;
    }
    json_decref(cost);
    if (o) {
        const size_t n = el4ml_landscape_dimension(l);
        json_object_set_new(o, "dimension", n > 0 ? integer(n) : json_null());
        json_object_set_new(o, "zero_modes",
                            n > 0 && isfinite(el4ml_landscape_kappa(l))
                                ? integer(el4ml_landscape_zero_modes(l))
                                : json_null());
        json_object_set_new(o, "kappa", number(el4ml_landscape_kappa(l)));
        json_object_set_new(o, "source", source(l));
        json_object_set_new(o, "start", start(l));
    }
    return o;
}

char *el4ml_info_json(el4ml_landscape *landscape, const el4ml_summary *summary)
{
    return finish(info(landscape, summary));
}

static json_t *list_of(const el4ml_change *changes, size_t count)
{
    json_t *list = json_array();
    for (size_t k = 0; k < count; k++)
        json_array_append_new(list, identifier(changes[k].node));
    return list;
}

static void add_curves(json_t *o, const el4ml_thermo *thermo)
{
    static const char *const names[8] = {
        "temperatures", "energy",  "heat_capacity", "c_plus",
        "c_minus",      "entropy", "frustration",   "frustration_normalised"};
    for (int k = 0; k < 8; k++) {
        json_t *curve = json_array();
        for (size_t i = 0; thermo && i < thermo->count; i++) {
            const el4ml_thermo_point *p = &thermo->points[i];
            const double values[8] = {
                p->temperature, p->energy,  p->heat_capacity, p->c_plus,
                p->c_minus,     p->entropy, p->frustration,   p->frustration_normalised};
            json_array_append_new(curve, number(values[k]));
        }
        json_object_set_new(o, names[k], curve);
    }
}

char *el4ml_analysis_json(el4ml_landscape *l, const el4ml_analysis *a)
{
    json_t *o = info(l, &a->summary);
    if (!o) return NULL;
    add_curves(o, a->thermo);
    json_t *peaks = json_array();
    for (size_t k = 0; k < a->peaks->count; k++) {
        const el4ml_peak *p = &a->peaks->peaks[k];
        json_array_append_new(peaks, json_pack("{s:o, s:o, s:o, s:o}", "temperature", number(p->temperature),
                                               "heat_capacity", number(p->heat_capacity), "gaining",
                                               list_of(p->gaining, p->gaining_count), "losing",
                                               list_of(p->losing, p->losing_count)));
    }
    json_object_set_new(o, "peaks", peaks);
    json_object_set_new(o, "excluded", integer(a->thermo ? a->thermo->excluded : a->summary.minima));
    json_object_set_new(o, "unconnected", integer(a->thermo ? a->thermo->unconnected : 0));
    json_t *barriers = json_array();
    for (size_t k = 0; k < a->summary.minima; k++) {
        const size_t i = a->by_energy[k];
        json_array_append_new(barriers,
                              json_pack("{s:o, s:o, s:o}", "id", identifier(i), "energy",
                                        number(a->network->nodes[i].energy), "barrier_to_global",
                                        number(i == a->summary.global_minimum
                                                   ? 0
                                                   : a->barrier_top[i] - a->network->nodes[i].energy)));
    }
    json_object_set_new(o, "barriers", barriers);
    return finish(o);
}

static json_t *metrics(const el4ml_metrics *m)
{
    size_t count;
    const el4ml_metric *list = el4ml_metric_list(&count);
    json_t *o = json_object();
    for (size_t k = 0; k < count; k++)
        json_object_set_new(o, list[k].name, number(el4ml_metric_of(m, &list[k])));
    return o;
}

/* Of a regression with several targets: the numbers of each. */
static void add_targets(json_t *o, const el4ml_landscape *l, const el4ml_target_metrics *targets)
{
    size_t count;
    char *const *names = el4ml_landscape_targets(l, &count);
    if (count == 0 || !targets) return;
    json_t *list = json_array();
    for (size_t t = 0; t < count; t++)
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "target", names[t], "loss",
                                              number(targets[t].loss), "r2", number(targets[t].r2)));
    json_object_set_new(o, "targets", list);
}

static json_t *row(const el4ml_landscape *l, el4ml_species species, size_t index, bool coordinates)
{
    const el4ml_record *r = el4ml_landscape_record(l, species, index);
    const size_t n = el4ml_landscape_dimension(l);
    const el4ml_stationary *p = &r->point;
    json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "id", identifier(index), "energy",
                          number(p->energy), "log_product", number(p->log_product), "log_multiplicity",
                          number(p->log_multiplicity), "smallest_eigenvalue", number(p->smallest_eigenvalue),
                          "gradient_rms", number(p->gradient_rms), "hits", integer((uint64_t)r->hits),
                          "proved", (int)p->proved);
    if (species == EL4ML_MINIMUM) {
        json_t *train = metrics(&r->train), *test = metrics(&r->test);
        add_targets(train, l, r->train_targets);
        add_targets(test, l, r->test_targets);
        json_object_set_new(o, "train", train);
        json_object_set_new(o, "test", test);
    } else {
        json_object_set_new(o, "minimum_a", identifier(r->a));
        json_object_set_new(o, "minimum_b", identifier(r->b));
    }
    if (coordinates && !p->x) {
        json_object_set_new(o, "coordinates", json_null());
    } else if (coordinates) {
        json_t *x = json_array();
        for (size_t i = 0; i < n; i++)
            json_array_append_new(x, number(p->x[i]));
        json_object_set_new(o, "coordinates", x);
    }
    return o;
}

char *el4ml_list_json(const el4ml_landscape *l, el4ml_species species, bool coordinates)
{
    json_t *list = json_array();
    const size_t count = el4ml_landscape_count(l, species);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, row(l, species, i, coordinates));
    return finish(list);
}

char *el4ml_verification_json(const el4ml_verification *v)
{
    json_t *faults = json_array();
    for (size_t k = 0; k < v->fault_count; k++) {
        const el4ml_fault *f = &v->faults[k];
        json_array_append_new(faults, json_pack("{s:s, s:o, s:s}", "kind",
                                                f->species == EL4ML_MINIMUM ? "minimum" : "transition state",
                                                "id", identifier(f->index), "reason", f->reason));
    }
    return finish(json_pack("{s:o, s:o, s:b, s:o}", "minima", integer(v->minima), "transition_states",
                            integer(v->transition_states), "passed", (int)(v->fault_count == 0), "faults",
                            faults));
}

char *el4ml_check_json(const el4ml_surface *surface, const el4ml_surface_check *c)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"gradient_error", c->gradient_error},
                   {"hessian_product_error", c->hessian_product_error},
                   {"hessian_error", c->hessian_error},
                   {"symmetry_error", c->symmetry_error},
                   {"alignment_error", c->alignment_error},
                   {"seconds_gradient", c->seconds_gradient},
                   {"seconds_hessian_product", c->seconds_hessian_product},
                   {"seconds_hessian", c->seconds_hessian}};
    json_t *o =
        json_pack("{s:s, s:o, s:o, s:b, s:b}", "surface", surface->info.description, "dimension",
                  integer(surface->info.dimension), "zero_modes", integer(c->zero_modes),
                  "second_derivatives", (int)surface->info.second_derivatives, "passed", (int)c->passed);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        json_object_set_new(o, numbers[k].name, number(numbers[k].value));
    return finish(o);
}

char *el4ml_suggestion_json(const char *path, const char *text)
{
    return finish(json_pack("{s:s?, s:s}", "path", path, "text", text));
}

char *el4ml_import_report_json(const el4ml_import_report *r)
{
    json_t *sets = json_object();
    for (size_t k = 0; k < r->set_count; k++)
        json_object_set_new(sets, r->set_name[k], integer(r->set_size[k]));
    return finish(json_pack(
        "{s:s, s:o, s:o, s:o, s:b, s:b, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "program", r->program, "minima",
        integer(r->minima), "transition_states", integer(r->transition_states), "dimension",
        r->dimension > 0 ? integer(r->dimension) : json_null(), "minimum_coordinates", (int)r->coordinates[0],
        "transition_state_coordinates", (int)r->coordinates[1], "kappa", number(r->kappa), "kappa_assumed",
        (int)r->kappa_assumed, "minima_without_product", integer(r->without_product[EL4ML_MINIMUM]),
        "transition_states_without_product", integer(r->without_product[EL4ML_TRANSITION_STATE]),
        "invalid_minima", integer(r->invalid_minima), "invalid_transition_states", integer(r->invalid_states),
        "sets", sets));
}

char *el4ml_export_report_json(const el4ml_export_report *r)
{
    return finish(json_pack("{s:o, s:o, s:b, s:b, s:o, s:b, s:b}", "minima", integer(r->minima),
                            "transition_states", integer(r->transition_states), "minimum_coordinates",
                            (int)r->coordinates[0], "transition_state_coordinates", (int)r->coordinates[1],
                            "sets", integer(r->set_count), "products_missing", (int)r->products_missing,
                            "orders_folded", (int)r->orders_folded));
}
