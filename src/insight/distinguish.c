/* What sets two sets of minima apart. */
#include <math.h>

#include "base/memory.h"
#include "insight/interpret.h"
#include "insight/way.h"

static size_t lowest_of(const el4ml_network *network, const el4ml_minimum_set *set)
{
    size_t lowest = set->members[0];
    for (size_t k = 1; k < set->count; k++)
        if (network->nodes[set->members[k]].energy < network->nodes[lowest].energy) lowest = set->members[k];
    return lowest;
}

/* (models of one row): the commonest pair of different classes. */
static void commonest_pair(const el4ml_predictions *p, el4ml_distinction *d)
{
    size_t *count = EL4ML_NEW(size_t, p->outputs * p->outputs);
    for (size_t row = 0; count && row < p->rows; row++) {
        const size_t a = el4ml_predicted_class(p, 0, row), b = el4ml_predicted_class(p, 1, row);
        if (a == b) continue;
        const size_t rows = ++count[a * p->outputs + b];
        if (rows <= d->class_rows) continue;
        d->class_rows = rows;
        d->first_class = a;
        d->second_class = b;
    }
    el4ml_release(count);
}

static el4ml_status predictions(const el4ml_surface *surface, const el4ml_landscape *landscape,
                                const el4ml_data *data, el4ml_distinction *d, el4ml_error *error)
{
    const double *x[2] = {el4ml_landscape_record(landscape, EL4ML_MINIMUM, d->first_bottom)->point.x,
                          el4ml_landscape_record(landscape, EL4ML_MINIMUM, d->second_bottom)->point.x};
    d->disagreement = d->test_disagreement = NAN;
    if (!data || !el4ml_tells_targets(surface, &data->train)) return EL4ML_OK;
    const el4ml_dataset *sets[2] = {&data->train, &data->test};
    double *to[2] = {&d->disagreement, &d->test_disagreement};
    for (int k = 0; k < 2; k++) {
        el4ml_predictions *p = NULL;
        if (sets[k]->rows == 0) continue;
        const el4ml_status status = el4ml_predictions_new(surface, x, 2, sets[k], data, &p, error);
        if (status != EL4ML_OK) return status;
        *to[k] = el4ml_disagreement(p, 0, 1);
        if (k == 0 && p->kind == EL4ML_PREDICTS_PROBABILITIES) commonest_pair(p, d);
        el4ml_predictions_free(p);
    }
    return EL4ML_OK;
}

static el4ml_status barrier(const el4ml_network *network, el4ml_distinction *d, el4ml_error *error)
{
    el4ml_merge_tree *tree = NULL;
    const el4ml_status status = el4ml_merge_tree_new(network, &tree, error);
    if (status != EL4ML_OK) return status;
    const double top = el4ml_minimax(tree, d->first_bottom, d->second_bottom);
    d->barrier = top - network->nodes[d->first_bottom].energy;
    d->barrier_back = top - network->nodes[d->second_bottom].energy;
    el4ml_merge_tree_free(tree);
    return EL4ML_OK;
}

static el4ml_status adjust(el4ml_apart *apart, size_t count, double level, size_t *found, el4ml_error *error)
{
    double *p = EL4ML_NEW(double, 2 * count + 1), *q = p + count;
    if (!p) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
    for (size_t k = 0; k < count; k++)
        p[k] = apart[k].p;
    const el4ml_status status = el4ml_false_discovery_rates(p, count, q, error);
    for (size_t k = 0; k < count && status == EL4ML_OK; k++) {
        apart[k].q = q[k];
        *found += q[k] <= level;
    }
    el4ml_release(p);
    return status;
}

static el4ml_status test(const el4ml_number_table *table, const unsigned char *side, double level,
                         el4ml_apart **apart, size_t *found, double *distance_p, el4ml_error *error)
{
    *apart = EL4ML_NEW(el4ml_apart, table->columns);
    if (!*apart) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
    const el4ml_status status = el4ml_test_apart(table, side, *apart, distance_p);
    if (status != EL4ML_OK) return el4ml_fail(error, status, "interpret: %s", el4ml_status_text(status));
    return adjust(*apart, table->columns, level, found, error);
}

