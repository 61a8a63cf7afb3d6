/* Steps of a chain that leave exp(-V) in the box as it is. */
#include <math.h>

#include "base/linalg.h"
#include "sample/sample.h"

enum { STEPS_OUT = 20, SHRINKS = 200, LONGEST = 15 };

/* ---- slice sampling ---- */

static double at_coordinate(el4ml_mover *m, size_t i, double position)
{
    double value;
    m->y[i] = position;
    return el4ml_sampler_value(m->sampler, m->y, &value) ? value : (double)INFINITY;
}

/* An interval about the point: out by steps of random shares on each side, until it leaves the slice. */
static void step_out(el4ml_mover *m, el4ml_chain *c, size_t i, double level, double *low, double *high)
{
    const double width = 2 * m->scale[i];
    *low = c->x[i] - width * el4ml_random_uniform(&c->random);
    *high = *low + width;
    uint64_t left = el4ml_random_below(&c->random, STEPS_OUT), right = STEPS_OUT - 1 - left;
    while (left-- > 0 && at_coordinate(m, i, *low) < level)
        *low -= width;
    while (right-- > 0 && at_coordinate(m, i, *high) < level)
        *high += width;
}

void el4ml_slice_step(el4ml_mover *m, el4ml_chain *c)
{
    const size_t n = m->sampler->n;
    el4ml_copy(n, c->x, m->y);
    for (size_t i = 0; i < n; i++) {
        double low, high;
        const double level = c->value - log(1 - el4ml_random_uniform(&c->random));
        step_out(m, c, i, level, &low, &high);
        for (int k = 0; k < SHRINKS; k++) {
            const double position = low + (high - low) * el4ml_random_uniform(&c->random);
            const double value = at_coordinate(m, i, position);
            if (value < level) {
                c->x[i] = position;
                c->value = value;
                break;
            }
            if (position < c->x[i])
                low = position;
            else
                high = position;
        }
        m->y[i] = c->x[i];
    }
}

/* ---- Hamiltonian Monte Carlo ---- */

/* Nesterov's dual averaging towards 80 % (Hoffman and Gelman, J. Mach. Learn. Res. 15, 1593, 2014). */
static void adapt(el4ml_mover *m, double probability)
{
    const double t = (double)++m->adapted, share = 1 / (t + 10);
    m->error_mean = (1 - share) * m->error_mean + share * (0.8 - probability);
    const double log_step = m->anchor - sqrt(t) / 0.05 * m->error_mean;
    const double weight = pow(t, -0.75);
    m->log_step_mean = weight * log_step + (1 - weight) * m->log_step_mean;
    m->step = exp(log_step);
}

/* Elastic at the walls, which keeps volumes and can be run backwards; false where it is too fast for them. */
static bool reflect(const el4ml_surface_info *info, size_t i, double *x, double *momentum)
{
    if (!info->lower) return true;
    for (int k = 0; k < 100; k++) {
        if (*x < info->lower[i])
            *x = 2 * info->lower[i] - *x;
        else if (*x > info->upper[i])
            *x = 2 * info->upper[i] - *x;
        else
            return true;
        *momentum = -*momentum;
    }
    return false;
}

static bool leapfrog(el4ml_mover *m, double step, double *value)
{
    el4ml_sampler *s = m->sampler;
    for (size_t i = 0; i < s->n; i++) {
        m->momentum[i] -= step / 2 * m->scale[i] * m->gradient[i];
        m->y[i] += step * m->scale[i] * m->momentum[i];
        if (!reflect(&s->surface->info, i, &m->y[i], &m->momentum[i])) return false;
    }
    if (!el4ml_sampler_gradient(s, m->y, value, m->gradient)) return false;
    for (size_t i = 0; i < s->n; i++)
        m->momentum[i] -= step / 2 * m->scale[i] * m->gradient[i];
    return true;
}

void el4ml_hamiltonian_step(el4ml_mover *m, el4ml_chain *c, bool adapting)
{
    const size_t n = m->sampler->n;
    const double step = m->step * (0.9 + 0.2 * el4ml_random_uniform(&c->random));
    const uint64_t steps = 1 + el4ml_random_below(&c->random, LONGEST);
    double value = c->value;
    for (size_t i = 0; i < n; i++)
        m->momentum[i] = el4ml_random_normal(&c->random);
    const double before = c->value + el4ml_dot(n, m->momentum, m->momentum) / 2;
    el4ml_copy(n, c->x, m->y);
    el4ml_copy(n, c->gradient, m->gradient);
    bool good = true;
    for (uint64_t k = 0; good && k < steps; k++) /* far beyond, nothing comes back */
        good = leapfrog(m, step, &value) && value < before + 1000;
    const double after = value + el4ml_dot(n, m->momentum, m->momentum) / 2;
    const double probability = good ? fmin(1, exp(before - after)) : 0;
    m->tried++;
    if (el4ml_random_uniform(&c->random) < probability) {
        m->accepted++;
        el4ml_copy(n, m->y, c->x);
        el4ml_copy(n, m->gradient, c->gradient);
        c->value = value;
    }
    if (adapting) adapt(m, probability);
}

/* ---- from mode to mode ---- */

void el4ml_guided_step(el4ml_mover *m, el4ml_chain *c)
{
    el4ml_sampler *s = m->sampler;
    const el4ml_guide *guide = s->options->guide;
    const bool slope = s->options->method == EL4ML_HAMILTONIAN;
    double value;
    el4ml_guide_draw(guide, &c->random, m->y);
    const double u = el4ml_random_uniform(&c->random);
    const bool good =
        slope ? el4ml_sampler_gradient(s, m->y, &value, m->gradient) : el4ml_sampler_value(s, m->y, &value);
    if (!good) return;
    const double gain =
        c->value - value + el4ml_guide_log_density(guide, c->x) - el4ml_guide_log_density(guide, m->y);
    if (!(log(u) < gain)) return;
    el4ml_copy(s->n, m->y, c->x);
    if (slope) el4ml_copy(s->n, m->gradient, c->gradient);
    c->value = value;
}
