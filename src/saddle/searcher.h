/* What the files of this folder share: the searcher's working memory. */
#ifndef EL4ML_SADDLE_SEARCHER_H
#define EL4ML_SADDLE_SEARCHER_H

#include "base/ldl.h"
#include "el4ml/saddle.h"
#include "minimise/curvature.h"
#include "minimise/lbfgs.h"
#include "surface/box.h"

#define EL4ML_GUESSES 6       /* most transition-state guesses taken from one band */
#define EL4ML_KRYLOV 48       /* Lanczos vectors kept before a restart */
#define EL4ML_TRACK_LIMIT 400 /* n up to which a mode is tracked through the full spectrum */

#define EL4ML_FLOW_STAGES 6 /* of the integrator of paths */

typedef struct el4ml_lanczos {
    size_t n, capacity, work_size;
    double *q;                        /* (capacity + 1, n): the basis */
    double *ritz;                     /* Ritz vectors on their way through a restart */
    double *t;                        /* (capacity, capacity): the projected operator */
    double *z, *values, *beta, *work; /* its eigenproblem */
} el4ml_lanczos;

struct el4ml_searcher {
    el4ml_search_options options;
    size_t n;
    double length; /* the surface's length_scale */
    el4ml_evaluator evaluator;
    const el4ml_surface_search *own; /* the surface's own search, or NULL: most of the rest is then there */
    el4ml_minimiser *minimiser, *path_minimiser;
    el4ml_curvature curvature;
    el4ml_lanczos lanczos;
    double *g, *trial, *trial_g, *step, *hs, *mode; /* (n) each, eigenvector-following */
    double *spectrum, *eigen_work; /* (n, n), n + work: full spectra, when n <= EL4ML_TRACK_LIMIT */
    size_t eigen_work_size;
    el4ml_ldl ldl;     /* when n <= dense_limit */
    el4ml_lbfgs lbfgs; /* beyond */
    double *stages;    /* (EL4ML_FLOW_STAGES, n) */
    double *guesses, *tangents, *aligned, *plus, *minus;
    unsigned char *held, *blocked; /* (n) each, for surfaces with bounds; NULL otherwise */
    size_t doubtful; /* active coordinates of the point under proof with a multiplier of no certain sign */
    struct el4ml_band *band;
    el4ml_recognise recognise;
    void *recognise_context;
    el4ml_observe path_observe; /* of el4ml_gradient_flow: every point it reaches; NULL: nobody looks */
    void *path_context;
};

bool el4ml_lanczos_init(el4ml_lanczos *l, size_t n);
void el4ml_lanczos_clear(el4ml_lanczos *l);
/* Smallest eigenvalue of the curvature operator in the space without the zero modes, to |H e - value e| <=
 * tolerance |value|. `mode`: start in, unit vector out. NOT_CONVERGED after so many restarts: the best pair
 * so far is given all the same. */
#define EL4ML_MANY_RESTARTS 60
el4ml_status el4ml_lowest_mode(el4ml_lanczos *l, el4ml_curvature *c, double tolerance, int restarts_allowed,
                               double *mode, double *value);

/* The same with a full matrix and room to factorise it, from el4ml_lanczos_begin. `shift`: one below the
 * spectrum for which c->factor stands already, NAN: none. */
el4ml_status el4ml_lowest_mode_dense(el4ml_lanczos *l, el4ml_curvature *c, double tolerance, double shift,
                                     double *mode, double *value);
/* The start `mode`, stirred and free of zero modes, becomes the first vector of the basis. */
bool el4ml_lanczos_begin(el4ml_lanczos *l, const el4ml_curvature *c, const double *mode);
/* The eigenpair that `mode` has become at the point where the curvature is set, to a residual of tolerance
 * times |value|, or times a twentieth of the mean eigenvalue. NOT_CONVERGED (mode as it was): it cannot be
 * told which. Full matrix only. */
el4ml_status el4ml_track_mode(el4ml_searcher *s, double tolerance, double *mode, double *value);

/* Length of the step along a mode: uphill, capped (eigenvector_following.c). */
double el4ml_uphill(double slope, double lambda, double cap);
/* el4ml_follow_mode without a full matrix, always along the lowest mode. */
el4ml_status el4ml_follow_lowest(el4ml_searcher *s, double *x, double *mode);

/* From x down the gradient flow to near a stationary point, x overwritten; local error below tolerance (in
 * length_scale). */
el4ml_status el4ml_gradient_flow(el4ml_searcher *s, double *x, double tolerance);

/* One side of a transition state with unit mode and energy `top`: a step off along sign * mode and down the
 * flow to the minimum x. */
