/* The smooth approximation of 1 - AUC: mean over pairs of a positive p and a negative q of sigma(-x), x =
 * beta (s_p - s_q), with its first and second derivatives by the scores. Direct here; the series that takes
 * over for many points is in auc_series_kernels.c.
 *
 *     f = sigma(-x),   f' = -beta k,   k = f (1 - f),   f'' = beta^2 k (1 - 2 f)
 *
 * sigma(-x) = e_q / (e_p + e_q) with e = e^(beta s): one exponential a point, one division a pair. */
#include "surface/auc_kernels.h"

#include <math.h>
#include <string.h>

#include "surface/mlp_tiles.h"

enum { ROWS = 4, TERMS = EL4ML_AUC_TERMS };

/* ---- Direct sums ---- */

/* sigma(b - a) from e^a, e^b; or, `wide`, from a and b. */
VECTOR_INLINE vector pair_loss(const bool wide, vector a, vector b)
{
    if (!wide) return b / (a + b);
    const vector x = a - b, t = vector_exp_nonpositive(-vector_abs(x)), inverse = 1 / (t + 1);
    return (vector)(((bits)(t * inverse) & (bits)(x >= 0)) | ((bits)inverse & (bits)(x < 0)));
}

/* Some positives with all negatives: sums of f, k and k (1 - 2 f), as far as `order` wants them. */
VECTOR_INLINE double sum_rows(const int rows, const bool wide, const el4ml_auc_term order,
                              const el4ml_auc_side *p, const el4ml_auc_side *q, size_t row)
{
    vector e[ROWS], total = vector_all(0), slope[ROWS], bend[ROWS];
    UNROLL for (int r = 0; r < rows; r++)
    {
        e[r] = vector_all(p->factor[row + (size_t)r]);
        slope[r] = bend[r] = vector_all(0);
    }
    for (size_t at = 0; at < q->count; at += VECTOR_LANES) {
        const vector other = vector_load(q->factor + at);
        vector slopes = vector_all(0), bends = vector_all(0);
        UNROLL for (int r = 0; r < rows; r++)
        {
            const vector f = pair_loss(wide, e[r], other);
            total += f;
            if (order == EL4ML_AUC_SUM) continue;
            const vector k = f - f * f;
            slope[r] += k;
            slopes += k;
            if (order == EL4ML_AUC_SLOPE) continue;
            const vector b = k - 2 * k * f;
            bend[r] += b;
            bends += b;
        }
        if (order >= EL4ML_AUC_SLOPE) vector_store(q->slope + at, vector_load(q->slope + at) + slopes);
        if (order >= EL4ML_AUC_BEND) vector_store(q->bend + at, vector_load(q->bend + at) + bends);
    }
    for (int r = 0; r < rows && order >= EL4ML_AUC_SLOPE; r++) {
        p->slope[row + (size_t)r] = vector_sum(slope[r]);
        if (order >= EL4ML_AUC_BEND) p->bend[row + (size_t)r] = vector_sum(bend[r]);
    }
    return vector_sum(total);
}

VECTOR_INLINE double sum_pairs(const bool wide, const el4ml_auc_term order, const el4ml_auc_side *side)
{
    const el4ml_auc_side *p = &side[0], *q = &side[1];
    double total = 0;
    size_t row = 0;
    for (; row + ROWS <= p->count; row += ROWS)
        total += sum_rows(ROWS, wide, order, p, q, row);
    for (; row < p->count; row++)
        total += sum_rows(1, wide, order, p, q, row);
    return total;
}

/* sum[p] = sum_q b_pq weight[q] and the other way round, b = k (1 - 2 f). */
VECTOR_INLINE void weigh_rows(const int rows, const bool wide, const el4ml_auc_side *p,
                              const el4ml_auc_side *q, size_t row)
{
    vector e[ROWS], weight[ROWS], sum[ROWS];
    UNROLL for (int r = 0; r < rows; r++)
    {
        e[r] = vector_all(p->factor[row + (size_t)r]);
        weight[r] = vector_all(p->weight[row + (size_t)r]);
        sum[r] = vector_all(0);
    }
    for (size_t at = 0; at < q->count; at += VECTOR_LANES) {
        const vector other = vector_load(q->factor + at), own = vector_load(q->weight + at);
        vector sums = vector_load(q->sum + at);
        UNROLL for (int r = 0; r < rows; r++)
        {
            const vector f = pair_loss(wide, e[r], other), k = f - f * f, b = k - 2 * k * f;
            sum[r] += b * own;
            sums += b * weight[r];
        }
        vector_store(q->sum + at, sums);
    }
    for (int r = 0; r < rows; r++)
        p->sum[row + (size_t)r] = vector_sum(sum[r]);
}

