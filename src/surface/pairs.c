/* Losses over pairs: which points, which pairs, and memory. */
#include "surface/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "surface/pairs_work.h"

static const uint64_t purpose_pairs = 0x7061697273u;

double el4ml_pairs_of(size_t n)
{
    return 0.5 * (double)n * ((double)n - 1);
}

static el4ml_status no_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "mlp: out of memory for pairs of rows");
}

/* ---- Points sorted by class ---- */

/* Auc: the positive class first. */
static size_t rank_of(const el4ml_mlp_options *o, int32_t label)
{
    return o->loss == EL4ML_AUC ? (size_t)label != o->positive : (size_t)label;
}

static bool sort_points(el4ml_pairs *p, const el4ml_mlp_options *o, const el4ml_dataset *data, size_t *order)
{
    p->classes = data->classes;
    p->start = EL4ML_NEW(size_t, p->classes + 2);
    if (!p->start) return false;
    size_t *next = p->start + 1; /* one ahead while they are counted */
    for (size_t i = 0; i < p->points; i++)
        next[rank_of(o, data->label[i]) + 1]++;
    for (size_t c = 1; c <= p->classes; c++)
        next[c] += next[c - 1];
    for (size_t i = 0; i < p->points; i++)
        order[next[rank_of(o, data->label[i])]++] = i;
    return true; /* next[c] has become the start of c + 1 */
}

/* ---- Pairs drawn ---- */

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Open addressing; 0 is free, so numbers are kept one higher. False: it was there. */
static bool insert(uint64_t *table, uint64_t mask, uint64_t number)
{
    uint64_t at = (number * UINT64_C(0x9e3779b97f4a7c15)) >> 20 & mask;
    for (; table[at]; at = (at + 1) & mask)
        if (table[at] == number + 1) return false;
    table[at] = number + 1;
    return true;
}

/* `count` different numbers below `bound`, ascending: Floyd's algorithm (Bentley and Floyd, Commun. ACM 30,
 * 754, 1987). */
static bool sample(uint64_t seed, uint64_t bound, uint64_t count, uint64_t *numbers)
{
    uint64_t size = 4;
    while (size < 2 * count)
        size *= 2;
    uint64_t *table = EL4ML_NEW(uint64_t, size);
    if (!table) return false;
    el4ml_random random = el4ml_random_new(seed, purpose_pairs, 0);
    for (uint64_t k = 0; k < count; k++) {
        const uint64_t last = bound - count + k, drawn = el4ml_random_below(&random, last + 1);
        if (insert(table, size - 1, drawn)) {
            numbers[k] = drawn;
        } else {
            insert(table, size - 1, last);
            numbers[k] = last;
        }
    }
    el4ml_release(table);
    qsort(numbers, count, sizeof *numbers, ascending);
    return true;
}

/* The pair's larger row: the largest j with j (j - 1) / 2 <= number. */
static size_t larger_row(uint64_t number)
{
    uint64_t j = (uint64_t)(0.5 + sqrt(0.25 + 2 * (double)number));
    while (j * (j - 1) / 2 > number)
        j--;
    while (j * (j + 1) / 2 <= number)
        j++;
    return (size_t)j;
}

/* Of one class first; in the order of the numbers otherwise. */
static void split_pairs(el4ml_pairs *p, const uint64_t *numbers, const size_t *point, const int32_t *label)
{
    size_t at = 0;
    for (int same = 1; same >= 0; same--) {
        for (size_t k = 0; k < p->drawn; k++) {
            const size_t j = larger_row(numbers[k]), i = (size_t)(numbers[k] - (uint64_t)j * (j - 1) / 2);
            if ((label[i] == label[j]) != same) continue;
            p->first[at] = point[i];
            p->second[at++] = point[j];
        }
        if (same) p->same = at;
    }
}

/* The draw does not depend on how the points are sorted. */
static bool draw_pairs(el4ml_pairs *p, const el4ml_mlp_options *o, const el4ml_dataset *data,
                       const size_t *order)
{
    const uint64_t all = (uint64_t)p->points * (p->points - 1) / 2;
    if (o->pairs == 0 || o->pairs >= all) return true;
    p->drawn = (size_t)o->pairs;
    p->first = EL4ML_NEW(size_t, p->drawn);
    p->second = EL4ML_NEW(size_t, p->drawn);
    uint64_t *numbers = EL4ML_NEW(uint64_t, p->drawn);
    size_t *point = EL4ML_NEW(size_t, p->points);
    const bool good =
        p->first && p->second && numbers && point && sample(o->pair_seed, all, o->pairs, numbers);
    for (size_t k = 0; good && k < p->points; k++)
        point[order[k]] = k;
    if (good) split_pairs(p, numbers, point, data->label);
    el4ml_release(numbers);
    el4ml_release(point);
    return good;
}

/* ---- Construction ---- */

static const el4ml_pairs_kernels *kernels_of(el4ml_loss loss, el4ml_kernel_set set)
{
    const bool auc = loss == EL4ML_AUC;
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return auc ? &el4ml_auc_kernels_avx512 : &el4ml_contrastive_kernels_avx512;
    if (set == EL4ML_AVX2) return auc ? &el4ml_auc_kernels_avx2 : &el4ml_contrastive_kernels_avx2;
#endif
    (void)set;
    return auc ? &el4ml_auc_kernels_baseline : &el4ml_contrastive_kernels_baseline;
}

