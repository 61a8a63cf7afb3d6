/* The ensemble at fixed energy. With w_a = Omega_a/Omega, y_a = 1/(E - V_a) and k = D - 1,
 *
 *     1/T = d ln Omega/dE = k <y>,   d(1/T)/dE = k^2 Var(y) - k <y^2>,   volume/Omega = <E - V_a>/D
 *
 * so that an S-bend is where the spread of 1/(E - V_a) among the occupied minima outweighs what each of them
 * does by itself. */
#include "el4ml/microcanonical.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "thermo/root.h"
#include "thermo/superposition.h"

static double exponent_of(const el4ml_network *network, el4ml_density density)
{
    return density == EL4ML_DENSITY_TOTAL ? network->kappa : network->kappa / 2;
}

static double inverse_temperature(const el4ml_fixed_energy *s)
{
    return s->power * s->mean;
}

static double curvature(const el4ml_fixed_energy *s)
{
    return s->power * s->power * s->variance - s->power * s->square;
}

static double log_sum(const el4ml_fixed_energy *s)
{
    return s->shift + log1p(s->rest);
}

static el4ml_microcanonical_point point_from(const el4ml_fixed_energy *s, double energy, double exponent)
{
    if (!(s->shift > -INFINITY))
        return (el4ml_microcanonical_point){energy, -INFINITY, -INFINITY, NAN, NAN, NAN, NAN};
    const double pi = 3.14159265358979323846;
    int sign;
    const double constant = exponent * log(2 * pi) - lgamma_r(exponent, &sign);
    const double beta = inverse_temperature(s), bend = curvature(s);
    return (el4ml_microcanonical_point){.energy = energy,
                                        .log_density = constant + log_sum(s),
                                        .log_volume = constant + log_sum(s) + log(s->gap / exponent),
                                        .temperature = 1 / beta,
                                        .heat_capacity = -beta * beta / bend,
                                        .curvature = bend,
                                        .volume_temperature = s->gap / exponent};
}

/* ---- S-bends ---- */

typedef struct search {
    const el4ml_ensemble *e;
    double power;
    double wanted; /* 1/T to be found */
} search;

static el4ml_fixed_energy sums_at(const search *s, double energy)
{
    el4ml_fixed_energy sums;
    el4ml_fixed_energy_at(s->e, s->power, &energy, 1, &sums);
    return sums;
}

static double curvature_at(void *context, double energy)
{
    const el4ml_fixed_energy sums = sums_at(context, energy);
    return curvature(&sums);
}

static double excess_at(void *context, double energy)
{
    const search *s = context;
    const el4ml_fixed_energy sums = sums_at(s, energy);
    return inverse_temperature(&sums) - s->wanted;
}

static double tolerance(const search *s, double energy)
{
    return 1e-13 * fmax(fabs(energy), energy - s->e->lowest);
}

/* Where the curvature changes sign between two points. */
static double find_turn(search *s, const el4ml_microcanonical_point *low,
                        const el4ml_microcanonical_point *high)
{
    const el4ml_bracket b = {low->energy, high->energy, low->curvature, high->curvature};
    return el4ml_find_root(curvature_at, s, b, tolerance(s, high->energy));
}

/* The energy at which 1/T is s->wanted on a stretch where it falls; NaN when it is not reached there. */
static double energy_at(search *s, double from, double to)
{
    const el4ml_bracket b = {from, to, excess_at(s, from), excess_at(s, to)};
    if (!(b.at_low >= 0 && b.at_high <= 0)) return NAN;
    return el4ml_find_root(excess_at, s, b, tolerance(s, to));
}

typedef struct stretch {
    double from, to;
} stretch;

