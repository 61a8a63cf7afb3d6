/* A surface: a twice continuously differentiable function V(x), x in R^n, with exact derivatives and its
 * symmetry group G (methods.md 1). Everything else in the library sees a model only through this interface.
 */
#ifndef EL4ML_SURFACE_H
#define EL4ML_SURFACE_H

#include "el4ml/data.h"
#include "el4ml/random.h"
#include "el4ml/status.h"

EL4ML_BEGIN

/* A stationary point and what is known of it. */
typedef struct el4ml_stationary {
    double energy;
    double gradient_rms; /* of the projected gradient, with bounds; of the smallest element of Clarke's
                            subdifferential, where V has a crease; the rounding error it is known with, where
                            that is larger */
    double log_product;  /* ln of the product of the positive Hessian eigenvalues; zero modes, and coordinates
                            on a bound, left out */
    double log_multiplicity;    /* ln n */
    double smallest_eigenvalue; /* of the same; negative for a transition state, -INFINITY on a crease, NaN in
                                   a corner of the box */
    size_t active;              /* coordinates that lie on a bound */
    double log_multipliers; /* sum of ln multiplier over them (docs/bounds.md); 0 without any, NaN where one
                               is zero within its uncertainty */
    size_t index;           /* number of negative eigenvalues */
    bool proved;  /* index from LDL^T of the full Hessian, or exactly; false: checked by Lanczos, log_product
                     NaN */
    bool flagged; /* linear cluster, orbit of other dimension, or a multiplier near zero: left out of
                     thermodynamics */
    double *x;    /* (n) */
} el4ml_stationary;

struct el4ml_evaluator;

/* Room for what a surface's own search finds. */
typedef struct el4ml_found {
    size_t capacity; /* most points, >= 1 */
    size_t count;    /* points written, all different */
    size_t failures; /* tries that led to none */
    double *points;
} el4ml_found;

/* What a surface brings whose stationary points the searches for smooth functions cannot find, and which has
 * exact ways of its own: a V with creases, as in K-means. All are required. Each counts its work, and is
 * interrupted, by el4ml_evaluator_count. NOT_CONVERGED where there is no such point. */
typedef struct el4ml_surface_search {
    /* From `start` to a minimum x, which may be `start`. */
    el4ml_status (*minimise)(struct el4ml_evaluator *e, const double *start, double *x);
    /* Fill `point` from its x alone, but for the multiplicity; the index is exact. */
    el4ml_status (*characterise)(struct el4ml_evaluator *e, el4ml_stationary *point);
    /* The unit direction (n) in which V falls to both sides of a transition state. */
    el4ml_status (*unstable_mode)(struct el4ml_evaluator *e, const double *ts, double *mode);
    /* The minima at the ends of the gradient flow to either side: along +mode and along -mode. */
    el4ml_status (*descend)(struct el4ml_evaluator *e, const double *ts, const double *mode, double *plus,
                            double *minus);
    /* Down the gradient flow from any point x, overwritten, to a minimum. */
    el4ml_status (*flow)(struct el4ml_evaluator *e, double *x);
    /* Transition states that may lie between minima a and b (aligned), with the two minima below each: points
     * (capacity, 3, n). Attempts differ. */
    el4ml_status (*between)(struct el4ml_evaluator *e, const double *a, const double *b, uint64_t attempt,
                            el4ml_found *found);
    /* Search number k of an endless list, for transition states around minimum a: points (capacity, n). */
    el4ml_status (*from)(struct el4ml_evaluator *e, const double *a, uint64_t k, el4ml_random random,
                         el4ml_found *found);
} el4ml_surface_search;
/* What the model of a surface says of one row of inputs. */
typedef enum el4ml_prediction {
    EL4ML_PREDICTS_NOTHING,
    EL4ML_PREDICTS_PROBABILITIES, /* one number for each class; they are from 0 to 1 and add up to 1 */
    EL4ML_PREDICTS_VALUES /* one number for each target, in the unit of the surface's own training targets */
} el4ml_prediction;