VECTOR_INLINE void weigh_pairs(const bool wide, const el4ml_auc_side *side)
{
    size_t row = 0;
    for (; row + ROWS <= side[0].count; row += ROWS)
        weigh_rows(ROWS, wide, &side[0], &side[1], row);
    for (; row < side[0].count; row++)
        weigh_rows(1, wide, &side[0], &side[1], row);
}

/* e^(u - middle), u = beta s: in range while all u lie within WIDEST of one another. */
static void set_factors(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score)
{
    enum { WIDEST = 1200 };
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < p->points; i++) {
        low = fmin(low, score[i]);
        high = fmax(high, score[i]);
    }
    w->middle = 0.5 * p->beta * (low + high);
    w->wide = !(p->beta * (high - low) <= WIDEST);
    for (int k = 0; k < 2; k++) {
        el4ml_auc_side *s = &w->side[k];
        for (size_t i = 0; i < s->count; i++)
            s->factor[i] = p->beta * score[s->first + i] - w->middle;
        for (size_t i = s->count; i < s->count + VECTOR_LANES; i++)
            s->factor[i] = w->wide ? -1e300 : 0;
        for (size_t i = 0; i < s->count && !w->wide; i += VECTOR_LANES) {
            vector e = vector_exp(vector_load(s->factor + i));
            if (i + VECTOR_LANES > s->count)
                for (size_t j = s->count - i; j < VECTOR_LANES; j++)
                    e[j] = 0;
            vector_store(s->factor + i, e);
        }
    }
}

static double direct(const el4ml_pairs_work *w, el4ml_auc_term order)
{
    const el4ml_auc_side *side = w->side;
    for (size_t i = 0; i < side[1].count + VECTOR_LANES && order >= EL4ML_AUC_SLOPE; i++)
        side[1].slope[i] = side[1].bend[i] = 0;
    if (order == EL4ML_AUC_SUM)
        return w->wide ? sum_pairs(true, EL4ML_AUC_SUM, side) : sum_pairs(false, EL4ML_AUC_SUM, side);
    if (order == EL4ML_AUC_SLOPE)
        return w->wide ? sum_pairs(true, EL4ML_AUC_SLOPE, side) : sum_pairs(false, EL4ML_AUC_SLOPE, side);
    return w->wide ? sum_pairs(true, EL4ML_AUC_BEND, side) : sum_pairs(false, EL4ML_AUC_BEND, side);
}

/* ---- By the series ---- */

/* out += factor times what the other side does to each side; `odd`: f(x) of the positives is -f(x) of the
 * negatives. */
static void series_term(const el4ml_pairs *p, el4ml_pairs_work *w, el4ml_auc_term term, double positive,
                        double negative, double *out)
{
    const double factor[2] = {positive, negative};
    for (int k = 0; k < 2; k++) {
        el4ml_auc_side *to = &w->side[k], *from = &w->side[1 - k];
        el4ml_auc_(act)(p, from, to, w->boxes, term, to->local[0]);
        el4ml_auc_(evaluate)(to, w->boxes, to->local[0], factor[k], out);
    }
}

/* The sum of f over all pairs: of the positives' moments with what the negatives do to their boxes. */
static double series_sum(const el4ml_pairs *p, el4ml_pairs_work *w)
{
    el4ml_auc_side *to = &w->side[0];
    double total = 0;
    el4ml_auc_(act)(p, &w->side[1], to, w->boxes, EL4ML_AUC_SUM, to->local[0]);
    for (size_t b = 0; b < w->boxes; b++)
        for (size_t k = b * EL4ML_AUC_TERMS; to->begin[b] < to->begin[b + 1] && k < (b + 1) * EL4ML_AUC_TERMS;
             k++)
            total += to->moment[k] * to->local[0][k];
    return total;
}

static double series(const el4ml_pairs *p, el4ml_pairs_work *w, double *delta, double *bend)
{
    const double scale = 1 / p->pairs, first = p->beta * scale, second = p->beta * first;
    for (int k = 0; k < 2; k++)
        el4ml_auc_(moments)(&w->side[k], w->boxes);
    if (delta) {
        memset(delta, 0, p->stride * sizeof *delta);
        series_term(p, w, EL4ML_AUC_SLOPE, -first, first, delta);
    }
    if (bend) {
        memset(bend, 0, p->stride * sizeof *bend);
        series_term(p, w, EL4ML_AUC_BEND, second, -second, bend);
    }
    return scale * series_sum(p, w);
}