/* Both sets in one matrix, turned to fit the mean of both; `side` says which row is of which. */
typedef struct both_sets {
    size_t count, *rows; /* minima */
    unsigned char *side; /* (count) */
    double *x;           /* (count, n) */
    double *shares;      /* (count, features), or NULL */
} both_sets;

static void both_clear(both_sets *b)
{
    el4ml_release(b->rows);
    el4ml_release(b->side);
    el4ml_release(b->x);
    el4ml_release(b->shares);
}

static el4ml_status turn_both(const el4ml_group_tests *t, both_sets *b)
{
    el4ml_evaluator e;
    double *work = EL4ML_NEW(double, 2 * t->aligned->n);
    el4ml_status status = work ? el4ml_evaluator_init(&e, t->surface, NULL) : EL4ML_OUT_OF_MEMORY;
    if (status == EL4ML_OK) {
        status = el4ml_realign(&e, t->aligned, b->rows, b->count, b->x, work, work + t->aligned->n);
        el4ml_evaluator_clear(&e);
    }
    el4ml_release(work);
    return status;
}

static el4ml_status gather(const el4ml_group_tests *t, const double *shares, const el4ml_minimum_set *first,
                           const el4ml_minimum_set *second, both_sets *b, el4ml_error *error)
{
    const size_t count = first->count + second->count, d = t->features;
    *b = (both_sets){.count = count,
                     .rows = EL4ML_NEW(size_t, count),
                     .side = EL4ML_NEW(unsigned char, count),
                     .x = EL4ML_NEW(double, count * t->aligned->n),
                     .shares = shares ? EL4ML_NEW(double, count *d) : NULL};
    if (!b->rows || !b->side || !b->x || (shares && !b->shares))
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
    for (size_t k = 0; k < count; k++) {
        b->side[k] = k >= first->count;
        b->rows[k] = b->side[k] ? second->members[k - first->count] : first->members[k];
        for (size_t j = 0; shares && j < d; j++)
            b->shares[k * d + j] = shares[b->rows[k] * d + j];
        for (size_t j = 0; j < k; j++)
            if (b->rows[j] == b->rows[k])
                return el4ml_fail(error, EL4ML_BAD_INPUT, "interpret: minimum %zu is in both sets",
                                  b->rows[k] + 1);
    }
    const el4ml_status status = turn_both(t, b);
    return status == EL4ML_OK ? EL4ML_OK
                              : el4ml_fail(error, status, "interpret: %s", el4ml_status_text(status));
}

el4ml_status el4ml_distinguish(const el4ml_surface *surface, const el4ml_landscape *landscape,
                               const el4ml_network *network, const el4ml_data *data,
                               const el4ml_group_tests *tests, const double *shares,
                               const el4ml_minimum_set *first, const el4ml_minimum_set *second,
                               el4ml_interpretation *r, el4ml_error *error)
{
    el4ml_distinction *d = r->distinction = EL4ML_NEW(el4ml_distinction, 1);
    both_sets both = {0};
    if (!d) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "interpret: out of memory");
    d->first_bottom = lowest_of(network, first);
    d->second_bottom = lowest_of(network, second);
    d->first_count = first->count;
    d->second_count = second->count;
    el4ml_status status = gather(tests, shares, first, second, &both, error);
    el4ml_number_table table = {.rows = both.count,
                                .columns = tests->aligned->n,
                                .permutations = tests->permutations,
                                .x = both.x,
                                .seed = tests->seed,
                                .cancel = tests->cancel};
    if (status == EL4ML_OK) status = barrier(network, d, error);
    if (status == EL4ML_OK)
        status =
            test(&table, both.side, r->level, &d->parameters, &d->parameters_apart, &d->distance_p, error);
    for (size_t k = 0; k < table.columns && status == EL4ML_OK; k++)
        d->distance = hypot(d->distance, d->parameters[k].difference);
    table.columns = tests->features;
    table.x = both.shares;
    if (status == EL4ML_OK && shares)
        status = test(&table, both.side, r->level, &d->features, &d->features_apart, NULL, error);
    if (status == EL4ML_OK) status = predictions(surface, landscape, data, d, error);
    both_clear(&both);
    return status;
}
