/* The analysis of a landscape. */
#include <math.h>

#include "insight/json_rates.h"

enum { MOST_ROWS = 1000 }; /* test rows of a peak's predictions */

/* ---- Thermodynamics ---- */

static void put_curves(json_t *o, const el4ml_thermo *thermo)
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
            json_array_append_new(curve, el4ml_json_number(values[k]));
        }
        el4ml_json_put(o, names[k], curve);
    }
}

static json_t *changes(const el4ml_landscape *l, const el4ml_change *list, size_t count)
{
    json_t *array = json_array();
    for (size_t k = 0; k < count; k++) {
        const el4ml_metrics *test = &el4ml_landscape_record(l, EL4ML_MINIMUM, list[k].node)->test;
        json_t *o = json_object();
        el4ml_json_put_id(o, "id", list[k].node);
        el4ml_json_put_number(o, "p", list[k].p);
        el4ml_json_put_number(o, "g", list[k].g);
        if (isfinite(test->loss)) el4ml_json_put(o, "test", el4ml_json_metrics(test));
        json_array_append_new(array, o);
    }
    return array;
}

/* What model k says of a test row: a class by name, or a value, or several. */
static json_t *said(const el4ml_predictions *p, size_t model, size_t row, const el4ml_data *data)
{
    if (p->kind == EL4ML_PREDICTS_PROBABILITIES) {
        const size_t class = el4ml_predicted_class(p, model, row);
        return data ? el4ml_json_text(data->class_names[class]) : el4ml_json_integer(class);
    }
    const double *values = el4ml_predicted(p, model, row);
    return p->outputs == 1 ? el4ml_json_number(values[0]) : el4ml_json_numbers(values, p->outputs);
}

static json_t *true_target(const el4ml_data *data, size_t row)
{
    const el4ml_dataset *t = &data->test;
    if (t->label) return el4ml_json_text(data->class_names[t->label[row]]);
    if (t->targets == 1) return el4ml_json_number(t->y[row] * data->target_scale[0] + data->target_mean[0]);
    json_t *values = json_array();
    for (size_t k = 0; k < t->targets; k++)
        json_array_append_new(values, el4ml_json_number(t->y[row * t->targets + k] * data->target_scale[k] +
                                                        data->target_mean[k]));
    return values;
}

/* Row by row where the models do not all say the same. */
static json_t *rows_that_differ(const el4ml_peak_models *m, const el4ml_data *data)
{
    json_t *rows = json_array();
    for (size_t k = 0; k < m->differing && k < MOST_ROWS; k++) {
        json_t *o = json_object(), *list = json_array();
        for (size_t i = 0; i < m->count; i++)
            json_array_append_new(list, said(m->predictions, i, m->row[k], data));
        if (data) {
            el4ml_json_put_count(o, "row", data->test_rows[m->row[k]] + 1);
            el4ml_json_put(o, "target", true_target(data, m->row[k]));
        }
        el4ml_json_put(o, "predicted", list);
        json_array_append_new(rows, o);
    }
    return rows;
}

static json_t *predictions(const el4ml_peak_models *m, const el4ml_data *data)
{
    json_t *o = json_object(), *table = json_array();
    for (size_t i = 0; i < m->count; i++)
        json_array_append_new(table, el4ml_json_numbers(m->disagreement + i * m->count, m->count));
    el4ml_json_put(o, "gaining", el4ml_json_identifiers(m->node, m->gaining));
    el4ml_json_put(o, "losing", el4ml_json_identifiers(m->node + m->gaining, m->count - m->gaining));
    el4ml_json_put_count(o, "test_rows", m->predictions->rows);
    el4ml_json_put_number(o, "disagreement_within_gaining", m->within_gaining);
    el4ml_json_put_number(o, "disagreement_within_losing", m->within_losing);
    el4ml_json_put_number(o, "disagreement_between", m->between);
    el4ml_json_put(o, "disagreement", table);
    el4ml_json_put_count(o, "rows_that_differ", m->differing);
    el4ml_json_put(o, "rows", rows_that_differ(m, data));
    return o;
}

