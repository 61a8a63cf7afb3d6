/* The group of a product U V^T. With orthogonal Q all is in closed form: the closest image is Procrustes's
 * problem (Schoenemann, Psychometrika 31, 1, 1966), and the zero modes are orthogonal as they come in the
 * principal axes of the columns. With general G the closest image needs a few Gauss-Newton steps, each of
 * which is in closed form too: with U^T U = P^T a P and V^T V = R^T b R, a change U (1 + E), V (1 - E^T) has
 * the squared length sum_ij (a_i + b_j) X_ij^2, X = P E R^T. */
#include "surface/factors.h"

#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "base/svd.h"
#include "surface/tile_kernels.h"

enum { STEPS = 60, HALVINGS = 12 };
#define FLAT 1e-12    /* squared length, to the largest, of a move that moves nothing */
#define CLOSER 1e-14  /* relative gain at which Gauss-Newton ends */
#define LONGEST 0.5   /* of E in one step */
#define SINGULAR 1e-9 /* ratio of singular values */

struct el4ml_factor_space {
    double *fixed, *given, *now, *trial; /* (rows, k): U, then V below it */
    double *gram[2], *axes[2];           /* (k, k) each: axes are rows */
    double *values[2];                   /* (k) each */
    double *c, *e, *g, *inverse, *work;  /* (k, k) */
    double *image;                       /* (n) */
    double *eigen;
    size_t eigen_size;
    double *memory;
};

static size_t all_rows(const el4ml_factors *f)
{
    return f->rows[0] + f->rows[1];
}

el4ml_factor_space *el4ml_factor_space_new(const el4ml_factors *f)
{
    const size_t k = f->k, square = k * k, whole = all_rows(f) * k;
    el4ml_factor_space *s = EL4ML_NEW(el4ml_factor_space, 1);
    if (!s) return NULL;
    s->eigen_size = el4ml_eigen_work_size(k);
    s->memory = EL4ML_NEW(double, 4 * whole + 9 * square + 2 * k + f->n + s->eigen_size);
    if (!s->memory) {
        el4ml_release(s);
        return NULL;
    }
    double *at = s->memory, **const large[] = {&s->fixed, &s->given, &s->now, &s->trial},
           **const small[] = {&s->gram[0], &s->gram[1], &s->axes[0], &s->axes[1], &s->c,
                              &s->e,       &s->g,       &s->inverse, &s->work};
    for (size_t i = 0; i < 4; i++, at += whole)
        *large[i] = at;
    for (size_t i = 0; i < 9; i++, at += square)
        *small[i] = at;
    s->values[0] = at;
    s->values[1] = at + k;
    s->image = at + 2 * k;
    s->eigen = s->image + f->n;
    return s;
}

void el4ml_factor_space_free(el4ml_factor_space *s)
{
    if (!s) return;
    el4ml_release(s->memory);
    el4ml_release(s);
}

static el4ml_factor_space *space_of(void *workspace)
{
    return *(el4ml_factor_space **)workspace;
}

/* ---- Small matrices ---- */

static size_t place(const el4ml_factors *f, size_t side, size_t i, size_t a)
{
    return f->offset[side] + i * f->row_step[side] + a * f->column_step[side];
}

static void unpack(const el4ml_factors *f, const double *x, double *z)
{
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < f->rows[side]; i++)
            for (size_t a = 0; a < f->k; a++)
                *z++ = x[place(f, side, i, a)];
}

static void pack(const el4ml_factors *f, const double *z, double *x)
{
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < f->rows[side]; i++)
            for (size_t a = 0; a < f->k; a++)
                x[place(f, side, i, a)] = *z++;
}

/* y = x g for `rows` rows, g (k, k) or its transpose; y is not x. */
static void times(size_t rows, size_t k, const double *x, const double *g, bool transposed, double *y)
{
    for (size_t i = 0; i < rows; i++, x += k, y += k)
        for (size_t b = 0; b < k; b++) {
            double sum = 0;
            for (size_t a = 0; a < k; a++)
                sum += x[a] * (transposed ? g[b * k + a] : g[a * k + b]);
            y[b] = sum;
        }
}

/* c = x^T y */
static void cross(size_t rows, size_t k, const double *x, const double *y, double *c)
{
    memset(c, 0, k * k * sizeof *c);
    for (size_t i = 0; i < rows; i++, x += k, y += k)
        for (size_t a = 0; a < k; a++)
            el4ml_axpy(k, x[a], y, c + a * k);
}

