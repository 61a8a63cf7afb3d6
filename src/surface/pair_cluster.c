/* Clusters of identical atoms bound by a pair potential (methods.md 1.4): the surface around the kernels of
 * cluster_pairs.h and the symmetry of cluster.h.
 *     Lennard-Jones   4 (r^-12 - r^-6)                                        epsilon = sigma = 1
 *     Morse           e (e - 2), e = exp(rho (1 - r))                         epsilon = r_0 = 1
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "el4ml/surfaces.h"
#include "surface/cluster.h"

#define START_SEPARATION 0.8 /* no two atoms of a random start are closer */
/* The unit of steps: the largest displacement of a coordinate in a basin-hopping step. */
#define STEP_LENGTH 0.4
#define WEAKLY_BOUND 0.4     /* an atom with less than this part of the strongest binding is put elsewhere */
#define LARGEST_CLUSTER 4096 /* the Hessian alone would have 1.2 GB */
#define LARGEST_RANGE 100.0  /* of Morse: pairs on top of each other then have an energy of exp(200) */

typedef struct pair_cluster {
    size_t atoms;
    double range;                                  /* Morse's rho */
    double (*energy)(double range, double square); /* of a pair */
    double bond;                                   /* distance of its minimum */
    double longest_bond; /* fragments farther apart than this have come apart: not a cluster any more */
    const el4ml_pair_kernels *kernels;
} pair_cluster;

typedef struct workspace {
    el4ml_cluster *cluster;
    double *kernel; /* EL4ML_CLUSTER_WORK */
    double *gradient;
    double *energy; /* (atoms) */
} workspace;

const el4ml_cluster_kernels *el4ml_cluster_kernels_of(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_cluster_kernels_avx512;
    if (set == EL4ML_AVX2) return &el4ml_cluster_kernels_avx2;
#endif
    (void)set;
    return &el4ml_cluster_kernels_baseline;
}

const el4ml_pair_kernels *el4ml_morse_kernels_of(el4ml_kernel_set set)
{
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX512) return &el4ml_morse_kernels_avx512;
    if (set == EL4ML_AVX2) return &el4ml_morse_kernels_avx2;
#endif
    (void)set;
    return &el4ml_morse_kernels_baseline;
}

static void workspace_free(void *data)
{
    workspace *w = data;
    if (!w) return;
    el4ml_cluster_free(w->cluster);
    el4ml_release(w->kernel);
    el4ml_release(w->gradient);
    el4ml_release(w->energy);
    el4ml_release(w);
}

static void *workspace_new(const void *self)
{
    const pair_cluster *c = self;
    workspace *w = EL4ML_NEW(workspace, 1);
    if (!w) return NULL;
    w->cluster = el4ml_cluster_new(c->atoms);
    w->kernel = EL4ML_NEW(double, EL4ML_CLUSTER_WORK(c->atoms));
    w->gradient = EL4ML_NEW(double, 3 * c->atoms);
    w->energy = EL4ML_NEW(double, c->atoms);
    if (w->cluster && w->kernel && w->gradient && w->energy) return w;
    workspace_free(w);
    return NULL;
}

/* ---- Derivatives: the evaluator checks that they are finite; atoms on top of each other make them infinite
 * ---- */

