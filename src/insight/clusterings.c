/* K-means minima combined by consensus. */
#include "el4ml/clusterings.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "el4ml/report.h"
#include "insight/ensembles.h"
#include "insight/json.h"
#include "report/markup.h"

#define PURPOSE_HITS UINT64_C(0x48495453) /* "HITS" */
#define NEARLY_ALWAYS 0.95 /* adjusted Rand index of two starts, beyond which one is as good as many */

static el4ml_status no_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "ensemble: out of memory");
}

void el4ml_clusterings_free(el4ml_clusterings *c)
{
    if (!c) return;
    for (size_t k = 0; c->ensembles && k < c->count; k++) {
        el4ml_release(c->ensembles[k].minimum);
        el4ml_consensus_free(c->ensembles[k].consensus);
    }
    el4ml_release(c->ensembles);
    el4ml_release(c);
}

/* ---- Choices ---- */

static bool keep_choice(el4ml_clusterings *c, el4ml_selection selection, size_t count, const size_t *minimum)
{
    el4ml_cluster_ensemble *one = &c->ensembles[c->count++];
    *one = (el4ml_cluster_ensemble){.selection = selection,
                                    .count = count,
                                    .minimum = EL4ML_NEW(size_t, count),
                                    .class_agreement = NAN,
                                    .test_inertia = NAN,
                                    .test_class_agreement = NAN};
    if (one->minimum) memcpy(one->minimum, minimum, count * sizeof *minimum);
    return one->minimum != NULL;
}

/* The choices of ensembles of models, made by the same hand. */
static el4ml_status choose(const el4ml_ensembles_source *s, const el4ml_ensembles_options *o,
                           el4ml_clusterings *c, el4ml_error *error)
{
    el4ml_ensembles_inside inside = {.source = *s, .options = *o, .data = *s->data};
    el4ml_ensembles e = {.inside = &inside};
    inside.data.test = (el4ml_dataset){0};
    inside.source.data = &inside.data;
    size_t *minimum = EL4ML_NEW(size_t, o->members);
    el4ml_status status = minimum ? el4ml_select_members(&e, error) : no_memory(error);
    for (unsigned k = 0; status == EL4ML_OK && k < EL4ML_SELECTIONS; k++) {
        const el4ml_members *m = &e.selected[k];
        if (m->count < (k == EL4ML_SELECT_SINGLE ? 1u : 2u)) continue;
        for (size_t i = 0; i < m->count; i++)
            minimum[i] = e.candidates[m->candidate[i]].minimum;
        if (!keep_choice(c, (el4ml_selection)k, m->count, minimum)) status = no_memory(error);
    }
    for (size_t k = 0; k < EL4ML_SELECTIONS; k++)
        el4ml_release(e.selected[k].candidate);
    el4ml_release(e.candidates);
    el4ml_release(inside.owned);
    el4ml_release(inside.bag);
    el4ml_release(minimum);
    return status;
}

static el4ml_status draw_by_hits(const el4ml_ensembles_source *s, const el4ml_ensembles_options *o,
                                 el4ml_clusterings *c, el4ml_error *error)
{
    const size_t minima = el4ml_landscape_count(s->landscape, EL4ML_MINIMUM);
    uint64_t total = 0;
    for (size_t i = 0; i < minima; i++)
        total += (uint64_t)el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, i)->hits;
    if (total == 0) return EL4ML_OK;
    size_t *minimum = EL4ML_NEW(size_t, o->members);
    if (!minimum) return no_memory(error);
    el4ml_random random = el4ml_random_new(o->seed, PURPOSE_HITS, 0);
    for (size_t k = 0; k < o->members; k++) {
        uint64_t left = el4ml_random_below(&random, total);
        for (size_t i = 0; i < minima; i++) {
            const uint64_t hits = (uint64_t)el4ml_landscape_record(s->landscape, EL4ML_MINIMUM, i)->hits;
            minimum[k] = i;
            if (left < hits) break;
            left -= hits;
        }
    }
    const bool kept = keep_choice(c, EL4ML_SELECT_RESTARTS, o->members, minimum);
    el4ml_release(minimum);
    return kept ? EL4ML_OK : no_memory(error);
}

/* ---- Clusters of rows ---- */

