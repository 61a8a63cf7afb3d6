/* Consensus of clusterings. Rows with the same labels in all of them are one item with a weight; average
 * linkage merges items until as many groups are left as asked for. */
#include "el4ml/consensus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { MOST_ITEMS = 10000 };

/* ---- The adjusted Rand index ---- */

static double pairs(double count)
{
    return count * (count - 1) / 2;
}

double el4ml_partition_agreement(size_t rows, const size_t *a, size_t a_most, const size_t *b, size_t b_most)
{
    double *table = EL4ML_NEW(double, a_most *b_most), together = 0, in_a = 0, in_b = 0;
    if (!table) return NAN;
    for (size_t i = 0; i < rows; i++)
        table[a[i] * b_most + b[i]] += 1;
    for (size_t k = 0; k < a_most; k++) {
        double sum = 0;
        for (size_t l = 0; l < b_most; l++) {
            together += pairs(table[k * b_most + l]);
            sum += table[k * b_most + l];
        }
        in_a += pairs(sum);
    }
    for (size_t l = 0; l < b_most; l++) {
        double sum = 0;
        for (size_t k = 0; k < a_most; k++)
            sum += table[k * b_most + l];
        in_b += pairs(sum);
    }
    el4ml_release(table);
    const double chance = in_a * in_b / fmax(pairs((double)rows), 1), most = (in_a + in_b) / 2;
    return most > chance ? (together - chance) / (most - chance) : 1;
}

/* ---- Items ---- */

typedef struct linkage {
    const size_t *label;
    size_t clusterings, rows, most;
    size_t items;
    size_t *order, *item; /* (rows) rows sorted by their labels; the item of each row */
    size_t *first;        /* (items) a row of it */
    double *weight;       /* (items) rows, then of the groups they have merged into */
    double *similarity;   /* (items, items) mean co-association of groups */
    size_t *group;        /* (items) the item whose group it is in */
    bool *gone;           /* (items) merged into another */
} linkage;

static void clear(linkage *l)
{
    el4ml_release(l->order);
    el4ml_release(l->item);
    el4ml_release(l->first);
    el4ml_release(l->weight);
    el4ml_release(l->similarity);
    el4ml_release(l->group);
    el4ml_release(l->gone);
}

static int compare_rows(const linkage *l, size_t i, size_t j)
{
    for (size_t m = 0; m < l->clusterings; m++) {
        const size_t a = l->label[m * l->rows + i], b = l->label[m * l->rows + j];
        if (a != b) return a < b ? -1 : 1;
    }
    return 0;
}

/* A stable merge sort; qsort takes no context. */
static void sort_rows(const linkage *l, size_t *order, size_t *scratch, size_t count)
{
    if (count < 2) return;
    const size_t half = count / 2;
    sort_rows(l, order, scratch, half);
    sort_rows(l, order + half, scratch, count - half);
    memcpy(scratch, order, count * sizeof *order);
    size_t a = 0, b = half;
    for (size_t k = 0; k < count; k++)
        order[k] = b >= count || (a < half && compare_rows(l, scratch[a], scratch[b]) <= 0) ? scratch[a++]
                                                                                            : scratch[b++];
}

static bool find_items(linkage *l)
{
    size_t *scratch = EL4ML_NEW(size_t, l->rows);
    l->order = EL4ML_NEW(size_t, l->rows);
    l->item = EL4ML_NEW(size_t, l->rows);
    l->first = EL4ML_NEW(size_t, l->rows);
    l->weight = EL4ML_NEW(double, l->rows);
    const bool good = scratch && l->order && l->item && l->first && l->weight;
    if (good) {
        for (size_t i = 0; i < l->rows; i++)
            l->order[i] = i;
        sort_rows(l, l->order, scratch, l->rows);
        for (size_t k = 0; k < l->rows; k++) {
            if (k == 0 || compare_rows(l, l->order[k - 1], l->order[k]) != 0)
                l->first[l->items++] = l->order[k];
            l->item[l->order[k]] = l->items - 1;
            l->weight[l->items - 1] += 1;
        }
    }
    el4ml_release(scratch);
    return good;
}

static double association(const linkage *l, size_t i, size_t j)
{
    size_t same = 0;
    for (size_t m = 0; m < l->clusterings; m++)
        same += l->label[m * l->rows + i] == l->label[m * l->rows + j];
    return (double)same / (double)l->clusterings;
}

/* ---- Average linkage ---- */

static bool begin(linkage *l)
{
    l->similarity = EL4ML_NEW(double, l->items * l->items);
    l->group = EL4ML_NEW(size_t, l->items);
    l->gone = EL4ML_NEW(bool, l->items);
    if (!l->similarity || !l->group || !l->gone) return false;
    for (size_t a = 0; a < l->items; a++) {
        l->group[a] = a;
        for (size_t b = 0; b < a; b++)
            l->similarity[a * l->items + b] = l->similarity[b * l->items + a] =
                association(l, l->first[a], l->first[b]);
    }
    return true;
}

static void closest(const linkage *l, size_t *a, size_t *b)
{
    double best = -1;
    for (size_t i = 0; i < l->items; i++)
        for (size_t j = 0; j < i && !l->gone[i]; j++) {
            if (l->gone[j] || !(l->similarity[i * l->items + j] > best)) continue;
            best = l->similarity[i * l->items + j];
            *a = j;
            *b = i;
        }
}