static el4ml_status value_gradient(const void *self, void *work, const double *x, double *value,
                                   double *gradient)
{
    const pair_cluster *c = self;
    workspace *w = work;
    *value = c->kernels->value_gradient(c->atoms, c->range, x, gradient ? gradient : w->gradient, w->kernel);
    return isfinite(*value) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static el4ml_status hessian_vector(const void *self, void *work, const double *x, size_t count,
                                   const double *v, double *hv)
{
    const pair_cluster *c = self;
    c->kernels->hessian_vector(c->atoms, c->range, x, count, v, hv, ((workspace *)work)->kernel);
    return EL4ML_OK;
}

static el4ml_status hessian(const void *self, void *work, const double *x, double *h)
{
    const pair_cluster *c = self;
    c->kernels->hessian(c->atoms, c->range, x, h, ((workspace *)work)->kernel);
    return EL4ML_OK;
}

/* ---- Symmetry ---- */

static size_t zero_modes(const void *self, void *work, const double *x, double *basis)
{
    (void)work;
    return el4ml_cluster_zero_modes(((const pair_cluster *)self)->atoms, x, basis);
}

static el4ml_status align(const void *self, void *work, const double *fixed, const double *moving,
                          uint64_t variant, double *aligned, double *distance)
{
    (void)self;
    *distance = el4ml_cluster_align(((workspace *)work)->cluster, fixed, moving, variant, aligned);
    return isfinite(*distance) ? EL4ML_OK : EL4ML_NUMERICAL;
}

static el4ml_status same(const void *self, void *work, const double *a, const double *b, double tolerance,
                         bool *answer)
{
    (void)self;
    *answer = el4ml_cluster_same(((workspace *)work)->cluster, a, b, tolerance);
    return EL4ML_OK;
}

/* n = 2 N! / o; a linear cluster has ln n = -infinity with its infinite o. */
static el4ml_status multiplicity(const void *self, void *work, const double *x, double tolerance,
                                 double *log_multiplicity, double *order)
{
    const pair_cluster *c = self;
    *order = el4ml_cluster_order(((workspace *)work)->cluster, x, tolerance);
    double permutations = 0; /* lgamma is not thread-safe */
    for (size_t k = 2; k <= c->atoms; k++)
        permutations += log((double)k);
    *log_multiplicity = log(2) + permutations - log(*order);
    return EL4ML_OK;
}

static void random_operation(const void *self, void *work, el4ml_random *random, const double *x, double *y)
{
    (void)work;
    el4ml_cluster_random_operation(random, ((const pair_cluster *)self)->atoms, x, y);
}

static void descriptor(const void *self, void *work, const double *x, double *values)
{
    (void)self;
    el4ml_cluster_descriptor(((workspace *)work)->cluster, x, values);
}

/* ---- Starts and steps ---- */

static void random_in_sphere(el4ml_random *random, double radius, double *x)
{
    el4ml_random_direction(random, 3, x);
    el4ml_scale(3, radius * cbrt(el4ml_random_uniform(random)), x);
}

/* Room for an atom beside the n that are there: none is too close, and one, if there is any, is near enough.
 */
static bool fits(const pair_cluster *c, size_t n, const double *x, const double *atom)
{
    double nearest = HUGE_VAL;
    for (size_t j = 0; j < n; j++)
        nearest = fmin(nearest, el4ml_distance(3, x + 3 * j, atom));
    return nearest >= START_SEPARATION && (n == 0 || nearest <= c->longest_bond);
}

/* Uniform in a sphere one unit larger than the densest packing of the atoms, none closer than
 * START_SEPARATION, and in one piece. The sphere grows a little whenever an atom finds no room, so that this
 * ends. */
static void initialise(const void *self, void *work, el4ml_random *random, double *x)
{
    (void)work;
    const pair_cluster *c = self;
    const size_t n = c->atoms;
    double radius = 1 + c->bond * cbrt(3 * (double)n / (4 * 3.14159265358979324 * 1.41421356237309505));
    for (size_t i = 0; i < n; i++) {
        size_t tries = 0;
        do {
            random_in_sphere(random, radius, x + 3 * i);
            if (++tries % 100 == 0) radius *= 1.02;
        } while (!fits(c, i, x, x + 3 * i));
    }
}

/* Each atom's part of the energy (twice: every pair counts for both), and the farthest distance from the
 * centroid. */
static double atom_energies(const pair_cluster *c, const double *x, const double centroid[3], double *energy)
{
    const size_t n = c->atoms;
    double farthest = 0;
    memset(energy, 0, n * sizeof *energy);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            const double dx = x[3 * i] - x[3 * j], dy = x[3 * i + 1] - x[3 * j + 1],
                         dz = x[3 * i + 2] - x[3 * j + 2];
            const double pair = c->energy(c->range, dx * dx + dy * dy + dz * dz);
            energy[i] += pair;
            energy[j] += pair;
        }
        farthest = fmax(farthest, el4ml_distance(3, x + 3 * i, centroid));
    }
    return farthest;
}

/* The step of Wales and Doye (J. Phys. Chem. A 101, 5111, 1997): every coordinate moves uniformly; an atom
 * that is bound weakly is put on a random place of the surface instead. */
static void perturb(const void *self, void *work, el4ml_random *random, double step, const double *x,
                    double *y)
{
    const pair_cluster *c = self;
    const size_t n = c->atoms;
    double *energy = ((workspace *)work)->energy, centroid[3] = {0}, strongest = 0;
    for (size_t i = 0; i < 3 * n; i++)
        centroid[i % 3] += x[i] / (double)n;
    const double farthest = atom_energies(c, x, centroid, energy);
    for (size_t i = 0; i < n; i++)
        strongest = fmin(strongest, energy[i]);
    for (size_t i = 0; i < 3 * n; i++)
        y[i] = x[i] + step * (2 * el4ml_random_uniform(random) - 1);
    for (size_t i = 0; i < n && step > 0; i++) {
        if (!(energy[i] > WEAKLY_BOUND * strongest)) continue;
        el4ml_random_direction(random, 3, y + 3 * i);
        for (size_t k = 0; k < 3; k++)
            y[3 * i + k] = centroid[k] + farthest * y[3 * i + k];
    }
}

