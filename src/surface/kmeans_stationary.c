/* What a stationary point of J is, recomputed from its centroids alone.
 *
 * Clarke's subdifferential of J at c is the set of gradients of all fractional labellings, in which each tied
 * point is shared between the clusters that it is tied to. Its smallest element says how far c is from being
 * stationary. Where it vanishes with all shares strictly between 0 and 1, J = Q - sum over ties w max(t s,
 * -(1 - t) s), with s = |x_p - c_k|^2 - |x_p - c_l|^2, t the share of k, and Q the convex quadratic of the
 * fractional labelling, whose minimum this is: J falls to both sides of each crease s = 0 and rises along
 * their intersection. The index is the number of ties. Where a share is 0 or 1, J falls to one side only: no
 * pass, and no minimum. */
#include "surface/kmeans.h"

#include <math.h>
#include <string.h>

#include "base/linalg.h"

#define MOST_TIES 16
#define SWEEPS 10000
#define SHARE 1e-9 /* a share this near to 0 or 1 is taken for it */

/* A tie and the share of the point that cluster l has; k has the rest. */
typedef struct tie {
    el4ml_crease crease;
    double share;
} tie;

typedef struct ties {
    size_t count; /* may be more than are listed */
    tie list[MOST_TIES];
} ties;

/* Labels of the nearest centroids, the ties, and the gradient of that labelling, into w->trial. */
static double value_and_ties(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c, ties *found)
{
    const size_t d = m->inputs;
    double energy = 0, *g = w->trial;
    found->count = 0;
    el4ml_kmeans_measure_at(m, w, c);
    memset(g, 0, m->n * sizeof *g);
    memset(w->one.size, 0, m->clusters * sizeof *w->one.size);
    for (size_t p = 0; p < m->points; p++) {
        const size_t k = w->at.nearest[p];
        energy += m->weight[p] * w->at.first[p];
        w->one.label[p] = k;
        w->one.size[k] += m->weight[p];
        for (size_t j = 0; j < d; j++)
            g[k * d + j] += 2 * m->weight[p] * (c[k * d + j] - m->x[p * d + j]);
        size_t others[MOST_TIES];
        const size_t count = el4ml_kmeans_ties(m, w, p, k, MOST_TIES, others);
        for (size_t i = 0; i < count; i++, found->count++)
            if (found->count < MOST_TIES) found->list[found->count] = (tie){.crease = {p, k, others[i]}};
    }
    return energy;
}

/* The component of the gradient in w->trial along the change that giving the point from k to l makes, and
 * that change's square. */
static double slope(const el4ml_kmeans *m, const el4ml_kmeans_workspace *w, const double *c,
                    const el4ml_crease *at, double *square)
{
    const size_t d = m->inputs;
    const double *x = m->x + at->point * d, *ck = c + at->k * d, *cl = c + at->l * d;
    const double *gk = w->trial + at->k * d, *gl = w->trial + at->l * d;
    double along = 0;
    *square = 0;
    for (size_t j = 0; j < d; j++) {
        const double vk = -2 * m->weight[at->point] * (ck[j] - x[j]);
        const double vl = 2 * m->weight[at->point] * (cl[j] - x[j]);
        along += vk * gk[j] + vl * gl[j];
        *square += vk * vk + vl * vl;
    }
    return along;
}

static void shift_share(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c, tie *t,
                        double change)
{
    const size_t d = m->inputs, k = t->crease.k, l = t->crease.l;
    const double *x = m->x + t->crease.point * d, amount = change * m->weight[t->crease.point];
    for (size_t j = 0; j < d; j++) {
        w->trial[k * d + j] -= 2 * amount * (c[k * d + j] - x[j]);
        w->trial[l * d + j] += 2 * amount * (c[l * d + j] - x[j]);
    }
    w->one.size[k] -= amount;
    w->one.size[l] += amount;
    t->share += change;
}

/* What of a tied point is left to its nearest cluster. */
static double kept(const ties *all, size_t point)
{
    double left = 1;
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].crease.point == point) left -= all->list[i].share;
    return left;
}

/* The smallest element of the subdifferential, one share after another (a convex quadratic in a box). */
static void share_out(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c, ties *all)
{
    double most = 1;
    for (size_t sweep = 0; sweep < SWEEPS && most > 1e-15; sweep++) {
        most = 0;
        for (size_t i = 0; i < all->count; i++) {
            tie *t = &all->list[i];
            double square, change = -slope(m, w, c, &t->crease, &square);
            change = square > 0 ? change / square : 0;
            change = fmax(-t->share, fmin(change, kept(all, t->crease.point)));
            shift_share(m, w, c, t, change);
            most = fmax(most, fabs(change));
        }
        if (all->count == 1) return;
    }
}

/* ln of the product of the positive eigenvalues: 2 n_k in each coordinate; on a crease, of the same in the
 * space orthogonal to the normal v, which takes the factor v' H^-1 v with it. */