static double square_distance(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

static void label_rows(const double *centroid, size_t clusters, const el4ml_dataset *d, size_t *label)
{
    for (size_t i = 0; i < d->rows; i++) {
        double best = INFINITY;
        for (size_t k = 0; k < clusters; k++) {
            const double square = square_distance(d->inputs, centroid + k * d->inputs, d->x + i * d->inputs);
            if (!(square < best)) continue;
            best = square;
            label[i] = k;
        }
    }
}

/* What a choice's members say of training and test rows, and what follows. */
typedef struct desk {
    const el4ml_ensembles_source *s;
    size_t clusters, members;
    size_t *train, *test;  /* (members, rows) */
    size_t *class;         /* (larger set of rows) the data's classes */
    size_t *assigned;      /* (test rows) consensus clusters */
    double *mean, *weight; /* (clusters, inputs), (clusters): of the consensus */
    double *share; /* (members, clusters, clusters): of a consensus cluster's rows in a member's cluster */
} desk;

static void clear_desk(desk *d)
{
    el4ml_release(d->train);
    el4ml_release(d->test);
    el4ml_release(d->class);
    el4ml_release(d->assigned);
    el4ml_release(d->mean);
    el4ml_release(d->weight);
    el4ml_release(d->share);
}

static bool fill_desk(desk *d, size_t members)
{
    const el4ml_data *data = d->s->data;
    const size_t train = data->train.rows, test = data->test.rows;
    d->train = EL4ML_NEW(size_t, members * train);
    d->test = EL4ML_NEW(size_t, members * test);
    d->class = EL4ML_NEW(size_t, train > test ? train : test);
    d->assigned = EL4ML_NEW(size_t, test);
    d->mean = EL4ML_NEW(double, d->clusters * data->train.inputs);
    d->weight = EL4ML_NEW(double, d->clusters);
    d->share = EL4ML_NEW(double, members * d->clusters * d->clusters);
    return d->train && d->test && d->class && d->assigned && d->mean && d->weight && d->share;
}

static void set_means(desk *d, const el4ml_consensus *c)
{
    const el4ml_dataset *t = &d->s->data->train;
    memset(d->mean, 0, d->clusters * t->inputs * sizeof *d->mean);
    memset(d->weight, 0, d->clusters * sizeof *d->weight);
    memset(d->share, 0, d->members * d->clusters * d->clusters * sizeof *d->share);
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t j = 0; j < t->inputs; j++)
            d->mean[c->cluster[i] * t->inputs + j] += t->x[i * t->inputs + j];
        d->weight[c->cluster[i]] += 1;
        for (size_t m = 0; m < d->members; m++)
            d->share[(m * d->clusters + c->cluster[i]) * d->clusters + d->train[m * t->rows + i]] += 1;
    }
    for (size_t k = 0; k < c->clusters; k++) {
        for (size_t j = 0; j < t->inputs; j++)
            d->mean[k * t->inputs + j] /= d->weight[k];
        for (size_t m = 0; m < d->members; m++)
            for (size_t l = 0; l < d->clusters; l++)
                d->share[(m * d->clusters + k) * d->clusters + l] /= d->weight[k];
    }
}

/* The consensus cluster with whose rows the members put a test row most often. */
static void assign_test_rows(desk *d, const el4ml_consensus *c)
{
    const size_t rows = d->s->data->test.rows;
    for (size_t i = 0; i < rows; i++) {
        double best = -1;
        for (size_t k = 0; k < c->clusters; k++) {
            double together = 0;
            for (size_t m = 0; m < d->members; m++)
                together += d->share[(m * d->clusters + k) * d->clusters + d->test[m * rows + i]];
            if (!(together > best)) continue;
            best = together;
            d->assigned[i] = k;
        }
    }
}

static double inertia_of(const desk *d, const el4ml_dataset *rows, const size_t *cluster)
{
    double sum = 0;
    for (size_t i = 0; i < rows->rows; i++)
        sum += square_distance(rows->inputs, d->mean + cluster[i] * rows->inputs, rows->x + i * rows->inputs);
    return rows->rows > 0 ? sum / (double)rows->rows : NAN;
}

static double agree_with_classes(desk *d, const el4ml_dataset *rows, const size_t *cluster)
{
    if (!rows->label || rows->rows == 0) return NAN;
    for (size_t i = 0; i < rows->rows; i++)
        d->class[i] = (size_t)rows->label[i];
    return el4ml_partition_agreement(rows->rows, cluster, d->clusters, d->class, rows->classes);
}

