#include "el4ml/choose_k.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/basins.h"
#include "el4ml/surfaces.h"
#include "el4ml/thermo.h"
#include "insight/clustering.h"

#define STARTS 10       /* by k-means++, of a clustering that is compared with others */
#define MANY 3.0        /* clusterings that share the probability: so many compete */
#define NINE_TENTHS 0.9 /* of the minima, for `barrier` */

enum { PURPOSE_HALF = 42, PURPOSE_REFERENCE, PURPOSE_SILHOUETTE, SEED_STARTS = 1000003 };

/* What is at hand for one K. */
typedef struct trial {
    const el4ml_study *study;
    const el4ml_data *data;
    const el4ml_choose_k_options *options;
    double deadline;
    el4ml_k_row *row;
    size_t clusters;
    double *c, *other;     /* (clusters, inputs) */
    size_t *label, *again; /* (rows) */
    double *sample;        /* (rows, inputs) */
    el4ml_error *error;
} trial;

el4ml_choose_k_options el4ml_choose_k_options_default(void)
{
    return (el4ml_choose_k_options){.from = 2, .to = 10, .starts = 200, .resamples = 20, .references = 20};
}

const char *el4ml_k_criterion_name(el4ml_k_criterion criterion)
{
    static const char *const names[EL4ML_K_CRITERIA] = {"landscape", "stability", "silhouette", "gap",
                                                        "davies_bouldin"};
    return names[criterion];
}

/* ---- The landscape ---- */

