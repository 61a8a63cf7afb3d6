#include "catchment/multistate.h"

#include <math.h>

#include "base/factor.h"
#include "base/linalg.h"
#include "base/memory.h"

#define MOST_STEPS 100

/* ln Z_i = -f_i. The f that make  sum_n ln sum_i exp(f_i - k_i u_n) - samples * sum_i f_i  least, a convex
 * function, are those of the self-consistent equations; Newton's method finds them. */
typedef struct multistate {
    size_t states, count; /* count: all samples */
    double samples;       /* of each state */
    const double *k, *u;
    double *f, *trial, *gradient; /* (states) */
    double *weight;               /* (states): of one sample */
    double *hessian;              /* (states - 1, states - 1): f_0 = 0 */
    el4ml_factor factor;
} multistate;

/* ln sum_i exp(f_i - k_i u), and the share of each state. */
static double denominator(const multistate *m, const double *f, double u)
{
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < m->states; i++) {
        m->weight[i] = f[i] - m->k[i] * u;
        most = fmax(most, m->weight[i]);
    }
    for (size_t i = 0; i < m->states; i++) {
        m->weight[i] = exp(m->weight[i] - most);
        sum += m->weight[i];
    }
    for (size_t i = 0; i < m->states; i++)
        m->weight[i] /= sum;
    return most + log(sum);
}

static double objective(const multistate *m, const double *f, bool derivatives)
{
    const size_t free = m->states - 1;
    double value = 0;
    if (derivatives)
        for (size_t i = 0; i < free * free; i++)
            m->hessian[i] = 0;
    for (size_t i = 0; i < m->states; i++) {
        value -= m->samples * f[i];
        m->gradient[i] = -m->samples;
    }
    for (size_t s = 0; s < m->count; s++) {
        value += denominator(m, f, m->u[s]);
        if (!derivatives) continue;
        const double *w = m->weight + 1;
        for (size_t i = 0; i < m->states; i++)
            m->gradient[i] += m->weight[i];
        for (size_t i = 0; i < free; i++) {
            if (w[i] < 1e-18) continue;
            m->hessian[i * free + i] += w[i];
            el4ml_axpy(free, -w[i], w, m->hessian + i * free);
        }
    }
    return value;
}

/* A first guess: each step by exponential averages both ways, the geometric mean of the two. */
static void guess(multistate *m, size_t samples)
{
    m->f[0] = 0;
    for (size_t i = 0; i + 1 < m->states; i++) {
        const double step = m->k[i + 1] - m->k[i], *a = m->u + i * samples, *b = a + samples;
        double forth = 0, back = 0, least = INFINITY, most = -INFINITY;
        for (size_t s = 0; s < samples; s++) {
            most = fmax(most, -step * a[s]);
            least = fmin(least, -step * b[s]);
        }
        for (size_t s = 0; s < samples; s++) {
            forth += exp(-step * a[s] - most);
            back += exp(step * b[s] + least);
        }
        m->f[i + 1] = m->f[i] - 0.5 * (most + log(forth / m->samples) + least - log(back / m->samples));
    }
}

static el4ml_status solve(multistate *m)
{
    const size_t free = m->states - 1;
    const double rounding = 1e-11 * (double)m->count; /* of the objective: a sum that nearly cancels */
    double value = objective(m, m->f, true);
    for (int step = 0; step < MOST_STEPS; step++) {
        double *g = m->gradient + 1;
        if (!el4ml_factor_make(&m->factor, m->hessian, 1e-12 * m->samples)) return EL4ML_NUMERICAL;
        el4ml_factor_solve(&m->factor, g);
        const bool last = el4ml_norm(free, g) < 1e-9 * sqrt((double)free);
        double length = 1;
        for (int halving = 0;; halving++) {
            m->trial[0] = 0;
            for (size_t i = 0; i < free; i++)
                m->trial[i + 1] = m->f[i + 1] - length * g[i];
            double *kept = m->gradient; /* the step must survive the trial */
            m->gradient = m->weight + m->states;
            const double trial = objective(m, m->trial, false);
            m->gradient = kept;
            if (trial <= value + rounding) break;
            if (halving == 40) return EL4ML_NUMERICAL;
            length *= 0.5;
        }
        el4ml_copy(m->states, m->trial, m->f);
        if (last) return EL4ML_OK;
        value = objective(m, m->f, true);
    }
    return EL4ML_NUMERICAL;
}

static double reweighted(const multistate *m, double k)
{
    double most = -INFINITY, sum = 0;
    for (size_t s = 0; s < m->count; s++)
        most = fmax(most, -k * m->u[s] - denominator(m, m->f, m->u[s]));
    for (size_t s = 0; s < m->count; s++)
        sum += exp(-k * m->u[s] - denominator(m, m->f, m->u[s]) - most);
    return most + log(sum);
}

el4ml_status el4ml_multistate(size_t states, size_t samples, const double *k, const double *u, double *log_z,
                              double k_target, double *log_target)
{
    const size_t free = states - 1;
    multistate m = {.states = states, .count = states * samples, .samples = (double)samples, .k = k, .u = u};
    double *block = EL4ML_NEW(double, 5 * states + free * free + 1);
    if (!block) return EL4ML_OUT_OF_MEMORY;
    m.f = block;
    m.trial = m.f + states;
    m.gradient = m.trial + states;
    m.weight = m.gradient + states; /* and room for a gradient behind it */
    m.hessian = m.weight + 2 * states;
    el4ml_status status = EL4ML_OK;
    if (states > 1) {
        if (!el4ml_factor_init(&m.factor, free)) status = EL4ML_OUT_OF_MEMORY;
        if (status == EL4ML_OK) {
            guess(&m, samples);
            status = solve(&m);
        }
        el4ml_factor_clear(&m.factor);
    }
    if (status == EL4ML_OK) {
        for (size_t i = 0; i < states; i++)
            log_z[i] = -m.f[i];
        *log_target = reweighted(&m, k_target);
        const double zero = reweighted(&m, k[0]); /* 0 but for rounding: the scale of the weights */
        *log_target -= zero;
    }
    el4ml_release(block);
    return status;
}
