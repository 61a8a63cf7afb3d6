#include "insight/interpret.h"

#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "base/sort.h"

typedef el4ml_interpret_task task;

el4ml_interpret_options el4ml_interpret_options_default(void)
{
    return (el4ml_interpret_options){
        .persistence = NAN, .permutations = 9999, .repeats = 10, .models = 10, .level = 0.05, .seed = 1};
}

static void group_clear(el4ml_interpreted_group *g)
{
    el4ml_release(g->parameters);
    el4ml_release(g->features);
}

static void free_names(char **names, size_t count)
{
    for (size_t k = 0; names && k < count; k++)
        el4ml_release(names[k]);
    el4ml_release(names);
}

void el4ml_interpretation_free(el4ml_interpretation *r)
{
    if (!r) return;
    free_names(r->parameter_names, r->parameter_count);
    free_names(r->feature_names, r->feature_count);
    free_names(r->class_names, r->class_count);
    for (size_t g = 0; r->groups && g < r->group_count; g++)
        group_clear(&r->groups[g]);
    group_clear(&r->all);
    el4ml_release(r->groups);
    if (r->distinction) {
        el4ml_release(r->distinction->parameters);
        el4ml_release(r->distinction->features);
    }
    el4ml_release(r->distinction);
    el4ml_release(r);
}

static el4ml_status out_of_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
}

/* ---- Names ---- */

static char **copy_names(char *const *names, size_t count)
{
    char **copies = EL4ML_NEW(char *, count);
    bool good = copies != NULL;
    for (size_t k = 0; good && k < count; k++)
        good = (copies[k] = el4ml_copy_text(names[k])) != NULL;
    if (good) return copies;
    free_names(copies, count);
    return NULL;
}

static el4ml_status set_names(task *t, el4ml_error *error)
{
    el4ml_interpretation *r = t->r;
    const char *const *known = t->surface->info.coordinate_names;
    r->parameter_count = t->aligned.n;
    r->parameter_names = EL4ML_NEW(char *, r->parameter_count);
    if (!r->parameter_names) return out_of_memory(error);
    for (size_t k = 0; k < r->parameter_count; k++)
        if (!(r->parameter_names[k] = t->weights.layers == 0 && known ? el4ml_copy_text(known[k])
                                                                      : el4ml_weights_name(&t->weights, k)))
            return out_of_memory(error);
    if (!t->data || (!t->surface->ops.predict && t->weights.layers == 0)) return EL4ML_OK;
    r->feature_count = t->data->train.inputs;
    r->feature_names = copy_names(t->data->input_names, r->feature_count);
    if (!r->feature_names) return out_of_memory(error);
    if (t->data->train.classes == 0) return EL4ML_OK;
    r->class_count = t->data->train.classes;
    r->class_names = copy_names(t->data->class_names, r->class_count);
    return r->class_names ? EL4ML_OK : out_of_memory(error);
}

/* ---- Groups ---- */

static bool order_by_energy(task *t)
{
    const size_t count = t->network->node_count;
    el4ml_sort_item *items = EL4ML_NEW(el4ml_sort_item, 2 * count);
    for (size_t k = 0; items && k < count; k++)
        items[k] = (el4ml_sort_item){el4ml_key_of_double(t->network->nodes[k].energy), k};
    if (items) el4ml_sort(items, items + count, count);
    for (size_t k = 0; items && k < count; k++)
        t->by_energy[k] = items[k].index;
    const bool good = items != NULL;
    el4ml_release(items);
    return good;
}

/* Groups that are large enough keep their order and are numbered anew. */
static el4ml_status take_groups(task *t, const size_t *group, const size_t *size, const size_t *bottom,
                                size_t count, el4ml_error *error)
{
    el4ml_interpretation *r = t->r;
    size_t *number = EL4ML_NEW(size_t, count);
    r->groups = EL4ML_NEW(el4ml_interpreted_group, count);
    r->group_total = count;
    if (!number || !r->groups) {
        el4ml_release(number);
        return out_of_memory(error);
    }
    for (size_t g = 0; g < count; g++) {
        number[g] = size[g] >= EL4ML_INTERPRET_LEAST ? r->group_count : EL4ML_NONE;
        if (size[g] < EL4ML_INTERPRET_LEAST) continue;
        r->groups[r->group_count++] = (el4ml_interpreted_group){
            .bottom = bottom[g], .count = size[g], .energy = t->network->nodes[bottom[g]].energy};
    }
    t->groups = r->group_count;
    for (size_t k = 0; k < t->network->node_count; k++)
        t->group[k] = number[group[k]];
    el4ml_release(number);
    return EL4ML_OK;
}

