/* The two products that all perceptron kernels are made of, tiled for the registers. Arrays over points are
 * (features, stride); the lanes of a vector are neighbouring points.
 *
 *   linear:  out[i][p] = bias[i] + sum_k w[i][k] in[k][p]         forward, and with w transposed, backward
 *   outer:   g[i][k]  += sum_p left[i][p] right[k][p]             gradients
 *
 * A tile of the first keeps ROWS units x COLUMNS vectors of points in registers and runs over k; a tile of
 * the second keeps ROWS x COLUMNS sums and runs over the points, then adds up their lanes, VECTOR_LANES sums
 * at a time. Both take a second pair of operands, which the R-operator's product rule needs. Only *_kernels.c
 * files include this. */
#ifndef EL4ML_SURFACE_MLP_TILES_H
#define EL4ML_SURFACE_MLP_TILES_H

#include "base/vector_math.h"
#include "el4ml/surfaces.h"

/* FEW rows or less leave room for more columns. */
#if VECTOR_LANES == 8 /* of 32 registers */
enum { LINEAR_ROWS = 6, LINEAR_COLUMNS = 4, OUTER_ROWS = 5, OUTER_COLUMNS = 5, FEW = 3, FEW_COLUMNS = 8 };
#else /* of 16 */
enum { LINEAR_ROWS = 6, LINEAR_COLUMNS = 2, OUTER_ROWS = 3, OUTER_COLUMNS = 4, FEW = 2, FEW_COLUMNS = 6 };
#endif

/* What an activation stores: its value; its slope too where that does not follow from the value; both
 * derivatives. */
typedef enum wanted { VALUE, SLOPE, CURVATURE } wanted;

/* How a result is multiplied by phi'(z). */
typedef enum slope_source { NO_SLOPE, SLOPE_ARRAY, SLOPE_OF_TANH, SLOPE_OF_LOGISTIC } slope_source;

typedef struct operand {
    const double *w; /* element (row, k) at w[row * row_step + k * column_step] */
    size_t row_step, column_step, columns;
    const double *in; /* (columns, stride) */
} operand;

typedef struct linear_task {
    size_t rows, points, stride;
    int operands;
    operand operand[2];
    const double *bias; /* (rows) or NULL */
    double *out;        /* (rows, stride) */

    slope_source slope;
    const double *slope_of; /* (rows, stride): phi', or h where phi' follows from it */
    double *spread;         /* not NULL: out is left as it is, and out times phi' goes here */
    const double *plus[2];  /* not NULL: the product of these (rows, stride) is added to out after all else */

    bool activate; /* out becomes phi(out) */
    el4ml_activation activation;
    wanted order;
    double *first, *second; /* (rows, stride) */
} linear_task;

typedef struct outer_task {
    size_t rows, columns, points, stride;
    const double *left[2], *right[2]; /* (rows, stride), (columns, stride); the second pair may be NULL */
    double *g, *bias;                 /* (rows, columns), (rows): sums of the rows of left[0] */
    bool add;                         /* to what is there */
} outer_task;

VECTOR_INLINE vector slope_at(slope_source kind, const double *p)
{
    const vector h = vector_load(p);
    if (kind == SLOPE_ARRAY) return h;
    return kind == SLOPE_OF_TANH ? 1 - h * h : h - h * h;
}

