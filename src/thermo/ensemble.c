/* Sums over the minima of a network: blocks that stay in the first cache, all temperatures or energies on a
 * block before the next is loaded. Flagged minima are left out. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "thermo/superposition.h"

/* Chosen once; every thread would choose the same. */
static const el4ml_superposition_kernels *choose_kernels(void)
{
    static _Atomic(const el4ml_superposition_kernels *) chosen = NULL;
    const el4ml_superposition_kernels *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (k) return k;
    k = &el4ml_superposition_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
    const el4ml_kernel_set set = el4ml_best_kernel_set();
    if (set == EL4ML_AVX2) k = &el4ml_superposition_kernels_avx2;
    if (set == EL4ML_AVX512) k = &el4ml_superposition_kernels_avx512;
#endif
    atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k;
}

bool el4ml_ensemble_init(el4ml_ensemble *made, const el4ml_network *network)
{
    *made = (el4ml_ensemble){.network = network, .lowest = INFINITY, .kernels = choose_kernels()};
    for (size_t i = 0; i < network->node_count; i++) {
        const el4ml_node *node = &network->nodes[i];
        if (node->flagged) continue;
        made->lowest = fmin(made->lowest, node->energy);
        made->bounded = made->bounded || node->active > 0;
    }
    return made->lowest < INFINITY;
}

static void add_minimum(const el4ml_ensemble *e, size_t i, el4ml_minima_block *b)
{
    const el4ml_node *node = &e->network->nodes[i];
    const size_t at = b->count++;
    const el4ml_role role = e->role ? (el4ml_role)e->role[i] : EL4ML_ROLE_GLOBAL;
    b->rise[at] = node->energy - e->lowest;
    b->log_weight[at] = node->log_multiplicity - node->log_product / 2;
    if (e->bounded) b->log_weight[at] = el4ml_node_log_weight(node, 1);
    b->extra[at] = (double)node->active / 2;
    b->ratio[at] = role == EL4ML_ROLE_OTHER ? e->ratio[i] : 0;
    b->other[at] = role == EL4ML_ROLE_OTHER;
    b->apart[at] = role == EL4ML_ROLE_APART;
}

/* False when there are no more minima. next: where to go on; start at 0, with b->start = b->count = 0. */
static bool load_block(const el4ml_ensemble *e, size_t *next, el4ml_minima_block *b)
{
    b->start += b->count;
    b->count = 0;
    for (; *next < e->network->node_count && b->count < EL4ML_MINIMA_BLOCK; (*next)++)
        if (!e->network->nodes[*next].flagged) add_minimum(e, *next, b);
    if (b->count == 0) return false;
    for (; b->count % 8 != 0; b->count++) {
        b->log_weight[b->count] = -INFINITY;
        b->rise[b->count] = b->ratio[b->count] = b->other[b->count] = b->apart[b->count] = 0;
        b->extra[b->count] = 0;
    }
    return true;
}

static void sweep_temperatures(const el4ml_ensemble *e, el4ml_canonical_step *step, el4ml_canonical *sums,
                               size_t count)
{
    el4ml_minima_block b, shifted;
    b.start = b.count = 0;
    for (size_t next = 0; load_block(e, &next, &b);)
        for (size_t k = 0; k < count; k++) {
            if (e->bounded) el4ml_shift_block(&b, 1 / sums[k].inverse, &shifted);
            step(e->bounded ? &shifted : &b, &sums[k]);
        }
}

void el4ml_canonical_at(const el4ml_ensemble *e, const double *temperatures, size_t count,
                        el4ml_canonical *sums)
{
    for (size_t k = 0; k < count; k++)
        sums[k] = (el4ml_canonical){.inverse = 1 / temperatures[k], .shift = -INFINITY, .top = SIZE_MAX};
    sweep_temperatures(e, e->kernels->canonical_top, sums, count);
    sweep_temperatures(e, e->kernels->canonical_mean, sums, count);
    for (size_t k = 0; k < count; k++)
        sums[k].mean /= 1 + sums[k].rest;
    sweep_temperatures(e, e->kernels->canonical_spread, sums, count);
    if (e->bounded) sweep_temperatures(e, el4ml_add_extra, sums, count);
    for (size_t k = 0; k < count; k++) {
        const double scale = 1 / (1 + sums[k].rest);
        sums[k].extra *= scale;
        sums[k].coupling *= scale;
        sums[k].plus *= scale;
        sums[k].minus *= scale;
        sums[k].third *= scale;
        sums[k].log_part *= scale;
        sums[k].others *= scale;
        sums[k].frustrated *= scale;
        sums[k].unconnected *= scale;
    }
}

static void sweep_energies(const el4ml_ensemble *e, el4ml_fixed_energy_step *step, el4ml_fixed_energy *sums,
                           size_t count)
{
    el4ml_minima_block b;
    b.start = b.count = 0;
    for (size_t next = 0; load_block(e, &next, &b);)
        for (size_t k = 0; k < count; k++)
            step(&b, &sums[k]);
}

void el4ml_fixed_energy_at(const el4ml_ensemble *e, double power, const double *energies, size_t count,
                           el4ml_fixed_energy *sums)
{
    for (size_t k = 0; e->bounded && k < count; k++)
        el4ml_bounded_energy_at(e, power, energies[k], &sums[k]);
    if (e->bounded) return;
    for (size_t k = 0; k < count; k++)
        sums[k] = (el4ml_fixed_energy){
            .rise = energies[k] - e->lowest, .power = power, .shift = -INFINITY, .top = SIZE_MAX};
    sweep_energies(e, e->kernels->energy_top, sums, count);
    sweep_energies(e, e->kernels->energy_mean, sums, count);
    for (size_t k = 0; k < count; k++) {
        sums[k].gap /= 1 + sums[k].rest;
        sums[k].mean /= 1 + sums[k].rest;
    }
    sweep_energies(e, e->kernels->energy_spread, sums, count);
    for (size_t k = 0; k < count; k++) {
        sums[k].variance /= 1 + sums[k].rest;
        sums[k].square /= 1 + sums[k].rest;
    }
}
