/* Adam (Kingma and Ba, ICLR 2015):
 *
 *     m <- 0.9 m + 0.1 g,   v <- 0.999 v + 0.001 g^2,   x <- x - rate (m / (1 - 0.9^k)) / (sqrt(v / (1 -
 * 0.999^k)) + epsilon)
 */
#include <math.h>

#include "minimise/descent.h"

void el4ml_adam_step(el4ml_descent *d, double rate, uint64_t step)
{
    const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    const double first = rate / (1 - pow(beta1, (double)step)), second = 1 / (1 - pow(beta2, (double)step));
    for (size_t i = 0; i < d->n; i++) {
        d->first[i] = beta1 * d->first[i] + (1 - beta1) * d->g[i];
        d->second[i] = beta2 * d->second[i] + (1 - beta2) * d->g[i] * d->g[i];
        d->x[i] -= first * d->first[i] / (sqrt(second * d->second[i]) + epsilon);
    }
}
