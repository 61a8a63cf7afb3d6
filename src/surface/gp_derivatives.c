/* Gradient and Hessian of the negative log marginal likelihood in the logarithms x of the parameters
 * (Rasmussen and Williams 2006, eq. 5.9). With K_p = dK/dx_p, alpha = K^-1 y, W = K^-1 - alpha alpha^T, K =
 * U^T U,
 *
 *     dV/dx_p        = tr(W K_p)/2
 *     d2V/dx_p dx_q  = tr(W K_pq)/2 - <B_p, B_q>/2 + b_p.b_q,      B_p = U^-T K_p U^-1,  b_p = U^-T K_p
 * alpha.
 *
 * A term T = sigma^2 prod k_f has K_p = T L_p with the logarithmic derivative L_p (1 for sigma^2, c u_j for a
 * length scale, a for a shape) and K_pq = T (L_p L_q + L_pq), L_pq = dL_p/dx_q being zero unless both belong
 * to the same factor (gp_kernels.h). */
#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "base/product.h"
#include "surface/gp.h"

static size_t widest_factor(const el4ml_gp *g)
{
    size_t widest = 1;
    for (size_t t = 0; t < g->e.terms; t++)
        for (size_t f = 0; f < g->e.term[t].factors; f++)
            if (g->e.term[t].factor[f].inputs > widest) widest = g->e.term[t].factor[f].inputs;
    return widest;
}

enum { FIXED_ROWS = 11 };

size_t el4ml_gp_row_scratch(const el4ml_gp *g)
{
    return g->size * (FIXED_ROWS + widest_factor(g) + g->e.parameters);
}

/* The scratch of a row: what belongs to its columns. */
typedef struct row {
    const el4ml_gp *g;
    el4ml_gp_workspace *w;
    size_t i, from, length;
    double *q, *weight, *wt, *product;
    el4ml_gp_jets jets;
    double *u;    /* (inputs, size) of the factor at hand */
    double *logs; /* (parameters, size): L_p */
} row;

static row new_row(const el4ml_gp *g, el4ml_gp_workspace *w)
{
    double *at = w->rows;
    const size_t size = g->size;
    row r = {.g = g, .w = w};
    double **const rows[FIXED_ROWS] = {&r.q,      &r.weight,  &r.wt,     &r.product, &r.jets.e, &r.jets.p,
                                       &r.jets.c, &r.jets.c1, &r.jets.a, &r.jets.aa, &r.jets.ca};
    for (size_t k = 0; k < FIXED_ROWS; k++, at += size)
        *rows[k] = at;
    r.u = at;
    r.logs = at + widest_factor(g) * size;
    return r;
}

/* Row i: each pair of rows once, with W, and the diagonal with half of it. */
static void begin_row(row *r, size_t i)
{
    const size_t size = r->g->size;
    r->i = i;
    r->from = i / 8 * 8;
    r->length = size - r->from;
    el4ml_copy(r->length, r->w->w + i * size + r->from, r->weight + r->from);
    for (size_t k = r->from; k < i; k++)
        r->weight[k] = 0;
    r->weight[i] *= 0.5;
}

static double dot(const row *r, const double *a, const double *b)
{
    return el4ml_dot(r->length, a + r->from, b + r->from);
}

static double dot3(const row *r, const double *a, const double *b, const double *c)
{
    return el4ml_gp_kernels_best()->dot3(r->length, a + r->from, b + r->from, c + r->from);
}

static void multiply(const row *r, const double *a, const double *b, double *ab)
{
    el4ml_gp_kernels_best()->multiply(r->length, a + r->from, b + r->from, ab + r->from);
}

/* wt = weight T */
static void begin_term(row *r, size_t t)
{
    multiply(r, r->weight, r->w->term[t] + r->i * r->g->size, r->wt);
}

/* Distances of a factor and its derivatives, into r->jets or from where they are kept. */
static el4ml_gp_jets factor_jets(row *r, size_t t, size_t f, bool second)
{
    const el4ml_gp_factor *factor = &r->g->e.term[t].factor[f];
    const el4ml_gp_kernels *kernels = el4ml_gp_kernels_best();
    const el4ml_gp_stretch s = {r->from, r->g->size, r->q};
    const double shape = factor->shape == SIZE_MAX ? 0 : r->w->theta[factor->shape];
    el4ml_gp_distances(r->g, r->w, t, f, r->i, r->from, r->q, r->u);
    if (r->w->jet[t][f]) {
        return (el4ml_gp_jets){.c = el4ml_gp_jet(r->g, r->w, t, f, 1, r->i),
                               .c1 = el4ml_gp_jet(r->g, r->w, t, f, 2, r->i),
                               .a = el4ml_gp_jet(r->g, r->w, t, f, 3, r->i),
                               .aa = el4ml_gp_jet(r->g, r->w, t, f, 4, r->i),
                               .ca = el4ml_gp_jet(r->g, r->w, t, f, 5, r->i)};
    }
    (second ? kernels->curves : kernels->slopes)(factor->form, shape, s, r->jets);
    return r->jets;
}

