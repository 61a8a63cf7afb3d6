/* Entropy-SGD (Chaudhari et al., ICLR 2017): descent on minus the local entropy,
 *
 *     F(x) = - ln int exp(-V(y) - scope/2 |y - x|^2) dy,    its gradient scope (x - <y>),
 *
 * <y> by Langevin dynamics of few steps. The step along it has the length 1/scope, which takes x to <y>. */
#include <math.h>

#include "base/linalg.h"
#include "minimise/descent.h"

#define SHARE 0.75 /* of the mean so far that a step leaves */

void el4ml_entropy_begin(el4ml_descent *d)
{
    el4ml_copy(d->n, d->x, d->ball);
    el4ml_copy(d->n, d->x, d->first);
}

void el4ml_entropy_step(el4ml_descent *d, double rate, uint64_t step)
{
    const el4ml_training_options *o = &d->options.training;
    const double longest = 0.1 * d->options.max_step, length = rate * el4ml_norm(d->n, d->g);
    const double clip = length > longest ? longest / length : 1, chance = sqrt(rate) * o->noise;
    for (size_t i = 0; i < d->n; i++) {
        d->ball[i] -= rate * (clip * d->g[i] + o->scope * (d->ball[i] - d->x[i]));
        if (chance > 0) d->ball[i] += chance * el4ml_random_normal(&d->random);
        d->first[i] += (1 - SHARE) * (d->ball[i] - d->first[i]);
    }
    if (step + 1 == o->walk) el4ml_copy(d->n, d->first, d->x);
}