static double log_product(const el4ml_kmeans *m, const double *size, const ties *all)
{
    double sum = 0;
    for (size_t k = 0; k < m->clusters; k++)
        sum += (double)m->inputs * log(2 * size[k]);
    if (all->count == 0) return sum;
    if (all->count > 1) return NAN;
    const el4ml_crease *at = &all->list[0].crease;
    return sum + log(0.25 / size[at->k] + 0.25 / size[at->l]);
}

static bool all_fractional(const ties *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const double left = kept(all, all->list[i].crease.point);
        if (!(all->list[i].share > SHARE) || !(left > SHARE)) return false;
    }
    return true;
}

el4ml_status el4ml_kmeans_characterise(el4ml_evaluator *e, el4ml_stationary *point)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_kmeans_workspace *w = e->workspace;
    const el4ml_status status = el4ml_evaluator_count(e, 1);
    if (status != EL4ML_OK) return status;
    ties all;
    point->energy = value_and_ties(m, w, point->x, &all);
    if (!isfinite(point->energy)) return EL4ML_NUMERICAL;
    if (all.count > MOST_TIES) return EL4ML_NOT_CONVERGED;
    share_out(m, w, point->x, &all);
    double least = m->rows;
    for (size_t k = 0; k < m->clusters; k++)
        least = fmin(least, w->one.size[k]);
    if (!(least > 0)) return EL4ML_NOT_CONVERGED; /* a plateau: a cluster is empty */
    if (!all_fractional(&all)) return EL4ML_NOT_CONVERGED;
    point->gradient_rms = el4ml_norm(m->n, w->trial) / sqrt((double)m->n);
    point->index = all.count;
    point->proved = true;
    point->smallest_eigenvalue = all.count > 0 ? -(double)INFINITY : 2 * least;
    point->log_product = log_product(m, w->one.size, &all);
    return EL4ML_OK;
}

bool el4ml_kmeans_crease_of(const el4ml_kmeans *m, el4ml_kmeans_workspace *w, const double *c,
                            el4ml_crease *at)
{
    ties all;
    value_and_ties(m, w, c, &all);
    if (all.count != 1) return false;
    *at = all.list[0].crease;
    return true;
}

/* The unit normal of the crease at c, towards the cell where the point belongs to k. */
static void normal(const el4ml_kmeans *m, const double *c, const el4ml_crease *at, double *v)
{
    const size_t d = m->inputs;
    const double *x = m->x + at->point * d;
    memset(v, 0, m->n * sizeof *v);
    for (size_t j = 0; j < d; j++) {
        v[at->k * d + j] = x[j] - c[at->k * d + j];
        v[at->l * d + j] = c[at->l * d + j] - x[j];
    }
    el4ml_scale(m->n, 1 / el4ml_norm(m->n, v), v);
}

el4ml_status el4ml_kmeans_unstable_mode(el4ml_evaluator *e, const double *c, double *mode)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_crease at;
    const el4ml_status status = el4ml_evaluator_count(e, 1);
    if (status != EL4ML_OK) return status;
    if (!el4ml_kmeans_crease_of(m, e->workspace, c, &at)) return EL4ML_NOT_CONVERGED;
    normal(m, c, &at, mode);
    return EL4ML_OK;
}

el4ml_status el4ml_kmeans_fall(el4ml_evaluator *e, const double *ts, const el4ml_crease *at, double *k_side,
                               double *l_side)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_kmeans_workspace *w = e->workspace;
    const size_t bytes = m->points * sizeof *w->one.label, to[2] = {at->k, at->l};
    double *side[2] = {k_side, l_side};
    memcpy(w->side[1], w->one.label, bytes);
    for (int i = 0; i < 2; i++) {
        if (i == 1) memcpy(w->one.label, w->side[1], bytes);
        w->one.label[at->point] = to[i];
        el4ml_copy(m->n, ts, side[i]);
        const el4ml_status status = el4ml_kmeans_flow(e, side[i]);
        if (status != EL4ML_OK) return status;
        memcpy(w->side[i], w->one.label, bytes);
    }
    return EL4ML_OK;
}

el4ml_status el4ml_kmeans_descend(el4ml_evaluator *e, const double *ts, const double *mode, double *plus,
                                  double *minus)
{
    const el4ml_kmeans *m = e->surface->self;
    el4ml_kmeans_workspace *w = e->workspace;
    el4ml_crease at;
    if (!el4ml_kmeans_crease_of(m, w, ts, &at)) return EL4ML_NOT_CONVERGED;
    normal(m, ts, &at, w->trial);
    const bool forwards = el4ml_dot(m->n, mode, w->trial) >= 0;
    return el4ml_kmeans_fall(e, ts, &at, forwards ? plus : minus, forwards ? minus : plus);
}