/* What the length scale number j of a factor multiplies c with: its input's part, or all of q. */
static const double *part(const row *r, const el4ml_gp_factor *f, size_t j)
{
    return f->ard ? r->u + j * r->g->size : r->q;
}

/* ---- the gradient ---- */

static void add_slopes(row *r, size_t t)
{
    const el4ml_gp_term *term = &r->g->e.term[t];
    double *gradient = r->w->gradient;
    begin_term(r, t);
    gradient[term->signal] += dot(r, r->weight, r->w->term[t] + r->i * r->g->size);
    for (size_t f = 0; f < term->factors; f++) {
        const el4ml_gp_factor *factor = &term->factor[f];
        const el4ml_gp_jets j = factor_jets(r, t, f, false);
        multiply(r, r->wt, j.c, r->product);
        for (size_t k = 0; k < el4ml_gp_lengths(factor); k++)
            gradient[factor->length + k] += dot(r, r->product, part(r, factor, k));
        if (factor->shape != SIZE_MAX) gradient[factor->shape] += dot(r, r->wt, j.a);
    }
}

/* K^-1 = U^-1 U^-T, then W. */
static void invert(const el4ml_gp *g, el4ml_gp_workspace *w)
{
    const size_t size = g->size;
    el4ml_upper_inverse(&w->factor, w->inverse);
    el4ml_transpose(size, w->inverse, w->turned);
    const el4ml_product p = {size, w->turned, w->turned, EL4ML_PRODUCT_BOTH_LOWER, true};
    el4ml_multiply(&p, w->w);
    w->trace_inverse = 0;
    for (size_t i = 0; i < g->rows; i++) {
        const size_t from = i / 8 * 8;
        w->trace_inverse += w->w[i * size + i];
        el4ml_axpy(size - from, -w->alpha[i], w->alpha + from, w->w + i * size + from);
    }
}

void el4ml_gp_gradient(const el4ml_gp *g, el4ml_gp_workspace *w)
{
    const size_t n = g->e.parameters;
    invert(g, w);
    memset(w->gradient, 0, n * sizeof *w->gradient);
    row r = new_row(g, w);
    for (size_t i = 0; i < g->rows; i++) {
        begin_row(&r, i);
        for (size_t t = 0; t < g->e.terms; t++)
            add_slopes(&r, t);
        w->gradient[n - 1] += 0.5 * w->w[i * g->size + i];
    }
    w->gradient[n - 1] *= w->theta[n - 1];
    w->known = EL4ML_GP_GRADIENT;
}

/* ---- the Hessian ---- */

/* L_p of all parameters of the term, and what L_pq adds to the Hessian. */
static void add_own_curvature(row *r, size_t t, size_t f, double *hessian)
{
    const size_t n = r->g->e.parameters, size = r->g->size;
    const el4ml_gp_factor *factor = &r->g->e.term[t].factor[f];
    const el4ml_gp_jets j = factor_jets(r, t, f, true);
    const size_t lengths = el4ml_gp_lengths(factor), first = factor->length, s = factor->shape;
    for (size_t k = 0; k < lengths; k++)
        multiply(r, j.c, part(r, factor, k), r->logs + (first + k) * size);
    multiply(r, r->wt, j.c1, r->product);
    for (size_t k = 0; k < lengths; k++)
        for (size_t l = k; l < lengths; l++)
            hessian[(first + k) * n + first + l] -=
                2 * dot3(r, r->product, part(r, factor, k), part(r, factor, l));
    if (s == SIZE_MAX) return;
    el4ml_copy(r->length, j.a + r->from, r->logs + s * size + r->from);
    hessian[s * n + s] += dot(r, r->wt, j.aa);
    multiply(r, r->wt, j.ca, r->product);
    for (size_t k = 0; k < lengths; k++)
        hessian[(first + k) * n + s] += dot(r, r->product, part(r, factor, k));
}

/* Row i of K_p, and its part of tr(W K_pq)/2. */
static void add_curvature(row *r, size_t t, double *hessian)
{
    const size_t n = r->g->e.parameters, size = r->g->size;
    const el4ml_gp_term *term = &r->g->e.term[t];
    begin_term(r, t);
    for (size_t k = r->from; k < size; k++)
        r->logs[term->signal * size + k] = 1;
    for (size_t f = 0; f < term->factors; f++)
        add_own_curvature(r, t, f, hessian);
    for (size_t p = term->signal; p < term->end; p++) {
        const double *log_p = r->logs + p * size;
        multiply(r, r->w->term[t] + r->i * size, log_p, r->w->derivative + (p * size + r->i) * size);
        for (size_t q = p; q < term->end; q++)
            hessian[p * n + q] += dot3(r, r->wt, log_p, r->logs + q * size);
    }
}

