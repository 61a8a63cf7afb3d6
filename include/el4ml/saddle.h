/* Stationary points: their proof, the search for transition states, and the paths down from them (methods.md
 * 2). */
#ifndef EL4ML_SADDLE_H
#define EL4ML_SADDLE_H

#include "el4ml/minimise.h"
#include "el4ml/surface.h"

EL4ML_BEGIN

typedef struct el4ml_search_options {
    double gradient_tolerance; /* RMS, default 1e-9 */
    double max_step;           /* longest step of eigenvector-following, in length_scale; default 0.5 */
    double path_tolerance; /* local error of the path down from a transition state, in length_scale; default
                              0.01 */
    double path_step; /* longest step of the minimisation that ends that path, in length_scale; default 0.1 */
    double displacement;    /* along the negative mode to either side, in length_scale; default 0.02 */
    size_t max_iterations;  /* of eigenvector-following; default 200 */
    size_t images;          /* of the band, first attempt; default 9 */
    size_t band_iterations; /* cap; default 40 */
    size_t dense_limit;     /* n up to which searches use the full Hessian; default 500 */
    size_t proof_limit; /* n up to which a point is proved by the full Hessian, 8 n^2 bytes; default 10000 */
    el4ml_minimise_options minimise; /* of el4ml_search_minimum; its gradient_tolerance and dense_limit are
                                        those above. Paths down from a transition state do not depend on it */
} el4ml_search_options;

EL4ML_API el4ml_search_options el4ml_search_options_default(void);

/* One thread's searcher: evaluator, minimisers and work space. */
typedef struct el4ml_searcher el4ml_searcher;

EL4ML_API el4ml_status el4ml_searcher_new(const el4ml_surface *surface, const el4ml_search_options *options,
                                          el4ml_searcher **searcher, el4ml_error *error);
EL4ML_API void el4ml_searcher_free(el4ml_searcher *searcher);
EL4ML_API el4ml_evaluator *el4ml_searcher_evaluator(el4ml_searcher *searcher);

/* Optional: asked whether a stationary point (energy, gradient_rms, x) is known already, so that it need not
 * be proved and followed again. Returns its number, or EL4ML_UNKNOWN. Must be safe to call from the
 * searcher's thread. */
#define EL4ML_UNKNOWN SIZE_MAX
typedef size_t (*el4ml_recognise)(void *context, el4ml_evaluator *evaluator, bool transition_state,
                                  const el4ml_stationary *point);
EL4ML_API void el4ml_searcher_recognise(el4ml_searcher *s, el4ml_recognise recognise, void *context);

/* Where the mini-batches of the minimisations from now on come from; see el4ml_minimiser_random. */
EL4ML_API void el4ml_searcher_random(el4ml_searcher *s, el4ml_random random);

/* Minimise from `start`; fills energy, gradient_rms and x of `point` (point->x may be `start`). */
EL4ML_API el4ml_status el4ml_search_minimum(el4ml_searcher *s, const double *start, el4ml_stationary *point);
/* The same, and proved to be a minimum: a saddle that a symmetric start ran into is left along its negative
 * mode. A known one (*known, or EL4ML_UNKNOWN) is not proved again. NOT_CONVERGED outside the surface's
 * domain; UNBOUNDED where V falls on from `point` as the parameters grow, as far as anybody looks (64 times
 * as far from the origin): there is no minimum that way. */
EL4ML_API el4ml_status el4ml_search_proved_minimum(el4ml_searcher *s, const double *start,
                                                   el4ml_stationary *point, size_t *known);
/* Fill all of `point` but x, which is given: energy, gradient, index and spectrum by the full Hessian. */
EL4ML_API el4ml_status el4ml_characterise(el4ml_searcher *s, el4ml_stationary *point);

/* Eigenvector-following from x uphill along one mode, downhill in all others. `mode` (n, unit) is the first
 * direction and, on return, the mode of negative curvature. With `track` the eigenvector that resembles the
 * last one is followed (full spectrum), without it always the lowest. x is overwritten. NOT_CONVERGED when it
 * ends elsewhere. */
EL4ML_API el4ml_status el4ml_follow_mode(el4ml_searcher *s, double *x, double *mode, bool track);
/* The unit eigenvector of the smallest eigenvalue at x, to high accuracy, and that eigenvalue. */
EL4ML_API el4ml_status el4ml_unstable_mode(el4ml_searcher *s, const double *x, double *mode, double *value);
/* The two minima below the transition state ts with unit negative mode `mode`: along +mode and along -mode.
 */
EL4ML_API el4ml_status el4ml_descend(el4ml_searcher *s, const double *ts, const double *mode, double *plus,
                                     double *minus);

/* Doubly nudged elastic band between a and b (already aligned). Writes up to `capacity` guesses for
 * transition states, in path order, with unit tangents: guess (capacity, n), tangent (capacity, n). Returns
 * how many. */
EL4ML_API el4ml_status el4ml_elastic_band(el4ml_searcher *s, const double *a, const double *b, size_t images,
                                          size_t iterations, size_t capacity, double *guess, double *tangent,
                                          size_t *count);

/* A transition state found, with the two minima below it, all proved. Coordinates are owned; see
 * el4ml_passage_clear. */
typedef struct el4ml_passage {
    el4ml_stationary ts, minimum[2];
    size_t known_ts;         /* recognised: the minima were not followed again; otherwise EL4ML_UNKNOWN */
    size_t known_minimum[2]; /* recognised: not proved again; otherwise EL4ML_UNKNOWN */
} el4ml_passage;

/* What became of a search. */
typedef struct el4ml_search_report {
    size_t found;      /* passages written */
    size_t failures;   /* guesses that led to no transition state */
    size_t not_finite; /* of these: the surface returned NaN or infinity */
} el4ml_search_report;

/* Between minima a and b: align (variant `attempt`), band, refine up to `capacity` guesses. More attempts:
 * more images and other alignments. Interrupted or out of memory: an error; nothing found is not. */
EL4ML_API el4ml_status el4ml_search_between(el4ml_searcher *s, const double *a, const double *b,
                                            uint64_t attempt, size_t capacity, el4ml_passage *passages,
                                            el4ml_search_report *report);
/* Single-ended, from minimum a: search number k of the endless list (soft modes both ways with small and
 * large first steps, random directions; one passage at most). A surface with searches of its own has a list
 * of its own, and may give several. `random` makes its choices. */
EL4ML_API el4ml_status el4ml_search_from(el4ml_searcher *s, const double *a, uint64_t k, el4ml_random random,
                                         size_t capacity, el4ml_passage *passages,
                                         el4ml_search_report *report);
EL4ML_API void el4ml_passage_clear(el4ml_passage *passage);

EL4ML_END
#endif
