/* The auc loss by its separated series: sorting into boxes, moments, what they do to boxes, and evaluation.
 */
#include "surface/auc_kernels.h"

#include <math.h>

enum { TERMS = EL4ML_AUC_TERMS, REACH = EL4ML_AUC_REACH, TOGETHER = 4, PARTS = TERMS / VECTOR_LANES };

/* ---- Boxes ---- */

static double box_of(double beta, double score)
{
    return floor(beta * score * (1 / EL4ML_AUC_WIDTH));
}

/* Counts into begin[1 ...], then where each box begins, padded. */
static size_t begin_boxes(el4ml_auc_side *s, size_t boxes, const size_t *box)
{
    for (size_t b = 0; b <= boxes; b++)
        s->begin[b] = 0;
    for (size_t i = s->first; i < s->first + s->count; i++)
        s->begin[box[i] + 1]++;
    size_t filled = 0;
    for (size_t b = 1; b <= boxes; b++) {
        filled += s->begin[b] > 0;
        s->begin[b] =
            s->begin[b - 1] + (s->begin[b] + EL4ML_PAIRS_LANES - 1) / EL4ML_PAIRS_LANES * EL4ML_PAIRS_LANES;
    }
    return filled;
}

static void sort_side(const el4ml_pairs *p, const el4ml_pairs_work *w, el4ml_auc_side *s, const double *score)
{
    size_t next[EL4ML_AUC_BOXES];
    for (size_t b = 0; b < w->boxes; b++)
        next[b] = s->begin[b];
    for (size_t at = 0; at < s->begin[w->boxes]; at++) {
        s->point[at] = SIZE_MAX;
        s->place[at] = s->here[at] = 0;
    }
    for (size_t i = s->first; i < s->first + s->count; i++) {
        const size_t b = w->box[i], at = next[b]++;
        const double u = p->beta * score[i] * (2 / EL4ML_AUC_WIDTH);
        w->place[i] = u - (2 * (w->lowest + (double)b) + 1);
        s->point[at] = i;
        s->place[at] = w->place[i];
        s->here[at] = 1;
    }
}

bool el4ml_auc_(sort)(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < p->points; i++) {
        low = fmin(low, score[i]);
        high = fmax(high, score[i]);
    }
    w->lowest = box_of(p->beta, low);
    const double boxes = box_of(p->beta, high) - w->lowest + 1;
    if (!(boxes <= EL4ML_AUC_BOXES)) return false; /* NaN too */
    for (size_t i = 0; i < p->points; i++)
        w->box[i] = (size_t)(box_of(p->beta, score[i]) - w->lowest);
    const size_t a = begin_boxes(&w->side[0], (size_t)boxes, w->box),
                 b = begin_boxes(&w->side[1], (size_t)boxes, w->box);
    if (EL4ML_AUC_COST_POINT * (double)p->points + EL4ML_AUC_COST_BOXES * (double)(a * b) > p->pairs)
        return false;
    w->boxes = (size_t)boxes;
    for (int k = 0; k < 2; k++)
        sort_side(p, w, &w->side[k], score);
    return true;
}

/* ---- Moments: sum_i weight_i T_k(place_i) for each box ---- */

VECTOR_INLINE void add_moments(const int count, const double *place, const double *weight, vector *sum)
{
    vector two[TOGETHER], before[TOGETHER], now[TOGETHER];
    UNROLL for (int i = 0; i < count; i++)
    {
        two[i] = vector_load(place + i * VECTOR_LANES);
        before[i] = vector_load(weight + i * VECTOR_LANES);
        now[i] = two[i] * before[i];
        two[i] += two[i];
    }
    for (int k = 0; k < TERMS; k++) {
        vector total = before[0];
        UNROLL for (int i = 1; i < count; i++) total += before[i];
        sum[k] += total;
        UNROLL for (int i = 0; i < count; i++)
        {
            const vector next = two[i] * now[i] - before[i];
            before[i] = now[i];
            now[i] = next;
        }
    }
}

void el4ml_auc_(moments)(el4ml_auc_side *s, size_t boxes)
{
    enum { STEP = TOGETHER * VECTOR_LANES };
    for (size_t b = 0; b < boxes; b++) {
        vector sum[TERMS];
        for (int k = 0; k < TERMS; k++)
            sum[k] = vector_all(0);
        size_t at = s->begin[b];
        const size_t end = s->begin[b + 1];
        for (; at + STEP <= end; at += STEP)
            add_moments(TOGETHER, s->place + at, s->here + at, sum);
        for (; at < end; at += VECTOR_LANES)
            add_moments(1, s->place + at, s->here + at, sum);
        double *moment = s->moment + b * TERMS, *turned = s->turned + b * TERMS;
        for (int k = 0; k < TERMS; k += VECTOR_LANES)
            vector_store(moment + k, vector_sums(sum + k));
        for (int k = 0; k < TERMS; k++)
            turned[k] = k & 1 ? -moment[k] : moment[k];
    }
}