static bool fill(el4ml_pairs *p, const el4ml_mlp_options *o, const el4ml_dataset *data, size_t *order)
{
    if (!sort_points(p, o, data, order)) return false;
    if (o->loss == EL4ML_CONTRASTIVE) {
        if (!draw_pairs(p, o, data, order)) return false;
        p->pairs = p->drawn ? (double)p->drawn : el4ml_pairs_of(p->points);
        return true;
    }
    const double positives = (double)p->start[1], negatives = (double)p->points - positives;
    p->pairs = positives * negatives;
    if (p->pairs < EL4ML_AUC_FEWEST) return true;
    p->series = EL4ML_NEW(double, 3 * (EL4ML_AUC_REACH + 1) * EL4ML_AUC_TERMS * EL4ML_AUC_TERMS);
    if (p->series) el4ml_auc_series(p->series);
    return p->series != NULL;
}

el4ml_status el4ml_pairs_new(const el4ml_mlp_options *o, const el4ml_dataset *data, size_t outputs,
                             size_t stride, el4ml_kernel_set set, size_t *order, el4ml_pairs **pairs,
                             el4ml_error *error)
{
    el4ml_pairs *p = EL4ML_NEW(el4ml_pairs, 1);
    if (!p) return no_memory(error);
    p->loss = o->loss;
    p->points = data->rows;
    p->stride = stride;
    p->outputs = outputs;
    p->beta = o->beta > 0 ? o->beta : o->loss == EL4ML_AUC ? 1 : 10;
    p->margin = o->margin;
    p->epsilon = o->epsilon;
    p->kernels = kernels_of(o->loss, set);
    if (!fill(p, o, data, order)) {
        el4ml_pairs_free(p);
        return no_memory(error);
    }
    *pairs = p;
    return EL4ML_OK;
}

void el4ml_pairs_free(el4ml_pairs *p)
{
    if (!p) return;
    el4ml_release(p->start);
    el4ml_release(p->first);
    el4ml_release(p->second);
    el4ml_release(p->series);
    el4ml_release(p);
}

/* ---- One thread's memory ---- */

static size_t padded(size_t count)
{
    return (count + EL4ML_PAIRS_LANES - 1) / EL4ML_PAIRS_LANES * EL4ML_PAIRS_LANES;
}

/* Cuts memory, or with `at` NULL only counts. */
static double *cut(double **at, size_t *count, size_t size)
{
    double *taken = *at;
    *count += padded(size);
    if (*at) *at += padded(size);
    return taken;
}

static size_t auc_numbers(const el4ml_pairs *p, el4ml_pairs_work *w, double *memory)
{
    const size_t boxes = p->series ? EL4ML_AUC_BOXES : 0, moments = boxes * EL4ML_AUC_TERMS;
    size_t count = 0;
    for (int k = 0; k < 2; k++) {
        el4ml_auc_side *s = &w->side[k];
        s->first = k ? p->start[1] : 0;
        s->count = k ? p->points - p->start[1] : p->start[1];
        const size_t direct = s->count + EL4ML_PAIRS_LANES,
                     sorted = boxes ? padded(s->count) + boxes * EL4ML_PAIRS_LANES : 0;
        double **const at[] = {&s->factor, &s->slope,  &s->bend,   &s->weight,   &s->sum,     &s->place,
                               &s->here,   &s->moment, &s->turned, &s->local[0], &s->local[1]};
        const size_t size[] = {direct, direct,  direct,  direct,  direct, sorted,
                               sorted, moments, moments, moments, moments};
        for (size_t i = 0; i < sizeof at / sizeof *at; i++)
            *at[i] = cut(&memory, &count, size[i]);
    }
    w->place = cut(&memory, &count, boxes ? p->points : 0);
    w->matrix = cut(&memory, &count, EL4ML_PAIRS_TILE * EL4ML_PAIRS_COLUMNS);
    return count;
}

static size_t contrastive_numbers(const el4ml_pairs *p, el4ml_pairs_work *w, double *memory)
{
    const size_t points = p->outputs * (p->stride + EL4ML_PAIRS_LANES), sums = p->classes * p->outputs;
    double **const at[] = {&w->f, &w->g, &w->h, &w->slope, &w->bend, &w->mean, &w->total};
    const size_t size[] = {points, points, points, p->drawn, p->drawn, sums, sums};
    size_t count = 0;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        *at[i] = cut(&memory, &count, size[i]);
    return count;
}

static size_t auc_indices(const el4ml_pairs *p, el4ml_pairs_work *w, size_t *memory)
{
    if (!p->series) return 0;
    size_t count = p->points;
    w->box = memory;
    for (int k = 0; k < 2; k++) {
        w->side[k].point = memory ? memory + count : NULL;
        count += padded(w->side[k].count) + EL4ML_AUC_BOXES * EL4ML_PAIRS_LANES;
    }
    return count;
}

el4ml_pairs_work *el4ml_pairs_work_new(const el4ml_pairs *p)
{
    el4ml_pairs_work *w = EL4ML_NEW(el4ml_pairs_work, 1);
    if (!w) return NULL;
    const bool auc = p->loss == EL4ML_AUC;
    w->numbers = EL4ML_NEW(double, auc ? auc_numbers(p, w, NULL) : contrastive_numbers(p, w, NULL));
    w->indices = EL4ML_NEW(size_t, auc ? auc_indices(p, w, NULL) : 0);
    if (!w->numbers || !w->indices) {
        el4ml_pairs_work_free(w);
        return NULL;
    }
    if (auc) {
        auc_numbers(p, w, w->numbers);
        auc_indices(p, w, w->indices);
    } else {
        contrastive_numbers(p, w, w->numbers);
    }
    return w;
}

void el4ml_pairs_work_free(el4ml_pairs_work *w)
{
    if (!w) return;
    el4ml_release(w->numbers);
    el4ml_release(w->indices);
    el4ml_release(w);
}
