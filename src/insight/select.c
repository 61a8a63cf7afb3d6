/* Which minima become members. Nothing here sees a test row. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/answers.h"
#include "insight/ensembles.h"
#include "network/order.h"

enum { MOST_POOL = 2000 }; /* lowest minima whose predictions are compared */

#define PURPOSE_CHOICE UINT64_C(0x43484f494345) /* "CHOICE" */

el4ml_status el4ml_ensembles_no_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "ensemble: out of memory");
}

static bool grow(void *array, size_t count, size_t size)
{
    void **at = array, *made = el4ml_allocate(count + 1, size);
    if (!made) return false;
    if (count > 0) memcpy(made, *at, count * size);
    el4ml_release(*at);
    *at = made;
    return true;
}

size_t el4ml_candidate_add(el4ml_ensembles *e, el4ml_candidate candidate, double *owned, bool *bag)
{
    const size_t k = e->candidate_count;
    if (!grow(&e->candidates, k, sizeof *e->candidates) || !grow(&e->inside->owned, k, sizeof owned) ||
        !grow(&e->inside->bag, k, sizeof bag))
        return EL4ML_NONE;
    e->candidates[k] = candidate;
    e->inside->owned[k] = owned;
    e->inside->bag[k] = bag;
    return e->candidate_count++;
}

size_t el4ml_candidate_of(el4ml_ensembles *e, size_t minimum)
{
    for (size_t k = 0; k < e->candidate_count; k++)
        if (e->candidates[k].minimum == minimum) return k;
    const el4ml_record *r = el4ml_landscape_record(e->inside->source.landscape, EL4ML_MINIMUM, minimum);
    return el4ml_candidate_add(e, (el4ml_candidate){.minimum = minimum, .x = r->point.x, .deviation = NAN},
                               NULL, NULL);
}

/* ---- What all choices use ---- */

typedef struct chooser {
    el4ml_ensembles *e;
    const el4ml_network *network;
    size_t minima, *by_energy;        /* (minima) those with coordinates */
    el4ml_sort_item *items, *scratch; /* (all minima) */
    bool *taken;                      /* (all minima) by the present choice */
    double *g, *p;                    /* (all minima) */
    el4ml_error *error;
} chooser;

static void clear(chooser *c)
{
    el4ml_release(c->by_energy);
    el4ml_release(c->items);
    el4ml_release(c->scratch);
    el4ml_release(c->taken);
    el4ml_release(c->g);
    el4ml_release(c->p);
}

static bool prepare(chooser *c)
{
    const size_t all = c->network->node_count;
    c->by_energy = EL4ML_NEW(size_t, all);
    c->items = EL4ML_NEW(el4ml_sort_item, all);
    c->scratch = EL4ML_NEW(el4ml_sort_item, all);
    c->taken = EL4ML_NEW(bool, all);
    c->g = EL4ML_NEW(double, all);
    c->p = EL4ML_NEW(double, all);
    if (!c->by_energy || !c->items || !c->scratch || !c->taken || !c->g || !c->p) return false;
    el4ml_sort_minima(c->network, c->items, c->scratch);
    for (size_t k = 0; k < all; k++) {
        const size_t i = c->items[k].index;
        if (el4ml_landscape_record(c->e->inside->source.landscape, EL4ML_MINIMUM, i)->point.x)
            c->by_energy[c->minima++] = i;
    }
    return true;
}

static size_t wanted(const chooser *c)
{
    return c->e->inside->options.members < c->minima ? c->e->inside->options.members : c->minima;
}

static el4ml_status begin(chooser *c, el4ml_selection selection, size_t most, el4ml_members **members)
{
    *members = &c->e->selected[selection];
    (*members)->candidate = EL4ML_NEW(size_t, most);
    memset(c->taken, 0, c->network->node_count * sizeof *c->taken);
    return (*members)->candidate ? EL4ML_OK : el4ml_ensembles_no_memory(c->error);
}