static el4ml_status find_groups(task *t, el4ml_error *error)
{
    const el4ml_interpret_options *o = t->options;
    const size_t lowest = el4ml_network_global_minimum(t->network);
    el4ml_status status;
    t->r->by = o->groups;
    t->r->threshold = NAN;
    t->r->all = (el4ml_interpreted_group){
        .bottom = lowest, .count = t->network->node_count, .energy = t->network->nodes[lowest].energy};
    if (o->groups == EL4ML_INTERPRET_BASINS) {
        el4ml_sequence_basins *b = NULL;
        status = el4ml_sequence_basins_new(t->network, &b, error);
        if (status == EL4ML_OK) status = take_groups(t, b->basin, b->size, b->bottom, b->count, error);
        el4ml_sequence_basins_free(b);
        return status;
    }
    el4ml_merge_tree *tree = NULL;
    el4ml_funnels *f = NULL;
    el4ml_funnel_options options = el4ml_funnel_options_default();
    options.persistence = o->persistence;
    status = el4ml_merge_tree_new(t->network, &tree, error);
    if (status == EL4ML_OK) status = el4ml_funnels_new(t->network, tree, &options, &f, error);
    if (status == EL4ML_OK) {
        t->r->threshold = f->threshold;
        status = take_groups(t, f->funnel, f->size, f->bottom, f->count, error);
    }
    el4ml_funnels_free(f);
    el4ml_merge_tree_free(tree);
    return status;
}

/* ---- Conserved ---- */

/* Every random set is turned to fit: work grows with its minima, parameters and units. */
static size_t permutations_of(const task *t)
{
    const double each = 100 * (double)t->aligned.rows * (double)t->aligned.n, most = 1e11 / each;
    const size_t wanted = t->options->permutations;
    if ((double)wanted <= most) return wanted;
    return wanted < 199 ? wanted : (size_t)fmax(199, most);
}

static el4ml_group_tests tests_of(const task *t)
{
    return (el4ml_group_tests){.surface = t->surface,
                               .aligned = &t->aligned,
                               .item = t->item,
                               .features = t->item ? t->r->feature_count : 0,
                               .permutations = t->r->permutations,
                               .seed = t->options->seed,
                               .threads = t->options->threads,
                               .cancel = t->options->cancel};
}

/* Adjust p over all groups and items; `tests` (groups, items). */
static el4ml_status adjust(const task *t, el4ml_conserved *tests, size_t items, el4ml_error *error)
{
    const size_t count = t->groups * items;
    double *p = EL4ML_NEW(double, 2 * count + 1), *q = p + count;
    if (!p) return out_of_memory(error);
    for (size_t k = 0; k < count; k++)
        p[k] = tests[k].p;
    const el4ml_status status = el4ml_false_discovery_rates(p, count, q, error);
    for (size_t k = 0; k < count && status == EL4ML_OK; k++) {
        tests[k].q = q[k];
        tests[k].conserved = q[k] <= t->r->level;
    }
    el4ml_release(p);
    return status;
}

static el4ml_status keep_parameters(const task *t, const el4ml_conserved *tests, el4ml_error *error)
{
    const size_t n = t->aligned.n;
    for (size_t g = 0; g <= t->groups; g++) {
        el4ml_interpreted_group *to = el4ml_interpret_group(t, g);
        to->parameters = EL4ML_NEW(el4ml_conserved, n);
        if (!to->parameters) return out_of_memory(error);
        for (size_t p = 0; p < n; p++) {
            to->parameters[p] = tests[g * n + p];
            to->conserved += to->parameters[p].conserved;
        }
    }
    return EL4ML_OK;
}

static el4ml_status keep_features(const task *t, const el4ml_conserved *tests, el4ml_error *error)
{
    const size_t d = t->r->feature_count;
    const el4ml_conserved none = {.mean = NAN, .deviation = NAN, .ratio = NAN, .p = NAN, .q = NAN};
    for (size_t g = 0; g <= t->groups && d > 0; g++) {
        el4ml_interpreted_group *to = el4ml_interpret_group(t, g);
        to->features = EL4ML_NEW(el4ml_reliance, d);
        if (!to->features) return out_of_memory(error);
        for (size_t j = 0; j < d; j++)
            to->features[j] = (el4ml_reliance){.weight = NAN,
                                               .weight_low = NAN,
                                               .weight_high = NAN,
                                               .conserved = NAN,
                                               .importance = NAN,
                                               .importance_error = NAN,
                                               .p = NAN,
                                               .q = NAN,
                                               .test = t->item ? tests[g * d + j] : none};
        if (t->item) el4ml_interpret_reliance(t, g < t->groups ? g : EL4ML_NONE, to);
    }
    return EL4ML_OK;
}

static el4ml_status conserved(task *t, el4ml_error *error)
{
    const size_t n = t->aligned.n, d = t->r->feature_count;
    const el4ml_group_tests tests = tests_of(t);
    el4ml_conserved *parameters = EL4ML_NEW(el4ml_conserved, (t->groups + 1) * n),
                    *features = EL4ML_NEW(el4ml_conserved, (t->groups + 1) * d),
                    *together = EL4ML_NEW(el4ml_conserved, t->groups + 1);
    el4ml_status status = parameters && features && together ? EL4ML_OK : out_of_memory(error);
    if (status == EL4ML_OK)
        status = el4ml_test_conserved(&tests, t->group, t->groups, parameters, features, together, error);
    if (status == EL4ML_OK) status = adjust(t, together, 1, error);
    for (size_t g = 0; g <= t->groups && status == EL4ML_OK; g++)
        el4ml_interpret_group(t, g)->together = together[g];
    if (status == EL4ML_OK) status = adjust(t, parameters, n, error);
    if (status == EL4ML_OK && t->item) status = adjust(t, features, d, error);
    if (status == EL4ML_OK) status = keep_parameters(t, parameters, error);
    if (status == EL4ML_OK) status = keep_features(t, features, error);
    el4ml_release(parameters);
    el4ml_release(features);
    el4ml_release(together);
    return status;
}

