#include "insight/clustering.h"

#include <math.h>

#include "base/memory.h"
#include "el4ml/saddle.h"
#include "el4ml/surfaces.h"

#define MOST_ROWS 3000 /* of a silhouette */

enum { PURPOSE_STARTS = 41 };

static double square(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

void el4ml_nearest_labels(const el4ml_dataset *data, size_t clusters, const double *c, size_t *label)
{
    for (size_t i = 0; i < data->rows; i++) {
        double least = INFINITY;
        for (size_t k = 0; k < clusters; k++) {
            const double s = square(data->inputs, data->x + i * data->inputs, c + k * data->inputs);
            if (!(s < least)) continue;
            least = s;
            label[i] = k;
        }
    }
}

static double pairs(double count)
{
    return 0.5 * count * (count - 1);
}

double el4ml_rand_index(size_t rows, size_t clusters, const size_t *a, const size_t *b)
{
    double *table = EL4ML_NEW(double, clusters *clusters + 2 * clusters);
    if (!table) return NAN;
    double *of_a = table + clusters * clusters, *of_b = of_a + clusters, both = 0, in_a = 0, in_b = 0;
    for (size_t i = 0; i < rows; i++) {
        table[a[i] * clusters + b[i]]++;
        of_a[a[i]]++;
        of_b[b[i]]++;
    }
    for (size_t k = 0; k < clusters * clusters; k++)
        both += pairs(table[k]);
    for (size_t k = 0; k < clusters; k++) {
        in_a += pairs(of_a[k]);
        in_b += pairs(of_b[k]);
    }
    el4ml_release(table);
    const double expected = in_a * in_b / pairs((double)rows), most = 0.5 * (in_a + in_b);
    return most == expected ? 1 : (both - expected) / (most - expected);
}

/* Of row i among the chosen; sum: (clusters) scratch. A row alone in its cluster counts 0. */
static double width(const el4ml_dataset *data, size_t clusters, const size_t *label, const size_t *chosen,
                    size_t count, const double *size, size_t i, double *sum)
{
    for (size_t k = 0; k < clusters; k++)
        sum[k] = 0;
    for (size_t m = 0; m < count; m++)
        sum[label[chosen[m]]] +=
            sqrt(square(data->inputs, data->x + i * data->inputs, data->x + chosen[m] * data->inputs));
    const size_t own = label[i];
    if (!(size[own] > 1)) return 0;
    const double inside = sum[own] / (size[own] - 1);
    double outside = INFINITY;
    for (size_t k = 0; k < clusters; k++)
        if (k != own && size[k] > 0) outside = fmin(outside, sum[k] / size[k]);
    const double larger = fmax(inside, outside);
    return larger > 0 && isfinite(outside) ? (outside - inside) / larger : 0;
}

double el4ml_silhouette(const el4ml_dataset *data, size_t clusters, const size_t *label, el4ml_random random)
{
    const size_t count = data->rows < MOST_ROWS ? data->rows : MOST_ROWS;
    size_t *chosen = EL4ML_NEW(size_t, data->rows);
    double *size = EL4ML_NEW(double, 2 * clusters), sum = 0;
    if (!chosen || !size || clusters < 2) {
        el4ml_release(chosen);
        el4ml_release(size);
        return NAN;
    }
    for (size_t i = 0; i < data->rows; i++)
        chosen[i] = i;
    if (count < data->rows) el4ml_random_shuffle(&random, data->rows, chosen);
    for (size_t m = 0; m < count; m++)
        size[label[chosen[m]]]++;
    for (size_t m = 0; m < count; m++)
        sum += width(data, clusters, label, chosen, count, size, chosen[m], size + clusters);
    el4ml_release(chosen);
    el4ml_release(size);
    return sum / (double)count;
}

double el4ml_davies_bouldin(const el4ml_dataset *data, size_t clusters, const double *c, const size_t *label)
{
    const size_t d = data->inputs;
    double *spread = EL4ML_NEW(double, 2 * clusters), sum = 0;
    if (!spread || clusters < 2) {
        el4ml_release(spread);
        return NAN;
    }
    double *size = spread + clusters;
    for (size_t i = 0; i < data->rows; i++) {
        spread[label[i]] += sqrt(square(d, data->x + i * d, c + label[i] * d));
        size[label[i]]++;
    }
    for (size_t k = 0; k < clusters; k++)
        spread[k] /= fmax(1, size[k]);
    for (size_t k = 0; k < clusters; k++) {
        double worst = 0;
        for (size_t l = 0; l < clusters; l++)
            if (l != k) worst = fmax(worst, (spread[k] + spread[l]) / sqrt(square(d, c + k * d, c + l * d)));
        sum += worst;
    }
    el4ml_release(spread);
    return sum / (double)clusters;
}

static el4ml_status repeat(el4ml_searcher *s, size_t starts, uint64_t seed, size_t n, double *work, double *c,
                           double *inertia, size_t *hits)
{
    el4ml_stationary point = {.x = work};
    *inertia = INFINITY;
    *hits = 0;
    for (size_t k = 0; k < starts; k++) {
        el4ml_random random = el4ml_random_new(seed, PURPOSE_STARTS, k);
        el4ml_initialise(el4ml_searcher_evaluator(s), &random, work);
        const el4ml_status status = el4ml_search_minimum(s, work, &point);
        if (status == EL4ML_NOT_CONVERGED) continue;
        if (status != EL4ML_OK) return status;
        const double near = 1e-9 * fmax(1e-300, *inertia);
        if (point.energy < *inertia - near || !isfinite(*inertia)) {
            *hits = 0;
            *inertia = point.energy;
            for (size_t i = 0; i < n; i++)
                c[i] = work[i];
        }
        *hits += point.energy <= *inertia + near;
    }
    return isfinite(*inertia) ? EL4ML_OK : EL4ML_NOT_CONVERGED;
}

el4ml_status el4ml_best_of_starts(const el4ml_dataset *data, size_t clusters, size_t starts, uint64_t seed,
                                  const volatile bool *cancel, double *c, double *inertia, size_t *hits,
                                  el4ml_error *error)
{
    const el4ml_search_options options = el4ml_search_options_default();
    el4ml_surface *surface = NULL;
    el4ml_searcher *searcher = NULL;
    size_t there;
    el4ml_status status = el4ml_kmeans_new(clusters, data, &surface, error);
    if (status == EL4ML_OK) status = el4ml_searcher_new(surface, &options, &searcher, error);
    double *work = EL4ML_NEW(double, clusters * data->inputs);
    if (status == EL4ML_OK && !work) status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    if (status == EL4ML_OK) {
        el4ml_searcher_evaluator(searcher)->cancel = cancel;
        status =
            repeat(searcher, starts, seed, clusters * data->inputs, work, c, inertia, hits ? hits : &there);
        if (status != EL4ML_OK) el4ml_fail(error, status, "K-means: %s", el4ml_status_text(status));
    }
    el4ml_release(work);
    el4ml_searcher_free(searcher);
    el4ml_surface_free(surface);
    return status;
}