/* What a surface provides. `self` is the surface's own data, immutable once made and shared by all threads;
 * `workspace` belongs to one thread. Vectors have length n; x is never modified. A function marked optional
 * may be NULL. Return EL4ML_NUMERICAL where a value is not finite. Hooks allocate nothing: memory comes from
 * workspace_new. */
typedef struct el4ml_surface_ops {
    size_t struct_size; /* sizeof(el4ml_surface_ops) */
    const char *kind;   /* the study file's `kind` */

    void (*destroy)(void *self);
    void *(*workspace_new)(const void *self); /* optional; returns NULL when out of memory */
    void (*workspace_free)(void *workspace);

    /* V(x), and its gradient when `gradient` is not NULL. */
    el4ml_status (*value_gradient)(const void *self, void *workspace, const double *x, double *value,
                                   double *gradient);
    /* hv = H(x) v for `count` vectors, each contiguous (count, n). Exact. */
    el4ml_status (*hessian_vector)(const void *self, void *workspace, const double *x, size_t count,
                                   const double *v, double *hv);
    /* Full symmetric matrix, (n, n), both triangles. Exact. */
    el4ml_status (*hessian)(const void *self, void *workspace, const double *x, double *hessian);

    /* Optional: orthonormal basis (z, n) of the exactly flat directions at x, returned z <= max_zero_modes.
     * `basis` may be NULL: count only. Without it z = 0. */
    size_t (*zero_modes)(const void *self, void *workspace, const double *x, double *basis);

    /* Symmetry; optional together (NULL: the trivial group).
     * align: the image `aligned` of `moving` under G and the continuous symmetries that is closest to
     * `fixed`, or a good approximation where the closest cannot be had cheaply; `distance` is |aligned -
     * fixed|. variant 0 is the best known; variants 1, 2, ... give other nearby images, for retries,
     * deterministically. same: decided exactly: does some operation take b to a within `tolerance` (largest
     * Euclidean distance |g b - a|)? Complete: it must not miss an existing match. multiplicity: ln n(x) =
     * ln(|G| / o(x)) and the stabiliser order o(x), operations within `tolerance`. Clusters: n = 2 N! / o
     * with o the point-group order; o is infinite (HUGE_VAL) for a linear cluster. random_operation: y = g x
     * for a random g (permutation, sign, rotation ...), for tests and retries. descriptor: optional invariant
     * vector of length descriptor_size; cheap stand-in for distance when many pairs are ranked. Equal for
     * symmetry copies up to rounding. */
    el4ml_status (*align)(const void *self, void *workspace, const double *fixed, const double *moving,
                          uint64_t variant, double *aligned, double *distance);
    el4ml_status (*same)(const void *self, void *workspace, const double *a, const double *b,
                         double tolerance, bool *same);
    el4ml_status (*multiplicity)(const void *self, void *workspace, const double *x, double tolerance,
                                 double *log_multiplicity, double *order);
    void (*random_operation)(const void *self, void *workspace, el4ml_random *random, const double *x,
                             double *y);
    void (*descriptor)(const void *self, void *workspace, const double *x, double *descriptor);

    /* Optional, for a V that averages over rows of data (info.rows of them): V and its gradient with the
     * average over `count` of the rows alone, their numbers in `rows`, each below info.rows; all else that V
     * is made of, such as an L2 term, in full. So the mean over a partition of the rows, each part weighted
     * by its share of them, is V. `count` is at least 1; `gradient` is not NULL. */
    el4ml_status (*batch_value_gradient)(const void *self, void *workspace, const double *x, size_t count,
                                         const size_t *rows, double *value, double *gradient);

    /* A random start: the model's usual initialiser, a random cluster, a uniform point of the box. */
    void (*initialise)(const void *self, void *workspace, el4ml_random *random, double *x);
    /* Optional basin-hopping step, default uniform in [-step, step] per coordinate; `step` is in the unit of
     * x, of the size of length_scale. y may not alias x. */
    void (*perturb)(const void *self, void *workspace, el4ml_random *random, double step, const double *x,
                    double *y);
    /* Optional: is x inside the surface's domain? Stationary points outside are not stored. */
    bool (*inside)(const void *self, const double *x);
    /* Optional: the estimated root-mean-square rounding error of the gradient at x, and of V, for a surface
     * that an ill-conditioned matrix may keep from the usual tolerance. Called after value_gradient at the
     * same x. */
    double (*rounding_floor)(const void *self, void *workspace, const double *x);
    /* Optional: predictions of the model x on data (same inputs and classes as the surface's), what does not
     * apply NaN. Called for new minima only, it may allocate. */
    el4ml_status (*metrics)(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                            el4ml_metrics *metrics);
    /* Optional, for regressions: of each target, `targets` (data->targets). */
    el4ml_status (*target_metrics)(const void *self, void *workspace, const double *x,
                                   const el4ml_dataset *data, el4ml_target_metrics *targets);
    /* Optional: what the model x says of each row, `outputs` (data->rows, info.outputs), row-major; their
     * meaning is info.prediction. Looks at data->x alone, never at targets or labels, which may be missing:
     * INVALID_ARGUMENT where data->inputs is not the surface's. It may allocate. */
    el4ml_status (*predict)(const void *self, void *workspace, const double *x, const el4ml_dataset *data,
                            double *outputs);
    /* Optional: searches of its own, used instead of all those for smooth surfaces. */
    const el4ml_surface_search *search;
} el4ml_surface_ops;