VECTOR_INLINE void linear_tile(const int rows, const int columns, const linear_task *t, size_t row,
                               size_t point)
{
    vector sum[LINEAR_ROWS][LINEAR_COLUMNS];
    UNROLL for (int i = 0; i < rows; i++)
    {
        const vector start = vector_all(t->bias ? t->bias[row + (size_t)i] : 0);
        UNROLL for (int j = 0; j < columns; j++) sum[i][j] = start;
    }
    const size_t stride = t->stride;
    for (int o = 0; o < t->operands; o++) {
        const operand *a = &t->operand[o];
        const double *w = a->w + row * a->row_step, *in = a->in + point;
        const size_t row_step = a->row_step;
        for (size_t k = a->columns; k > 0; k--) {
            vector x[LINEAR_COLUMNS];
            UNROLL for (int j = 0; j < columns; j++)
            {
                x[j] = vector_load(in + j * VECTOR_LANES);
                if (rows > 1) VECTOR_IN_REGISTER(x[j]);
            }
            UNROLL for (int i = 0; i < rows; i++)
            {
                const double c = w[(size_t)i * row_step];
                UNROLL for (int j = 0; j < columns; j++) sum[i][j] += c * x[j];
            }
            w += a->column_step;
            in += stride;
        }
    }
    const size_t at = row * stride + point;
    double *out = t->out + at;
    if (t->spread) {
        UNROLL for (int i = 0; i < rows; i++)
        {
            UNROLL for (int j = 0; j < columns; j++)
            {
                const size_t here = at + (size_t)i * stride + (size_t)j * VECTOR_LANES;
                vector_store(t->spread + here, sum[i][j] * vector_load(t->slope_of + here));
            }
        }
    } else if (t->slope != NO_SLOPE) {
        const double *h = t->slope_of + at;
        UNROLL for (int i = 0; i < rows; i++)
        {
            UNROLL for (int j = 0; j < columns; j++) sum[i][j] *=
                slope_at(t->slope, h + (size_t)i * stride + j * VECTOR_LANES);
        }
    }
    if (t->plus[0]) {
        UNROLL for (int i = 0; i < rows; i++)
        {
            UNROLL for (int j = 0; j < columns; j++)
            {
                const size_t here = at + (size_t)i * stride + (size_t)j * VECTOR_LANES;
                sum[i][j] += vector_load(t->plus[0] + here) * vector_load(t->plus[1] + here);
            }
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int j = 0; j < columns; j++)
            vector_store(out + (size_t)i * stride + j * VECTOR_LANES, sum[i][j]);
    }
}

#define LINEAR_CASE(r, c)                                                                                    \
    case (r)*8 + (c):                                                                                        \
        linear_tile(r, c, t, row, point);                                                                    \
        break;
#define LINEAR_CASES(c)                                                                                      \
    LINEAR_CASE(1, c)                                                                                        \
    LINEAR_CASE(2, c) LINEAR_CASE(3, c) LINEAR_CASE(4, c) LINEAR_CASE(5, c) LINEAR_CASE(6, c)

static inline void linear_any_tile(size_t rows, size_t columns, const linear_task *t, size_t row,
                                   size_t point)
{
    switch (rows * 8 + columns) {
        LINEAR_CASES(1)
        LINEAR_CASES(2)
#if VECTOR_LANES == 8
        LINEAR_CASES(3)
        LINEAR_CASES(4)
#endif
    default:
        break;
    }
}

/* Part `i` of `whole` cut into `parts` nearly equal pieces: where it starts. */
static inline size_t piece(size_t whole, size_t parts, size_t i)
{
    const size_t length = whole / parts, longer = whole % parts;
    return i * length + (i < longer ? i : longer);
}

#define ACTIVATION_LOOP(...)                                                                                 \
    for (size_t at = from; at < to; at += VECTOR_LANES) {                                                    \
        const vector z = vector_load(t->out + at);                                                           \
        __VA_ARGS__                                                                                          \
    }                                                                                                        \
    break

/* `count` vectors side by side: vector_tanh_each. */
VECTOR_INLINE void tanh_vectors(const int count, const bool derivatives, const linear_task *t, size_t at)
{
    vector h[TANH_TOGETHER];
    UNROLL for (int j = 0; j < count; j++) h[j] = vector_load(t->out + at + j * VECTOR_LANES);
    vector_tanh_each(count, h);
    UNROLL for (int j = 0; j < count; j++) vector_store(t->out + at + j * VECTOR_LANES, h[j]);
    if (!derivatives) return;
    UNROLL for (int j = 0; j < count; j++)
    {
        const vector slope = 1 - h[j] * h[j];
        vector_store(t->first + at + j * VECTOR_LANES, slope);
        vector_store(t->second + at + j * VECTOR_LANES, -2 * h[j] * slope);
    }
}

VECTOR_INLINE void tanh_range(const bool derivatives, const linear_task *t, size_t from, size_t to)
{
    enum { STEP = TANH_TOGETHER * VECTOR_LANES };
    for (; from + STEP <= to; from += STEP)
        tanh_vectors(TANH_TOGETHER, derivatives, t, from);
    for (; from < to; from += VECTOR_LANES)
        tanh_vectors(1, derivatives, t, from);
}