/* b into a. */
static void join(linkage *l, size_t a, size_t b)
{
    const double u = l->weight[a], v = l->weight[b];
    for (size_t k = 0; k < l->items; k++) {
        double *to = &l->similarity[a * l->items + k];
        *to = (u * *to + v * l->similarity[b * l->items + k]) / (u + v);
        l->similarity[k * l->items + a] = *to;
        if (l->group[k] == b) l->group[k] = a;
    }
    l->weight[a] = u + v;
    l->gone[b] = true;
}

/* ---- The answer ---- */

static void number_clusters(const linkage *l, size_t *number, el4ml_consensus *c)
{
    for (size_t k = 0; k < l->items; k++)
        number[k] = SIZE_MAX;
    c->clusters = 0;
    for (size_t i = 0; i < l->rows; i++) {
        const size_t group = l->group[l->item[i]];
        if (number[group] == SIZE_MAX) number[group] = c->clusters++;
        c->cluster[i] = number[group];
    }
}

/* sum, count: (clusters) */
static void set_certainty(const linkage *l, double *sum, double *count, el4ml_consensus *c)
{
    double total = 0;
    size_t known = 0;
    for (size_t i = 0; i < l->rows; i++) {
        double other = c->clusters > 1 ? 0 : NAN;
        for (size_t k = 0; k < c->clusters; k++)
            sum[k] = count[k] = 0;
        for (size_t j = 0; j < l->rows; j++) {
            if (j == i) continue;
            sum[c->cluster[j]] += association(l, i, j);
            count[c->cluster[j]] += 1;
        }
        for (size_t k = 0; k < c->clusters; k++)
            if (k != c->cluster[i]) other = fmax(other, sum[k] / count[k]);
        c->certainty[i] = sum[c->cluster[i]] / count[c->cluster[i]] - other;
        if (isnan(c->certainty[i])) continue;
        total += c->certainty[i];
        known++;
    }
    c->certain = known > 0 ? total / (double)known : NAN;
}

static bool set_agreement(const linkage *l, el4ml_consensus *c)
{
    double with = 0, among = 0;
    for (size_t a = 0; a < l->clusterings; a++) {
        const size_t *label = l->label + a * l->rows;
        with += el4ml_partition_agreement(l->rows, c->cluster, c->clusters, label, l->most);
        for (size_t b = 0; b < a; b++)
            among += el4ml_partition_agreement(l->rows, label, l->most, l->label + b * l->rows, l->most);
    }
    const double count = (double)l->clusterings;
    c->agreement = with / count;
    c->between = l->clusterings > 1 ? among / pairs(count) : NAN;
    return !isnan(with) && !isnan(among);
}

static bool finish(const linkage *l, el4ml_consensus *c)
{
    size_t *number = EL4ML_NEW(size_t, l->items);
    double *room = EL4ML_NEW(double, 2 * l->items);
    c->cluster = EL4ML_NEW(size_t, l->rows);
    c->certainty = EL4ML_NEW(double, l->rows);
    bool good = number && room && c->cluster && c->certainty;
    if (good) {
        number_clusters(l, number, c);
        set_certainty(l, room, room + l->items, c);
        good = set_agreement(l, c);
    }
    el4ml_release(number);
    el4ml_release(room);
    return good;
}

static el4ml_status check(const linkage *l, size_t clusters, el4ml_error *error)
{
    if (!l->label || l->clusterings == 0 || l->rows == 0 || clusters == 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "consensus: nothing given");
    for (size_t k = 0; k < l->clusterings * l->rows; k++)
        if (l->label[k] >= l->most)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "consensus: label %zu is out of range", k);
    return EL4ML_OK;
}

static el4ml_status link_all(linkage *l, size_t clusters, el4ml_consensus *c, el4ml_error *error)
{
    bool good = find_items(l);
    if (good && l->items > MOST_ITEMS)
        return el4ml_fail(error, EL4ML_NOT_SUPPORTED, "consensus: %zu rows that differ, more than %d",
                          l->items, MOST_ITEMS);
    good = good && begin(l);
    for (size_t left = l->items; good && left > clusters; left--) {
        size_t a = 0, b = 1;
        closest(l, &a, &b);
        join(l, a, b);
    }
    good = good && finish(l, c);
    return good ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "consensus: out of memory");
}

el4ml_status el4ml_consensus_new(const size_t *label, size_t clusterings, size_t rows, size_t most,
                                 size_t clusters, el4ml_consensus **consensus, el4ml_error *error)
{
    linkage l = {.label = label, .clusterings = clusterings, .rows = rows, .most = most};
    el4ml_status status = check(&l, clusters, error);
    if (status != EL4ML_OK) return status;
    el4ml_consensus *c = EL4ML_NEW(el4ml_consensus, 1);
    if (!c) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "consensus: out of memory");
    c->rows = rows;
    c->clusterings = clusterings;
    status = link_all(&l, clusters, c, error);
    clear(&l);
    if (status == EL4ML_OK)
        *consensus = c;
    else
        el4ml_consensus_free(c);
    return status;
}

void el4ml_consensus_free(el4ml_consensus *c)
{
    if (!c) return;
    el4ml_release(c->cluster);
    el4ml_release(c->certainty);
    el4ml_release(c);
}
