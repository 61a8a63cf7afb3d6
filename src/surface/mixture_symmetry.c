/* Symmetry of a mixture: its components may be renumbered. A component is its logit and its other parameters;
 * as the logits are orthonormal contrasts of what is stored, the distance of two mixtures is that of their
 * components, and the closest image is a linear assignment problem. */
#include <math.h>

#include "base/assignment.h"
#include "base/linalg.h"
#include "surface/mixture.h"

static const uint64_t purpose_align = 0x6d697874616c696eu;

/* Rows (K, 1 + part): a_k, then the parameters of component k. */
static void split(const el4ml_mixture *m, const double *x, double *parts)
{
    const size_t row = 1 + m->part;
    for (size_t k = 0; k < m->components; k++) {
        parts[k * row] = 0;
        for (size_t i = 0; i < m->weights; i++)
            parts[k * row] += m->contrast[i * m->components + k] * x[i];
        el4ml_copy(m->part, x + m->weights + k * m->part, parts + k * row + 1);
    }
}

/* Component k of x becomes component order[k] of the parts. */
static void join(const el4ml_mixture *m, const double *parts, const size_t *order, double *x)
{
    const size_t row = 1 + m->part;
    for (size_t i = 0; i < m->weights; i++) {
        x[i] = 0;
        for (size_t k = 0; k < m->components; k++)
            x[i] += m->contrast[i * m->components + k] * parts[order[k] * row];
    }
    for (size_t k = 0; k < m->components; k++)
        el4ml_copy(m->part, parts + order[k] * row + 1, x + m->weights + k * m->part);
}

/* The image of `moving` closest to `fixed`; for a variant, one of those that are nearly so. */
static double closest(const el4ml_mixture *m, el4ml_mixture_workspace *w, const double *fixed,
                      const double *moving, uint64_t variant, double *aligned)
{
    const size_t all = m->components, row = 1 + m->part;
    el4ml_random random = el4ml_random_new(0, purpose_align, variant);
    split(m, fixed, w->blocks_a);
    split(m, moving, w->blocks_b);
    for (size_t k = 0; k < all; k++)
        for (size_t l = 0; l < all; l++) {
            const double apart = el4ml_distance(row, w->blocks_a + k * row, w->blocks_b + l * row);
            w->cost[k * all + l] = apart * apart * (variant ? 0.5 + el4ml_random_uniform(&random) : 1);
            if (!isfinite(apart)) return NAN;
        }
    el4ml_assign(all, w->cost, w->column, w->assignment, w->indices);
    join(m, w->blocks_b, w->column, aligned);
    return el4ml_distance(m->n, fixed, aligned);
}

el4ml_status el4ml_mixture_align(const void *self, void *workspace, const double *fixed, const double *moving,
                                 uint64_t variant, double *aligned, double *distance)
{
    *distance = closest(self, workspace, fixed, moving, variant, aligned);
    return isfinite(*distance) ? EL4ML_OK : EL4ML_NUMERICAL;
}

el4ml_status el4ml_mixture_same(const void *self, void *workspace, const double *a, const double *b,
                                double tolerance, bool *same)
{
    el4ml_mixture_workspace *w = workspace;
    *same = closest(self, w, a, b, 0, w->gradient) <= tolerance;
    return EL4ML_OK;
}

/* Components that exchange places within the tolerance form groups: n = K! / product of their factorials. */
el4ml_status el4ml_mixture_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                        double *log_multiplicity, double *order)
{
    const el4ml_mixture *m = self;
    el4ml_mixture_workspace *w = workspace;
    const size_t row = 1 + m->part;
    split(m, x, w->blocks_a);
    *order = 1;
    *log_multiplicity = 0;
    for (size_t k = 0; k < m->components; k++) {
        size_t alike = 1;
        for (size_t l = 0; l < k; l++) /* an exchange moves two components by their distance */
            alike += sqrt(2) * el4ml_distance(row, w->blocks_a + k * row, w->blocks_a + l * row) <= tolerance;
        *order *= (double)alike;
        *log_multiplicity += log((double)k + 1) - log((double)alike);
    }
    return EL4ML_OK;
}

void el4ml_mixture_random_operation(const void *self, void *workspace, el4ml_random *random, const double *x,
                                    double *y)
{
    const el4ml_mixture *m = self;
    el4ml_mixture_workspace *w = workspace;
    for (size_t k = 0; k < m->components; k++)
        w->column[k] = k;
    el4ml_random_shuffle(random, m->components, w->column);
    split(m, x, w->blocks_a);
    join(m, w->blocks_a, w->column, y);
}
