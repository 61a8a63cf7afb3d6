/* Thermodynamics by harmonic superposition (methods.md 4).
 *
 *     ln Z_a = ln n_a + kappa ln T - V_a/T - L_a/2,   p_a = Z_a / sum Z,   t_a = (V_a - <V>)/T
 *     C_V = kappa + C+ + C-,   C+-: the sums of p_a t_a^2 over t_a > 0 and t_a < 0        (Wales, PRE 95,
 * 030105, 2017) F = sum p_a (V*_a - V_g)/(V_a - V_g)                          (de Souza et al., J. Chem.
 * Phys. 146, 124103, 2017)
 *
 * kappa ln T is common to all minima and cancels. Energies are taken relative to the lowest counted minimum,
 * weights relative to the largest one, which is kept out of the sums, so that no difference of nearly equal
 * numbers is formed: S = ln(1 + rest) - sum p_a (ln Z_a - ln Z_max) has positive terms only. Three sweeps
 * over the minima (largest weight, mean, spread), each with all temperatures at once for a block of minima
 * that stays in the cache. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "thermo/superposition.h"

enum { BLOCK = 256 };
static const double NOTHING = -745; /* exp underflows to zero below */

/* Counted (unflagged) minima of one stretch of the network. */
typedef struct block {
    size_t count;
    size_t index[BLOCK];
    double rise[BLOCK];       /* V_a - V_0 */
    double log_weight[BLOCK]; /* ln n_a - L_a/2 */
    double ratio[BLOCK];      /* (V*_a - V_g)/(V_a - V_g), or one of the two marks below */
} block;

static const double JOINS_GLOBAL = -1, UNCONNECTED = -2; /* true ratios are not negative */

/* What the sweeps gather at one temperature. */
typedef struct sums {
    double inverse;                         /* 1/T */
    double shift;                           /* the largest ln Z_a + V_0/T */
    size_t top;                             /* whose it is */
    double rest;                            /* sum of Z_a / Z_top over the others */
    double mean;                            /* <V> - V_0 */
    double plus, minus;                     /* C+ and C- */
    double log_part;                        /* - sum p_a ln (Z_a / Z_top) */
    double others, frustrated, unconnected; /* sums of p, p ratio, p */
} sums;

typedef struct ensemble {
    const el4ml_network *network;
    const double *ratio; /* (node_count), or NULL where F is not wanted */
    double lowest;       /* V_0 */
} ensemble;

typedef void (*sweep_step)(const block *, sums *);

static bool ensemble_init(ensemble *made, const el4ml_network *network, const double *ratio)
{
    *made = (ensemble){network, ratio, INFINITY};
    for (size_t i = 0; i < network->node_count; i++)
        if (!network->nodes[i].flagged && network->nodes[i].energy < made->lowest)
            made->lowest = network->nodes[i].energy;
    return made->lowest < INFINITY;
}

static void load_block(const ensemble *e, size_t *next, block *b)
{
    b->count = 0;
    for (; *next < e->network->node_count && b->count < BLOCK; (*next)++) {
        const el4ml_node *node = &e->network->nodes[*next];
        if (node->flagged) continue;
        b->index[b->count] = *next;
        b->rise[b->count] = node->energy - e->lowest;
        b->log_weight[b->count] = node->log_multiplicity - node->log_product / 2;
        b->ratio[b->count] = e->ratio ? e->ratio[*next] : JOINS_GLOBAL;
        b->count++;
    }
}

static void sweep(const ensemble *e, sweep_step step, sums *all, size_t count)
{
    block b;
    for (size_t next = 0; next < e->network->node_count;) {
        load_block(e, &next, &b);
        for (size_t k = 0; k < count; k++)
            step(&b, &all[k]);
    }
}

static void find_top(const block *b, sums *s)
{
    double largest = s->shift;
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < b->count; i++) {
        const double exponent = b->log_weight[i] - b->rise[i] * s->inverse;
        if (exponent > largest) {
            largest = exponent;
            at = i;
        }
    }
    if (at == SIZE_MAX) return;
    s->shift = largest;
    s->top = b->index[at];
}