/* inverse = g^-1 by Gauss and Jordan with pivoting; g is overwritten. False when it is singular. */
static bool invert(size_t k, double *g, double *inverse)
{
    for (size_t i = 0; i < k * k; i++)
        inverse[i] = i % (k + 1) == 0;
    for (size_t c = 0; c < k; c++) {
        size_t pivot = c;
        for (size_t i = c + 1; i < k; i++)
            if (fabs(g[i * k + c]) > fabs(g[pivot * k + c])) pivot = i;
        if (!(fabs(g[pivot * k + c]) > 0)) return false;
        for (size_t j = 0; j < k && pivot != c; j++) {
            const double kept = g[c * k + j], other = inverse[c * k + j];
            g[c * k + j] = g[pivot * k + j];
            g[pivot * k + j] = kept;
            inverse[c * k + j] = inverse[pivot * k + j];
            inverse[pivot * k + j] = other;
        }
        const double scale = 1 / g[c * k + c];
        el4ml_scale(k, scale, g + c * k);
        el4ml_scale(k, scale, inverse + c * k);
        for (size_t i = 0; i < k; i++) {
            const double factor = g[i * k + c];
            if (i == c || factor == 0) continue;
            el4ml_axpy(k, -factor, g + c * k, g + i * k);
            el4ml_axpy(k, -factor, inverse + c * k, inverse + i * k);
        }
    }
    for (size_t i = 0; i < k * k; i++)
        if (!isfinite(inverse[i])) return false;
    return true;
}

/* values and axes (rows) of the Gram matrix of U (side 0), V (1), or both together (into side 0). */
static void principal_axes(const el4ml_factors *f, el4ml_factor_space *s, const double *z, bool together)
{
    const size_t k = f->k;
    for (size_t side = 0; side < (together ? 1 : 2); side++) {
        const double *from = z + (side == 1 ? f->rows[0] * k : 0);
        cross(together ? all_rows(f) : f->rows[side], k, from, from, s->gram[side]);
        el4ml_copy(k * k, s->gram[side], s->axes[side]);
        el4ml_eigen(k, s->axes[side], s->values[side], true, s->eigen, s->eigen_size);
    }
}

/* ---- Zero modes ---- */

size_t el4ml_factor_modes(const el4ml_factors *f)
{
    return f->general ? f->k * f->k : f->k * (f->k - 1) / 2;
}

/* The move of plane (p, q): U p q^T, and for V either V p q^T - V q p^T with U, or - V q p^T. */
static void put_mode(const el4ml_factors *f, const el4ml_factor_space *s, const double *z, size_t p, size_t q,
                     double length, double *mode)
{
    const size_t k = f->k;
    const double *u = s->axes[0] + p * k, *v = s->axes[f->general] + q * k;
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < f->rows[side]; i++, z += k) {
            const double along_u = el4ml_dot(k, z, u), along_v = el4ml_dot(k, z, v);
            for (size_t a = 0; a < k; a++) {
                const double forth = along_u * v[a], back = along_v * u[a];
                const double move = f->general ? (side == 0 ? forth : -back) : forth - back;
                mode[place(f, side, i, a)] = move / length;
            }
        }
}

size_t el4ml_factor_zero_modes(const void *self, void *workspace, const double *x, double *basis)
{
    const el4ml_factors *f = self;
    el4ml_factor_space *s = space_of(workspace);
    const size_t k = f->k;
    double largest = 0;
    size_t count = 0;
    unpack(f, x, s->now);
    principal_axes(f, s, s->now, !f->general);
    const double *other = s->values[f->general];
    for (size_t i = 0; i < k; i++)
        largest = fmax(largest, fmax(s->values[0][i], other[i]));
    for (size_t p = 0; p < k; p++)
        for (size_t q = f->general ? 0 : p + 1; q < k; q++) {
            const double square = s->values[0][p] + other[q];
            if (!(square > FLAT * largest)) continue;
            if (basis) put_mode(f, s, s->now, p, q, sqrt(square), basis + count * f->n);
            count++;
        }
    return count;
}

/* ---- Closest image ---- */

/* z g, and V g^-T, into y; g stays. */
static bool move(const el4ml_factors *f, el4ml_factor_space *s, const double *g, const double *z, double *y)
{
    const size_t k = f->k;
    times(f->rows[0], k, z, g, false, y);
    z += f->rows[0] * k;
    y += f->rows[0] * k;
    if (f->general) {
        el4ml_copy(k * k, g, s->work);
        if (!invert(k, s->work, s->inverse)) return false;
        times(f->rows[1], k, z, s->inverse, true, y);
    } else {
        times(f->rows[1], k, z, g, false, y);
    }
    return true;
}