static json_t *peaks(const el4ml_landscape *l, const el4ml_analysis *a, const el4ml_data *data)
{
    json_t *list = json_array();
    for (size_t k = 0; k < a->peaks->count; k++) {
        const el4ml_peak *p = &a->peaks->peaks[k];
        json_t *o = json_object();
        el4ml_json_put_number(o, "temperature", p->temperature);
        el4ml_json_put_number(o, "heat_capacity", p->heat_capacity);
        el4ml_json_put_number(o, "flow", p->flow);
        el4ml_json_put(o, "gaining", changes(l, p->gaining, p->gaining_count));
        el4ml_json_put(o, "losing", changes(l, p->losing, p->losing_count));
        el4ml_json_put(o, "predictions", a->models ? predictions(&a->models[k], data) : json_null());
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *bends(const el4ml_microcanonical *m)
{
    json_t *list = json_array();
    for (size_t k = 0; k < m->bend_count; k++) {
        const el4ml_s_bend *b = &m->bends[k];
        json_t *o = json_object();
        el4ml_json_put_number(o, "energy_low", b->energy_low);
        el4ml_json_put_number(o, "energy_high", b->energy_high);
        el4ml_json_put_number(o, "temperature_high", b->temperature_high);
        el4ml_json_put_number(o, "temperature_low", b->temperature_low);
        el4ml_json_put_number(o, "transition_temperature", b->transition_temperature);
        el4ml_json_put_number(o, "energy_below", b->energy_below);
        el4ml_json_put_number(o, "energy_above", b->energy_above);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *microcanonical(const el4ml_microcanonical *m)
{
    static const char *const names[4] = {"energies", "entropy", "temperature", "heat_capacity"};
    if (!m) return json_null();
    json_t *o = json_object();
    el4ml_json_put_number(o, "exponent", m->exponent);
    for (int k = 0; k < 4; k++) {
        json_t *curve = json_array();
        for (size_t i = 0; i < m->count; i++) {
            const el4ml_microcanonical_point *p = &m->points[i];
            const double values[4] = {p->energy, p->log_density, p->temperature, p->heat_capacity};
            json_array_append_new(curve, el4ml_json_number(values[k]));
        }
        el4ml_json_put(o, names[k], curve);
    }
    el4ml_json_put(o, "s_bends", bends(m));
    return o;
}

/* ---- Network ---- */

static json_t *sequence_basins(const el4ml_network *network, const el4ml_sequence_basins *b)
{
    json_t *list = json_array(), *members = el4ml_json_members(b->basin, b->node_count, b->count);
    for (size_t k = 0; k < b->count; k++) {
        json_t *o = json_object();
        el4ml_json_put_id(o, "bottom", b->bottom[k]);
        el4ml_json_put_number(o, "energy", network->nodes[b->bottom[k]].energy);
        el4ml_json_put_count(o, "size", b->size[k]);
        json_object_set(o, "minima", json_array_get(members, k));
        json_array_append_new(list, o);
    }
    json_decref(members);
    return list;
}

static json_t *funnels(const el4ml_network *network, const el4ml_funnels *f)
{
    json_t *list = json_array(), *members = el4ml_json_members(f->funnel, f->node_count, f->count);
    for (size_t k = 0; k < f->count; k++) {
        json_t *o = json_object();
        el4ml_json_put_id(o, "bottom", f->bottom[k]);
        el4ml_json_put_number(o, "energy", network->nodes[f->bottom[k]].energy);
        el4ml_json_put_number(o, "persistence", f->persistence[k]);
        el4ml_json_put_count(o, "size", f->size[k]);
        json_object_set(o, "minima", json_array_get(members, k));
        json_array_append_new(list, o);
    }
    json_decref(members);
    return list;
}

static json_t *degrees(const el4ml_analysis *a)
{
    json_t *o = json_object(), *frequency = json_array(), *hubs = json_array();
    for (size_t k = 0; k < a->degrees->count; k++)
        json_array_append_new(frequency, el4ml_json_integer(a->degrees->frequency[k]));
    for (size_t k = 0; k < a->hub_count; k++) {
        json_t *hub = json_object();
        el4ml_json_put_id(hub, "id", a->hubs[k]);
        el4ml_json_put_count(hub, "degree", el4ml_degree(a->graph, a->hubs[k]));
        json_array_append_new(hubs, hub);
    }
    el4ml_json_put_number(o, "mean", a->degrees->mean);
    el4ml_json_put_number(o, "variance", a->degrees->variance);
    el4ml_json_put(o, "frequency", frequency);
    el4ml_json_put(o, "hubs", hubs);
    return o;
}

static json_t *clustering(const el4ml_clustering *c)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "triangles", c->triangles);
    el4ml_json_put_count(o, "triples", c->triples);
    el4ml_json_put_number(o, "transitivity", c->transitivity);
    el4ml_json_put_number(o, "mean_local", c->mean_local);
    el4ml_json_put_number(o, "mean_local_all", c->mean_local_all);
    return o;
}

static json_t *small_world(const el4ml_small_world *s)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "nodes", s->nodes);
    el4ml_json_put_count(o, "links", s->links);
    el4ml_json_put_number(o, "path_length", s->path_length.mean);
    el4ml_json_put_number(o, "path_length_error", s->path_length.standard_error);
    el4ml_json_put_count(o, "longest_path", s->path_length.longest);
    el4ml_json_put_truth(o, "exact", s->path_length.exact);
    el4ml_json_put_number(o, "clustering", s->clustering);
    el4ml_json_put_count(o, "random_graphs", s->random_graphs);
    el4ml_json_put_number(o, "random_clustering", s->random_clustering);
    el4ml_json_put_number(o, "random_path_length", s->random_path_length);
    el4ml_json_put_number(o, "sigma", s->sigma);
    el4ml_json_put_number(o, "sigma_error", s->sigma_error);
    return o;
}