static void add_mean(const block *b, sums *s)
{
    double rest = 0, mean = 0;
    for (size_t i = 0; i < b->count; i++) {
        const double exponent = b->log_weight[i] - b->rise[i] * s->inverse - s->shift;
        if (exponent < NOTHING) continue;
        const double weight = exp(exponent);
        if (b->index[i] != s->top) rest += weight;
        mean += weight * b->rise[i];
    }
    s->rest += rest;
    s->mean += mean;
}

static void add_spread(const block *b, sums *s)
{
    double plus = 0, minus = 0, log_part = 0, others = 0, frustrated = 0, unconnected = 0;
    for (size_t i = 0; i < b->count; i++) {
        const double exponent = b->log_weight[i] - b->rise[i] * s->inverse - s->shift;
        if (exponent < NOTHING) continue;
        const double weight = exp(exponent);
        const double t = (b->rise[i] - s->mean) * s->inverse, square = weight * t * t;
        if (t > 0)
            plus += square;
        else
            minus += square;
        log_part -= weight * exponent;
        if (b->ratio[i] >= 0) {
            others += weight;
            frustrated += weight * b->ratio[i];
        } else if (b->ratio[i] == UNCONNECTED) {
            unconnected += weight;
        }
    }
    s->plus += plus;
    s->minus += minus;
    s->log_part += log_part;
    s->others += others;
    s->frustrated += frustrated;
    s->unconnected += unconnected;
}

static void start_sums(double temperature, sums *s)
{
    *s = (sums){.inverse = 1 / temperature, .shift = -INFINITY, .top = SIZE_MAX};
}

static void finish_mean(sums *s)
{
    s->mean /= 1 + s->rest;
}

static void finish_spread(sums *s)
{
    const double scale = 1 / (1 + s->rest);
    s->plus *= scale;
    s->minus *= scale;
    s->log_part *= scale;
    s->others *= scale;
    s->frustrated *= scale;
    s->unconnected *= scale;
}

/* All of `all` at the temperatures that start_sums put there. */
static void gather(const ensemble *e, sums *all, size_t count)
{
    sweep(e, find_top, all, count);
    sweep(e, add_mean, all, count);
    for (size_t k = 0; k < count; k++)
        finish_mean(&all[k]);
    sweep(e, add_spread, all, count);
    for (size_t k = 0; k < count; k++)
        finish_spread(&all[k]);
}

/* ---- Frustration ---- */

/* ratio[a] for every minimum; a superbasin's barrier to the global minima is the energy of its first ancestor
 * that holds one of them. barrier: (tree->size). */
static void fill_ratios(const el4ml_network *network, const el4ml_merge_tree *tree, double lowest,
                        double *ratio, double *barrier)
{
    const double tolerance = network->energy_tolerance * fmax(1, fabs(lowest));
    const double outside = INFINITY; /* holds no global minimum */
    for (size_t i = 0; i < tree->leaf_count; i++) {
        const el4ml_node *node = &network->nodes[i];
        barrier[i] = !node->flagged && node->energy - lowest <= tolerance ? node->energy : outside;
        ratio[i] = barrier[i] < outside ? JOINS_GLOBAL : UNCONNECTED;
    }
    for (size_t i = tree->leaf_count; i < tree->size; i++)
        barrier[i] =
            barrier[tree->left[i]] < outside || barrier[tree->right[i]] < outside ? tree->energy[i] : outside;
    for (size_t i = tree->size; i-- > 0;)
        if (barrier[i] == outside && tree->parent[i] != EL4ML_NONE) barrier[i] = barrier[tree->parent[i]];
    for (size_t i = 0; i < tree->leaf_count; i++)
        if (ratio[i] == UNCONNECTED && barrier[i] < outside)
            ratio[i] = (barrier[i] - lowest) / (network->nodes[i].energy - lowest);
}

/* F~ where the weights of all other minima underflow beside the global one's: the same sum, relative to the
 * others' own largest weight. */