static int ascending(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

/* How far nine tenths of the minima have to climb at most on the way to the lowest. */
static double usual_climb(const el4ml_network *network, const el4ml_merge_tree *tree, size_t lowest)
{
    double *top = EL4ML_NEW(double, network->node_count);
    size_t count = 0;
    if (!top) return NAN;
    el4ml_minimax_to(tree, lowest, top);
    for (size_t i = 0; i < network->node_count; i++)
        if (i != lowest && isfinite(top[i])) top[count++] = top[i] - network->nodes[i].energy;
    qsort(top, count, sizeof *top, ascending);
    const double climb = count > 0 ? top[(size_t)(NINE_TENTHS * (double)(count - 1))] : NAN;
    el4ml_release(top);
    return climb;
}

static el4ml_status read_network(trial *t, const el4ml_network *network)
{
    el4ml_k_row *row = t->row;
    el4ml_merge_tree *tree = NULL;
    el4ml_thermo *thermo = NULL;
    el4ml_funnels *funnels = NULL;
    el4ml_status status = el4ml_merge_tree_new(network, &tree, t->error);
    if (status == EL4ML_OK && row->temperature > 0)
        status = el4ml_thermo_new(network, tree, &row->temperature, 1, &thermo, t->error);
    if (status == EL4ML_OK) status = el4ml_funnels_new(network, tree, NULL, &funnels, t->error);
    if (status == EL4ML_OK) {
        row->funnels = funnels->count;
        row->barrier = usual_climb(network, tree, el4ml_network_global_minimum(network)) / row->inertia;
        row->clusterings = thermo && thermo->count > 0 ? exp(thermo->points[0].entropy) : 1;
        if (thermo && thermo->count > 0) row->frustration = thermo->points[0].frustration_normalised;
    }
    el4ml_funnels_free(funnels);
    el4ml_thermo_free(thermo);
    el4ml_merge_tree_free(tree);
    return status;
}

static el4ml_status read_landscape(trial *t, const el4ml_study *study, el4ml_landscape *l)
{
    el4ml_summary summary;
    el4ml_network *network = NULL;
    el4ml_k_row *row = t->row;
    el4ml_status status = el4ml_summarise(l, study, &summary, t->error);
    if (status == EL4ML_OK && summary.minima == 0)
        status = el4ml_fail(t->error, EL4ML_NOT_CONVERGED, "K = %zu: no minimum was found in that time",
                            t->clusters);
    if (status != EL4ML_OK) return status;
    const el4ml_record *lowest = el4ml_landscape_record(l, EL4ML_MINIMUM, summary.global_minimum);
    const double numbers = (double)(t->data->train.rows * t->data->train.inputs);
    memcpy(t->c, lowest->point.x, t->clusters * t->data->train.inputs * sizeof *t->c);
    row->inertia = lowest->point.energy;
    row->minima = summary.minima;
    row->transition_states = summary.transition_states;
    row->components = summary.components;
    row->temperature = 2 * row->inertia / numbers;
    status = el4ml_landscape_network(l, &network, t->error);
    if (status == EL4ML_OK) status = read_network(t, network);
    el4ml_network_free(network);
    return status;
}

static el4ml_status map(trial *t)
{
    el4ml_study study = *t->study; /* all it points to stays the other's */
    el4ml_run_options run = t->options->run;
    el4ml_surface *surface = NULL;
    el4ml_landscape *l = NULL;
    bool time_up;
    char folder[4096];
    study.clusters = t->clusters;
    if (t->deadline > 0) run.time_limit = fmax(1e-3, t->deadline - el4ml_clock());
    if (snprintf(folder, sizeof folder, "%s/k%zu", t->options->folder, t->clusters) >= (int)sizeof folder)
        return el4ml_fail(t->error, EL4ML_BAD_INPUT, "%s: the name is too long", t->options->folder);
    el4ml_status status = el4ml_kmeans_new(t->clusters, &t->data->train, &surface, t->error);
    if (status == EL4ML_OK)
        status = el4ml_run_whole(&study, surface, t->data, folder, &run, &l, &time_up, t->error);
    if (status == EL4ML_OK) status = read_landscape(t, &study, l);
    el4ml_landscape_close(l);
    el4ml_surface_free(surface);
    return status;
}

/* ---- The other criteria ---- */

static el4ml_status best(trial *t, const el4ml_dataset *d, size_t starts, uint64_t seed, double *c,
                         double *inertia, size_t *hits)
{
    return el4ml_best_of_starts(d, t->clusters, starts, seed, t->options->run.cancel, c, inertia, hits,
                                t->error);
}

static el4ml_status count_hits(trial *t)
{
    double inertia;
    size_t hits;
    const el4ml_status status =
        best(t, &t->data->train, t->options->starts, t->study->seed + SEED_STARTS, t->other, &inertia, &hits);
    if (status != EL4ML_OK) return status;
    const bool lowest = inertia <= t->row->inertia * (1 + 1e-9);
    t->row->hits = lowest ? (double)hits / (double)t->options->starts : 0;
    return EL4ML_OK;
}

static void mean_and_error(size_t count, double sum, double squares, double *mean, double *deviation)
{
    const double n = (double)count;
    *mean = count > 0 ? sum / n : NAN;
    *deviation = count > 1 ? sqrt(fmax(0, squares / n - *mean * *mean)) : NAN;
}

/* Half of the rows are clustered; all rows then go to the nearest of those centroids. */
static el4ml_status resample(trial *t)
{
    const el4ml_dataset *all = &t->data->train;
    el4ml_dataset half = {.rows = all->rows / 2, .inputs = all->inputs, .x = t->sample};
    double sum = 0, squares = 0, inertia;
    size_t count = 0;
    for (size_t b = 0; b < t->options->resamples; b++) {
        el4ml_random random = el4ml_random_new(t->study->seed, PURPOSE_HALF, b);
        for (size_t i = 0; i < all->rows; i++)
            t->again[i] = i;
        el4ml_random_shuffle(&random, all->rows, t->again);
        for (size_t i = 0; i < half.rows; i++)
            memcpy(half.x + i * half.inputs, all->x + t->again[i] * half.inputs,
                   half.inputs * sizeof(double));
        const el4ml_status status = best(t, &half, STARTS, b, t->other, &inertia, NULL);
        if (status == EL4ML_BAD_INPUT) continue; /* fewer distinct rows than clusters */
        if (status != EL4ML_OK) return status;
        el4ml_nearest_labels(all, t->clusters, t->other, t->again);
        const double index = el4ml_rand_index(all->rows, t->clusters, t->label, t->again);
        sum += index;
        squares += index * index;
        count++;
    }
    mean_and_error(count, sum, squares, &t->row->stability, &t->row->stability_error);
    t->row->stability_error /= sqrt((double)count);
    return EL4ML_OK;
}

static el4ml_status gap(trial *t)
{
    const el4ml_dataset *all = &t->data->train;
    el4ml_dataset made = {.rows = all->rows, .inputs = all->inputs, .x = t->sample};
    double sum = 0, squares = 0, inertia;
    for (size_t b = 0; b < t->options->references; b++) {
        el4ml_random random = el4ml_random_new(t->study->seed, PURPOSE_REFERENCE, b);
        for (size_t j = 0; j < all->inputs; j++) {
            double low = INFINITY, high = -INFINITY;
            for (size_t i = 0; i < all->rows; i++) {
                low = fmin(low, all->x[i * all->inputs + j]);
                high = fmax(high, all->x[i * all->inputs + j]);
            }
            for (size_t i = 0; i < all->rows; i++)
                made.x[i * all->inputs + j] = low + (high - low) * el4ml_random_uniform(&random);
        }
        const el4ml_status status = best(t, &made, STARTS, b, t->other, &inertia, NULL);
        if (status != EL4ML_OK) return status;
        sum += log(inertia);
        squares += log(inertia) * log(inertia);
    }
    double mean, deviation;
    mean_and_error(t->options->references, sum, squares, &mean, &deviation);
    t->row->gap = mean - log(t->row->inertia);
    t->row->gap_error = deviation * sqrt(1 + 1 / (double)t->options->references);
    return EL4ML_OK;
}

static el4ml_status judge(trial *t)
{
    const el4ml_dataset *all = &t->data->train;
    const el4ml_random random = el4ml_random_new(t->study->seed, PURPOSE_SILHOUETTE, 0);
    el4ml_nearest_labels(all, t->clusters, t->c, t->label);
    t->row->silhouette = el4ml_silhouette(all, t->clusters, t->label, random);
    t->row->davies_bouldin = el4ml_davies_bouldin(all, t->clusters, t->c, t->label);
    el4ml_status status = count_hits(t);
    if (status == EL4ML_OK) status = resample(t);
    if (status == EL4ML_OK && t->row->inertia > 0) status = gap(t);
    return status;
}

/* ---- The verdict ---- */

/* The last K up to which few clusterings share the probability: the next ones have many, and more than the
 * K before the rise. 0: it never rises. */
static size_t by_landscape(const el4ml_choice *c)
{
    double most = 0;
    size_t chosen = 0;
    for (size_t k = 0; k + 1 < c->count; k++) {
        const double here = c->rows[k].clusterings, next = c->rows[k + 1].clusterings;
        if (!(here < MANY) || !(next >= MANY) || !(next / here > most)) continue;
        most = next / here;
        chosen = c->rows[k].clusters;
    }
    return chosen;
}

static size_t by_stability(const el4ml_choice *c)
{
    size_t top = 0, chosen = 0;
    for (size_t k = 0; k < c->count; k++)
        if (c->rows[k].clusters > 1 &&
            (c->rows[top].clusters < 2 || c->rows[k].stability > c->rows[top].stability))
            top = k;
    for (size_t k = 0; k < c->count; k++)
        if (c->rows[k].clusters > 1 &&
            c->rows[k].stability >= c->rows[top].stability - c->rows[top].stability_error)
            chosen = c->rows[k].clusters;
    return chosen;
}

static size_t by_gap(const el4ml_choice *c)
{
    for (size_t k = 0; k + 1 < c->count; k++)
        if (c->rows[k].gap >= c->rows[k + 1].gap - c->rows[k + 1].gap_error) return c->rows[k].clusters;
    return 0;
}

static size_t by_extreme(const el4ml_choice *c, bool silhouette)
{
    double most = -INFINITY;
    size_t chosen = 0;
    for (size_t k = 0; k < c->count; k++) {
        const double value = silhouette ? c->rows[k].silhouette : -c->rows[k].davies_bouldin;
        if (!(value > most)) continue;
        most = value;
        chosen = c->rows[k].clusters;
    }
    return chosen;
}

static const el4ml_k_row *row_of(const el4ml_choice *c, size_t clusters)
{
    return &c->rows[clusters - c->rows[0].clusters];
}

static void write_text(el4ml_choice *c)
{
    static const char *const sure[] = {
        "No two criteria agree: these data do not say how many clusters there are", "This is a guess",
        "This is likely", "This is fairly sure", "All criteria agree"};
    const double share = (double)c->votes / (double)c->voters;
    const size_t level = c->votes < 2 ? 0 : share < 0.6 ? 1 : share < 0.8 ? 2 : c->votes < c->voters ? 3 : 4;
    const el4ml_k_row *r = row_of(c, c->verdict);
    snprintf(
        c->text, sizeof c->text,
        "%zu clusters. %s (%zu of %zu criteria). Its lowest clustering is hit by %.3g %% of starts and comes "
        "back from halves of the rows with an adjusted Rand index of %.3g; %.3g clusterings share the "
        "probability at its own noise.",
        c->verdict, sure[level], c->votes, c->voters, 100 * r->hits, r->stability, r->clusterings);
}

static void decide(el4ml_choice *c)
{
    c->by[EL4ML_K_BY_LANDSCAPE] = by_landscape(c);
    c->by[EL4ML_K_BY_STABILITY] = by_stability(c);
    c->by[EL4ML_K_BY_SILHOUETTE] = by_extreme(c, true);
    c->by[EL4ML_K_BY_GAP] = by_gap(c);
    c->by[EL4ML_K_BY_DAVIES_BOULDIN] = by_extreme(c, false);
    for (size_t k = 0; k < c->count; k++) {
        size_t votes = 0;
        for (int i = 0; i < EL4ML_K_CRITERIA; i++)
            votes += c->by[i] == c->rows[k].clusters;
        const bool better = c->verdict == 0 || votes > c->votes ||
                            (votes == c->votes && c->rows[k].silhouette > row_of(c, c->verdict)->silhouette);
        if (!better) continue;
        c->verdict = c->rows[k].clusters;
        c->votes = votes;
    }
    for (int i = 0; i < EL4ML_K_CRITERIA; i++)
        c->voters += c->by[i] > 0;
    write_text(c);
}

/* ---- All of it ---- */

static bool make_room(trial *t)
{
    const size_t rows = t->data->train.rows, inputs = t->data->train.inputs;
    t->c = EL4ML_NEW(double, 2 * t->clusters * inputs);
    t->label = EL4ML_NEW(size_t, 2 * rows);
    t->sample = EL4ML_NEW(double, rows *inputs);
    if (!t->c || !t->label || !t->sample) return false;
    t->other = t->c + t->clusters * inputs;
    t->again = t->label + rows;
    return true;
}

static el4ml_status one(trial *t)
{
    *t->row = (el4ml_k_row){.clusters = t->clusters,
                            .clusterings = 1,
                            .frustration = NAN,
                            .barrier = NAN,
                            .hits = NAN,
                            .stability = NAN,
                            .stability_error = NAN,
                            .silhouette = NAN,
                            .davies_bouldin = NAN,
                            .gap = NAN,
                            .gap_error = NAN};
    el4ml_status status =
        make_room(t) ? map(t) : el4ml_fail(t->error, EL4ML_OUT_OF_MEMORY, "choose-k: out of memory");
    if (status == EL4ML_OK) status = judge(t);
    el4ml_release(t->c);
    el4ml_release(t->label);
    el4ml_release(t->sample);
    return status;
}

static el4ml_status check(const el4ml_study *study, const el4ml_data *data, const el4ml_choose_k_options *o,
                          el4ml_error *error)
{
    if (study->kind != EL4ML_KIND_KMEANS || !data)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: choose-k needs a study of kind = \"kmeans\"",
                          study->path);
    if (o->from < 1 || o->to < o->from)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "choose-k: from %zu to %zu clusters is no range", o->from,
                          o->to);
    if (o->starts == 0 || o->references < 2 || o->resamples < 2 || !o->folder)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "choose-k: starts, references, resamples, folder");
    if (o->to > data->train.rows)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "choose-k: %zu clusters, but there are %zu training rows",
                          o->to, data->train.rows);
    return EL4ML_OK;
}