static el4ml_status take(chooser *c, el4ml_members *members, size_t minimum)
{
    const size_t candidate = el4ml_candidate_of(c->e, minimum);
    if (candidate == EL4ML_NONE) return el4ml_ensembles_no_memory(c->error);
    members->candidate[members->count++] = candidate;
    c->taken[minimum] = true;
    return EL4ML_OK;
}

/* ---- The choices ---- */

static el4ml_status choose_lowest(chooser *c, el4ml_selection selection, size_t most)
{
    el4ml_members *m;
    el4ml_status status = begin(c, selection, most, &m);
    for (size_t k = 0; status == EL4ML_OK && k < most; k++)
        status = take(c, m, c->by_energy[k]);
    return status;
}

static el4ml_status choose_randomly(chooser *c)
{
    el4ml_members *m;
    el4ml_random random = el4ml_random_new(c->e->inside->options.seed, PURPOSE_CHOICE, 0);
    el4ml_status status = begin(c, EL4ML_SELECT_RANDOM, wanted(c), &m);
    while (status == EL4ML_OK && m->count < wanted(c)) {
        const size_t i = c->by_energy[el4ml_random_below(&random, c->minima)];
        if (!c->taken[i]) status = take(c, m, i);
    }
    return status;
}

/* Temperatures of the peaks, highest first; *count of them, to be released. */
static el4ml_status find_peaks(const chooser *c, double **temperature, size_t *count)
{
    const el4ml_study *s = c->e->inside->source.study;
    const size_t grid_count = (size_t)s->temperature_count;
    double *grid = EL4ML_NEW(double, grid_count);
    el4ml_merge_tree *tree = NULL;
    el4ml_thermo *thermo = NULL;
    el4ml_peaks *peaks = NULL;
    *count = 0;
    if (!grid) return el4ml_ensembles_no_memory(c->error);
    el4ml_log_temperatures(s->temperature_from, s->temperature_to, grid_count, grid);
    el4ml_status status = el4ml_merge_tree_new(c->network, &tree, c->error);
    if (status == EL4ML_OK) status = el4ml_thermo_new(c->network, tree, grid, grid_count, &thermo, c->error);
    if (status == EL4ML_OK) status = el4ml_peaks_new(c->network, thermo, NULL, &peaks, c->error);
    if (status == EL4ML_OK) {
        *temperature = EL4ML_NEW(double, peaks->count);
        if (!*temperature) status = el4ml_ensembles_no_memory(c->error);
        for (size_t k = 0; status == EL4ML_OK && k < peaks->count; k++)
            (*temperature)[(*count)++] = peaks->peaks[k].temperature;
    }
    el4ml_peaks_free(peaks);
    el4ml_thermo_free(thermo);
    el4ml_merge_tree_free(tree);
    el4ml_release(grid);
    return status;
}

/* The minimum not taken yet with the largest |g|; ties: the lower. EL4ML_NONE when none is left that changes.
 */
static size_t largest_change(const chooser *c)
{
    size_t best = EL4ML_NONE;
    for (size_t k = 0; k < c->minima; k++) {
        const size_t i = c->by_energy[k];
        if (c->taken[i] || !(fabs(c->g[i]) > 0)) continue;
        if (best == EL4ML_NONE || fabs(c->g[i]) > fabs(c->g[best])) best = i;
    }
    return best;
}

static el4ml_status choose_by_peaks(chooser *c)
{
    double *temperature = NULL;
    size_t peaks;
    el4ml_members *m;
    el4ml_status status = begin(c, EL4ML_SELECT_PEAKS, wanted(c), &m);
    if (status == EL4ML_OK) status = find_peaks(c, &temperature, &peaks);
    if (status == EL4ML_OK && peaks == 0) m->none = "the heat capacity has no peak in the study's range";
    size_t idle = 0; /* peaks in a row that brought no one */
    for (size_t k = 0; status == EL4ML_OK && peaks > 0 && m->count < wanted(c) && idle < peaks; k++) {
        el4ml_occupation(c->network, temperature[k % peaks], c->p, c->g);
        const size_t i = largest_change(c);
        idle = i == EL4ML_NONE ? idle + 1 : 0;
        if (i != EL4ML_NONE) status = take(c, m, i);
    }
    el4ml_release(temperature);
    return status;
}