/* phi and its derivatives on t->out[from ... to - 1]. */
static inline void activate_range(const linear_task *t, size_t from, size_t to)
{
    const bool slopes = t->order >= SLOPE, both = t->order == CURVATURE;
    switch (t->activation) {
    case EL4ML_TANH:
        if (both)
            tanh_range(true, t, from, to);
        else
            tanh_range(false, t, from, to);
        break;
    case EL4ML_LOGISTIC:
        ACTIVATION_LOOP(
            const vector h = vector_logistic(z), d = h - h * h; vector_store(t->out + at, h); if (both) {
                vector_store(t->first + at, d);
                vector_store(t->second + at, d * (1 - 2 * h));
            });
    case EL4ML_SOFTPLUS:
        ACTIVATION_LOOP(
            /* u = e^-|z|; logistic(z) = 1 / (1 + u) or u / (1 + u) */
            const vector u = vector_exp_nonpositive(-vector_abs(z)), positive = vector_max(vector_all(0), z);
            const vector inverse = 1 / (u + 1),
            s = (vector)(((bits)inverse & (bits)(z >= 0)) | ((bits)(u * inverse) & (bits)(z < 0)));
            vector_store(t->out + at, positive + vector_log1p_unit(u));
            if (slopes) vector_store(t->first + at, s);
            if (both) vector_store(t->second + at, u * inverse * inverse););
    case EL4ML_GELU:
        ACTIVATION_LOOP(
            const vector a = vector_min(vector_all(37.0), vector_abs(z)), gauss = vector_exp(-0.5 * a * a);
            const vector tail = vector_normal_tail(a, gauss), density = gauss * 0.3989422804014327;
            const vector c = (vector)(((bits)(1 - tail) & (bits)(z >= 0)) | ((bits)tail & (bits)(z < 0)));
            vector_store(t->out + at, z * c); if (slopes) vector_store(t->first + at, c + z * density);
            if (both) vector_store(t->second + at, density * (2 - z * z)););
    case EL4ML_SILU:
        ACTIVATION_LOOP(const vector s = vector_logistic(z), d = s - s * s; vector_store(t->out + at, z * s);
                        if (slopes) vector_store(t->first + at, s + z * d);
                        if (both) vector_store(t->second + at, d * (2 + z * (1 - 2 * s))););
    case EL4ML_RELU:
        ACTIVATION_LOOP(vector_store(t->out + at, vector_max(vector_all(0), z)); if (slopes) {
            vector_store(t->first + at, (vector)((bits)vector_all(1) & (bits)(z > 0)));
        });
    }
}

/* On all of t->out: in one go where no padding lies between the rows. */
static inline void activate(const linear_task *t)
{
    if (t->points == t->stride) {
        activate_range(t, 0, t->rows * t->stride);
        return;
    }
    for (size_t i = 0; i < t->rows; i++)
        activate_range(t, i * t->stride, i * t->stride + t->points);
}

static inline void linear(const linear_task *t)
{
    enum { PANEL = LINEAR_COLUMNS * VECTOR_LANES };
    const size_t tiles = (t->rows + LINEAR_ROWS - 1) / LINEAR_ROWS;
    for (size_t point = 0; point < t->points; point += PANEL) {
        const size_t left = t->points - point, points = left < PANEL ? left : PANEL;
        for (size_t i = 0; i < tiles; i++) {
            const size_t row = piece(t->rows, tiles, i), rows = piece(t->rows, tiles, i + 1) - row;
            linear_any_tile(rows, points / VECTOR_LANES, t, row, point);
        }
    }
    if (t->activate) activate(t);
}

/* sum[i][k] += sum_p left[i][p] right[k][p] for one pair of operands; with the bias, after them sum[i] +=
 * sum_p left[i][p]: an addition, which other units of the processor do beside the products. */
VECTOR_INLINE void outer_sums(const int rows, const int columns, const bool bias, const outer_task *t,
                              int pair, vector *sum)
{
    const size_t stride = t->stride;
    const double *left = t->left[pair], *right = t->right[pair];
    for (size_t p = 0; p < t->points; p += VECTOR_LANES) {
        vector a[OUTER_ROWS];
        UNROLL for (int i = 0; i < rows; i++)
        {
            a[i] = vector_load(left + (size_t)i * stride + p);
            VECTOR_IN_REGISTER(a[i]);
            if (bias) sum[rows * columns + i] += a[i];
        }
        UNROLL for (int k = 0; k < columns; k++)
        {
            vector b = vector_load(right + (size_t)k * stride + p);
            VECTOR_IN_REGISTER(b);
            UNROLL for (int i = 0; i < rows; i++) sum[i * columns + k] += a[i] * b;
        }
    }
}