/* s->g = the orthogonal Q that brings z Q closest to s->fixed, its smallest singular directions reflected
 * where `reflections` has a bit. */
static void procrustes(const el4ml_factors *f, el4ml_factor_space *s, const double *z, uint64_t reflections)
{
    const size_t k = f->k;
    double *u = s->axes[0], *v = s->axes[1];
    cross(all_rows(f), k, z, s->fixed, s->c);
    el4ml_svd(k, s->c, u, s->values[0], v);
    for (size_t j = 0; j < k && j < 64; j++)
        if (reflections >> j & 1) el4ml_scale(k, -1, v + (k - 1 - j) * k);
    memset(s->g, 0, k * k * sizeof *s->g);
    for (size_t i = 0; i < k; i++)
        for (size_t a = 0; a < k; a++)
            el4ml_axpy(k, u[i * k + a], v + i * k, s->g + a * k);
}

/* s->g = 1 + t E of a Gauss-Newton step from s->now towards s->fixed, E in s->e; its length. */
static double newton_direction(const el4ml_factors *f, el4ml_factor_space *s)
{
    const size_t k = f->k, first = f->rows[0] * k, whole = all_rows(f) * k;
    double *residual = s->trial;
    for (size_t i = 0; i < whole; i++)
        residual[i] = s->fixed[i] - s->now[i];
    principal_axes(f, s, s->now, false);
    cross(f->rows[0], k, s->now, residual, s->c);
    cross(f->rows[1], k, residual + first, s->now + first, s->g);
    el4ml_axpy(k * k, -1, s->g, s->c);
    times(k, k, s->axes[0], s->c, false, s->g); /* P C */
    times(k, k, s->g, s->axes[1], true, s->c);  /* P C R^T */
    const double largest = s->values[0][k - 1] + s->values[1][k - 1];
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            const double square = s->values[0][i] + s->values[1][j];
            s->c[i * k + j] = square > FLAT * largest ? s->c[i * k + j] / square : 0;
        }
    times(k, k, s->c, s->axes[1], false, s->g); /* X R */
    memset(s->e, 0, k * k * sizeof *s->e);
    for (size_t i = 0; i < k; i++) /* P^T (X R) */
        for (size_t a = 0; a < k; a++)
            el4ml_axpy(k, s->axes[0][i * k + a], s->g + i * k, s->e + a * k);
    return el4ml_norm(k * k, s->e);
}

/* Gauss-Newton from s->now; the distance reached. */
static double refine(const el4ml_factors *f, el4ml_factor_space *s)
{
    const size_t k = f->k, whole = all_rows(f) * k;
    double distance = el4ml_distance(whole, s->fixed, s->now);
    for (int step = 0; step < STEPS; step++) {
        const double length = newton_direction(f, s);
        double t = length > LONGEST ? LONGEST / length : 1, reached = INFINITY;
        for (int halving = 0; halving < HALVINGS; halving++, t *= 0.5) {
            for (size_t i = 0; i < k * k; i++)
                s->g[i] = t * s->e[i] + (i % (k + 1) == 0);
            if (!move(f, s, s->g, s->now, s->trial)) continue;
            reached = el4ml_distance(whole, s->fixed, s->trial);
            if (reached < distance) break;
        }
        if (!(reached < distance)) break;
        double *kept = s->now;
        s->now = s->trial;
        s->trial = kept;
        const bool done = distance - reached <= CLOSER * distance;
        distance = reached;
        if (done) break;
    }
    return distance;
}

/* s->g = the G for which U G (side 0) or V G^-T (side 1) of z is closest to the fixed one's. False where that
 * does not determine G. */
static bool from_one_side(const el4ml_factors *f, el4ml_factor_space *s, const double *z, size_t side)
{
    const size_t k = f->k, at = side == 1 ? f->rows[0] * k : 0;
    principal_axes(f, s, z, false);
    const double *values = s->values[side], *axes = s->axes[side];
    if (!(values[0] > SINGULAR * SINGULAR * values[k - 1])) return false;
    cross(f->rows[side], k, z + at, s->fixed + at, s->c);
    times(k, k, axes, s->c, false, s->e);
    memset(s->g, 0, k * k * sizeof *s->g);
    for (size_t i = 0; i < k; i++)
        for (size_t a = 0; a < k; a++)
            el4ml_axpy(k, axes[i * k + a] / values[i], s->e + i * k, s->g + a * k);
    if (side == 0) return true;
    if (!invert(k, s->g, s->inverse)) return false;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            s->g[i * k + j] = s->inverse[j * k + i];
    return true;
}

