/* Matern's kernel of any nu. With the integral of K_nu over its argument's scale,
 *
 *     k = 2^(1-nu)/Gamma(nu) s^nu K_nu(s) = 1/Gamma(nu) int_0^inf u^(nu-1) exp(- u - s^2/(4u)) du,   s^2 = 2
 * nu q,
 *
 * it is a mean of squared exponentials over u ~ Gamma(nu, 1) (Rasmussen and Williams 2006, eq. 4.14; the
 * integral is DLMF 10.32.10). All derivatives, those with respect to the order included, are moments of that
 * mixture: sums of positive terms, where a difference of Bessel functions would cancel. In t = ln u the
 * integrand falls off faster than exponentially on both sides, so that the trapezoidal rule converges
 * geometrically (Trefethen and Weideman, SIAM Review 56, 385, 2014). */
#include <math.h>

#include "base/memory.h"
#include "surface/gp.h"

/* Recurrence up to where the asymptotic series is exact to double precision. */
double el4ml_digamma(double x)
{
    double sum = 0;
    for (; x < 10; x++)
        sum -= 1 / x;
    const double z = 1 / (x * x);
    return sum + log(x) - 0.5 / x -
           z * (1.0 / 12 -
                z * (1.0 / 120 -
                     z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z / 12))))));
}

double el4ml_trigamma(double x)
{
    double sum = 0;
    for (; x < 10; x++)
        sum += 1 / (x * x);
    const double z = 1 / (x * x);
    return sum + 1 / x + 0.5 * z +
           z / x *
               (1.0 / 6 -
                z * (1.0 / 30 -
                     z * (1.0 / 42 - z * (1.0 / 30 - z * (5.0 / 66 - z * (691.0 / 2730 - z * 7 / 6))))));
}

void el4ml_gp_nodes_clear(el4ml_gp_nodes *nodes)
{
    el4ml_release(nodes->log_weight);
    *nodes = (el4ml_gp_nodes){0};
}

#define STEP(nu) (0.19 / (1 + 0.03 * (nu)))
#define MOST_NODES 2400 /* nu = 0.1 takes the most */

bool el4ml_gp_nodes_init(el4ml_gp_nodes *nodes)
{
    *nodes = (el4ml_gp_nodes){.log_weight = EL4ML_NEW(double, 3 * MOST_NODES)};
    if (!nodes->log_weight) return false;
    nodes->h = nodes->log_weight + MOST_NODES;
    nodes->tilt = nodes->h + MOST_NODES;
    return true;
}

/* The rule's error is exp(- 2 pi a / step) cos(a)^-nu for the best a < pi/2: 1e-16 for these steps, nu from
 * 0.1 to 100. The left end is where u^nu, or exp(- s^2/(4u)) for the least distance, has vanished; the right
 * one where exp(- u) has. */
void el4ml_gp_nodes_set(el4ml_gp_nodes *nodes, double nu, double least)
{
    const double step = STEP(nu);
    const double left = fmax(-40 / nu, log(nu * least / 80)), right = log(nu + 10 * sqrt(nu) + 45);
    const double first = floor(fmin(left, right - 1) / step);
    const size_t wanted = (size_t)(ceil(right / step) - first) + 1;
    const size_t count = wanted < MOST_NODES ? wanted : MOST_NODES;
    const double digamma = el4ml_digamma(nu);
    int sign;
    const long double constant = logl((long double)step) - lgammal_r((long double)nu, &sign);
    nodes->count = count;
    nodes->nu = nu;
    nodes->trigamma = el4ml_trigamma(nu);
    for (size_t m = 0; m < count; m++) {
        const double t = (first + (double)m) * step;
        /* three large numbers that nearly cancel */
        nodes->log_weight[m] = (double)(constant + (long double)nu * t - expl((long double)t));
        nodes->h[m] = nu * exp(-t);
        nodes->tilt[m] = nu * (t - digamma);
    }
}