/* ---- The kernels ---- */

static double loss(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score, double *delta,
                   double *bend)
{
    const double scale = 1 / p->pairs, first = p->beta * scale, second = p->beta * first;
    w->boxes = 0;
    w->score = score;
    if (p->series && el4ml_auc_(sort)(p, w, score)) return series(p, w, delta, bend);
    set_factors(p, w, score);
    const double total = direct(w, bend ? EL4ML_AUC_BEND : delta ? EL4ML_AUC_SLOPE : EL4ML_AUC_SUM);
    for (int k = 0; k < 2; k++) {
        const el4ml_auc_side *s = &w->side[k];
        for (size_t i = 0; delta && i < s->count; i++)
            delta[s->first + i] = (k ? first : -first) * s->slope[i];
        for (size_t i = 0; bend && i < s->count; i++)
            bend[s->first + i] = second * s->bend[i];
    }
    for (size_t i = p->points; i < p->stride; i++) {
        if (delta) delta[i] = 0;
        if (bend) bend[i] = 0;
    }
    return scale * total;
}

/* change_p = bend_p t_p - sum_q b_pq t_q; t is centred, as a shift of all scores changes nothing. */
static void product(const el4ml_pairs *p, el4ml_pairs_work *w, const double *score, const double *bend,
                    const double *tangent, double *change)
{
    (void)score;
    const double second = p->beta * p->beta / p->pairs;
    double mean = 0;
    for (size_t i = 0; i < p->points; i++)
        mean += tangent[i];
    mean /= (double)p->points;
    for (size_t i = 0; i < p->stride; i++)
        change[i] = i < p->points ? bend[i] * (tangent[i] - mean) : 0;
    if (w->boxes > 0) {
        for (int k = 0; k < 2; k++) {
            el4ml_auc_side *s = &w->side[k];
            for (size_t at = 0; at < s->begin[w->boxes]; at++)
                s->here[at] = s->point[at] != SIZE_MAX ? tangent[s->point[at]] - mean : 0;
            el4ml_auc_(moments)(s, w->boxes);
        }
        series_term(p, w, EL4ML_AUC_BEND, -second, second, change);
        return;
    }
    for (int k = 0; k < 2; k++) {
        const el4ml_auc_side *s = &w->side[k];
        for (size_t i = 0; i < s->count + VECTOR_LANES; i++) {
            s->weight[i] = i < s->count ? tangent[s->first + i] - mean : 0;
            s->sum[i] = 0;
        }
    }
    if (w->wide)
        weigh_pairs(true, w->side);
    else
        weigh_pairs(false, w->side);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < w->side[k].count; i++)
            change[w->side[k].first + i] -= second * w->side[k].sum[i];
}

/* ---- What joins points: -second (X + X^T), X = J+^T b J- ---- */

/* Points themselves, or the moments of their boxes, whichever is less. */
static size_t plan(const el4ml_pairs *p, el4ml_pairs_work *w)
{
    const size_t moments = 2 * w->boxes * EL4ML_AUC_TERMS;
    w->compressed = w->boxes > 0 && moments < p->points;
    return w->compressed ? moments : p->points;
}

static void gather(const el4ml_pairs *p, el4ml_pairs_work *w, const el4ml_pairs_slab *slab, double *nodes)
{
    const size_t width = slab->width;
    (void)p;
    if (!w->compressed) {
        memcpy(nodes + slab->point * width, slab->rows, slab->count * width * sizeof *nodes);
        return;
    }
    if (slab->point == 0) memset(nodes, 0, 2 * w->boxes * TERMS * width * sizeof *nodes);
    for (size_t i = 0; i < slab->count; i++) {
        const size_t point = slab->point + i, side = point >= w->side[1].first ? w->boxes : 0;
        const double *row = slab->rows + i * width, place = w->place[point];
        double *moment = nodes + (side + w->box[point]) * TERMS * width, before = 1, now = place;
        for (size_t k = 0; k < TERMS; k++, moment += width) {
            const vector term = vector_all(before);
            for (size_t j = 0; j < width; j += VECTOR_LANES)
                vector_store(moment + j, vector_load(moment + j) + term * vector_load(row + j));
            const double next = 2 * place * now - before;
            before = now;
            now = next;
        }
    }
}