static el4ml_status find_groups(const chooser *c, el4ml_grouping **grouping)
{
    el4ml_grouping_options o = el4ml_grouping_options_default();
    o.temperature = c->e->inside->options.temperature;
    o.seed = c->e->inside->options.seed;
    el4ml_merge_tree *tree = NULL;
    el4ml_status status = EL4ML_OK;
    if (!(o.temperature > 0)) {
        status = el4ml_merge_tree_new(c->network, &tree, c->error);
        if (status == EL4ML_OK)
            status = el4ml_usual_temperature(c->network, tree, c->e->inside->source.study, &o.temperature,
                                             c->error);
        el4ml_merge_tree_free(tree);
    }
    if (status != EL4ML_OK) return status;
    return el4ml_group_minima(c->e->inside->source.landscape, c->network, &o, grouping, c->error);
}

/* The lowest minimum of a community that is not taken yet. */
static size_t lowest_of(const chooser *c, const el4ml_partition *p, size_t community)
{
    for (size_t k = 0; k < c->minima; k++)
        if (!c->taken[c->by_energy[k]] && p->community[c->by_energy[k]] == community) return c->by_energy[k];
    return EL4ML_NONE;
}

static el4ml_status choose_by_communities(chooser *c)
{
    el4ml_grouping *g = NULL;
    el4ml_members *m;
    el4ml_status status = begin(c, EL4ML_SELECT_COMMUNITIES, wanted(c), &m);
    size_t joined = 0;
    for (size_t k = 0; k < c->network->edge_count; k++)
        joined += c->network->edges[k].a != c->network->edges[k].b;
    if (status != EL4ML_OK) return status;
    if (joined == 0) {
        m->none = "no transition state joins two minima";
        return EL4ML_OK;
    }
    status = find_groups(c, &g);
    for (size_t k = 0; status == EL4ML_OK && m->count < wanted(c); k++) {
        const size_t i = lowest_of(c, g->partition, k % g->partition->count);
        if (i != EL4ML_NONE) status = take(c, m, i);
    }
    el4ml_grouping_free(g);
    return status;
}

/* ---- By what the minima say ---- */

typedef struct pool {
    const el4ml_dataset *rows;
    size_t count, *minimum; /* of the chooser's by_energy, then of the better half */
    const double **x;
    el4ml_predictions *said;
    double *loss;         /* (count) on the validation rows; without any V itself */
    double *disagreement; /* (count) summed over those taken */
} pool;

static void clear_pool(pool *p)
{
    el4ml_release(p->minimum);
    el4ml_release(p->x);
    el4ml_release(p->loss);
    el4ml_release(p->disagreement);
    el4ml_predictions_free(p->said);
}

/* Of values the mean squared error, which orders models as any Gaussian density of common width does. */
static double loss_of(const pool *p, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < p->rows->rows; i++) {
        const double *said = el4ml_predicted(p->said, k, i);
        if (p->said->kind == EL4ML_PREDICTS_PROBABILITIES) sum -= log(fmax(said[p->rows->label[i]], 1e-300));
        for (size_t t = 0; p->said->kind == EL4ML_PREDICTS_VALUES && t < p->said->outputs; t++) {
            const double d = said[t] - p->rows->y[i * p->said->outputs + t];
            sum += d * d;
        }
    }
    return sum;
}

static el4ml_status fill_pool(const chooser *c, pool *p)
{
    const el4ml_ensembles_source *s = &c->e->inside->source;
    p->count = c->minima < MOST_POOL ? c->minima : MOST_POOL;
    p->rows = s->data->validation.rows > 0 ? &s->data->validation : &s->data->train;
    p->minimum = EL4ML_NEW(size_t, p->count);
    p->x = EL4ML_NEW(const double *, p->count);
    p->loss = EL4ML_NEW(double, p->count);
    p->disagreement = EL4ML_NEW(double, p->count);
    if (!p->minimum || !p->x || !p->loss || !p->disagreement) return el4ml_ensembles_no_memory(c->error);
    for (size_t k = 0; k < p->count; k++) {
        p->minimum[k] = c->by_energy[k];
        p->x[k] = el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, p->minimum[k])->point.x;
    }
    const el4ml_status status =
        el4ml_predictions_new(s->surface, p->x, p->count, p->rows, NULL, &p->said, c->error);
    for (size_t k = 0; status == EL4ML_OK && k < p->count; k++)
        p->loss[k] = p->rows == &s->data->train ? c->network->nodes[p->minimum[k]].energy : loss_of(p, k);
    return status;
}