/* ---- Two groups apart ---- */

static bool members_of(const task *t, size_t g, el4ml_minimum_set *set)
{
    set->members = EL4ML_NEW(size_t, t->aligned.rows);
    set->count = 0;
    for (size_t k = 0; set->members && k < t->aligned.rows; k++)
        if (t->group[k] == g) set->members[set->count++] = k;
    return set->members != NULL;
}

static el4ml_status apart(task *t, el4ml_error *error)
{
    const el4ml_interpret_options *o = t->options;
    const el4ml_group_tests tests = tests_of(t);
    if (o->first)
        return el4ml_distinguish(t->surface, t->landscape, t->network, t->data, &tests, t->shares, o->first,
                                 o->second, t->r, error);
    if (t->groups < 2) return EL4ML_OK;
    el4ml_minimum_set first = {0}, second = {0};
    el4ml_status status = members_of(t, 0, &first) && members_of(t, 1, &second)
                              ? el4ml_distinguish(t->surface, t->landscape, t->network, t->data, &tests,
                                                  t->shares, &first, &second, t->r, error)
                              : out_of_memory(error);
    el4ml_release(first.members);
    el4ml_release(second.members);
    return status;
}

/* ---- All of it ---- */

static el4ml_status run(task *t, el4ml_error *error)
{
    const el4ml_interpret_options *o = t->options;
    const size_t lowest = el4ml_network_global_minimum(t->network);
    el4ml_status status =
        el4ml_aligned_init(&t->aligned, t->surface, t->landscape, lowest, o->threads, o->cancel, error);
    if (status != EL4ML_OK) return status;
    t->r->spread = t->aligned.spread;
    t->r->stored_spread = t->aligned.stored_spread;
    t->r->minima = t->aligned.rows;
    t->r->permutations = permutations_of(t);
    if (!order_by_energy(t)) return out_of_memory(error);
    status = set_names(t, error);
    if (status == EL4ML_OK) status = find_groups(t, error);
    if (status == EL4ML_OK) status = el4ml_interpret_fold(t, error);
    if (status == EL4ML_OK) status = conserved(t, error);
    if (status == EL4ML_OK) status = el4ml_interpret_importance(t, error);
    if (status == EL4ML_OK) status = apart(t, error);
    return status;
}

static el4ml_status check(const el4ml_surface *surface, const el4ml_landscape *landscape,
                          const el4ml_network *network, const el4ml_interpret_options *o, el4ml_error *error)
{
    const size_t minima = el4ml_landscape_count(landscape, EL4ML_MINIMUM);
    if (surface->info.dimension != el4ml_landscape_dimension(landscape) || network->node_count != minima)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "interpret: the landscape is of another surface");
    if (o->permutations < 1 || o->models < 1 || !(o->level > 0 && o->level < 1) || !o->first != !o->second ||
        (o->first && (o->first->count == 0 || o->second->count == 0)))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "interpret: options out of range");
    if (minima < 2)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "interpret: takes two minima at least; the landscape has %zu", minima);
    return EL4ML_OK;
}

el4ml_status el4ml_interpret(const el4ml_surface *surface, const el4ml_landscape *landscape,
                             const el4ml_network *network, const el4ml_study *study, const el4ml_data *data,
                             const el4ml_interpret_options *options, el4ml_interpretation **result,
                             el4ml_error *error)
{
    el4ml_status status = check(surface, landscape, network, options, error);
    if (status != EL4ML_OK) return status;
    task t = {.surface = surface,
              .landscape = landscape,
              .network = network,
              .data = data,
              .options = options,
              .r = EL4ML_NEW(el4ml_interpretation, 1),
              .weights = el4ml_weights_of(study, data, surface->info.dimension),
              .group = EL4ML_NEW(size_t, network->node_count),
              .by_energy = EL4ML_NEW(size_t, network->node_count)};
    if (t.r) t.r->level = options->level;
    status = t.r && t.group && t.by_energy ? run(&t, error) : out_of_memory(error);
    el4ml_aligned_clear(&t.aligned);
    el4ml_rises_clear(&t.rises);
    el4ml_release(t.group);
    el4ml_release(t.by_energy);
    el4ml_release(t.item);
    el4ml_release(t.shares);
    el4ml_release(t.scale);
    if (status != EL4ML_OK)
        el4ml_interpretation_free(t.r);
    else
        *result = t.r;
    return status;
}
