/* The full Hessian of a multilayer perceptron, by structure.
 *
 * Give the input z of one unit (l, j), the source, a tangent of 1 at every point. What the R-operator
 * (mlp_kernels.c) then makes of the layers m >= l, point by point, holds all second derivatives with
 * W_l[j][k], as dz/dW = h_{l-1,k}:
 *
 *   H[(l,j,k), (m,i,q)] = sum_p h_{l-1,k} ( R delta_{m,i} h_{m-1,q} + delta_{m,i} R h_{m-1,q} ) (bias: h = 1)
 *
 * Each sum over points is a matrix product: coefficients (R delta of all (j, i); or R h of all (j, q)) times
 * products of two features (h h; or h delta), with the lanes of the vectors along the products, so that no
 * lanes are left to be added up. Within a layer R delta is symmetric in i, j and h h in k, q: only i >= j and
 * q >= k are computed, a quarter of the block. R h is phi' of the source itself in the next layer. The rest
 * follows by symmetry.
 *
 * Source units are taken in groups whose coefficients fit w->coefficients; products are made for PANEL pairs
 * of features at a time and used for all rows of the group. */
#include <string.h>

#include "surface/mlp_losses.h"

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)

enum { PANEL = EL4ML_MLP_PANEL };

/* One matrix product added to the Hessian. Where the sum of row r and the pair of features (k, q) goes:
 * base[r][class] + offset, the class telling whether k or q is the bias, whose parameters lie apart. */
typedef struct gram {
    const double *coefficients; /* (rows, block) */
    size_t rows;
    const double *left, *right; /* (lefts, block), (rights, block) */
    size_t lefts, rights;
    bool right_has_bias; /* the last of them; the last of `left` always is the bias */
    bool triangle;       /* pairs with q >= k only */
    bool add;            /* to what is there already */
    size_t right_step;   /* from one q to the next in a row of the Hessian */
} gram;

typedef struct context {
    const el4ml_mlp *m;
    el4ml_mlp_workspace *w;
    const double *x;
    const block *b;
    double *h;
    bool first_block;
} context;

/* Neighbouring pairs whose sums go to numbers the same step apart. */
typedef struct run {
    size_t first, count, offset, class;
} run;

/* PANEL pairs of features, and where they go. */
typedef struct pairs {
    size_t count, left[PANEL], right[PANEL];
    size_t runs;
    run run[PANEL];
} pairs;

/* The next pairs from (*k, *q) on. */
static void next_pairs(const gram *g, size_t n, size_t *k, size_t *q, pairs *list)
{
    list->count = list->runs = 0;
    for (bool fresh = true; list->count < PANEL && *k < g->lefts; list->count++) {
        const bool left_bias = *k == g->lefts - 1, right_bias = g->right_has_bias && *q == g->rights - 1;
        if (fresh || right_bias)
            list->run[list->runs++] =
                (run){.first = list->count,
                      .offset = (left_bias ? 0 : *k * n) + (right_bias ? 0 : *q * g->right_step),
                      .class = (size_t)left_bias + 2 * (size_t)right_bias};
        list->run[list->runs - 1].count++;
        list->left[list->count] = *k;
        list->right[list->count] = *q;
        fresh = ++*q == g->rights;
        if (fresh) {
            ++*k;
            *q = g->triangle ? *k : 0;
        }
    }
}

