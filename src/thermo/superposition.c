/* Thermodynamics by harmonic superposition (methods.md 4).
 *
 *     ln Z_a = ln n_a + kappa ln T - V_a/T - L_a/2,   p_a = Z_a / sum Z,   t_a = (V_a - <V>)/T
 *     C_V = kappa + C+ + C-,   C+-: the sums of p_a t_a^2 over t_a > 0 and t_a < 0        (Wales, PRE 95,
 * 030105, 2017) F = sum p_a (V*_a - V_g)/(V_a - V_g)                          (de Souza et al., J. Chem.
 * Phys. 146, 124103, 2017)
 *
 * Minima on bounds: docs/bounds.md. kappa ln T is common to all minima and cancels. Energies are taken
 * relative to the lowest counted minimum, weights relative to the largest one, which is kept out of the sums,
 * so that no difference of nearly equal numbers is formed: S = ln(1 + rest) - sum p_a (ln Z_a - ln Z_max) has
 * positive terms only. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "thermo/superposition.h"

/* ---- Frustration ---- */

static bool has_global(double barrier)
{
    return barrier < INFINITY;
}

/* role and ratio of every minimum; a superbasin's barrier to the global minima is the energy of its first
 * ancestor that holds one of them. barrier: (tree->size). */
static void fill_ratios(const el4ml_network *network, const el4ml_merge_tree *tree, double lowest,
                        double *ratio, unsigned char *role, double *barrier)
{
    const double tolerance = network->energy_tolerance * fmax(1, fabs(lowest));
    for (size_t i = 0; i < tree->leaf_count; i++) {
        const el4ml_node *node = &network->nodes[i];
        const bool global = !node->flagged && node->energy - lowest <= tolerance;
        barrier[i] = global ? node->energy : INFINITY;
        role[i] = global ? EL4ML_ROLE_GLOBAL : EL4ML_ROLE_APART;
    }
    for (size_t i = tree->leaf_count; i < tree->size; i++) {
        const bool below = has_global(barrier[tree->left[i]]) || has_global(barrier[tree->right[i]]);
        barrier[i] = below ? tree->energy[i] : INFINITY;
    }
    for (size_t i = tree->size; i-- > 0;)
        if (!has_global(barrier[i]) && tree->parent[i] != EL4ML_NONE) barrier[i] = barrier[tree->parent[i]];
    for (size_t i = 0; i < tree->leaf_count; i++) {
        if (role[i] == EL4ML_ROLE_GLOBAL || !has_global(barrier[i])) continue;
        role[i] = EL4ML_ROLE_OTHER;
        ratio[i] = (barrier[i] - lowest) / (network->nodes[i].energy - lowest);
    }
}

/* F~ where the weights of all other minima underflow beside the global one's: the same sum, relative to the
 * others' own largest weight. */
static double deep_frustration(const el4ml_ensemble *e, double temperature)
{
    const el4ml_node *nodes = e->network->nodes;
    double base = INFINITY, shift = -INFINITY, total = 0, frustrated = 0;
    for (size_t i = 0; i < e->network->node_count; i++)
        if (!nodes[i].flagged && e->role[i] == EL4ML_ROLE_OTHER) base = fmin(base, nodes[i].energy);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < e->network->node_count; i++) {
            if (nodes[i].flagged || e->role[i] != EL4ML_ROLE_OTHER) continue;
            const double exponent =
                el4ml_node_log_weight(&nodes[i], temperature) - (nodes[i].energy - base) / temperature;
            if (pass == 0) {
                shift = fmax(shift, exponent);
            } else {
                total += exp(exponent - shift);
                frustrated += exp(exponent - shift) * e->ratio[i];
            }
        }
    }
    return frustrated / total;
}

static void count_minima(const el4ml_ensemble *e, el4ml_thermo *thermo, size_t *others)
{
    for (size_t i = 0; i < e->network->node_count; i++) {
        const bool flagged = e->network->nodes[i].flagged;
        thermo->excluded += flagged;
        thermo->unconnected += !flagged && e->role[i] == EL4ML_ROLE_APART;
        *others += !flagged && e->role[i] == EL4ML_ROLE_OTHER;
    }
}

static el4ml_thermo_point point_from(const el4ml_ensemble *e, const el4ml_canonical *s, double temperature,
                                     bool others)
{
    const double kappa = e->network->kappa;
    el4ml_thermo_point point = {.temperature = temperature,
                                .energy = e->lowest + s->mean + kappa * temperature,
                                .rise = s->mean,
                                .heat_capacity = kappa + s->extra + s->plus + s->minus,
                                .bounds = s->extra,
                                .c_plus = s->plus,
                                .c_minus = s->minus,
                                .slope = el4ml_canonical_slope(s) / temperature,
                                .entropy = log1p(s->rest) + s->log_part,
                                .frustration = NAN,
                                .frustration_normalised = NAN,
                                .unconnected = s->unconnected};
    if (!others) return point;
    point.frustration = s->frustrated;
    const double deep = 1e-280; /* below, weights lose digits as they near the smallest double */
    point.frustration_normalised =
        s->others > deep ? s->frustrated / s->others : deep_frustration(e, temperature);
    return point;
}