/* coupled[row ...] += matrix (rows, columns) of w->matrix times nodes; the rows behind `coupled` are scratch.
 */
static void multiply(const el4ml_pairs_work *w, size_t rows, size_t columns, size_t width,
                     const double *nodes, double *coupled, double *scratch)
{
    const linear_task t = {.rows = rows,
                           .points = width,
                           .stride = width,
                           .operands = 1,
                           .operand = {{w->matrix, EL4ML_PAIRS_COLUMNS, 1, columns, nodes}},
                           .out = scratch};
    linear(&t);
    for (size_t i = 0; i < rows * width; i += VECTOR_LANES)
        vector_store(coupled + i, vector_load(coupled + i) + vector_load(scratch + i));
}

/* b_pq of some positives and negatives, into w->matrix. */
VECTOR_INLINE void fill_points(const bool wide, const el4ml_pairs_work *w, size_t row, size_t rows,
                               size_t column, size_t columns)
{
    const el4ml_auc_side *p = &w->side[0], *q = &w->side[1];
    for (size_t r = 0; r < rows; r++) {
        const vector e = vector_all(p->factor[row + r]);
        for (size_t c = 0; c < columns; c += VECTOR_LANES) {
            const vector f = pair_loss(wide, e, vector_load(q->factor + column + c)), k = f - f * f;
            vector_store(w->matrix + r * EL4ML_PAIRS_COLUMNS + c, k - 2 * k * f);
        }
    }
}

static void couple_points(const el4ml_pairs_work *w, size_t width, const double *nodes, double *coupled)
{
    const size_t positives = w->side[0].count, negatives = w->side[1].count;
    for (size_t row = 0; row < positives; row += EL4ML_PAIRS_TILE) {
        const size_t left = positives - row, rows = left < EL4ML_PAIRS_TILE ? left : EL4ML_PAIRS_TILE;
        for (size_t column = 0; column < negatives; column += EL4ML_PAIRS_COLUMNS) {
            const size_t rest = negatives - column,
                         columns = rest < EL4ML_PAIRS_COLUMNS ? rest : EL4ML_PAIRS_COLUMNS;
            if (w->wide)
                fill_points(true, w, row, rows, column, columns);
            else
                fill_points(false, w, row, rows, column, columns);
            multiply(w, rows, columns, width, nodes + (positives + column) * width, coupled + row * width,
                     coupled + positives * width);
        }
    }
}

/* What the moments of the negatives' boxes do to box a. */
static void fill_moments(const el4ml_pairs *p, const el4ml_pairs_work *w, size_t a)
{
    const double *table = p->series + (size_t)EL4ML_AUC_BEND * (EL4ML_AUC_REACH + 1) * TERMS * TERMS;
    for (size_t b = 0; b < w->boxes; b++) {
        const size_t d = b > a ? b - a : a - b;
        const double *c = table + (d > EL4ML_AUC_REACH ? 0 : d) * TERMS * TERMS;
        for (size_t k = 0; k < TERMS; k++)
            for (size_t l = 0; l < TERMS; l++) {
                const double sign = d > EL4ML_AUC_REACH ? 0 : b > a && (k + l) % 2 == 0 ? -1 : 1;
                w->matrix[k * EL4ML_PAIRS_COLUMNS + b * TERMS + l] = sign * c[l * TERMS + k];
            }
    }
}

static el4ml_pairs_coupling couple(const el4ml_pairs *p, el4ml_pairs_work *w, size_t width, double *nodes,
                                   double *coupled)
{
    const size_t boxes = w->boxes, rows = w->compressed ? boxes * TERMS : w->side[0].count;
    memset(coupled, 0, rows * width * sizeof *coupled);
    if (!w->compressed) {
        if (boxes > 0) set_factors(p, w, w->score);
        couple_points(w, width, nodes, coupled);
    }
    for (size_t a = 0; w->compressed && a < boxes; a++) {
        if (w->side[0].begin[a] == w->side[0].begin[a + 1]) continue;
        fill_moments(p, w, a);
        multiply(w, TERMS, boxes * TERMS, width, nodes + boxes * TERMS * width, coupled + a * TERMS * width,
                 coupled + rows * width);
    }
    return (el4ml_pairs_coupling){rows, nodes, coupled, -p->beta * p->beta / p->pairs, true};
}

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

const el4ml_pairs_kernels JOIN(el4ml_auc_kernels, EL4ML_KERNEL_SET) = {loss, product, plan, gather, couple};