el4ml_status el4ml_descend_side(el4ml_searcher *s, const double *ts, double top, const double *mode,
                                double sign, double *x);

/* The known number of a point, EL4ML_UNKNOWN when nobody was asked or knows. */
size_t el4ml_ask_known(el4ml_searcher *s, bool transition_state, const el4ml_stationary *point);

/* Does V fall on from a point where a minimisation ended without a minimum? (runaway.c) */
el4ml_status el4ml_runs_away(el4ml_searcher *s, const el4ml_stationary *point, bool *away);

/* Index, ln product, smallest eigenvalue of a point beyond dense_limit by a full Hessian made for it.
 * s->mode: a start in, the lowest mode out. `saddle`: it is thought to be a transition state with that mode.
 * `polish`: where s->g, the gradient there, leaves it uncertain, Newton's method goes on. */
el4ml_status el4ml_prove_large(el4ml_searcher *s, el4ml_stationary *point, bool saddle, bool polish);

/* From a converged point to the stationary point as near as rounding lets it, and all that el4ml_characterise
 * fills; s->mode is its lowest mode but for points that are only checked. `mode` (NULL: none): what is known
 * of that mode. */
el4ml_status el4ml_settle(el4ml_searcher *s, el4ml_stationary *point, const double *mode);

el4ml_status el4ml_set_multiplicity(el4ml_searcher *s, el4ml_stationary *p);

/* Room for a passage over x. */
el4ml_status el4ml_passage_new(el4ml_passage *p, size_t n, const double *x);
/* Count what became of one guess: OK unless the whole search must end. */
el4ml_status el4ml_note_search(el4ml_search_report *report, el4ml_status status);

/* own_search.c: where s->own is. A minimum found so is proved already. */
#define EL4ML_OWN_PASSAGES 16 /* most that one search between two minima gives */
el4ml_status el4ml_own_characterise(el4ml_searcher *s, el4ml_stationary *point);
el4ml_status el4ml_own_minimum(el4ml_searcher *s, const double *start, el4ml_stationary *point);
el4ml_status el4ml_own_flow(el4ml_searcher *s, el4ml_stationary *point);
el4ml_status el4ml_own_unstable_mode(el4ml_searcher *s, const double *x, double *mode, double *value);
el4ml_status el4ml_own_between(el4ml_searcher *s, const double *a, const double *b, uint64_t attempt,
                               size_t capacity, el4ml_passage *passages, el4ml_search_report *report);
el4ml_status el4ml_own_from(el4ml_searcher *s, const double *a, uint64_t k, el4ml_random random,
                            size_t capacity, el4ml_passage *passages, el4ml_search_report *report);

/* bounds.c: searches in a box (docs/bounds.md). */
/* p->gradient_rms from the gradient s->g at p->x. */
void el4ml_set_gradient_rms(el4ml_searcher *s, el4ml_stationary *p);
/* p->gradient_rms, p->active, p->log_multipliers from the gradient s->g at p->x, and s->doubtful; the
 * curvature holds what is on a bound. */
void el4ml_set_multipliers(el4ml_searcher *s, el4ml_stationary *p);
/* The curvature holds those active coordinates alone whose multiplier is beyond doubt. */
void el4ml_release_doubtful(el4ml_searcher *s);
/* A search along a mode keeps coordinates on a bound (s->held, held by the curvature): those that V does not
 * leave downwards, and those with which a step uphill ran into a wall, until V rises from it: they are
 * blocked. */
void el4ml_forget_blocked(el4ml_searcher *s);
void el4ml_hold_for_search(el4ml_searcher *s, const double *x, const double *g);
/* Of s->g without what is held. */
double el4ml_search_rms(const el4ml_searcher *s);
/* The held coordinates go out of the unit vector `mode`; false when little of it is left. */
bool el4ml_keep_mode(const el4ml_searcher *s, double *mode);
/* trial = x + s->step into the box; where that changes it, s->step too. True when it does. */
bool el4ml_clip_trial(el4ml_searcher *s, const double *x, double *trial);
/* x, with gradient g, is where the step under trial led: what the wall stopped may be blocked. */
void el4ml_note_blocked(el4ml_searcher *s, const double *x, const double *g);
bool el4ml_any_blocked(const el4ml_searcher *s);
/* Where x is on a bound, v points into the box. */
void el4ml_turn_inward(const el4ml_searcher *s, const double *x, double *v);
/* Is the gradient at p as small as was asked for, or as rounding lets it be? */
bool el4ml_is_stationary(el4ml_searcher *s, const el4ml_stationary *p);

struct el4ml_band *el4ml_band_new(size_t n);
void el4ml_band_free(struct el4ml_band *band);

#endif