/* The energies at 1/T = s->wanted on both sides, and how far the areas are from equal. */
static double area(search *s, stretch below, stretch above, el4ml_s_bend *bend)
{
    bend->energy_below = energy_at(s, below.from, below.to);
    bend->energy_above = energy_at(s, above.from, above.to);
    const el4ml_fixed_energy low = sums_at(s, bend->energy_below), high = sums_at(s, bend->energy_above);
    return log_sum(&high) - log_sum(&low) - s->wanted * (bend->energy_above - bend->energy_below);
}

/* Newton's method on the area, whose slope in 1/T is minus the latent heat, kept inside the bracket of the
 * turns. */
static void equal_areas(search *s, stretch below, stretch above, el4ml_s_bend *bend)
{
    double low = 1 / bend->temperature_high, high = 1 / bend->temperature_low;
    s->wanted = (low + high) / 2;
    bend->transition_temperature = NAN;
    for (int step = 0; step < 100; step++) {
        const double difference = area(s, below, above, bend);
        if (isnan(difference)) {
            bend->energy_below = bend->energy_above = NAN;
            return;
        }
        *(difference > 0 ? &low : &high) = s->wanted;
        double next = s->wanted + difference / (bend->energy_above - bend->energy_below);
        if (!(next > low && next < high)) next = (low + high) / 2;
        const double change = fabs(next - s->wanted);
        bend->transition_temperature = 1 / s->wanted;
        if (change <= 1e-13 * s->wanted) return;
        s->wanted = next;
    }
}

/* The stretch of rising T above a bend: to the next bend, or as far as 1/T must fall. */
static stretch stretch_above(search *s, const el4ml_microcanonical *m, size_t k)
{
    stretch found = {m->bends[k].energy_high, 0};
    if (k + 1 < m->bend_count) {
        found.to = m->bends[k + 1].energy_low;
        return found;
    }
    double reach = found.from - s->e->lowest;
    s->wanted = 1 / m->bends[k].temperature_high;
    do {
        reach *= 2;
        found.to = s->e->lowest + reach;
    } while (excess_at(s, found.to) > 0 && isfinite(reach));
    return found;
}

/* The one below: from the bend before, or from so near V_0 that 1/T, at least k/(E - V_0) times the weight of
 * the lowest minimum, exceeds all that is wanted. */
static stretch stretch_below(search *s, const el4ml_microcanonical *m, size_t k)
{
    stretch found = {0, m->bends[k].energy_low};
    if (k > 0) {
        found.from = m->bends[k - 1].energy_high;
        return found;
    }
    double reach = found.to - s->e->lowest;
    s->wanted = 1 / m->bends[k].temperature_low;
    do {
        reach /= 2;
        found.from = s->e->lowest + reach;
    } while (found.from > s->e->lowest && excess_at(s, found.from) < 0);
    return found;
}

static size_t count_bends(const el4ml_microcanonical *m)
{
    size_t count = 0;
    for (size_t k = 1; k < m->count; k++)
        count += m->points[k - 1].curvature < 0 && m->points[k].curvature > 0;
    return count;
}

static void find_bends(search *s, el4ml_microcanonical *m)
{
    bool open = false;
    for (size_t k = 1; k < m->count; k++) {
        const el4ml_microcanonical_point *a = &m->points[k - 1], *b = &m->points[k];
        if (a->curvature < 0 && b->curvature > 0) {
            m->bends[m->bend_count].energy_low = find_turn(s, a, b);
            open = true;
        } else if (open && a->curvature > 0 && b->curvature < 0) {
            m->bends[m->bend_count++].energy_high = find_turn(s, a, b);
            open = false;
        }
    }
    for (size_t k = 0; k < m->bend_count; k++) {
        const el4ml_fixed_energy low = sums_at(s, m->bends[k].energy_low),
                                 high = sums_at(s, m->bends[k].energy_high);
        m->bends[k].temperature_high = 1 / inverse_temperature(&low);
        m->bends[k].temperature_low = 1 / inverse_temperature(&high);
    }
    for (size_t k = 0; k < m->bend_count; k++) {
        const stretch below = stretch_below(s, m, k), above = stretch_above(s, m, k);
        equal_areas(s, below, above, &m->bends[k]);
    }
}