static json_t *coefficient(const el4ml_coefficient *c)
{
    json_t *o = json_object();
    el4ml_json_put_number(o, "value", c->value);
    el4ml_json_put_number(o, "p_value", c->p_value);
    el4ml_json_put_number(o, "p_permutation", c->p_permutation);
    el4ml_json_put_number(o, "low", c->low);
    el4ml_json_put_number(o, "high", c->high);
    return o;
}

static json_t *correlation(const el4ml_correlation *c)
{
    json_t *o = json_object();
    el4ml_json_put_count(o, "minima", c->count);
    el4ml_json_put(o, "pearson", coefficient(&c->pearson));
    el4ml_json_put(o, "spearman", coefficient(&c->spearman));
    return o;
}

static json_t *barriers(const el4ml_analysis *a)
{
    json_t *list = json_array();
    for (size_t k = 0; k < a->summary.minima; k++) {
        const size_t i = a->by_energy[k];
        const double energy = a->network->nodes[i].energy;
        json_t *o = json_object();
        el4ml_json_put_id(o, "id", i);
        el4ml_json_put_number(o, "energy", energy);
        el4ml_json_put_number(o, "barrier_to_global",
                              i == a->summary.global_minimum ? 0 : a->barrier_top[i] - energy);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *document(el4ml_landscape *l, const el4ml_analysis *a, const el4ml_data *data)
{
    json_t *o = el4ml_json_info(l, &a->summary);
    put_curves(o, a->thermo);
    el4ml_json_put(o, "peaks", peaks(l, a, data));
    el4ml_json_put_text(o, "no_predictions", a->no_models);
    el4ml_json_put_count(o, "excluded", a->thermo ? a->thermo->excluded : a->summary.minima);
    el4ml_json_put_count(o, "unconnected", a->thermo ? a->thermo->unconnected : 0);
    el4ml_json_put(o, "microcanonical", microcanonical(a->microcanonical));
    el4ml_json_put(o, "sequence_basins", sequence_basins(a->network, a->basins));
    el4ml_json_put_number(o, "funnel_threshold", a->funnels->threshold);
    el4ml_json_put(o, "funnels", funnels(a->network, a->funnels));
    el4ml_json_put(o, "degrees", degrees(a));
    el4ml_json_put(o, "clustering", clustering(&a->clustering));
    el4ml_json_put(o, "small_world", small_world(&a->small_world));
    el4ml_json_put(o, "degree_energy", correlation(&a->degree_energy));
    el4ml_json_put(o, "hits_energy", correlation(&a->hits_energy));
    el4ml_json_put(o, "barriers", barriers(a));
    return o;
}

char *el4ml_analysis_json(el4ml_landscape *l, const el4ml_analysis *a, const el4ml_data *data)
{
    return el4ml_json_finish(document(l, a, data));
}

char *el4ml_analysis_rates_json(const el4ml_question *question, const el4ml_analysis *a,
                                const el4ml_data *data, const el4ml_rates *rates)
{
    json_t *o = document(question->landscape, a, data);
    el4ml_json_put_rates(o, question, rates);
    return el4ml_json_finish(o);
}