typedef struct el4ml_surface_info {
    size_t dimension;        /* n > 0 */
    size_t max_zero_modes;   /* the largest z that zero_modes can return */
    size_t usual_zero_modes; /* z of a typical point; kappa = n - z enters the thermodynamics */
    size_t descriptor_size;  /* 0 without a descriptor */
    size_t rows;             /* of data that V averages over; 0: not of that sort, and no mini-batches */
    double evaluation_flops; /* arithmetic operations of a value and gradient, roughly; 0: unknown, taken as
                                many. Where it is small the search does less work of its own beside it */
    double length_scale; /* a typical size of a move between neighbouring minima, in units of x; default 1 */
    double distance_tolerance;   /* within which two points may be the same; default 1e-3 */
    el4ml_prediction prediction; /* of the hook predict */
    size_t outputs;              /* numbers predicted for a row; 0: nothing */
    bool second_derivatives;     /* false: minimisation only (relu); transition states are refused */
    /* Bounds (docs/bounds.md), both or neither; (n) each, infinite where a coordinate has none, borrowed from
     * `self`. No hook but align, same, multiplicity and random_operation then sees a point outside of them;
     * symmetry operations map the box to itself; there are no zero modes. */
    const double *lower, *upper;
    const char *const *coordinate_names; /* (n) for people, or NULL; borrowed from `self` */
    char description[256]; /* one line for people, e.g. "MLP 4-5-3, tanh, cross-entropy, l2 1e-3, 150 rows" */
} el4ml_surface_info;

typedef struct el4ml_surface {
    el4ml_surface_ops ops;
    el4ml_surface_info info;
    void *self;
} el4ml_surface;

/* Takes ownership of `self` on success. Fails when a required hook is missing. */
EL4ML_API el4ml_status el4ml_surface_new(const el4ml_surface_ops *ops, const el4ml_surface_info *info,
                                         void *self, el4ml_surface **surface, el4ml_error *error);
EL4ML_API void el4ml_surface_free(el4ml_surface *surface);

/* Work done, counted where it happens. */
typedef struct el4ml_cost {
    uint64_t evaluations; /* value, with or without gradient; so many mini-batches as hold all rows: one */
    uint64_t hessian_products; /* vectors multiplied */
    uint64_t hessians;
    uint64_t minimisations;
} el4ml_cost;

/* One thread's access to a surface: its workspace and its counters. Every call checks that what came back is
 * finite and returns EL4ML_NUMERICAL otherwise. */
typedef struct el4ml_evaluator {
    const el4ml_surface *surface;
    void *workspace;
    size_t n;
    el4ml_cost cost;
    const volatile bool *cancel; /* optional: when it turns true every call returns EL4ML_INTERRUPTED */
    double deadline;             /* optional: and so they do from this moment on, el4ml_clock(); 0: none */
    size_t batch_rows;           /* of mini-batches that do not make up an evaluation yet */
} el4ml_evaluator;