/* ---- All of it ---- */

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool fill(const el4ml_network *network, const double *energies, size_t count, el4ml_microcanonical *m)
{
    double *sorted = EL4ML_NEW(double, count);
    el4ml_fixed_energy *sums = EL4ML_NEW(el4ml_fixed_energy, count);
    m->points = EL4ML_NEW(el4ml_microcanonical_point, count);
    bool good = sorted && sums && m->points;
    el4ml_ensemble e;
    if (good && el4ml_ensemble_init(&e, network)) {
        for (size_t k = 0; k < count; k++)
            sorted[k] = energies[k];
        qsort(sorted, count, sizeof *sorted, compare_doubles);
        el4ml_fixed_energy_at(&e, m->exponent - 1, sorted, count, sums);
        for (size_t k = 0; k < count; k++)
            m->points[k] = point_from(&sums[k], sorted[k], m->exponent);
        m->count = count;
        m->bends = EL4ML_NEW(el4ml_s_bend, count_bends(m));
        good = m->bends;
        search s = {.e = &e, .power = m->exponent - 1};
        if (good && m->exponent >= 3) find_bends(&s, m);
    }
    el4ml_release(sorted);
    el4ml_release(sums);
    return good;
}

el4ml_status el4ml_microcanonical_new(const el4ml_network *network, el4ml_density density,
                                      const double *energies, size_t count, el4ml_microcanonical **result,
                                      el4ml_error *error)
{
    if (!network || !result || (count && !energies))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "density of states: nothing given");
    if (!(network->kappa > 0))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "density of states: kappa must be positive");
    for (size_t k = 0; k < count; k++)
        if (!isfinite(energies[k]))
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "density of states: energies must be finite");
    el4ml_microcanonical *made = EL4ML_NEW(el4ml_microcanonical, 1);
    if (made) {
        made->density = density;
        made->exponent = exponent_of(network, density);
        for (size_t i = 0; i < network->node_count; i++)
            made->excluded += network->nodes[i].flagged;
    }
    if (!made || !fill(network, energies, count, made)) {
        el4ml_microcanonical_free(made);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "density of states: out of memory");
    }
    *result = made;
    return EL4ML_OK;
}

void el4ml_microcanonical_free(el4ml_microcanonical *result)
{
    if (!result) return;
    el4ml_release(result->points);
    el4ml_release(result->bends);
    el4ml_release(result);
}

void el4ml_microcanonical_occupation(const el4ml_network *network, el4ml_density density, double energy,
                                     double *p)
{
    el4ml_ensemble e;
    const double power = exponent_of(network, density) - 1;
    el4ml_fixed_energy s = {.shift = -INFINITY};
    if (el4ml_ensemble_init(&e, network)) el4ml_fixed_energy_at(&e, power, &energy, 1, &s);
    for (size_t i = 0; i < network->node_count; i++) {
        const el4ml_node *node = &network->nodes[i];
        const double gap = energy - node->energy;
        p[i] = 0;
        if (node->flagged || !(gap > 0) || !(s.shift > -INFINITY)) continue;
        p[i] = exp(node->log_multiplicity - node->log_product / 2 + power * log(gap) - log_sum(&s));
    }
}

void el4ml_microcanonical_energies(const el4ml_network *network, el4ml_density density, double from,
                                   double to, size_t count, double *energies)
{
    el4ml_ensemble e;
    if (!el4ml_ensemble_init(&e, network)) return;
    const double exponent = exponent_of(network, density);
    el4ml_canonical s;
    el4ml_canonical_at(&e, &to, 1, &s);
    el4ml_log_temperatures(exponent * from, exponent * to + s.mean, count, energies);
    for (size_t k = 0; k < count; k++)
        energies[k] += e.lowest;
}