VECTOR_INLINE void outer_tile(const int rows, const int columns, const bool bias, const outer_task *t)
{
    enum { MOST = 32 }; /* sums, rounded up to whole vectors */
    const int count = rows * (columns + bias), groups = (count + VECTOR_LANES - 1) / VECTOR_LANES;
    vector sum[MOST];
    UNROLL for (int i = 0; i < groups * VECTOR_LANES; i++) sum[i] = vector_all(0);
    outer_sums(rows, columns, bias, t, 0, sum);
    if (t->left[1]) outer_sums(rows, columns, false, t, 1, sum);
    double result[MOST] __attribute__((aligned(64)));
    UNROLL for (int i = 0; i < groups; i++)
        vector_store(result + i * VECTOR_LANES, vector_sums(sum + i * VECTOR_LANES));
    double *g = t->g;
    for (int i = 0; i < rows; i++, g += t->columns) {
        UNROLL for (int k = 0; k < columns; k++) g[k] = (t->add ? g[k] : 0) + result[i * columns + k];
        if (bias) t->bias[i] = (t->add ? t->bias[i] : 0) + result[rows * columns + i];
    }
}

#define OUTER_CASE(r, c, b)                                                                                  \
    case (r)*32 + (c)*2 + (b):                                                                               \
        outer_tile(r, c, b, t);                                                                              \
        break;
#if VECTOR_LANES == 8
#define OUTER_FEW(c, b) OUTER_CASE(1, c, b) OUTER_CASE(2, c, b) OUTER_CASE(3, c, b)
#define OUTER_CASES(c, b) OUTER_FEW(c, b) OUTER_CASE(4, c, b) OUTER_CASE(5, c, b)
#else
#define OUTER_FEW(c, b) OUTER_CASE(1, c, b) OUTER_CASE(2, c, b)
#define OUTER_CASES(c, b) OUTER_FEW(c, b) OUTER_CASE(3, c, b)
#endif

static inline void outer_any_tile(size_t rows, size_t columns, bool bias, const outer_task *t)
{
    switch (rows * 32 + columns * 2 + bias) {
        OUTER_CASES(1, 0)
        OUTER_CASES(2, 0)
        OUTER_CASES(3, 0)
        OUTER_CASES(4, 0)
        OUTER_CASES(1, 1)
        OUTER_CASES(2, 1)
        OUTER_CASES(3, 1)
        OUTER_FEW(5, 1)
        OUTER_FEW(6, 0)
#if VECTOR_LANES == 8
        OUTER_CASES(5, 0)
        OUTER_CASES(4, 1)
        OUTER_FEW(7, 0)
        OUTER_FEW(8, 0)
        OUTER_FEW(6, 1)
        OUTER_FEW(7, 1)
#else
        OUTER_FEW(5, 0)
        OUTER_FEW(4, 1)
#endif
    default:
        break;
    }
}

/* The part of t that starts at this row and column. */
static inline outer_task outer_part(const outer_task *t, size_t row, size_t column)
{
    outer_task part = *t;
    for (int pair = 0; pair < 2 && t->left[pair]; pair++) {
        part.left[pair] += row * t->stride;
        part.right[pair] += column * t->stride;
    }
    part.g += row * t->columns + column;
    part.bias += row;
    return part;
}

/* Strips of columns, the bias counted as the last of them; it has company, as a layer has inputs. */
static inline void outer(const outer_task *t)
{
    const size_t across = t->columns + 1, widest = t->rows <= FEW ? FEW_COLUMNS : OUTER_COLUMNS;
    const size_t tiles = (t->rows + OUTER_ROWS - 1) / OUTER_ROWS, strips = (across + widest - 1) / widest;
    for (size_t k = 0; k < strips; k++) {
        const bool bias = k + 1 == strips;
        const size_t column = piece(across, strips, k),
                     columns = piece(across, strips, k + 1) - column - bias;
        for (size_t i = 0; i < tiles; i++) {
            const size_t row = piece(t->rows, tiles, i), rows = piece(t->rows, tiles, i + 1) - row;
            const outer_task part = outer_part(t, row, column);
            outer_any_tile(rows, columns, bias, &part);
        }
    }
}

#endif