static size_t best_of(const pool *p)
{
    size_t best = 0;
    for (size_t k = 1; k < p->count; k++)
        if (p->loss[k] < p->loss[best]) best = k;
    return best;
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The loss that half of the pool, rounded up, does not exceed; but enough to choose from. */
static double bar_of(const chooser *c, const pool *p)
{
    double *sorted = p->disagreement;
    memcpy(sorted, p->loss, p->count * sizeof *sorted);
    qsort(sorted, p->count, sizeof *sorted, compare_numbers);
    size_t place = (p->count + 1) / 2;
    if (place < wanted(c)) place = wanted(c) < p->count ? wanted(c) : p->count;
    const double bar = sorted[place - 1];
    memset(p->disagreement, 0, p->count * sizeof *p->disagreement);
    return bar;
}

static el4ml_status choose_by_disagreement(chooser *c, const pool *p)
{
    el4ml_members *m;
    el4ml_status status = begin(c, EL4ML_SELECT_DISAGREEMENT, wanted(c), &m);
    if (status != EL4ML_OK) return status;
    const double bar = bar_of(c, p);
    size_t next = best_of(p);
    while (status == EL4ML_OK && m->count < wanted(c) && next != EL4ML_NONE) {
        const size_t last = next;
        status = take(c, m, p->minimum[last]);
        next = EL4ML_NONE;
        for (size_t k = 0; k < p->count; k++) {
            if (c->taken[p->minimum[k]] || !(p->loss[k] <= bar)) continue;
            p->disagreement[k] += el4ml_disagreement(p->said, last, k);
            if (next == EL4ML_NONE || p->disagreement[k] > p->disagreement[next]) next = k;
        }
    }
    return status;
}

static el4ml_status choose_by_predictions(chooser *c)
{
    pool p = {0};
    el4ml_members *m;
    if (!c->e->inside->source.surface->ops.predict) {
        c->e->selected[EL4ML_SELECT_DISAGREEMENT].none = c->e->selected[EL4ML_SELECT_VALIDATED].none =
            "the surface predicts nothing";
        return EL4ML_OK;
    }
    el4ml_status status = fill_pool(c, &p);
    if (status == EL4ML_OK) status = choose_by_disagreement(c, &p);
    if (status == EL4ML_OK) status = begin(c, EL4ML_SELECT_VALIDATED, 1, &m);
    if (status == EL4ML_OK && p.rows != &c->e->inside->data.train)
        status = take(c, m, p.minimum[best_of(&p)]);
    else if (status == EL4ML_OK)
        m->none = "there are no validation rows";
    clear_pool(&p);
    return status;
}

el4ml_status el4ml_select_members(el4ml_ensembles *e, el4ml_error *error)
{
    chooser c = {.e = e, .network = e->inside->source.network, .error = error};
    el4ml_status status = prepare(&c) ? EL4ML_OK : el4ml_ensembles_no_memory(error);
    if (status == EL4ML_OK && c.minima == 0)
        status = el4ml_fail(error, EL4ML_NOT_SUPPORTED, "ensemble: no minimum has coordinates");
    if (status == EL4ML_OK) status = choose_lowest(&c, EL4ML_SELECT_SINGLE, 1);
    if (status == EL4ML_OK) status = choose_lowest(&c, EL4ML_SELECT_LOWEST, wanted(&c));
    if (status == EL4ML_OK) status = choose_randomly(&c);
    if (status == EL4ML_OK) status = choose_by_peaks(&c);
    if (status == EL4ML_OK) status = choose_by_communities(&c);
    if (status == EL4ML_OK) status = choose_by_predictions(&c);
    clear(&c);
    return status;
}