/* Fragments drift apart for ever on a slope that soon looks flat. A cluster hangs together when every atom
 * can be reached over distances of at most longest_bond; only then is it in the domain. */
static bool inside(const void *self, const double *x)
{
    const pair_cluster *c = self;
    const size_t n = c->atoms;
    unsigned char reached[LARGEST_CLUSTER] = {1};
    uint16_t queue[LARGEST_CLUSTER] = {0};
    size_t count = 1;
    for (size_t next = 0; next < count; next++)
        for (size_t j = 1; j < n; j++)
            if (!reached[j] && el4ml_distance(3, x + 3 * j, x + 3 * queue[next]) <= c->longest_bond) {
                reached[j] = 1;
                queue[count++] = (uint16_t)j;
            }
    return count == n;
}

/* ---- Construction ---- */

static const el4ml_surface_ops hooks = {.struct_size = sizeof hooks,
                                        .destroy = el4ml_release,
                                        .workspace_new = workspace_new,
                                        .workspace_free = workspace_free,
                                        .value_gradient = value_gradient,
                                        .hessian_vector = hessian_vector,
                                        .hessian = hessian,
                                        .zero_modes = zero_modes,
                                        .align = align,
                                        .same = same,
                                        .multiplicity = multiplicity,
                                        .random_operation = random_operation,
                                        .descriptor = descriptor,
                                        .initialise = initialise,
                                        .perturb = perturb,
                                        .inside = inside};

static double lennard_jones_energy(double range, double square)
{
    (void)range;
    const double inverse = 1 / square, r6 = inverse * inverse * inverse;
    return 4 * r6 * (r6 - 1);
}

static double morse_energy(double range, double square)
{
    const double e = exp(range * (1 - sqrt(square)));
    return e * (e - 2);
}

/* `model` is copied; `title` is what people call the cluster. */
static el4ml_status make(const char *kind, const char *title, const pair_cluster *model, double flops,
                         el4ml_surface **surface, el4ml_error *error)
{
    const size_t atoms = model->atoms;
    if (atoms == 0 || atoms > LARGEST_CLUSTER)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: atoms = %zu; it must be between 1 and %d", kind, atoms,
                          LARGEST_CLUSTER);
    pair_cluster *c = EL4ML_NEW(pair_cluster, 1);
    if (!c) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", kind);
    *c = *model;
    const size_t modes = atoms == 1 ? 3 : atoms == 2 ? 5 : 6;
    el4ml_surface_info info = {.dimension = 3 * atoms,
                               .max_zero_modes = modes,
                               .usual_zero_modes = modes,
                               .descriptor_size = el4ml_cluster_descriptor_size(atoms),
                               .evaluation_flops = flops * (double)atoms * (double)(atoms - 1),
                               .length_scale = STEP_LENGTH,
                               .second_derivatives = true};
    snprintf(info.description, sizeof info.description, "%s of %zu atom%s", title, atoms,
             atoms == 1 ? "" : "s");
    el4ml_surface_ops ops = hooks;
    ops.kind = kind;
    const el4ml_status status = el4ml_surface_new(&ops, &info, c, surface, error);
    if (status != EL4ML_OK) el4ml_release(c);
    return status;
}

el4ml_status el4ml_lennard_jones_new(size_t atoms, el4ml_surface **surface, el4ml_error *error)
{
    const pair_cluster model = {.atoms = atoms,
                                .energy = lennard_jones_energy,
                                .bond = 1.1224620483093730,
                                .longest_bond = 5,
                                .kernels = &el4ml_cluster_kernels_of(el4ml_best_kernel_set())->lennard_jones};
    return make("lennard-jones", "Lennard-Jones cluster", &model, 15, surface, error);
}

/* exp(-7) is 1e-3: no part of a cluster is held by so little, and farther out the slopes soon fall below any
 * tolerance. */
el4ml_status el4ml_morse_new(size_t atoms, double rho, el4ml_surface **surface, el4ml_error *error)
{
    char title[64];
    if (!(rho > 0 && rho <= LARGEST_RANGE))
        return el4ml_fail(error, EL4ML_BAD_INPUT, "morse: rho = %g; it must be above 0 and at most %g", rho,
                          LARGEST_RANGE);
    const pair_cluster model = {.atoms = atoms,
                                .range = rho,
                                .energy = morse_energy,
                                .bond = 1,
                                .longest_bond = 1 + 7 / rho,
                                .kernels = el4ml_morse_kernels_of(el4ml_best_kernel_set())};
    snprintf(title, sizeof title, "Morse cluster, rho %g,", rho);
    return make("morse", title, &model, 40, surface, error);
}