EL4ML_API el4ml_status el4ml_evaluator_init(el4ml_evaluator *evaluator, const el4ml_surface *surface,
                                            el4ml_error *error);
EL4ML_API void el4ml_evaluator_clear(el4ml_evaluator *evaluator);
EL4ML_API el4ml_status el4ml_value_gradient(el4ml_evaluator *e, const double *x, double *value,
                                            double *gradient);
/* Count work of about so many evaluations that a surface's own search does; INTERRUPTED: it must stop. */
EL4ML_API el4ml_status el4ml_evaluator_count(el4ml_evaluator *e, uint64_t evaluations);
/* Of some rows only; NOT_SUPPORTED where the surface has none. */
EL4ML_API el4ml_status el4ml_batch_value_gradient(el4ml_evaluator *e, const double *x, size_t count,
                                                  const size_t *rows, double *value, double *gradient);
EL4ML_API el4ml_status el4ml_hessian_vector(el4ml_evaluator *e, const double *x, size_t count,
                                            const double *v, double *hv);
EL4ML_API el4ml_status el4ml_hessian(el4ml_evaluator *e, const double *x, double *hessian);
EL4ML_API size_t el4ml_zero_modes(el4ml_evaluator *e, const double *x, double *basis);
/* The symmetry hooks with the trivial group filled in where a surface has none. */
EL4ML_API el4ml_status el4ml_align(el4ml_evaluator *e, const double *fixed, const double *moving,
                                   uint64_t variant, double *aligned, double *distance);
EL4ML_API el4ml_status el4ml_same(el4ml_evaluator *e, const double *a, const double *b, double tolerance,
                                  bool *same);
EL4ML_API el4ml_status el4ml_multiplicity(el4ml_evaluator *e, const double *x, double tolerance,
                                          double *log_multiplicity, double *order);
EL4ML_API void el4ml_initialise(el4ml_evaluator *e, el4ml_random *random, double *x);
EL4ML_API void el4ml_perturb(el4ml_evaluator *e, el4ml_random *random, double step, const double *x,
                             double *y);
EL4ML_API bool el4ml_inside(const el4ml_evaluator *e, const double *x);
/* The estimated rounding error of the gradient at x, root mean square, and of V; 0 where the surface makes no
 * estimate. Below it no search goes on. */
EL4ML_API double el4ml_rounding_floor(el4ml_evaluator *e, const double *x);

/* Bounds; without any these change nothing. */
/* x becomes the nearest point of the box. */
EL4ML_API void el4ml_clip(const el4ml_evaluator *e, double *x);
/* g becomes the projected gradient at x: 0 where x_i is on a bound and V does not fall into the box. */
EL4ML_API void el4ml_project_gradient(const el4ml_evaluator *e, const double *x, double *g);
/* NOT_SUPPORTED where the surface predicts nothing. Not counted as an evaluation. */
EL4ML_API el4ml_status el4ml_predict(el4ml_evaluator *e, const double *x, const el4ml_dataset *data,
                                     double *outputs);

/* A surface checked against itself at a random point: largest errors, relative to the size of what is
 * compared. */
typedef struct el4ml_surface_check {
    double gradient_error;        /* against central differences of V along random directions */
    double hessian_product_error; /* against central differences of the gradient */
    double hessian_error;         /* full Hessian times a vector against the product */
    double symmetry_error;        /* V(g x) - V(x) for random g in G */
    double alignment_error;       /* |align(x, g x) - x| / |x| */
    size_t wrong_identities;      /* times that x and g x were not the same or not as many, or x and a point
                                     beside it the same */
    double batch_error;           /* mini-batches that make up the rows against V and its gradient */
    size_t zero_modes;
    double zero_mode_error; /* of their dot products, and slope along them */
    double seconds_gradient, seconds_hessian_product, seconds_hessian; /* CPU time a call */
    bool passed;
} el4ml_surface_check;

EL4ML_API el4ml_status el4ml_check_surface(const el4ml_surface *surface, uint64_t seed,
                                           el4ml_surface_check *check, el4ml_error *error);

EL4ML_END
#endif