/* panel (points, PANEL): products of the pairs, the pairs along the lanes. Returns the lanes in use. */
static size_t fill_panel(const context *c, const gram *g, const pairs *list, double *panel)
{
    const size_t stride = c->m->block;
    const size_t lanes = (list->count + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES;
    for (size_t start = 0; start < lanes; start += VECTOR_LANES) {
        const double *left[VECTOR_LANES], *right[VECTOR_LANES];
        for (size_t i = 0; i < VECTOR_LANES;
             i++) { /* lanes past the end repeat the last pair; nobody reads them */
            const size_t at = start + i < list->count ? start + i : list->count - 1;
            left[i] = g->left + list->left[at] * stride;
            right[i] = g->right + list->right[at] * stride;
        }
        for (size_t p = 0; p < c->b->points; p += VECTOR_LANES) {
            vector square[VECTOR_LANES];
            UNROLL for (int i = 0; i < VECTOR_LANES; i++) square[i] =
                vector_load(left[i] + p) * vector_load(right[i] + p);
            vector_transpose(square);
            UNROLL for (int i = 0; i < VECTOR_LANES; i++)
                vector_store(panel + (p + (size_t)i) * PANEL + start, square[i]);
        }
    }
    return lanes;
}

VECTOR_INLINE void scatter_run(size_t count, size_t step, bool add, const double *sum, double *to)
{
    size_t i = 0;
    for (; step == 1 && i + VECTOR_LANES <= count; i += VECTOR_LANES) {
        vector x = vector_load_unaligned(sum + i);
        if (add) x += vector_load_unaligned(to + i);
        vector_store_unaligned(to + i, x);
    }
    for (; i < count; i++)
        to[i * step] = (add ? to[i * step] : 0) + sum[i];
}

static void scatter(const context *c, const gram *g, const pairs *list, const double *sums)
{
    for (size_t r = 0; r < g->rows; r++)
        for (size_t i = 0; i < list->runs; i++) {
            const run *part = &list->run[i];
            const double *sum = sums + r * PANEL + part->first;
            double *to = c->h + c->w->bases[4 * r + part->class] + part->offset;
            if (g->add)
                scatter_run(part->count, g->right_step, true, sum, to);
            else
                scatter_run(part->count, g->right_step, false, sum, to);
        }
}

static void add_gram(const context *c, const gram *g)
{
    pairs list;
    size_t k = 0, q = 0;
    while (k < g->lefts) {
        next_pairs(g, c->m->dimension, &k, &q, &list);
        const size_t lanes = fill_panel(c, g, &list, c->w->panel);
        const linear_task t = {.rows = g->rows,
                               .points = lanes,
                               .stride = PANEL,
                               .operands = 1,
                               .operand = {{g->coefficients, c->m->block, 1, c->b->points, c->w->panel}},
                               .out = c->w->sums};
        linear(&t);
        scatter(c, g, &list, c->w->sums);
    }
}

/* Row r of a gram belongs to source (l, j); its columns start at `column`, that of the bias is `bias`. */
static void set_base(const context *c, size_t r, size_t l, size_t j, size_t column, size_t bias)
{
    const el4ml_mlp *m = c->m;
    const size_t n = m->dimension, row = (m->weights[l] + j * m->size[l - 1]) * n,
                 last = (m->biases[l] + j) * n;
    size_t *base = c->w->bases + 4 * r;
    base[0] = row + column;
    base[1] = last + column;
    base[2] = row + bias;
    base[3] = last + bias;
}

/* ---- Coefficients of one group of sources (l, from) ... (l, to - 1) ---- */

typedef struct group {
    size_t l, from, to;
    double *change[EL4ML_MLP_LAYERS + 1]; /* R delta_m: rows (j, i); layer l: only i >= j, packed */
    double *spread[EL4ML_MLP_LAYERS + 1]; /* R h_m, l < m < L: rows (j, q) */
} group;

/* Rows of w->coefficients that one source of layer l needs at most. */
static size_t rows_per_source(const el4ml_mlp *m, size_t l)
{
    size_t rows = m->size[l];
    for (size_t k = l + 1; k <= m->layers; k++)
        rows += m->size[k] * (k < m->layers ? 2 : 1);
    return rows;
}

static group group_new(const context *c, size_t l, size_t from)
{
    const el4ml_mlp *m = c->m;
    const size_t most = m->coefficient_rows / rows_per_source(m, l), left = m->size[l] - from;
    group g = {.l = l, .from = from, .to = from + (most < left ? most : left)};
    double *at = c->w->coefficients;
    for (size_t k = l; k <= m->layers; k++) {
        g.change[k] = at;
        at += (g.to - from) * m->size[k] * m->block;
        if (k == l || k == m->layers) continue;
        g.spread[k] = at;
        at += (g.to - from) * m->size[k] * m->block;
    }
    return g;
}

/* Where the packed rows (j, i >= j) of source j begin. */
static size_t packed_row(const group *g, size_t size, size_t j)
{
    size_t row = 0;
    for (size_t k = g->from; k < j; k++)
        row += size - k;
    return row;
}

/* R z_m and R h_m above the source, down to the change of the outputs. */
static void source_forward(const context *c, const group *g, size_t j)
{
    const el4ml_mlp *m = c->m;
    el4ml_mlp_workspace *w = c->w;
    const size_t stride = m->block;
    const double *in = w->first[g->l] + j * stride; /* R h of the source */
    for (size_t k = g->l + 1; k <= m->layers; k++) {
        operand a = forward_operand(m, k, c->x, in);
        if (k == g->l + 1) { /* of layer l only unit j has moved */
            a.w += j;
            a.columns = 1;
        }
        const linear_task t = {.rows = m->size[k],
                               .points = c->b->points,
                               .stride = stride,
                               .operands = 1,
                               .operand = {a},
                               .out = w->tangent[k]};
        linear(&t);
        if (k == m->layers) break;
        double *spread = g->spread[k] + (j - g->from) * m->size[k] * stride;
        for (size_t i = 0; i < m->size[k] * stride; i += VECTOR_LANES)
            vector_store(spread + i, vector_load(w->first[k] + i) * vector_load(w->tangent[k] + i));
        in = spread;
    }
}

/* R delta_m for l <= m < L below that of the outputs. */
static void source_backward(const context *c, const group *g, size_t j)
{
    const el4ml_mlp *m = c->m;
    el4ml_mlp_workspace *w = c->w;
    const size_t stride = m->block;
    for (size_t k = m->layers - 1; k >= g->l; k--) {
        const bool own = k == g->l;
        const size_t skip = own ? j : 0, rows = m->size[k] - skip;
        operand a =
            backward_operand(m, k + 1, c->x, g->change[k + 1] + (j - g->from) * m->size[k + 1] * stride);
        a.w += skip;
        double *out =
            g->change[k] + (own ? packed_row(g, m->size[k], j) : (j - g->from) * m->size[k]) * stride;
        const linear_task t = {.rows = rows,
                               .points = c->b->points,
                               .stride = stride,
                               .operands = 1,
                               .operand = {a},
                               .out = out,
                               .slope = SLOPE_ARRAY,
                               .slope_of = w->first[k] + skip * stride};
        linear(&t);
        const double *second = w->second[k] + skip * stride;
        for (size_t i = 0; i < (own ? 1 : rows) * stride; i += VECTOR_LANES) {
            const vector tangent = own ? vector_all(1) : vector_load(w->tangent[k] + i);
            vector_store(out + i, vector_load(out + i) + vector_load(second + i) * tangent);
        }
    }
}

/* Source j among the outputs: row i >= j of diag p - p p^T, of 2 / d_L, or of w->bend. */
static void output_source(const context *c, const group *g, size_t j)
{
    const el4ml_mlp *m = c->m;
    const size_t outputs = m->size[m->layers], stride = m->block;
    double *out = g->change[g->l] + packed_row(g, outputs, j) * stride;
    if (m->head == EL4ML_LOG_ODDS || m->head == EL4ML_PAIRS) {
        const size_t row = j * outputs - j * (j + 1) / 2 + j; /* of (j, j), then (j, j + 1) ... */
        memcpy(out, c->w->bend + row * stride, (outputs - j) * stride * sizeof *out);
        return;
    }
    const double *q = c->w->value[m->layers];
    const bool softmaxed = m->head != EL4ML_SQUARES;
    const double scale = (softmaxed ? 1 : 2 / (double)outputs) / (double)m->rows;
    for (size_t i = j; i < outputs; i++)
        for (size_t p = 0; p < c->b->points; p += VECTOR_LANES) {
            const vector weight = vector_load(c->b->present + p) * scale, own = vector_all(i == j);
            vector value = own * weight;
            if (softmaxed) value *= vector_load(q + i * stride + p);
            if (softmaxed)
                value -= weight * vector_load(q + i * stride + p) * vector_load(q + j * stride + p);
            vector_store(out + (i - j) * stride + p, value);
        }
}

static void fill_group(const context *c, const group *g)
{
    const el4ml_mlp *m = c->m;
    for (size_t j = g->from; j < g->to; j++) {
        if (g->l == m->layers) {
            output_source(c, g, j);
            continue;
        }
        source_forward(c, g, j);
        output_change(m, c->w, c->b, c->w->tangent[m->layers],
                      g->change[m->layers] + (j - g->from) * m->size[m->layers] * m->block);
        source_backward(c, g, j);
    }
}

/* ---- Blocks of the Hessian ---- */

/* sum_p h_{l-1,k} R delta_{m,i} h_{m-1,q} */
static void add_change_block(const context *c, const group *s, size_t to)
{
    const el4ml_mlp *m = c->m;
    const size_t in = m->size[to - 1];
    size_t rows = 0;
    for (size_t j = s->from; j < s->to; j++)
        for (size_t i = to == s->l ? j : 0; i < m->size[to]; i++)
            set_base(c, rows++, s->l, j, m->weights[to] + i * in, m->biases[to] + i);
    const gram g = {.coefficients = s->change[to],
                    .rows = rows,
                    .left = below(c->w, c->b, s->l),
                    .lefts = m->size[s->l - 1] + 1,
                    .right = below(c->w, c->b, to),
                    .rights = in + 1,
                    .right_has_bias = true,
                    .triangle = to == s->l,
                    .add = !c->first_block,
                    .right_step = 1};
    add_gram(c, &g);
}

/* sum_p h_{l-1,k} delta_{m,i} R h_{m-1,q}, m > l */
static void add_spread_block(const context *c, const group *s, size_t to)
{
    const el4ml_mlp *m = c->m;
    const size_t in = m->size[to - 1];
    const bool next = to == s->l + 1; /* only q = j, where R h = phi' */
    size_t rows = 0;
    for (size_t j = s->from; j < s->to; j++)
        for (size_t q = next ? j : 0; q < (next ? j + 1 : in); q++)
            set_base(c, rows++, s->l, j, m->weights[to] + q, 0);
    const gram g = {.coefficients = next ? c->w->first[s->l] + s->from * m->block : s->spread[to - 1],
                    .rows = rows,
                    .left = below(c->w, c->b, s->l),
                    .lefts = m->size[s->l - 1] + 1,
                    .right = c->w->delta[to],
                    .rights = m->size[to],
                    .add = true,
                    .right_step = in};
    add_gram(c, &g);
}

static void add_block(const context *c)
{
    const el4ml_mlp *m = c->m;
    if (!m->pairs || m->blocks > 1) forward(m, c->w, c->x, c->b, CURVATURE);
    loss(m, c->w, c->b, CURVATURE);
    backward_with_curvature(m, c->w, c->x, c->b);
    for (size_t l = 1; l <= m->layers; l++)
        for (size_t from = 0; from < m->size[l];) {
            const group g = group_new(c, l, from);
            fill_group(c, &g);
            for (size_t to = l; to <= m->layers; to++) {
                add_change_block(c, &g, to);
                if (to > l) add_spread_block(c, &g, to);
            }
            from = g.to;
        }
}

/* ---- What symmetry gives ---- */

static size_t parameter(const el4ml_mlp *m, size_t l, size_t unit, size_t k)
{
    return k < m->size[l - 1] ? m->weights[l] + unit * m->size[l - 1] + k : m->biases[l] + unit;
}

/* Within a layer: ((j,q), (i,k)) = ((j,k), (i,q)) for j < i, k < q. */
static void complete_layer(const el4ml_mlp *m, size_t l, double *h)
{
    const size_t n = m->dimension, in = m->size[l - 1], d = m->size[l];
    for (size_t j = 0; j < d; j++)
        for (size_t k = 0; k < in; k++) {
            const double *from = h + parameter(m, l, j, k) * n;
            for (size_t i = j + 1; i < d; i++) {
                const double *row = from + m->weights[l] + i * in;
                for (size_t q = k + 1; q < in; q++)
                    h[(m->weights[l] + j * in + q) * n + m->weights[l] + i * in + k] = row[q];
                h[(m->weights[l] + i * in + k) * n + m->biases[l] + j] = from[m->biases[l] + i];
            }
        }
}

VECTOR_INLINE void mirror_square(size_t n, const double *from, double *to)
{
    vector x[VECTOR_LANES];
    UNROLL for (size_t i = 0; i < VECTOR_LANES; i++) x[i] = vector_load_unaligned(from + i * n);
    vector_transpose(x);
    UNROLL for (size_t i = 0; i < VECTOR_LANES; i++) vector_store_unaligned(to + i * n, x[i]);
}

/* The lower triangle from the upper: squares of a vector's width, and what is left over number by number; in
 * larger squares that stay in cache. */
static void mirror(size_t n, double *h)
{
    enum { SQUARE = 32 };
    const size_t whole = n / VECTOR_LANES * VECTOR_LANES;
    for (size_t row = 0; row < whole; row += SQUARE)
        for (size_t column = row; column < whole; column += SQUARE)
            for (size_t i = row; i < whole && i < row + SQUARE; i += VECTOR_LANES)
                for (size_t k = column > i ? column : i + VECTOR_LANES; k < whole && k < column + SQUARE;
                     k += VECTOR_LANES)
                    mirror_square(n, h + i * n + k, h + k * n + i);
    for (size_t i = 0; i < n; i++) {
        const size_t square = i / VECTOR_LANES * VECTOR_LANES + VECTOR_LANES;
        for (size_t k = i + 1; k < square && k < whole; k++)
            h[k * n + i] = h[i * n + k];
        for (size_t k = i < whole ? whole : i + 1; k < n; k++)
            h[k * n + i] = h[i * n + k];
    }
}

void JOIN(el4ml_mlp_hessian, EL4ML_KERNEL_SET)(const el4ml_mlp *m, el4ml_mlp_workspace *w, const double *x,
                                               double *h)
{
    const size_t n = m->dimension;
    if (m->pairs) el4ml_mlp_pairs_(prepare)(m, w, x, CURVATURE);
    for (size_t i = 0; i < m->blocks; i++) {
        const block b = block_of(m, i);
        const context c = {m, w, x, &b, h, i == 0};
        add_block(&c);
    }
    for (size_t l = 1; l <= m->layers; l++)
        complete_layer(m, l, h);
    if (m->pairs) el4ml_mlp_pairs_(couple)(m, w, x, h);
    mirror(n, h);
    for (size_t l = 1; l <= m->layers; l++) {
        const size_t end = m->l2_biases ? m->biases[l] + m->size[l] : m->biases[l];
        for (size_t i = m->weights[l]; i < end; i++)
            h[i * n + i] += 2 * m->l2;
    }
}
