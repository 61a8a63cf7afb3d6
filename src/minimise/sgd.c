/* Stochastic gradient descent with momentum: v <- momentum v + g, x <- x - rate v. The gradient is clipped so
 * that steps along one direction stay below a tenth of the longest step, as two atoms that nearly touch, or a
 * badly scaled weight, give gradients far beyond any use. */
#include <math.h>

#include "base/linalg.h"
#include "minimise/descent.h"

void el4ml_sgd_step(el4ml_descent *d, double rate)
{
    const double momentum = d->options.training.momentum;
    const double longest = 0.1 * d->options.max_step * (1 - momentum), length = rate * el4ml_norm(d->n, d->g);
    const double clip = length > longest ? longest / length : 1;
    for (size_t i = 0; i < d->n; i++) {
        d->first[i] = momentum * d->first[i] + clip * d->g[i];
        d->x[i] -= rate * d->first[i];
    }
}