static el4ml_status combine(desk *d, el4ml_cluster_ensemble *one, el4ml_error *error)
{
    const el4ml_data *data = d->s->data;
    d->members = one->count;
    for (size_t m = 0; m < one->count; m++) {
        const double *x = el4ml_landscape_record(d->s->landscape, EL4ML_MINIMUM, one->minimum[m])->point.x;
        label_rows(x, d->clusters, &data->train, d->train + m * data->train.rows);
        label_rows(x, d->clusters, &data->test, d->test + m * data->test.rows);
    }
    const el4ml_status status = el4ml_consensus_new(d->train, one->count, data->train.rows, d->clusters,
                                                    d->clusters, &one->consensus, error);
    if (status != EL4ML_OK) return status;
    set_means(d, one->consensus);
    assign_test_rows(d, one->consensus);
    one->inertia = inertia_of(d, &data->train, one->consensus->cluster);
    one->class_agreement = agree_with_classes(d, &data->train, one->consensus->cluster);
    one->test_inertia = inertia_of(d, &data->test, d->assigned);
    one->test_class_agreement = agree_with_classes(d, &data->test, d->assigned);
    return EL4ML_OK;
}

/* ---- All of it ---- */

static void recommend(el4ml_clusterings *c)
{
    c->reproducibility = NAN;
    for (size_t k = 0; k < c->count; k++)
        if (c->ensembles[k].selection == EL4ML_SELECT_RESTARTS)
            c->reproducibility = c->ensembles[k].consensus->between;
    if (!(c->reproducibility > NEARLY_ALWAYS))
        for (size_t k = 1; k < c->count; k++)
            if (c->recommended == 0 ||
                c->ensembles[k].consensus->agreement > c->ensembles[c->recommended].consensus->agreement)
                c->recommended = k;
    const el4ml_consensus *best = c->ensembles[c->recommended].consensus;
    for (size_t i = 0; i < best->rows; i++)
        c->uncertain += best->certainty[i] < 0.5;
}

static el4ml_status fill(const el4ml_ensembles_source *s, const el4ml_ensembles_options *o,
                         el4ml_clusterings *c, el4ml_error *error)
{
    desk d = {.s = s, .clusters = c->clusters};
    el4ml_status status = choose(s, o, c, error);
    if (status == EL4ML_OK) status = draw_by_hits(s, o, c, error);
    if (status == EL4ML_OK && !fill_desk(&d, o->members)) status = no_memory(error);
    for (size_t k = 0; status == EL4ML_OK && k < c->count; k++)
        status = combine(&d, &c->ensembles[k], error);
    clear_desk(&d);
    if (status == EL4ML_OK) recommend(c);
    return status;
}

el4ml_status el4ml_clusterings_new(const el4ml_ensembles_source *s, const el4ml_ensembles_options *options,
                                   el4ml_clusterings **clusterings, el4ml_error *error)
{
    const el4ml_ensembles_options usual = el4ml_ensembles_options_default(), *o = options ? options : &usual;
    if (!s || !s->landscape || !s->network || !s->study || !s->surface || !s->data || o->members < 2)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "ensemble: nothing given");
    const size_t inputs = s->data->train.inputs, n = s->surface->info.dimension;
    if (strcmp(s->surface->ops.kind, "kmeans") != 0 || n % inputs != 0)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "ensemble: this surface (%s) is no clustering",
                          s->surface->info.description);
    el4ml_clusterings *c = EL4ML_NEW(el4ml_clusterings, 1);
    if (!c) return no_memory(error);
    c->clusters = n / inputs;
    c->train_rows = s->data->train.rows;
    c->test_rows = s->data->test.rows;
    c->ensembles = EL4ML_NEW(el4ml_cluster_ensemble, EL4ML_SELECTIONS + 1);
    const el4ml_status status = c->ensembles ? fill(s, o, c, error) : no_memory(error);
    if (status == EL4ML_OK)
        *clusterings = c;
    else
        el4ml_clusterings_free(c);
    return status;
}

/* ---- Words, JSON, figure ---- */

static void put(el4ml_builder *text, double value, int digits)
{
    char number[EL4ML_NUMBER_SIZE];
    el4ml_number_general(value, digits, number);
    el4ml_builder_text(text, number);
}