/* Where a refinement begins, into s->now: as it is, from U alone, from V alone, turned. */
enum { AS_GIVEN, FROM_U, FROM_V, TURNED, BEGINNINGS };

static bool begin(const el4ml_factors *f, el4ml_factor_space *s, int beginning, uint64_t variant,
                  const double *z)
{
    if (beginning == AS_GIVEN) {
        el4ml_copy(all_rows(f) * f->k, z, s->now);
        return true;
    }
    if (beginning == TURNED)
        procrustes(f, s, z, variant);
    else if (!from_one_side(f, s, z, beginning == FROM_V))
        return false;
    return move(f, s, s->g, z, s->now);
}

static double align_general(const el4ml_factors *f, el4ml_factor_space *s, const double *moving,
                            uint64_t variant, double *aligned)
{
    double least = INFINITY;
    unpack(f, moving, s->given);
    for (int beginning = variant ? TURNED : AS_GIVEN; beginning < BEGINNINGS; beginning++) {
        if (!begin(f, s, beginning, variant, s->given)) continue;
        const double distance = refine(f, s);
        if (!(distance < least)) continue;
        least = distance;
        pack(f, s->now, aligned);
    }
    return least;
}

static double closest(const el4ml_factors *f, el4ml_factor_space *s, const double *fixed,
                      const double *moving, uint64_t variant, double *aligned)
{
    unpack(f, fixed, s->fixed);
    if (f->general) return align_general(f, s, moving, variant, aligned);
    unpack(f, moving, s->now);
    procrustes(f, s, s->now, variant);
    move(f, s, s->g, s->now, s->trial);
    pack(f, s->trial, aligned);
    return el4ml_distance(all_rows(f) * f->k, s->fixed, s->trial);
}

el4ml_status el4ml_factor_align(const void *self, void *workspace, const double *fixed, const double *moving,
                                uint64_t variant, double *aligned, double *distance)
{
    *distance = closest(self, space_of(workspace), fixed, moving, variant, aligned);
    return isfinite(*distance) ? EL4ML_OK : EL4ML_NUMERICAL;
}

el4ml_status el4ml_factor_same(const void *self, void *workspace, const double *a, const double *b,
                               double tolerance, bool *same)
{
    el4ml_factor_space *s = space_of(workspace);
    *same = closest(self, s, a, b, 0, s->image) <= tolerance;
    return EL4ML_OK;
}

/* ---- Multiplicity and random operations ---- */

el4ml_status el4ml_factor_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                       double *log_multiplicity, double *order)
{
    const el4ml_factors *f = self;
    el4ml_factor_space *s = space_of(workspace);
    size_t empty = 0;
    unpack(f, x, s->now);
    principal_axes(f, s, s->now, true);
    /* A reflection of an axis moves x by twice the length of what lies along it. */
    for (size_t i = 0; i < f->k; i++)
        empty += 2 * sqrt(fmax(0, s->values[0][i])) <= tolerance;
    *order = f->general || empty > 1 ? HUGE_VAL : empty == 1 ? 2 : 1;
    *log_multiplicity = log(2) - log(*order);
    return EL4ML_OK;
}

void el4ml_factor_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                                   double *y)
{
    const el4ml_factors *f = self;
    el4ml_factor_space *s = space_of(workspace);
    const size_t k = f->k;
    for (size_t i = 0; i < k; i++) { /* Gram and Schmidt of normal vectors: uniform over O(k) */
        double *row = s->g + i * k;
        do {
            el4ml_random_direction(random, k, row);
            el4ml_project_out(k, i, s->g, row);
        } while (el4ml_norm(k, row) < 1e-2);
        el4ml_scale(k, 1 / el4ml_norm(k, row), row);
        el4ml_project_out(k, i, s->g, row);
        el4ml_scale(k, 1 / el4ml_norm(k, row), row);
    }
    unpack(f, x, s->now);
    times(all_rows(f), k, s->now, s->g, false, s->trial);
    pack(f, s->trial, y);
}

bool el4ml_factor_apply(const el4ml_factors *f, el4ml_factor_space *s, const double *g, const double *x,
                        double *y)
{
    unpack(f, x, s->now);
    if (!move(f, s, g, s->now, s->trial)) return false;
    pack(f, s->trial, y);
    return true;
}

const el4ml_tile_kernels *el4ml_tile_kernels_of(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_tile_kernels_avx512;
    if (set == EL4ML_AVX2) return &el4ml_tile_kernels_avx2;
#endif
    (void)set;
    return &el4ml_tile_kernels_baseline;
}