/* derivative[p] becomes B_p, projected[p] b_p. */
static void project_noise(const el4ml_gp *g, el4ml_gp_workspace *w, size_t p)
{
    const size_t size = g->size;
    double *matrix = w->derivative + p * size * size, *b = w->projected + p * size;
    const el4ml_product square = {size, w->inverse, w->inverse, EL4ML_PRODUCT_A_UPPER, true};
    el4ml_multiply(&square, matrix);
    el4ml_scale(size * size, w->theta[p], matrix);
    el4ml_copy(size, w->alpha, b);
    el4ml_scale(size, w->theta[p], b);
    el4ml_factor_forward(&w->factor, b);
}

/* The signal of the only term: K_p is K without its diagonal part, so B_p = I - (1 + jitter/noise) B_noise.
 */
static void project_signal(const el4ml_gp *g, el4ml_gp_workspace *w, size_t p)
{
    const size_t size = g->size, noise = g->e.parameters - 1;
    const double ratio = 1 + g->jitter / w->theta[noise];
    double *matrix = w->derivative + p * size * size, *b = w->projected + p * size;
    el4ml_copy(size * size, w->derivative + noise * size * size, matrix);
    el4ml_scale(size * size, -ratio, matrix);
    for (size_t i = 0; i < g->rows; i++)
        matrix[i * size + i] += 1;
    el4ml_copy(size, g->y, b);
    el4ml_factor_forward(&w->factor, b);
    el4ml_axpy(size, -ratio, w->projected + noise * size, b);
}

static void project(const el4ml_gp *g, el4ml_gp_workspace *w, size_t p)
{
    const size_t size = g->size;
    double *matrix = w->derivative + p * size * size, *b = w->projected + p * size;
    if (g->e.terms == 1 && p == g->e.term[0].signal) {
        project_signal(g, w, p);
        return;
    }
    el4ml_mirror(size, matrix);
    el4ml_symmetric_product(size, matrix, w->alpha, b);
    el4ml_factor_forward(&w->factor, b);
    const el4ml_product right = {size, matrix, w->inverse, EL4ML_PRODUCT_B_UPPER, false};
    el4ml_multiply(&right, w->turned);
    const el4ml_product left = {size, w->inverse, w->turned, EL4ML_PRODUCT_A_UPPER, true};
    el4ml_multiply(&left, matrix);
}

/* <A, B> of symmetric matrices by their upper triangles. */
static double inner(const el4ml_gp *g, const double *a, const double *b)
{
    double diagonal = 0, above = 0;
    for (size_t i = 0; i < g->rows; i++) {
        const size_t at = i * g->size;
        diagonal += a[at + i] * b[at + i];
        above += el4ml_dot(g->rows - i - 1, a + at + i + 1, b + at + i + 1);
    }
    return diagonal + 2 * above;
}

static bool is_length(const el4ml_gp *g, size_t p)
{
    for (size_t t = 0; t < g->e.terms; t++)
        for (size_t f = 0; f < g->e.term[t].factors; f++) {
            const el4ml_gp_factor *factor = &g->e.term[t].factor[f];
            if (p >= factor->length && p < factor->length + el4ml_gp_lengths(factor)) return true;
        }
    return false;
}

void el4ml_gp_hessian(const el4ml_gp *g, el4ml_gp_workspace *w)
{
    const size_t n = g->e.parameters, size = g->size;
    double *h = w->hessian;
    memset(h, 0, n * n * sizeof *h);
    row r = new_row(g, w);
    for (size_t i = 0; i < g->rows; i++) {
        begin_row(&r, i);
        for (size_t t = 0; t < g->e.terms; t++)
            add_curvature(&r, t, h);
    }
    h[n * n - 1] += w->gradient[n - 1];
    project_noise(g, w, n - 1);
    for (size_t p = 0; p + 1 < n; p++) {
        if (is_length(g, p)) h[p * n + p] -= 2 * w->gradient[p];
        project(g, w, p);
    }
    for (size_t p = 0; p < n; p++)
        for (size_t q = p; q < n; q++) {
            h[p * n + q] += el4ml_dot(size, w->projected + p * size, w->projected + q * size) -
                            0.5 * inner(g, w->derivative + p * size * size, w->derivative + q * size * size);
            h[q * n + p] = h[p * n + q];
        }
    w->known = EL4ML_GP_HESSIAN;
}