char *el4ml_clusterings_advice(const el4ml_clusterings *c)
{
    el4ml_builder text = {0};
    const el4ml_cluster_ensemble *best = &c->ensembles[c->recommended], *single = &c->ensembles[0];
    if (!isnan(c->reproducibility)) {
        el4ml_builder_text(&text,
                           "Two minima drawn as starts fall to them agree to an adjusted Rand index of ");
        put(&text, c->reproducibility, 3);
        el4ml_builder_text(&text, " on average. ");
    }
    if (c->recommended == 0) {
        el4ml_builder_format(&text,
                             "Use the lowest minimum, %zu, alone: there is nothing to gain from several.",
                             single->minimum[0] + 1);
        return el4ml_builder_take(&text);
    }
    el4ml_builder_format(&text, "Use the consensus of %zu minima (%s): it agrees with them to ", best->count,
                         el4ml_selection_name(best->selection));
    put(&text, best->consensus->agreement, 3);
    el4ml_builder_text(&text, ", they with each other to ");
    put(&text, best->consensus->between, 3);
    el4ml_builder_text(&text, "; its inertia is ");
    put(&text, best->inertia, 4);
    el4ml_builder_text(&text, " a row, that of the lowest minimum ");
    put(&text, single->inertia, 4);
    el4ml_builder_format(&text,
                         ". %zu of %zu rows are uncertain: their cluster changes from minimum to minimum.",
                         c->uncertain, c->train_rows);
    return el4ml_builder_take(&text);
}

static json_t *ensemble_object(const el4ml_cluster_ensemble *one)
{
    json_t *o = json_object(), *cluster = json_array();
    for (size_t i = 0; i < one->consensus->rows; i++)
        json_array_append_new(cluster, el4ml_json_integer(one->consensus->cluster[i] + 1));
    el4ml_json_put_text(o, "selection", el4ml_selection_name(one->selection));
    el4ml_json_put(o, "minima", el4ml_json_identifiers(one->minimum, one->count));
    el4ml_json_put_number(o, "agreement", one->consensus->agreement);
    el4ml_json_put_number(o, "between", one->consensus->between);
    el4ml_json_put_number(o, "certain", one->consensus->certain);
    el4ml_json_put_number(o, "inertia", one->inertia);
    el4ml_json_put_number(o, "class_agreement", one->class_agreement);
    el4ml_json_put_number(o, "test_inertia", one->test_inertia);
    el4ml_json_put_number(o, "test_class_agreement", one->test_class_agreement);
    el4ml_json_put(o, "cluster", cluster);
    el4ml_json_put(o, "certainty", el4ml_json_numbers(one->consensus->certainty, one->consensus->rows));
    return o;
}

char *el4ml_clusterings_json(const el4ml_clusterings *c)
{
    json_t *o = json_object(), *list = json_array();
    char *advice = el4ml_clusterings_advice(c);
    for (size_t k = 0; k < c->count; k++)
        json_array_append_new(list, ensemble_object(&c->ensembles[k]));
    el4ml_json_put_text(o, "predicts", "clusters");
    el4ml_json_put_count(o, "clusters", c->clusters);
    el4ml_json_put_count(o, "train_rows", c->train_rows);
    el4ml_json_put_count(o, "test_rows", c->test_rows);
    el4ml_json_put_number(o, "reproducibility", c->reproducibility);
    el4ml_json_put_count(o, "recommended", c->recommended);
    el4ml_json_put_count(o, "uncertain_rows", c->uncertain);
    el4ml_json_put_text(o, "recommendation", advice);
    el4ml_json_put(o, "ensembles", list);
    el4ml_release(advice);
    return el4ml_json_finish(o);
}

el4ml_status el4ml_clusterings_svg(const el4ml_clusterings *c, char **svg, el4ml_error *error)
{
    el4ml_interval rows[3][EL4ML_SELECTIONS + 1];
    const el4ml_interval_panel panels[3] = {{"consensus and members: adjusted Rand", rows[0]},
                                            {"two members: adjusted Rand", rows[1]},
                                            {"inertia a row", rows[2]}};
    for (size_t k = 0; k < c->count; k++) {
        const el4ml_cluster_ensemble *one = &c->ensembles[k];
        const double values[3] = {one->consensus->agreement, one->consensus->between, one->inertia};
        for (size_t p = 0; p < 3; p++)
            rows[p][k] = (el4ml_interval){.label = el4ml_selection_name(one->selection),
                                          .value = values[p],
                                          .low = NAN,
                                          .high = NAN,
                                          .group = one->selection,
                                          .marked = k == c->recommended};
    }
    const el4ml_intervals_options o = {
        .title = "Consensus of clusterings", .panels = panels, .panel_count = 3, .count = c->count};
    return el4ml_intervals_svg(&o, svg, error);
}
