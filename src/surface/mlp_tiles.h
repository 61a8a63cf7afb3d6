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

#if VECTOR_LANES == 8
enum { LINEAR_ROWS = 6, LINEAR_COLUMNS = 4, OUTER_ROWS = 5, OUTER_COLUMNS = 5 }; /* of 32 registers */
#else
enum { LINEAR_ROWS = 6, LINEAR_COLUMNS = 2, OUTER_ROWS = 3, OUTER_COLUMNS = 4 }; /* of 16 */
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

    bool activate; /* out becomes phi(out) */
    el4ml_activation activation;
    wanted order;
    double *first, *second; /* (rows, stride) */
} linear_task;

typedef struct outer_task {
    size_t rows, columns, points, stride;
    int pairs;
    const double *left[2], *right[2]; /* (rows, stride), (columns + 1, stride): the last one for the bias */
    double *g, *bias;                 /* (rows, columns), (rows) */
    bool add;
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
            UNROLL for (int j = 0; j < columns; j++) x[j] = vector_load(in + j * VECTOR_LANES);
            UNROLL for (int i = 0; i < rows; i++)
            {
                const double c = w[(size_t)i * row_step];
                UNROLL for (int j = 0; j < columns; j++) sum[i][j] += c * x[j];
            }
            w += a->column_step;
            in += stride;
        }
    }
    double *out = t->out + row * stride + point;
    if (t->slope != NO_SLOPE) {
        const double *h = t->slope_of + row * stride + point;
        UNROLL for (int i = 0; i < rows; i++)
        {
            UNROLL for (int j = 0; j < columns; j++) sum[i][j] *=
                slope_at(t->slope, h + (size_t)i * stride + j * VECTOR_LANES);
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
    for (size_t i = row; i < row + rows; i++)                                                                \
        for (size_t p = point; p < point + points; p += VECTOR_LANES) {                                      \
            const size_t at = i * t->stride + p;                                                             \
            const vector z = vector_load(t->out + at);                                                       \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    break

VECTOR_INLINE void tanh_row(const int count, const linear_task *t, size_t at)
{
    vector h[LINEAR_COLUMNS];
    UNROLL for (int j = 0; j < count; j++) h[j] = vector_load(t->out + at + j * VECTOR_LANES);
    vector_tanh_each(count, h);
    UNROLL for (int j = 0; j < count; j++) vector_store(t->out + at + j * VECTOR_LANES, h[j]);
    if (t->order < CURVATURE) return;
    UNROLL for (int j = 0; j < count; j++)
    {
        const vector slope = 1 - h[j] * h[j];
        vector_store(t->first + at + j * VECTOR_LANES, slope);
        vector_store(t->second + at + j * VECTOR_LANES, -2 * h[j] * slope);
    }
}

/* Side by side: vector_tanh_each. */
static inline void activate_tanh(const linear_task *t, size_t row, size_t rows, size_t point, size_t columns)
{
    for (size_t at = row * t->stride + point; rows > 0; rows--, at += t->stride)
        switch (columns) {
        case 1:
            tanh_row(1, t, at);
            break;
        case 2:
            tanh_row(2, t, at);
            break;
#if VECTOR_LANES == 8
        case 3:
            tanh_row(3, t, at);
            break;
        case 4:
            tanh_row(4, t, at);
            break;
#endif
        default:
            break;
        }
}

/* phi and its derivatives on a tile of t->out. */
static inline void activate(const linear_task *t, size_t row, size_t rows, size_t point, size_t points)
{
    const bool slopes = t->order >= SLOPE, both = t->order == CURVATURE;
    switch (t->activation) {
    case EL4ML_TANH:
        activate_tanh(t, row, rows, point, points / VECTOR_LANES);
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

static inline void linear(const linear_task *t)
{
    enum { PANEL = LINEAR_COLUMNS * VECTOR_LANES };
    const size_t tiles = (t->rows + LINEAR_ROWS - 1) / LINEAR_ROWS;
    for (size_t point = 0; point < t->points; point += PANEL) {
        const size_t left = t->points - point, points = left < PANEL ? left : PANEL;
        for (size_t i = 0; i < tiles; i++) {
            const size_t row = piece(t->rows, tiles, i), rows = piece(t->rows, tiles, i + 1) - row;
            linear_any_tile(rows, points / VECTOR_LANES, t, row, point);
            if (t->activate) activate(t, row, rows, point, points);
        }
    }
}

VECTOR_INLINE void outer_tile(const int rows, const int columns, const outer_task *t, size_t row,
                              size_t column)
{
    enum { MOST = (OUTER_ROWS * OUTER_COLUMNS + VECTOR_LANES - 1) / VECTOR_LANES * VECTOR_LANES };
    const int count = rows * columns, groups = (count + VECTOR_LANES - 1) / VECTOR_LANES;
    vector sum[MOST];
    UNROLL for (int i = 0; i < groups * VECTOR_LANES; i++) sum[i] = vector_all(0);
    const size_t stride = t->stride;
    for (int pair = 0; pair < t->pairs; pair++) {
        const double *left = t->left[pair] + row * stride, *right = t->right[pair] + column * stride;
        for (size_t p = 0; p < t->points; p += VECTOR_LANES) {
            vector a[OUTER_ROWS];
            UNROLL for (int i = 0; i < rows; i++) a[i] = vector_load(left + (size_t)i * stride + p);
            UNROLL for (int k = 0; k < columns; k++)
            {
                const vector b = vector_load(right + (size_t)k * stride + p);
                UNROLL for (int i = 0; i < rows; i++) sum[i * columns + k] += a[i] * b;
            }
        }
    }
    double result[MOST] __attribute__((aligned(64)));
    UNROLL for (int i = 0; i < groups; i++)
        vector_store(result + i * VECTOR_LANES, vector_sums(sum + i * VECTOR_LANES));
    for (int i = 0; i < rows; i++)
        for (int k = 0; k < columns; k++) {
            const size_t r = row + (size_t)i, c = column + (size_t)k;
            double *to = c < t->columns ? t->g + r * t->columns + c : t->bias + r;
            *to = (t->add ? *to : 0) + result[i * columns + k];
        }
}

#define OUTER_CASE(r, c)                                                                                     \
    case (r)*8 + (c):                                                                                        \
        outer_tile(r, c, t, row, column);                                                                    \
        break;
#if VECTOR_LANES == 8
#define OUTER_CASES(c) OUTER_CASE(1, c) OUTER_CASE(2, c) OUTER_CASE(3, c) OUTER_CASE(4, c) OUTER_CASE(5, c)
#else
#define OUTER_CASES(c) OUTER_CASE(1, c) OUTER_CASE(2, c) OUTER_CASE(3, c)
#endif

static inline void outer_any_tile(size_t rows, size_t columns, const outer_task *t, size_t row, size_t column)
{
    switch (rows * 8 + columns) {
        OUTER_CASES(1)
        OUTER_CASES(2)
        OUTER_CASES(3)
        OUTER_CASES(4)
#if VECTOR_LANES == 8
        OUTER_CASES(5)
#endif
    default:
        break;
    }
}

static inline void outer(const outer_task *t)
{
    const size_t across = t->columns + 1;
    const size_t tiles = (t->rows + OUTER_ROWS - 1) / OUTER_ROWS,
                 strips = (across + OUTER_COLUMNS - 1) / OUTER_COLUMNS;
    for (size_t k = 0; k < strips; k++) {
        const size_t column = piece(across, strips, k), columns = piece(across, strips, k + 1) - column;
        for (size_t i = 0; i < tiles; i++) {
            const size_t row = piece(t->rows, tiles, i), rows = piece(t->rows, tiles, i + 1) - row;
            outer_any_tile(rows, columns, t, row, column);
        }
    }
}

#endif