/* ---- What the moments of one side do to the boxes of the other ---- */

/* local += sum_l moment_l c[l], all terms. */
VECTOR_INLINE void act(const double *c, const double *moment, vector *local)
{
    for (int l = 0; l < TERMS; l++, c += TERMS)
        UNROLL for (int i = 0; i < PARTS; i++) local[i] += moment[l] * vector_load(c + i * VECTOR_LANES);
}

/* f(-x) = parity f(x), but for sigma: f(-x) = 1 - f(x). */
static void act_on_box(const el4ml_pairs *p, const el4ml_auc_side *from, size_t boxes, el4ml_auc_term term,
                       size_t a, double *local)
{
    const double *table = p->series + (size_t)term * (REACH + 1) * TERMS * TERMS;
    const double parity = term == EL4ML_AUC_SLOPE ? 1 : -1;
    vector above[PARTS], below[PARTS];
    double whole = 0;
    for (int i = 0; i < PARTS; i++)
        above[i] = below[i] = vector_all(0);
    for (size_t b = 0; b < boxes; b++) {
        if (from->begin[b] == from->begin[b + 1]) continue;
        if (b > a && term == EL4ML_AUC_SUM) whole += from->moment[b * TERMS];
        const size_t d = b > a ? b - a : a - b;
        if (d > REACH) continue;
        const double *c = table + d * TERMS * TERMS;
        if (b > a)
            act(c, from->turned + b * TERMS, below);
        else
            act(c, from->moment + b * TERMS, above);
    }
    for (int i = 0; i < PARTS; i++)
        for (int j = 0; j < VECTOR_LANES; j++) {
            const int k = i * VECTOR_LANES + j;
            local[k] = above[i][j] + (k & 1 ? -parity : parity) * below[i][j] + (k == 0 ? whole : 0);
        }
}

void el4ml_auc_(act)(const el4ml_pairs *p, const el4ml_auc_side *from, const el4ml_auc_side *to, size_t boxes,
                     el4ml_auc_term term, double *local)
{
    for (size_t a = 0; a < boxes; a++)
        if (to->begin[a] < to->begin[a + 1]) act_on_box(p, from, boxes, term, a, local + a * TERMS);
}

/* ---- Evaluation: sum_k local_k T_k(place) by Clenshaw's recurrence ---- */

VECTOR_INLINE void evaluate_some(const int count, const double *place, const double *local, vector *value)
{
    vector two[TOGETHER], now[TOGETHER], before[TOGETHER];
    UNROLL for (int i = 0; i < count; i++)
    {
        two[i] = 2 * vector_load(place + i * VECTOR_LANES);
        now[i] = before[i] = vector_all(0);
    }
    for (int k = TERMS - 1; k > 0; k--)
        UNROLL for (int i = 0; i < count; i++)
        {
            const vector next = two[i] * now[i] + (local[k] - before[i]);
            before[i] = now[i];
            now[i] = next;
        }
    UNROLL for (int i = 0; i < count; i++) value[i] = 0.5 * two[i] * now[i] + (local[0] - before[i]);
}

VECTOR_INLINE void evaluate_at(const int count, const el4ml_auc_side *s, size_t at, const double *local,
                               double factor, double *out)
{
    vector value[TOGETHER];
    evaluate_some(count, s->place + at, local, value);
    for (int i = 0; i < count * VECTOR_LANES; i++) {
        const size_t point = s->point[at + (size_t)i];
        if (point != SIZE_MAX) out[point] += factor * value[i / VECTOR_LANES][i % VECTOR_LANES];
    }
}

void el4ml_auc_(evaluate)(const el4ml_auc_side *s, size_t boxes, const double *local, double factor,
                          double *out)
{
    enum { STEP = TOGETHER * VECTOR_LANES };
    for (size_t b = 0; b < boxes; b++) {
        size_t at = s->begin[b];
        for (; at + STEP <= s->begin[b + 1]; at += STEP)
            evaluate_at(TOGETHER, s, at, local + b * TERMS, factor, out);
        for (; at < s->begin[b + 1]; at += VECTOR_LANES)
            evaluate_at(1, s, at, local + b * TERMS, factor, out);
    }
}