el4ml_status el4ml_choose_k(const el4ml_study *study, const el4ml_data *data,
                            const el4ml_choose_k_options *options, el4ml_choice *choice, el4ml_error *error)
{
    *choice = (el4ml_choice){0};
    el4ml_surface *most = NULL; /* are there rows enough for the largest K? before anything is written */
    el4ml_status status = check(study, data, options, error);
    if (status == EL4ML_OK) status = el4ml_kmeans_new(options->to, &data->train, &most, error);
    el4ml_surface_free(most);
    if (status != EL4ML_OK) return status;
    choice->rows = EL4ML_NEW(el4ml_k_row, options->to - options->from + 1);
    if (!choice->rows) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "choose-k: out of memory");
    const double limit = options->run.time_limit;
    for (size_t k = options->from; k <= options->to && status == EL4ML_OK; k++) {
        trial t = {.study = study,
                   .data = data,
                   .options = options,
                   .row = &choice->rows[choice->count],
                   .clusters = k,
                   .error = error};
        if (limit > 0) /* the time is shared evenly */
            t.deadline = el4ml_clock() + limit / (double)(options->to - options->from + 1);
        status = one(&t);
        choice->count += status == EL4ML_OK;
    }
    if (status == EL4ML_OK)
        decide(choice);
    else
        el4ml_choice_clear(choice);
    return status;
}

void el4ml_choice_clear(el4ml_choice *choice)
{
    el4ml_release(choice->rows);
    *choice = (el4ml_choice){0};
}
