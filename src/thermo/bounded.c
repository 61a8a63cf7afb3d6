/* Minima on bounds: each has an exponent of its own, kappa_a = kappa + m_a/2 (docs/bounds.md).
 *
 * At a temperature, V_a + (m_a/2) T for V_a and ln weight + (m_a/2) (ln T + 1) for ln weight leave every Z_a
 * as it is and turn V_a into the energy that U_a is made of, so that all other sums stay what they are
 * without bounds. At an energy, with k_a = D_a - 1, y_a = 1/(E - V_a) and w_a = Omega_a/Omega,
 *
 *     1/T = <k y>,   d(1/T)/dE = Var(k y) - <k y^2>,   volume/Omega = <(E - V_a)/D_a>.
 */
#include <math.h>

#include "thermo/superposition.h"

void el4ml_shift_block(const el4ml_minima_block *b, double temperature, el4ml_minima_block *shifted)
{
    const double raised = log(temperature) + 1;
    *shifted = *b;
    for (size_t i = 0; i < b->count; i++) {
        shifted->rise[i] += b->extra[i] * temperature;
        shifted->log_weight[i] += b->extra[i] * raised;
    }
}

void el4ml_add_extra(const el4ml_minima_block *b, el4ml_canonical *s)
{
    for (size_t i = 0; i < b->count; i++) {
        if (b->extra[i] == 0) continue;
        const double weight = exp(b->log_weight[i] - b->rise[i] * s->inverse - s->shift);
        s->extra += weight * b->extra[i];
        s->coupling += weight * b->extra[i] * (b->rise[i] - s->mean) * s->inverse;
    }
}

/* ln Omega_a, what all minima share left out. exponent: D without bounds. */
static double log_density(const el4ml_node *node, double exponent, double gap)
{
    int sign;
    const double own = exponent + (double)node->active / 2;
    double weight = el4ml_node_log_weight(node, 1);
    if (node->active > 0) weight -= lgamma_r(own, &sign) - lgamma_r(exponent, &sign);
    return weight + (own - 1) * log(gap);
}

void el4ml_bounded_energy_at(const el4ml_ensemble *e, double power, double energy, el4ml_fixed_energy *s)
{
    const el4ml_network *network = e->network;
    const double exponent = power + 1;
    double total = 0, slope = 0, variance = 0;
    *s = (el4ml_fixed_energy){
        .rise = energy - e->lowest, .power = 1, .shift = -INFINITY, .top = SIZE_MAX, .rest = 0};
    for (int pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < network->node_count; i++) {
            const el4ml_node *node = &network->nodes[i];
            const double gap = energy - node->energy, own = exponent + (double)node->active / 2;
            if (node->flagged || !(gap > 1e-140)) continue;
            const double exponent_of = log_density(node, exponent, gap);
            if (pass == 0) {
                if (exponent_of > s->shift) s->top = i;
                s->shift = fmax(s->shift, exponent_of);
                continue;
            }
            const double w = exp(exponent_of - s->shift), ky = (own - 1) / gap;
            if (pass == 1) {
                if (i != s->top) s->rest += w;
                total += w;
                slope += w * ky;
                s->gap += w * gap * exponent / own;
                s->square += w * ky / gap;
            } else {
                variance += w * (ky - s->mean) * (ky - s->mean);
            }
        }
        if (pass == 1) s->mean = slope / total;
    }
    s->gap /= total;
    s->square /= total;
    s->variance = variance / total;
}