static double deep_frustration(const ensemble *e, double temperature)
{
    const el4ml_node *nodes = e->network->nodes;
    double base = INFINITY, shift = -INFINITY, total = 0, frustrated = 0;
    for (size_t i = 0; i < e->network->node_count; i++)
        if (!nodes[i].flagged && e->ratio[i] >= 0) base = fmin(base, nodes[i].energy);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < e->network->node_count; i++) {
            if (nodes[i].flagged || e->ratio[i] < 0) continue;
            const double exponent =
                nodes[i].log_multiplicity - nodes[i].log_product / 2 - (nodes[i].energy - base) / temperature;
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

static void count_minima(const ensemble *e, el4ml_thermo *thermo, size_t *others)
{
    for (size_t i = 0; i < e->network->node_count; i++) {
        const bool flagged = e->network->nodes[i].flagged;
        thermo->excluded += flagged;
        thermo->unconnected += !flagged && e->ratio[i] == UNCONNECTED;
        *others += !flagged && e->ratio[i] >= 0;
    }
}

static el4ml_thermo_point point_from(const ensemble *e, const sums *s, double temperature, bool others)
{
    const double kappa = e->network->kappa;
    el4ml_thermo_point point = {.temperature = temperature,
                                .energy = e->lowest + s->mean + kappa * temperature,
                                .heat_capacity = kappa + s->plus + s->minus,
                                .c_plus = s->plus,
                                .c_minus = s->minus,
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

static el4ml_status fill_points(const ensemble *e, double *temperatures, size_t count, sums *all,
                                el4ml_thermo *thermo)
{
    size_t others = 0;
    count_minima(e, thermo, &others);
    if (!(e->lowest < INFINITY)) return EL4ML_OK;
    qsort(temperatures, count, sizeof *temperatures, compare_doubles);
    for (size_t k = 0; k < count; k++)
        start_sums(temperatures[k], &all[k]);
    gather(e, all, count);
    for (size_t k = 0; k < count; k++)
        thermo->points[k] = point_from(e, &all[k], temperatures[k], others > 0);
    thermo->count = count;
    return EL4ML_OK;
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
    sums *all = EL4ML_NEW(sums, count);
    if (made && made->points && sorted && ratio && barrier && all) {
        ensemble e;
        ensemble_init(&e, network, ratio);
        fill_ratios(network, tree, e.lowest, ratio, barrier);
        for (size_t k = 0; k < count; k++)
            sorted[k] = temperatures[k];
        status = fill_points(&e, sorted, count, all, made);
        *thermo = made;
    } else {
        el4ml_thermo_free(made);
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "thermodynamics: out of memory");
    }
    el4ml_release(sorted);
    el4ml_release(ratio);
    el4ml_release(barrier);
    el4ml_release(all);
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
    ensemble e;
    if (!ensemble_init(&e, network, NULL)) return false;
    sums s;
    start_sums(temperature, &s);
    sweep(&e, find_top, &s, 1);
    sweep(&e, add_mean, &s, 1);
    finish_mean(&s);
    *changes = (el4ml_changes){e.lowest, s.inverse, s.shift, 1 + s.rest, s.mean};
    return true;
}

double el4ml_occupation_of(const el4ml_node *node, const el4ml_changes *changes, double *g)
{
    *g = 0;
    if (node->flagged) return 0;
    const double rise = node->energy - changes->lowest;
    const double exponent =
        node->log_multiplicity - node->log_product / 2 - rise * changes->inverse - changes->shift;
    if (exponent < NOTHING) return 0;
    const double p = exp(exponent) / changes->sum;
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

double el4ml_excess_heat_capacity(const el4ml_network *network, double temperature)
{
    ensemble e;
    if (!ensemble_init(&e, network, NULL)) return 0;
    sums s;
    start_sums(temperature, &s);
    gather(&e, &s, 1);
    return s.plus + s.minus;
}

void el4ml_log_temperatures(double from, double to, size_t count, double *temperatures)
{
    const double low = log(from), high = log(to);
    for (size_t k = 0; k < count; k++)
        temperatures[k] = exp(low + (high - low) * (double)k / (double)(count > 1 ? count - 1 : 1));
    if (count) temperatures[0] = from;
    if (count > 1) temperatures[count - 1] = to;
}