static int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void fill_points(const el4ml_ensemble *e, double *temperatures, size_t count, el4ml_canonical *sums,
                        el4ml_thermo *thermo)
{
    size_t others = 0;
    count_minima(e, thermo, &others);
    if (!(e->lowest < INFINITY)) return;
    qsort(temperatures, count, sizeof *temperatures, compare_doubles);
    el4ml_canonical_at(e, temperatures, count, sums);
    for (size_t k = 0; k < count; k++)
        thermo->points[k] = point_from(e, &sums[k], temperatures[k], others > 0);
    thermo->count = count;
}

static el4ml_status check_input(const el4ml_network *network, const el4ml_merge_tree *tree,
                                const double *temperatures, size_t count, el4ml_error *error)
{
    if (!network || !tree || (count && !temperatures))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "thermodynamics: nothing given");
    if (tree->leaf_count != network->node_count)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "thermodynamics: the tree is of another network");
    for (size_t k = 0; k < count; k++)
        if (!isnormal(temperatures[k]) || temperatures[k] < 0)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "thermodynamics: temperatures must be positive");
    return EL4ML_OK;
}

el4ml_status el4ml_thermo_new(const el4ml_network *network, const el4ml_merge_tree *tree,
                              const double *temperatures, size_t count, el4ml_thermo **thermo,
                              el4ml_error *error)
{
    el4ml_status status = check_input(network, tree, temperatures, count, error);
    if (status != EL4ML_OK) return status;
    el4ml_thermo *made = EL4ML_NEW(el4ml_thermo, 1);
    if (made) made->points = EL4ML_NEW(el4ml_thermo_point, count);
    double *sorted = EL4ML_NEW(double, count), *ratio = EL4ML_NEW(double, network->node_count),
           *barrier = EL4ML_NEW(double, tree->size);
    unsigned char *role = EL4ML_NEW(unsigned char, network->node_count);
    el4ml_canonical *sums = EL4ML_NEW(el4ml_canonical, count);
    if (made && made->points && sorted && ratio && barrier && role && sums) {
        el4ml_ensemble e;
        el4ml_ensemble_init(&e, network);
        e.ratio = ratio;
        e.role = role;
        fill_ratios(network, tree, e.lowest, ratio, role, barrier);
        for (size_t k = 0; k < count; k++)
            sorted[k] = temperatures[k];
        fill_points(&e, sorted, count, sums, made);
        *thermo = made;
    } else {
        el4ml_thermo_free(made);
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "thermodynamics: out of memory");
    }
    el4ml_release(sorted);
    el4ml_release(ratio);
    el4ml_release(barrier);
    el4ml_release(role);
    el4ml_release(sums);
    return status;
}

void el4ml_thermo_free(el4ml_thermo *thermo)
{
    if (!thermo) return;
    el4ml_release(thermo->points);
    el4ml_release(thermo);
}

bool el4ml_changes_at(const el4ml_network *network, double temperature, el4ml_changes *changes)
{
    el4ml_ensemble e;
    if (!el4ml_ensemble_init(&e, network)) return false;
    el4ml_canonical s;
    el4ml_canonical_at(&e, &temperature, 1, &s);
    *changes = (el4ml_changes){temperature, e.lowest, s.inverse, s.shift, 1 + s.rest, s.mean};
    return true;
}

double el4ml_occupation_of(const el4ml_node *node, const el4ml_changes *changes, double *g)
{
    *g = 0;
    if (node->flagged) return 0;
    double rise = node->energy - changes->lowest;
    const double exponent =
        el4ml_node_log_weight(node, changes->temperature) - rise * changes->inverse - changes->shift;
    if (exponent < -745) return 0; /* it underflows */
    const double p = exp(exponent) / changes->sum;
    rise += (double)node->active / 2 * changes->temperature;
    *g = p * ((rise - changes->mean) * changes->inverse) * changes->inverse;
    return p;
}

void el4ml_occupation(const el4ml_network *network, double temperature, double *p, double *g)
{
    el4ml_changes changes;
    const bool any = el4ml_changes_at(network, temperature, &changes);
    for (size_t i = 0; i < network->node_count; i++) {
        double change = 0;
        p[i] = any ? el4ml_occupation_of(&network->nodes[i], &changes, &change) : 0;
        if (g) g[i] = change;
    }
}

void el4ml_log_temperatures(double from, double to, size_t count, double *temperatures)
{
    const double low = log(from), high = log(to);
    for (size_t k = 0; k < count; k++)
        temperatures[k] = exp(low + (high - low) * (double)k / (double)(count > 1 ? count - 1 : 1));
    if (count) temperatures[0] = from;
    if (count > 1) temperatures[count - 1] = to;
}
